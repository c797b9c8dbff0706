//! The partner's own API: contacts, erasure, explanations.

mod explain;
mod input;
mod table;

use journey::contact::{Contact, Facts};
use journey::port::{ArmTimer, Clock, CommitJourney, FindContact, KeepContact, LoadJourney, StoreError};
use journey::protocol::{IfAbsent, Person, TakeError, take};
use journey::{Campaign, ContactId, Event, IdKey, JourneyId, Provider, Purpose, Reference};

pub use explain::{Explanation, NextDue, TimelineEntry, TouchExplained, explain, sentence};
pub use input::{ContactInput, FieldError, InvalidContact};
pub use table::{COLUMNS, ReadRow, RowError, Rows, header, row};

/// Why a contact could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum ContactError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The contact is stored, its journey is not told yet; do it again.
    #[error(transparent)]
    Take(#[from] TakeError),
}

/// Stores a contact and tells its journey, if there is one. Doing it again changes nothing.
///
/// # Errors
/// [`ContactError`] when the store fails; do it again.
pub async fn put<P>(ports: &P, id_key: &IdKey, campaign: &Campaign, contact: &Contact) -> Result<(), ContactError>
where
    P: Clock + KeepContact + FindContact + LoadJourney + CommitJourney + ArmTimer,
{
    ports.put_contact(contact).await?;
    let id = ContactId::new(id_key, contact.provider, &contact.reference);
    let journey = JourneyId::new(id_key, contact.provider, Purpose::Enroll, &contact.reference);
    if let Some(known) = ports.find_contact(&id).await? {
        // Zones are worked out where messages are composed; the rules need none to hear of a change.
        let facts = Facts::of(&known.contact, known.inbox.clone(), Vec::new());
        let person = Person {
            contact: Some(&id),
            known: None,
        };
        take(
            ports,
            campaign,
            &journey,
            IfAbsent::Ignore,
            person,
            &Event::ContactChanged { facts }.into(),
        )
        .await?;
    }
    Ok(())
}

/// Erases a contact and ends its journey. Answers whether there was one.
///
/// The journey goes on to exist under its keyed hash, without anything that names the person; a
/// suppressed address stays suppressed, as a keyed hash as well.
///
/// # Errors
/// [`ContactError`] when the store fails; do it again.
pub async fn erase<P>(
    ports: &P,
    id_key: &IdKey,
    campaign: &Campaign,
    provider: Provider,
    reference: &Reference,
) -> Result<bool, ContactError>
where
    P: Clock + KeepContact + LoadJourney + CommitJourney + ArmTimer,
{
    let existed = ports
        .erase_contact(&ContactId::new(id_key, provider, reference))
        .await?;
    let journey = JourneyId::new(id_key, provider, Purpose::Enroll, reference);
    take(
        ports,
        campaign,
        &journey,
        IfAbsent::Ignore,
        Person::default(),
        &Event::ContactErased.into(),
    )
    .await?;
    Ok(existed)
}
