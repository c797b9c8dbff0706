//! What a subscription is, and which ones cannot work.

use std::collections::BTreeSet;

use reqwest::header::{HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::TEST_PREFIX;
use crate::Secret;

/// The only ports that Leap calls (docs/leap.md, section 3.3).
const PORTS: [u16; 3] = [443, 8443, 8843];

/// Leap's seven webhook event types (docs/leap.md, section 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventType {
    /// `connect_session.updated`.
    ConnectSession,
    /// `connect_session.authorization_updated`.
    Authorization,
    /// `meter.created`.
    MeterCreated,
    /// `meter.enrollment.global-status.updated`.
    EnrollmentStatus,
    /// `meter.enrollment.participation-status.updated`.
    Participation,
    /// `meter.enrollment.required-actions.updated`.
    RequiredActions,
    /// `meter.enrollment.group.updated`.
    Group,
}

impl EventType {
    /// All of them.
    pub const ALL: [EventType; 7] = [
        EventType::ConnectSession,
        EventType::Authorization,
        EventType::MeterCreated,
        EventType::EnrollmentStatus,
        EventType::Participation,
        EventType::RequiredActions,
        EventType::Group,
    ];

    /// The type as Leap spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            EventType::ConnectSession => "connect_session.updated",
            EventType::Authorization => "connect_session.authorization_updated",
            EventType::MeterCreated => "meter.created",
            EventType::EnrollmentStatus => "meter.enrollment.global-status.updated",
            EventType::Participation => "meter.enrollment.participation-status.updated",
            EventType::RequiredActions => "meter.enrollment.required-actions.updated",
            EventType::Group => "meter.enrollment.group.updated",
        }
    }
}

/// Leap's identifier of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookId(String);

impl WebhookId {
    /// Takes 1 to 64 letters, digits, `-` and `_`; `None` otherwise. It becomes part of a path, where
    /// anything else could name another resource.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=64).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        fits.then(|| WebhookId(text.to_owned()))
    }

    /// The identifier as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A header that Leap adds to every delivery.
#[derive(Clone, Debug)]
pub struct Header {
    /// Its name; deliveries carry it in lower case.
    pub name: String,
    /// Its value.
    pub value: Secret,
}

/// A subscription that Leap has.
#[derive(Clone, Debug)]
pub struct Subscription {
    /// Its identifier.
    pub id: WebhookId,
    /// What it calls.
    pub receiver_url: String,
    /// The events it is called for, as Leap spells them: there may be some that we do not know.
    pub event_types: Vec<String>,
    /// The headers it sends. Leap echoes the values, so the secret is among them.
    pub headers: Vec<Header>,
}

/// A subscription as it should be.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// What to call.
    pub receiver_url: Url,
    /// The events to be called for.
    pub event_types: Vec<EventType>,
    /// The one header that proves the origin.
    pub header: Header,
    /// Allows `http` and every port: for the sandbox, which calls this machine.
    pub allow_local: bool,
}

/// A request that must not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// A receiver that Leap would never call.
    #[error("Leap calls only https URLs on port 443, 8443 or 8843, without user name and password")]
    NeverCalled,
    /// A subscription to nothing.
    #[error("a subscription needs at least one event type")]
    NoEventTypes,
    /// A header that would not arrive, or would prove nothing.
    #[error("the secret header needs a valid name and a value of visible characters")]
    Header,
    /// A payload in an envelope, or without a type.
    #[error("a test takes the bare payload, with `webhook_event_type` at its top")]
    NotBarePayload,
    /// A reference that could be a customer's.
    #[error("a test event's partner_reference must begin with `leap-test-`")]
    NotATest,
}

impl Wanted {
    /// Wants all seven event types, from the internet.
    #[must_use]
    pub fn new(receiver_url: Url, header: Header) -> Self {
        Wanted {
            receiver_url,
            event_types: EventType::ALL.to_vec(),
            header,
            allow_local: false,
        }
    }

    /// Refuses what could not work.
    pub(super) fn check(&self) -> Result<(), Unfit> {
        let url = &self.receiver_url;
        let port = url.port_or_known_default();
        let called = url.scheme() == "https" && port.is_some_and(|port| PORTS.contains(&port));
        let local = self.allow_local && matches!(url.scheme(), "http" | "https");
        // Leap lists the URL in the open, so credentials in it would be no secret.
        let bare = url.username().is_empty() && url.password().is_none();
        if !bare || !(called || local) {
            return Err(Unfit::NeverCalled);
        }
        if self.event_types.is_empty() {
            return Err(Unfit::NoEventTypes);
        }
        let value = self.header.value.expose();
        let visible = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_graphic());
        if !visible || HeaderValue::from_str(value).is_err() || HeaderName::try_from(&self.header.name).is_err() {
            return Err(Unfit::Header);
        }
        Ok(())
    }

    pub(super) fn is_same_receiver(&self, listed: &Subscription) -> bool {
        Url::parse(&listed.receiver_url).is_ok_and(|url| url == self.receiver_url)
    }

    /// Exactly the wanted events and exactly the one header; a header's name has no case.
    pub(super) fn is_met_by(&self, listed: &Subscription) -> bool {
        let wanted: BTreeSet<&str> = self.event_types.iter().map(|one| one.as_str()).collect();
        let present: BTreeSet<&str> = listed.event_types.iter().map(String::as_str).collect();
        let same_header = match listed.headers.as_slice() {
            [one] => {
                one.name.eq_ignore_ascii_case(&self.header.name) && one.value.expose() == self.header.value.expose()
            }
            _ => false,
        };
        wanted == present && same_header
    }
}

/// Refuses a test event that could be taken for a customer's. One without any reference names
/// nobody and may go: the group event has none.
pub(super) fn check_test(payload: &Value) -> Result<(), Unfit> {
    if payload.get("webhook_event_type").and_then(Value::as_str).is_none() {
        return Err(Unfit::NotBarePayload);
    }
    let safe = |reference: &Value| reference.as_str().is_some_and(|text| text.starts_with(TEST_PREFIX));
    match payload.get("partner_reference") {
        Some(reference) if !safe(reference) => Err(Unfit::NotATest),
        Some(_) | None => Ok(()),
    }
}

/// An entry of Leap's list, as it travels.
#[derive(Deserialize)]
pub(super) struct Listed {
    webhook_id: String,
    receiver_url: String,
    event_types: Option<Vec<String>>,
    headers: Option<Vec<ListedHeader>>,
}

#[derive(Deserialize)]
struct ListedHeader {
    name: String,
    value: Option<String>,
}

impl Listed {
    pub(super) fn read(self) -> Option<Subscription> {
        let header = |one: ListedHeader| Header {
            name: one.name,
            value: Secret::new(one.value.unwrap_or_default()),
        };
        Some(Subscription {
            id: WebhookId::parse(&self.webhook_id)?,
            receiver_url: self.receiver_url,
            event_types: self.event_types.unwrap_or_default(),
            headers: self.headers.unwrap_or_default().into_iter().map(header).collect(),
        })
    }
}
