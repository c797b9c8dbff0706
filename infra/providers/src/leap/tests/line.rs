//! The line of status checks before a spent budget.

use core::num::NonZeroU32;
use core::time::Duration;

use journey::Unavailable;
use tokio::task::JoinSet;

use super::stub::{Stub, ok, retry_after};
use super::{Hand, NOW, config, fixture, reference, time};
use crate::leap::LeapClient;

/// A client with eight calls a minute, six of which may be checks, that lets them wait.
fn waiting(stub: &Stub, clock: &std::sync::Arc<Hand>) -> LeapClient {
    let mut small = config(stub);
    small.calls_per_minute = NonZeroU32::new(8).unwrap();
    small.waits_in_line = true;
    LeapClient::new(small, clock.clone()).unwrap()
}

/// Waits until Leap has been asked so often.
async fn asked(stub: &Stub, times: usize) {
    let enough = async {
        while stub.lines().len() < times {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), enough).await.unwrap();
    assert_eq!(stub.lines().len(), times);
}

#[tokio::test]
async fn a_herd_waits_in_order_and_no_minute_gets_too_many() {
    let stub = Stub::answering([ok(fixture!("connect-empty-list"))]).await;
    let clock = Hand::at(NOW);
    let leap = waiting(&stub, &clock);
    let mut herd = JoinSet::new();
    for number in 0..20 {
        let leap = leap.clone();
        let name = format!("site-{number:02}");
        herd.spawn(async move { leap.read_status(&reference(&name)).await.map(drop) });
        tokio::task::yield_now().await;
    }
    for (at, times) in [
        (NOW, 6),
        ("2026-07-02T12:01:00Z", 12),
        ("2026-07-02T12:02:00Z", 18),
        ("2026-07-02T12:03:00Z", 20),
    ] {
        clock.set(at);
        asked(&stub, times).await;
    }
    while let Some(ended) = herd.join_next().await {
        assert!(ended.unwrap().is_ok(), "nobody is put off");
    }
    for (number, line) in stub.lines().iter().enumerate() {
        // Six at once overtake each other on their way.
        let place = (0..20)
            .find(|place| line.contains(&format!("site-{place:02}")))
            .unwrap();
        assert_eq!(place / 6, number / 6, "{line}");
    }
}

#[tokio::test]
async fn a_pause_that_leap_asked_for_is_not_waited_out() {
    let stub = Stub::answering([retry_after(429, "61"), ok(fixture!("connect-empty-list"))]).await;
    let clock = Hand::at(NOW);
    let leap = waiting(&stub, &clock);
    let limited = leap.read_status(&reference("site-1")).await.unwrap_err();
    assert_eq!(limited.why, Unavailable::RateLimited);
    let refused = leap.read_status(&reference("site-2")).await.unwrap_err();
    assert_eq!(
        (refused.why, refused.retry_at),
        (Unavailable::BudgetSpent, Some(time("2026-07-02T12:01:01Z")))
    );
}

#[tokio::test]
async fn whoever_waits_is_sent_away_when_the_program_stops() {
    let stub = Stub::answering([ok(fixture!("connect-empty-list"))]).await;
    let clock = Hand::at(NOW);
    let leap = waiting(&stub, &clock);
    let mut herd = JoinSet::new();
    for number in 0..9 {
        let leap = leap.clone();
        herd.spawn(async move { leap.read_status(&reference(&format!("site-{number}"))).await });
    }
    asked(&stub, 6).await;
    leap.close_line();
    let mut refused = 0;
    while let Some(ended) = herd.join_next().await {
        refused += usize::from(ended.unwrap().is_err_and(|error| error.why == Unavailable::BudgetSpent));
    }
    assert_eq!((refused, stub.lines().len()), (3, 6));
}
