//! The internet between Leap, the customers and the stack: it may lose, repeat and turn around what it carries.
//!
//! It also gives the stack an address that can be opened from here: an emulated API is known by a host
//! name that nobody resolves.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

/// What happens to the webhooks about one reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Its completion is lost.
    LosesCompleted,
    /// Everything is delivered twice.
    Doubles,
    /// Everything is held until the customer is done, then delivered backwards, twice.
    Reverses,
}

/// A forwarder with a memory.
#[derive(Clone)]
pub struct Internet {
    inner: Arc<Inner>,
}

struct Inner {
    client: reqwest::Client,
    address: String,
    target: Mutex<Option<Target>>,
    fates: Mutex<BTreeMap<String, Fate>>,
    held: Mutex<BTreeMap<String, Vec<Held>>>,
    answers: Mutex<Vec<(String, u16, u128)>>,
}

#[derive(Clone)]
struct Target {
    base: String,
    host: String,
}

#[derive(Clone)]
struct Held {
    path: String,
    headers: axum::http::HeaderMap,
    body: Bytes,
}

impl Internet {
    /// Starts it; [`Internet::leads_to`] says where it leads.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let internet = Internet {
            inner: Arc::new(Inner {
                client: reqwest::Client::builder()
                    .redirect(reqwest::redirect::Policy::none())
                    .build()
                    .unwrap(),
                address: format!("http://{}", listener.local_addr().unwrap()),
                target: Mutex::new(None),
                fates: Mutex::default(),
                held: Mutex::default(),
                answers: Mutex::default(),
            }),
        };
        let app = Router::new().fallback(carry).with_state(internet.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        internet
    }

    /// Its own address.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.inner.address
    }

    /// Where everything goes: an address that can be reached, and the host that is asked for there.
    pub fn leads_to(&self, base: &str, host: &str) {
        *self.inner.target.lock().unwrap() = Some(Target {
            base: base.to_owned(),
            host: host.to_owned(),
        });
    }

    /// Decides what happens to webhooks about a reference from now on.
    pub fn fate(&self, reference: &str, fate: Fate) {
        self.inner.fates.lock().unwrap().insert(reference.to_owned(), fate);
    }

    /// Every answer of the stack to a webhook so far: path, status, milliseconds.
    #[must_use]
    pub fn webhook_answers(&self) -> Vec<(String, u16, u128)> {
        self.inner.answers.lock().unwrap().clone()
    }

    /// Delivers what was held for a reference: backwards, each twice. Answers how many there were.
    pub async fn let_go(&self, reference: &str) -> usize {
        self.inner.fates.lock().unwrap().remove(reference);
        let held = self.inner.held.lock().unwrap().remove(reference).unwrap_or_default();
        for one in held.iter().rev() {
            for _ in 0..2 {
                let answer = self.post(one.clone()).await;
                assert_eq!(answer.status(), StatusCode::OK, "a held webhook was refused");
            }
        }
        held.len()
    }

    async fn post(&self, held: Held) -> Response {
        self.forward("POST", &held.path, held.headers, held.body).await
    }

    async fn forward(&self, method: &str, path: &str, mut headers: axum::http::HeaderMap, body: Bytes) -> Response {
        let target = self.inner.target.lock().unwrap().clone();
        let Some(target) = target else {
            return (StatusCode::BAD_GATEWAY, "the stack is not up yet").into_response();
        };
        headers.remove(header::HOST);
        headers.remove(header::CONTENT_LENGTH);
        headers.remove(header::TRANSFER_ENCODING);
        let began = std::time::Instant::now();
        let answer = self
            .inner
            .client
            .request(method.parse().unwrap(), format!("{}{path}", target.base))
            .headers(headers)
            .header(header::HOST, target.host)
            .body(body)
            .send()
            .await;
        let Ok(answer) = answer else {
            return StatusCode::BAD_GATEWAY.into_response();
        };
        let status = answer.status();
        if path.starts_with("/webhooks/") {
            let took = began.elapsed().as_millis();
            self.inner
                .answers
                .lock()
                .unwrap()
                .push((path.to_owned(), status.as_u16(), took));
        }
        let mut response = Response::builder().status(status);
        for (name, value) in answer.headers() {
            if name != header::CONTENT_LENGTH && name != header::TRANSFER_ENCODING && name != header::CONNECTION {
                response = response.header(name, value);
            }
        }
        response
            .body(Body::from(answer.bytes().await.unwrap_or_default()))
            .unwrap()
    }
}

async fn carry(State(internet): State<Internet>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 8 * 1024 * 1024).await.unwrap();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let held = Held {
        path: path.clone(),
        headers: parts.headers.clone(),
        body: body.clone(),
    };
    if path.starts_with("/webhooks/") {
        let event: Value = serde_json::from_slice(&body).unwrap_or_default();
        let (reference, completed) = about(&event);
        let fate = internet.inner.fates.lock().unwrap().get(&reference).copied();
        match fate {
            Some(Fate::LosesCompleted) if completed => return StatusCode::OK.into_response(),
            Some(Fate::Doubles) => drop(internet.post(held.clone()).await),
            Some(Fate::Reverses) => {
                internet
                    .inner
                    .held
                    .lock()
                    .unwrap()
                    .entry(reference)
                    .or_default()
                    .push(held);
                return StatusCode::OK.into_response();
            }
            Some(Fate::LosesCompleted) | None => {}
        }
    }
    internet
        .forward(parts.method.as_str(), &path, parts.headers, body)
        .await
}

/// The reference that an event is about, and whether it says that the customer is done.
fn about(event: &Value) -> (String, bool) {
    let reference = find(event, "partner_reference").and_then(Value::as_str);
    let kind = find(event, "webhook_event_type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let status = find(event, "status").and_then(Value::as_str).unwrap_or_default();
    let completed = kind == "connect_session.updated" && status == "COMPLETED";
    (reference.unwrap_or_default().to_owned(), completed)
}

fn find<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    match value {
        Value::Object(fields) => fields
            .get(key)
            .or_else(|| fields.values().find_map(|value| find(value, key))),
        Value::Array(items) => items.iter().find_map(|value| find(value, key)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}
