//! What every function begins with.

use core::fmt;
use std::sync::Arc;

use journey::IdKey;
use journey::port::Clock;

use crate::clock::SystemClock;
use crate::config::{SecretName, Stack};
use crate::{Clients, ConfigError, Environment, Metrics, Secrets, SecretsError, Table};

/// The parts that every function has, made once, before its first event.
pub struct Start {
    /// The services' clients.
    pub clients: Clients,
    /// The secrets that the function needs.
    pub secrets: Secrets,
    /// The key of our own identifiers.
    pub id_key: IdKey,
    /// The table.
    pub table: Table,
    /// What is counted and measured.
    pub metrics: Arc<Metrics>,
    /// Differs from instance to instance: for jitter, never for a decision.
    pub seed: u64,
}

impl fmt::Debug for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Start(hidden)")
    }
}

/// Why a function cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The environment is not right.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A secret is not there.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
}

impl Start {
    /// Makes the clients and reads the secrets, with one call.
    ///
    /// # Errors
    /// [`StartError`] names what is missing.
    pub async fn new(environment: &Environment, stack: &Stack, secrets: &[SecretName]) -> Result<Self, StartError> {
        let clients = Clients::from_env(environment)?;
        let secrets = Secrets::load(&clients.ssm(), secrets).await?;
        let id_key = secrets.id_key()?;
        let table = Table::new(clients.dynamodb(), &*stack.table, id_key.clone());
        Ok(Start {
            table,
            id_key,
            secrets,
            clients,
            metrics: Arc::new(Metrics::new(stack.name.clone())),
            seed: SystemClock.now().as_millisecond().unsigned_abs(),
        })
    }
}
