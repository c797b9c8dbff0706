//! Answers, as every shell sends them.

use http::{HeaderValue, Method, Response, StatusCode, header};
use serde::Serialize;

/// A whole answer.
pub type Reply = Response<Vec<u8>>;

/// A document.
pub(super) fn json(status: StatusCode, value: &impl Serialize) -> Reply {
    match serde_json::to_vec(value) {
        Ok(body) => with_type(status, "application/json", body),
        Err(error) => {
            tracing::error!(error = &error as &dyn core::error::Error, "an answer has no JSON form");
            empty(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

/// An answer without a body. Personal data, and what is said of it, is not for a cache on the way; and no
/// answer is ever to be taken for another type than it says.
pub(super) fn empty(status: StatusCode) -> Reply {
    let mut reply = Response::new(Vec::new());
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    reply
}

pub(super) fn with_type(status: StatusCode, content_type: &'static str, body: Vec<u8>) -> Reply {
    let mut reply = empty(status);
    reply
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    *reply.body_mut() = body;
    reply
}

/// HEAD is answered as GET, without the body (RFC 9110, section 9.3.2).
pub(super) fn for_method(method: &Method, mut reply: Reply) -> Reply {
    if method == Method::HEAD {
        let length = core::mem::take(reply.body_mut()).len();
        reply.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    }
    reply
}
