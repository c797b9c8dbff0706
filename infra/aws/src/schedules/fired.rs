//! What a schedule hands to `touchpoint`.

use journey::JourneyId;
use serde::{Deserialize, Serialize};

/// A timer that fired: the input of `touchpoint`, from a schedule or from the sweep.
///
/// As JSON: `{"journey": "<26 of a-z and 2-7>", "generation": 3}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Wire")]
pub struct ScheduledFire {
    /// Whose timer.
    pub journey: JourneyId,
    /// For which generation it was armed.
    pub generation: u32,
}

#[derive(Deserialize)]
struct Wire {
    journey: String,
    generation: u32,
}

/// An input that no schedule of ours has made. It is not repeated, since it may be anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`journey` is not a journey's name: 26 characters of a-z and 2-7")]
pub struct NotAJourney;

impl TryFrom<Wire> for ScheduledFire {
    type Error = NotAJourney;

    fn try_from(wire: Wire) -> Result<Self, Self::Error> {
        Ok(ScheduledFire {
            journey: JourneyId::parse(&wire.journey).ok_or(NotAJourney)?,
            generation: wire.generation,
        })
    }
}

impl ScheduledFire {
    /// The payload.
    #[must_use]
    pub fn to_json(&self) -> String {
        // An identifier and a number need no escaping.
        format!(r#"{{"journey":"{}","generation":{}}}"#, self.journey, self.generation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_reads_back() {
        let fire = ScheduledFire {
            journey: JourneyId::parse("abcdefghijklmnopqrstuvwxyz").unwrap(),
            generation: u32::MAX,
        };
        let json = fire.to_json();
        assert_eq!(
            json,
            r#"{"journey":"abcdefghijklmnopqrstuvwxyz","generation":4294967295}"#
        );
        assert_eq!(json, serde_json::to_string(&fire).unwrap());
        assert_eq!(serde_json::from_str::<ScheduledFire>(&json).unwrap(), fire);
    }

    #[test]
    fn what_is_wrong_with_a_payload_is_said_and_not_repeated() {
        let error = |json: &str| serde_json::from_str::<ScheduledFire>(json).unwrap_err().to_string();
        assert!(error(r#"{"generation":1}"#).contains("missing field `journey`"));
        assert!(error(r#"{"journey":"abcdefghijklmnopqrstuvwxyz"}"#).contains("missing field `generation`"));
        assert!(error(r#"{"journey":"abcdefghijklmnopqrstuvwxyz","generation":-1}"#).contains("u32"));
        let foreign = error(r#"{"journey":"someone@example.com","generation":1}"#);
        assert!(
            foreign.contains("26 characters") && !foreign.contains("someone"),
            "{foreign}"
        );
    }
}
