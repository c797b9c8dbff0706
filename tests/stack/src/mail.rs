//! SES as the stack sees it: what the emulator leaves out of it is looked at, and broken, here.
//!
//! Every call goes on to the emulator, so the sender's role is checked there and the mail is kept there;
//! on the way the headers and tags are remembered, which the emulator drops.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// What happens to the next message for an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// So many calls are answered 429.
    Throttles(u32),
    /// The message is taken, and the answer never comes.
    AcceptsAndHangs,
}

/// A message as SES was given it.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The address.
    pub to: String,
    /// When, in milliseconds since the front was started.
    pub at_ms: u128,
    /// The subject.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// Headers that we set.
    pub headers: BTreeMap<String, String>,
    /// Tags that we set.
    pub tags: BTreeMap<String, String>,
    /// The configuration set.
    pub configuration_set: String,
    /// SES's name of it.
    pub message_id: String,
}

impl Mail {
    /// The first link to a page of ours in the text.
    #[must_use]
    pub fn link(&self, path: &str) -> Option<url::Url> {
        self.text
            .split_whitespace()
            .find(|word| word.starts_with("http") && word.contains(path))
            .and_then(|word| word.parse().ok())
    }
}

/// A front of SES.
#[derive(Clone)]
pub struct MailFront {
    inner: Arc<Inner>,
}

struct Inner {
    address: String,
    client: reqwest::Client,
    behind: Mutex<String>,
    mails: Mutex<Vec<Mail>>,
    trouble: Mutex<BTreeMap<String, Trouble>>,
    throttled: Mutex<u32>,
    began: std::time::Instant,
}

impl MailFront {
    /// Starts it.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let front = MailFront {
            inner: Arc::new(Inner {
                address: format!("http://{}", listener.local_addr().unwrap()),
                client: reqwest::Client::new(),
                behind: Mutex::default(),
                mails: Mutex::default(),
                trouble: Mutex::default(),
                throttled: Mutex::default(),
                began: std::time::Instant::now(),
            }),
        };
        let app = Router::new().fallback(answer).with_state(front.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        front
    }

    /// Its address, for `AWS_ENDPOINT_URL_SESV2`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.inner.address
    }

    /// Where calls go on to.
    pub fn stands_before(&self, emulator: &str) {
        emulator.clone_into(&mut self.inner.behind.lock().unwrap());
    }

    /// Puts an address in trouble.
    pub fn trouble(&self, to: &str, trouble: Trouble) {
        self.inner.trouble.lock().unwrap().insert(to.to_owned(), trouble);
    }

    /// Every message taken for an address, in order.
    #[must_use]
    pub fn mails_to(&self, to: &str) -> Vec<Mail> {
        let mails = self.inner.mails.lock().unwrap();
        mails.iter().filter(|mail| mail.to == to).cloned().collect()
    }

    /// Every message taken.
    #[must_use]
    pub fn mails(&self) -> Vec<Mail> {
        self.inner.mails.lock().unwrap().clone()
    }

    /// How many calls were answered 429.
    #[must_use]
    pub fn throttled(&self) -> u32 {
        *self.inner.throttled.lock().unwrap()
    }
}

async fn answer(State(front): State<MailFront>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 12 * 1024 * 1024).await.unwrap();
    let sends = parts.method == Method::POST && parts.uri.path() == "/v2/email/outbound-emails";
    let to = if sends { recipient(&body) } else { String::new() };
    let trouble = front.inner.trouble.lock().unwrap().get(&to).copied();
    if let (true, Some(Trouble::Throttles(times))) = (sends, trouble) {
        let mut troubles = front.inner.trouble.lock().unwrap();
        if times > 1 {
            troubles.insert(to, Trouble::Throttles(times - 1));
        } else {
            troubles.remove(&to);
        }
        *front.inner.throttled.lock().unwrap() += 1;
        return too_many();
    }
    let (status, answer) = front
        .pass_on(&parts.method, &parts.uri, parts.headers, body.clone())
        .await;
    if sends && status.is_success() {
        let message_id = serde_json::from_slice::<Value>(&answer).unwrap()["MessageId"]
            .as_str()
            .unwrap()
            .to_owned();
        let mail = read(&body, message_id, front.inner.began.elapsed().as_millis());
        front.inner.mails.lock().unwrap().push(mail);
        if trouble == Some(Trouble::AcceptsAndHangs) {
            // Longer than any caller waits.
            tokio::time::sleep(std::time::Duration::from_mins(10)).await;
        }
    }
    let json = [(header::CONTENT_TYPE, "application/json")];
    (status, json, Body::from(answer)).into_response()
}

impl MailFront {
    async fn pass_on(&self, method: &Method, uri: &Uri, headers: HeaderMap, body: Bytes) -> (StatusCode, Bytes) {
        let behind = self.inner.behind.lock().unwrap().clone();
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let answer = self
            .inner
            .client
            .request(method.clone(), format!("{behind}{path}"))
            .headers(headers)
            .body(body)
            .send()
            .await
            .unwrap();
        (answer.status(), answer.bytes().await.unwrap())
    }
}

fn too_many() -> Response {
    let headers = [
        (header::CONTENT_TYPE.as_str(), "application/json"),
        ("x-amzn-errortype", "TooManyRequestsException"),
    ];
    let body = json!({"message": "Maximum sending rate exceeded."}).to_string();
    (StatusCode::TOO_MANY_REQUESTS, headers, body).into_response()
}

fn recipient(body: &[u8]) -> String {
    let message: Value = serde_json::from_slice(body).unwrap_or_default();
    message["Destination"]["ToAddresses"][0]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

fn read(body: &[u8], message_id: String, at_ms: u128) -> Mail {
    let message: Value = serde_json::from_slice(body).unwrap();
    let simple = &message["Content"]["Simple"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let pairs = |list: &Value| -> BTreeMap<String, String> {
        let list = list.as_array().cloned().unwrap_or_default();
        list.iter()
            .map(|pair| (text(&pair["Name"]), text(&pair["Value"])))
            .collect()
    };
    Mail {
        to: recipient(body),
        at_ms,
        subject: text(&simple["Subject"]["Data"]),
        text: text(&simple["Body"]["Text"]["Data"]),
        headers: pairs(&simple["Headers"]),
        tags: pairs(&message["EmailTags"]),
        configuration_set: text(&message["ConfigurationSetName"]),
        message_id,
    }
}
