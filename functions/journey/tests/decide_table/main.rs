//! Every event in every phase: the phase after it, the timer, and what is noted.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests; a broken story should stop at once"
)]

mod open;
mod over;
#[path = "../support/mod.rs"]
mod support;

use expect_test::{Expect, expect};
use journey::campaign::FollowUp;
use journey::contact::{Classification, Facts};
use journey::status::{Answer, Snapshot, UtilityErrorCode};
use journey::{
    DeliveryProblem, Event, Flow, MeterKind, Milestone, Resolution, SendKey, SendOutcome, StatusAnswer, Touch,
    Unavailable,
};

use support::provider::{agreement, completed, failed, partial, unheard_of, wrong_utility};
use support::{MORNING, Story, code, facts, meter};

/// Each event in a few words, as it reaches this story.
fn events(story: &Story) -> Vec<(&'static str, Event)> {
    let generation = story.journey.timer.as_ref().map_or(0, |timer| timer.generation);
    let key = story.orders.last().map_or_else(
        || SendKey {
            journey: story.journey.id.clone(),
            episode: 1,
            touch: Touch(1),
            attempt: 1,
            channel: journey::campaign::Channel::Email,
        },
        |order| order.key.clone(),
    );
    let utility = Some(code("PGE"));
    let seen = |snapshot: Snapshot| Event::StatusSeen {
        snapshot,
        region: None,
        classification: Classification::Residential,
    };
    let rechecked = |generation, status| Event::Rechecked {
        generation,
        status,
        meters: None,
        facts: facts(),
    };
    let resolved = |outcome| Event::SendResolved {
        key: key.clone(),
        outcome,
    };
    let looked_up = |resolution| Event::SendLookedUp {
        key: key.clone(),
        resolution,
    };
    let problem = |what| Event::DeliverySeen { key: key.clone(), what };
    let message_id = "0100019abc-0009".to_owned();
    vec![
        ("session opened", Event::SessionOpened),
        ("step reached", Event::StepReached),
        ("session closed", Event::SessionClosed),
        ("session completed", Event::SessionCompleted),
        (
            "login reached",
            Event::LoginReached {
                utility: utility.clone(),
            },
        ),
        (
            "login failed",
            Event::LoginFailed {
                utility: utility.clone(),
            },
        ),
        ("login succeeded", Event::LoginSucceeded { utility }),
        ("link followed", Event::LinkFollowed),
        (
            "utility meter announced",
            Event::MeterAnnounced {
                kind: Some(MeterKind::UtilityMeter),
            },
        ),
        ("some meter announced", Event::MeterAnnounced { kind: None }),
        (
            "device announced",
            Event::MeterAnnounced {
                kind: Some(MeterKind::Device),
            },
        ),
        (
            "enrolment changed",
            Event::MeterEnrollmentChanged {
                what: "global-status ACTIVE",
            },
        ),
        (
            "meter found",
            Event::MetersSeen {
                generation,
                meters: vec![meter()],
            },
        ),
        (
            "no meter found",
            Event::MetersSeen {
                generation,
                meters: Vec::new(),
            },
        ),
        (
            "no meter search",
            Event::MetersUnavailable {
                generation,
                why: Unavailable::Failing,
            },
        ),
        ("complete in passing", seen(completed("2026-07-01T16:07:42Z"))),
        ("partial in passing", seen(partial(MORNING))),
        ("no record in passing", seen(Snapshot::default())),
        ("old timer", Event::TimerFired { generation: 9_999 }),
        ("timer", Event::TimerFired { generation }),
        ("old recheck", rechecked(9_999, StatusAnswer::Seen(completed(MORNING)))),
        (
            "recheck: complete",
            rechecked(generation, StatusAnswer::Seen(completed(MORNING))),
        ),
        (
            "recheck: partial",
            rechecked(generation, StatusAnswer::Seen(partial(MORNING))),
        ),
        (
            "recheck: none",
            rechecked(
                generation,
                StatusAnswer::Unavailable {
                    why: Unavailable::Failing,
                    retry_at: None,
                },
            ),
        ),
        (
            "accepted",
            resolved(SendOutcome::Accepted {
                message_id: message_id.clone(),
            }),
        ),
        ("refused", resolved(SendOutcome::Refused { why: "550".to_owned() })),
        ("throttled", resolved(SendOutcome::Throttled)),
        ("ambiguous", resolved(SendOutcome::Ambiguous)),
        (
            "looked up: sent",
            looked_up(Resolution::Sent {
                message_id,
                at: story.now,
            }),
        ),
        ("looked up: not sent", looked_up(Resolution::NotSent)),
        ("looked up: unknown", looked_up(Resolution::Unknown)),
        ("bounced", problem(DeliveryProblem::Bounced)),
        ("complained", problem(DeliveryProblem::Complained)),
        ("rejected", problem(DeliveryProblem::Rejected)),
        (
            "contact changed",
            Event::ContactChanged {
                facts: Facts {
                    flow: Flow::Connect,
                    ..facts()
                },
            },
        ),
        ("contact erased", Event::ContactErased),
    ]
}

/// The state a story is in, then what each event makes of it; events with the same answer share a line.
fn check(given: &Story, expect: Expect) {
    let mut answers: Vec<(String, Vec<&str>)> = Vec::new();
    for (name, event) in events(given) {
        let answer = answer(given, event);
        match answers.iter_mut().find(|(known, _)| *known == answer) {
            Some((_, names)) => names.push(name),
            None => answers.push((answer, vec![name])),
        }
    }
    let lines = answers
        .iter()
        .map(|(answer, names)| format!("{}: {answer}\n", names.join(", ")));
    expect.assert_eq(&format!("{}\n{}", given.state(), lines.collect::<String>()));
}

fn answer(given: &Story, event: Event) -> String {
    let after = given.clone().event(event);
    let effects = support::effects(&after.effects);
    let mut said = support::notes(&after.notes);
    for milestone in EVERY_SIGN {
        said = said.replace(&format!("({milestone:?})"), "(..)");
    }
    let state = if after.journey == given.journey {
        "unchanged".to_owned()
    } else if after.state() == given.state() {
        "stands".to_owned()
    } else {
        after.state()
    };
    let arrow = if effects.is_empty() { "" } else { " -> " };
    format!("{state} [{said}]{arrow}{effects}")
}

const EVERY_SIGN: [Milestone; 7] = [
    Milestone::SessionOpened,
    Milestone::StepReached,
    Milestone::SessionClosed,
    Milestone::LoginReached,
    Milestone::LoginFailed,
    Milestone::LoginSucceeded,
    Milestone::LinkFollowed,
];

fn live() -> Story {
    Story::new().webhook(Event::SessionOpened)
}

fn direct() -> Story {
    Story::new().flow(Flow::DirectToUtility).webhook(Event::LoginReached {
        utility: Some(code("SDGE")),
    })
}

fn provisional() -> Story {
    direct().later("1m").webhook(Event::LoginSucceeded { utility: None })
}

fn done() -> Story {
    live().later("5m").webhook(Event::SessionCompleted).later("1h")
}

fn handed_back() -> Story {
    live().until_the_end(&partial(MORNING)).later("24h")
}
