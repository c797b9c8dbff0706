use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::routing::get;
use jiff::SignedDuration;
use url::Url;

use super::{Receiver, START, Story, at, first_with, serve};
use crate::{ConnectionStatus, Customer, Habit, Reaction};

/// A story in which everybody left alone has done what they do.
async fn after_the_drop_off(seed: u64, count: usize) -> (Story, Vec<Customer>) {
    let story = Story::start(seed).await;
    let customers = story.populate(seed, count);
    story.leap_to(at(START) + SignedDuration::from_hours(4)).await;
    (story, customers)
}

/// A resume page: where its button leads, and what it was asked.
#[derive(Clone)]
struct ResumePage {
    url: Url,
    leads_to: Arc<Mutex<String>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl ResumePage {
    /// A page whose button answers with the given status.
    async fn start(status: StatusCode) -> Self {
        let leads_to = Arc::new(Mutex::new(String::new()));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (location, seen, pressed) = (Arc::clone(&leads_to), Arc::clone(&asked), Arc::clone(&asked));
        let page = get(move || async move {
            seen.lock().unwrap().push("GET".to_owned());
            "Continue"
        });
        let page = page.post(move |body: String| async move {
            pressed.lock().unwrap().push(format!("POST {body}"));
            (status, [(LOCATION, location.lock().unwrap().clone())])
        });
        let base = serve(Router::new().route("/r/token", page)).await;
        let url = Url::parse(&format!("{base}/r/token")).unwrap();
        Self { url, leads_to, asked }
    }

    fn lead_to(&self, link: &str) {
        *self.leads_to.lock().unwrap() = link.to_owned();
    }
}

/// Somebody who follows the first reminder, and when.
fn follower(story: &Story, customers: &[Customer], page: Option<&Url>) -> Customer {
    customers
        .iter()
        .filter(|customer| customer.habit == Habit::StopsAtUtilityLogin)
        .find(|customer| {
            let reaction = story.sandbox.read_mail(&customer.reference, 1, page.cloned());
            matches!(reaction, Reaction::ComesBack { .. })
        })
        .unwrap()
        .clone()
}

#[tokio::test]
async fn whoever_follows_a_reminder_is_led_over_the_resume_page_to_their_link() {
    let (story, customers) = after_the_drop_off(1, 60).await;
    let receiver = Receiver::subscribed(&story).await;
    let odd = customers
        .iter()
        .find(|customer| customer.reference.contains('+'))
        .unwrap();
    let page = ResumePage::start(StatusCode::SEE_OTHER).await;
    page.lead_to(&odd.link);
    // One who is not moved by a reminder may be by the next.
    let comes_back = |touch| {
        let reaction = story.sandbox.read_mail(&odd.reference, touch, Some(page.url.clone()));
        matches!(reaction, Reaction::ComesBack { .. })
    };
    assert!((0..100).any(|number| comes_back(number % 3 + 1)));
    let again = story.sandbox.read_mail(&odd.reference, 2, None);
    assert_eq!(again, Reaction::StillAtIt);
    story.live_for(SignedDuration::from_hours(2)).await;
    assert_eq!(*page.asked.lock().unwrap(), ["GET", "POST continue=1"]);
    let visits = story.sandbox.stats().visits;
    assert_eq!((visits.begun, visits.arrived), (1, 1), "{visits:?}");
    let told = receiver.told(&odd.reference);
    assert_eq!(told.first().map(String::as_str), Some("session CREATED"), "{told:?}");
}

#[tokio::test]
async fn a_resume_page_that_leads_elsewhere_is_a_failed_visit() {
    let elsewhere = Some("https://connect.example/?refId=other");
    for (status, leads_to) in [
        (StatusCode::SEE_OTHER, elsewhere),
        // A browser would repeat the POST at the provider.
        (StatusCode::TEMPORARY_REDIRECT, None),
        (StatusCode::OK, None),
    ] {
        let (story, customers) = after_the_drop_off(2, 60).await;
        let page = ResumePage::start(status).await;
        let customer = follower(&story, &customers, Some(&page.url));
        page.lead_to(leads_to.unwrap_or(&customer.link));
        story.live_for(SignedDuration::from_hours(2)).await;
        let visits = story.sandbox.stats().visits;
        assert_eq!((visits.begun, visits.arrived), (1, 0));
        assert_eq!(visits.failed[0].0, customer.reference);
        assert_eq!(story.sandbox.truth()[&customer.reference].sessions, 1);
    }
}

#[tokio::test]
async fn reminders_bring_some_back_most_of_whom_finish() {
    let (story, customers) = after_the_drop_off(3, 400).await;
    let mut came_back = Vec::new();
    for customer in &customers {
        let reaction = story.sandbox.read_mail(&customer.reference, 1, None);
        let done = story.sandbox.truth()[&customer.reference].completed_at;
        assert_eq!(reaction == Reaction::AlreadyDone, done.is_some());
        if let Reaction::ComesBack { at } = reaction {
            assert!(at > story.sandbox.next_action_at().unwrap() - SignedDuration::from_mins(45));
            came_back.push(customer);
        }
    }
    let ineligible = |customer: &&&Customer| customer.habit == Habit::IsIneligible;
    assert_eq!(came_back.iter().filter(ineligible).count(), 0);
    story.leap_to(at(START) + SignedDuration::from_hours(8)).await;
    let truth = story.sandbox.truth();
    let finished = came_back
        .iter()
        .filter(|customer| {
            let truth = &truth[&customer.reference];
            assert_eq!(truth.sessions, 2);
            truth.completed_after_touch == Some(1)
        })
        .count();
    assert!(came_back.len() > 60, "{}", came_back.len());
    assert!(finished * 10 > came_back.len() * 6, "{finished}");
    assert!(finished < came_back.len(), "some drop off again");
}

#[tokio::test]
async fn whoever_finishes_later_does_only_what_was_missing() {
    let (story, customers) = after_the_drop_off(4, 400).await;
    let receiver = Receiver::subscribed(&story).await;
    for customer in &customers {
        story.sandbox.read_mail(&customer.reference, 1, None);
    }
    story.leap_to(at(START) + SignedDuration::from_hours(8)).await;
    let truth = story.sandbox.truth();
    let finished = |customer: &&Customer| truth[&customer.reference].completed_after_touch == Some(1);
    for customer in customers.iter().filter(finished) {
        let told = receiver.told(&customer.reference).join(", ");
        let end = "authorization INITIATED, authorization COMPLETED";
        if matches!(customer.habit, Habit::StopsDirectly | Habit::FailsDirectly) {
            assert_eq!(told, end);
        } else if matches!(
            customer.habit,
            Habit::StopsAtAgreements | Habit::OpensOnly | Habit::DeclinesAgreement
        ) {
            assert!(told.starts_with("session CREATED, session UPDATED, "));
            assert!(told.ends_with(&format!("{end}, session COMPLETED")));
        } else {
            assert_eq!(told, format!("session CREATED, {end}, session COMPLETED"));
        }
        let status = truth[&customer.reference].connection_status;
        assert_eq!(status, Some(ConnectionStatus::Completed));
    }
}

#[tokio::test]
async fn strangers_and_the_busy_do_not_react() {
    let story = Story::start(5).await;
    let customers = story.populate(5, 40);
    assert_eq!(story.sandbox.read_mail("nobody", 1, None), Reaction::Unknown);
    let slow = first_with(&customers, Habit::FinishesSlowly);
    story.leap_to(slow.arrives_at + SignedDuration::from_mins(30)).await;
    let reaction = story.sandbox.read_mail(&slow.reference, 1, None);
    assert_eq!(reaction, Reaction::StillAtIt);
    story.leap_to(at(START) + SignedDuration::from_hours(6)).await;
    let reaction = story.sandbox.read_mail(&slow.reference, 1, None);
    assert_eq!(reaction, Reaction::AlreadyDone);
    let truth = &story.sandbox.truth()[&slow.reference];
    assert_eq!(truth.messages_read, 2);
    assert_eq!(truth.messages_read_after_completion, 1);
    story.sandbox.shutdown().await;
}

#[tokio::test]
async fn one_person_with_two_references_has_one_meter() {
    let (story, customers) = after_the_drop_off(6, 60).await;
    let twins: Vec<&Customer> = customers.iter().filter(|customer| customer.also.is_some()).collect();
    assert_eq!(twins.len(), 2);
    assert_eq!(twins[0].email, twins[1].email);
    for twin in &twins {
        while story.sandbox.truth()[&twin.reference].completed_at.is_none() {
            story.sandbox.read_mail(&twin.reference, 1, None);
            story.live_for(SignedDuration::from_hours(2)).await;
        }
    }
    story.live_for(SignedDuration::from_hours(100)).await;
    let references = [&twins[0].reference, &twins[1].reference];
    let body = serde_json::json!({"connection_reference_ids": references});
    let (_, found) = story.post("/v2/meters/search", body).await;
    let meters = found["meters"].as_array().unwrap();
    assert_eq!(meters.len(), 1);
    assert_eq!(meters[0]["connection_references"].as_array().unwrap().len(), 2);
}
