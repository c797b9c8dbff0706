//! What is logged. A process of its own, since a log is the process's.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests; a broken story should stop at once"
)]

mod support;

use std::io;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};

use feedback::handle;
use journey::Campaign;
use serde_json::json;
use support::{Failing, Fails, Place, bridged, config, record, tags};

/// What is logged, in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_log_line_has_an_address() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(move || writer.clone())
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .finish();
    let guard = tracing_subscriber::util::SubscriberInitExt::set_default(subscriber);
    let mut cut = record("Complaint", tags());
    cut["complaint"]["complainedRecipients"] = json!([support::ADDRESS]);
    for kind in ["Send", "Bounce", "Complaint", "Reject"] {
        let place = Place::unknown().await;
        place.take(&bridged(&record(kind, tags()))).await.unwrap();
        place.take(&bridged(&record(kind, json!({})))).await.unwrap();
        place.take(&bridged(&cut)).await.unwrap();
        let failing = Failing {
            store: &place.store,
            at: 0,
            how: Fails::Before,
            steps: AtomicUsize::new(0),
        };
        let payload = bridged(&record(kind, tags()));
        handle(&failing, &config(), &Campaign::standard(), None, &payload)
            .await
            .unwrap_err();
    }
    drop(guard);
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap().to_lowercase();
    for line in ["delivery problem", "please look", "foreign", "malformed", "not taken"] {
        assert!(text.contains(line), "nothing was logged of {line}");
    }
    assert!(!text.contains('@') && !text.contains("example"), "{text}");
}
