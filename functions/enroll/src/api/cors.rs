//! Which other sites' pages may call the API from a browser: those that are listed, and none by default.
//!
//! They bring the token in a header. Our cookie is not for them, so credentials are never allowed.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ALLOW, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::empty;
use crate::http::Answer;

/// Answers the question that a browser asks before it sends another site's request.
pub(super) fn preflight(origins: &[String], asked: &HeaderMap, allow: &'static str) -> Answer {
    let mut answer = empty(StatusCode::NO_CONTENT);
    let headers = answer.headers_mut();
    headers.insert(ALLOW, HeaderValue::from_static(allow));
    if listed(origins, asked).is_some() {
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(allow));
        headers.insert(
            ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("authorization, content-type"),
        );
        headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    }
    answer
}

/// Lets the page of a listed site read an answer.
pub(super) fn allow(origins: &[String], asked: &HeaderMap, headers: &mut HeaderMap) {
    headers.insert(VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = listed(origins, asked) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(
            ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("allow, retry-after"),
        );
    }
}

fn listed<'h>(origins: &[String], asked: &'h HeaderMap) -> Option<&'h HeaderValue> {
    let origin = asked.get(ORIGIN)?;
    origins.iter().any(|listed| origin == listed).then_some(origin)
}
