//! Enrolling in an electricity plan (Light), trap by trap of docs/light.md, section 10, as far as the rules decide.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests; a broken story should stop at once"
)]

mod ended;
mod finished;
mod missing;
mod people;
mod service;
#[path = "../support/mod.rs"]
mod support;
mod told;

use jiff::civil::{Date, date};
use journey::campaign::Campaign;
use journey::enrollment::{LightAccount, LightLocation, PlanDates, Step, SupportMatter};
use journey::status::Snapshot;
use journey::{
    DataKind, Diagnosis, Effect, Event, Journey, Milestone, Note, Provider, Purpose, StopReason, TimerWhy, ToldBy,
};

use support::{MORNING, Story, at, journey_id};

/// An account was opened for somebody in the morning of the 1st of July, a Wednesday; in Texas it is eleven.
fn opened() -> Story {
    opened_with(|_| {})
}

fn opened_with(change: impl FnOnce(&mut Campaign)) -> Story {
    let mut story = Story::new().at(MORNING).campaign(change);
    story.journey = Journey::begin(
        journey_id("00000000-0000-4000-8000-000000000001"),
        Provider::Light,
        Purpose::Enroll,
        journey::Flow::Unknown,
        at(MORNING),
        &story.campaign,
    );
    story.event(Event::AccountOpened)
}

/// A webhook, or our own record, tells of a step.
fn step(what: Milestone, by: ToldBy) -> Event {
    Event::EnrollmentProgressed { what, by, dates: None }
}

/// The customer accepts a plan on our own pages.
fn accepts(latest: Date, starts: Date) -> Event {
    Event::EnrollmentProgressed {
        what: Milestone::PlanAccepted,
        by: ToldBy::OwnRecord,
        dates: Some(PlanDates {
            latest: Some(latest),
            starts: Some(starts),
        }),
    }
}

/// An account of which all flags are told, and none is set.
fn nothing() -> LightAccount {
    LightAccount {
        has_accepted_plan: Some(false),
        is_billing_address_confirmed: Some(false),
        has_payment_method: Some(false),
        is_identity_verified: Some(false),
        is_enrollment_finalized: Some(false),
        is_service_active: Some(false),
        ..LightAccount::default()
    }
}

/// A place that is being enrolled, to begin in August.
fn place() -> LightLocation {
    LightLocation {
        starts_on: Some(date(2026, 8, 1)),
        is_active: Some(false),
        has_usage_history: Some(false),
        ..LightLocation::default()
    }
}

fn accepted() -> LightAccount {
    LightAccount {
        has_accepted_plan: Some(true),
        locations: vec![place()],
        ..nothing()
    }
}

/// All that a customer can do is done; whether the identity is verified is said apart.
fn all_done() -> LightAccount {
    LightAccount {
        is_billing_address_confirmed: Some(true),
        has_payment_method: Some(true),
        is_identity_verified: Some(true),
        ..accepted()
    }
}

fn finalized() -> LightAccount {
    LightAccount {
        is_enrollment_finalized: Some(true),
        ..all_done()
    }
}

impl Story {
    /// The record is read for the timer that is due.
    fn looked(self, account: Option<&LightAccount>) -> Self {
        let timer = self.journey.timer.clone().expect("a timer to look for");
        assert!(matches!(timer.why, TimerWhy::Poll | TimerWhy::Meter), "{timer:?}");
        let generation = timer.generation;
        let account = account.cloned();
        self.at_least(timer.due)
            .event(Event::AccountSeen { generation, account })
    }

    /// Time passes until the provider is asked right before a message; it answers with this record.
    fn asked(mut self, account: &LightAccount) -> Self {
        for _ in 0..200 {
            let Some(timer) = self.journey.timer.clone() else {
                return self;
            };
            self = if timer.why == TimerWhy::Poll {
                self.looked(Some(account))
            } else {
                self.fire()
            };
            if self
                .effects
                .iter()
                .any(|effect| matches!(effect, Effect::Recheck { .. }))
            {
                return self.status(Snapshot::Light(Some(account.clone())));
            }
            if !self.journey.is_live() {
                return self;
            }
        }
        panic!("nobody is asked\n{}", self.told)
    }

    /// The message that is being sent now: where the customer stopped, and what is left.
    fn message(&self) -> Option<(Diagnosis, Vec<Step>)> {
        self.effects.iter().find_map(|effect| match effect {
            Effect::Send(order) => Some((order.diagnosis, order.left.clone())),
            Effect::ArmTimer(_) | Effect::Recheck { .. } | Effect::LookUpSend(_) => None,
        })
    }

    fn is_stopped(&self, why: StopReason) -> bool {
        matches!(self.journey.phase, journey::Phase::Stopped { why: known, .. } if known == why)
    }

    fn says(&self, note: &Note) -> bool {
        self.notes.contains(note)
    }
}

/// What a customer is told whose account stands so, an hour after the beginning.
fn told_of(account: &LightAccount) -> Option<(Diagnosis, Vec<Step>)> {
    opened().asked(account).message()
}
