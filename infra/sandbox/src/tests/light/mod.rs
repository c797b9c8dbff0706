//! Light's stand-in driven as its users drive it: over HTTP, with a clock moved by hand.

mod api;
mod book;
mod cards;
mod enrolling;
mod flow;
mod people;
mod quirks;
mod shapes;
mod webhooks;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use url::Url;

use super::{Clock, ManualClock, Receiver, START, at, read_fixture, text};
use crate::light::{LightConfig, LightSandbox, Truth};

const APP: &str = "app_token";
/// The contract's sample.
const HOME: &str = "55512345671234567";

/// A stand-in with its clock, a receiver, and a caller of its API.
struct Story {
    sandbox: LightSandbox,
    clock: Arc<ManualClock>,
    receiver: Receiver,
    http: reqwest::Client,
}

impl Story {
    async fn start(seed: u64) -> Self {
        Self::start_with(LightConfig::new(seed, APP)).await
    }

    async fn start_with(config: LightConfig) -> Self {
        let clock = Arc::new(ManualClock(Mutex::new(at(START))));
        let sandbox = LightSandbox::start(config, Arc::<ManualClock>::clone(&clock))
            .await
            .unwrap();
        let receiver = Receiver::start(&clock).await;
        sandbox.set_webhook(Some(Url::parse(&receiver.url).unwrap()));
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        Self {
            sandbox,
            clock,
            receiver,
            http: http.build().unwrap(),
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
        self.live_until(self.clock.now() + time).await;
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
        format!("{}{path}", self.sandbox.base_url())
    }

    fn account(&self) -> String {
        self.sandbox.create_account("Ada", "Example", "ada@example.com")
    }

    /// Calls as the App.
    async fn app(&self, path: &str, body: Value) -> (u16, Value) {
        let request = self.http.post(self.url(&format!("/v1/app{path}"))).json(&body);
        call(request.bearer_auth(APP)).await
    }

    async fn token(&self, account: &str) -> String {
        let (status, minted) = self.app(&format!("/accounts/{account}/token"), json!({})).await;
        assert_eq!(status, 200, "{minted}");
        text(&minted["token"])
    }

    /// Reads something as an account.
    async fn get(&self, account: &str, path: &str) -> (u16, Value) {
        let token = self.token(account).await;
        let request = self.http.get(self.url(&format!("/v1/account{path}")));
        call(request.bearer_auth(token)).await
    }

    /// Posts something as an account.
    async fn post(&self, account: &str, path: &str, body: Value) -> (u16, Value) {
        let token = self.token(account).await;
        let request = self.http.post(self.url(&format!("/v1/account{path}"))).json(&body);
        call(request.bearer_auth(token)).await
    }

    async fn put(&self, account: &str, path: &str, body: Value) -> (u16, Value) {
        let token = self.token(account).await;
        let request = self.http.put(self.url(&format!("/v1/account{path}"))).json(&body);
        call(request.bearer_auth(token)).await
    }

    /// The account's object.
    async fn read(&self, account: &str) -> Value {
        let (status, object) = self.get(account, "").await;
        assert_eq!(status, 200, "{object}");
        object
    }

    async fn plans(&self, account: &str, esi_id: &str) -> Vec<Value> {
        let (status, plans) = self
            .post(account, "/enroll/plans/request", json!({"esi_id": esi_id}))
            .await;
        assert_eq!(status, 200, "{plans}");
        plans.as_array().unwrap().clone()
    }

    /// Asks to accept a plan as it is offered, from its first day on.
    async fn accept(&self, account: &str, esi_id: &str, plan: &Value) -> (u16, Value) {
        let body = json!({
            "esi_id": esi_id,
            "plan_uuid": plan["uuid"],
            "start_date": plan["earliest_start_date"],
            "terms_accepted": true,
        });
        self.post(account, "/enroll/plans/accept", body).await
    }

    fn truth(&self, account: &str) -> Truth {
        self.sandbox.truth()[account].clone()
    }

    /// The types of the events received about an account.
    fn told(&self, account: &str) -> Vec<String> {
        let received = self.receiver.received().into_iter().map(|received| received.body);
        let about = received.filter(|body| body["account_uuid"] == account);
        about.map(|body| text(&body["type"])).collect()
    }
}

async fn call(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

fn fixture(name: &str) -> Value {
    read_fixture("light", name)
}

const MINUTE: SignedDuration = SignedDuration::from_mins(1);
const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);
