//! After the completion: the search for the meter, and how a completed customer begins anew.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests; a broken story should stop at once"
)]

mod support;

use expect_test::expect;
use journey::{Event, MeterFound, MeterKind, Note, Unavailable};

use support::provider::{completed, partial, unheard_of};
use support::{MORNING, Story, at, meter};

/// Completed in the morning.
fn done() -> Story {
    Story::new().webhook(Event::SessionCompleted)
}

fn announced(kind: Option<MeterKind>) -> Event {
    Event::MeterAnnounced { kind }
}

fn no_search() -> impl Fn(Story) -> Story {
    |story: Story| {
        let timer = story.journey.timer.clone().expect("a timer");
        let mut story = story;
        story.now = timer.due;
        story.event(Event::MetersUnavailable {
            generation: timer.generation,
            why: Unavailable::Unauthorized,
        })
    }
}

#[test]
fn looks_come_daily_then_late_then_weekly_then_never() {
    let mut story = done();
    let mut looks = String::new();
    while let Some(timer) = story.journey.timer.clone() {
        story = story.meters(Vec::new());
        looks += &format!("{} {}\n", timer.due, support::notes(&story.notes));
    }
    expect![[r#"
        2026-07-02T16:00:00Z MeterNotYet(1)
        2026-07-03T16:00:00Z MeterNotYet(2)
        2026-07-04T16:00:00Z MeterLate
        2026-07-11T16:00:00Z MeterNotYet(4)
        2026-07-18T16:00:00Z MeterNotYet(5)
        2026-07-25T16:00:00Z MeterNotYet(6)
        2026-08-01T16:00:00Z MeterNotYet(7)
        2026-08-08T16:00:00Z MeterNotYet(8)
        2026-08-15T16:00:00Z MeterNotYet(9)
        2026-08-22T16:00:00Z MeterNotYet(10)
        2026-08-29T16:00:00Z MeterGivenUp
    "#]]
    .assert_eq(&looks);
}

#[test]
fn a_look_a_minute_late_does_not_move_the_alert() {
    let mut story = done();
    for _ in 0..2 {
        let timer = story.journey.timer.clone().unwrap();
        story.now = timer.due;
        story = story.later("1m").meters(Vec::new());
    }
    story.stands(expect![
        "Completed(Session, sure, 2 looks) | Meter 2026-07-04T16:00:00Z | waiting, waiting, waiting"
    ]);
}

#[test]
fn late_is_an_alert_once() {
    let mut story = done();
    let mut alerts = Vec::new();
    for _ in 0..6 {
        story = story.meters(Vec::new());
        alerts.push(story.notes.contains(&Note::MeterLate));
    }
    assert_eq!(alerts, [false, false, true, false, false, false]);
}

#[test]
fn a_meter_ends_the_search_whenever_it_comes() {
    for looks in [0, 1, 3, 5] {
        let mut story = done();
        for _ in 0..looks {
            story = story.meters(Vec::new());
        }
        let story = story.meters(vec![meter()]).noted(expect!["MeterArrived"]);
        assert_eq!(
            support::phase(&story.journey.phase),
            "Completed(Session, sure, arrived)"
        );
        assert_eq!(story.journey.timer, None);
    }
}

#[test]
fn only_the_customers_own_meter_counts() {
    let cases = [
        (
            "device",
            MeterFound {
                kind: MeterKind::Device,
                ..meter()
            },
        ),
        (
            "submeter",
            MeterFound {
                kind: MeterKind::Submeter,
                ..meter()
            },
        ),
        (
            "unheard of",
            MeterFound {
                kind: MeterKind::Other,
                ..meter()
            },
        ),
        (
            "created by the partner",
            MeterFound {
                created_by_partner: true,
                ..meter()
            },
        ),
        (
            "another reference's",
            MeterFound {
                authorized_by_reference: false,
                ..meter()
            },
        ),
        (
            "archived",
            MeterFound {
                archived: true,
                ..meter()
            },
        ),
    ];
    for (name, found) in cases {
        assert!(!found.is_evidence(), "{name}");
        let story = done().meters(vec![found.clone()]);
        assert_eq!(
            support::phase(&story.journey.phase),
            "Completed(Session, sure, 1 looks)",
            "{name}"
        );
        let story = done().meters(vec![found, meter()]);
        assert_eq!(
            support::phase(&story.journey.phase),
            "Completed(Session, sure, arrived)",
            "{name}"
        );
    }
}

#[test]
fn an_announced_utility_meter_is_searched_for_at_once() {
    for kind in [Some(MeterKind::UtilityMeter), Some(MeterKind::Other), None] {
        let story = done().later("3h").webhook(announced(kind));
        let story = story.stands(expect![
            "Completed(Session, sure, 0 looks) | Meter 2026-07-01T19:00:00Z | waiting, waiting, waiting"
        ]);
        let story = story.meters(vec![meter()]);
        assert_eq!(
            support::phase(&story.journey.phase),
            "Completed(Session, sure, arrived)"
        );
    }
}

#[test]
fn an_announced_device_changes_no_timer() {
    for kind in [MeterKind::Device, MeterKind::Submeter] {
        let before = done().later("3h");
        let after = before.clone().webhook(announced(Some(kind)));
        assert_eq!(after.journey.timer, before.journey.timer);
        assert_eq!(after.journey.milestones, before.journey.milestones);
    }
}

#[test]
fn a_meter_announced_before_the_completion_is_searched_for_by_the_next_check() {
    Story::new()
        .webhook(Event::SessionOpened)
        .later("1m")
        .webhook(announced(Some(MeterKind::UtilityMeter)))
        .fire()
        .ordered(expect!["Recheck with meters"])
        .status_and_meters(partial(MORNING), vec![meter()])
        .noted(expect!["Completed(Meter)"]);
}

#[test]
fn a_meter_that_proves_the_completion_has_arrived() {
    let story = Story::new()
        .webhook(Event::SessionOpened)
        .later("1m")
        .webhook(announced(Some(MeterKind::UtilityMeter)))
        .fire()
        .status_and_meters(partial(MORNING), vec![meter()]);
    assert_eq!(support::phase(&story.journey.phase), "Completed(Meter, sure, arrived)");
}

#[test]
fn an_early_search_does_not_end_the_daily_ones() {
    let story = done().later("3h").webhook(announced(None)).meters(Vec::new());
    story.stands(expect![
        "Completed(Session, sure, 1 looks) | Meter 2026-07-02T19:00:00Z | waiting, waiting, waiting"
    ]);
}

#[test]
fn a_failed_search_is_tried_again_and_counts_for_nothing() {
    let failed = no_search()(done());
    let story = failed
        .noted(expect!["MeterSearchUnavailable(Unauthorized)"])
        .stands(expect![
            "Completed(Session, sure, 0 looks) | Meter 2026-07-02T17:00:00Z | waiting, waiting, waiting"
        ]);
    story.meters(Vec::new()).noted(expect!["MeterNotYet(1)"]);
}

#[test]
fn a_search_that_never_works_is_given_up_too() {
    let fail = no_search();
    let mut story = done();
    let give_up = at("2026-08-26T16:00:00Z");
    let mut searches = 0;
    while story.now < give_up.checked_add(support::span("2d")).unwrap() {
        if story.journey.timer.is_none() {
            return;
        }
        story = fail(story);
        searches += 1;
    }
    panic!("{searches} searches and no end: {}", story.state());
}

#[test]
fn another_completed_does_not_hasten_a_failed_search() {
    let story = no_search()(done());
    let again = story.clone().later("1m").webhook(Event::SessionCompleted);
    assert_eq!(again.journey.timer, story.journey.timer);
}

#[test]
fn a_stale_search_is_named() {
    let story = done();
    let generation = story.journey.generation + 7;
    story
        .event(Event::MetersSeen {
            generation,
            meters: vec![meter()],
        })
        .noted(expect!["StaleTimer"]);
}

#[test]
fn enrolment_news_never_reopen_or_rearm() {
    for what in [
        "required-actions IS_AUTHORIZED",
        "required-actions DOCUMENTS_SIGNED",
        "global-status INELIGIBLE",
    ] {
        let before = done().meters(vec![meter()]).later("30d");
        let after = before.clone().webhook(Event::MeterEnrollmentChanged { what });
        assert_eq!(after.journey.phase, before.journey.phase);
        assert_eq!(after.journey.timer, None);
    }
}

#[test]
fn new_activity_in_the_record_opens_a_new_episode_with_all_its_touches() {
    let story = done().later("30d").seen(partial("2026-07-31T15:30:00Z"));
    let story = story
        .noted(expect![
            "Reopened(2) · ProviderActivity(2026-07-31T15:30:00Z) · Diagnosed(UtilityNotConnected)"
        ])
        .stands(expect!["Live | Touch 2026-07-31T16:15:00Z | waiting, waiting, waiting"]);
    let story = story.until_the_end(&partial("2026-07-31T15:30:00Z"));
    assert_eq!(story.sent(), [1, 2, 3]);
    assert!(story.orders.iter().all(|order| order.key.episode == 2));
}

#[test]
fn touches_sent_before_the_completion_may_go_once_more_in_a_new_episode() {
    let story = Story::new()
        .webhook(Event::SessionOpened)
        .fire()
        .status(partial(MORNING))
        .accepted();
    let story = story.later("1h").webhook(Event::SessionCompleted).later("20d");
    let story = story
        .seen(partial("2026-07-21T17:40:00Z"))
        .until_the_end(&partial("2026-07-21T17:40:00Z"));
    let keys: Vec<_> = story
        .orders
        .iter()
        .map(|order| (order.key.episode, order.key.touch.0))
        .collect();
    assert_eq!(keys, [(1, 1), (2, 1), (2, 2), (2, 3)]);
}

#[test]
fn the_record_reopens_a_stopped_or_handed_back_journey_only_by_newer_life() {
    let back = Story::new()
        .webhook(Event::SessionOpened)
        .until_the_end(&partial(MORNING));
    // Handed back on the 5th. A record without news, or with news too soon, changes nothing.
    let same = back.clone().later("10d").seen(partial(MORNING));
    assert_eq!(support::phase(&same.journey.phase), "HandedBack");
    let soon = back.clone().later("10d").seen(partial("2026-07-08T12:00:00Z"));
    assert_eq!(support::phase(&soon.journey.phase), "HandedBack");
    let later = |episodes, snapshot| {
        let story = back
            .clone()
            .campaign(|c| c.max_episodes = episodes)
            .later("10d")
            .seen(snapshot);
        (story.journey.episode, story.journey.is_live())
    };
    assert_eq!(later(5, partial("2026-07-15T11:00:00Z")), (2, true));
    assert_eq!(later(1, partial("2026-07-15T11:00:00Z")), (1, false));
    assert_eq!(later(5, unheard_of("2026-07-15T11:00:00Z")), (1, false));
}

/// A record tells to the second when somebody acted, and the act that completes is not one after it.
#[test]
fn life_in_the_moment_of_the_end_is_not_newer() {
    let completed_at = done().journey.last_sign_of_life.to_string();
    assert_eq!(done().later("1d").seen(partial(&completed_at)).journey.episode, 1);
    assert_eq!(
        done().later("1d").seen(partial("2026-07-01T16:00:01Z")).journey.episode,
        2
    );
    let back = Story::new()
        .webhook(Event::SessionOpened)
        .until_the_end(&partial(MORNING));
    let journey::Phase::HandedBack { at } = back.journey.phase else {
        panic!("not handed back")
    };
    let last = at + back.campaign.reopen_after;
    let seen = |life: jiff::Timestamp| {
        back.clone()
            .later("10d")
            .seen(partial(&life.to_string()))
            .journey
            .episode
    };
    assert_eq!(seen(last), 1);
    assert_eq!(seen(last + jiff::SignedDuration::from_secs(1)), 2);
}

#[test]
fn a_completed_record_ends_whatever_was_open() {
    let back = Story::new()
        .webhook(Event::SessionOpened)
        .until_the_end(&partial(MORNING));
    let story = back.later("1d").seen(completed("2026-07-06T11:00:00Z"));
    assert_eq!(support::phase(&story.journey.phase), "Completed(Status, sure, 0 looks)");
}

#[test]
fn episodes_are_limited() {
    let mut story = Story::new()
        .campaign(|c| c.max_episodes = 2)
        .webhook(Event::SessionCompleted);
    story = story.later("1h").seen(partial("2026-07-01T16:50:00Z"));
    assert_eq!(story.journey.episode, 2);
    story = story.later("1m").webhook(Event::SessionCompleted);
    story = story.later("1h").seen(partial("2026-07-01T17:50:00Z"));
    assert_eq!(story.journey.episode, 2);
    assert_eq!(
        support::phase(&story.journey.phase),
        "Completed(Session, sure, 0 looks)"
    );
}

#[test]
fn an_erasure_does_not_make_a_done_customer_undone() {
    // Direct to utility, and the provider does not list such customers: only we know of the end.
    let story = Story::new()
        .flow(journey::Flow::DirectToUtility)
        .webhook(Event::LoginReached { utility: None })
        .later("1m")
        .webhook(Event::LoginSucceeded { utility: None })
        .fire()
        .status(journey::status::Snapshot::default())
        .later("10m")
        .event(Event::ContactErased)
        .later("10m");
    let facts = story.facts.clone();
    let story = story
        .event(Event::ContactChanged { facts })
        .until_the_end(&journey::status::Snapshot::default());
    assert!(story.sent().is_empty(), "{}", story.told);
}

#[test]
fn who_finished_after_an_erasure_is_done_when_they_are_known_again() {
    // Nobody told us of the end, but the record did, while we knew of no person. Simulated seed 60123337.
    let story = Story::new()
        .webhook(Event::SessionOpened)
        .later("1m")
        .event(Event::ContactErased)
        .later("1m")
        .seen(completed("2026-07-01T16:02:00Z"))
        .stands(expect![
            "Completed(Status, sure, given up) | no timer | waiting, waiting, waiting"
        ])
        .later("3d");
    let facts = story.facts.clone();
    story.event(Event::ContactChanged { facts }).stands(expect![
        "Completed(Status, sure, given up) | no timer | waiting, waiting, waiting"
    ]);
}

#[test]
fn an_erasure_is_final_once() {
    let story = done().event(Event::ContactErased);
    let again = story.clone().later("1h").event(Event::ContactErased);
    assert_eq!(again.journey, story.journey);
}

#[test]
fn who_was_handed_back_begins_anew_from_the_moment_that_the_campaign_says() {
    let handed_back = Story::new()
        .webhook(Event::SessionOpened)
        .until_the_end(&partial(MORNING));
    let journey::Phase::HandedBack { at } = handed_back.journey.phase else {
        panic!("not handed back")
    };
    let since = |after: jiff::SignedDuration| {
        let mut story = handed_back.clone();
        story.now = at + after;
        story.webhook(Event::SessionOpened).journey.episode
    };
    let wait = handed_back.campaign.reopen_after;
    assert_eq!(since(wait - jiff::SignedDuration::from_millis(1)), 1);
    assert_eq!(since(wait), 2);
}
