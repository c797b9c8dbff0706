//! Connections that are made, lost and made again (Bayou), trigger by trigger (docs/bayou.md, 9.3) and unknown by
//! unknown (section 10).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests; a broken story should stop at once"
)]

mod support;

use jiff::SignedDuration;
use journey::status::Snapshot;
use journey::{
    Customer, DataKind, Delivery, Event, Evidence, Given, Journey, LossReason, MeterFollowUp, Newest, Note, Occasion,
    Phase, Provider, Purpose, Series, StopReason, TimerWhy, Unavailable, Velocity, renewal,
};

use support::{MORNING, Story, at, journey_id, other_send, touches};

/// Nobody has signed in yet.
fn nobody() -> Snapshot {
    Snapshot::Bayou(Some(Customer::default()))
}

fn connected() -> Customer {
    Customer {
        has_filled_credentials: true,
        is_currently_authenticated: true,
        has_accounts: true,
        ..Customer::default()
    }
}

fn with_all_data() -> Customer {
    Customer {
        bills_are_ready: true,
        intervals_are_ready: true,
        ..connected()
    }
}

/// The connection is gone; whether the first flag goes back is not documented (U4).
fn broken(flag_kept: bool) -> Snapshot {
    Snapshot::Bayou(Some(Customer {
        has_filled_credentials: flag_kept,
        is_currently_authenticated: false,
        ..with_all_data()
    }))
}

fn of(customer: Customer) -> Snapshot {
    Snapshot::Bayou(Some(customer))
}

fn of_bayou(purpose: Purpose) -> Story {
    let mut story = Story::new();
    let (id, now) = (journey_id("MSCOTT123"), at(MORNING));
    let flow = journey::Flow::Unknown;
    story.journey = Journey::begin(id, Provider::Bayou, purpose, flow, now, &story.campaign);
    story
}

/// The partner told of a customer in the morning.
fn invited() -> Story {
    of_bayou(Purpose::Enroll).event(Event::Invited)
}

fn connects(velocity: Velocity) -> Event {
    Event::Connected {
        at: None,
        velocity: Some(velocity),
        utility: None,
    }
}

/// Connected in the morning, and confirmed a minute later with what the record shows then.
fn connected_with(velocity: Velocity, customer: Customer) -> Story {
    invited().event(connects(velocity)).fire().status(of(customer))
}

fn lost(why: LossReason) -> Event {
    Event::ReauthorizationNeeded {
        why,
        was_connected: true,
    }
}

/// A loss in the morning.
fn loses(why: LossReason) -> Story {
    of_bayou(Purpose::Reconnect).event(lost(why))
}

/// The timer fires, and whoever serves it has asked for the customer.
fn look(story: Story, customer: Option<Customer>, newest: Option<Newest>) -> Story {
    let timer = story.journey.timer.clone().expect("a timer");
    assert!(matches!(timer.why, TimerWhy::Poll | TimerWhy::Meter), "{timer:?}");
    let mut story = story;
    story.now = story.now.max(timer.due);
    story.event(Event::CustomerSeen {
        generation: timer.generation,
        customer,
        newest,
    })
}

/// Looks until the next thing due is no look.
fn looks(mut story: Story, customer: &Customer) -> Story {
    while story
        .journey
        .timer
        .as_ref()
        .is_some_and(|timer| timer.why == TimerWhy::Poll)
    {
        story = look(story, Some(customer.clone()), None);
    }
    story
}

fn why(story: &Story) -> Option<TimerWhy> {
    story.journey.timer.as_ref().map(|timer| timer.why)
}

fn diagnosis(story: &Story) -> &'static str {
    story
        .orders
        .last()
        .map_or("nothing was sent", |order| order.diagnosis.as_str())
}

fn is_provisional(story: &Story) -> bool {
    matches!(story.journey.phase, Phase::Completed { provisional: true, .. })
}

fn is_sure(story: &Story) -> bool {
    matches!(story.journey.phase, Phase::Completed { provisional: false, .. })
}

/// The next touch goes out, as the record stands.
fn touch(story: Story, snapshot: &Snapshot) -> Story {
    let customer = snapshot.customer().cloned().unwrap_or_default();
    looks(story, &customer).fire().status(snapshot.clone()).accepted()
}

#[test]
fn t2_who_was_invited_and_never_came_gets_the_gentle_series_and_then_ordinary_marketing() {
    let story = invited();
    assert_eq!(story.journey.series(), Series::Invitation);
    assert_eq!(story.journey.touches.len(), story.campaign.sharing.invitation.len());
    let story = touch(touch(story, &nobody()), &nobody());
    assert_eq!(
        (touches(&story.journey).as_str(), diagnosis(&story)),
        ("sent, sent", "invited")
    );
    let story = looks(story, &Customer::default()).fire().status(nobody());
    assert!(matches!(story.journey.phase, Phase::HandedBack { .. }));
}

#[test]
fn t2_told_twice_the_partner_begins_nothing_twice() {
    let story = invited();
    let before = story.journey.clone();
    assert_eq!(story.later("3h").event(Event::Invited).journey, before);
}

#[test]
fn t1_who_follows_the_link_and_stops_is_reminded_within_the_hour() {
    let story = looks(invited(), &Customer::default()).event(Event::LinkFollowed);
    assert_eq!((story.journey.series(), story.journey.episode), (Series::DropOff, 1));
    let followed = story.now;
    let story = touch(story, &nobody());
    assert_eq!(diagnosis(&story), "utility_not_connected");
    assert_eq!(story.now.duration_since(followed), SignedDuration::from_mins(45));
}

#[test]
fn t1_after_an_invitation_s_message_the_drop_off_is_an_episode_of_its_own() {
    let story = touch(invited(), &nobody()).later("10m").event(Event::LinkFollowed);
    assert_eq!((story.journey.series(), story.journey.episode), (Series::DropOff, 2));
    assert_eq!(touches(&story.journey), "waiting, waiting, waiting");
    let story = touch(story, &nobody());
    assert_eq!(
        (touches(&story.journey).as_str(), diagnosis(&story)),
        ("sent, waiting, waiting", "utility_not_connected")
    );
}

#[test]
fn t3_two_visits_without_success_are_another_message() {
    let story = invited()
        .event(Event::LinkFollowed)
        .later("5m")
        .event(Event::LinkFollowed);
    assert_eq!(diagnosis(&touch(story, &nobody())), "repeated_returns");
    let patient = of_bayou(Purpose::Enroll).campaign(|c| c.sharing.returns = 3);
    let mut patient = patient;
    let campaign = patient.campaign.clone();
    let id = journey_id("MSCOTT123");
    patient.journey = Journey::begin(
        id,
        Provider::Bayou,
        Purpose::Enroll,
        journey::Flow::Unknown,
        patient.now,
        &campaign,
    );
    let story = patient
        .event(Event::Invited)
        .event(Event::LinkFollowed)
        .later("5m")
        .event(Event::LinkFollowed);
    assert_eq!(diagnosis(&touch(story, &nobody())), "utility_not_connected");
}

#[test]
fn t5_a_connection_silences_at_once_and_is_confirmed_by_the_record() {
    let story = invited()
        .event(Event::LinkFollowed)
        .later("10m")
        .event(connects(Velocity::Instant));
    assert!(is_provisional(&story));
    assert_eq!(why(&story), Some(TimerWhy::Confirm));
    let confirmed = story.clone().fire().status(of(with_all_data()));
    assert!(is_sure(&confirmed));
    // Nobody signed it: a record that shows nothing takes it back, and the reminders go on.
    let forged = story.fire().status(nobody());
    assert!(forged.journey.is_live() && forged.notes.contains(&Note::CompletionContradicted));
    assert_eq!(diagnosis(&touch(forged, &nobody())), "utility_not_connected");
}

#[test]
fn t5_a_record_that_shows_the_connection_is_the_end_whatever_was_told() {
    let polled = look(invited(), Some(with_all_data()), None);
    assert!(is_sure(&polled));
    let asked = looks(invited(), &Customer::default()).fire().status(of(connected()));
    assert!(is_sure(&asked) && asked.orders.is_empty());
}

#[test]
fn t6_the_first_data_are_timed_from_the_login_and_by_the_webhook_that_the_record_confirms() {
    let story = invited()
        .event(connects(Velocity::Instant))
        .later("20s")
        .event(Event::DataAnnounced { kind: DataKind::Bills })
        .fire()
        .status(of(Customer {
            bills_are_ready: true,
            intervals_are_ready: true,
            ..connected()
        }));
    let clock = story.journey.data.clone().unwrap();
    assert_eq!(clock.took(DataKind::Bills), Some(SignedDuration::from_secs(20)));
    assert!(matches!(clock.bills, Delivery::Ready { heard: true, .. }));
    // Nobody told of these, so the time is that of the look.
    assert_eq!(clock.took(DataKind::Intervals), Some(SignedDuration::from_secs(60)));
    assert!(matches!(clock.intervals, Delivery::Ready { heard: false, .. }));
    // What a webhook says alone is no data.
    let alone = invited()
        .event(connects(Velocity::Instant))
        .later("20s")
        .event(Event::DataAnnounced { kind: DataKind::Bills })
        .fire()
        .status(of(connected()));
    assert!(alone.journey.data.unwrap().bills.is_awaited());
}

#[test]
fn t6_late_is_by_the_utility_s_own_speed_and_writes_to_nobody() {
    let late = |story: &Story| story.told.matches("DataLate").count();
    let instant = connected_with(Velocity::Instant, connected());
    assert_eq!(late(&instant), 2);
    let mut slow = connected_with(Velocity::Hours(24), connected());
    assert_eq!(late(&slow), 0);
    while late(&slow) == 0 {
        slow = look(slow, Some(connected()), None);
    }
    let waited = slow.now.duration_since(at(MORNING));
    assert_eq!(waited, SignedDuration::from_hours(26));
    // A connection that was lost brings no data: that is another matter.
    let Snapshot::Bayou(Some(gone)) = broken(true) else {
        panic!()
    };
    let gone = Customer {
        bills_are_ready: false,
        intervals_are_ready: false,
        ..gone
    };
    let mut lost = connected_with(Velocity::Hours(1), connected());
    for _ in 0..6 {
        lost = look(lost, Some(gone.clone()), None);
    }
    assert_eq!(late(&lost), 0);
    assert!(instant.orders.is_empty() && slow.orders.is_empty());
}

#[test]
fn t6_an_account_without_intervals_waits_for_none() {
    for customer in [
        Customer {
            account_has_intervals: Some(false),
            bills_are_ready: true,
            ..connected()
        },
        Customer {
            utility_has_intervals: Some(false),
            bills_are_ready: true,
            ..connected()
        },
    ] {
        let story = connected_with(Velocity::Instant, customer);
        assert_eq!(story.journey.data.as_ref().unwrap().intervals, Delivery::NotOffered);
        assert!(matches!(
            story.journey.phase,
            Phase::Completed {
                meter: MeterFollowUp::Arrived { .. },
                ..
            }
        ));
    }
}

#[test]
fn t7_an_unread_bill_is_news_and_tells_the_speed_where_nobody_has() {
    let story = invited().event(Event::Connected {
        at: None,
        velocity: None,
        utility: None,
    });
    let story = story.event(Event::DataNews {
        what: "unparsed_bill",
        velocity: Some(Velocity::Hours(24)),
    });
    assert_eq!(story.journey.data.as_ref().unwrap().velocity, Some(Velocity::Hours(24)));
    assert!(is_provisional(&story));
}

#[test]
fn t9_and_t10_a_loss_is_told_at_once_by_its_reason_and_then_by_the_series() {
    for (reason, message) in [
        (LossReason::CredentialsInvalid, "password_changed"),
        (LossReason::MfaExpired, "mfa_expired"),
        (LossReason::Untold, "access_lost"),
    ] {
        let mut story = loses(reason);
        let mut sent = Vec::new();
        for _ in 0..4 {
            story = touch(story, &broken(true));
            assert_eq!(diagnosis(&story), message);
            sent.push(story.now.duration_since(at(MORNING)).as_hours());
        }
        assert_eq!(sent, [0, 24, 72, 168]);
    }
}

#[test]
fn t10_a_lapsed_second_factor_is_told_when_the_phone_is_at_hand() {
    // Four in the morning in New York.
    let told = |why| {
        let mut story = of_bayou(Purpose::Reconnect);
        story.now = at("2026-07-02T08:00:00Z");
        let story = story
            .facts(|facts| facts.zones = vec![jiff::tz::TimeZone::get("America/New_York").unwrap()])
            .event(lost(why));
        let story = looks(story, &Customer::default()).fire().status(broken(true));
        (story.orders.len(), story.journey.timer.unwrap().due)
    };
    assert_eq!(told(LossReason::CredentialsInvalid).0, 1);
    let (sent, due) = told(LossReason::MfaExpired);
    let awake = at("2026-07-02T12:00:00Z");
    assert!(
        sent == 0 && due >= awake && due.duration_since(awake) < SignedDuration::from_mins(15),
        "{due}"
    );
}

#[test]
fn t9_reminders_of_the_same_contact_to_connect_do_not_keep_a_loss_from_being_told() {
    let reminded = |own: bool| {
        let story = loses(LossReason::CredentialsInvalid).facts(|facts| {
            let before = other_send("2026-07-01T11:00:00Z");
            facts.journeys = own.then(|| before.key.journey.clone()).into_iter().collect();
            facts.inbox.sends = vec![before];
        });
        looks(story, &Customer::default())
            .fire()
            .status(broken(true))
            .orders
            .len()
    };
    assert_eq!((reminded(true), reminded(false)), (1, 0));
}

#[test]
fn u4_broken_is_only_what_once_stood() {
    for flag_kept in [true, false] {
        assert_eq!(
            diagnosis(&touch(loses(LossReason::MfaExpired), &broken(flag_kept))),
            "mfa_expired"
        );
    }
    // All flags are gone, and we do not know of a connection either: somebody made the loss up.
    let unknown = of_bayou(Purpose::Reconnect).event(Event::ReauthorizationNeeded {
        why: LossReason::MfaExpired,
        was_connected: false,
    });
    let story = unknown.fire().status(nobody());
    assert!(
        story.orders.is_empty() && story.told.contains("NotConfirmed"),
        "{}",
        story.told
    );
    // The same flags, and we know of the connection.
    assert_eq!(
        diagnosis(&touch(loses(LossReason::MfaExpired), &nobody())),
        "mfa_expired"
    );
}

#[test]
fn a_loss_that_the_record_does_not_show_is_no_reason_to_write() {
    let story = loses(LossReason::CredentialsInvalid).fire().status(of(with_all_data()));
    assert!(is_sure(&story) && story.orders.is_empty());
}

#[test]
fn u6_told_again_it_is_one_episode_and_only_a_repair_opens_the_next() {
    let story = touch(loses(LossReason::Untold), &broken(true));
    let again = story.clone().later("1h").event(lost(LossReason::Untold));
    assert_eq!(again.journey, story.journey);
    // The reason is news.
    let told = again.event(lost(LossReason::MfaExpired));
    assert_eq!(
        (told.journey.episode, told.journey.occasion),
        (1, Some(Occasion::Lost(LossReason::MfaExpired)))
    );
    // Handed back, it stays so, however often it is told.
    let mut over = told;
    while over.journey.is_live() {
        over = looks(over, &broken(true).customer().cloned().unwrap())
            .fire()
            .status(broken(true));
        if over
            .journey
            .touches
            .iter()
            .any(|touch| matches!(touch, journey::TouchRecord::Claimed { .. }))
        {
            over = over.accepted();
        }
    }
    assert!(matches!(over.journey.phase, Phase::HandedBack { .. }));
    let still = over.clone().later("48h").event(lost(LossReason::MfaExpired));
    assert_eq!(still.journey, over.journey);
    // A repair, and the next loss is a new one, however soon and however many there were.
    let mut story = still
        .event(connects(Velocity::Instant))
        .fire()
        .status(of(with_all_data()));
    for episode in 2..12 {
        story = story.later("1h").event(lost(LossReason::MfaExpired));
        assert_eq!(story.journey.episode, episode);
        story = touch(story, &broken(false));
        story = story
            .event(connects(Velocity::Instant))
            .fire()
            .status(of(with_all_data()));
        assert!(is_sure(&story));
    }
}

#[test]
fn t11_repaired_by_any_route_is_silence_at_once() {
    let open = touch(loses(LossReason::MfaExpired), &broken(true));
    let told = open.clone().event(connects(Velocity::Instant));
    assert!(is_provisional(&told));
    let found = look(open.clone(), Some(with_all_data()), None);
    let Phase::Completed { evidence, .. } = found.journey.phase else {
        panic!()
    };
    assert_eq!(evidence, Evidence::Status);
    let asked = looks(open, broken(true).customer().unwrap())
        .fire()
        .status(of(with_all_data()));
    assert!(is_sure(&asked));
    assert_eq!(
        asked.journey.timer, None,
        "a repaired connection waits for nothing here"
    );
}

#[test]
fn t12_a_renewal_before_the_loss_is_off_unless_the_campaign_asks_for_it() {
    let story = connected_with(Velocity::Instant, with_all_data());
    let day = |n: i64| at(MORNING).checked_add(SignedDuration::from_hours(24 * n)).unwrap();
    let ask = |story: &Story, code, day| renewal(&story.journey, None, code, day, &story.campaign);
    assert_eq!(ask(&story, true, day(80)), None);
    let allowed = story.campaign(|c| c.sharing.renew_after = Some(SignedDuration::from_hours(24 * 75)));
    assert_eq!(ask(&allowed, true, day(74)), None);
    assert_eq!(ask(&allowed, true, day(75)), Some(Occasion::Expected));
    assert_eq!(ask(&allowed, false, day(75)), None, "no second step, no end to expect");
    // Another login is another beginning.
    let mut again = allowed;
    again.now = day(70);
    let again = again.event(connects(Velocity::Instant));
    assert_eq!(ask(&again, true, day(80)), None);
    assert_eq!(ask(&again, true, day(145)), Some(Occasion::Expected));
}

#[test]
fn t12_a_renewal_ends_with_the_next_login_and_gives_way_to_a_loss() {
    let due = Event::RenewalDue {
        occasion: Occasion::Expected,
    };
    let story = touch(of_bayou(Purpose::Reconnect).event(due.clone()), &of(with_all_data()));
    assert_eq!(diagnosis(&story), "renewal_due");
    let renewed = story.clone().event(connects(Velocity::Instant));
    assert!(is_sure(&renewed));
    let lost = story.event(lost(LossReason::MfaExpired));
    assert_eq!((lost.journey.episode, lost.journey.series()), (2, Series::Reconnect));
    // What was lost is mended first: nothing is renewed meanwhile.
    let meanwhile = lost.clone().event(due);
    assert_eq!(meanwhile.journey, lost.journey);
}

#[test]
fn t13_a_consent_s_end_is_told_30_7_and_1_days_before_and_once_after() {
    let ends = at("2026-08-05T16:00:00Z");
    let mut story = of_bayou(Purpose::Reconnect).at("2026-07-06T16:00:00Z");
    let campaign = story.campaign.clone();
    let id = journey_id("MSCOTT123");
    story.journey = Journey::begin(
        id,
        Provider::Bayou,
        Purpose::Reconnect,
        journey::Flow::Unknown,
        story.now,
        &campaign,
    );
    let mut story = story.event(Event::RenewalDue {
        occasion: Occasion::ConsentEnds(ends),
    });
    let mut told = Vec::new();
    for _ in 0..4 {
        story = touch(story, &of(with_all_data()));
        told.push((story.now.duration_since(ends).as_hours() / 24, diagnosis(&story)));
    }
    let ending = "consent_ending";
    assert_eq!(told, [(-30, ending), (-7, ending), (-1, ending), (0, "consent_ended")]);
}

#[test]
fn t13_a_later_end_is_a_renewal_and_the_same_end_begins_nothing_again() {
    let ends = |day: &str| at(&format!("{day}T16:00:00Z"));
    let due = |day| Event::RenewalDue {
        occasion: Occasion::ConsentEnds(ends(day)),
    };
    let story = of_bayou(Purpose::Reconnect).event(due("2026-07-20"));
    let changed = |story: Story, day: Option<&str>| {
        let facts = journey::contact::Facts {
            sharing_ends_at: day.map(ends),
            ..story.facts.clone()
        };
        story.event(Event::ContactChanged { facts })
    };
    let same = changed(story.clone(), Some("2026-07-20"));
    assert!(same.journey.is_live());
    let renewed = changed(story, Some("2027-07-20"));
    let Phase::Completed { evidence, .. } = renewed.journey.phase else {
        panic!()
    };
    assert_eq!(evidence, Evidence::Renewed);
    let again = renewed.clone().later("48h").event(due("2026-07-20"));
    assert_eq!(again.journey, renewed.journey);
    let next_year = renewed.later("48h").event(due("2027-07-20"));
    assert_eq!((next_year.journey.is_live(), next_year.journey.episode), (true, 2));
}

#[test]
fn t13_who_does_not_mend_a_lost_connection_is_asked_for_nothing_more_until_a_repair() {
    let end = Occasion::ConsentEnds(at("2026-08-05T16:00:00Z"));
    let mut story = loses(LossReason::MfaExpired);
    for _ in 0..4 {
        story = touch(story, &broken(true));
    }
    let story = looks(story, broken(true).customer().unwrap())
        .fire()
        .status(broken(true));
    assert!(matches!(story.journey.phase, Phase::HandedBack { .. }));
    // Day after day the record shows the same loss, and the same end: they do not take turns.
    for occasion in [Occasion::Expected, end] {
        let due = story.clone().later("24h").event(Event::RenewalDue { occasion });
        assert_eq!(due.journey, story.journey, "{occasion:?}");
        let seen = due.event(Event::StatusSeen {
            snapshot: broken(true),
            region: None,
            classification: journey::contact::Classification::default(),
        });
        assert_eq!(seen.journey, story.journey, "{occasion:?}");
    }
    let mended = story
        .event(connects(Velocity::Instant))
        .fire()
        .status(of(with_all_data()));
    let due = mended.later("24h").event(Event::RenewalDue { occasion: end });
    assert_eq!(
        (due.journey.is_live(), due.journey.series()),
        (true, Series::ConsentEnd)
    );
}

/// The contact is stored, for the first time or again.
fn stored(story: Story) -> Story {
    let facts = story.facts.clone();
    story.event(Event::ContactChanged { facts })
}

#[test]
fn t14_who_is_stored_again_is_looked_after_again() {
    let erased = connected_with(Velocity::Instant, with_all_data()).event(Event::ContactErased);
    let again = stored(erased.later("1h"));
    assert_eq!((is_sure(&again), why(&again)), (true, Some(TimerWhy::Meter)));
    let seen = look(again, Some(with_all_data()), Some(Newest::default()));
    let due = seen
        .journey
        .timer
        .as_ref()
        .map(|timer| timer.due.duration_since(seen.now));
    assert_eq!(due, Some(SignedDuration::from_hours(24)));
    assert_eq!(
        stored(seen.clone()).journey,
        seen.journey,
        "stored again, it means nothing"
    );
}

#[test]
fn u1_a_connection_told_of_while_nobody_could_be_asked_for_is_confirmed_once_somebody_is_known() {
    let nobody_known = of_bayou(Purpose::Enroll).event(connects(Velocity::Instant)).fire();
    let untold = nobody_known.unavailable(Unavailable::UnknownContact);
    let erased = invited().event(Event::ContactErased).event(connects(Velocity::Instant));
    for silenced in [untold, erased] {
        assert!(is_sure(&silenced), "nobody is left to be asked for");
        let known = stored(silenced.later("1h"));
        assert_eq!((is_provisional(&known), why(&known)), (true, Some(TimerWhy::Confirm)));
        let forged = known.clone().fire().status(nobody());
        assert!(forged.journey.is_live());
        let real = known.fire().status(of(with_all_data()));
        assert_eq!((is_sure(&real), why(&real)), (true, Some(TimerWhy::Meter)));
    }
}

#[test]
fn looks_for_first_data_become_fewer_even_where_nobody_says_when_the_connection_was_made() {
    // No webhook told of it, and the record has no date.
    let mut story = look(invited(), Some(connected()), None);
    let learned_at = story.now;
    let mut looked = 0;
    while story.now < learned_at.checked_add(SignedDuration::from_hours(24)).unwrap() {
        story = look(story, Some(connected()), None);
        looked += 1;
    }
    assert!((10..30).contains(&looked), "{looked} looks in a day");
}

#[test]
fn t13_who_is_stored_again_with_a_later_end_is_not_told_of_the_earlier_one() {
    let ends = |day: &str| at(&format!("{day}T16:00:00Z"));
    let occasion = Occasion::ConsentEnds(ends("2026-07-20"));
    let erased = of_bayou(Purpose::Reconnect)
        .event(Event::RenewalDue { occasion })
        .event(Event::ContactErased);
    let again = |day: &str| {
        let facts = journey::contact::Facts {
            sharing_ends_at: Some(ends(day)),
            ..erased.facts.clone()
        };
        erased.clone().later("1h").event(Event::ContactChanged { facts })
    };
    assert!(again("2026-07-20").journey.is_live());
    assert!(is_sure(&again("2027-07-20")));
}

#[test]
fn t14_an_erased_person_is_never_begun_again() {
    let erased = connected_with(Velocity::Instant, with_all_data()).event(Event::ContactErased);
    assert_eq!(
        (erased.journey.timer.clone(), erased.journey.data.clone()),
        (None, None)
    );
    let gone = loses(LossReason::MfaExpired).event(Event::ContactErased);
    let told = gone.clone().later("1h").event(lost(LossReason::MfaExpired));
    assert_eq!(told.journey.phase, gone.journey.phase);
    let Phase::Stopped { why, .. } = told.journey.phase else {
        panic!()
    };
    assert_eq!(why, StopReason::Erased);
    let due = gone.later("2h").event(Event::RenewalDue {
        occasion: Occasion::Expected,
    });
    assert!(!due.journey.is_live());
}

#[test]
fn a_bill_or_an_account_by_hand_is_the_end_and_a_connection_after_it_is_welcome() {
    let story = invited().event(Event::LinkFollowed).later("10m");
    let given = story.event(Event::FallbackGiven { what: Given::Bill });
    let Phase::Completed {
        evidence, ref meter, ..
    } = given.journey.phase
    else {
        panic!()
    };
    assert_eq!((evidence, meter), (Evidence::Fallback, &MeterFollowUp::NotAwaited));
    assert_eq!(given.journey.timer, None);
    let later = given.later("48h").event(connects(Velocity::Instant));
    assert!(later.journey.data.is_some());
    assert_eq!(why(&later), Some(TimerWhy::Meter));
}

#[test]
fn new_data_that_stop_silently_are_told_once_and_so_is_their_coming_back() {
    let story = connected_with(Velocity::Instant, with_all_data());
    let newest = |day: &str| {
        Some(Newest {
            bill: Some(at("2026-06-28T00:00:00Z")),
            interval: Some(at(&format!("{day}T00:00:00Z"))),
        })
    };
    let count = |story: &Story, what: &str| story.told.matches(what).count();
    let mut story = look(story, Some(with_all_data()), newest("2026-07-01"));
    for _ in 0..5 {
        story = look(story, Some(with_all_data()), newest("2026-07-01"));
    }
    assert_eq!((count(&story, "DataStale"), count(&story, "DataFresh")), (1, 0));
    let story = look(story, Some(with_all_data()), newest("2026-07-06"));
    assert_eq!((count(&story, "DataStale"), count(&story, "DataFresh")), (1, 1));
    // A lost connection is another matter.
    let Snapshot::Bayou(Some(gone)) = broken(true) else {
        panic!()
    };
    let mut lost = look(
        connected_with(Velocity::Instant, with_all_data()),
        Some(gone.clone()),
        newest("2026-07-01"),
    );
    for _ in 0..5 {
        lost = look(lost, Some(gone.clone()), newest("2026-07-01"));
    }
    assert_eq!(count(&lost, "DataStale"), 0);
}

#[test]
fn looks_at_an_open_customer_come_soon_and_then_less_and_less_often() {
    let mut story = invited();
    let mut at_minutes = Vec::new();
    while why(&story) == Some(TimerWhy::Poll) {
        story = look(story, Some(Customer::default()), None);
        at_minutes.push(story.now.duration_since(at(MORNING)).as_mins());
    }
    assert_eq!(
        at_minutes,
        [5, 10, 15, 22, 33, 50, 75, 113, 170, 256, 384, 576, 864, 1297]
    );
    // One that could not be made is made up for by the next.
    let timer = invited().journey.timer.clone().unwrap();
    let mut story = invited();
    story.now = timer.due;
    let story = story.event(Event::MetersUnavailable {
        generation: timer.generation,
        why: Unavailable::Failing,
    });
    assert_eq!(why(&story), Some(TimerWhy::Poll));
}
