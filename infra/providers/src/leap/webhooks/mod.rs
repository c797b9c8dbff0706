//! The webhook's subscription: what Leap calls, and the secret header that proves it was Leap.
//!
//! Leap signs nothing. A static header is the only proof of origin (docs/leap.md, section 3.4),
//! so a subscription that loses it is worse than none.

mod subscription;

use core::sync::atomic::AtomicBool;
use core::time::Duration;

use journey::port::ProviderError;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::LeapClient;
use crate::Share;
use crate::api::{Body, CallError, Request};

pub use subscription::{EventType, Header, Subscription, Unfit, Wanted, WebhookId};

const PATH: &str = "/v1.1/webhooks";

/// What every reference in a test event begins with, so that it can never be a customer's
/// (docs/leap.md, trap 35).
pub const TEST_PREFIX: &str = "leap-test-";

/// A test makes Leap call our receiver, which may take its full 10 seconds.
const TEST_DEADLINE: Duration = Duration::from_secs(15);

/// What it took to have the subscription as wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ensured {
    /// There was none.
    Created(WebhookId),
    /// It was different.
    Updated(WebhookId),
    /// It was right.
    Unchanged(WebhookId),
}

/// What Leap saw when it called the receiver with a test event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestResult {
    /// Did the receiver answer 2xx in time?
    pub successful: bool,
    /// The receiver's status, if it answered.
    pub status_code: Option<u16>,
    /// How long it took, in milliseconds.
    pub response_time_ms: Option<u64>,
    /// Leap's words for what went wrong.
    pub error: Option<String>,
}

/// A subscription that could not be managed. No text repeats a header's value.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// What was asked for cannot work; nothing was sent.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// Leap knows no subscription of that id.
    #[error("Leap knows no such webhook")]
    Unknown,
    /// Leap refused the request for good.
    #[error("Leap refused the request with status {0}")]
    Refused(u16),
    /// Leap could not be asked. A creation may have happened all the same: ensure again.
    #[error(transparent)]
    Provider(ProviderError),
}

/// Lists every subscription of the key's account.
///
/// # Errors
/// When Leap cannot be asked, or one entry cannot be read: with half a list, a second subscription
/// would be made beside the first.
pub async fn list(leap: &LeapClient) -> Result<Vec<Subscription>, WebhookError> {
    told(leap, "list_webhooks", listed(leap).await)
}

/// Makes sure that Leap calls the receiver as wanted; doing it again changes nothing.
///
/// A subscription is known by its receiver's URL; those of other URLs are left alone. An update
/// always sends every field, since Leap's `PUT` overwrites everything and would drop the secret
/// header (docs/leap.md, trap 34).
///
/// # Errors
/// [`WebhookError::Unfit`] for what Leap would never call, before anything is sent.
pub async fn ensure(leap: &LeapClient, wanted: &Wanted) -> Result<Ensured, WebhookError> {
    wanted.check()?;
    let subscriptions = list(leap).await?;
    let mut same_receiver: Vec<_> = subscriptions
        .into_iter()
        .filter(|one| wanted.is_same_receiver(one))
        .collect();
    if same_receiver.len() > 1 {
        let count = same_receiver.len();
        tracing::warn!(
            provider = "leap",
            count,
            "several subscriptions call the same receiver: each event comes several times"
        );
    }
    if let Some(place) = same_receiver.iter().position(|one| wanted.is_met_by(one)) {
        return Ok(Ensured::Unchanged(same_receiver.swap_remove(place).id));
    }
    match same_receiver.into_iter().next() {
        Some(different) => {
            let request = changing(
                Method::PUT,
                path_of(&different.id),
                Some(Body::Json(wanted.body())),
                true,
            );
            told(
                leap,
                "update_webhook",
                leap.within(leap.deadline(), leap.bytes(&request)).await,
            )?;
            Ok(Ensured::Updated(different.id))
        }
        None => {
            // Not repeatable: a lost answer would leave two subscriptions.
            let request = changing(Method::POST, PATH.to_owned(), Some(Body::Json(wanted.body())), false);
            let created: Created = told(
                leap,
                "create_webhook",
                leap.within(leap.deadline(), leap.json(&request)).await,
            )?;
            let unreadable = || CallError::Unreadable("the new webhook has no usable id");
            let id = told(
                leap,
                "create_webhook",
                WebhookId::parse(&created.webhook_id).ok_or_else(unreadable),
            )?;
            Ok(Ensured::Created(id))
        }
    }
}

/// Has Leap send a bare payload (docs/leap.md, section 3.1) to the receiver.
///
/// # Errors
/// [`Unfit::NotATest`] when the payload names a reference that does not begin with [`TEST_PREFIX`]:
/// the receiver could not tell it from a real event.
pub async fn test(leap: &LeapClient, id: &WebhookId, payload: &Value) -> Result<TestResult, WebhookError> {
    subscription::check_test(payload)?;
    let path = format!("{}/test", path_of(id));
    let mut request = changing(Method::POST, path, Some(Body::Json(payload.clone())), false);
    request.timeout = Some(TEST_DEADLINE);
    let result: TestAnswer = told(
        leap,
        "test_webhook",
        leap.within(TEST_DEADLINE, leap.json(&request)).await,
    )?;
    Ok(TestResult {
        successful: result.is_successful,
        status_code: result.status_code,
        response_time_ms: result.response_time_ms,
        error: result
            .error
            .map(|text| text.chars().filter(|c| !c.is_control()).take(200).collect()),
    })
}

/// Removes a subscription. Answers whether there was one.
///
/// # Errors
/// When Leap cannot be asked.
pub async fn delete(leap: &LeapClient, id: &WebhookId) -> Result<bool, WebhookError> {
    let request = changing(Method::DELETE, path_of(id), None, true);
    match leap.within(leap.deadline(), leap.bytes(&request)).await {
        Ok(_) => Ok(true),
        // Also after a repetition, when the first attempt had worked and its answer was lost.
        Err(CallError::NotFound { .. }) => Ok(false),
        Err(error) => told(leap, "delete_webhook", Err(error)),
    }
}

#[derive(Deserialize)]
struct Listing {
    webhooks: Vec<subscription::Listed>,
}

#[derive(Deserialize)]
struct Created {
    webhook_id: String,
}

#[derive(Deserialize)]
struct TestAnswer {
    is_successful: bool,
    error: Option<String>,
    status_code: Option<u16>,
    response_time_ms: Option<u64>,
}

async fn listed(leap: &LeapClient) -> Result<Vec<Subscription>, CallError> {
    let request = Request::get(PATH, &[], Share::Upkeep);
    let listing: Listing = leap.within(leap.deadline(), leap.json(&request)).await?;
    let subscriptions: Option<Vec<_>> = listing.webhooks.into_iter().map(subscription::Listed::read).collect();
    subscriptions.ok_or(CallError::Unreadable("a listed webhook has no usable id"))
}

fn path_of(id: &WebhookId) -> String {
    format!("{PATH}/{}", id.as_str())
}

fn changing(method: Method, path: String, body: Option<Body>, repeatable: bool) -> Request {
    Request {
        method,
        path,
        query: String::new(),
        body,
        repeatable,
        share: Share::Upkeep,
        authorization: None,
        paid: AtomicBool::new(false),
        timeout: None,
    }
}

fn told<T>(leap: &LeapClient, question: &'static str, answer: Result<T, CallError>) -> Result<T, WebhookError> {
    answer.map_err(|error| {
        leap.note_failure(question, &error);
        match error {
            CallError::NotFound { .. } => WebhookError::Unknown,
            CallError::Refused { status, .. } => WebhookError::Refused(status),
            CallError::Unreachable(_)
            | CallError::OutOfTime
            | CallError::RateLimited { .. }
            | CallError::BudgetSpent { .. }
            | CallError::Unauthorized { .. }
            | CallError::Failing { .. }
            | CallError::Unreadable(_) => WebhookError::Provider(error.into()),
        }
    })
}

impl Wanted {
    /// Every field, as both `POST` and `PUT` take them.
    fn body(&self) -> Value {
        let types: Vec<&str> = self.event_types.iter().map(|one| one.as_str()).collect();
        json!({
            "receiver_url": self.receiver_url.as_str(),
            "event_types": types,
            "headers": [{ "name": self.header.name, "value": self.header.value.expose() }],
        })
    }
}
