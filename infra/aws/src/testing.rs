//! What the tests of this crate share: the SDK's own clients over a wire that replays answers, so that
//! the very requests are seen.

use std::collections::BTreeMap;

use aws_smithy_http_client::test_util::{ReplayEvent, StaticReplayClient};
use aws_smithy_types::body::SdkBody;
use axum::http::{Request, Response};
use journey::{IdKey, JourneyId, Provider, Purpose, Reference};

use crate::clients::{Account, Clients};

/// An answer of a service.
pub(crate) struct Answer(Response<SdkBody>);

/// An answer without a body.
pub(crate) fn status(status: u16) -> Answer {
    Answer(Response::builder().status(status).body(SdkBody::empty()).unwrap())
}

/// An answer with JSON.
pub(crate) fn json(body: &serde_json::Value) -> Answer {
    text(200, &body.to_string())
}

/// Any other answer.
pub(crate) fn text(status: u16, body: &str) -> Answer {
    let answer = Response::builder().status(status).body(SdkBody::from(body));
    Answer(answer.unwrap())
}

/// An object of a bucket, with its headers.
pub(crate) fn object(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut answer = Response::builder().status(status);
    for (name, value) in headers {
        answer = answer.header(*name, *value);
    }
    Answer(answer.body(SdkBody::from(body)).unwrap())
}

/// A service's error, as its REST and JSON protocols have it.
pub(crate) fn refused(status: u16, code: &str, message: &str) -> Answer {
    let body = serde_json::json!({"__type": code, "message": message}).to_string();
    let answer = Response::builder()
        .status(status)
        .header("x-amzn-errortype", code)
        .body(SdkBody::from(body));
    Answer(answer.unwrap())
}

/// A request as it went out.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) uri: String,
    body: Vec<u8>,
    headers: Vec<(String, String)>,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(header, _)| header == name);
        header.map(|(_, value)| value.as_str())
    }

    /// The fields of a form, as the query protocol has it.
    pub(crate) fn form(&self) -> BTreeMap<String, String> {
        let parsed = url::Url::parse(&format!("http://form/?{}", String::from_utf8_lossy(&self.body))).unwrap();
        parsed.query_pairs().into_owned().collect()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// A wire that answers in turn.
pub(crate) struct Wire(StaticReplayClient);

impl Wire {
    pub(crate) fn new(answers: Vec<Answer>) -> Self {
        let request = || Request::builder().uri("https://example.com").body(SdkBody::empty());
        let events = answers
            .into_iter()
            .map(|Answer(answer)| ReplayEvent::new(request().unwrap(), answer));
        Wire(StaticReplayClient::new(events.collect()))
    }

    pub(crate) fn clients(&self) -> Clients {
        let account = Account {
            region: "us-west-2".to_owned(),
            access_key_id: "AKIAINVENTED".to_owned(),
            secret_access_key: "invented".to_owned(),
            session_token: None,
        };
        Clients::over_wire(account, self.0.clone())
    }

    /// What was asked, in order.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        let requests = self.0.actual_requests();
        requests
            .map(|request| Asked {
                uri: request.uri().to_owned(),
                body: request.body().bytes().unwrap_or_default().to_vec(),
                headers: request
                    .headers()
                    .iter()
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .collect(),
            })
            .collect()
    }
}

pub(crate) fn id_key() -> IdKey {
    IdKey::new(*b"an invented key of 32 bytes long").unwrap()
}

pub(crate) fn journey() -> JourneyId {
    let reference = Reference::new("site-ca-0001").unwrap();
    JourneyId::new(&id_key(), Provider::Leap, Purpose::Enroll, &reference)
}

/// SNS's answer to a message that it took.
pub(crate) fn published() -> Answer {
    text(
        200,
        "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult>\
         <MessageId>an-invented-id</MessageId></PublishResult></PublishResponse>",
    )
}

/// An error as SNS's query protocol has it.
pub(crate) fn sns_refused(status: u16, code: &str, words: &str) -> Answer {
    text(
        status,
        &format!(
            "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error><Type>Sender</Type>\
             <Code>{code}</Code><Message>{words}</Message></Error><RequestId>1</RequestId></ErrorResponse>"
        ),
    )
}
