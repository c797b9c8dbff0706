//! `/r/{token}`, `/f/{token}` and `/u/{token}` over HTTP, whoever carries them: one machine's server or a Lambda.

use http::header::{ALLOW, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, SET_COOKIE};
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri};
use journey::Campaign;
use journey::link::LinkKind;
use journey::port::{
    ArmTimer, Clock, CommitJourney, Count, EraseFallback, FindContact, FreshLink, KeepFallback, LoadJourney,
    ReadStatus, ReadVisits, Suppress, TakeUpload,
};
use percent_encoding::percent_decode_str;

use crate::fallback::{self, Answered};
use crate::guard::{guard, let_forms_lead_on, let_forms_lead_to};
use crate::{Pages, Reply, layout};

/// The longest body that is read, but for a bill. Our forms have a handful of fields.
pub const MAX_BODY_BYTES: usize = 4 * 1024;

/// A whole answer.
pub type Answer = Response<Vec<u8>>;

/// Answers one request. Whatever is answered to HEAD has no body, but says how long it would be.
pub async fn handle<P, B>(pages: &Pages, ports: &P, campaign: &Campaign, request: Request<B>) -> Answer
where
    P: Clock
        + FindContact
        + LoadJourney
        + CommitJourney
        + ArmTimer
        + Suppress
        + ReadStatus
        + ReadVisits
        + FreshLink
        + KeepFallback
        + TakeUpload
        + EraseFallback
        + Count,
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
    P: Clock
        + FindContact
        + LoadJourney
        + CommitJourney
        + ArmTimer
        + Suppress
        + ReadStatus
        + ReadVisits
        + FreshLink
        + KeepFallback
        + TakeUpload
        + EraseFallback
        + Count,
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
    if body.len() > max_body_bytes(pages, ports, &parts.uri) {
        return match page {
            Page::Fallback => responded(pages.fallback_too_long(ports, &token).await),
            Page::Resume | Page::Preferences => too_large(),
        };
    }
    let reply = match (page, is_post) {
        (Page::Fallback, _) => return responded(pages.fallback(ports, campaign, &token, &parts, body).await),
        (Page::Resume, false) => pages.resume(ports, campaign, &token).await,
        (Page::Resume, true) => pages.resume_acted(ports, campaign, &token).await,
        (Page::Preferences, false) => pages.preferences(ports, &token).await,
        (Page::Preferences, true) => {
            let form: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().collect();
            pages.preferences_changed(ports, &token, &form).await
        }
    };
    respond(reply)
}

/// The longest body that is read at an address. Only who comes with a link of ours may send a bill.
#[must_use]
pub fn max_body_bytes(pages: &Pages, clock: &impl Clock, uri: &Uri) -> usize {
    match place(uri.path()) {
        Some((Page::Fallback, token)) if pages.links.verify(LinkKind::Resume, token, clock.now()).is_ok() => {
            fallback::MAX_BODY_BYTES
        }
        Some((Page::Resume | Page::Fallback | Page::Preferences, _)) | None => MAX_BODY_BYTES,
    }
}

/// The answer to a bill that is longer than [`max_body_bytes`], of which nothing was read; none at other addresses.
pub async fn bill_too_large<P>(pages: &Pages, ports: &P, uri: &Uri) -> Option<Answer>
where
    P: Clock + FindContact + LoadJourney + TakeUpload,
{
    match place(uri.path()) {
        Some((Page::Fallback, token)) => Some(responded(pages.fallback_too_long(ports, token).await)),
        Some((Page::Resume | Page::Preferences, _)) | None => None,
    }
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
    Fallback,
    Preferences,
}

fn place(path: &str) -> Option<(Page, &str)> {
    let pages = [
        ("/r/", Page::Resume),
        ("/f/", Page::Fallback),
        ("/u/", Page::Preferences),
    ];
    let (page, token) = pages
        .into_iter()
        .find_map(|(prefix, page)| Some((page, path.strip_prefix(prefix)?)))?;
    (!token.is_empty() && !token.contains('/')).then_some((page, token))
}

fn responded(answered: Answered) -> Answer {
    let mut answer = respond(answered.reply);
    if let Some(url) = answered.leads_to {
        let_forms_lead_to(answer.headers_mut(), &url);
    }
    answer
}

fn respond(reply: Reply) -> Answer {
    match reply {
        Reply::Page { status, html } => answer(
            StatusCode::from_u16(status).unwrap_or(StatusCode::OK),
            "text/html; charset=utf-8",
            html.into_bytes(),
        ),
        Reply::Enter { cookie } => match HeaderValue::try_from(cookie) {
            Ok(cookie) => {
                let mut answer = plain(StatusCode::SEE_OTHER, "");
                answer
                    .headers_mut()
                    .insert(LOCATION, HeaderValue::from_static("/enroll"));
                answer.headers_mut().insert(SET_COOKIE, cookie);
                answer
            }
            Err(_) => plain(StatusCode::INTERNAL_SERVER_ERROR, ""),
        },
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
