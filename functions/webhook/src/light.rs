//! Light's form of a webhook (docs/light.md, section 7), of which only the types are documented.
//!
//! So how it is signed, and where in the body its parts are, are settings. It is a hint: what leads to a message, or to
//! the end of messages, is asked of the API (trap 20).

use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderName;
use journey::enrollment::SupportMatter;
use journey::{DataKind, Delivered, Event, EventId, Milestone, Reference, ToldBy};
use serde_json::Value;
use sha2::{Sha256, Sha512};

use crate::{Unauthorized, WeakSecret};

/// How Light's webhooks are known and read.
#[derive(Clone, Debug)]
pub struct LightHook {
    /// The keys that are live now: one, or two while they are being changed.
    pub keys: Vec<SigningKey>,
    /// How a body is signed.
    pub signature: SignatureForm,
    /// Where the parts are.
    pub envelope: Envelope,
}

/// A key that bodies are signed with: one for each endpoint.
#[derive(Clone)]
pub struct SigningKey(Vec<u8>);

impl core::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("SigningKey(hidden)")
    }
}

impl SigningKey {
    /// Takes a key of at least 16 bytes.
    ///
    /// # Errors
    /// [`WeakSecret`] when it is shorter.
    pub fn new(value: &str) -> Result<Self, WeakSecret> {
        if value.len() < 16 {
            Err(WeakSecret(value.len()))
        } else {
            Ok(SigningKey(value.as_bytes().to_vec()))
        }
    }
}

/// How a body is signed: an HMAC over its bytes, in a header.
#[derive(Clone, Debug)]
pub struct SignatureForm {
    /// The header.
    pub header: HeaderName,
    /// The hash.
    pub hash: SignatureHash,
    /// How the signature is written.
    pub encoding: SignatureEncoding,
    /// What stands before it, such as `sha256=`.
    pub prefix: String,
}

/// The hash of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureHash {
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

/// How a signature is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureEncoding {
    /// Hexadecimal, in either case.
    Hex,
    /// Base64 (RFC 4648, section 4).
    Base64,
}

/// Where in the body the parts are: names, with dots between those of nested objects.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// The type, such as `enrollment.finalized`.
    pub event_type: String,
    /// The account's uuid.
    pub account: String,
    /// The event's own identifier, if it has one. Without it the body is its own.
    pub event_id: Option<String>,
}

/// What a body turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Parsed {
    /// An event of an account's journey.
    Event {
        /// The account.
        reference: Reference,
        /// What the journey is told.
        delivered: Box<Delivered>,
        /// May it begin a journey?
        begins: bool,
    },
    /// Signed, but nothing that we could act on; the same delivery again would not help.
    Unusable(Unusable),
}

/// Why an event is left aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// A type that is not documented.
    UnknownType,
    /// Nothing stands where the type should be: the settings may be wrong.
    NoType,
    /// Nothing stands where the account should be: the settings may be wrong.
    NoAccount,
    /// An account's name that cannot be one.
    InvalidReference,
    /// A paid invoice: no news for us.
    NoNews,
}

impl Unusable {
    /// The name of the counter.
    #[must_use]
    pub const fn counter(self) -> &'static str {
        match self {
            Unusable::UnknownType => "webhook.unknown_type",
            Unusable::NoType => "webhook.no_type",
            Unusable::NoAccount => "webhook.no_reference",
            Unusable::InvalidReference => "webhook.invalid_reference",
            Unusable::NoNews => "webhook.no_news",
        }
    }
}

/// Not JSON at all.
#[derive(Debug, thiserror::Error)]
#[error("not a Light webhook")]
pub struct Malformed;

impl LightHook {
    /// Checks the signature of a body: there is exactly one, and one of our keys made it.
    ///
    /// # Errors
    /// [`Unauthorized`] otherwise.
    pub fn check(&self, values: &[&[u8]], body: &[u8]) -> Result<(), Unauthorized> {
        let [value] = values else { return Err(Unauthorized) };
        let written = value
            .strip_prefix(self.signature.prefix.as_bytes())
            .ok_or(Unauthorized)?;
        let given = match self.signature.encoding {
            SignatureEncoding::Hex => HEXLOWER_PERMISSIVE.decode(written),
            SignatureEncoding::Base64 => BASE64.decode(written),
        };
        let given = given.map_err(|_| Unauthorized)?;
        let signs = |key: &SigningKey| match self.signature.hash {
            SignatureHash::Sha256 => signs::<Hmac<Sha256>>(key, body, &given),
            SignatureHash::Sha512 => signs::<Hmac<Sha512>>(key, body, &given),
        };
        if self.keys.iter().any(signs) {
            Ok(())
        } else {
            Err(Unauthorized)
        }
    }
}

/// In a time that does not depend on where the two differ.
fn signs<M: Mac + KeyInit>(key: &SigningKey, body: &[u8], given: &[u8]) -> bool {
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(&key.0) else {
        return false;
    };
    mac.update(body);
    mac.verify_slice(given).is_ok()
}

/// Reads a body. A `location` is not asked for: of some types there is none (trap 22).
///
/// # Errors
/// When it is no JSON.
pub fn parse(body: &[u8], envelope: &Envelope) -> Result<Parsed, Malformed> {
    let whole: Value = serde_json::from_slice(body).map_err(|_| Malformed)?;
    let Some(name) = at(&whole, &envelope.event_type) else {
        return Ok(Parsed::Unusable(Unusable::NoType));
    };
    let (event, begins) = match told(name) {
        Ok(told) => told,
        Err(why) => return Ok(Parsed::Unusable(why)),
    };
    let Some(account) = at(&whole, &envelope.account) else {
        return Ok(Parsed::Unusable(Unusable::NoAccount));
    };
    let Ok(reference) = Reference::new(account.to_owned()) else {
        return Ok(Parsed::Unusable(Unusable::InvalidReference));
    };
    let own = envelope.event_id.as_ref().and_then(|path| at(&whole, path));
    let id = own.map_or_else(|| EventId::new(&String::from_utf8_lossy(body)), EventId::new);
    Ok(Parsed::Event {
        reference,
        delivered: Box::new(Delivered { id: Some(id), event }),
        begins,
    })
}

/// What an event says, and whether it shows an enrolment under way, so that it may begin a journey.
fn told(name: &str) -> Result<(Event, bool), Unusable> {
    let step = |what| Event::EnrollmentProgressed {
        what,
        by: ToldBy::Webhook,
        dates: None,
    };
    Ok(match name {
        "enrollment.plan_requested" => (step(Milestone::PlanRequested), true),
        "enrollment.plan_accepted" => (step(Milestone::PlanAccepted), true),
        "enrollment.finalized" => (Event::EnrollmentFinalized, true),
        // Updated is not verified.
        "enrollment.identity_updated" => (
            Event::EnrollmentNews {
                what: "identity_updated",
            },
            true,
        ),
        // Customers of long standing have these as well (trap 23).
        "account.payment_method_added" => (step(Milestone::PaymentMethodAdded), false),
        "account.billing_address_updated" => (step(Milestone::BillingAddressConfirmed), false),
        "account.payment_failed" => (
            Event::SupportNeeded {
                matter: SupportMatter::InvoiceUnpaid,
            },
            false,
        ),
        "account.payment_successful" => return Err(Unusable::NoNews),
        "location.service_active" => (
            Event::ServiceAnnounced {
                kind: DataKind::Service,
            },
            false,
        ),
        "location.service_canceled" => (Event::CancellationAnnounced, false),
        // Its name is known only up to here (section 7).
        name if name.starts_with("location.usage_history_availab") => (
            Event::ServiceAnnounced {
                kind: DataKind::UsageHistory,
            },
            false,
        ),
        _ => return Err(Unusable::UnknownType),
    })
}

/// The text at a path of names with dots between them.
fn at<'a>(whole: &'a Value, path: &str) -> Option<&'a str> {
    let value = path.split('.').try_fold(whole, |value, name| value.get(name))?;
    value.as_str().filter(|text| !text.is_empty())
}
