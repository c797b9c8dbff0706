//! Answers that are none: what the caller is told, how often Leap is asked, and what is not said.

use core::error::Error;
use core::num::NonZeroU32;
use core::time::Duration;

use journey::Unavailable;
use journey::port::{ChangeFilter, ProviderError, ReadChanges, SearchMeters};
use tokio::net::TcpListener;
use url::Url;

use super::stub::{Answer, Stub, ok, retry_after, status};
use super::{Hand, KEY, NOW, client, config, fixture, reference, time};
use crate::Secret;
use crate::Share;
use crate::api::Request;
use crate::leap::{ConfigError, LeapClient, LeapConfig};

const PERSON: &str = "somebody@example.com";

/// The error of a status check, and how often it asked.
async fn refused(answers: impl IntoIterator<Item = Answer>) -> (ProviderError, usize) {
    let stub = Stub::answering(answers).await;
    let error = client(config(&stub)).read_status(&reference(PERSON)).await.unwrap_err();
    (error, stub.lines().len())
}

#[tokio::test]
async fn trap_17_what_is_no_answer_is_never_a_snapshot() {
    for (answer, why, attempts) in [
        (status(401), Unavailable::Unauthorized, 1),
        (status(403), Unavailable::Unauthorized, 1),
        (status(400), Unavailable::Failing, 1),
        (status(404), Unavailable::Failing, 1),
        (
            Answer::Status(302, vec![("Location", "/elsewhere".to_owned())], String::new()),
            Unavailable::Failing,
            1,
        ),
        (status(429), Unavailable::RateLimited, 1),
        (status(500), Unavailable::Failing, 3),
        (status(503), Unavailable::Failing, 3),
        (ok(""), Unavailable::Failing, 1),
        (ok("<html>maintenance</html>"), Unavailable::Failing, 1),
        (ok("{}"), Unavailable::Failing, 1),
        (ok(r#"{"totalHits":0,"nextPageToken":null}"#), Unavailable::Failing, 1),
        (
            ok(r#"{"totalHits":0,"onboardingConnections":null}"#),
            Unavailable::Failing,
            1,
        ),
        (
            ok(r#"{"totalHits":0,"onboardingConnections":{}}"#),
            Unavailable::Failing,
            1,
        ),
        (
            ok(r#"{"totalHits":0,"onboarding_connections":[]}"#),
            Unavailable::Failing,
            1,
        ),
    ] {
        let name = match &answer {
            Answer::Status(status, _, body) => format!("{status} {body}"),
            Answer::Silence => String::new(),
        };
        let (error, asked) = refused([answer]).await;
        assert_eq!((error.why, asked), (why, attempts), "{name}");
    }
}

#[tokio::test]
async fn trap_17_silence_and_a_closed_door_are_unreachable() {
    let stub = Stub::answering([Answer::Silence]).await;
    let mut impatient = config(&stub);
    impatient.request_timeout = Duration::from_millis(300);
    let error = client(impatient).read_status(&reference(PERSON)).await.unwrap_err();
    assert_eq!(
        (error.why, error.retry_at, stub.lines().len()),
        (Unavailable::Unreachable, None, 3)
    );

    let mut short = config(&stub);
    short.deadline = Duration::from_millis(30);
    let error = client(short).read_status(&reference(PERSON)).await.unwrap_err();
    assert_eq!(error.why, Unavailable::Unreachable);

    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mut nobody = config(&stub);
    nobody.base_url = Url::parse(&format!("http://{closed}")).unwrap();
    let error = client(nobody).read_status(&reference(PERSON)).await.unwrap_err();
    assert_eq!(error.why, Unavailable::Unreachable);
}

#[tokio::test]
async fn a_passing_failure_is_overcome() {
    let stub = Stub::answering([status(500), status(502), ok(fixture!("connect-completed"))]).await;
    let snapshot = client(config(&stub))
        .read_status(&reference("site-ca-0001"))
        .await
        .unwrap();
    assert_eq!((snapshot.connections().len(), stub.lines().len()), (1, 3));

    let stub = Stub::answering([status(500), ok(fixture!("meters-v2-search-found"))]).await;
    assert!(
        client(config(&stub))
            .search_meters(&[reference("site-ca-0001")])
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn trap_18_a_429_says_when_to_come_back() {
    for (answer, at) in [
        (retry_after(429, "30"), "2026-07-02T12:00:30Z"),
        (
            retry_after(429, "Thu, 02 Jul 2026 12:05:00 GMT"),
            "2026-07-02T12:05:00Z",
        ),
        (retry_after(429, "1"), "2026-07-02T12:00:01Z"),
        (retry_after(429, "86400"), "2026-07-02T13:00:00Z"),
        (retry_after(429, "soon"), "2026-07-02T12:01:00Z"),
        (status(429), "2026-07-02T12:01:00Z"),
    ] {
        let (error, asked) = refused([answer]).await;
        assert_eq!(
            (error.why, error.retry_at, asked),
            (Unavailable::RateLimited, Some(time(at)), 1)
        );
    }
    let (error, asked) = refused([retry_after(503, "120")]).await;
    assert_eq!(
        (error.why, error.retry_at, asked),
        (Unavailable::Failing, Some(time("2026-07-02T12:02:00Z")), 1)
    );
}

#[tokio::test]
async fn trap_18_a_429_closes_the_budget_for_every_caller_until_then() {
    let stub = Stub::answering([retry_after(429, "30"), ok(fixture!("connect-empty-list"))]).await;
    let clock = Hand::at(NOW);
    let leap = LeapClient::new(config(&stub), clock.clone()).unwrap();
    assert_eq!(
        leap.read_status(&reference(PERSON)).await.unwrap_err().why,
        Unavailable::RateLimited
    );
    clock.set("2026-07-02T12:00:29Z");
    let error = leap
        .clone()
        .read_changes(ChangeFilter::Started, time(NOW), None)
        .await
        .unwrap_err();
    assert_eq!(
        (error.why, error.retry_at),
        (Unavailable::BudgetSpent, Some(time("2026-07-02T12:00:30Z")))
    );
    assert_eq!(stub.lines().len(), 1, "nobody asked while it was closed");
    clock.set("2026-07-02T12:00:30Z");
    assert!(leap.read_status(&reference(PERSON)).await.is_ok());
}

#[tokio::test]
async fn trap_18_the_budget_is_shared_and_leaves_the_reconciliation_its_part() {
    let stub = Stub::answering([ok(fixture!("connect-empty-list"))]).await;
    let mut small = config(&stub);
    small.calls_per_minute = NonZeroU32::new(8).unwrap();
    let clock = Hand::at(NOW);
    let leap = LeapClient::new(small, clock.clone()).unwrap();
    for _ in 0..6 {
        assert!(leap.clone().read_status(&reference(PERSON)).await.is_ok());
    }
    let error = leap.read_status(&reference(PERSON)).await.unwrap_err();
    assert_eq!(
        (error.why, error.retry_at),
        (Unavailable::BudgetSpent, Some(time("2026-07-02T12:01:00Z")))
    );
    assert!(leap.read_changes(ChangeFilter::Started, time(NOW), None).await.is_ok());
    assert_eq!(stub.lines().len(), 7);
    clock.set("2026-07-02T12:01:00Z");
    assert!(leap.read_status(&reference(PERSON)).await.is_ok());
}

#[tokio::test]
async fn each_attempt_takes_a_call_from_the_budget() {
    let stub = Stub::answering([status(500)]).await;
    let mut small = config(&stub);
    small.calls_per_minute = NonZeroU32::new(1).unwrap();
    let error = client(small).read_status(&reference(PERSON)).await.unwrap_err();
    assert_eq!((error.why, stub.lines().len()), (Unavailable::BudgetSpent, 2));
}

#[tokio::test]
async fn no_error_names_the_reference_or_the_key() {
    let stub = Stub::answering([Answer::Silence]).await;
    let mut impatient = config(&stub);
    impatient.request_timeout = Duration::from_millis(20);
    impatient.max_attempts = 1;
    let leap = client(impatient);
    let request = Request::get("/v1.1/connect/connection", &[("ref-id", PERSON)], Share::Checks);
    let error = leap.bytes(&request).await.unwrap_err();
    let mut said = format!("{error:?} {leap:?}");
    let mut cause: Option<&dyn Error> = Some(&error);
    while let Some(one) = cause {
        said += &one.to_string();
        cause = one.source();
    }
    for answer in [
        status(400),
        status(403),
        status(500),
        ok(format!("\"{PERSON}\"")),
        ok("{}"),
    ] {
        let (error, _) = refused([answer]).await;
        said += &format!("{error} {error:?}");
    }
    for secret in ["somebody", "example.com", "ref-id", KEY, "an-invented-key"] {
        assert!(!said.contains(secret), "{secret} in {said}");
    }
}

#[test]
fn settings_that_cannot_be_right_are_refused() {
    let with = |base: &str, change: fn(&mut LeapConfig)| {
        let mut config = LeapConfig::new(
            Url::parse(base).unwrap(),
            Secret::new(KEY),
            NonZeroU32::new(60).unwrap(),
        );
        change(&mut config);
        LeapClient::new(config, Hand::at(NOW)).map(|_| ())
    };
    for good in [
        "https://api.leap.energy",
        "https://api.leap.energy/v/",
        "http://127.0.0.1:1",
        "http://[::1]:1",
        "http://localhost:1",
    ] {
        assert!(with(good, |_| {}).is_ok(), "{good}");
    }
    for bad in ["http://api.leap.energy", "ftp://localhost", "file:///tmp"] {
        assert!(matches!(with(bad, |_| {}), Err(ConfigError::Scheme)), "{bad}");
    }
    for bad in [
        "https://a:b@api.leap.energy",
        "https://api.leap.energy?x=1",
        "https://api.leap.energy#x",
    ] {
        assert!(
            matches!(with(bad, |_| {}), Err(ConfigError::MoreThanAnAddress)),
            "{bad}"
        );
    }
    let changes: [fn(&mut LeapConfig); 4] = [
        |c| c.page_size = 0,
        |c| c.meter_page_size = 501,
        |c| c.max_attempts = 0,
        |c| c.deadline = Duration::ZERO,
    ];
    for change in changes {
        assert!(matches!(
            with("https://api.leap.energy", change),
            Err(ConfigError::OutOfRange { .. })
        ));
    }
    let key = |text: &'static str| {
        let base = Url::parse("https://api.leap.energy").unwrap();
        let config = LeapConfig::new(base, Secret::new(text), NonZeroU32::new(60).unwrap());
        LeapClient::new(config, Hand::at(NOW)).unwrap_err()
    };
    for bad in ["", "a key", "key\n", "clé"] {
        assert!(matches!(key(bad), ConfigError::ApiKey));
    }
}
