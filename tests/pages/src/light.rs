//! The program with Light's stand-in beside it, and people who enrol in a plan there.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Instant, SystemTime};

use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, StatusCode};
use sandbox::light::{LightConfig, LightSandbox, WebhookForm};
use serde_json::{Value, json};

use crate::running::{Running, example};

const APP_TOKEN: &str = "an-invented-app-token-of-tests";
const SECRET: &str = "an-invented-webhook-secret-of-tests";

/// `rekindle serve` with Light, whose part a stand-in plays, as it plays Stripe's.
pub struct Enrolling {
    /// Where it is.
    pub base: String,
    /// The stand-in.
    pub light: LightSandbox,
    program: Running,
    time: Arc<Time>,
}

/// Somebody with an account at Light, whom the partner has told of.
pub struct Customer {
    /// The account.
    pub account: String,
    /// The address of the resume page, as a reminder has it.
    pub resume: String,
}

impl Enrolling {
    /// Starts both.
    ///
    /// # Panics
    /// When they do not start.
    pub async fn start() -> Self {
        Self::at_speed(1).await
    }

    /// Starts both, with so many seconds of theirs in each real one.
    ///
    /// # Panics
    /// When they do not start.
    pub async fn at_speed(speed: u32) -> Self {
        let now = SystemTime::UNIX_EPOCH.elapsed().unwrap();
        let time = Arc::new(Time {
            began: Timestamp::UNIX_EPOCH + SignedDuration::try_from(now).unwrap(),
            since: Instant::now(),
            speed,
            shift: AtomicI64::new(0),
        });
        let config = LightConfig {
            // When it is final, a test says.
            finalized_after: SignedDuration::from_hours(100 * 24),
            webhook: WebhookForm {
                secret: SECRET.to_owned(),
                ..WebhookForm::default()
            },
            ..LightConfig::new(7, APP_TOKEN)
        };
        let light = LightSandbox::start(config, time.clone()).await.unwrap();
        let program = started(&light, speed).or_else(|_| started(&light, speed));
        let program = program.unwrap_or_else(|said| panic!("the program did not start: {said}"));
        light.set_webhook(Some(format!("{}/webhooks/light", program.base).parse().unwrap()));
        Enrolling {
            base: program.base.clone(),
            light,
            program,
            time,
        }
    }

    /// Opens an account at Light for somebody, and tells the program of them.
    ///
    /// # Panics
    /// When the program does not take it.
    pub async fn customer(&self, name: &str, locale: &str) -> Customer {
        let email = format!("{name}.{locale}@example.com");
        let account = self.light.create_account("Ana", "Example", &email);
        let contact = json!({ "email": email, "first_name": "Ana", "locale": locale });
        let path = format!("/contacts/light/{account}");
        self.program
            .ask(self.program.partner(Method::PUT, &path).json(&contact))
            .await;
        let resume = self.link(&account).await;
        Customer { account, resume }
    }

    /// Mints what a reminder carries.
    ///
    /// # Panics
    /// When the program does not.
    pub async fn link(&self, account: &str) -> String {
        let path = format!("/links/light/{account}");
        let links = self.program.ask(self.program.partner(Method::POST, &path)).await;
        links["resume_url"].as_str().unwrap().to_owned()
    }

    /// The journey as the partner reads it; null as long as nothing was heard of the customer.
    ///
    /// # Panics
    /// When the program does not answer.
    pub async fn journey(&self, customer: &Customer) -> Value {
        let path = format!("/journeys/light/{}", customer.account);
        let answer = self.program.partner(Method::GET, &path).send().await.unwrap();
        if answer.status() == StatusCode::NOT_FOUND {
            return Value::Null;
        }
        answer.json().await.unwrap()
    }

    /// How many calls Light has answered well, by what their path ends with.
    #[must_use]
    pub fn calls(&self, path: &str) -> u64 {
        let api = self.light.stats().api;
        let of_path = api.iter().filter(|(route, _)| route.ends_with(path));
        of_path
            .flat_map(|(_, by_status)| by_status)
            .filter(|(status, _)| (200..300).contains(*status))
            .map(|(_, count)| count)
            .sum()
    }

    /// Lets time pass at Light, and nowhere else.
    pub fn later_at_light(&self, by: SignedDuration) {
        self.time.shift.fetch_add(by.as_secs(), Ordering::Relaxed);
    }
}

/// The program, on a port that was free a moment ago: its links carry it, so it is chosen before.
fn started(light: &LightSandbox, speed: u32) -> Result<Running, String> {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let stand_in = light.base_url();
    let configuration = format!(
        r#"public_url = "http://{free}"
campaign = "campaign.toml"
[light]
base_url = "{stand_in}/v1"
app_token_env = "APP_TOKEN"
environment = "sandbox"
calls_per_minute = 60000
webhook_secret_env = "LIGHT_SECRET"
webhook_signature_header = "Light-Signature"
webhook_signature_hash = "sha256"
webhook_signature_encoding = "hex"
webhook_type_field = "type"
webhook_account_field = "account_uuid"
stripe_js = "{stand_in}/stripe/v3/"
[light.names]
client_secret = "client_secret"
stripe_key = "stripe_publishable_key"
delivery_per_kwh = "tdu_delivery_cents_per_kwh"
plan_per_month = "monthly_charge_dollars"
usage_month = "month"
usage_amount = "consumption"
[light.refusals]
switch_hold = ["This ESI ID has a switch hold."]
ineligible = ["This address is not eligible for retail choice."]
"#
    );
    let secrets = [("APP_TOKEN", APP_TOKEN), ("LIGHT_SECRET", SECRET)];
    let speed = speed.to_string();
    Running::start(
        &free.to_string(),
        &configuration,
        &example("campaign"),
        &secrets,
        &["--speed", &speed],
    )
}

struct Time {
    began: Timestamp,
    since: Instant,
    speed: u32,
    shift: AtomicI64,
}

impl sandbox::Clock for Time {
    fn now(&self) -> Timestamp {
        let passed = SignedDuration::try_from(self.since.elapsed()).unwrap() * i32::try_from(self.speed).unwrap();
        let shift = SignedDuration::from_secs(self.shift.load(Ordering::Relaxed));
        self.began + passed + shift
    }
}
