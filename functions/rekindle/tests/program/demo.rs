//! The demo, from its first line to its summary.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::Value;

use crate::support::{Api, Spawned, program, until};

/// A visitor gives it no longer.
const LONGEST: Duration = Duration::from_secs(60);

/// Three stories at once, one of which waits ten days for a service to begin, with the readings of the other in between.
const LONGEST_OF_ALL: Duration = Duration::from_secs(150);

fn numbers(value: &Value) -> u64 {
    value.as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_tells_its_story_and_ends_with_a_summary() {
    let began = Instant::now();
    let mut demo = Spawned::new(program(&[
        "demo",
        "--exit",
        "--listen",
        "127.0.0.1:0",
        "--customers",
        "40",
        "--speed",
        "7200",
    ]));
    let address = until("the demo says where it is", async || {
        let out = demo.out();
        let start = out.find("http://127.0.0.1:")?;
        Some(out[start..].split('/').take(3).collect::<Vec<_>>().join("/"))
    })
    .await;
    let api = Api::new(&address);
    let page = api.get("/").await;
    assert_eq!(page.status(), StatusCode::OK);
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(
        policy.contains("default-src 'none'") && policy.contains("script-src 'self'"),
        "{policy}"
    );
    let page = page.text().await.unwrap();
    for file in ["/demo/page.css", "/demo/page.js"] {
        assert!(page.contains(file), "the page does not use {file}");
        assert_eq!(api.get(file).await.status(), StatusCode::OK);
    }

    let state = until("a reminder is sent", async || {
        let state: Value = api.get("/demo/state.json").await.json().await.unwrap();
        (numbers(&state["reminders"]["sent"]) > 0 && !state["mails"].as_array()?.is_empty()).then_some(state)
    })
    .await;
    assert_eq!(state["speed"], 7_200);
    let providers = &state["providers"];
    assert_eq!(providers.as_array().unwrap().len(), 1);
    assert_eq!(providers[0]["funnel"][0]["count"], 40, "{providers}");
    assert!(state["trial"].is_null());
    let mail = &state["mails"][0];
    let html = api.get(&format!("/demo/mails/{}", mail["id"])).await;
    assert_eq!(html.status(), StatusCode::OK);
    assert!(
        html.headers()["content-security-policy"]
            .to_str()
            .unwrap()
            .contains("sandbox")
    );
    let journey = api
        .get(&format!("/demo/journeys/{}", mail["journey"].as_str().unwrap()))
        .await;
    let customer: Value = journey.json().await.unwrap();
    assert_eq!(customer["email"], mail["to"]);
    for missing in ["/demo/mails/100000", "/demo/journeys/nobody"] {
        assert_eq!(api.get(missing).await.status(), StatusCode::NOT_FOUND);
    }
    let unsigned = api
        .http
        .post(api.url("/webhooks/leap"))
        .body("{}")
        .send()
        .await
        .unwrap();
    assert_eq!(unsigned.status(), StatusCode::UNAUTHORIZED);

    let code = until("the demo ends", async || demo.ended()).await;
    let took = began.elapsed();
    assert!(took < LONGEST, "{took:?}");
    assert_eq!(code, 0, "{}", demo.err());
    let out = until("the last line", async || {
        let out = demo.out();
        out.contains("lost webhooks healed").then_some(out)
    })
    .await;
    let total = |name: &str| {
        let line = out.lines().find(|line| line.trim_start().starts_with(name));
        let line = line.unwrap_or_else(|| panic!("the summary says nothing of {name:?}:\n{out}"));
        line.trim_start()[name.len()..].trim().to_owned()
    };
    assert_eq!(total("reminders after a known completion"), "0");
    assert_ne!(total("completed"), "0");
    assert_ne!(total("reminders sent (touch 1 + 2 + 3)"), "0 + 0 + 0");
    for habit in ["stops at the utility's login", "finishes alone", "never opens the link"] {
        assert!(out.contains(habit), "{out}");
    }
    assert!(!demo.err().contains("panicked"), "{}", demo.err());
}

/// The page's state holds each provider's own steps, the summary each provider's own tables; and the enrolment can be
/// tried by hand, at the pace of a hand.
#[tokio::test(flavor = "multi_thread")]
async fn the_demo_of_all_providers_tells_of_each() {
    let mut demo = Spawned::new(program(&[
        "demo",
        "--provider",
        "all",
        "--exit",
        "--listen",
        "127.0.0.1:0",
        "--customers",
        "16",
        "--speed",
        "7200",
    ]));
    let address = until("the demo says where it is", async || {
        let out = demo.out();
        let start = out.find("http://127.0.0.1:")?;
        Some(out[start..].split('/').take(3).collect::<Vec<_>>().join("/"))
    })
    .await;
    let api = Api::new(&address);
    let state = until("somebody of each provider is on the way", async || {
        let state: Value = api.get("/demo/state.json").await.json().await.unwrap();
        let second = |provider: &Value| provider["funnel"][1]["count"].as_u64();
        let is_under_way = state["providers"].as_array()?.iter().all(|it| second(it) > Some(0));
        is_under_way.then_some(state)
    })
    .await;
    for (index, name, steps) in [(0, "leap", 6), (1, "bayou", 3), (2, "light", 6)] {
        let provider = &state["providers"][index];
        assert_eq!(provider["provider"], name);
        assert_eq!(provider["funnel"].as_array().unwrap().len(), steps);
        assert_eq!(provider["funnel"][0]["count"], 16);
        let mut journeys = state["journeys"].as_array().unwrap().iter();
        assert!(journeys.any(|journey| journey["provider"] == name), "{name}");
    }
    let link = state["trial"].as_str().unwrap();
    let visitor = Api::new(&link.split('/').take(3).collect::<Vec<_>>().join("/"));
    let page = visitor.http.get(link).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    let pressed = visitor.http.post(link).send().await.unwrap();
    assert_eq!(pressed.status(), StatusCode::SEE_OTHER);
    assert!(
        pressed.headers()["set-cookie"]
            .to_str()
            .unwrap()
            .contains("Max-Age=3600")
    );
    // In the story's own time an hour would be over.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let cookie = pressed.headers()["set-cookie"].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let address = visitor
        .http
        .get(visitor.url("/enroll/address"))
        .header("cookie", cookie);
    assert_eq!(address.send().await.unwrap().status(), StatusCode::OK);

    let began = Instant::now();
    let code = loop {
        if let Some(code) = demo.ended() {
            break code;
        }
        assert!(began.elapsed() < LONGEST_OF_ALL, "{}", demo.err());
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    assert_eq!(code, 0, "{}", demo.err());
    let out = until("the last line", async || {
        let out = demo.out();
        out.contains("lost webhooks healed").then_some(out)
    })
    .await;
    for name in ["Leap", "Bayou", "Light"] {
        assert!(out.lines().any(|line| line == name), "{name}: {out}");
    }
    let totals = |name: &str| -> Vec<String> {
        let lines = out.lines().map(str::trim);
        let totals = lines.filter_map(|line| Some(line.strip_prefix(name)?.trim().to_owned()));
        totals.collect()
    };
    assert_eq!(totals("reminders after a known completion"), ["0", "0", "0"]);
    for some in [
        totals("completed"),
        totals("reminders sent (touch 1 + 2 + 3)"),
        totals("came back by a reminder's link"),
    ] {
        assert_eq!(some.len(), 3);
        assert!(some.iter().all(|total| total != "0" && total != "0 + 0 + 0"), "{out}");
    }
    for habit in [
        "stops at the plans",
        "meets a switch-hold",
        "stops at the utility's login",
    ] {
        assert!(out.contains(habit), "{out}");
    }
    assert!(!demo.err().contains("panicked"), "{}", demo.err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_keeps_its_data_only_where_it_is_told_to_and_only_once() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let arguments = [
        "demo",
        "--exit",
        "--listen",
        "127.0.0.1:0",
        "--customers",
        "1",
        "--speed",
        "360000",
        "--data",
        data.to_str().unwrap(),
    ];
    let mut first = Spawned::new(program(&arguments));
    let code = until("the demo ends", async || first.ended()).await;
    assert_eq!(code, 0, "{}", first.err());
    assert!(data.join("rekindle.db").exists());
    let second = program(&arguments).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    let err = String::from_utf8(second.stderr).unwrap();
    assert!(
        err.contains("has been used before") && err.contains("another folder"),
        "{err}"
    );
}
