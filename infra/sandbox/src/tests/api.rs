use jiff::SignedDuration;
use serde_json::json;

use super::{KEY, Receiver, START, Story, at, first_with, text};
use crate::{ApiDown, Flow, Habit, SandboxConfig, Trouble};

const CONNECTIONS: &str = "/v1.1/connect/connection";

async fn done_story(seed: u64) -> (Story, Vec<crate::Customer>) {
    let story = Story::start(seed).await;
    let customers = story.populate(seed, 40);
    story.leap_to(at(START) + SignedDuration::from_hours(6)).await;
    (story, customers)
}

#[tokio::test]
async fn a_missing_key_is_401_and_a_wrong_one_403_in_each_familys_shape() {
    let story = Story::start(1).await;
    for (path, keys) in [
        (CONNECTIONS, &["message"][..]),
        ("/v1.1/webhooks", &["error", "message"]),
        ("/v2/meters/some-id", &["details", "status", "title"]),
    ] {
        for (key, status) in [(None, 401), (Some("wrong"), 403), (Some(KEY), 0)] {
            let mut request = story.http.get(story.url(path));
            if let Some(key) = key {
                request = request.bearer_auth(key);
            }
            let response = request.send().await.unwrap();
            if status == 0 {
                assert_ne!(response.status(), 401);
                assert_ne!(response.status(), 403);
                continue;
            }
            assert_eq!(response.status(), status, "{path}");
            let body: serde_json::Value = response.json().await.unwrap();
            let mut found: Vec<&String> = body.as_object().unwrap().keys().collect();
            found.sort();
            assert_eq!(found, keys, "{path}");
        }
    }
    let stats = story.sandbox.stats();
    assert_eq!(stats.api["GET /v1.1/webhooks"][&401], 1);
    assert_eq!(stats.api["GET /v2/meters/{meter_id}"][&404], 1);
}

#[tokio::test]
async fn a_page_has_ten_entries_unless_told_otherwise() {
    let (story, _) = done_story(2).await;
    let (_, page) = story.connections(&[]).await;
    assert_eq!(page["onboardingConnections"].as_array().unwrap().len(), 10);
    assert_eq!(page["totalHits"], 39, "all but the one who never opens");
    assert_eq!(story.entries().await.len(), 39);
    let (status, _) = story.connections(&[("page-size", "0")]).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn a_page_token_is_understood_when_encoded_exactly_once() {
    let (story, _) = done_story(3).await;
    let (_, page) = story.connections(&[]).await;
    let token = text(&page["nextPageToken"]);
    let once = percent_encoding::utf8_percent_encode(&token, percent_encoding::NON_ALPHANUMERIC).to_string();
    let twice = percent_encoding::utf8_percent_encode(&once, percent_encoding::NON_ALPHANUMERIC).to_string();
    let get = |token: String| story.get_connections(token);
    assert_eq!(get(once).await, 200);
    assert_eq!(get(token).await, 400);
    assert_eq!(get(twice).await, 400);
}

impl Story {
    async fn get_connections(&self, token: String) -> u16 {
        self.get(&format!("{CONNECTIONS}?page-token={token}")).await.0
    }
}

#[tokio::test]
async fn filters_have_to_be_sent_again_with_a_token() {
    let (story, _) = done_story(4).await;
    let from = ("from-start-date-time", START);
    let (_, page) = story.connections(&[from]).await;
    let token = text(&page["nextPageToken"]);
    let (status, _) = story.connections(&[("page-token", &token)]).await;
    assert_eq!(status, 400);
    let (status, _) = story.connections(&[("page-token", &token), from]).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn filters_combine_and_do_not_find_who_was_never_at_a_utility() {
    let (story, customers) = done_story(5).await;
    let stuck = first_with(&customers, Habit::StopsAtAgreements);
    let reference = ("ref-id", stuck.reference.as_str());
    let found = |page: serde_json::Value| page["totalHits"].as_u64().unwrap();
    let (_, page) = story.connections(&[reference]).await;
    assert_eq!(found(page), 1);
    let (_, page) = story.connections(&[reference, ("from-start-date-time", START)]).await;
    assert_eq!(found(page), 1);
    let (_, page) = story
        .connections(&[reference, ("from-last-interaction-date-time", START)])
        .await;
    assert_eq!(found(page), 0);
    let (_, page) = story
        .connections(&[("from-start-date-time", "2026-07-02T00:00:00.000Z")])
        .await;
    assert_eq!(found(page), 0);
    let (_, page) = story.connections(&[("ref-id", "nobody")]).await;
    assert_eq!(
        page,
        json!({"totalHits": 0, "nextPageToken": null, "onboardingConnections": []})
    );
    let (status, _) = story.connections(&[("from-start-date-time", "yesterday")]).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn an_odd_reference_is_found_when_encoded_exactly_once() {
    let (story, customers) = done_story(6).await;
    let odd = customers
        .iter()
        .find(|customer| customer.reference.contains('+'))
        .unwrap();
    let (_, page) = story.connections(&[("ref-id", &odd.reference)]).await;
    assert_eq!(page["onboardingConnections"][0]["ref_id"], odd.reference.as_str());
    let raw = odd.reference.replace(' ', "%20");
    let (_, page) = story.get(&format!("{CONNECTIONS}?ref-id={raw}")).await;
    assert_eq!(page["totalHits"], 0, "a raw plus arrives as a space");
}

#[tokio::test]
async fn trouble_of_the_api_comes_and_goes() {
    let story = Story::start(7).await;
    let trouble = |trouble: Trouble| story.sandbox.set_trouble(trouble);
    trouble(Trouble {
        throttled_p: 1.0,
        retry_after_seconds: Some(30),
        ..Trouble::default()
    });
    let request = story.http.get(story.url(CONNECTIONS)).bearer_auth(KEY);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 429);
    assert_eq!(response.headers()["retry-after"], "30");
    trouble(Trouble {
        throttled_p: 1.0,
        ..Trouble::default()
    });
    let request = story.http.get(story.url(CONNECTIONS)).bearer_auth(KEY);
    let response = request.send().await.unwrap();
    assert_eq!(response.headers().get("retry-after"), None);
    trouble(Trouble {
        error_p: 1.0,
        ..Trouble::default()
    });
    assert_eq!(story.get(CONNECTIONS).await.0, 500);
    let (status, body) = story.get("/v2/meters/any").await;
    assert_eq!((status, body.is_string()), (500, true));
    trouble(Trouble {
        forbidden: true,
        ..Trouble::default()
    });
    assert_eq!(story.get(CONNECTIONS).await.0, 403);
    trouble(Trouble {
        down: Some(ApiDown::Unavailable),
        ..Trouble::default()
    });
    assert_eq!(story.get(CONNECTIONS).await.0, 503);
    trouble(Trouble {
        down: Some(ApiDown::Unreachable),
        ..Trouble::default()
    });
    let request = story.http.get(story.url(CONNECTIONS)).bearer_auth(KEY);
    assert!(request.send().await.is_err());
    trouble(Trouble {
        slow_ms: 300,
        ..Trouble::default()
    });
    let request = story.http.get(story.url(CONNECTIONS)).bearer_auth(KEY);
    let hurried = request.timeout(std::time::Duration::from_millis(30));
    assert!(hurried.send().await.unwrap_err().is_timeout());
    trouble(Trouble::default());
    assert_eq!(story.get(CONNECTIONS).await.0, 200);
    let counts = &story.sandbox.stats().api[&format!("GET {CONNECTIONS}")];
    assert_eq!((counts[&429], counts[&0], counts[&503]), (2, 1, 1));
}

#[tokio::test]
async fn a_share_of_throttled_calls_is_the_same_share_for_the_same_seed() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let story = Story::start(8).await;
        story.sandbox.set_trouble(Trouble {
            throttled_p: 0.5,
            ..Trouble::default()
        });
        let mut run = Vec::new();
        for _ in 0..20 {
            run.push(story.get(CONNECTIONS).await.0);
        }
        runs.push(run);
    }
    assert_eq!(runs[0], runs[1]);
    assert!(runs[0].contains(&200) && runs[0].contains(&429));
}

#[tokio::test]
async fn the_connect_api_can_lag_behind_the_webhooks() {
    let story = Story::start(9).await;
    let receiver = Receiver::subscribed(&story).await;
    let customers = story.populate(9, 40);
    story.sandbox.set_trouble(Trouble {
        connect_lag_seconds: 600,
        ..Trouble::default()
    });
    let opener = first_with(&customers, Habit::OpensOnly);
    story.live_until(opener.arrives_at).await;
    assert_eq!(receiver.told(&opener.reference), ["session CREATED"]);
    let total = || async {
        let (_, page) = story.connections(&[("ref-id", &opener.reference)]).await;
        page["totalHits"].as_u64().unwrap()
    };
    assert_eq!(total().await, 0);
    story.live_for(SignedDuration::from_secs(599)).await;
    assert_eq!(total().await, 0);
    story.live_for(SignedDuration::from_secs(1)).await;
    assert_eq!(total().await, 1);
}

#[tokio::test]
async fn direct_to_utility_can_be_invisible_in_the_connect_api() {
    for visible in [true, false] {
        let story = Story::start_with(SandboxConfig {
            direct_to_utility_visible: visible,
            ..SandboxConfig::new(10, KEY)
        })
        .await;
        let customers = story.populate(10, 40);
        story.leap_to(at(START) + SignedDuration::from_hours(6)).await;
        let entries = story.entries().await;
        for customer in customers {
            if customer.flow == Flow::DirectToUtility {
                assert_eq!(entries.contains_key(&customer.reference), visible);
            }
        }
    }
}

#[tokio::test]
async fn meters_are_found_by_either_kind_of_reference_within_the_limits() {
    let story = Story::start(11).await;
    let customers = story.populate(11, 40);
    story.leap_to(at(START) + SignedDuration::from_hours(40)).await;
    let finisher = first_with(&customers, Habit::FinishesSlowly);
    let search = |body| story.post("/v2/meters/search", body);
    for field in ["connection_reference_ids", "partner_references"] {
        let (status, body) = search(json!({field: [finisher.reference, "other"]})).await;
        assert_eq!(status, 200);
        assert_eq!(body["meters"].as_array().unwrap().len(), 1, "{body}");
        let meter = &body["meters"][0];
        assert_eq!(meter["connection_references"], json!([finisher.reference]));
        let path = format!("/v2/meters/{}", text(&meter["meter_id"]));
        assert_eq!(&story.get(&path).await.1, meter);
    }
    let many = |count: usize| -> Vec<String> { (0..count).map(|n| n.to_string()).collect() };
    for (field, fits) in [("connection_reference_ids", 100), ("partner_references", 1000)] {
        assert_eq!(search(json!({field: many(fits)})).await.0, 200);
        let (status, body) = search(json!({field: many(fits + 1)})).await;
        assert_eq!((status, &body["status"]), (400, &json!(400)));
        assert!(body["details"][field].is_string(), "{body}");
        assert_eq!(search(json!({field: []})).await.0, 400);
    }
    for size in [0, 501] {
        assert_eq!(search(json!({"page_size": size})).await.0, 400);
    }
    let (_, all) = search(json!({})).await;
    let mut paged = Vec::new();
    let mut token = None;
    loop {
        let mut body = json!({"page_size": 2});
        if let Some(token) = &token {
            body["page_token"] = json!(token);
        }
        let (_, page) = search(body).await;
        paged.extend(page["meters"].as_array().unwrap().clone());
        token = page["next_page_token"].as_str().map(str::to_owned);
        if token.is_none() {
            break;
        }
    }
    assert_eq!(all["meters"], json!(paged));
    let (_, devices) = search(json!({"meter_types": ["DEVICE"]})).await;
    for device in devices["meters"].as_array().unwrap() {
        assert_eq!(device["audit"]["created_by"], "PARTNER");
        assert_eq!(device["connection_references"], json!([]));
    }
    assert_eq!(devices["meters"].as_array().unwrap().len(), 2);
}
