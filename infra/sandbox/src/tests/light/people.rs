//! Who enrols, what they do alone, and how reminders bring them back.

use std::collections::BTreeSet;

use axum::Router;
use axum::http::header::{COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::SignedDuration;
use serde_json::{Value, json};
use url::Url;

use super::{DAY, HOUR, START, Story, at};
use crate::Reaction;
use crate::light::{Customer, Habit, Population};
use crate::tests::serve;

fn population(seed: u64, count: usize) -> Population {
    Population::generate(seed, count, at(START), SignedDuration::from_hours(2))
}

/// A resume page whose button answers so, and sets the cookie by which the next page knows whom it sees.
async fn resume_page(status: StatusCode, leads_to: &str) -> Url {
    let location = leads_to.to_owned();
    let button = async move || -> Response {
        if status.is_redirection() {
            let session = "session=1; Path=/enroll; HttpOnly".to_owned();
            (status, [(LOCATION, location), (SET_COOKIE, session)]).into_response()
        } else {
            status.into_response()
        }
    };
    let choose = async |headers: HeaderMap| match headers.get(COOKIE) {
        Some(cookie) if cookie == "session=1" => (StatusCode::OK, "Choose a plan"),
        _ => (StatusCode::FORBIDDEN, "Who are you?"),
    };
    let pages = Router::new()
        .route("/r/token", get(async || "Continue").post(button))
        .route("/enroll", get(choose))
        .route("/loop", get(async || (StatusCode::SEE_OTHER, [(LOCATION, "/loop")])));
    Url::parse(&format!("{}/r/token", serve(pages).await)).unwrap()
}

/// Lets a customer read reminders until they come back; nothing if they do not.
fn remind(story: &Story, account: &str, page: Option<&Url>) -> Option<u32> {
    (1..=3).find(|touch| {
        let reaction = story.sandbox.read_mail(account, *touch, page.cloned());
        matches!(reaction, Reaction::ComesBack { .. })
    })
}

/// A story with so many customers of one habit, some hours after they left.
async fn left_alone(habit: Habit, count: usize) -> (Story, Vec<Customer>) {
    let story = Story::start(1).await;
    let mut customers = population(1, count).customers().to_vec();
    for customer in &mut customers {
        customer.habit = habit;
        story.sandbox.add_customer(customer.clone());
    }
    story.live_until(at(START) + HOUR * 6).await;
    (story, customers)
}

#[test]
fn contacts_are_what_a_partner_would_import() {
    let population = population(1, 300);
    let csv = population.contacts_csv();
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(
        header.join(","),
        "provider,reference,email,first_name,locale,zone,classification,utility,opted_out"
    );
    let lines: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let column = |number: usize| -> BTreeSet<&str> { lines.iter().map(|line| line.get(number).unwrap()).collect() };
    assert_eq!((lines.len(), column(1).len()), (300, 300));
    assert_eq!(column(0), BTreeSet::from(["light"]));
    assert!(column(1).iter().all(|uuid| uuid.len() == 36));
    assert!(column(2).iter().all(|email| {
        ["com", "org", "net"]
            .iter()
            .any(|end| email.ends_with(&format!("@example.{end}")))
    }));
    assert_eq!(column(4), BTreeSet::from(["en", "es"]));
    assert_eq!(column(5), BTreeSet::from(["America/Chicago"]));
    assert_eq!(column(8), BTreeSet::from(["false", "true"]));
}

#[test]
fn every_habit_occurs_and_the_same_seed_makes_the_same_people() {
    for seed in 0..10 {
        let population = population(seed, 10);
        let habits: BTreeSet<Habit> = population.customers().iter().map(|customer| customer.habit).collect();
        assert_eq!(habits.len(), Habit::ALL.len());
    }
    assert_eq!(population(5, 100).contacts_csv(), population(5, 100).contacts_csv());
    assert_ne!(population(5, 100).contacts_csv(), population(6, 100).contacts_csv());
    let population = population(5, 400);
    let homes: BTreeSet<&str> = population
        .customers()
        .iter()
        .map(|customer| customer.address.esi_id.as_str())
        .collect();
    assert_eq!(homes.len(), 400, "no two live at the same address");
}

#[tokio::test]
async fn each_habit_has_its_end() {
    let story = Story::start(1).await;
    let population = population(1, 100);
    let customers = population.customers().to_vec();
    story.sandbox.add_population(population);
    story.leap_to(at(START) + HOUR * 4).await;
    for customer in &customers {
        let truth = story.truth(&customer.account);
        let reached = [
            truth.plan_requested_at.is_some(),
            truth.plan_accepted_at.is_some(),
            truth.billing_confirmed_at.is_some(),
            truth.payment_added_at.is_some(),
            truth.finalized_at.is_some(),
        ];
        let (expected, refusals) = match customer.habit {
            Habit::Finishes => ([true; 5], 0),
            Habit::StopsAtNothing | Habit::LeavesForGood => ([false; 5], 0),
            Habit::StopsAtPlans => ([true, false, false, false, false], 0),
            Habit::StopsAtAcceptance => ([true, true, false, false, false], 0),
            Habit::StopsAtBilling => ([true, true, true, false, false], 0),
            Habit::StopsAtPayment => ([true, true, false, true, false], 0),
            Habit::PaysFirst => ([false, false, true, true, false], 0),
            Habit::MeetsSwitchHold => ([true, false, false, false, false], 1),
            Habit::IsIneligible => ([false; 5], 1),
        };
        assert_eq!((reached, truth.refusals), (expected, refusals), "{customer:?}");
        let is_told = |event: &str| story.told(&customer.account).iter().any(|told| told == event);
        assert_eq!(is_told("enrollment.plan_requested"), expected[0]);
        assert_eq!(is_told("enrollment.finalized"), expected[4]);
    }
}

#[tokio::test]
async fn whoever_follows_a_reminder_does_what_is_missing() {
    for habit in [Habit::StopsAtPlans, Habit::StopsAtBilling] {
        let (story, customers) = left_alone(habit, 20).await;
        let page = resume_page(StatusCode::SEE_OTHER, "/enroll").await;
        let mut finished = 0;
        for customer in &customers {
            let account = &customer.account;
            let Some(touch) = remind(&story, account, Some(&page)) else {
                continue;
            };
            assert_eq!(story.sandbox.read_mail(account, 2, None), Reaction::StillAtIt);
            story.live_for(HOUR * 2).await;
            let truth = story.truth(account);
            assert_eq!(truth.visits, 2);
            if truth.completed_at.is_some() {
                finished += 1;
                assert_eq!(truth.completed_after_touch, Some(touch));
                assert!(truth.finalized_at.is_some());
                assert_eq!(story.sandbox.read_mail(account, 3, None), Reaction::AlreadyDone);
                assert_eq!(story.truth(account).messages_read_after_completion, 1);
            }
        }
        assert!((5..20).contains(&finished), "{habit:?}: {finished}");
        let visits = story.sandbox.stats().visits;
        assert_eq!((visits.begun, &visits.failed), (visits.arrived, &vec![]));
        assert_eq!(story.sandbox.read_mail("nobody", 1, None), Reaction::Unknown);
    }
}

#[tokio::test]
async fn a_resume_page_may_lead_into_the_customers_own_flow_but_not_into_anothers_or_an_error() {
    let (story, customers) = left_alone(Habit::StopsAtBilling, 30).await;
    let link = async |account: &str| -> String {
        let path = format!("/accounts/{account}/flow-login");
        let (_, login): (_, Value) = story.app(&path, json!({"scope": "enrollment"})).await;
        login["login_link"].as_str().unwrap().to_owned()
    };
    let other = link(&story.account()).await;
    let mut failures = BTreeSet::new();
    let mut arrived = 0;
    for (number, customer) in customers.iter().enumerate() {
        let (page, is_good) = match number % 6 {
            0 => (
                resume_page(StatusCode::SEE_OTHER, &link(&customer.account).await).await,
                true,
            ),
            1 => (resume_page(StatusCode::OK, "").await, true),
            2 => (resume_page(StatusCode::SEE_OTHER, &other).await, false),
            3 => (resume_page(StatusCode::NOT_FOUND, "").await, false),
            4 => (resume_page(StatusCode::FOUND, "/loop").await, false),
            _ => (resume_page(StatusCode::TEMPORARY_REDIRECT, "/enroll").await, false),
        };
        if remind(&story, &customer.account, Some(&page)).is_none() {
            continue;
        }
        story.live_for(HOUR * 2).await;
        let visits = story.truth(&customer.account).visits;
        assert_eq!(visits, if is_good { 2 } else { 1 }, "{number}");
        arrived += u64::from(is_good);
    }
    let visits = story.sandbox.stats().visits;
    assert_eq!(visits.arrived, arrived);
    failures.extend(visits.failed.iter().map(|(_, why)| why.as_str()));
    assert_eq!(failures.len(), 4, "{failures:?}");
}

#[tokio::test]
async fn a_reminder_does_not_help_against_a_refusal() {
    for habit in [Habit::MeetsSwitchHold, Habit::IsIneligible, Habit::LeavesForGood] {
        let (story, customers) = left_alone(habit, 15).await;
        for customer in &customers {
            remind(&story, &customer.account, None);
        }
        story.live_for(DAY).await;
        assert!(story.sandbox.truth().values().all(|truth| truth.completed_at.is_none()));
    }
}

#[tokio::test]
async fn the_same_seed_tells_the_same_story() {
    let tell = async |seed: u64, steps: i32| {
        let story = Story::start(seed).await;
        story.sandbox.add_population(population(seed, 40));
        for step in 1..=steps {
            story.leap_to(at(START) + DAY * 30 / steps * step).await;
        }
        let received = story.receiver.received();
        let mut told: Vec<String> = received.iter().map(|received| received.body.to_string()).collect();
        told.sort_unstable();
        (story.sandbox.truth(), told)
    };
    let (truth, told) = tell(7, 3).await;
    let (again, told_again) = tell(7, 30).await;
    assert_eq!(truth, again, "however the clock leaps");
    assert_eq!(told, told_again);
    assert_ne!(told, tell(8, 3).await.1);
}
