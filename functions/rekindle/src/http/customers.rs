//! What customers open: `GET|POST /r/{token}` and `GET|POST /u/{token}`.

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::any;

use super::{Face, Unread, read, sent};

pub(super) fn routes() -> Router<Face> {
    Router::new()
        .route("/r/{token}", any(answer))
        .route("/u/{token}", any(answer))
}

async fn answer(State(face): State<Face>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = match read(body, pages::http::MAX_BODY_BYTES).await {
        Ok(body) => body,
        Err(Unread::TooLong) => return sent(pages::http::too_large()),
        Err(Unread::TooSlow) => return sent(pages::http::too_slow()),
    };
    let world = &face.world;
    let request = Request::from_parts(parts, body);
    sent(pages::http::handle(&world.pages, world, &world.rules, request).await)
}
