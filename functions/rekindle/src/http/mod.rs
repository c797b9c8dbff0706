//! The program's face: its HTTP contract (ARCHITECTURE.md, "The one-machine program").
//!
//! What is answered is decided in `contacts`, `pages` and `webhook`, which Lambdas use as well. Here is
//! only what a server has and a Lambda has not: connections, bodies that arrive bit by bit, and time.

mod customers;
mod partner;
pub(crate) mod server;
mod webhooks;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode, Version, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use contacts::api::{ApiConfig, Problem};
use journey::Lane;
use journey::port::Clock;
use serde_json::json;

use crate::world::World;

/// How long a sender may take for a body: of 64 KB at most, so a slower one is neither Leap nor a browser.
const BODY_WITHIN: Duration = Duration::from_secs(5);

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct Face {
    pub(crate) world: World,
    pub(crate) api: Arc<ApiConfig>,
    pub(crate) webhook_header: HeaderName,
}

/// The routes of `serve`. What has no route of its own is asked of the partner's API, which also says
/// that there is nothing.
pub(crate) fn router(face: Face) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .merge(webhooks::routes())
        .merge(customers::routes())
        .fallback(partner::answer)
        .layer(middleware::from_fn(one_host))
        .layer(middleware::from_fn(nosniff))
        .with_state(face)
}

/// Whether the store answers, and for how long the oldest timer has been overdue: seconds of the program's own
/// time, 0 when none is. The customers wait when it grows.
async fn healthz(State(face): State<Face>) -> Response {
    let now = face.world.now();
    let due = [Lane::Touchpoint, Lane::Meter].map(|lane| face.world.store.next_due(lane));
    let (status, body) = match due.into_iter().collect::<Result<Vec<_>, _>>() {
        Ok(due) => {
            let oldest = due.into_iter().flatten().min().unwrap_or(now);
            let overdue = now.duration_since(oldest).as_secs().max(0);
            let body = json!({ "status": "ok", "now": now, "overdue_seconds": overdue });
            (StatusCode::OK, body)
        }
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "the store cannot be read");
            let body = json!({ "status": "store_unreadable", "now": now });
            (StatusCode::SERVICE_UNAVAILABLE, body)
        }
    };
    (status, [(header::CACHE_CONTROL, "no-store")], axum::Json(body)).into_response()
}

/// Refuses a request that names no host, or several, of which a proxy in front may have taken another (RFC 9112,
/// section 3.2). A body that is framed in two ways is the server's to notice: it ends the connection.
async fn one_host(request: axum::extract::Request, next: Next) -> Response {
    let hosts = request.headers().get_all(header::HOST).iter().count();
    let needed = usize::from(request.version() == Version::HTTP_11);
    if !(needed..=1).contains(&hosts) {
        return Refusal::new(StatusCode::BAD_REQUEST, "A request names one host.").into_response();
    }
    next.run(request).await
}

/// No answer of ours is ever to be taken for another type than it says.
async fn nosniff(request: axum::extract::Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response
        .headers_mut()
        .insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// Why a body was not read to its end.
enum Unread {
    TooLong,
    TooSlow,
}

/// Reads a whole body of at most `most` bytes. One that is declared as longer is not even begun.
async fn read(body: Body, most: usize) -> Result<Bytes, Unread> {
    if body.size_hint().lower() > most as u64 {
        return Err(Unread::TooLong);
    }
    match tokio::time::timeout(BODY_WITHIN, to_bytes(body, most)).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(_)) => Err(Unread::TooLong),
        Err(_) => Err(Unread::TooSlow),
    }
}

/// A whole answer as a server sends it.
fn sent(reply: axum::http::Response<Vec<u8>>) -> Response {
    reply.map(Body::from)
}

/// A problem as a handler of ours returns it.
pub(crate) struct Refusal(Problem);

impl Refusal {
    pub(crate) fn new(status: StatusCode, detail: &str) -> Self {
        Refusal(Problem::new(status, detail))
    }

    pub(crate) fn nothing_here() -> Self {
        Refusal(Problem::nothing_here())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        sent(self.0.reply())
    }
}
