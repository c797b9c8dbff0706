//! The demo's page and what it asks for. Everything on it is invented, so it needs no token.

use std::sync::{Arc, OnceLock};

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use jiff::Timestamp;
use journey::{JourneyId, Provider};

use super::state;
use crate::http::Refusal;
use crate::world::World;

/// What the page is about.
pub(crate) struct Story {
    pub(crate) world: World,
    pub(crate) began: Timestamp,
    /// When the story was over: the page then stands still, though the program's time goes on.
    pub(crate) ended: OnceLock<Timestamp>,
    /// The providers, and how many customers each has.
    pub(crate) invited: Vec<(Provider, usize)>,
    /// Where somebody may try an enrolment.
    pub(crate) trial: Option<String>,
}

const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
     img-src 'self' data:; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A mail is shown as a mail program would: no scripts, nothing fetched.
const MAIL_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox";

pub(crate) fn routes(story: Arc<Story>) -> Router {
    let page = (
        [(header::CONTENT_SECURITY_POLICY, PAGE_POLICY)],
        Html(include_str!("page/index.html")),
    );
    let css = (
        [(header::CONTENT_TYPE, "text/css; charset=utf-8")],
        include_str!("page/page.css"),
    );
    let js = (
        [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")],
        include_str!("page/page.js"),
    );
    Router::new()
        .route("/", get(page))
        .route("/demo/page.css", get(css))
        .route("/demo/page.js", get(js))
        .route("/demo/state.json", get(whole))
        .route("/demo/journeys/{id}", get(customer))
        .route("/demo/mails/{id}", get(mail))
        .with_state(story)
}

async fn whole(State(story): State<Arc<Story>>) -> Result<Response, Refusal> {
    let state = state::read(&story).await.map_err(|error| failed(&error))?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(state)).into_response())
}

async fn customer(State(story): State<Arc<Story>>, Path(id): Path<String>) -> Result<Response, Refusal> {
    let missing = || Refusal::new(StatusCode::NOT_FOUND, "There is no such journey.");
    let id = JourneyId::parse(&id).ok_or_else(missing)?;
    let customer = state::customer(&story.world, &id)
        .await
        .map_err(|error| failed(&error))?;
    Ok(Json(customer.ok_or_else(missing)?).into_response())
}

async fn mail(State(story): State<Arc<Story>>, Path(id): Path<u64>) -> Result<Response, Refusal> {
    let html = story
        .world
        .outbox
        .message_html(id)
        .map_err(|error| failed(&error.into()))?;
    let html = html.ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, "There is no such mail."))?;
    Ok(([(header::CONTENT_SECURITY_POLICY, MAIL_POLICY)], Html(html)).into_response())
}

fn failed(error: &anyhow::Error) -> Refusal {
    tracing::error!(error = %format!("{error:#}"), "the demo's page cannot be filled");
    Refusal::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "The page cannot be filled right now.",
    )
}
