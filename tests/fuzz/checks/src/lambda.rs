//! What only a Lambda is called with: API Gateway's event, and a schedule's payload.

use aws::{GatewayRequest, GatewayResponse, ScheduledFire};
use http::Response;
use percent_encoding::percent_decode_str;

use crate::answers::loose;

/// An event of API Gateway's HTTP API.
///
/// It becomes a request whatever is in it, with the path and the body that the gateway was sent. The body goes
/// back as it came, as text or as base64.
pub fn gateway(data: &[u8]) -> bool {
    let Ok(event) = serde_json::from_slice::<GatewayRequest>(data) else {
        return false;
    };
    assert_eq!(format!("{event:?}"), "GatewayRequest(hidden)");
    let request = event.into_http();
    let Some(said) = loose(data) else {
        return true;
    };
    let path = said["rawPath"].as_str().unwrap_or_default();
    // A `%` stands for itself or for an encoded character: which of them is not documented.
    let whole =
        path.starts_with('/') && !path.contains('%') && said["rawQueryString"].as_str().is_none_or(str::is_empty);
    if whole && path.len() < 10_000 {
        assert_eq!(
            percent_decode_str(request.uri().path()).decode_utf8().as_deref(),
            Ok(path)
        );
    }
    if said["isBase64Encoded"] != true {
        assert_eq!(request.body(), said["body"].as_str().unwrap_or_default().as_bytes());
    }
    let body = request.into_body();
    let answer = serde_json::to_value(GatewayResponse::from(Response::new(body.clone()))).unwrap();
    if answer["isBase64Encoded"] == false {
        assert_eq!(answer["body"].as_str().map(str::as_bytes), Some(body.as_slice()));
    } else {
        assert!(String::from_utf8(body).is_err(), "text needs no base64");
    }
    true
}

/// The payload of a schedule, or of the sweep.
///
/// What is taken is written as what reads back as the same; an error repeats no name.
pub fn schedule(data: &[u8]) -> bool {
    match serde_json::from_slice::<ScheduledFire>(data) {
        Ok(fire) => {
            assert_eq!(serde_json::from_str::<ScheduledFire>(&fire.to_json()).unwrap(), fire);
            true
        }
        Err(_) => false,
    }
}
