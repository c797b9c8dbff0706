//! What the record says: traps 19 to 25.

use super::*;

#[test]
fn trap_19_an_authorization_is_progress_in_a_connect_flow() {
    let story = left().later("3m").webhook(login_succeeded());
    assert_eq!(phase(&story), "Live");
    // Its session may be told later: then what looked like the end was none.
    let story = Story::new()
        .webhook(login_succeeded())
        .later("1m")
        .webhook(Event::SessionOpened);
    assert_eq!(phase(&story), "Live");
    assert_eq!(story.journey.flow, Flow::Connect);
    assert!(story.journey.milestones.contains(&Milestone::LoginSucceeded));
}

#[test]
fn trap_19_an_authorization_of_one_of_two_required_utilities_is_not_the_end() {
    let two = |status, error| {
        let mut record = record(ConnectionStatus::Partial, MORNING);
        record.utilities = vec![
            utility(ASKED_FOR, true, UtilityStatus::Connected, None),
            utility(ANOTHER, true, status, error),
        ];
        snapshot([record])
    };
    for (status, error) in [
        (UtilityStatus::NotConnected, None),
        (UtilityStatus::Error, Some(UtilityErrorCode::UserCanceled)),
        (UtilityStatus::Error, Some(UtilityErrorCode::UtilityError)),
        (UtilityStatus::Error, Some(UtilityErrorCode::TechnicalError)),
    ] {
        // The CREATED was lost and the partner did not say which flow it is.
        let story = Story::new()
            .facts(|f| f.flow = Flow::Unknown)
            .webhook(login_succeeded())
            .fire()
            .status(two(status, error));
        assert_eq!(phase(&story), "Live", "the other is {status:?} {error:?}");
    }
}

#[test]
fn trap_19_a_link_known_to_open_connect_makes_an_authorization_progress() {
    // The CREATED was lost, and the link's flow is learned only with the contact.
    let story = Story::new()
        .facts(|f| f.flow = Flow::Connect)
        .webhook(login_succeeded())
        .fire()
        .status(nothing());
    assert_eq!(phase(&story), "Live", "{}", story.told);
}

#[test]
fn trap_20_complete_is_what_the_status_says_not_what_an_empty_list_implies() {
    let mut empty = record(ConnectionStatus::Completed, MORNING);
    empty.utilities.clear();
    assert_eq!(
        phase(&first_touch(snapshot([empty.clone()]))),
        "Completed(Status, sure, 0 looks)"
    );
    // The other way round: nothing required and nothing listed is not complete.
    empty.status = journey::status::Known::Value(ConnectionStatus::Partial);
    let story = first_touch(snapshot([empty]));
    assert_eq!(story.orders[0].diagnosis, Diagnosis::UtilityNotConnected);
    // None flagged required, one tried in vain.
    let mut tried = record(ConnectionStatus::Partial, MORNING);
    tried.utilities = vec![utility(ASKED_FOR, false, UtilityStatus::NotConnected, None)];
    assert_eq!(first_touch(snapshot([tried])).sent(), [1]);
}

#[test]
fn trap_21_a_stray_error_beside_the_connected_utility_is_no_reason_to_nag() {
    let mut stray = record(ConnectionStatus::Partial, MORNING);
    stray.utilities = vec![
        utility(ASKED_FOR, true, UtilityStatus::Connected, None),
        utility(
            ANOTHER,
            false,
            UtilityStatus::Error,
            Some(UtilityErrorCode::UserInvalidCredentials),
        ),
    ];
    for status in [ConnectionStatus::Partial, ConnectionStatus::Error] {
        stray.status = journey::status::Known::Value(status);
        let story = first_touch(snapshot([stray.clone()])).noted(match status {
            ConnectionStatus::Partial => expect!["Diagnosed(NothingLeft) · Skipped(1, NothingLeft)"],
            ConnectionStatus::NotStarted | ConnectionStatus::Completed | ConnectionStatus::Error => {
                expect!["Diagnosed(NothingLeft) · Skipped(1, NothingLeft)"]
            }
        });
        assert!(story.orders.is_empty());
    }
    // A required one in error is not hopeless.
    let story = first_touch(failed(Some(UtilityErrorCode::UserInvalidCredentials), MORNING));
    assert_eq!(story.orders[0].diagnosis, Diagnosis::CredentialsInvalid);
}

#[test]
fn trap_22_another_utility_than_the_requested_one_has_a_stop_rule() {
    let story = first_touch(wrong_utility(MORNING));
    assert_eq!(phase(&story), "Stopped(WrongUtility)");
    assert!(story.journey.timer.is_none());
    let story = left()
        .campaign(|c| c.policies.wrong_utility = FollowUp::Remind)
        .fire()
        .status(wrong_utility(MORNING));
    assert_eq!(story.orders[0].diagnosis, Diagnosis::WrongUtility);
}

#[test]
fn trap_23_an_explicit_refusal_is_a_matter_of_policy() {
    let declined = agreement(Answer::Declined, MORNING);
    let reminded = first_touch(declined.clone());
    assert_eq!(reminded.orders[0].diagnosis, Diagnosis::AgreementDeclined);
    let story = left()
        .campaign(|c| c.policies.agreement_declined = FollowUp::Stop)
        .fire()
        .status(declined);
    assert_eq!(phase(&story), "Stopped(AgreementDeclined)");

    let closed = left().later("2m").webhook(Event::SessionClosed);
    assert_eq!(closed.clone().fire_late("5m").status(partial(MORNING)).sent(), [1]);
    let story = closed
        .campaign(|c| c.policies.session_closed = FollowUp::Stop)
        .fire_late("5m")
        .status(partial(MORNING));
    assert_eq!(phase(&story), "Stopped(SessionClosed)");
}

#[test]
fn trap_24_the_ineligible_get_nothing() {
    let story = first_touch(failed(Some(UtilityErrorCode::UserIneligible), MORNING));
    assert!(story.orders.is_empty());
    assert_eq!(phase(&story), "Stopped(Ineligible)");
}

#[test]
fn trap_24_a_fault_that_is_not_the_customers_waits_for_recovery() {
    for (error, diagnosis) in [
        (UtilityErrorCode::TechnicalError, Diagnosis::ProviderDown),
        (UtilityErrorCode::UtilityError, Diagnosis::UtilityDown),
    ] {
        let down = failed(Some(error), MORNING);
        let story = first_touch(down.clone());
        assert!(story.orders.is_empty(), "too early");
        assert!(
            matches!(story.journey.touches[0], TouchRecord::Skipped { .. }),
            "6 h do not fit into touch 1"
        );
        let story = story.fire().status(down);
        assert_eq!(story.orders[0].diagnosis, diagnosis, "its own words, at touch 2");
    }
}

#[test]
fn trap_24_each_error_has_its_own_words() {
    for (error, diagnosis) in [
        (
            Some(UtilityErrorCode::UserInvalidCredentials),
            Diagnosis::CredentialsInvalid,
        ),
        (Some(UtilityErrorCode::AuthMfaError), Diagnosis::MfaFailed),
        (Some(UtilityErrorCode::UserCanceled), Diagnosis::Cancelled),
        (None, Diagnosis::LoginFailed),
    ] {
        assert_eq!(first_touch(failed(error, MORNING)).orders[0].diagnosis, diagnosis);
    }
    // FAILED has no reason: the API is asked why.
    let story = left()
        .later("2m")
        .webhook(login_failed())
        .fire_late("5m")
        .ordered(expect!["Recheck"]);
    let story = story.status(failed(Some(UtilityErrorCode::AuthMfaError), MORNING));
    assert_eq!(story.orders[0].diagnosis, Diagnosis::MfaFailed);
}

#[test]
fn trap_25_an_unknown_status_sends_nothing_and_alerts() {
    let story = first_touch(unheard_of(MORNING));
    assert!(story.orders.is_empty());
    assert!(story.notes.iter().any(Note::is_alert));
    assert!(left().seen(unheard_of(MORNING)).notes.iter().any(Note::is_alert));
}

#[test]
fn trap_25_an_unknown_error_code_sends_nothing_and_alerts() {
    let mut odd = record(ConnectionStatus::Error, MORNING);
    odd.utilities[0].error = Some(journey::status::Known::other("UTILITY_MOVED"));
    let story = first_touch(snapshot([odd]));
    assert!(story.orders.is_empty());
    assert!(story.notes.iter().any(Note::is_alert));
}

#[test]
fn trap_25_an_unknown_status_at_a_confirmation_alerts() {
    let story = Story::new()
        .webhook(login_succeeded())
        .fire()
        .status(unheard_of(MORNING));
    assert!(story.notes.iter().any(Note::is_alert), "{}", story.told);
}

#[test]
fn trap_25_an_unknown_status_does_not_open_a_completed_journey_again() {
    let story = left()
        .later("5m")
        .webhook(Event::SessionCompleted)
        .later("2h")
        .seen(unheard_of("2026-07-01T17:30:00Z"));
    assert_eq!(
        (story.journey.episode, phase(&story).as_str()),
        (1, "Completed(Session, sure, 0 looks)")
    );
}
