//! The sandbox driven as its users drive it: over HTTP, with a clock moved by hand.

mod api;
mod bayou;
mod deliveries;
mod habits;
mod light;
mod population;
mod reminders;
mod shapes;
mod webhooks;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::{Clock, Customer, EventType, Habit, Header, NewWebhook, Population, Sandbox, SandboxConfig};

const KEY: &str = "0123456789abcdef:sandbox-secret";
const START: &str = "2026-07-01T16:00:00Z";

/// A clock that stands still until it is set.
struct ManualClock(Mutex<Timestamp>);

impl ManualClock {
    fn set(&self, now: Timestamp) {
        let mut clock = self.0.lock().unwrap();
        *clock = now.max(*clock);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// A sandbox with its clock and a caller of its API.
struct Story {
    sandbox: Sandbox,
    clock: Arc<ManualClock>,
    http: reqwest::Client,
}

impl Story {
    async fn start(seed: u64) -> Self {
        Self::start_with(SandboxConfig::new(seed, KEY)).await
    }

    async fn start_with(config: SandboxConfig) -> Self {
        let clock = Arc::new(ManualClock(Mutex::new(at(START))));
        let sandbox = Sandbox::start(config, Arc::<ManualClock>::clone(&clock)).await.unwrap();
        Self {
            sandbox,
            clock,
            http: reqwest::Client::new(),
        }
    }

    /// A story with a population of which every customer arrives in the first hour.
    fn populate(&self, seed: u64, count: usize) -> Vec<Customer> {
        let population = Population::generate(
            seed,
            count,
            at(START),
            SignedDuration::from_hours(1),
            self.sandbox.base_url(),
        );
        let customers = population.customers().to_vec();
        self.sandbox.add_population(population);
        customers
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
        tokio::time::timeout(Duration::from_secs(30), self.sandbox.settle())
            .await
            .expect("the sandbox settles");
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.call(self.http.get(self.url(path))).await
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.call(self.http.post(self.url(path)).json(&body)).await
    }

    async fn call(&self, request: reqwest::RequestBuilder) -> (u16, Value) {
        let response = request.bearer_auth(KEY).send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    async fn connections(&self, query: &[(&str, &str)]) -> (u16, Value) {
        let path = self.url("/v1.1/connect/connection");
        self.call(self.http.get(path).query(query)).await
    }

    /// All entries of the Connect API, by reference.
    async fn entries(&self) -> BTreeMap<String, Value> {
        let mut entries = BTreeMap::new();
        let mut token: Option<String> = None;
        loop {
            let mut query = vec![("page-size", "7")];
            query.extend(token.as_deref().map(|token| ("page-token", token)));
            let (status, page) = self.connections(&query).await;
            assert_eq!(status, 200, "{page}");
            for entry in page["onboardingConnections"].as_array().unwrap() {
                entries.insert(text(&entry["ref_id"]), entry.clone());
            }
            token = page["nextPageToken"].as_str().map(str::to_owned);
            if token.is_none() {
                return entries;
            }
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox.base_url())
    }
}

/// A partner's receiver, which answers what it is told to.
struct Receiver {
    url: String,
    state: Arc<ReceiverState>,
}

struct ReceiverState {
    clock: Arc<ManualClock>,
    answer: AtomicU16,
    received: Mutex<Vec<Received>>,
}

#[derive(Clone, Debug, PartialEq)]
struct Received {
    at: Timestamp,
    body: Value,
    headers: BTreeMap<String, String>,
}

impl Receiver {
    async fn start(clock: &Arc<ManualClock>) -> Self {
        let state = Arc::new(ReceiverState {
            clock: Arc::clone(clock),
            answer: AtomicU16::new(204),
            received: Mutex::new(Vec::new()),
        });
        let router = Router::new()
            .route("/hooks", post(receive))
            .with_state(Arc::clone(&state));
        Self {
            url: format!("{}/hooks", serve(router).await),
            state,
        }
    }

    /// Subscribes to everything.
    async fn subscribed(story: &Story) -> Self {
        let receiver = Self::start(&story.clock).await;
        story
            .sandbox
            .register_webhook(receiver.webhook(&EventType::ALL))
            .unwrap();
        receiver
    }

    fn webhook(&self, event_types: &[EventType]) -> NewWebhook {
        NewWebhook {
            receiver_url: self.url.clone(),
            event_types: event_types.to_vec(),
            headers: vec![Header {
                name: "X-API-Key".to_owned(),
                value: "your-test-key".to_owned(),
            }],
        }
    }

    fn answer(&self, status: u16) {
        self.state.answer.store(status, Ordering::SeqCst);
    }

    fn received(&self) -> Vec<Received> {
        self.state.received.lock().unwrap().clone()
    }

    /// What was received about a reference or meter: each event's kind and status.
    fn told(&self, subject: &str) -> Vec<String> {
        let about = |received: &Received| {
            let payload = &received.body["payload"];
            (payload["partner_reference"] == subject).then(|| kind(payload))
        };
        self.received().iter().filter_map(about).collect()
    }
}

async fn receive(State(state): State<Arc<ReceiverState>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let headers = headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    let status = state.answer.load(Ordering::SeqCst);
    state.received.lock().unwrap().push(Received {
        at: state.clock.now(),
        body: serde_json::from_slice(&body).unwrap(),
        headers,
    });
    if status == 0 {
        // Never answers, as far as the caller is concerned.
        tokio::time::sleep(Duration::from_secs(3_600)).await;
    }
    StatusCode::from_u16(status).unwrap()
}

/// Serves a router on a free port and returns its base URL.
async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
    format!("http://{address}")
}

/// `session CREATED`, `authorization FAILED`, `meter.created`, ...
fn kind(payload: &Value) -> String {
    let event_type = text(&payload["webhook_event_type"]);
    let status = payload.get("status").or(payload.get("global_enrollment_status"));
    let event_type = match event_type.as_str() {
        "connect_session.updated" => "session",
        "connect_session.authorization_updated" => "authorization",
        other => other,
    };
    match status {
        Some(status) => format!("{event_type} {}", text(status)),
        None => event_type.to_owned(),
    }
}

fn fixture(name: &str) -> Value {
    read_fixture("leap", name)
}

fn read_fixture(provider: &str, name: &str) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures");
    let text = std::fs::read_to_string(format!("{folder}/{provider}/{name}.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn first_with(customers: &[Customer], habit: Habit) -> Customer {
    customers
        .iter()
        .find(|customer| customer.habit == habit)
        .unwrap()
        .clone()
}
