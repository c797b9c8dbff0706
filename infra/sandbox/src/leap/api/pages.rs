//! The pages customers open: the stand-ins of Connect and of the way straight to a utility.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;

use crate::clock::whole_second;
use crate::leap::engine::Shared;
use crate::leap::utilities::{self, Utility};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Link {
    ref_id: Option<String>,
    transmission_region: Option<String>,
}

/// Opening this page starts a session. Any region is taken; the real one's answer to a wrong
/// parameter is not documented.
pub(crate) async fn connect(State(shared): State<Arc<Shared>>, Query(link): Query<Link>) -> Response {
    let region = link.transmission_region.as_deref().unwrap_or("CAISO");
    open(&shared, link.ref_id.as_deref(), region, None)
}

/// Opening this page leads straight to the utility's login.
pub(crate) async fn direct_to_utility(
    State(shared): State<Arc<Shared>>,
    Path((_account, utility)): Path<(String, String)>,
    Query(link): Query<Link>,
) -> Response {
    match utilities::direct_to(&utility) {
        None => StatusCode::NOT_FOUND.into_response(),
        Some(utility) => open(&shared, link.ref_id.as_deref(), utility.region, Some(utility)),
    }
}

/// Whoever asks for the head alone (a link checker, say) has not opened the page.
pub(crate) async fn unopened() -> StatusCode {
    StatusCode::OK
}

fn open(shared: &Shared, reference: Option<&str>, region: &str, direct: Option<&'static Utility>) -> Response {
    // Without a reference nothing can be tracked: no event, no entry.
    if let Some(reference) = reference {
        let now = whole_second(shared.clock.now());
        shared.world().open(reference, region, direct, now);
    }
    Html(PAGE).into_response()
}

const PAGE: &str = "<!doctype html>
<html lang=\"en\">
<head><meta charset=\"utf-8\"><title>Sandbox: connect your utility</title></head>
<body>
<h1>This is the sandbox</h1>
<p>It stands in for the page where customers connect their utility account.
A session has started; what happens next is up to the sandbox's customers.</p>
</body>
</html>
";
