//! The partner's own API: contacts, erasure, explanations, links, and the campaign of a deployment.

pub mod api;
mod consent;
mod explain;
mod input;
mod table;

use journey::contact::{Contact, Facts};
use journey::enrollment::SupportMatter;
use journey::port::{
    ArmTimer, Clock, CommitJourney, EraseFallback, FindContact, KeepContact, LoadJourney, Precondition, PutError,
    StoreError,
};
use journey::protocol::{IfAbsent, Person, TakeError, take};
use journey::{Campaign, ContactId, Event, IdKey, JourneyId, Provider, Purpose, Reference, Territory};

pub use consent::{ConsentInput, ConsentsInput};
pub use explain::{Explanation, NextDue, TimelineEntry, TouchExplained, explain, sentence};
pub use input::{ContactInput, FieldError, InvalidContact};
pub use table::{COLUMNS, ReadRow, RowError, Rows, header, row};

/// Why a contact could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum ContactError {
    /// The contact is not as the caller believes; nothing was changed.
    #[error("the contact is not as the caller believes")]
    PreconditionFailed,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The contact is stored, its journey is not told yet; do it again.
    #[error(transparent)]
    Take(#[from] TakeError),
}

impl From<PutError> for ContactError {
    fn from(error: PutError) -> Self {
        match error {
            PutError::PreconditionFailed => ContactError::PreconditionFailed,
            PutError::Store(error) => error.into(),
        }
    }
}

/// Stores a contact and tells its journeys; one of Bayou's or Light's begins here. Doing it again changes nothing.
///
/// Answers what is stored now, which is not always what was given: an opt-out outlives a contact that
/// comes without it. `None` when somebody has erased it since.
///
/// # Errors
/// [`ContactError`] when the precondition does not hold, or the store fails; then do it again.
pub async fn put<P>(
    ports: &P,
    id_key: &IdKey,
    campaign: &Campaign,
    contact: &Contact,
    only_if: &Precondition,
) -> Result<Option<Contact>, ContactError>
where
    P: Clock + KeepContact + FindContact + LoadJourney + CommitJourney + ArmTimer,
{
    ports.put_contact(contact, only_if).await?;
    let id = ContactId::new(id_key, contact.provider, &contact.reference);
    let Some(known) = ports.find_contact(&id).await? else {
        return Ok(None);
    };
    // Zones are worked out where messages are composed; the rules need none to hear of a change.
    let facts = Facts::of(&known, &Territory::default());
    let person = Person {
        contact: Some(&id),
        ..Person::default()
    };
    for purpose in contact.provider.purposes() {
        let journey = JourneyId::new(id_key, contact.provider, *purpose, &contact.reference);
        let changed = Event::ContactChanged { facts: facts.clone() }.into();
        let told = take(ports, campaign, &journey, IfAbsent::Ignore, person, &changed).await?;
        if told.is_none() && tells_of_customers(contact.provider) && *purpose == Purpose::Enroll {
            let begin = IfAbsent::Begin {
                provider: contact.provider,
                purpose: *purpose,
                flow: contact.flow,
            };
            let began = match contact.provider {
                Provider::Leap | Provider::Bayou => Event::Invited,
                // Who has an account has begun (docs/light.md, trap 24).
                Provider::Light => Event::AccountOpened,
            };
            take(ports, campaign, &journey, begin, person, &began.into()).await?;
        }
    }
    Ok(Some(known.contact))
}

/// Is the partner the one who tells of a new customer? Leap's webhooks do; Bayou and Light have none for it.
const fn tells_of_customers(provider: Provider) -> bool {
    match provider {
        Provider::Leap => false,
        Provider::Bayou | Provider::Light => true,
    }
}

/// Tells the journey of an enrolment that something is for support, which only the partner may know: a switch-hold, an
/// address that may not choose, a rescission. Answers whether there is such a journey.
///
/// # Errors
/// [`TakeError`] when the store fails; then do it again.
pub async fn support_needed<P>(
    ports: &P,
    id_key: &IdKey,
    campaign: &Campaign,
    reference: &Reference,
    matter: SupportMatter,
) -> Result<bool, TakeError>
where
    P: Clock + LoadJourney + CommitJourney + ArmTimer,
{
    tell_enrollment(ports, id_key, campaign, reference, Event::SupportNeeded { matter }).await
}

/// Tells the journey of an enrolment that it was taken back in the provider's sandbox. Answers whether there is one.
///
/// # Errors
/// [`TakeError`] when the store fails; then do it again.
pub async fn enrollment_reset<P>(
    ports: &P,
    id_key: &IdKey,
    campaign: &Campaign,
    reference: &Reference,
) -> Result<bool, TakeError>
where
    P: Clock + LoadJourney + CommitJourney + ArmTimer,
{
    tell_enrollment(ports, id_key, campaign, reference, Event::EnrollmentReset).await
}

async fn tell_enrollment<P>(
    ports: &P,
    id_key: &IdKey,
    campaign: &Campaign,
    reference: &Reference,
    event: Event,
) -> Result<bool, TakeError>
where
    P: Clock + LoadJourney + CommitJourney + ArmTimer,
{
    let journey = JourneyId::new(id_key, Provider::Light, Purpose::Enroll, reference);
    let taken = take(
        ports,
        campaign,
        &journey,
        IfAbsent::Ignore,
        Person::default(),
        &event.into(),
    )
    .await?;
    Ok(taken.is_some())
}

/// Erases a contact and ends its journeys. Answers whether there was one.
///
/// The journey goes on to exist under its keyed hash, without anything that names the person; a
/// suppressed address stays suppressed, as a keyed hash as well. A bill or an account that the person gave by
/// hand goes with the contact.
///
/// # Errors
/// [`ContactError`] when the precondition does not hold, or the store fails; then do it again.
pub async fn erase<P>(
    ports: &P,
    id_key: &IdKey,
    campaign: &Campaign,
    provider: Provider,
    reference: &Reference,
    only_if: &Precondition,
) -> Result<bool, ContactError>
where
    P: Clock + KeepContact + EraseFallback + LoadJourney + CommitJourney + ArmTimer,
{
    let id = ContactId::new(id_key, provider, reference);
    let existed = ports.erase_contact(&id, only_if).await?;
    // After the contact: whoever gives something in this moment finds nobody to keep it for.
    ports.erase_fallback(&id).await?;
    for purpose in provider.purposes() {
        let journey = JourneyId::new(id_key, provider, *purpose, reference);
        let erased = Event::ContactErased.into();
        take(ports, campaign, &journey, IfAbsent::Ignore, Person::default(), &erased).await?;
    }
    Ok(existed)
}
