//! The providers' clients of a function, made from its settings and its secrets.
//!
//! It is a crate because neither side may know the other: `aws` reads the environment, `providers` knows what may
//! stand there. A one-machine program has nothing of it.

use std::sync::Arc;

use aws::{
    BayouBills, BayouSettings, LeapSettings, LightEnvironment, LightSettings, SecretKind, SecretsError, Start,
    SystemClock,
};
use providers::Secret;
use providers::bayou::{BayouClient, BayouConfig, BillForm};
use providers::leap::{LeapClient, LeapConfig};
use providers::light::{Environment, LightClient, LightConfig, LightNames, Refusals};
use serde::de::DeserializeOwned;

/// Why a client cannot be made, so that the function cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The function has no such secret.
    #[error(transparent)]
    Secret(#[from] SecretsError),
    /// A variable is no JSON of its form.
    #[error("{variable}: {problem}")]
    Json {
        /// Its name.
        variable: &'static str,
        /// Where, and what would be right.
        problem: serde_json::Error,
    },
    /// A variable says what cannot be.
    #[error("{variable} {problem}")]
    Wrong {
        /// Its name.
        variable: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The client takes no such settings.
    #[error(transparent)]
    Config(#[from] providers::ConfigError),
}

/// Leap's.
///
/// # Errors
/// [`ClientError`] says what is missing or wrong; here and below.
pub fn leap(settings: LeapSettings, start: &Start) -> Result<LeapClient, ClientError> {
    let api_key = secret(start, SecretKind::LeapApiKey)?;
    let config = LeapConfig {
        page_size: settings.page_size,
        jitter_seed: start.seed,
        ..LeapConfig::new(settings.base_url, api_key, settings.calls_per_minute)
    };
    Ok(LeapClient::new(config, Arc::new(SystemClock))?)
}

/// Bayou's, where this deployment has Bayou.
///
/// # Errors
/// As above.
pub fn bayou(settings: Option<BayouSettings>, start: &Start) -> Result<Option<BayouClient>, ClientError> {
    settings.map(|settings| bayou_with(settings, None, start)).transpose()
}

/// Bayou's, where bills are handed over.
///
/// # Errors
/// As above.
pub fn bayou_for_bills(bills: Option<BayouBills>, start: &Start) -> Result<Option<BayouClient>, ClientError> {
    let Some(BayouBills { api, form }) = bills else {
        return Ok(None);
    };
    let form = json("BAYOU_BILLS", &form, BillForm::problem)?;
    bayou_with(api, Some(form), start).map(Some)
}

fn bayou_with(settings: BayouSettings, bills: Option<BillForm>, start: &Start) -> Result<BayouClient, ClientError> {
    let api_key = secret(start, SecretKind::BayouApiKey)?;
    let config = BayouConfig {
        references: settings.references,
        bills,
        jitter_seed: start.seed,
        ..BayouConfig::new(settings.base_url, api_key, settings.calls_per_minute)
    };
    Ok(BayouClient::new(&config, Arc::new(SystemClock))?)
}

/// Light's, where this deployment has Light.
///
/// # Errors
/// As above.
pub fn light(settings: Option<LightSettings>, start: &Start) -> Result<Option<LightClient>, ClientError> {
    let Some(settings) = settings else {
        return Ok(None);
    };
    let token = secret(start, SecretKind::LightAppToken)?;
    let config = LightConfig {
        jitter_seed: start.seed,
        ..light_config(settings, token)?
    };
    Ok(Some(LightClient::new(&config, Arc::new(SystemClock))?))
}

fn light_config(settings: LightSettings, token: Secret) -> Result<LightConfig, ClientError> {
    let environment = match settings.environment {
        LightEnvironment::Sandbox => Environment::Sandbox,
        LightEnvironment::Live => Environment::Live,
    };
    Ok(LightConfig {
        names: json("LIGHT_NAMES", &settings.names, LightNames::problem)?,
        refusals: json("LIGHT_REFUSALS", &settings.refusals, Refusals::problem)?,
        ..LightConfig::new(settings.base_url, token, environment, settings.calls_per_minute)
    })
}

fn secret(start: &Start, kind: SecretKind) -> Result<Secret, SecretsError> {
    Ok(Secret::new(start.secrets.get(kind)?.expose()))
}

/// A variable in JSON, if nothing is wrong with it.
fn json<T: DeserializeOwned>(
    variable: &'static str,
    text: &str,
    problem_of: impl FnOnce(&T) -> Option<&'static str>,
) -> Result<T, ClientError> {
    let read: T = serde_json::from_str(text).map_err(|problem| ClientError::Json { variable, problem })?;
    match problem_of(&read) {
        None => Ok(read),
        Some(problem) => Err(ClientError::Wrong { variable, problem }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn light(names: &str, refusals: &str) -> Result<LightConfig, String> {
        let settings = LightSettings {
            base_url: LightConfig::BASE_URL.parse().unwrap(),
            environment: LightEnvironment::Live,
            calls_per_minute: 60.try_into().unwrap(),
            names: names.to_owned(),
            refusals: refusals.to_owned(),
        };
        light_config(settings, Secret::new("an-invented-token")).map_err(|error| error.to_string())
    }

    #[test]
    fn what_light_does_not_publish_comes_as_json() {
        let names = r#"{"client_secret": "secret", "stripe_key": "stripe.key"}"#;
        let config = light(names, r#"{"switch_hold": ["Held."]}"#).unwrap();
        assert_eq!(config.names.stripe_key.as_deref(), Some("stripe.key"));
        assert_eq!(config.refusals.switch_hold, ["Held."]);
        assert_eq!(config.environment, Environment::Live);
        let unset = light("{}", "{}").unwrap();
        assert_eq!(
            (unset.names, unset.refusals),
            (LightNames::default(), Refusals::default())
        );
    }

    #[test]
    fn what_is_wrong_with_it_is_said_with_the_variable_s_name() {
        let held_twice = r#"{"switch_hold": ["Held."], "ineligible": ["Held."]}"#;
        for (names, refusals, said) in [
            (r#"{"client_secret": "secret"}"#, "{}", "LIGHT_NAMES names only one of"),
            (r#"{"secret": "secret"}"#, "{}", "LIGHT_NAMES: unknown field"),
            ("{}", held_twice, "LIGHT_REFUSALS has a text that stands for both"),
            ("{}", r#"{"switch_hold": "Held."}"#, "LIGHT_REFUSALS: invalid type"),
        ] {
            let error = light(names, refusals).unwrap_err();
            assert!(error.starts_with(said), "{error}");
        }
    }
}
