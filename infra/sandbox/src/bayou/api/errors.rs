//! Errors, in the one shape the API has for them.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// A refusal. Which type goes with which code is documented for few codes; the others are plausible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    status: StatusCode,
    error_type: &'static str,
    error_code: &'static str,
    message: &'static str,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({
            "error_type": self.error_type,
            "error_code": self.error_code,
            "error_message": self.message,
            "docs_url": "https://docs.bayou.energy/docs/error-codes",
        });
        (self.status, Json(body)).into_response()
    }
}

const fn refusal(
    status: StatusCode,
    error_type: &'static str,
    error_code: &'static str,
    message: &'static str,
) -> Refusal {
    Refusal {
        status,
        error_type,
        error_code,
        message,
    }
}

/// A field of a customer is not as it has to be; the code names the field.
pub(crate) const fn invalid(error_code: &'static str, message: &'static str) -> Refusal {
    refusal(StatusCode::BAD_REQUEST, "invalid_input", error_code, message)
}

pub(crate) const NOT_JSON: Refusal = refusal(
    StatusCode::BAD_REQUEST,
    "invalid_request",
    "body_invalid",
    "The body is not a JSON object.",
);
pub(crate) const MEDIA_TYPE: Refusal = refusal(
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    "invalid_request",
    "content_type_invalid",
    "The Content-Type has to be application/json.",
);
pub(crate) const NO_CUSTOMER: Refusal = refusal(
    StatusCode::NOT_FOUND,
    "invalid_request",
    "customer_id_invalid",
    "There is no customer with this id.",
);
pub(crate) const NO_BILL: Refusal = refusal(
    StatusCode::NOT_FOUND,
    "invalid_request",
    "bill_id_invalid",
    "There is no bill with this id.",
);
pub(crate) const BILL_ID_FORMAT: Refusal = refusal(
    StatusCode::BAD_REQUEST,
    "invalid_input",
    "bill_id_invalid_format",
    "A bill's id is a number or external_id:<value>.",
);
pub(crate) const CONFLICT: Refusal = refusal(
    StatusCode::CONFLICT,
    "invalid_request",
    "customer_external_id_conflict",
    "There is a customer with this external_id already.",
);
pub(crate) const METHOD: Refusal = refusal(
    StatusCode::METHOD_NOT_ALLOWED,
    "invalid_request",
    "method_not_allowed",
    "There is no such call on this path.",
);
pub(crate) const NO_KEY: Refusal = refusal(
    StatusCode::UNAUTHORIZED,
    "auth_error",
    "api_key_invalid",
    "There is no valid API key in this request.",
);
pub(crate) const FORBIDDEN: Refusal = refusal(
    StatusCode::FORBIDDEN,
    "auth_error",
    "api_key_forbidden",
    "This API key lacks the permission.",
);
pub(crate) const TOO_MANY: Refusal = refusal(
    StatusCode::TOO_MANY_REQUESTS,
    "request_blocked",
    "too_many_requests",
    "There were too many requests from this address.",
);
pub(crate) const INTERNAL: Refusal = refusal(
    StatusCode::INTERNAL_SERVER_ERROR,
    "api_error",
    "internal_error",
    "Something went wrong on our side.",
);
pub(crate) const UNAVAILABLE: Refusal = refusal(
    StatusCode::SERVICE_UNAVAILABLE,
    "api_error",
    "unavailable",
    "The service is unavailable.",
);
