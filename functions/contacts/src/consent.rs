//! A consent to texts as a partner writes it, and its checks.

use jiff::{SignedDuration, Timestamp};
use journey::SmsConsent;
use serde::{Deserialize, Serialize};

use crate::input::FieldError;

/// A partner's clock may be this much ahead of ours.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(1);

/// A consent as a partner writes it. What is there must be whole: half a proof is none.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConsentInput {
    /// When it was given: RFC 3339, with an offset.
    pub at: Option<String>,
    /// Where it was given, 1 to 200 characters.
    pub source: Option<String>,
    /// The words that the person agreed to, 1 to 2,000 characters.
    pub wording: Option<String>,
}

impl ConsentInput {
    /// Checks every field, and adds what is wrong to `errors`.
    pub(crate) fn check(self, now: Timestamp, errors: &mut Vec<FieldError>) -> Option<SmsConsent> {
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
                "sms_consent.at",
                "must say when the consent was given, in RFC 3339, for example 2026-07-01T16:00:00Z",
            );
        } else if at.is_some_and(|at| at > latest) {
            wrong("sms_consent.at", "lies in the future; a consent is a thing of the past");
        }
        let source = self.source.filter(|text| is_text(text, 200));
        if source.is_none() {
            wrong(
                "sms_consent.source",
                "must say where the consent was given, in 1 to 200 characters, for example sign-up page v3",
            );
        }
        let wording = self.wording.filter(|text| is_text(text, 2_000));
        if wording.is_none() {
            wrong(
                "sms_consent.wording",
                "must hold the words that the person agreed to, in 1 to 2,000 characters",
            );
        }
        Some(SmsConsent {
            at: at?,
            source: source?,
            wording: wording?,
        })
    }

    /// Writes a consent as a partner would.
    pub(crate) fn of(consent: &SmsConsent) -> Self {
        ConsentInput {
            at: Some(consent.at.to_string()),
            source: Some(consent.source.clone()),
            wording: Some(consent.wording.clone()),
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

    fn check(at: &str, source: &str, wording: &str) -> Result<SmsConsent, String> {
        let some = |text: &str| Some(text.to_owned());
        let input = ConsentInput {
            at: some(at),
            source: some(source),
            wording: some(wording),
        };
        let mut errors = Vec::new();
        let consent = input.check("2026-07-01T16:00:00Z".parse().unwrap(), &mut errors);
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
            assert!(check(good, "page", "Text me").is_ok(), "{good}");
        }
        let future = check("2026-07-01T16:01:01Z", "page", "Text me").unwrap_err();
        assert!(future.starts_with("sms_consent.at: lies in the future"), "{future}");
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
            let told = check(bad, "page", "Text me").unwrap_err();
            assert!(told.starts_with("sms_consent.at: must say when"), "{bad}: {told}");
        }
        let told = check("", " ", &"x".repeat(2_001)).unwrap_err();
        for field in ["sms_consent.at: ", "sms_consent.source: ", "sms_consent.wording: "] {
            assert!(told.contains(field), "{told}");
        }
    }

    #[test]
    fn a_consent_reads_back_as_it_was() {
        let consent = check("2026-06-30T09:30:00.25-07:00", "page v3", "Text me\nreminders").unwrap();
        assert_eq!(
            ConsentInput::of(&consent).at.as_deref(),
            Some("2026-06-30T16:30:00.25Z")
        );
        let ConsentInput { at, source, wording } = ConsentInput::of(&consent);
        assert_eq!(
            check(&at.unwrap(), &source.unwrap(), &wording.unwrap()).unwrap(),
            consent
        );
    }
}
