//! After the end: completed, handed back, or stopped.

use super::*;

#[test]
fn while_a_completion_is_provisional() {
    check(
        &provisional().later("6m"),
        expect![[r#"
            Completed(Authorization, provisional, 0 looks) | Confirm 2026-07-01T16:06:00Z | waiting, waiting, waiting
            session opened, step reached, session closed: Live | Touch 2026-07-01T16:46:00Z | waiting, waiting, waiting [CompletionContradicted · SignOfLife(..)]
            session completed: Completed(Session, sure, 0 looks) | Meter 2026-07-02T16:01:00Z | waiting, waiting, waiting [Completed(Session)]
            login reached, login failed, login succeeded, link followed: stands [Absorbed(..)]
            utility meter announced, some meter announced: stands [MeterNews("utility_meter")]
            device announced: stands [MeterNews("device")]
            enrolment changed: stands [MeterNews("global-status ACTIVE")]
            meter found, no meter found, no meter search, old timer, old recheck: unchanged [StaleTimer]
            complete in passing, recheck: complete: Completed(Status, sure, 0 looks) | Meter 2026-07-02T16:01:00Z | waiting, waiting, waiting [Completed(Status)]
            partial in passing, no record in passing, contact changed: unchanged []
            timer: unchanged [] -> Recheck
            recheck: partial: Live | Touch 2026-07-01T16:46:00Z | waiting, waiting, waiting [Diagnosed(UtilityNotConnected) · CompletionContradicted]
            recheck: none: Completed(Authorization, provisional, 0 looks) | Confirm 2026-07-01T16:08:00Z | waiting, waiting, waiting []
            accepted, refused, throttled, ambiguous, looked up: sent, looked up: not sent, looked up: unknown: unchanged [LateAnswer(1)]
            bounced: stands [DeliveryProblem(1, Bounced)]
            complained: stands [DeliveryProblem(1, Complained)]
            rejected: stands [DeliveryProblem(1, Rejected)]
            contact erased: Completed(Authorization, sure, given up) | no timer | waiting, waiting, waiting [Stopped(Erased)]
        "#]],
    );
}

#[test]
fn when_the_customer_is_done() {
    check(
        &done(),
        expect![[r#"
            Completed(Session, sure, 0 looks) | Meter 2026-07-02T16:05:00Z | waiting, waiting, waiting
            session opened, step reached, session closed, login reached, login failed, login succeeded, link followed: stands [Absorbed(..)]
            session completed: stands [AlreadyCompleted]
            utility meter announced, some meter announced: Completed(Session, sure, 0 looks) | Meter 2026-07-01T17:05:00Z | waiting, waiting, waiting [MeterNews("utility_meter")]
            device announced: stands [MeterNews("device")]
            enrolment changed: stands [MeterNews("global-status ACTIVE")]
            meter found: Completed(Session, sure, arrived) | no timer | waiting, waiting, waiting [MeterArrived]
            no meter found: Completed(Session, sure, 1 looks) | Meter 2026-07-02T17:05:00Z | waiting, waiting, waiting [MeterNotYet(1)]
            no meter search: Completed(Session, sure, 0 looks) | Meter 2026-07-01T18:05:00Z | waiting, waiting, waiting [MeterSearchUnavailable(Failing)]
            complete in passing, partial in passing, no record in passing, contact changed: unchanged []
            old timer, timer, old recheck, recheck: none: unchanged [StaleTimer]
            recheck: complete: Completed(Session, sure, 0 looks) | no timer | waiting, waiting, waiting [AlreadyCompleted]
            recheck: partial: stands [Diagnosed(UtilityNotConnected) · StaleTimer]
            accepted, refused, throttled, ambiguous, looked up: sent, looked up: not sent, looked up: unknown: unchanged [LateAnswer(1)]
            bounced: stands [DeliveryProblem(1, Bounced)]
            complained: stands [DeliveryProblem(1, Complained)]
            rejected: stands [DeliveryProblem(1, Rejected)]
            contact erased: Completed(Session, sure, given up) | no timer | waiting, waiting, waiting [Stopped(Erased)]
        "#]],
    );
}

#[test]
fn when_the_meter_is_late() {
    check(
        &done()
            .meters(Vec::new())
            .meters(Vec::new())
            .meters(Vec::new())
            .later("7d"),
        expect![[r#"
            Completed(Session, sure, 3 looks, late) | Meter 2026-07-11T16:05:00Z | waiting, waiting, waiting
            session opened, step reached, session closed, login reached, login failed, login succeeded, link followed: stands [Absorbed(..)]
            session completed: stands [AlreadyCompleted]
            utility meter announced, some meter announced: stands [MeterNews("utility_meter")]
            device announced: stands [MeterNews("device")]
            enrolment changed: stands [MeterNews("global-status ACTIVE")]
            meter found: Completed(Session, sure, arrived) | no timer | waiting, waiting, waiting [MeterArrived]
            no meter found: Completed(Session, sure, 4 looks, late) | Meter 2026-07-18T16:05:00Z | waiting, waiting, waiting [MeterNotYet(4)]
            no meter search: Completed(Session, sure, 3 looks, late) | Meter 2026-07-11T17:05:00Z | waiting, waiting, waiting [MeterSearchUnavailable(Failing)]
            complete in passing, partial in passing, no record in passing, contact changed: unchanged []
            old timer, timer, old recheck, recheck: none: unchanged [StaleTimer]
            recheck: complete: Completed(Session, sure, 3 looks, late) | no timer | waiting, waiting, waiting [AlreadyCompleted]
            recheck: partial: stands [Diagnosed(UtilityNotConnected) · StaleTimer]
            accepted, refused, throttled, ambiguous, looked up: sent, looked up: not sent, looked up: unknown: unchanged [LateAnswer(1)]
            bounced: stands [DeliveryProblem(1, Bounced)]
            complained: stands [DeliveryProblem(1, Complained)]
            rejected: stands [DeliveryProblem(1, Rejected)]
            contact erased: Completed(Session, sure, given up) | no timer | waiting, waiting, waiting [Stopped(Erased)]
        "#]],
    );
}

#[test]
fn when_the_meter_has_arrived() {
    check(
        &done().meters(vec![meter()]).later("1h"),
        expect![[r#"
            Completed(Session, sure, arrived) | no timer | waiting, waiting, waiting
            session opened, step reached, session closed, login reached, login failed, login succeeded, link followed: stands [Absorbed(..)]
            session completed: stands [AlreadyCompleted]
            utility meter announced, some meter announced: stands [MeterNews("utility_meter")]
            device announced: stands [MeterNews("device")]
            enrolment changed: stands [MeterNews("global-status ACTIVE")]
            meter found, no meter found, no meter search, old timer, timer, old recheck, recheck: complete, recheck: partial, recheck: none: unchanged [StaleTimer]
            complete in passing, partial in passing, no record in passing, contact changed, contact erased: unchanged []
            accepted, refused, throttled, ambiguous, looked up: sent, looked up: not sent, looked up: unknown: unchanged [LateAnswer(1)]
            bounced: stands [DeliveryProblem(1, Bounced)]
            complained: stands [DeliveryProblem(1, Complained)]
            rejected: stands [DeliveryProblem(1, Rejected)]
        "#]],
    );
}

#[test]
fn when_the_search_for_the_meter_was_given_up() {
    let mut given = done();
    while given.journey.timer.is_some() {
        given = given.meters(Vec::new());
    }
    check(
        &given.later("1h"),
        expect![[r#"
            Completed(Session, sure, given up) | no timer | waiting, waiting, waiting
            session opened, step reached, session closed, login reached, login failed, login succeeded, link followed: stands [Absorbed(..)]
            session completed: stands [AlreadyCompleted]
            utility meter announced, some meter announced: stands [MeterNews("utility_meter")]
            device announced: stands [MeterNews("device")]
            enrolment changed: stands [MeterNews("global-status ACTIVE")]
            meter found, no meter found, no meter search, old timer, timer, old recheck, recheck: complete, recheck: partial, recheck: none: unchanged [StaleTimer]
            complete in passing, partial in passing, no record in passing, contact changed, contact erased: unchanged []
            accepted, refused, throttled, ambiguous, looked up: sent, looked up: not sent, looked up: unknown: unchanged [LateAnswer(1)]
            bounced: stands [DeliveryProblem(1, Bounced)]
            complained: stands [DeliveryProblem(1, Complained)]
            rejected: stands [DeliveryProblem(1, Rejected)]
        "#]],
    );
}

#[test]
fn when_the_customer_was_handed_back() {
    check(
        &handed_back(),
        expect![[r#"
            HandedBack | no timer | sent, sent, sent
            session opened, step reached, session closed, login reached, login failed, login succeeded, link followed: stands [Absorbed(..)]
            session completed: Completed(Session, sure, 0 looks) | Meter 2026-07-07T12:00:00Z | sent, sent, sent [Completed(Session)]
            utility meter announced, some meter announced: stands [MeterNews("utility_meter")]
            device announced: stands [MeterNews("device")]
            enrolment changed: stands [MeterNews("global-status ACTIVE")]
            meter found, no meter found, no meter search, old timer, timer, old recheck, recheck: complete, recheck: partial, recheck: none: unchanged [StaleTimer]
            complete in passing: Completed(Status, sure, 0 looks) | Meter 2026-07-07T12:00:00Z | sent, sent, sent [Drift(Completion) · Completed(Status)]
            partial in passing, no record in passing, contact changed: unchanged []
            accepted, refused, throttled, ambiguous, looked up: sent, looked up: not sent, looked up: unknown: unchanged [LateAnswer(3)]
            bounced: stands [DeliveryProblem(3, Bounced)]
            complained: stands [DeliveryProblem(3, Complained)]
            rejected: stands [DeliveryProblem(3, Rejected)]
            contact erased: Stopped(Erased) | no timer | sent, sent, sent [Stopped(Erased)]
        "#]],
    );
}

#[test]
fn when_the_customer_was_handed_back_long_ago() {
    check(
        &handed_back().later("8d"),
        expect![[r#"
            HandedBack | no timer | sent, sent, sent
            session opened, step reached, session closed, login reached, login failed, login succeeded, link followed: Live | Touch 2026-07-14T12:45:00Z | waiting, waiting, waiting [Reopened(2) · SignOfLife(..)]
            session completed: Completed(Session, sure, 0 looks) | Meter 2026-07-15T12:00:00Z | sent, sent, sent [Completed(Session)]
            utility meter announced, some meter announced: stands [MeterNews("utility_meter")]
            device announced: stands [MeterNews("device")]
            enrolment changed: stands [MeterNews("global-status ACTIVE")]
            meter found, no meter found, no meter search, old timer, timer, old recheck, recheck: complete, recheck: partial, recheck: none: unchanged [StaleTimer]
            complete in passing: Completed(Status, sure, 0 looks) | Meter 2026-07-15T12:00:00Z | sent, sent, sent [Drift(Completion) · Completed(Status)]
            partial in passing, no record in passing, contact changed: unchanged []
            accepted, refused, throttled, ambiguous, looked up: sent, looked up: not sent, looked up: unknown: unchanged [LateAnswer(3)]
            bounced: stands [DeliveryProblem(3, Bounced)]
            complained: stands [DeliveryProblem(3, Complained)]
            rejected: stands [DeliveryProblem(3, Rejected)]
            contact erased: Stopped(Erased) | no timer | sent, sent, sent [Stopped(Erased)]
        "#]],
    );
}

#[test]
fn when_stopped_as_ineligible() {
    let given = live()
        .fire()
        .status(failed(Some(UtilityErrorCode::UserIneligible), MORNING));
    check(
        &given.later("1m"),
        expect![[r#"
            Stopped(Ineligible) | no timer | waiting, waiting, waiting
            session opened, step reached, session closed, login reached, login failed, login succeeded, link followed: Live | Touch 2026-07-01T16:46:00Z | waiting, waiting, waiting [CameBack · SignOfLife(..)]
            session completed: Completed(Session, sure, 0 looks) | Meter 2026-07-02T16:46:00Z | waiting, waiting, waiting [Completed(Session)]
            utility meter announced, some meter announced: stands [MeterNews("utility_meter")]
            device announced: stands [MeterNews("device")]
            enrolment changed: stands [MeterNews("global-status ACTIVE")]
            meter found, no meter found, no meter search, old timer, timer, old recheck, recheck: complete, recheck: partial, recheck: none: unchanged [StaleTimer]
            complete in passing: Completed(Status, sure, 0 looks) | Meter 2026-07-02T16:46:00Z | waiting, waiting, waiting [Drift(Completion) · Completed(Status)]
            partial in passing, no record in passing, contact changed: unchanged []
            accepted, refused, throttled, ambiguous, looked up: sent, looked up: not sent, looked up: unknown: unchanged [LateAnswer(1)]
            bounced: stands [DeliveryProblem(1, Bounced)]
            complained: stands [DeliveryProblem(1, Complained)]
            rejected: stands [DeliveryProblem(1, Rejected)]
            contact erased: Stopped(Erased) | no timer | waiting, waiting, waiting [Stopped(Erased)]
        "#]],
    );
}

#[test]
fn when_stopped_at_the_wrong_utility() {
    check(
        &live().fire().status(wrong_utility(MORNING)).later("1m"),
        expect![[r#"
            Stopped(WrongUtility) | no timer | waiting, waiting, waiting
            session opened, step reached, session closed, login reached, login failed, login succeeded, link followed: Live | Touch 2026-07-01T16:46:00Z | waiting, waiting, waiting [CameBack · SignOfLife(..)]
            session completed: Completed(Session, sure, 0 looks) | Meter 2026-07-02T16:46:00Z | waiting, waiting, waiting [Completed(Session)]
            utility meter announced, some meter announced: stands [MeterNews("utility_meter")]
            device announced: stands [MeterNews("device")]
            enrolment changed: stands [MeterNews("global-status ACTIVE")]
            meter found, no meter found, no meter search, old timer, timer, old recheck, recheck: complete, recheck: partial, recheck: none: unchanged [StaleTimer]
            complete in passing: Completed(Status, sure, 0 looks) | Meter 2026-07-02T16:46:00Z | waiting, waiting, waiting [Drift(Completion) · Completed(Status)]
            partial in passing, no record in passing, contact changed: unchanged []
            accepted, refused, throttled, ambiguous, looked up: sent, looked up: not sent, looked up: unknown: unchanged [LateAnswer(1)]
            bounced: stands [DeliveryProblem(1, Bounced)]
            complained: stands [DeliveryProblem(1, Complained)]
            rejected: stands [DeliveryProblem(1, Rejected)]
            contact erased: Stopped(Erased) | no timer | waiting, waiting, waiting [Stopped(Erased)]
        "#]],
    );
}

#[test]
fn when_stopped_by_a_declined_agreement() {
    let given = live().campaign(|c| c.policies.agreement_declined = FollowUp::Stop);
    let given = given.fire().status(agreement(Answer::Declined, MORNING));
    check(
        &given.later("1m"),
        expect![[r#"
            Stopped(AgreementDeclined) | no timer | waiting, waiting, waiting
            session opened, step reached, session closed, login reached, login failed, login succeeded, link followed: Live | Touch 2026-07-01T16:46:00Z | waiting, waiting, waiting [CameBack · SignOfLife(..)]
            session completed: Completed(Session, sure, 0 looks) | Meter 2026-07-02T16:46:00Z | waiting, waiting, waiting [Completed(Session)]
            utility meter announced, some meter announced: stands [MeterNews("utility_meter")]
            device announced: stands [MeterNews("device")]
            enrolment changed: stands [MeterNews("global-status ACTIVE")]
            meter found, no meter found, no meter search, old timer, timer, old recheck, recheck: complete, recheck: partial, recheck: none: unchanged [StaleTimer]
            complete in passing: Completed(Status, sure, 0 looks) | Meter 2026-07-02T16:46:00Z | waiting, waiting, waiting [Drift(Completion) · Completed(Status)]
            partial in passing, no record in passing, contact changed: unchanged []
            accepted, refused, throttled, ambiguous, looked up: sent, looked up: not sent, looked up: unknown: unchanged [LateAnswer(1)]
            bounced: stands [DeliveryProblem(1, Bounced)]
            complained: stands [DeliveryProblem(1, Complained)]
            rejected: stands [DeliveryProblem(1, Rejected)]
            contact erased: Stopped(Erased) | no timer | waiting, waiting, waiting [Stopped(Erased)]
        "#]],
    );
}

#[test]
fn when_stopped_by_a_closed_session() {
    let given = live()
        .campaign(|c| c.policies.session_closed = FollowUp::Stop)
        .later("1m");
    let given = given
        .webhook(Event::SessionClosed)
        .fire()
        .fire()
        .status(partial(MORNING));
    check(
        &given.later("1m"),
        expect![[r#"
            Stopped(SessionClosed) | no timer | waiting, waiting, waiting
            session opened, step reached, session closed, login reached, login failed, login succeeded, link followed: Live | Touch 2026-07-01T16:47:00Z | waiting, waiting, waiting [CameBack · SignOfLife(..)]
            session completed: Completed(Session, sure, 0 looks) | Meter 2026-07-02T16:47:00Z | waiting, waiting, waiting [Completed(Session)]
            utility meter announced, some meter announced: stands [MeterNews("utility_meter")]
            device announced: stands [MeterNews("device")]
            enrolment changed: stands [MeterNews("global-status ACTIVE")]
            meter found, no meter found, no meter search, old timer, timer, old recheck, recheck: complete, recheck: partial, recheck: none: unchanged [StaleTimer]
            complete in passing: Completed(Status, sure, 0 looks) | Meter 2026-07-02T16:47:00Z | waiting, waiting, waiting [Drift(Completion) · Completed(Status)]
            partial in passing, no record in passing, contact changed: unchanged []
            accepted, refused, throttled, ambiguous, looked up: sent, looked up: not sent, looked up: unknown: unchanged [LateAnswer(1)]
            bounced: stands [DeliveryProblem(1, Bounced)]
            complained: stands [DeliveryProblem(1, Complained)]
            rejected: stands [DeliveryProblem(1, Rejected)]
            contact erased: Stopped(Erased) | no timer | waiting, waiting, waiting [Stopped(Erased)]
        "#]],
    );
}

#[test]
fn when_erased() {
    check(
        &live().later("1m").event(Event::ContactErased).later("1m"),
        expect![[r#"
            Stopped(Erased) | no timer | waiting, waiting, waiting
            session opened, step reached, session closed, login reached, login failed, login succeeded, link followed: stands [Absorbed(..)]
            session completed: Completed(Session, sure, given up) | no timer | waiting, waiting, waiting [Completed(Session)]
            utility meter announced, some meter announced: stands [MeterNews("utility_meter")]
            device announced: stands [MeterNews("device")]
            enrolment changed: stands [MeterNews("global-status ACTIVE")]
            meter found, no meter found, no meter search, old timer, timer, old recheck, recheck: complete, recheck: partial, recheck: none: unchanged [StaleTimer]
            complete in passing: Completed(Status, sure, given up) | no timer | waiting, waiting, waiting [Completed(Status)]
            partial in passing, no record in passing, contact erased: unchanged []
            accepted, refused, throttled, ambiguous, looked up: sent, looked up: not sent, looked up: unknown: unchanged [LateAnswer(1)]
            bounced: stands [DeliveryProblem(1, Bounced)]
            complained: stands [DeliveryProblem(1, Complained)]
            rejected: stands [DeliveryProblem(1, Rejected)]
            contact changed: Live | Touch 2026-07-01T16:45:00Z | waiting, waiting, waiting [CameBack]
        "#]],
    );
}
