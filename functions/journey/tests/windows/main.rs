//! When a touch may go: windows, arms, quiet hours, caps, holds; and what is recorded when it may not.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests; a broken story should stop at once"
)]

mod campaigns;
mod course;
mod holds;
mod hours;
mod moments;
#[path = "../support/mod.rs"]
mod support;

use expect_test::expect;
use jiff::SignedDuration;
use journey::campaign::{Campaign, TouchRule};
use journey::contact::{Facts, Permission};
use journey::status::UtilityErrorCode;
use journey::{Event, HoldReason, Note, SendingHours, SkipReason, StatusAnswer, Touch, TouchRecord, Unavailable};

use support::provider::{completed, failed, nothing, partial};
use support::{MORNING, Story, at, hours, other_send, span, zone};

fn left() -> Story {
    Story::new().webhook(Event::SessionOpened)
}

/// Left at this time, when messages may go out between nine and eight.
fn left_at(time: &str, zones: &[&str]) -> Story {
    Story::new()
        .at(time)
        .campaign(|c| c.email_hours = hours(9, 20))
        .facts(|f| f.zones = zones.iter().map(|name| zone(name)).collect())
        .webhook(Event::SessionOpened)
}

fn touch(after: &str, until: &str) -> TouchRule {
    TouchRule {
        after: span(after),
        until: span(until),
        channels: vec![journey::campaign::Channel::Email],
    }
}

/// A campaign in which everybody is in this arm.
fn only_arm(minutes: i64) -> Campaign {
    let mut campaign = Campaign::standard();
    campaign.experiment.holdout_per_10000 = 0;
    campaign
        .experiment
        .arms
        .retain(|arm| arm.first_after == SignedDuration::from_mins(minutes));
    campaign
}
