//! Announcements to the partner's own URL, signed per Standard Webhooks.

use core::time::Duration;

use journey::port::{Announce, Announcement, Clock};
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode, Url};
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook};

/// A receiver is asked to take an event and work later; one that takes longer holds up all that follow.
const ANSWER: Duration = Duration::from_secs(5);

/// A shorter key could be guessed: the specification asks for 24 to 64 bytes.
const KEY_BYTES: usize = 24;

/// The URL or the signing key cannot be right.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// Neither https nor this machine.
    #[error("announcements go to an https URL (or http on this machine)")]
    NotHttps,
    /// Not a signing key.
    #[error("the signing key must be whsec_ and the base64 of at least {KEY_BYTES} random bytes")]
    Key,
    /// No client could be made.
    #[error("no HTTP client could be made")]
    Transport(#[source] reqwest::Error),
}

/// Posts announcements to a URL.
///
/// The requests have the headers `webhook-id` (the event's own name, the same each time it comes),
/// `webhook-timestamp` and `webhook-signature`: <https://www.standardwebhooks.com>.
pub struct Hook<C> {
    http: Client,
    url: Url,
    signer: Webhook,
    clock: C,
}

/// What became of one post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Posted {
    Taken,
    /// Refused, but the next one may be taken.
    Refused,
    /// The receiver is not well: no use to ask it again now.
    Down,
}

impl<C: Clock> Hook<C> {
    /// A hook for a URL, with its signing key as the partner knows it: `whsec_...`, and a clock that tells the time of
    /// the world, which the receiver compares with its own.
    ///
    /// # Errors
    /// [`HookError`] when the URL is not https, or the key is none.
    pub fn new(url: Url, key: &str, clock: C) -> Result<Self, HookError> {
        let loopback = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
        if url.scheme() != "https" && !(loopback && url.scheme() == "http") {
            return Err(HookError::NotHttps);
        }
        let signer = signer(key)?;
        // An error means that the process has a provider already, and then that one is used.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .user_agent(concat!("rekindle/", env!("CARGO_PKG_VERSION")))
            .timeout(ANSWER)
            // A redirect could carry the event to a host that nobody has configured.
            .redirect(Policy::none());
        if loopback {
            // A proxy of the environment cannot reach this machine's own ports.
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(HookError::Transport)?;
        Ok(Hook {
            http,
            url,
            signer,
            clock,
        })
    }

    /// Posts events one after the other, in their order. Answers the places of those not taken; after a
    /// timeout or a failing receiver the rest is not tried, so that an outage does not cost 5 s an event.
    async fn post(&self, events: &[Announcement]) -> Vec<usize> {
        let mut left = Vec::new();
        for (place, event) in events.iter().enumerate() {
            match self.post_one(event).await {
                Posted::Taken => {}
                Posted::Refused => left.push(place),
                Posted::Down => {
                    left.extend(place..events.len());
                    break;
                }
            }
        }
        left
    }

    async fn post_one(&self, event: &Announcement) -> Posted {
        let (id, kind) = (event.id.as_str(), event.kind);
        let at = self.clock.now().as_second();
        let Ok(signature) = self.signer.sign(id, at, event.body.as_bytes()) else {
            tracing::error!(id, kind, "an event cannot be signed");
            return Posted::Refused;
        };
        let answer = self
            .http
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(HEADER_WEBHOOK_ID, id)
            .header(HEADER_WEBHOOK_TIMESTAMP, at)
            .header(HEADER_WEBHOOK_SIGNATURE, signature)
            .body(event.body.clone())
            .send()
            .await;
        let status = match answer {
            Ok(answer) => answer.status(),
            Err(error) => {
                // The URL may carry a key of the partner's.
                let error = error.without_url();
                tracing::error!(id, kind, %error, "the announcements' receiver is out of reach");
                return Posted::Down;
            }
        };
        let code = status.as_u16();
        if status.is_success() {
            Posted::Taken
        } else if status == StatusCode::GONE {
            tracing::error!(
                id,
                kind,
                "the receiver wants no more announcements (410): remove its URL from the configuration"
            );
            Posted::Taken
        } else if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            tracing::error!(id, kind, code, "the announcements' receiver is failing");
            Posted::Down
        } else {
            tracing::error!(id, kind, code, "the receiver does not take an announcement");
            Posted::Refused
        }
    }
}

impl<C: Clock> Announce for Hook<C> {
    async fn announce(&self, events: &[Announcement]) -> Vec<usize> {
        self.post(events).await
    }
}

/// Is this a key that a [`Hook`] can sign with?
#[must_use]
pub fn is_signing_key(key: &str) -> bool {
    signer(key).is_ok()
}

fn signer(key: &str) -> Result<Webhook, HookError> {
    let encoded = key.strip_prefix("whsec_").ok_or(HookError::Key)?;
    let bytes = data_encoding::BASE64
        .decode(encoded.as_bytes())
        .map_err(|_| HookError::Key)?;
    if bytes.len() < KEY_BYTES {
        return Err(HookError::Key);
    }
    Webhook::from_bytes(bytes).map_err(|_| HookError::Key)
}

#[cfg(test)]
mod tests;
