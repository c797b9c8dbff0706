//! Every reason for which a touch waits or is not sent has a story that leads to it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests; a broken story should stop at once"
)]

mod support;

use journey::campaign::Channel;
use journey::contact::Permission;
use journey::status::{ConnectionStatus, UtilityErrorCode, UtilityStatus};
use journey::{
    Campaign, Effect, Event, Experiment, HoldReason, Journey, Note, Provider, Purpose, SendOutcome, SkipReason,
    TimerWhy, TouchRecord, Unavailable, UtilityCode,
};

use journey::status::{LightAccount, LightLocation, Snapshot};
use support::provider::{ASKED_FOR, failed, nothing, partial, record, snapshot, unheard_of, utility};
use support::{MORNING, Story, campaign, journey_id, other_send, places, span};

type Step = Box<dyn Fn(Story) -> Story>;

/// Who sends the first touch and what comes of it, until it is out or will not go.
struct Way {
    begun: Story,
    /// What the provider answers.
    answers: Step,
    outcome: fn() -> SendOutcome,
}

/// A session opened at nine in the morning in San Diego; the provider says that something is left to do.
fn way(change: impl FnOnce(Story) -> Story) -> Way {
    let begun = Story::new().at(MORNING);
    Way {
        begun: change(begun).webhook(Event::SessionOpened),
        answers: Box::new(|story| story.status(partial("2026-06-30T16:00:00Z"))),
        outcome: || SendOutcome::Accepted {
            message_id: "m-1".to_owned(),
        },
    }
}

fn answered(answers: fn(Story) -> Story) -> Way {
    Way {
        answers: Box::new(answers),
        ..way(|story| story)
    }
}

fn outcome(outcome: fn() -> SendOutcome) -> Way {
    Way {
        outcome,
        ..way(|story| story)
    }
}

/// Somebody who enrols in a plan, and whose account stands so.
fn enrolling(change: fn(&mut LightAccount)) -> Way {
    let mut begun = Story::new().at(MORNING);
    let (id, flow) = (journey_id("an account"), journey::Flow::Unknown);
    begun.journey = Journey::begin(id, Provider::Light, Purpose::Enroll, flow, begun.now, &begun.campaign);
    let mut account = LightAccount {
        has_accepted_plan: Some(false),
        is_billing_address_confirmed: Some(false),
        has_payment_method: Some(false),
        ..LightAccount::default()
    };
    change(&mut account);
    Way {
        begun: begun.event(Event::AccountOpened),
        answers: Box::new(move |story| story.status(Snapshot::Light(Some(account.clone())))),
        outcome: || SendOutcome::Withheld,
    }
}

/// By text alone, where it may go at once.
fn by_text(change: impl FnOnce(Story) -> Story) -> Way {
    way(|story| {
        change(story.at("2026-07-01T18:15:00Z").campaign(|c| {
            for rule in &mut c.touches {
                rule.channels = vec![Channel::Sms];
            }
        }))
    })
}

fn permitted(permission: Permission) -> Way {
    way(|story| story.facts(|facts| facts.email = permission))
}

fn long_windows(campaign: &mut Campaign) {
    campaign.touches[0].until = span("30h");
    campaign.touches[1].until = span("40h");
}

fn skipped_for(why: SkipReason) -> Way {
    match why {
        SkipReason::Holdout => {
            let everybody = Experiment {
                holdout_per_10000: 10_000,
                ..campaign().experiment
            };
            let held_out = Campaign {
                experiment: everybody,
                ..campaign()
            };
            Way {
                begun: Story::with(held_out).at(MORNING).webhook(Event::SessionOpened),
                ..way(|story| story)
            }
        }
        SkipReason::WindowClosed => {
            let mut late = way(|story| story);
            late.begun = late.begun.fire_late("3h");
            late
        }
        SkipReason::Collapsed => {
            let mut late = way(|story| story.campaign(long_windows));
            late.begun = late.begun.fire_late("22h");
            late
        }
        SkipReason::QuietHours => by_text(|story| story.at("2026-07-01T06:00:00Z")),
        SkipReason::StatusUnavailable => answered(|story| story.unavailable(Unavailable::Failing)),
        SkipReason::NotConfirmed => answered(|story| story.status(nothing())),
        SkipReason::Outage => answered(|story| story.status(failed(Some(UtilityErrorCode::UtilityError), MORNING))),
        SkipReason::Incident => way(|story| {
            story.campaign(|c| c.incident.look_again = span("7h")).facts(|facts| {
                facts.utility = UtilityCode::parse("PGE");
                facts.visits.stalled = 20;
            })
        }),
        SkipReason::Cap => way(|story| {
            story.campaign(|c| c.caps.one_series_per_inbox = false).facts(|facts| {
                facts.inbox.sends = vec![other_send("2026-07-01T14:00:00Z"), other_send("2026-07-01T15:00:00Z")];
            })
        }),
        SkipReason::OtherSeries => {
            way(|story| story.facts(|facts| facts.inbox.sends = vec![other_send("2026-07-01T14:00:00Z")]))
        }
        SkipReason::UnknownContact => way(|story| story.facts(|facts| facts.known = false)),
        SkipReason::NoSender => permitted(Permission::NoSender),
        SkipReason::NoAddress => permitted(Permission::NoAddress),
        SkipReason::NoConsent => permitted(Permission::NoConsent),
        SkipReason::OptedOut => permitted(Permission::OptedOut),
        SkipReason::Suppressed => permitted(Permission::Suppressed),
        SkipReason::UnknownPlace => by_text(|story| story.facts(|facts| facts.places = places(&[], &[]))),
        // The second touch, after the first has gone.
        SkipReason::TextedBefore => by_text(|story| story),
        SkipReason::TooLateForText => by_text(|story| {
            story.campaign(|c| {
                c.touches.truncate(1);
                c.touches[0].after = span("49h");
                c.touches[0].until = span("72h");
            })
        }),
        SkipReason::NothingLeft => answered(|story| {
            let mut done = record(ConnectionStatus::Partial, MORNING);
            done.utilities = vec![utility(ASKED_FOR, true, UtilityStatus::Connected, None)];
            story.status(snapshot([done]))
        }),
        // A plan accepted in the morning, to begin the same day.
        SkipReason::StartDatePassed => enrolling(|account| {
            account.has_accepted_plan = Some(true);
            account.locations = vec![LightLocation {
                starts_on: Some(jiff::civil::date(2026, 7, 1)),
                ..LightLocation::default()
            }];
        }),
        SkipReason::Unrecognized => answered(|story| story.status(unheard_of(MORNING))),
        SkipReason::Refused => outcome(|| SendOutcome::Refused { why: "no".to_owned() }),
        SkipReason::Ended => outcome(|| SendOutcome::Withheld),
        SkipReason::Throttled => outcome(|| SendOutcome::Throttled),
    }
}

/// Leads the way to the end of the series, and tells every reason that was given on it.
fn walk(way: Way) -> (Vec<SkipReason>, Vec<HoldReason>) {
    let mut story = way.begun;
    let mut held = Vec::new();
    for _ in 0..400 {
        for note in &story.notes {
            if let Note::Held { why, .. } = note {
                held.push(*why);
            }
        }
        let asks = |effect: &Effect| matches!(effect, Effect::Recheck { .. });
        story = if story.effects.iter().any(asks) {
            (way.answers)(story)
        } else if story.effects.iter().any(|effect| matches!(effect, Effect::Send(_))) {
            story.outcome((way.outcome)())
        } else if let Some(timer) = story.journey.timer.clone().filter(|_| story.journey.is_live()) {
            if timer.why == TimerWhy::Poll {
                let (generation, why) = (timer.generation, Unavailable::Failing);
                story
                    .at_least(timer.due)
                    .event(Event::MetersUnavailable { generation, why })
            } else {
                story.fire()
            }
        } else {
            break;
        };
    }
    let skipped = story.journey.touches.iter().filter_map(|record| match record {
        TouchRecord::Skipped { why, .. } => Some(*why),
        TouchRecord::Waiting { .. }
        | TouchRecord::Claimed { .. }
        | TouchRecord::Sent { .. }
        | TouchRecord::Unknown { .. } => None,
    });
    (skipped.collect(), held)
}

const SKIPS: [SkipReason; 25] = [
    SkipReason::Holdout,
    SkipReason::WindowClosed,
    SkipReason::Collapsed,
    SkipReason::QuietHours,
    SkipReason::StatusUnavailable,
    SkipReason::NotConfirmed,
    SkipReason::Outage,
    SkipReason::Incident,
    SkipReason::Cap,
    SkipReason::OtherSeries,
    SkipReason::UnknownContact,
    SkipReason::NoSender,
    SkipReason::NoAddress,
    SkipReason::NoConsent,
    SkipReason::UnknownPlace,
    SkipReason::OptedOut,
    SkipReason::Suppressed,
    SkipReason::TextedBefore,
    SkipReason::TooLateForText,
    SkipReason::NothingLeft,
    SkipReason::StartDatePassed,
    SkipReason::Unrecognized,
    SkipReason::Refused,
    SkipReason::Ended,
    SkipReason::Throttled,
];

#[test]
fn every_reason_not_to_send_is_reached() {
    for why in SKIPS {
        let (skipped, _) = walk(skipped_for(why));
        assert!(skipped.contains(&why), "{why:?}: {skipped:?}");
    }
}

fn held_for(why: HoldReason) -> Way {
    match why {
        HoldReason::QuietHours => by_text(|story| story.at("2026-07-01T15:05:00Z")),
        // In New York it is five in the morning, twenty hours after the customer was there.
        HoldReason::CodeHours => way(|story| {
            story.campaign(long_windows).at("2026-07-02T09:00:00Z").facts(|facts| {
                facts.asks_for_a_code = true;
                facts.zones = vec![jiff::tz::TimeZone::get("America/New_York").unwrap()];
            })
        }),
        HoldReason::Status(why) => match why {
            Unavailable::Unreachable => answered(|story| story.unavailable(Unavailable::Unreachable)),
            Unavailable::RateLimited => answered(|story| story.unavailable(Unavailable::RateLimited)),
            Unavailable::BudgetSpent => answered(|story| story.unavailable(Unavailable::BudgetSpent)),
            Unavailable::Unauthorized => answered(|story| story.unavailable(Unavailable::Unauthorized)),
            Unavailable::Failing => answered(|story| story.unavailable(Unavailable::Failing)),
            Unavailable::UnknownContact => panic!("that is a reason of its own"),
        },
        HoldReason::NotConfirmed => skipped_for(SkipReason::NotConfirmed),
        HoldReason::UnknownAccount => Way {
            answers: Box::new(|story| story.status(Snapshot::Light(None))),
            ..enrolling(|_| {})
        },
        HoldReason::Outage => Way {
            begun: way(|story| story.campaign(long_windows)).begun,
            ..skipped_for(SkipReason::Outage)
        },
        HoldReason::Incident => way(|story| {
            story
                .campaign(|c| {
                    c.incident.paused.extend(UtilityCode::parse("PGE"));
                    long_windows(c);
                })
                .facts(|facts| facts.utility = UtilityCode::parse("PGE"))
        }),
        HoldReason::Cap => way(|story| {
            story
                .campaign(|c| {
                    c.caps.one_series_per_inbox = false;
                    long_windows(c);
                })
                .facts(|facts| {
                    facts.inbox.sends = vec![other_send("2026-07-01T14:00:00Z"), other_send("2026-07-01T15:00:00Z")];
                })
        }),
        HoldReason::UnknownContact => answered(|story| story.unavailable(Unavailable::UnknownContact)),
        HoldReason::Throttled => skipped_for(SkipReason::Throttled),
    }
}

#[test]
fn every_reason_to_wait_is_reached() {
    for why in [
        HoldReason::QuietHours,
        HoldReason::CodeHours,
        HoldReason::Status(Unavailable::Unreachable),
        HoldReason::Status(Unavailable::RateLimited),
        HoldReason::Status(Unavailable::BudgetSpent),
        HoldReason::Status(Unavailable::Unauthorized),
        HoldReason::Status(Unavailable::Failing),
        HoldReason::NotConfirmed,
        HoldReason::UnknownAccount,
        HoldReason::Outage,
        HoldReason::Incident,
        HoldReason::Cap,
        HoldReason::UnknownContact,
        HoldReason::Throttled,
    ] {
        let (_, held) = walk(held_for(why));
        assert!(held.contains(&why), "{why:?}: {held:?}");
    }
}
