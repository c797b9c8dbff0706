//! What a client needs to know of any provider's API.

use core::num::NonZeroU32;
use core::time::Duration;

use data_encoding::BASE64;
use jiff::SignedDuration;
use journey::Provider;
use reqwest::header::HeaderValue;
use url::{Host, Url};

use super::field::text_at;
use crate::Secret;

/// What every provider's API needs; see each client's own settings.
#[derive(Clone, Debug)]
pub(crate) struct ApiConfig {
    pub(crate) provider: Provider,
    pub(crate) base_url: Url,
    pub(crate) authorization: Authorization,
    pub(crate) error_code: ErrorCode,
    pub(crate) calls_per_minute: NonZeroU32,
    pub(crate) waits_in_line: bool,
    pub(crate) request_timeout: Duration,
    pub(crate) deadline: Duration,
    pub(crate) max_attempts: u32,
    pub(crate) backoff: Duration,
    pub(crate) rate_limit_pause: SignedDuration,
    pub(crate) jitter_seed: u64,
}

/// How an API knows us.
#[derive(Clone, Debug)]
pub(crate) enum Authorization {
    /// The key is the bearer token.
    Bearer(Secret),
    /// The key is the user name of HTTP Basic, whose password is empty.
    UserName(Secret),
}

impl Authorization {
    pub(crate) fn header(&self) -> Result<HeaderValue, ConfigError> {
        let (Authorization::Bearer(key) | Authorization::UserName(key)) = self;
        let visible = key.expose().bytes().all(|byte| byte.is_ascii_graphic());
        if key.expose().is_empty() || !visible {
            return Err(ConfigError::ApiKey);
        }
        let text = match self {
            Authorization::Bearer(key) => format!("Bearer {}", key.expose()),
            // A colon would end the user name.
            Authorization::UserName(key) if key.expose().contains(':') => return Err(ConfigError::ApiKey),
            Authorization::UserName(key) => {
                format!("Basic {}", BASE64.encode(format!("{}:", key.expose()).as_bytes()))
            }
        };
        let mut value = HeaderValue::from_str(&text).map_err(|_| ConfigError::ApiKey)?;
        value.set_sensitive(true);
        Ok(value)
    }
}

/// Where a refusal says its code. Whatever else it says may repeat what was sent, and is passed on to nobody.
#[derive(Clone, Debug)]
pub(crate) enum ErrorCode {
    /// In `error_code`, if it is a word.
    Word,
    /// In the field of this path, if it is one of these texts.
    OneOf { path: String, texts: Vec<String> },
}

impl ErrorCode {
    pub(crate) fn read(&self, body: &[u8]) -> Option<String> {
        let body = serde_json::from_slice(body).ok()?;
        match self {
            ErrorCode::Word => {
                let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
                text_at(body, "error_code").filter(|code| (1..=64).contains(&code.len()) && code.bytes().all(is_word))
            }
            ErrorCode::OneOf { path, texts } => text_at(body, path).filter(|code| texts.contains(code)),
        }
    }
}

impl ApiConfig {
    /// Checks what the types cannot say.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        match self.base_url.scheme() {
            "https" => {}
            "http" if is_loopback(&self.base_url) => {}
            _ => return Err(ConfigError::Scheme),
        }
        let bare = self.base_url.username().is_empty() && self.base_url.password().is_none();
        if !bare || self.base_url.query().is_some() || self.base_url.fragment().is_some() {
            return Err(ConfigError::MoreThanAnAddress);
        }
        in_range(&[
            ("max_attempts", "1 to 10", (1..=10).contains(&self.max_attempts)),
            ("request_timeout", "more than nothing", !self.request_timeout.is_zero()),
            ("deadline", "more than nothing", !self.deadline.is_zero()),
            (
                "rate_limit_pause",
                "more than nothing",
                self.rate_limit_pause.is_positive(),
            ),
        ])
    }
}

/// Each number with what would be right, and whether it is.
pub(crate) fn in_range(numbers: &[(&'static str, &'static str, bool)]) -> Result<(), ConfigError> {
    match numbers.iter().find(|(_, _, right)| !right) {
        Some(&(what, allowed, _)) => Err(ConfigError::OutOfRange { what, allowed }),
        None => Ok(()),
    }
}

/// Settings with which no client can be made. None of them repeats the key.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Neither `https`, nor `http` on this machine.
    #[error(
        "the API's base URL must begin with https://; http:// is for this machine only, or the key would travel in the open"
    )]
    Scheme,
    /// A user name, password, query or fragment.
    #[error("the API's base URL must have neither user name, password, query nor fragment")]
    MoreThanAnAddress,
    /// An API key that no header can carry.
    #[error("the API key is empty or has characters that a header cannot carry")]
    ApiKey,
    /// A number outside its range.
    #[error("{what} must be {allowed}")]
    OutOfRange {
        /// Which.
        what: &'static str,
        /// What would be right.
        allowed: &'static str,
    },
    /// The machine's TLS roots could not be loaded.
    #[error("no HTTP client could be made; are the machine's root certificates installed?")]
    Transport(#[source] reqwest::Error),
}

/// Does the URL name this machine?
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
