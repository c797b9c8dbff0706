//! Quiet hours and caps.

use super::*;

#[test]
fn a_touch_due_at_night_waits_for_the_morning_within_its_window() {
    // 18:30 in Los Angeles: the first touch is due at 19:15.
    let story = left_at("2026-07-02T01:30:00Z", &["America/Los_Angeles"])
        .fire()
        .status(partial(MORNING));
    assert_eq!(story.sent(), [1]);
    // 11:00 in Los Angeles: the second is due at 07:00 and may go until 11:00.
    let story = left_at("2026-07-01T18:00:00Z", &["America/Los_Angeles"])
        .fire()
        .status(partial(MORNING))
        .accepted();
    let story = story.fire().status(partial(MORNING));
    let Some(Note::Held { until, .. }) = story.notes.iter().find(|note| matches!(note, Note::Held { .. })) else {
        panic!("{}", story.told)
    };
    let opens = at("2026-07-02T16:00:00Z");
    assert!(
        *until >= opens && until.duration_since(opens) < SignedDuration::from_mins(15),
        "{until}"
    );
    let story = story.fire().status(partial(MORNING));
    assert_eq!(story.sent(), [1, 2]);
}

#[test]
fn a_touch_whose_window_closes_at_night_is_skipped_with_the_reason() {
    // 19:30 in Los Angeles: the first touch is due at 20:15, and may go until 20:35.
    let story = left_at("2026-07-02T02:30:00Z", &["America/Los_Angeles"])
        .fire()
        .status(partial(MORNING));
    assert!(story.orders.is_empty());
    story.stands(expect![
        "Live | Touch 2026-07-02T22:30:00Z | QuietHours, waiting, waiting"
    ]);
}

/// Somebody in Los Angeles whose mail may go at any hour, up to the second touch.
fn second_touch_of(left: &str, asks_for_a_code: bool) -> Story {
    let story = left_at(left, &["America/Los_Angeles"])
        .campaign(|c| c.email_hours = SendingHours::always())
        .facts(|facts| facts.asks_for_a_code = asks_for_a_code);
    let story = story.fire().status(partial(left)).accepted();
    assert_eq!(story.sent(), [1], "who stopped within the hour is up");
    story.fire().status(partial(left))
}

#[test]
fn where_a_code_is_needed_a_mail_waits_until_the_phone_is_at_hand_if_that_is_in_time() {
    // 11:00: the second touch is due at 07:00 and may go until 11:00.
    let left = "2026-07-01T18:00:00Z";
    assert_eq!(second_touch_of(left, false).sent(), [1, 2]);
    let story = second_touch_of(left, true);
    let Some(Note::Held { until, why, .. }) = story.notes.iter().find(|note| matches!(note, Note::Held { .. })) else {
        panic!("{}", story.told)
    };
    assert_eq!(*why, HoldReason::CodeHours);
    let awake = at("2026-07-02T15:00:00Z");
    assert!(
        *until >= awake && until.duration_since(awake) < SignedDuration::from_mins(15),
        "{until}"
    );
    assert_eq!(story.fire().status(partial(left)).sent(), [1, 2]);
    // 04:00: due at midnight, until 04:00. A message at a bad hour is better than none.
    assert_eq!(second_touch_of("2026-07-01T11:00:00Z", true).sent(), [1, 2]);
}

#[test]
fn every_zone_the_person_may_be_in_must_be_open() {
    let both = ["America/New_York", "America/Los_Angeles"];
    // 08:30 in Los Angeles, 11:30 in New York; the first touch at 09:15 and 12:15.
    assert_eq!(
        left_at("2026-07-01T15:30:00Z", &both)
            .fire()
            .status(partial("2026-07-01T15:30:00Z"))
            .sent(),
        [1]
    );
    // 16:30 and 19:30; the first touch at 17:15 and 20:15.
    let story = left_at("2026-07-01T23:30:00Z", &both)
        .fire()
        .status(partial("2026-07-01T23:30:00Z"));
    assert!(story.orders.is_empty());
    // Nothing known of the person: all of the campaign's zones count.
    let story = left_at("2026-07-01T23:30:00Z", &[])
        .fire()
        .status(partial("2026-07-01T23:30:00Z"));
    assert!(story.orders.is_empty());
}

#[test]
fn the_night_the_clocks_change_has_its_own_length() {
    // New York, 2026-11-01: 09:00 is 14:00Z, an hour later than the day before.
    let new_york = ["America/New_York"];
    let story = left_at("2026-10-31T16:30:00Z", &new_york)
        .fire()
        .status(partial(MORNING))
        .accepted();
    // The second touch: due 12:30Z, that is 07:30 in the new time.
    let story = story.fire().status(partial(MORNING));
    let until = story.journey.timer.as_ref().unwrap().due;
    assert!(
        until >= at("2026-11-01T14:00:00Z") && until < at("2026-11-01T14:15:00Z"),
        "{until}"
    );
    assert_eq!(story.fire().status(partial(MORNING)).sent(), [1, 2]);
    // And in spring, 2026-03-08: 09:00 is 13:00Z.
    let story = left_at("2026-03-07T16:30:00Z", &new_york)
        .fire()
        .status(partial("2026-03-07T16:30:00Z"))
        .accepted();
    let story = story.fire().status(partial("2026-03-07T16:30:00Z"));
    let until = story.journey.timer.as_ref().unwrap().due;
    assert!(
        until >= at("2026-03-08T13:00:00Z") && until < at("2026-03-08T13:15:00Z"),
        "{until}"
    );
}

#[test]
fn a_cap_holds_until_a_place_is_free() {
    let two = |f: &mut Facts| {
        f.inbox.sends = vec![other_send("2026-06-30T17:00:00Z"), other_send("2026-07-01T10:00:00Z")];
    };
    let story = Story::new()
        .campaign(|c| c.caps.one_series_per_inbox = false)
        .facts(two);
    let story = story.webhook(Event::SessionOpened).fire().status(partial(MORNING));
    let story = story.noted(expect![
        "Diagnosed(UtilityNotConnected) · Held(1, Cap, until: 2026-07-01T17:00:00Z)"
    ]);
    assert_eq!(story.fire().status(partial(MORNING)).sent(), [1]);
}

#[test]
fn a_weekly_cap_skips_what_would_be_too_late() {
    let five = |f: &mut Facts| {
        f.inbox.sends = ["25", "26", "27", "28", "29"]
            .map(|day| other_send(&format!("2026-06-{day}T17:00:00Z")))
            .into();
    };
    let story = Story::new()
        .campaign(|c| c.caps.one_series_per_inbox = false)
        .facts(five);
    let story = story.webhook(Event::SessionOpened).fire().status(partial(MORNING));
    story.stands(expect!["Live | Touch 2026-07-02T12:00:00Z | Cap, waiting, waiting"]);
}

#[test]
fn a_second_attempt_does_not_count_against_itself() {
    let story = left().campaign(|c| c.caps.per_day = 1).fire().status(partial(MORNING));
    let key = story.last_key();
    let story = story.outcome(journey::SendOutcome::Throttled);
    let claimed = story.now;
    let story = story
        .facts(|f| f.inbox = f.inbox.with_send(key, claimed))
        .fire()
        .status(partial(MORNING));
    assert_eq!(story.sent(), [1, 1]);
}

#[test]
fn the_inboxs_other_series_comes_first() {
    let other = |f: &mut Facts| f.inbox.sends = vec![other_send("2026-06-29T10:00:00Z")];
    let story = left().facts(other).fire().status(partial(MORNING));
    story.stands(expect![
        "Live | Touch 2026-07-02T12:00:00Z | OtherSeries, waiting, waiting"
    ]);
    // Over after the length of a series.
    let long_ago = |f: &mut Facts| f.inbox.sends = vec![other_send("2026-06-28T16:00:00Z")];
    assert_eq!(left().facts(long_ago).fire().status(partial(MORNING)).sent(), [1]);
}
