//! The partner's API over HTTP, whoever carries it: one machine's server or a Lambda.
//!
//! `docs/api/openapi.yaml` describes it, and [`handle`] serves that document at `/openapi.yaml`. A shell
//! gives [`handle`] a whole request and sends what it answers, nothing added and nothing taken away. A
//! shell that has not read the body yet asks [`admit`] first: who has no token gets no work out of us.

mod answer;
pub mod campaigns;
mod conditions;
mod customers;
mod enrollments;
mod fallbacks;
mod problem;
mod route;
mod tokens;

use http::request::Parts;
use http::{Method, Request, StatusCode};
use journey::link::LinkKey;
use journey::port::{
    ArmTimer, Clock, CommitJourney, EraseFallback, FindContact, HandOverBill, KeepContact, ListContacts, LoadJourney,
    OpenAccount, PassOnFallback, ReadAcceptances, ResetEnrollment,
};
use journey::{Campaign, IdKey};

pub use answer::Reply;
pub use problem::Problem;
pub use tokens::Tokens;

use route::Route;

/// The longest body that is read. A contact has a few hundred bytes.
pub const MAX_BODY_BYTES: usize = 16 * 1024;

/// The document that describes the API.
pub const OPENAPI: &str = include_str!("../../../../docs/api/openapi.yaml");

/// What the API must know.
#[derive(Clone, Debug)]
pub struct ApiConfig {
    /// The tokens that are live.
    pub tokens: Tokens,
    /// The key of our own identifiers.
    pub id_key: IdKey,
    /// Signs our own links.
    pub links: LinkKey,
    /// Where our own pages are, without a slash at the end.
    pub public_url: String,
    /// Are there customers of Light's?
    pub has_light: bool,
}

/// Refuses what needs no body to be refused: an address where nothing is, a missing token, a method that
/// the address does not answer to.
///
/// # Errors
/// The answer to send.
pub fn admit(config: &ApiConfig, parts: &Parts) -> Result<(), Box<Reply>> {
    let refused = |problem: &Problem| Err(Box::new(answer::for_method(&parts.method, problem.reply())));
    let Some(route) = Route::of(&parts.uri) else {
        return refused(&Problem::nothing_here());
    };
    if route != Route::Document && !config.tokens.admit(&parts.headers) {
        return refused(&Problem::unauthorized());
    }
    if !route.allows(&parts.method) {
        return refused(&Problem::not_allowed(route.allow()));
    }
    Ok(())
}

/// The answer to a body that is longer than [`MAX_BODY_BYTES`].
#[must_use]
pub fn too_large() -> Reply {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "A contact has at most 16 KB.").reply()
}

/// The answer to a body that does not arrive.
#[must_use]
pub fn too_slow() -> Reply {
    Problem::new(StatusCode::REQUEST_TIMEOUT, "The body took too long to arrive.").reply()
}

/// Answers one request.
pub async fn handle<P, B>(ports: &P, config: &ApiConfig, campaign: &Campaign, request: Request<B>) -> Reply
where
    P: Clock
        + KeepContact
        + FindContact
        + ListContacts
        + PassOnFallback
        + HandOverBill
        + EraseFallback
        + OpenAccount
        + ResetEnrollment
        + ReadAcceptances
        + LoadJourney
        + CommitJourney
        + ArmTimer,
    B: AsRef<[u8]>,
{
    let (parts, body) = request.into_parts();
    if let Err(refusal) = admit(config, &parts) {
        return *refusal;
    }
    let body = body.as_ref();
    if body.len() > MAX_BODY_BYTES {
        return too_large();
    }
    let reply = respond(ports, config, campaign, &parts, body).await;
    answer::for_method(&parts.method, reply.unwrap_or_else(|problem| problem.reply()))
}

async fn respond<P>(
    ports: &P,
    config: &ApiConfig,
    campaign: &Campaign,
    parts: &Parts,
    body: &[u8],
) -> Result<Reply, Problem>
where
    P: Clock
        + KeepContact
        + FindContact
        + ListContacts
        + PassOnFallback
        + HandOverBill
        + EraseFallback
        + OpenAccount
        + ResetEnrollment
        + ReadAcceptances
        + LoadJourney
        + CommitJourney
        + ArmTimer,
{
    let Some(route) = Route::of(&parts.uri) else {
        return Err(Problem::nothing_here());
    };
    match route {
        Route::Document => Ok(document()),
        Route::Contacts(provider) => customers::list(ports, route::provider(provider)?, &parts.uri).await,
        Route::Journey(provider, reference) => {
            customers::explained(ports, config, route::named(provider, reference)?, &parts.uri).await
        }
        Route::Fallback(provider, reference) => fallbacks::get(ports, config, route::named(provider, reference)?).await,
        Route::Bill(provider, reference) => fallbacks::bill(ports, config, route::named(provider, reference)?).await,
        Route::HandOver(provider, reference) => {
            fallbacks::hand_over(ports, config, route::named(provider, reference)?).await
        }
        Route::Enrollments | Route::Enrollment(_) | Route::EnrollmentSession(_) | Route::EnrollmentSupport(_)
            if !config.has_light =>
        {
            Err(enrollments::not_configured())
        }
        Route::Enrollments => enrollments::open(ports, config, campaign, body).await,
        Route::Enrollment(reference) => {
            let (_, reference) = route::named("light", reference)?;
            enrollments::reset(ports, config, campaign, &reference).await
        }
        Route::EnrollmentSession(reference) => {
            let (_, reference) = route::named("light", reference)?;
            enrollments::enter(ports, config, reference).await
        }
        Route::EnrollmentSupport(reference) => {
            let (_, reference) = route::named("light", reference)?;
            enrollments::support(ports, config, campaign, &reference, body).await
        }
        Route::Links(provider, reference) => customers::minted(ports, config, route::named(provider, reference)?).await,
        Route::Contact(provider, reference) => {
            let name = route::named(provider, reference)?;
            if parts.method == Method::PUT {
                customers::put(ports, config, campaign, name, &parts.headers, body).await
            } else if parts.method == Method::DELETE {
                customers::erase(ports, config, campaign, name, &parts.headers).await
            } else {
                customers::get(ports, config, name, &parts.headers).await
            }
        }
    }
}

fn document() -> Reply {
    answer::with_type(StatusCode::OK, "application/yaml", OPENAPI.as_bytes().to_vec())
}
