//! Leap's API.

use std::sync::Arc;

use journey::port::Clock;

use super::config::LeapConfig;
use crate::api::{Api, ConfigError};

/// Asks Leap. Clones share the connections and the budget of calls.
#[derive(Clone, Debug)]
pub struct LeapClient {
    api: Api,
    config: Arc<LeapConfig>,
}

impl LeapClient {
    /// Makes a client. The clock is the program's: the budget and `Retry-After` follow it, while
    /// timeouts and pauses between attempts take the machine's time.
    ///
    /// # Errors
    /// Settings that cannot be right, and a machine without root certificates.
    pub fn new(config: LeapConfig, clock: Arc<dyn Clock + Send + Sync>) -> Result<Self, ConfigError> {
        Ok(LeapClient {
            api: Api::new(config.api()?, clock)?,
            config: Arc::new(config),
        })
    }

    pub(super) fn config(&self) -> &LeapConfig {
        &self.config
    }
}

impl core::ops::Deref for LeapClient {
    type Target = Api;

    fn deref(&self) -> &Api {
        &self.api
    }
}
