//! Addresses and plans, as the API tells of them and is told (docs/light.md, sections 2 and 5).

use jiff::civil::Date;
use journey::enrollment::{
    BillingAddress, Charge, ChargeKind, EsiId, NewAccount, Plan, PlanDocuments, PostalAddress, ServiceAddress,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::config::LightNames;
use crate::api::{CallError, at, parse, text_at};

/// The longest price that is read.
const LONGEST_DECIMAL: usize = 24;

/// A postal address. No field of an answer must be there.
#[derive(Serialize, Deserialize)]
pub(super) struct Address {
    address_1: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address_2: Option<String>,
    city: Option<String>,
    state: Option<String>,
    postal_code: Option<String>,
}

#[derive(Deserialize)]
struct Found {
    #[serde(flatten)]
    address: Address,
    esi_id: String,
}

#[derive(Deserialize)]
struct Offered {
    uuid: String,
    term_months: Option<u32>,
    energy_rate_cents_per_kwh: Box<RawValue>,
    earliest_start_date: Date,
    latest_start_date: Date,
    links: Links,
}

#[derive(Deserialize)]
struct Links {
    efl: String,
    tos: String,
    yrac: String,
}

impl Address {
    pub(super) fn read(self) -> PostalAddress {
        PostalAddress {
            line_1: self.address_1.unwrap_or_default(),
            line_2: self.address_2.filter(|unit| !unit.is_empty()),
            city: self.city.unwrap_or_default(),
            state: self.state.unwrap_or_default(),
            postal_code: self.postal_code.unwrap_or_default(),
        }
    }

    fn write(address: &PostalAddress) -> Self {
        Address {
            address_1: Some(address.line_1.clone()),
            address_2: address.line_2.clone(),
            city: Some(address.city.clone()),
            state: Some(address.state.clone()),
            postal_code: Some(address.postal_code.clone()),
        }
    }
}

/// The addresses of a search, which come as a list (trap 42).
pub(super) fn addresses(answer: &[u8]) -> Result<Vec<ServiceAddress>, CallError> {
    readable(&parse::<Vec<Box<RawValue>>>(answer)?, "address", address)
}

/// The address of an ESI ID, which comes by itself (trap 42); a list of one, or of none, is taken as well.
///
/// How an unknown ESI ID is answered is not documented: null is none, as a 404 is.
pub(super) fn one_address(answer: &[u8]) -> Result<Option<ServiceAddress>, CallError> {
    let answer: Box<RawValue> = parse(answer)?;
    if answer.get() == "null" {
        return Ok(None);
    }
    let found = match serde_json::from_str::<Vec<Box<RawValue>>>(answer.get()) {
        Ok(list) => match list.as_slice() {
            [] => return Ok(None),
            [only] => address(only),
            [_, _, ..] => return Err(CallError::Unreadable("it has several addresses for one ESI ID")),
        },
        Err(_) => address(&answer),
    };
    found
        .map(Some)
        .ok_or(CallError::Unreadable("it has no address with an ESI ID"))
}

/// The plans on offer, with the prices that are named.
pub(super) fn plans(answer: &[u8], names: &LightNames) -> Result<Vec<Plan>, CallError> {
    readable(&parse::<Vec<Box<RawValue>>>(answer)?, "plan", |raw| plan(raw, names))
}

/// What `PUT /billing/address` takes: another address is nested, although the answer to `GET` is flat (trap 42).
pub(super) fn billing_address(address: &BillingAddress) -> Value {
    match address {
        BillingAddress::SameAsService => json!({ "same_as_service_address": true }),
        BillingAddress::Other(address) => {
            json!({ "same_as_service_address": false, "address": Address::write(address) })
        }
    }
}

/// What `POST /app/accounts` takes. That a preliminary address has the form of the others is inferred.
pub(super) fn new_account(person: &NewAccount) -> Value {
    let mut body = json!({
        "first_name": person.first_name,
        "last_name": person.last_name,
        "email": person.email,
    });
    if let (Some(address), Some(fields)) = (&person.preliminary_address, body.as_object_mut()) {
        fields.insert("preliminary_address".to_owned(), json!(Address::write(address)));
    }
    body
}

/// Those entries of a list that can be read. When there are some and none can, nobody may take that for an empty list.
pub(super) fn readable<T>(
    list: &[Box<RawValue>],
    what: &'static str,
    read: impl Fn(&RawValue) -> Option<T>,
) -> Result<Vec<T>, CallError> {
    let found: Vec<T> = list.iter().filter_map(|raw| read(raw)).collect();
    let left_out = list.len() - found.len();
    if left_out > 0 {
        tracing::warn!(what, left_out, of = list.len(), "entries of a list cannot be read");
    }
    if found.is_empty() && left_out > 0 {
        return Err(CallError::Unreadable("it has a list of which nothing can be read"));
    }
    Ok(found)
}

/// A decimal number as it is written, with quotation marks or without: it goes through no float (trap 42).
pub(super) fn decimal(raw: &RawValue) -> Option<String> {
    let text = serde_json::from_str(raw.get()).unwrap_or_else(|_| raw.get().to_owned());
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, fraction),
        None => (text.as_str(), "0"),
    };
    let whole = whole.strip_prefix('-').unwrap_or(whole);
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(whole) && is_number(fraction) && text.len() <= LONGEST_DECIMAL).then_some(text)
}

fn address(raw: &RawValue) -> Option<ServiceAddress> {
    let found: Found = serde_json::from_str(raw.get()).ok()?;
    Some(ServiceAddress {
        esi_id: EsiId::parse(&found.esi_id).ok()?,
        address: found.address.read(),
    })
}

fn plan(raw: &RawValue, names: &LightNames) -> Option<Plan> {
    let offered: Offered = serde_json::from_str(raw.get()).ok()?;
    let mut charges = Vec::new();
    for (kind, name) in [
        (ChargeKind::DeliveryPerKwh, &names.delivery_per_kwh),
        (ChargeKind::DeliveryPerMonth, &names.delivery_per_month),
        (ChargeKind::PlanPerMonth, &names.plan_per_month),
    ] {
        if let Some(charge) = name.as_ref().and_then(|name| at(raw, name)) {
            // A plan without one of its prices would look cheaper than it is.
            let amount = decimal(&charge)?;
            charges.push(Charge { kind, amount });
        }
    }
    // Customers follow them: nothing but an address of the web may stand there.
    let is_web = |link: &String| link.starts_with("https://") || link.starts_with("http://");
    let Links { efl, tos, yrac } = offered.links;
    if offered.uuid.is_empty() || ![&efl, &tos, &yrac].into_iter().all(is_web) {
        return None;
    }
    Some(Plan {
        uuid: offered.uuid,
        name: names.plan_name.as_ref().and_then(|name| text_at(raw, name)),
        term_months: offered.term_months,
        energy_rate_cents: decimal(&offered.energy_rate_cents_per_kwh)?,
        charges,
        earliest_start: offered.earliest_start_date,
        latest_start: offered.latest_start_date,
        documents: PlanDocuments { efl, tos, yrac },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trap_42_a_price_keeps_every_digit_that_is_written() {
        let read = |json: &str| decimal(&serde_json::from_str::<Box<RawValue>>(json).unwrap());
        for (json, text) in [
            ("\"14.2\"", "14.2"),
            ("\"14.20\"", "14.20"),
            ("14.20", "14.20"),
            ("0.1000000000000000055511", "0.1000000000000000055511"),
            ("\"0\"", "0"),
            ("-4.95", "-4.95"),
            ("9007199254740993", "9007199254740993"),
        ] {
            assert_eq!(read(json).as_deref(), Some(text), "{json}");
        }
        for json in [
            "\"\"",
            "\".5\"",
            "\"5.\"",
            "\"1.2.3\"",
            "\"14,2\"",
            "\"$14\"",
            "\"1e3\"",
            "1e3",
            "true",
            "[1]",
            "{}",
            "\"-\"",
            "\" 1\"",
            "\"0.00000000000000000000001\"",
        ] {
            assert_eq!(read(json), None, "{json}");
        }
    }
}
