//! Answers, and their fields whose names are configured.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::error::CallError;

/// Reads an answer whose shape is documented.
pub(crate) fn parse<T: DeserializeOwned>(answer: &[u8]) -> Result<T, CallError> {
    serde_json::from_slice(answer).map_err(|_| CallError::Unreadable("it has not the documented shape"))
}

/// What stands, as it is written, at a path of names with dots between, such as `stripe.public_key`; none where there
/// is nothing, or null.
pub(crate) fn at(json: &RawValue, path: &str) -> Option<Box<RawValue>> {
    let mut found = json.to_owned();
    for name in path.split('.') {
        let mut fields: BTreeMap<String, Box<RawValue>> = serde_json::from_str(found.get()).ok()?;
        found = fields.remove(name)?;
    }
    (found.get() != "null").then_some(found)
}

/// The text at a path; none where something else stands.
pub(crate) fn text_at(json: &RawValue, path: &str) -> Option<String> {
    serde_json::from_str(at(json, path)?.get()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_what_is_written() {
        let json = r#"{"stripe":{"public_key":"pk \u0031","n":14.20,"none":null},"a.b":1,"list":["c"]}"#;
        let json: Box<RawValue> = serde_json::from_str(json).unwrap();
        let found = |path: &str| at(&json, path).map(|raw| raw.get().to_owned());
        assert_eq!(found("stripe.n").as_deref(), Some("14.20"));
        assert_eq!(text_at(&json, "stripe.public_key").as_deref(), Some("pk 1"));
        for path in ["stripe.none", "stripe.n.m", "a.b", "list.0", "absent", "", "stripe."] {
            assert_eq!(found(path), None, "{path}");
        }
        assert_eq!(text_at(&json, "stripe.n"), None);
    }
}
