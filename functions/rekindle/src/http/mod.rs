//! The program's face: its HTTP contract (ARCHITECTURE.md, "The one-machine program").
//!
//! What is answered is decided in `contacts`, `pages` and `webhook`, which Lambdas use as well. Here is
//! only what a server has and a Lambda has not: bodies that arrive bit by bit, and time.

mod customers;
mod partner;
mod webhooks;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use contacts::api::{ApiConfig, Problem};
use journey::port::Clock;
use serde_json::json;

use crate::world::World;

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
        .layer(middleware::from_fn(nosniff))
        .with_state(face)
}

async fn healthz(State(face): State<Face>) -> Response {
    let body = json!({ "status": "ok", "now": face.world.now() });
    ([(header::CACHE_CONTROL, "no-store")], axum::Json(body)).into_response()
}

/// No answer of ours is ever to be taken for another type than it says.
async fn nosniff(request: axum::extract::Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response
        .headers_mut()
        .insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
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
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        sent(self.0.reply())
    }
}
