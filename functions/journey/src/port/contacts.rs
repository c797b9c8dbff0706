//! People: whom a journey is about, and whether they may be written to.

use core::future::Future;

use jiff::Timestamp;

use crate::contact::{Contact, Known, OptOut, SuppressedFor, Suppression};
use crate::id::{AddressId, ContactId, JourneyId};
use crate::port::StoreError;

/// Reads a contact.
pub trait FindContact: Sync {
    /// The contact of that name, with what its inbox has received.
    fn find_contact(&self, id: &ContactId) -> impl Future<Output = Result<Option<Known>, StoreError>> + Send;

    /// The contact that a journey belongs to.
    fn contact_of(&self, journey: &JourneyId) -> impl Future<Output = Result<Option<Known>, StoreError>> + Send;
}

/// What must be true of the stored contact for a write of it to happen (RFC 9110, section 13).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Precondition {
    /// Whatever is there.
    #[default]
    None,
    /// Nothing is there (`If-None-Match: *`).
    Absent,
    /// Something is there (`If-Match: *`).
    Present,
    /// What is there has one of these tags (`If-Match: "..."`); see [`Contact::tag`].
    Tagged(Vec<String>),
}

impl Precondition {
    /// Does it hold for what is stored?
    #[must_use]
    pub fn holds(&self, stored: Option<&Contact>) -> bool {
        match self {
            Precondition::None => true,
            Precondition::Absent => stored.is_none(),
            Precondition::Present => stored.is_some(),
            Precondition::Tagged(tags) => stored.is_some_and(|stored| tags.contains(&stored.tag())),
        }
    }
}

/// A write under a [`Precondition`] that did not happen.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    /// The precondition does not hold: read again.
    #[error("the contact is not as the caller believes")]
    PreconditionFailed,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Writes contacts.
pub trait KeepContact: Sync {
    /// Stores a contact durably; an opt-out in it suppresses its address and its number as well. An
    /// opt-out that is stored already stays, also when this contact comes without it.
    ///
    /// The precondition is checked against what is stored in the same moment as the write.
    fn put_contact(
        &self,
        contact: &Contact,
        only_if: &Precondition,
    ) -> impl Future<Output = Result<(), PutError>> + Send;

    /// Erases a contact: reference, name, address, number and links are gone. Answers whether there was one.
    fn erase_contact(
        &self,
        id: &ContactId,
        only_if: &Precondition,
    ) -> impl Future<Output = Result<bool, PutError>> + Send;
}

/// One page of contacts.
#[derive(Clone, Debug, Default)]
pub struct ContactPage {
    /// Up to as many as were asked for; fewer, or none, do not mean the end.
    pub contacts: Vec<Contact>,
    /// Where the next page begins; none at the end. Opaque, and free of personal data.
    pub next: Option<String>,
}

/// A page that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The cursor is not one that this store has given.
    #[error("the cursor is not one that was handed out")]
    BadCursor,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads all contacts, page by page.
pub trait ListContacts: Sync {
    /// The page after a cursor; the first one without. The order is the store's own, and stays.
    fn list_contacts(
        &self,
        limit: usize,
        after: Option<&str>,
    ) -> impl Future<Output = Result<ContactPage, PageError>> + Send;
}

/// Records that a person wants no more messages.
pub trait Suppress: Sync {
    /// Sets what the contact of a journey has opted out of, and suppresses the address and the number of
    /// the channels concerned. After an erasure nobody can say which of its inboxes was for which channel, so any
    /// opt-out suppresses all that it had. Answers whether anything was known.
    ///
    /// For the channels that are not opted out of, the person's own opt-out is lifted from the inbox, and nothing
    /// else: a bounce, a complaint, a STOP and the sender's list stay ([`SuppressedFor`]).
    fn set_opted_out(
        &self,
        journey: &JourneyId,
        opted_out: &OptOut,
        at: Timestamp,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;
}

/// Closes an inbox that bounced, complained or opted out with its sender, whoever it belongs to.
pub trait SuppressAddress: Sync {
    /// Suppresses an address or a number, known by its keyed hash, for this reason from `at` on, if it is not
    /// already ([`Suppression::close`]).
    fn suppress_address(
        &self,
        address: &AddressId,
        why: SuppressedFor,
        at: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Takes one reason back that was given before `at`, whoever the inbox belongs to. Others that close it stay.
    fn reopen_address(
        &self,
        address: &AddressId,
        why: SuppressedFor,
        at: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// What closes an address or a number.
    fn suppression(&self, address: &AddressId) -> impl Future<Output = Result<Suppression, StoreError>> + Send;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Reference;

    #[test]
    fn a_precondition_is_asked_of_what_is_stored() {
        let stored: Contact = serde_json::from_value(serde_json::json!({
            "provider": "leap",
            "reference": Reference::new("site-1").unwrap(),
        }))
        .unwrap();
        let tagged = |tags: &[&str]| Precondition::Tagged(tags.iter().map(|tag| (*tag).to_owned()).collect());
        let (one, other) = (stored.tag(), "aaaaaaaaaaaaaaaaaaaaaaaaaa");
        let holds = |precondition: Precondition| (precondition.holds(Some(&stored)), precondition.holds(None));
        assert_eq!(holds(Precondition::None), (true, true));
        assert_eq!(holds(Precondition::Absent), (false, true));
        assert_eq!(holds(Precondition::Present), (true, false));
        assert_eq!(holds(tagged(&[other, &one])), (true, false));
        assert_eq!(holds(tagged(&[other])), (false, false));
        assert_eq!(holds(tagged(&[])), (false, false));
    }
}
