//! The oddities of the answers, one by one.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{APP, DAY, HOME, MINUTE, START, Story, at, call};
use crate::light::{PlansByDay, Quirks, UsageHistoryIn};

fn rates(plans: &[Value]) -> Vec<&Value> {
    plans.iter().map(|plan| &plan["energy_rate_cents_per_kwh"]).collect()
}

#[tokio::test]
async fn usage_history_is_told_in_one_place_in_both_or_nowhere() {
    let story = Story::start(1).await;
    let account = story.account();
    story.sandbox.add_old_location(&account).unwrap();
    for (usage_history, in_enrollment, in_location) in [
        (UsageHistoryIn::Location, false, true),
        (UsageHistoryIn::Enrollment, true, false),
        (UsageHistoryIn::Both, true, true),
        (UsageHistoryIn::Neither, false, false),
    ] {
        story.sandbox.set_quirks(Quirks {
            usage_history,
            ..Quirks::default()
        });
        let object = story.read(&account).await;
        let told = |object: &Value| object.get("has_usage_history") == Some(&json!(true));
        assert_eq!(
            (told(&object["enrollment"]), told(&object["locations"][0])),
            (in_enrollment, in_location),
            "{usage_history:?}"
        );
    }
}

#[tokio::test]
async fn trap_44_enrollment_may_be_absent_keys_unknown_an_address_nested_or_in_an_array() {
    let story = Story::start(1).await;
    let account = story.account();
    story.sandbox.add_old_location(&account).unwrap();
    story.sandbox.set_quirks(Quirks {
        without_enrollment: true,
        unknown_keys: true,
        nested_billing_address: true,
        esi_id_in_array: true,
        ..Quirks::default()
    });
    let (_, home) = story
        .post(&account, "/enroll/esi-id-search", json!({"esi_id": HOME}))
        .await;
    assert_eq!(home[0]["esi_id"], HOME);
    let object = story.read(&account).await;
    assert_eq!(object.get("enrollment"), None);
    assert!(object["tags"].is_array() && object["locations"][0]["meter"].is_object());
    assert!(
        story
            .plans(&account, HOME)
            .await
            .iter()
            .all(|plan| plan["is_beta"].is_object())
    );
    let (_, address) = story.get(&account, "/billing/address").await;
    assert!(address["address"]["city"].is_string() && address.get("city").is_none());
    story.sandbox.set_quirks(Quirks::default());
    assert!(story.read(&account).await["enrollment"].is_object());
}

#[tokio::test]
async fn a_token_may_die_before_it_says_so() {
    let story = Story::start(1).await;
    let account = story.account();
    let status = async |token: &str| {
        let request = story.http.get(story.url("/v1/account"));
        call(request.bearer_auth(token)).await.0
    };
    let token = story.token(&account).await;
    story.sandbox.expire_tokens();
    assert_eq!(status(&token).await, 401);
    let token = story.token(&account).await;
    assert_eq!(status(&token).await, 200);
    story.sandbox.set_quirks(Quirks {
        tokens_live: Some(SignedDuration::from_mins(5)),
        ..Quirks::default()
    });
    story.live_for(MINUTE * 5).await;
    assert_eq!(status(&token).await, 401);
    let (_, minted) = story.app(&format!("/accounts/{account}/token"), json!({})).await;
    assert_eq!(minted["expires_at"], "2026-07-01T17:05:00.000Z");
    let (_, listed) = call(story.http.get(story.url("/v1/app/accounts")).bearer_auth(APP)).await;
    assert_eq!(listed.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn rates_change_at_midnight_in_texas() {
    let story = Story::start(1).await;
    let account = story.account();
    let today = story.plans(&account, HOME).await;
    story.leap_to(at("2026-07-02T04:59:59Z")).await;
    assert_eq!(story.plans(&account, HOME).await, today);
    story.leap_to(at("2026-07-02T05:00:00Z")).await;
    let tomorrow = story.plans(&account, HOME).await;
    assert_ne!(rates(&tomorrow), rates(&today));
    assert_eq!(tomorrow[0]["uuid"], today[0]["uuid"]);
    assert_eq!(tomorrow[0]["earliest_start_date"], "2026-07-02");
    // What was offered today is refused for its date alone.
    assert_eq!(story.accept(&account, HOME, &today[0]).await.0, 422);
    assert_eq!(story.accept(&account, HOME, &tomorrow[0]).await.0, 200);
}

#[tokio::test]
async fn plans_may_change_at_midnight_stay_or_be_refused() {
    let story = Story::start(1).await;
    let account = story.account();
    let with = |plans_by_day| {
        story.sandbox.set_quirks(Quirks {
            plans_by_day,
            ..Quirks::default()
        });
    };
    with(PlansByDay::NewPlans);
    let today = story.plans(&account, HOME).await;
    story.leap_to(at(START) + DAY).await;
    let tomorrow = story.plans(&account, HOME).await;
    assert!(
        today
            .iter()
            .zip(&tomorrow)
            .all(|(one, other)| one["uuid"] != other["uuid"])
    );
    let mut yesterdays = today[0].clone();
    yesterdays["earliest_start_date"] = tomorrow[0]["earliest_start_date"].clone();
    assert_eq!(story.accept(&account, HOME, &yesterdays).await.0, 422);
    // Its documents can still be read.
    let efl = today[0]["links"]["efl"].as_str().unwrap();
    assert_eq!(story.http.get(efl).send().await.unwrap().status(), 200);
    with(PlansByDay::Unchanged);
    let before = story.plans(&account, HOME).await;
    story.leap_to(at(START) + DAY * 2).await;
    let after = story.plans(&account, HOME).await;
    assert_eq!((&before[0]["uuid"], rates(&before)), (&after[0]["uuid"], rates(&after)));
    story.sandbox.set_quirks(Quirks {
        refuses_plans: true,
        plans_by_day: PlansByDay::Unchanged,
        ..Quirks::default()
    });
    assert_eq!(story.accept(&account, HOME, &after[0]).await.0, 422);
}

#[tokio::test]
async fn plans_are_those_of_the_utilitys_area_and_their_documents_say_the_same() {
    let story = Story::start(1).await;
    let account = story.account();
    for (home, count) in [(HOME, 4), ("1008901000000000000003", 4)] {
        let plans = story.plans(&account, home).await;
        assert_eq!(plans.len(), count);
        for plan in plans {
            let efl = plan["links"]["efl"].as_str().unwrap();
            let efl = story.http.get(efl).send().await.unwrap().text().await.unwrap();
            for field in ["energy_rate_cents_per_kwh", "tdu_delivery_cents_per_kwh"] {
                let rate = plan[field].as_str().unwrap();
                assert!(
                    rate.parse::<f64>().is_ok() && efl.contains(&format!("{rate} cents")),
                    "{plan} {efl}"
                );
            }
            assert!(efl.contains(&format!("{} months", plan["term_months"])));
        }
    }
    assert_eq!(
        story
            .http
            .get(story.url("/documents/oncor/2026-07-01/x/efl"))
            .send()
            .await
            .unwrap()
            .status(),
        404
    );
}
