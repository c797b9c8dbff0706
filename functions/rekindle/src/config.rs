//! `rekindle.toml` and the secrets it names: the only place that reads the environment.

mod light;

use std::num::NonZeroU32;
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::Context;
use axum::http::HeaderName;
use contacts::api::Tokens;
use embedded::OutboxConfig;
use journey::{IdKey, References};
use providers::Secret as ApiKey;
use providers::bayou::BillForm;
use serde::Deserialize;
use toml::Spanned;
use touchpoint::Testers;
use url::Url;
use webhook::{Secret, Secrets};

use light::LightTable;
pub(crate) use light::{Flow, Light};

/// An example of the file, with every key explained.
pub(crate) const EXAMPLE: &str = include_str!("../example/rekindle.toml");

/// The checked configuration.
pub(crate) struct Config {
    pub(crate) public_url: String,
    pub(crate) campaign: PathBuf,
    pub(crate) id_key: IdKey,
    pub(crate) tokens: Tokens,
    pub(crate) leap: Option<Leap>,
    pub(crate) bayou: Option<Bayou>,
    pub(crate) light: Option<Light>,
    /// Those who may get test messages.
    pub(crate) testers: Testers,
    /// Where lifecycle events are posted, if anywhere.
    pub(crate) announce: Option<AnnounceTo>,
}

/// Where lifecycle events are posted.
pub(crate) struct AnnounceTo {
    pub(crate) url: Url,
    /// The signing key, `whsec_...`.
    pub(crate) secret: String,
}

/// Leap's part of it.
pub(crate) struct Leap {
    pub(crate) base_url: Url,
    pub(crate) api_key: ApiKey,
    pub(crate) webhook_header: HeaderName,
    pub(crate) webhook_secret: String,
    pub(crate) secrets: Secrets,
    pub(crate) calls_per_minute: NonZeroU32,
    pub(crate) page_size: u32,
    pub(crate) reserved_prefixes: Vec<String>,
}

/// Bayou's part of it.
pub(crate) struct Bayou {
    pub(crate) base_url: Url,
    pub(crate) api_key: ApiKey,
    pub(crate) webhook_secrets: Secrets,
    pub(crate) references: References,
    pub(crate) calls_per_minute: NonZeroU32,
    /// How it takes bills; none are handed over without.
    pub(crate) bills: Option<BillForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    public_url: Spanned<String>,
    campaign: Spanned<String>,
    secrets: SecretsTable,
    leap: Option<LeapTable>,
    bayou: Option<BayouTable>,
    light: Option<LightTable>,
    #[serde(default)]
    test_sends: TestSendsTable,
    announce: Option<AnnounceTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnnounceTable {
    url: Spanned<String>,
    secret_env: Spanned<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct TestSendsTable {
    #[serde(default)]
    allowed: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SecretsTable {
    identity_key_env: Spanned<String>,
    api_token_env: Spanned<String>,
    api_token_next_env: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LeapTable {
    base_url: Spanned<String>,
    api_key_env: Spanned<String>,
    #[serde(default = "webhook_header")]
    webhook_header: Spanned<String>,
    webhook_secret_env: Spanned<String>,
    webhook_secret_next_env: Option<Spanned<String>>,
    calls_per_minute: Spanned<u32>,
    #[serde(default = "page_size")]
    page_size: Spanned<u32>,
    #[serde(default)]
    reserved_prefixes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BayouTable {
    base_url: Spanned<String>,
    api_key_env: Spanned<String>,
    webhook_secret_env: Spanned<String>,
    webhook_secret_next_env: Option<Spanned<String>>,
    calls_per_minute: Spanned<u32>,
    #[serde(default = "external_id")]
    references: Spanned<String>,
    bills: Option<Spanned<BillForm>>,
}

fn external_id() -> Spanned<String> {
    Spanned::new(0..0, "external_id".to_owned())
}

fn webhook_header() -> Spanned<String> {
    Spanned::new(0..0, "x-rekindle-key".to_owned())
}

fn page_size() -> Spanned<u32> {
    Spanned::new(0..0, 10)
}

impl Config {
    /// Reads the file and the environment variables that it names.
    ///
    /// # Errors
    /// Names the file, the key, its line, and what would be right; all that is wrong, not only the first.
    pub(crate) fn load(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| {
            format!(
                "cannot read {}; `rekindle config example` prints one to start from",
                path.display()
            )
        })?;
        Self::parse(&text, path, &environment)
    }

    /// As [`Config::load`], with the environment given.
    fn parse(text: &str, path: &Path, environment: &dyn Fn(&str) -> Option<String>) -> anyhow::Result<Self> {
        let file = read(text).map_err(|(place, problem)| anyhow::anyhow!("{}:{place}: {problem}", path.display()))?;
        let mut problems = Problems {
            text,
            path,
            environment,
            found: Vec::new(),
        };
        let public_url = problems.url(&file.public_url, "public_url");
        let identity = problems.secret(&file.secrets.identity_key_env, "secrets.identity_key_env", 16);
        let id_key = identity.map(IdKey::new);
        let mut tokens = vec![problems.secret(&file.secrets.api_token_env, "secrets.api_token_env", 16)];
        if let Some(next) = &file.secrets.api_token_next_env {
            tokens.push(problems.secret(next, "secrets.api_token_next_env", 16));
        }
        if file.leap.is_none() && file.bayou.is_none() && file.light.is_none() {
            let path = path.display();
            problems.found.push(format!(
                "{path}: there is no provider; write a section [leap], [bayou] or [light], or several (`rekindle init` writes an example)"
            ));
        }
        let leap = file.leap.map(|table| problems.leap(table));
        let bayou = file.bayou.map(|table| problems.bayou(&table));
        let light = file.light.map(|table| problems.light(&table));
        for entry in &file.test_sends.allowed {
            if let Err(error) = Testers::new([entry.get_ref().as_str()]) {
                problems.add(
                    &entry.span(),
                    "test_sends.allowed",
                    &format!("has an entry that is {error}"),
                );
            }
        }
        let testers = Testers::new(file.test_sends.allowed.iter().map(|entry| entry.get_ref().as_str()));
        let announce = file.announce.map(|table| {
            let url = problems.url(&table.url, "announce.url");
            let secret = problems.secret(&table.secret_env, "announce.secret_env", 16);
            if secret.as_deref().is_some_and(|secret| !hook::is_signing_key(secret)) {
                problems.add(
                    &table.secret_env.span(),
                    "announce.secret_env",
                    "names a variable whose value is no signing key: whsec_ and the base64 of at least 24 random bytes",
                );
            }
            (url, secret)
        });
        let found = problems.found;
        if !found.is_empty() {
            anyhow::bail!("{}", found.join("\n"));
        }
        Ok(Config {
            public_url: public_url
                .context("public_url")?
                .as_str()
                .trim_end_matches('/')
                .to_owned(),
            campaign: path.parent().unwrap_or(Path::new(".")).join(file.campaign.get_ref()),
            id_key: id_key.context("identity key")??,
            testers: testers.context("test_sends.allowed")?,
            announce: match announce {
                Some((url, secret)) => Some(AnnounceTo {
                    url: url.context("announce.url")?,
                    secret: secret.context("announce.secret_env")?,
                }),
                None => None,
            },
            tokens: Tokens::new(tokens.iter().flatten().map(String::as_str)),
            bayou: match bayou {
                Some(bayou) => Some(bayou.context("bayou")?),
                None => None,
            },
            light: match light {
                Some(light) => Some(light.context("light")?),
                None => None,
            },
            leap: match leap {
                Some(leap) => Some(leap.context("leap")?),
                None => None,
            },
        })
    }
}

struct Problems<'a> {
    text: &'a str,
    path: &'a Path,
    environment: &'a dyn Fn(&str) -> Option<String>,
    found: Vec<String>,
}

impl Problems<'_> {
    fn add(&mut self, span: &Range<usize>, key: &str, problem: &str) {
        self.found.push(format!(
            "{}:{}: {key} {problem}",
            self.path.display(),
            line(self.text, span)
        ));
    }

    fn url(&mut self, value: &Spanned<String>, key: &str) -> Option<Url> {
        let url = Url::parse(value.get_ref()).ok().filter(|url| {
            let loopback = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
            url.host_str().is_some() && (url.scheme() == "https" || (url.scheme() == "http" && loopback))
        });
        if url.is_none() {
            self.add(
                &value.span(),
                key,
                "must be an https URL (or http on this machine), for example \"https://remind.example.com\"",
            );
        }
        url
    }

    fn leap(&mut self, table: LeapTable) -> Option<Leap> {
        let base_url = self.url(&table.base_url, "leap.base_url");
        let api_key = self.secret(&table.api_key_env, "leap.api_key_env", 1);
        let current = self.secret(&table.webhook_secret_env, "leap.webhook_secret_env", 16);
        let next = match &table.webhook_secret_next_env {
            Some(next) => self.secret(next, "leap.webhook_secret_next_env", 16),
            None => None,
        };
        let header = HeaderName::from_bytes(table.webhook_header.get_ref().as_bytes()).ok();
        if header.is_none() {
            self.add(
                &table.webhook_header.span(),
                "leap.webhook_header",
                "is not a header name; write for example \"x-rekindle-key\"",
            );
        }
        let calls = NonZeroU32::new(*table.calls_per_minute.get_ref());
        if calls.is_none() {
            self.add(
                &table.calls_per_minute.span(),
                "leap.calls_per_minute",
                "must be at least 1; Leap publishes no limit, so ask for yours",
            );
        }
        let page_size = *table.page_size.get_ref();
        if !(1..=1_000).contains(&page_size) {
            self.add(
                &table.page_size.span(),
                "leap.page_size",
                "must be from 1 to 1000; Leap's own default is 10",
            );
        }
        let current = current?;
        // `webhook test` uses this one, whatever else is reserved.
        let mut reserved_prefixes = table.reserved_prefixes;
        reserved_prefixes.push(providers::leap::webhooks::TEST_PREFIX.to_owned());
        Some(Leap {
            base_url: base_url?,
            api_key: ApiKey::new(api_key?),
            webhook_header: header?,
            secrets: Secrets {
                current: Secret::new(&current).ok()?,
                other: next.and_then(|next| Secret::new(&next).ok()),
            },
            webhook_secret: current,
            calls_per_minute: calls?,
            page_size,
            reserved_prefixes,
        })
    }

    fn bayou(&mut self, table: &BayouTable) -> Option<Bayou> {
        let base_url = self.url(&table.base_url, "bayou.base_url");
        let api_key = self.secret(&table.api_key_env, "bayou.api_key_env", 1);
        let current = self.secret(&table.webhook_secret_env, "bayou.webhook_secret_env", 16);
        let next = match &table.webhook_secret_next_env {
            Some(next) => self.secret(next, "bayou.webhook_secret_next_env", 16),
            None => None,
        };
        let calls_per_minute = NonZeroU32::new(*table.calls_per_minute.get_ref());
        if calls_per_minute.is_none() {
            self.add(
                &table.calls_per_minute.span(),
                "bayou.calls_per_minute",
                "must be at least 1; Bayou publishes no limit, so ask for yours",
            );
        }
        let references = match table.references.get_ref().as_str() {
            "external_id" => Some(References::ExternalId),
            "customer_id" => Some(References::CustomerId),
            _ => {
                self.add(
                    &table.references.span(),
                    "bayou.references",
                    "must be \"external_id\" or \"customer_id\": what your references are at Bayou",
                );
                None
            }
        };
        let bills = table.bills.as_ref();
        if let Some((bills, problem)) = bills.and_then(|bills| Some((bills, bills.get_ref().problem()?))) {
            self.add(&bills.span(), "bayou.bills", problem);
        }
        Some(Bayou {
            bills: bills.map(|bills| bills.get_ref().clone()),
            base_url: base_url?,
            api_key: ApiKey::new(api_key?),
            webhook_secrets: Secrets {
                current: Secret::new(&current?).ok()?,
                other: next.and_then(|next| Secret::new(&next).ok()),
            },
            references: references?,
            calls_per_minute: calls_per_minute?,
        })
    }

    fn secret(&mut self, name: &Spanned<String>, key: &str, at_least: usize) -> Option<String> {
        let problem = match (self.environment)(name.get_ref()) {
            // It may be the secret itself, written here by mistake: it is not repeated.
            _ if !is_variable_name(name.get_ref()) => {
                "must be the name of an environment variable (A-Z, 0-9 and _), not the secret itself".to_owned()
            }
            None => format!("names the environment variable {}, which is not set", name.get_ref()),
            Some(value) if value.len() < at_least => {
                format!(
                    "names the environment variable {}, whose value must have at least {at_least} characters",
                    name.get_ref()
                )
            }
            Some(value) => return Some(value),
        };
        self.add(&name.span(), key, &problem);
        None
    }
}

/// Reads the file's shape, or says at which line what is wrong.
fn read(text: &str) -> Result<File, (usize, String)> {
    let place = |error: &toml::de::Error| error.span().map_or(1, |span| line(text, &span));
    let table = toml::Deserializer::parse(text).map_err(|error| (place(&error), error.message().to_owned()))?;
    serde_path_to_error::deserialize(table).map_err(|error| {
        let (key, error) = (error.path().to_string(), error.into_inner());
        let message = error.message();
        let problem = match message.split_once("expected ") {
            Some((_, "u32")) => format!("{key} must be a whole number"),
            Some((_, expected)) if message.starts_with("invalid type") => format!("{key} must be {expected}"),
            Some(_) | None => message.to_owned(),
        };
        (place(&error), problem)
    })
}

fn is_variable_name(text: &str) -> bool {
    let begins = text
        .bytes()
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    begins
        && text.len() <= 100
        && text
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

fn line(text: &str, span: &Range<usize>) -> usize {
    text.as_bytes()
        .iter()
        .take(span.start)
        .filter(|byte| **byte == b'\n')
        .count()
        + 1
}

#[allow(
    clippy::disallowed_methods,
    reason = "this is the one room that reads the environment"
)]
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The sender, as the outbox takes it, from the campaign.
pub(crate) fn outbox(campaign: &campaign::LoadedCampaign) -> OutboxConfig {
    let sender = &campaign.sender;
    OutboxConfig {
        from_name: sender.name.clone(),
        from_address: sender.from.clone(),
        reply_to: sender.reply_to.clone(),
        campaign: campaign.name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, String> {
        let environment = |name: &str| {
            name.starts_with("REKINDLE")
                .then(|| "an invented secret of some length".to_owned())
        };
        Config::parse(text, Path::new("rekindle.toml"), &environment).map_err(|error| error.to_string())
    }

    #[test]
    fn the_example_is_right() {
        let config = parse(EXAMPLE).unwrap();
        assert_eq!(config.public_url, "http://127.0.0.1:8787");
        assert_eq!(config.leap.as_ref().unwrap().webhook_header, "x-rekindle-key");
        assert!(config.tokens.check(b"an invented secret of some length") && !config.tokens.check(b"another"));
    }

    #[test]
    fn an_error_names_key_line_and_what_would_be_right() {
        let broken = EXAMPLE
            .replace("calls_per_minute = 60", "calls_per_minute = 0")
            .replace("\"REKINDLE_API_TOKEN\"", "\"NOT_SET\"")
            .replace(
                "public_url = \"http://127.0.0.1:8787\"",
                "public_url = \"http://example.com\"",
            );
        let error = parse(&broken).err().unwrap();
        let line_of = |text: &str| 1 + broken.lines().position(|line| line.starts_with(text)).unwrap();
        assert!(
            error.contains(&format!(
                "rekindle.toml:{}: public_url must be an https URL",
                line_of("public_url")
            )),
            "{error}"
        );
        assert!(
            error.contains(&format!(
                "rekindle.toml:{}: secrets.api_token_env names the environment variable NOT_SET, which is not set",
                line_of("api_token_env")
            )),
            "{error}"
        );
        assert!(
            error.contains(&format!(
                "rekindle.toml:{}: leap.calls_per_minute must be at least 1",
                line_of("calls_per_minute")
            )),
            "{error}"
        );
    }

    /// The example's part about Bayou, without the marks that make it a comment.
    fn with_bayou() -> String {
        let (before, rest) = EXAMPLE.split_once("# [bayou]\n").unwrap();
        let (bayou, after) = rest.split_once("\n\n").unwrap();
        let keys = bayou.lines().map(|line| line.strip_prefix("# ").unwrap());
        let keys = keys.filter(|line| line.starts_with('[') || line.contains(" = "));
        let keys: Vec<&str> = keys.collect();
        format!("{before}[bayou]\n{}\n\n{after}", keys.join("\n"))
    }

    #[test]
    fn the_example_s_bayou_is_right_and_hands_bills_over_only_by_names_that_are_told() {
        use providers::bayou::{CustomerValue, Encoding};
        let text = with_bayou();
        let bills = parse(&text).unwrap().bayou.unwrap().bills.unwrap();
        assert_eq!(
            (bills.encoding, bills.customer_value),
            (Encoding::Multipart, CustomerValue::ExternalId)
        );
        let (without, _) = text.split_once("[bayou.bills]").unwrap();
        let (_, rest) = EXAMPLE.split_once("# Who may get test").unwrap();
        let without = format!("{without}# {rest}");
        assert!(parse(&without).unwrap().bayou.unwrap().bills.is_none());

        let twice = text.replace("customer_field = \"CUSTOMER\"", "customer_field = \"FILE\"");
        let error = parse(&twice).err().unwrap();
        assert!(error.contains("bayou.bills names a field twice"), "{error}");
        let unnamed = text.replace("customer_field = \"CUSTOMER\"", "");
        let error = parse(&unnamed).err().unwrap();
        assert!(error.contains("customer_field"), "{error}");
    }

    /// The example's part about Light, without the marks that make it a comment.
    fn with_light() -> String {
        let (before, rest) = EXAMPLE.split_once("# [light]\n").unwrap();
        let (light, after) = rest.split_once("\n\n").unwrap();
        let keys = light.lines().map(|line| line.strip_prefix("# ").unwrap());
        let keys = keys.filter(|line| line.starts_with('[') || line.contains(" = "));
        let keys: Vec<&str> = keys.collect();
        format!("{before}[light]\n{}\n\n{after}", keys.join("\n"))
    }

    #[test]
    fn the_example_s_light_is_right() {
        let light = parse(&with_light()).unwrap().light.unwrap();
        assert_eq!(light.flow, Flow::Own);
        assert_eq!(light.stripe.js, "https://js.stripe.com/v3/");
        assert_eq!(light.hook.signature.header, "header");
        assert_eq!(light.names.stripe_key.as_deref(), Some("STRIPE.PUBLIC_KEY"));
        assert_eq!(light.origins, ["https://app.example.com"]);
    }

    #[test]
    fn trap_25_what_is_not_known_of_light_s_signature_has_no_default() {
        for key in [
            "webhook_secret_env",
            "webhook_signature_header",
            "webhook_signature_hash",
            "webhook_signature_encoding",
            "webhook_type_field",
            "webhook_account_field",
            "environment",
        ] {
            let text = with_light();
            let without: Vec<&str> = text
                .lines()
                .filter(|line| !line.starts_with(&format!("{key} =")))
                .collect();
            let error = parse(&without.join("\n")).err().unwrap();
            assert!(error.contains(key), "{key}: {error}");
        }
        for (right, wrong, named) in [
            (
                "\"hex\"",
                "\"hexadecimal\"",
                "light.webhook_signature_encoding must be \"hex\" or \"base64\"",
            ),
            (
                "\"sha256\"",
                "\"md5\"",
                "light.webhook_signature_hash must be \"sha256\" or \"sha512\"",
            ),
            ("\"DATA.ACCOUNT\"", "\"DATA..ACCOUNT\"", "light.webhook_account_field"),
            ("https://app.example.com", "https://app.example.com/", "no origin"),
            ("stripe_key = \"STRIPE.PUBLIC_KEY\"", "", "client_secret and stripe_key"),
        ] {
            let error = parse(&with_light().replace(right, wrong)).err().unwrap();
            assert!(error.contains(named), "{error}");
        }
    }

    #[test]
    fn either_provider_is_enough_and_none_is_too_few() {
        let text = with_bayou();
        let (before, rest) = text.split_once("[leap]\n").unwrap();
        let (_, bayou) = rest.split_once("[bayou]\n").unwrap();
        let only_bayou = parse(&format!("{before}[bayou]\n{bayou}")).unwrap();
        assert!(only_bayou.leap.is_none() && only_bayou.bayou.is_some());
        let error = parse(before).err().unwrap();
        assert!(
            error.contains("there is no provider") && error.contains("[bayou]"),
            "{error}"
        );
    }

    #[test]
    fn an_unknown_key_is_named_with_those_that_would_be_right() {
        let error = parse(&EXAMPLE.replace("page_size", "pagesize")).err().unwrap();
        assert!(
            error.contains("unknown field `pagesize`") && error.contains("`page_size`"),
            "{error}"
        );
    }
}
