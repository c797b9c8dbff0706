//! The stand-in of Stripe over HTTP: the script, the card form in its frame, and what the form asks.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::light::engine::Shared;
use crate::light::stripe::{CardError, Locale, Trial, Typed};
use crate::light::texas::day;

/// What the card form sends, in the names of its fields.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    key: String,
    client_secret: String,
    locale: Option<String>,
    card: Typed,
}

const SCRIPT: &str = include_str!("../stripe/stripe.js");
const ELEMENT: &str = include_str!("../stripe/element.html");

/// Defines `window.Stripe`.
pub(crate) async fn script() -> Response {
    ([(CONTENT_TYPE, "text/javascript; charset=utf-8")], SCRIPT).into_response()
}

/// The card form, which any page may frame, and which sends to nobody but this server.
pub(crate) async fn element() -> Response {
    let policy = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; \
                  form-action 'none'; base-uri 'none'; frame-ancestors *";
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, policy),
    ];
    (headers, ELEMENT).into_response()
}

/// Looks whether what was typed could be a card, without asking a bank. What it finds is an answer and no
/// failure, which the console of a browser would tell.
pub(crate) async fn check(State(shared): State<Arc<Shared>>, body: Bytes) -> Json<Value> {
    let asked = asked(&body);
    let locale = Locale::of(asked.locale.as_deref());
    match Trial::of(&asked.card, day(shared.clock.now())) {
        Ok(_) => Json(json!({})),
        Err(error) => Json(json!({"error": error.json(locale)})),
    }
}

/// Confirms a setup intent with a card.
pub(crate) async fn confirm(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Bytes) -> Response {
    let asked = asked(&body);
    let locale = Locale::of(asked.locale.as_deref());
    let today = day(shared.clock.now());
    let mut world = shared.world();
    if asked.key != world.config.publishable_key {
        return unknown(StatusCode::UNAUTHORIZED, "Invalid API Key provided.");
    }
    if world.stripe.intent(&id, &asked.client_secret).is_none() {
        return unknown(StatusCode::NOT_FOUND, "No such setupintent, or another client_secret.");
    }
    let seed = world.seed;
    match world.stripe.confirm(seed, &id, &asked.card, today) {
        Ok(method) => {
            let intent = json!({
                "id": id,
                "object": "setup_intent",
                "status": "succeeded",
                "payment_method": method,
                "client_secret": asked.client_secret,
            });
            Json(intent).into_response()
        }
        Err(error) => refused(error, locale),
    }
}

/// What cannot be read was typed by nobody.
fn asked(body: &[u8]) -> Asked {
    serde_json::from_slice(body).unwrap_or_default()
}

fn refused(error: CardError, locale: Locale) -> Response {
    let body: Value = json!({"error": error.json(locale)});
    (StatusCode::PAYMENT_REQUIRED, Json(body)).into_response()
}

fn unknown(status: StatusCode, message: &str) -> Response {
    let body = json!({"error": {"type": "invalid_request_error", "code": "resource_missing", "message": message}});
    (status, Json(body)).into_response()
}
