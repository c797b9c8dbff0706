//! The calls about bills: where they go, and what pays them.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::clock::whole_second;
use crate::light::account::{Billing, put};
use crate::light::api::guard::Caller;
use crate::light::api::read;
use crate::light::engine::Shared;
use crate::light::refusal::Refusal;
use crate::light::steps;

type Answer = Result<Json<Value>, Refusal>;

#[derive(Debug, Deserialize)]
pub(crate) struct Put {
    same_as_service_address: bool,
    address: Option<Map<String, Value>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Method {
    payment_method_id: String,
}

/// Reads the billing address, flat. What is answered when there is none is not documented; here it is 404.
pub(crate) async fn address(State(shared): State<Arc<Shared>>, Extension(caller): Extension<Caller>) -> Answer {
    let world = shared.world();
    let account = world
        .accounts
        .get(&caller.0)
        .ok_or_else(|| Refusal::not_found("account"))?;
    let billing = account
        .billing
        .as_ref()
        .ok_or_else(|| Refusal::not_found("billing address"))?;
    let (is_same, fields) = match billing {
        Billing::Other(address) => (false, Value::Object(address.clone())),
        Billing::SameAsService => {
            let service = account.locations.last().map(|location| &location.address);
            let fields = json!({
                "address_1": service.map(|service| &service.address_1),
                "address_2": service.and_then(|service| service.address_2.as_ref()),
                "city": service.map(|service| &service.city),
                "state": service.map(|_| "TX"),
                "postal_code": service.map(|service| &service.postal_code),
            });
            (true, fields)
        }
    };
    let mut answer = if world.quirks.nested_billing_address {
        json!({"address": fields})
    } else {
        fields
    };
    put(&mut answer, "same_as_service_address", json!(is_same));
    Ok(Json(world.odd(answer)))
}

/// Sets the billing address, nested. What is answered is not documented; here it is nothing.
pub(crate) async fn put_address(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    body: Bytes,
) -> Answer {
    let stated: Put = read::body(&body)?;
    let billing = steps::billing(stated.same_as_service_address, stated.address.as_ref())?;
    let now = whole_second(shared.clock.now());
    shared.world().confirm_billing(&caller.0, billing, now)?;
    Ok(Json(json!({})))
}

/// Begins to take a payment method; the body is not documented, and not read.
pub(crate) async fn begin_payment(State(shared): State<Arc<Shared>>, Extension(caller): Extension<Caller>) -> Answer {
    let mut world = shared.world();
    let seed = world.seed;
    let intent = world.stripe.begin(seed, &caller.0);
    let mut answer = json!({});
    put(
        &mut answer,
        &world.config.client_secret_field,
        json!(intent.client_secret),
    );
    Ok(Json(world.odd(answer)))
}

/// Adds what Stripe has set up. What is answered is not documented; here it is nothing.
pub(crate) async fn ensure_payment(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    body: Bytes,
) -> Answer {
    let method: Method = read::body(&body)?;
    let now = whole_second(shared.clock.now());
    shared.world().add_payment(&caller.0, &method.payment_method_id, now)?;
    Ok(Json(json!({})))
}

/// Reads the payment method. What is answered when there is none is not documented; here it is 404.
pub(crate) async fn payment_method(State(shared): State<Arc<Shared>>, Extension(caller): Extension<Caller>) -> Answer {
    let world = shared.world();
    let account = world
        .accounts
        .get(&caller.0)
        .ok_or_else(|| Refusal::not_found("account"))?;
    let card = account
        .card
        .as_ref()
        .ok_or_else(|| Refusal::not_found("payment method"))?;
    Ok(Json(world.odd(card.json())))
}

/// Lists the invoices, of which there are none.
pub(crate) async fn invoices() -> Json<Value> {
    Json(json!({"data": [], "has_more": false, "limit": 20, "offset": 0, "next_page_url": null}))
}
