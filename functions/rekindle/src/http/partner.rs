//! The partner's API.

use axum::extract::{Request, State};
use axum::response::Response;
use contacts::api;

use super::{Face, Unread, read, sent};

pub(super) async fn answer(State(face): State<Face>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    if api::campaigns::serves(&parts.uri) {
        return sent(api::campaigns::elsewhere(&face.api.tokens, &parts));
    }
    // Before the body is read: who has no token gets no work out of us.
    if let Err(refusal) = api::admit(&face.api, &parts) {
        return sent(*refusal);
    }
    let body = match read(body, api::MAX_BODY_BYTES).await {
        Ok(body) => body,
        Err(Unread::TooLong) => return sent(api::too_large()),
        Err(Unread::TooSlow) => return sent(api::too_slow()),
    };
    let request = Request::from_parts(parts, body);
    sent(api::handle(&face.world, &face.api, &face.world.rules, request).await)
}
