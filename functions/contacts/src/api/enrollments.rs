//! Enrolments in a plan: opened, entered, given to support, and taken back in the sandbox.

use http::{HeaderValue, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use journey::contact::Contact;
use journey::enrollment::{NewAccount, PostalAddress, SupportMatter};
use journey::link::LinkKind;
use journey::port::{
    ArmTimer, Clock, CommitJourney, EnrollError, FindContact, KeepContact, LoadJourney, OpenAccount, Precondition,
    ProviderError, ResetEnrollment,
};
use journey::{Campaign, JourneyId, Provider, Purpose, Reference, Unavailable};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::answer::{Reply, empty, json};
use super::customers::{Minted, failed, find, links, no_contact, plain};
use super::problem::Problem;
use super::{ApiConfig, customers};
use crate::consent::object;
use crate::{ContactInput, FieldError};

/// What Light may be asked again after, when it does not say.
const AGAIN: SignedDuration = SignedDuration::from_secs(10);

/// The reference under which a contact is checked before Light has named the account.
const NOT_NAMED_YET: &str = "not-named-yet";

#[derive(Serialize)]
struct Opened {
    reference: String,
    contact: ContactInput,
    #[serde(flatten)]
    links: Minted,
    session: Session,
}

/// The answer of a deployment without Light.
pub(super) fn not_configured() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "This deployment has no Light, so nobody enrolls by it.",
    )
}

/// What lets somebody in to the enrolment's API: for the customer's own browser, or the partner's server.
#[derive(Serialize)]
struct Session {
    token: String,
    expires_at: Timestamp,
}

/// Where the power is probably wanted, as Light takes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Address {
    address_1: String,
    #[serde(default)]
    address_2: Option<String>,
    city: String,
    state: String,
    postal_code: String,
}

/// `POST /enrollments`: opens an account at Light, and keeps its customer.
pub(super) async fn open<P>(ports: &P, config: &ApiConfig, campaign: &Campaign, body: &[u8]) -> Result<Reply, Problem>
where
    P: Clock + OpenAccount + KeepContact + FindContact + LoadJourney + CommitJourney + ArmTimer,
{
    let mut fields: Map<String, Value> = read(body)?;
    let last_name: Option<String> = field(&mut fields, "last_name")?;
    let address = fields.remove("preliminary_address").unwrap_or_default();
    let address: Option<Address> = object(address).map_err(|error| not_an_enrollment(&error))?;
    let input: ContactInput = from_value(Value::Object(fields))?;
    let check = |reference: Reference| {
        let checked = input
            .clone()
            .check(Provider::Light, reference, ports.now(), &campaign.link_hosts);
        checked.map_err(|invalid| not_right(invalid.0))
    };
    let reference = |text: &str| Reference::new(text).map_err(|error| Problem::unavailable(&error));
    // Everything is looked at first: an account at Light cannot be taken back.
    let person = person(check(reference(NOT_NAMED_YET)?)?, last_name, address)?;
    let named = ports.open_account(&person).await.map_err(|error| refused(&error))?;
    let contact = check(named)?;
    let stored = crate::put(ports, &config.id_key, campaign, &contact, &Precondition::None)
        .await
        .map_err(|error| failed(&error))?;
    let contact = stored.unwrap_or(contact);
    let name = (Provider::Light, contact.reference.clone());
    let opened = Opened {
        reference: contact.reference.expose().to_owned(),
        contact: ContactInput::of(&contact),
        links: links(config, &name, ports.now()),
        session: session(config, &contact.reference, ports.now()),
    };
    let mut reply = json(StatusCode::CREATED, &opened);
    let place = utf8_percent_encode(contact.reference.expose(), NON_ALPHANUMERIC);
    if let Ok(place) = HeaderValue::try_from(format!("/contacts/light/{place}")) {
        reply.headers_mut().insert(header::LOCATION, place);
    }
    Ok(reply)
}

/// `POST /enrollments/{reference}/session`: lets a partner's own front end in, for an hour.
pub(super) async fn enter<P>(ports: &P, config: &ApiConfig, reference: Reference) -> Result<Reply, Problem>
where
    P: Clock + FindContact,
{
    let name = (Provider::Light, reference);
    find(ports, config, &name).await?.ok_or_else(no_contact)?;
    Ok(json(StatusCode::CREATED, &session(config, &name.1, ports.now())))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Support {
    matter: SupportMatter,
}

/// `POST /enrollments/{reference}/support`: what only the partner may know ends the reminders.
pub(super) async fn support<P>(
    ports: &P,
    config: &ApiConfig,
    campaign: &Campaign,
    reference: &Reference,
    body: &[u8],
) -> Result<Reply, Problem>
where
    P: Clock + LoadJourney + CommitJourney + ArmTimer,
{
    let Support { matter } = from_value(Value::Object(read(body)?))?;
    match crate::support_needed(ports, &config.id_key, campaign, reference, matter).await {
        Ok(true) => Ok(empty(StatusCode::NO_CONTENT)),
        Ok(false) => Err(customers::no_journey()),
        Err(error) => Err(Problem::unavailable(&error)),
    }
}

/// `DELETE /enrollments/{reference}`: takes an enrolment back, where nothing is real.
pub(super) async fn reset<P>(
    ports: &P,
    config: &ApiConfig,
    campaign: &Campaign,
    reference: &Reference,
) -> Result<Reply, Problem>
where
    P: Clock + ResetEnrollment + LoadJourney + CommitJourney + ArmTimer,
{
    if !ports
        .reset_enrollment(reference)
        .await
        .map_err(|error| refused(&error))?
    {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "The App is live, so its enrollments are real: an enrollment is taken back in Light's sandbox alone.",
        ));
    }
    crate::enrollment_reset(ports, &config.id_key, campaign, reference)
        .await
        .map_err(|error| Problem::unavailable(&error))?;
    Ok(empty(StatusCode::NO_CONTENT))
}

fn session(config: &ApiConfig, reference: &Reference, now: Timestamp) -> Session {
    let journey = JourneyId::new(&config.id_key, Provider::Light, Purpose::Enroll, reference);
    let expires = now.checked_add(LinkKind::Enroll.holds()).unwrap_or(Timestamp::MAX);
    Session {
        token: config.links.sign(LinkKind::Enroll, &journey, expires),
        // A token says its end in whole seconds.
        expires_at: Timestamp::from_second(expires.as_second()).unwrap_or(expires),
    }
}

/// Whom Light is told of.
fn person(contact: Contact, last_name: Option<String>, address: Option<Address>) -> Result<NewAccount, Problem> {
    let is_name = |text: &String| {
        let is_plain = !text.chars().any(char::is_control);
        (1..=100).contains(&text.trim().chars().count()) && is_plain
    };
    let mut errors = Vec::new();
    let mut need = |field, problem, value: Option<String>| {
        if value.is_none() {
            errors.push(FieldError { field, problem });
        }
        value.unwrap_or_default()
    };
    let first_name = need(
        "first_name",
        "must be there: Light opens no account without",
        contact.first_name,
    );
    let last_name = need(
        "last_name",
        "must be there, with at most 100 characters and no line breaks",
        last_name.filter(is_name),
    );
    let email = need("email", "must be there: Light opens no account without", contact.email);
    let is_line = |text: &String| is_name(text);
    let address = address.map(|address| PostalAddress {
        line_1: need("preliminary_address", LINES, Some(address.address_1).filter(is_line)),
        // An empty text counts as left out.
        line_2: address
            .address_2
            .filter(|line| !line.is_empty())
            .map(|line| need("preliminary_address", LINES, Some(line).filter(is_line))),
        city: need("preliminary_address", LINES, Some(address.city).filter(is_line)),
        state: need("preliminary_address", LINES, Some(address.state).filter(is_line)),
        postal_code: need("preliminary_address", LINES, Some(address.postal_code).filter(is_line)),
    });
    if errors.is_empty() {
        Ok(NewAccount {
            first_name,
            last_name,
            email,
            preliminary_address: address,
        })
    } else {
        errors.dedup();
        Err(not_right(errors))
    }
}

const LINES: &str =
    "must have address_1, city, state and postal_code; each of them, and address_2, with at most 100 characters";

fn not_right(errors: Vec<FieldError>) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "Some fields are not right.").with_errors(errors)
}

fn read(body: &[u8]) -> Result<Map<String, Value>, Problem> {
    serde_json::from_slice(body).map_err(|error| not_an_enrollment(&error))
}

fn field<T: DeserializeOwned>(fields: &mut Map<String, Value>, name: &str) -> Result<Option<T>, Problem> {
    fields.remove(name).map_or(Ok(None), from_value)
}

fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    T::deserialize(value).map_err(|error| not_an_enrollment(&error))
}

fn not_an_enrollment(error: &serde_json::Error) -> Problem {
    Problem::bad_request(format!("Not what this address takes: {}.", plain(error)))
}

/// What Light said, by what the partner does about it.
fn refused(error: &EnrollError) -> Problem {
    tracing::error!(
        error = error as &dyn core::error::Error,
        "Light did not do what was asked"
    );
    match error {
        EnrollError::UnknownAccount => Problem::new(StatusCode::NOT_FOUND, "Light does not know this account."),
        EnrollError::Refused(_) => Problem::new(
            StatusCode::BAD_GATEWAY,
            "Light refuses it. Nothing was changed; the log says how it refused.",
        ),
        EnrollError::Unavailable(ProviderError { why, .. }) => match why {
            Unavailable::Unauthorized => Problem::new(StatusCode::BAD_GATEWAY, "Light refuses our App token."),
            Unavailable::RateLimited | Unavailable::BudgetSpent => {
                Problem::later(AGAIN, "Light takes no more calls at the moment. Nothing was changed.")
            }
            Unavailable::Unreachable | Unavailable::Failing | Unavailable::UnknownContact => Problem::later(
                AGAIN,
                "Light gave no answer to rely on, and may have done it. Look there before you send the same request \
                 again.",
            ),
        },
    }
}
