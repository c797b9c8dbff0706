//! The record of a person's consent to reminders by a channel.

use core::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A person's consent to reminders by one channel: the proof of when, where and to what.
///
/// The version is what must be there: it names the exact words, which a form's keeper can show for as long as
/// anybody may ask. The words themselves may be kept with it; a copy in each contact is no better proof than the
/// form's own archive, and often cannot be had for older consents.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// When it was given.
    pub at: Timestamp,
    /// Where: a page, a form, a call.
    pub source: String,
    /// Which words were shown, by the name that their keeper gives them, such as `2026-03 sign-up form`.
    pub version: String,
    /// The words themselves, as they were shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wording: Option<String>,
}

impl fmt::Debug for Consent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Consent(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_hides_and_needs_no_words_beside_their_name() {
        let stored = r#"{"at":"1970-01-01T00:00:00Z","source":"sign-up page","version":"2026-03"}"#;
        let consent: Consent = serde_json::from_str(stored).unwrap();
        assert_eq!(consent.wording, None);
        assert_eq!(serde_json::to_string(&consent).unwrap(), stored);
        assert_eq!(format!("{consent:?}"), "Consent(hidden)");
        let nameless = r#"{"at":"1970-01-01T00:00:00Z","source":"sign-up page","wording":"Text me"}"#;
        assert!(serde_json::from_str::<Consent>(nameless).is_err());
    }
}
