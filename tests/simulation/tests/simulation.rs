//! Twenty thousand journeys, each kind of fault alone, and that a seed always tells the same story.

#![allow(clippy::panic, reason = "a failing seed stops the test, and tells its story")]

use std::collections::BTreeSet;
use std::thread;

use simulation::{Kind, Kinds, run, shrink};

/// Runs seeds from `first` on until there are so many journeys, and answers how many messages went out, which kinds of
/// faults happened, and how many customers were
/// Bayou's, and Light's.
fn play(first: u64, journeys: usize, allowed: Kinds) -> (usize, BTreeSet<Kind>, [usize; 2]) {
    let (mut done, mut messages, mut kinds, mut of) = (0, 0, BTreeSet::new(), [0, 0]);
    for seed in first.. {
        if done >= journeys {
            break;
        }
        let outcome = run(seed, allowed, false);
        if let Some(breach) = outcome.breaches.first() {
            let story = shrink(seed, allowed).map(|story| story.lines.join("\n"));
            panic!(
                "seed {seed}, faults {allowed}: {breach:?}\n{}",
                story.unwrap_or_default()
            );
        }
        done += outcome.journeys;
        messages += outcome.messages;
        of = [of[0] + outcome.bayou, of[1] + outcome.light];
        kinds.extend(outcome.fired.iter().map(|fault| fault.kind));
    }
    (messages, kinds, of)
}

#[test]
fn twenty_thousand_journeys_with_every_fault() {
    let parts = [1_000_000, 2_000_000, 3_000_000, 4_000_000];
    let (messages, kinds, [bayou, light]) = thread::scope(|scope| {
        let running = parts.map(|first| scope.spawn(move || play(first, 5_000, Kinds::ALL)));
        running
            .into_iter()
            .fold((0, BTreeSet::new(), [0, 0]), |(messages, mut kinds, of), part| {
                let (more, fired, others) = part.join().unwrap();
                kinds.extend(fired);
                (messages + more, kinds, [of[0] + others[0], of[1] + others[1]])
            })
    });
    // Without messages nothing would be shown, and a kind that never happens is none.
    assert!(messages > 10_000, "{messages}");
    assert!(bayou > 2_000, "{bayou}");
    assert!(light > 1_500, "{light}");
    // The others are drawn as acts.
    let happens_at_calls =
        |kind: &&Kind| !matches!(kind, Kind::ContactChanges | Kind::CampaignChanges | Kind::WebhookForged);
    for kind in Kind::ALL.iter().filter(happens_at_calls) {
        assert!(kinds.contains(kind), "{} never happened", kind.word());
    }
}

#[test]
fn each_kind_of_fault_alone() {
    for kind in Kind::ALL {
        let (messages, _, [bayou, light]) = play(5_000_000, 200, Kinds::only(kind));
        assert!(messages > 20, "{}: {messages}", kind.word());
        assert!(bayou > 20, "{}: {bayou}", kind.word());
        assert!(light > 10, "{}: {light}", kind.word());
    }
}

#[test]
fn without_faults_nothing_is_skipped_for_one() {
    let (messages, kinds, _) = play(6_000_000, 1_000, Kinds::NONE);
    assert!(messages > 500, "{messages}");
    assert!(kinds.is_empty());
}

#[test]
fn a_seed_tells_the_same_story_byte_for_byte() {
    for seed in 0..50 {
        let (once, twice) = (run(seed, Kinds::ALL, true), run(seed, Kinds::ALL, true));
        assert!(once.story.len() > 5);
        assert_eq!(once.story, twice.story);
        assert_eq!(once.fired, twice.fired);
    }
}

/// What it has found in the rules for Light's customers.
#[test]
fn what_was_found_of_enrolments_stays_mended() {
    for seed in [39, 100_018, 101_609, 105_001, 108_901, 110_605, 112_260] {
        let outcome = simulation::run(seed, Kinds::ALL, false);
        assert!(outcome.light > 0, "seed {seed} has none of Light's customers");
        assert!(outcome.breaches.is_empty(), "seed {seed}: {:?}", outcome.breaches);
    }
}

/// What the simulation has found in the rules for Bayou's customers, and each is mended: see README.md.
#[test]
fn what_was_found_of_connections_stays_mended() {
    for seed in [87, 118, 395, 1_570, 2_786, 5_000_787, 5_005_000] {
        let outcome = simulation::run(seed, Kinds::ALL, false);
        assert!(outcome.breaches.is_empty(), "seed {seed}: {:?}", outcome.breaches);
    }
}

/// Their last write came within a second of the end, and nobody read it any more: the simulation's own fault.
#[test]
fn what_is_written_at_the_very_end_is_read() {
    for seed in [21_054_056, 21_270_920] {
        let outcome = simulation::run(seed, Kinds::ALL, false);
        assert!(outcome.breaches.is_empty(), "seed {seed}: {:?}", outcome.breaches);
    }
}
