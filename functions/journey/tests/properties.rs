//! What holds whatever happens, in whichever order: checked over many invented histories.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests; a broken story should stop at once"
)]

mod support;

use std::collections::BTreeMap;

use jiff::SignedDuration;
use journey::campaign::{Campaign, Channel};
use journey::contact::{Inbox, InboxSend};
use journey::{Effect, Event, Flow, Journey, Phase, SendKey, SendOutcome, TouchRecord};
use proptest::collection::vec;
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_oneof};
use proptest::test_runner::{RngSeed, TestCaseError, TestRunner};
use proptest::{prop_assert, prop_assert_eq};

use support::provider::partial;
use support::world::{Step, World, webhook};
use support::{Story, at, campaign, hours, zone};

/// The same cases in every run; a failure prints its smallest history.
fn check<T: std::fmt::Debug>(
    cases: u32,
    given: impl Strategy<Value = T>,
    holds: impl Fn(T) -> Result<(), TestCaseError>,
) {
    let config = ProptestConfig {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(20_260_701),
        ..ProptestConfig::default()
    };
    // Each shrunk history would print its own panic: only the smallest is of interest.
    let loud = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let outcome = TestRunner::new(config).run(&given, holds);
    std::panic::set_hook(loud);
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

/// A campaign's hours and channels, the person's zones, the moment it begins, and the flow of the link.
fn beginnings() -> impl Strategy<Value = Story> {
    let zones = prop_oneof![
        Just(vec!["America/Los_Angeles"]),
        Just(vec!["America/New_York", "America/Los_Angeles"]),
        Just(Vec::new()),
    ];
    let days = prop_oneof![Just(None), Just(Some((9, 20))), Just(Some((8, 21)))];
    let flows = prop_oneof![Just(Flow::Unknown), Just(Flow::Connect), Just(Flow::DirectToUtility)];
    // Around the two nights when the clocks change, and in summer.
    let starts = prop_oneof![
        Just("2026-07-01T00:00:00Z"),
        Just("2026-10-31T00:00:00Z"),
        Just("2026-03-07T00:00:00Z"),
    ];
    let channels = vec(
        prop_oneof![
            3 => Just(vec![Channel::Email]),
            2 => Just(vec![Channel::Sms, Channel::Email]),
            1 => Just(vec![Channel::Email, Channel::Sms]),
            1 => Just(vec![Channel::Sms]),
        ],
        3,
    );
    let begun = (0_i64..48 * 60, any::<bool>());
    (zones, days, flows, starts, channels, begun).prop_map(|(zones, day, flow, start, channels, (minute, arms))| {
        let start = at(start).checked_add(SignedDuration::from_mins(minute)).unwrap();
        let mut campaign = if arms { Campaign::standard() } else { campaign() };
        if let Some((from, until)) = day {
            campaign.email_hours = hours(from, until);
        }
        for (rule, channels) in campaign.touches.iter_mut().zip(channels) {
            rule.channels = channels;
        }
        Story::with(campaign)
            .flow(flow)
            .facts(|f| f.zones = zones.iter().map(|name| zone(name)).collect())
            .at(&start.to_string())
    })
}

fn steps(most: usize) -> impl Strategy<Value = Vec<Step>> {
    vec(any::<Step>(), 1..most)
}

fn kind(journey: &Journey) -> &'static str {
    match journey.phase {
        Phase::Live => "live",
        Phase::Completed { .. } => "completed",
        Phase::HandedBack { .. } => "handed back",
        Phase::Stopped { .. } => "stopped",
    }
}

/// Each step checks that a decision repeats, that its record reads back, that what is open has a
/// timer, that a send is claimed, alive, inside its window and hours, and the only one of its touch.
#[test]
fn whatever_happens_the_invariants_hold() {
    check(600, (beginnings(), steps(60)), |(story, steps)| {
        let mut world = World::new(story);
        world.webhook(0);
        for step in steps {
            world = world.step(step);
        }
        Ok(())
    });
}

#[test]
fn a_repeated_delivery_changes_nothing_whenever_it_comes() {
    let given = (
        beginnings(),
        vec(any::<u16>(), 1..30),
        any::<usize>(),
        vec(any::<Step>(), 0..5),
    );
    check(300, given, |(story, webhooks, which, rest)| {
        let mut story = story.webhook(Event::SessionOpened);
        for (id, argument) in (0..).zip(&webhooks) {
            story = story.delivered(id, webhook(*argument)).later("1m");
        }
        // At most two more webhooks come in between, so the identifier is still known.
        let mut world = World::new(story);
        for step in rest.into_iter().take(2) {
            world = world.step(step);
        }
        let which = which % webhooks.len();
        let before = world.story.journey.clone();
        let repeated = world.story.delivered(which as u64, webhook(webhooks[which]));
        prop_assert_eq!(&repeated.journey, &before);
        prop_assert!(repeated.effects.is_empty());
        Ok(())
    });
}

#[test]
fn webhooks_in_any_order_end_alike() {
    let given =
        vec(any::<u16>(), 1..9).prop_flat_map(|webhooks| (Just(webhooks.clone()), Just(webhooks).prop_shuffle()));
    check(600, (beginnings(), given), |(story, (told, shuffled))| {
        let end = |order: &[u16]| {
            let mut story = story.clone();
            for argument in order {
                story = story.webhook(webhook(*argument)).later("10s");
            }
            let journey = &story.journey;
            (
                kind(journey),
                journey.flow,
                journey.milestones.clone(),
                journey.episode,
                journey.sessions,
            )
        };
        // A meter's news begins no journey.
        let begins = |order: &[u16]| order.first().is_some_and(|argument| argument % 14 < 10);
        if begins(&told) && begins(&shuffled) {
            prop_assert_eq!(end(&told), end(&shuffled));
        }
        Ok(())
    });
}

#[test]
fn once_completed_nothing_is_sent_until_the_record_says_otherwise() {
    check(400, (beginnings(), steps(20), steps(40)), |(story, before, after)| {
        let mut world = World::new(story);
        world.webhook(0);
        for step in before {
            world = world.step(step);
        }
        world.webhook(5);
        if kind(&world.story.journey) != "completed" {
            return Ok(());
        }
        let (sent, episode) = (world.story.orders.len(), world.story.journey.episode);
        for step in after {
            world = world.step(step);
            // Only a record of newer life, or an erasure, ends it.
            if world.story.journey.episode != episode || kind(&world.story.journey) == "stopped" {
                return Ok(());
            }
            prop_assert_eq!(kind(&world.story.journey), "completed");
            prop_assert_eq!(world.story.orders.len(), sent);
        }
        Ok(())
    });
}

#[test]
fn every_incomplete_journey_ends_with_each_touch_accounted_for() {
    let given = (beginnings(), vec(any::<u16>(), 0..6), vec(any::<u16>(), 200));
    check(300, given, |(story, life, fates)| {
        let mut world = World::new(story.webhook(Event::SessionOpened));
        for argument in life {
            // Signs of life, but no completion.
            world.webhook([0, 2, 4, 6, 8, 10][usize::from(argument % 6)]);
            world.story = world.story.later("7m");
        }
        let last = world.story.journey.last_sign_of_life.to_string();
        let mut fires = 0;
        while world.story.journey.timer.is_some() {
            fires += 1;
            prop_assert!(fires <= 150, "no end: {}", world.story.told);
            world.story = answer(world.story, &partial(&last), fates[fires]);
        }
        prop_assert_eq!(kind(&world.story.journey), "handed back");
        for record in &world.story.journey.touches {
            let accounted = matches!(
                record,
                TouchRecord::Sent { .. } | TouchRecord::Skipped { .. } | TouchRecord::Unknown { .. }
            );
            prop_assert!(accounted, "{:?}\n{}", record, world.story.told);
        }
        Ok(())
    });
}

/// Fires; the provider fails one time in eight, the sender one time in four.
fn answer(story: Story, record: &journey::status::Snapshot, fate: u16) -> Story {
    let mut story = story.fire_late(&format!("{}s", fate % 60));
    for effect in story.effects.clone() {
        match effect {
            Effect::Recheck { .. } if fate.is_multiple_of(8) => {
                story = story.unavailable(journey::Unavailable::Failing);
            }
            Effect::Recheck { .. } => story = story.status(record.clone()),
            Effect::LookUpSend(_) => {
                story = story.looked_up(if fate.is_multiple_of(2) {
                    journey::Resolution::NotSent
                } else {
                    journey::Resolution::Unknown
                });
            }
            Effect::ArmTimer(_) | Effect::Send(_) => {}
        }
    }
    if story.effects.iter().any(|effect| matches!(effect, Effect::Send(_))) {
        story = match fate % 16 {
            1 => story.outcome(SendOutcome::Throttled),
            2 => story.outcome(SendOutcome::Refused { why: "550".to_owned() }),
            3 => story.outcome(SendOutcome::Ambiguous),
            4 => story,
            _ => story.accepted(),
        };
    }
    story
}

/// Several references share one inbox; their timers fire in the order in which they are due.
fn one_inbox(series: bool, begins: &[i64]) -> Vec<InboxSend> {
    let mut stories: Vec<Story> = begins
        .iter()
        .enumerate()
        .map(|(index, minute)| {
            let mut story = Story::new().campaign(|c| c.caps.one_series_per_inbox = series);
            story.journey.id = support::journey_id(&format!("site-ca-1{index:03}"));
            story.now = story.now.checked_add(SignedDuration::from_mins(*minute)).unwrap();
            story.webhook(Event::SessionOpened)
        })
        .collect();
    let mut inbox = Inbox::default();
    let mut all = Vec::new();
    loop {
        let due = |story: &Story| story.journey.timer.as_ref().map(|timer| timer.due);
        let Some(index) = (0..stories.len())
            .filter(|&i| due(&stories[i]).is_some())
            .min_by_key(|&i| due(&stories[i]))
        else {
            return all;
        };
        let current = inbox.clone();
        let mut story = stories[index].clone().facts(|f| f.inbox = current).fire();
        let last = story.journey.last_sign_of_life.to_string();
        if story
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Recheck { .. }))
        {
            story = story.status(partial(&last));
        }
        if story.effects.iter().any(|effect| matches!(effect, Effect::Send(_))) {
            let (key, at) = (story.last_key(), story.now);
            inbox = inbox.with_send(key.clone(), at);
            all.push(InboxSend { at, key });
            story = story.accepted();
        }
        stories[index] = story;
    }
}

#[test]
fn an_inbox_never_gets_more_than_its_caps() {
    check(200, vec(0_i64..10 * 24 * 60, 1..9), |begins| {
        let caps = campaign().caps;
        let sends = one_inbox(false, &begins);
        let within = |send: &InboxSend, span: SignedDuration| {
            let since = send.at.checked_sub(span).unwrap();
            sends
                .iter()
                .filter(|other| other.at > since && other.at <= send.at)
                .count()
        };
        for send in &sends {
            prop_assert!(within(send, SignedDuration::from_hours(24)) <= usize::from(caps.per_day));
            prop_assert!(within(send, SignedDuration::from_hours(7 * 24)) <= usize::from(caps.per_week));
        }
        Ok(())
    });
}

#[test]
fn an_inbox_gets_one_series_at_a_time() {
    check(200, vec(0_i64..10 * 24 * 60, 1..7), |begins| {
        let sends = one_inbox(true, &begins);
        let mut keys = BTreeMap::<SendKey, u32>::new();
        for send in &sends {
            *keys.entry(send.key.clone()).or_default() += 1;
            let since = send.at.checked_sub(SignedDuration::from_hours(72)).unwrap();
            let crowd =
                |other: &&InboxSend| other.at > since && other.at < send.at && other.key.journey != send.key.journey;
            prop_assert_eq!(sends.iter().find(crowd), None);
        }
        prop_assert!(keys.values().all(|count| *count == 1));
        Ok(())
    });
}
