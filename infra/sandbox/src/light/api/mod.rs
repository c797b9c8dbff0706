//! Light's HTTP API, as far as the contract goes, its hosted flow, and the stand-in of Stripe.

mod app;
mod billing;
mod documents;
mod enroll;
mod flow;
mod guard;
mod locations;
mod read;
mod stripe;
mod testing;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};

use crate::light::engine::Shared;
use crate::light::refusal::Refusal;

/// The API behind its guards, and the pages, which have none.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let app = Router::new()
        .route("/accounts", get(app::list).post(app::create))
        .route("/accounts/{uuid}/token", post(app::token))
        .route("/accounts/{uuid}/flow-login", post(app::flow_login))
        .method_not_allowed_fallback(not_allowed)
        .layer(from_fn_with_state(Arc::clone(&shared), guard::app))
        .layer(from_fn_with_state(Arc::clone(&shared), guard::guard));
    let account = Router::new()
        .route("/", get(enroll::account))
        .route("/enroll/address-search", post(enroll::search_address))
        .route("/enroll/esi-id-search", post(enroll::search_esi_id))
        .route("/enroll/plans/request", post(enroll::request_plans))
        .route("/enroll/plans/accept", post(enroll::accept_plan))
        .route("/billing/address", get(billing::address).put(billing::put_address))
        .route("/billing/payment-session", post(billing::begin_payment))
        .route("/billing/ensure-payment-method-added", post(billing::ensure_payment))
        .route("/billing/payment-method", get(billing::payment_method))
        .route("/billing/invoices", get(billing::invoices))
        .route("/locations/{uuid}/documents", get(locations::documents))
        .route("/locations/{uuid}/plan", get(locations::plan))
        .route("/locations/{uuid}/usage/monthly", get(locations::monthly))
        .route("/locations/{uuid}/usage/daily", get(locations::daily))
        .route("/locations/{uuid}/support-info", get(locations::support))
        .route("/sandbox/delete-enrollment", post(testing::delete_enrollment))
        .route("/sandbox/seed-demo-data", post(testing::seed_demo_data))
        .method_not_allowed_fallback(not_allowed)
        .layer(from_fn_with_state(Arc::clone(&shared), guard::account))
        .layer(from_fn_with_state(Arc::clone(&shared), guard::guard))
        // A browser may hold an account's token.
        .layer(from_fn(guard::cross_origin));
    let stripe = Router::new()
        .route("/v3/", get(stripe::script))
        .route("/v3", get(stripe::script))
        .route("/element", get(stripe::element))
        .route("/v1/cards/check", post(stripe::check))
        .route("/v1/setup_intents/{id}/confirm", post(stripe::confirm))
        .layer(from_fn(guard::cross_origin));
    Router::new()
        .nest("/v1/app", app)
        .nest("/v1/account", account)
        .nest("/stripe", stripe)
        .route("/login", get(flow::login).head(flow::unopened))
        .route("/flow/{session}", get(flow::open).post(flow::submit))
        .route("/documents/{area}/{day}/{plan}/{document}", get(documents::read))
        .with_state(shared)
}

/// By a name of its own: an optimised build cannot work out the type of a closure here.
async fn not_allowed() -> Refusal {
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "There is no such call on this path.")
}
