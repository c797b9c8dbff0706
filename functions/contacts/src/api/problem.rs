//! Errors as `application/problem+json` (RFC 9457).

use http::{HeaderValue, StatusCode, header};
use jiff::SignedDuration;
use serde::Serialize;

use super::answer::{Reply, json};
use crate::FieldError;

/// When a store that was busy may be asked again, in seconds.
const RETRY_AFTER: u64 = 5;

/// An error answer.
#[derive(Debug, Serialize)]
pub struct Problem {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    #[serde(serialize_with = "number")]
    status: StatusCode,
    detail: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    #[serde(skip)]
    allow: Option<&'static str>,
    #[serde(skip)]
    retry_after: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

impl Problem {
    /// A problem with a sentence for whoever sent the request. The sentence repeats no personal data.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Problem {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status,
            detail: detail.into(),
            errors: Vec::new(),
            allow: None,
            retry_after: RETRY_AFTER,
        }
    }

    /// Nothing is at this address.
    #[must_use]
    pub fn nothing_here() -> Self {
        Problem::new(StatusCode::NOT_FOUND, "There is nothing at this address.")
    }

    pub(super) fn unauthorized() -> Self {
        Problem::new(
            StatusCode::UNAUTHORIZED,
            "Send `Authorization: Bearer <token>`, once, with a token that is live.",
        )
    }

    pub(super) fn not_allowed(allow: &'static str) -> Self {
        Problem {
            allow: Some(allow),
            ..Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                format!("This address answers to {allow}."),
            )
        }
    }

    pub(super) fn bad_request(detail: impl Into<String>) -> Self {
        Problem::new(StatusCode::BAD_REQUEST, detail)
    }

    pub(super) fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.errors = errors;
        self
    }

    /// Not now: the same request may be sent again after a while.
    pub(super) fn later(wait: SignedDuration, detail: impl Into<String>) -> Self {
        Problem {
            retry_after: u64::try_from(wait.as_secs()).unwrap_or_default().max(1),
            ..Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail)
        }
    }

    /// The store failed. What it says goes to the log, not to the caller.
    pub(super) fn unavailable(error: &(dyn core::error::Error + 'static)) -> Self {
        tracing::error!(error, "partner's request failed");
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "The store is busy. Nothing is lost; send the same request again.",
        )
    }

    /// The problem as an answer.
    #[must_use]
    pub fn reply(&self) -> Reply {
        let mut reply = json(self.status, self);
        let headers = reply.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(allow) = self.allow {
            headers.insert(header::ALLOW, HeaderValue::from_static(allow));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer realm=\"rekindle\""),
            );
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, self.retry_after.into());
        }
        reply
    }
}
