//! What goes over the API's wire: sessions, origins, methods, bodies.

use jiff::SignedDuration;
use journey::link::SESSION_COOKIE;
use serde_json::{Value, json};

use crate::partner::Partner;
use crate::world::{ESI_ID, World};

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
    let told = partner.post("/acceptance", &accepted(&json!("AAAA"), "2026-07-03", json!(true)));
    told.is_problem(409, "unknown-offer");
    assert!(!told.body.to_string().contains("AAAA"), "{}", told.body);
    let state = world.state();
    assert!(state.accepted.is_empty() && state.billing.is_empty() && state.methods.is_empty());
}
