//! What a call says, read and checked.

use serde_json::{Map, Value};

use crate::bayou::api::errors::{self, Refusal, invalid};
use crate::bayou::utilities::Utility;

/// The fields of a customer that a call states; a field that is stated may be stated as empty.
#[derive(Debug, Default)]
pub(crate) struct Stated {
    pub(crate) external_id: Option<Option<String>>,
    pub(crate) email: Option<Option<String>>,
    pub(crate) utility: Option<Option<&'static Utility>>,
}

pub(crate) fn object(body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    serde_json::from_slice(body).map_err(|_| errors::NOT_JSON)
}

impl Stated {
    /// Reads what is stated; fields that are not known here are passed over.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Refusal> {
        let object = object(body)?;
        let external_id = text(
            &object,
            "external_id",
            |text| !text.is_empty(),
            invalid("customer_external_id_invalid", "The external_id has to be text."),
        )?;
        let email = text(
            &object,
            "email",
            |text| text.contains('@') && text.contains('.') && text.chars().count() <= 320,
            invalid(
                "customer_email_invalid",
                "The e-mail needs \"@\" and \".\", and has at most 320 characters.",
            ),
        )?;
        let is_short = |text: &str| text.chars().count() <= 30;
        let too_long = "A name has at most 30 characters.";
        // Names are checked and not kept, as the customer's object has no room for them.
        text(
            &object,
            "first_name",
            is_short,
            invalid("customer_first_name_invalid", too_long),
        )?;
        text(
            &object,
            "last_name",
            is_short,
            invalid("customer_last_name_invalid", too_long),
        )?;
        let unknown = invalid("utility_code_invalid", "There is no utility with this code.");
        let utility = match text(&object, "utility", |_| true, unknown)? {
            Some(Some(code)) if !code.is_empty() => Some(Some(Utility::of_code(&code).ok_or(unknown)?)),
            Some(_) => Some(None),
            None => None,
        };
        Ok(Self {
            external_id,
            email,
            utility,
        })
    }
}

/// A field that is text or null, and valid if it is text.
pub(crate) fn text(
    object: &Map<String, Value>,
    name: &str,
    is_valid: impl Fn(&str) -> bool,
    otherwise: Refusal,
) -> Result<Option<Option<String>>, Refusal> {
    match object.get(name) {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(None)),
        Some(Value::String(text)) if is_valid(text) => Ok(Some(Some(text.clone()))),
        Some(_) => Err(otherwise),
    }
}
