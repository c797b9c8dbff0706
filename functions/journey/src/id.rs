//! Names of things: the provider's own references, and the keyed hashes by which everything else
//! knows a person.
//!
//! Rule: a raw reference is often an e-mail address. Logs, metrics, schedule names and the URLs we
//! mint carry only the keyed hashes made here.

use core::fmt;

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::endpoint::PushEndpoint;
use crate::phone::PhoneNumber;

/// A company whose customers are brought back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// Leap Connect: connect a utility account.
    Leap,
    /// Bayou: share utility data, and stay connected.
    Bayou,
    /// Light: enrol in an electricity plan in Texas.
    Light,
}

impl Provider {
    /// Every provider, in the order of their names.
    pub const ALL: [Provider; 3] = [Provider::Bayou, Provider::Leap, Provider::Light];

    /// The name used in URLs, files and stored records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Provider::Leap => "leap",
            Provider::Bayou => "bayou",
            Provider::Light => "light",
        }
    }

    /// What its customers may be on the way to.
    #[must_use]
    pub const fn purposes(self) -> &'static [Purpose] {
        match self {
            Provider::Leap | Provider::Light => &[Purpose::Enroll],
            Provider::Bayou => &[Purpose::Enroll, Purpose::Reconnect],
        }
    }

    /// The hosts of the links that it gives to customers, as entries of [`LinkHosts`](crate::LinkHosts)
    /// (docs/leap.md, section 4; docs/bayou.md, section 3; docs/light.md, section 6).
    #[must_use]
    pub const fn link_hosts(self) -> &'static [&'static str] {
        match self {
            Provider::Leap => &[".leap.energy", "www.addleap.com"],
            Provider::Bayou => &["bayou.energy", "staging.bayou.energy"],
            Provider::Light => &["flow.light.dev"],
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that is none of the allowed ones.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what}; it must be one of: {allowed}")]
pub struct UnknownName {
    /// What was to be named.
    pub what: &'static str,
    /// The names that would have been right.
    pub allowed: &'static str,
}

impl core::str::FromStr for Provider {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "leap" => Ok(Provider::Leap),
            "bayou" => Ok(Provider::Bayou),
            "light" => Ok(Provider::Light),
            _ => Err(UnknownName {
                what: "provider",
                allowed: "bayou, leap, light",
            }),
        }
    }
}

/// What a customer is on the way to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A first connection or enrolment.
    Enroll,
    /// A connection that was lost, or is about to end.
    Reconnect,
}

impl Purpose {
    /// The name used in stored records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Purpose::Enroll => "enroll",
            Purpose::Reconnect => "reconnect",
        }
    }
}

impl core::str::FromStr for Purpose {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "enroll" => Ok(Purpose::Enroll),
            "reconnect" => Ok(Purpose::Reconnect),
            _ => Err(UnknownName {
                what: "purpose",
                allowed: "enroll, reconnect",
            }),
        }
    }
}

/// The provider's identifier of a customer, exactly as the partner issued it.
///
/// Compared byte for byte: never trimmed, never case-folded (docs/leap.md, trap 29).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reference(String);

/// A reference that the provider itself would not accept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidReference {
    /// Too short or too long.
    #[error("a reference has 3 to 256 characters; this one has {0}")]
    Length(usize),
    /// A character outside Leap's pattern.
    #[error(
        "a reference must not contain the character {0:?} (forbidden: / \\ ? [ ] {{ }} ! # $ % ^ & * ( ) < > | and control characters)"
    )]
    Character(char),
}

impl Reference {
    /// Checks a reference against Leap's documented pattern: 3 to 256 characters, none of
    /// `/ \ ? [ ] { } ! # $ % ^ & * ( ) < > |`.
    ///
    /// Control characters are refused too, although the pattern lets them pass: no partner issues
    /// them, and a line break would split a log line or a mail header.
    ///
    /// # Errors
    /// Says which limit was broken, without repeating the reference.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidReference> {
        const FORBIDDEN: &str = "/\\?[]{}!#$%^&*()<>|";
        let text = text.into();
        let length = text.chars().count();
        if !(3..=256).contains(&length) {
            return Err(InvalidReference::Length(length));
        }
        match text.chars().find(|&c| FORBIDDEN.contains(c) || c.is_control()) {
            Some(bad) => Err(InvalidReference::Character(bad)),
            None => Ok(Reference(text)),
        }
    }

    /// The reference as the provider spells it. Never for a log line.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reference(hidden)")
    }
}

impl TryFrom<String> for Reference {
    type Error = InvalidReference;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Reference::new(text)
    }
}

impl From<Reference> for String {
    fn from(reference: Reference) -> Self {
        reference.0
    }
}

/// The secret under which references and addresses are hashed.
#[derive(Clone)]
pub struct IdKey(Vec<u8>);

impl fmt::Debug for IdKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdKey(hidden)")
    }
}

/// An [`IdKey`] that is too short to protect anything.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the identity key must have at least 16 bytes; this one has {0}")]
pub struct WeakKey(pub usize);

impl IdKey {
    /// Takes a secret of at least 16 bytes.
    ///
    /// # Errors
    /// [`WeakKey`] when it is shorter.
    pub fn new(secret: impl Into<Vec<u8>>) -> Result<Self, WeakKey> {
        let secret = secret.into();
        if secret.len() < 16 {
            Err(WeakKey(secret.len()))
        } else {
            Ok(IdKey(secret))
        }
    }

    fn hash(&self, domain: &str, parts: &[&str]) -> String {
        BASE32_NOPAD
            .encode(keyed_hash(&self.0, domain, parts).get(..16).unwrap_or_default())
            .to_lowercase()
    }

    /// Derives a secret for another use, so that one configured key is enough.
    #[must_use]
    pub fn derive(&self, domain: &str) -> [u8; 32] {
        keyed_hash(&self.0, domain, &[])
    }
}

/// HMAC-SHA-256 over length-prefixed parts, so that `("ab", "c")` and `("a", "bc")` differ.
pub(crate) fn keyed_hash(key: &[u8], domain: &str, parts: &[&str]) -> [u8; 32] {
    mac(key, domain, parts).finalize().into_bytes().into()
}

/// The same before its end: it can compare itself with another in constant time.
pub(crate) fn mac(key: &[u8], domain: &str, parts: &[&str]) -> Hmac<Sha256> {
    // HMAC takes keys of every length, so the error cannot happen; an empty hash would be a
    // silent collision, hence the explicit fall back to a keyed-by-nothing MAC.
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap_or_else(|_| Hmac::<Sha256>::new(&Default::default()));
    for part in core::iter::once(&domain).chain(parts) {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    mac
}

/// A text that is no identifier of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier: it has 26 characters of a-z and 2-7")]
pub struct InvalidId;

macro_rules! hashed_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// 26 characters of lower-case base32 (`a`-`z`, `2`-`7`): fit for logs, schedule names and URLs.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(String);

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                $name::parse(&text).ok_or(InvalidId)
            }
        }

        impl $name {
            /// The identifier as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Reads an identifier back from storage or a token; `None` when it has not the right form.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                (text.len() == 26 && text.bytes().all(|b| b.is_ascii_lowercase() || (b'2'..=b'7').contains(&b)))
                    .then(|| $name(text.to_owned()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

hashed_id! {
    /// The name of a journey: a keyed hash of provider, purpose and reference.
    JourneyId
}
hashed_id! {
    /// The name of a contact: a keyed hash of provider and reference.
    ContactId
}
hashed_id! {
    /// The name of an inbox: a keyed hash of a normalised e-mail address, or of a phone number.
    AddressId
}

impl JourneyId {
    /// Names the journey of a reference.
    #[must_use]
    pub fn new(key: &IdKey, provider: Provider, purpose: Purpose, reference: &Reference) -> Self {
        JourneyId(key.hash("journey", &[provider.as_str(), purpose.as_str(), reference.expose()]))
    }

    /// Names what is nobody's journey: a test message of that millisecond.
    #[must_use]
    pub fn of_test(at: Timestamp) -> Self {
        let number = u128::from(at.as_millisecond().unsigned_abs());
        JourneyId(BASE32_NOPAD.encode(&number.to_be_bytes()).to_lowercase())
    }

    /// Is it of a test message? A hash begins with 60 zero bits once in a billion billion.
    #[must_use]
    pub fn is_of_test(&self) -> bool {
        self.0.starts_with("aaaaaaaaaaaa")
    }
}

impl ContactId {
    /// Names the contact of a reference.
    #[must_use]
    pub fn new(key: &IdKey, provider: Provider, reference: &Reference) -> Self {
        ContactId(key.hash("contact", &[provider.as_str(), reference.expose()]))
    }
}

impl AddressId {
    /// Names the inbox of an e-mail address; case and surrounding space make no difference.
    #[must_use]
    pub fn new(key: &IdKey, address: &str) -> Self {
        AddressId(key.hash("address", &[&address.trim().to_lowercase()]))
    }

    /// Names the inbox of a phone number; no address has the same name.
    #[must_use]
    pub fn of_number(key: &IdKey, number: &PhoneNumber) -> Self {
        AddressId(key.hash("number", &[number.expose()]))
    }

    /// Names the inbox of an app on a device.
    #[must_use]
    pub fn of_device(key: &IdKey, endpoint: &PushEndpoint) -> Self {
        AddressId(key.hash("device", &[endpoint.expose()]))
    }

    /// Names the inbox of somebody of whom we know nothing but the partner's reference.
    #[must_use]
    pub fn of_reference(key: &IdKey, provider: Provider, reference: &Reference) -> Self {
        AddressId(key.hash("reference", &[provider.as_str(), reference.expose()]))
    }
}

/// A provider's identifier of one webhook event, shortened to 64 bits of hash.
///
/// A journey keeps the last 32 of them; at that number a false match has a chance of about 2⁻⁵⁹,
/// and even then only one sign of life would go unnoticed until the next status check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventId(pub u64);

impl EventId {
    /// Shortens the provider's identifier.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let hash = keyed_hash(b"", "webhook event", &[text]);
        EventId(hash.iter().take(8).fold(0, |acc, &byte| (acc << 8) | u64::from(byte)))
    }
}

/// A utility by Leap's webhook code, such as `SDGE`, or by Bayou's in capitals, such as `CON_EDISON`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UtilityCode(String);

impl UtilityCode {
    /// Takes a code of 1 to 48 upper-case letters, digits and underscores; `None` otherwise.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=48).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        fits.then(|| UtilityCode(text.to_owned()))
    }

    /// Takes a code in letters of any case, such as Bayou's `con_edison`; `None` for what could be none.
    #[must_use]
    pub fn of_any_case(code: &str) -> Option<Self> {
        Self::parse(&code.to_ascii_uppercase())
    }

    /// The code as it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for UtilityCode {
    type Error = UnknownName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        UtilityCode::parse(&text).ok_or(UnknownName {
            what: "utility code",
            allowed: "1 to 48 of A-Z, 0-9 and _",
        })
    }
}

impl From<UtilityCode> for String {
    fn from(code: UtilityCode) -> Self {
        code.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> IdKey {
        IdKey::new(*b"an invented key of 32 bytes long").unwrap()
    }

    #[test]
    fn trap_29_a_reference_is_checked_against_leaps_pattern_and_compared_exactly() {
        for good in ["abc", "site-ca-0001", "a+b@c:d", "  x", "Ünï", "it's `so`;,.~_=\""] {
            assert!(Reference::new(good).is_ok(), "{good}");
        }
        for bad in [
            "ab", "a/b", "a\\b", "a?b", "a[b", "a{b", "a!b", "a#b", "a$b", "a%b", "a^b", "a&b", "a*b", "a(b", "a<b",
            "a|b", "a\nb",
        ] {
            assert!(Reference::new(bad).is_err(), "{bad}");
        }
        assert!(Reference::new("x".repeat(256)).is_ok());
        assert_eq!(Reference::new("x".repeat(257)), Err(InvalidReference::Length(257)));
        let id = |text: &str| JourneyId::new(&key(), Provider::Leap, Purpose::Enroll, &Reference::new(text).unwrap());
        assert_ne!(id("site-1"), id("Site-1"));
        assert_ne!(id("site-1"), id("site-1 "));
        assert_eq!(id("site-1"), id("site-1"));
    }

    #[test]
    fn an_identifier_that_is_read_has_the_form_of_one() {
        let good = "\"4bdnk4jxh5htmoy5xs52htyax4\"";
        assert_eq!(
            serde_json::to_string(&serde_json::from_str::<JourneyId>(good).unwrap()).unwrap(),
            good
        );
        for bad in [
            "\"\"",
            "\"4BDNK4JXH5HTMOY5XS52HTYAX4\"",
            "\"site-ca-0001\"",
            "\"4bdnk4jxh5htmoy5xs52htya/4\"",
            "7",
        ] {
            assert!(serde_json::from_str::<JourneyId>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn identifiers_hide_what_they_name() {
        let reference = Reference::new("someone@example.com").unwrap();
        let id = JourneyId::new(&key(), Provider::Leap, Purpose::Enroll, &reference);
        assert_eq!(id.as_str().len(), 26);
        assert_eq!(JourneyId::parse(id.as_str()), Some(id.clone()));
        assert!(!format!("{reference:?}{id:?}").contains("someone"));
        assert_ne!(id.as_str(), ContactId::new(&key(), Provider::Leap, &reference).as_str());
    }

    #[test]
    fn an_inbox_is_the_same_whatever_the_case() {
        assert_eq!(
            AddressId::new(&key(), " Ana@Example.com "),
            AddressId::new(&key(), "ana@example.com")
        );
    }

    #[test]
    fn a_number_has_a_name_of_its_own() {
        let number = PhoneNumber::new("+12025550123").unwrap();
        let name = AddressId::of_number(&key(), &number);
        assert_eq!(name.as_str().len(), 26);
        assert_ne!(name, AddressId::new(&key(), number.expose()));
    }

    #[test]
    fn names_read_back_and_others_are_told_the_right_ones() {
        for provider in Provider::ALL {
            assert_eq!(provider.to_string(), provider.as_str());
            assert_eq!(provider.as_str().parse(), Ok(provider));
        }
        let unknown = "Leap".parse::<Provider>().unwrap_err();
        assert_eq!(
            unknown.to_string(),
            "unknown provider; it must be one of: bayou, leap, light"
        );
    }

    #[test]
    fn a_reference_is_stored_as_it_is_and_neither_it_nor_a_key_shows_itself() {
        let reference = Reference::new("site-ca-0001").unwrap();
        assert_eq!(serde_json::to_string(&reference).unwrap(), "\"site-ca-0001\"");
        assert!(serde_json::from_str::<Reference>("\"ab\"").is_err());
        assert_eq!(format!("{reference:?} {:?}", key()), "Reference(hidden) IdKey(hidden)");
    }

    #[test]
    fn a_utilitys_code_is_of_capitals_digits_and_underscores() {
        for good in ["SDGE", "PGE_2", "7", &"X".repeat(48)] {
            assert_eq!(UtilityCode::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "sdge", "SD GE", "SDGE-1", "PGÉ", &"X".repeat(49)] {
            assert_eq!(UtilityCode::parse(bad), None, "{bad}");
        }
    }
}
