//! The campaign of a deployment: pushed, looked at, rolled back.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the helpers of these tests are tests, too"
)]

use std::sync::Mutex;

use campaign::{CampaignFiles, EXAMPLE, LoadedCampaign};
use contacts::api::{Tokens, campaigns};
use http::{Method, Request, Response, StatusCode};
use journey::port::{CampaignVersion, Clock, KeepCampaign, PushedCampaign, StoreError, Timestamp};
use serde_json::{Value, json};
use tests::poll_once;

const TOKEN: &str = "the-token-of-today";

/// A store of campaigns as the port describes it.
#[derive(Default)]
struct Shelf(Mutex<(Vec<PushedCampaign>, Option<String>)>);

impl Clock for Shelf {
    fn now(&self) -> Timestamp {
        "2026-07-01T09:00:00Z".parse().unwrap()
    }
}

impl KeepCampaign for Shelf {
    async fn save_campaign(&self, campaign: &PushedCampaign) -> Result<(), StoreError> {
        let stored = &mut self.0.lock().unwrap().0;
        if stored.iter().all(|one| one.version != campaign.version) {
            stored.insert(0, campaign.clone());
        }
        Ok(())
    }

    async fn activate_campaign(&self, version: &str) -> Result<bool, StoreError> {
        let (stored, active) = &mut *self.0.lock().unwrap();
        let found = stored.iter().any(|one| one.version == version);
        if found {
            *active = Some(version.to_owned());
        }
        Ok(found)
    }

    async fn campaign_versions(&self) -> Result<Vec<CampaignVersion>, StoreError> {
        let (stored, active) = &*self.0.lock().unwrap();
        let told = stored.iter().map(|one| CampaignVersion {
            version: one.version.clone(),
            pushed_at: one.pushed_at,
            active: active.as_ref() == Some(&one.version),
        });
        Ok(told.collect())
    }
}

impl Shelf {
    fn call(&self, method: Method, path: &str, body: &str) -> (StatusCode, Value) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {TOKEN}"));
        told(&self.send(request.body(body.as_bytes().to_vec()).unwrap()))
    }

    fn send(&self, request: Request<Vec<u8>>) -> Response<Vec<u8>> {
        poll_once(campaigns::handle(self, &Tokens::new([TOKEN]), request)).unwrap()
    }

    fn stored(&self) -> usize {
        self.0.lock().unwrap().0.len()
    }
}

fn told(reply: &Response<Vec<u8>>) -> (StatusCode, Value) {
    (reply.status(), serde_json::from_slice(reply.body()).unwrap())
}

fn package(name: &str) -> (String, String) {
    let text = EXAMPLE.replacen("name = ", &format!("name = \"{name}\" #"), 1);
    let loaded = LoadedCampaign::check(&CampaignFiles::single("campaign.toml", &text));
    let loaded = loaded.unwrap_or_else(|errors| panic!("{errors}"));
    let package = loaded.package();
    (package.version().to_owned(), package.to_json().unwrap())
}

#[test]
fn a_campaign_is_pushed_replaced_and_rolled_back() {
    let shelf = Shelf::default();
    assert_eq!(
        shelf.call(Method::GET, "/campaign", ""),
        (StatusCode::OK, json!({"active": null, "versions": []}))
    );
    let ((first, text), (second, other)) = (package("first"), package("second"));
    assert_ne!(first, second);
    let (status, told) = shelf.call(Method::PUT, "/campaign", &text);
    assert_eq!((status, &told["active"]), (StatusCode::OK, &json!(first)), "{told}");
    let (_, told) = shelf.call(Method::PUT, "/campaign", &other);
    assert_eq!(told["active"], json!(second));
    assert_eq!(told["versions"].as_array().unwrap().len(), 2);

    let (_, told) = shelf.call(Method::PUT, "/campaign/active", &json!({"version": first}).to_string());
    assert_eq!(told["active"], json!(first));
    let (_, again) = shelf.call(Method::PUT, "/campaign", &text);
    assert_eq!(again, told, "pushing what is there changes nothing");
    let (status, _) = shelf.call(Method::PUT, "/campaign/active", r#"{"version":"nowhere"}"#);
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(shelf.call(Method::GET, "/campaign", "").1["active"], json!(first));
}

#[test]
fn what_could_not_run_is_not_stored() {
    let shelf = Shelf::default();
    let (_, text) = package("first");
    let mut without: Value = serde_json::from_str(&text).unwrap();
    let messages = without["messages"].as_object_mut().unwrap();
    let name = messages.keys().next().unwrap().clone();
    messages.remove(&name);
    let mut newer: Value = serde_json::from_str(&text).unwrap();
    newer["format"] = json!(999_999);
    for (body, status) in [
        (String::new(), StatusCode::BAD_REQUEST),
        ("{".to_owned(), StatusCode::BAD_REQUEST),
        ("[]".to_owned(), StatusCode::BAD_REQUEST),
        (without.to_string(), StatusCode::UNPROCESSABLE_ENTITY),
        (newer.to_string(), StatusCode::UNPROCESSABLE_ENTITY),
        (" ".repeat(campaigns::MAX_BODY_BYTES + 1), StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let (answered, problem) = shelf.call(Method::PUT, "/campaign", &body);
        assert_eq!(answered, status, "{problem}");
        assert_eq!(problem["status"], status.as_u16());
    }
    for body in ["", "[\"x\"]", "{}", r#"{"version":7}"#, r#"{"version":"x","more":1}"#] {
        let (answered, _) = shelf.call(Method::PUT, "/campaign/active", body);
        assert_eq!(answered, StatusCode::BAD_REQUEST, "{body}");
    }
    assert_eq!(shelf.stored(), 0);
}

#[test]
fn the_token_is_asked_for_and_other_methods_are_named() {
    let shelf = Shelf::default();
    for path in ["/campaign", "/campaign/active"] {
        let reply = shelf.send(Request::put(path).body(b"{}".to_vec()).unwrap());
        assert_eq!(reply.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(shelf.call(Method::DELETE, path, "").0, StatusCode::METHOD_NOT_ALLOWED);
    }
    assert_eq!(shelf.call(Method::GET, "/campaign/other", "").0, StatusCode::NOT_FOUND);
}

#[test]
fn where_the_campaign_is_a_file_it_is_said_to_those_with_a_token() {
    let elsewhere = |request: http::request::Builder| {
        let (parts, ()) = request.body(()).unwrap().into_parts();
        assert!(campaigns::serves(&parts.uri));
        campaigns::elsewhere(&Tokens::new([TOKEN]), &parts).status()
    };
    let signed = |request: http::request::Builder| request.header("authorization", format!("Bearer {TOKEN}"));
    assert_eq!(elsewhere(Request::put("/campaign")), StatusCode::UNAUTHORIZED);
    assert_eq!(elsewhere(signed(Request::put("/campaign"))), StatusCode::NOT_FOUND);
    assert_eq!(
        elsewhere(signed(Request::post("/campaign"))),
        StatusCode::METHOD_NOT_ALLOWED
    );
    assert!(!campaigns::serves(&"/contacts/leap".parse().unwrap()));
}
