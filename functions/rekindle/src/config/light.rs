//! Light's part of `rekindle.toml`. What Light does not document has no default here: unset, the program does not start.

use std::num::NonZeroU32;

use axum::http::HeaderName;
use providers::Secret as ApiKey;
use providers::light::{Environment, LightNames, Refusals};
use serde::Deserialize;
use toml::Spanned;
use url::Url;
use webhook::{Envelope, LightHook, SignatureEncoding, SignatureForm, SignatureHash, SigningKey};

use super::Problems;

/// Light's part of the configuration.
pub(crate) struct Light {
    pub(crate) base_url: Url,
    pub(crate) app_token: ApiKey,
    pub(crate) environment: Environment,
    pub(crate) calls_per_minute: NonZeroU32,
    pub(crate) names: LightNames,
    pub(crate) refusals: Refusals,
    pub(crate) hook: LightHook,
    pub(crate) flow: Flow,
    pub(crate) stripe: enroll::Stripe,
    /// The origins whose pages may call the enrolment's API from a browser.
    pub(crate) origins: Vec<String>,
}

/// Where a customer goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Flow {
    /// On our own pages.
    #[default]
    Own,
    /// In Light's hosted flow.
    Hosted,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LightTable {
    base_url: Spanned<String>,
    app_token_env: Spanned<String>,
    environment: Environment,
    calls_per_minute: Spanned<u32>,
    webhook_secret_env: Spanned<String>,
    webhook_secret_next_env: Option<Spanned<String>>,
    webhook_signature_header: Spanned<String>,
    webhook_signature_hash: Spanned<String>,
    webhook_signature_encoding: Spanned<String>,
    #[serde(default)]
    webhook_signature_prefix: String,
    webhook_type_field: Spanned<String>,
    webhook_account_field: Spanned<String>,
    webhook_id_field: Option<Spanned<String>>,
    #[serde(default)]
    flow: Flow,
    names: Option<Spanned<LightNames>>,
    refusals: Option<Spanned<Refusals>>,
    stripe_js: Option<Spanned<String>>,
    #[serde(default)]
    allowed_origins: Vec<Spanned<String>>,
}

impl Problems<'_> {
    pub(super) fn light(&mut self, table: &LightTable) -> Option<Light> {
        let base_url = self.url(&table.base_url, "light.base_url");
        let app_token = self.secret(&table.app_token_env, "light.app_token_env", 1);
        let calls_per_minute = NonZeroU32::new(*table.calls_per_minute.get_ref());
        if calls_per_minute.is_none() {
            self.add(
                &table.calls_per_minute.span(),
                "light.calls_per_minute",
                "must be at least 1; Light publishes no limit, so ask for yours",
            );
        }
        let hook = self.light_hook(table);
        if let Some((names, problem)) = table.names.as_ref().and_then(|it| Some((it, it.get_ref().problem()?))) {
            self.add(&names.span(), "light.names", problem);
        }
        if let Some((said, problem)) = table
            .refusals
            .as_ref()
            .and_then(|it| Some((it, it.get_ref().problem()?)))
        {
            self.add(&said.span(), "light.refusals", problem);
        }
        let stripe = self.stripe(table.stripe_js.as_ref());
        let origins = table.allowed_origins.iter();
        let origins: Vec<_> = origins.map(|origin| self.origin(origin)).collect();
        Some(Light {
            base_url: base_url?,
            app_token: ApiKey::new(app_token?),
            environment: table.environment,
            calls_per_minute: calls_per_minute?,
            names: table
                .names
                .as_ref()
                .map(|names| names.get_ref().clone())
                .unwrap_or_default(),
            refusals: table
                .refusals
                .as_ref()
                .map(|it| it.get_ref().clone())
                .unwrap_or_default(),
            hook: hook?,
            flow: table.flow,
            stripe: stripe?,
            origins: origins.into_iter().collect::<Option<_>>()?,
        })
    }

    fn light_hook(&mut self, table: &LightTable) -> Option<LightHook> {
        let current = self.secret(&table.webhook_secret_env, "light.webhook_secret_env", 16);
        let next = match &table.webhook_secret_next_env {
            Some(next) => self.secret(next, "light.webhook_secret_next_env", 16),
            None => None,
        };
        let header = HeaderName::from_bytes(table.webhook_signature_header.get_ref().as_bytes()).ok();
        if header.is_none() {
            self.add(
                &table.webhook_signature_header.span(),
                "light.webhook_signature_header",
                "is not a header name; write the one that Light's dashboard shows",
            );
        }
        let hash = match table.webhook_signature_hash.get_ref().as_str() {
            "sha256" => Some(SignatureHash::Sha256),
            "sha512" => Some(SignatureHash::Sha512),
            _ => None,
        };
        if hash.is_none() {
            self.add(
                &table.webhook_signature_hash.span(),
                "light.webhook_signature_hash",
                "must be \"sha256\" or \"sha512\"",
            );
        }
        let encoding = match table.webhook_signature_encoding.get_ref().as_str() {
            "hex" => Some(SignatureEncoding::Hex),
            "base64" => Some(SignatureEncoding::Base64),
            _ => None,
        };
        if encoding.is_none() {
            self.add(
                &table.webhook_signature_encoding.span(),
                "light.webhook_signature_encoding",
                "must be \"hex\" or \"base64\"",
            );
        }
        let paths = [
            ("light.webhook_type_field", Some(&table.webhook_type_field)),
            ("light.webhook_account_field", Some(&table.webhook_account_field)),
            ("light.webhook_id_field", table.webhook_id_field.as_ref()),
        ];
        for (key, path) in paths {
            if let Some(path) = path.filter(|path| path.get_ref().split('.').any(str::is_empty)) {
                self.add(
                    &path.span(),
                    key,
                    "must be a field's name, or several with dots between, such as \"data.account\"",
                );
            }
        }
        let keys = [Some(current?), next].into_iter().flatten();
        Some(LightHook {
            keys: keys.filter_map(|key| SigningKey::new(&key).ok()).collect(),
            signature: SignatureForm {
                header: header?,
                hash: hash?,
                encoding: encoding?,
                prefix: table.webhook_signature_prefix.clone(),
            },
            envelope: Envelope {
                event_type: table.webhook_type_field.get_ref().clone(),
                account: table.webhook_account_field.get_ref().clone(),
                event_id: table.webhook_id_field.as_ref().map(|path| path.get_ref().clone()),
            },
        })
    }

    /// Stripe itself, or a stand-in of its script, which then does everything itself.
    fn stripe(&mut self, js: Option<&Spanned<String>>) -> Option<enroll::Stripe> {
        let Some(js) = js else {
            return Some(enroll::Stripe::default());
        };
        let url = self.url(js, "light.stripe_js")?;
        let origin = url.origin().ascii_serialization();
        Some(enroll::Stripe::at(url.into(), origin))
    }

    fn origin(&mut self, origin: &Spanned<String>) -> Option<String> {
        let url = self.url(origin, "light.allowed_origins")?;
        let whole = url.origin().ascii_serialization();
        if whole == origin.get_ref().as_str() {
            return Some(whole);
        }
        self.add(
            &origin.span(),
            "light.allowed_origins",
            "has an entry that is no origin: write only scheme and host, such as \"https://app.example.com\"",
        );
        None
    }
}
