//! `POST /webhooks/{provider}`.

use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::any;
use webhook::{Answer, http};

use super::{Face, Unread, read, sent};

/// From the whole body on. An answer that takes longer is a "deliver again": the store is in trouble, and Leap itself gives
/// up waiting after 10 s.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

pub(super) fn routes() -> Router<Face> {
    Router::new()
        .route("/webhooks/{provider}", any(receive))
        .route("/webhooks/{provider}/{secret}", any(receive))
}

async fn receive(State(face): State<Face>, request: Request) -> Response {
    let (world, header) = (&face.world, &face.webhook_header);
    let (parts, body) = request.into_parts();
    // Whoever has no secret gets no work out of us, not even the reading of a body.
    if let Err(refusal) = http::admit(world, &world.webhook, header, &parts) {
        return sent(*refusal);
    }
    let body = match read(body, http::max_body_bytes(&parts.uri)).await {
        Ok(body) => body,
        Err(Unread::TooLong) => return sent(http::too_large(world)),
        Err(Unread::TooSlow) => return sent(http::answer(Answer::TooSlow)),
    };
    let request = Request::from_parts(parts, body);
    let handled = http::handle(world, &world.webhook, header, &world.rules, request);
    sent(
        tokio::time::timeout(ANSWER_WITHIN, handled)
            .await
            .unwrap_or_else(|_| http::answer(Answer::TryAgain)),
    )
}
