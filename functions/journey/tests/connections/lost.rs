//! Connections that are lost and repaired.

use super::*;

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
