//! What customers gave instead of a connection, in a bucket.
//!
//! `incoming/{contact}/{name}`    what a browser has posted: nobody has looked at it, and it expires in a day.
//! `kept/{contact}/bill`          the bill, copied once it was known to be one: no form leads here.
//! `kept/{contact}/account`       the account, as JSON.
//! `kept/{contact}/handed-over-{given at}`   how far that bill is on its way to the provider, as JSON.
//!
//! A form stays good for half an hour, also after its file was looked at; so what is kept is a copy, made on
//! condition that it is of the same content. All names are keyed hashes; that of an upload
//! nobody can guess.

mod post_policy;

use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;

use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{MetadataDirective, ServerSideEncryption};
use jiff::Timestamp;
use journey::port::{Clock, EraseFallback, KeepFallback, PassOnFallback, StoreError, TakeUpload, UploadForm, Uploaded};
use journey::{Account, BillFile, BillKind, ContactId, Fallback, HandOver, KeptAccount, KeptBill, LONGEST_BILL};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use crate::clients::Failure;
use crate::clock::SystemClock;
use post_policy::Post;
pub(crate) use post_policy::PostKey;

/// What everything is uploaded as: nothing that a browser would show, whatever it is.
const UPLOADED: &str = "application/octet-stream";

/// How long a link to a bill works.
const LINK: Duration = Duration::from_secs(5 * 60);

/// Tells apart the forms of one moment.
static NUMBER: AtomicU64 = AtomicU64::new(0);

/// When something was given, in an object's own metadata.
const GIVEN_AT: &str = "given-at";

/// The bucket, and the key that its forms are signed with.
#[derive(Clone, Debug)]
pub struct Bills {
    client: aws_sdk_s3::Client,
    post: PostKey,
    bucket: String,
    public_url: String,
}

/// The account as it is kept.
#[derive(Serialize, Deserialize)]
struct AccountDocument {
    given_at: Timestamp,
    account: Account,
}

/// What S3 says that is not what was hoped for.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("the bucket: {0}")]
    Call(#[from] Failure),
    #[error("an object in the bucket is not as we write them: {0}")]
    Foreign(&'static str),
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Call(_) => StoreError::Unavailable(Box::new(fault)),
            Fault::Foreign(_) => StoreError::Corrupt(Box::new(fault)),
        }
    }
}

impl Bills {
    /// The bucket of that name. `public_url` is where its forms lead back to, without a slash at the end.
    #[must_use]
    pub fn new(clients: &crate::Clients, bucket: String, public_url: String) -> Self {
        Bills {
            client: clients.s3(),
            post: clients.post_key(),
            bucket,
            public_url,
        }
    }

    fn bill(contact: &ContactId) -> String {
        format!("kept/{contact}/bill")
    }

    fn account(contact: &ContactId) -> String {
        format!("kept/{contact}/account")
    }

    /// The bill's own: a new bill begins without.
    fn hand_over(contact: &ContactId, given_at: Timestamp) -> String {
        format!("kept/{contact}/handed-over-{}", given_at.as_millisecond())
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        let deleted = self.client.delete_object().bucket(&self.bucket).key(key).send().await;
        deleted.map(drop).map_err(|error| call(&Failure::of(&error)))
    }

    async fn find_bill(&self, contact: &ContactId) -> Result<Option<KeptBill>, StoreError> {
        let asked = self.client.head_object().bucket(&self.bucket).key(Self::bill(contact));
        let head = match asked.send().await {
            Ok(head) => head,
            Err(error) => return absent(&Failure::of(&error)).map(|()| None),
        };
        let kept = KeptBill {
            given_at: given_at(head.metadata().and_then(|metadata| metadata.get(GIVEN_AT)))?,
            kind: head
                .content_type()
                .and_then(BillKind::of_media_type)
                .ok_or(Fault::Foreign("of another type"))?,
            bytes: head
                .content_length()
                .and_then(|n| u64::try_from(n).ok())
                .unwrap_or_default(),
            hand_over: None,
        };
        Ok(Some(kept))
    }

    async fn find_hand_over(&self, contact: &ContactId, given_at: Timestamp) -> Result<Option<HandOver>, StoreError> {
        let key = Self::hand_over(contact, given_at);
        let object = match self.client.get_object().bucket(&self.bucket).key(key).send().await {
            Ok(object) => object,
            Err(error) => return absent(&Failure::of(&error)).map(|()| None),
        };
        let body = object.body.collect().await.map_err(|_| broken())?.into_bytes();
        let found = serde_json::from_slice(&body).map_err(|_| Fault::Foreign("no hand-over"))?;
        Ok(Some(found))
    }

    async fn find_account(&self, contact: &ContactId) -> Result<Option<KeptAccount>, StoreError> {
        let asked = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(Self::account(contact));
        let object = match asked.send().await {
            Ok(object) => object,
            Err(error) => return absent(&Failure::of(&error)).map(|()| None),
        };
        let body = object.body.collect().await.map_err(|_| broken())?.into_bytes();
        let AccountDocument { given_at, account } =
            serde_json::from_slice(&body).map_err(|_| Fault::Foreign("no account"))?;
        Ok(Some(KeptAccount { given_at, account }))
    }
}

impl KeepFallback for Bills {
    async fn keep_bill(
        &self,
        contact: &ContactId,
        kind: BillKind,
        bill: &[u8],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let put = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(Self::bill(contact))
            .content_type(kind.media_type())
            .content_disposition(disposition(kind))
            .metadata(GIVEN_AT, at.to_string())
            .server_side_encryption(ServerSideEncryption::Aes256)
            .body(ByteStream::from(bill.to_vec()));
        put.send().await.map(drop).map_err(|error| call(&Failure::of(&error)))
    }

    async fn keep_account(&self, contact: &ContactId, account: &Account, at: Timestamp) -> Result<(), StoreError> {
        let document = AccountDocument {
            given_at: at,
            account: account.clone(),
        };
        let document = serde_json::to_vec(&document).map_err(|_| Fault::Foreign("no JSON form"))?;
        let put = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(Self::account(contact))
            .content_type("application/json")
            .server_side_encryption(ServerSideEncryption::Aes256)
            .body(ByteStream::from(document));
        put.send().await.map(drop).map_err(|error| call(&Failure::of(&error)))
    }
}

impl TakeUpload for Bills {
    async fn upload_form(&self, contact: &ContactId, back: &str) -> Result<Option<UploadForm>, StoreError> {
        let now = SystemClock.now();
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = self.post.name(&format!("{contact} {} {number}", now.as_nanosecond()));
        let post = Post {
            bucket: &self.bucket,
            key: &format!("incoming/{contact}/{name}"),
            redirect: &format!("{}{back}", self.public_url),
            content_type: UPLOADED,
        };
        Ok(Some(self.post.form(&post, now)))
    }

    async fn uploaded(&self, contact: &ContactId, name: &str) -> Result<Option<Uploaded>, StoreError> {
        let theirs = name
            .strip_prefix(&format!("incoming/{contact}/"))
            .filter(|rest| rest.len() == 26 && rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
        if theirs.is_none() {
            return Ok(None);
        }
        let asked = self.client.get_object().bucket(&self.bucket).key(name);
        let asked = asked.range(format!("bytes=0-{}", Self::HEAD - 1));
        let object = match asked.send().await {
            Ok(object) => object,
            Err(error) => return absent(&Failure::of(&error)).map(|()| None),
        };
        let whole = object.content_range().and_then(|range| range.rsplit_once('/'));
        let bytes = whole
            .and_then(|(_, length)| length.parse().ok())
            .ok_or(Fault::Foreign("without a length"))?;
        let tag = object.e_tag().ok_or(Fault::Foreign("without a tag"))?.to_owned();
        let head = object.body.collect().await.map_err(|_| broken())?.to_vec();
        Ok(Some(Uploaded {
            name: name.to_owned(),
            tag,
            bytes,
            head,
        }))
    }

    async fn keep_upload(
        &self,
        contact: &ContactId,
        upload: &Uploaded,
        kind: BillKind,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let source = utf8_percent_encode(&upload.name, NON_ALPHANUMERIC);
        let copy = self
            .client
            .copy_object()
            .copy_source(format!("{}/{source}", self.bucket))
            .copy_source_if_match(&upload.tag)
            .bucket(&self.bucket)
            .key(Self::bill(contact))
            .metadata_directive(MetadataDirective::Replace)
            .content_type(kind.media_type())
            .content_disposition(disposition(kind))
            .metadata(GIVEN_AT, at.to_string())
            .server_side_encryption(ServerSideEncryption::Aes256);
        match copy.send().await {
            Ok(_) => Ok(true),
            Err(error) => match Failure::of(&error) {
                Failure::Refused { status: 412 | 404, .. } => Ok(false),
                failure @ (Failure::Refused { .. } | Failure::NotSent | Failure::Unclear { .. }) => Err(call(&failure)),
            },
        }
    }

    async fn drop_upload(&self, upload: &Uploaded) -> Result<(), StoreError> {
        self.delete(&upload.name).await
    }
}

impl PassOnFallback for Bills {
    async fn find_fallback(&self, contact: &ContactId) -> Result<Fallback, StoreError> {
        let (bill, account) = tokio::join!(self.find_bill(contact), self.find_account(contact));
        let mut bill = bill?;
        if let Some(bill) = &mut bill {
            bill.hand_over = self.find_hand_over(contact, bill.given_at).await?;
        }
        Ok(Fallback {
            bill,
            account: account?,
        })
    }

    async fn read_bill(&self, contact: &ContactId) -> Result<Option<BillFile>, StoreError> {
        let Some(bill) = self.find_bill(contact).await? else {
            return Ok(None);
        };
        let lasts = PresigningConfig::expires_in(LINK).map_err(|_| Fault::Foreign("no link"))?;
        let asked = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(Self::bill(contact))
            .response_content_type(bill.kind.media_type())
            .response_content_disposition(disposition(bill.kind));
        match asked.presigned(lasts).await {
            Ok(signed) => Ok(Some(BillFile::At(signed.uri().to_owned()))),
            Err(error) => Err(call(&Failure::of(&error))),
        }
    }

    async fn bill_content(&self, contact: &ContactId, bill: &KeptBill) -> Result<Option<Vec<u8>>, StoreError> {
        let asked = self.client.get_object().bucket(&self.bucket).key(Self::bill(contact));
        let object = match asked.send().await {
            Ok(object) => object,
            Err(error) => return absent(&Failure::of(&error)).map(|()| None),
        };
        if given_at(object.metadata().and_then(|metadata| metadata.get(GIVEN_AT)))? != bill.given_at {
            return Ok(None);
        }
        let length = object.content_length().and_then(|n| usize::try_from(n).ok());
        if length.is_none_or(|length| length > LONGEST_BILL) {
            return Err(Fault::Foreign("too long").into());
        }
        let body = object.body.collect().await.map_err(|_| broken())?;
        Ok(Some(body.to_vec()))
    }

    async fn keep_hand_over(
        &self,
        contact: &ContactId,
        bill: &KeptBill,
        to: Option<&HandOver>,
    ) -> Result<bool, StoreError> {
        let key = Self::hand_over(contact, bill.given_at);
        let Some(to) = to else {
            return self.delete(&key).await.map(|()| true);
        };
        let document = serde_json::to_vec(to).map_err(|_| Fault::Foreign("no JSON form"))?;
        let put = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(key)
            .content_type("application/json")
            .server_side_encryption(ServerSideEncryption::Aes256)
            // Of two who begin, one does. What is there already is only followed by whoever has begun it, or took
            // it over long after.
            .set_if_none_match(bill.hand_over.is_none().then(|| "*".to_owned()))
            .body(ByteStream::from(document));
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) => match Failure::of(&error) {
                Failure::Refused { status: 409 | 412, .. } => Ok(false),
                failure @ (Failure::Refused { .. } | Failure::NotSent | Failure::Unclear { .. }) => Err(call(&failure)),
            },
        }
    }
}

impl EraseFallback for Bills {
    async fn erase_fallback(&self, contact: &ContactId) -> Result<(), StoreError> {
        for prefix in [format!("kept/{contact}/"), format!("incoming/{contact}/")] {
            loop {
                let asked = self.client.list_objects_v2().bucket(&self.bucket).prefix(&prefix);
                let page = asked.send().await.map_err(|error| call(&Failure::of(&error)))?;
                for key in page.contents().iter().filter_map(|object| object.key()) {
                    self.delete(key).await?;
                }
                if page.contents().is_empty() || page.is_truncated() != Some(true) {
                    break;
                }
            }
        }
        Ok(())
    }
}

/// When an object was given, as its metadata say it.
fn given_at(text: Option<&String>) -> Result<Timestamp, Fault> {
    text.and_then(|text| text.parse().ok())
        .ok_or(Fault::Foreign("without a time"))
}

fn disposition(kind: BillKind) -> String {
    format!("attachment; filename=\"{}\"", kind.file_name())
}

fn call(failure: &Failure) -> StoreError {
    Fault::Call(failure.clone()).into()
}

fn broken() -> StoreError {
    call(&Failure::Unclear {
        what: "broken connection",
    })
}

/// That there is nothing is an answer; anything else is a failure.
fn absent(failure: &Failure) -> Result<(), StoreError> {
    match failure {
        // 416: nothing is in it.
        Failure::Refused { status: 404 | 416, .. } => Ok(()),
        Failure::Refused { .. } | Failure::NotSent | Failure::Unclear { .. } => Err(call(failure)),
    }
}

#[cfg(test)]
mod tests;
