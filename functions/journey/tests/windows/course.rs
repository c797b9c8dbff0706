//! Arms, windows, and the course of a series.

use super::*;

#[test]
fn each_arm_sets_the_first_delay_and_no_other() {
    for (minutes, first) in [
        (5, "2026-07-01T16:05:00Z"),
        (15, "2026-07-01T16:15:00Z"),
        (30, "2026-07-01T16:30:00Z"),
        (60, "2026-07-01T17:00:00Z"),
    ] {
        let story = Story::with(only_arm(minutes)).webhook(Event::SessionOpened);
        assert_eq!(story.journey.timer.as_ref().map(|timer| timer.due), Some(at(first)));
        let story = story.fire().status(partial(MORNING));
        assert_eq!(story.orders[0].arm, format!("{minutes}min"));
        story
            .accepted()
            .stands(expect!["Live | Touch 2026-07-02T12:00:00Z | sent, waiting, waiting"]);
    }
}

#[test]
fn the_last_arm_may_be_a_minute_late() {
    let story = Story::with(only_arm(60))
        .webhook(Event::SessionOpened)
        .fire_late("60s")
        .status(partial(MORNING));
    assert_eq!(story.sent(), [1]);
}

#[test]
fn an_arm_beyond_the_window_goes_at_its_end() {
    let mut campaign = only_arm(60);
    campaign.touches[0].until = span("50m");
    let story = Story::with(campaign).webhook(Event::SessionOpened);
    story.stands(expect!["Live | Touch 2026-07-01T16:50:00Z | waiting, waiting, waiting"]);
}

#[test]
fn an_arm_once_drawn_outlives_its_experiment() {
    let story = Story::with(only_arm(15)).webhook(Event::SessionOpened);
    let story = story
        .campaign(|c| c.experiment = Campaign::standard().experiment)
        .fire()
        .status(partial(MORNING));
    assert_eq!(story.orders[0].arm, "15min");
}

#[test]
fn windows_close_with_five_minutes_of_grace() {
    for (late, goes) in [("0s", true), ("19m", true), ("20m", true), ("20m 1ms", false)] {
        let story = left().fire_late(late);
        let asked = !story.effects.is_empty() && story.journey.touches[0] == TouchRecord::Waiting { attempts: 0 };
        assert_eq!(asked, goes, "{late}");
    }
}

#[test]
fn a_window_that_closes_during_the_check_is_closed() {
    let story = left().fire_late("19m 59s").later("2s").status(partial(MORNING));
    assert!(story.orders.is_empty());
    story.stands(expect![
        "Live | Touch 2026-07-02T12:00:00Z | WindowClosed, waiting, waiting"
    ]);
}

#[test]
fn the_whole_course_of_one_who_never_comes_back() {
    let story = left().until_the_end(&partial(MORNING));
    story.tells(expect![[r#"
        2026-07-01T16:00:00Z Opened("default") · SignOfLife(SessionOpened)
        2026-07-01T16:45:00Z Diagnosed(UtilityNotConnected) · Claimed(1, UtilityNotConnected, after_s: 2700)
        2026-07-01T16:45:00Z Sent(1)
        2026-07-02T12:00:00Z Claimed(2, UtilityNotConnected, after_s: 72000)
        2026-07-02T12:00:00Z Sent(2)
        2026-07-04T12:00:00Z Claimed(3, UtilityNotConnected, after_s: 244800)
        2026-07-04T12:00:00Z Sent(3)
        2026-07-05T12:00:00Z HandedBack
    "#]]);
}

#[test]
fn signs_of_life_do_not_rearm_the_timer_before_it_fires() {
    let first = left();
    let mut story = first.clone();
    for _ in 0..10 {
        story = story.later("2m").webhook(Event::StepReached);
    }
    assert_eq!(story.journey.timer, first.journey.timer);
    let story = story.fire().ordered(expect![""]);
    story.stands(expect!["Live | Touch 2026-07-01T17:05:00Z | waiting, waiting, waiting"]);
}

#[test]
fn newer_life_in_the_record_moves_the_touch() {
    let story = left().fire().status(partial("2026-07-01T16:44:00Z"));
    let story = story
        .noted(expect![
            "ProviderActivity(2026-07-01T16:44:00Z) · Diagnosed(UtilityNotConnected)"
        ])
        .stands(expect!["Live | Touch 2026-07-01T17:29:00Z | waiting, waiting, waiting"]);
    assert_eq!(story.fire().status(partial("2026-07-01T16:44:00Z")).sent(), [1]);
}

#[test]
fn dropping_off_again_moves_the_remaining_touches() {
    let story = left().fire().status(partial(MORNING)).accepted();
    // Back after ten hours, gone again.
    let story = story
        .later("10h")
        .webhook(Event::LinkFollowed)
        .fire()
        .ordered(expect![""]);
    let story = story.stands(expect!["Live | Touch 2026-07-02T22:45:00Z | sent, waiting, waiting"]);
    let story = story.fire().status(partial(MORNING)).accepted();
    story.stands(expect!["Live | Touch 2026-07-04T22:45:00Z | sent, sent, waiting"]);
}

#[test]
fn after_an_outage_only_the_last_due_touch_goes() {
    // Two windows that overlap, both open when the outage ends.
    let overlapping = |c: &mut Campaign| {
        c.touches = vec![touch("1h", "30h"), touch("20h", "30h"), touch("68h", "72h")];
    };
    let story = Story::new().campaign(overlapping).webhook(Event::SessionOpened);
    let story = story.fire_late("22h").status(partial(MORNING));
    assert_eq!(story.sent(), [2]);
    story.stands(expect![
        "Live | Touch 2026-07-01T17:00:00Z | Collapsed, claimed 1, waiting"
    ]);
}

#[test]
fn after_an_outage_of_a_week_nothing_goes_and_all_is_said() {
    let story = left().fire_late("168h").noted(expect![
        "Skipped(1, WindowClosed) · Skipped(2, WindowClosed) · Skipped(3, WindowClosed)"
    ]);
    let story = story.fire().status(partial(MORNING));
    story.stands(expect![
        "HandedBack | no timer | WindowClosed, WindowClosed, WindowClosed"
    ]);
}
