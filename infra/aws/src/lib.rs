//! The ports on AWS: one table in DynamoDB, one-shot schedules, SES and SNS, a bus, bills in S3, secrets in SSM.
//!
//! Architecture invariant: an SDK's types end here. What leaves this crate are the rules' own types,
//! and errors that say what the caller can do.

mod announcer;
mod bills;
mod bus;
mod clients;
mod clock;
mod config;
mod gateway;
mod invoke;
mod logs;
mod mailer;
mod metrics;
mod pusher;
mod schedules;
mod secrets;
mod start;
mod table;
#[cfg(test)]
mod testing;
mod texter;

pub use announcer::Announcer;
pub use bills::Bills;
pub use bus::{Bus, SOURCE};
pub use clients::Clients;
pub use clock::SystemClock;
pub use config::{
    AnnounceConfig, BayouBills, BayouSettings, ConfigError, ContactsConfig, EnrollConfig, Environment, FeedbackConfig,
    LeapSettings, LightEnvironment, LightFlow, LightSettings, LightWebhooks, MeterCheckConfig, PagesConfig,
    ReconcileConfig, SchedulesConfig, SecretKind, SecretName, SecretNames, SignatureEncoding, SignatureHash, Stack,
    TextsConfig, TouchpointConfig, WebhookConfig,
};
pub use gateway::{GatewayRequest, GatewayResponse};
pub use invoke::Invoker;
pub use logs::{init_logs, until_the_end};
pub use mailer::{Mailer, Sender};
pub use metrics::Metrics;
pub use pusher::Pusher;
pub use schedules::{NotAJourney, ScheduledFire, Schedules};
pub use secrets::{Secret, Secrets, SecretsError};
pub use start::{Start, StartError};
pub use table::{MAX_COUNTS, Table};
pub use texter::Texter;
