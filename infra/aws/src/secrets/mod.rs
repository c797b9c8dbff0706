//! The secrets, from SSM: one call at start for all that a function needs.

use core::fmt;
use std::collections::{BTreeMap, BTreeSet};

use journey::IdKey;

use crate::clients::Failure;
use crate::config::{SecretKind, SecretName};

/// `GetParameters` takes this many names at once.
const NAMES: usize = 10;

/// A secret's value.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

impl Secret {
    /// The value. Never for a log line.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Secrets that could not be had, so that the function cannot start.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// SSM did not answer, or refused.
    #[error("the parameters could not be read from SSM; the function needs ssm:GetParameters on them")]
    Unreadable(#[source] Box<dyn core::error::Error + Send + Sync>),
    /// Some are missing, or cannot be right: all of them, by the names of their parameters.
    #[error("{}", .0.join("; "))]
    Wrong(Vec<String>),
    /// The function asks for a secret that its configuration does not name.
    #[error("no {} was configured", .0.variable())]
    NotConfigured(SecretKind),
}

/// The secrets of a function.
#[derive(Clone, Debug, Default)]
pub struct Secrets(BTreeMap<SecretKind, Secret>);

impl Secrets {
    /// Reads all secrets that a configuration names, decrypted. An optional one whose parameter does not
    /// exist is absent.
    ///
    /// # Errors
    /// [`SecretsError`] names every parameter that is missing or cannot be right.
    pub async fn load(ssm: &aws_sdk_ssm::Client, names: &[SecretName]) -> Result<Self, SecretsError> {
        let distinct: BTreeSet<&str> = names.iter().map(|name| name.parameter.as_str()).collect();
        let distinct: Vec<&str> = distinct.into_iter().collect();
        let mut values = BTreeMap::new();
        for chunk in distinct.chunks(NAMES) {
            let answer = ssm
                .get_parameters()
                .set_names(Some(chunk.iter().copied().map(str::to_owned).collect()))
                .with_decryption(true)
                .send()
                .await
                .map_err(|error| SecretsError::Unreadable(Failure::of(&error).into()))?;
            // Names that SSM does not know come back as `InvalidParameters`: they are those left over.
            for parameter in answer.parameters.unwrap_or_default() {
                if let (Some(name), Some(value)) = (parameter.name, parameter.value) {
                    values.insert(name, value);
                }
            }
        }
        Self::check(names, &values)
    }

    fn check(names: &[SecretName], values: &BTreeMap<String, String>) -> Result<Self, SecretsError> {
        let mut secrets = BTreeMap::new();
        let mut problems = Vec::new();
        for SecretName { kind, parameter } in names {
            let variable = kind.variable();
            match values.get(parameter) {
                Some(value) => match flaw(*kind, value) {
                    None => {
                        secrets.insert(*kind, Secret(value.clone()));
                    }
                    Some(flaw) => problems.push(format!("the parameter {parameter} ({variable}) {flaw}")),
                },
                None if kind.is_optional() => {}
                None => problems.push(format!(
                    "there is no parameter {parameter} ({variable}); create it as a SecureString"
                )),
            }
        }
        if problems.is_empty() {
            Ok(Secrets(secrets))
        } else {
            Err(SecretsError::Wrong(problems))
        }
    }

    /// The secret of a kind, if there is one.
    #[must_use]
    pub fn find(&self, kind: SecretKind) -> Option<&Secret> {
        self.0.get(&kind)
    }

    /// The secret of a kind.
    ///
    /// # Errors
    /// [`SecretsError::NotConfigured`] when the configuration did not name it.
    pub fn get(&self, kind: SecretKind) -> Result<&Secret, SecretsError> {
        self.find(kind).ok_or(SecretsError::NotConfigured(kind))
    }

    /// The key under which people are hashed.
    ///
    /// # Errors
    /// [`SecretsError::NotConfigured`] when the configuration did not name it.
    pub fn id_key(&self) -> Result<IdKey, SecretsError> {
        let kind = SecretKind::IdentityKey;
        IdKey::new(self.get(kind)?.expose()).map_err(|weak| SecretsError::Wrong(vec![weak.to_string()]))
    }
}

/// What is wrong with a value, without repeating it.
fn flaw(kind: SecretKind, value: &str) -> Option<String> {
    if value.trim() != value {
        // A line break at the end comes from a file or an echo, and would be part of the secret.
        Some("begins or ends with white space".to_owned())
    } else if value.len() < kind.at_least() {
        Some(format!("must have at least {} characters", kind.at_least()))
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
