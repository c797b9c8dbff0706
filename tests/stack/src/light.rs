//! Light's stand-in, by the machine's clock, and the card form that it has in place of Stripe's.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use sandbox::Clock;
use sandbox::light::{LightConfig, LightSandbox, WebhookForm};
use serde_json::{Value, json};

use crate::leap::machine_now;

/// The App's token.
pub const APP_TOKEN: &str = "an-invented-token-at-light";
/// What Light signs its webhooks with.
pub const WEBHOOK_SECRET: &str = "an-invented-secret-of-light";
/// The header of the signature.
pub const SIGNATURE: &str = "Light-Signature";
/// The names of fields that are not documented, as the stand-in has them.
pub const NAMES: &str = r#"{"client_secret": "client_secret", "stripe_key": "stripe_publishable_key"}"#;

struct MachineClock;

impl Clock for MachineClock {
    fn now(&self) -> Timestamp {
        machine_now()
    }
}

/// Light, and whoever acts there.
pub struct Light {
    /// The stand-in.
    pub sandbox: LightSandbox,
}

impl Light {
    /// Starts it; it has no customers.
    pub async fn start() -> Self {
        let config = LightConfig {
            finalized_after: SignedDuration::from_secs(3),
            webhook: WebhookForm {
                secret: WEBHOOK_SECRET.to_owned(),
                signature_header: SIGNATURE.to_owned(),
                ..WebhookForm::default()
            },
            ..LightConfig::new(11, APP_TOKEN)
        };
        Light {
            sandbox: LightSandbox::start(config, Arc::new(MachineClock)).await.unwrap(),
        }
    }

    /// Its API.
    #[must_use]
    pub fn api(&self) -> String {
        format!("{}/v1", self.sandbox.base_url())
    }

    /// Has its webhooks come to the stack.
    pub fn calls(&self, public_url: &str) {
        let receiver = format!("{public_url}/webhooks/light");
        self.sandbox.set_webhook(Some(receiver.parse().unwrap()));
    }

    /// A customer types a card into the form that a payment session opens; answers the payment method.
    pub async fn give_card(&self, session: &Value) -> String {
        let secret = session["client_secret"].as_str().unwrap();
        let (intent, _) = secret.split_once("_secret_").unwrap();
        let card = json!({"number": "4242424242424242", "expiry": "12 / 34", "cvc": "123", "postal_code": "77002"});
        let answer = reqwest::Client::new()
            .post(format!(
                "{}/stripe/v1/setup_intents/{intent}/confirm",
                self.sandbox.base_url()
            ))
            .json(&json!({"key": session["publishable_key"], "client_secret": secret, "card": card}))
            .send()
            .await
            .unwrap();
        let confirmed: Value = answer.json().await.unwrap();
        assert_eq!(confirmed["status"], "succeeded", "{confirmed}");
        confirmed["payment_method"].as_str().unwrap().to_owned()
    }
}
