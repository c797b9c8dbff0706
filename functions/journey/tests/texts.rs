//! Texts: who gets one, when, how many, and what goes instead.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests; a broken story should stop at once"
)]

mod support;

use expect_test::{Expect, expect};
use journey::campaign::Channel;
use journey::contact::Permission;
use journey::{Days, Event, Lifecycle, Resolution, SendOutcome, SendingHours, SkipReason, TouchRecord, lifecycle};

use support::provider::partial;
use support::{MORNING, Story, hours, other_send, span, zone};

const SMS: &[Channel] = &[Channel::Sms];
const EMAIL: &[Channel] = &[Channel::Email];
const SMS_FIRST: &[Channel] = &[Channel::Sms, Channel::Email];
const EMAIL_FIRST: &[Channel] = &[Channel::Email, Channel::Sms];

/// Left at this time, on the way to three touches by these channels.
fn left_at(time: &str, channels: [&[Channel]; 3]) -> Story {
    Story::new().at(time).campaign(|c| {
        for (rule, channels) in c.touches.iter_mut().zip(channels) {
            rule.channels = channels.to_vec();
        }
    })
}

/// Left on a Wednesday at 11:15 in Los Angeles, where a text may go at noon.
fn left(channels: [&[Channel]; 3]) -> Story {
    left_at("2026-07-01T18:15:00Z", channels)
}

/// Fires the next timer; the provider says that something is left to do.
fn fired(story: Story) -> Story {
    story.fire().status(partial(MORNING))
}

/// The first touch, when it is due.
fn first(story: Story) -> Story {
    fired(story.webhook(Event::SessionOpened))
}

/// What was ordered, in order.
fn orders(story: &Story) -> String {
    let one = |order: &journey::SendOrder| format!("{} {}", order.key.touch.0, order.key.channel.as_str());
    story.orders.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn noted(story: &Story, expect: Expect) {
    support::line(&support::notes(&story.notes), &expect);
}

#[test]
fn the_first_channel_that_may_be_used_is_taken() {
    let story = first(left([SMS_FIRST, EMAIL, EMAIL]));
    noted(
        &story,
        expect!["Diagnosed(UtilityNotConnected) · Claimed(1, UtilityNotConnected, after_s: 2700, Sms)"],
    );
    assert_eq!(orders(&story), "1 sms");
    assert_eq!(orders(&first(left([EMAIL_FIRST, EMAIL, EMAIL]))), "1 email");
    // What comes after it in the list is not looked at.
    let story = first(left([SMS_FIRST, EMAIL, EMAIL]).facts(|f| f.email = Permission::NoAddress)).accepted();
    assert!(!story.told.contains("ChannelPassed"), "{}", story.told);
    story.stands(expect!["Live | Touch 2026-07-02T14:15:00Z | texted, waiting, waiting"]);
}

#[test]
fn without_leave_no_text_goes_and_the_next_channel_does() {
    for (permission, why) in [
        (Permission::NoSender, SkipReason::NoSender),
        (Permission::NoAddress, SkipReason::NoAddress),
        (Permission::NoConsent, SkipReason::NoConsent),
        (Permission::OptedOut, SkipReason::OptedOut),
        (Permission::Suppressed, SkipReason::Suppressed),
    ] {
        let story = first(left([SMS_FIRST, EMAIL, EMAIL]).facts(|f| f.sms = permission));
        assert_eq!(orders(&story), "1 email", "{permission:?}");
        assert!(
            story.told.contains(&format!("ChannelPassed(1, Sms, {why:?})")),
            "{}",
            story.told
        );
        let story = first(left([SMS, EMAIL, EMAIL]).facts(|f| f.sms = permission));
        assert_eq!(orders(&story), "", "{permission:?}");
        assert!(
            matches!(story.journey.touches[0], TouchRecord::Skipped { why: given, .. } if given == why),
            "{}",
            story.told
        );
    }
    // Each channel says why, the last one as the touch's own reason.
    let story = first(left([SMS_FIRST, EMAIL, EMAIL]).facts(|f| {
        f.sms = Permission::NoConsent;
        f.email = Permission::Suppressed;
    }));
    noted(
        &story,
        expect!["Diagnosed(UtilityNotConnected) · ChannelPassed(1, Sms, NoConsent) · Skipped(1, Suppressed)"],
    );
}

#[test]
fn somebody_we_do_not_know_has_no_channels() {
    let story = first(left([SMS_FIRST, EMAIL, EMAIL]).facts(|f| f.known = false));
    noted(
        &story,
        expect!["Diagnosed(UtilityNotConnected) · Skipped(1, UnknownContact)"],
    );
}

/// Where the first touch is due at `due`, 45 minutes after the abandonment: the channel that it takes now.
fn taken_at(due: &str, zones: &[&str], channels: &'static [Channel]) -> String {
    let left = support::at(due).checked_sub(span("45m")).unwrap().to_string();
    let story =
        left_at(&left, [channels, EMAIL, EMAIL]).facts(|f| f.zones = zones.iter().map(|name| zone(name)).collect());
    let story = story.webhook(Event::SessionOpened).fire().status(partial(&left));
    orders(&story)
}

#[test]
fn a_text_goes_on_weekdays_from_ten_to_six_in_every_zone() {
    let la = ["America/Los_Angeles"];
    let both = ["America/New_York", "America/Los_Angeles"];
    for (due, zones, taken) in [
        // 10:00 to 18:00 in Los Angeles is 17:00Z to 01:00Z.
        ("2026-07-01T16:34:59Z", &la[..], "1 email"),
        ("2026-07-01T17:00:00Z", &la, "1 sms"),
        ("2026-07-02T00:59:59Z", &la, "1 sms"),
        ("2026-07-02T01:00:00Z", &la, "1 email"),
        // 18:00 in New York is 22:00Z.
        ("2026-07-01T16:34:59Z", &both, "1 email"),
        ("2026-07-01T17:00:00Z", &both, "1 sms"),
        ("2026-07-01T21:59:59Z", &both, "1 sms"),
        ("2026-07-01T22:00:00Z", &both, "1 email"),
        // Friday, Saturday, Sunday, Monday at noon in Los Angeles.
        ("2026-07-03T19:00:00Z", &la, "1 sms"),
        ("2026-07-04T19:00:00Z", &la, "1 email"),
        ("2026-07-05T19:00:00Z", &la, "1 email"),
        ("2026-07-06T19:00:00Z", &la, "1 sms"),
        // No zone known: all of them, from 10:00 in Honolulu to 18:00 in Puerto Rico.
        ("2026-07-01T19:34:59Z", &[], "1 email"),
        ("2026-07-01T20:00:00Z", &[], "1 sms"),
        ("2026-07-01T21:59:59Z", &[], "1 sms"),
        ("2026-07-01T22:00:00Z", &[], "1 email"),
    ] {
        assert_eq!(taken_at(due, zones, SMS_FIRST), taken, "{due} {zones:?}");
    }
}

#[test]
fn a_text_waits_for_its_hours_inside_the_window_and_is_skipped_outside() {
    // 09:50 in Los Angeles: the window is open until 10:10, ten minutes into the hours.
    let story = first(left_at("2026-07-01T16:05:00Z", [SMS, EMAIL, EMAIL]));
    noted(
        &story,
        expect!["Diagnosed(UtilityNotConnected) · Held(1, QuietHours, until: 2026-07-01T17:05:26Z)"],
    );
    assert_eq!(orders(&fired(story)), "1 sms");
    // 09:20 in Los Angeles: the window closes at 09:40.
    let left = "2026-07-01T15:35:00Z";
    let story = left_at(left, [SMS, EMAIL, EMAIL]).webhook(Event::SessionOpened);
    let story = story.fire().status(partial(left));
    noted(
        &story,
        expect!["Diagnosed(UtilityNotConnected) · Skipped(1, QuietHours)"],
    );
}

#[test]
fn hours_that_open_as_the_window_closes_leave_the_touch_to_the_next_channel() {
    // A scheduler may be a minute late: a text held until then would find the window closed, and
    // the mail would never be asked. Simulated seed 70063147.
    let due = |left: &str| {
        let story = left_at(left, [SMS_FIRST, EMAIL, EMAIL]).webhook(Event::SessionOpened);
        orders(&story.fire().status(partial(left)))
    };
    // Los Angeles opens at 17:00Z. These windows close 74 and 75 seconds later.
    assert_eq!(due("2026-07-01T15:56:14Z"), "1 email");
    assert_eq!(due("2026-07-01T15:56:15Z"), "");
}

#[test]
fn a_campaign_may_be_stricter_and_never_looser() {
    let noon = |c: &mut journey::Campaign| c.sms_hours = hours(13, 15);
    assert_eq!(
        orders(&first(left([SMS_FIRST, EMAIL, EMAIL]).campaign(noon))),
        "1 email"
    );
    let always = |c: &mut journey::Campaign| {
        c.sms_hours = SendingHours {
            days: Days::Every,
            ..SendingHours::always()
        };
    };
    // Saturday noon in Los Angeles.
    let saturday = left_at("2026-07-04T18:15:00Z", [SMS, EMAIL, EMAIL]).campaign(always);
    noted(
        &first(saturday),
        expect!["Diagnosed(UtilityNotConnected) · Skipped(1, QuietHours)"],
    );
}

#[test]
fn one_text_in_an_episode_and_no_second() {
    let story = fired(first(left([SMS, SMS_FIRST, SMS])).accepted());
    assert_eq!(orders(&story), "1 sms, 2 email");
    assert!(
        story.told.contains("ChannelPassed(2, Sms, TextedBefore)"),
        "{}",
        story.told
    );
    // One of which nobody knows what became counts as well.
    let story = first(left([SMS, SMS, SMS])).outcome(SendOutcome::Ambiguous).fire();
    let story = fired(story.looked_up(Resolution::Unknown));
    assert_eq!(orders(&story), "1 sms");
    story.stands(expect![
        "Live | Touch 2026-07-04T14:15:00Z | unknown 1, TextedBefore, waiting"
    ]);
}

#[test]
fn one_that_surely_did_not_go_does_not_count() {
    let story = first(left([SMS, EMAIL, EMAIL])).outcome(SendOutcome::Throttled);
    let story = fired(story);
    assert_eq!(orders(&story), "1 sms, 1 sms");
    assert_eq!(story.last_key().attempt, 2);
}

#[test]
fn a_text_goes_within_two_days_of_the_abandonment_or_never() {
    let late = |after: &str, until: &str| {
        let (after, until) = (span(after), span(until));
        let story = left([SMS, EMAIL, EMAIL]).campaign(|c| {
            c.touches.truncate(1);
            c.touches[0].after = after;
            c.touches[0].until = until;
        });
        first(story)
    };
    assert_eq!(orders(&late("48h", "72h")), "1 sms");
    noted(
        &late("48h 1s", "72h"),
        expect!["Diagnosed(UtilityNotConnected) · Skipped(1, TooLateForText)"],
    );
    // At night the hours are closed; they open at 47 h 45 min, or 15 minutes too late.
    let at_night = |time: &str| {
        let story = left_at(time, [SMS, EMAIL, EMAIL]).campaign(|c| {
            c.touches.truncate(1);
            c.touches[0].after = span("40h");
            c.touches[0].until = span("72h");
        });
        story.webhook(Event::SessionOpened).fire().status(partial(time))
    };
    let in_time = at_night("2026-06-29T17:15:00Z").fire();
    assert_eq!(orders(&in_time.status(partial("2026-06-29T17:15:00Z"))), "1 sms");
    noted(
        &at_night("2026-06-29T16:45:00Z"),
        expect!["Diagnosed(UtilityNotConnected) · Skipped(1, QuietHours)"],
    );
}

#[test]
fn a_refusal_for_good_leads_to_the_next_channel_in_an_attempt_of_its_own() {
    for outcome in [SendOutcome::Refused { why: "no".to_owned() }, SendOutcome::OptedOut] {
        let story = first(left([SMS_FIRST, EMAIL, EMAIL])).outcome(outcome);
        noted(&story, expect!["ChannelPassed(1, Sms, Refused)"]);
        // At once, but not without asking the provider.
        assert_eq!(story.journey.timer.as_ref().map(|timer| timer.due), Some(story.now));
        let story = fired(story);
        assert_eq!(orders(&story), "1 sms, 1 email");
        assert_eq!(story.last_key().attempt, 2);
        story
            .accepted()
            .stands(expect!["Live | Touch 2026-07-02T14:15:00Z | sent, waiting, waiting"]);
    }
}

#[test]
fn when_every_channel_refused_the_touch_is_skipped() {
    let refused = || SendOutcome::Refused { why: "no".to_owned() };
    let story = fired(first(left([SMS_FIRST, EMAIL, EMAIL])).outcome(refused()));
    // An attempt that was put off in between does not bring the refused channel back.
    let story = fired(story.outcome(SendOutcome::Throttled)).outcome(refused());
    assert_eq!(orders(&story), "1 sms, 1 email, 1 email");
    noted(&story, expect!["Skipped(1, Refused)"]);
    let story = first(left([SMS, EMAIL, EMAIL])).outcome(refused());
    noted(&story, expect!["Skipped(1, Refused)"]);
}

#[test]
fn who_finishes_between_two_channels_gets_neither() {
    let refused = || SendOutcome::Refused { why: "no".to_owned() };
    let claimed = first(left([SMS_FIRST, EMAIL, EMAIL]));
    let story = claimed.clone().outcome(refused()).webhook(Event::SessionCompleted);
    assert_eq!(orders(&story), "1 sms");
    assert!(!story.journey.is_live());
    let story = claimed.webhook(Event::SessionCompleted).outcome(refused());
    noted(&story, expect!["Skipped(1, Refused)"]);
}

#[test]
fn a_new_episode_may_have_a_text_again() {
    let story = first(left([SMS_FIRST, EMAIL, EMAIL])).outcome(SendOutcome::OptedOut);
    let story = story.webhook(Event::SessionCompleted);
    let story = story.later("1h");
    let now = story.now.to_string();
    let story = story.seen(partial(&now));
    assert_eq!(story.journey.episode, 2, "{}", story.told);
    assert!(story.journey.refused.is_empty());
    let story = story.fire().status(partial(&now));
    assert_eq!(orders(&story), "1 sms, 1 sms");
}

#[test]
fn texts_count_under_the_same_cap() {
    let two = |f: &mut journey::contact::Facts| {
        f.inbox.sends = vec![other_send("2026-07-01T17:00:00Z"), other_send("2026-07-01T18:00:00Z")];
    };
    let story = left([SMS_FIRST, EMAIL, EMAIL]).campaign(|c| c.caps.one_series_per_inbox = false);
    noted(
        &first(story.facts(two)),
        expect!["Diagnosed(UtilityNotConnected) · Skipped(1, Cap)"],
    );
}

#[test]
fn what_went_by_text_is_told_as_such() {
    let story = first(left([SMS_FIRST, EMAIL, EMAIL])).accepted();
    let told: Vec<_> = story
        .writes
        .iter()
        .flat_map(|write| lifecycle(write.before.as_ref(), &write.after))
        .filter_map(|event| {
            if let Lifecycle::TouchSent { channel, .. } = event.what {
                Some(channel)
            } else {
                None
            }
        })
        .collect();
    assert_eq!(told, [Channel::Sms]);
}

#[test]
fn a_record_with_texts_reads_back_and_names_no_channel_for_mail() {
    let story = first(left([SMS_FIRST, EMAIL, EMAIL])).outcome(SendOutcome::OptedOut);
    let text = String::from_utf8(journey::stored::encode(&story.journey)).unwrap();
    assert!(text.contains(r#""rf":[[1,"sms"]]"#), "{text}");
    let story = first(left([SMS, EMAIL, EMAIL])).accepted();
    let text = String::from_utf8(journey::stored::encode(&story.journey)).unwrap();
    assert!(
        text.contains(r#""to":[{"s":[2700000,"0100019abc-0001","sms"]}"#),
        "{text}"
    );
    assert!(!text.contains("email"), "{text}");
}
