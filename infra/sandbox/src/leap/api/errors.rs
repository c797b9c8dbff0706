//! Errors, in the shape of the API family they belong to.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// The three families, each with error bodies of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Connect,
    Meters,
    Webhooks,
}

impl Family {
    pub(crate) fn of_path(path: &str) -> Self {
        if path.starts_with("/v2/") {
            Self::Meters
        } else if path.starts_with("/v1.1/webhooks") {
            Self::Webhooks
        } else {
            Self::Connect
        }
    }

    pub(crate) fn error(self, status: StatusCode, message: &str) -> Response {
        self.detailed_error(status, message, json!({}))
    }

    /// An error whose `details` only the Meters API has room for.
    pub(crate) fn detailed_error(self, status: StatusCode, message: &str, details: Value) -> Response {
        let reason = status.canonical_reason().unwrap_or("Error");
        let body = match self {
            // No body is declared here; the session API of the same family answers like this.
            Self::Connect => json!({"message": message}),
            Self::Meters if status == StatusCode::INTERNAL_SERVER_ERROR => json!(message),
            Self::Meters => {
                json!({"title": message, "status": status.as_u16(), "details": details})
            }
            Self::Webhooks => json!({"error": reason, "message": message}),
        };
        (status, Json(body)).into_response()
    }
}
