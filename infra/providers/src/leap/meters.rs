//! The meter search, Meters API v2: has the meter of a completed customer arrived?

use core::sync::atomic::AtomicBool;
use std::collections::BTreeSet;

use journey::port::{ProviderError, SearchMeters};
use journey::{MeterFound, MeterKind, Reference};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::LeapClient;
use super::record;
use crate::Share;
use crate::api::{Body, CallError, Request};

const PATH: &str = "/v2/meters/search";

/// The most pages of one batch: 10,000 meters for 100 references at Leap's page size of 500.
const METER_PAGES: usize = 20;

/// A page; its meters are read one by one, since their other fields are none of our business.
#[derive(Deserialize)]
struct Page {
    meters: Vec<Value>,
    next_page_token: Option<String>,
}

impl SearchMeters for LeapClient {
    /// More than [`Self::BATCH`] references are asked for in several batches, each with its own
    /// deadline; if one fails, all of it does.
    async fn search_meters(&self, references: &[Reference]) -> Result<Vec<Vec<MeterFound>>, ProviderError> {
        let mut found = Vec::with_capacity(references.len());
        for batch in references.chunks(<Self as SearchMeters>::BATCH) {
            found.extend(self.ask("search_meters", self.meters_of(batch)).await?);
        }
        Ok(found)
    }
}

impl LeapClient {
    async fn meters_of(&self, references: &[Reference]) -> Result<Vec<Vec<MeterFound>>, CallError> {
        let mut found = vec![Vec::new(); references.len()];
        let mut token: Option<String> = None;
        let mut tokens = BTreeSet::new();
        for _ in 0..METER_PAGES {
            let page: Page = self.json(&self.search(references, token.as_deref())).await?;
            for meter in &page.meters {
                for (reference, meters) in references.iter().zip(&mut found) {
                    if authorized_by(meter, reference) {
                        meters.push(meter_found(meter));
                    }
                }
            }
            let Some(next) = page.next_page_token.filter(|next| !next.is_empty()) else {
                return Ok(found);
            };
            if !tokens.insert(next.clone()) {
                return Err(CallError::Unreadable("a page token is repeated"));
            }
            token = Some(next);
        }
        Err(CallError::Unreadable("one batch of references has too many pages"))
    }

    /// A search changes nothing, so this `POST` may be repeated. Archived meters are wanted: they are
    /// marked, and the rules decide.
    fn search(&self, references: &[Reference], token: Option<&str>) -> Request {
        let references: Vec<&str> = references.iter().map(Reference::expose).collect();
        let mut body = json!({
            "connection_reference_ids": references,
            "page_size": self.config().meter_page_size,
            "exclude_archived": false,
        });
        if let (Some(token), Some(fields)) = (token, body.as_object_mut()) {
            fields.insert("page_token".to_owned(), token.into());
        }
        Request {
            method: Method::POST,
            path: PATH.to_owned(),
            query: String::new(),
            body: Some(Body::Json(body)),
            repeatable: true,
            share: Share::Upkeep,
            authorization: None,
            paid: AtomicBool::new(false),
            timeout: None,
        }
    }
}

/// Is the reference among the meter's completed authorisations? Its `partner_reference` proves
/// nothing: it is single and can be changed (docs/leap.md, trap 31).
fn authorized_by(meter: &Value, reference: &Reference) -> bool {
    let references = meter.get("connection_references").and_then(Value::as_array);
    references.is_some_and(|all| all.iter().any(|one| one.as_str() == Some(reference.expose())))
}

fn meter_found(meter: &Value) -> MeterFound {
    let audit = |field: &str| meter.get("audit")?.get(field)?.as_str();
    MeterFound {
        kind: match meter.get("meter_type").and_then(Value::as_str) {
            Some("UTILITY_METER") => MeterKind::UtilityMeter,
            Some("SUBMETER") => MeterKind::Submeter,
            Some("DEVICE") => MeterKind::Device,
            Some(_) | None => MeterKind::Other,
        },
        created_by_partner: audit("created_by") == Some("PARTNER"),
        authorized_by_reference: true,
        archived: meter.get("is_archived").and_then(Value::as_bool).unwrap_or(false),
        created_at: record::time(audit("created_at")),
    }
}
