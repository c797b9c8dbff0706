//! Connections and consents that end soon.

use super::*;

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
