//! The program's face: its HTTP contract (ARCHITECTURE.md, "The one-machine program").

mod customers;
mod partner;
mod problem;
mod webhooks;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use journey::port::Clock;
use serde_json::json;

use crate::config::Tokens;
use crate::world::World;

pub(crate) use problem::Problem;

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct Face {
    pub(crate) world: World,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) webhook_header: Arc<str>,
}

/// The routes of `serve`.
pub(crate) fn router(face: Face) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .merge(webhooks::routes())
        .merge(partner::routes(&face))
        .merge(customers::routes())
        .fallback(not_found)
        .layer(middleware::from_fn(nosniff))
        .with_state(face)
}

async fn healthz(State(face): State<Face>) -> Response {
    let body = json!({ "status": "ok", "now": face.world.now() });
    ([(header::CACHE_CONTROL, "no-store")], axum::Json(body)).into_response()
}

async fn not_found() -> Problem {
    Problem::new(404, "There is nothing at this address.")
}

/// No answer of ours is ever to be taken for another type than it says.
async fn nosniff(request: axum::extract::Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response
        .headers_mut()
        .insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
