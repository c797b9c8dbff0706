use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Receiver, START, Story, at};
use crate::{ConnectionStatus, Customer, Flow, Habit, MeterArrival};

const CREATED: &str = "session CREATED";
const UPDATED: &str = "session UPDATED";
const CLOSED: &str = "session CLOSED";
const FINISHED: &str = "session COMPLETED";
const INITIATED: &str = "authorization INITIATED";
const FAILED: &str = "authorization FAILED";
const AUTHORIZED: &str = "authorization COMPLETED";

/// What a habit's events are, and its end state: the connection's status and each utility's status
/// with its error code.
fn expected(customer: &Customer) -> (Vec<&'static str>, Option<&'static str>, Vec<Value>) {
    let updates = if customer.generator_asked { 3 } else { 2 };
    let answered = [&[CREATED][..], &vec![UPDATED; updates]].concat();
    let then = |events: &[&'static str]| [&answered[..], events].concat();
    let error = |code: Value| (then(&[INITIATED, FAILED]), Some("ERROR"), vec![json!(["ERROR", code])]);
    let open = json!(["NOT_CONNECTED", null]);
    let connected = json!(["CONNECTED", null]);
    match customer.habit {
        Habit::StopsAtUtilityLogin => (then(&[INITIATED]), Some("PARTIAL"), vec![open]),
        Habit::FinishesAlone | Habit::FinishesSlowly => (
            then(&[INITIATED, AUTHORIZED, FINISHED]),
            Some("COMPLETED"),
            vec![connected],
        ),
        Habit::StopsAtAgreements => (vec![CREATED, UPDATED], Some("PARTIAL"), vec![open]),
        Habit::OpensOnly => (vec![CREATED], Some("NOT_STARTED"), vec![]),
        Habit::NeverOpens => (vec![], None, vec![]),
        Habit::DeclinesAgreement => (vec![CREATED, UPDATED, CLOSED], Some("PARTIAL"), vec![open]),
        Habit::WrongPassword => error(json!("USER_INVALID_CREDENTIALS")),
        Habit::FailsSecondFactor => error(json!("AUTH_MFA_ERROR")),
        Habit::Cancels => error(json!("USER_CANCELED")),
        Habit::MeetsUtilityOutage => error(json!("UTILITY_ERROR")),
        Habit::MeetsTechnicalError => error(json!("TECHNICAL_ERROR")),
        Habit::IsIneligible => error(json!("USER_INELIGIBLE")),
        Habit::MeetsUnexplainedError => error(json!(null)),
        Habit::CompletesInSecondSession => (
            then(&[INITIATED, CREATED, INITIATED, AUTHORIZED, FINISHED]),
            Some("COMPLETED"),
            vec![connected],
        ),
        Habit::ConnectsWrongUtility => (then(&[INITIATED, AUTHORIZED]), Some("PARTIAL"), vec![open, connected]),
        Habit::LeavesSecondUtilityOut => (then(&[INITIATED, AUTHORIZED]), Some("PARTIAL"), vec![connected, open]),
        Habit::FinishesForm => (
            vec![CREATED, UPDATED, UPDATED, UPDATED, FINISHED],
            Some("COMPLETED"),
            vec![],
        ),
        Habit::StopsDirectly => (vec![INITIATED], Some("PARTIAL"), vec![open]),
        Habit::FailsDirectly => (
            vec![INITIATED, FAILED],
            Some("ERROR"),
            vec![json!(["ERROR", "USER_INVALID_CREDENTIALS"])],
        ),
        Habit::FinishesDirectly => (vec![INITIATED, AUTHORIZED], Some("COMPLETED"), vec![connected]),
    }
}

#[tokio::test]
async fn each_habit_has_its_events_and_its_end() {
    let story = Story::start(1).await;
    let receiver = Receiver::subscribed(&story).await;
    let customers = story.populate(1, 90);
    story.leap_to(at(START) + SignedDuration::from_hours(8)).await;
    let entries = story.entries().await;
    let truth = story.sandbox.truth();
    for customer in &customers {
        let (events, status, utilities) = expected(customer);
        let told: Vec<String> = receiver
            .told(&customer.reference)
            .into_iter()
            .filter(|event| event != "meter.created")
            .collect();
        assert_eq!(told, events, "{customer:?}");
        let entry = entries.get(&customer.reference);
        let found = entry.map(|entry| entry["connection_status"].as_str().unwrap());
        assert_eq!(found, status, "{customer:?}");
        let Some(entry) = entry else { continue };
        let found: Vec<Value> = entry["utility_connections"]
            .as_array()
            .unwrap()
            .iter()
            .map(|utility| json!([utility["status"], utility["error_code"]]))
            .collect();
        assert_eq!(found, utilities, "{customer:?}");
        let is_complete = truth[&customer.reference].completed_at.is_some();
        assert_eq!(is_complete, status == Some("COMPLETED"));
        if customer.habit == Habit::FinishesAlone {
            let completed_at = truth[&customer.reference].completed_at.unwrap();
            let took = completed_at.duration_since(customer.arrives_at);
            assert!((3..20).contains(&took.as_mins()), "{took}");
        }
        let direct = customer.flow == Flow::DirectToUtility;
        let agreements = &entry["agreements"]["demand_response_participation_agreement_status"];
        assert_eq!(*agreements == "NOT_REQUIRED", direct);
    }
}

#[tokio::test]
async fn meters_follow_completion_and_nothing_else() {
    let story = Story::start(2).await;
    let receiver = Receiver::subscribed(&story).await;
    let customers = story.populate(2, 90);
    story.leap_to(at(START) + SignedDuration::from_hours(200)).await;
    let truth = story.sandbox.truth();
    let mut delays = Vec::new();
    for customer in &customers {
        let truth = &truth[&customer.reference];
        let told = receiver.told(&customer.reference);
        let meter_events: Vec<&String> = told.iter().filter(|event| event.starts_with("meter")).collect();
        match (truth.completed_at, customer.meter) {
            (Some(completed_at), MeterArrival::After(time)) => {
                assert_eq!(truth.meter_created_at, Some(completed_at + time));
                delays.push(time.as_hours());
                assert_eq!(
                    meter_events,
                    [
                        "meter.created",
                        "meter.enrollment.global-status.updated PENDING",
                        "meter.enrollment.global-status.updated ACTIVE",
                    ]
                );
            }
            (Some(_), MeterArrival::Never) => assert!(meter_events.is_empty()),
            (None, _) => {
                assert_eq!(truth.meter_created_at, None);
                // Only a device of the partner's own can carry a pending reference.
                assert!(meter_events.len() <= 1);
            }
        }
    }
    assert!(delays.iter().all(|hours| (20..=30).contains(hours) || *hours == 80));
    assert!(delays.contains(&80));
    let never = |customer: &Customer| customer.meter == MeterArrival::Never;
    assert_eq!(customers.iter().filter(|customer| never(customer)).count(), 1);
    let devices = receiver
        .received()
        .iter()
        .filter(|received| received.body["payload"]["meter_type"] == "DEVICE")
        .count();
    assert_eq!(devices, 2);
}

#[tokio::test]
async fn a_new_session_after_completion_changes_nothing_but_says_created() {
    let story = Story::start(3).await;
    let receiver = Receiver::subscribed(&story).await;
    let customers = story.populate(3, 40);
    story.leap_to(at(START) + SignedDuration::from_hours(6)).await;
    let finisher = super::first_with(&customers, Habit::FinishesAlone);
    let before = story.entries().await[&finisher.reference].clone();
    let page = story.http.get(&finisher.link).send().await.unwrap();
    assert!(page.text().await.unwrap().contains("sandbox"));
    story.settle().await;
    let told = receiver.told(&finisher.reference);
    assert_eq!(told.last().map(String::as_str), Some(CREATED));
    assert_eq!(story.entries().await[&finisher.reference], before);
    let truth = &story.sandbox.truth()[&finisher.reference];
    assert_eq!(truth.connection_status, Some(ConnectionStatus::Completed));
    assert_eq!(truth.sessions, 2);
}

#[tokio::test]
async fn a_link_opened_early_does_not_keep_its_customer_from_finishing() {
    let story = Story::start(5).await;
    let customers = story.populate(5, 60);
    for customer in &customers {
        let page = story.http.head(&customer.link).send().await.unwrap();
        assert_eq!(page.status(), 200);
    }
    let truth = story.sandbox.truth();
    let arrived_at_start = |customer: &&Customer| customer.arrives_at == at(START);
    for customer in customers.iter().filter(|customer| !arrived_at_start(customer)) {
        assert_eq!(truth[&customer.reference].sessions, 0);
    }
    for customer in &customers {
        story.http.get(&customer.link).send().await.unwrap();
    }
    story.leap_to(at(START) + SignedDuration::from_hours(6)).await;
    let truth = story.sandbox.truth();
    for customer in customers {
        let (_, status, _) = expected(&customer);
        let is_complete = truth[&customer.reference].completed_at.is_some();
        assert_eq!(is_complete, status == Some("COMPLETED"), "{customer:?}");
    }
}

#[tokio::test]
async fn anybody_can_open_a_link_with_any_reference() {
    let story = Story::start(4).await;
    let receiver = Receiver::subscribed(&story).await;
    for path in [
        "/connect?transmissionRegion=NYISO&account=a&refId=stranger-1",
        "/rekindle-sandbox/pge/getting-started?refId=stranger-2",
        "/connect?transmissionRegion=NYISO&account=a",
    ] {
        let page = story.http.get(story.url(path)).send().await.unwrap();
        assert_eq!(page.status(), 200);
    }
    let unknown = story.url("/rekindle-sandbox/xyz/getting-started?refId=stranger-3");
    let page = story.http.get(unknown).send().await.unwrap();
    assert_eq!(page.status(), 404);
    story.settle().await;
    assert_eq!(receiver.told("stranger-1"), [CREATED]);
    assert_eq!(receiver.told("stranger-2"), [INITIATED]);
    let entries = story.entries().await;
    assert_eq!(entries.len(), 2);
    assert_eq!(entries["stranger-1"]["transmission_region"], "NYISO");
    assert_eq!(entries["stranger-1"]["connection_status"], "NOT_STARTED");
}
