//! Who is told about events.

use axum::http::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use url::{Host, Url};

use crate::leap::vocabulary::EventType;

/// A webhook subscription as its maker states it; an update replaces all of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewWebhook {
    /// Where deliveries go. Leap demands HTTPS on port 443, 8443 or 8843; the sandbox also delivers
    /// over plain HTTP, on any port, to a receiver on the machine's own loopback address.
    pub receiver_url: String,
    /// Which events are delivered; at least one.
    pub event_types: Vec<EventType>,
    /// Static headers added to each delivery: the only proof of who sent it.
    #[serde(default)]
    pub headers: Vec<Header>,
}

/// A static header of a subscription; its name arrives in small letters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The name, in any case.
    pub name: String,
    /// The value, which is echoed when subscriptions are listed.
    pub value: String,
}

/// Why a webhook subscription is refused.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum InvalidWebhook {
    /// The receiver's address does not parse, or is one that is not delivered to.
    #[error("receiver_url must be an https URL on port 443, 8443 or 8843, or an http URL on loopback")]
    ReceiverUrl,
    /// The subscription names no event type.
    #[error("event_types must name at least one event type")]
    EventTypes,
    /// A header has a name or a value that HTTP does not allow.
    #[error("header {0:?} is not a valid HTTP header")]
    Header(String),
}

/// A subscription that was found valid.
#[derive(Clone, Debug)]
pub(crate) struct Subscription {
    pub(crate) stated: NewWebhook,
    pub(crate) receiver_url: Url,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
}

impl TryFrom<NewWebhook> for Subscription {
    type Error = InvalidWebhook;

    fn try_from(stated: NewWebhook) -> Result<Self, InvalidWebhook> {
        let receiver_url = Url::parse(&stated.receiver_url)
            .ok()
            .filter(is_delivered_to)
            .ok_or(InvalidWebhook::ReceiverUrl)?;
        if stated.event_types.is_empty() {
            return Err(InvalidWebhook::EventTypes);
        }
        let headers = stated
            .headers
            .iter()
            .map(|header| {
                let name = HeaderName::from_bytes(header.name.as_bytes()).ok();
                let value = HeaderValue::from_str(&header.value).ok();
                name.zip(value)
                    .ok_or_else(|| InvalidWebhook::Header(header.name.clone()))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            stated,
            receiver_url,
            headers,
        })
    }
}

fn is_delivered_to(url: &Url) -> bool {
    match url.scheme() {
        "https" => matches!(url.port_or_known_default(), Some(443 | 8443 | 8843)),
        "http" => match url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(receiver_url: &str, accepted: bool) {
        let stated = NewWebhook {
            receiver_url: receiver_url.to_owned(),
            event_types: vec![EventType::MeterCreated],
            headers: vec![],
        };
        assert_eq!(Subscription::try_from(stated).is_ok(), accepted, "{receiver_url}");
    }

    #[test]
    fn receivers_are_https_on_the_documented_ports_or_on_loopback() {
        check("https://partner.example/hooks", true);
        check("https://partner.example:8443/hooks", true);
        check("https://partner.example:8843/hooks", true);
        check("https://partner.example:8080/hooks", false);
        check("http://partner.example/hooks", false);
        check("http://127.0.0.1:8080/hooks", true);
        check("http://[::1]:8080/hooks", true);
        check("http://localhost:8080/hooks", true);
        check("ftp://127.0.0.1/hooks", false);
        check("hooks", false);
    }
}
