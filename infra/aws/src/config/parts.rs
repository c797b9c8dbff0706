//! The parts that configurations are made of.

use std::num::NonZeroU32;

use http::HeaderName;
use journey::References;
use url::Url;

use super::reader::{Reader, is_arn_of, is_one_word};

/// Where everything lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stack {
    /// The stack's name: what metrics are told apart by (`STACK_NAME`).
    pub name: String,
    /// The table's name (`TABLE_NAME`).
    pub table: String,
}

/// How schedules are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchedulesConfig {
    /// The group they are in (`SCHEDULE_GROUP`).
    pub group: String,
    /// The function that they call: touchpoint (`SCHEDULE_TARGET_ARN`).
    pub target_arn: String,
    /// The role they call it with (`SCHEDULE_ROLE_ARN`).
    pub role_arn: String,
    /// The queue of those that could not (`SCHEDULE_DLQ_ARN`).
    pub dlq_arn: String,
}

/// How Leap's API is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeapSettings {
    /// Where it is (`LEAP_BASE_URL`).
    pub base_url: Url,
    /// The budget that this function has of it (`LEAP_CALLS_PER_MINUTE`).
    pub calls_per_minute: NonZeroU32,
    /// Records asked for at once (`LEAP_PAGE_SIZE`; Leap's own default, 10, without it).
    pub page_size: u32,
}

/// How Bayou's API is used, where a deployment has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BayouSettings {
    /// Where it is (`BAYOU_BASE_URL`; without it there is no Bayou).
    pub base_url: Url,
    /// The budget that this function has of it (`BAYOU_CALLS_PER_MINUTE`).
    pub calls_per_minute: NonZeroU32,
    /// What the partner's references are there (`BAYOU_REFERENCES`, or `external_id`).
    pub references: References,
}

/// How bills are handed over to Bayou.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BayouBills {
    /// How its API is used.
    pub api: BayouSettings,
    /// The form of its `POST /bills`, as JSON, which the function reads (`BAYOU_BILLS`; without it none are).
    pub form: String,
}

/// How Light's API is used, where a deployment has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LightSettings {
    /// Where it is (`LIGHT_BASE_URL`; without it there is no Light).
    pub base_url: Url,
    /// What the App is, which nothing but its token shows (`LIGHT_ENVIRONMENT`).
    pub environment: LightEnvironment,
    /// The budget that this function has of it (`LIGHT_CALLS_PER_MINUTE`).
    pub calls_per_minute: NonZeroU32,
    /// The names of fields that are not documented, as JSON, which the client reads (`LIGHT_NAMES`; `{}` without it).
    pub names: String,
    /// What its refusals say, as JSON, which the client reads (`LIGHT_REFUSALS`; `{}` without it).
    pub refusals: String,
}

/// What an App of Light's is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LightEnvironment {
    /// For trying: nothing in it is real.
    Sandbox,
    /// Real customers, real contracts.
    Live,
}

/// Where a customer of Light's goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LightFlow {
    /// On our own pages.
    #[default]
    Own,
    /// In Light's hosted flow.
    Hosted,
}

/// How Light's webhooks are signed and read. Nothing of it is documented, so nothing has a default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LightWebhooks {
    /// The header of the signature (`LIGHT_SIGNATURE_HEADER`), in lower case.
    pub header: String,
    /// Its hash (`LIGHT_SIGNATURE_HASH`).
    pub hash: SignatureHash,
    /// How it is written (`LIGHT_SIGNATURE_ENCODING`).
    pub encoding: SignatureEncoding,
    /// What stands before it (`LIGHT_SIGNATURE_PREFIX`; nothing without it).
    pub prefix: String,
    /// Where in the body the type stands: fields, with dots between those of nested objects (`LIGHT_TYPE_FIELD`).
    pub type_field: String,
    /// Where the account stands (`LIGHT_ACCOUNT_FIELD`).
    pub account_field: String,
    /// Where its own identifier stands, if it has one (`LIGHT_ID_FIELD`).
    pub id_field: Option<String>,
}

/// The hash of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureHash {
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

/// How a signature is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureEncoding {
    /// Hexadecimal.
    Hex,
    /// Base64.
    Base64,
}

/// How texts are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextsConfig {
    /// The number that they come from, in E.164 form (`SMS_ORIGINATION_NUMBER`).
    pub origination_number: String,
    /// The most that one may cost, in US dollars (`SMS_MAX_PRICE`; 0.10 without it).
    pub max_price: String,
}

/// What a secret is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretKind {
    /// The key under which people are hashed.
    IdentityKey,
    /// The value of the webhook's secret header.
    Webhook,
    /// The other value that is right while it is changed.
    WebhookNext,
    /// The bearer token of the partner's API.
    ApiToken,
    /// The other token that is right while it is changed.
    ApiTokenNext,
    /// The key of Leap's API.
    LeapApiKey,
    /// The key of Bayou's API.
    BayouApiKey,
    /// The secret in the URL that Bayou calls.
    BayouWebhook,
    /// The other one that is right while it is changed.
    BayouWebhookNext,
    /// The token of the App at Light.
    LightAppToken,
    /// The key that Light signs its webhooks with.
    LightWebhook,
    /// The other one that is right while it is changed.
    LightWebhookNext,
    /// The key that announcements are signed with: `whsec_...`.
    Announce,
}

impl SecretKind {
    /// The variable that names its parameter.
    #[must_use]
    pub const fn variable(self) -> &'static str {
        match self {
            SecretKind::IdentityKey => "IDENTITY_KEY_PARAMETER",
            SecretKind::Webhook => "WEBHOOK_SECRET_PARAMETER",
            SecretKind::WebhookNext => "WEBHOOK_SECRET_NEXT_PARAMETER",
            SecretKind::ApiToken => "API_TOKEN_PARAMETER",
            SecretKind::ApiTokenNext => "API_TOKEN_NEXT_PARAMETER",
            SecretKind::LeapApiKey => "LEAP_API_KEY_PARAMETER",
            SecretKind::BayouApiKey => "BAYOU_API_KEY_PARAMETER",
            SecretKind::BayouWebhook => "BAYOU_WEBHOOK_SECRET_PARAMETER",
            SecretKind::BayouWebhookNext => "BAYOU_WEBHOOK_SECRET_NEXT_PARAMETER",
            SecretKind::LightAppToken => "LIGHT_APP_TOKEN_PARAMETER",
            SecretKind::LightWebhook => "LIGHT_WEBHOOK_SECRET_PARAMETER",
            SecretKind::LightWebhookNext => "LIGHT_WEBHOOK_SECRET_NEXT_PARAMETER",
            SecretKind::Announce => "ANNOUNCE_SECRET_PARAMETER",
        }
    }

    /// May it be absent: its variable, or the parameter that the variable names?
    #[must_use]
    pub const fn is_optional(self) -> bool {
        match self {
            SecretKind::WebhookNext
            | SecretKind::ApiTokenNext
            | SecretKind::BayouWebhookNext
            | SecretKind::LightWebhookNext => true,
            SecretKind::IdentityKey
            | SecretKind::Webhook
            | SecretKind::ApiToken
            | SecretKind::LeapApiKey
            | SecretKind::BayouApiKey
            | SecretKind::BayouWebhook
            | SecretKind::LightAppToken
            | SecretKind::LightWebhook
            | SecretKind::Announce => false,
        }
    }

    /// The least number of characters. What others issue has the form that they gave it; what a
    /// deployer makes up must not be guessable.
    #[must_use]
    pub const fn at_least(self) -> usize {
        match self {
            SecretKind::LeapApiKey | SecretKind::BayouApiKey | SecretKind::LightAppToken => 1,
            SecretKind::IdentityKey
            | SecretKind::Webhook
            | SecretKind::WebhookNext
            | SecretKind::ApiToken
            | SecretKind::ApiTokenNext
            | SecretKind::BayouWebhook
            | SecretKind::BayouWebhookNext
            | SecretKind::LightWebhook
            | SecretKind::LightWebhookNext
            | SecretKind::Announce => 16,
        }
    }
}

/// Where a secret is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretName {
    /// What it is for.
    pub kind: SecretKind,
    /// The name of its SecureString parameter in SSM.
    pub parameter: String,
}

/// The secrets that a function needs: names only, never a value.
pub type SecretNames = Vec<SecretName>;

impl Reader<'_> {
    pub(super) fn stack(&mut self) -> Option<Stack> {
        let name = self.text("STACK_NAME", "the stack's name");
        let table = self.text("TABLE_NAME", "the table's name");
        Some(Stack {
            name: name?,
            table: table?,
        })
    }

    pub(super) fn schedules(&mut self) -> Option<SchedulesConfig> {
        let group = self.text("SCHEDULE_GROUP", "the name of the group of schedules");
        let target = self.arn("SCHEDULE_TARGET_ARN", "lambda", "the touchpoint function");
        let role = self.arn("SCHEDULE_ROLE_ARN", "iam", "the role that schedules call it with");
        let dlq = self.arn("SCHEDULE_DLQ_ARN", "sqs", "the queue of schedules that failed");
        Some(SchedulesConfig {
            group: group?,
            target_arn: target?,
            role_arn: role?,
            dlq_arn: dlq?,
        })
    }

    pub(super) fn leap(&mut self) -> Option<LeapSettings> {
        let base_url = self.url("LEAP_BASE_URL", "https://api.example.com");
        let calls = self.required(
            "LEAP_CALLS_PER_MINUTE",
            "a whole number of at least 1; Leap publishes no limit, so ask for yours",
            |value| value.parse().ok(),
        );
        let page_size = self.optional(
            "LEAP_PAGE_SIZE",
            "a whole number from 1 to 1000; Leap's own default is 10",
            |value| value.parse().ok().filter(|size| (1..=1_000).contains(size)),
        );
        Some(LeapSettings {
            base_url: base_url?,
            calls_per_minute: calls?,
            page_size: page_size?.unwrap_or(10),
        })
    }

    /// Without a base URL there is no Bayou.
    pub(super) fn bayou(&mut self) -> Option<Option<BayouSettings>> {
        let right = url_like("https://bayou.energy/api/v2");
        let base_url = self.optional("BAYOU_BASE_URL", &right, parse_url);
        let references = self.bayou_references();
        let Some(base_url) = base_url? else {
            return Some(None);
        };
        let calls = self.required(
            "BAYOU_CALLS_PER_MINUTE",
            "a whole number of at least 1; Bayou publishes no limit, so ask for yours",
            |value| value.parse().ok(),
        );
        Some(Some(BayouSettings {
            base_url,
            calls_per_minute: calls?,
            references: references?,
        }))
    }

    /// Without a form, no bill is handed over.
    pub(super) fn bayou_bills(&mut self) -> Option<Option<BayouBills>> {
        let right = "a JSON object, as docs/bayou.md describes it in section 11";
        let form = self.optional("BAYOU_BILLS", right, |value| {
            (value.starts_with('{') && value.ends_with('}')).then(|| value.to_owned())
        });
        let Some(form) = form? else {
            return Some(None);
        };
        let api = self.bayou()?;
        Some(api.map(|api| BayouBills { api, form }))
    }

    /// What the partner's references are at Bayou.
    pub(super) fn bayou_references(&mut self) -> Option<References> {
        let right = "external_id or customer_id: what your references are at Bayou";
        let references = self.optional("BAYOU_REFERENCES", right, |value| match value {
            "external_id" => Some(References::ExternalId),
            "customer_id" => Some(References::CustomerId),
            _ => None,
        });
        Some(references?.unwrap_or_default())
    }

    /// Without a base URL there is no Light.
    pub(super) fn light(&mut self) -> Option<Option<LightSettings>> {
        if self.is_set("LIGHT_BASE_URL") {
            self.light_of_enroll().map(Some)
        } else {
            Some(None)
        }
    }

    /// Light, without which a function has nothing to do.
    pub(super) fn light_of_enroll(&mut self) -> Option<LightSettings> {
        let base_url = self.url("LIGHT_BASE_URL", "https://api.light.dev/v1");
        let right = "sandbox or live: what the App of the token is";
        let environment = self.required("LIGHT_ENVIRONMENT", right, |value| match value {
            "sandbox" => Some(LightEnvironment::Sandbox),
            "live" => Some(LightEnvironment::Live),
            _ => None,
        });
        let calls = self.required(
            "LIGHT_CALLS_PER_MINUTE",
            "a whole number of at least 1; Light publishes no limit, so ask for yours",
            |value| value.parse().ok(),
        );
        let names = self.light_json("LIGHT_NAMES");
        let refusals = self.light_json("LIGHT_REFUSALS");
        Some(LightSettings {
            base_url: base_url?,
            environment: environment?,
            calls_per_minute: calls?,
            names: names?,
            refusals: refusals?,
        })
    }

    fn light_json(&mut self, name: &str) -> Option<String> {
        let right = "a JSON object, as docs/light.md describes it in section 11";
        let json = self.optional(name, right, |value| {
            (value.starts_with('{') && value.ends_with('}')).then(|| value.to_owned())
        });
        Some(json?.unwrap_or_else(|| "{}".to_owned()))
    }

    /// On our own pages, if nothing else is said.
    pub(super) fn light_flow(&mut self) -> Option<LightFlow> {
        let flow = self.optional("LIGHT_FLOW", "own or hosted", |value| match value {
            "own" => Some(LightFlow::Own),
            "hosted" => Some(LightFlow::Hosted),
            _ => None,
        });
        Some(flow?.unwrap_or_default())
    }

    /// Without the name of its secret's parameter, Light does not call. With it, nothing may be missing: a signature
    /// that is not checked would be believed (docs/light.md, trap 25).
    pub(super) fn light_webhooks(&mut self) -> Option<Option<LightWebhooks>> {
        if !self.names(SecretKind::LightWebhook) {
            return Some(None);
        }
        let right = "the name of the header that Light's dashboard shows";
        let header = self.required("LIGHT_SIGNATURE_HEADER", right, |value| {
            let name = HeaderName::from_bytes(value.as_bytes()).ok()?;
            Some(name.as_str().to_owned())
        });
        let hash = self.required("LIGHT_SIGNATURE_HASH", "sha256 or sha512", |value| match value {
            "sha256" => Some(SignatureHash::Sha256),
            "sha512" => Some(SignatureHash::Sha512),
            _ => None,
        });
        let encoding = self.required("LIGHT_SIGNATURE_ENCODING", "hex or base64", |value| match value {
            "hex" => Some(SignatureEncoding::Hex),
            "base64" => Some(SignatureEncoding::Base64),
            _ => None,
        });
        let prefix = self.optional("LIGHT_SIGNATURE_PREFIX", "such as sha256=", |value| {
            is_one_word(value).then(|| value.to_owned())
        });
        let type_field = self.required("LIGHT_TYPE_FIELD", A_FIELD, parse_field);
        let account_field = self.required("LIGHT_ACCOUNT_FIELD", A_FIELD, parse_field);
        let id_field = self.optional("LIGHT_ID_FIELD", A_FIELD, parse_field);
        Some(Some(LightWebhooks {
            header: header?,
            hash: hash?,
            encoding: encoding?,
            prefix: prefix?.unwrap_or_default(),
            type_field: type_field?,
            account_field: account_field?,
            id_field: id_field?,
        }))
    }

    /// Stripe's script, where it is not Stripe's own.
    pub(super) fn stripe_js(&mut self) -> Option<Option<Url>> {
        self.optional("STRIPE_JS", &url_like("https://js.stripe.com/v3/"), parse_url)
    }

    /// The origins whose pages may call the enrolment's API from a browser, parted by commas.
    pub(super) fn allowed_origins(&mut self) -> Option<Vec<String>> {
        let right = "origins, scheme and host alone, parted by commas, for example https://app.example.com";
        let origins = self.optional("ALLOWED_ORIGINS", right, |value| {
            let origin = |text: &str| {
                let origin = parse_url(text)?.origin().ascii_serialization();
                (origin == text).then_some(origin)
            };
            value.split(',').map(|text| origin(text.trim())).collect()
        });
        Some(origins?.unwrap_or_default())
    }

    /// Is the variable set that names a secret's parameter?
    pub(super) fn names(&self, kind: SecretKind) -> bool {
        self.is_set(kind.variable())
    }

    /// A public URL without its last slash, ready to be continued.
    pub(super) fn public_url(&mut self) -> Option<String> {
        let url = self.url("PUBLIC_URL", "https://remind.example.com")?;
        Some(url.as_str().trim_end_matches('/').to_owned())
    }

    pub(super) fn bills_bucket(&mut self) -> Option<String> {
        self.text("BILLS_BUCKET", "the name of a bucket, such as rekindle-bills-1a2b3c")
    }

    pub(super) fn announce_url(&mut self) -> Option<Option<Url>> {
        self.optional("ANNOUNCE_URL", &url_like("https://example.com/hooks"), parse_url)
    }

    /// The name of a header, in lower case.
    pub(super) fn webhook_header(&mut self) -> Option<String> {
        let header = self.optional(
            "WEBHOOK_HEADER",
            "the name of a header, such as x-rekindle-key",
            |value| HeaderName::from_bytes(value.as_bytes()).ok(),
        );
        Some(header?.map_or_else(|| "x-rekindle-key".to_owned(), |name| name.as_str().to_owned()))
    }

    /// Texts that references of other systems begin with, parted by commas.
    pub(super) fn reserved_prefixes(&mut self) -> Option<Vec<String>> {
        let right = "prefixes of at least one character, parted by commas";
        let prefixes = self.optional("RESERVED_PREFIXES", right, |value| {
            let prefixes: Vec<String> = value.split(',').map(|prefix| prefix.trim().to_owned()).collect();
            // An empty one would be the beginning of every reference.
            (!prefixes.iter().any(String::is_empty)).then_some(prefixes)
        });
        Some(prefixes?.unwrap_or_default())
    }

    pub(super) fn configuration_set(&mut self) -> Option<String> {
        self.text("CONFIGURATION_SET", "the name of the SES configuration set")
    }

    /// Without an origination number, no texts are sent.
    pub(super) fn texts(&mut self) -> Option<Option<TextsConfig>> {
        let number = self.optional(
            "SMS_ORIGINATION_NUMBER",
            "a number of the account in E.164 form, for example +18335550100, or a short code",
            |value| is_origination(value).then(|| value.to_owned()),
        );
        let max_price = self.optional("SMS_MAX_PRICE", "an amount in US dollars, for example 0.10", |value| {
            is_price(value).then(|| value.to_owned())
        });
        let (number, max_price) = (number?, max_price?);
        Some(number.map(|origination_number| TextsConfig {
            origination_number,
            max_price: max_price.unwrap_or_else(|| "0.10".to_owned()),
        }))
    }

    /// Without the name of an app, no pushes are sent.
    pub(super) fn push_app(&mut self) -> Option<Option<String>> {
        let right = "the name of the app's platform applications in SNS: letters, digits and . - _";
        self.optional("PUSH_APPLICATION", right, |value| {
            let is_name = value.len() <= 256 && value.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b));
            is_name.then(|| value.to_owned())
        })
    }

    /// Who may get test messages. What each entry is, the use case says.
    pub(super) fn test_recipients(&mut self) -> Option<Vec<String>> {
        let right = "addresses and numbers, parted by commas, for example qa@example.com,+12025550123";
        let recipients = self.optional("TEST_RECIPIENTS", right, |value| {
            let recipients: Vec<String> = value.split(',').map(|one| one.trim().to_owned()).collect();
            (!recipients.iter().any(String::is_empty)).then_some(recipients)
        });
        Some(recipients?.unwrap_or_default())
    }

    pub(super) fn account_id(&mut self) -> Option<String> {
        let right = "the 12 digits of the account";
        self.required("ACCOUNT_ID", right, |value| {
            (value.len() == 12 && value.bytes().all(|b| b.is_ascii_digit())).then(|| value.to_owned())
        })
    }

    pub(super) fn touchpoint_function(&mut self) -> Option<String> {
        let right = "the name or the ARN of the touchpoint function";
        self.required("TOUCHPOINT_FUNCTION", right, |value| {
            let is_name = value.len() <= 64
                && value
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
            (is_name || is_arn_of(value, "lambda")).then(|| value.to_owned())
        })
    }

    /// Where the secrets of these kinds are.
    pub(super) fn secrets(&mut self, kinds: &[SecretKind]) -> Option<SecretNames> {
        let read: Vec<_> = kinds.iter().map(|kind| self.secret(*kind)).collect();
        let read: Option<Vec<Option<SecretName>>> = read.into_iter().collect();
        Some(read?.into_iter().flatten().collect())
    }

    fn secret(&mut self, kind: SecretKind) -> Option<Option<SecretName>> {
        let right = "the name of an SSM parameter (letters, digits and . - _ /), not the secret itself";
        let parse = |value: &str| is_parameter(value).then(|| value.to_owned());
        let parameter = if kind.is_optional() {
            self.optional(kind.variable(), right, parse)?
        } else {
            Some(self.required(kind.variable(), right, parse)?)
        };
        Some(parameter.map(|parameter| SecretName { kind, parameter }))
    }

    fn url(&mut self, name: &str, example: &str) -> Option<Url> {
        self.required(name, &url_like(example), parse_url)
    }
}

const A_FIELD: &str = "a field's name, or several with dots between, such as data.account";

fn parse_field(value: &str) -> Option<String> {
    (is_one_word(value) && !value.split('.').any(str::is_empty)).then(|| value.to_owned())
}

fn url_like(example: &str) -> String {
    format!("an https URL (or http on this machine), for example {example}")
}

fn parse_url(value: &str) -> Option<Url> {
    Url::parse(value).ok().filter(|url| {
        let loopback = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
        url.host_str().is_some() && (url.scheme() == "https" || (url.scheme() == "http" && loopback))
    })
}

/// `+` and 8 to 15 digits, or the 5 or 6 digits of a short code.
fn is_origination(value: &str) -> bool {
    let (digits, length) = match value.strip_prefix('+') {
        Some(digits) => (digits, 8..=15),
        None => (value, 5..=6),
    };
    length.contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
}

/// Dollars and cents, or fractions of a cent; above zero.
fn is_price(value: &str) -> bool {
    let digits = value.replacen('.', "", 1);
    let number = (1..=8).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    number && digits.bytes().any(|b| b != b'0') && !value.starts_with('.') && !value.ends_with('.')
}

fn is_parameter(value: &str) -> bool {
    is_one_word(value) && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-/".contains(&b))
}
