//! What every API call goes through: the trouble there is, the key, and the count.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{AUTHORIZATION, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

use crate::leap::api::errors::Family;
use crate::leap::engine::Shared;
use crate::trouble::{ApiDown, cut_connection};

pub(crate) async fn guard(
    State(shared): State<Arc<Shared>>,
    route: MatchedPath,
    request: Request,
    next: Next,
) -> Response {
    let family = Family::of_path(request.uri().path());
    let route = format!("{} {}", request.method(), route.as_str());
    let slow_ms = shared.world().trouble.slow_ms;
    if slow_ms > 0 {
        tokio::time::sleep(Duration::from_millis(slow_ms)).await;
    }
    if shared.world().trouble.down == Some(ApiDown::Unreachable) {
        count(&shared, route, 0);
        return cut_connection();
    }
    let refusal = refusal(&shared, &route, family, request.headers());
    let response = match refusal {
        Some(response) => response,
        None => next.run(request).await,
    };
    count(&shared, route, response.status().as_u16());
    response
}

fn refusal(shared: &Shared, route: &str, family: Family, headers: &HeaderMap) -> Option<Response> {
    let world = shared.world();
    let trouble = &world.trouble;
    if trouble.down == Some(ApiDown::Unavailable) {
        return Some(family.error(StatusCode::SERVICE_UNAVAILABLE, "Service unavailable"));
    }
    let Some(key) = bearer(headers) else {
        return Some(family.error(StatusCode::UNAUTHORIZED, "Missing or invalid token"));
    };
    if trouble.forbidden || key != shared.config.api_key {
        return Some(family.error(StatusCode::FORBIDDEN, "User is not authorized"));
    }
    let number = world
        .stats
        .api
        .get(route)
        .map_or(0, |by_status| by_status.values().sum::<u64>());
    let number = number.to_string();
    let chance = |p, what| world.seed.chance(p, &[what, route, &number]);
    if chance(trouble.throttled_p, "throttled") {
        let mut response = family.error(StatusCode::TOO_MANY_REQUESTS, "Too many requests");
        if let Some(seconds) = trouble.retry_after_seconds {
            let headers = response.headers_mut();
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        return Some(response);
    }
    if chance(trouble.error_p, "error") {
        return Some(family.error(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error"));
    }
    None
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

fn count(shared: &Shared, route: String, status: u16) {
    let mut world = shared.world();
    let by_status = world.stats.api.entry(route).or_default();
    *by_status.entry(status).or_default() += 1;
}
