//! Traps that hold for every provider's customers, and for those of Light as well.

use super::*;
use journey::campaign::Channel;
use journey::{Evidence, Phase, SkipReason};
use support::{other_send, places, span, zone};

/// Texts alone, to somebody in Texas, where both of its zones count; without our own rule beside the law's.
fn texted(begun_at: &str) -> Story {
    let mut story = Story::new().at(begun_at).campaign(|campaign| {
        for rule in &mut campaign.touches {
            rule.channels = vec![Channel::Sms, Channel::Email];
        }
    });
    story.journey = Journey::begin(
        journey_id("00000000-0000-4000-8000-000000000001"),
        Provider::Light,
        Purpose::Enroll,
        journey::Flow::Unknown,
        at(begun_at),
        &story.campaign,
    );
    story
        .facts(|facts| facts.places = places(&["TX"], &[]))
        .event(Event::AccountOpened)
}

fn sent_by(story: &Story) -> Option<Channel> {
    story.orders.last().map(|order| order.key.channel)
}

#[test]
fn trap_11_two_accounts_are_two_journeys_of_one_person_with_one_series() {
    let ids = ["account-1", "account-2"].map(journey_id);
    assert_ne!(ids[0], ids[1], "the key is the account");
    let story = opened().facts(|facts| facts.inbox.sends = vec![other_send("2026-07-01T15:30:00Z")]);
    let story = story.asked(&nothing());
    assert!(story.told.contains("Skipped(1, OtherSeries)"), "{}", story.told);
}

#[test]
fn trap_12_nobody_concludes_from_a_search_that_was_not_seen() {
    // A preliminary address skips it: plans are requested, and even accepted, without one.
    let requested = opened().webhook(step(Milestone::PlanRequested, ToldBy::Webhook));
    assert_eq!(
        requested.asked(&nothing()).message().unwrap().0,
        Diagnosis::PlanNotChosen
    );
    assert_eq!(told_of(&accepted()).unwrap().0, Diagnosis::BillingAddressMissing);
}

#[test]
fn trap_35_a_text_keeps_the_hours_of_texas_in_both_of_its_zones() {
    // Opened on a Wednesday so that it is due at 08:45 in Dallas and 07:45 in El Paso: nine in El Paso is ten in Dallas.
    let story = texted("2026-07-01T13:00:00Z")
        .campaign(|campaign| {
            campaign.touches[0].until = span("3h");
            campaign.touches[0].channels = vec![Channel::Sms];
        })
        .asked(&nothing());
    assert_eq!(story.message(), None);
    assert!(story.told.contains("Held(1, QuietHours"), "{}", story.told);
    let dallas = zone("America/Chicago");
    let until = story.journey.timer.as_ref().unwrap().due.to_zoned(dallas);
    assert!(until.hour() >= 10, "{until}");
}

#[test]
fn trap_35_without_a_consent_no_text_goes() {
    let story = texted("2026-07-01T16:00:00Z")
        .facts(|facts| facts.sms = journey::contact::Permission::NoConsent)
        .asked(&nothing());
    assert_eq!(sent_by(&story), Some(Channel::Email));
    assert!(
        story.told.contains("ChannelPassed(1, Sms, NoConsent)"),
        "{}",
        story.told
    );
}

#[test]
fn trap_36_one_text_in_a_journey_and_then_mails() {
    let mut story = texted("2026-07-01T16:00:00Z").asked(&nothing());
    assert_eq!(sent_by(&story), Some(Channel::Sms));
    for _ in 0..2 {
        story = story.accepted().asked(&nothing());
        assert_eq!(sent_by(&story), Some(Channel::Email));
    }
}

#[test]
fn trap_37_a_deferred_touch_looks_again_when_it_goes_and_is_not_bunched() {
    // Due late in the evening, so it waits for the morning; by then the customer has finished.
    let story = texted("2026-07-02T02:00:00Z")
        .campaign(|campaign| {
            campaign.touches[0].until = span("19h");
            campaign.touches[0].channels = vec![Channel::Sms];
        })
        .asked(&nothing());
    assert!(story.told.contains("Held(1, QuietHours"), "{}", story.told);
    let finished = story.clone().asked(&finalized());
    assert!(matches!(
        finished.journey.phase,
        Phase::Completed {
            evidence: Evidence::Status,
            ..
        }
    ));
    // Nobody looked until the second was due as well: one message, not two.
    let mut late = story;
    late = late.fire_late("7h").status(Snapshot::Light(Some(nothing())));
    assert_eq!(late.orders.len(), 1);
    assert!(
        late.told.contains(&format!("Skipped(1, {:?})", SkipReason::Collapsed))
            || late.told.contains(&format!("Skipped(1, {:?})", SkipReason::QuietHours))
            || late
                .told
                .contains(&format!("Skipped(1, {:?})", SkipReason::WindowClosed)),
        "{}",
        late.told
    );
}

#[test]
fn trap_45_the_first_delay_is_an_experiment_with_a_holdout_drawn_at_the_beginning() {
    let story = opened();
    let standard = Campaign::standard().experiment;
    let id = |n: u32| journey_id(&format!("00000000-0000-4000-8000-{n:012}"));
    let arms: std::collections::BTreeSet<String> = (0..500).map(|n| standard.assign(&id(n)).arm).collect();
    assert!(arms.len() >= 5, "four delays and the holdout: {arms:?}");
    assert_eq!(
        story.journey.assignment,
        story.campaign.experiment.assign(&story.journey.id)
    );
}

#[test]
fn trap_46_a_grant_that_ends_is_no_matter_of_the_enrolment() {
    // Its renewal has a journey of its own, where a provider has connections that end; Light has none.
    assert_eq!(Provider::Light.purposes(), [Purpose::Enroll]);
    let ends = at("2027-07-01T16:00:00Z");
    let story = opened().asked(&finalized()).event(Event::ContactChanged {
        facts: journey::contact::Facts {
            sharing_ends_at: Some(ends),
            ..support::facts()
        },
    });
    assert!(matches!(story.journey.phase, Phase::Completed { .. }));
    let soon = at("2027-06-15T16:00:00Z");
    assert_eq!(
        journey::renewal(&story.journey, Some(ends), false, soon, &story.campaign),
        None
    );
}
