//! What a client needs to know, and what Light does not publish.

use core::num::NonZeroU32;
use core::time::Duration;

use jiff::SignedDuration;
use journey::Provider;
use journey::port::Refusal;
use serde::Deserialize;
use url::Url;

use crate::Secret;
use crate::api::{ApiConfig, Authorization, ErrorCode};

/// The settings of a [`LightClient`](super::LightClient).
///
/// Durations of the type [`Duration`] are the machine's time; [`SignedDuration`]s are the program's,
/// which may run faster.
#[derive(Clone, Debug)]
pub struct LightConfig {
    /// Where the API is, such as [`LightConfig::BASE_URL`]. Plain `http` is for this machine only: the tokens would
    /// travel in the open.
    pub base_url: Url,
    /// The App's token.
    pub app_token: Secret,
    /// Is the App a sandbox, or live? Both have the same host, so the host proves nothing (docs/light.md, trap 30).
    pub environment: Environment,
    /// Names that are not documented.
    pub names: LightNames,
    /// What a refusal says when only support can help.
    pub refusals: Refusals,
    /// The calls that all parts of the program together may make in a minute; what Light allows is not published.
    pub calls_per_minute: NonZeroU32,
    /// Does a status check wait until the budget has its two calls, in the order of asking?
    pub waits_in_line: bool,
    /// How long to wait for one answer; 4 seconds.
    pub request_timeout: Duration,
    /// How long one question may take with all its repetitions; 10 seconds.
    pub deadline: Duration,
    /// How often a request is made at most; 3 times.
    pub max_attempts: u32,
    /// The pause before the second attempt, doubled for each further one, with jitter; 200 ms.
    pub backoff: Duration,
    /// How long to leave Light alone when it says 429 without saying how long; a minute.
    pub rate_limit_pause: SignedDuration,
    /// Seeds the jitter. Machines that share a provider should have different ones.
    pub jitter_seed: u64,
}

/// What an App is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// For trying: nothing in it is real.
    Sandbox,
    /// Real customers, real contracts.
    Live,
}

/// Names that Light uses and does not publish: each that of a field, or a path of several with dots between, such as
/// `stripe.public_key`. Nothing is read that is not named.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LightNames {
    /// In the answer of `billing/payment-session`: Stripe's client secret. No payment begins without.
    pub client_secret: Option<String>,
    /// In the account: Stripe's publishable key. No payment begins without.
    pub stripe_key: Option<String>,
    /// In a plan: its name.
    pub plan_name: Option<String>,
    /// In a plan: the utility's delivery, in cents for each kWh.
    pub delivery_per_kwh: Option<String>,
    /// In a plan: the utility's delivery, in dollars a month.
    pub delivery_per_month: Option<String>,
    /// In a plan: its own charge, in dollars a month.
    pub plan_per_month: Option<String>,
    /// In a month of usage: which one, as `2026-05`, `2026-05-01`, or the number from 1 to 12. No usage is read without.
    pub usage_month: Option<String>,
    /// In a month of usage: how much. No usage is read without.
    pub usage_amount: Option<String>,
    /// In a refusal: why; `error`, for which there is weak evidence (docs/light.md, section 8).
    pub error: String,
}

/// What a refusal says, word for word, when no second try can help.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Refusals {
    /// Where the meter is held for somebody's debt.
    pub switch_hold: Vec<String>,
    /// Where the address may not choose its retailer.
    pub ineligible: Vec<String>,
}

impl Default for LightNames {
    fn default() -> Self {
        LightNames {
            client_secret: None,
            stripe_key: None,
            plan_name: None,
            delivery_per_kwh: None,
            delivery_per_month: None,
            plan_per_month: None,
            usage_month: None,
            usage_amount: None,
            error: "error".to_owned(),
        }
    }
}

impl LightNames {
    /// What is wrong with them, if anything is.
    #[must_use]
    pub fn problem(&self) -> Option<&'static str> {
        let optional = [
            &self.client_secret,
            &self.stripe_key,
            &self.plan_name,
            &self.delivery_per_kwh,
            &self.delivery_per_month,
            &self.plan_per_month,
            &self.usage_month,
            &self.usage_amount,
        ];
        let mut all = optional.into_iter().flatten().chain([&self.error]);
        if all.any(|path| path.split('.').any(str::is_empty)) {
            return Some("names a field by nothing");
        }
        if self.client_secret.is_some() != self.stripe_key.is_some() {
            return Some("names only one of client_secret and stripe_key, and a payment needs both");
        }
        if self.usage_month.is_some() != self.usage_amount.is_some() {
            return Some("names only one of usage_month and usage_amount, and usage needs both");
        }
        None
    }
}

impl Refusals {
    /// What is wrong with them, if anything is.
    #[must_use]
    pub fn problem(&self) -> Option<&'static str> {
        if self.switch_hold.iter().chain(&self.ineligible).any(String::is_empty) {
            return Some("has an empty text, which says nothing");
        }
        let is_both = self.switch_hold.iter().any(|text| self.ineligible.contains(text));
        is_both.then_some("has a text that stands for both")
    }

    pub(super) fn read(&self, said: Option<&str>) -> Refusal {
        let is_in = |texts: &[String]| said.is_some_and(|said| texts.iter().any(|text| text == said));
        if is_in(&self.switch_hold) {
            Refusal::SwitchHold
        } else if is_in(&self.ineligible) {
            Refusal::Ineligible
        } else {
            Refusal::Other
        }
    }
}

impl LightConfig {
    /// Where Light's API is, for sandbox and live Apps alike.
    pub const BASE_URL: &'static str = "https://api.light.dev/v1";

    /// Takes what has no default, and a cautious value for the rest.
    #[must_use]
    pub fn new(base_url: Url, app_token: Secret, environment: Environment, calls_per_minute: NonZeroU32) -> Self {
        LightConfig {
            base_url,
            app_token,
            environment,
            names: LightNames::default(),
            refusals: Refusals::default(),
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
        let Refusals {
            switch_hold,
            ineligible,
        } = &self.refusals;
        ApiConfig {
            provider: Provider::Light,
            base_url: self.base_url.clone(),
            authorization: Authorization::Bearer(self.app_token.clone()),
            error_code: ErrorCode::OneOf {
                path: self.names.error.clone(),
                texts: switch_hold.iter().chain(ineligible).cloned().collect(),
            },
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
