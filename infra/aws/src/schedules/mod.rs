//! One-shot schedules: EventBridge Scheduler calls `touchpoint` when a timer is due.
//!
//! A schedule is a cache of the table. One that is late, lost or there twice does no harm: the rules
//! take a stale generation for nothing, and the sweep finds what is overdue.

mod fired;

use aws_sdk_scheduler::types::{
    ActionAfterCompletion, DeadLetterConfig, FlexibleTimeWindow, FlexibleTimeWindowMode, RetryPolicy, Target,
};
use journey::port::{ArmTimer, Clock, StoreError, Timestamp};
use journey::{JourneyId, Lane, Timer};

pub use fired::{NotAJourney, ScheduledFire};

use crate::SystemClock;
use crate::clients::{Failure, warm};
use crate::config::SchedulesConfig;

/// A schedule is armed at least this far ahead: a time that has passed when the request arrives is
/// refused or never fires, and clocks and requests take a moment.
const AHEAD_SECONDS: i64 = 5;

/// The API's limits of a maximum event age.
const AGE_SECONDS: core::ops::RangeInclusive<i64> = 60..=86_400;

/// With the scheduler's growing pauses more retries than these go on past the 5 minutes after which the
/// sweep fires the timer itself.
const RETRIES: i32 = 10;

/// The name of no schedule: those of ours have 28 characters and more.
const NOBODY: &str = "warm-up";

/// The schedules of the stack.
#[derive(Clone, Debug)]
pub struct Schedules<C = SystemClock> {
    client: aws_sdk_scheduler::Client,
    config: SchedulesConfig,
    clock: C,
}

impl Schedules {
    /// The schedules of a group, which call a function with a role.
    #[must_use]
    pub fn new(client: aws_sdk_scheduler::Client, config: SchedulesConfig) -> Self {
        Self::at(client, config, SystemClock)
    }
}

impl<C: Clock> Schedules<C> {
    fn at(client: aws_sdk_scheduler::Client, config: SchedulesConfig, clock: C) -> Self {
        Schedules { client, config, clock }
    }

    /// Makes the connection before the first timer is armed. Needs `scheduler:GetSchedule`.
    pub async fn warm_up(&self) {
        let request = self.client.get_schedule().group_name(&self.config.group).name(NOBODY);
        warm("scheduler", request.send()).await;
    }

    async fn create(&self, journey: &JourneyId, timer: &Timer) -> Result<(), StoreError> {
        let plan = Plan::of(journey, timer, self.clock.now());
        let made = self
            .client
            .create_schedule()
            .group_name(&self.config.group)
            .name(&plan.name)
            .client_token(&plan.token)
            .schedule_expression(&plan.expression)
            .schedule_expression_timezone("UTC")
            .set_flexible_time_window(window())
            .action_after_completion(ActionAfterCompletion::Delete)
            .set_target(self.target(journey, timer, plan.age_seconds))
            .send()
            .await;
        let Err(error) = made else { return Ok(()) };
        let failure = Failure::of(&error);
        // The name says journey, generation and time: whatever has it does what was asked for.
        if failure.is("ConflictException") {
            return Ok(());
        }
        if !failure.passes() {
            // Nothing a caller could do differently: the group, the role or the policy is not right.
            tracing::error!(%journey, %failure, "timers cannot be armed: check the schedule group, the role, its policy and the quota");
        }
        Err(StoreError::Unavailable(failure.into()))
    }

    fn target(&self, journey: &JourneyId, timer: &Timer, age_seconds: i32) -> Option<Target> {
        let fire = ScheduledFire {
            journey: journey.clone(),
            generation: timer.generation,
        };
        let retries = RetryPolicy::builder()
            .maximum_event_age_in_seconds(age_seconds)
            .maximum_retry_attempts(RETRIES);
        Target::builder()
            .arn(&self.config.target_arn)
            .role_arn(&self.config.role_arn)
            .input(fire.to_json())
            .retry_policy(retries.build())
            .dead_letter_config(DeadLetterConfig::builder().arn(&self.config.dlq_arn).build())
            .build()
            // Without an ARN or a role only; the service would name what is missing.
            .ok()
    }
}

impl<C: Clock> ArmTimer for Schedules<C> {
    /// Meter timers need no schedule: `meter-check` collects them from the index of what is due.
    async fn arm_timer(&self, journey: &JourneyId, timer: &Timer) -> Result<(), StoreError> {
        match timer.why.lane() {
            Lane::Touchpoint => self.create(journey, timer).await,
            Lane::Meter => Ok(()),
        }
    }
}

/// To the second: reminders are spread by the rules, which know the windows.
fn window() -> Option<FlexibleTimeWindow> {
    FlexibleTimeWindow::builder()
        .mode(FlexibleTimeWindowMode::Off)
        .build()
        .ok()
}

/// What is asked for, derived from the timer alone and the time.
#[derive(Debug, PartialEq, Eq)]
struct Plan {
    /// At most 64 characters; never a reference.
    name: String,
    /// Makes a request that is repeated the same request.
    token: String,
    expression: String,
    age_seconds: i32,
}

impl Plan {
    fn of(journey: &JourneyId, timer: &Timer, now: Timestamp) -> Self {
        let due = up_to_second(timer.due);
        let at = due.max(up_to_second(now).saturating_add(AHEAD_SECONDS));
        // Two dues of one generation, after a lost race, are two schedules: the rules sort them out.
        let name = format!("{journey}-{}-{due}", timer.generation);
        // The time is cut off at the end of the window: there is nothing to do after it.
        let age = timer.closes.as_second().saturating_sub(at);
        let age = age.clamp(*AGE_SECONDS.start(), *AGE_SECONDS.end());
        Plan {
            token: format!("{name}-{at}"),
            expression: format!("at({})", civil(at)),
            age_seconds: i32::try_from(age).unwrap_or(i32::MAX),
            name,
        }
    }
}

/// The schedule knows whole seconds, and must not wake the rules before the time.
fn up_to_second(at: Timestamp) -> i64 {
    let whole = at.as_second();
    if at.subsec_nanosecond() > 0 {
        whole.saturating_add(1)
    } else {
        whole
    }
}

/// `2026-11-22T03:15:00`, in UTC.
fn civil(second: i64) -> String {
    let at = Timestamp::from_second(second).unwrap_or(Timestamp::MAX);
    at.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

#[cfg(test)]
mod tests;
