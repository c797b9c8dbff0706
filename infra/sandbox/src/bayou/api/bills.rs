//! Read the bills of a customer, and take one that was uploaded instead of a login.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64;
use serde_json::{Map, Value};

use crate::bayou::api::errors::{self, Refusal, invalid};
use crate::bayou::api::input::{object, text};
use crate::bayou::bill::{Bill, Content};
use crate::bayou::engine::Shared;
use crate::bayou::stats::Upload;
use crate::bayou::world::World;

/// Lists a customer's bills, oldest first, uploaded ones last.
pub(crate) async fn list(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Result<Response, Refusal> {
    let world = shared.world();
    let id = world.customer_id(&id)?;
    let record = world.records.get(&id).ok_or(errors::NO_CUSTOMER)?;
    let found = record.bills.values().filter_map(|id| world.bills.get(id));
    let uploaded = world.bills.values().filter(|bill| {
        let is_upload = matches!(bill.content, Content::Uploaded { .. });
        is_upload && bill.customer_id == id
    });
    let bills: Vec<Value> = found.chain(uploaded).map(|bill| bill.json(record)).collect();
    Ok(Json(bills).into_response())
}

/// Reads a bill.
pub(crate) async fn read(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Result<Response, Refusal> {
    let world = shared.world();
    let bill = match id.strip_prefix("external_id:") {
        Some(name) => world.bills.values().find(|bill| bill.external_id() == Some(name)),
        None => {
            let id: u64 = id.parse().map_err(|_| errors::BILL_ID_FORMAT)?;
            world.bills.get(&id)
        }
    };
    let bill = bill.ok_or(errors::NO_BILL)?;
    let record = world.records.get(&bill.customer_id).ok_or(errors::NO_CUSTOMER)?;
    Ok(Json(bill.json(record)).into_response())
}

/// Takes a bill. The real call's fields are not documented; here they are `customer_id` or
/// `customer_external_id`, `external_id`, `file_type`, and `file` in base64, of which only the type
/// and the size are kept.
pub(crate) async fn upload(State(shared): State<Arc<Shared>>, body: Bytes) -> Result<Response, Refusal> {
    let object = object(&body)?;
    let not_text = |code| invalid(code, "The field has to be text.");
    let external_id = text(&object, "external_id", |_| true, not_text("bill_external_id_invalid"))?;
    let file_type = text(&object, "file_type", |_| true, not_text("bill_file_invalid"))?;
    let no_file = invalid("bill_file_invalid", "The file has to be there, in base64.");
    let encoded = text(&object, "file", |_| true, no_file)?.flatten().ok_or(no_file)?;
    let size = BASE64.decode(encoded.as_bytes()).map_err(|_| no_file)?.len();
    let upload = Upload {
        file_type: file_type.flatten().unwrap_or_else(|| "application/pdf".to_owned()),
        size,
    };
    let mut world = shared.world();
    let customer_id = owner(&world, &object)?;
    let number = world.bills.values().filter(|bill| bill.customer_id == customer_id);
    let number = i32::try_from(number.count()).unwrap_or(i32::MAX);
    // Found bills are numbered by month, from twenty years ago at most.
    let id = world.bill_id(customer_id, (-10_000_i32).saturating_sub(number));
    if let Some(truth) = world.truth_of(customer_id) {
        truth.uploads.push(upload);
    }
    let bill = Bill {
        id,
        customer_id,
        content: Content::Uploaded {
            external_id: external_id.flatten(),
        },
    };
    let record = world.records.get(&customer_id).ok_or(errors::NO_CUSTOMER)?;
    let answer = bill.json(record);
    world.bills.insert(id, bill);
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

fn owner(world: &World, object: &Map<String, Value>) -> Result<u64, Refusal> {
    let by_number = object.get("customer_id").and_then(Value::as_u64);
    let by_name = object.get("customer_external_id").and_then(Value::as_str);
    match (by_number, by_name) {
        (Some(id), _) => world.customer_id(&id.to_string()),
        (None, Some(name)) => world.customer_id(&format!("external_id:{name}")),
        (None, None) => Err(errors::NO_CUSTOMER),
    }
}

impl Bill {
    fn external_id(&self) -> Option<&str> {
        match &self.content {
            Content::Uploaded { external_id } => external_id.as_deref(),
            Content::Parsed(_) | Content::Unparsed => None,
        }
    }
}
