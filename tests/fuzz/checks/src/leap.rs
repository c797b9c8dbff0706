//! What Leap answers.

use core::num::NonZeroU32;
use core::sync::atomic::{AtomicI64, Ordering};
use core::time::Duration;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use journey::Reference;
use journey::port::{ChangeFilter, Clock, ProviderError, ReadChanges, SearchMeters};
use journey::status::{ConnectionStatus, Known};
use providers::Secret;
use providers::leap::webhooks::{self, Header, Wanted, WebhookError};
use providers::leap::{LeapClient, LeapConfig};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use url::Url;

use crate::answers::{loose, parted};
use crate::stage::{now, reference};
use crate::stub::Stub;

const KEY: &str = "an-invented-key-of-leap";
const SECRET: &str = "an-invented-webhook-secret";

/// The client asks a real server, so that the status, the headers and the framing are read as well.
struct Line {
    runtime: Runtime,
    stub: Stub,
    client: LeapClient,
    clock: Arc<Steps>,
}

/// A clock that is further on for each input: a 429 closes the budget of calls for up to an hour.
struct Steps(AtomicI64);

impl Clock for Steps {
    fn now(&self) -> Timestamp {
        let hours = SignedDuration::from_hours(2 * self.0.load(Ordering::Relaxed));
        now().checked_add(hours).unwrap()
    }
}

impl Line {
    fn open() -> Self {
        let stub = Stub::start();
        let clock = Arc::new(Steps(AtomicI64::new(0)));
        let base_url = Url::parse(&stub.base_url).unwrap();
        let mut config = LeapConfig::new(base_url, Secret::new(KEY), NonZeroU32::MAX);
        // What passes by itself would only cost time here.
        config.max_attempts = 1;
        config.request_timeout = Duration::from_secs(2);
        config.deadline = Duration::from_secs(4);
        Line {
            runtime: Builder::new_current_thread().enable_all().build().unwrap(),
            client: LeapClient::new(config, clock.clone()).unwrap(),
            stub,
            clock,
        }
    }
}

/// An answer of Leap's: `status|changes|meters|webhooks`, an HTTP status, a `Retry-After` if there is one; then
/// the body, or several with `%%` between them, one a page.
///
/// Only a 2xx is an answer. Its records are told one by one, none twice and none left out but those that are
/// counted as unreadable, and a completed one is not missed. What is no answer says when to come back: later than now,
/// within an hour. No error shows the key, the secret or a reference.
pub fn leap(data: &[u8]) -> bool {
    static LINE: Mutex<Option<Line>> = Mutex::new(None);
    let (head, mut rest) = parted(data, b"\n").unwrap_or((data, b""));
    let Some((question, status, wait)) = question(head) else {
        return false;
    };
    let mut pages = Vec::new();
    while let Some((page, behind)) = parted(rest, b"\n%%\n") {
        pages.push(page);
        rest = behind;
    }
    pages.push(rest);
    let said: Option<Vec<Value>> = pages.iter().map(|page| loose(page)).collect();
    let mut line = LINE.lock().unwrap_or_else(PoisonError::into_inner);
    let line = line.get_or_insert_with(Line::open);
    line.clock.0.fetch_add(1, Ordering::Relaxed);
    line.stub
        .will_answer(pages.iter().map(|page| answer(status, wait, page)));
    let answered = match question {
        "status" => told_status(line, said.as_deref()),
        "changes" => told_changes(line, said.as_deref()),
        "meters" => told_meters(line),
        _ => told_webhooks(line),
    };
    assert!(
        !answered || (200..300).contains(&status),
        "status {status} was taken for an answer"
    );
    answered
}

fn question(head: &[u8]) -> Option<(&'static str, u16, Option<&str>)> {
    let mut words = core::str::from_utf8(head).ok()?.splitn(3, ' ');
    let asked = words.next()?;
    let known = ["status", "changes", "meters", "webhooks"];
    let question = known.into_iter().find(|known| *known == asked)?;
    // Below are the informational ones, behind which a client waits for the answer.
    let status = words
        .next()?
        .parse()
        .ok()
        .filter(|status| (200..=599).contains(status))?;
    let wait = words
        .next()
        .filter(|text| text.bytes().all(|b| (b' '..=b'~').contains(&b)));
    Some((question, status, wait))
}

fn answer(status: u16, wait: Option<&str>, body: &[u8]) -> Vec<u8> {
    // These two have no body, whatever is written behind them.
    let body = if matches!(status, 204 | 304) { b"" } else { body };
    let wait = wait.map(|wait| format!("retry-after: {wait}\r\n")).unwrap_or_default();
    let mut answer = format!("HTTP/1.1 {status} Said\r\ncontent-length: {}\r\n{wait}\r\n", body.len()).into_bytes();
    answer.extend_from_slice(body);
    answer
}

fn records(page: &Value) -> &[Value] {
    page["onboardingConnections"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
}

fn told_status(line: &Line, said: Option<&[Value]>) -> bool {
    let reference = reference();
    let told = line.runtime.block_on(line.client.read_status(&reference));
    let Some(snapshot) = taken(line, told) else {
        return false;
    };
    let Some(pages) = said else {
        return true;
    };
    let next = |page: &&Value| page["nextPageToken"].as_str().is_some_and(|token| !token.is_empty());
    let read = pages.iter().take_while(next).count() + 1;
    let ours = |record: &&Value| record["ref_id"].as_str() == Some(reference.expose());
    let said: Vec<&Value> = pages.iter().take(read).flat_map(records).filter(ours).collect();
    assert_eq!(snapshot.connections().len(), said.len(), "not every record was told");
    for (record, said) in snapshot.connections().iter().zip(said) {
        let is_complete = record.status == Known::Value(ConnectionStatus::Completed);
        assert_eq!(is_complete, said["connection_status"] == "COMPLETED");
    }
    true
}

fn told_changes(line: &Line, said: Option<&[Value]>) -> bool {
    let told = line.client.read_changes(ChangeFilter::Started, now(), None);
    let Some(told) = taken(line, line.runtime.block_on(told)) else {
        return false;
    };
    assert_ne!(told.next.as_deref(), Some(""), "an empty token leads nowhere");
    let references: BTreeSet<&Reference> = told.changes.iter().map(|(reference, _)| reference).collect();
    assert_eq!(references.len(), told.changes.len(), "a reference is told twice");
    let count: usize = told
        .changes
        .iter()
        .map(|(_, snapshot)| snapshot.connections().len())
        .sum();
    assert!(
        told.changes
            .iter()
            .all(|(_, snapshot)| !snapshot.connections().is_empty())
    );
    if let Some([page, ..]) = said {
        assert_eq!(
            count + told.unreadable,
            records(page).len(),
            "not every record was told"
        );
    }
    true
}

fn told_meters(line: &Line) -> bool {
    let references = [reference(), Reference::new("site-ca-0002").unwrap()];
    let told = line.runtime.block_on(line.client.search_meters(&references));
    let Some(meters) = taken(line, told) else { return false };
    assert_eq!(meters.len(), references.len());
    assert!(meters.iter().flatten().all(|meter| meter.authorized_by_reference));
    true
}

fn told_webhooks(line: &Line) -> bool {
    let header = Header {
        name: "x-rekindle-key".to_owned(),
        value: Secret::new(SECRET),
    };
    let wanted = Wanted::new(
        Url::parse("https://reminders.example.com/webhooks/leap").unwrap(),
        header,
    );
    match line.runtime.block_on(webhooks::ensure(&line.client, &wanted)) {
        Ok(_) => true,
        Err(error) => {
            let text = format!("{error} {error:?}");
            assert!(!text.contains(SECRET) && !text.contains(KEY), "{text}");
            if let WebhookError::Provider(error) = error {
                comes_back(line, &error);
            }
            false
        }
    }
}

fn taken<T>(line: &Line, told: Result<T, ProviderError>) -> Option<T> {
    told.inspect_err(|error| comes_back(line, error)).ok()
}

fn comes_back(line: &Line, error: &ProviderError) {
    let text = format!("{error} {error:?}");
    assert!(!text.contains(KEY) && !text.contains(reference().expose()), "{text}");
    if let Some(at) = error.retry_at {
        let now = line.clock.now();
        assert!(
            at > now && at <= now + SignedDuration::from_hours(1),
            "{at} is not soon after {now}"
        );
    }
}
