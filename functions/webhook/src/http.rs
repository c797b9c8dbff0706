//! `POST /webhooks/{provider}`, and for Bayou also `POST /webhooks/bayou/{secret}`, over HTTP, whoever carries it: one machine's server or a Lambda.
//!
//! A shell that has not read the body yet asks [`admit`] first: whoever has no secret gets no work out of
//! us, not even the reading of a body. What takes too long is the shell's to notice, since it has a timer;
//! it answers with [`answer`].

use data_encoding::BASE64;
use http::header::{ALLOW, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};
use journey::port::{ArmTimer, Clock, CommitJourney, Count, FindContact, LoadJourney};
use journey::{Campaign, Provider};
use percent_encoding::percent_decode_str;
use serde::Serialize;

use crate::{Answer, Config, Unauthorized};

/// A whole answer.
pub type Reply = Response<Vec<u8>>;

/// Refuses what needs no body to be refused: an unknown provider, another method than POST, a secret that
/// is missing or wrong.
///
/// # Errors
/// The answer to send.
pub fn admit<P: Count>(ports: &P, config: &Config, header: &HeaderName, parts: &Parts) -> Result<(), Box<Reply>> {
    let place = place(&parts.uri, config)?;
    if parts.method != Method::POST {
        let mut reply = problem(StatusCode::METHOD_NOT_ALLOWED, "This address answers to POST.");
        reply.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
        return Err(Box::new(reply));
    }
    if place.check(config, &parts.headers, header).is_err() {
        ports.count("webhook.unauthorized", 1);
        let mut reply = answer(Answer::Unauthorized);
        if place.provider == Provider::Bayou {
            let challenge = HeaderValue::from_static("Basic realm=\"rekindle\"");
            reply.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        return Err(Box::new(reply));
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
    let place = match place(&parts.uri, config) {
        Ok(place) => place,
        Err(refusal) => return *refusal,
    };
    let given = place.secret_values(config, &parts.headers, header);
    let given: Vec<&[u8]> = given.iter().map(Vec::as_slice).collect();
    let request = crate::Request {
        secret_values: &given,
        content_type,
        body: body.as_ref(),
    };
    answer(match place.provider {
        Provider::Leap => crate::handle(ports, config, campaign, request).await,
        Provider::Bayou => crate::handle_bayou(ports, config, campaign, request).await,
        Provider::Light => crate::handle_light(ports, config, campaign, request).await,
    })
}

/// The longest body that is read at an address.
#[must_use]
pub fn max_body_bytes(uri: &Uri) -> usize {
    if uri.path().starts_with("/webhooks/bayou") {
        crate::MAX_BILLS_BYTES
    } else {
        crate::MAX_BODY_BYTES
    }
}

/// The answer to a body that is longer than [`max_body_bytes`], and of which a shell has read no more.
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

/// What a path names.
struct Place {
    provider: Provider,
    /// The secret that the path ends with.
    secret: Option<Vec<u8>>,
}

fn place(uri: &Uri, config: &Config) -> Result<Place, Box<Reply>> {
    let nothing = || Box::new(problem(StatusCode::NOT_FOUND, "There is nothing at this address."));
    let path = uri.path().strip_prefix("/webhooks/").ok_or_else(nothing)?;
    let (name, secret) = match path.split_once('/') {
        Some((name, secret)) => (name, Some(secret)),
        None => (path, None),
    };
    if name.is_empty() {
        return Err(nothing());
    }
    let provider = percent_decode_str(name).decode_utf8_lossy().parse();
    match (provider, secret) {
        (Err(journey::UnknownName { allowed, .. }), None) => {
            let detail = format!("There is no such provider; there is: {allowed}.");
            Err(Box::new(problem(StatusCode::NOT_FOUND, &detail)))
        }
        (Ok(Provider::Leap), None) if config.leap.is_none() => Err(not_configured("Leap")),
        (Ok(Provider::Leap), None) => Ok(Place {
            provider: Provider::Leap,
            secret: None,
        }),
        (Ok(Provider::Bayou), _) if config.bayou.is_none() => Err(not_configured("Bayou")),
        (Ok(Provider::Bayou), secret) => Ok(Place {
            provider: Provider::Bayou,
            secret: secret.map(|secret| percent_decode_str(secret).collect()),
        }),
        (Ok(Provider::Light), None) if config.light.is_none() => Err(not_configured("Light")),
        (Ok(Provider::Light), None) => Ok(Place {
            provider: Provider::Light,
            secret: None,
        }),
        (Err(_) | Ok(Provider::Leap | Provider::Light), Some(_)) => Err(nothing()),
    }
}

fn not_configured(provider: &str) -> Box<Reply> {
    let detail = format!("This deployment is not configured for {provider}.");
    Box::new(problem(StatusCode::NOT_FOUND, &detail))
}

impl Place {
    fn check(&self, config: &Config, headers: &HeaderMap, header: &HeaderName) -> Result<(), Unauthorized> {
        let given = self.secret_values(config, headers, header);
        let given: Vec<&[u8]> = given.iter().map(Vec::as_slice).collect();
        let secrets = match self.provider {
            // Its signature is over the body, which is read next; without one there is nothing to read it for.
            Provider::Light => return if given.len() == 1 { Ok(()) } else { Err(Unauthorized) },
            Provider::Leap => config.leap.as_ref(),
            Provider::Bayou => config.bayou.as_ref().map(|hook| &hook.secrets),
        };
        secrets.ok_or(Unauthorized)?.check(&given)
    }

    /// Leap's header; at Bayou the path's last part, and the password of HTTP Basic; Light's signature.
    fn secret_values(&self, config: &Config, headers: &HeaderMap, header: &HeaderName) -> Vec<Vec<u8>> {
        let values = |name: &HeaderName| {
            headers
                .get_all(name)
                .iter()
                .map(|value| value.as_bytes().to_vec())
                .collect()
        };
        match self.provider {
            Provider::Leap => values(header),
            Provider::Light => config
                .light
                .as_ref()
                .map_or_else(Vec::new, |hook| values(&hook.signature.header)),
            Provider::Bayou => {
                let basic = headers.get_all(AUTHORIZATION).iter().filter_map(password);
                self.secret.iter().cloned().chain(basic).collect()
            }
        }
    }
}

/// The password of HTTP Basic (RFC 7617).
fn password(value: &HeaderValue) -> Option<Vec<u8>> {
    let (scheme, given) = value.to_str().ok()?.split_once(' ')?;
    let pair = BASE64.decode(given.trim().as_bytes()).ok()?;
    let colon = pair.iter().position(|byte| *byte == b':')?;
    scheme
        .eq_ignore_ascii_case("basic")
        .then(|| pair.get(colon + 1..).unwrap_or_default().to_vec())
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
