//! Consents as a partner writes them, and their checks.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use journey::campaign::Channel;
use journey::contact::Consent;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::input::FieldError;

/// A partner's clock may be this much ahead of ours.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(1);

/// The consents as a partner writes them, each for its channel.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConsentsInput {
    /// To mail.
    #[serde(deserialize_with = "object")]
    pub email: Option<ConsentInput>,
    /// To texts; without it none is sent.
    #[serde(deserialize_with = "object")]
    pub sms: Option<ConsentInput>,
    /// To pushes.
    #[serde(deserialize_with = "object")]
    pub push: Option<ConsentInput>,
    /// To what the partner sends by itself when it is told that a message is due.
    #[serde(deserialize_with = "object")]
    pub event: Option<ConsentInput>,
}

/// What is there is an object: serde would take a list of a struct's fields as well.
pub(crate) fn object<'de, D: Deserializer<'de>, T: DeserializeOwned>(from: D) -> Result<Option<T>, D::Error> {
    let fields: Option<Map<String, Value>> = Option::deserialize(from)?;
    let read = fields.map(|fields| T::deserialize(Value::Object(fields)));
    read.transpose().map_err(D::Error::custom)
}

impl ConsentsInput {
    /// Checks each, and adds what is wrong to `errors`.
    pub(crate) fn check(self, now: Timestamp, errors: &mut Vec<FieldError>) -> BTreeMap<Channel, Consent> {
        let mut consents = BTreeMap::new();
        for (channel, input) in [
            (Channel::Email, self.email),
            (Channel::Sms, self.sms),
            (Channel::Push, self.push),
            (Channel::Event, self.event),
        ] {
            let consent = input.and_then(|input| input.check(channel, now, errors));
            consents.extend(consent.map(|consent| (channel, consent)));
        }
        consents
    }

    /// Writes them as a partner would.
    pub(crate) fn of(consents: &BTreeMap<Channel, Consent>) -> Self {
        let of = |channel| consents.get(&channel).map(ConsentInput::of);
        ConsentsInput {
            email: of(Channel::Email),
            sms: of(Channel::Sms),
            push: of(Channel::Push),
            event: of(Channel::Event),
        }
    }
}

/// The names of a channel's consent and of its fields: the whole, `at`, `source`, `version`, `wording`.
pub(crate) const fn names(channel: Channel) -> [&'static str; 5] {
    match channel {
        Channel::Email => [
            "consent.email",
            "consent.email.at",
            "consent.email.source",
            "consent.email.version",
            "consent.email.wording",
        ],
        Channel::Sms => [
            "consent.sms",
            "consent.sms.at",
            "consent.sms.source",
            "consent.sms.version",
            "consent.sms.wording",
        ],
        Channel::Push => [
            "consent.push",
            "consent.push.at",
            "consent.push.source",
            "consent.push.version",
            "consent.push.wording",
        ],
        Channel::Event => [
            "consent.event",
            "consent.event.at",
            "consent.event.source",
            "consent.event.version",
            "consent.event.wording",
        ],
    }
}

/// A consent as a partner writes it. What is there must be whole: half a proof is none.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConsentInput {
    /// When it was given: RFC 3339, with an offset.
    pub at: Option<String>,
    /// Where it was given, 1 to 200 characters.
    pub source: Option<String>,
    /// Which words the person agreed to, by their name, 1 to 100 characters.
    pub version: Option<String>,
    /// The words themselves, up to 2,000 characters; they may be left out.
    pub wording: Option<String>,
}

impl ConsentInput {
    /// Checks every field, and adds what is wrong to `errors`.
    pub(crate) fn check(self, channel: Channel, now: Timestamp, errors: &mut Vec<FieldError>) -> Option<Consent> {
        let [_, at_name, source_name, version_name, wording_name] = names(channel);
        let mut wrong = |field: &'static str, problem: &'static str| {
            errors.push(FieldError { field, problem });
        };
        let at = self
            .at
            .as_deref()
            .filter(|text| is_rfc_3339(text))
            .and_then(|text| text.parse().ok());
        let latest = now.checked_add(CLOCKS_DIFFER).unwrap_or(now);
        if at.is_none() {
            wrong(
                at_name,
                "must say when the consent was given, in RFC 3339, for example 2026-07-01T16:00:00Z",
            );
        } else if at.is_some_and(|at| at > latest) {
            wrong(at_name, "lies in the future; a consent is a thing of the past");
        }
        let source = self.source.filter(|text| is_text(text, 200));
        if source.is_none() {
            wrong(
                source_name,
                "must say where the consent was given, in 1 to 200 characters, for example sign-up page v3",
            );
        }
        let version = self.version.filter(|text| is_text(text, 100));
        if version.is_none() {
            wrong(
                version_name,
                "must name the words that the person agreed to, in 1 to 100 characters, for example 2026-03 sign-up form",
            );
        }
        let wording = self.wording.filter(|text| !text.is_empty());
        if wording.as_deref().is_some_and(|text| !is_text(text, 2_000)) {
            wrong(
                wording_name,
                "must hold the words that the person agreed to, in at most 2,000 characters",
            );
            return None;
        }
        Some(Consent {
            at: at?,
            source: source?,
            version: version?,
            wording,
        })
    }

    /// Writes a consent as a partner would.
    pub(crate) fn of(consent: &Consent) -> Self {
        ConsentInput {
            at: Some(consent.at.to_string()),
            source: Some(consent.source.clone()),
            version: Some(consent.version.clone()),
            wording: consent.wording.clone(),
        }
    }
}

/// The form `2026-07-01T16:00:00Z`, or with a fraction or an offset. The parser of times forgives more.
fn is_rfc_3339(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let Some(rest) = shape.strip_prefix("0000-00-00T00:00:00") else {
        return false;
    };
    let rest = match rest.strip_prefix('.') {
        Some(fraction) => {
            let offset = fraction.trim_start_matches('0');
            if !(1..=9).contains(&(fraction.len() - offset.len())) {
                return false;
            }
            offset
        }
        None => rest,
    };
    matches!(rest, "Z" | "+00:00" | "-00:00")
}

fn is_text(text: &str, most: usize) -> bool {
    !text.trim().is_empty() && text.chars().count() <= most && !text.chars().any(|c| c.is_control() && c != '\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(at: &str, source: &str, version: &str, wording: Option<&str>) -> Result<Consent, String> {
        let some = |text: &str| Some(text.to_owned());
        let input = ConsentInput {
            at: some(at),
            source: some(source),
            version: some(version),
            wording: wording.and_then(some),
        };
        let mut errors = Vec::new();
        let consent = input.check(Channel::Sms, "2026-07-01T16:00:00Z".parse().unwrap(), &mut errors);
        let told = errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        if told.is_empty() {
            Ok(consent.unwrap())
        } else {
            Err(told)
        }
    }

    #[test]
    fn a_consent_is_dated_in_the_past_and_whole() {
        for good in [
            "2026-07-01T16:00:00Z",
            "2026-07-01T16:01:00Z",
            "2026-06-30T09:30:00.250-07:00",
            "2026-06-30T09:30:00.123456789Z",
        ] {
            assert!(check(good, "page", "2026-03", None).is_ok(), "{good}");
        }
        let future = check("2026-07-01T16:01:01Z", "page", "2026-03", None).unwrap_err();
        assert!(future.starts_with("consent.sms.at: lies in the future"), "{future}");
        for bad in [
            "",
            "2026-07-01",
            "2026-07-01T16:00:00",
            "2026-07-01 16:00:00Z",
            "2026-07-01T16:00:00.Z",
            "2026-06-30T16:00:00.1234567890Z",
            "2026-07-01T16:00:00Z[UTC]",
            "2026-02-30T16:00:00Z",
            "yesterday",
        ] {
            let told = check(bad, "page", "2026-03", None).unwrap_err();
            assert!(told.starts_with("consent.sms.at: must say when"), "{bad}: {told}");
        }
        let told = check("", " ", "", Some(&"x".repeat(2_001))).unwrap_err();
        for field in ["at: ", "source: ", "version: ", "wording: "] {
            assert!(told.contains(&format!("consent.sms.{field}")), "{told}");
        }
    }

    #[test]
    fn a_consent_reads_back_as_it_was() {
        for wording in [None, Some("Text me\nreminders")] {
            let consent = check("2026-06-30T09:30:00.25-07:00", "page v3", "2026-03", wording).unwrap();
            let input = ConsentInput::of(&consent);
            assert_eq!(input.at.as_deref(), Some("2026-06-30T16:30:00.25Z"));
            let mut errors = Vec::new();
            let back = input.check(Channel::Sms, consent.at, &mut errors);
            assert!(back == Some(consent) && errors.is_empty());
        }
    }
}
