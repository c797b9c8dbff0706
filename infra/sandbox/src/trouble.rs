//! What can go wrong at the provider, switched on and off while the sandbox runs.

use std::io;

use axum::body::Body;
use axum::response::Response;
use serde::{Deserialize, Serialize};

/// The faults of a provider; the default is a provider without any.
///
/// Probabilities are between 0 and 1 and are drawn from the sandbox's seed: for a delivery from its
/// event, for an API call from its route and its number. Faults of deliveries are fixed when the
/// event happens, faults of the API when the call arrives.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Trouble {
    /// How likely an event is delivered a second time, at once or up to three minutes later.
    pub duplicate_p: f64,
    /// By up to how many minutes each delivery is delayed, so that events arrive out of order.
    pub disorder_minutes: u32,
    /// How likely all attempts but the last fail unseen: the event arrives 8 hours late.
    pub late_p: f64,
    /// How likely an event is never delivered.
    pub lost_p: f64,
    /// How likely an API call is answered 429.
    pub throttled_p: f64,
    /// What a 429 says in `Retry-After`; without it the header is absent, as in the documentation.
    pub retry_after_seconds: Option<u32>,
    /// How likely an API call is answered 500.
    pub error_p: f64,
    /// How many real milliseconds each API call waits before anything else is done.
    pub slow_ms: u64,
    /// Whether every API call is answered 403, as with a key of the wrong environment.
    pub forbidden: bool,
    /// Whether the API is down, and how that looks.
    pub down: Option<ApiDown>,
    /// How many seconds pass until the Connect API shows what a customer did.
    pub connect_lag_seconds: u32,
}

/// How an API that is down looks from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApiDown {
    /// The connection is cut without an answer.
    Unreachable,
    /// Every call is answered 503.
    Unavailable,
}

/// A body that fails before its first byte makes the server close the connection, and the caller
/// sees it end without an answer.
pub(crate) fn cut_connection() -> Response {
    let cut = io::Error::from(io::ErrorKind::ConnectionAborted);
    let body = futures::stream::once(async { Err::<Vec<u8>, _>(cut) });
    Response::new(Body::from_stream(body))
}
