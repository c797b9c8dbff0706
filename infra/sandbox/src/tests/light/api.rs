//! What the API refuses and takes.

use reqwest::header::RETRY_AFTER;
use serde_json::{Value, json};

use super::{APP, HOME, HOUR, LightConfig, MINUTE, Story, call};
use crate::{ApiDown, Trouble};

#[tokio::test]
async fn the_app_and_its_accounts_have_tokens_of_their_own() {
    let story = Story::start(1).await;
    let account = story.account();
    let token = story.token(&account).await;
    let status = async |path: &str, token: &str| {
        let request = story.http.get(story.url(path));
        let (status, body) = call(request.bearer_auth(token)).await;
        assert!(status == 200 || body["error"].is_string(), "{body}");
        status
    };
    assert_eq!(status("/v1/account", &token).await, 200);
    assert_eq!(status("/v1/account", APP).await, 401);
    assert_eq!(status("/v1/account", "other").await, 401);
    assert_eq!(status("/v1/app/accounts", APP).await, 200);
    assert_eq!(status("/v1/app/accounts", &token).await, 401);
    let bare = call(story.http.get(story.url("/v1/account"))).await;
    assert_eq!(bare.0, 401);
    assert_eq!(story.get(&account, "/nowhere").await.0, 404);
    let preflight = story.http.request(reqwest::Method::OPTIONS, story.url("/v1/account"));
    assert_eq!(call(preflight).await.0, 204, "a browser asks before it calls");
    assert_eq!(story.post(&account, "", json!({})).await.0, 405);
    assert_eq!(story.app("/accounts/nobody/token", json!({})).await.0, 404);
    assert_eq!(
        story
            .app("/accounts/nobody/flow-login", json!({"scope": "enrollment"}))
            .await
            .0,
        404
    );
    let path = format!("/accounts/{account}/flow-login");
    assert_eq!(story.app(&path, json!({"scope": "everything"})).await.0, 400);
}

#[tokio::test]
async fn a_token_lives_for_an_hour_of_the_story() {
    let story = Story::start(1).await;
    let account = story.account();
    let (_, minted) = story.app(&format!("/accounts/{account}/token"), json!({})).await;
    let token = minted["token"].as_str().unwrap();
    assert_eq!(minted["expires_at"], "2026-07-01T17:00:00.000Z");
    let status = async || {
        let request = story.http.get(story.url("/v1/account"));
        call(request.bearer_auth(token)).await.0
    };
    story.live_for(MINUTE * 59).await;
    assert_eq!(status().await, 200);
    story.live_for(MINUTE).await;
    assert_eq!(status().await, 401);
    // A new one takes its place.
    story.read(&account).await;
}

#[tokio::test]
async fn an_account_needs_a_name_and_an_address_and_may_say_where_it_lives() {
    let story = Story::start(1).await;
    for wrong in [
        json!({}),
        json!([]),
        json!({"first_name": "Ada", "last_name": "Example"}),
        json!({"first_name": " ", "last_name": "Example", "email": "ada@example.com"}),
        json!({"first_name": "Ada", "last_name": "Example", "email": "ada"}),
    ] {
        let (status, error) = story.app("/accounts", wrong).await;
        assert!(status == 400 && error["error"].is_string(), "{error}");
    }
    let mut uuids = Vec::new();
    for address in [
        json!("123 Main St"),
        json!({"address_1": "123 Main St", "city": "Dallas"}),
        Value::Null,
    ] {
        let person = json!({
            "first_name": "Ada",
            "last_name": "Example",
            "email": "ada@example.com",
            "preliminary_address": address,
        });
        let (status, made) = story.app("/accounts", person).await;
        assert_eq!((status, &made["locations"]), (201, &json!([])));
        uuids.push(made["uuid"].clone());
    }
    let request = story.http.get(story.url("/v1/app/accounts"));
    let (_, all) = call(request.bearer_auth(APP)).await;
    let listed: Vec<Value> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|account| account["uuid"].clone())
        .collect();
    assert_eq!(listed.len(), 3);
    assert!(
        uuids.iter().all(|uuid| listed.contains(uuid)),
        "one person, three accounts"
    );
}

#[tokio::test]
async fn a_billing_address_is_put_nested_and_whole() {
    let story = Story::start(1).await;
    let account = story.account();
    assert_eq!(story.get(&account, "/billing/address").await.0, 404);
    for wrong in [
        json!({}),
        json!({"same_as_service_address": false}),
        json!({"same_as_service_address": false, "address_1": "123 Main St", "city": "Dallas"}),
        json!({"same_as_service_address": false, "address": {"address_1": "123 Main St", "city": "Dallas", "state": "TX"}}),
    ] {
        let (status, error) = story.put(&account, "/billing/address", wrong).await;
        assert!(status == 400 && error["error"].is_string(), "{error}");
    }
    let same = json!({"same_as_service_address": true});
    assert_eq!(story.put(&account, "/billing/address", same).await.0, 200);
    let (_, address) = story.get(&account, "/billing/address").await;
    assert_eq!(
        (&address["same_as_service_address"], &address["city"]),
        (&json!(true), &Value::Null)
    );
}

#[tokio::test]
async fn trouble_shows_as_an_error_and_is_counted() {
    let story = Story::start(1).await;
    let account = story.account();
    let token = story.token(&account).await;
    let with = async |trouble: Trouble| {
        story.sandbox.set_trouble(trouble);
        let request = story.http.get(story.url("/v1/account")).bearer_auth(&token);
        let response = request.send().await.ok()?;
        let wait = response.headers().get(RETRY_AFTER);
        let wait = wait.map(|wait| wait.to_str().unwrap().to_owned());
        let status = response.status().as_u16();
        let body: Value = response.json().await.unwrap();
        assert!(body["error"].is_string());
        Some((status, wait))
    };
    let none = Trouble::default;
    let throttled = Trouble {
        throttled_p: 1.0,
        retry_after_seconds: Some(7),
        ..none()
    };
    assert_eq!(with(throttled).await, Some((429, Some("7".to_owned()))));
    assert_eq!(with(Trouble { error_p: 1.0, ..none() }).await, Some((500, None)));
    let forbidden = Trouble {
        forbidden: true,
        ..none()
    };
    assert_eq!(with(forbidden).await, Some((403, None)));
    let down = |down| Trouble {
        down: Some(down),
        ..none()
    };
    assert_eq!(with(down(ApiDown::Unavailable)).await, Some((503, None)));
    assert_eq!(with(down(ApiDown::Unreachable)).await, None);
    let counted = &story.sandbox.stats().api["GET /v1/account"];
    assert_eq!(counted.keys().copied().collect::<Vec<_>>(), [0, 403, 429, 500, 503]);
}

#[tokio::test]
async fn a_location_tells_its_contract_its_usage_and_whom_to_ask() {
    let story = Story::start(1).await;
    let account = story.account();
    let location = story.sandbox.accept_plan(&account, HOME).unwrap();
    let of = |what: &str| format!("/locations/{location}/{what}");
    let (_, documents) = story.get(&account, &of("documents")).await;
    for link in ["efl", "tos", "yrac"] {
        let page = story.http.get(documents[link].as_str().unwrap()).send().await.unwrap();
        assert_eq!(
            (page.status().as_u16(), page.headers()["content-type"].to_str().unwrap()),
            (200, "text/html; charset=utf-8")
        );
    }
    assert!(documents["contract_start"].as_str() < documents["contract_end"].as_str());
    let (_, plan) = story.get(&account, &of("plan")).await;
    assert!(
        ["name", "uuid", "plan_type", "rate_structure"]
            .iter()
            .all(|key| plan[key].is_string())
    );
    let (_, none) = story.get(&account, &of("usage/monthly?year=2026")).await;
    assert_eq!(none["months"], json!([]));
    assert!(story.sandbox.activate_service(&account) && story.sandbox.supply_usage_history(&account));
    let (_, usage) = story.get(&account, &of("usage/monthly?year=2026")).await;
    let months = usage["months"].as_array().unwrap();
    assert_eq!(
        (months.len(), &usage["units"], &months[0]["month"]),
        (6, &json!("kWh"), &json!("2026-01"))
    );
    assert!(months[0]["consumption"].as_str().unwrap().parse::<f64>().unwrap() > 100.0);
    let (_, usage) = story.get(&account, &of("usage/daily?month=6&year=2026")).await;
    assert_eq!(usage["days"].as_array().unwrap().len(), 30);
    let (_, support) = story.get(&account, &of("support-info")).await;
    assert_eq!(support["tdu"]["name"], "Oncor Electric Delivery");
    let (_, invoices) = story.get(&account, "/billing/invoices").await;
    assert_eq!((&invoices["data"], &invoices["has_more"]), (&json!([]), &json!(false)));
    let other = story.sandbox.create_account("Bo", "Example", "bo@example.com");
    assert_eq!(story.get(&other, &of("plan")).await.0, 404);
}

#[tokio::test]
async fn what_is_for_a_sandbox_is_refused_to_a_live_app() {
    let story = Story::start(1).await;
    let account = story.account();
    let post = async |story: &Story, account: &str, call: &str| {
        story.post(account, &format!("/sandbox/{call}"), json!({})).await.0
    };
    story.sandbox.accept_plan(&account, HOME).unwrap();
    assert!(story.sandbox.add_billing(&account) && story.sandbox.add_payment(&account));
    assert_eq!(post(&story, &account, "seed-demo-data").await, 200);
    assert_eq!(
        story.read(&account).await["enrollment"]["is_service_active"],
        false,
        "not finalized yet"
    );
    story.live_for(MINUTE).await;
    assert_eq!(post(&story, &account, "seed-demo-data").await, 200);
    let object = story.read(&account).await;
    assert_eq!(object["locations"][0]["has_usage_history"], true);
    assert_eq!(post(&story, &account, "delete-enrollment").await, 200);
    let object = story.read(&account).await;
    assert_eq!(
        (&object["locations"], &object["enrollment"]["has_payment_method"]),
        (&json!([]), &json!(false))
    );
    assert_eq!(story.truth(&account).enrollments_deleted, 1);
    // What was under way for the deleted enrolment does not come.
    story.live_for(HOUR * 400).await;
    assert_eq!(story.truth(&account).service_active_at, None);

    let mut config = LightConfig::new(1, APP);
    config.is_live = true;
    let story = Story::start_with(config).await;
    let account = story.account();
    for call in ["delete-enrollment", "seed-demo-data"] {
        assert_eq!(post(&story, &account, call).await, 403);
    }
}
