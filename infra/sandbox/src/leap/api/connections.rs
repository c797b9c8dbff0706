//! Get connection statuses.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::leap::api::errors::Family;
use crate::leap::api::page_token::{self, Cursor};
use crate::leap::engine::Shared;
use crate::leap::record::Record;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Request {
    ref_id: Option<String>,
    from_start_date_time: Option<Timestamp>,
    from_last_interaction_date_time: Option<Timestamp>,
    page_token: Option<String>,
    page_size: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page<'a> {
    total_hits: usize,
    next_page_token: Option<String>,
    onboarding_connections: Vec<&'a Record>,
}

/// Lists connections in the order they were started. The order, whether "after" includes the moment
/// itself, and how filters combine are not documented; here it does not, and all have to match.
pub(crate) async fn list(
    State(shared): State<Arc<Shared>>,
    request: Result<Query<Request>, QueryRejection>,
) -> Response {
    let Ok(Query(request)) = request else {
        return bad_request("A query parameter has a wrong format");
    };
    let filters = request.filters();
    let now = shared.clock.now();
    let world = shared.world();
    let after = match &request.page_token {
        None => None,
        Some(token) => match page_token::read(world.seed, token, &filters) {
            Ok(cursor) => Some(cursor),
            Err(page_token::UnknownToken) => return bad_request("Invalid page token"),
        },
    };
    let page_size = request.page_size.unwrap_or(shared.config.page_size_default);
    if page_size == 0 {
        return bad_request("page-size must be positive");
    }
    let page_size = page_size.min(shared.config.page_size_max);
    let mut hits: Vec<(Cursor, &Record)> = world
        .records(request.ref_id.as_deref(), now)
        .filter(|record| request.matches(record))
        .map(|record| (position(record), record))
        .collect();
    hits.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    let total_hits = hits.len();
    let rest = hits
        .into_iter()
        .filter(|(position, _)| after.as_ref().is_none_or(|after| position > after));
    let page_size = usize::try_from(page_size).unwrap_or(usize::MAX);
    let mut page: Vec<_> = rest.take(page_size.saturating_add(1)).collect();
    let has_more = page.len() > page_size;
    page.truncate(page_size);
    let last = page.last().filter(|_| has_more);
    let next_page_token = last.map(|(last, _)| page_token::write(world.seed, last, &filters));
    Json(Page {
        total_hits,
        next_page_token,
        onboarding_connections: page.into_iter().map(|(_, record)| record).collect(),
    })
    .into_response()
}

impl Request {
    fn matches(&self, record: &Record) -> bool {
        self
                .from_start_date_time
                .is_none_or(|from| record.start_date_time_utc > from)
            // Who has not been at a utility has no last interaction, and is never found by it.
            && self
                .from_last_interaction_date_time
                .is_none_or(|from| record.last_interaction_date_time_utc > Some(from))
    }

    fn filters(&self) -> String {
        format!(
            "{:?} {:?} {:?}",
            self.ref_id, self.from_start_date_time, self.from_last_interaction_date_time
        )
    }
}

fn position(record: &Record) -> Cursor {
    Cursor {
        at: record.start_date_time_utc,
        id: record.id.clone(),
    }
}

fn bad_request(message: &str) -> Response {
    Family::Connect.error(StatusCode::BAD_REQUEST, message)
}
