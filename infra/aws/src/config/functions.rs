//! What each function needs to know, read from the environment at its start.

use journey::References;
use url::Url;

use super::Environment;
use super::parts::{
    BayouBills, BayouSettings, LeapSettings, LightFlow, LightSettings, LightWebhooks, SchedulesConfig, SecretKind,
    SecretNames, Stack, TextsConfig,
};
use super::reader::{ConfigError, Reader};

/// What `webhook` needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookConfig {
    /// Where everything lives.
    pub stack: Stack,
    /// How schedules are made.
    pub schedules: SchedulesConfig,
    /// Identity key, webhook secret, and its next one if there is one.
    pub secrets: SecretNames,
    /// The name of the secret header, in lower case (`WEBHOOK_HEADER`, or `x-rekindle-key`).
    pub header: String,
    /// What the partner's references are at Bayou; none without a secret for its webhooks.
    pub bayou: Option<References>,
    /// How Light's webhooks are signed and read; none without a secret for them.
    pub light: Option<LightWebhooks>,
    /// References that begin with these are other systems' (`RESERVED_PREFIXES`).
    pub reserved_prefixes: Vec<String>,
}

/// What `touchpoint` needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TouchpointConfig {
    /// Where everything lives.
    pub stack: Stack,
    /// How schedules are made.
    pub schedules: SchedulesConfig,
    /// Identity key and the providers' API keys.
    pub secrets: SecretNames,
    /// How Leap's API is used.
    pub leap: LeapSettings,
    /// How Bayou's API is used; none where there is no Bayou.
    pub bayou: Option<BayouSettings>,
    /// How Light's API is used; none where there is no Light.
    pub light: Option<LightSettings>,
    /// Where our own pages are, without a slash at the end (`PUBLIC_URL`).
    pub public_url: String,
    /// The SES configuration set that mail goes through (`CONFIGURATION_SET`).
    pub configuration_set: String,
    /// How texts are sent; without it none are.
    pub texts: Option<TextsConfig>,
    /// The app that pushes go to, by the name of its platform applications; without it none are sent.
    pub push_app: Option<String>,
    /// Who may get test messages: addresses and numbers (`TEST_RECIPIENTS`, parted by commas; nobody without it).
    pub test_recipients: Vec<String>,
}

/// What `reconcile` needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReconcileConfig {
    /// Where everything lives.
    pub stack: Stack,
    /// How schedules are made.
    pub schedules: SchedulesConfig,
    /// Identity key and Leap's API key.
    pub secrets: SecretNames,
    /// How Leap's API is used.
    pub leap: LeapSettings,
    /// References that begin with these are other systems' (`RESERVED_PREFIXES`).
    pub reserved_prefixes: Vec<String>,
    /// Who fires overdue timers: the name or ARN of `touchpoint` (`TOUCHPOINT_FUNCTION`).
    pub touchpoint: String,
}

/// What `meter-check` needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeterCheckConfig {
    /// Where everything lives.
    pub stack: Stack,
    /// How schedules are made.
    pub schedules: SchedulesConfig,
    /// Identity key and the providers' API keys.
    pub secrets: SecretNames,
    /// How Leap's API is used.
    pub leap: LeapSettings,
    /// How Bayou's API is used; none where there is no Bayou.
    pub bayou: Option<BayouSettings>,
    /// How Light's API is used; none where there is no Light.
    pub light: Option<LightSettings>,
}

/// What `feedback` needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedbackConfig {
    /// Where everything lives.
    pub stack: Stack,
    /// How schedules are made.
    pub schedules: SchedulesConfig,
    /// Identity key.
    pub secrets: SecretNames,
    /// The SES configuration set whose events are ours (`CONFIGURATION_SET`).
    pub configuration_set: String,
    /// The account whose events are ours (`ACCOUNT_ID`).
    pub account_id: String,
    /// The SNS topic of the answers to texts (`TEXT_REPLIES_TOPIC_ARN`), if there is one.
    pub replies_topic_arn: Option<String>,
    /// How texts are sent; without it none are.
    pub texts: Option<TextsConfig>,
    /// Is HELP answered by us (`ANSWER_HELP`, or yes)?
    pub answers_help: bool,
}

/// What `contacts` needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactsConfig {
    /// Where everything lives.
    pub stack: Stack,
    /// How schedules are made.
    pub schedules: SchedulesConfig,
    /// Identity key, API token, and its next one if there is one.
    pub secrets: SecretNames,
    /// Where our own pages are, without a slash at the end (`PUBLIC_URL`).
    pub public_url: String,
    /// The bucket of bills (`BILLS_BUCKET`).
    pub bills_bucket: String,
    /// How bills are handed over to Bayou; none where they are not.
    pub bayou: Option<BayouBills>,
    /// How Light's API is used; none where there is no Light.
    pub light: Option<LightSettings>,
}

/// What `pages` needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PagesConfig {
    /// Where everything lives.
    pub stack: Stack,
    /// How schedules are made.
    pub schedules: SchedulesConfig,
    /// Identity key.
    pub secrets: SecretNames,
    /// Where our own pages are, without a slash at the end (`PUBLIC_URL`).
    pub public_url: String,
    /// How Bayou's API is used; none where there is no Bayou.
    pub bayou: Option<BayouSettings>,
    /// How Light's API is used; none where there is no Light.
    pub light: Option<LightSettings>,
    /// Where a customer of Light's goes on (`LIGHT_FLOW`).
    pub flow: LightFlow,
    /// The bucket of bills (`BILLS_BUCKET`).
    pub bills_bucket: String,
}

/// What `enroll` needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnrollConfig {
    /// Where everything lives.
    pub stack: Stack,
    /// How schedules are made.
    pub schedules: SchedulesConfig,
    /// Identity key and the App's token.
    pub secrets: SecretNames,
    /// Where our own pages are, without a slash at the end (`PUBLIC_URL`).
    pub public_url: String,
    /// How Light's API is used.
    pub light: LightSettings,
    /// Stripe's script, where it is not Stripe's own (`STRIPE_JS`).
    pub stripe_js: Option<Url>,
    /// The origins whose pages may call the API from a browser (`ALLOWED_ORIGINS`, parted by commas).
    pub origins: Vec<String>,
}

/// What `announce` needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnnounceConfig {
    /// Where everything lives.
    pub stack: Stack,
    /// Identity key, and the signing key where there is a URL.
    pub secrets: SecretNames,
    /// The bus that announcements go to (`EVENT_BUS_NAME`).
    pub event_bus: String,
    /// Where they are posted to as well, if anywhere (`ANNOUNCE_URL`).
    pub announce_url: Option<Url>,
    /// Where the customers' pages are (`PUBLIC_URL`), without a slash at the end.
    pub public_url: String,
}

/// The secrets of a function that also asks the providers that a deployment may have.
fn also<A, B>(kinds: &[SecretKind], bayou: &Option<Option<A>>, light: &Option<Option<B>>) -> Vec<SecretKind> {
    let mut kinds = kinds.to_vec();
    if !matches!(bayou, Some(None)) {
        kinds.push(SecretKind::BayouApiKey);
    }
    if !matches!(light, Some(None)) {
        kinds.push(SecretKind::LightAppToken);
    }
    kinds
}

impl WebhookConfig {
    /// Reads it.
    ///
    /// # Errors
    /// [`ConfigError`] names every variable that is missing or wrong.
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        let mut read = Reader::new(environment);
        let stack = read.stack();
        let schedules = read.schedules();
        let mut kinds = vec![SecretKind::IdentityKey, SecretKind::Webhook, SecretKind::WebhookNext];
        let has_bayou = read.names(SecretKind::BayouWebhook);
        if has_bayou {
            kinds.extend([SecretKind::BayouWebhook, SecretKind::BayouWebhookNext]);
        }
        let light = read.light_webhooks();
        if !matches!(light, Some(None)) {
            kinds.extend([SecretKind::LightWebhook, SecretKind::LightWebhookNext]);
        }
        let secrets = read.secrets(&kinds);
        let references = read.bayou_references();
        let header = read.webhook_header();
        let reserved_prefixes = read.reserved_prefixes();
        read.finish(|| {
            Some(WebhookConfig {
                stack: stack?,
                schedules: schedules?,
                secrets: secrets?,
                header: header?,
                bayou: references.map(|references| has_bayou.then_some(references))?,
                light: light?,
                reserved_prefixes: reserved_prefixes?,
            })
        })
    }
}

impl TouchpointConfig {
    /// Reads it.
    ///
    /// # Errors
    /// [`ConfigError`] names every variable that is missing or wrong.
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        let mut read = Reader::new(environment);
        let stack = read.stack();
        let schedules = read.schedules();
        let (leap, bayou, light) = (read.leap(), read.bayou(), read.light());
        let kinds = [SecretKind::IdentityKey, SecretKind::LeapApiKey];
        let secrets = read.secrets(&also(&kinds, &bayou, &light));
        let public_url = read.public_url();
        let configuration_set = read.configuration_set();
        let texts = read.texts();
        let push_app = read.push_app();
        let test_recipients = read.test_recipients();
        read.finish(|| {
            Some(TouchpointConfig {
                test_recipients: test_recipients?,
                stack: stack?,
                schedules: schedules?,
                secrets: secrets?,
                leap: leap?,
                bayou: bayou?,
                light: light?,
                public_url: public_url?,
                configuration_set: configuration_set?,
                texts: texts?,
                push_app: push_app?,
            })
        })
    }
}

impl ReconcileConfig {
    /// Reads it.
    ///
    /// # Errors
    /// [`ConfigError`] names every variable that is missing or wrong.
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        let mut read = Reader::new(environment);
        let stack = read.stack();
        let schedules = read.schedules();
        let secrets = read.secrets(&[SecretKind::IdentityKey, SecretKind::LeapApiKey]);
        let leap = read.leap();
        let reserved_prefixes = read.reserved_prefixes();
        let touchpoint = read.touchpoint_function();
        read.finish(|| {
            Some(ReconcileConfig {
                stack: stack?,
                schedules: schedules?,
                secrets: secrets?,
                leap: leap?,
                reserved_prefixes: reserved_prefixes?,
                touchpoint: touchpoint?,
            })
        })
    }
}

impl MeterCheckConfig {
    /// Reads it.
    ///
    /// # Errors
    /// [`ConfigError`] names every variable that is missing or wrong.
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        let mut read = Reader::new(environment);
        let stack = read.stack();
        let schedules = read.schedules();
        let (leap, bayou, light) = (read.leap(), read.bayou(), read.light());
        let kinds = [SecretKind::IdentityKey, SecretKind::LeapApiKey];
        let secrets = read.secrets(&also(&kinds, &bayou, &light));
        read.finish(|| {
            Some(MeterCheckConfig {
                stack: stack?,
                schedules: schedules?,
                secrets: secrets?,
                leap: leap?,
                bayou: bayou?,
                light: light?,
            })
        })
    }
}

impl FeedbackConfig {
    /// Reads it.
    ///
    /// # Errors
    /// [`ConfigError`] names every variable that is missing or wrong.
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        let mut read = Reader::new(environment);
        let stack = read.stack();
        let schedules = read.schedules();
        let secrets = read.secrets(&[SecretKind::IdentityKey]);
        let configuration_set = read.configuration_set();
        let account_id = read.account_id();
        let replies_topic_arn = read.optional(
            "TEXT_REPLIES_TOPIC_ARN",
            "the ARN of an SNS topic, for example arn:aws:sns:us-west-2:123456789012:rekindle-text-replies",
            |value| (value.starts_with("arn:") && value.contains(":sns:")).then(|| value.to_owned()),
        );
        let texts = read.texts();
        let answers_help = read.optional("ANSWER_HELP", "yes or no", |value| match value {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        });
        read.finish(|| {
            Some(FeedbackConfig {
                replies_topic_arn: replies_topic_arn?,
                texts: texts?,
                answers_help: answers_help?.unwrap_or(true),
                stack: stack?,
                schedules: schedules?,
                secrets: secrets?,
                configuration_set: configuration_set?,
                account_id: account_id?,
            })
        })
    }
}

impl ContactsConfig {
    /// Reads it.
    ///
    /// # Errors
    /// [`ConfigError`] names every variable that is missing or wrong.
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        let mut read = Reader::new(environment);
        let stack = read.stack();
        let schedules = read.schedules();
        let (bayou, light) = (read.bayou_bills(), read.light());
        let kinds = [SecretKind::IdentityKey, SecretKind::ApiToken, SecretKind::ApiTokenNext];
        let secrets = read.secrets(&also(&kinds, &bayou, &light));
        let public_url = read.public_url();
        let bills_bucket = read.bills_bucket();
        read.finish(|| {
            Some(ContactsConfig {
                stack: stack?,
                schedules: schedules?,
                secrets: secrets?,
                public_url: public_url?,
                bills_bucket: bills_bucket?,
                bayou: bayou?,
                light: light?,
            })
        })
    }
}

impl PagesConfig {
    /// Reads it.
    ///
    /// # Errors
    /// [`ConfigError`] names every variable that is missing or wrong.
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        let mut read = Reader::new(environment);
        let stack = read.stack();
        let schedules = read.schedules();
        let (bayou, light) = (read.bayou(), read.light());
        let flow = read.light_flow();
        let secrets = read.secrets(&also(&[SecretKind::IdentityKey], &bayou, &light));
        let public_url = read.public_url();
        let bills_bucket = read.bills_bucket();
        read.finish(|| {
            Some(PagesConfig {
                stack: stack?,
                schedules: schedules?,
                secrets: secrets?,
                public_url: public_url?,
                bayou: bayou?,
                light: light?,
                flow: flow?,
                bills_bucket: bills_bucket?,
            })
        })
    }
}

impl EnrollConfig {
    /// Reads it. It has nothing to do without Light.
    ///
    /// # Errors
    /// [`ConfigError`] names every variable that is missing or wrong.
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        let mut read = Reader::new(environment);
        let stack = read.stack();
        let schedules = read.schedules();
        let light = read.light_of_enroll();
        let secrets = read.secrets(&[SecretKind::IdentityKey, SecretKind::LightAppToken]);
        let public_url = read.public_url();
        let stripe_js = read.stripe_js();
        let origins = read.allowed_origins();
        read.finish(|| {
            Some(EnrollConfig {
                stack: stack?,
                schedules: schedules?,
                secrets: secrets?,
                public_url: public_url?,
                light: light?,
                stripe_js: stripe_js?,
                origins: origins?,
            })
        })
    }
}

impl AnnounceConfig {
    /// Reads it. A URL without a signing key is an error, since nobody could trust what comes there.
    ///
    /// # Errors
    /// [`ConfigError`] names every variable that is missing or wrong.
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        let mut read = Reader::new(environment);
        let stack = read.stack();
        let event_bus = read.text("EVENT_BUS_NAME", "the name of the event bus");
        let announce_url = read.announce_url();
        let public_url = read.public_url();
        let kinds: &[SecretKind] = if matches!(announce_url, Some(None)) {
            &[SecretKind::IdentityKey]
        } else {
            &[SecretKind::IdentityKey, SecretKind::Announce]
        };
        let secrets = read.secrets(kinds);
        read.finish(|| {
            Some(AnnounceConfig {
                stack: stack?,
                secrets: secrets?,
                event_bus: event_bus?,
                announce_url: announce_url?,
                public_url: public_url?,
            })
        })
    }
}
