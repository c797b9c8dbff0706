//! A server with a script.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, Response};
use serde_json::Value;
use tokio::net::TcpListener;

/// An answer to one request.
#[derive(Clone)]
pub(super) enum Answer {
    Status(u16, Vec<(&'static str, String)>, String),
    /// None at all, until the client gives up.
    Silence,
}

/// A request as it arrived.
#[derive(Clone)]
pub(super) struct Received {
    /// The connection that it came over.
    pub(super) from: SocketAddr,
    /// Method, path and query, byte for byte.
    pub(super) line: String,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

/// The server. Its last answer is given to all further requests.
pub(super) struct Stub {
    pub(super) base_url: String,
    script: Arc<Script>,
}

struct Script {
    answers: Mutex<VecDeque<Answer>>,
    received: Mutex<Vec<Received>>,
}

pub(super) fn ok(body: impl Into<String>) -> Answer {
    Answer::Status(200, Vec::new(), body.into())
}

pub(super) fn status(status: u16) -> Answer {
    Answer::Status(
        status,
        Vec::new(),
        r#"{"error":"Forbidden","message":"somebody@example.com"}"#.to_owned(),
    )
}

pub(super) fn retry_after(status: u16, value: &str) -> Answer {
    Answer::Status(status, vec![("Retry-After", value.to_owned())], String::new())
}

impl Stub {
    pub(super) async fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        let script = Arc::new(Script {
            answers: Mutex::new(answers.into_iter().collect()),
            received: Mutex::new(Vec::new()),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&script));
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        Stub { base_url, script }
    }

    pub(super) fn received(&self) -> Vec<Received> {
        self.script.received.lock().unwrap().clone()
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.received().into_iter().map(|one| one.line).collect()
    }

    pub(super) fn bodies(&self) -> Vec<Value> {
        self.received()
            .iter()
            .map(|one| serde_json::from_str(&one.body).unwrap_or_default())
            .collect()
    }
}

async fn answer(
    State(script): State<Arc<Script>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    script.received.lock().unwrap().push(Received {
        from,
        line: format!("{} {}", parts.method, parts.uri),
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    });
    let next = {
        let mut answers = script.answers.lock().unwrap();
        if answers.len() > 1 {
            answers.pop_front().unwrap()
        } else {
            answers.front().unwrap().clone()
        }
    };
    match next {
        Answer::Status(status, headers, body) => {
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            response.body(Body::from(body)).unwrap()
        }
        Answer::Silence => std::future::pending().await,
    }
}
