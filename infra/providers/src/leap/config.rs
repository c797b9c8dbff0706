//! What a client needs to know, and what Leap does not publish.

use core::num::NonZeroU32;
use core::time::Duration;

use jiff::SignedDuration;
use journey::Provider;
use url::Url;

use crate::Secret;
use crate::api::{ApiConfig, Authorization, ConfigError, ErrorCode, in_range};

/// The settings of a [`LeapClient`](super::LeapClient).
///
/// Durations of the type [`Duration`] are the machine's time; [`SignedDuration`]s are the program's,
/// which may run faster.
#[derive(Clone, Debug)]
pub struct LeapConfig {
    /// Where the API is, such as `https://api.leap.energy`. A path is kept; a slash at its end makes no
    /// difference. Plain `http` is for this machine only: the key would travel in the open.
    pub base_url: Url,
    /// The API key. Staging and production have different ones (docs/leap.md, section 1).
    pub api_key: Secret,
    /// The calls that all parts of the program together may make in a minute.
    pub calls_per_minute: NonZeroU32,
    /// Does a status check wait until the budget has a call for it, in the order of asking? Where waiting
    /// costs nothing, and whoever comes first should be first, it should; a Lambda pays for each second,
    /// and its touch had better come back by its timer. It does not wait out a pause of more than a minute,
    /// for which Leap has asked.
    pub waits_in_line: bool,
    /// Records on a page of connections; 10 as at Leap. The maximum is not published.
    pub page_size: u32,
    /// Meters on a page, 1 to 500; 500 as at Leap.
    pub meter_page_size: u32,
    /// How long to wait for one answer; 4 seconds.
    pub request_timeout: Duration,
    /// How long one question may take with all its pages and repetitions; 10 seconds.
    pub deadline: Duration,
    /// How often a request is made at most; 3 times.
    pub max_attempts: u32,
    /// The pause before the second attempt, doubled for each further one, with jitter; 200 ms.
    pub backoff: Duration,
    /// How long to leave Leap alone when it says 429 without saying how long; a minute.
    pub rate_limit_pause: SignedDuration,
    /// Seeds the jitter. Machines that share a provider should have different ones.
    pub jitter_seed: u64,
}

impl LeapConfig {
    /// Takes what has no default, and Leap's own or a cautious value for the rest.
    #[must_use]
    pub fn new(base_url: Url, api_key: Secret, calls_per_minute: NonZeroU32) -> Self {
        LeapConfig {
            base_url,
            api_key,
            calls_per_minute,
            waits_in_line: false,
            page_size: 10,
            meter_page_size: 500,
            request_timeout: Duration::from_secs(4),
            deadline: Duration::from_secs(10),
            max_attempts: 3,
            backoff: Duration::from_millis(200),
            rate_limit_pause: SignedDuration::from_mins(1),
            jitter_seed: 0,
        }
    }

    /// Checks what the types cannot say, and takes what every API needs.
    pub(super) fn api(&self) -> Result<ApiConfig, ConfigError> {
        in_range(&[
            ("page_size", "at least 1", self.page_size >= 1),
            ("meter_page_size", "1 to 500", (1..=500).contains(&self.meter_page_size)),
        ])?;
        Ok(ApiConfig {
            provider: Provider::Leap,
            base_url: self.base_url.clone(),
            // The API key itself is the bearer token (docs/leap.md, section 1).
            authorization: Authorization::Bearer(self.api_key.clone()),
            error_code: ErrorCode::Word,
            calls_per_minute: self.calls_per_minute,
            waits_in_line: self.waits_in_line,
            request_timeout: self.request_timeout,
            deadline: self.deadline,
            max_attempts: self.max_attempts,
            backoff: self.backoff,
            rate_limit_pause: self.rate_limit_pause,
            jitter_seed: self.jitter_seed,
        })
    }
}
