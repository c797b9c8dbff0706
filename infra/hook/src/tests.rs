//! A real receiver on this machine, which checks signatures as a partner would.

use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode as Status};
use axum::routing::post;
use serde_json::json;
use tokio::net::TcpListener;

use super::*;

/// 32 invented bytes.
const KEY: &str = "whsec_YW4gaW52ZW50ZWQga2V5IG9mIDMyIGJ5dGVzIGxvbmc=";

/// Right by the receiver's own clock, which is the machine's.
struct Machine;

impl Clock for Machine {
    #[allow(
        clippy::disallowed_methods,
        reason = "the receiver compares it with the time of the world"
    )]
    fn now(&self) -> journey::port::Timestamp {
        let since_1970 = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap();
        journey::port::Timestamp::from_second(since_1970.as_secs().try_into().unwrap()).unwrap()
    }
}

fn event(n: usize) -> Announcement {
    Announcement {
        id: format!("event-{n}"),
        kind: "touch.sent",
        at: "2026-11-22T04:00:00Z".parse().unwrap(),
        body: json!({"n": n, "name": "Señora"}).to_string(),
    }
}

fn events(count: usize) -> Vec<Announcement> {
    (0..count).map(event).collect()
}

#[derive(Clone)]
struct Receiver {
    url: Url,
    /// Identifiers and bodies of what came with a right signature.
    verified: Arc<Mutex<Vec<(String, String)>>>,
    answers: Arc<Mutex<Vec<u16>>>,
}

impl Receiver {
    /// Answers in turn with these, and with 204 after them.
    async fn new(answers: &[u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Receiver {
            url: format!("http://{}/hooks", listener.local_addr().unwrap())
                .parse()
                .unwrap(),
            verified: Arc::default(),
            answers: Arc::new(Mutex::new(answers.iter().rev().copied().collect())),
        };
        let app = axum::Router::new()
            .route("/hooks", post(Self::take))
            .with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        receiver
    }

    async fn take(
        State(receiver): State<Receiver>,
        headers: HeaderMap,
        body: Bytes,
    ) -> (Status, [(&'static str, &'static str); 1]) {
        assert_eq!(headers["content-type"], "application/json");
        Webhook::new(KEY).unwrap().verify(&body, &headers).unwrap();
        let id = headers["webhook-id"].to_str().unwrap().to_owned();
        let body = String::from_utf8(body.to_vec()).unwrap();
        receiver.verified.lock().unwrap().push((id, body));
        let answer = receiver.answers.lock().unwrap().pop().unwrap_or(204);
        (Status::from_u16(answer).unwrap(), [("location", "/hooks")])
    }

    fn hook(&self) -> Hook<Machine> {
        Hook::new(self.url.clone(), KEY, Machine).unwrap()
    }

    fn ids(&self) -> Vec<String> {
        let verified = self.verified.lock().unwrap();
        verified.iter().map(|(id, _)| id.clone()).collect()
    }
}

#[tokio::test]
async fn events_come_signed_in_their_order() {
    let receiver = Receiver::new(&[]).await;
    assert!(receiver.hook().post(&events(3)).await.is_empty());
    let expected: Vec<_> = events(3).into_iter().map(|event| (event.id, event.body)).collect();
    assert_eq!(*receiver.verified.lock().unwrap(), expected);
}

#[tokio::test]
async fn an_answer_says_whether_an_event_was_taken() {
    for (answer, left, posted) in [
        (200, vec![], 3),
        (299, vec![], 3),
        // Gone: the receiver asks us to stop, and nothing is gained by asking again.
        (410, vec![], 3),
        (400, vec![1], 3),
        (401, vec![1], 3),
        // A redirect is not followed.
        (307, vec![1], 3),
        // A receiver in trouble is left alone.
        (429, vec![1, 2], 2),
        (500, vec![1, 2], 2),
        (503, vec![1, 2], 2),
    ] {
        let receiver = Receiver::new(&[204, answer]).await;
        assert_eq!(receiver.hook().post(&events(3)).await, left, "{answer}");
        assert_eq!(receiver.ids().len(), posted, "{answer}");
    }
}

#[tokio::test]
async fn a_receiver_that_is_not_there_takes_nothing() {
    let url = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}/hooks", listener.local_addr().unwrap())
    };
    let hook = Hook::new(url.parse().unwrap(), KEY, Machine).unwrap();
    assert_eq!(hook.post(&events(2)).await, [0, 1]);
}

#[test]
fn a_url_or_a_key_that_cannot_be_right_is_refused() {
    let url = |text: &str| text.parse::<Url>().unwrap();
    let partner = "https://partner.example.com/hooks";
    for bad in ["http://partner.example.com/hooks", "ftp://127.0.0.1/hooks"] {
        assert!(
            matches!(Hook::new(url(bad), KEY, Machine), Err(HookError::NotHttps)),
            "{bad}"
        );
    }
    for bad in [
        "YW4gaW52ZW50ZWQga2V5IG9mIDMyIGJ5dGVzIGxvbmc=",
        "whsec_",
        "whsec_c2hvcnQ=",
        "whsec_not base64 at all, whatever its length",
    ] {
        assert!(
            matches!(Hook::new(url(partner), bad, Machine), Err(HookError::Key)),
            "{bad}"
        );
    }
    assert!(Hook::new(url(partner), KEY, Machine).is_ok());
}
