//! Each figure, of customers whose journeys the rules wrote.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests"
)]

mod support;

use std::collections::BTreeMap;

use expect_test::expect;
use jiff::{SignedDuration, Timestamp};
use journey::{
    Customer, DataKind, Diagnosis, Event, Evidence, Given, Journey, LossReason, Newest, Note, Noted, Occasion,
    Provider, Purpose, Touch, UtilityCode,
};
use report::{Figures, Report, Share, Spread, Waits};
use support::{Story, after, broken, connected};
use utilities::Mfa;

/// `PGE` always asks for a second step, `SCE` those who chose it; of others nobody has told.
fn mfa(code: &UtilityCode) -> Mfa {
    match code.as_str() {
        "PGE" => Mfa::Mandatory,
        "SCE" => Mfa::Optional,
        _ => Mfa::Unknown,
    }
}

fn report(stories: impl IntoIterator<Item = Story>, now: Timestamp) -> Report {
    Report::of(stories.into_iter().map(|story| story.journey), mfa, now)
}

fn spread(count: usize, p50: u64, p90: u64, p99: u64) -> Spread {
    Spread {
        count,
        p50_s: Some(p50),
        p90_s: Some(p90),
        p99_s: Some(p99),
    }
}

fn share(part: usize, of: usize) -> Share {
    Share { part, of }
}

/// Comes through the link, logs in 100 seconds later, and hears of both kinds of data after 40 and 50 seconds.
fn told_of_everything(utility: &str) -> Story {
    Story::enrolment()
        .invited()
        .at("1h")
        .follows_the_link()
        .at("1h 100s")
        .connects(utility, "instant")
        .at("1h 140s")
        .hears_of(DataKind::Bills)
        .at("1h 150s")
        .hears_of(DataKind::Intervals)
        .look(&connected(true, true))
}

/// Nobody tells of this customer's bills; the account has no intervals.
fn found_by_a_look() -> Story {
    let mut customer = connected(true, false);
    customer.account_has_intervals = Some(false);
    Story::enrolment()
        .invited()
        .follows_the_link()
        .at("2h")
        .follows_the_link()
        .at("2h 40s")
        .connects("SCE", "instant")
        .at("2h 105s")
        .look(&customer)
}

/// The bills come after three hours, as the utility says that they may; the intervals never.
fn late() -> Story {
    Story::enrolment()
        .invited()
        .connects("SCE", "2 hours")
        .look(&connected(false, false))
        .at("3h")
        .hears_of(DataKind::Bills)
        .look(&connected(true, false))
        .at("3d")
        .look(&connected(true, false))
}

/// Imported when they had long been connected.
fn connected_before(since: Option<Timestamp>) -> Story {
    let customer = Customer {
        connected_at: since,
        ..connected(true, true)
    };
    Story::enrolment().invited().look(&customer)
}

fn everybody() -> Vec<Story> {
    vec![
        told_of_everything("PGE"),
        found_by_a_look(),
        late(),
        connected_before(None),
        connected_before(Some(after("0s") - SignedDuration::from_hours(9_000))),
        // Only the unsigned webhook has told.
        Story::enrolment().invited().connects("PGE", "instant"),
        Story::enrolment().invited(),
        Story::enrolment().invited().at("1h").follows_the_link(),
        Story::enrolment()
            .invited()
            .follows_the_link()
            .event(Event::FallbackGiven { what: Given::Bill }),
        Story::new(Provider::Leap, Purpose::Enroll).event(Event::SessionOpened),
        Story::new(Provider::Leap, Purpose::Enroll)
            .event(Event::SessionOpened)
            .event(Event::SessionCompleted),
    ]
}

#[test]
fn the_funnel_counts_everybody_once_and_confirmed_connections_only() {
    let report = report(everybody(), after("4d"));
    let funnel = &report.total.funnel;
    assert_eq!(
        (funnel.customers, funnel.invited, funnel.link_followed, funnel.connected),
        (11, 9, 6, 6)
    );
    assert_eq!((funnel.bills_ready, funnel.fallback_given), (5, 1));
    // Of five whose data are followed, one account has none, and one still waits.
    assert_eq!(funnel.intervals_ready, share(3, 4));

    let leap = &report.by_provider["leap"];
    assert_eq!(
        leap,
        &Figures {
            funnel: leap.funnel,
            ..Figures::default()
        }
    );
    assert_eq!(
        (leap.funnel.customers, leap.funnel.link_followed, leap.funnel.connected),
        (2, 2, 1)
    );

    let customers = |figures: &Figures| figures.funnel.customers;
    let by = |rows: &BTreeMap<String, Figures>| -> Vec<(String, usize)> {
        rows.iter()
            .map(|(name, figures)| (name.clone(), customers(figures)))
            .collect()
    };
    let named = |name: &str, count| (name.to_owned(), count);
    assert_eq!(
        by(&report.by_utility),
        [named("PGE", 2), named("SCE", 2), named("not_told", 7)]
    );
    let classes: Vec<_> = report
        .by_mfa
        .iter()
        .map(|(class, of)| (*class, customers(of)))
        .collect();
    assert_eq!(classes, [("mandatory", 2), ("optional", 2), ("unknown", 7)]);
}

#[test]
fn customer_time_runs_from_the_visit_that_led_to_the_login() {
    let report = report(everybody(), after("4d"));
    // 100 seconds, and 40 from the second visit; who never came through our link is not measured.
    assert_eq!(report.total.customer_time, spread(2, 40, 100, 100));
}

#[test]
fn time_to_data_leaves_out_who_cannot_have_them_and_who_was_there_before_us() {
    let report = report(everybody(), after("4d"));
    let bills = &report.total.bills;
    assert_eq!((bills.before_we_knew, bills.not_offered), (2, 0));
    assert_eq!(
        bills.all,
        Waits {
            time: spread(3, 65, 3 * 3_600, 3 * 3_600),
            told: 2,
            found: 1,
            within_60s: share(1, 3),
            // What a look found after 65 seconds may have been there after 60.
            within_60s_at_most: share(2, 3),
            awaited: 0,
            late: 0,
        }
    );
    let intervals = &report.total.intervals;
    assert_eq!((intervals.before_we_knew, intervals.not_offered), (2, 1));
    assert_eq!(
        intervals.all,
        Waits {
            time: spread(1, 50, 50, 50),
            told: 1,
            found: 0,
            // Who still waits has not had them in time.
            within_60s: share(1, 2),
            within_60s_at_most: share(1, 2),
            awaited: 1,
            late: 1,
        }
    );
    let speeds: Vec<_> = bills
        .by_velocity
        .iter()
        .map(|(speed, waits)| (*speed, waits.time.count))
        .collect();
    assert_eq!(speeds, [("hours", 1), ("instant", 2)]);
}

#[test]
fn who_has_waited_for_less_than_60_seconds_says_nothing_yet() {
    let waits = |wait: &str| {
        let story = Story::enrolment()
            .invited()
            .connects("PGE", "24 hours")
            .look(&connected(false, false));
        let report = report([story], after(wait));
        (report.total.bills.all.awaited, report.total.bills.all.within_60s)
    };
    assert_eq!(waits("60s"), (1, share(0, 0)));
    assert_eq!(waits("61s"), (1, share(0, 1)));
}

#[test]
fn a_customer_first_heard_of_by_the_connection_itself_is_measured() {
    // Delivered three seconds after the login.
    let event = Event::Connected {
        at: Some(after("0s")),
        velocity: None,
        utility: None,
    };
    let story = Story::enrolment()
        .at("3s")
        .event(event)
        .at("30s")
        .hears_of(DataKind::Bills);
    let bills = report([story.look(&connected(true, true))], after("1h")).total.bills;
    assert_eq!((bills.all.time, bills.before_we_knew), (spread(1, 30, 30, 30), 0));
    assert_eq!(bills.by_velocity.keys().copied().collect::<Vec<_>>(), ["unstated"]);
}

#[test]
fn data_are_fresh_when_the_newest_interval_is_of_the_last_day() {
    let newest = |interval: &str| Newest {
        bill: None,
        interval: Some(after(interval)),
    };
    let customer = connected(true, true);
    // Looked at when all is there, then daily; the last look is on the fifth day.
    let daily = |newest: &dyn Fn(u32) -> Newest| {
        let mut story = told_of_everything("PGE").look_at(&customer, Some(newest(0)));
        for day in 1..=5 {
            story = story.look_at(&customer, Some(newest(day)));
        }
        story
    };
    let fresh = daily(&|day| newest(&format!("{}h", day * 24)));
    let stale = daily(&|_| newest("0s"));
    let never_looked_at = told_of_everything("SCE");
    let report = report([fresh, stale, never_looked_at], after("5d 20h"));
    let refresh = report.total.refresh;
    assert_eq!(refresh.looked_within_24h, share(2, 3));
    assert_eq!(refresh.fresh_within_24h, share(1, 3));
    assert_eq!(refresh.fresh_when_looked, share(1, 2));
    assert_eq!((refresh.bills_stale, refresh.intervals_stale), (0, 1));
}

#[test]
fn an_interval_that_was_new_at_the_look_may_be_older_than_a_day_now() {
    let newest = Newest {
        bill: None,
        interval: Some(after("0s")),
    };
    let story = told_of_everything("PGE").look_at(&connected(true, true), Some(newest));
    let refresh = report([story], after("24h 30min")).total.refresh;
    assert_eq!(refresh.looked_within_24h, share(1, 1));
    assert_eq!(refresh.fresh_within_24h, share(0, 1));
    assert_eq!(refresh.fresh_when_looked, share(1, 1));
}

#[test]
fn a_bills_way_is_counted_from_its_day_of_issue() {
    let customer = connected(true, true);
    let issued = after("8h");
    let news = Event::DataNews {
        what: "new_bill",
        velocity: None,
    };
    let first = |at: &str| Newest {
        bill: Some(support::at(at)),
        interval: None,
    };
    let story = told_of_everything("PGE")
        // Those of the first delivery are told as well, and are no measure.
        .event(news.clone())
        .look_at(&customer, Some(first("2026-06-20T00:00:00Z")))
        .at("20h")
        .event(news)
        .look_at(
            &customer,
            Some(Newest {
                bill: Some(issued),
                interval: None,
            }),
        );
    let report = report([told_of_everything("PGE"), story], after("3d"));
    assert_eq!(report.total.bill_to_data, spread(1, 12 * 3_600, 12 * 3_600, 12 * 3_600));
}

/// Lost its password on day 10, was reminded and repaired an hour later; then its second factor expired on day 40.
fn twice_lost() -> Story {
    Story::reconnection()
        .at("10d")
        .loses(LossReason::CredentialsInvalid)
        .reminded(&broken())
        .at("10d 1h")
        .connects("PGE", "instant")
        .look(&connected(true, true))
        .at("40d")
        .loses(LossReason::MfaExpired)
}

#[test]
fn losses_count_by_reason_and_per_hundred_connected() {
    let found = Story::reconnection()
        .event(Event::StatusSeen {
            snapshot: journey::status::Snapshot::Bayou(Some(broken())),
            region: None,
            classification: journey::contact::Classification::Residential,
        })
        // The webhook that tells why comes later: the same loss.
        .at("1h")
        .loses(LossReason::MfaExpired)
        .at("3d")
        .connects("SCE", "instant")
        .look(&connected(true, true));
    let unconfirmed_repair = Story::reconnection()
        .at("44d")
        .loses(LossReason::Untold)
        .at("45d")
        .connects("SCE", "instant");
    let by_hand = Story::reconnection()
        .loses(LossReason::CredentialsInvalid)
        .at("2d")
        .event(Event::FallbackGiven { what: Given::Account });
    let never_connected = Story::reconnection().event(Event::ReauthorizationNeeded {
        why: LossReason::MfaExpired,
        was_connected: false,
    });
    let stories = [
        told_of_everything("PGE"),
        told_of_everything("PGE"),
        twice_lost(),
        found,
        unconfirmed_repair,
        by_hand,
        never_connected,
    ];
    let report = report(stories, after("45d"));
    let lost = &report.total.reauthorization;
    assert_eq!(lost.losses, 5);
    let reasons: Vec<_> = lost.by_reason.iter().map(|(why, count)| (*why, *count)).collect();
    assert_eq!(
        reasons,
        [
            ("credentials_are_invalid", 2),
            ("mfa_factor_has_expired", 2),
            ("untold", 1)
        ]
    );
    assert_eq!((lost.found, lost.of_unknown_connections), (1, 1));
    // Two connections, each of 45 days less an hour and 100 seconds.
    assert_eq!(lost.connected_days, 89.9);
    assert_eq!(lost.per_100_in_30_days, Some(166.8));
    assert_eq!(lost.mfa_at_least, share(2, 2));

    let repair = &lost.repair;
    assert_eq!(repair.time, {
        let three_days = 3 * 86_400;
        let measured = repair.time.p90_s.unwrap();
        assert!(measured.abs_diff(three_days) <= three_days / 10_000);
        spread(2, 3_600, measured, measured)
    });
    assert_eq!((repair.open, repair.otherwise), (2, 1));
    // Those lost on day 40 and day 44 are too young for some of them.
    assert_eq!(repair.within.day, share(1, 5));
    assert_eq!(repair.within.week, share(2, 3));
    assert_eq!(repair.within.month, share(2, 3));
}

#[test]
fn a_repair_that_the_record_contradicts_is_none() {
    let story = Story::reconnection()
        .loses(LossReason::CredentialsInvalid)
        .at("1h")
        .connects("PGE", "instant")
        .look(&broken());
    let repair = report([story], after("2d")).total.reauthorization.repair;
    assert_eq!((repair.open, repair.time.count), (1, 0));
    assert_eq!(repair.within.day, share(0, 1));
}

fn note(journey: &mut Journey, note: Note) {
    let at = journey.history.back().unwrap().at;
    journey.history.push_back(Noted { at, note });
}

#[test]
fn messages_count_by_what_they_say_and_none_comes_after_a_completion() {
    let report = report(
        [twice_lost().reminded(&broken()), told_of_everything("PGE")],
        after("45d"),
    );
    let messages = &report.total.messages;
    let by: Vec<_> = messages
        .by_diagnosis
        .iter()
        .map(|(name, sent)| (*name, *sent))
        .collect();
    assert_eq!(by, [("mfa_expired", 1), ("password_changed", 1)]);
    // A repair, a new loss, and a message for that: in another episode.
    assert_eq!((messages.sent, messages.after_completion), (2, 0));
}

#[test]
fn a_message_after_a_completion_is_found_in_the_history() {
    let mut journey = told_of_everything("PGE").journey;
    assert!(
        journey
            .history
            .iter()
            .any(|noted| matches!(noted.note, Note::Completed { .. }))
    );
    let claimed = Note::Claimed {
        touch: Touch(1),
        diagnosis: Diagnosis::UtilityNotConnected,
        after_s: 60,
        channel: journey::campaign::Channel::Email,
        lawful: None,
    };
    note(&mut journey, claimed);
    note(&mut journey, Note::Sent { touch: Touch(1) });
    let count = |journey: &Journey| {
        let report = Report::of([journey.clone()].into_iter(), mfa, after("1d"));
        let messages = report.total.messages;
        (messages.sent, messages.after_completion, messages.ordered_before)
    };
    assert_eq!(count(&journey), (1, 1, 0));
    // A completion that was none does not count, nor does one of an episode that is over.
    for between in [Note::CompletionContradicted, Note::Reopened { episode: 2 }] {
        let mut other = told_of_everything("PGE").journey;
        note(&mut other, between);
        note(&mut other, Note::Sent { touch: Touch(1) });
        assert_eq!(count(&other), (1, 0, 0));
    }
    // The first note of all, were it a completion, would be enough.
    let mut forged = Story::enrolment().invited().journey;
    let evidence = Evidence::Status;
    note(&mut forged, Note::Completed { evidence });
    note(&mut forged, Note::Sent { touch: Touch(1) });
    assert_eq!(count(&forged), (1, 1, 0));
}

#[test]
fn a_message_that_the_completion_overtook_is_told_apart() {
    let story = Story::reconnection()
        .loses(LossReason::CredentialsInvalid)
        .orders(&broken());
    let key = story.key();
    let story = story.connects("PGE", "instant").accepted(key);
    let messages = report([story], after("1d")).total.messages;
    assert_eq!(
        (messages.sent, messages.after_completion, messages.ordered_before),
        (1, 1, 1)
    );
}

#[test]
fn a_journey_that_has_forgotten_its_oldest_notes_is_counted_as_such() {
    let mut story = Story::enrolment().invited();
    for minute in 1..60 {
        story = story.at(&format!("{minute}min")).follows_the_link();
    }
    let report = report([story, Story::enrolment().invited()], after("1d"));
    assert_eq!((report.journeys, report.journeys_cut), (2, 1));
    // Milestones are kept apart from the notes.
    assert_eq!(report.total.funnel.invited, 2);
}

#[test]
fn a_renewal_that_is_asked_for_in_time_is_no_loss() {
    let story = Story::reconnection()
        .event(Event::RenewalDue {
            occasion: Occasion::Expected,
        })
        .at("1d")
        .connects("PGE", "instant");
    let lost = report([story], after("2d")).total.reauthorization;
    assert_eq!((lost.losses, lost.repair.open), (0, 0));
}

#[test]
fn each_question_is_answered_in_one_line_and_says_what_is_not_known() {
    let report = report(everybody().into_iter().chain([twice_lost()]), after("45d"));
    let mut told = String::new();
    for answer in &report.questions {
        assert!(!answer.answer.contains('\n') && !answer.unknown.is_empty());
        told += &format!("{} {}\n", answer.id, answer.answer);
    }
    expect![[r#"
        Q1 9 customers: 4 followed the link, 5 connected. Customer time p50 40 s, p90 1 min 40 s (of 2).
        Q2 Unavailable: not in the API.
        Q3 At least 1 of 5 (20 %) had a second factor that expired.
        Q4 1 gave a bill or the account by hand; 0 messages went to customers who came back without getting through.
        Q5 2 lost: 26.7 per 100 connected in 30 days, 0 found by a look. Repaired p50 1 h, p90 1 h (of 1); 1 still open.
        Q6 Bills p50 1 min 5 s, p90 3 h (of 3), in 60 s 1 of 3 (33.3 %), at most 2 (1 found by a look), 0 not there yet. Intervals p50 50 s, p90 50 s (of 1), in 60 s 1 of 2 (50 %), 1 not there yet.
        Q7 Newest interval within 24 h: 0 of 3 (0 %); when we last looked: nobody yet. Stopped silently: bills of 0, intervals of 0.
        Q8 No bill since the first delivery yet.
    "#]].assert_eq(&told);
}

#[test]
fn nobody_is_no_figure_and_no_division_by_nothing() {
    let report = report([], after("0s"));
    assert_eq!((report.journeys, &report.total), (0, &Figures::default()));
    assert!(
        report
            .questions
            .iter()
            .all(|answer| answer.answer == "No customer of Bayou's yet.")
    );
    assert!(report.by_provider.is_empty() && report.by_utility.is_empty() && report.by_mfa.is_empty());
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["total"]["customer_time"]["p50_s"], serde_json::Value::Null);
    assert!(
        json["unavailable"]["credential_step"]
            .as_str()
            .unwrap()
            .starts_with("unavailable: not in the API")
    );
}
