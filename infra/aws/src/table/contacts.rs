//! Writing contacts: read, decide, write on condition that nothing has changed since.

use std::collections::BTreeSet;

use jiff::Timestamp;
use journey::campaign::Channel;
use journey::contact::{Contact, OptOut};
use journey::port::{KeepContact, Precondition, PutError, StoreError};
use journey::{AddressId, ContactId, IdKey, JourneyId, Purpose};

use super::Table;
use super::fault::{self, Refused};
use super::inboxes::Inboxes;
use super::item::{Item, Key, s};
use super::people::{self, Stored};
use super::write::{Change, Condition, Write, race};
use aws_sdk_dynamodb::types::AttributeValue;

impl KeepContact for Table {
    /// Stores a contact. An opt-out that is stored already stays, also when this contact comes without
    /// it: a second import knows nothing of what the person has said since the first.
    async fn put_contact(&self, contact: &Contact, only_if: &Precondition) -> Result<(), PutError> {
        race("put_contact", || self.try_put(contact, only_if)).await?
    }

    /// Erases a contact. Its inboxes stay, with their suppression: they are named by keyed hashes, and hold
    /// nothing else of the person. Which they were stays known too, under the contact's hash, so that
    /// an opt-out that comes later is kept.
    async fn erase_contact(&self, id: &ContactId, only_if: &Precondition) -> Result<bool, PutError> {
        race("erase_contact", || self.try_erase(id, only_if)).await?
    }
}

impl Table {
    async fn try_put(&self, contact: &Contact, only_if: &Precondition) -> Result<Result<(), PutError>, Refused> {
        let names = Names::of(&self.id_key, contact);
        let before = self.stored(&names.id).await?;
        let was = before.as_ref().map(|before| &before.contact);
        if !only_if.holds(was) {
            return Ok(Err(PutError::PreconditionFailed));
        }
        let said = match was {
            Some(was) => was.opted_out.clone(),
            None => self.said_before_erasure(&names.id).await?,
        };
        let contact = Contact {
            opted_out: contact.opted_out.and(&said),
            ..contact.clone()
        };
        let mut inboxes = Inboxes::default();
        names.suppress(&mut inboxes, &contact.opted_out, self.now());
        if inboxes.is_empty() && was == Some(&contact) {
            return Ok(Ok(()));
        }
        self.replace(before.as_ref(), &names, &contact, inboxes).await?;
        Ok(Ok(()))
    }

    /// Writes a contact in the place of what was there before, with what that does to inboxes.
    pub(super) async fn replace(
        &self,
        before: Option<&Stored>,
        names: &Names,
        contact: &Contact,
        mut inboxes: Inboxes,
    ) -> Result<(), Refused> {
        // A send that was decided on the old contact must be decided again.
        if let Some(before) = before
            && before.contact != *contact
            && let Some(address) = &before.address
        {
            inboxes.disturb(address);
        }
        let record = serde_json::to_string(contact).map_err(fault::corrupt)?;
        let mut item = Item::from([("r".to_owned(), s(record)), ("j".to_owned(), s(names.journey.as_str()))]);
        item.insert("a".to_owned(), s(names.ledger.as_str()));
        for (channel, address) in &names.inboxes {
            if let Some(name) = attribute(*channel) {
                item.insert(name.to_owned(), s(address.as_str()));
            }
        }
        let condition = unchanged(before.map(|before| &before.record));
        let mut writes = vec![Write::Put(Key::contact(&names.id), item, condition)];
        if before.is_none() {
            // Whoever has a link of ours knows the journey's name alone, which may not have begun yet.
            let whose = Change::of(Key::journey(&names.journey), Condition::none());
            writes.push(Write::Change(whose.set_if_absent("c", s(names.id.as_str()))));
        }
        writes.extend(inboxes.writes());
        self.write_all(writes).await
    }

    /// What holds for whoever comes again under the reference of somebody who was erased: an event has no address but
    /// the reference, so its opt-out is kept with that. The other channels' are kept with their inboxes.
    async fn said_before_erasure(&self, id: &ContactId) -> Result<OptOut, StoreError> {
        let item = self.get(&Key::erased(id)).await?;
        let no_events = item.is_some_and(|item| item.contains_key(NO_EVENTS));
        Ok(OptOut::of(no_events.then_some(Channel::Event)))
    }

    async fn try_erase(&self, id: &ContactId, only_if: &Precondition) -> Result<Result<bool, PutError>, Refused> {
        let item = self.get(&Key::contact(id)).await?;
        if !may_erase(item.as_ref(), only_if)? {
            return Ok(Err(PutError::PreconditionFailed));
        }
        let Some(item) = item else {
            return Ok(Ok(false));
        };
        // The record is compared but not read, and what else there is only as far as it can be: a contact
        // that cannot be read can be erased all the same.
        let condition = match item.get("r") {
            Some(record) => unchanged(Some(record)),
            None => Condition::that("attribute_not_exists(#r) AND attribute_exists(#pk)", &["r", "pk"]),
        };
        let mut writes = vec![Write::Delete(Key::contact(id), condition)];
        let named = |name: &str| AddressId::parse(item.get(name)?.as_s().ok()?);
        // A set: without an address, the ledger is the number's or the device's.
        let had: BTreeSet<AddressId> = ["a", "n", "d"].into_iter().filter_map(named).collect();
        if !had.is_empty() {
            let outlives = AttributeValue::Ss(had.iter().map(|address| address.as_str().to_owned()).collect());
            let erased = Change::of(Key::erased(id), Condition::none()).add("a", outlives);
            let wants_events =
                people::stored(&item).map_or(true, |stored| !stored.contact.opted_out.covers(Channel::Event));
            let no_events = (!wants_events).then(|| s(Channel::Event.as_str()));
            writes.push(Write::Change(erased.set_or_remove(NO_EVENTS, no_events)));
            let mut inboxes = Inboxes::default();
            for address in &had {
                inboxes.disturb(address);
            }
            writes.extend(inboxes.writes());
        }
        self.write_all(writes).await?;
        Ok(Ok(true))
    }
}

/// The names that follow from a contact.
pub(super) struct Names {
    pub(super) id: ContactId,
    pub(super) journey: JourneyId,
    /// The inbox whose ledger counts.
    ledger: AddressId,
    /// The inbox of each channel that has one.
    inboxes: Vec<(Channel, AddressId)>,
}

impl Names {
    pub(super) fn of(key: &IdKey, contact: &Contact) -> Self {
        Names {
            id: ContactId::new(key, contact.provider, &contact.reference),
            journey: JourneyId::new(key, contact.provider, Purpose::Enroll, &contact.reference),
            ledger: contact.ledger(key),
            inboxes: contact.inboxes(key),
        }
    }

    /// Closes the inboxes of the channels that an opt-out covers.
    pub(super) fn suppress(&self, inboxes: &mut Inboxes, opted_out: &OptOut, at: Timestamp) {
        for (_, address) in self.inboxes.iter().filter(|(channel, _)| opted_out.covers(*channel)) {
            inboxes.opt_out(address, at);
        }
    }

    /// Lifts the person's own opt-out from the inboxes of the others.
    pub(super) fn reopen(&self, inboxes: &mut Inboxes, opted_out: &OptOut) {
        for (_, address) in self.inboxes.iter().filter(|(channel, _)| !opted_out.covers(*channel)) {
            inboxes.opt_in(address);
        }
    }
}

/// The attribute that says that an erased contact had opted out of events.
pub(super) const NO_EVENTS: &str = "o";

/// The attribute that names the inbox of a channel. An e-mail's is the ledger's.
const fn attribute(channel: Channel) -> Option<&'static str> {
    match channel {
        Channel::Sms => Some("n"),
        Channel::Push => Some("d"),
        Channel::Email | Channel::Event => None,
    }
}

/// Is the contact still as it was read?
fn unchanged(record: Option<&AttributeValue>) -> Condition {
    match record {
        None => Condition::that("attribute_not_exists(#pk)", &["pk"]),
        Some(record) => Condition::that("#r = :seen", &["r"]).with(":seen", record.clone()),
    }
}

/// May this contact be erased? Its record is read only if the answer depends on what it says.
fn may_erase(item: Option<&Item>, only_if: &Precondition) -> Result<bool, StoreError> {
    Ok(match only_if {
        Precondition::None => true,
        Precondition::Absent => item.is_none(),
        Precondition::Present => item.is_some(),
        Precondition::Tagged(_) => {
            let stored = item.map(people::stored).transpose()?;
            only_if.holds(stored.as_ref().map(|stored| &stored.contact))
        }
    })
}
