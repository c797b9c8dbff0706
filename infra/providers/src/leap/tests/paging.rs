//! What goes over the wire, page by page.

use std::collections::BTreeSet;

use journey::Unavailable;
use journey::port::{ChangeFilter, ProviderError, ReadChanges};
use journey::status::Snapshot;
use serde_json::{Value, json};

use super::stub::{Answer, Stub, ok, status};
use super::{KEY, client, config, fixture, reference, time};

/// A page with so many records of a reference.
fn page(of: &str, count: usize, next: Value) -> Answer {
    let template: Value = serde_json::from_str(fixture!("connect-completed")).unwrap();
    let mut record = template["onboardingConnections"][0].clone();
    record["ref_id"] = json!(of);
    let records = vec![record; count];
    ok(json!({ "totalHits": 7, "nextPageToken": next, "onboardingConnections": records }).to_string())
}

async fn status_of(answers: impl IntoIterator<Item = Answer>) -> (Result<Snapshot, ProviderError>, Vec<String>) {
    let stub = Stub::answering(answers).await;
    let answer = client(config(&stub)).read_status(&reference("site-ca-0001")).await;
    (answer, stub.lines())
}

#[tokio::test]
async fn trap_10_a_reference_is_encoded_byte_for_byte() {
    for (of, encoded) in [
        ("site-ca-0001", "site-ca-0001"),
        ("a+b c@d:e", "a%2Bb%20c%40d%3Ae"),
        ("José", "Jos%C3%A9"),
        ("it's=1,2;3\"~`._", "it%27s%3D1%2C2%3B3%22~%60._"),
    ] {
        let stub = Stub::answering([page(of, 1, Value::Null)]).await;
        let snapshot = client(config(&stub)).read_status(&reference(of)).await.unwrap();
        assert_eq!(snapshot.connections().len(), 1);
        assert_eq!(
            stub.lines(),
            [format!("GET /v1.1/connect/connection?ref-id={encoded}&page-size=10")]
        );
    }
}

#[tokio::test]
async fn trap_10_a_page_token_is_encoded_exactly_once_and_the_filter_is_sent_with_it() {
    let stub = Stub::answering([ok(fixture!("connect-two-pages-1")), ok(fixture!("connect-two-pages-2"))]).await;
    let leap = client(config(&stub));
    let since = time("2026-07-01T16:00:00.5Z");
    let first = leap
        .read_changes(ChangeFilter::LastInteraction, since, None)
        .await
        .unwrap();
    assert_eq!(
        first.next.as_deref(),
        Some("Q0FJU08+c2l0ZS/Y2EtMDIwMg+Zz09/eyJ2IjoxfQ==")
    );
    let second = leap
        .read_changes(ChangeFilter::LastInteraction, since, first.next.as_deref())
        .await
        .unwrap();
    assert_eq!((first.changes.len(), second.changes.len(), second.next), (2, 1, None));
    let filter =
        "GET /v1.1/connect/connection?from-last-interaction-date-time=2026-07-01T16%3A00%3A00.500Z&page-size=10";
    let token = "Q0FJU08%2Bc2l0ZS%2FY2EtMDIwMg%2BZz09%2FeyJ2IjoxfQ%3D%3D";
    assert_eq!(
        stub.lines(),
        [filter.to_owned(), format!("{filter}&page-token={token}")]
    );
    let request = &stub.received()[0];
    assert_eq!(request.headers["authorization"], format!("Bearer {KEY}"));
    assert_eq!(request.headers["accept"], "application/json");
}

#[tokio::test]
async fn trap_13_changes_can_be_asked_for_by_start() {
    let stub = Stub::answering([ok(fixture!("connect-empty-list"))]).await;
    let mut config = config(&stub);
    config.page_size = 50;
    config.base_url.set_path("/somewhere/");
    client(config)
        .read_changes(ChangeFilter::Started, time("2026-07-01T16:00:00.9999Z"), None)
        .await
        .unwrap();
    let line = "GET /somewhere/v1.1/connect/connection?from-start-date-time=2026-07-01T16%3A00%3A00.999Z&page-size=50";
    assert_eq!(stub.lines(), [line]);
}

#[tokio::test]
async fn trap_11_a_status_is_read_to_the_last_page() {
    for end in [Value::Null, json!("")] {
        let (answer, lines) = status_of([
            page("site-ca-0001", 10, json!("a b")),
            page("site-ca-0001", 10, json!("c/d")),
            page("site-ca-0001", 1, end),
        ])
        .await;
        assert_eq!(answer.unwrap().connections().len(), 21);
        let filter = "GET /v1.1/connect/connection?ref-id=site-ca-0001&page-size=10";
        let pages = [
            filter.to_owned(),
            format!("{filter}&page-token=a%20b"),
            format!("{filter}&page-token=c%2Fd"),
        ];
        assert_eq!(lines, pages);
    }
}

#[tokio::test]
async fn trap_11_a_repeated_token_is_not_followed_for_ever() {
    let (answer, lines) = status_of([
        page("site-ca-0001", 1, json!("a")),
        page("site-ca-0001", 1, json!("b")),
        page("site-ca-0001", 1, json!("a")),
    ])
    .await;
    assert_eq!(answer.unwrap_err().why, Unavailable::Failing);
    assert_eq!(lines.len(), 3);

    let stub = Stub::answering([page("site-ca-0001", 1, json!("a"))]).await;
    let leap = client(config(&stub));
    let since = time("2026-07-01T16:00:00Z");
    assert!(leap.read_changes(ChangeFilter::Started, since, None).await.is_ok());
    let again = leap.read_changes(ChangeFilter::Started, since, Some("a")).await;
    assert_eq!(again.unwrap_err().why, Unavailable::Failing);
}

#[tokio::test]
async fn trap_11_a_status_without_an_end_is_given_up() {
    let pages = (0..40).map(|number| page("site-ca-0001", 1, json!(format!("token {number}"))));
    let (answer, lines) = status_of(pages).await;
    assert_eq!(answer.unwrap_err().why, Unavailable::Failing);
    assert_eq!(lines.len(), 20);
}

#[tokio::test]
async fn trap_15_every_record_of_exactly_that_reference_counts() {
    let template: Value = serde_json::from_str(fixture!("connect-completed")).unwrap();
    let record = |of: &str, region: &str| {
        let mut record = template["onboardingConnections"][0].clone();
        record["ref_id"] = json!(of);
        record["transmission_region"] = json!(region);
        record
    };
    let body = json!({ "totalHits": 5, "onboardingConnections": [
        record("site-ca-0001", "CAISO"),
        record("SITE-CA-0001", "CAISO"),
        record("site-ca-00010", "CAISO"),
        { "ref_id": "another, of which nothing can be read" },
        record("site-ca-0001", "PJM"),
    ]});
    let (answer, _) = status_of([ok(body.to_string())]).await;
    let regions: Vec<_> = answer
        .unwrap()
        .connections()
        .iter()
        .map(|record| record.region.clone())
        .collect();
    assert_eq!(regions, ["CAISO", "PJM"]);
}

#[tokio::test]
async fn trap_17_a_record_that_cannot_be_read_is_not_an_absent_one() {
    let complete: Value = serde_json::from_str(fixture!("connect-completed")).unwrap();
    for field in ["ref_id", "connection_status", "transmission_region"] {
        let mut page = complete.clone();
        page["onboardingConnections"][0].as_object_mut().unwrap().remove(field);
        let (answer, lines) = status_of([ok(page.to_string())]).await;
        assert_eq!(answer.unwrap_err().why, Unavailable::Failing, "{field}");
        assert_eq!(lines.len(), 1, "reading it again would not help");
    }
}

#[tokio::test]
async fn trap_17_a_failure_on_a_later_page_fails_the_whole_check() {
    let (answer, _) = status_of([page("site-ca-0001", 1, json!("a")), status(403)]).await;
    assert_eq!(answer.unwrap_err().why, Unavailable::Unauthorized);
}

/// A connection keeps the buffer of the largest answer it has read: over many days all of the checks' had read a page.
#[tokio::test]
async fn pages_are_never_read_over_the_connections_of_checks() {
    let stub = Stub::answering([page("site-ca-0001", 1, Value::Null)]).await;
    let leap = client(config(&stub));
    let since = time("2026-07-01T16:00:00Z");
    let site = reference("site-ca-0001");
    for _ in 0..3 {
        tokio::try_join!(leap.read_status(&site), leap.read_status(&site)).unwrap();
        leap.read_changes(ChangeFilter::Started, since, None).await.unwrap();
    }
    let connections = |of_pages: bool| -> BTreeSet<_> {
        let received = stub.received().into_iter();
        received
            .filter(|one| one.line.contains("ref-id") != of_pages)
            .map(|one| one.from)
            .collect()
    };
    let (pages, checks) = (connections(true), connections(false));
    assert!(!pages.is_empty() && !checks.is_empty() && pages.is_disjoint(&checks));
}
