//! What every call goes through: the trouble there is, the count, and the token.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, AUTHORIZATION, RETRY_AFTER,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::light::engine::Shared;
use crate::light::refusal::Refusal;
use crate::trouble::{ApiDown, cut_connection};

/// The account whose token a call carries.
#[derive(Clone, Debug)]
pub(crate) struct Caller(pub(crate) String);

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
    let response = match trouble(&shared, &route) {
        Some(response) => response,
        None => next.run(request).await,
    };
    count(&shared, route, response.status().as_u16());
    response
}

/// Lets pass who carries the App's token.
pub(crate) async fn app(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let is_app = token(request.headers()).is_some_and(|token| token == shared.world().config.app_token);
    if is_app {
        next.run(request).await
    } else {
        Refusal::unauthorized().into_response()
    }
}

/// Lets pass who carries an account's token that lives.
pub(crate) async fn account(State(shared): State<Arc<Shared>>, mut request: Request, next: Next) -> Response {
    let now = shared.clock.now();
    let account = token(request.headers()).and_then(|token| shared.world().account_of(token, now));
    match account {
        Some(account) => {
            request.extensions_mut().insert(Caller(account));
            next.run(request).await
        }
        None => Refusal::unauthorized().into_response(),
    }
}

/// Lets pages of other origins load, frame and call.
pub(crate) async fn cross_origin(request: Request, next: Next) -> Response {
    let mut response = if *request.method() == Method::OPTIONS {
        StatusCode::NO_CONTENT.into_response()
    } else {
        next.run(request).await
    };
    let resource_policy = HeaderName::from_static("cross-origin-resource-policy");
    for (name, value) in [
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PUT"),
        (ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type"),
        (resource_policy, "cross-origin"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn trouble(shared: &Shared, route: &str) -> Option<Response> {
    let world = shared.world();
    let trouble = &world.trouble;
    let refuse = |status, error| Some(Refusal::new(status, error).into_response());
    if trouble.down == Some(ApiDown::Unavailable) {
        return refuse(StatusCode::SERVICE_UNAVAILABLE, "The service is unavailable.");
    }
    if trouble.forbidden {
        return refuse(StatusCode::FORBIDDEN, "This token lacks the permission.");
    }
    let by_status = world.stats.api.get(route);
    let number = by_status.map_or(0, |by_status| by_status.values().sum::<u64>());
    let number = number.to_string();
    let chance = |p, what| world.seed.chance(p, &[what, route, &number]);
    if chance(trouble.throttled_p, "throttled") {
        let mut response = refuse(StatusCode::TOO_MANY_REQUESTS, "There were too many requests.")?;
        if let Some(seconds) = trouble.retry_after_seconds {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        return Some(response);
    }
    if chance(trouble.error_p, "error") {
        return refuse(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong on our side.");
    }
    None
}

fn token(headers: &HeaderMap) -> Option<&str> {
    let stated = headers.get(AUTHORIZATION)?.to_str().ok()?;
    stated.strip_prefix("Bearer ")
}

fn count(shared: &Shared, route: String, status: u16) {
    let mut world = shared.world();
    let by_status = world.stats.api.entry(route).or_default();
    *by_status.entry(status).or_default() += 1;
}
