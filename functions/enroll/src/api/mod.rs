//! The same steps as JSON, under `/enroll/v1`, for partners with a front end of their own.
//!
//! `docs/api/enroll.yaml` describes it, and is served at `/enroll/v1/openapi.yaml`. Whoever calls has the token of
//! one customer's session, in a header or in our cookie.

mod body;
mod cors;
mod problem;
mod route;
mod shown;
mod steps;

use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use journey::Campaign;
use serde::Serialize;

use crate::http::{Answer, MAX_BODY_BYTES};
use crate::route::{Page, allows};
use crate::session::{NoVisit, Visit, bearer, is_foreign, token_in_cookie};
use crate::{Ports, Site};
use problem::Problem;
use route::Route;

/// The document that describes the API.
pub const OPENAPI: &str = include_str!("../../../../docs/api/enroll.yaml");

/// Does a path belong to the API?
pub(crate) fn is_api(path: &str) -> bool {
    path == "/enroll/v1" || path.starts_with("/enroll/v1/")
}

pub(crate) async fn handle<P: Ports>(
    site: &Site,
    ports: &P,
    campaign: &Campaign,
    parts: &Parts,
    body: &[u8],
) -> Answer {
    let answer = answered(site, ports, campaign, parts, body).await;
    let mut answer = answer.unwrap_or_else(|problem| problem.answer());
    cors::allow(&site.origins, &parts.headers, answer.headers_mut());
    answer
}

/// The answer to a body that is longer than is read.
pub(crate) fn too_large() -> Answer {
    Problem::too_large().answer()
}

/// The answer to a body that does not arrive.
pub(crate) fn too_slow() -> Answer {
    Problem::too_slow().answer()
}

/// The answer to the payment page's script when the session is over.
pub(crate) fn no_session() -> Answer {
    Problem::unauthorized().answer()
}

async fn answered<P: Ports>(
    site: &Site,
    ports: &P,
    campaign: &Campaign,
    parts: &Parts,
    body: &[u8],
) -> Result<Answer, Problem> {
    let route = Route::of(parts.uri.path()).ok_or_else(Problem::nothing_here)?;
    if parts.method == Method::OPTIONS {
        return Ok(cors::preflight(&site.origins, &parts.headers, route.allow()));
    }
    if !allows(route.allow(), &parts.method) {
        return Err(Problem::not_allowed(route.allow()));
    }
    if route == Route::Document {
        return Ok(with_type(
            StatusCode::OK,
            "application/yaml",
            OPENAPI.as_bytes().to_vec(),
        ));
    }
    let by_header = parts.headers.contains_key(header::AUTHORIZATION);
    // Who comes with a token in a header is no browser that was tricked into it.
    if !by_header && is_foreign(&parts.headers) {
        return Err(Problem::foreign());
    }
    let token = if by_header {
        bearer(&parts.headers)
    } else {
        token_in_cookie(&parts.headers)
    };
    let visit = match Visit::begin(site, ports, campaign, token).await {
        Ok(visit) => visit,
        Err(NoVisit::Unknown | NoVisit::Over) => return Err(Problem::unauthorized()),
        Err(NoVisit::Store(error)) => return Err(Problem::store_failed(&error)),
    };
    if body.len() > MAX_BODY_BYTES {
        return Err(Problem::too_large());
    }
    visit.respond(route, parts.uri.query(), &parts.headers, body).await
}

/// What the payment page's script asks for.
pub(crate) async fn of_script<P: Ports>(visit: &Visit<'_, P>, page: Page, headers: &HeaderMap, body: &[u8]) -> Answer {
    let route = if page == Page::PaymentMethod {
        Route::PaymentMethod
    } else {
        Route::PaymentSession
    };
    let answer = visit.respond(route, None, headers, body).await;
    answer.unwrap_or_else(|problem| problem.answer())
}

/// A document.
fn json(value: &impl Serialize) -> Answer {
    match serde_json::to_vec(value) {
        Ok(body) => with_type(StatusCode::OK, "application/json", body),
        Err(error) => {
            tracing::error!(error = &error as &dyn core::error::Error, "an answer has no JSON form");
            empty(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

/// An answer without a body. What is said here of a person is for no cache, and never to be taken for another type.
fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(Vec::new());
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

fn with_type(status: StatusCode, content_type: &'static str, body: Vec<u8>) -> Answer {
    let mut answer = empty(status);
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    *answer.body_mut() = body;
    answer
}
