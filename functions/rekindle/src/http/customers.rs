//! What customers open: `GET|POST /r/{token}` and `GET|POST /u/{token}`.

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::any;

use super::{Face, sent};

pub(super) fn routes() -> Router<Face> {
    Router::new()
        .route("/r/{token}", any(answer))
        .route("/u/{token}", any(answer))
}

async fn answer(State(face): State<Face>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, pages::http::MAX_BODY_BYTES).await else {
        return sent(pages::http::too_large());
    };
    let world = &face.world;
    let request = Request::from_parts(parts, body);
    sent(pages::http::handle(&world.pages, world, &world.rules, request).await)
}
