//! Bayou's stand-in, by the machine's clock, and customers who fill in its form by hand.

use std::sync::Arc;

use jiff::Timestamp;
use sandbox::Clock;
use sandbox::bayou::{BayouConfig, BayouSandbox};
use serde_json::json;
use url::Url;

use crate::leap::machine_now;

/// The stack's key at Bayou.
pub const API_KEY: &str = "an-invented-key-at-bayou";
/// What the URL that Bayou calls carries; Bayou signs nothing.
pub const WEBHOOK_SECRET: &str = "an-invented-secret-for-bayou";
/// A utility whose data are there at once.
pub const UTILITY: &str = "speculoos_power";

/// What a browser's form is sent as.
pub const FORM: &str = "application/x-www-form-urlencoded";

struct MachineClock;

impl Clock for MachineClock {
    fn now(&self) -> Timestamp {
        machine_now()
    }
}

/// Bayou, and whoever acts there.
pub struct Bayou {
    /// The stand-in.
    pub sandbox: BayouSandbox,
}

impl Bayou {
    /// Starts it; it has no customers.
    pub async fn start() -> Self {
        let config = BayouConfig::new(11, API_KEY);
        Bayou {
            sandbox: BayouSandbox::start(config, Arc::new(MachineClock)).await.unwrap(),
        }
    }

    /// Its API.
    #[must_use]
    pub fn api(&self) -> String {
        format!("{}/api/v2", self.sandbox.base_url().trim_end_matches('/'))
    }

    /// Has its webhooks come to the stack.
    pub fn calls(&self, public_url: &str) {
        let receiver: Url = format!("{public_url}/webhooks/bayou/{WEBHOOK_SECRET}").parse().unwrap();
        self.sandbox.set_webhook(Some(receiver));
    }

    /// The partner's own program makes a customer's record.
    pub async fn create(&self, external_id: &str) {
        let answer = reqwest::Client::new()
            .post(format!("{}/customers", self.api()))
            .basic_auth(API_KEY, Some(""))
            .json(&json!({ "external_id": external_id, "utility": UTILITY }))
            .send()
            .await
            .unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
    }

    /// A customer signs in at the form that a link opens.
    pub async fn sign_in(&self, form: &Url) {
        assert!(
            form.as_str().starts_with(self.sandbox.base_url()),
            "not Bayou's: {form}"
        );
        let login = "email=iamvalid%40bayou.energy&password=validpassword";
        let answer = reqwest::Client::new()
            .post(form.clone())
            .header("content-type", FORM)
            .body(login)
            .send()
            .await
            .unwrap();
        let page = answer.text().await.unwrap();
        assert!(page.contains("You are connected"), "{page}");
    }
}
