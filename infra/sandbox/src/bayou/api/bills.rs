//! Read the bills of a customer, and take one that was uploaded instead of a login.

use core::convert::Infallible;
use core::future::ready;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64;
use futures::stream;
use multer::{Multipart, parse_boundary};
use serde_json::{Map, Value};

use crate::bayou::api::errors::{self, Refusal, invalid};
use crate::bayou::api::input::{object, text};
use crate::bayou::bill::{Bill, Content};
use crate::bayou::config::BillFields;
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

/// Takes a bill. The real call's form is not documented; here it is JSON, with the file in base64, or
/// `multipart/form-data`, with the fields that [`BillFields`] names. Of the file only the type and the size are kept.
pub(crate) async fn upload(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let names = shared.world().config.bill_fields.clone();
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let sent = match content_type.and_then(|stated| parse_boundary(stated).ok()) {
        Some(boundary) => Sent::of_form(boundary, body, &names).await?,
        None => Sent::of_json(&body, &names)?,
    };
    let not_text = |code| invalid(code, "The field has to be text.");
    let external_id = text(
        &sent.fields,
        "external_id",
        |_| true,
        not_text("bill_external_id_invalid"),
    )?;
    let mut world = shared.world();
    let customer_id = owner(&world, &sent.fields, &names)?;
    let number = world.bills.values().filter(|bill| bill.customer_id == customer_id);
    let number = i32::try_from(number.count()).unwrap_or(i32::MAX);
    // Found bills are numbered by month, from twenty years ago at most.
    let id = world.bill_id(customer_id, (-10_000_i32).saturating_sub(number));
    if let Some(truth) = world.truth_of(customer_id) {
        truth.uploads.push(sent.file);
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

/// A bill as it was sent, whichever way.
struct Sent {
    fields: Map<String, Value>,
    file: Upload,
}

const NO_FILE: Refusal = invalid("bill_file_invalid", "The file has to be there.");

impl Sent {
    fn of_json(body: &[u8], names: &BillFields) -> Result<Self, Refusal> {
        let fields = object(body)?;
        let file_type = text(&fields, &names.file_type, |_| true, NO_FILE)?.flatten();
        let encoded = text(&fields, &names.file, |_| true, NO_FILE)?
            .flatten()
            .ok_or(NO_FILE)?;
        let size = BASE64.decode(encoded.as_bytes()).map_err(|_| NO_FILE)?.len();
        let file = Upload {
            file_type: file_type.unwrap_or_else(|| "application/pdf".to_owned()),
            size,
        };
        Ok(Self { fields, file })
    }

    async fn of_form(boundary: String, body: Bytes, names: &BillFields) -> Result<Self, Refusal> {
        let mut form = Multipart::new(stream::once(ready(Ok::<_, Infallible>(body))), boundary);
        let (mut fields, mut file) = (Map::new(), None);
        while let Some(field) = form.next_field().await.map_err(|_| NO_FILE)? {
            let name = field.name().unwrap_or_default().to_owned();
            let file_type = field.content_type().map(ToString::to_string);
            let content = field.bytes().await.map_err(|_| NO_FILE)?;
            if name == names.file {
                file = Some(Upload {
                    file_type: file_type.unwrap_or_else(|| "application/octet-stream".to_owned()),
                    size: content.len(),
                });
            } else {
                fields.insert(name, String::from_utf8_lossy(&content).into_owned().into());
            }
        }
        let file = file.filter(|file| file.size > 0).ok_or(NO_FILE)?;
        Ok(Self { fields, file })
    }
}

fn owner(world: &World, fields: &Map<String, Value>, names: &BillFields) -> Result<u64, Refusal> {
    let by_number = fields.get(&names.customer_id);
    let by_number = by_number.and_then(|id| id.as_u64().or_else(|| id.as_str()?.parse().ok()));
    let by_name = fields.get(&names.customer_external_id).and_then(Value::as_str);
    match (by_number, by_name) {
        (Some(id), _) => world.customer_id(&id.to_string()),
        (None, Some(name)) => world.customer_id(&format!("external_id:{name}")),
        (None, None) => Err(invalid("customer_id_invalid", "The bill has to say whose it is.")),
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
