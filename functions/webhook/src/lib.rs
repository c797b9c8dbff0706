//! A provider's webhook arrives: check the secret, read the form, take the event, answer.
//!
//! The answer is 2xx only when what the webhook says is durable. What the provider could only
//! repeat unchanged (an unknown type, status or reference) is counted and answered 2xx as well: a
//! refusal would buy ten more deliveries of the same (docs/leap.md, trap 5).

mod bayou;
pub mod http;
mod leap;
mod light;
mod secret;

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use journey::port::{ArmTimer, Clock, CommitJourney, Count, FindContact, LoadJourney, Unit};
use journey::protocol::{IfAbsent, Person, TakeError, take};
use journey::{
    Campaign, ContactId, Delivered, Event, Evidence, Flow, IdKey, JourneyId, Note, Phase, Provider, Purpose, Reference,
    References,
};

pub use bayou::{Parsed as ParsedBayou, Unusable as UnusableBayou, parse as parse_bayou};
pub use leap::{Malformed, Parsed, Unusable, parse as parse_leap};
pub use light::{
    Envelope, LightHook, Parsed as ParsedLight, SignatureEncoding, SignatureForm, SignatureHash, SigningKey,
    Unusable as UnusableLight, parse as parse_light,
};
pub use secret::{Secret, Secrets, Unauthorized, WeakSecret};

/// The longest body of Leap's that is read. Its events have a few hundred bytes.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// The longest body of Bayou's that is read: `bills_ready` has a customer's bills of years in it.
pub const MAX_BILLS_BYTES: usize = 1024 * 1024;

/// What a webhook handler must know.
#[derive(Clone, Debug)]
pub struct Config {
    /// The secret header that Leap was told to send, where this deployment has Leap.
    pub leap: Option<Secrets>,
    /// Bayou's, where this deployment has it.
    pub bayou: Option<BayouHook>,
    /// Light's, where this deployment has it.
    pub light: Option<LightHook>,
    /// The key of our own identifiers.
    pub id_key: IdKey,
    /// References that begin so are tests of the partner's: answered, counted, ignored. The
    /// provider's test endpoint marks its events by nothing else (trap 35).
    pub reserved_prefixes: Vec<String>,
}

/// How Bayou's webhooks are known and read.
///
/// No signature is documented (docs/bayou.md, U1). So the URL that Bayou is given carries a secret: as the password of
/// HTTP Basic, or as the last part of its path.
#[derive(Clone, Debug)]
pub struct BayouHook {
    /// The secret.
    pub secrets: Secrets,
    /// What the partner's references are at Bayou.
    pub references: References,
}

/// A webhook as it arrived.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// Every value of the secret, in order; one is right.
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
                "not a webhook of this provider: expected Leap's {\"webhook_event_id\": \"...\", \"payload\": {\"webhook_event_type\": \"...\", ...}} Bayou's {\"event\": \"...\", \"object\": {...}}, or what [light] says of Light's"
            }
            Answer::Unauthorized => "the secret, or the signature, is missing, wrong, or there more than once",
            Answer::TooSlow => "the body did not arrive in time",
            Answer::TooLarge => "the body is longer than 64 KB, or 1 MB from Bayou",
            Answer::NotJson => "the Content-Type must be application/json",
            Answer::TryAgain => "could not be stored; deliver it again",
        }
    }
}

/// Handles one delivery of Leap's; without a secret of its own nobody is let in.
pub async fn handle<P>(ports: &P, config: &Config, campaign: &Campaign, request: Request<'_>) -> Answer
where
    P: Clock + LoadJourney + CommitJourney + ArmTimer + FindContact + Count,
{
    let Some(secrets) = &config.leap else {
        return Answer::Unauthorized;
    };
    if let Err(refusal) = admit(ports, secrets, MAX_BODY_BYTES, request) {
        return refusal;
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
        } => {
            let told = [(Purpose::Enroll, delivered, begins)];
            accept(ports, config, campaign, Provider::Leap, &reference, told).await
        }
        Parsed::Unusable(why) => left_aside(ports, why.counter()),
    }
}

/// Handles one delivery of Bayou's; without a hook of its own nobody is let in.
pub async fn handle_bayou<P>(ports: &P, config: &Config, campaign: &Campaign, request: Request<'_>) -> Answer
where
    P: Clock + LoadJourney + CommitJourney + ArmTimer + FindContact + Count,
{
    let Some(hook) = &config.bayou else {
        return Answer::Unauthorized;
    };
    if let Err(refusal) = admit(ports, &hook.secrets, MAX_BILLS_BYTES, request) {
        return refusal;
    }
    let Ok(parsed) = bayou::parse(request.body, hook.references) else {
        ports.count("webhook.malformed", 1);
        return Answer::Malformed;
    };
    match parsed {
        ParsedBayou::Events {
            reference,
            told,
            billed_on,
        } => {
            if let Some(issued) = billed_on.and_then(|day| day.to_zoned(TimeZone::UTC).ok()) {
                // Bayou states no figure for it, so it is measured: from the day on the bill to its webhook.
                let lag = ports.now().duration_since(issued.timestamp()).max(SignedDuration::ZERO);
                ports.measure("bill.lag_s", Unit::Seconds, lag.as_secs_f64());
            }
            accept(ports, config, campaign, Provider::Bayou, &reference, told).await
        }
        ParsedBayou::Unusable(why) => left_aside(ports, why.counter()),
    }
}

/// Handles one delivery of Light's, whose signature is over the body; without a hook of its own nobody is let in.
pub async fn handle_light<P>(ports: &P, config: &Config, campaign: &Campaign, request: Request<'_>) -> Answer
where
    P: Clock + LoadJourney + CommitJourney + ArmTimer + FindContact + Count,
{
    let Some(hook) = &config.light else {
        return Answer::Unauthorized;
    };
    if request.body.len() > MAX_BODY_BYTES {
        ports.count("webhook.too_large", 1);
        return Answer::TooLarge;
    }
    if hook.check(request.secret_values, request.body).is_err() {
        ports.count("webhook.unauthorized", 1);
        return Answer::Unauthorized;
    }
    if let Err(refusal) = is_declared_json(ports, request) {
        return refusal;
    }
    let Ok(parsed) = light::parse(request.body, &hook.envelope) else {
        ports.count("webhook.malformed", 1);
        return Answer::Malformed;
    };
    match parsed {
        ParsedLight::Event {
            reference,
            delivered,
            begins,
        } => {
            let told = [(Purpose::Enroll, *delivered, begins)];
            accept(ports, config, campaign, Provider::Light, &reference, told).await
        }
        ParsedLight::Unusable(why) => left_aside(ports, why.counter()),
    }
}

/// Refuses what is not to be read at all.
fn admit<P: Count>(ports: &P, secrets: &Secrets, most: usize, request: Request<'_>) -> Result<(), Answer> {
    if secrets.check(request.secret_values).is_err() {
        ports.count("webhook.unauthorized", 1);
        return Err(Answer::Unauthorized);
    }
    if request.body.len() > most {
        ports.count("webhook.too_large", 1);
        return Err(Answer::TooLarge);
    }
    is_declared_json(ports, request)
}

fn is_declared_json<P: Count>(ports: &P, request: Request<'_>) -> Result<(), Answer> {
    if request.content_type.is_some_and(is_json) {
        return Ok(());
    }
    ports.count("webhook.not_json", 1);
    Err(Answer::NotJson)
}

fn left_aside<P: Count>(ports: &P, why: &'static str) -> Answer {
    ports.count(why, 1);
    tracing::info!(why, "webhook left aside");
    Answer::Accepted
}

fn is_json(declared: &str) -> bool {
    let essence = declared.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

async fn accept<P>(
    ports: &P,
    config: &Config,
    campaign: &Campaign,
    provider: Provider,
    reference: &Reference,
    told: impl IntoIterator<Item = (Purpose, Delivered, bool)>,
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
    let contact = ContactId::new(&config.id_key, provider, reference);
    let mut duplicate = false;
    for (purpose, delivered, begins) in told {
        let id = JourneyId::new(&config.id_key, provider, purpose, reference);
        let webhook = Webhook {
            config,
            provider,
            purpose,
            reference,
            contact: &contact,
            begins,
        };
        match webhook.take(ports, campaign, &id, delivered).await {
            Ok(notes) => {
                duplicate |= notes.contains(&Note::Duplicate);
                tracing::debug!(journey = %id, ?notes, "webhook taken");
            }
            Err(error) => {
                ports.count("webhook.not_stored", 1);
                tracing::error!(journey = %id, error = &error as &dyn core::error::Error, "webhook not stored");
                return Answer::TryAgain;
            }
        }
    }
    ports.count(
        if duplicate {
            "webhook.duplicate"
        } else {
            "webhook.accepted"
        },
        1,
    );
    Answer::Accepted
}

/// What one journey is told by a delivery.
struct Webhook<'a> {
    config: &'a Config,
    provider: Provider,
    purpose: Purpose,
    reference: &'a Reference,
    contact: &'a ContactId,
    begins: bool,
}

impl Webhook<'_> {
    async fn take<P>(
        &self,
        ports: &P,
        campaign: &Campaign,
        id: &JourneyId,
        mut delivered: Delivered,
    ) -> Result<Vec<Note>, TakeError>
    where
        P: Clock + LoadJourney + CommitJourney + ArmTimer + FindContact + Count,
    {
        if let Event::ReauthorizationNeeded { was_connected, .. } = &mut delivered.event {
            *was_connected = self.has_enrolled(ports).await?;
        }
        let person = Person {
            contact: Some(self.contact),
            ..Person::default()
        };
        // Most deliveries belong to a journey that exists: only the first one reads the contact.
        if let Some(taken) = take(ports, campaign, id, IfAbsent::Ignore, person, &delivered).await? {
            return Ok(taken.notes);
        }
        if !self.begins {
            // A repair of what was never lost is no news.
            if self.purpose == Purpose::Enroll {
                ports.count("webhook.unknown_journey", 1);
            }
            return Ok(Vec::new());
        }
        let known = ports.find_contact(self.contact).await?;
        if known.is_none() {
            // Kept, so that an operator sees it and a contact that arrives later still counts; but
            // nothing is ever sent to somebody we do not know.
            ports.count("webhook.unknown_reference", 1);
        }
        let flow = known.map_or(Flow::Unknown, |known| known.contact.flow);
        let begin = IfAbsent::Begin {
            provider: self.provider,
            purpose: self.purpose,
            flow,
        };
        Ok(take(ports, campaign, id, begin, person, &delivered)
            .await?
            .map(|taken| taken.notes)
            .unwrap_or_default())
    }

    /// Do we know of the connection that was lost? After the loss the provider's flags alone may not tell.
    async fn has_enrolled<P: LoadJourney>(&self, ports: &P) -> Result<bool, TakeError> {
        let id = JourneyId::new(&self.config.id_key, self.provider, Purpose::Enroll, self.reference);
        let enrolment = ports.load_journey(&id).await?;
        Ok(enrolment.is_some_and(|loaded| match loaded.journey.phase {
            Phase::Completed {
                evidence, provisional, ..
            } => match evidence {
                Evidence::Status | Evidence::Session | Evidence::Meter | Evidence::Renewed => !provisional,
                // Nobody but a webhook has told of it, or there is no connection.
                Evidence::Authorization | Evidence::Finalized | Evidence::Fallback => false,
            },
            Phase::Live | Phase::HandedBack { .. } | Phase::Stopped { .. } => false,
        }))
    }
}
