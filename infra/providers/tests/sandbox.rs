//! The client and the stand-in of Leap, each written from the contract alone, must understand each other.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test's helpers fail as tests do"
)]

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use journey::port::{ChangeFilter, ReadChanges, SearchMeters};
use journey::{Reference, Unavailable};
use providers::Secret;
use providers::leap::webhooks::{self, Ensured, Header, Wanted};
use providers::leap::{LeapClient, LeapConfig};
use sandbox::{ApiDown, ConnectionStatus, Population, Sandbox, SandboxConfig, Trouble};

#[derive(Clone)]
struct Hand(Arc<Mutex<Timestamp>>);

impl Hand {
    fn advance(&self, by: SignedDuration) {
        let mut now = self.0.lock().unwrap();
        *now = now.checked_add(by).unwrap();
    }
}

impl sandbox::Clock for Hand {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

impl journey::port::Clock for Hand {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

struct Both {
    clock: Hand,
    sandbox: Sandbox,
    leap: LeapClient,
    population: Population,
}

const START: &str = "2026-07-01T16:00:00Z";

async fn both(page_size: u32) -> Both {
    let clock = Hand(Arc::new(Mutex::new(START.parse().unwrap())));
    let config = SandboxConfig::new(11, "sandbox:an-invented-key");
    let sandbox = Sandbox::start(config, Arc::new(clock.clone())).await.unwrap();
    let start = START.parse().unwrap();
    let population = Population::generate(11, 60, start, SignedDuration::from_hours(1), sandbox.base_url());
    sandbox.add_population(population.clone());
    let leap = client(&sandbox, &clock, "sandbox:an-invented-key", page_size);
    Both {
        clock,
        sandbox,
        leap,
        population,
    }
}

fn client(sandbox: &Sandbox, clock: &Hand, key: &str, page_size: u32) -> LeapClient {
    let calls = NonZeroU32::new(1_000_000).unwrap();
    let mut config = LeapConfig::new(sandbox.base_url().parse().unwrap(), Secret::new(key), calls);
    config.page_size = page_size;
    config.backoff = Duration::from_millis(1);
    LeapClient::new(config, Arc::new(clock.clone())).unwrap()
}

/// Lets the customers act for a while.
async fn pass(both: &Both, hours: i64) {
    for _ in 0..hours * 12 {
        both.clock.advance(SignedDuration::from_mins(5));
        both.sandbox.settle().await;
    }
}

#[tokio::test]
async fn every_customers_status_is_read_as_it_is_whatever_the_reference() {
    let both = both(10).await;
    pass(&both, 4).await;
    let truth = both.sandbox.truth();
    let mut odd = 0;
    for customer in both.population.customers() {
        odd += usize::from(customer.reference.contains(['+', ' ', '@']));
        let reference = Reference::new(customer.reference.clone()).unwrap();
        let snapshot = both.leap.read_status(&reference).await.unwrap();
        let status = truth.get(&customer.reference).and_then(|truth| truth.connection_status);
        assert_eq!(
            snapshot.connections().is_empty(),
            status.is_none(),
            "{:?}",
            customer.habit
        );
        assert_eq!(
            snapshot.is_complete(None),
            status == Some(ConnectionStatus::Completed),
            "{:?}",
            customer.habit
        );
    }
    assert!(odd > 0, "an odd but legal reference is among them");
}

#[tokio::test]
async fn changes_are_read_to_the_last_page_by_both_filters() {
    let both = both(7).await;
    pass(&both, 4).await;
    let since: Timestamp = "2026-07-01T15:00:00Z".parse().unwrap();
    let mut seen = std::collections::BTreeSet::new();
    let mut pages = 0;
    for filter in [ChangeFilter::Started, ChangeFilter::LastInteraction] {
        let mut page = None;
        loop {
            let read = both.leap.read_changes(filter, since, page.as_deref()).await.unwrap();
            assert_eq!(read.unreadable, 0);
            pages += 1;
            seen.extend(read.changes.iter().map(|(reference, _)| reference.expose().to_owned()));
            page = read.next;
            if page.is_none() {
                break;
            }
        }
    }
    let known = both
        .sandbox
        .truth()
        .into_iter()
        .filter(|(_, truth)| truth.connection_status.is_some());
    let known: std::collections::BTreeSet<String> = known.map(|(reference, _)| reference).collect();
    assert_eq!(seen, known);
    assert!(pages > 10, "{pages}");
}

#[tokio::test]
async fn meters_of_finished_customers_are_found_and_devices_prove_nothing() {
    let both = both(100).await;
    pass(&both, 40).await;
    let truth = both.sandbox.truth();
    let customers = both.population.customers();
    let references: Vec<_> = customers
        .iter()
        .map(|c| Reference::new(c.reference.clone()).unwrap())
        .collect();
    let found = both.leap.search_meters(&references).await.unwrap();
    assert_eq!(found.len(), references.len());
    let mut arrived = 0;
    for (customer, meters) in customers.iter().zip(&found) {
        let created = truth
            .get(&customer.reference)
            .is_some_and(|truth| truth.meter_created_at.is_some());
        let evidence = meters.iter().any(journey::MeterFound::is_evidence);
        // A second reference of the same person shares the meter of the first.
        assert!(!created || evidence, "{:?}", customer.habit);
        arrived += usize::from(created);
    }
    assert!(arrived > 3, "{arrived}");
}

#[tokio::test]
async fn a_wrong_key_an_outage_and_a_throttle_are_never_an_empty_answer() {
    let both = both(10).await;
    pass(&both, 1).await;
    let reference = Reference::new(both.population.customers()[0].reference.clone()).unwrap();
    let wrong = client(&both.sandbox, &both.clock, "sandbox:another-key", 10);
    assert_eq!(
        wrong.read_status(&reference).await.unwrap_err().why,
        Unavailable::Unauthorized
    );
    let trouble = |trouble: Trouble| both.sandbox.set_trouble(trouble);
    trouble(Trouble {
        down: Some(ApiDown::Unavailable),
        ..Trouble::default()
    });
    assert_eq!(
        both.leap.read_status(&reference).await.unwrap_err().why,
        Unavailable::Failing
    );
    trouble(Trouble {
        down: Some(ApiDown::Unreachable),
        ..Trouble::default()
    });
    assert_eq!(
        both.leap.read_status(&reference).await.unwrap_err().why,
        Unavailable::Unreachable
    );
    trouble(Trouble {
        throttled_p: 1.0,
        retry_after_seconds: Some(90),
        ..Trouble::default()
    });
    let throttled = both.leap.read_status(&reference).await.unwrap_err();
    assert_eq!(throttled.why, Unavailable::RateLimited);
    let asked = throttled
        .retry_at
        .unwrap()
        .duration_since(journey::port::Clock::now(&both.clock));
    assert_eq!(asked, SignedDuration::from_secs(90));
}

#[tokio::test]
async fn a_subscription_is_created_once_mended_and_keeps_its_secret() {
    let both = both(10).await;
    let header = |value: &str| Header {
        name: "x-rekindle-key".to_owned(),
        value: Secret::new(value),
    };
    let wanted = |value: &str| {
        Wanted::new(
            "https://remind.example.com/webhooks/leap".parse().unwrap(),
            header(value),
        )
    };
    let Ensured::Created(id) = webhooks::ensure(&both.leap, &wanted("first-secret-of-16"))
        .await
        .unwrap()
    else {
        panic!("there was none");
    };
    let again = webhooks::ensure(&both.leap, &wanted("first-secret-of-16"))
        .await
        .unwrap();
    assert_eq!(again, Ensured::Unchanged(id.clone()));
    let mended = webhooks::ensure(&both.leap, &wanted("second-secret-of-16"))
        .await
        .unwrap();
    assert_eq!(mended, Ensured::Updated(id));
    let listed = webhooks::list(&both.leap).await.unwrap();
    let [only] = listed.as_slice() else {
        panic!("{}", listed.len())
    };
    assert_eq!(only.headers[0].value.expose(), "second-secret-of-16");
    assert_eq!(only.event_types.len(), 7);
}
