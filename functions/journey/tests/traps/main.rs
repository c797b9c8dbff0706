//! The traps of docs/leap.md, section 7, as far as the rules must avoid them. Each test bears its trap's number.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests; a broken story should stop at once"
)]

mod people;
mod status;
#[path = "../support/mod.rs"]
mod support;
mod time;

use expect_test::expect;
use journey::campaign::{FollowUp, Unlisted};
use journey::contact::{Inbox, Permission};
use journey::status::{Answer, ConnectionStatus, Snapshot, UtilityErrorCode, UtilityStatus};
use journey::{
    Diagnosis, Event, Flow, MeterFound, MeterKind, Milestone, Note, Phase, SendOutcome, TouchRecord, Unavailable,
};

use support::provider::{
    ANOTHER, ASKED_FOR, agreement, completed, failed, not_started, nothing, partial, record, snapshot, unheard_of,
    utility, wrong_utility,
};
use support::{MORNING, Story, at, code, meter, other_send};

/// The customer clicked in the morning and left.
fn left() -> Story {
    Story::new().webhook(Event::SessionOpened)
}

/// The first touch is due and the provider answers.
fn first_touch(answer: Snapshot) -> Story {
    left().fire().status(answer)
}

fn phase(story: &Story) -> String {
    support::phase(&story.journey.phase)
}

fn login_reached() -> Event {
    Event::LoginReached {
        utility: Some(code("SDGE")),
    }
}

fn login_failed() -> Event {
    Event::LoginFailed {
        utility: Some(code("SDGE")),
    }
}

fn login_succeeded() -> Event {
    Event::LoginSucceeded {
        utility: Some(code("SDGE")),
    }
}
