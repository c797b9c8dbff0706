//! Flows, references, people and sending: traps 27 to 38.

use super::*;

#[test]
fn trap_27_direct_to_utility_begins_fails_and_ends_by_authorization_events_alone() {
    let begun = Story::new().flow(Flow::DirectToUtility).webhook(login_reached());
    begun
        .clone()
        .stands(expect!["Live | Touch 2026-07-01T16:45:00Z | waiting, waiting, waiting"]);
    let reminded = begun
        .clone()
        .later("1m")
        .webhook(login_failed())
        .fire_late("2m")
        .status(nothing());
    assert_eq!(reminded.orders[0].diagnosis, Diagnosis::LoginFailed);
    let done = begun.later("1m").webhook(login_succeeded());
    assert_eq!(phase(&done), "Completed(Authorization, provisional, 0 looks)");
    let sure = done.fire().status(nothing());
    assert_eq!(phase(&sure), "Completed(Authorization, sure, 0 looks)");
    assert!(sure.until_the_end(&nothing()).sent().is_empty());
}

#[test]
fn trap_27_direct_to_utility_completes_after_the_handing_back_too() {
    let story = Story::new()
        .flow(Flow::DirectToUtility)
        .webhook(login_reached())
        .until_the_end(&nothing());
    assert_eq!(phase(&story), "HandedBack");
    let story = story.later("1d").webhook(login_succeeded());
    assert!(matches!(story.journey.phase, Phase::Completed { .. }), "{}", story.told);
}

#[test]
fn trap_27_an_unlisted_direct_customer_is_a_matter_of_policy() {
    let story = Story::new()
        .flow(Flow::DirectToUtility)
        .campaign(|c| c.policies.direct_to_utility_unlisted = Unlisted::Hold)
        .webhook(login_reached())
        .fire()
        .status(nothing());
    assert!(story.orders.is_empty());
}

#[test]
fn trap_28_an_initiated_before_a_late_created_is_one_sequence() {
    let story = Story::new()
        .webhook(login_reached())
        .later("20m")
        .webhook(Event::SessionOpened);
    assert_eq!((story.journey.flow, story.journey.episode), (Flow::Connect, 1));
    assert_eq!(story.until_the_end(&partial("2026-07-01T16:20:00Z")).sent(), [1, 2, 3]);
    // The link's flow is known beforehand, and the CREATED is lost: no record, no message.
    let story = Story::new()
        .flow(Flow::Connect)
        .webhook(login_reached())
        .fire()
        .status(nothing());
    assert!(story.orders.is_empty());
}

#[test]
fn trap_30_two_references_of_one_inbox_are_one_series() {
    let crowded = |story: Story| story.facts(|f| f.inbox.sends = vec![other_send("2026-06-30T16:00:00Z")]);
    let story = crowded(left()).fire().status(partial(MORNING));
    assert!(story.orders.is_empty());
    story.noted(expect!["Diagnosed(UtilityNotConnected) · Skipped(1, OtherSeries)"]);
    let story = crowded(left())
        .campaign(|c| c.caps.one_series_per_inbox = false)
        .fire()
        .status(partial(MORNING));
    assert_eq!(story.sent(), [1]);
}

#[test]
fn trap_31_only_the_references_completed_authorization_is_evidence() {
    let seen = |meter: MeterFound| left().webhook(Event::SessionCompleted).meters(vec![meter]);
    assert_eq!(phase(&seen(meter())), "Completed(Session, sure, arrived)");
    // A partner_reference is single and mutable: by itself it shows nothing.
    let by_partner_reference = MeterFound {
        authorized_by_reference: false,
        ..meter()
    };
    assert_eq!(phase(&seen(by_partner_reference)), "Completed(Session, sure, 1 looks)");
}

#[test]
fn trap_32_an_announced_meter_is_looked_up_before_it_stops_anything() {
    let kind = Some(MeterKind::UtilityMeter);
    let announced = left().later("10m").webhook(Event::MeterAnnounced { kind });
    assert!(announced.journey.is_live(), "an announcement alone proves nothing");
    let asked = announced.fire().ordered(expect!["Recheck with meters"]);
    let done = asked.clone().status_and_meters(partial(MORNING), vec![meter()]);
    assert!(matches!(done.journey.phase, Phase::Completed { .. }));
    assert!(done.orders.is_empty());
    let by_partner = MeterFound {
        created_by_partner: true,
        ..meter()
    };
    let device = MeterFound {
        kind: MeterKind::Device,
        ..meter()
    };
    let still = asked.status_and_meters(partial(MORNING), vec![by_partner, device]);
    assert_eq!(still.sent(), [1]);
}

#[test]
fn trap_32_no_meter_after_completion_is_no_reason_to_remind() {
    let mut story = left().webhook(Event::SessionCompleted);
    while story.journey.timer.is_some() {
        story = story.meters(Vec::new());
    }
    assert!(story.sent().is_empty());
    assert_eq!(story.journey.episode, 1);
}

#[test]
fn trap_33_required_actions_never_reopen() {
    let what = "required-actions IS_AUTHORIZED";
    let done = left().webhook(Event::SessionCompleted).later("40d");
    let news = done.clone().webhook(Event::MeterEnrollmentChanged { what });
    assert_eq!(
        (&news.journey.phase, &news.journey.timer),
        (&done.journey.phase, &done.journey.timer)
    );
    let back = left()
        .until_the_end(&partial(MORNING))
        .later("40d")
        .webhook(Event::MeterEnrollmentChanged { what });
    assert_eq!(phase(&back), "HandedBack");
}

#[test]
fn trap_36_a_forged_created_is_verified_before_the_first_send_and_a_completed_gives_way_to_the_record() {
    // Nobody clicked: the provider knows nothing of it.
    assert!(first_touch(nothing()).orders.is_empty());
    // A forged COMPLETED silences, until the record shows what really goes on.
    let silenced = left().later("1m").webhook(Event::SessionCompleted).later("1h");
    let anew = silenced.seen(partial("2026-07-01T16:30:00Z"));
    assert_eq!(phase(&anew), "Live");
}

#[test]
fn trap_38_consent_is_read_at_the_time_of_the_send() {
    for (permission, reason) in [
        (
            Permission::OptedOut,
            "Diagnosed(UtilityNotConnected) · Skipped(1, OptedOut)",
        ),
        (
            Permission::Suppressed,
            "Diagnosed(UtilityNotConnected) · Skipped(1, Suppressed)",
        ),
        (
            Permission::NoAddress,
            "Diagnosed(UtilityNotConnected) · Skipped(1, NoAddress)",
        ),
    ] {
        let story = left().fire().facts(|f| f.email = permission).status(partial(MORNING));
        assert_eq!(support::notes(&story.notes), reason);
        assert!(story.orders.is_empty());
    }
}

#[test]
fn trap_38_a_completion_between_check_and_send_still_counts() {
    // The claim is written; the COMPLETED lands before the sender answers.
    let story = first_touch(partial(MORNING))
        .later("1s")
        .webhook(Event::SessionCompleted);
    let story = story.accepted();
    assert_eq!(phase(&story), "Completed(Session, sure, 0 looks)");
    assert!(matches!(story.journey.touches[0], TouchRecord::Sent { .. }));
    assert_eq!(story.until_the_end(&completed(MORNING)).sent(), [1]);
}

#[test]
fn trap_38_caps_hold_over_all_references_of_the_inbox() {
    let full = Inbox {
        version: 2,
        sends: vec![other_send("2026-06-30T18:00:00Z"), other_send("2026-06-30T20:00:00Z")],
        suppressed: journey::contact::Suppression::default(),
    };
    let story = left()
        .campaign(|c| c.caps.one_series_per_inbox = false)
        .facts(|f| f.inbox = full)
        .fire()
        .status(partial(MORNING));
    assert!(story.orders.is_empty());
    story.noted(expect!["Diagnosed(UtilityNotConnected) · Skipped(1, Cap)"]);
}

#[test]
fn trap_38_a_throttled_sender_is_not_a_sent_message() {
    let story = first_touch(partial(MORNING)).outcome(SendOutcome::Throttled);
    let story = story.fire().status(partial(MORNING)).accepted();
    assert_eq!(
        story.orders.iter().map(|order| order.key.attempt).collect::<Vec<_>>(),
        [1, 2]
    );
}
