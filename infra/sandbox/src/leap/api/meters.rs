//! Search meters, and read one.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::leap::api::errors::Family;
use crate::leap::api::page_token::{self, Cursor};
use crate::leap::customer::Classification;
use crate::leap::engine::Shared;
use crate::leap::meter::Meter;
use crate::leap::vocabulary::MeterType;

/// The documented filters that the sandbox's meters can be told apart by; others are ignored.
#[derive(Debug, Deserialize)]
pub(crate) struct Request {
    page_token: Option<String>,
    page_size: Option<usize>,
    transmission_region: Option<String>,
    customer_classification: Option<Classification>,
    meter_ids: Option<Vec<String>>,
    partner_references: Option<Vec<String>>,
    connection_reference_ids: Option<Vec<String>>,
    meter_types: Option<Vec<MeterType>>,
    last_modified_date_time: Option<Timestamp>,
    created_after_date_time: Option<Timestamp>,
    created_before_date_time: Option<Timestamp>,
    #[serde(default)]
    exclude_archived: bool,
}

#[derive(Serialize)]
struct Page<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
    meters: Vec<&'a Meter>,
}

/// The documented default of `page_size`, which is also its maximum.
const PAGE_SIZE_MAX: usize = 500;

/// Searches meters; all filters have to match, each by any of its values.
pub(crate) async fn search(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let request: Request = match serde_json::from_slice(&body) {
        Ok(request) => request,
        Err(error) => return bad_request("body", &error.to_string()),
    };
    if let Some((field, limit)) = request.exceeded() {
        return bad_request(field, limit);
    }
    let filters = request.filters();
    let world = shared.world();
    let after = match &request.page_token {
        None => None,
        Some(token) => match page_token::read(world.seed, token, &filters) {
            Ok(cursor) => Some(cursor),
            Err(page_token::UnknownToken) => return bad_request("page_token", "invalid"),
        },
    };
    let mut hits: Vec<(Cursor, &Meter)> = world
        .meters
        .iter()
        .filter(|meter| request.matches(meter))
        .map(|meter| (position(meter), meter))
        .filter(|(position, _)| after.as_ref().is_none_or(|after| position > after))
        .collect();
    hits.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    let page_size = request.page_size.unwrap_or(PAGE_SIZE_MAX);
    let has_more = hits.len() > page_size;
    hits.truncate(page_size);
    let last = hits.last().filter(|_| has_more);
    let next_page_token = last.map(|(last, _)| page_token::write(world.seed, last, &filters));
    Json(Page {
        next_page_token,
        meters: hits.into_iter().map(|(_, meter)| meter).collect(),
    })
    .into_response()
}

pub(crate) async fn read(State(shared): State<Arc<Shared>>, Path(meter_id): Path<String>) -> Response {
    let world = shared.world();
    match world.meters.iter().find(|meter| meter.meter_id == meter_id) {
        Some(meter) => Json(meter).into_response(),
        None => Family::Meters.detailed_error(StatusCode::NOT_FOUND, "Meter not found", json!({"meter_id": meter_id})),
    }
}

impl Request {
    /// The field that is beyond its documented limit, and the limit.
    fn exceeded(&self) -> Option<(&'static str, &'static str)> {
        let count = |list: &Option<Vec<String>>| list.as_ref().map_or(1, Vec::len);
        if !(1..=PAGE_SIZE_MAX).contains(&self.page_size.unwrap_or(PAGE_SIZE_MAX)) {
            Some(("page_size", "must be 1 to 500"))
        } else if count(&self.meter_ids) > 1000 {
            Some(("meter_ids", "must have at most 1000 items"))
        } else if !(1..=1000).contains(&count(&self.partner_references)) {
            Some(("partner_references", "must have 1 to 1000 items"))
        } else if !(1..=100).contains(&count(&self.connection_reference_ids)) {
            Some(("connection_reference_ids", "must have 1 to 100 items"))
        } else if self
            .meter_types
            .as_ref()
            .is_some_and(|types| !(1..=20).contains(&types.len()))
        {
            Some(("meter_types", "must have 1 to 20 items"))
        } else {
            None
        }
    }

    fn matches(&self, meter: &Meter) -> bool {
        let any_of = |list: &Option<Vec<String>>, value: &String| list.as_ref().is_none_or(|list| list.contains(value));
        any_of(&self.meter_ids, &meter.meter_id)
            && any_of(&self.partner_references, &meter.partner_reference)
            && self.connection_reference_ids.as_ref().is_none_or(|ids| {
                let references = &meter.connection_references;
                references.iter().any(|reference| ids.contains(reference))
            })
            && self
                .transmission_region
                .as_ref()
                .is_none_or(|region| region == meter.transmission_region)
            && self
                .customer_classification
                .is_none_or(|class| class == meter.customer_classification)
            && self
                .meter_types
                .as_ref()
                .is_none_or(|types| types.contains(&meter.meter_type))
            && self
                .last_modified_date_time
                .is_none_or(|from| meter.audit.updated_at > from)
            && self
                .created_after_date_time
                .is_none_or(|from| meter.audit.created_at > from)
            && self
                .created_before_date_time
                .is_none_or(|until| meter.audit.created_at < until)
            && !(self.exclude_archived && meter.is_archived)
    }

    fn filters(&self) -> String {
        let Self {
            page_token: _,
            page_size: _,
            transmission_region,
            customer_classification,
            meter_ids,
            partner_references,
            connection_reference_ids,
            meter_types,
            last_modified_date_time,
            created_after_date_time,
            created_before_date_time,
            exclude_archived,
        } = self;
        format!(
            "{transmission_region:?} {customer_classification:?} {meter_ids:?} \
             {partner_references:?} {connection_reference_ids:?} {meter_types:?} \
             {last_modified_date_time:?} {created_after_date_time:?} \
             {created_before_date_time:?} {exclude_archived}"
        )
    }
}

fn position(meter: &Meter) -> Cursor {
    Cursor {
        at: meter.audit.created_at,
        id: meter.meter_id.clone(),
    }
}

fn bad_request(field: &str, why: &str) -> Response {
    Family::Meters.detailed_error(StatusCode::BAD_REQUEST, "Bad Request", json!({field: why}))
}
