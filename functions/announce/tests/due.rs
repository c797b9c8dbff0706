//! A touch that the partner sends: told with all that is needed, once more looked at, and only in time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests; a broken story should stop at once"
)]

mod support;

use announce::Record;
use jiff::SignedDuration;
use journey::campaign::Channel;
use journey::contact::{Classification, Contact, Facts, Inbox, Locale, OptOut, Permission};
use journey::link::{LinkKey, LinkKind};
use journey::status::Snapshot;
use journey::{Event, Flow, Journey, PhoneNumber, SendOutcome, StatusAnswer};
use serde_json::{Value, json};

use support::{Customer, State, World, id_key};

fn facts() -> Facts {
    Facts {
        known: true,
        locale: Locale::En,
        zones: Vec::new(),
        places: law::Law::current().places(&law::Evidence::default()),
        flow: Flow::DirectToUtility,
        region: None,
        classification: Classification::Residential,
        utility: None,
        email: Permission::NoAddress,
        sms: Permission::NoAddress,
        push: Permission::NoAddress,
        event: Permission::Allowed,
        sharing_ends_at: None,
        visits: journey::Visits::default(),
        asks_for_a_code: false,
        journeys: Vec::new(),
        inbox: Inbox::default(),
    }
}

/// Somebody whose first touch has just gone out as an event.
fn due() -> Customer {
    let mut numbers = (1..).map(|n| Customer::new(n).by(Channel::Event));
    let customer = numbers
        .find(|customer| !customer.journey().assignment.is_holdout())
        .unwrap();
    // The next afternoon in New York: it is day in all of the country.
    let customer = customer
        .later(20 * 60)
        .event(Event::LoginReached { utility: None })
        .fires();
    let generation = customer.journey().timer.as_ref().unwrap().generation;
    let customer = customer.event(Event::Rechecked {
        generation,
        status: StatusAnswer::Seen(Snapshot::default()),
        meters: None,
        facts: facts(),
    });
    let key = customer.journey().send_key(journey::Touch(1), 1, Channel::Event);
    let message_id = String::new();
    customer.event(Event::SendResolved {
        key,
        outcome: SendOutcome::Accepted { message_id },
    })
}

/// Reads the stream in a world where this is so by now.
fn told(change: impl FnOnce(&mut State, &Journey)) -> (Vec<Value>, World) {
    let customer = due();
    let journey = customer.journey().clone();
    let world = World::default();
    world.look(|state| {
        state.now = customer.now();
        state.known.insert(journey.id.clone(), support::contact());
        state.journeys.insert(journey.id.clone(), journey.clone());
        change(state, &journey);
    });
    let records: Vec<Record> = support::stream(vec![customer]);
    assert_eq!(world.read(&records), Some(Vec::new()));
    let bodies = world.look(|state| {
        let due = state.heard.iter().filter(|event| event.kind == "touch.due");
        due.map(|event| serde_json::from_str(&event.body).unwrap()).collect()
    });
    (bodies, world)
}

#[test]
fn the_partner_is_told_what_a_message_needs() {
    let (bodies, world) = told(|state, journey| {
        let contact = Contact {
            locale: Locale::Es,
            phone: Some(PhoneNumber::new("+12025550123").unwrap()),
            opted_out: OptOut::of([Channel::Email]),
            ..support::contact()
        };
        state.known.insert(journey.id.clone(), contact);
    });
    let [body] = bodies.as_slice() else {
        panic!("told {} times", bodies.len())
    };
    assert_eq!(
        (&body["reference"], &body["diagnosis"]),
        (&json!("site-1"), &json!("utility_not_connected"))
    );
    let data = &body["data"];
    assert_eq!((&data["touch"], &data["locale"]), (&json!(1), &json!("es")));
    assert_eq!(
        data["permissions"],
        json!({"email": "opted_out", "sms": "no_consent", "push": "no_address"})
    );
    let now = world.look(|state| state.now);
    let journey = body["journey"].as_str().unwrap();
    for (kind, field, path) in [
        (LinkKind::Resume, "resume_url", "/r/"),
        (LinkKind::Unsubscribe, "unsubscribe_url", "/u/"),
    ] {
        let url = data[field].as_str().unwrap();
        let token = url.strip_prefix(&format!("https://remind.example.com{path}")).unwrap();
        let key = LinkKey::new(id_key().derive("link"));
        assert_eq!(key.verify(kind, token, now).unwrap().as_str(), journey);
    }
    world.look(|state| assert!(state.counters.keys().any(|(_, name)| name.starts_with("touch.due/"))));
}

#[test]
fn told_again_it_says_the_same() {
    let customer = due();
    let journey = customer.journey().clone();
    let world = World::default();
    world.look(|state| {
        state.now = customer.now();
        state.known.insert(journey.id.clone(), support::contact());
        state.journeys.insert(journey.id.clone(), journey);
    });
    let records = support::stream(vec![customer]);
    for second in [0, 30] {
        world.look(|state| {
            state.now += SignedDuration::from_secs(second);
            state.marks.clear();
        });
        assert_eq!(world.read(&records), Some(Vec::new()));
    }
    world.look(|state| {
        let due: Vec<_> = state.heard.iter().filter(|event| event.kind == "touch.due").collect();
        assert_eq!(due.len(), 2);
        assert!(due[0].id == due[1].id && due[0].body == due[1].body);
    });
}

#[test]
fn nobody_is_told_of_what_is_not_due_any_more() {
    for (why, change) in [
        (
            "erased",
            (|state, journey| drop(state.known.remove(&journey.id))) as fn(&mut State, &Journey),
        ),
        ("opted_out", |state, journey| {
            state.known.get_mut(&journey.id).unwrap().opted_out = OptOut::of([Channel::Event]);
        }),
        ("opted_out", |state, journey| {
            state.known.get_mut(&journey.id).unwrap().opted_out = OptOut::Everything;
        }),
        ("late", |state, _| state.now += SignedDuration::from_secs(601)),
        ("ended", |state, journey| {
            let completed = journey::decide(
                journey,
                &Event::SessionCompleted.into(),
                state.now,
                &journey::Campaign::standard(),
            );
            state.journeys.insert(journey.id.clone(), completed.next);
        }),
        ("ended", |state, journey| drop(state.journeys.remove(&journey.id))),
    ] {
        let (bodies, world) = told(change);
        assert!(bodies.is_empty(), "{why}");
        world.look(|state| {
            assert_eq!(state.totals.get("announce.withheld"), Some(&1), "{why}");
            // What else was to be told was told.
            assert!(state.heard.iter().any(|event| event.kind == "journey.started"), "{why}");
        });
    }
    let (bodies, _) = told(|state, _| state.now += SignedDuration::from_secs(599));
    assert_eq!(bodies.len(), 1);
}
