//! Stands before DynamoDB Local, asks it what each request consumes, and keeps the book.
//!
//! The emulator does not check signatures, so that a body may be changed on the way.

use anyhow::Context;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::ledger::Ledger;

/// What a query that finds nothing is charged, and the emulator leaves out: one page, read eventually.
const EMPTY_READ: f64 = 0.5;

/// What a write is charged that its condition has refused; the emulator's refusal does not say.
const REFUSED_WRITE: f64 = 1.0;

/// The header that names the operation.
const TARGET: &str = "x-amz-target";

#[derive(Clone)]
struct Proxy {
    upstream: String,
    http: reqwest::Client,
    ledger: Ledger,
}

/// A running proxy; it ends when it is dropped.
pub(crate) struct Counting {
    pub(crate) url: String,
    server: JoinHandle<()>,
}

impl Drop for Counting {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Starts one.
pub(crate) async fn start(upstream: &str, ledger: &Ledger) -> anyhow::Result<Counting> {
    // Two crates bring a TLS provider each, so rustls asks for a choice; what was chosen before stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let proxy = Proxy {
        upstream: upstream.to_owned(),
        http: reqwest::Client::builder().build().context("an HTTP client")?,
        ledger: ledger.clone(),
    };
    let app = Router::new().fallback(pass).with_state(proxy);
    let server = tokio::spawn(async move {
        // It goes on until it is aborted.
        let _ = axum::serve(listener, app).await;
    });
    Ok(Counting { url, server })
}

async fn pass(State(proxy): State<Proxy>, headers: HeaderMap, body: Bytes) -> Response {
    match proxy.pass(&headers, &body).await {
        Ok(answer) => answer,
        Err(error) => (StatusCode::BAD_GATEWAY, format!("{error:#}")).into_response(),
    }
}

impl Proxy {
    async fn pass(&self, headers: &HeaderMap, body: &[u8]) -> anyhow::Result<Response> {
        let target = headers.get(TARGET).and_then(|target| target.to_str().ok());
        let operation = target.and_then(|target| target.rsplit('.').next()).unwrap_or_default();
        let mut asked: Value = serde_json::from_slice(body)?;
        if let Some(asked) = asked.as_object_mut() {
            asked.insert("ReturnConsumedCapacity".to_owned(), "INDEXES".into());
        }
        let mut request = self.http.post(&self.upstream).body(serde_json::to_vec(&asked)?);
        for name in ["authorization", "content-type", "x-amz-date", TARGET] {
            if let Some(value) = headers.get(name) {
                request = request.header(name, value);
            }
        }
        let answer = request.send().await?;
        let status = answer.status();
        let answer = answer.bytes().await?;
        let (write_units, read_units) = units(operation, status.is_success(), &answer)?;
        self.ledger.answered(operation, write_units, read_units);
        // The client compares a checksum, if the answer has one: without it, it takes what comes.
        Ok((status, [(CONTENT_TYPE, "application/x-amz-json-1.0")], answer).into_response())
    }
}

/// The write and read units of one request.
fn units(operation: &str, done: bool, answer: &[u8]) -> anyhow::Result<(f64, f64)> {
    let is_read = ["GetItem", "BatchGetItem", "TransactGetItems", "Query", "Scan"].contains(&operation);
    if !done {
        return Ok(if is_read { (0.0, 0.0) } else { (REFUSED_WRITE, 0.0) });
    }
    let answer: Value = serde_json::from_slice(answer)?;
    let consumed = answer.get("ConsumedCapacity");
    let of = |consumed: &Value| consumed.get("CapacityUnits").and_then(Value::as_f64);
    let units = match consumed {
        Some(Value::Array(tables)) => tables.iter().filter_map(of).sum(),
        Some(one) => of(one).unwrap_or_default(),
        None => 0.0,
    };
    Ok(if is_read {
        (0.0, f64::max(units, EMPTY_READ))
    } else {
        (units, 0.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(operation: &str, done: bool, answer: &str) -> (f64, f64) {
        units(operation, done, answer.as_bytes()).unwrap()
    }

    #[test]
    fn units_are_read_from_answers_of_all_forms() {
        let one = r#"{"ConsumedCapacity":{"CapacityUnits":3.0,"Table":{"CapacityUnits":1.0}}}"#;
        assert_eq!(of("UpdateItem", true, one), (3.0, 0.0));
        assert_eq!(of("GetItem", true, one), (0.0, 3.0));
        let several = r#"{"ConsumedCapacity":[{"CapacityUnits":4.0},{"CapacityUnits":2.0}]}"#;
        assert_eq!(of("TransactWriteItems", true, several), (6.0, 0.0));
    }

    #[test]
    fn what_the_emulator_leaves_out_is_charged() {
        let nothing = r#"{"ConsumedCapacity":{"CapacityUnits":0.0}}"#;
        assert_eq!(of("Query", true, nothing), (0.0, EMPTY_READ));
        assert_eq!(of("UpdateItem", false, "{}"), (REFUSED_WRITE, 0.0));
    }
}
