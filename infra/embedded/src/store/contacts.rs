//! Contacts: the only place of references, names and addresses.

use jiff::Timestamp;
use journey::campaign::Channel;
use journey::contact::{ChannelInbox, Contact, Inbox, Known, OptOut, SuppressedFor, Suppression};
use journey::port::{
    Clock, ContactPage, FindContact, KeepContact, ListContacts, PageError, Precondition, PutError, StoreError,
    Suppress, SuppressAddress,
};
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
    async fn put_contact(&self, contact: &Contact, only_if: &Precondition) -> Result<(), PutError> {
        let names = Names::of(&self.0.key, contact);
        let (mut contact, only_if, now) = (contact.clone(), only_if.clone(), self.0.clock.now());
        let write = move |connection: &Connection| {
            let before = find(connection, By::Id(&names.id))?;
            if !only_if.holds(before.as_ref().map(|before| &before.contact)) {
                return Ok(false);
            }
            let said = match &before {
                Some(before) => before.contact.opted_out.clone(),
                None => inboxes::said_before_erasure(connection, &names.id)?,
            };
            contact.opted_out = contact.opted_out.and(&said);
            replace(connection, before.as_ref(), &names, &contact, now)?;
            Ok(true)
        };
        if self.write(write).await.map_err(StoreError::from)? {
            Ok(())
        } else {
            Err(PutError::PreconditionFailed)
        }
    }

    /// Erases a contact. Its inboxes stay, with their suppression: they are named by keyed hashes, and hold
    /// nothing else of the person. Which they were stays known too, under the journey's hash, so that
    /// an opt-out that comes later is kept.
    ///
    /// What its messages said is blanked in the same write, and their files are deleted after it,
    /// as far as the disk allows. The lines in the outbox's log stay: see [`crate::Outbox`].
    async fn erase_contact(&self, id: &ContactId, only_if: &Precondition) -> Result<bool, PutError> {
        let (id, only_if) = (id.clone(), only_if.clone());
        let erase = move |connection: &Connection| {
            if !may_erase(connection, &id, &only_if)? {
                return Ok(Erased::Unlike);
            }
            // A record that cannot be read can be erased all the same.
            let erased: Option<(String, [Option<String>; 3], String)> = connection
                .prepare_cached("DELETE FROM contacts WHERE id = ?1 RETURNING journey, address, phone, device, record")?
                .query_row([id.as_str()], |row| {
                    Ok((row.get(0)?, [row.get(1)?, row.get(2)?, row.get(3)?], row.get(4)?))
                })
                .optional()?;
            let Some((journey, inboxes, record)) = erased else {
                return Ok(Erased::Nothing);
            };
            let said = parse(&record).map(|contact| contact.opted_out).unwrap_or_default();
            inboxes::outlive_without_events(connection, &id, &said)?;
            let files = messages::blank(connection, &journey)?;
            let journey = JourneyId::parse(&journey);
            for address in inboxes.iter().flatten().filter_map(|text| AddressId::parse(text)) {
                inboxes::disturb(connection, &address)?;
                if let Some(journey) = &journey {
                    inboxes::outlive(connection, journey, &id, &address)?;
                }
            }
            Ok(Erased::With(files))
        };
        let folder = self.outbox_folder();
        let clear = move |erased: &Erased, connection: &Connection| {
            if let Erased::With(files) = erased {
                wipe_log(connection);
                outbox::remove_files(&folder, files);
            }
        };
        match self.0.writer.write(erase, clear).await.map_err(StoreError::from)? {
            Erased::With(_) => Ok(true),
            Erased::Nothing => Ok(false),
            Erased::Unlike => Err(PutError::PreconditionFailed),
        }
    }
}

/// What came of an erasure.
enum Erased {
    /// The contact is gone, and so are these files, or they are about to be.
    With(Vec<String>),
    /// There was none.
    Nothing,
    /// It is not as the caller believes.
    Unlike,
}

impl ListContacts for Store {
    /// In the order of their first arrival. A record that cannot be read is left out and logged: it must
    /// not hide those that follow.
    async fn list_contacts(&self, limit: usize, after: Option<&str>) -> Result<ContactPage, PageError> {
        let after = after.map_or(Some(0), cursor).ok_or(PageError::BadCursor)?;
        let portion = self.portion(after, limit).map_err(StoreError::from)?;
        let next = match portion.last() {
            // Fewer than asked for: there is nothing behind them.
            Some((number, _)) if portion.len() == limit => Some(format!("{number:016x}")),
            Some(_) | None => None,
        };
        let mut contacts = Vec::with_capacity(portion.len());
        for (number, record) in portion {
            match parse(&record) {
                Ok(contact) => contacts.push(contact),
                Err(fault) => tracing::error!(
                    number,
                    error = &fault as &dyn std::error::Error,
                    "a contact was left out of a page"
                ),
            }
        }
        Ok(ContactPage { contacts, next })
    }
}

/// Reads a cursor back: the number of the last contact on the page before, in hexadecimal.
fn cursor(text: &str) -> Option<i64> {
    let number = i64::from_str_radix(text, 16).ok()?;
    (text == format!("{number:016x}") && number > 0).then_some(number)
}

impl SuppressAddress for Store {
    async fn suppress_address(&self, address: &AddressId, why: SuppressedFor, at: Timestamp) -> Result<(), StoreError> {
        let address = address.clone();
        Ok(self
            .write(move |connection| inboxes::suppress(connection, &address, why, at))
            .await?)
    }

    async fn reopen_address(&self, address: &AddressId, why: SuppressedFor, at: Timestamp) -> Result<(), StoreError> {
        let address = address.clone();
        Ok(self
            .write(move |connection| inboxes::reopen(connection, &address, why, at))
            .await?)
    }

    async fn suppression(&self, address: &AddressId) -> Result<Suppression, StoreError> {
        Ok(self.read(|connection| inboxes::load(connection, address))?.suppressed)
    }
}

impl Suppress for Store {
    /// Opts a person out, or in again. When the contact has been erased, an opt-out still suppresses the
    /// inboxes that it had: the link in a message that is older than the erasure must go on working. There is
    /// nobody to opt in again.
    async fn set_opted_out(&self, journey: &JourneyId, opted_out: &OptOut, at: Timestamp) -> Result<bool, StoreError> {
        let (key, journey, opted_out) = (self.0.key.clone(), journey.clone(), opted_out.clone());
        let write = move |connection: &Connection| {
            let Some(before) = find(connection, By::Journey(&journey))? else {
                return if opted_out.is_nothing() {
                    Ok(false)
                } else {
                    suppress_erased(connection, &journey, &opted_out, at)
                };
            };
            let contact = Contact {
                opted_out: opted_out.clone(),
                ..before.contact.clone()
            };
            let names = Names::of(&key, &contact);
            replace(connection, Some(&before), &names, &contact, at)?;
            for (channel, address) in &names.inboxes {
                if !contact.opted_out.covers(*channel) {
                    inboxes::opt_in(connection, address)?;
                }
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

    /// The records after a number, with their numbers, in order.
    fn portion(&self, after: i64, limit: usize) -> Result<Vec<(i64, String)>, Fault> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read(|connection| {
            Ok(connection
                .prepare_cached("SELECT number, record FROM contacts WHERE number > ?1 ORDER BY number LIMIT ?2")?
                .query_map((after, limit), |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<rusqlite::Result<_>>()?)
        })
    }
}

/// An iterator over all contacts. One that cannot be read is an error of its own; the others follow.
pub struct Contacts {
    store: Store,
    after: i64,
    portion: std::vec::IntoIter<(i64, String)>,
}

impl Contacts {
    const PORTION: usize = 500;

    fn next_portion(&mut self) -> Result<(), Fault> {
        self.portion = self.store.portion(self.after, Self::PORTION)?.into_iter();
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
    /// The inbox whose ledger counts.
    ledger: AddressId,
    /// The inbox of each channel that has one.
    inboxes: Vec<(Channel, AddressId)>,
}

impl Names {
    fn of(key: &IdKey, contact: &Contact) -> Self {
        Names {
            id: ContactId::new(key, contact.provider, &contact.reference),
            journey: JourneyId::new(key, contact.provider, Purpose::Enroll, &contact.reference),
            ledger: contact.ledger(key),
            inboxes: contact.inboxes(key),
        }
    }

    /// The name of a channel's inbox, as it is stored.
    fn inbox(&self, wanted: Channel) -> Option<&str> {
        let mut inboxes = self.inboxes.iter();
        let found = inboxes.find(|(channel, _)| *channel == wanted);
        found.map(|(_, address)| address.as_str())
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
            "SELECT c.id, c.address, c.record, (SELECT i.record FROM inboxes i WHERE i.address = c.address),
                c.phone, (SELECT i.record FROM inboxes i WHERE i.address = c.phone),
                c.device, (SELECT i.record FROM inboxes i WHERE i.address = c.device)
             FROM contacts c WHERE c.id = ?1",
            id.as_str(),
        ),
        By::Journey(journey) => (
            "SELECT c.id, c.address, c.record, (SELECT i.record FROM inboxes i WHERE i.address = c.address),
                c.phone, (SELECT i.record FROM inboxes i WHERE i.address = c.phone),
                c.device, (SELECT i.record FROM inboxes i WHERE i.address = c.device)
             FROM contacts c WHERE c.id = COALESCE(
                (SELECT id FROM contacts WHERE journey = ?1 LIMIT 1),
                (SELECT contact FROM journeys WHERE id = ?1))",
            journey.as_str(),
        ),
    };
    let named = |text: Option<String>| {
        text.map(|text| AddressId::parse(&text).ok_or(ForeignText("address")))
            .transpose()
    };
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([id])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let (id, record): (String, String) = (row.get(0)?, row.get(2)?);
    let inbox = |column: usize| -> Result<Inbox, Fault> {
        let record: Option<String> = row.get(column)?;
        record.as_deref().map_or_else(|| Ok(Inbox::default()), inboxes::parse)
    };
    let channel_inbox = |column: usize| -> Result<Option<ChannelInbox>, Fault> {
        let Some(address) = named(row.get(column)?)? else {
            return Ok(None);
        };
        let suppressed = inbox(column + 1)?.suppressed;
        Ok(Some(ChannelInbox { address, suppressed }))
    };
    Ok(Some(Known {
        id: ContactId::parse(&id).ok_or(ForeignText("id"))?,
        contact: parse(&record)?,
        address: named(row.get(1)?)?,
        inbox: inbox(3)?,
        number: channel_inbox(4)?,
        device: channel_inbox(6)?,
    }))
}

fn parse(record: &str) -> Result<Contact, Fault> {
    Ok(serde_json::from_str(record)?)
}

/// May this contact be erased? Its record is read only if the answer depends on what it says.
fn may_erase(connection: &Connection, id: &ContactId, only_if: &Precondition) -> Result<bool, Fault> {
    let record = || -> rusqlite::Result<Option<String>> {
        connection
            .prepare_cached("SELECT record FROM contacts WHERE id = ?1")?
            .query_row([id.as_str()], |row| row.get(0))
            .optional()
    };
    match only_if {
        Precondition::None => Ok(true),
        Precondition::Absent => Ok(record()?.is_none()),
        Precondition::Present => Ok(record()?.is_some()),
        Precondition::Tagged(_) => {
            let stored = record()?.as_deref().map(parse).transpose()?;
            Ok(only_if.holds(stored.as_ref()))
        }
    }
}

/// Suppresses the inboxes of a contact that was erased; `false` when none is known.
fn suppress_erased(
    connection: &Connection,
    journey: &JourneyId,
    opted_out: &OptOut,
    at: Timestamp,
) -> Result<bool, Fault> {
    let addresses = inboxes::of_erased(connection, journey)?;
    inboxes::opt_out_erased(connection, journey, opted_out)?;
    for address in &addresses {
        inboxes::suppress(connection, address, SuppressedFor::OptOut, at)?;
    }
    Ok(!addresses.is_empty())
}

/// Folds the write-ahead log into the file and empties it: until then it holds the old pages, too.
pub(super) fn wipe_log(connection: &Connection) {
    let wiped = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
    if !matches!(wiped, Ok(0)) {
        tracing::warn!(
            ?wiped,
            "what was erased is still in the database's log, until it is folded in"
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
    for (channel, address) in &names.inboxes {
        if contact.opted_out.covers(*channel) {
            inboxes::suppress(connection, address, SuppressedFor::OptOut, now)?;
        }
    }
    connection
        .prepare_cached(
            "INSERT INTO contacts (id, journey, address, phone, device, record) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (id) DO UPDATE
                SET address = excluded.address, phone = excluded.phone, device = excluded.device,
                    record = excluded.record",
        )?
        .execute((
            names.id.as_str(),
            names.journey.as_str(),
            names.ledger.as_str(),
            names.inbox(Channel::Sms),
            names.inbox(Channel::Push),
            serde_json::to_string(contact)?,
        ))?;
    Ok(())
}
