//! Bayou's HTTP API, as far as the contract goes, and its form.

mod bills;
mod customers;
mod errors;
mod form;
mod guard;
mod input;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use crate::bayou::engine::Shared;

/// The largest body of a call: an uploaded bill of some pages.
const BODY_LIMIT: usize = 20 * 1024 * 1024;

/// The API behind its guard, and the form, which has none.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let api = Router::new()
        .route("/customers", get(customers::list).post(customers::create))
        .route("/customers/{id}", get(customers::read).patch(customers::update))
        .route("/customers/{id}/bills", get(bills::list))
        .route("/customers/{id}/intervals", get(customers::intervals))
        .route("/bills", post(bills::upload))
        .route("/bills/{id}", get(bills::read))
        .method_not_allowed_fallback(not_allowed)
        .layer(from_fn_with_state(Arc::clone(&shared), guard::guard))
        .layer(DefaultBodyLimit::max(BODY_LIMIT));
    Router::new()
        .nest("/api/v2", api)
        .route(
            "/companies/{company}/sign_up",
            get(form::open).head(form::unopened).post(form::submit),
        )
        .with_state(shared)
}

/// By a name of its own: an optimised build cannot work out the type of a closure here.
async fn not_allowed() -> errors::Refusal {
    errors::METHOD
}
