//! Invented people, their journeys, and the short forms in which checks write them.

use jiff::{SignedDuration, Timestamp};
use journey::campaign::Channel;
use journey::contact::{Classification, Contact, Known, Locale, OptOut};
use journey::port::{Commit, CommitError, CommitJourney, FindContact, InboxClaim, KeepContact, Precondition};
use journey::{
    AddressId, Campaign, ContactId, Evidence, Flow, IdKey, Journey, JourneyId, MeterFollowUp, Phase, Provider, Purpose,
    Reference, SendKey, Timer, TimerWhy, Touch,
};

/// The key of all names.
#[must_use]
pub fn key() -> IdKey {
    IdKey::new(*b"an invented key of 32 bytes long").unwrap()
}

/// When everything begins. Far ahead, since the table's expiry goes by the machine's clock.
#[must_use]
pub fn start() -> Timestamp {
    "2100-03-01T03:15:00Z".parse().unwrap()
}

/// So many minutes later.
#[must_use]
pub fn minutes(minutes: i64) -> Timestamp {
    start() + SignedDuration::from_mins(minutes)
}

/// The reference of one person.
#[must_use]
pub fn reference(n: u32) -> Reference {
    Reference::new(format!("site-{n}")).unwrap()
}

/// The journey of one person.
#[must_use]
pub fn journey_id(n: u32) -> JourneyId {
    JourneyId::new(&key(), Provider::Leap, Purpose::Enroll, &reference(n))
}

/// The contact of one person.
#[must_use]
pub fn contact_id(n: u32) -> ContactId {
    ContactId::new(&key(), Provider::Leap, &reference(n))
}

/// The inbox of an address.
#[must_use]
pub fn address(email: &str) -> AddressId {
    AddressId::new(&key(), email)
}

/// One person, as the partner tells of them.
#[must_use]
pub fn contact(n: u32, email: &str) -> Contact {
    Contact {
        provider: Provider::Leap,
        reference: reference(n),
        email: Some(email.to_owned()),
        phone: None,
        push: None,
        consent: std::collections::BTreeMap::new(),
        first_name: Some("Ana".to_owned()),
        locale: Locale::Es,
        zone: Some("America/Los_Angeles".to_owned()),
        state: None,
        flow: Flow::Connect,
        region: None,
        classification: Classification::Residential,
        utility: None,
        link: None,
        sharing_ends_at: None,
        opted_out: OptOut::NOTHING,
    }
}

/// A journey that has just begun, without a timer.
#[must_use]
pub fn journey(n: u32) -> Journey {
    Journey::begin(
        journey_id(n),
        Provider::Leap,
        Purpose::Enroll,
        Flow::Connect,
        start(),
        &Campaign::standard(),
    )
}

/// A journey whose timer is due, and until when, both in minutes.
#[must_use]
pub fn due(n: u32, generation: u32, due: i64, closes: i64, why: TimerWhy) -> Journey {
    Journey {
        timer: Some(Timer {
            generation,
            due: minutes(due),
            closes: minutes(closes),
            why,
        }),
        generation,
        ..journey(n)
    }
}

/// A journey that is over, its meter seen.
#[must_use]
pub fn ended(n: u32) -> Journey {
    Journey {
        phase: Phase::Completed {
            at: minutes(30),
            evidence: Evidence::Status,
            provisional: false,
            meter: MeterFollowUp::Arrived { at: minutes(60) },
        },
        ..journey(n)
    }
}

/// The name of a send.
#[must_use]
pub fn send_key(n: u32, touch: u8) -> SendKey {
    SendKey {
        journey: journey_id(n),
        episode: 1,
        touch: Touch(touch),
        attempt: 1,
        channel: Channel::Email,
    }
}

/// Writes a journey with its own contact.
pub async fn write(store: &impl CommitJourney, n: u32, journey: &Journey, expected: u64) -> Result<(), CommitError> {
    let contact = contact_id(n);
    let commit = Commit {
        journey,
        expected,
        contact: Some(&contact),
        claim: None,
        visited: None,
    };
    store.commit_journey(commit).await
}

/// Writes a new journey with its own contact.
pub async fn begin(store: &impl CommitJourney, n: u32) {
    write(store, n, &journey(n), 0).await.unwrap();
}

/// Claims the first touch of a journey at version `expected.0` in an inbox at version `expected.1`.
pub async fn claim(
    store: &impl CommitJourney,
    n: u32,
    address: &AddressId,
    expected: (u64, u64),
) -> Result<(), CommitError> {
    let (key, contact) = (send_key(n, 1), contact_id(n));
    let claim = InboxClaim {
        address,
        expected: expected.1,
        key: &key,
        at: start(),
    };
    let commit = Commit {
        journey: &journey(n),
        expected: expected.0,
        contact: Some(&contact),
        claim: Some(claim),
        visited: None,
    };
    store.commit_journey(commit).await
}

/// Stores a contact, whatever is there.
pub async fn put(store: &impl KeepContact, contact: &Contact) {
    store.put_contact(contact, &Precondition::None).await.unwrap();
}

/// Erases a contact, whatever it is.
pub async fn erase(store: &impl KeepContact, n: u32) -> bool {
    store.erase_contact(&contact_id(n), &Precondition::None).await.unwrap()
}

/// A person who must be known.
pub async fn known(store: &impl FindContact, n: u32) -> Known {
    store.find_contact(&contact_id(n)).await.unwrap().unwrap()
}

/// Was a conditional write refused because somebody else was faster?
#[must_use]
pub fn lost(outcome: &Result<(), CommitError>) -> bool {
    match outcome {
        Ok(()) => false,
        Err(CommitError::VersionConflict) => true,
        Err(CommitError::Store(error)) => panic!("{error:?}"),
    }
}
