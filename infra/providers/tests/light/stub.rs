//! A Light with a script: for each call its answers, the last of which is given to all further ones.

use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use journey::Reference;
use journey::enrollment::EsiId;
use journey::port::Clock;
use providers::Secret;
use providers::light::{Environment, LightClient, LightConfig};
use serde_json::{Value, json};

pub(crate) const APP_TOKEN: &str = "an-invented-app-token";
pub(crate) const ACCOUNT: &str = "00000000-0000-4000-8000-000000000001";
pub(crate) const MINT: &str = "POST /v1/app/accounts/00000000-0000-4000-8000-000000000001/token";
pub(crate) const LOGIN: &str = "POST /v1/app/accounts/00000000-0000-4000-8000-000000000001/flow-login";
pub(crate) const LOOK: &str = "GET /v1/account";

/// A clock that is set by hand. The fixtures' tokens end an hour after its beginning.
#[derive(Clone)]
pub(crate) struct Hand(Arc<Mutex<Timestamp>>);

impl Hand {
    pub(crate) fn new() -> Self {
        Hand(Arc::new(Mutex::new("2024-04-29T12:59:18.650Z".parse().unwrap())))
    }

    pub(crate) fn pass(&self, span: SignedDuration) {
        let mut now = self.0.lock().unwrap();
        *now = now.checked_add(span).unwrap();
    }
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// A request as it arrived.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Received {
    /// Method, path and query.
    pub(crate) line: String,
    pub(crate) authorization: String,
    /// Null for none.
    pub(crate) body: Value,
}

#[derive(Default)]
struct Script {
    answers: Mutex<BTreeMap<String, VecDeque<(u16, String)>>>,
    received: Mutex<Vec<Received>>,
}

pub(crate) struct Stub {
    pub(crate) base_url: String,
    script: Arc<Script>,
}

impl Stub {
    /// Mints `token-1`, `token-2` and so on, and knows nothing else.
    pub(crate) async fn start() -> Self {
        let script = Arc::new(Script::default());
        let app = Router::new().fallback(answer).with_state(Arc::clone(&script));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        let stub = Stub { base_url, script };
        for number in 1..=9 {
            stub.on(MINT, 200, minted(number));
        }
        stub
    }

    /// One more answer to a call.
    pub(crate) fn on(&self, line: &str, status: u16, body: impl Into<String>) -> &Self {
        let mut answers = self.script.answers.lock().unwrap();
        answers
            .entry(line.to_owned())
            .or_default()
            .push_back((status, body.into()));
        self
    }

    /// This answer, and no other, to a call.
    pub(crate) fn only(&self, line: &str, status: u16, body: impl Into<String>) -> &Self {
        self.script.answers.lock().unwrap().remove(line);
        self.on(line, status, body)
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.script.received.lock().unwrap().clone()
    }

    /// What was asked since this was last called: method and path, and with which token.
    pub(crate) fn asked(&self) -> Vec<String> {
        let asked = core::mem::take(&mut *self.script.received.lock().unwrap());
        let short = |token: &str| token.trim_start_matches("Bearer ").to_owned();
        let lines = asked
            .iter()
            .map(|one| format!("{} {}", one.line, short(&one.authorization)));
        lines.collect()
    }

    pub(crate) fn config(&self) -> LightConfig {
        let base = self.base_url.parse().unwrap();
        let calls = NonZeroU32::new(6000).unwrap();
        let mut config = LightConfig::new(base, Secret::new(APP_TOKEN), Environment::Sandbox, calls);
        config.backoff = core::time::Duration::from_millis(1);
        config
    }

    pub(crate) fn client(&self) -> LightClient {
        self.client_with(&self.config(), &Hand::new())
    }

    pub(crate) fn client_with(&self, config: &LightConfig, hand: &Hand) -> LightClient {
        LightClient::new(config, Arc::new(hand.clone())).unwrap()
    }
}

async fn answer(State(script): State<Arc<Script>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let line = format!("{} {}", parts.method, parts.uri);
    script.received.lock().unwrap().push(Received {
        line: line.clone(),
        authorization: parts.headers["authorization"].to_str().unwrap().to_owned(),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    });
    let mut answers = script.answers.lock().unwrap();
    let (status, body) = match answers.get_mut(&line) {
        Some(queue) if queue.len() > 1 => queue.pop_front().unwrap(),
        Some(queue) => queue.front().unwrap().clone(),
        None => (599, "{}".to_owned()),
    };
    let status = StatusCode::from_u16(status).unwrap();
    (status, [("content-type", "application/json")], body).into_response()
}

/// The fixture's answer, with tokens that can be told apart.
fn minted(number: u32) -> String {
    let mut answer = fixture("app-account-token.response");
    answer["token"] = json!(format!("token-{number}"));
    answer.to_string()
}

pub(crate) fn fixture(name: &str) -> Value {
    serde_json::from_str(&text(name)).unwrap()
}

pub(crate) fn text(name: &str) -> String {
    let path = format!("{}/../../tests/fixtures/light/{name}.json", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub(crate) fn account() -> Reference {
    Reference::new(ACCOUNT).unwrap()
}

pub(crate) fn esi_id() -> EsiId {
    EsiId::parse("55512345671234567").unwrap()
}
