//! What customers open: `GET|POST /r/{token}`, `GET|POST /f/{token}`, `GET|POST /u/{token}`, and `/enroll`.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use futures::StreamExt;
use tokio::sync::Semaphore;

use super::{Face, Refusal, Unread, read, sent};

/// Bills that arrive at the same time: each is in memory, whole.
const BILLS: usize = 8;

static ARRIVING: Semaphore = Semaphore::const_new(BILLS);

/// How long a bill may take: 10 MB over a poor mobile network.
const BILL_WITHIN: Duration = Duration::from_secs(120);

/// How much more than a bill is still taken off the line. A browser that is cut off while it sends would show no
/// answer of ours, only that the connection was lost.
const TOO_MUCH: usize = 64 * 1024 * 1024;

pub(super) fn routes() -> Router<Face> {
    Router::new()
        .route("/r/{token}", any(answer))
        .route("/f/{token}", any(answer_fallback))
        .route("/u/{token}", any(answer))
        .route("/enroll", any(enrolling))
        .route("/enroll/{*below}", any(enrolling))
}

async fn answer(State(face): State<Face>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = match read(body, pages::http::MAX_BODY_BYTES).await {
        Ok(body) => body,
        Err(Unread::TooLong) => return sent(pages::http::too_large()),
        Err(Unread::TooSlow) => return sent(pages::http::too_slow()),
    };
    answered(&face, Request::from_parts(parts, body.to_vec())).await
}

/// The enrolment, where there is Light.
async fn enrolling(State(face): State<Face>, request: Request) -> Response {
    let world = &face.world;
    let Some(site) = &world.site else {
        return Refusal::nothing_here().into_response();
    };
    let (parts, body) = request.into_parts();
    let body = match read(body, enroll::http::MAX_BODY_BYTES).await {
        Ok(body) => body,
        Err(Unread::TooLong) => return sent(enroll::http::too_large(site, parts.uri.path())),
        Err(Unread::TooSlow) => return sent(enroll::http::too_slow(site, parts.uri.path())),
    };
    let request = Request::from_parts(parts, body.to_vec());
    sent(enroll::http::handle(site, world, &world.rules, request).await)
}

async fn answer_fallback(state: State<Face>, request: Request) -> Response {
    let world = &state.world;
    let most = pages::http::max_body_bytes(&world.pages, world, request.uri());
    // Whoever has no link of ours gets neither the time nor the place of a bill.
    if request.method() != Method::POST || most <= pages::http::MAX_BODY_BYTES {
        return answer(state, request).await;
    }
    let (parts, body) = request.into_parts();
    let arrived = tokio::time::timeout(BILL_WITHIN, async {
        // It is never closed; were it, only the limit would be gone.
        let _place = ARRIVING.acquire().await;
        whole(body, most).await
    });
    match arrived.await {
        Ok(Some(body)) => answered(&state, Request::from_parts(parts, body)).await,
        Ok(None) => {
            let answer = pages::http::bill_too_large(&world.pages, world, &parts.uri).await;
            sent(answer.unwrap_or_else(pages::http::too_large))
        }
        Err(_) => sent(pages::http::too_slow()),
    }
}

async fn answered(face: &Face, request: Request<Vec<u8>>) -> Response {
    let world = &face.world;
    sent(pages::http::handle(&world.pages, world, &world.rules, request).await)
}

/// Reads a body; none when it is longer than `most`, of which nothing is kept then.
async fn whole(body: Body, most: usize) -> Option<Vec<u8>> {
    let (mut kept, mut length) = (Vec::new(), 0_usize);
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        // An error is the other side's: nobody is left to be answered.
        let piece = piece.ok()?;
        length = length.saturating_add(piece.len());
        if length <= most {
            kept.extend_from_slice(&piece);
        } else {
            kept = Vec::new();
        }
        if length > TOO_MUCH {
            break;
        }
    }
    (length <= most).then_some(kept)
}
