//! While the customer is on the way.

use super::*;

#[test]
fn at_the_beginning() {
    // Only what may begin a journey is ever brought to a new one.
    let given = Story::new();
    let begins = |name: &str| name.starts_with("session") || name.starts_with("login") || name.starts_with("step");
    let mut table = String::new();
    for (name, event) in events(&given) {
        if begins(name) || ["complete in passing", "partial in passing"].contains(&name) {
            table += &format!("{name}: {}\n", answer(&given, event));
        }
    }
    expect![[r#"
        session opened: Live | Touch 2026-07-01T16:45:00Z | waiting, waiting, waiting [Opened("default") · SignOfLife(..)]
        step reached: Live | Touch 2026-07-01T16:45:00Z | waiting, waiting, waiting [Opened("default") · SignOfLife(..)]
        session closed: Live | Touch 2026-07-01T16:45:00Z | waiting, waiting, waiting [Opened("default") · SignOfLife(..)]
        session completed: Completed(Session, sure, 0 looks) | Meter 2026-07-02T16:00:00Z | waiting, waiting, waiting [Opened("default") · Completed(Session)]
        login reached: Live | Touch 2026-07-01T16:45:00Z | waiting, waiting, waiting [Opened("default") · SignOfLife(..)]
        login failed: Live | Touch 2026-07-01T16:45:00Z | waiting, waiting, waiting [Opened("default") · SignOfLife(..)]
        login succeeded: Completed(Authorization, provisional, 0 looks) | Confirm 2026-07-01T16:05:00Z | waiting, waiting, waiting [Opened("default") · SignOfLife(..) · Completed(Authorization)]
        complete in passing: Completed(Status, sure, 0 looks) | Meter 2026-07-02T16:00:00Z | waiting, waiting, waiting [Opened("default") · Drift(Completion) · Completed(Status)]
        partial in passing: Live | Touch 2026-07-01T16:45:00Z | waiting, waiting, waiting [Opened("default") · Drift(Journey) · Diagnosed(UtilityNotConnected)]
    "#]].assert_eq(&table);
}

#[test]
fn while_the_customer_is_on_the_way() {
    check(
        &live().later("10m"),
        expect![[r#"
            Live | Touch 2026-07-01T16:45:00Z | waiting, waiting, waiting
            session opened, step reached, session closed, login reached, login failed, login succeeded, link followed: stands [SignOfLife(..)]
            session completed: Completed(Session, sure, 0 looks) | Meter 2026-07-02T16:10:00Z | waiting, waiting, waiting [Completed(Session)]
            utility meter announced, some meter announced: stands [MeterNews("utility_meter")]
            device announced: stands [MeterNews("device")]
            enrolment changed: stands [MeterNews("global-status ACTIVE")]
            meter found, no meter found, no meter search, old timer, old recheck: unchanged [StaleTimer]
            complete in passing: Completed(Status, sure, 0 looks) | Meter 2026-07-02T16:10:00Z | waiting, waiting, waiting [Drift(Completion) · Completed(Status)]
            partial in passing, recheck: partial: stands [Diagnosed(UtilityNotConnected)]
            no record in passing, contact changed: unchanged []
            timer, recheck: none: stands []
            recheck: complete: Completed(Status, sure, 0 looks) | Meter 2026-07-02T16:10:00Z | waiting, waiting, waiting [Completed(Status)]
            accepted, refused, throttled, ambiguous, looked up: sent, looked up: not sent, looked up: unknown: unchanged [LateAnswer(1)]
            bounced: stands [DeliveryProblem(1, Bounced)]
            complained: stands [DeliveryProblem(1, Complained)]
            rejected: stands [DeliveryProblem(1, Rejected)]
            contact erased: Stopped(Erased) | no timer | waiting, waiting, waiting [Stopped(Erased)]
        "#]],
    );
}

#[test]
fn when_the_first_touch_is_due() {
    check(
        &live().later("50m"),
        expect![[r#"
            Live | Touch 2026-07-01T16:45:00Z | waiting, waiting, waiting
            session opened, step reached, session closed, login reached, login failed, login succeeded, link followed: stands [SignOfLife(..)]
            session completed: Completed(Session, sure, 0 looks) | Meter 2026-07-02T16:50:00Z | waiting, waiting, waiting [Completed(Session)]
            utility meter announced, some meter announced: stands [MeterNews("utility_meter")]
            device announced: stands [MeterNews("device")]
            enrolment changed: stands [MeterNews("global-status ACTIVE")]
            meter found, no meter found, no meter search, old timer, old recheck: unchanged [StaleTimer]
            complete in passing: Completed(Status, sure, 0 looks) | Meter 2026-07-02T16:50:00Z | waiting, waiting, waiting [Drift(Completion) · Completed(Status)]
            partial in passing: stands [Diagnosed(UtilityNotConnected)]
            no record in passing, contact changed: unchanged []
            timer: unchanged [] -> Recheck
            recheck: complete: Completed(Status, sure, 0 looks) | Meter 2026-07-02T16:50:00Z | waiting, waiting, waiting [Completed(Status)]
            recheck: partial: Live | Touch 2026-07-01T16:45:00Z | claimed 1, waiting, waiting [Diagnosed(UtilityNotConnected) · Claimed(1, UtilityNotConnected, after_s: 3000)] -> Send touch 1 attempt 1: UtilityNotConnected
            recheck: none: Live | Touch 2026-07-01T16:52:30Z | waiting, waiting, waiting [Held(1, Status(Failing), until: 2026-07-01T16:52:30Z)]
            accepted, refused, throttled, ambiguous, looked up: sent, looked up: not sent, looked up: unknown: unchanged [LateAnswer(1)]
            bounced: stands [DeliveryProblem(1, Bounced)]
            complained: stands [DeliveryProblem(1, Complained)]
            rejected: stands [DeliveryProblem(1, Rejected)]
            contact erased: Stopped(Erased) | no timer | waiting, waiting, waiting [Stopped(Erased)]
        "#]],
    );
}

#[test]
fn while_a_message_is_being_sent() {
    check(
        &live().fire().status(partial(MORNING)).later("2s"),
        expect![[r#"
            Live | Touch 2026-07-01T16:45:00Z | claimed 1, waiting, waiting
            session opened, step reached, session closed, login reached, login failed, login succeeded, link followed: stands [SignOfLife(..)]
            session completed: Completed(Session, sure, 0 looks) | ClaimExpired 2026-07-01T16:48:00Z | claimed 1, waiting, waiting [Completed(Session)]
            utility meter announced, some meter announced: stands [MeterNews("utility_meter")]
            device announced: stands [MeterNews("device")]
            enrolment changed: stands [MeterNews("global-status ACTIVE")]
            meter found, no meter found, no meter search, old timer, old recheck, recheck: partial, recheck: none: unchanged [StaleTimer]
            complete in passing: Completed(Status, sure, 0 looks) | ClaimExpired 2026-07-01T16:48:00Z | claimed 1, waiting, waiting [Drift(Completion) · Completed(Status)]
            partial in passing, no record in passing, contact changed: unchanged []
            timer: Live | ClaimExpired 2026-07-01T16:48:00Z | claimed 1, waiting, waiting []
            recheck: complete: Completed(Status, sure, 0 looks) | ClaimExpired 2026-07-01T16:48:00Z | claimed 1, waiting, waiting [Completed(Status)]
            accepted, looked up: sent: Live | Touch 2026-07-02T12:00:00Z | sent, waiting, waiting [Sent(1)]
            refused: Live | Touch 2026-07-02T12:00:00Z | Refused, waiting, waiting [Skipped(1, Refused)]
            throttled: Live | Touch 2026-07-01T16:46:02Z | waiting after 1, waiting, waiting [Retrying(1) · Held(1, Throttled, until: 2026-07-01T16:46:02Z)]
            ambiguous: Live | ClaimExpired 2026-07-01T16:48:00Z | claimed 1, waiting, waiting [SendUnknown(1)]
            looked up: not sent: Live | Touch 2026-07-01T16:45:02Z | waiting after 1, waiting, waiting [Retrying(1)]
            looked up: unknown: Live | Touch 2026-07-02T12:00:00Z | unknown 1, waiting, waiting [SendUnknown(1)]
            bounced: stands [DeliveryProblem(1, Bounced)]
            complained: stands [DeliveryProblem(1, Complained)]
            rejected: Live | Touch 2026-07-02T12:00:00Z | Refused, waiting, waiting [DeliveryProblem(1, Rejected) · Skipped(1, Refused)]
            contact erased: Stopped(Erased) | ClaimExpired 2026-07-01T16:48:00Z | claimed 1, waiting, waiting [Stopped(Erased)]
        "#]],
    );
}

#[test]
fn when_nobody_knows_what_became_of_a_message() {
    let given = live()
        .fire()
        .status(partial(MORNING))
        .outcome(SendOutcome::Ambiguous)
        .fire()
        .looked_up(Resolution::Unknown)
        .later("1m");
    check(
        &given,
        expect![[r#"
            Live | Touch 2026-07-02T12:00:00Z | unknown 1, waiting, waiting
            session opened, step reached, session closed, login reached, login failed, login succeeded, link followed: stands [SignOfLife(..)]
            session completed: Completed(Session, sure, 0 looks) | Meter 2026-07-02T16:49:00Z | unknown 1, waiting, waiting [Completed(Session)]
            utility meter announced, some meter announced: stands [MeterNews("utility_meter")]
            device announced: stands [MeterNews("device")]
            enrolment changed: stands [MeterNews("global-status ACTIVE")]
            meter found, no meter found, no meter search, old timer, old recheck: unchanged [StaleTimer]
            complete in passing: Completed(Status, sure, 0 looks) | Meter 2026-07-02T16:49:00Z | unknown 1, waiting, waiting [Drift(Completion) · Completed(Status)]
            partial in passing, no record in passing, contact changed: unchanged []
            timer, recheck: partial, recheck: none: stands []
            recheck: complete: Completed(Status, sure, 0 looks) | Meter 2026-07-02T16:49:00Z | unknown 1, waiting, waiting [Completed(Status)]
            accepted, looked up: sent: Live | Touch 2026-07-02T12:00:00Z | sent, waiting, waiting [Sent(1)]
            refused: Live | Touch 2026-07-02T12:00:00Z | Refused, waiting, waiting [Skipped(1, Refused)]
            throttled: Live | Touch 2026-07-01T16:51:00Z | waiting after 1, waiting, waiting [Retrying(1) · Held(1, Throttled, until: 2026-07-01T16:51:00Z)]
            ambiguous: stands [SendUnknown(1)]
            looked up: not sent: Live | Touch 2026-07-01T16:49:00Z | waiting after 1, waiting, waiting [Retrying(1)]
            looked up: unknown: unchanged [LateAnswer(1)]
            bounced: stands [DeliveryProblem(1, Bounced)]
            complained: stands [DeliveryProblem(1, Complained)]
            rejected: Live | Touch 2026-07-02T12:00:00Z | Refused, waiting, waiting [DeliveryProblem(1, Rejected) · Skipped(1, Refused)]
            contact erased: Stopped(Erased) | no timer | unknown 1, waiting, waiting [Stopped(Erased)]
        "#]],
    );
}

#[test]
fn when_all_touches_are_out() {
    let mut given = live();
    for _ in 0..3 {
        given = given.fire().status(partial(MORNING)).accepted();
    }
    check(
        &given.later("24h"),
        expect![[r#"
            Live | HandBack 2026-07-05T12:00:00Z | sent, sent, sent
            session opened, step reached, session closed, login reached, login failed, login succeeded, link followed: stands [SignOfLife(..)]
            session completed: Completed(Session, sure, 0 looks) | Meter 2026-07-06T12:00:00Z | sent, sent, sent [Completed(Session)]
            utility meter announced, some meter announced: stands [MeterNews("utility_meter")]
            device announced: stands [MeterNews("device")]
            enrolment changed: stands [MeterNews("global-status ACTIVE")]
            meter found, no meter found, no meter search, old timer, old recheck: unchanged [StaleTimer]
            complete in passing: Completed(Status, sure, 0 looks) | Meter 2026-07-06T12:00:00Z | sent, sent, sent [Drift(Completion) · Completed(Status)]
            partial in passing, no record in passing, contact changed: unchanged []
            timer: unchanged [] -> Recheck
            recheck: complete: Completed(Status, sure, 0 looks) | Meter 2026-07-06T12:00:00Z | sent, sent, sent [Completed(Status)]
            recheck: partial: HandedBack | no timer | sent, sent, sent [HandedBack]
            recheck: none: Live | HandBack 2026-07-05T12:01:00Z | sent, sent, sent []
            accepted, refused, throttled, ambiguous, looked up: sent, looked up: not sent, looked up: unknown: unchanged [LateAnswer(3)]
            bounced: stands [DeliveryProblem(3, Bounced)]
            complained: stands [DeliveryProblem(3, Complained)]
            rejected: stands [DeliveryProblem(3, Rejected)]
            contact erased: Stopped(Erased) | no timer | sent, sent, sent [Stopped(Erased)]
        "#]],
    );
}

#[test]
fn when_the_record_cannot_be_understood() {
    check(
        &live().fire().status(unheard_of(MORNING)).later("1m"),
        expect![[r#"
            Live | Touch 2026-07-02T12:00:00Z | Unrecognized, waiting, waiting
            session opened, step reached, session closed, login reached, login failed, login succeeded, link followed: stands [SignOfLife(..)]
            session completed: Completed(Session, sure, 0 looks) | Meter 2026-07-02T16:46:00Z | Unrecognized, waiting, waiting [Completed(Session)]
            utility meter announced, some meter announced: stands [MeterNews("utility_meter")]
            device announced: stands [MeterNews("device")]
            enrolment changed: stands [MeterNews("global-status ACTIVE")]
            meter found, no meter found, no meter search, old timer, old recheck: unchanged [StaleTimer]
            complete in passing: Completed(Status, sure, 0 looks) | Meter 2026-07-02T16:46:00Z | Unrecognized, waiting, waiting [Drift(Completion) · Completed(Status)]
            partial in passing, recheck: partial: stands [Diagnosed(UtilityNotConnected)]
            no record in passing, contact changed: unchanged []
            timer, recheck: none: stands []
            recheck: complete: Completed(Status, sure, 0 looks) | Meter 2026-07-02T16:46:00Z | Unrecognized, waiting, waiting [Completed(Status)]
            accepted, refused, throttled, ambiguous, looked up: sent, looked up: not sent, looked up: unknown: unchanged [LateAnswer(1)]
            bounced: stands [DeliveryProblem(1, Bounced)]
            complained: stands [DeliveryProblem(1, Complained)]
            rejected: stands [DeliveryProblem(1, Rejected)]
            contact erased: Stopped(Erased) | no timer | Unrecognized, waiting, waiting [Stopped(Erased)]
        "#]],
    );
}
