//! Errors as `application/problem+json` (RFC 9457). Their types are stable.

use core::error::Error;

use http::{HeaderValue, StatusCode, header};
use jiff::Timestamp;
use journey::enrollment::SupportMatter;
use serde::Serialize;

use super::json;
use crate::acts::Trouble;
use crate::http::{Answer, RETRY_SECONDS};

/// The longest wait that is passed on to a caller.
const LONGEST_WAIT: u32 = 60 * 60;

/// What is wrong with one field.
#[derive(Debug, Serialize)]
pub(super) struct FieldError {
    /// Where in the body, as a JSON pointer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pointer: Option<String>,
    /// Which of the address's parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) parameter: Option<&'static str>,
    /// What would be right.
    pub(super) detail: String,
}

impl FieldError {
    pub(super) fn at(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        FieldError {
            pointer: Some(pointer.into()),
            parameter: None,
            detail: detail.into(),
        }
    }
}

/// An error answer. It repeats no personal data.
#[derive(Debug, Serialize)]
pub(super) struct Problem {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    #[serde(serialize_with = "number")]
    status: StatusCode,
    detail: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    #[serde(skip_serializing_if = "Option::is_none")]
    support: Option<&'static str>,
    #[serde(skip)]
    allow: Option<&'static str>,
    #[serde(skip)]
    retry_after: u32,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

impl Problem {
    fn new(kind: &'static str, status: StatusCode, title: &'static str, detail: impl Into<String>) -> Self {
        Problem {
            kind,
            title,
            status,
            detail: detail.into(),
            errors: Vec::new(),
            support: None,
            allow: None,
            retry_after: RETRY_SECONDS,
        }
    }

    pub(super) fn nothing_here() -> Self {
        let detail = "There is nothing at this address.";
        Problem::new(
            "urn:rekindle:problem:not-found",
            StatusCode::NOT_FOUND,
            "Not found",
            detail,
        )
    }

    pub(super) fn unauthorized() -> Self {
        Problem::new(
            "urn:rekindle:problem:unauthorized",
            StatusCode::UNAUTHORIZED,
            "No session",
            "Send `Authorization: Bearer <token>`, once, with the token of a session that is not over.",
        )
    }

    pub(super) fn foreign() -> Self {
        let detail = "Another site's page calls with a token in the header, not with our cookie.";
        Problem::new(
            "urn:rekindle:problem:foreign-origin",
            StatusCode::FORBIDDEN,
            "Another site's page",
            detail,
        )
    }

    pub(super) fn not_allowed(allow: &'static str) -> Self {
        let (status, detail) = (
            StatusCode::METHOD_NOT_ALLOWED,
            format!("This address answers to {allow}."),
        );
        Problem {
            allow: Some(allow),
            ..Problem::new(
                "urn:rekindle:problem:method-not-allowed",
                status,
                "Method not allowed",
                detail,
            )
        }
    }

    pub(super) fn too_large() -> Self {
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        Problem::new(
            "urn:rekindle:problem:too-large",
            status,
            "Too large",
            "A body has at most 16 KB.",
        )
    }

    pub(super) fn too_slow() -> Self {
        let status = StatusCode::REQUEST_TIMEOUT;
        Problem::new(
            "urn:rekindle:problem:too-slow",
            status,
            "Too slow",
            "The body took too long to arrive.",
        )
    }

    pub(super) fn not_json() -> Self {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        Problem::new(
            "urn:rekindle:problem:not-json",
            status,
            "Not JSON",
            "Send the body as `application/json`.",
        )
    }

    pub(super) fn malformed(detail: impl Into<String>) -> Self {
        Problem::new(
            "urn:rekindle:problem:malformed",
            StatusCode::BAD_REQUEST,
            "Malformed",
            detail,
        )
    }

    pub(super) fn invalid(errors: Vec<FieldError>) -> Self {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Problem {
            errors,
            ..Problem::new(
                "urn:rekindle:problem:invalid",
                status,
                "Invalid",
                "Some fields are not right.",
            )
        }
    }

    pub(super) fn unknown_location() -> Self {
        let detail = "The account has no such location.";
        Problem::new(
            "urn:rekindle:problem:unknown-location",
            StatusCode::NOT_FOUND,
            "Unknown location",
            detail,
        )
    }

    pub(super) fn unknown_offer() -> Self {
        Problem::new(
            "urn:rekindle:problem:unknown-offer",
            StatusCode::CONFLICT,
            "Unknown offer",
            "The offer is none that was made for this customer. Nothing was accepted; ask for the plans again.",
        )
    }

    pub(super) fn plan_changed() -> Self {
        Problem::new(
            "urn:rekindle:problem:plan-changed",
            StatusCode::CONFLICT,
            "The plan changed",
            "The plan is no longer what was shown, or was shown more than 30 minutes ago. Nothing was accepted; ask for the plans again.",
        )
    }

    /// The store failed. What it says goes to the log, not to the caller.
    pub(super) fn store_failed(error: &(dyn Error + 'static)) -> Self {
        tracing::error!(error, "request failed");
        Problem::unavailable(RETRY_SECONDS)
    }

    fn unavailable(retry_after: u32) -> Self {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        let detail = "The provider or our store cannot be reached. Nothing is lost; send the same request again.";
        Problem {
            retry_after,
            ..Problem::new("urn:rekindle:problem:unavailable", status, "Not now", detail)
        }
    }

    fn support(matter: SupportMatter) -> Self {
        let detail = "This enrolment cannot go on here. The customer should talk to support.";
        Problem {
            support: Some(matter.as_str()),
            ..Problem::new(
                "urn:rekindle:problem:support-needed",
                StatusCode::CONFLICT,
                "Support needed",
                detail,
            )
        }
    }

    pub(super) fn of(trouble: &Trouble, now: Timestamp) -> Self {
        match trouble {
            Trouble::Support(matter) => Problem::support(*matter),
            Trouble::Finished => {
                let detail = "The enrolment is final. Nothing was changed.";
                Problem::new(
                    "urn:rekindle:problem:finished",
                    StatusCode::CONFLICT,
                    "Finished",
                    detail,
                )
            }
            Trouble::Refused => {
                let detail = "The provider refuses this step, and would again. Nothing was changed.";
                Problem::new("urn:rekindle:problem:refused", StatusCode::CONFLICT, "Refused", detail)
            }
            Trouble::Unavailable { retry_at } => {
                let wait = retry_at.map(|at| at.duration_since(now).as_secs());
                let wait = wait
                    .and_then(|seconds| u32::try_from(seconds).ok())
                    .unwrap_or(RETRY_SECONDS);
                Problem::unavailable(wait.clamp(1, LONGEST_WAIT))
            }
        }
    }

    pub(super) fn answer(&self) -> Answer {
        let mut answer = json(self);
        *answer.status_mut() = self.status;
        let headers = answer.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(allow) = self.allow {
            headers.insert(header::ALLOW, HeaderValue::from_static(allow));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let asked = HeaderValue::from_static("Bearer realm=\"enrollment\"");
            headers.insert(header::WWW_AUTHENTICATE, asked);
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, self.retry_after.into());
        }
        answer
    }
}
