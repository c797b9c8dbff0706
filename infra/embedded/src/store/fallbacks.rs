//! What customers gave instead of a connection: a row for each, and the bills as files beside the database.
//!
//! A bill's file is on the disk before its row names it, and one that no row names is swept away with the next
//! bill or with the contact. Its name is made of the contact's keyed hash: nothing of the customer's own is in it.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use journey::port::{EraseFallback, KeepFallback, PassOnFallback, StoreError, TakeUpload, UploadForm, Uploaded};
use journey::{Account, BillFile, BillKind, ContactId, Fallback, HandOver, KeptAccount, KeptBill};
use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};

use super::fault::Fault;
use super::{Store, contacts};

const BILL: &str = "bill";
const ACCOUNT: &str = "account";

/// Tells apart the files of one moment.
static NUMBER: AtomicU64 = AtomicU64::new(0);

/// The row of a bill.
#[derive(Serialize, Deserialize)]
struct BillRow {
    kind: BillKind,
    bytes: u64,
    file: String,
    /// With the bill, so that a new one begins without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hand_over: Option<HandOver>,
}

impl KeepFallback for Store {
    async fn keep_bill(
        &self,
        contact: &ContactId,
        kind: BillKind,
        bill: &[u8],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let _alone = self.0.bills.lock().await;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let row = BillRow {
            kind,
            bytes: bill.len() as u64,
            file: format!("{contact}-{}-{number}", at.as_millisecond()),
            hand_over: None,
        };
        let record = serde_json::to_string(&row).map_err(Fault::from)?;
        let (folder, file, bill) = (self.fallback_folder(), row.file.clone(), bill.to_vec());
        on_the_disk(move || write(&folder, &file, &bill)).await?;
        self.keep_row(contact, BILL, record, at).await?;
        self.sweep(contact, Some(row.file)).await
    }

    async fn keep_account(&self, contact: &ContactId, account: &Account, at: Timestamp) -> Result<(), StoreError> {
        let record = serde_json::to_string(account).map_err(Fault::from)?;
        self.keep_row(contact, ACCOUNT, record, at).await
    }
}

/// Here bills come to the page itself.
impl TakeUpload for Store {
    async fn upload_form(&self, _: &ContactId, _: &str) -> Result<Option<UploadForm>, StoreError> {
        Ok(None)
    }

    async fn uploaded(&self, _: &ContactId, _: &str) -> Result<Option<Uploaded>, StoreError> {
        Ok(None)
    }

    async fn keep_upload(&self, _: &ContactId, _: &Uploaded, _: BillKind, _: Timestamp) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn drop_upload(&self, _: &Uploaded) -> Result<(), StoreError> {
        Ok(())
    }
}

impl PassOnFallback for Store {
    async fn find_fallback(&self, contact: &ContactId) -> Result<Fallback, StoreError> {
        let (bill, account) =
            self.read(|connection| Ok((row(connection, contact, BILL)?, row(connection, contact, ACCOUNT)?)))?;
        let bill = bill.map(|(record, given_at)| -> Result<_, Fault> {
            let row: BillRow = serde_json::from_str(&record)?;
            Ok(KeptBill {
                given_at,
                kind: row.kind,
                bytes: row.bytes,
                hand_over: row.hand_over,
            })
        });
        let account = account.map(|(record, given_at)| -> Result<_, Fault> {
            let account = serde_json::from_str(&record)?;
            Ok(KeptAccount { given_at, account })
        });
        Ok(Fallback {
            bill: bill.transpose()?,
            account: account.transpose()?,
        })
    }

    async fn read_bill(&self, contact: &ContactId) -> Result<Option<BillFile>, StoreError> {
        let Some((record, _)) = self.read(|connection| row(connection, contact, BILL))? else {
            return Ok(None);
        };
        let row: BillRow = serde_json::from_str(&record).map_err(Fault::from)?;
        let bytes = self.read_file(row.file).await?;
        Ok(bytes.map(|bytes| BillFile::Bytes(row.kind, bytes)))
    }

    async fn bill_content(&self, contact: &ContactId, bill: &KeptBill) -> Result<Option<Vec<u8>>, StoreError> {
        match self.read(|connection| row(connection, contact, BILL))? {
            Some((record, given_at)) if given_at == bill.given_at => {
                let row: BillRow = serde_json::from_str(&record).map_err(Fault::from)?;
                self.read_file(row.file).await
            }
            Some(_) | None => Ok(None),
        }
    }

    async fn keep_hand_over(
        &self,
        contact: &ContactId,
        bill: &KeptBill,
        to: Option<&HandOver>,
    ) -> Result<bool, StoreError> {
        let (id, bill, to) = (contact.clone(), bill.clone(), to.cloned());
        let write = move |connection: &Connection| {
            let Some((record, given_at)) = row(connection, &id, BILL)? else {
                return Ok(false);
            };
            let mut row: BillRow = serde_json::from_str(&record)?;
            if given_at != bill.given_at || row.hand_over != bill.hand_over {
                return Ok(false);
            }
            row.hand_over = to;
            connection
                .prepare_cached("UPDATE fallbacks SET record = ?3 WHERE contact = ?1 AND what = ?2")?
                .execute((id.as_str(), BILL, serde_json::to_string(&row)?))?;
            Ok(true)
        };
        Ok(self.write(write).await?)
    }
}

impl EraseFallback for Store {
    async fn erase_fallback(&self, contact: &ContactId) -> Result<(), StoreError> {
        let _alone = self.0.bills.lock().await;
        let id = contact.clone();
        let erase = move |connection: &Connection| {
            let rows = connection
                .prepare_cached("DELETE FROM fallbacks WHERE contact = ?1")?
                .execute([id.as_str()])?;
            Ok(rows)
        };
        let wipe = |rows: &usize, connection: &Connection| {
            if *rows > 0 {
                contacts::wipe_log(connection);
            }
        };
        self.0.writer.write(erase, wipe).await?;
        self.sweep(contact, None).await
    }
}

impl Store {
    fn fallback_folder(&self) -> PathBuf {
        self.data().path().join("given")
    }

    /// A bill's file; none when it was erased, or replaced, since its row was read.
    async fn read_file(&self, name: String) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.fallback_folder().join(name);
        on_the_disk(move || match fs::read(path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        })
        .await
    }

    async fn keep_row(
        &self,
        contact: &ContactId,
        what: &'static str,
        record: String,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let id = contact.clone();
        let write = move |connection: &Connection| {
            connection
                .prepare_cached("INSERT OR REPLACE INTO fallbacks (contact, what, at, record) VALUES (?1, ?2, ?3, ?4)")?
                .execute((id.as_str(), what, at.to_string(), record))?;
            Ok(())
        };
        Ok(self.write(write).await?)
    }

    /// Deletes a contact's files but one, those that a crash has left without a row as well.
    async fn sweep(&self, contact: &ContactId, but: Option<String>) -> Result<(), StoreError> {
        let (folder, prefix) = (self.fallback_folder(), format!("{contact}-"));
        on_the_disk(move || {
            let entries = match fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                Err(error) => return Err(error),
            };
            for entry in entries {
                let entry = entry?;
                let name = entry.file_name();
                let Some(name) = name.to_str().filter(|name| name.starts_with(&prefix)) else {
                    continue;
                };
                if but.as_deref() != Some(name) {
                    match fs::remove_file(entry.path()) {
                        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                        Ok(()) | Err(_) => {}
                    }
                }
            }
            Ok(())
        })
        .await
    }
}

fn row(connection: &Connection, contact: &ContactId, what: &str) -> Result<Option<(String, Timestamp)>, Fault> {
    let found: Option<(String, String)> = connection
        .prepare_cached("SELECT record, at FROM fallbacks WHERE contact = ?1 AND what = ?2")?
        .query_row((contact.as_str(), what), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let found = found.map(|(record, at)| Ok::<_, Fault>((record, at.parse()?)));
    found.transpose()
}

/// Writes a file for this user alone, so that it is on the disk.
fn write(folder: &Path, name: &str, content: &[u8]) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut file = File::options()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(folder.join(name))?;
    file.write_all(content)?;
    file.sync_all()?;
    File::open(folder)?.sync_all()
}

/// Ten megabytes take a disk a while: nobody's request waits for another's.
async fn on_the_disk<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, StoreError> {
    let out_of_reach = |error: io::Error| StoreError::Unavailable(Box::new(error));
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(out_of_reach),
        Err(error) => Err(out_of_reach(io::Error::other(error))),
    }
}
