//! Create, read, list and update customers, and read their intervals.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::Value;

use crate::bayou::api::errors::{self, Refusal};
use crate::bayou::api::input::Stated;
use crate::bayou::config::NewLink;
use crate::bayou::engine::Shared;
use crate::bayou::stats::Truth;
use crate::bayou::world::World;
use crate::clock::whole_second;

/// Makes a customer; no field is mandatory.
pub(crate) async fn create(State(shared): State<Arc<Shared>>, body: Bytes) -> Result<Response, Refusal> {
    let stated = Stated::read(&body)?;
    let now = whole_second(shared.clock.now());
    let mut world = shared.world();
    let id = world
        .create(stated.external_id.clone().flatten(), now)
        .ok_or(errors::CONFLICT)?;
    world.state(id, stated);
    let object = world.customer_json(id)?;
    Ok((StatusCode::CREATED, Json(object)).into_response())
}

/// Reads a customer, with a link that works.
pub(crate) async fn read(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Result<Response, Refusal> {
    let now = whole_second(shared.clock.now());
    let mut world = shared.world();
    let id = world.customer_id(&id)?;
    match world.config.new_link {
        NewLink::AfterExpiry => world.renew_expired(id, now),
        NewLink::AtEachGet => world.renew_link(id, true, now),
    }
    Ok(Json(world.customer_json(id)?).into_response())
}

/// Lists all customers, in the order of their ids. Neither the envelope nor the pages of the real
/// list are documented; here it is a bare array.
pub(crate) async fn list(State(shared): State<Arc<Shared>>) -> Result<Response, Refusal> {
    let now = whole_second(shared.clock.now());
    let mut world = shared.world();
    let ids: Vec<u64> = world.records.keys().copied().collect();
    let mut objects = Vec::with_capacity(ids.len());
    for id in ids {
        world.renew_expired(id, now);
        objects.push(world.customer_json(id)?);
    }
    Ok(Json(objects).into_response())
}

/// Changes the fields that are stated.
pub(crate) async fn update(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Refusal> {
    let mut world = shared.world();
    let id = world.customer_id(&id)?;
    let stated = Stated::read(&body)?;
    if let Some(external_id) = &stated.external_id {
        world.rename(id, external_id.clone())?;
    }
    world.state(id, stated);
    Ok(Json(world.customer_json(id)?).into_response())
}

/// Reads a customer's intervals: the newest, as paging is not documented.
pub(crate) async fn intervals(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Result<Response, Refusal> {
    let now = shared.clock.now();
    let world = shared.world();
    let id = world.customer_id(&id)?;
    let record = world.records.get(&id).ok_or(errors::NO_CUSTOMER)?;
    let intervals = record.intervals(world.seed, world.config.intervals_listed, now);
    Ok(Json(intervals).into_response())
}

impl World {
    /// The customer a path names: by Bayou's number, or as `external_id:<value>`.
    pub(crate) fn customer_id(&self, id: &str) -> Result<u64, Refusal> {
        let id = match id.strip_prefix("external_id:") {
            Some(external_id) => self.by_external_id.get(external_id).copied(),
            None => id.parse().ok().filter(|id| self.records.contains_key(id)),
        };
        id.ok_or(errors::NO_CUSTOMER)
    }

    fn customer_json(&self, id: u64) -> Result<Value, Refusal> {
        let record = self.records.get(&id).ok_or(errors::NO_CUSTOMER)?;
        Ok(record.json(&self.config, &self.base_url))
    }

    fn renew_expired(&mut self, id: u64, now: Timestamp) {
        let made_at = self.records.get(&id).map(|record| record.link.made_at);
        if made_at.is_some_and(|made_at| !self.is_alive(made_at, now)) {
            self.renew_link(id, false, now);
        }
    }

    fn state(&mut self, id: u64, stated: Stated) {
        if let Some(record) = self.records.get_mut(&id) {
            record.email = stated.email.unwrap_or(record.email.take());
            record.utility = stated.utility.unwrap_or(record.utility);
        }
    }

    fn rename(&mut self, id: u64, external_id: Option<String>) -> Result<(), Refusal> {
        let owner = external_id.as_ref().and_then(|name| self.by_external_id.get(name));
        if owner.is_some_and(|owner| *owner != id) {
            return Err(errors::CONFLICT);
        }
        let Some(record) = self.records.get_mut(&id) else {
            return Err(errors::NO_CUSTOMER);
        };
        if record.external_id == external_id {
            return Ok(());
        }
        let mut truth = Truth::default();
        if let Some(old) = std::mem::replace(&mut record.external_id, external_id.clone()) {
            self.by_external_id.remove(&old);
            // What has happened goes with the record; who acts under the old name has none any more.
            if let Some(person) = self.people.get_mut(&old) {
                truth = std::mem::take(&mut person.truth);
                person.truth.habit = truth.habit.take();
            }
        }
        if let Some(external_id) = external_id {
            let person = self.people.entry(external_id.clone()).or_default();
            truth.habit = person.truth.habit;
            person.truth = truth;
            self.by_external_id.insert(external_id, id);
        }
        Ok(())
    }
}
