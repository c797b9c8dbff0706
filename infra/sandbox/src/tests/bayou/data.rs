//! When bills and intervals follow a login.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{DAY, GAS, Habit, LIGHT, MINUTE, POWER, Reason, START, Story, at, customer};
use crate::bayou::{Truth, Utility};

/// Forty customers of one utility who connected at the start, an hour later.
async fn forty(utility: &Utility) -> (Story, Vec<Truth>) {
    let story = Story::start(1).await;
    for number in 0..40 {
        let name = format!("home-{number}");
        story.create(&name, utility).await;
        story.log_in(&name).await;
    }
    story.leap_to(at(START) + DAY * 2).await;
    let truth = story.sandbox.truth().into_values().collect();
    (story, truth)
}

fn seconds_after(ready_at: Option<Timestamp>, truth: &Truth) -> i64 {
    ready_at.unwrap().duration_since(truth.connected_at.unwrap()).as_secs()
}

#[tokio::test]
async fn instant_data_comes_within_a_minute_but_for_a_few() {
    let (_, truth) = forty(&POWER).await;
    let times: Vec<i64> = truth
        .iter()
        .map(|truth| seconds_after(truth.bills_ready_at, truth))
        .collect();
    let fast = times.iter().filter(|time| (5..=50).contains(*time)).count();
    assert!((30..40).contains(&fast), "{times:?}");
    assert!(times.iter().all(|time| (5..=1_250).contains(time)), "{times:?}");
    let with_intervals: Vec<&Truth> = truth
        .iter()
        .filter(|truth| truth.intervals_ready_at.is_some())
        .collect();
    assert!((25..40).contains(&with_intervals.len()), "some accounts have none");
    for truth in with_intervals {
        assert!((5..=1_250).contains(&seconds_after(truth.intervals_ready_at, truth)));
    }
}

#[tokio::test]
async fn slow_data_comes_within_a_day_or_so_after_an_unread_bill() {
    let (story, truth) = forty(&LIGHT).await;
    for truth in &truth {
        let bills = seconds_after(truth.bills_ready_at, truth);
        assert!((18 * 3_600..=26 * 3_600).contains(&bills), "{bills}");
        assert!(
            truth
                .intervals_ready_at
                .is_none_or(|intervals| Some(intervals) > truth.bills_ready_at)
        );
    }
    assert_eq!(
        &story.told("home-7")[..2],
        ["customer_has_filled_credentials", "new_unparsed_bill"]
    );
    assert_eq!(story.events("new_unparsed_bill").len(), 40);
    let unparsed = |body: &Value| body["object"]["bills_unparsed"].as_array().unwrap().len();
    let left: BTreeSet<usize> = story.events("bills_ready").iter().map(unparsed).collect();
    assert_eq!(left, BTreeSet::from([0, 1]), "one bill may be unread still");
}

#[tokio::test]
async fn a_utility_without_intervals_never_tells_of_any() {
    let (story, truth) = forty(&GAS).await;
    assert!(truth.iter().all(|truth| truth.bills_ready_at.is_some()));
    assert!(truth.iter().all(|truth| truth.intervals_ready_at.is_none()));
    assert_eq!(story.events("intervals_ready").len(), 0);
    let (_, intervals) = story.get("/customers/external_id:home-1/intervals").await;
    assert_eq!(intervals["last_interval_discovered"], Value::Null);
}

#[tokio::test]
async fn bills_go_on_monthly_some_hours_after_they_were_issued() {
    let (story, _) = forty(&POWER).await;
    story.live_until(at(START) + DAY * 95).await;
    let received = story.receiver.received();
    let monthly: Vec<_> = received
        .iter()
        .filter(|received| received.body["event"] == "new_bill" && received.at > at(START) + DAY * 2)
        .collect();
    assert!((110..=125).contains(&monthly.len()), "{}", monthly.len());
    for received in monthly {
        let billed_on = received.body["object"]["billed_on"].as_str().unwrap();
        let issued = at(&format!("{billed_on}T00:00:00Z"));
        let hours = received.at.duration_since(issued).as_hours();
        assert!((6..=40).contains(&hours), "{hours}");
    }
    let corrected = story.events("updated_bill");
    assert!((3..=25).contains(&corrected.len()), "{}", corrected.len());
}

#[tokio::test]
async fn bills_issued_without_access_are_found_after_the_repair() {
    let story = Story::start(1).await;
    story.create("home-1", &POWER).await;
    story.log_in("home-1").await;
    story.live_for(MINUTE * 30).await;
    story
        .sandbox
        .require_reauthentication("home-1", Reason::CredentialsAreInvalid);
    let before = story.events("new_bill").len();
    story.live_for(DAY * 65).await;
    assert_eq!(story.events("new_bill").len(), before);
    story.log_in("home-1").await;
    story.live_for(MINUTE * 30).await;
    assert_eq!(story.events("new_bill").len(), before + 2);
    let (_, bills) = story.get("/customers/external_id:home-1/bills").await;
    let ends: Vec<&str> = bills
        .as_array()
        .unwrap()
        .iter()
        .map(|bill| bill["billing_period_to"].as_str().unwrap())
        .collect();
    assert_eq!(ends.len(), 14);
    assert!(ends.is_sorted());
}

#[tokio::test]
async fn intervals_grow_by_the_hour_while_there_is_access_unless_they_stop_silently() {
    let story = Story::start(1).await;
    let stops = SignedDuration::from_hours(50);
    for (name, intervals_stop_after) in [("grows", None), ("stops", Some(stops))] {
        let habit = Habit::ConnectsAtOnce;
        story.sandbox.add_customer(crate::bayou::Customer {
            intervals_stop_after,
            ..customer(name, habit, &POWER)
        });
    }
    let last = async |name: &str| {
        let (_, intervals) = story.get(&format!("/customers/external_id:{name}/intervals")).await;
        at(intervals["last_interval_discovered"].as_str().unwrap())
    };
    story.live_until(at(START) + DAY).await;
    assert_eq!([last("grows").await, last("stops").await], [at(START) + DAY; 2]);
    story.live_until(at(START) + DAY * 3).await;
    assert_eq!(last("grows").await, at(START) + DAY * 3);
    assert_eq!(last("stops").await, at(START) + stops);
    assert_eq!(story.customer("stops").await["is_currently_authenticated"], true);
    story
        .sandbox
        .require_reauthentication("grows", Reason::CredentialsAreInvalid);
    story.live_for(DAY).await;
    assert_eq!(last("grows").await, at(START) + DAY * 3);
}

#[tokio::test]
async fn what_was_not_ready_when_access_was_lost_comes_after_the_repair() {
    let story = Story::start(1).await;
    story.create("home-1", &POWER).await;
    story.log_in("home-1").await;
    story
        .sandbox
        .require_reauthentication("home-1", Reason::CredentialsAreInvalid);
    story.live_for(DAY).await;
    assert_eq!(
        story.told("home-1"),
        ["customer_has_filled_credentials", "customer_must_reauthenticate"]
    );
    story.log_in("home-1").await;
    story.live_for(MINUTE * 30).await;
    for (event, times) in [("new_bill", 12), ("bills_ready", 1), ("intervals_ready", 1)] {
        assert_eq!(story.events(event).len(), times, "{event}");
    }
}
