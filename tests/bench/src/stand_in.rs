//! Leap, for long runs: answers from the book, counts each call, and can be in trouble.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use axum::body::Body;
use axum::extract::{Query, Request, State};
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::book::{Book, Customer};
use crate::load::{number_of, reference};
use crate::world::{after, lock};

/// How long a late answer takes, in real time: less than the client's patience of 4 s.
const LATE: Duration = Duration::from_secs(1);

/// What a 429 asks for, in seconds of the program's time.
const PAUSE_S: u32 = 30;

/// When a meter appears after its customer has finished.
const METER_AFTER: SignedDuration = SignedDuration::from_mins(150);

/// How the API is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// As it should be.
    #[default]
    None,
    /// Each answer takes a second.
    Late,
    /// Each call is answered 429.
    Throttled,
    /// Each call is answered 500.
    Failing,
    /// No call is ever answered.
    Hung,
    /// Each connection is cut in the middle of the answer.
    Cut,
}

impl Trouble {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Trouble::None => "",
            Trouble::Late => "late",
            Trouble::Throttled => "429",
            Trouble::Failing => "500",
            Trouble::Hung => "hung",
            Trouble::Cut => "cut",
        }
    }
}

/// The stand-in, on a thread of its own; it ends when it is dropped.
pub(crate) struct StandIn {
    pub(crate) url: String,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
}

struct Shared {
    book: Book,
    trouble: Mutex<Trouble>,
    /// When each call came.
    calls: Mutex<Vec<Instant>>,
}

impl StandIn {
    pub(crate) fn start(book: &Book) -> anyhow::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address: SocketAddr = listener.local_addr()?;
        let shared = Arc::new(Shared {
            book: book.clone(),
            trouble: Mutex::default(),
            calls: Mutex::default(),
        });
        let app = Router::new()
            .route("/v1.1/connect/connection", get(connections))
            .route("/v2/meters/search", post(meters))
            .layer(middleware::from_fn_with_state(Arc::clone(&shared), troubled))
            .with_state(Arc::clone(&shared));
        let (stop, stopped) = oneshot::channel::<()>();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        thread::Builder::new()
            .name("stand-in".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    let Ok(listener) = TcpListener::from_std(listener) else {
                        return;
                    };
                    tokio::select! {
                        _ = axum::serve(listener, app) => {}
                        _ = stopped => {}
                    }
                });
            })
            .context("a thread for the stand-in")?;
        Ok(StandIn {
            url: format!("http://{address}"),
            shared,
            stop: Some(stop),
        })
    }

    pub(crate) fn set(&self, trouble: Trouble) {
        *lock(&self.shared.trouble) = trouble;
    }

    /// How many calls came so far.
    pub(crate) fn calls(&self) -> usize {
        lock(&self.shared.calls).len()
    }

    /// The most calls that came within a span of real time, wherever that begins.
    pub(crate) fn most_calls_within(&self, span: Duration) -> usize {
        most_within(lock(&self.shared.calls).iter().copied(), |first, last| {
            last.duration_since(first) < span
        })
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.stop.take().map(|stop| stop.send(()));
    }
}

/// The most of some moments, in order, that lie together, wherever the first of them is.
pub(crate) fn most_within<T: Copy>(moments: impl Iterator<Item = T>, together: impl Fn(T, T) -> bool) -> usize {
    let (mut window, mut most) = (VecDeque::new(), 0);
    for moment in moments {
        window.push_back(moment);
        while window.front().is_some_and(|first| !together(*first, moment)) {
            window.pop_front();
        }
        most = most.max(window.len());
    }
    most
}

async fn troubled(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    lock(&shared.calls).push(Instant::now());
    let trouble = *lock(&shared.trouble);
    match trouble {
        Trouble::None => next.run(request).await,
        Trouble::Late => {
            tokio::time::sleep(LATE).await;
            next.run(request).await
        }
        Trouble::Throttled => (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, PAUSE_S.to_string())]).into_response(),
        Trouble::Failing => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Trouble::Hung => std::future::pending().await,
        Trouble::Cut => {
            // A body that fails before its first byte makes the server close the connection.
            let cut = io::Error::from(io::ErrorKind::ConnectionAborted);
            Response::new(Body::from_stream(futures::stream::once(async {
                Err::<Vec<u8>, _>(cut)
            })))
        }
    }
}

async fn connections(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Result<Json<Value>, StatusCode> {
    let pages = shared.book.pages();
    let (numbers, next) = match query.get("ref-id") {
        Some(reference) => (vec![number_of(reference).ok_or(StatusCode::BAD_REQUEST)?], None),
        None => {
            let since = |name: &str| query.get(name).and_then(|text| text.parse::<Timestamp>().ok());
            let number = |name: &str| query.get(name).and_then(|text| text.parse::<usize>().ok());
            let (index, since) = match (since("from-start-date-time"), since("from-last-interaction-date-time")) {
                (Some(since), _) => (&pages.starts, since),
                (None, Some(since)) => (&pages.tries, since),
                (None, None) => return Err(StatusCode::BAD_REQUEST),
            };
            let place = number("page-token").unwrap_or_else(|| index.partition_point(|(at, _)| *at < since));
            let size = number("page-size").unwrap_or(10);
            let end = place.saturating_add(size);
            let numbers = index.iter().skip(place).take(size).map(|(_, number)| *number).collect();
            (numbers, (end < index.len()).then(|| end.to_string()))
        }
    };
    let records: Vec<Value> = numbers
        .into_iter()
        .filter_map(|number| record(number, pages.customers.get(number as usize)?))
        .collect();
    Ok(Json(json!({
        "totalHits": records.len(),
        "nextPageToken": next,
        "onboardingConnections": records,
    })))
}

fn record(number: u32, customer: &Customer) -> Option<Value> {
    let started = customer.started?;
    let (status, utility, error) = match customer {
        Customer { finished: Some(_), .. } => ("COMPLETED", "CONNECTED", None),
        Customer { failed: true, .. } => ("ERROR", "ERROR", Some("USER_INVALID_CREDENTIALS")),
        Customer { .. } => ("PARTIAL", "NOT_CONNECTED", None),
    };
    let reference = reference(number);
    Some(json!({
        "id": format!("CAISO_f16a3a50-9ce1-436b-82b2-7b6cf3372cd7_{reference}"),
        "transmission_region": "CAISO",
        "ref_id": reference,
        "start_date_time_utc": started,
        "last_interaction_date_time_utc": customer.tried,
        "connection_status": status,
        "utility_connections": [{
            "authorization_uuid": null,
            "utility_name": "PG&E: Pacific Gas & Electric",
            "utility_is_required": true,
            "status": utility,
            "error_code": error,
            "start_date_time_utc": started,
            "last_interaction_date_time_utc": customer.tried,
        }],
        "agreements": {
            "prohibited_resource_attestation_status": "COMPLETED",
            "demand_response_participation_agreement_status": "COMPLETED",
            "generator_status": "NO_GENERATOR_ONSITE",
        },
    }))
}

async fn meters(State(shared): State<Arc<Shared>>, Json(asked): Json<Value>) -> Json<Value> {
    let now = shared.book.now();
    let pages = shared.book.pages();
    let references = asked.get("connection_reference_ids").and_then(Value::as_array);
    let references = references.into_iter().flatten().filter_map(Value::as_str);
    let meters: Vec<Value> = references
        .filter_map(|reference| {
            let customer = pages.customers.get(number_of(reference)? as usize)?;
            let created = after(customer.finished?, METER_AFTER);
            (created <= now).then(|| {
                json!({
                    "meter_id": reference,
                    "connection_references": [reference],
                    "meter_type": "UTILITY_METER",
                    "is_archived": false,
                    "audit": { "created_by": "UTILITY", "created_at": created },
                })
            })
        })
        .collect();
    Json(json!({ "next_page_token": null, "meters": meters }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_begins_anywhere() {
        let within =
            |moments: &[u32], span: u32| most_within(moments.iter().copied(), |first, last| last - first < span);
        assert_eq!(within(&[], 60), 0);
        assert_eq!(within(&[0, 59, 60, 61, 118], 60), 4);
        assert_eq!(within(&[0, 60, 120], 60), 1);
        assert_eq!(within(&[5, 5, 5], 1), 3);
    }
}
