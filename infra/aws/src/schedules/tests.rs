use journey::TimerWhy;
use serde_json::json;

use super::*;
use crate::testing::{self, Wire, refused};

struct Stopped(Timestamp);

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        self.0
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

const NOW: &str = "2026-11-22T03:15:00.250Z";

fn timer(due: &str, closes: &str, why: TimerWhy) -> Timer {
    Timer {
        generation: 7,
        due: at(due),
        closes: at(closes),
        why,
    }
}

fn touch() -> Timer {
    timer("2026-11-22T04:00:00.001Z", "2026-11-22T04:20:00Z", TimerWhy::Touch)
}

fn config() -> SchedulesConfig {
    SchedulesConfig {
        group: "rekindle".to_owned(),
        target_arn: "arn:aws:lambda:us-west-2:123456789012:function:rekindle-touchpoint".to_owned(),
        role_arn: "arn:aws:iam::123456789012:role/rekindle-schedules".to_owned(),
        dlq_arn: "arn:aws:sqs:us-west-2:123456789012:rekindle-schedules".to_owned(),
    }
}

fn created() -> testing::Answer {
    testing::json(&json!({"ScheduleArn": "arn:aws:scheduler:us-west-2:123456789012:schedule/rekindle/x"}))
}

async fn arm(timer: &Timer, answers: Vec<testing::Answer>) -> (Result<(), StoreError>, Vec<testing::Asked>) {
    let wire = Wire::new(answers);
    let schedules = Schedules::at(wire.clients().scheduler(), config(), Stopped(at(NOW)));
    let armed = schedules.arm_timer(&testing::journey(), timer).await;
    (armed, wire.asked())
}

#[tokio::test]
async fn a_timer_becomes_one_schedule_that_deletes_itself() {
    let (armed, asked) = arm(&touch(), vec![created()]).await;
    armed.unwrap();
    let journey = testing::journey();
    let name = format!("{journey}-7-1795320001");
    assert_eq!(
        asked[0].uri,
        format!("https://scheduler.us-west-2.amazonaws.com/schedules/{name}")
    );
    assert_eq!(
        asked[0].json(),
        json!({
            "ActionAfterCompletion": "DELETE",
            "ClientToken": format!("{name}-1795320001"),
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "GroupName": "rekindle",
            // Up to the second: the rules must not be woken before the time.
            "ScheduleExpression": "at(2026-11-22T04:00:01)",
            "ScheduleExpressionTimezone": "UTC",
            "Target": {
                "Arn": config().target_arn,
                "RoleArn": config().role_arn,
                "DeadLetterConfig": {"Arn": config().dlq_arn},
                "Input": format!(r#"{{"journey":"{journey}","generation":7}}"#),
                "RetryPolicy": {"MaximumEventAgeInSeconds": 1_199, "MaximumRetryAttempts": 10},
            },
        })
    );
}

#[tokio::test]
async fn a_meter_timer_needs_no_schedule() {
    let meter = timer("2026-11-23T04:00:00Z", "2026-11-25T04:00:00Z", TimerWhy::Meter);
    let (armed, asked) = arm(&meter, Vec::new()).await;
    armed.unwrap();
    assert!(asked.is_empty());
}

#[tokio::test]
async fn a_schedule_of_that_name_is_the_one_that_was_asked_for() {
    let conflict = refused(409, "ConflictException", "Schedule exists");
    let (armed, asked) = arm(&touch(), vec![conflict]).await;
    armed.unwrap();
    assert_eq!(asked.len(), 1);
}

#[tokio::test]
async fn a_throttled_request_is_repeated_as_the_same_request() {
    let throttled = refused(429, "ThrottlingException", "Rate exceeded");
    let broken = refused(500, "InternalServerException", "Oh");
    let (armed, asked) = arm(&touch(), vec![throttled, broken, created()]).await;
    armed.unwrap();
    assert_eq!(asked.len(), 3);
    assert_eq!(asked[0].json(), asked[2].json());
}

#[tokio::test]
async fn what_cannot_be_armed_leaves_the_event_to_be_taken_again() {
    for (status, code) in [
        (400, "ValidationException"),
        (402, "ServiceQuotaExceededException"),
        (403, "AccessDeniedException"),
        (404, "ResourceNotFoundException"),
    ] {
        let (armed, asked) = arm(&touch(), vec![refused(status, code, "someone@example.com")]).await;
        let Err(StoreError::Unavailable(source)) = armed else {
            panic!("{code}: {armed:?}");
        };
        assert_eq!(source.to_string(), format!("refused with {code} ({status})"));
        assert_eq!(asked.len(), 1, "{code} is no use to repeat");
    }
    let throttled = || refused(429, "ThrottlingException", "Rate exceeded");
    let (armed, asked) = arm(&touch(), vec![throttled(), throttled(), throttled()]).await;
    assert!(matches!(armed, Err(StoreError::Unavailable(_))));
    assert_eq!(asked.len(), 3);
}

#[test]
fn nothing_is_armed_in_the_past_and_the_name_stays() {
    let journey = testing::journey();
    let plan = |timer: &Timer, now: &str| Plan::of(&journey, timer, at(now));
    let on_time = plan(&touch(), NOW);
    let late = plan(&touch(), "2026-11-22T04:10:00.100Z");
    assert_eq!(late.expression, "at(2026-11-22T04:10:06)");
    assert_eq!(late.age_seconds, 594);
    assert_eq!(late.name, on_time.name);
    assert_ne!(late.token, on_time.token, "another request than the one before");
    let just_now = plan(&touch(), "2026-11-22T03:59:58Z");
    assert_eq!(just_now.expression, "at(2026-11-22T04:00:03)");
    let whole = timer("2026-11-22T04:00:00Z", "2026-11-22T04:20:00Z", TimerWhy::Touch);
    assert_eq!(plan(&whole, NOW).expression, "at(2026-11-22T04:00:00)");
}

#[test]
fn an_event_is_kept_as_long_as_the_window_within_the_limits() {
    let journey = testing::journey();
    for (closes, seconds) in [
        ("2026-11-22T04:00:02Z", 60),
        ("2026-11-22T03:00:00Z", 60),
        ("2026-11-22T05:00:01Z", 3_600),
        ("2026-12-22T04:00:00Z", 86_400),
    ] {
        let timer = timer("2026-11-22T04:00:01Z", closes, TimerWhy::Touch);
        assert_eq!(Plan::of(&journey, &timer, at(NOW)).age_seconds, seconds, "{closes}");
    }
}

#[test]
fn names_fit_whatever_the_numbers_and_differ_by_each_of_them() {
    let journey = testing::journey();
    let extreme = Timer {
        generation: u32::MAX,
        due: Timestamp::MAX,
        closes: Timestamp::MAX,
        why: TimerWhy::HandBack,
    };
    let plan = Plan::of(&journey, &extreme, at(NOW));
    for text in [&plan.name, &plan.token] {
        assert!(text.len() <= 64, "{text}");
        let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        assert!(text.chars().all(fits), "{text}");
    }
    let name = |timer: &Timer| Plan::of(&journey, timer, at(NOW)).name;
    let later = Timer {
        due: at("2026-11-22T04:00:02Z"),
        ..touch()
    };
    let next = Timer {
        generation: 8,
        ..touch()
    };
    assert_ne!(name(&touch()), name(&later));
    assert_ne!(name(&touch()), name(&next));
    assert!(NOBODY.len() < name(&touch()).len());
}

#[tokio::test]
async fn the_warm_up_asks_for_a_schedule_that_is_not_there() {
    let wire = Wire::new(vec![refused(404, "ResourceNotFoundException", "no")]);
    Schedules::new(wire.clients().scheduler(), config()).warm_up().await;
    assert_eq!(
        wire.asked()[0].uri,
        "https://scheduler.us-west-2.amazonaws.com/schedules/warm-up?groupName=rekindle"
    );
}
