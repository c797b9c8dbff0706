//! Calls `touchpoint` at once, for timers that their schedule has missed.

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use journey::JourneyId;
use journey::port::FireTimer;

use crate::clients::Failure;
use crate::schedules::ScheduledFire;

/// Invokes `touchpoint` as a schedule does.
#[derive(Clone, Debug)]
pub struct Invoker {
    client: aws_sdk_lambda::Client,
    function: String,
}

impl Invoker {
    /// Invokes a function by its name or ARN.
    #[must_use]
    pub fn new(client: aws_sdk_lambda::Client, function: String) -> Self {
        Invoker { client, function }
    }
}

impl FireTimer for Invoker {
    /// Hands the timer over and does not wait for what becomes of it: Lambda keeps the event, retries,
    /// and the sweep finds the timer again while it is due. Invoked twice is as good as once.
    async fn fire_timer(&self, journey: &JourneyId, generation: u32) {
        let fire = ScheduledFire {
            journey: journey.clone(),
            generation,
        };
        let invoked = self
            .client
            .invoke()
            .function_name(&self.function)
            .invocation_type(InvocationType::Event)
            .payload(Blob::new(fire.to_json()))
            .send()
            .await;
        if let Err(error) = invoked {
            let failure = Failure::of(&error);
            tracing::error!(%journey, generation, %failure, "an overdue timer could not be fired; the next sweep tries again");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{self, refused, status};

    const JOURNEY: &str = "abcdefghijklmnopqrstuvwxyz";

    async fn fire(answers: Vec<testing::Answer>) -> Vec<testing::Asked> {
        let wire = testing::Wire::new(answers);
        let invoker = Invoker::new(wire.clients().lambda(), "rekindle-touchpoint".to_owned());
        invoker.fire_timer(&JourneyId::parse(JOURNEY).unwrap(), 7).await;
        wire.asked()
    }

    #[tokio::test]
    async fn a_timer_is_fired_as_an_event_that_nobody_waits_for() {
        let asked = fire(vec![status(202)]).await;
        assert_eq!(asked.len(), 1);
        assert_eq!(
            asked[0].uri,
            "https://lambda.us-west-2.amazonaws.com/2015-03-31/functions/rekindle-touchpoint/invocations"
        );
        assert_eq!(asked[0].header("x-amz-invocation-type"), Some("Event"));
        assert_eq!(
            asked[0].json(),
            serde_json::json!({"journey": JOURNEY, "generation": 7})
        );
    }

    #[tokio::test]
    async fn a_throttled_invocation_is_tried_again_and_a_refused_one_is_not() {
        let throttled = refused(429, "TooManyRequestsException", "Rate exceeded");
        assert_eq!(fire(vec![throttled, status(202)]).await.len(), 2);
        let unknown = refused(404, "ResourceNotFoundException", "Function not found");
        assert_eq!(fire(vec![unknown]).await.len(), 1);
    }
}
