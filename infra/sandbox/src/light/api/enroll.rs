//! An account, and the calls of its enrolment.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::{Extension, Json};
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::clock::whole_second;
use crate::light::account::put;
use crate::light::api::guard::Caller;
use crate::light::api::read;
use crate::light::engine::Shared;
use crate::light::refusal::Refusal;
use crate::light::steps::Acceptance;
use crate::light::world::World;

type Answer = Result<Json<Value>, Refusal>;

#[derive(Debug, Deserialize)]
pub(crate) struct Query {
    query: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Home {
    /// Text: its 17 or 22 digits fit into no number.
    esi_id: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Accepted {
    esi_id: String,
    plan_uuid: String,
    start_date: String,
    #[serde(default)]
    terms_accepted: bool,
}

/// Reads the account itself.
pub(crate) async fn account(State(shared): State<Arc<Shared>>, Extension(caller): Extension<Caller>) -> Answer {
    Ok(Json(shared.world().account_json(&caller.0)?))
}

/// Finds addresses that are like a text.
pub(crate) async fn search_address(State(shared): State<Arc<Shared>>, body: Bytes) -> Answer {
    let Query { query } = read::body(&body)?;
    let world = shared.world();
    let found = world.book.search(&query).into_iter();
    let found = found.map(|address| world.odd(address.json()));
    Ok(Json(found.collect()))
}

/// Finds the one address of an ESI ID.
pub(crate) async fn search_esi_id(State(shared): State<Arc<Shared>>, body: Bytes) -> Answer {
    let Home { esi_id } = read::body(&body)?;
    let world = shared.world();
    let found = world.book.of(&esi_id).map(|address| world.odd(address.json()));
    let found = found.ok_or_else(|| Refusal::from(&world.config.unknown_esi_id))?;
    Ok(Json(if world.quirks.esi_id_in_array {
        json!([found])
    } else {
        found
    }))
}

/// Offers plans.
pub(crate) async fn request_plans(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    body: Bytes,
) -> Answer {
    let Home { esi_id } = read::body(&body)?;
    let now = whole_second(shared.clock.now());
    let mut world = shared.world();
    let offered = world.request_plans(&caller.0, &esi_id, now);
    let offers = world.counted(&caller.0, offered)?;
    let offers = offers.iter().map(|offer| {
        let plan = Value::Object(offer.json(&world.config, &world.base_url));
        world.odd(plan)
    });
    Ok(Json(offers.collect()))
}

/// Accepts a plan. What is answered is not documented; here it is the location's uuid.
pub(crate) async fn accept_plan(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    body: Bytes,
) -> Answer {
    let accepted: Accepted = read::body(&body)?;
    let start_date: Date = accepted
        .start_date
        .parse()
        .map_err(|_| Refusal::bad("The start date is not a date."))?;
    let acceptance = Acceptance {
        esi_id: accepted.esi_id,
        plan_uuid: accepted.plan_uuid,
        start_date,
        terms_accepted: accepted.terms_accepted,
    };
    let now = whole_second(shared.clock.now());
    let mut world = shared.world();
    let taken = world.accept(&caller.0, &acceptance, now);
    let location = world.counted(&caller.0, taken)?;
    Ok(Json(json!({"location_uuid": location})))
}

impl World {
    /// An account's object.
    pub(crate) fn account_json(&self, uuid: &str) -> Result<Value, Refusal> {
        let account = self.accounts.get(uuid).ok_or_else(|| Refusal::not_found("account"))?;
        Ok(account.json(&self.config, self.seed, &self.quirks))
    }

    /// Counts a step that is refused.
    fn counted<T>(&mut self, account: &str, step: Result<T, Refusal>) -> Result<T, Refusal> {
        self.truth_of(account).refusals += u32::from(step.is_err());
        step
    }

    /// An object with a key that is not documented, if there are to be such.
    pub(crate) fn odd(&self, mut object: Value) -> Value {
        if self.quirks.unknown_keys {
            put(&mut object, "is_beta", json!({"since": "2026-01-01", "value": [true]}));
        }
        object
    }
}
