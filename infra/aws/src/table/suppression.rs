//! Opt-outs, bounces and complaints.

use jiff::Timestamp;
use journey::campaign::Channel;
use journey::contact::{Contact, OptOut, SuppressedFor, Suppression};
use journey::port::{StoreError, Suppress, SuppressAddress};
use journey::{AddressId, ContactId, JourneyId};

use super::Table;
use super::contacts::{NO_EVENTS, Names};
use super::fault::{Refused, foreign};
use super::inboxes::Inboxes;
use super::item::{Key, s};
use super::write::{Change, Condition, Write, race};

impl Suppress for Table {
    /// Opts a person out, or in again. When the contact has been erased, an opt-out still suppresses the
    /// inboxes that it had: the link in a message that is older than the erasure must go on working. There is
    /// nobody to opt in again.
    async fn set_opted_out(&self, journey: &JourneyId, opted_out: &OptOut, at: Timestamp) -> Result<bool, StoreError> {
        let Some(id) = self.contact_id_of(journey).await? else {
            return Ok(false);
        };
        race("set_opted_out", || self.try_opt_out(&id, opted_out, at)).await
    }
}

impl SuppressAddress for Table {
    async fn suppress_address(&self, address: &AddressId, why: SuppressedFor, at: Timestamp) -> Result<(), StoreError> {
        race("suppress_address", || self.suppress(address, why, at)).await
    }

    async fn reopen_address(&self, address: &AddressId, why: SuppressedFor, at: Timestamp) -> Result<(), StoreError> {
        race("reopen_address", || self.reopen(address, why, at)).await
    }

    async fn suppression(&self, address: &AddressId) -> Result<Suppression, StoreError> {
        Ok(self.suppression_at(address).await?.0)
    }
}

impl Table {
    async fn try_opt_out(&self, id: &ContactId, opted_out: &OptOut, at: Timestamp) -> Result<bool, Refused> {
        let Some(before) = self.stored(id).await? else {
            return if opted_out.is_nothing() {
                Ok(false)
            } else {
                self.suppress_erased(id, opted_out, at).await
            };
        };
        let contact = Contact {
            opted_out: opted_out.clone(),
            ..before.contact.clone()
        };
        let names = Names::of(&self.id_key, &contact);
        let mut inboxes = Inboxes::default();
        names.suppress(&mut inboxes, opted_out, at);
        names.reopen(&mut inboxes, opted_out);
        self.replace(Some(&before), &names, &contact, inboxes).await?;
        Ok(true)
    }

    /// Suppresses the inboxes of a contact that was erased; `false` when none is known.
    async fn suppress_erased(&self, id: &ContactId, opted_out: &OptOut, at: Timestamp) -> Result<bool, Refused> {
        let Some(item) = self.get(&Key::erased(id)).await? else {
            return Ok(false);
        };
        let addresses = item.get("a").and_then(|value| value.as_ss().ok());
        for text in addresses.ok_or_else(|| foreign("a"))? {
            let address = AddressId::parse(text).ok_or_else(|| foreign("a"))?;
            self.suppress(&address, SuppressedFor::OptOut, at).await?;
        }
        if opted_out.covers(Channel::Event) {
            let change = Change::of(Key::erased(id), Condition::none());
            self.write(Write::Change(change.set(NO_EVENTS, s(Channel::Event.as_str()))))
                .await?;
        }
        Ok(true)
    }
}
