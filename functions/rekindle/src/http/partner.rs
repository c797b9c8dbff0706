//! The partner's API: contacts and journeys, with a bearer token.

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use contacts::{ContactInput, explain};
use journey::port::{FindContact, LoadJourney, StoreError};
use journey::{ContactId, JourneyId, Provider, Purpose, Reference};
use serde::Deserialize;

use super::{Face, Problem};

/// A contact has a few hundred bytes.
const MAX_CONTACT_BYTES: usize = 16 * 1024;

pub(crate) fn routes(face: &Face) -> Router<Face> {
    Router::new()
        .route(
            "/contacts/{provider}/{reference}",
            get(get_contact).put(put_contact).delete(delete_contact),
        )
        .route("/journeys/{provider}/{reference}", get(get_journey))
        .layer(DefaultBodyLimit::max(MAX_CONTACT_BYTES))
        .route_layer(middleware::from_fn_with_state(face.clone(), authorized))
}

/// Checks the bearer token before a handler does any work.
async fn authorized(State(face): State<Face>, request: Request, next: Next) -> Response {
    let mut values = request.headers().get_all(header::AUTHORIZATION).iter();
    let token = match (values.next(), values.next()) {
        (Some(only), None) => only
            .as_bytes()
            .split_at_checked(b"Bearer ".len())
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case(b"Bearer "))
            .map(|(_, token)| token),
        (Some(_), Some(_)) | (None, _) => None,
    };
    if token.is_some_and(|token| face.tokens.check(token)) {
        let mut response = next.run(request).await;
        // Personal data: not for a cache on the way.
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    } else {
        Problem::new(
            401,
            "Send `Authorization: Bearer <token>`, once, with a token that is live.",
        )
        .into_response()
    }
}

struct Named {
    provider: Provider,
    reference: Reference,
}

impl Named {
    fn new((provider, reference): (String, String)) -> Result<Self, Problem> {
        let provider = provider
            .parse()
            .map_err(|error| Problem::new(404, format!("{error}")))?;
        let reference = Reference::new(reference).map_err(|error| Problem::new(400, format!("reference: {error}")))?;
        Ok(Named { provider, reference })
    }
}

fn unavailable(error: &(dyn std::error::Error + 'static)) -> Problem {
    tracing::error!(error, "partner's request failed");
    Problem::new(503, "The store is busy. Nothing is lost; send the same request again.")
}

fn no_contact() -> Problem {
    Problem::new(404, "There is no contact with this reference.")
}

async fn get_contact(State(face): State<Face>, Path(path): Path<(String, String)>) -> Result<Response, Problem> {
    let Named { provider, reference } = Named::new(path)?;
    let id = ContactId::new(&face.world.id_key, provider, &reference);
    let known = face
        .world
        .find_contact(&id)
        .await
        .map_err(|error| unavailable(&error))?
        .ok_or_else(no_contact)?;
    Ok(axum::Json(ContactInput::of(&known.contact)).into_response())
}

async fn put_contact(
    State(face): State<Face>,
    Path(path): Path<(String, String)>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let Named { provider, reference } = Named::new(path)?;
    let body = body.map_err(|_| Problem::new(413, "A contact has at most 16 KB."))?;
    let not_a_contact = |error: serde_json::Error| Problem::new(400, format!("Not a contact: {}.", plain(&error)));
    // An object first: a list would fill in the fields by their order, and an empty one would clear them.
    let fields: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&body).map_err(not_a_contact)?;
    let input = ContactInput::deserialize(serde_json::Value::Object(fields)).map_err(not_a_contact)?;
    let contact = input
        .check(provider, reference)
        .map_err(|invalid| Problem::new(422, "Some fields are not right.").with_errors(invalid.0))?;
    let world = &face.world;
    contacts::put(world, &world.id_key, &world.rules, &contact)
        .await
        .map_err(|error| unavailable(&error))?;
    // What is stored now: an opt-out outlives a contact that comes without it.
    let id = ContactId::new(&world.id_key, provider, &contact.reference);
    let known = world.find_contact(&id).await.map_err(|error| unavailable(&error))?;
    Ok(axum::Json(ContactInput::of(
        known.as_ref().map_or(&contact, |known| &known.contact),
    ))
    .into_response())
}

/// A parser's message without the values that it would quote.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match error.classify() {
        serde_json::error::Category::Data if text.starts_with("unknown field") => text,
        serde_json::error::Category::Data => {
            format!(
                "a field has the wrong type at line {} column {}",
                error.line(),
                error.column()
            )
        }
        serde_json::error::Category::Io | serde_json::error::Category::Syntax | serde_json::error::Category::Eof => {
            format!(
                "the body is not JSON at line {} column {}",
                error.line(),
                error.column()
            )
        }
    }
}

async fn delete_contact(State(face): State<Face>, Path(path): Path<(String, String)>) -> Result<Response, Problem> {
    let Named { provider, reference } = Named::new(path)?;
    let world = &face.world;
    contacts::erase(world, &world.id_key, &world.rules, provider, &reference)
        .await
        .map_err(|error| unavailable(&error))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn get_journey(State(face): State<Face>, Path(path): Path<(String, String)>) -> Result<Response, Problem> {
    let Named { provider, reference } = Named::new(path)?;
    let id = JourneyId::new(&face.world.id_key, provider, Purpose::Enroll, &reference);
    let failed = |error: StoreError| unavailable(&error);
    let loaded = face.world.load_journey(&id).await.map_err(failed)?;
    let loaded = loaded.ok_or_else(|| Problem::new(404, "There is no journey with this reference."))?;
    let known = face.world.contact_of(&id).await.map_err(failed)?;
    Ok(axum::Json(explain(&loaded.journey, known.as_ref())).into_response())
}
