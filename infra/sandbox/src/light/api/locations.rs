//! The calls about an enrolled place.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::{Extension, Json};
use jiff::civil::Date;
use jiff::{Span, Timestamp, ToSpan};
use rand::RngExt;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::light::account::Location;
use crate::light::api::guard::Caller;
use crate::light::engine::Shared;
use crate::light::refusal::Refusal;
use crate::light::texas::day;
use crate::light::world::World;
use crate::seed::Seed;

type Answer = Result<Json<Value>, Refusal>;

#[derive(Debug, Deserialize)]
pub(crate) struct Period {
    year: Option<i16>,
    month: Option<i8>,
}

/// Reads the links of the contract's documents.
pub(crate) async fn documents(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Path(uuid): Path<String>,
) -> Answer {
    let world = shared.world();
    let place = world.location(&caller, &uuid)?;
    let link = |document| place.offer.link(&world.base_url, document);
    let ends = place.starts.saturating_add(Span::new().months(place.offer.term_months));
    Ok(Json(json!({
        "efl": link("efl"),
        "tos": link("tos"),
        "yrac": link("yrac"),
        "contract_start": place.starts,
        "contract_end": ends,
    })))
}

/// Reads the plan; the values of the types are ours.
pub(crate) async fn plan(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Path(uuid): Path<String>,
) -> Answer {
    let world = shared.world();
    let offer = &world.location(&caller, &uuid)?.offer;
    Ok(Json(json!({
        "name": offer.name,
        "uuid": offer.uuid,
        "plan_type": "FIXED",
        "rate_structure": "FLAT",
    })))
}

/// Reads the usage of a year, by month; the months without any are left out.
pub(crate) async fn monthly(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Path(uuid): Path<String>,
    Query(period): Query<Period>,
) -> Answer {
    let now = shared.clock.now();
    let world = shared.world();
    let place = world.location(&caller, &uuid)?;
    let year = period.year.unwrap_or_else(|| day(now).year());
    let mut months = Vec::new();
    for month in 1..=12 {
        let of_month = days(place, (year, month), now);
        let used: u32 = of_month.iter().map(|day| watt_hours(world.seed, place, *day)).sum();
        if !of_month.is_empty() {
            months.push(usage("month", &format!("{year}-{month:02}"), used));
        }
    }
    Ok(Json(
        json!({"year": year, "units": "kWh", "months": months, "next": null, "previous": null}),
    ))
}

/// Reads the usage of a month, by day.
pub(crate) async fn daily(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Path(uuid): Path<String>,
    Query(period): Query<Period>,
) -> Answer {
    let now = shared.clock.now();
    let world = shared.world();
    let place = world.location(&caller, &uuid)?;
    let today = day(now);
    let (year, month) = (
        period.year.unwrap_or_else(|| today.year()),
        period.month.unwrap_or_else(|| today.month()),
    );
    let used = days(place, (year, month), now).into_iter();
    let used = used.map(|day| usage("date", &day.to_string(), watt_hours(world.seed, place, day)));
    let days: Vec<Value> = used.collect();
    Ok(Json(
        json!({"month": month, "year": year, "units": "kWh", "days": days, "next": null, "previous": null}),
    ))
}

/// Reads whom to ask for help; the names of the fields are ours.
pub(crate) async fn support(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Path(uuid): Path<String>,
) -> Answer {
    let world = shared.world();
    let area = world.location(&caller, &uuid)?.address.area;
    Ok(Json(json!({
        "rep": {"name": "Example Retail Energy", "phone_number": "+15125550100", "email": "help@example.com"},
        "tdu": {"name": area.utility(), "phone_number": area.phone()},
    })))
}

/// Consumption and the rest, as decimal strings, with the name of when.
fn usage(of: &str, when: &str, watt_hours: u32) -> Value {
    let mut usage = json!({
        "consumption": format!("{}.{:02}", watt_hours / 1_000, watt_hours % 1_000 / 10),
        "generation": "0",
        "vehicle_charging": "0",
        "eligible_vehicle_charging": "0",
    });
    crate::light::account::put(&mut usage, of, json!(when));
    usage
}

/// The days of a month of which the usage is known: since a year before service, once there is history,
/// or else since service; up to yesterday.
fn days(place: &Location, (year, month): (i16, i8), now: Timestamp) -> Vec<Date> {
    let today = day(now);
    let from = if place.has_usage_history {
        place.starts.saturating_sub(12.months())
    } else if place.is_active {
        place.starts
    } else {
        return Vec::new();
    };
    let to = place.ends.unwrap_or(today).min(today);
    let Ok(first) = Date::new(year, month, 1) else {
        return Vec::new();
    };
    let month = (1..=first.days_in_month()).filter_map(|day| Date::new(year, first.month(), day).ok());
    month.filter(|day| (from..to).contains(day)).collect()
}

/// What a home uses on a day: more in summer, and a little more or less.
fn watt_hours(seed: Seed, place: &Location, day: Date) -> u32 {
    let summer = match day.month() {
        6..=9 => 22_000,
        12 | 1 | 2 => 8_000,
        _ => 0,
    };
    let mut rng = seed.rng(&["usage", &place.uuid, &day.to_string()]);
    18_000 + summer + rng.random_range(0..9_000)
}

impl World {
    fn location(&self, caller: &Caller, uuid: &str) -> Result<&Location, Refusal> {
        let account = self.accounts.get(&caller.0);
        let place = account.and_then(|account| account.location(uuid));
        place.ok_or_else(|| Refusal::not_found("location"))
    }
}
