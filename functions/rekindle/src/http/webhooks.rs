//! `POST /webhooks/{provider}`.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use journey::Provider;
use serde_json::json;
use webhook::{Answer, MAX_BODY_BYTES, Request};

use super::{Face, Problem};

/// From the whole body on. An answer that takes longer is a "deliver again": the store is in trouble, and Leap itself gives
/// up waiting after 10 s.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// How long a sender may take to send 64 KB. A slower one is not Leap.
const BODY_WITHIN: Duration = Duration::from_secs(5);

pub(crate) fn routes() -> Router<Face> {
    Router::new().route("/webhooks/{provider}", post(receive))
}

async fn receive(State(face): State<Face>, Path(provider): Path<String>, headers: HeaderMap, body: Body) -> Response {
    let Ok(Provider::Leap) = provider.parse() else {
        return Problem::new(404, "There is no such provider; there is: leap.").into_response();
    };
    let secret_values: Vec<&[u8]> = headers
        .get_all(&*face.webhook_header)
        .iter()
        .map(axum::http::HeaderValue::as_bytes)
        .collect();
    // Whoever has no secret gets no work out of us, not even the reading of a body.
    if face.world.webhook.secrets.check(&secret_values).is_err() {
        journey::port::Count::count(&face.world, "webhook.unauthorized", 1);
        return answer(Answer::Unauthorized);
    }
    let body = match tokio::time::timeout(BODY_WITHIN, to_bytes(body, MAX_BODY_BYTES)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => {
            journey::port::Count::count(&face.world, "webhook.too_large", 1);
            return answer(Answer::TooLarge);
        }
        Err(_) => return Problem::new(408, "the body did not arrive in time").into_response(),
    };
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .map(|value| value.to_str().unwrap_or("(unreadable)"));
    let request = Request {
        secret_values: &secret_values,
        content_type,
        body: &body,
    };
    let world = &face.world;
    let handled = webhook::handle(world, &world.webhook, &world.rules, request);
    answer(
        tokio::time::timeout(ANSWER_WITHIN, handled)
            .await
            .unwrap_or(Answer::TryAgain),
    )
}

fn answer(answer: Answer) -> Response {
    if answer == Answer::Accepted {
        (StatusCode::OK, axum::Json(json!({ "status": answer.detail() }))).into_response()
    } else {
        Problem::new(answer.status(), answer.detail()).into_response()
    }
}
