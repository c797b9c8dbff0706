//! The only room that reads the environment: one typed configuration a function, read once at start.

mod functions;
mod parts;
mod reader;

use core::fmt;
use std::collections::BTreeMap;

use crate::clients::Account;

pub use functions::{
    AnnounceConfig, ContactsConfig, EnrollConfig, FeedbackConfig, MeterCheckConfig, PagesConfig, ReconcileConfig,
    TouchpointConfig, WebhookConfig,
};
pub use parts::{
    BayouBills, BayouSettings, LeapSettings, LightEnvironment, LightFlow, LightSettings, LightWebhooks,
    SchedulesConfig, SecretKind, SecretName, SecretNames, SignatureEncoding, SignatureHash, Stack, TextsConfig,
};
pub use reader::ConfigError;
use reader::Reader;

/// The environment as it was at start. A variable that is empty counts as absent: that is how a
/// template leaves one out.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<String, String>);

impl fmt::Debug for Environment {
    /// Names only: the credentials are in here.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        let variables = variables.into_iter();
        Environment(variables.map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl Environment {
    /// Reads the environment of the process. What is not UTF-8 is not ours.
    #[must_use]
    #[allow(clippy::disallowed_methods, reason = "this is the room")]
    pub fn read() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    }

    /// The value of a variable, unless it is absent or empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The filter of the logs: `LOG_LEVEL`, or `info`.
    #[must_use]
    pub fn log_level(&self) -> &str {
        self.get("LOG_LEVEL").unwrap_or("info")
    }

    pub(crate) fn account(&self) -> Result<Account, ConfigError> {
        let mut read = Reader::new(self);
        let region = self.get("AWS_REGION").or(self.get("AWS_DEFAULT_REGION"));
        let region = match region {
            Some(region) => Some(region.to_owned()),
            None => read.text("AWS_REGION", "the Region, such as us-west-2; Lambda sets it"),
        };
        let access_key_id = read.text("AWS_ACCESS_KEY_ID", "an access key; Lambda sets it");
        let secret_access_key = read.text("AWS_SECRET_ACCESS_KEY", "the access key's secret; Lambda sets it");
        let session_token = self.get("AWS_SESSION_TOKEN").map(str::to_owned);
        read.finish(|| {
            Some(Account {
                region: region?,
                access_key_id: access_key_id?,
                secret_access_key: secret_access_key?,
                session_token,
            })
        })
    }
}

#[cfg(test)]
mod tests;
