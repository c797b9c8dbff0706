//! What a call says, read.

use serde::de::DeserializeOwned;

use crate::light::refusal::Refusal;

/// Reads a body; keys that are not known are passed over.
pub(crate) fn body<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| Refusal::bad(format!("The body is not as it has to be: {error}.")))
}
