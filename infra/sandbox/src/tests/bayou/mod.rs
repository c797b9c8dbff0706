//! Bayou's stand-in driven as its users drive it: over HTTP, with a clock moved by hand.

mod api;
mod connections;
mod data;
mod deliveries;
mod people;
mod shapes;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use url::Url;

use super::{ManualClock, Receiver, START, at, read_fixture};
use crate::bayou::{
    BayouConfig, BayouSandbox, Customer, EDISON, GAS, Habit, LIGHT, POWER, Population, Reason, Repair, Utility,
};

const KEY: &str = "test_key";
const EMAIL: &str = "iamvalid@bayou.energy";
const PASSWORD: &str = "validpassword";

/// A stand-in with its clock, a receiver, and a caller of its API.
struct Story {
    sandbox: BayouSandbox,
    clock: Arc<ManualClock>,
    receiver: Receiver,
    http: reqwest::Client,
}

impl Story {
    async fn start(seed: u64) -> Self {
        Self::start_with(BayouConfig::new(seed, KEY)).await
    }

    async fn start_with(config: BayouConfig) -> Self {
        let clock = Arc::new(ManualClock(Mutex::new(at(START))));
        let sandbox = BayouSandbox::start(config, Arc::<ManualClock>::clone(&clock))
            .await
            .unwrap();
        let receiver = Receiver::start(&clock).await;
        sandbox.set_webhook(Some(Url::parse(&receiver.url).unwrap()));
        Self {
            sandbox,
            clock,
            receiver,
            http: reqwest::Client::new(),
        }
    }

    /// Lets everything happen at its own moment.
    async fn live_until(&self, until: Timestamp) {
        loop {
            self.settle().await;
            match self.sandbox.next_action_at() {
                Some(next_at) if next_at <= until => self.clock.set(next_at),
                Some(_) | None => break,
            }
        }
        self.leap_to(until).await;
    }

    async fn live_for(&self, time: SignedDuration) {
        self.live_until(super::Clock::now(&*self.clock) + time).await;
    }

    /// Lets everything happen at once, still in its order.
    async fn leap_to(&self, until: Timestamp) {
        self.clock.set(until);
        self.settle().await;
    }

    async fn settle(&self) {
        tokio::time::timeout(Duration::from_secs(60), self.sandbox.settle())
            .await
            .expect("the sandbox settles");
    }

    fn url(&self, path: &str) -> String {
        format!("{}/api/v2{path}", self.sandbox.base_url())
    }

    async fn call(&self, request: reqwest::RequestBuilder) -> (u16, Value) {
        let response = request.basic_auth(KEY, Some("")).send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.call(self.http.get(self.url(path))).await
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.call(self.http.post(self.url(path)).json(&body)).await
    }

    async fn patch(&self, path: &str, body: Value) -> (u16, Value) {
        self.call(self.http.patch(self.url(path)).json(&body)).await
    }

    /// Makes a customer and returns the object.
    async fn create(&self, external_id: &str, utility: &Utility) -> Value {
        let email = "customer@example.com";
        let body = json!({"external_id": external_id, "email": email, "utility": utility.code});
        let (status, object) = self.post("/customers", body).await;
        assert_eq!(status, 201, "{object}");
        object
    }

    async fn customer(&self, external_id: &str) -> Value {
        let (status, object) = self.get(&format!("/customers/external_id:{external_id}")).await;
        assert_eq!(status, 200, "{object}");
        object
    }

    /// Fills in a step of the form, and returns the page it leads to.
    async fn fill(&self, link: &str, fields: &[(&str, &str)]) -> (u16, String) {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let request = self
            .http
            .post(link)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form);
        page(request).await
    }

    /// Logs in with what every utility accepts.
    async fn log_in(&self, external_id: &str) {
        let object = self.customer(external_id).await;
        let link = object["onboarding_link"].as_str().unwrap();
        let (_, page) = self.fill(link, &[("email", EMAIL), ("password", PASSWORD)]).await;
        if page.contains("name=\"code\"") {
            self.fill(link, &[("code", "1234")]).await;
        }
        self.settle().await;
        assert_eq!(self.customer(external_id).await["is_currently_authenticated"], true);
    }

    /// The names of the events received about a customer.
    fn told(&self, external_id: &str) -> Vec<String> {
        let about = |object: &Value| {
            let key = if object.get("customer_external_id").is_some() {
                "customer_external_id"
            } else {
                "external_id"
            };
            object[key] == external_id
        };
        self.received()
            .iter()
            .filter(|body| about(&body["object"]))
            .map(|body| super::text(&body["event"]))
            .collect()
    }

    fn received(&self) -> Vec<Value> {
        self.receiver
            .received()
            .into_iter()
            .map(|received| received.body)
            .collect()
    }

    /// The bodies received of one event.
    fn events(&self, name: &str) -> Vec<Value> {
        let mut bodies = self.received();
        bodies.retain(|body| body["event"] == name);
        bodies
    }
}

async fn page(request: reqwest::RequestBuilder) -> (u16, String) {
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

fn fixture(name: &str) -> Value {
    read_fixture("bayou", name)
}

/// A customer at a utility, who arrives at the start.
fn customer(external_id: &str, habit: Habit, utility: &'static Utility) -> Customer {
    Customer {
        external_id: external_id.to_owned(),
        first_name: "Casey".to_owned(),
        email: "casey@example.com".to_owned(),
        locale: "en",
        utility,
        utility_is_told: true,
        opted_out: false,
        habit,
        arrives_at: at(START),
        partner_creates: true,
        account_has_intervals: true,
        intervals_stop_after: None,
        password_changes_after: None,
        repair: Repair::AfterReminder,
        filled_flag: None,
    }
}

const MINUTE: SignedDuration = SignedDuration::from_mins(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);
