//! Reading a person: the contact, with what its inbox has received.

use aws_sdk_dynamodb::types::AttributeValue;
use journey::contact::{ChannelInbox, Contact, Inbox, Known};
use journey::port::{FindContact, StoreError};
use journey::{AddressId, ContactId, JourneyId};

use super::fault::{self, foreign};
use super::item::{self, Item, Key};
use super::{MAX_ATTEMPTS, Table, journeys};

impl FindContact for Table {
    async fn find_contact(&self, id: &ContactId) -> Result<Option<Known>, StoreError> {
        // The inbox is read before the contact, never after it. A change of the contact raises the
        // inbox's version in the same transaction, so that a claim under the version read here cannot
        // succeed on a contact that is older than it. Which inbox that is says the contact, though: it
        // is guessed, and compared.
        let mut address = self.memory.address_of(id);
        for _ in 0..MAX_ATTEMPTS {
            let inbox = match &address {
                Some(address) => self.inbox(address).await?,
                None => Inbox::default(),
            };
            let Some(stored) = self.stored(id).await? else {
                return Ok(None);
            };
            if stored.address == address {
                let number = self.channel_inbox(stored.number).await?;
                let device = self.channel_inbox(stored.device).await?;
                return Ok(Some(Known {
                    id: id.clone(),
                    contact: stored.contact,
                    address,
                    inbox,
                    number,
                    device,
                }));
            }
            address = stored.address;
            if let Some(address) = &address {
                self.memory.remember_address(id, address);
            }
        }
        Err(fault::crowded("GetItem"))
    }

    async fn contact_of(&self, journey: &JourneyId) -> Result<Option<Known>, StoreError> {
        match self.contact_id_of(journey).await? {
            Some(id) => self.find_contact(&id).await,
            None => Ok(None),
        }
    }
}

/// A contact's item.
pub(super) struct Stored {
    pub(super) contact: Contact,
    /// The inbox whose ledger counts.
    pub(super) address: Option<AddressId>,
    /// The inbox of its number.
    pub(super) number: Option<AddressId>,
    /// The inbox of its device.
    pub(super) device: Option<AddressId>,
    /// Its record as it lies there: what a write is decided on, and so its condition. A version would
    /// begin anew after an erasure, and could be mistaken.
    pub(super) record: AttributeValue,
}

impl Table {
    /// The contact that a journey was written with. An expired journey still knows it.
    pub(super) async fn contact_id_of(&self, journey: &JourneyId) -> Result<Option<ContactId>, StoreError> {
        if let Some(known) = self.memory.contact_of(journey) {
            return Ok(Some(known));
        }
        let Some(item) = self.get(&Key::journey(journey)).await? else {
            return Ok(None);
        };
        let contact = journeys::contact_id(&item)?;
        if let Some(contact) = &contact {
            self.memory.remember_contact(journey, contact);
        }
        Ok(contact)
    }

    async fn channel_inbox(&self, address: Option<AddressId>) -> Result<Option<ChannelInbox>, StoreError> {
        let Some(address) = address else {
            return Ok(None);
        };
        let suppressed = self.inbox(&address).await?.suppressed;
        Ok(Some(ChannelInbox { address, suppressed }))
    }

    /// A contact as it is stored.
    pub(super) async fn stored(&self, id: &ContactId) -> Result<Option<Stored>, StoreError> {
        self.get(&Key::contact(id)).await?.as_ref().map(stored).transpose()
    }
}

/// Reads a contact's item.
pub(super) fn stored(item: &Item) -> Result<Stored, StoreError> {
    let record = item.get("r").ok_or_else(|| foreign("r"))?;
    let text = record.as_s().map_err(|_| foreign("r"))?;
    let address = |name: &'static str| {
        item::optional_text(item, name)?
            .map(|text| AddressId::parse(text).ok_or_else(|| foreign(name)))
            .transpose()
    };
    Ok(Stored {
        contact: serde_json::from_str(text).map_err(fault::corrupt)?,
        address: address("a")?,
        number: address("n")?,
        device: address("d")?,
        record: record.clone(),
    })
}
