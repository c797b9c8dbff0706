//! Texts: who gets one, when, how many, and what goes instead.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests; a broken story should stop at once"
)]

mod support;

use std::sync::Arc;

use expect_test::{Expect, expect};
use jiff::civil::{Date, date, time};
use journey::campaign::Channel;
use journey::contact::Permission;
use journey::{Event, Lifecycle, Resolution, SendOutcome, SendingHours, SkipReason, TouchRecord, lifecycle};
use law::{Closure, Law, Override, Whose, Window};

use support::provider::partial;
use support::{MORNING, Story, hours, other_send, span};

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
fn taken_at(due: &str, states: &[&str], channels: &'static [Channel]) -> String {
    let left = support::at(due).checked_sub(span("45m")).unwrap().to_string();
    let story = left_at(&left, [channels, EMAIL, EMAIL]).facts(|f| f.places = support::places(states, &[]));
    let story = story.webhook(Event::SessionOpened).fire().status(partial(&left));
    orders(&story)
}

#[test]
fn a_text_goes_in_the_hours_of_every_place() {
    let california = ["CA"];
    let both = ["CA", "NY"];
    let rhode_island = ["RI"];
    for (due, states, taken) in [
        // 09:00 to 19:50 in California is 16:00Z to 02:50Z.
        ("2026-07-01T15:34:59Z", &california[..], "1 email"),
        ("2026-07-01T16:00:00Z", &california, "1 sms"),
        ("2026-07-02T02:49:59Z", &california, "1 sms"),
        ("2026-07-02T02:50:00Z", &california, "1 email"),
        // 19:50 in New York is 23:50Z.
        ("2026-07-01T16:00:00Z", &both, "1 sms"),
        ("2026-07-01T23:49:59Z", &both, "1 sms"),
        ("2026-07-01T23:50:00Z", &both, "1 email"),
        // Noon in California: Thursday; the Fourth of July on a Saturday and observed on Friday; Sunday; Monday.
        ("2026-07-02T19:00:00Z", &california, "1 sms"),
        ("2026-07-03T19:00:00Z", &california, "1 email"),
        ("2026-07-04T19:00:00Z", &california, "1 email"),
        ("2026-07-05T19:00:00Z", &california, "1 email"),
        ("2026-07-06T19:00:00Z", &california, "1 sms"),
        // Saturdays end at 17:00 in Rhode Island, which is 21:00Z.
        ("2026-07-11T20:49:59Z", &rhode_island, "1 sms"),
        ("2026-07-11T20:50:00Z", &rhode_island, "1 email"),
        ("2026-07-11T20:50:00Z", &california, "1 sms"),
        // Its Victory Day.
        ("2026-08-10T16:00:00Z", &rhode_island, "1 email"),
        ("2026-08-10T16:00:00Z", &california, "1 sms"),
    ] {
        assert_eq!(taken_at(due, states, SMS_FIRST), taken, "{due} {states:?}");
    }
}

#[test]
fn no_text_goes_to_somebody_nobody_knows_where() {
    assert_eq!(taken_at("2026-07-01T19:00:00Z", &[], SMS_FIRST), "1 email");
    let story = first(left([SMS, EMAIL, EMAIL]).facts(|f| f.places = support::places(&[], &["America/Los_Angeles"])));
    noted(
        &story,
        expect!["Diagnosed(UtilityNotConnected) · Skipped(1, UnknownPlace)"],
    );
}

#[test]
fn a_text_waits_for_its_hours_inside_the_window_and_is_skipped_outside() {
    // 08:50 in Los Angeles: the window is open until 09:10, ten minutes into the hours.
    let left = "2026-07-01T15:05:00Z";
    let story = left_at(left, [SMS, EMAIL, EMAIL]).webhook(Event::SessionOpened);
    let story = story.fire().status(partial(left));
    noted(
        &story,
        expect!["Diagnosed(UtilityNotConnected) · Held(1, QuietHours, until: 2026-07-01T16:05:26Z)"],
    );
    assert_eq!(orders(&story.fire().status(partial(left))), "1 sms");
    // 08:20 in Los Angeles: the window closes at 08:40.
    let left = "2026-07-01T14:35:00Z";
    let story = left_at(left, [SMS, EMAIL, EMAIL]).webhook(Event::SessionOpened);
    let story = story.fire().status(partial(left));
    noted(
        &story,
        expect!["Diagnosed(UtilityNotConnected) · Skipped(1, QuietHours)"],
    );
}

/// A reminder of another reference, or another touch, went to the inbox at this time.
fn reminded_at(time: &'static str) -> impl FnOnce(&mut journey::contact::Facts) {
    move |facts| facts.inbox.sends = vec![other_send(time)]
}

#[test]
fn no_text_goes_within_a_day_of_any_other_message() {
    let first_of = |channels, window: &str, sent| {
        let until = span(window);
        let story = left([channels, EMAIL, EMAIL]).campaign(|c| {
            c.caps.one_series_per_inbox = false;
            c.touches.truncate(1);
            c.touches[0].until = until;
        });
        first(story.facts(reminded_at(sent)))
    };
    // Due at noon in Los Angeles; 24 hours after the other message are over at 11:59:59, or a second after it.
    assert_eq!(orders(&first_of(SMS_FIRST, "1h", "2026-06-30T19:00:00Z")), "1 sms");
    let story = first_of(SMS_FIRST, "1h", "2026-06-30T20:00:00Z");
    noted(
        &story,
        expect![
            "Diagnosed(UtilityNotConnected) · ChannelPassed(1, Sms, Cap) · Claimed(1, UtilityNotConnected, after_s: 2700)"
        ],
    );
    // In a longer window it waits for that, and for the hours after it.
    noted(
        &first_of(SMS, "30h", "2026-06-30T20:00:00Z"),
        expect!["Diagnosed(UtilityNotConnected) · Held(1, Cap, until: 2026-07-01T20:05:26Z)"],
    );
    noted(
        &first_of(SMS, "30h", "2026-07-01T03:30:00Z"),
        expect!["Diagnosed(UtilityNotConnected) · Held(1, Cap, until: 2026-07-02T16:05:26Z)"],
    );
    // E-mail has the campaign's caps alone.
    assert_eq!(orders(&first_of(EMAIL, "1h", "2026-06-30T20:00:00Z")), "1 email");
}

#[test]
fn a_claim_keeps_why_it_was_lawful() {
    let proof = |story: &Story| {
        let proofs = story.notes.iter().filter_map(|note| {
            if let journey::Note::Claimed { lawful, .. } = note {
                lawful.as_ref().map(ToString::to_string)
            } else {
                None
            }
        });
        proofs.collect::<Vec<_>>().join(", ")
    };
    assert_eq!(proof(&first(left([SMS, EMAIL, EMAIL]))), "2026-11-21 CA 12:00");
    assert_eq!(proof(&first(left([EMAIL, EMAIL, EMAIL]))), "2026-11-21 CA 12:00");
    let two = |f: &mut journey::contact::Facts| f.places = support::places(&["NY", "CA"], &["Pacific/Honolulu"]);
    assert_eq!(
        proof(&first(left([SMS, EMAIL, EMAIL]).facts(two))),
        "2026-11-21 CA,NY 09:00-15:00 Pacific/Honolulu"
    );
    let story = first(left([SMS, EMAIL, EMAIL])).accepted();
    let back = journey::stored::decode(&journey::stored::encode(&story.journey)).unwrap();
    assert_eq!(back, story.journey);
}

#[test]
fn a_campaign_may_close_a_day_and_open_a_rule_until_another() {
    // Sunday noon in California.
    let sunday = || left_at("2026-07-05T18:15:00Z", [SMS_FIRST, EMAIL, EMAIL]);
    let open = |until: Date| Override {
        whose: Whose::Default,
        weekdays: None,
        saturday: None,
        sunday: Some(Window {
            start: time(9, 0, 0, 0),
            end: time(20, 0, 0, 0),
        }),
        open_on_holidays: false,
        max_per_24h: None,
        texts_per_episode: None,
        text_within: None,
        until,
        because: "counsel, 2026-06-30".to_owned(),
    };
    let with = |overrides: Vec<Override>, closures: Vec<Closure>| {
        let law = Arc::new(Law::current().with(overrides, closures));
        move |c: &mut journey::Campaign| c.law = law
    };
    assert_eq!(orders(&first(sunday())), "1 email");
    let story = first(sunday().campaign(with(vec![open(date(2026, 7, 5))], vec![])));
    noted(
        &story,
        expect!["Diagnosed(UtilityNotConnected) · Claimed(1, UtilityNotConnected, after_s: 2700, Sms)"],
    );
    assert_eq!(
        orders(&first(sunday().campaign(with(vec![open(date(2026, 7, 4))], vec![])))),
        "1 email"
    );
    let closed = Closure {
        whose: "CA".parse().unwrap(),
        day: date(2026, 7, 1),
        because: "a proclamation".to_owned(),
    };
    let story = first(left([SMS_FIRST, EMAIL, EMAIL]).campaign(with(vec![], vec![closed])));
    assert_eq!(orders(&story), "1 email");
}

#[test]
fn hours_that_open_as_the_window_closes_leave_the_touch_to_the_next_channel() {
    // A scheduler may be a minute late: a text held until then would find the window closed, and
    // the mail would never be asked. Simulated seed 70063147.
    let due = |left: &str| {
        let story = left_at(left, [SMS_FIRST, EMAIL, EMAIL]).webhook(Event::SessionOpened);
        orders(&story.fire().status(partial(left)))
    };
    // Los Angeles opens at 16:00Z. These windows close 74 and 75 seconds later.
    assert_eq!(due("2026-07-01T14:56:14Z"), "1 email");
    assert_eq!(due("2026-07-01T14:56:15Z"), "");
}

#[test]
fn a_campaign_may_be_stricter_and_never_looser() {
    let noon = |c: &mut journey::Campaign| c.sms_hours = hours(13, 15);
    assert_eq!(
        orders(&first(left([SMS_FIRST, EMAIL, EMAIL]).campaign(noon))),
        "1 email"
    );
    let always = |c: &mut journey::Campaign| c.sms_hours = SendingHours::always();
    // Sunday noon in Los Angeles.
    let sunday = left_at("2026-07-05T18:15:00Z", [SMS, EMAIL, EMAIL]).campaign(always);
    noted(
        &first(sunday),
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
        let story = left_at("2026-07-06T18:15:00Z", [SMS, EMAIL, EMAIL]).campaign(|c| {
            c.touches.truncate(1);
            c.touches[0].after = after;
            c.touches[0].until = until;
        });
        let story = story.webhook(Event::SessionOpened).fire();
        story.status(partial("2026-07-06T18:15:00Z"))
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
    let in_time = at_night("2026-06-29T16:15:00Z").fire();
    assert_eq!(orders(&in_time.status(partial("2026-06-29T16:15:00Z"))), "1 sms");
    noted(
        &at_night("2026-06-29T15:45:00Z"),
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
