//! `/r/{token}` and `/u/{token}` over HTTP, whoever carries them: one machine's server or a Lambda.

use http::header::{ALLOW, CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use journey::Campaign;
use journey::port::{ArmTimer, Clock, CommitJourney, Count, FindContact, FreshLink, LoadJourney, ReadStatus, Suppress};
use percent_encoding::percent_decode_str;

use crate::guard::{guard, let_forms_lead_on};
use crate::{Pages, Reply, layout};

/// The longest body that is read. Our forms have a handful of fields.
pub const MAX_BODY_BYTES: usize = 4 * 1024;

/// A whole answer.
pub type Answer = Response<Vec<u8>>;

/// Answers one request. Whatever is answered to HEAD has no body, but says how long it would be.
pub async fn handle<P, B>(pages: &Pages, ports: &P, campaign: &Campaign, request: Request<B>) -> Answer
where
    P: Clock + FindContact + LoadJourney + CommitJourney + ArmTimer + Suppress + ReadStatus + FreshLink + Count,
    B: AsRef<[u8]>,
{
    let is_head = request.method() == Method::HEAD;
    let is_resume = matches!(place(request.uri().path()), Some((Page::Resume, _)));
    let mut answer = answered(pages, ports, campaign, request).await;
    if is_resume {
        let_forms_lead_on(answer.headers_mut());
    }
    if is_head {
        let length = core::mem::take(answer.body_mut()).len();
        answer.headers_mut().insert(CONTENT_LENGTH, length.into());
    }
    answer
}

async fn answered<P, B>(pages: &Pages, ports: &P, campaign: &Campaign, request: Request<B>) -> Answer
where
    P: Clock + FindContact + LoadJourney + CommitJourney + ArmTimer + Suppress + ReadStatus + FreshLink + Count,
    B: AsRef<[u8]>,
{
    let (parts, body) = request.into_parts();
    let body = body.as_ref();
    let Some((page, token)) = place(parts.uri.path()) else {
        return respond(Reply::Page {
            status: 404,
            html: layout::bad_link(pages).into_string(),
        });
    };
    // No mail program encodes a token of ours, whose characters need it nowhere; but it may.
    let token = percent_decode_str(token).decode_utf8_lossy();
    let is_post = parts.method == Method::POST;
    if !is_post && parts.method != Method::GET && parts.method != Method::HEAD {
        let mut answer = plain(
            StatusCode::METHOD_NOT_ALLOWED,
            "This address answers to GET, HEAD and POST.\n",
        );
        answer
            .headers_mut()
            .insert(ALLOW, HeaderValue::from_static("GET, HEAD, POST"));
        return answer;
    }
    if body.len() > MAX_BODY_BYTES {
        return too_large();
    }
    let reply = match (page, is_post) {
        (Page::Resume, false) => pages.resume(ports, &token).await,
        (Page::Resume, true) => pages.resume_acted(ports, campaign, &token).await,
        (Page::Preferences, false) => pages.preferences(ports, &token).await,
        (Page::Preferences, true) => {
            let form: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().collect();
            pages.preferences_changed(ports, &token, &form).await
        }
    };
    respond(reply)
}

/// The answer to a body that is longer than [`MAX_BODY_BYTES`].
#[must_use]
pub fn too_large() -> Answer {
    plain(StatusCode::PAYLOAD_TOO_LARGE, "The form is too long.\n")
}

/// The answer to a body that does not arrive.
#[must_use]
pub fn too_slow() -> Answer {
    plain(StatusCode::REQUEST_TIMEOUT, "The form took too long to arrive.\n")
}

#[derive(Clone, Copy)]
enum Page {
    Resume,
    Preferences,
}

fn place(path: &str) -> Option<(Page, &str)> {
    let (page, token) = match path.strip_prefix("/r/") {
        Some(token) => (Page::Resume, token),
        None => (Page::Preferences, path.strip_prefix("/u/")?),
    };
    (!token.is_empty() && !token.contains('/')).then_some((page, token))
}

fn respond(reply: Reply) -> Answer {
    match reply {
        Reply::Page { status, html } => answer(
            StatusCode::from_u16(status).unwrap_or(StatusCode::OK),
            "text/html; charset=utf-8",
            html.into_bytes(),
        ),
        // 303: the provider's page is fetched with GET, whatever brought the person here.
        Reply::Redirect { to } => match HeaderValue::from_bytes(to.as_bytes()) {
            Ok(to) => {
                let mut answer = plain(StatusCode::SEE_OTHER, "");
                answer.headers_mut().insert(LOCATION, to);
                answer
            }
            Err(_) => plain(StatusCode::INTERNAL_SERVER_ERROR, ""),
        },
    }
}

fn plain(status: StatusCode, text: &str) -> Answer {
    answer(status, "text/plain; charset=utf-8", text.as_bytes().to_vec())
}

fn answer(status: StatusCode, content_type: &'static str, body: Vec<u8>) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    guard(headers);
    answer
}
