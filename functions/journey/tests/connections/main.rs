//! Connections that are made, lost and made again (Bayou), trigger by trigger (docs/bayou.md, 9.3) and unknown by
//! unknown (section 10).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests; a broken story should stop at once"
)]

mod data;
mod ending;
mod lost;
mod made;
mod people;
#[path = "../support/mod.rs"]
mod support;

use jiff::SignedDuration;
use journey::status::Snapshot;
use journey::{
    Customer, DataKind, Delivery, Event, Evidence, Given, Journey, LossReason, MeterFollowUp, Newest, Note, Occasion,
    Phase, Provider, Purpose, Series, StopReason, TimerWhy, Unavailable, Velocity, renewal,
};

use support::{MORNING, Story, at, journey_id, other_send, touches};

/// Nobody has signed in yet.
fn nobody() -> Snapshot {
    Snapshot::Bayou(Some(Customer::default()))
}

fn connected() -> Customer {
    Customer {
        has_filled_credentials: true,
        is_currently_authenticated: true,
        has_accounts: true,
        ..Customer::default()
    }
}

fn with_all_data() -> Customer {
    Customer {
        bills_are_ready: true,
        intervals_are_ready: true,
        ..connected()
    }
}

/// The connection is gone; whether the first flag goes back is not documented (U4).
fn broken(flag_kept: bool) -> Snapshot {
    Snapshot::Bayou(Some(Customer {
        has_filled_credentials: flag_kept,
        is_currently_authenticated: false,
        ..with_all_data()
    }))
}

fn of(customer: Customer) -> Snapshot {
    Snapshot::Bayou(Some(customer))
}

fn of_bayou(purpose: Purpose) -> Story {
    let mut story = Story::new();
    let (id, now) = (journey_id("MSCOTT123"), at(MORNING));
    let flow = journey::Flow::Unknown;
    story.journey = Journey::begin(id, Provider::Bayou, purpose, flow, now, &story.campaign);
    story
}

/// The partner told of a customer in the morning.
fn invited() -> Story {
    of_bayou(Purpose::Enroll).event(Event::Invited)
}

fn connects(velocity: Velocity) -> Event {
    Event::Connected {
        at: None,
        velocity: Some(velocity),
        utility: None,
    }
}

/// Connected in the morning, and confirmed a minute later with what the record shows then.
fn connected_with(velocity: Velocity, customer: Customer) -> Story {
    invited().event(connects(velocity)).fire().status(of(customer))
}

fn lost(why: LossReason) -> Event {
    Event::ReauthorizationNeeded {
        why,
        was_connected: true,
    }
}

/// A loss in the morning.
fn loses(why: LossReason) -> Story {
    of_bayou(Purpose::Reconnect).event(lost(why))
}

/// The timer fires, and whoever serves it has asked for the customer.
fn look(story: Story, customer: Option<Customer>, newest: Option<Newest>) -> Story {
    let timer = story.journey.timer.clone().expect("a timer");
    assert!(matches!(timer.why, TimerWhy::Poll | TimerWhy::Meter), "{timer:?}");
    let mut story = story;
    story.now = story.now.max(timer.due);
    story.event(Event::CustomerSeen {
        generation: timer.generation,
        customer,
        newest,
    })
}

/// Looks until the next thing due is no look.
fn looks(mut story: Story, customer: &Customer) -> Story {
    while story
        .journey
        .timer
        .as_ref()
        .is_some_and(|timer| timer.why == TimerWhy::Poll)
    {
        story = look(story, Some(customer.clone()), None);
    }
    story
}

fn why(story: &Story) -> Option<TimerWhy> {
    story.journey.timer.as_ref().map(|timer| timer.why)
}

fn diagnosis(story: &Story) -> &'static str {
    story
        .orders
        .last()
        .map_or("nothing was sent", |order| order.diagnosis.as_str())
}

fn is_provisional(story: &Story) -> bool {
    matches!(story.journey.phase, Phase::Completed { provisional: true, .. })
}

fn is_sure(story: &Story) -> bool {
    matches!(story.journey.phase, Phase::Completed { provisional: false, .. })
}

/// The next touch goes out, as the record stands.
fn touch(story: Story, snapshot: &Snapshot) -> Story {
    let customer = snapshot.customer().cloned().unwrap_or_default();
    looks(story, &customer).fire().status(snapshot.clone()).accepted()
}

/// The contact is stored, for the first time or again.
fn stored(story: Story) -> Story {
    let facts = story.facts.clone();
    story.event(Event::ContactChanged { facts })
}
