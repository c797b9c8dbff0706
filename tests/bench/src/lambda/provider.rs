//! Leap, as a server: whoever is asked about has stopped half-way, and nobody has a meter.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws::SystemClock;
use axum::extract::{Query, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::SignedDuration;
use journey::port::Clock;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::world::{after, lock};

/// The stand-in; it ends when it is dropped.
pub(crate) struct Provider {
    pub(crate) url: String,
    /// Whom a page of changes shows.
    pub(crate) changed: Arc<Mutex<Vec<String>>>,
    server: JoinHandle<()>,
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Provider {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let changed: Arc<Mutex<Vec<String>>> = Arc::default();
        let app = Router::new()
            .route("/v1.1/connect/connection", get(connections))
            .route("/v2/meters/search", post(|| async { Json(json!({ "meters": [] })) }))
            .with_state(Arc::clone(&changed));
        let server = tokio::spawn(async move {
            // It goes on until it is aborted.
            let _ = axum::serve(listener, app).await;
        });
        Ok(Provider { url, changed, server })
    }
}

async fn connections(
    State(changed): State<Arc<Mutex<Vec<String>>>>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Json<Value> {
    let references = match query.get("ref-id") {
        Some(reference) => vec![reference.clone()],
        None => lock(&changed).clone(),
    };
    let records: Vec<Value> = references.iter().map(|reference| record(reference)).collect();
    Json(json!({
        "totalHits": records.len(),
        "nextPageToken": null,
        "onboardingConnections": records,
    }))
}

fn record(reference: &str) -> Value {
    // Before anything that the bench tells of a customer: no sign of life that would move a reminder.
    let started = after(SystemClock.now(), -SignedDuration::from_hours(48));
    let started = started.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    json!({
        "id": format!("CAISO_f16a3a50-9ce1-436b-82b2-7b6cf3372cd7_{reference}"),
        "transmission_region": "CAISO",
        "ref_id": reference,
        "start_date_time_utc": started,
        "last_interaction_date_time_utc": null,
        "connection_status": "PARTIAL",
        "utility_connections": [{
            "authorization_uuid": null,
            "utility_name": "PG&E: Pacific Gas and Electric",
            "utility_is_required": true,
            "status": "NOT_CONNECTED",
            "error_code": null,
            "start_date_time_utc": started,
            "last_interaction_date_time_utc": null,
        }],
        "agreements": {
            "prohibited_resource_attestation_status": "COMPLETED",
            "demand_response_participation_agreement_status": "NOT_ANSWERED",
            "generator_status": "NO_GENERATOR_ONSITE",
        },
    })
}
