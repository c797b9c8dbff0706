//! Each route of the API and each of its problems, held against its document.

use http::{Request, Response};
use jiff::SignedDuration;
use jiff::civil::date;
use journey::enrollment::{BillingAddress, MonthlyUsage, SupportMatter};
use journey::link::SESSION_COOKIE;
use journey::port::Refusal;
use journey::{Campaign, Event, Milestone};
use serde_json::{Value, json};

use crate::document::{DOCUMENT, check, resolved};
use crate::world::{Call, ESI_ID, OTHER_ESI_ID, World, poll_once, site, token};

struct Partner<'w> {
    world: &'w World,
    token: String,
}

/// An answer, and its body if it has one.
struct Told {
    status: u16,
    body: Value,
    answer: Response<Vec<u8>>,
}

impl<'w> Partner<'w> {
    fn new(world: &'w World) -> Self {
        Partner {
            world,
            token: token(world),
        }
    }

    fn get(&self, path: &str) -> Told {
        self.send("GET", path, &[], "")
    }

    fn post(&self, path: &str, body: &Value) -> Told {
        self.send("POST", path, &[("content-type", "application/json")], &body.to_string())
    }

    fn put(&self, path: &str, body: &Value) -> Told {
        self.send("PUT", path, &[("content-type", "application/json")], &body.to_string())
    }

    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Told {
        let bearer = format!("Bearer {}", self.token);
        let mut all = vec![("authorization", bearer.as_str())];
        all.extend(headers);
        self.send_bare(method, path, &all, body)
    }

    /// Without the token. What is answered is held against the document.
    fn send_bare(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Told {
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

    fn offer(&self) -> Value {
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
    fn header(&self, name: &str) -> &str {
        self.answer
            .headers()
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    fn is_problem(&self, status: u16, kind: &str) -> &Self {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(self.body["type"], format!("urn:rekindle:problem:{kind}"));
        self
    }

    /// The pointers of the fields that are wrong.
    fn pointers(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().unwrap().iter();
        errors.map(|error| error["pointer"].as_str().unwrap()).collect()
    }
}

#[test]
fn a_partner_takes_a_customer_through_every_step() {
    let world = World::new("es");
    let partner = Partner::new(&world);
    let begun = partner.get("/enrollment");
    assert_eq!(begun.body["next_step"], "plan");
    assert_eq!(begun.body["steps"][0], json!({ "step": "plan", "state": "missing" }));

    let found = partner.post("/address-search", &json!({ "query": "123 Main St" }));
    assert_eq!(found.body["addresses"][0]["esi_id"], ESI_ID, "as text");
    assert_eq!(found.body["addresses"][1]["delivery_company"], "CenterPoint Energy");
    let found = partner.post("/address-search", &json!({ "query": "9 Nowhere Rd" }));
    assert_eq!(found.body, json!({ "addresses": [] }));
    let found = partner.post("/esi-id-search", &json!({ "esi_id": "1008901-000000000000003" }));
    assert_eq!(found.body["address"]["esi_id"], OTHER_ESI_ID);
    let found = partner.post("/esi-id-search", &json!({ "esi_id": "55512345671234567" }));
    assert_eq!(found.body, json!({ "address": null }));

    let plans = partner.post("/plans", &json!({ "esi_id": ESI_ID }));
    let plan = &plans.body["plans"][0];
    assert_eq!(plan["energy_rate_cents_per_kwh"], "14.2");
    assert_eq!(plan["offer_expires_at"], "2026-07-01T16:30:00Z");
    assert!(world.reached(Milestone::PlanRequested));
    let accepted = json!({ "offer": plan["offer"], "start_date": "2026-07-10", "terms_accepted": true });
    for _ in 0..2 {
        assert_eq!(partner.post("/acceptance", &accepted).status, 204);
    }
    assert_eq!(world.state().kept.len(), 1);

    let same = json!({ "same_as_service_address": true });
    assert_eq!(partner.put("/billing-address", &same).status, 204);
    let session = partner.post("/payment-session", &json!({}));
    assert_eq!(session.body["publishable_key"], "pk_test_invented");
    assert_eq!(partner.send("POST", "/payment-session", &[], "").status, 200);
    let method = json!({ "payment_method_id": "pm_1" });
    assert_eq!(partner.post("/payment-method", &method).status, 204);
    let done = partner.get("/enrollment");
    assert_eq!(done.body["next_step"], Value::Null);
    assert_eq!(done.body["locations"][0]["start_date"], "2026-07-10");
    world.finalize();
    assert_eq!(partner.get("/enrollment").body["finalized"], true);
    partner.put("/billing-address", &same).is_problem(409, "finished");
    partner
        .post("/plans", &json!({ "esi_id": ESI_ID }))
        .is_problem(409, "finished");
    partner.post("/payment-session", &json!({})).is_problem(409, "finished");
    // What was done may be repeated even then.
    assert_eq!(partner.post("/acceptance", &accepted).status, 204);
    assert_eq!(partner.post("/payment-method", &method).status, 204);
    assert_eq!(world.state().methods, ["pm_1"]);
    // No session is made longer here, and none begins.
    assert!(done.header("set-cookie").is_empty());
}

#[test]
fn a_session_is_asked_for_everywhere_but_at_the_document() {
    let world = World::new("en");
    let partner = Partner::new(&world);
    let good = format!("Bearer {}", partner.token);
    let forged = good.replace('-', "_");
    for (method, path) in [
        ("GET", "/enrollment"),
        ("POST", "/address-search"),
        ("POST", "/esi-id-search"),
        ("POST", "/plans"),
        ("POST", "/acceptance"),
        ("PUT", "/billing-address"),
        ("POST", "/payment-session"),
        ("POST", "/payment-method"),
        ("GET", "/usage?location=1"),
    ] {
        for headers in [
            &[][..],
            &[("authorization", forged.as_str())],
            &[("authorization", "Bearer ")],
            &[("authorization", partner.token.as_str())],
            &[("authorization", good.as_str()), ("authorization", good.as_str())],
        ] {
            partner
                .send_bare(method, path, headers, "{}")
                .is_problem(401, "unauthorized");
        }
    }
    // The scheme's name has no case.
    let lower = good.replace("Bearer", "bearer");
    assert_eq!(
        partner
            .send_bare("GET", "/enrollment", &[("authorization", &lower)], "")
            .status,
        200
    );
    world.later(SignedDuration::from_secs(60 * 60 + 1));
    partner.get("/enrollment").is_problem(401, "unauthorized");
    let document = partner.send_bare("GET", "/openapi.yaml", &[], "");
    assert_eq!(document.header("content-type"), "application/yaml");
    assert_eq!(document.answer.body(), enroll::OPENAPI.as_bytes());
}

#[test]
fn our_own_cookie_does_but_not_for_another_sites_page() {
    let world = World::new("en");
    let partner = Partner::new(&world);
    let cookie = format!("a=b; {SESSION_COOKIE}={}", partner.token);
    let from = |site: &str| {
        let headers = [("cookie", cookie.as_str()), ("sec-fetch-site", site)];
        partner.send_bare("GET", "/enrollment", &headers, "")
    };
    assert_eq!(from("same-origin").status, 200);
    from("cross-site").is_problem(403, "foreign-origin");
    from("same-site").is_problem(403, "foreign-origin");
    // Who has the token itself may come from anywhere.
    assert_eq!(
        partner
            .send("GET", "/enrollment", &[("sec-fetch-site", "cross-site")], "")
            .status,
        200
    );
}

#[test]
fn only_listed_origins_may_call_from_a_browser() {
    let world = World::new("en");
    let partner = Partner::new(&world);
    let listed = [("origin", "https://app.example.com")];
    let asked = partner.send_bare("OPTIONS", "/billing-address", &listed, "");
    assert_eq!(asked.status, 204);
    assert_eq!(asked.header("access-control-allow-origin"), "https://app.example.com");
    assert_eq!(asked.header("access-control-allow-methods"), "PUT");
    assert_eq!(
        asked.header("access-control-allow-headers"),
        "authorization, content-type"
    );
    let read = partner.send("GET", "/enrollment", &listed, "");
    assert_eq!(read.header("access-control-allow-origin"), "https://app.example.com");
    let refused = partner.send_bare("GET", "/enrollment", &listed, "");
    assert_eq!(refused.header("access-control-allow-origin"), "https://app.example.com");
    for other in [
        "https://evil.example.com",
        "https://app.example.com.evil.example",
        "null",
    ] {
        for method in ["OPTIONS", "GET"] {
            let answer = partner.send(method, "/enrollment", &[("origin", other)], "");
            assert_eq!(answer.header("access-control-allow-origin"), "", "{other}");
            assert_eq!(answer.header("access-control-allow-credentials"), "");
            assert_eq!(answer.header("vary"), "origin");
        }
    }
    assert_eq!(partner.send_bare("OPTIONS", "/nowhere", &listed, "").status, 404);
}

#[test]
fn addresses_methods_and_bodies_that_are_not_ours_have_their_problems() {
    let world = World::new("en");
    let partner = Partner::new(&world);
    for path in ["", "/", "/enrolment", "/enrollment/", "/plans/1"] {
        partner.get(path).is_problem(404, "not-found");
    }
    for (method, path, allow) in [
        ("POST", "/enrollment", "GET, HEAD"),
        ("GET", "/plans", "POST"),
        ("POST", "/billing-address", "PUT"),
        ("DELETE", "/usage", "GET, HEAD"),
    ] {
        let told = partner.send(method, path, &[], "");
        assert_eq!(told.header("allow"), allow);
        told.is_problem(405, "method-not-allowed");
    }
    let json = [("content-type", "application/json; charset=utf-8")];
    for bad in ["", "{", "[]", "null", "\"x\"", "{} {}"] {
        partner.send("POST", "/plans", &json, bad).is_problem(400, "malformed");
    }
    for media_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "",
    ] {
        let told = partner.send("POST", "/plans", &[("content-type", media_type)], "{}");
        told.is_problem(415, "not-json");
    }
    let long = json!({ "query": "x".repeat(20_000) });
    partner.post("/address-search", &long).is_problem(413, "too-large");
    let head = partner.send("HEAD", "/enrollment", &[], "");
    assert_eq!(head.status, 200);
    assert_eq!(
        head.header("content-length"),
        partner.get("/enrollment").answer.body().len().to_string()
    );
}

#[test]
fn every_field_that_is_wrong_is_named_by_its_pointer() {
    let world = World::new("en");
    let partner = Partner::new(&world);
    let offer = partner.offer();
    let accepted = |offer: &Value, start: &str, terms: Value| json!({ "offer": offer, "start_date": start, "terms_accepted": terms });
    let other = |address: Value| json!({ "same_as_service_address": false, "address": address });
    let good = json!({ "address_1": "1 Oak Ave", "city": "Austin", "state": "TX", "postal_code": "78701" });
    let with = |name: &str, value: Value| {
        let mut address = good.clone();
        address[name] = value;
        other(address)
    };
    for (path, body, pointers) in [
        ("/address-search", json!({}), &["/query"][..]),
        ("/address-search", json!({ "query": " " }), &["/query"]),
        ("/address-search", json!({ "query": "x".repeat(201) }), &["/query"]),
        ("/address-search", json!({ "query": "x", "Ada": 1 }), &[""]),
        (
            "/esi-id-search",
            json!({ "esi_id": 55_512_345_671_234_567_u64 }),
            &["/esi_id"],
        ),
        ("/esi-id-search", json!({ "esi_id": "104437200000002" }), &["/esi_id"]),
        ("/plans", json!({ "esi_id": "1044372000000000x" }), &["/esi_id"]),
        ("/acceptance", json!({}), &["/offer", "/start_date", "/terms_accepted"]),
        (
            "/acceptance",
            accepted(&offer, "2026-07-03", json!(false)),
            &["/terms_accepted"],
        ),
        (
            "/acceptance",
            accepted(&offer, "2026-07-03", json!("true")),
            &["/terms_accepted"],
        ),
        (
            "/acceptance",
            accepted(&offer, "2026-07-03", Value::Null),
            &["/terms_accepted"],
        ),
        ("/acceptance", accepted(&offer, "soon", json!(true)), &["/start_date"]),
        (
            "/acceptance",
            accepted(&offer, "2026-08-01", json!(true)),
            &["/start_date"],
        ),
        (
            "/acceptance",
            accepted(&json!("AAAA"), "2026-07-03", json!(true)),
            &["/offer"],
        ),
        ("/billing-address", json!({}), &["/same_as_service_address"]),
        (
            "/billing-address",
            json!({ "same_as_service_address": false }),
            &["/address"],
        ),
        (
            "/billing-address",
            json!({ "same_as_service_address": true, "address": good }),
            &[""],
        ),
        ("/billing-address", with("state", json!("Texas")), &["/address/state"]),
        (
            "/billing-address",
            with("postal_code", json!(78701)),
            &["/address/postal_code"],
        ),
        (
            "/billing-address",
            with("postal_code", json!("7870")),
            &["/address/postal_code"],
        ),
        ("/billing-address", with("esi_id", json!(ESI_ID)), &["/address"]),
        ("/payment-session", json!({ "x": 1 }), &[""]),
        (
            "/payment-method",
            json!({ "payment_method_id": "" }),
            &["/payment_method_id"],
        ),
        (
            "/payment-method",
            json!({ "payment_method_id": null }),
            &["/payment_method_id"],
        ),
    ] {
        let told = if path == "/billing-address" {
            partner.put(path, &body)
        } else {
            partner.post(path, &body)
        };
        assert_eq!(told.is_problem(422, "invalid").pointers(), pointers, "{body}");
        for repeated in ["Ada", "104437200000002", "Texas", "soon"] {
            assert!(!told.body.to_string().contains(repeated), "{}", told.body);
        }
    }
    let state = world.state();
    assert!(state.accepted.is_empty() && state.billing.is_empty() && state.methods.is_empty());
}

#[test]
fn another_billing_address_may_have_a_unit_or_none() {
    let world = World::new("en");
    let partner = Partner::new(&world);
    let units = [json!(null), json!(""), json!("Apt 3")];
    for (index, unit) in units.into_iter().enumerate() {
        let address = json!({ "address_1": "1 Oak Ave", "address_2": unit, "city": "Austin", "state": "tx", "postal_code": "787011234" });
        let body = json!({ "same_as_service_address": false, "address": address });
        assert_eq!(partner.put("/billing-address", &body).status, 204);
        let state = world.state();
        let BillingAddress::Other(given) = &state.billing[index] else {
            panic!("another address")
        };
        assert_eq!(given.line_2.as_deref(), (index == 2).then_some("Apt 3"));
        assert_eq!((given.state.as_str(), given.postal_code.as_str()), ("TX", "78701-1234"));
    }
}

#[test]
fn a_plan_that_changed_is_not_accepted() {
    let world = World::new("en");
    let partner = Partner::new(&world);
    let offer = partner.offer();
    world.state().plans[0].energy_rate_cents = "15.0".to_owned();
    let accepted = json!({ "offer": offer, "start_date": "2026-07-03", "terms_accepted": true });
    partner.post("/acceptance", &accepted).is_problem(409, "plan-changed");
    assert!(world.state().accepted.is_empty() && world.state().kept.is_empty());
}

#[test]
fn what_is_for_support_says_what_for() {
    let world = World::new("en");
    let partner = Partner::new(&world);
    let accepted = json!({ "offer": partner.offer(), "start_date": "2026-07-03", "terms_accepted": true });
    world.state().refused.insert(Call::Accept, Refusal::Other);
    partner.post("/acceptance", &accepted).is_problem(409, "refused");
    world.state().refused.insert(Call::Accept, Refusal::SwitchHold);
    let told = partner.post("/acceptance", &accepted);
    assert_eq!(told.is_problem(409, "support-needed").body["support"], "switch_hold");
    world.state().refused.clear();
    partner
        .post("/plans", &json!({ "esi_id": ESI_ID }))
        .is_problem(409, "support-needed");
    let shown = partner.get("/enrollment");
    assert_eq!(
        (&shown.body["support"], &shown.body["next_step"]),
        (&json!("switch_hold"), &Value::Null)
    );
    let world = World::new("en");
    world.tell(Event::SupportNeeded {
        matter: SupportMatter::Rescinded,
    });
    assert_eq!(Partner::new(&world).get("/enrollment").body["support"], "rescinded");
}

#[test]
fn out_of_reach_is_said_with_when_to_come_back() {
    let world = World::new("en");
    let partner = Partner::new(&world);
    world.state().down.extend([Call::View, Call::Search]);
    for told in [
        partner.get("/enrollment"),
        partner.post("/address-search", &json!({ "query": "123 Main St" })),
        partner.put("/billing-address", &json!({ "same_as_service_address": true })),
    ] {
        assert_eq!(told.is_problem(503, "unavailable").header("retry-after"), "90");
    }
    world.state().down.insert(Call::Contacts);
    let told = partner.get("/enrollment");
    assert_eq!(told.is_problem(503, "unavailable").header("retry-after"), "5");
}

#[test]
fn usage_is_of_the_accounts_own_locations_and_of_twelve_months() {
    let world = World::new("en");
    let partner = Partner::new(&world);
    let accepted = json!({ "offer": partner.offer(), "start_date": "2026-07-03", "terms_accepted": true });
    partner.post("/acceptance", &accepted);
    for month in 1..=12 {
        let months = [2025, 2026].map(|year| MonthlyUsage {
            month: date(year, month, 1),
            amount: format!("{month}.50"),
            unit: "kWh".to_owned(),
        });
        world
            .state()
            .usage
            .extend(months.into_iter().filter(|usage| usage.month < date(2026, 7, 1)));
    }
    let id = partner.get("/enrollment").body["locations"][0]["id"].clone();
    let told = partner.get(&format!("/usage?location={}", id.as_str().unwrap()));
    let months = told.body["months"].as_array().unwrap();
    assert_eq!(months.len(), 12);
    assert_eq!(
        months[0],
        json!({ "month": "2025-07-01", "amount": "7.50", "unit": "kWh" })
    );
    assert_eq!(months[11]["month"], "2026-06-01");
    partner
        .get("/usage?location=..%2Fother")
        .is_problem(404, "unknown-location");
    for query in ["", "?place=1", "?location=1&location=2", "?location=1&x=2"] {
        let told = partner.get(&format!("/usage{query}"));
        assert_eq!(
            told.is_problem(422, "invalid").body["errors"][0]["parameter"],
            "location"
        );
    }
}
