//! What every API call goes through: the trouble there is, the key, the media type, and the count.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64;

use crate::bayou::api::errors::{self, Refusal};
use crate::bayou::engine::Shared;
use crate::trouble::{ApiDown, cut_connection};

pub(crate) async fn guard(
    State(shared): State<Arc<Shared>>,
    route: MatchedPath,
    request: Request,
    next: Next,
) -> Response {
    let route = format!("{} {}", request.method(), route.as_str());
    let slow_ms = shared.world().trouble.slow_ms;
    if slow_ms > 0 {
        tokio::time::sleep(Duration::from_millis(slow_ms)).await;
    }
    if shared.world().trouble.down == Some(ApiDown::Unreachable) {
        count(&shared, route, 0);
        return cut_connection();
    }
    let refusal = refusal(&shared, &route, request.method(), request.headers());
    let response = match refusal {
        Some(refusal) => {
            let mut response = refusal.into_response();
            let seconds = shared.world().trouble.retry_after_seconds;
            if let (errors::TOO_MANY, Some(seconds)) = (refusal, seconds) {
                let headers = response.headers_mut();
                headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
            }
            response
        }
        None => next.run(request).await,
    };
    count(&shared, route, response.status().as_u16());
    response
}

fn refusal(shared: &Shared, route: &str, method: &Method, headers: &HeaderMap) -> Option<Refusal> {
    let world = shared.world();
    let trouble = &world.trouble;
    if trouble.down == Some(ApiDown::Unavailable) {
        return Some(errors::UNAVAILABLE);
    }
    if !has_key(headers, &world.config.api_key) {
        return Some(errors::NO_KEY);
    }
    if trouble.forbidden {
        return Some(errors::FORBIDDEN);
    }
    let number = world
        .stats
        .api
        .get(route)
        .map_or(0, |by_status| by_status.values().sum::<u64>());
    let number = number.to_string();
    let chance = |p, what| world.seed.chance(p, &[what, route, &number]);
    if chance(trouble.throttled_p, "throttled") {
        return Some(errors::TOO_MANY);
    }
    if chance(trouble.error_p, "error") {
        return Some(errors::INTERNAL);
    }
    let has_body = *method == Method::POST || *method == Method::PATCH;
    // A bill is a file: how it is sent is not documented.
    let is_right = is_of_type(headers, "application/json")
        || (route.ends_with("/bills") && is_of_type(headers, "multipart/form-data"));
    (has_body && !is_right).then_some(errors::MEDIA_TYPE)
}

/// The key is the user name, and the password is empty.
fn has_key(headers: &HeaderMap, key: &str) -> bool {
    let stated = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let decoded = stated
        .and_then(|stated| stated.strip_prefix("Basic "))
        .and_then(|encoded| BASE64.decode(encoded.as_bytes()).ok());
    decoded.is_some_and(|decoded| decoded == format!("{key}:").as_bytes())
}

fn is_of_type(headers: &HeaderMap, media_type: &str) -> bool {
    let stated = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = stated.and_then(|stated| stated.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case(media_type))
}

fn count(shared: &Shared, route: String, status: u16) {
    let mut world = shared.world();
    let by_status = world.stats.api.entry(route).or_default();
    *by_status.entry(status).or_default() += 1;
}
