//! What customers open: `GET|POST /r/{token}` and `GET|POST /u/{token}`.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use pages::{CONTENT_SECURITY_POLICY, Reply};
use url::form_urlencoded;

use super::Face;

/// Our forms have one field.
const MAX_FORM_BYTES: usize = 4 * 1024;

pub(crate) fn routes() -> Router<Face> {
    Router::new()
        .route("/r/{token}", get(resume).post(resume_acted))
        .route("/u/{token}", get(preferences).post(preferences_changed))
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
}

async fn resume(State(face): State<Face>, Path(token): Path<String>) -> Response {
    respond(face.world.pages.resume(&face.world, &token).await)
}

async fn resume_acted(State(face): State<Face>, Path(token): Path<String>) -> Response {
    let world = &face.world;
    respond(world.pages.resume_acted(world, &world.rules, &token).await)
}

async fn preferences(State(face): State<Face>, Path(token): Path<String>) -> Response {
    respond(face.world.pages.preferences(&face.world, &token).await)
}

async fn preferences_changed(State(face): State<Face>, Path(token): Path<String>, body: Bytes) -> Response {
    let form: Vec<(String, String)> = form_urlencoded::parse(&body).into_owned().collect();
    respond(face.world.pages.preferences_changed(&face.world, &token, &form).await)
}

fn respond(reply: Reply) -> Response {
    let mut response = match reply {
        Reply::Page { status, html } => {
            (StatusCode::from_u16(status).unwrap_or(StatusCode::OK), Html(html)).into_response()
        }
        // 303: the provider's page is fetched with GET, whatever brought the person here.
        Reply::Redirect { to } => match HeaderValue::from_str(&to) {
            Ok(to) => (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response(),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        },
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("x-robots-tag"), "noindex"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
