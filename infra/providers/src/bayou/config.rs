//! What a client needs to know, and what Bayou does not publish.

use core::num::NonZeroU32;
use core::time::Duration;

use jiff::SignedDuration;
use journey::{Provider, References};
use url::Url;

use super::bills::BillForm;
use crate::Secret;
use crate::api::{ApiConfig, Authorization, ErrorCode};

/// The settings of a [`BayouClient`](super::BayouClient).
///
/// Durations of the type [`Duration`] are the machine's time; [`SignedDuration`]s are the program's,
/// which may run faster.
#[derive(Clone, Debug)]
pub struct BayouConfig {
    /// Where the API is: `https://bayou.energy/api/v2`, or `https://staging.bayou.energy/api/v2`. Plain `http` is for
    /// this machine only: the key would travel in the open.
    pub base_url: Url,
    /// The API key. Staging and production have different ones (docs/bayou.md, section 2).
    pub api_key: Secret,
    /// What the partner's references are at Bayou.
    pub references: References,
    /// How Bayou takes bills; none are handed over without.
    pub bills: Option<BillForm>,
    /// The calls that all parts of the program together may make in a minute; what Bayou allows is not published (U9).
    pub calls_per_minute: NonZeroU32,
    /// Does a status check wait until the budget has a call for it, in the order of asking?
    pub waits_in_line: bool,
    /// How long to wait for one answer; 4 seconds.
    pub request_timeout: Duration,
    /// How long one question may take with all its repetitions; 10 seconds.
    pub deadline: Duration,
    /// How often a request is made at most; 3 times.
    pub max_attempts: u32,
    /// The pause before the second attempt, doubled for each further one, with jitter; 200 ms.
    pub backoff: Duration,
    /// How long to leave Bayou alone when it says 429 without saying how long; a minute.
    pub rate_limit_pause: SignedDuration,
    /// Seeds the jitter. Machines that share a provider should have different ones.
    pub jitter_seed: u64,
}

impl BayouConfig {
    /// Takes what has no default, and a cautious value for the rest.
    #[must_use]
    pub fn new(base_url: Url, api_key: Secret, calls_per_minute: NonZeroU32) -> Self {
        BayouConfig {
            base_url,
            api_key,
            references: References::default(),
            bills: None,
            calls_per_minute,
            waits_in_line: false,
            request_timeout: Duration::from_secs(4),
            deadline: Duration::from_secs(10),
            max_attempts: 3,
            backoff: Duration::from_millis(200),
            rate_limit_pause: SignedDuration::from_mins(1),
            jitter_seed: 0,
        }
    }

    pub(super) fn api(&self) -> ApiConfig {
        ApiConfig {
            provider: Provider::Bayou,
            base_url: self.base_url.clone(),
            authorization: Authorization::UserName(self.api_key.clone()),
            error_code: ErrorCode::Word,
            calls_per_minute: self.calls_per_minute,
            waits_in_line: self.waits_in_line,
            request_timeout: self.request_timeout,
            deadline: self.deadline,
            max_attempts: self.max_attempts,
            backoff: self.backoff,
            rate_limit_pause: self.rate_limit_pause,
            jitter_seed: self.jitter_seed,
        }
    }
}
