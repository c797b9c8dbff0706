//! An account as the API tells of one (docs/light.md, section 4).

use jiff::civil::Date;
use journey::Reference;
use journey::enrollment::{ConfirmedLocation, EnrollmentView, LightAccount, LightLocation};
use serde::Deserialize;
use serde_json::Value;

use super::offer::Address;
use crate::api::{CallError, parse};

/// The part of it that the rules need. Nothing of it must be there: what is missing is unknown, not false (trap 6).
#[derive(Deserialize)]
struct Told {
    uuid: Option<String>,
    enrollment: Option<Flags>,
    locations: Option<Vec<Place>>,
}

#[derive(Default, Deserialize)]
struct Flags {
    has_accepted_plan: Option<bool>,
    is_billing_address_confirmed: Option<bool>,
    has_payment_method: Option<bool>,
    is_identity_verified: Option<bool>,
    is_enrollment_finalized: Option<bool>,
    is_service_active: Option<bool>,
    has_usage_history: Option<bool>,
}

#[derive(Deserialize)]
struct Place {
    service_start_date: Option<Date>,
    final_service_date: Option<Date>,
    is_service_active: Option<bool>,
    has_usage_history: Option<bool>,
}

/// The part of it that its customer is shown. It is read apart, so that nothing in it can hide the flags.
#[derive(Deserialize)]
struct Shown {
    locations: Option<Vec<ShownPlace>>,
}

#[derive(Deserialize)]
struct ShownPlace {
    uuid: Option<String>,
    #[serde(flatten)]
    address: Address,
    utility_number: Option<Value>,
    plan_name: Option<String>,
}

/// Reads the account that was asked for.
pub(super) fn read(answer: &[u8], asked: &Reference) -> Result<LightAccount, CallError> {
    let told: Told = parse(answer)?;
    // Ids are opaque, but for the case of a UUID's letters, which says nothing.
    if told.uuid.is_some_and(|uuid| !uuid.eq_ignore_ascii_case(asked.expose())) {
        return Err(CallError::Unreadable("it speaks of another account"));
    }
    let flags = told.enrollment.unwrap_or_default();
    Ok(LightAccount {
        has_accepted_plan: flags.has_accepted_plan,
        is_billing_address_confirmed: flags.is_billing_address_confirmed,
        has_payment_method: flags.has_payment_method,
        is_identity_verified: flags.is_identity_verified,
        is_enrollment_finalized: flags.is_enrollment_finalized,
        is_service_active: flags.is_service_active,
        has_usage_history: flags.has_usage_history,
        locations: told.locations.unwrap_or_default().iter().map(Place::read).collect(),
    })
}

/// Reads it as its customer may see it.
pub(super) fn view(answer: &[u8], asked: &Reference) -> Result<EnrollmentView, CallError> {
    let account = read(answer, asked)?;
    let shown: Shown = parse(answer)?;
    let places = shown.locations.unwrap_or_default().into_iter().zip(&account.locations);
    let locations: Result<_, CallError> = places.map(|(place, flags)| place.read(flags)).collect();
    Ok(EnrollmentView {
        locations: locations?,
        account,
    })
}

impl Place {
    const fn read(&self) -> LightLocation {
        LightLocation {
            starts_on: self.service_start_date,
            ends_on: self.final_service_date,
            is_active: self.is_service_active,
            has_usage_history: self.has_usage_history,
        }
    }
}

impl ShownPlace {
    fn read(self, flags: &LightLocation) -> Result<ConfirmedLocation, CallError> {
        let utility_number = match self.utility_number {
            Some(Value::String(number)) => Some(number),
            None | Some(Value::Null) => None,
            // A number has lost its last digits on the way (trap 38).
            Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                return Err(CallError::Unreadable("a utility number is not written as text"));
            }
        };
        Ok(ConfirmedLocation {
            uuid: self.uuid.unwrap_or_default(),
            address: self.address.read(),
            utility_number,
            plan: self.plan_name,
            starts_on: flags.starts_on,
            is_canceled: flags.ends_on.is_some(),
        })
    }
}
