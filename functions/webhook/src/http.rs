//! `POST /webhooks/{provider}` over HTTP, whoever carries it: one machine's server or a Lambda.
//!
//! A shell that has not read the body yet asks [`admit`] first: whoever has no secret gets no work out of
//! us, not even the reading of a body. What takes too long is the shell's to notice, since it has a timer;
//! it answers with [`answer`].

use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use journey::port::{ArmTimer, Clock, CommitJourney, Count, FindContact, LoadJourney};
use journey::{Campaign, Provider};
use percent_encoding::percent_decode_str;
use serde::Serialize;

use crate::{Answer, Config};

/// A whole answer.
pub type Reply = Response<Vec<u8>>;

/// Refuses what needs no body to be refused: an unknown provider, another method than POST, a secret that
/// is missing or wrong.
///
/// # Errors
/// The answer to send.
pub fn admit<P: Count>(ports: &P, config: &Config, header: &HeaderName, parts: &Parts) -> Result<(), Box<Reply>> {
    match provider(parts.uri.path()) {
        None => {
            return Err(Box::new(problem(
                StatusCode::NOT_FOUND,
                "There is nothing at this address.",
            )));
        }
        Some(Err(journey::UnknownName { allowed, .. })) => {
            let detail = format!("There is no such provider; there is: {allowed}.");
            return Err(Box::new(problem(StatusCode::NOT_FOUND, &detail)));
        }
        Some(Ok(Provider::Leap)) => {}
    }
    if parts.method != Method::POST {
        let mut reply = problem(StatusCode::METHOD_NOT_ALLOWED, "This address answers to POST.");
        reply.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
        return Err(Box::new(reply));
    }
    if config.secrets.check(&secret_values(&parts.headers, header)).is_err() {
        ports.count("webhook.unauthorized", 1);
        return Err(Box::new(answer(Answer::Unauthorized)));
    }
    Ok(())
}

/// Answers one request. `header` is the one that carries the secret.
pub async fn handle<P, B>(
    ports: &P,
    config: &Config,
    header: &HeaderName,
    campaign: &Campaign,
    request: Request<B>,
) -> Reply
where
    P: Clock + LoadJourney + CommitJourney + ArmTimer + FindContact + Count,
    B: AsRef<[u8]>,
{
    let (parts, body) = request.into_parts();
    if let Err(refusal) = admit(ports, config, header, &parts) {
        return *refusal;
    }
    let content_type = parts
        .headers
        .get(CONTENT_TYPE)
        .map(|value| value.to_str().unwrap_or("(unreadable)"));
    let request = crate::Request {
        secret_values: &secret_values(&parts.headers, header),
        content_type,
        body: body.as_ref(),
    };
    answer(crate::handle(ports, config, campaign, request).await)
}

/// The answer to a body that is longer than [`MAX_BODY_BYTES`](crate::MAX_BODY_BYTES), and of which a shell has read no more.
pub fn too_large<P: Count>(ports: &P) -> Reply {
    ports.count("webhook.too_large", 1);
    answer(Answer::TooLarge)
}

/// An [`Answer`] as it is sent.
#[must_use]
pub fn answer(answer: Answer) -> Reply {
    let status = StatusCode::from_u16(answer.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if answer == Answer::Accepted {
        let body = serde_json::json!({ "status": answer.detail() }).to_string();
        reply(status, "application/json", body.into_bytes())
    } else {
        problem(status, answer.detail())
    }
}

/// The provider that a path names, if it is a path of ours.
fn provider(path: &str) -> Option<Result<Provider, journey::UnknownName>> {
    let name = path.strip_prefix("/webhooks/")?;
    if name.is_empty() || name.contains('/') {
        return None;
    }
    Some(percent_decode_str(name).decode_utf8_lossy().parse())
}

fn secret_values<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Vec<&'a [u8]> {
    headers.get_all(name).iter().map(HeaderValue::as_bytes).collect()
}

/// RFC 9457.
#[derive(Serialize)]
struct Problem<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: &'a str,
}

fn problem(status: StatusCode, detail: &str) -> Reply {
    let body = Problem {
        r#type: "about:blank",
        title: status.canonical_reason().unwrap_or("Error"),
        status: status.as_u16(),
        detail,
    };
    let mut reply = reply(
        status,
        "application/problem+json",
        serde_json::to_vec(&body).unwrap_or_default(),
    );
    let headers = reply.headers_mut();
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"rekindle\""));
    }
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(RETRY_AFTER, HeaderValue::from_static("5"));
    }
    reply
}

fn reply(status: StatusCode, content_type: &'static str, body: Vec<u8>) -> Reply {
    let mut reply = Response::new(body);
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    reply
}
