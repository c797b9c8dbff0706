//! What every check plays on: the example's rules, a fixed time, and one customer.

use std::sync::LazyLock;

use contacts::ContactInput;
use jiff::Timestamp;
use journey::contact::Contact;
use journey::port::{LoadJourney, Precondition, Versioned};
use journey::{ContactId, JourneyId, Provider, Purpose, Reference};
use tests::{Ports, Stage, World, poll_once};

/// The link that the customer was given.
pub(crate) const LINK: &str = "https://connect.leap.energy/?refId=site-ca-0001";

/// The stage, set once: that takes a second.
pub(crate) fn stage() -> &'static Stage {
    static STAGE: LazyLock<Stage> = LazyLock::new(|| Stage::with(&toml::Table::new()));
    &STAGE
}

/// The time of every check, which the tokens and consents of the corpora are made for.
pub(crate) fn now() -> Timestamp {
    "2026-07-01T16:00:00Z".parse().unwrap()
}

pub(crate) fn world() -> World {
    World::new(&stage().rules, now(), 10)
}

pub(crate) fn ports(world: &World) -> Ports<'_> {
    let stage = stage();
    Ports { world, stage }
}

/// The customer's reference: the one of `events/`.
pub(crate) fn reference() -> Reference {
    Reference::new("site-ca-0001").unwrap()
}

/// The name of the journey of a reference.
pub(crate) fn journey_id(reference: &Reference) -> JourneyId {
    JourneyId::new(&stage().webhook.id_key, Provider::Leap, Purpose::Enroll, reference)
}

pub(crate) fn contact_id() -> ContactId {
    ContactId::new(&stage().webhook.id_key, Provider::Leap, &reference())
}

/// Lets the customer be known.
pub(crate) fn with_customer(world: &World) -> Contact {
    let input = ContactInput {
        email: Some("ana@example.com".to_owned()),
        first_name: Some("Ana".to_owned()),
        link: Some(LINK.to_owned()),
        ..ContactInput::default()
    };
    let contact = input
        .check(Provider::Leap, reference(), now(), &journey::LinkHosts::default())
        .unwrap();
    let (ports, stage) = (ports(world), stage());
    let put = contacts::put(
        &ports,
        &stage.webhook.id_key,
        &stage.rules,
        &contact,
        &Precondition::None,
    );
    poll_once(put).unwrap().unwrap().unwrap()
}

/// Lets the customer's journey begin.
pub(crate) fn with_journey(world: &World) -> JourneyId {
    let body = br#"{"webhook_event_id":"event-0","payload":{"webhook_event_type":"connect_session.updated",
        "partner_reference":"site-ca-0001","status":"CREATED"}}"#;
    let request = webhook::Request {
        secret_values: &[tests::SECRET.as_bytes()],
        content_type: Some("application/json"),
        body,
    };
    let (ports, stage) = (ports(world), stage());
    let answer = poll_once(webhook::handle(&ports, &stage.webhook, &stage.rules, request)).unwrap();
    assert_eq!(answer, webhook::Answer::Accepted);
    journey_id(&reference())
}

pub(crate) fn stored(world: &World, id: &JourneyId) -> Option<Versioned> {
    poll_once(ports(world).load_journey(id)).unwrap().unwrap()
}
