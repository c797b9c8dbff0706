//! How events reach the receiver, or do not.

use std::collections::BTreeMap;

use serde_json::Value;
use url::Url;

use super::{DAY, POWER, START, Story, at};
use crate::Trouble;

/// A story with 30 customers who connected under some trouble, a day later.
async fn under(trouble: Trouble) -> Story {
    let story = Story::start(1).await;
    story.sandbox.set_trouble(trouble);
    for number in 0..30 {
        let name = format!("home-{number}");
        story.create(&name, &POWER).await;
        story.log_in(&name).await;
    }
    story.live_until(at(START) + DAY).await;
    story
}

#[tokio::test]
async fn an_event_is_posted_once_with_what_the_receivers_url_says_and_nothing_else() {
    let story = Story::start(1).await;
    let mut url = Url::parse(&story.receiver.url).unwrap();
    url.set_username("rekindle").unwrap();
    url.set_password(Some("p@ss")).unwrap();
    story.sandbox.set_webhook(Some(url));
    story.receiver.answer(500);
    story.create("home-1", &POWER).await;
    story.log_in("home-1").await;
    let received = story.receiver.received();
    assert_eq!(received.len(), 1);
    let headers = &received[0].headers;
    assert_eq!(headers["content-type"], "application/json");
    let credentials = data_encoding::BASE64.encode(b"rekindle:p@ss");
    assert_eq!(headers["authorization"], format!("Basic {credentials}"));
    let keys: Vec<&String> = received[0].body.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["event", "object"]);
    story.sandbox.set_webhook(None);
    story.live_for(DAY).await;
    assert_eq!(story.receiver.received().len(), 1, "neither a retry nor anything else");
    assert_eq!(story.sandbox.stats().deliveries.given_up, 1);
}

#[tokio::test]
async fn without_trouble_events_come_once_and_in_order() {
    let story = under(Trouble::default()).await;
    let mut count: BTreeMap<String, u32> = BTreeMap::new();
    for body in story.received() {
        *count.entry(body.to_string()).or_default() += 1;
    }
    assert!(count.values().all(|times| *times == 1));
    let told = story.told("home-3");
    assert_eq!(told[0], "customer_has_filled_credentials");
    let before_ready = told.iter().take_while(|event| *event != "bills_ready");
    assert_eq!(before_ready.filter(|event| *event == "new_bill").count(), 12);
}

#[tokio::test]
async fn a_duplicate_repeats_the_words() {
    let story = under(Trouble {
        duplicate_p: 1.0,
        ..Trouble::default()
    })
    .await;
    let mut count: BTreeMap<String, u32> = BTreeMap::new();
    for body in story.received() {
        *count.entry(body.to_string()).or_default() += 1;
    }
    assert!(count.values().all(|times| *times == 2), "{count:?}");
    let stats = story.sandbox.stats().deliveries;
    assert_eq!((stats.duplicates, stats.accepted), (stats.events, 2 * stats.events));
}

#[tokio::test]
async fn what_is_lost_never_comes() {
    let story = under(Trouble {
        lost_p: 0.5,
        ..Trouble::default()
    })
    .await;
    let stats = story.sandbox.stats().deliveries;
    assert!(
        stats.lost * 3 > stats.events && stats.lost * 3 < 2 * stats.events,
        "{stats:?}"
    );
    assert_eq!(story.received().len() as u64, stats.events - stats.lost);
}

#[tokio::test]
async fn disorder_brings_readiness_before_the_login() {
    let story = under(Trouble {
        disorder_minutes: 30,
        ..Trouble::default()
    })
    .await;
    let is_turned = |number: u32| {
        let told = story.told(&format!("home-{number}"));
        let position = |name: &str| told.iter().position(|event| event == name).unwrap();
        position("bills_ready") < position("customer_has_filled_credentials")
    };
    assert!((0..30).any(is_turned) && !(0..30).all(is_turned));
}

#[tokio::test]
async fn a_bills_number_can_be_its_customers() {
    let story = Story::start(1).await;
    let mut found = false;
    for number in 0..40 {
        let name = format!("home-{number}");
        story.create(&name, &POWER).await;
        story.log_in(&name).await;
    }
    story.live_for(DAY).await;
    for body in story.events("new_bill") {
        let bill = &body["object"];
        assert_eq!(bill["external_id"], Value::Null);
        found |= bill["id"] == bill["customer_id"];
    }
    assert!(found);
}
