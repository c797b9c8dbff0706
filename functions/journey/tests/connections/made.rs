//! Connections that are made, or not: who was invited, who followed the link, who got through.

use super::*;

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
