//! Contacts, journeys and links.

use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use journey::contact::Contact;
use journey::enrollment::AcceptanceRecord;
use journey::link::LinkKind;
use journey::port::{
    ArmTimer, Clock, CommitJourney, EraseFallback, FindContact, KeepContact, ListContacts, LoadJourney, PageError,
    ReadAcceptances, StoreError,
};
use journey::{Campaign, ContactId, JourneyId, Provider, Purpose, Reference};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use super::answer::{Reply, empty, json};
use super::problem::Problem;
use super::{ApiConfig, conditions};
use crate::input::is_field_name;
use crate::{ContactError, ContactInput, Explanation, explain};

pub(super) type Name = (Provider, Reference);

/// How many contacts a page has unless the caller says, and at most.
const PAGE: usize = 50;
const LONGEST_PAGE: usize = 100;

pub(super) async fn get<P>(ports: &P, config: &ApiConfig, name: Name, headers: &HeaderMap) -> Result<Reply, Problem>
where
    P: FindContact,
{
    let contact = find(ports, config, &name).await?.ok_or_else(no_contact)?;
    if conditions::is_known(headers, &contact.tag())? {
        return Ok(tagged(empty(StatusCode::NOT_MODIFIED), &contact));
    }
    Ok(shown(&contact))
}

pub(super) async fn put<P>(
    ports: &P,
    config: &ApiConfig,
    campaign: &Campaign,
    (provider, reference): Name,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Reply, Problem>
where
    P: Clock + KeepContact + FindContact + LoadJourney + CommitJourney + ArmTimer,
{
    let only_if = conditions::of_write(headers)?;
    let not_a_contact = |error: serde_json::Error| Problem::bad_request(format!("Not a contact: {}.", plain(&error)));
    // An object first: a list would fill in the fields by their order, and an empty one would clear them.
    let fields: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(body).map_err(not_a_contact)?;
    let input = ContactInput::deserialize(serde_json::Value::Object(fields)).map_err(not_a_contact)?;
    let contact = input
        .check(provider, reference, ports.now(), &campaign.link_hosts)
        .map_err(|invalid| {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "Some fields are not right.").with_errors(invalid.0)
        })?;
    let stored = crate::put(ports, &config.id_key, campaign, &contact, &only_if)
        .await
        .map_err(|error| failed(&error))?;
    Ok(shown(&stored.unwrap_or(contact)))
}

pub(super) async fn erase<P>(
    ports: &P,
    config: &ApiConfig,
    campaign: &Campaign,
    (provider, reference): Name,
    headers: &HeaderMap,
) -> Result<Reply, Problem>
where
    P: Clock + KeepContact + EraseFallback + LoadJourney + CommitJourney + ArmTimer,
{
    let only_if = conditions::of_write(headers)?;
    crate::erase(ports, &config.id_key, campaign, provider, &reference, &only_if)
        .await
        .map_err(|error| failed(&error))?;
    Ok(empty(StatusCode::NO_CONTENT))
}

/// One contact on a page.
#[derive(Serialize)]
struct Listed<'a> {
    reference: &'a str,
    #[serde(flatten)]
    contact: ContactInput,
}

#[derive(Serialize)]
struct Page<'a> {
    contacts: Vec<Listed<'a>>,
    next: Option<&'a str>,
}

pub(super) async fn list<P: ListContacts>(ports: &P, provider: Provider, uri: &Uri) -> Result<Reply, Problem> {
    let asked = Asked::of(uri.query().unwrap_or_default())?;
    let page = ports
        .list_contacts(asked.limit, asked.cursor.as_deref())
        .await
        .map_err(|error| match error {
            PageError::BadCursor => Problem::bad_request("cursor: not one that an earlier page ended with."),
            PageError::Store(error) => Problem::unavailable(&error),
        })?;
    let contacts = page.contacts.iter().filter(|contact| contact.provider == provider);
    let mut reply = json(
        StatusCode::OK,
        &Page {
            contacts: contacts
                .map(|contact| Listed {
                    reference: contact.reference.expose(),
                    contact: ContactInput::of(contact),
                })
                .collect(),
            next: page.next.as_deref(),
        },
    );
    if let Some(next) = &page.next {
        let cursor = utf8_percent_encode(next, NON_ALPHANUMERIC);
        let link = format!(
            "</contacts/{provider}?limit={}&cursor={cursor}>; rel=\"next\"",
            asked.limit
        );
        if let Ok(link) = HeaderValue::from_str(&link) {
            reply.headers_mut().insert(header::LINK, link);
        }
    }
    Ok(reply)
}

/// What a page is asked for with.
struct Asked {
    limit: usize,
    cursor: Option<String>,
}

impl Asked {
    fn of(query: &str) -> Result<Self, Problem> {
        let (mut limit, mut cursor) = (None, None);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let before = match name.as_ref() {
                "limit" => limit.replace(value),
                "cursor" => cursor.replace(value),
                _ => {
                    return Err(Problem::bad_request(
                        "A page is asked for with limit and cursor, and nothing else.",
                    ));
                }
            };
            if before.is_some() {
                return Err(Problem::bad_request("limit and cursor may be there once each."));
            }
        }
        let limit = match limit {
            None => PAGE,
            Some(text) => whole_number(&text)
                .filter(|limit| (1..=LONGEST_PAGE).contains(limit))
                .ok_or_else(|| Problem::bad_request("limit: must be a whole number from 1 to 100."))?,
        };
        let cursor = cursor.map(std::borrow::Cow::into_owned);
        Ok(Asked { limit, cursor })
    }
}

/// `usize::from_str` would take a plus sign as well.
fn whole_number(text: &str) -> Option<usize> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

pub(super) async fn explained<P>(ports: &P, config: &ApiConfig, name: Name, uri: &Uri) -> Result<Reply, Problem>
where
    P: LoadJourney + FindContact + ReadAcceptances,
{
    let id = JourneyId::new(&config.id_key, name.0, purpose(name.0, uri)?, &name.1);
    let failed = |error: StoreError| Problem::unavailable(&error);
    let loaded = ports.load_journey(&id).await.map_err(failed)?;
    let loaded = loaded.ok_or_else(no_journey)?;
    let known = ports.contact_of(&id).await.map_err(failed)?;
    let acceptances = match name.0 {
        Provider::Light => ports.acceptances(&id).await.map_err(failed)?,
        Provider::Leap | Provider::Bayou => Vec::new(),
    };
    let explained = Explained {
        explanation: explain(&loaded.journey, known.as_ref()),
        acceptances,
    };
    Ok(json(StatusCode::OK, &explained))
}

/// What is told of a journey, with the proofs of what its customer accepted.
#[derive(Serialize)]
struct Explained {
    #[serde(flatten)]
    explanation: Explanation,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    acceptances: Vec<AcceptanceRecord>,
}

pub(super) fn no_journey() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "There is no journey with this reference.")
}

/// Which of a customer's journeys is asked for: `?purpose=reconnect`; without it the way to the first connection.
fn purpose(provider: Provider, uri: &Uri) -> Result<Purpose, Problem> {
    let mut asked = None;
    for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
        if name != "purpose" || asked.is_some() {
            return Err(Problem::bad_request(
                "A journey is asked for with purpose, once, and nothing else.",
            ));
        }
        let purpose: Purpose = value
            .parse()
            .map_err(|error: journey::UnknownName| Problem::bad_request(error.to_string()))?;
        if !provider.purposes().contains(&purpose) {
            return Err(Problem::new(
                StatusCode::NOT_FOUND,
                "This provider's customers have no such journey.",
            ));
        }
        asked = Some(purpose);
    }
    Ok(asked.unwrap_or(Purpose::Enroll))
}

#[derive(Serialize)]
pub(super) struct Minted {
    resume_url: String,
    preferences_url: String,
    expires_at: jiff::Timestamp,
}

/// Links for a message of the partner's own. The same as in ours, so they lead to the same pages.
pub(super) async fn minted<P>(ports: &P, config: &ApiConfig, name: Name) -> Result<Reply, Problem>
where
    P: Clock + FindContact,
{
    find(ports, config, &name).await?.ok_or_else(no_contact)?;
    Ok(json(StatusCode::OK, &links(config, &name, ports.now())))
}

/// The links of a customer, as they are now.
pub(super) fn links(config: &ApiConfig, name: &Name, now: jiff::Timestamp) -> Minted {
    let journey = journey_id(config, name);
    let mint = |kind| config.links.mint(&config.public_url, kind, &journey, now);
    let resume = mint(LinkKind::Resume);
    Minted {
        resume_url: resume.url,
        preferences_url: mint(LinkKind::Unsubscribe).url,
        // A link says its end in whole seconds.
        expires_at: jiff::Timestamp::from_second(resume.expires.as_second()).unwrap_or(resume.expires),
    }
}

pub(super) async fn find<P: FindContact>(
    ports: &P,
    config: &ApiConfig,
    (provider, reference): &Name,
) -> Result<Option<Contact>, Problem> {
    let id = ContactId::new(&config.id_key, *provider, reference);
    let known = ports
        .find_contact(&id)
        .await
        .map_err(|error| Problem::unavailable(&error))?;
    Ok(known.map(|known| known.contact))
}

fn journey_id(config: &ApiConfig, (provider, reference): &Name) -> JourneyId {
    JourneyId::new(&config.id_key, *provider, Purpose::Enroll, reference)
}

fn shown(contact: &Contact) -> Reply {
    tagged(json(StatusCode::OK, &ContactInput::of(contact)), contact)
}

fn tagged(mut reply: Reply, contact: &Contact) -> Reply {
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", contact.tag())) {
        reply.headers_mut().insert(header::ETAG, tag);
    }
    reply
}

pub(super) fn no_contact() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "There is no contact with this reference.")
}

pub(super) fn failed(error: &ContactError) -> Problem {
    match error {
        ContactError::PreconditionFailed => Problem::new(
            StatusCode::PRECONDITION_FAILED,
            "The contact is not as this request believes. Nothing was changed; read it again.",
        ),
        ContactError::Store(_) | ContactError::Take(_) => Problem::unavailable(error),
    }
}

/// A parser's message without the values that it would quote.
pub(super) fn plain(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    match error.classify() {
        serde_json::error::Category::Data => {
            let text = error.to_string();
            let unknown = text
                .strip_prefix("unknown field `")
                .and_then(|rest| rest.rsplit_once("`, expected "));
            match unknown {
                Some((name, _)) if is_field_name(name) => text,
                Some((_, expected)) => format!("a field whose name is none of ours, expected {expected}"),
                None => format!("a field has the wrong type at line {line} column {column}"),
            }
        }
        serde_json::error::Category::Io | serde_json::error::Category::Syntax | serde_json::error::Category::Eof => {
            format!("the body is not JSON at line {line} column {column}")
        }
    }
}
