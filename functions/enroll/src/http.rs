//! Everything under `/enroll` over HTTP, whoever carries it: one machine's server or a Lambda.

use core::error::Error;

use http::header::{ALLOW, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, RETRY_AFTER, SET_COOKIE};
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use journey::Campaign;
use maud::Markup;

use crate::look::{guard, let_pay};
use crate::pages::{self, Asked, Form, Reply};
use crate::route::{Page, allows};
use crate::session::{NoVisit, Visit, is_foreign, token_in_cookie};
use crate::{Ports, Site, api};

/// The longest body that is read. The longest is a form with an offer.
pub const MAX_BODY_BYTES: usize = 16 * 1024;

/// A whole answer.
pub type Answer = Response<Vec<u8>>;

/// Seconds, where the provider does not say more closely when it may be asked again.
pub(crate) const RETRY_SECONDS: u32 = 5;

/// Answers one request. Whatever is answered to HEAD has no body, but says how long it would be.
pub async fn handle<P, B>(site: &Site, ports: &P, campaign: &Campaign, request: Request<B>) -> Answer
where
    P: Ports,
    B: AsRef<[u8]>,
{
    let (parts, body) = request.into_parts();
    let body = body.as_ref();
    let mut answer = if api::is_api(parts.uri.path()) {
        api::handle(site, ports, campaign, &parts, body).await
    } else {
        answered(site, ports, campaign, &parts, body).await
    };
    if parts.method == Method::HEAD {
        let length = core::mem::take(answer.body_mut()).len();
        answer.headers_mut().insert(CONTENT_LENGTH, length.into());
    }
    answer
}

/// The answer to a body that is longer than [`MAX_BODY_BYTES`].
#[must_use]
pub fn too_large(site: &Site, path: &str) -> Answer {
    if api::is_api(path) {
        api::too_large()
    } else {
        html(StatusCode::PAYLOAD_TOO_LARGE, pages::bad_request(site))
    }
}

/// The answer to a body that does not arrive.
#[must_use]
pub fn too_slow(site: &Site, path: &str) -> Answer {
    if api::is_api(path) {
        api::too_slow()
    } else {
        html(StatusCode::REQUEST_TIMEOUT, pages::unavailable(site))
    }
}

async fn answered<P: Ports>(site: &Site, ports: &P, campaign: &Campaign, parts: &Parts, body: &[u8]) -> Answer {
    let path = parts.uri.path();
    let Some(page) = Page::of(path) else {
        return html(StatusCode::NOT_FOUND, pages::nothing_here(site));
    };
    if !allows(page.allow(), &parts.method) {
        return not_allowed(page.allow());
    }
    if page == Page::PaymentScript {
        return with_type(
            StatusCode::OK,
            "text/javascript; charset=utf-8",
            pages::PAYMENT_SCRIPT.as_bytes().to_vec(),
        );
    }
    // What the payment page's script asks for is the API's, by the browser's own session.
    let is_of_script = matches!(page, Page::PaymentSession | Page::PaymentMethod);
    let is_post = parts.method == Method::POST;
    if body.len() > MAX_BODY_BYTES {
        return too_large(site, path);
    }
    if is_post && is_foreign(&parts.headers) {
        return html(StatusCode::FORBIDDEN, pages::foreign(site));
    }
    let visit = match Visit::begin(site, ports, campaign, token_in_cookie(&parts.headers)).await {
        Ok(visit) => visit,
        Err(_) if is_of_script => return api::no_session(),
        Err(no_visit) => return turned_away(site, ports, &no_visit),
    };
    let mut answer = if is_of_script {
        api::of_script(&visit, page, &parts.headers, body).await
    } else {
        let asked = Asked {
            page,
            path,
            is_post,
            form: if is_post { Form::read(body) } else { Form::default() },
            headers: &parts.headers,
        };
        respond(site, visit.show(&asked).await)
    };
    set_cookie(&mut answer, &visit.renewed());
    answer
}

fn turned_away<P: Ports>(site: &Site, ports: &P, why: &NoVisit) -> Answer {
    match why {
        NoVisit::Unknown => html(StatusCode::FORBIDDEN, pages::no_session(site)),
        NoVisit::Over => {
            ports.count("enroll.session_over", 1);
            html(StatusCode::GONE, pages::no_session(site))
        }
        NoVisit::Store(error) => {
            tracing::error!(error = error as &dyn Error, "page failed");
            html(StatusCode::SERVICE_UNAVAILABLE, pages::unavailable(site))
        }
    }
}

fn respond(site: &Site, reply: Reply) -> Answer {
    match reply {
        Reply::Page { status, html: page } => html(status, page),
        Reply::Payment { html: page } => {
            let mut answer = html(StatusCode::OK, page);
            let_pay(answer.headers_mut(), &site.stripe);
            answer
        }
        // 303: the next page is fetched with GET, whatever led to it.
        Reply::Onward { to, cookie } => {
            let mut answer = with_type(StatusCode::SEE_OTHER, "text/plain; charset=utf-8", Vec::new());
            answer.headers_mut().insert(LOCATION, HeaderValue::from_static(to));
            if let Some(cookie) = cookie {
                set_cookie(&mut answer, &cookie);
            }
            answer
        }
    }
}

fn set_cookie(answer: &mut Answer, cookie: &str) {
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        answer.headers_mut().append(SET_COOKIE, cookie);
    }
}

fn not_allowed(allow: &'static str) -> Answer {
    let text = format!("This address answers to {allow}.\n");
    let mut answer = with_type(
        StatusCode::METHOD_NOT_ALLOWED,
        "text/plain; charset=utf-8",
        text.into_bytes(),
    );
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
    answer
}

fn html(status: StatusCode, page: Markup) -> Answer {
    let mut answer = with_type(status, "text/html; charset=utf-8", page.into_string().into_bytes());
    if status == StatusCode::SERVICE_UNAVAILABLE {
        answer.headers_mut().insert(RETRY_AFTER, RETRY_SECONDS.into());
    }
    answer
}

fn with_type(status: StatusCode, content_type: &'static str, body: Vec<u8>) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    guard(headers);
    answer
}
