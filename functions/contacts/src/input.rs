//! A contact as a partner writes it, in JSON or in a CSV row, and its checks.

use core::fmt;

use email_address::{EmailAddress, Options};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use journey::campaign::Channel;
use journey::contact::{Classification, Contact, Locale, OptOut};
use journey::{Flow, LinkHosts, PhoneNumber, Provider, PushEndpoint, Reference, UtilityCode};
use law::{Law, State};
use phonenumber::country;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::consent::{self, ConsentsInput, object};

/// A contact as a partner writes it. Every field may be left out; an empty text counts as left out.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ContactInput {
    /// The e-mail address.
    pub email: Option<String>,
    /// The number for texts: a number of the United States, such as `+12025550123` or `(202) 555-0123`.
    pub phone: Option<String>,
    /// The app on the person's device, for pushes: the ARN of its SNS platform endpoint.
    pub push: Option<String>,
    /// The consents on record.
    #[serde(deserialize_with = "object")]
    pub consent: Option<ConsentsInput>,
    /// The name to greet with, at most 100 characters.
    pub first_name: Option<String>,
    /// `en` or `es`.
    pub locale: Option<String>,
    /// The person's IANA time zone, such as `America/Los_Angeles`.
    pub zone: Option<String>,
    /// The state of the service address, by its postal code, such as `CA`: texts keep its law.
    pub state: Option<String>,
    /// `connect` or `direct_to_utility`: which kind of link the person was given.
    pub flow: Option<String>,
    /// The grid region that the link names, such as `CAISO`.
    pub region: Option<String>,
    /// `residential` or `commercial`.
    pub classification: Option<String>,
    /// The utility that the link asks for: Leap's code, such as `PGE`, or for Bayou's customers also Bayou's, such as
    /// `con_edison`.
    pub utility: Option<String>,
    /// The provider's own URL as the person was given it.
    pub link: Option<String>,
    /// Until when the person has agreed to share data, such as `2027-03-31T23:59:59-05:00`, where that has an end.
    pub sharing_ends_at: Option<String>,
    /// What the person has opted out of: `true` for everything, `false`, or a list of channels.
    pub opted_out: Option<OptOut>,
}

impl fmt::Debug for ContactInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContactInput(hidden)")
    }
}

/// One field that is not right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct FieldError {
    /// The field's name.
    pub field: &'static str,
    /// What is wrong, and what would be right. Never repeats the value.
    pub problem: &'static str,
}

/// May an error repeat this as the name of a field or column? What looks like nothing of the kind may be an address
/// in a wrong place.
pub(crate) fn is_field_name(text: &str) -> bool {
    (1..=30).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_')
}

/// Everything that is wrong with a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidContact(pub Vec<FieldError>);

impl fmt::Display for InvalidContact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            write!(f, "{}{error}", if index == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

impl core::error::Error for InvalidContact {}

impl ContactInput {
    /// Checks every field. A consent must not lie after `now`; a link leads to one of `hosts`.
    ///
    /// # Errors
    /// [`InvalidContact`] with all that is wrong, not only the first.
    pub fn check(
        self,
        provider: Provider,
        reference: Reference,
        now: Timestamp,
        hosts: &LinkHosts,
    ) -> Result<Contact, InvalidContact> {
        let mut errors = Vec::new();
        let mut check = |field: &'static str, value: Option<String>, right: fn(&str) -> bool, problem: &'static str| {
            let value = value.filter(|text| !text.is_empty())?;
            if right(&value) {
                Some(value)
            } else {
                errors.push(FieldError { field, problem });
                None
            }
        };
        let email = check(
            "email",
            self.email,
            is_email,
            "not an e-mail address; write for example name@example.com",
        );
        let phone = check(
            "phone",
            self.phone,
            |text| number(text).is_some(),
            "must be a number of the United States, for example +12025550123 or (202) 555-0123",
        );
        let push = check(
            "push",
            self.push,
            |text| PushEndpoint::new(text).is_ok(),
            PushEndpoint::FORM,
        );
        let first_name = check(
            "first_name",
            self.first_name,
            is_name,
            "must have at most 100 characters and no line breaks",
        );
        let locale = check("locale", self.locale, |text| locale(text).is_some(), "must be en or es");
        let zone = check(
            "zone",
            self.zone,
            is_zone,
            "not an IANA time zone; write for example America/Los_Angeles",
        );
        let state = check(
            "state",
            self.state,
            |text| State::parse(text).is_ok(),
            "must be the postal code of a state, DC or PR, for example CA",
        );
        let flow = check(
            "flow",
            self.flow,
            |text| flow(text).is_some(),
            "must be connect or direct_to_utility",
        );
        let region = check(
            "region",
            self.region,
            is_region,
            "not a grid region; write for example CAISO or PJM",
        );
        let classification = check(
            "classification",
            self.classification,
            |text| classification(text).is_some(),
            "must be residential or commercial",
        );
        let utility = check(
            "utility",
            self.utility,
            |text| UtilityCode::of_any_case(text).is_some(),
            "not a utility code; write Leap's code, for example PGE, or Bayou's, for example con_edison",
        );
        let link = check(
            "link",
            self.link,
            is_link,
            "must be an https URL of at most 2,000 characters, percent-encoded: the link that the customer was given",
        );
        let sharing_ends_at = check(
            "sharing_ends_at",
            self.sharing_ends_at,
            |text| text.parse::<Timestamp>().is_ok(),
            "must be a time with its offset from UTC, for example 2027-03-31T23:59:59-05:00",
        );
        if link.as_deref().is_some_and(|link| !hosts.allows(link)) {
            errors.push(FieldError {
                field: "link",
                problem: "leads to a host that is neither the provider's nor listed under [links] hosts of the campaign",
            });
        }
        let consent = self.consent.unwrap_or_default().check(now, &mut errors);
        for channel in consent.keys() {
            let [field, ..] = consent::names(*channel);
            match channel {
                Channel::Email if email.is_none() => errors.push(FieldError {
                    field,
                    problem: "is for mail to an address; write the email it was given for",
                }),
                Channel::Sms if phone.is_none() => errors.push(FieldError {
                    field,
                    problem: "is for texts to a number; write the phone it was given for",
                }),
                Channel::Push if push.is_none() => errors.push(FieldError {
                    field,
                    problem: "is for pushes to a device; write the push endpoint it was given for",
                }),
                Channel::Email | Channel::Sms | Channel::Push | Channel::Event => {}
            }
        }
        if !errors.is_empty() {
            return Err(InvalidContact(errors));
        }
        Ok(Contact {
            provider,
            reference,
            email: email.map(|text| text.trim().to_owned()),
            phone: phone.as_deref().and_then(number),
            push: push.as_deref().and_then(|text| PushEndpoint::new(text).ok()),
            consent,
            first_name,
            locale: locale.as_deref().and_then(self::locale).unwrap_or_default(),
            zone,
            // Light enrolls in Texas alone, so its law counts from the first message on.
            state: state
                .as_deref()
                .or((provider == Provider::Light).then_some("TX"))
                .and_then(|text| State::parse(text).ok()),
            flow: flow.as_deref().and_then(self::flow).unwrap_or_default(),
            region,
            classification: classification
                .as_deref()
                .and_then(self::classification)
                .unwrap_or_default(),
            utility: utility.as_deref().and_then(UtilityCode::of_any_case),
            link,
            sharing_ends_at: sharing_ends_at.as_deref().and_then(|text| text.parse().ok()),
            opted_out: self.opted_out.unwrap_or_default(),
        })
    }

    /// Writes a contact as a partner would.
    #[must_use]
    pub fn of(contact: &Contact) -> Self {
        ContactInput {
            email: contact.email.clone(),
            phone: contact.phone.as_ref().map(|number| number.expose().to_owned()),
            push: contact.push.as_ref().map(|device| device.expose().to_owned()),
            consent: Some(ConsentsInput::of(&contact.consent)),
            first_name: contact.first_name.clone(),
            locale: Some(contact.locale.as_str().to_owned()),
            zone: contact.zone.clone(),
            state: contact.state.map(String::from),
            flow: match contact.flow {
                Flow::Unknown => None,
                Flow::Connect => Some("connect".to_owned()),
                Flow::DirectToUtility => Some("direct_to_utility".to_owned()),
            },
            region: contact.region.clone(),
            classification: Some(
                match contact.classification {
                    Classification::Residential => "residential",
                    Classification::Commercial => "commercial",
                }
                .to_owned(),
            ),
            utility: contact.utility.as_ref().map(|code| code.as_str().to_owned()),
            link: contact.link.clone(),
            sharing_ends_at: contact.sharing_ends_at.map(|at| at.to_string()),
            opted_out: Some(contact.opted_out.clone()),
        }
    }
}

/// A bare `name@domain.tld`: no display name, no quotes, no domain literal. One inbox must have one
/// spelling, or caps and suppression would not hold for it.
fn is_email(text: &str) -> bool {
    let options = Options::default()
        .without_display_text()
        .without_domain_literal()
        .with_required_tld();
    text.len() <= 254 && !text.contains('"') && EmailAddress::parse_with_options(text.trim(), options).is_ok()
}

/// A number as people write it, in the one spelling that caps and suppression know.
fn number(text: &str) -> Option<PhoneNumber> {
    let parsed = phonenumber::parse(Some(country::US), text).ok()?;
    let written = parsed.format().mode(phonenumber::Mode::E164).to_string();
    let number = PhoneNumber::new(&written)
        .ok()
        .filter(|_| parsed.extension().is_none())?;
    // New area codes are in our table before they are in the library's, which knows the toll-free ones.
    let is_american = Law::current().state_of(number.area_code()).is_some()
        || (parsed.is_valid() && parsed.country().id() == Some(country::US));
    is_american.then_some(number)
}

fn is_name(text: &str) -> bool {
    text.chars().count() <= 100 && !text.chars().any(char::is_control)
}

fn locale(text: &str) -> Option<Locale> {
    Locale::ALL.into_iter().find(|locale| locale.as_str() == text)
}

fn is_zone(text: &str) -> bool {
    TimeZone::get(text).is_ok()
}

fn flow(text: &str) -> Option<Flow> {
    match text {
        "connect" => Some(Flow::Connect),
        "direct_to_utility" => Some(Flow::DirectToUtility),
        _ => None,
    }
}

fn is_region(text: &str) -> bool {
    (2..=16).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
}

fn classification(text: &str) -> Option<Classification> {
    match text {
        "residential" => Some(Classification::Residential),
        "commercial" => Some(Classification::Commercial),
        _ => None,
    }
}

/// Only https: a customer is sent there. On one machine the stand-in of the provider may be on loopback.
///
/// Printable ASCII, since it becomes a header of an answer; a parser of URLs would forgive more than that.
fn is_link(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let loopback = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    text.len() <= 2_000
        && text.bytes().all(|b| b.is_ascii_graphic())
        && url.host_str().is_some()
        && (text.starts_with("https://") || (text.starts_with("http://") && loopback))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts() -> LinkHosts {
        LinkHosts::new(vec!["connect.example.com".to_owned()]).unwrap()
    }

    fn check(json: &str) -> Result<Contact, String> {
        let input: ContactInput = serde_json::from_str(json).map_err(|error| error.to_string())?;
        input
            .check(
                Provider::Leap,
                Reference::new("site-1").unwrap(),
                "2026-07-01T16:00:00Z".parse().unwrap(),
                &hosts(),
            )
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_whole_contact_goes_through_and_back() {
        let json = r#"{"email":"ana@example.com","phone":"+12025550123","consent":{"sms":
            {"at":"2026-06-30T16:00:00Z","source":"sign-up page","version":"2026-03","wording":"Text me"}},"first_name":"Ana","locale":"es","zone":"America/Los_Angeles",
            "flow":"connect","region":"CAISO","classification":"commercial","utility":"PGE",
            "link":"https://connect.leap.energy?refId=site-1","opted_out":false}"#;
        let contact = check(json).unwrap();
        assert_eq!((contact.locale, contact.flow), (Locale::Es, Flow::Connect));
        assert_eq!(ContactInput::of(&contact), serde_json::from_str(json).unwrap());
    }

    #[test]
    fn everything_that_is_wrong_is_named_at_once_and_no_value_is_repeated() {
        let error = check(r#"{"email":"ana(at)example","zone":"Mars","link":"javascript:alert(1)","locale":"fr"}"#);
        let error = error.unwrap_err();
        for field in ["email: ", "zone: ", "link: ", "locale: must be en or es"] {
            assert!(error.contains(field), "{error}");
        }
        assert!(!error.contains("ana(at)") && !error.contains("Mars"), "{error}");
    }

    #[test]
    fn what_a_partner_wrote_hides_in_a_log() {
        let email = Some("ana@example.com".to_owned());
        let input = ContactInput {
            email,
            ..ContactInput::default()
        };
        assert_eq!(format!("{input:?}"), "ContactInput(hidden)");
    }

    #[test]
    fn an_address_is_bare() {
        for bad in [
            "Ana <ana@example.com>",
            "ana@[127.0.0.1]",
            "ana@localhost",
            "\\\"a b\\\"@example.com",
            "a@b@example.com",
        ] {
            assert!(check(&format!(r#"{{"email":"{bad}"}}"#)).is_err(), "{bad}");
        }
        assert!(check(r#"{"email":" ana+x@mail.example.com "}"#).is_ok());
    }

    #[test]
    fn a_number_has_one_spelling_and_a_consent_a_number() {
        for bad in ["415-5501", "415555012", "+442079460123", "call me please"] {
            let error = check(&format!(r#"{{"phone":"{bad}"}}"#)).unwrap_err();
            assert!(
                error.starts_with("phone: must be a number of the United States"),
                "{error}"
            );
            assert!(!error.contains(bad), "{error}");
        }
        assert!(check(r#"{"phone":"+12025550123"}"#).unwrap().consent.is_empty());
        let consent = r#"{"at":"2026-06-30T16:00:00Z","source":"page","version":"2026-03"}"#;
        for (channel, problem) in [
            ("sms", "is for texts to a number"),
            ("email", "is for mail to an address"),
        ] {
            let error = check(&format!(r#"{{"consent":{{"{channel}":{consent}}}}}"#)).unwrap_err();
            assert!(error.starts_with(&format!("consent.{channel}: {problem}")), "{error}");
        }
        let of_both = format!(
            r#"{{"email":"a@example.com","phone":"+12025550123","consent":{{"email":{consent},"sms":{consent}}}}}"#
        );
        assert_eq!(check(&of_both).unwrap().consent.len(), 2);
        let error = check(r#"{"phone":"+12025550123","consent":{"sms":{}}}"#).unwrap_err();
        assert!(
            error.contains("consent.sms.at: ") && error.contains("consent.sms.version: "),
            "{error}"
        );
        let error = check(r#"{"phone":"+12025550123","consent":{"sms":{"when":"now"}}}"#).unwrap_err();
        assert!(error.contains("unknown field `when`"), "{error}");
    }

    #[test]
    fn an_unknown_field_is_refused_by_name() {
        assert!(
            check(r#"{"e_mail":"ana@example.com"}"#)
                .unwrap_err()
                .contains("unknown field `e_mail`")
        );
    }

    #[test]
    fn empty_texts_count_as_left_out_and_plain_http_only_on_this_machine() {
        assert_eq!(check(r#"{"email":"","zone":""}"#).unwrap().email, None);
        assert!(check(r#"{"link":"http://127.0.0.1:9/connect?refId=x"}"#).is_ok());
        assert!(check(r#"{"link":"http://example.com/"}"#).is_err());
    }

    #[test]
    fn a_link_leads_to_the_provider_or_to_a_listed_host() {
        for good in [
            "https://connect.leap.energy?refId=site-1",
            "https://connect.example.com/x",
        ] {
            assert!(check(&format!(r#"{{"link":"{good}"}}"#)).is_ok(), "{good}");
        }
        for bad in [
            "https://evil.example/",
            "https://connect.example.com.evil.example/",
            "https://connect.example.com@evil.example/",
            "https://connect.leap.energy:8443/",
        ] {
            let error = check(&format!(r#"{{"link":"{bad}"}}"#)).unwrap_err();
            assert!(error.starts_with("link: leads to a host that is neither"), "{error}");
            assert!(!error.contains("example"), "{error}");
        }
    }

    #[test]
    fn a_link_can_be_sent_in_a_header_as_it_is() {
        assert!(check(r#"{"link":"https://connect.example.com/?refId=se%C3%B1al"}"#).is_ok());
        for bad in [
            "https://connect.example.com/?refId=señal",
            "https://connect.example.com/a b",
            "https://connect.example.com/\\n",
            " https://connect.example.com/",
            "https:connect.example.com",
            "HTTPS://connect.example.com/",
        ] {
            assert!(check(&format!(r#"{{"link":"{bad}"}}"#)).is_err(), "{bad}");
        }
    }

    #[test]
    fn each_field_has_its_bounds() {
        let address = |length: usize| {
            let domain = ".example".repeat(40);
            format!("ana@{}.com", domain.get(1..length - 7).unwrap())
        };
        let link = |length: usize| format!("{:a<length$}", "https://connect.example.com/");
        let accepts = |field: &str, value: &str| check(&serde_json::json!({ field: value }).to_string()).is_ok();
        for (field, longest, longer) in [
            ("email", address(254), address(255)),
            ("first_name", "á".repeat(100), "á".repeat(101)),
            ("region", "R".repeat(16), "R".repeat(17)),
            ("link", link(2_000), link(2_001)),
        ] {
            assert!(accepts(field, &longest), "{field} of {}", longest.len());
            assert!(!accepts(field, &longer), "{field} of {}", longer.len());
        }
        for (field, good, bad) in [
            ("region", "MISO_S", "caiso"),
            ("region", "NY", "R"),
            ("region", "PJM", "PJM1"),
            ("first_name", "Ana María", "Ana\n"),
            ("zone", "America/Los_Angeles", "Los_Angeles"),
            ("utility", "PGE", "no code"),
            ("classification", "residential", "home"),
            ("flow", "direct_to_utility", "direct"),
            ("link", "http://localhost:9/connect", "http://localhost.example.com/"),
            ("link", "http://[::1]/connect", "http://127.0.0.2/connect"),
            ("link", "https://127.0.0.1/connect", "ftp://127.0.0.1/connect"),
        ] {
            assert!(accepts(field, good), "{field}: {good}");
            assert!(!accepts(field, bad), "{field}: {bad}");
        }
    }

    #[test]
    fn every_value_is_written_as_it_is_read() {
        for (field, values) in [
            ("flow", ["connect", "direct_to_utility"]),
            ("classification", ["residential", "commercial"]),
            ("locale", ["en", "es"]),
        ] {
            for value in values {
                let contact = check(&serde_json::json!({ field: value }).to_string()).unwrap();
                let written = serde_json::to_value(ContactInput::of(&contact)).unwrap();
                assert_eq!(written.get(field).unwrap(), value);
            }
        }
        let nothing = check("{}").unwrap();
        assert_eq!((nothing.flow, nothing.locale), (Flow::Unknown, Locale::En));
        assert_eq!(nothing.classification, Classification::Residential);
        for (json, opted_out) in [
            ("{}", OptOut::NOTHING),
            (r#"{"opted_out":null}"#, OptOut::NOTHING),
            (r#"{"opted_out":false}"#, OptOut::NOTHING),
            (r#"{"opted_out":["sms"]}"#, OptOut::of([Channel::Sms])),
            (r#"{"opted_out":true}"#, OptOut::Everything),
        ] {
            assert_eq!(check(json).unwrap().opted_out, opted_out, "{json}");
        }
        for bad in [
            r#"{"opted_out":"ana@example.com"}"#,
            r#"{"opted_out":["ana@example.com"]}"#,
        ] {
            let error = check(bad).err().unwrap();
            assert!(
                error.contains("opted_out must be true, false or a list of channels"),
                "{error}"
            );
            assert!(!error.contains("ana"), "{error}");
        }
    }

    #[test]
    fn a_number_may_be_written_as_people_do_and_has_one_spelling() {
        for written in [
            "+12025550123",
            "2025550123",
            "(202) 555-0123",
            "202-555-0123",
            "1 202 555 0123",
            "+1 (202) 555.0123",
            " 202.555.0123 ",
        ] {
            let known = number(written).map(|number| number.expose().to_owned());
            assert_eq!(known.as_deref(), Some("+12025550123"), "{written}");
        }
        for none in [
            "",
            "555-0123",
            "911",
            "+442079460123",
            // Toronto, Jamaica, the Bahamas.
            "+14165550123",
            "+18765550123",
            "+12425550123",
            "+12025550123 ext. 7",
            "call me",
            "+1202555012",
            "12025550123456",
        ] {
            assert!(number(none).is_none(), "{none}");
        }
        // Toll-free, and of no state.
        assert!(number("888-555-0123").is_some());
    }

    #[test]
    fn every_area_code_of_a_state_has_numbers() {
        let table = include_str!("../../law/data/area_codes.csv");
        let territories = ["AS", "GU", "MP", "VI"];
        for row in table.lines().skip(1) {
            let (code, state) = row.split_once(',').unwrap();
            let known = number(&format!("+1{code}5550123")).is_some();
            assert_eq!(known, !territories.contains(&state), "{row}");
        }
    }
}
