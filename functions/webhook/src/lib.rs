//! A provider's webhook arrives: check the secret, read the form, take the event, answer.
//!
//! The answer is 2xx only when what the webhook says is durable. What the provider could only
//! repeat unchanged (an unknown type, status or reference) is counted and answered 2xx as well: a
//! refusal would buy ten more deliveries of the same (docs/leap.md, trap 5).

pub mod http;
mod leap;
mod secret;

use journey::port::{ArmTimer, Clock, CommitJourney, Count, FindContact, LoadJourney};
use journey::protocol::{IfAbsent, Person, TakeError, take};
use journey::{Campaign, ContactId, Delivered, Flow, IdKey, JourneyId, Note, Provider, Purpose, Reference};

pub use leap::{Malformed, Parsed, Unusable, parse as parse_leap};
pub use secret::{Secret, Secrets, Unauthorized, WeakSecret};

/// The longest body that is read. Leap's events have a few hundred bytes.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// What a webhook handler must know.
#[derive(Clone, Debug)]
pub struct Config {
    /// The secret header that the provider was told to send.
    pub secrets: Secrets,
    /// The key of our own identifiers.
    pub id_key: IdKey,
    /// References that begin so are tests of the partner's: answered, counted, ignored. The
    /// provider's test endpoint marks its events by nothing else (trap 35).
    pub reserved_prefixes: Vec<String>,
}

/// A webhook as it arrived.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// Every value of the secret header, in order; one is right.
    pub secret_values: &'a [&'a [u8]],
    /// The `Content-Type`, if there is one.
    pub content_type: Option<&'a str>,
    /// The body.
    pub body: &'a [u8],
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// 200: durable, or nothing to keep.
    Accepted,
    /// 400: not the provider's form.
    Malformed,
    /// 401: the secret header is missing, wrong, or there twice.
    Unauthorized,
    /// 408: the body did not arrive in time.
    TooSlow,
    /// 413: the body is too long.
    TooLarge,
    /// 415: the body is not declared as JSON.
    NotJson,
    /// 503: it could not be made durable; deliver it again.
    TryAgain,
}

impl Answer {
    /// The HTTP status.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Answer::Accepted => 200,
            Answer::Malformed => 400,
            Answer::Unauthorized => 401,
            Answer::TooSlow => 408,
            Answer::TooLarge => 413,
            Answer::NotJson => 415,
            Answer::TryAgain => 503,
        }
    }

    /// A sentence for whoever sends it.
    #[must_use]
    pub const fn detail(self) -> &'static str {
        match self {
            Answer::Accepted => "accepted",
            Answer::Malformed => {
                "not a Leap webhook: expected {\"webhook_event_id\": \"...\", \"payload\": {\"webhook_event_type\": \"...\", ...}}"
            }
            Answer::Unauthorized => "the secret header is missing, wrong, or there more than once",
            Answer::TooSlow => "the body did not arrive in time",
            Answer::TooLarge => "the body is longer than 64 KB",
            Answer::NotJson => "the Content-Type must be application/json",
            Answer::TryAgain => "could not be stored; deliver it again",
        }
    }
}

/// Handles one delivery.
pub async fn handle<P>(ports: &P, config: &Config, campaign: &Campaign, request: Request<'_>) -> Answer
where
    P: Clock + LoadJourney + CommitJourney + ArmTimer + FindContact + Count,
{
    if config.secrets.check(request.secret_values).is_err() {
        ports.count("webhook.unauthorized", 1);
        return Answer::Unauthorized;
    }
    if request.body.len() > MAX_BODY_BYTES {
        ports.count("webhook.too_large", 1);
        return Answer::TooLarge;
    }
    if !request.content_type.is_some_and(is_json) {
        ports.count("webhook.not_json", 1);
        return Answer::NotJson;
    }
    let Ok(parsed) = leap::parse(request.body) else {
        ports.count("webhook.malformed", 1);
        return Answer::Malformed;
    };
    match parsed {
        Parsed::Event {
            reference,
            delivered,
            begins,
        } => accept(ports, config, campaign, &reference, &delivered, begins).await,
        Parsed::Unusable(why) => {
            ports.count(why.counter(), 1);
            tracing::info!(why = why.counter(), "webhook left aside");
            Answer::Accepted
        }
    }
}

fn is_json(declared: &str) -> bool {
    let essence = declared.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

async fn accept<P>(
    ports: &P,
    config: &Config,
    campaign: &Campaign,
    reference: &Reference,
    delivered: &Delivered,
    begins: bool,
) -> Answer
where
    P: Clock + LoadJourney + CommitJourney + ArmTimer + FindContact + Count,
{
    if config
        .reserved_prefixes
        .iter()
        .any(|prefix| reference.expose().starts_with(prefix.as_str()))
    {
        ports.count("webhook.reserved_reference", 1);
        return Answer::Accepted;
    }
    let id = JourneyId::new(&config.id_key, Provider::Leap, Purpose::Enroll, reference);
    let contact = ContactId::new(&config.id_key, Provider::Leap, reference);
    match take_webhook(ports, campaign, &id, &contact, delivered, begins).await {
        Ok(notes) => {
            let duplicate = notes.contains(&Note::Duplicate);
            ports.count(
                if duplicate {
                    "webhook.duplicate"
                } else {
                    "webhook.accepted"
                },
                1,
            );
            tracing::debug!(journey = %id, ?notes, "webhook taken");
            Answer::Accepted
        }
        Err(error) => {
            ports.count("webhook.not_stored", 1);
            tracing::error!(journey = %id, error = &error as &dyn core::error::Error, "webhook not stored");
            Answer::TryAgain
        }
    }
}

async fn take_webhook<P>(
    ports: &P,
    campaign: &Campaign,
    id: &JourneyId,
    contact: &ContactId,
    delivered: &Delivered,
    begins: bool,
) -> Result<Vec<Note>, TakeError>
where
    P: Clock + LoadJourney + CommitJourney + ArmTimer + FindContact + Count,
{
    let person = Person {
        contact: Some(contact),
        known: None,
    };
    // Most deliveries belong to a journey that exists: only the first one reads the contact.
    if let Some(taken) = take(ports, campaign, id, IfAbsent::Ignore, person, delivered).await? {
        return Ok(taken.notes);
    }
    if !begins {
        ports.count("webhook.unknown_journey", 1);
        return Ok(Vec::new());
    }
    let known = ports.find_contact(contact).await?;
    if known.is_none() {
        // Kept, so that an operator sees it and a contact that arrives later still counts; but
        // nothing is ever sent to somebody we do not know.
        ports.count("webhook.unknown_reference", 1);
    }
    let flow = known.map_or(Flow::Unknown, |known| known.contact.flow);
    let begin = IfAbsent::Begin {
        provider: Provider::Leap,
        purpose: Purpose::Enroll,
        flow,
    };
    Ok(take(ports, campaign, id, begin, person, delivered)
        .await?
        .map(|taken| taken.notes)
        .unwrap_or_default())
}
