//! Contacts: the only place of references, names and addresses.

use jiff::Timestamp;
use journey::contact::{Contact, Inbox, Known};
use journey::port::{Clock, FindContact, KeepContact, StoreError, Suppress};
use journey::{AddressId, ContactId, IdKey, JourneyId, Purpose};
use rusqlite::{Connection, OptionalExtension};

use super::fault::{Fault, ForeignText};
use super::{Store, inboxes, messages};
use crate::outbox;

impl FindContact for Store {
    async fn find_contact(&self, id: &ContactId) -> Result<Option<Known>, StoreError> {
        Ok(self.read(|connection| find(connection, By::Id(id)))?)
    }

    async fn contact_of(&self, journey: &JourneyId) -> Result<Option<Known>, StoreError> {
        Ok(self.read(|connection| find(connection, By::Journey(journey)))?)
    }
}

impl KeepContact for Store {
    /// Stores a contact. An opt-out that is stored already stays, also when this contact comes without
    /// it: a second import knows nothing of what the person has said since the first.
    async fn put_contact(&self, contact: &Contact) -> Result<(), StoreError> {
        let names = Names::of(&self.0.key, contact);
        let (mut contact, now) = (contact.clone(), self.0.clock.now());
        let write = move |connection: &Connection| {
            let before = find(connection, By::Id(&names.id))?;
            contact.opted_out |= before.as_ref().is_some_and(|before| before.contact.opted_out);
            replace(connection, before.as_ref(), &names, &contact, now)
        };
        Ok(self.write(write).await?)
    }

    /// Erases a contact. Its inbox stays, with its suppression: it is named by a keyed hash, and holds
    /// nothing else of the person. Which inbox it was stays known too, under the journey's hash, so that
    /// an opt-out that comes later is kept.
    ///
    /// What its messages said is blanked in the same write, and their `.eml` files are deleted after it,
    /// as far as the disk allows. The lines in the outbox's log stay: see [`crate::Outbox`].
    async fn erase_contact(&self, id: &ContactId) -> Result<bool, StoreError> {
        let id = id.clone();
        let erase = move |connection: &Connection| {
            // The record itself is not read: one that cannot be read can be erased all the same.
            let erased: Option<(String, Option<String>)> = connection
                .prepare_cached("DELETE FROM contacts WHERE id = ?1 RETURNING journey, address")?
                .query_row([id.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let Some((journey, address)) = erased else {
                return Ok(None);
            };
            let files = messages::blank(connection, &journey)?;
            let journey = JourneyId::parse(&journey);
            let address = address.and_then(|address| AddressId::parse(&address));
            if let Some(address) = &address {
                inboxes::disturb(connection, address)?;
            }
            if let (Some(journey), Some(address)) = (&journey, &address) {
                inboxes::outlive(connection, journey, &id, address)?;
            }
            Ok(Some(files))
        };
        let folder = self.outbox_folder();
        let clear = move |erased: &Option<Vec<String>>, connection: &Connection| {
            if let Some(files) = erased {
                wipe_log(connection);
                outbox::remove_emls(&folder, files);
            }
        };
        Ok(self.0.writer.write(erase, clear).await?.is_some())
    }
}

impl Suppress for Store {
    /// Opts a person out, or in again. When the contact has been erased, an opt-out still suppresses the
    /// inbox that it had: the link in a mail that is older than the erasure must go on working. There is
    /// nobody to opt in again.
    async fn set_opted_out(&self, journey: &JourneyId, opted_out: bool, at: Timestamp) -> Result<bool, StoreError> {
        let (key, journey) = (self.0.key.clone(), journey.clone());
        let write = move |connection: &Connection| {
            let Some(before) = find(connection, By::Journey(&journey))? else {
                return if opted_out {
                    suppress_erased(connection, &journey, at)
                } else {
                    Ok(false)
                };
            };
            let contact = Contact {
                opted_out,
                ..before.contact.clone()
            };
            replace(connection, Some(&before), &Names::of(&key, &contact), &contact, at)?;
            if let (false, Some(address)) = (opted_out, &before.address) {
                inboxes::release(connection, address)?;
            }
            Ok(true)
        };
        Ok(self.write(write).await?)
    }
}

impl Store {
    /// All contacts, in the order of their first arrival, read in portions: an export of millions needs
    /// no more memory than one of hundreds.
    #[must_use]
    pub fn contacts(&self) -> Contacts {
        Contacts {
            store: self.clone(),
            after: 0,
            portion: Vec::new().into_iter(),
        }
    }

    /// How many contacts there are.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn contacts_count(&self) -> Result<u64, StoreError> {
        Ok(self.read(|connection| {
            Ok(connection
                .prepare_cached("SELECT COUNT(*) FROM contacts")?
                .query_row([], |row| row.get(0))?)
        })?)
    }
}

/// An iterator over all contacts. One that cannot be read is an error of its own; the others follow.
pub struct Contacts {
    store: Store,
    after: i64,
    portion: std::vec::IntoIter<(i64, String)>,
}

impl Contacts {
    const PORTION: i64 = 500;

    fn next_portion(&mut self) -> Result<(), Fault> {
        let after = self.after;
        let portion: Vec<(i64, String)> = self.store.read(|connection| {
            Ok(connection
                .prepare_cached("SELECT number, record FROM contacts WHERE number > ?1 ORDER BY number LIMIT ?2")?
                .query_map((after, Self::PORTION), |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<rusqlite::Result<_>>()?)
        })?;
        self.portion = portion.into_iter();
        Ok(())
    }
}

impl Iterator for Contacts {
    type Item = Result<Contact, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.portion.len() == 0
            && let Err(fault) = self.next_portion()
        {
            // The database is out of reach: one error, and the end.
            self.after = i64::MAX;
            return Some(Err(fault.into()));
        }
        let (number, record) = self.portion.next()?;
        self.after = number;
        Some(parse(&record).map_err(StoreError::from))
    }
}

/// The identifiers that follow from a contact.
struct Names {
    id: ContactId,
    journey: JourneyId,
    address: Option<AddressId>,
}

impl Names {
    fn of(key: &IdKey, contact: &Contact) -> Self {
        Names {
            id: ContactId::new(key, contact.provider, &contact.reference),
            journey: JourneyId::new(key, contact.provider, Purpose::Enroll, &contact.reference),
            address: contact.email.as_deref().map(|email| AddressId::new(key, email)),
        }
    }
}

enum By<'a> {
    Id(&'a ContactId),
    /// By the journey that follows from the contact's reference, whichever was stored first, or by the
    /// contact that a journey was written with.
    Journey(&'a JourneyId),
}

fn find(connection: &Connection, by: By<'_>) -> Result<Option<Known>, Fault> {
    // Subqueries rather than joins: SQLite would prepare the joins anew on every call.
    let (sql, id) = match by {
        By::Id(id) => (
            "SELECT c.id, c.address, c.record, (SELECT i.record FROM inboxes i WHERE i.address = c.address)
             FROM contacts c WHERE c.id = ?1",
            id.as_str(),
        ),
        By::Journey(journey) => (
            "SELECT c.id, c.address, c.record, (SELECT i.record FROM inboxes i WHERE i.address = c.address)
             FROM contacts c WHERE c.id = COALESCE(
                (SELECT id FROM contacts WHERE journey = ?1 LIMIT 1),
                (SELECT contact FROM journeys WHERE id = ?1))",
            journey.as_str(),
        ),
    };
    let row: Option<(String, Option<String>, String, Option<String>)> = connection
        .prepare_cached(sql)?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .optional()?;
    let Some((id, address, record, inbox)) = row else {
        return Ok(None);
    };
    Ok(Some(Known {
        id: ContactId::parse(&id).ok_or(ForeignText("id"))?,
        contact: parse(&record)?,
        address: address
            .map(|text| AddressId::parse(&text).ok_or(ForeignText("address")))
            .transpose()?,
        inbox: inbox.as_deref().map_or_else(|| Ok(Inbox::default()), inboxes::parse)?,
    }))
}

fn parse(record: &str) -> Result<Contact, Fault> {
    Ok(serde_json::from_str(record)?)
}

/// Suppresses the inboxes of a contact that was erased; `false` when none is known.
fn suppress_erased(connection: &Connection, journey: &JourneyId, at: Timestamp) -> Result<bool, Fault> {
    let addresses = inboxes::of_erased(connection, journey)?;
    for address in &addresses {
        inboxes::suppress(connection, address, at)?;
    }
    Ok(!addresses.is_empty())
}

/// Folds the write-ahead log into the file and empties it: until then it holds the old pages, too.
fn wipe_log(connection: &Connection) {
    let wiped = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
    if !matches!(wiped, Ok(0)) {
        tracing::warn!(
            ?wiped,
            "an erased contact is still in the database's log, until it is folded in"
        );
    }
}

/// Writes a contact in the place of what was there before.
fn replace(
    connection: &Connection,
    before: Option<&Known>,
    names: &Names,
    contact: &Contact,
    now: Timestamp,
) -> Result<(), Fault> {
    // A send that was decided on the old contact must be decided again.
    if let Some(before) = before
        && before.contact != *contact
        && let Some(address) = &before.address
    {
        inboxes::disturb(connection, address)?;
    }
    if let (true, Some(address)) = (contact.opted_out, &names.address) {
        inboxes::suppress(connection, address, now)?;
    }
    connection
        .prepare_cached(
            "INSERT INTO contacts (id, journey, address, record) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (id) DO UPDATE SET address = excluded.address, record = excluded.record",
        )?
        .execute((
            names.id.as_str(),
            names.journey.as_str(),
            names.address.as_ref().map(AddressId::as_str),
            serde_json::to_string(contact)?,
        ))?;
    Ok(())
}
