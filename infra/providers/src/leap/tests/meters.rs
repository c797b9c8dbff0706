//! The meter search.

use journey::port::SearchMeters;
use journey::{MeterFound, MeterKind, Reference, Unavailable};
use serde_json::{Value, json};

use super::stub::{Stub, ok, status};
use super::{client, config, fixture, reference, time};

fn utility_meter() -> MeterFound {
    MeterFound {
        kind: MeterKind::UtilityMeter,
        created_by_partner: false,
        authorized_by_reference: true,
        archived: false,
        created_at: Some(time("2026-07-02T17:20:00Z")),
    }
}

/// What the search finds for the references when Leap answers with these meters.
async fn found(meters: Value, references: &[&str]) -> Vec<Vec<MeterFound>> {
    let stub = Stub::answering([ok(json!({ "meters": meters }).to_string())]).await;
    let references: Vec<_> = references.iter().map(|text| reference(text)).collect();
    client(config(&stub)).search_meters(&references).await.unwrap()
}

#[tokio::test]
async fn a_meter_is_found_with_what_the_rules_need() {
    let stub = Stub::answering([ok(fixture!("meters-v2-search-found"))]).await;
    let meters = client(config(&stub))
        .search_meters(&[reference("site-ca-0001")])
        .await
        .unwrap();
    assert_eq!(meters, [[utility_meter()]]);
    assert_eq!(stub.lines(), ["POST /v2/meters/search"]);
    let asked = json!({ "connection_reference_ids": ["site-ca-0001"], "page_size": 500, "exclude_archived": false });
    assert_eq!(stub.bodies(), [asked]);
}

#[tokio::test]
async fn no_meter_is_an_empty_list_in_its_place() {
    let stub = Stub::answering([ok(fixture!("meters-v2-search-not-found"))]).await;
    let meters = client(config(&stub))
        .search_meters(&[reference("site-ca-0001"), reference("site-ca-0002")])
        .await
        .unwrap();
    assert_eq!(meters, [Vec::new(), Vec::new()]);
    assert!(client(config(&stub)).search_meters(&[]).await.unwrap().is_empty());
    assert_eq!(stub.lines().len(), 1, "nothing is asked for nobody");
}

#[tokio::test]
async fn trap_31_meters_and_references_are_many_to_many() {
    let stub = Stub::answering([ok(fixture!("meters-v2-search-two-meters-one-ref"))]).await;
    let references = ["site-ca-0009", "site-ca-0002", "site-ca-0001", "site-ca-0001-b"].map(reference);
    let meters = client(config(&stub)).search_meters(&references).await.unwrap();
    let counts: Vec<_> = meters.iter().map(Vec::len).collect();
    // `site-ca-0001-b` is only a `partner_reference`.
    assert_eq!(counts, [1, 0, 2, 0]);
}

#[tokio::test]
async fn trap_32_devices_and_the_partners_own_meters_are_told_apart() {
    let meter = |kind: &str, by: &str, archived: bool| {
        json!({ "meter_type": kind, "audit": { "created_by": by }, "is_archived": archived,
            "connection_references": ["ref-a"] })
    };
    let meters = json!([
        meter("DEVICE", "PARTNER", false),
        meter("UTILITY_METER", "PARTNER", false),
        meter("UTILITY_METER", "UTILITY", true),
        meter("SUBMETER", "LEAP", false),
        meter("WINDMILL", "SOMEBODY_NEW", false),
        meter("UTILITY_METER", "LEAP", false),
    ]);
    let meters = found(meters, &["ref-a"]).await.remove(0);
    let kinds: Vec<_> = meters.iter().map(|meter| meter.kind).collect();
    let utility = MeterKind::UtilityMeter;
    assert_eq!(
        kinds,
        [
            MeterKind::Device,
            utility,
            utility,
            MeterKind::Submeter,
            MeterKind::Other,
            utility
        ]
    );
    let evidence: Vec<_> = meters.iter().map(MeterFound::is_evidence).collect();
    assert_eq!(evidence, [false, false, false, false, false, true]);
}

#[tokio::test]
async fn a_meter_with_little_in_it_is_still_one() {
    let meters = json!([
        { "connection_references": ["ref-a"] },
        { "connection_references": null },
        { "connection_references": ["ref-a", 3], "audit": "none", "meter_type": 7, "is_archived": "no" },
        "a text",
    ]);
    let plain = MeterFound {
        kind: MeterKind::Other,
        created_at: None,
        ..utility_meter()
    };
    assert_eq!(found(meters, &["ref-a"]).await, [[plain.clone(), plain]]);
}

#[tokio::test]
async fn a_hundred_references_are_one_call_and_one_more_makes_two() {
    for (count, calls) in [(100, vec![100]), (101, vec![100, 1])] {
        let stub = Stub::answering([ok(fixture!("meters-v2-search-found"))]).await;
        let references: Vec<Reference> = (0..count)
            .map(|number| reference(&format!("site-ca-{number:04}")))
            .collect();
        let meters = client(config(&stub)).search_meters(&references).await.unwrap();
        assert_eq!(meters.len(), count);
        assert_eq!(meters[1].len(), 1);
        let asked: Vec<_> = stub
            .bodies()
            .iter()
            .map(|body| body["connection_reference_ids"].as_array().unwrap().len())
            .collect();
        assert_eq!(asked, calls);
    }
}

#[tokio::test]
async fn the_search_is_read_to_its_last_page() {
    let page = |token: Value| {
        let mut page: Value = serde_json::from_str(fixture!("meters-v2-search-found")).unwrap();
        page["next_page_token"] = token;
        ok(page.to_string())
    };
    let stub = Stub::answering([page(json!("a+/=")), page(json!("b")), page(json!(""))]).await;
    let references = [reference("site-ca-0001")];
    let meters = client(config(&stub)).search_meters(&references).await.unwrap();
    assert_eq!(meters[0].len(), 3);
    let tokens: Vec<_> = stub.bodies().iter().map(|body| body["page_token"].clone()).collect();
    assert_eq!(tokens, [Value::Null, json!("a+/="), json!("b")]);

    let stub = Stub::answering([page(json!("a")), page(json!("a"))]).await;
    let error = client(config(&stub)).search_meters(&references).await.unwrap_err();
    assert_eq!(error.why, Unavailable::Failing);
}

#[tokio::test]
async fn a_failed_search_is_not_an_empty_one() {
    for (answer, why) in [
        (ok("{}"), Unavailable::Failing),
        (status(404), Unavailable::Failing),
        (status(403), Unavailable::Unauthorized),
        // The error body of Meters v2 is a plain string (docs/leap.md, section 1).
        (
            super::stub::Answer::Status(500, Vec::new(), "\"oops\"".to_owned()),
            Unavailable::Failing,
        ),
    ] {
        let stub = Stub::answering([answer]).await;
        let error = client(config(&stub))
            .search_meters(&[reference("site-ca-0001")])
            .await
            .unwrap_err();
        assert_eq!(error.why, why);
    }
}
