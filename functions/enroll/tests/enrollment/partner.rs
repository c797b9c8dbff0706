//! A partner's server, which holds every answer against the API's document.

use http::{Request, Response};
use journey::Campaign;
use serde_json::{Value, json};

use crate::document::{DOCUMENT, check, resolved};
use crate::world::{ESI_ID, World, poll_once, site, token};

pub(crate) struct Partner<'w> {
    pub(crate) world: &'w World,
    pub(crate) token: String,
}

/// An answer, and its body if it has one.
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) answer: Response<Vec<u8>>,
}

impl<'w> Partner<'w> {
    pub(crate) fn new(world: &'w World) -> Self {
        Partner {
            world,
            token: token(world),
        }
    }

    pub(crate) fn get(&self, path: &str) -> Told {
        self.send("GET", path, &[], "")
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Told {
        self.send("POST", path, &[("content-type", "application/json")], &body.to_string())
    }

    pub(crate) fn put(&self, path: &str, body: &Value) -> Told {
        self.send("PUT", path, &[("content-type", "application/json")], &body.to_string())
    }

    pub(crate) fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Told {
        let bearer = format!("Bearer {}", self.token);
        let mut all = vec![("authorization", bearer.as_str())];
        all.extend(headers);
        self.send_bare(method, path, &all, body)
    }

    /// Without the token. What is answered is held against the document.
    pub(crate) fn send_bare(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Told {
        let mut request = Request::builder().method(method).uri(format!("/enroll/v1{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.as_bytes().to_vec()).unwrap();
        let (site, campaign) = (site(), Campaign::standard());
        let answer = poll_once(enroll::http::handle(&site, self.world, &campaign, request));
        let told = Told {
            status: answer.status().as_u16(),
            body: serde_json::from_slice(answer.body()).unwrap_or_default(),
            answer,
        };
        described(method, path, &told);
        told
    }

    pub(crate) fn offer(&self) -> Value {
        self.post("/plans", &json!({ "esi_id": ESI_ID })).body["plans"][0]["offer"].clone()
    }
}

/// Panics unless an answer is one that the document describes for the address.
#[track_caller]
fn described(method: &str, path: &str, told: &Told) {
    let path = path.split('?').next().unwrap();
    let described = &DOCUMENT["paths"][format!("/enroll/v1{path}")];
    assert_eq!(told.header("cache-control"), "no-store");
    if method == "OPTIONS" || path.ends_with("yaml") {
        return;
    }
    let Some(of_path) = described.as_object() else {
        assert_eq!(told.status, 404);
        return check(&json!({ "$ref": "#/components/schemas/Problem" }), &told.body);
    };
    // What no method of the address is is described with the one that it has.
    let asked = if method == "HEAD" {
        "get"
    } else {
        &method.to_lowercase()
    };
    let operation = of_path.get(asked).or_else(|| of_path.values().next()).unwrap();
    let response = &operation["responses"][told.status.to_string()];
    assert!(
        !response.is_null(),
        "{method} {path} is not described with {}",
        told.status
    );
    let response = resolved(response);
    for (name, _) in response["headers"].as_object().into_iter().flatten() {
        assert!(!told.header(name).is_empty(), "{name}");
    }
    match response["content"].as_object().into_iter().flatten().next() {
        Some((media_type, content)) if method != "HEAD" => {
            assert_eq!(told.header("content-type"), media_type);
            check(&content["schema"], &told.body);
        }
        Some(_) | None => assert!(told.answer.body().is_empty()),
    }
    if told.status >= 400 && method != "HEAD" {
        assert_eq!(told.body["status"], told.status);
    }
}

impl Told {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.answer
            .headers()
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    pub(crate) fn is_problem(&self, status: u16, kind: &str) -> &Self {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(self.body["type"], format!("urn:rekindle:problem:{kind}"));
        self
    }

    /// The pointers of the fields that are wrong.
    pub(crate) fn pointers(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().unwrap().iter();
        errors.map(|error| error["pointer"].as_str().unwrap()).collect()
    }
}
