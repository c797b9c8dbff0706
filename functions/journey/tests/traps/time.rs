//! Order, time and polling: traps 1 to 18.

use super::*;

#[test]
fn trap_01_a_created_that_arrives_eight_hours_after_its_completed_restarts_nothing() {
    let story = Story::new()
        .webhook(Event::SessionCompleted)
        .later("8h")
        .webhook(Event::SessionOpened)
        .noted(expect!["Absorbed(SessionOpened)"]);
    assert_eq!(phase(&story), "Completed(Session, sure, 0 looks)");
    assert!(story.until_the_end(&completed(MORNING)).sent().is_empty());
}

#[test]
fn trap_02_after_completed_only_the_cumulative_record_begins_a_new_episode() {
    let done = left().later("5m").webhook(Event::SessionCompleted);
    // A second tab: looks like a retried old event, and is taken as one.
    let tab = done
        .clone()
        .later("1h")
        .webhook(Event::SessionOpened)
        .later("1m")
        .webhook(Event::StepReached);
    assert_eq!(
        (tab.journey.episode, phase(&tab).as_str()),
        (1, "Completed(Session, sure, 0 looks)")
    );
    // COMPLETED there: never remind.
    let same = tab.clone().seen(completed("2026-07-01T17:05:00Z"));
    assert_eq!(same.journey.episode, 1);
    // Not complete, but nothing newer than our completion: the record lags.
    let lags = tab.clone().seen(partial("2026-07-01T16:04:00Z"));
    assert_eq!(lags.journey.episode, 1);
    // Not complete, and activity after our completion: they began anew.
    let anew = tab.seen(partial("2026-07-01T17:05:00Z"));
    assert_eq!((anew.journey.episode, phase(&anew).as_str()), (2, "Live"));
}

#[test]
fn trap_03_completed_in_one_session_stays_whatever_another_does() {
    let story = Story::new()
        .webhook(Event::SessionOpened)
        .later("4m")
        .webhook(Event::SessionCompleted)
        .later("1m")
        .webhook(Event::SessionOpened)
        .later("1m")
        .webhook(Event::SessionClosed);
    assert_eq!(phase(&story), "Completed(Session, sure, 0 looks)");
}

#[test]
fn trap_03_a_close_is_not_final_while_another_session_is_open() {
    let respectful = Story::new().campaign(|c| c.policies.session_closed = FollowUp::Stop);
    let two_open_one_closed = respectful
        .clone()
        .webhook(Event::SessionOpened)
        .webhook(Event::SessionOpened)
        .later("2m")
        .webhook(Event::SessionClosed);
    let story = two_open_one_closed.clone().fire_late("5m").status(partial(MORNING));
    assert_eq!(story.sent(), [1], "{}", story.told);
    let both_closed = two_open_one_closed.later("1m").webhook(Event::SessionClosed);
    let story = both_closed.fire_late("5m").status(partial(MORNING));
    assert_eq!(phase(&story), "Stopped(SessionClosed)");
}

#[test]
fn trap_03_a_close_is_not_final_while_another_session_is_open_in_a_new_episode() {
    let back = left()
        .campaign(|c| c.policies.session_closed = FollowUp::Stop)
        .until_the_end(&partial(MORNING))
        .later("8d")
        .webhook(Event::SessionOpened);
    assert_eq!(back.journey.episode, 2);
    let story = back
        .later("1m")
        .webhook(Event::SessionOpened)
        .later("1m")
        .webhook(Event::SessionClosed)
        .fire_late("5m")
        .status(partial(MORNING));
    assert_eq!(phase(&story), "Live", "{}", story.told);
}

#[test]
fn trap_03_many_sessions_are_one_sequence() {
    let mut story = Story::new();
    for _ in 0..5 {
        story = story.webhook(Event::SessionOpened).later("3m");
    }
    let story = story.until_the_end(&partial("2026-07-01T16:12:00Z"));
    assert_eq!(story.sent(), [1, 2, 3]);
}

#[test]
fn trap_04_a_repeated_delivery_changes_nothing_for_eight_hours_and_more() {
    let first = Story::new().delivered(1, Event::SessionOpened);
    let again = first
        .clone()
        .later("9h")
        .delivered(1, Event::SessionOpened)
        .noted(expect!["Duplicate"]);
    assert_eq!(again.journey, first.journey);
    // Ids may change between retries: the transition itself is idempotent.
    let done = first.delivered(2, Event::SessionCompleted);
    let twice = done
        .clone()
        .later("1h")
        .delivered(3, Event::SessionCompleted)
        .noted(expect!["AlreadyCompleted"]);
    assert_eq!(twice.journey.phase, done.journey.phase);
    assert_eq!(twice.journey.timer, done.journey.timer);
}

#[test]
fn trap_06_the_provider_is_asked_right_before_each_send_and_its_completed_wins() {
    let asked = left().fire().ordered(expect!["Recheck"]);
    assert!(asked.orders.is_empty());
    let done = asked
        .status(completed("2026-07-01T16:07:42Z"))
        .noted(expect!["Completed(Status)"]);
    assert!(done.orders.is_empty());
    let second = first_touch(partial(MORNING))
        .accepted()
        .fire()
        .ordered(expect!["Recheck"]);
    assert_eq!(second.status(completed("2026-07-01T16:50:00Z")).sent(), [1]);
}

#[test]
fn trap_06_after_an_outage_missed_touches_are_no_burst() {
    // Nothing fired for 69 hours: 1 and 2 are over, 3 goes, alone.
    let story = left().fire_late("68h").status(partial(MORNING));
    assert_eq!(story.sent(), [3]);
    let story = story.accepted().stands(expect![
        "Live | HandBack 2026-07-05T12:45:00Z | WindowClosed, WindowClosed, sent"
    ]);
    assert_eq!(story.until_the_end(&partial(MORNING)).sent(), [3]);
}

#[test]
fn trap_06_a_late_created_does_not_count_from_its_receipt_when_the_record_came_first() {
    // Discovered by the reconciliation: the record's own times are the abandonment.
    let story = Story::new()
        .at("2026-07-01T20:00:00Z")
        .seen(partial("2026-07-01T19:40:00Z"));
    assert_eq!(story.journey.last_sign_of_life, at("2026-07-01T19:40:00Z"));
    story.stands(expect!["Live | Touch 2026-07-01T20:25:00Z | waiting, waiting, waiting"]);
}

#[test]
fn trap_07_what_webhooks_missed_is_found_in_the_record() {
    let begun = Story::new()
        .seen(not_started("2026-07-01T15:50:00Z"))
        .noted(expect!["Opened(\"default\") · Drift(Journey) · Diagnosed(NotStarted)"]);
    assert!(begun.journey.timer.is_some());
    let done = left()
        .seen(completed("2026-07-01T16:07:42Z"))
        .noted(expect!["Drift(Completion) · Completed(Status)"]);
    assert_eq!(phase(&done), "Completed(Status, sure, 0 looks)");
    done.later("1m")
        .seen(completed("2026-07-01T16:07:42Z"))
        .noted(expect![""]);
}

#[test]
fn trap_08_every_touch_counts_from_the_abandonment() {
    // The first went out at the very end of its window; the second is still due 20 h after the abandonment.
    let late = left().fire_late("19m").status(partial(MORNING)).accepted();
    late.stands(expect!["Live | Touch 2026-07-02T12:00:00Z | sent, waiting, waiting"]);
}

#[test]
fn trap_08_signs_of_life_push_the_clock_and_a_sent_touch_is_never_sent_again() {
    let slow = left()
        .later("40m")
        .webhook(Event::StepReached)
        .later("30m")
        .webhook(login_reached());
    let early = slow.fire().ordered(expect![""]);
    assert!(early.orders.is_empty());
    early.stands(expect!["Live | Touch 2026-07-01T17:55:00Z | waiting, waiting, waiting"]);
    // A new session after touch 1 continues the same sequence, from the new abandonment.
    let back = first_touch(partial(MORNING))
        .accepted()
        .later("3h")
        .webhook(Event::SessionOpened);
    assert_eq!(back.journey.last_sign_of_life, at("2026-07-01T19:45:00Z"));
    assert_eq!(back.until_the_end(&partial("2026-07-01T19:45:00Z")).sent(), [1, 2, 3]);
}

#[test]
fn trap_09_windows_have_an_upper_limit() {
    let inside = left().fire_late("20m").status(partial(MORNING));
    assert_eq!(inside.sent(), [1]);
    left().fire_late("20m 1s").noted(expect!["Skipped(1, WindowClosed)"]);
    let over = left().fire_late("72h");
    over.noted(expect![
        "Skipped(1, WindowClosed) · Skipped(2, WindowClosed) · Skipped(3, WindowClosed)"
    ]);
}

#[test]
fn trap_14_abandonment_is_the_latest_of_all_times_in_the_record() {
    let mut all = record(ConnectionStatus::Partial, "2026-07-01T16:20:00Z");
    all.started_at = Some(at("2026-07-01T16:10:00Z"));
    all.utilities[0].last_interaction_at = Some(at("2026-07-01T16:31:00Z"));
    all.utilities
        .push(utility(ANOTHER, false, UtilityStatus::NotConnected, None));
    all.utilities[1].last_interaction_at = Some(at("2026-07-01T16:30:00Z"));
    let story = first_touch(snapshot([all.clone()]));
    assert_eq!(story.journey.last_sign_of_life, at("2026-07-01T16:31:00Z"));
    assert!(story.orders.is_empty());
    story.stands(expect!["Live | Touch 2026-07-01T17:16:00Z | waiting, waiting, waiting"]);
    // All null: what we received counts.
    all.started_at = None;
    all.last_interaction_at = None;
    for utility in &mut all.utilities {
        utility.last_interaction_at = None;
    }
    let story = first_touch(snapshot([all]));
    assert_eq!(story.journey.last_sign_of_life, at(MORNING));
    assert_eq!(story.sent(), [1]);
}

#[test]
fn trap_14_a_time_in_the_future_does_not_postpone_for_ever() {
    let story = first_touch(partial("2031-01-01T00:00:00Z"));
    assert_eq!(story.journey.last_sign_of_life, at("2026-07-01T16:45:00Z"));
}

#[test]
fn trap_15_the_linked_regions_record_decides_wherever_it_stands() {
    let mut other = record(ConnectionStatus::Completed, "2026-07-01T16:02:00Z");
    other.region = "PJM".to_owned();
    let linked = record(ConnectionStatus::Partial, MORNING);
    for records in [[other.clone(), linked.clone()], [linked.clone(), other.clone()]] {
        let story = left()
            .facts(|f| f.region = Some("CAISO".to_owned()))
            .fire()
            .status(snapshot(records.clone()));
        assert_eq!(story.sent(), [1], "complete elsewhere");
        // Without a linked region silence is the safer mistake.
        let story = left().fire().status(snapshot(records));
        assert_eq!(phase(&story), "Completed(Status, sure, 0 looks)");
    }
}

#[test]
fn trap_15_a_record_of_another_region_leaves_no_live_journey_without_a_timer() {
    let mut other = record(ConnectionStatus::Partial, MORNING);
    other.region = "PJM".to_owned();
    // The checks of every step say the rest.
    let _ = Story::new()
        .facts(|f| f.region = Some("CAISO".to_owned()))
        .seen(snapshot([other]));
}

#[test]
fn trap_16_no_record_is_neither_not_started_nor_an_error() {
    let story = first_touch(nothing()).noted(expect!["Held(1, NotConfirmed, until: 2026-07-01T16:46:00Z)"]);
    let story = story
        .fire()
        .status(nothing())
        .noted(expect!["Held(1, NotConfirmed, until: 2026-07-01T16:47:00Z)"]);
    assert!(story.orders.is_empty());
    assert_eq!(story.journey.diagnosis, None);
    let end = story.until_the_end(&nothing());
    assert!(end.sent().is_empty());
    end.stands(expect![
        "HandedBack | no timer | NotConfirmed, NotConfirmed, NotConfirmed"
    ]);
}

#[test]
fn trap_17_a_failed_check_is_neither_completed_nor_not_completed() {
    for why in [
        Unavailable::Unreachable,
        Unavailable::RateLimited,
        Unavailable::BudgetSpent,
        Unavailable::Unauthorized,
        Unavailable::Failing,
    ] {
        let held = left().fire().unavailable(why);
        assert!(held.orders.is_empty());
        assert!(held.journey.is_live());
        let told = held.fire().status(partial(MORNING));
        assert_eq!(told.sent(), [1], "the touch goes once the fault is over");
    }
    let alert = left().fire().unavailable(Unavailable::Unauthorized);
    assert!(alert.notes.iter().any(Note::is_alert), "a wrong key is for an operator");
}

#[test]
fn trap_17_a_failed_check_of_a_provisional_completion_decides_nothing() {
    let story = Story::new()
        .webhook(login_succeeded())
        .fire()
        .unavailable(Unavailable::Failing);
    assert_eq!(phase(&story), "Completed(Authorization, provisional, 0 looks)");
    let story = story.fire().status(partial(MORNING));
    assert_eq!(phase(&story), "Live");
}
