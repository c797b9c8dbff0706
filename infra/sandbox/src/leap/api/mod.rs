//! Leap's HTTP API, as far as the contract goes.

mod connections;
mod errors;
mod guard;
mod meters;
mod page_token;
mod pages;
mod webhooks;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post, put};

use crate::leap::engine::Shared;

/// The API behind its guard, and the pages that customers open, which have none.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/v1.1/connect/connection", get(connections::list))
        .route("/v1.1/webhooks", get(webhooks::list).post(webhooks::create))
        .route(
            "/v1.1/webhooks/{webhook_id}",
            put(webhooks::update).delete(webhooks::delete),
        )
        .route("/v1.1/webhooks/{webhook_id}/test", post(webhooks::test))
        .route("/v2/meters/search", post(meters::search))
        .route("/v2/meters/{meter_id}", get(meters::read))
        .layer(from_fn_with_state(Arc::clone(&shared), guard::guard))
        .route("/connect", get(pages::connect).head(pages::unopened))
        .route(
            "/{account}/{utility}/getting-started",
            get(pages::direct_to_utility).head(pages::unopened),
        )
        .with_state(shared)
}
