//! The partner's receiver is told what happens: signed, in order, and also after it was away, or the program was.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use tokio::net::TcpListener;

use crate::support::{ANNOUNCE_KEY, PATIENT, PUBLIC_URL, Place, authorization, until};

/// The law of the District of Columbia, opened around the clock: the story is told at any hour.
fn at_any_hour() -> String {
    let open = |rule: &str| {
        format!(
            r#"
[[law.override]]
rule = "{rule}"
weekdays = "00:00-23:59"
saturday = "00:00-23:59"
sunday = "00:00-23:59"
open_on_holidays = true
until = 2040-12-31
because = "a test has the real clock"
"#
        )
    };
    ["default", "US", "DC"].map(open).concat() + PATIENT
}

const TOUCHES: &str = r#"hand_back_after = "2h"
[[touch]]
after = "45m"
until = "6h"
channels = ["push", "event"]
"#;

/// Two minutes a second: what a busy machine needs for a webhook is far from ten minutes.
const SPEED: u32 = 120;

#[derive(Clone)]
struct Receiver {
    address: String,
    is_away: Arc<AtomicBool>,
    heard: Arc<Mutex<Vec<Value>>>,
}

impl Receiver {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Receiver {
            address: format!("http://{}/hooks", listener.local_addr().unwrap()),
            is_away: Arc::default(),
            heard: Arc::default(),
        };
        let app = axum::Router::new()
            .route("/hooks", post(Self::take))
            .with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        receiver
    }

    async fn take(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
        if receiver.is_away.load(Ordering::SeqCst) {
            return StatusCode::SERVICE_UNAVAILABLE;
        }
        // The time is the world's, however fast the program's own runs.
        Webhook::new(ANNOUNCE_KEY).unwrap().verify(&body, &headers).unwrap();
        let event = serde_json::from_slice(&body).unwrap();
        receiver.heard.lock().unwrap().push(event);
        StatusCode::NO_CONTENT
    }

    fn kinds_of(&self, reference: &str) -> Vec<String> {
        let heard = self.heard.lock().unwrap();
        let of_it = heard.iter().filter(|event| event["reference"] == reference);
        of_it.map(|event| event["type"].as_str().unwrap().to_owned()).collect()
    }

    fn due(&self, reference: &str) -> Option<Value> {
        let heard = self.heard.lock().unwrap();
        let mut due = heard
            .iter()
            .filter(|event| event["reference"] == reference && event["type"] == "touch.due");
        due.next().cloned()
    }
}

/// A place whose program tells the receiver.
async fn place(receiver: &Receiver) -> Place {
    let place = Place::with_campaign(TOUCHES, &at_any_hour()).await;
    let file = place.path("rekindle.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    let announce = format!(
        "[announce]\nurl = \"{}\"\nsecret_env = \"ANNOUNCE\"\n",
        receiver.address
    );
    place.write("rekindle.toml", &format!("{config}\n{announce}"));
    place
}

fn contact(push: Option<&str>) -> Value {
    json!({
        "state": "DC",
        "zone": "America/New_York",
        "flow": "direct_to_utility",
        "push": push,
        "link": "https://connect.leap.energy/?refId=x",
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_touch_that_is_due_is_told_and_logged_and_its_link_leads_back() {
    let receiver = Receiver::start().await;
    let place = place(&receiver).await;
    let serving = place.serve(SPEED).await;
    serving.api.put_contact("site-event", &contact(None)).await;
    let device = "arn:aws:sns:us-east-1:123456789012:endpoint/APNS/example-app/0e6b4f0c";
    serving.api.put_contact("site-push", &contact(Some(device))).await;
    for reference in ["site-event", "site-push"] {
        let begun = authorization(&format!("{reference}-1"), reference, "INITIATED");
        serving.api.delivered(&begun).await;
    }
    let due = until("the partner is told", async || receiver.due("site-event")).await;
    assert_eq!(due["data"]["permissions"]["email"], "no_address");
    let link = due["data"]["resume_url"].as_str().unwrap();
    assert!(link.starts_with(&format!("{PUBLIC_URL}/r/")), "{link}");
    let page = serving.api.get(link.strip_prefix(PUBLIC_URL).unwrap()).await;
    assert_eq!(page.status().as_u16(), 200);
    let messages = until("both messages", async || {
        let messages = place.messages();
        (messages.len() == 2).then_some(messages)
    })
    .await;
    let line = |reference: &str| messages.iter().find(|line| line["reference"] == reference).unwrap();
    let event = line("site-event");
    assert_eq!(
        (&event["channel"], &event["touch"], &event["to"]),
        (&json!("event"), &json!(1), &json!(""))
    );
    assert_eq!(event["diagnosis"], due["diagnosis"]);
    let push = line("site-push");
    assert_eq!((&push["channel"], &push["to"]), (&json!("push"), &json!(device)));
    assert_eq!(receiver.due("site-push"), None);
    let told = until("the push is told", async || {
        let kinds = receiver.kinds_of("site-push");
        kinds.contains(&"touch.sent".to_owned()).then_some(kinds)
    })
    .await;
    assert_eq!(told[0], "journey.started");
    let journey = serving.api.journey("site-event").await.unwrap();
    assert_eq!(journey["touches"][0]["channel"], "event");
    assert!(
        place
            .mail_files()
            .iter()
            .any(|file| file.extension().is_some_and(|kind| kind == "json")),
        "what the partner was told is in the outbox"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_while_the_receiver_is_away_is_told_when_it_is_back_and_after_a_kill() {
    let receiver = Receiver::start().await;
    let place = place(&receiver).await;
    receiver.is_away.store(true, Ordering::SeqCst);
    let mut serving = place.serve(1).await;
    serving.api.put_contact("site-away", &contact(None)).await;
    for (n, status) in ["INITIATED", "COMPLETED"].into_iter().enumerate() {
        let event = authorization(&format!("away-{n}"), "site-away", status);
        serving.api.delivered(&event).await;
    }
    serving.process.kill();
    assert_eq!(receiver.kinds_of("site-away"), Vec::<String>::new());
    receiver.is_away.store(false, Ordering::SeqCst);
    let _serving = place.serve(1).await;
    let told = until("all of it", async || {
        let kinds = receiver.kinds_of("site-away");
        (kinds.len() >= 2).then_some(kinds)
    })
    .await;
    assert_eq!(told, ["journey.started", "journey.completed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_cannot_sign_is_named_before_anything_starts() {
    let receiver = Receiver::start().await;
    let place = place(&receiver).await;
    let mut command = place.command(&["serve", "--listen", "127.0.0.1:0"]);
    let output = command
        .env("ANNOUNCE", "not a key, whatever its length")
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(
        told.contains("announce.secret_env names a variable whose value is no signing key")
            && !told.contains("not a key"),
        "{told}"
    );
}
