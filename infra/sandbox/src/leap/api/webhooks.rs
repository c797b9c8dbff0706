//! Manage webhook subscriptions, and try them out.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::leap::api::errors::Family;
use crate::leap::engine::{Shared, send};
use crate::leap::event::envelope;
use crate::leap::subscription::{NewWebhook, Subscription};

#[derive(Serialize)]
struct Listed<'a> {
    webhook_id: &'a str,
    #[serde(flatten)]
    stated: &'a NewWebhook,
}

#[derive(Serialize)]
struct Tested {
    is_successful: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_code: Option<u16>,
    response_time_ms: u64,
}

/// Lists subscriptions, the values of their headers included.
pub(crate) async fn list(State(shared): State<Arc<Shared>>) -> Response {
    let world = shared.world();
    let webhooks: Vec<Listed<'_>> = world
        .subscriptions
        .iter()
        .map(|(webhook_id, subscription)| Listed {
            webhook_id,
            stated: &subscription.stated,
        })
        .collect();
    Json(json!({"webhooks": webhooks})).into_response()
}

pub(crate) async fn create(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let stated = match stated(&body) {
        Ok(stated) => stated,
        Err(response) => return response,
    };
    match shared.world().subscribe(stated) {
        Ok(webhook_id) => Json(json!({"webhook_id": webhook_id})).into_response(),
        Err(invalid) => bad_request(&invalid.to_string()),
    }
}

/// Replaces a subscription; headers that are not stated again are gone.
pub(crate) async fn update(State(shared): State<Arc<Shared>>, Path(webhook_id): Path<String>, body: Bytes) -> Response {
    let replacement = match stated(&body) {
        Ok(stated) => Subscription::try_from(stated),
        Err(response) => return response,
    };
    match replacement {
        Err(invalid) => bad_request(&invalid.to_string()),
        Ok(replacement) => match shared.world().subscriptions.get_mut(&webhook_id) {
            None => not_found(),
            Some(subscription) => {
                *subscription = replacement;
                Json(json!({"webhook_id": webhook_id})).into_response()
            }
        },
    }
}

pub(crate) async fn delete(State(shared): State<Arc<Shared>>, Path(webhook_id): Path<String>) -> Response {
    match shared.world().subscriptions.remove(&webhook_id) {
        None => not_found(),
        Some(_) => Json(json!({"message": "Webhook deleted"})).into_response(),
    }
}

/// Sends the given payload to the receiver once, in the usual envelope: nothing tells the receiver
/// that it is a test.
pub(crate) async fn test(State(shared): State<Arc<Shared>>, Path(webhook_id): Path<String>, body: Bytes) -> Response {
    let payload: Value = match serde_json::from_slice(&body) {
        Ok(payload @ Value::Object(_)) => payload,
        Ok(_) => return bad_request("The payload must be an object"),
        Err(error) => return bad_request(&error.to_string()),
    };
    let (subscription, event_id) = {
        let mut world = shared.world();
        let Some(subscription) = world.subscriptions.get(&webhook_id).cloned() else {
            return not_found();
        };
        (subscription, world.test_event_id(&webhook_id))
    };
    let begun = Instant::now();
    let outcome = send(&shared.http, &subscription, &envelope(&event_id, &payload)).await;
    Json(Tested {
        is_successful: outcome.is_accepted(),
        error: outcome.error(),
        status_code: outcome.status_code(),
        response_time_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
    .into_response()
}

// The answer is as large as a response is, and it is made once per call.
#[expect(clippy::result_large_err)]
fn stated(body: &Bytes) -> Result<NewWebhook, Response> {
    serde_json::from_slice(body).map_err(|error| bad_request(&error.to_string()))
}

fn bad_request(message: &str) -> Response {
    Family::Webhooks.error(StatusCode::BAD_REQUEST, message)
}

fn not_found() -> Response {
    Family::Webhooks.error(StatusCode::NOT_FOUND, "Webhook not found")
}
