//! Who connects, what they do alone, and how reminders bring them back.

use std::collections::{BTreeMap, BTreeSet};

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::routing::get;
use jiff::SignedDuration;
use serde_json::Value;
use url::Url;

use super::{Customer, DAY, EDISON, Habit, MINUTE, POWER, Population, Reason, Repair, START, Story, at, customer};
use crate::Reaction;
use crate::bayou::Truth;
use crate::tests::serve;

fn population(seed: u64, count: usize) -> Population {
    Population::generate(seed, count, at(START), SignedDuration::from_hours(2))
}

/// A resume page whose button leads to an address.
async fn resume_page(leads_to: &str) -> Url {
    let location = leads_to.to_owned();
    let page = get(async || "Continue").post(async move || (StatusCode::SEE_OTHER, [(LOCATION, location)]));
    let base = serve(Router::new().route("/r/token", page)).await;
    Url::parse(&format!("{base}/r/token")).unwrap()
}

/// Lets a customer read reminders until they come back; nothing if they do not.
fn remind(story: &Story, external_id: &str, page: Option<&Url>) -> Option<u32> {
    (1..=3).find(|touch| {
        let reaction = story.sandbox.read_mail(external_id, *touch, page.cloned());
        matches!(reaction, Reaction::ComesBack { .. })
    })
}

fn truth(story: &Story, external_id: &str) -> Truth {
    story.sandbox.truth()[external_id].clone()
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
    assert_eq!(column(0), BTreeSet::from(["bayou"]));
    assert!(column(2).iter().all(|email| {
        ["com", "org", "net"]
            .iter()
            .any(|end| email.ends_with(&format!("@example.{end}")))
    }));
    assert!(column(5).iter().all(|zone| jiff::tz::TimeZone::get(zone).is_ok()));
    assert!(
        column(7).contains("")
            && column(7)
                .iter()
                .all(|code| code.is_empty() || code.starts_with("speculoos_"))
    );
    assert_eq!(column(8), BTreeSet::from(["false", "true"]));
}

#[test]
fn every_habit_occurs_and_the_same_seed_makes_the_same_people() {
    for seed in 0..10 {
        let habits: BTreeSet<Habit> = population(seed, 8)
            .customers()
            .iter()
            .map(|customer| customer.habit)
            .collect();
        assert_eq!(habits.len(), Habit::ALL.len());
    }
    assert_eq!(population(5, 100).contacts_csv(), population(5, 100).contacts_csv());
    assert_ne!(population(5, 100).contacts_csv(), population(6, 100).contacts_csv());
}

#[tokio::test]
async fn each_habit_has_its_end() {
    let story = Story::start(1).await;
    let population = population(1, 120);
    let customers = population.customers().to_vec();
    story.sandbox.add_population(population);
    story.leap_to(at(START) + SignedDuration::from_hours(3)).await;
    for customer in &customers {
        let truth = truth(&story, &customer.external_id);
        let connects = matches!(customer.habit, Habit::ConnectsAtOnce | Habit::LosesAccess);
        let refused = match customer.habit {
            Habit::WrongPassword => 3,
            Habit::FailsSecondFactor => 2,
            Habit::MeetsOutage => 1,
            Habit::ConnectsAtOnce
            | Habit::LosesAccess
            | Habit::StopsAtLogin
            | Habit::LeavesForGood
            | Habit::NeverClicks => 0,
        };
        assert_eq!(truth.is_authenticated, connects, "{customer:?}");
        assert_eq!(truth.refused_logins, refused, "{customer:?}");
        assert_eq!(
            truth.visits,
            u32::from(customer.habit != Habit::NeverClicks),
            "{customer:?}"
        );
        let object = story.customer(&customer.external_id).await;
        assert_eq!(object["has_filled_credentials"], connects);
        let told = story.told(&customer.external_id);
        assert_eq!(
            told.iter().any(|event| event == "customer_has_filled_credentials"),
            connects
        );
    }
    story.leap_to(at(START) + DAY * 60).await;
    for customer in customers.iter().filter(|customer| customer.habit == Habit::LosesAccess) {
        let truth = truth(&story, &customer.external_id);
        assert_eq!(
            (truth.losses, truth.lost_reason),
            (1, Some(Reason::CredentialsAreInvalid))
        );
        assert_eq!(
            truth.repaired_at.is_some(),
            customer.repair == Repair::Alone,
            "{customer:?}"
        );
    }
}

#[tokio::test]
async fn somebody_unknown_to_bayou_waits_until_a_record_is_made() {
    let story = Story::start(1).await;
    let population = population(1, 40).unknown_to_bayou();
    let all = population.customers().to_vec();
    let connects = |customer: &&Customer| customer.habit == Habit::ConnectsAtOnce;
    let [early, late] = [all.iter().find(connects), all.iter().rfind(connects)].map(Option::unwrap);
    story.sandbox.add_population(population);
    story.create(&early.external_id, early.utility).await;
    story.leap_to(at(START) + SignedDuration::from_hours(3)).await;
    assert!(truth(&story, &early.external_id).is_authenticated);
    assert_eq!(story.get("/customers").await.1.as_array().unwrap().len(), 1);
    story.create(&late.external_id, late.utility).await;
    story.live_for(MINUTE * 10).await;
    assert!(truth(&story, &late.external_id).is_authenticated);
}

#[tokio::test]
async fn whoever_follows_a_reminder_is_led_over_the_resume_page_to_the_form() {
    let story = Story::start(1).await;
    for number in 0..20 {
        story
            .sandbox
            .add_customer(customer(&format!("home-{number}"), Habit::StopsAtLogin, &POWER));
    }
    story.live_for(DAY).await;
    let mut connected = 0;
    for number in 0..20 {
        let name = format!("home-{number}");
        let link = story.customer(&name).await["onboarding_link"]
            .as_str()
            .unwrap()
            .to_owned();
        let Some(touch) = remind(&story, &name, Some(&resume_page(&link).await)) else {
            continue;
        };
        assert_eq!(story.sandbox.read_mail(&name, 2, None), Reaction::StillAtIt);
        story.live_for(MINUTE * 60).await;
        let truth = truth(&story, &name);
        assert_eq!(truth.visits, 2);
        if truth.is_authenticated {
            connected += 1;
            assert_eq!(truth.connected_after_touch, Some(touch));
            assert_eq!(story.sandbox.read_mail(&name, 2, None), Reaction::AlreadyDone);
        }
    }
    assert!((5..20).contains(&connected), "{connected}");
    let stats = story.sandbox.stats();
    assert_eq!(
        (stats.visits.begun, &stats.visits.failed),
        (stats.visits.arrived, &vec![])
    );
    assert_eq!(stats.expired_link_clicks, 0);
    assert_eq!(story.sandbox.read_mail("nobody", 1, None), Reaction::Unknown);
}

#[tokio::test]
async fn an_expired_link_and_another_customers_are_counted_and_lead_nowhere() {
    let story = Story::start(1).await;
    for name in ["old", "swapped", "lost", "direct"] {
        story.sandbox.add_customer(customer(name, Habit::StopsAtLogin, &POWER));
    }
    story.live_for(MINUTE).await;
    let expired = story.customer("old").await["onboarding_link"].clone();
    story.live_until(at(START) + DAY * 10).await;
    // One whose newest link is as old, and nobody has asked for a fresh one.
    let mut pages: BTreeMap<&str, Option<Url>> = BTreeMap::from([("direct", None)]);
    let others = story.customer("old").await["onboarding_link"].clone();
    for (name, leads_to) in [
        ("old", &expired),
        ("swapped", &others),
        ("lost", &Value::from("http://127.0.0.1:1/sign_up?key=X")),
    ] {
        pages.insert(name, Some(resume_page(leads_to.as_str().unwrap()).await));
    }
    let mut clicks = 0;
    for (name, page) in &pages {
        if remind(&story, name, page.as_ref()).is_some() {
            clicks += u32::from(*name != "lost");
        }
    }
    story.live_for(MINUTE * 60).await;
    assert!(clicks > 0);
    let stats = story.sandbox.stats();
    assert_eq!(stats.expired_link_clicks, u64::from(clicks), "{stats:?}");
    assert_eq!(stats.visits.arrived, 0);
    assert_eq!(stats.visits.begun, stats.visits.failed.len() as u64);
    assert_eq!(
        story
            .sandbox
            .truth()
            .values()
            .map(|truth| truth.expired_links)
            .sum::<u32>(),
        clicks
    );
}

#[tokio::test]
async fn after_a_loss_a_reminder_an_impulse_or_nothing_brings_a_customer_back() {
    let story = Story::start(1).await;
    let repairs = [
        ("reminded", Repair::AfterReminder),
        ("alone", Repair::Alone),
        ("never", Repair::Never),
    ];
    for (name, repair) in repairs {
        for number in 0..5 {
            story.sandbox.add_customer(Customer {
                repair,
                ..customer(&format!("{name}-{number}"), Habit::ConnectsAtOnce, &EDISON)
            });
        }
    }
    story.live_until(at(START) + DAY).await;
    let names: Vec<String> = story.sandbox.truth().into_keys().collect();
    for name in &names {
        assert!(
            story
                .sandbox
                .require_reauthentication(name, Reason::MfaFactorHasExpired)
        );
    }
    for name in &names {
        remind(&story, name, None);
    }
    story.live_for(DAY * 6).await;
    let repaired = |repair: &str| {
        let truth = story.sandbox.truth();
        let of = truth.iter().filter(|(name, _)| name.starts_with(repair));
        let repaired = of.filter(|(_, truth)| truth.repaired_at.is_some());
        repaired
            .map(|(_, truth)| truth.repaired_after_touch.is_some())
            .collect::<Vec<_>>()
    };
    assert!(repaired("reminded").len() >= 3 && repaired("reminded").iter().all(|after_touch| *after_touch));
    assert_eq!(repaired("alone"), [false; 5]);
    assert_eq!(repaired("never"), [true; 0]);
}

#[tokio::test]
async fn the_same_seed_tells_the_same_story() {
    let tell = async |seed: u64, steps: i32| {
        let story = Story::start(seed).await;
        story.sandbox.add_population(population(seed, 40));
        for step in 1..=steps {
            story.leap_to(at(START) + DAY * 30 / steps * step).await;
        }
        let mut told: Vec<String> = story.received().iter().map(Value::to_string).collect();
        told.sort_unstable();
        let own = story.sandbox.base_url();
        let told: Vec<String> = told.iter().map(|body| body.replace(own, "")).collect();
        (story.sandbox.truth(), told)
    };
    let (truth, told) = tell(7, 3).await;
    let (again, told_again) = tell(7, 30).await;
    assert_eq!(truth, again, "however the clock leaps");
    assert_eq!(told, told_again);
    assert_ne!(told, tell(8, 3).await.1);
}
