//! How events reach the receiver, or do not.

use std::collections::BTreeMap;

use data_encoding::{BASE64, HEXLOWER};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{APP, DAY, HOME, HOUR, LightConfig, START, Story, at};
use crate::Trouble;
use crate::light::{SignatureEncoding, WebhookForm};

fn mac(secret: &str, body: &Value) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body.to_string().as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// A story with 20 accounts that finished under some trouble, a month later.
async fn under(trouble: Trouble) -> (Story, Vec<String>) {
    let story = Story::start(1).await;
    story.sandbox.set_trouble(trouble);
    let homes = story.sandbox.addresses();
    let accounts: Vec<String> = (0..20)
        .map(|number| {
            story
                .sandbox
                .create_account("Ada", "Example", &format!("ada.{number}@example.com"))
        })
        .collect();
    for (account, home) in accounts.iter().zip(&homes) {
        assert!(story.sandbox.request_plans(account, &home.esi_id));
        assert!(story.sandbox.accept_plan(account, &home.esi_id).is_some());
        assert!(story.sandbox.add_billing(account) && story.sandbox.add_payment(account));
    }
    story.live_until(at(START) + DAY * 30).await;
    (story, accounts)
}

#[tokio::test]
async fn an_event_is_posted_once_and_signed_over_its_body() {
    let story = Story::start(1).await;
    story.receiver.answer(500);
    let account = story.account();
    assert!(story.sandbox.request_plans(&account, HOME));
    story.settle().await;
    let location = story.sandbox.accept_plan(&account, HOME).unwrap();
    story.live_for(HOUR).await;
    let received = story.receiver.received();
    assert_eq!(received.len(), 3, "no retry");
    for received in &received {
        let signature = HEXLOWER.encode(&mac("sandbox_webhook_secret", &received.body));
        assert_eq!(received.headers["light-signature"], signature);
        assert_eq!(received.headers["content-type"], "application/json");
    }
    let requested = json!({"type": "enrollment.plan_requested", "account_uuid": account});
    assert_eq!(received[0].body, requested, "no location yet");
    assert_eq!(received[1].body["location_uuid"], location);
    assert_eq!(story.sandbox.stats().deliveries.given_up, 3);
    story.sandbox.set_webhook(None);
    assert!(story.sandbox.add_billing(&account));
    story.live_for(HOUR).await;
    assert_eq!(story.receiver.received().len(), 3);
}

#[tokio::test]
async fn the_form_of_an_event_is_configured() {
    let mut config = LightConfig::new(1, APP);
    config.webhook = WebhookForm {
        secret: "other".to_owned(),
        signature_header: "X-Signature".to_owned(),
        encoding: SignatureEncoding::Base64,
        signature_prefix: "sha256=".to_owned(),
        type_field: "event".to_owned(),
        account_field: "data.account.uuid".to_owned(),
        location_field: "data.location_uuid".to_owned(),
    };
    let story = Story::start_with(config).await;
    let account = story.account();
    story
        .sandbox
        .send_event(&account, "enrollment.something_new", Some("there"));
    story.settle().await;
    let received = &story.receiver.received()[0];
    let body = json!({
        "event": "enrollment.something_new",
        "data": {"account": {"uuid": account}, "location_uuid": "there"},
    });
    assert_eq!(received.body, body);
    let signature = BASE64.encode(&mac("other", &body));
    assert_eq!(received.headers["x-signature"], format!("sha256={signature}"));
}

#[tokio::test]
async fn every_documented_type_is_told() {
    let (story, accounts) = under(Trouble::default()).await;
    let account = &accounts[0];
    let location = story.read(account).await["locations"][0]["uuid"]
        .as_str()
        .unwrap()
        .to_owned();
    for is_paid in [false, true] {
        story.sandbox.charge_invoice(account, is_paid);
    }
    assert!(story.sandbox.cancel_location(account, &location));
    story.settle().await;
    let mut told = story.told(account);
    told.sort_unstable();
    let mut documented = Vec::new();
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/light")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.starts_with("webhook-") {
            let recorded = super::fixture(name.strip_suffix(".json").unwrap());
            documented.push(recorded["placeholder"]["event_type"].as_str().unwrap().to_owned());
        }
    }
    documented.sort_unstable();
    assert_eq!(told, documented);
}

#[tokio::test]
async fn events_come_twice_late_out_of_order_or_never() {
    let (story, accounts) = under(Trouble {
        duplicate_p: 1.0,
        ..Trouble::default()
    })
    .await;
    let mut count: BTreeMap<String, u32> = BTreeMap::new();
    for received in story.receiver.received() {
        *count.entry(received.body.to_string()).or_default() += 1;
    }
    assert_eq!(count.len(), accounts.len() * 8);
    assert!(count.values().all(|times| *times == 2), "{count:?}");

    let (story, accounts) = under(Trouble {
        disorder_minutes: 30,
        ..Trouble::default()
    })
    .await;
    let is_turned = |account: &String| {
        let told = story.told(account);
        let position = |name: &str| told.iter().position(|event| event == name).unwrap();
        position("enrollment.finalized") < position("enrollment.plan_requested")
    };
    assert!(accounts.iter().any(is_turned) && !accounts.iter().all(is_turned));

    let (story, _) = under(Trouble {
        lost_p: 0.5,
        ..Trouble::default()
    })
    .await;
    let stats = story.sandbox.stats().deliveries;
    assert!(
        stats.lost * 3 > stats.events && stats.lost * 3 < 2 * stats.events,
        "{stats:?}"
    );
    assert_eq!(story.receiver.received().len() as u64, stats.events - stats.lost);
}
