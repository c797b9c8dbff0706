//! SNS as the stack sees it: the list of opt-outs, which the emulator leaves out, is kept here.
//!
//! A push is taken here, too: the emulator names endpoints otherwise than SNS does, and delivers none. Every other call
//! goes on to the emulator, so the sender's role is checked there and the text is kept there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// A front of SNS.
#[derive(Clone)]
pub struct TextFront {
    inner: Arc<Inner>,
}

struct Inner {
    address: String,
    client: reqwest::Client,
    behind: Mutex<String>,
    opted_out: Mutex<BTreeSet<String>>,
    pushes: Mutex<Vec<BTreeMap<String, String>>>,
}

impl TextFront {
    /// Starts it.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let front = TextFront {
            inner: Arc::new(Inner {
                address: format!("http://{}", listener.local_addr().unwrap()),
                client: reqwest::Client::new(),
                behind: Mutex::default(),
                opted_out: Mutex::default(),
                pushes: Mutex::default(),
            }),
        };
        let app = Router::new().fallback(answer).with_state(front.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        front
    }

    /// Its address, for `AWS_ENDPOINT_URL_SNS`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.inner.address
    }

    /// Where calls go on to.
    pub fn stands_before(&self, emulator: &str) {
        emulator.clone_into(&mut self.inner.behind.lock().unwrap());
    }

    /// What was published to an endpoint, by the request's fields.
    #[must_use]
    pub fn pushes_to(&self, endpoint: &str) -> Vec<BTreeMap<String, String>> {
        let pushes = self.inner.pushes.lock().unwrap();
        let to_it = pushes.iter().filter(|push| push["TargetArn"] == endpoint);
        to_it.cloned().collect()
    }

    /// Somebody has answered STOP.
    pub fn opt_out(&self, number: &str) {
        self.inner.opted_out.lock().unwrap().insert(number.to_owned());
    }
}

async fn answer(State(front): State<TextFront>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1024 * 1024).await.unwrap();
    let form: BTreeMap<String, String> = url::form_urlencoded::parse(&body).into_owned().collect();
    let xml = [(header::CONTENT_TYPE, "text/xml")];
    if form
        .get("Action")
        .is_some_and(|action| action == "CheckIfPhoneNumberIsOptedOut")
    {
        let is = front.inner.opted_out.lock().unwrap().contains(&form["phoneNumber"]);
        let answer = format!(
            "<CheckIfPhoneNumberIsOptedOutResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">\
             <CheckIfPhoneNumberIsOptedOutResult><isOptedOut>{is}</isOptedOut></CheckIfPhoneNumberIsOptedOutResult>\
             <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></CheckIfPhoneNumberIsOptedOutResponse>"
        );
        return (StatusCode::OK, xml, answer).into_response();
    }
    if form.contains_key("TargetArn") {
        front.inner.pushes.lock().unwrap().push(form);
        let answer = "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult>\
                      <MessageId>an-invented-id</MessageId></PublishResult></PublishResponse>";
        return (StatusCode::OK, xml, answer).into_response();
    }
    let behind = front.inner.behind.lock().unwrap().clone();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let answer = front
        .inner
        .client
        .request(parts.method, format!("{behind}{path}"))
        .headers(parts.headers)
        .body(body)
        .send()
        .await
        .unwrap();
    let status = answer.status();
    (status, xml, Body::from(answer.bytes().await.unwrap())).into_response()
}
