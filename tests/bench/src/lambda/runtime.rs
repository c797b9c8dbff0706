//! The runtime's side of Lambda, as far as a function sees it.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, bail};
use aws::SystemClock;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use journey::port::Clock;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Mutex, oneshot};
use tokio::task::JoinHandle;

/// What a function is given for one invocation, in milliseconds; no more than a shutdown could wait for.
const DEADLINE_MS: i64 = 60_000;

/// What a function does.
pub(crate) enum Did {
    /// It asks for the next event. Whoever answers gives it one.
    Asked(oneshot::Sender<Bytes>),
    /// It has answered one.
    Answered(Bytes),
    /// It has failed, and says why.
    Failed(Bytes),
}

/// When a function did something.
pub(crate) struct Noted {
    pub(crate) at: Instant,
    pub(crate) did: Did,
}

/// The API for one function; it ends when it is dropped.
pub(crate) struct RuntimeApi {
    pub(crate) address: SocketAddr,
    noted: UnboundedReceiver<Noted>,
    server: JoinHandle<()>,
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

#[derive(Clone)]
struct Api {
    notes: UnboundedSender<Noted>,
    invocations: Arc<Mutex<u64>>,
}

impl RuntimeApi {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (notes, noted) = unbounded_channel();
        let api = Api {
            notes,
            invocations: Arc::default(),
        };
        let app = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(answered))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(failed))
            .route("/2018-06-01/runtime/init/error", post(not_started))
            .with_state(api);
        let server = tokio::spawn(async move {
            // It goes on until it is aborted.
            let _ = axum::serve(listener, app).await;
        });
        Ok(RuntimeApi { address, noted, server })
    }

    /// What the function does next.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Noted> {
        self.noted.recv().await.context("the runtime's API has ended")
    }

    /// Waits until the function asks for an event; answers when it did, and where the event is to go.
    pub(crate) async fn asked(&mut self) -> anyhow::Result<(Instant, oneshot::Sender<Bytes>)> {
        let Noted { at, did } = self.next().await?;
        match did {
            Did::Asked(place) => Ok((at, place)),
            Did::Answered(_) => bail!("the function has answered what nobody asked"),
            Did::Failed(why) => bail!("the function has failed: {}", String::from_utf8_lossy(&why)),
        }
    }
}

impl Api {
    fn note(&self, did: Did) -> StatusCode {
        let at = Instant::now();
        match self.notes.send(Noted { at, did }) {
            Ok(()) => StatusCode::ACCEPTED,
            Err(_) => StatusCode::GONE,
        }
    }
}

async fn next(State(api): State<Api>) -> Response {
    let (place, event) = oneshot::channel();
    api.note(Did::Asked(place));
    let Ok(event) = event.await else {
        return StatusCode::GONE.into_response();
    };
    let number = {
        let mut invocations = api.invocations.lock().await;
        *invocations += 1;
        *invocations
    };
    let deadline = SystemClock.now().as_millisecond() + DEADLINE_MS;
    let headers = [
        (
            "lambda-runtime-aws-request-id",
            format!("00000000-0000-4000-8000-{number:012x}"),
        ),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:us-east-1:123456789012:function:bench".to_owned(),
        ),
        (
            "lambda-runtime-trace-id",
            "Root=1-6a6f1b00-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=0".to_owned(),
        ),
        ("content-type", "application/json".to_owned()),
    ];
    (headers, event).into_response()
}

async fn answered(State(api): State<Api>, Path(_): Path<String>, body: Bytes) -> StatusCode {
    api.note(Did::Answered(body))
}

async fn failed(State(api): State<Api>, Path(_): Path<String>, body: Bytes) -> StatusCode {
    api.note(Did::Failed(body))
}

async fn not_started(State(api): State<Api>, body: Bytes) -> StatusCode {
    api.note(Did::Failed(body))
}
