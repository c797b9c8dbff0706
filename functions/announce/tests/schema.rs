//! The documented form of the events: what is produced is checked against it, both ways.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests; a broken story should stop at once"
)]

mod support;

use std::collections::BTreeSet;

use journey::campaign::Channel;
use journey::contact::{Classification, Facts, Inbox, Locale, Permission};
use journey::enrollment::{LightAccount, SupportMatter};
use journey::status::Snapshot;
use journey::{
    DeliveryProblem, Event, Flow, Given, LossReason, Newest, Occasion, Purpose, Resolution, SendKey, SendOutcome,
    StatusAnswer, Touch, UtilityCode, Velocity,
};
use serde_json::{Value, json};

use support::{Customer, World, finisher, journey_id, stream};

const SCHEMA: &str = include_str!("../../../docs/events/lifecycle.v1.schema.json");
const PAGE: &str = include_str!("../../../docs/events.md");

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

/// A partner must ignore unknown fields; this test must not: a field that nobody documented fails it.
fn strict() -> Value {
    let mut schema = schema();
    schema["additionalProperties"] = json!(false);
    schema["properties"]["experiment"]["additionalProperties"] = json!(false);
    let mut with_data = Vec::new();
    for rule in schema["allOf"].as_array_mut().unwrap() {
        with_data.push(rule["if"]["properties"]["type"]["const"].clone());
        rule["then"]["properties"]["data"]["additionalProperties"] = json!(false);
    }
    let without = json!({
        "if": { "properties": { "type": { "not": { "enum": with_data } } } },
        "then": { "properties": { "data": { "additionalProperties": false } } },
    });
    schema["allOf"].as_array_mut().unwrap().push(without);
    schema
}

fn facts(email: Permission) -> Facts {
    Facts {
        known: true,
        locale: Locale::En,
        zones: vec![jiff::tz::TimeZone::get("America/Los_Angeles").unwrap()],
        places: law::Law::current().places(&law::Evidence::default()),
        flow: Flow::DirectToUtility,
        region: None,
        classification: Classification::Residential,
        utility: None,
        email,
        sms: Permission::Allowed,
        push: Permission::Allowed,
        event: Permission::Allowed,
        sharing_ends_at: None,
        visits: journey::Visits::default(),
        asks_for_a_code: false,
        journeys: Vec::new(),
        inbox: Inbox::default(),
    }
}

fn begun(n: usize) -> Customer {
    Customer::new(n).event(Event::LoginReached {
        utility: UtilityCode::parse("SDGE"),
    })
}

fn checked(customer: Customer, facts: Facts) -> Customer {
    let customer = customer.fires();
    let generation = customer.journey().timer.as_ref().unwrap().generation;
    customer.event(Event::Rechecked {
        generation,
        status: StatusAnswer::Seen(Snapshot::default()),
        meters: None,
        facts,
    })
}

fn key(n: usize) -> SendKey {
    SendKey {
        journey: journey_id(n),
        episode: 1,
        touch: Touch(1),
        attempt: 1,
        channel: Channel::Email,
    }
}

/// The first touch of customer `n` was claimed. Not for those of the holdout.
fn claimed(n: usize) -> Customer {
    checked(begun(n), facts(Permission::Allowed))
}

fn answered(n: usize, outcome: SendOutcome) -> Customer {
    claimed(n).event(Event::SendResolved { key: key(n), outcome })
}

/// A customer who is not held out, so that messages go to them.
fn reminded() -> impl Iterator<Item = usize> {
    (0..).filter(|n| !Customer::new(*n).journey().assignment.is_holdout())
}

/// Customers to whom, together, everything happens that can happen.
fn everybody() -> Vec<Customer> {
    let accepted = || SendOutcome::Accepted {
        message_id: "0100019abc-0001".to_owned(),
    };
    let mut numbers = reminded();
    let mut next = || numbers.next().unwrap();
    let mut people = vec![finisher(next())];
    for what in [
        DeliveryProblem::Bounced,
        DeliveryProblem::Complained,
        DeliveryProblem::Rejected,
        DeliveryProblem::RenderingFailed,
    ] {
        let n = next();
        people.push(answered(n, accepted()).event(Event::DeliverySeen { key: key(n), what }));
    }
    let n = next();
    let resolution = Resolution::Unknown;
    people.push(answered(n, SendOutcome::Ambiguous).event(Event::SendLookedUp {
        key: key(n),
        resolution,
    }));
    let n = next();
    people.push(answered(n, SendOutcome::Refused { why: "550".to_owned() }).event(Event::ContactErased));
    people.push(checked(begun(next()), facts(Permission::OptedOut)));
    let n = next();
    let message_id = String::new();
    let begun_by_day = Customer::new(n)
        .by(Channel::Event)
        .later(20 * 60)
        .event(Event::LoginReached {
            utility: UtilityCode::parse("SDGE"),
        });
    let due = checked(begun_by_day, facts(Permission::Allowed));
    people.push(due.event(Event::SendResolved {
        key: SendKey {
            channel: Channel::Event,
            ..key(n)
        },
        outcome: SendOutcome::Accepted { message_id },
    }));
    // Provisional, then confirmed; the meter is late, and is given up.
    let mut late = Customer::new(next()).event(Event::LoginSucceeded { utility: None });
    late = checked(late, facts(Permission::Allowed));
    for _ in 0..60 {
        if late.journey().timer.is_some() {
            late = late.meters(Vec::new());
        }
    }
    people.push(late);
    people.push(
        Customer::new(next())
            .event(Event::LoginSucceeded { utility: None })
            .event(Event::StepReached),
    );
    // Through all touches, handed back, and back after a long time.
    let mut given_up = begun(next());
    while given_up.journey().is_live() {
        given_up = given_up.fires();
        let Some(timer) = given_up.journey().timer.clone() else {
            continue;
        };
        given_up = given_up.event(Event::Rechecked {
            generation: timer.generation,
            status: StatusAnswer::Seen(Snapshot::default()),
            meters: None,
            facts: facts(Permission::NoAddress),
        });
    }
    people.push(given_up.later(400 * 24 * 60).event(Event::StepReached));
    people.extend(connected(next()));
    people.extend(enrolling(next()));
    people
}

/// Light's: final, with service and usage late and then there; and all that is for support.
fn enrolling(n: usize) -> Vec<Customer> {
    let mut people = Vec::new();
    for (place, matter) in SupportMatter::ALL.into_iter().enumerate() {
        let begun = Customer::of_light(n + 1_000_000 * (place + 1)).event(Event::AccountOpened);
        people.push(begun.event(Event::SupportNeeded { matter }));
    }
    let mut enrolled = Customer::of_light(n)
        .event(Event::AccountOpened)
        .event(Event::EnrollmentFinalized);
    enrolled = enrolled.fires();
    let generation = enrolled.journey().timer.as_ref().unwrap().generation;
    let account = |there: bool| LightAccount {
        is_enrollment_finalized: Some(true),
        is_service_active: Some(there),
        has_usage_history: Some(there),
        ..LightAccount::default()
    };
    enrolled = enrolled.event(Event::Rechecked {
        generation,
        status: StatusAnswer::Seen(Snapshot::Light(Some(account(false)))),
        meters: None,
        facts: facts(Permission::Allowed),
    });
    for there in [false, true] {
        let timer = enrolled.journey().timer.clone().unwrap();
        let days = if there { 1 } else { 20 };
        enrolled = enrolled.later(days * 24 * 60).event(Event::AccountSeen {
            generation: timer.generation,
            account: Some(account(there)),
        });
    }
    people.push(enrolled);
    people
}

/// Bayou's: data that are late, come, stop and come again; connections that are lost or end; a bill by hand.
fn connected(n: usize) -> Vec<Customer> {
    let flags = |ready| Snapshot::Bayou(Some(bayou(ready)));
    let begun = || Customer::of_bayou(n, Purpose::Enroll).event(Event::Invited);
    let seen = |customer: Customer, ready, interval_days: i64| {
        let timer = customer.journey().timer.clone().unwrap();
        let minutes = timer.due.duration_since(customer.now()).as_mins() + 1;
        let customer = customer.later(minutes.max(0));
        let day = jiff::SignedDuration::from_hours(24 * interval_days);
        let newest = Newest {
            bill: Some(customer.now()),
            interval: customer.now().checked_sub(day).ok(),
        };
        customer.event(Event::CustomerSeen {
            generation: timer.generation,
            customer: Some(bayou(ready)),
            newest: Some(newest),
        })
    };
    let told = begun().event(Event::Connected {
        at: None,
        velocity: Some(Velocity::Instant),
        utility: UtilityCode::parse("CON_EDISON"),
    });
    let told = told.fires();
    let generation = told.journey().timer.as_ref().unwrap().generation;
    let mut data = told.event(Event::Rechecked {
        generation,
        status: StatusAnswer::Seen(flags(false)),
        meters: None,
        facts: facts(Permission::Allowed),
    });
    // Ready with what is new, then a day older each day.
    for days in [0, 1, 2, 3, 4, 0] {
        data = seen(data, true, days);
    }
    let again = |n, event: Event| Customer::of_bayou(n, Purpose::Reconnect).event(event);
    let mut people = vec![data];
    for (place, why) in [
        LossReason::CredentialsInvalid,
        LossReason::MfaExpired,
        LossReason::Untold,
    ]
    .into_iter()
    .enumerate()
    {
        let was_connected = true;
        people.push(again(
            n + 1_000 * (place + 1),
            Event::ReauthorizationNeeded { why, was_connected },
        ));
    }
    for (place, occasion) in [Occasion::Expected, Occasion::ConsentEnds(people[0].now())]
        .into_iter()
        .enumerate()
    {
        people.push(again(n + 10_000 * (place + 1), Event::RenewalDue { occasion }));
    }
    for (place, what) in [Given::Bill, Given::Account].into_iter().enumerate() {
        let given = Customer::of_bayou(n + 100_000 * (place + 1), Purpose::Enroll);
        people.push(given.event(Event::FallbackGiven { what }));
    }
    people
}

fn bayou(data: bool) -> journey::Customer {
    journey::Customer {
        has_filled_credentials: true,
        is_currently_authenticated: true,
        has_accounts: true,
        bills_are_ready: data,
        intervals_are_ready: data,
        ..journey::Customer::default()
    }
}

fn bodies() -> Vec<Value> {
    let everybody = everybody();
    let world = World::default();
    world.look(|state| {
        state
            .known
            .insert(everybody[0].journey().id.clone(), support::contact());
        // Only whoever is known, and live, is worth a message of the partner's.
        let due = everybody
            .iter()
            .find(|customer| customer.is_by(Channel::Event))
            .unwrap();
        let journey = due.journey().clone();
        state.known.insert(journey.id.clone(), support::contact());
        state.now = due.now();
        state.journeys.insert(journey.id.clone(), journey);
    });
    let records = stream(everybody);
    assert_eq!(world.read(&records), Some(Vec::new()));
    world.look(|state| {
        let body = |event: &journey::port::Announcement| {
            let body: Value = serde_json::from_str(&event.body).unwrap();
            assert_eq!((&body["id"], &body["type"]), (&json!(event.id), &json!(event.kind)));
            assert_eq!(body["occurred_at"], event.at.to_string());
            body
        };
        state.heard.iter().map(body).collect()
    })
}

#[test]
fn every_event_has_the_documented_form_and_no_field_more() {
    let schema = strict();
    assert!(jsonschema::meta::is_valid(&schema));
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let mut seen = BTreeSet::new();
    for body in bodies() {
        if let Err(error) = validator.validate(&body) {
            panic!("{error}\n{body:#}");
        }
        seen.insert(body["type"].as_str().unwrap().to_owned());
    }
    let documented: BTreeSet<String> = serde_json::from_value(schema["properties"]["type"]["enum"].clone()).unwrap();
    let missing: Vec<_> = documented.difference(&seen).collect();
    // Only a customer who was stopped comes back; its form is that of a start.
    assert_eq!(missing, ["journey.came_back"]);
}

#[test]
fn the_schema_refuses_what_is_not_documented() {
    let validator = jsonschema::draft202012::new(&strict()).unwrap();
    let good = bodies().into_iter().find(|body| body["type"] == "touch.sent").unwrap();
    assert!(validator.is_valid(&good));
    for (pointer, wrong) in [
        ("/schema", json!("rekindle.lifecycle.v2")),
        ("/type", json!("touch.teleported")),
        ("/id", json!("short")),
        ("/occurred_at", json!("yesterday")),
        ("/episode", json!(0)),
        ("/diagnosis", json!("bored")),
        ("/data", json!({ "touch": 1 })),
        (
            "/data",
            json!({ "touch": 1, "channel": "email", "address": "ana@example.com" }),
        ),
        ("/data/channel", json!("telepathy")),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = wrong;
        assert!(!validator.is_valid(&bad), "{pointer}");
    }
    let mut more = good;
    more["email"] = json!("ana@example.com");
    assert!(!validator.is_valid(&more));
}

#[test]
fn the_page_s_example_and_its_table_are_true() {
    let example = PAGE.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    let example: Value = serde_json::from_str(example).unwrap();
    let validator = jsonschema::draft202012::new(&strict()).unwrap();
    if let Err(error) = validator.validate(&example) {
        panic!("{error}");
    }
    for kind in schema()["properties"]["type"]["enum"].as_array().unwrap() {
        assert!(PAGE.contains(&format!("`{}`", kind.as_str().unwrap())), "{kind}");
    }
}

#[test]
fn an_event_and_its_counter_say_where_the_customer_had_stopped() {
    let n = reminded().next().unwrap();
    let message_id = "0100019abc-0001".to_owned();
    let customer = answered(n, SendOutcome::Accepted { message_id });
    let arm = customer.journey().assignment.arm.clone();
    let world = World::default();
    assert_eq!(world.read(&stream(vec![customer])), Some(Vec::new()));
    world.look(|state| {
        let heard = |event: &journey::port::Announcement| -> Value { serde_json::from_str(&event.body).unwrap() };
        let said: Vec<_> = state.heard.iter().map(heard).collect();
        let said: Vec<_> = said
            .iter()
            .map(|body| (body["type"].as_str(), body["diagnosis"].as_str()))
            .collect();
        assert_eq!(
            said,
            [
                (Some("journey.started"), None),
                (Some("touch.sent"), Some("utility_not_connected"))
            ]
        );
        let names: Vec<_> = state.counters.keys().map(|(_, name)| name.clone()).collect();
        assert_eq!(
            names,
            [
                format!("journey.started/SDGE/-/-/{arm}"),
                format!("touch.sent/SDGE/utility_not_connected/1/{arm}")
            ]
        );
    });
}

#[test]
fn the_reference_is_told_only_while_the_contact_is_known() {
    let bodies = bodies();
    let (known, unknown): (Vec<_>, Vec<_>) = bodies.iter().partition(|body| body["reference"] == "site-1");
    assert!(!known.is_empty() && unknown.iter().all(|body| body["reference"].is_null()));
    let journeys: BTreeSet<_> = known.iter().map(|body| body["journey"].to_string()).collect();
    assert_eq!(journeys.len(), 2);
    assert!(bodies.iter().all(|body| !body.to_string().contains('@')));
}
