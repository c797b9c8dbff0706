//! Pushes and events: they keep the hours of a phone, and no other limit of texts.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests; a broken story should stop at once"
)]

mod support;

use expect_test::expect;
use journey::campaign::Channel;
use journey::contact::Permission;
use journey::{Event, Lifecycle, Resolution, SkipReason, TouchRecord, lifecycle};

use support::provider::partial;
use support::{MORNING, Story, places, span};

const PHONES: [Channel; 2] = [Channel::Push, Channel::Event];

/// Left on a Wednesday at 11:15 in Los Angeles, on the way to touches by one channel.
fn left(channel: Channel) -> Story {
    Story::new().at("2026-07-01T18:15:00Z").campaign(|c| {
        for rule in &mut c.touches {
            rule.channels = vec![channel];
        }
    })
}

/// Fires the next timer; the provider says that something is left to do.
fn fired(story: Story) -> Story {
    story.fire().status(partial(MORNING))
}

fn first(story: Story) -> Story {
    fired(story.webhook(Event::SessionOpened))
}

fn orders(story: &Story) -> String {
    let one = |order: &journey::SendOrder| format!("{} {}", order.key.touch.0, order.key.channel.as_str());
    story.orders.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[test]
fn without_leave_nothing_goes_and_the_reason_is_kept() {
    for channel in PHONES {
        for (permission, why) in [
            (Permission::NoSender, SkipReason::NoSender),
            (Permission::NoAddress, SkipReason::NoAddress),
            (Permission::OptedOut, SkipReason::OptedOut),
            (Permission::Suppressed, SkipReason::Suppressed),
        ] {
            let story = first(left(channel).facts(|f| {
                let of_channel = if channel == Channel::Push {
                    &mut f.push
                } else {
                    &mut f.event
                };
                *of_channel = permission;
            }));
            assert_eq!(orders(&story), "", "{channel:?} {permission:?}");
            assert!(
                matches!(story.journey.touches[0], TouchRecord::Skipped { why: given, .. } if given == why),
                "{}",
                story.told
            );
        }
    }
}

#[test]
fn they_wait_for_the_hours_of_the_law_like_texts() {
    for channel in PHONES {
        // 45 minutes later it is a quarter to eight in the morning in Los Angeles.
        let story = first(
            left(channel)
                .at("2026-07-02T14:00:00Z")
                .campaign(|c| c.touches[0].until = span("4h")),
        );
        assert_eq!(orders(&story), "", "{channel:?}");
        assert!(story.told.contains("Held(1, QuietHours"), "{}", story.told);
        let story = fired(story);
        assert_eq!(orders(&story), format!("1 {}", channel.as_str()));
        // On a Sunday nothing rings, whatever the hour.
        let sunday = first(left(channel).at("2026-07-05T18:15:00Z"));
        assert!(
            matches!(
                sunday.journey.touches[0],
                TouchRecord::Skipped {
                    why: SkipReason::QuietHours,
                    ..
                }
            ),
            "{}",
            sunday.told
        );
    }
}

#[test]
fn where_no_state_is_known_they_go_when_it_is_day_in_all_of_the_country() {
    for channel in PHONES {
        // Three in the afternoon in New York, nine in the morning in Honolulu.
        let story = first(left(channel).facts(|f| f.places = places(&[], &[])));
        assert_eq!(orders(&story), format!("1 {}", channel.as_str()));
        // An hour before it is too early in Honolulu.
        let early = first(
            left(channel)
                .at("2026-07-01T17:15:00Z")
                .facts(|f| f.places = places(&[], &[])),
        );
        assert_eq!(orders(&early), "", "{}", early.told);
    }
}

#[test]
fn they_may_go_more_than_once_and_within_a_day_of_another_message() {
    for channel in PHONES {
        let name = channel.as_str();
        let mut story = left(channel)
            .at("2026-07-07T18:15:00Z")
            .campaign(|c| c.touches[1].after = span("21h"));
        story = first(story).accepted();
        assert_eq!(orders(&story), format!("1 {name}"));
        // 21 and 68 hours later it is too early in the morning; then it goes.
        for touch in [2, 3] {
            story = fired(fired(story)).accepted();
            assert!(orders(&story).ends_with(&format!("{touch} {name}")), "{}", story.told);
        }
    }
}

#[test]
fn an_event_that_went_out_asks_the_partner_for_a_message() {
    let claimed = first(left(Channel::Event));
    let before = claimed.journey.clone();
    let sent = claimed.accepted();
    let sent = sent.stands(expect![
        "Live | Touch 2026-07-02T14:15:00Z | announced, waiting, waiting"
    ]);
    let told = lifecycle(Some(&before), &sent.journey);
    let kinds: Vec<_> = told.iter().map(|event| event.what.kind()).collect();
    assert_eq!(kinds, ["touch.due"]);
    assert!(matches!(
        told[0].what,
        Lifecycle::TouchDue { touch, diagnosis: Some(journey::Diagnosis::UtilityNotConnected) } if touch.0 == 1
    ));
}

#[test]
fn an_event_whose_record_was_lost_is_tried_again() {
    let claimed = first(left(Channel::Event).campaign(|c| c.touches[0].until = span("3h")));
    let key = claimed.orders[0].key.clone();
    let resolution = Resolution::NotSent;
    let story = fired(claimed.event(Event::SendLookedUp { key, resolution }));
    assert_eq!(orders(&story), "1 event, 1 event");
}
