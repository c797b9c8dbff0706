//! How access is gained at the form, lost, and gained again.

use serde_json::{Value, json};

use super::{
    BayouConfig, DAY, EDISON, EMAIL, KEY, LIGHT, MINUTE, PASSWORD, POWER, Reason, START, Story, at, customer, page,
};
use crate::bayou::{COOP, Customer, FilledFlag, Habit, LossTold, Repair};

const LOGIN: [(&str, &str); 2] = [("email", EMAIL), ("password", PASSWORD)];

async fn link(story: &Story, external_id: &str) -> String {
    let object = story.customer(external_id).await;
    object["onboarding_link"].as_str().unwrap().to_owned()
}

async fn flags(story: &Story, external_id: &str) -> [bool; 2] {
    let object = story.customer(external_id).await;
    ["has_filled_credentials", "is_currently_authenticated"].map(|flag| object[flag].as_bool().unwrap())
}

#[tokio::test]
async fn a_valid_login_is_accepted_and_a_wrong_one_is_not_told() {
    let story = Story::start(1).await;
    story.create("home-1", &POWER).await;
    let link = link(&story, "home-1").await;
    let (status, form) = page(story.http.get(&link)).await;
    assert!(status == 200 && form.contains("name=\"email\"") && form.contains("name=\"password\""));
    assert!(!form.contains("name=\"utility\""));
    for wrong in [
        [("email", EMAIL), ("password", "wrong")],
        [("email", "other@example.com"), ("password", PASSWORD)],
    ] {
        let (status, form) = story.fill(&link, &wrong).await;
        assert!(status == 200 && form.contains("Your login is wrong."), "{form}");
    }
    assert_eq!(flags(&story, "home-1").await, [false, false]);
    story.settle().await;
    assert_eq!(story.received(), [Value::Null; 0]);
    let (status, done) = story.fill(&link, &LOGIN).await;
    assert!(status == 200 && done.contains("You are connected"), "{done}");
    assert_eq!(flags(&story, "home-1").await, [true, true]);
    story.settle().await;
    assert_eq!(story.told("home-1"), ["customer_has_filled_credentials"]);
    let truth = &story.sandbox.truth()["home-1"];
    assert_eq!((truth.connected_at, truth.refused_logins), (Some(at(START)), 2));
}

#[tokio::test]
async fn each_second_factor_wants_its_code() {
    let story = Story::start(1).await;
    let methods = ["sms", "email", "totp", "question"].map(|name| format!("mfa.{name}@example.com"));
    for (number, email) in methods.iter().enumerate() {
        let name = format!("home-{number}");
        story.create(&name, &POWER).await;
        let link = link(&story, &name).await;
        let (_, form) = story.fill(&link, &[("email", email), ("password", "any")]).await;
        assert!(form.contains("name=\"code\""), "{form}");
        assert_eq!(flags(&story, &name).await, [false, false]);
        let (_, form) = story.fill(&link, &[("code", "4321")]).await;
        assert!(form.contains("Your code is invalid. Please try again."), "{form}");
        assert_eq!(flags(&story, &name).await, [false, false]);
        let (_, done) = story.fill(&link, &[("code", "1234")]).await;
        assert!(done.contains("You are connected"), "{done}");
        assert_eq!(flags(&story, &name).await, [true, true]);
        // A code is good for one login.
        let (_, form) = story.fill(&link, &[("code", "1234")]).await;
        assert!(form.contains("Your login is wrong."), "{form}");
    }
    // Where the utility demands it, the valid login is asked, too; a code alone opens nothing.
    story.create("demanded", &EDISON).await;
    let link = link(&story, "demanded").await;
    let (_, form) = story.fill(&link, &[("code", "1234")]).await;
    assert!(form.contains("Your login is wrong."), "{form}");
    let (_, form) = story.fill(&link, &LOGIN).await;
    assert!(form.contains("name=\"code\""), "{form}");
    // Whoever closes the window begins anew.
    page(story.http.get(&link)).await;
    story.fill(&link, &[("code", "1234")]).await;
    assert_eq!(flags(&story, "demanded").await, [false, false]);
}

#[tokio::test]
async fn the_form_asks_for_a_utility_that_is_not_known() {
    let story = Story::start(1).await;
    let (_, made) = story.post("/customers", json!({"external_id": "home-1"})).await;
    let link = made["onboarding_link"].as_str().unwrap();
    let (_, form) = page(story.http.get(link)).await;
    assert!(form.contains("<select name=\"utility\"") && form.contains(LIGHT.code));
    story.fill(link, &LOGIN).await;
    assert_eq!(flags(&story, "home-1").await, [false, false]);
    story.fill(link, &[("utility", LIGHT.code), LOGIN[0], LOGIN[1]]).await;
    assert_eq!(flags(&story, "home-1").await, [true, true]);
    assert_eq!(story.customer("home-1").await["utility"], LIGHT.code);
}

#[tokio::test]
async fn an_expired_link_opens_nothing_and_is_counted() {
    let story = Story::start(1).await;
    story.create("home-1", &POWER).await;
    let old = link(&story, "home-1").await;
    story.leap_to(at(START) + DAY * 11).await;
    assert_eq!(story.http.head(&old).send().await.unwrap().status(), 200);
    assert_eq!(story.sandbox.stats().expired_link_clicks, 0);
    let (status, form) = page(story.http.get(&old)).await;
    assert!(status == 410 && form.contains("This link has expired"));
    assert_eq!(story.fill(&old, &LOGIN).await.0, 410);
    assert_eq!(story.sandbox.stats().expired_link_clicks, 2);
    assert_eq!(story.sandbox.truth()["home-1"].expired_links, 2);
    assert_eq!(page(story.http.get(format!("{old}0"))).await.0, 404);
    assert_eq!(flags(&story, "home-1").await, [false, false]);
}

#[tokio::test]
async fn a_utility_that_is_down_accepts_no_login_until_it_is_back() {
    let story = Story::start(1).await;
    story.create("home-1", &COOP).await;
    let link = link(&story, "home-1").await;
    assert_eq!(story.fill(&link, &LOGIN).await.0, 503);
    assert_eq!(flags(&story, "home-1").await, [false, false]);
    story.sandbox.set_utility_down(&COOP, false);
    assert_eq!(story.fill(&link, &LOGIN).await.0, 200);
    assert_eq!(flags(&story, "home-1").await, [true, true]);
}

#[tokio::test]
async fn access_is_lost_for_either_reason_repaired_and_lost_again() {
    let story = Story::start(1).await;
    let require = |reason| story.sandbox.require_reauthentication("home-1", reason);
    assert!(!require(Reason::CredentialsAreInvalid), "nobody");
    story.create("home-1", &POWER).await;
    assert!(!require(Reason::CredentialsAreInvalid), "nothing to lose");
    story.log_in("home-1").await;
    story.live_for(MINUTE * 30).await;
    let reasons = [Reason::CredentialsAreInvalid, Reason::MfaFactorHasExpired];
    for (episode, reason) in (1..).zip(reasons) {
        let before = link(&story, "home-1").await;
        assert!(require(reason));
        assert!(!require(reason), "lost already");
        assert_eq!(flags(&story, "home-1").await, [true, false]);
        assert_ne!(link(&story, "home-1").await, before);
        let truth = &story.sandbox.truth()["home-1"];
        assert_eq!((truth.lost_reason, truth.losses), (Some(reason), episode));
        story.live_for(DAY).await;
        story.log_in("home-1").await;
        assert_eq!(flags(&story, "home-1").await, [true, true]);
        let truth = &story.sandbox.truth()["home-1"];
        assert!(truth.repaired_at > truth.lost_at);
    }
    let told = story.events("customer_must_reauthenticate");
    let told: Vec<&Value> = told.iter().map(|body| &body["object"]["reason"]).collect();
    assert_eq!(told, ["credentials_are_invalid", "mfa_factor_has_expired"]);
    assert_eq!(story.events("customer_has_filled_credentials").len(), 3);
    assert_eq!(story.events("bills_ready").len(), 1, "the initial data comes once");
}

#[tokio::test]
async fn the_filled_flag_is_kept_or_reset_as_at_the_utility_unless_the_customer_is_another() {
    let story = Story::start(1).await;
    for (name, utility, filled_flag, filled) in [
        ("kept", &POWER, None, true),
        ("reset", &LIGHT, None, false),
        ("kept-here", &LIGHT, Some(FilledFlag::Kept), true),
        ("reset-here", &POWER, Some(FilledFlag::Reset), false),
    ] {
        story.sandbox.add_customer(Customer {
            filled_flag,
            ..customer(name, Habit::NeverClicks, utility)
        });
        story.settle().await;
        story.log_in(name).await;
        story
            .sandbox
            .require_reauthentication(name, Reason::CredentialsAreInvalid);
        assert_eq!(flags(&story, name).await, [filled, false]);
    }
}

#[tokio::test]
async fn a_second_factor_lapses_after_about_ninety_days_each_time() {
    let story = Story::start(1).await;
    story.create("home-1", &EDISON).await;
    story.log_in("home-1").await;
    for episode in 1..=2 {
        let logged_in_at = story.sandbox.truth()["home-1"].filled_credentials_at.unwrap();
        story.leap_to(logged_in_at + DAY * 100).await;
        let truth = &story.sandbox.truth()["home-1"];
        let lasted = truth.lost_at.unwrap().duration_since(logged_in_at).as_hours() / 24;
        assert!((84..=97).contains(&lasted), "{lasted}");
        assert_eq!(
            (truth.losses, truth.lost_reason),
            (episode, Some(Reason::MfaFactorHasExpired))
        );
        story.log_in("home-1").await;
    }
}

#[tokio::test]
async fn a_loss_is_told_once_or_every_day_until_the_repair() {
    for (loss_told, times) in [(LossTold::Once, 1), (LossTold::Daily, 4)] {
        let mut config = BayouConfig::new(1, KEY);
        config.loss_told = loss_told;
        let story = Story::start_with(config).await;
        story.create("home-1", &POWER).await;
        story.log_in("home-1").await;
        story
            .sandbox
            .require_reauthentication("home-1", Reason::CredentialsAreInvalid);
        story.live_for(DAY * 3 + MINUTE).await;
        story.log_in("home-1").await;
        story.live_for(DAY * 3).await;
        assert_eq!(story.events("customer_must_reauthenticate").len(), times);
    }
}

#[tokio::test]
async fn a_login_ahead_of_time_begins_the_ninety_days_anew() {
    let story = Story::start(1).await;
    story.create("home-1", &EDISON).await;
    story.log_in("home-1").await;
    story.leap_to(at(START) + DAY * 80).await;
    story.log_in("home-1").await;
    story.leap_to(at(START) + DAY * 160).await;
    assert_eq!(flags(&story, "home-1").await, [true, true]);
    story.leap_to(at(START) + DAY * 180).await;
    assert_eq!(flags(&story, "home-1").await, [true, false]);
}

#[tokio::test]
async fn whoever_has_repaired_access_does_not_come_again_for_it() {
    let story = Story::start(1).await;
    story.sandbox.add_customer(Customer {
        repair: Repair::Alone,
        ..customer("home-1", Habit::ConnectsAtOnce, &POWER)
    });
    story.live_for(DAY).await;
    story
        .sandbox
        .require_reauthentication("home-1", Reason::CredentialsAreInvalid);
    story.log_in("home-1").await;
    let before = story.sandbox.truth()["home-1"].clone();
    story.live_for(DAY * 6).await;
    let after = &story.sandbox.truth()["home-1"];
    assert_eq!((before.visits, before.repaired_at), (after.visits, after.repaired_at));
}
