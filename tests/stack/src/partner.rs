//! The partner: a receiver of signed lifecycle events.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;
use standardwebhooks::Webhook;

/// The signing key that the partner shares with the stack.
pub const SIGNING_KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A receiver that takes only what is rightly signed.
#[derive(Clone)]
pub struct Receiver {
    inner: Arc<Inner>,
}

struct Inner {
    address: String,
    events: Mutex<Vec<Value>>,
    forged: Mutex<u32>,
}

impl Receiver {
    /// Starts it.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Receiver {
            inner: Arc::new(Inner {
                address: format!("http://{}/rekindle", listener.local_addr().unwrap()),
                events: Mutex::default(),
                forged: Mutex::default(),
            }),
        };
        let app = Router::new()
            .route("/rekindle", post(take))
            .with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        receiver
    }

    /// Its URL.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.inner.address
    }

    /// The events about a reference, in the order of their arrival.
    #[must_use]
    pub fn events_of(&self, reference: &str) -> Vec<Value> {
        let events = self.inner.events.lock().unwrap();
        events
            .iter()
            .filter(|event| event["reference"] == reference)
            .cloned()
            .collect()
    }

    /// How many deliveries had no right signature.
    #[must_use]
    pub fn forged(&self) -> u32 {
        *self.inner.forged.lock().unwrap()
    }
}

async fn take(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let key = Webhook::new(SIGNING_KEY).unwrap();
    if key.verify(&body, &headers).is_err() {
        *receiver.inner.forged.lock().unwrap() += 1;
        return StatusCode::UNAUTHORIZED;
    }
    receiver
        .inner
        .events
        .lock()
        .unwrap()
        .push(serde_json::from_slice(&body).unwrap());
    StatusCode::NO_CONTENT
}
