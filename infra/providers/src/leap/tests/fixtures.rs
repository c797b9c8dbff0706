//! Every recorded page of connections, and what we make of it.

use journey::port::{ChangeFilter, ReadChanges};
use journey::status::{
    Agreements, Answer, Connection, ConnectionStatus, Known, Snapshot, UtilityConnection, UtilityErrorCode,
    UtilityStatus,
};
use serde_json::{Value, json};

use super::stub::{Stub, ok};
use super::{NOW, client, config, fixture, reference, time};
use crate::leap::record;

const START: &str = "2026-07-01T16:04:10Z";
const LATER: &str = "2026-07-01T16:07:42Z";
const PGE: &str = "PG&E: Pacific Gas and Electric";
const SDGE: &str = "SDG&E: San Diego Gas & Electric";
const DONE: Answer = Answer::Completed;
const OPEN: Answer = Answer::NotAnswered;
const NONE: Answer = Answer::NotRequired;

/// A record of the region CAISO that began at [`START`].
fn record(
    reference: &str,
    status: ConnectionStatus,
    tried: Option<&str>,
    utilities: Vec<UtilityConnection>,
    answers: [Answer; 3],
) -> Connection {
    let [prohibited_resource, participation, generator] = answers.map(Known::Value);
    Connection {
        id: format!("CAISO_f16a3a50-9ce1-436b-82b2-7b6cf3372cd7_{reference}"),
        region: "CAISO".to_owned(),
        started_at: Some(time(START)),
        last_interaction_at: tried.map(time),
        status: Known::Value(status),
        utilities,
        agreements: Agreements {
            prohibited_resource,
            participation,
            generator,
        },
    }
}

fn untried(name: &str) -> UtilityConnection {
    UtilityConnection {
        name: name.to_owned(),
        required: true,
        status: Known::Value(UtilityStatus::NotConnected),
        error: None,
        started_at: Some(time(START)),
        last_interaction_at: None,
    }
}

fn connected(name: &str, required: bool) -> UtilityConnection {
    UtilityConnection {
        required,
        status: Known::Value(UtilityStatus::Connected),
        last_interaction_at: Some(time(LATER)),
        ..untried(name)
    }
}

fn failed(name: &str, error: Option<UtilityErrorCode>) -> UtilityConnection {
    UtilityConnection {
        status: Known::Value(UtilityStatus::Error),
        error: error.map(Known::Value),
        last_interaction_at: Some(time(LATER)),
        ..untried(name)
    }
}

/// Serves a page and reads one reference of it.
async fn check(page: &str, of: &str, expected: Connection) {
    let stub = Stub::answering([ok(page)]).await;
    let snapshot = client(config(&stub)).read_status(&reference(of)).await.unwrap();
    assert_eq!(snapshot, Snapshot::Leap(vec![expected]), "{of}");
}

#[tokio::test]
async fn completed() {
    let expected = record(
        "site-ca-0001",
        ConnectionStatus::Completed,
        Some(LATER),
        vec![connected(PGE, true)],
        [DONE, DONE, DONE],
    );
    check(fixture!("connect-completed"), "site-ca-0001", expected).await;
}

#[tokio::test]
async fn not_started() {
    let expected = record(
        "site-ca-0002",
        ConnectionStatus::NotStarted,
        None,
        Vec::new(),
        [OPEN, OPEN, OPEN],
    );
    check(fixture!("connect-not-started"), "site-ca-0002", expected).await;
}

#[tokio::test]
async fn partial_with_an_open_and_with_a_declined_agreement() {
    let utilities = || vec![untried(PGE)];
    let expected = record(
        "site-ca-0003",
        ConnectionStatus::Partial,
        None,
        utilities(),
        [DONE, OPEN, DONE],
    );
    check(
        fixture!("connect-partial-agreement-not-answered"),
        "site-ca-0003",
        expected,
    )
    .await;
    let expected = record(
        "site-ca-0004",
        ConnectionStatus::Partial,
        None,
        utilities(),
        [DONE, Answer::Declined, DONE],
    );
    check(fixture!("connect-partial-agreement-declined"), "site-ca-0004", expected).await;
}

#[tokio::test]
async fn partial_with_the_wrong_utility_and_with_one_of_two() {
    let utilities = vec![untried(PGE), connected("SCE: Southern California Edison", false)];
    let expected = record(
        "site-ca-0005",
        ConnectionStatus::Partial,
        Some(LATER),
        utilities,
        [NONE, DONE, NONE],
    );
    check(
        fixture!("connect-partial-wrong-utility-connected"),
        "site-ca-0005",
        expected,
    )
    .await;

    let utilities = vec![connected("PECO Energy", true), untried("PPL Electric Utilities")];
    let mut expected = record(
        "site-pa-0006",
        ConnectionStatus::Partial,
        Some(LATER),
        utilities,
        [DONE, DONE, DONE],
    );
    expected.id = expected.id.replace("CAISO", "PJM");
    expected.region = "PJM".to_owned();
    check(
        fixture!("connect-partial-commercial-two-required-one-connected"),
        "site-pa-0006",
        expected,
    )
    .await;
}

#[tokio::test]
async fn every_error_code_and_none() {
    for (page, of, code) in [
        (
            fixture!("connect-error-technical-error"),
            "site-ca-0100",
            Some(UtilityErrorCode::TechnicalError),
        ),
        (
            fixture!("connect-error-utility-error"),
            "site-ca-0101",
            Some(UtilityErrorCode::UtilityError),
        ),
        (
            fixture!("connect-error-user-canceled"),
            "site-ca-0102",
            Some(UtilityErrorCode::UserCanceled),
        ),
        (
            fixture!("connect-error-user-invalid-credentials"),
            "site-ca-0103",
            Some(UtilityErrorCode::UserInvalidCredentials),
        ),
        (
            fixture!("connect-error-user-ineligible"),
            "site-ca-0104",
            Some(UtilityErrorCode::UserIneligible),
        ),
        (
            fixture!("connect-error-auth-mfa-error"),
            "site-ca-0105",
            Some(UtilityErrorCode::AuthMfaError),
        ),
        (fixture!("connect-error-null-code"), "site-ca-0106", None),
    ] {
        let utilities = vec![failed(SDGE, code)];
        let expected = record(of, ConnectionStatus::Error, Some(LATER), utilities, [NONE, NONE, DONE]);
        check(page, of, expected).await;
    }
}

#[tokio::test]
async fn trap_12_both_spellings_of_the_generator_are_read_and_yes_and_no_are_both_answers() {
    for of in ["site-ca-0401", "site-ca-0402"] {
        let expected = record(
            of,
            ConnectionStatus::Partial,
            None,
            vec![untried(SDGE)],
            [DONE, DONE, DONE],
        );
        check(fixture!("connect-generator-status-spelling"), of, expected).await;
    }
    let both = changed(
        "/agreements",
        json!({ "generator_status": null, "generatorStatus": "NOT_ANSWERED" }),
    );
    assert_eq!(
        record::connection_of(&both).unwrap().agreements.generator,
        Known::Value(OPEN)
    );
}

#[tokio::test]
async fn trap_13_timestamps_may_be_null_or_absent() {
    let page = fixture!("connect-nullable-timestamps");
    let mut partial = record(
        "site-ca-0301",
        ConnectionStatus::Partial,
        None,
        vec![untried(PGE)],
        [DONE, OPEN, OPEN],
    );
    partial.started_at = None;
    check(page, "site-ca-0301", partial).await;
    let mut untouched = record(
        "site-ca-0302",
        ConnectionStatus::NotStarted,
        None,
        Vec::new(),
        [OPEN, OPEN, OPEN],
    );
    untouched.started_at = None;
    check(page, "site-ca-0302", untouched).await;
}

#[tokio::test]
async fn trap_16_an_empty_list_is_an_empty_snapshot() {
    let stub = Stub::answering([ok(fixture!("connect-empty-list"))]).await;
    let snapshot = client(config(&stub))
        .read_status(&reference("site-ca-0001"))
        .await
        .unwrap();
    assert_eq!(snapshot, Snapshot::default());
}

/// The record of `connect-completed.json` with one field set; null takes it away.
fn changed(pointer: &str, value: Value) -> Value {
    let page: Value = serde_json::from_str(fixture!("connect-completed")).unwrap();
    let mut record = page["onboardingConnections"][0].clone();
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    let parent = record.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    if value.is_null() {
        parent.remove(field);
    } else {
        parent.insert(field.to_owned(), value);
    }
    record
}

#[test]
fn trap_25_unknown_values_are_kept_and_never_guessed_at() {
    let unknown = |pointer: &str| record::connection_of(&changed(pointer, json!("SOMETHING_NEW"))).unwrap();
    let other = "SOMETHING_NEW";
    assert_eq!(unknown("/connection_status").status, Known::other(other));
    assert_eq!(
        unknown("/utility_connections/0/status").utilities[0].status,
        Known::other(other)
    );
    assert_eq!(
        unknown("/utility_connections/0/error_code").utilities[0].error,
        Some(Known::other(other))
    );
    let agreement = |field: &str| unknown(&format!("/agreements/{field}")).agreements;
    assert_eq!(
        agreement("prohibited_resource_attestation_status").prohibited_resource,
        Known::other(other)
    );
    assert_eq!(
        agreement("demand_response_participation_agreement_status").participation,
        Known::other(other)
    );
    assert_eq!(agreement("generator_status").generator, Known::other(other));
    // A word of another field is as unknown as a new one.
    let declined = changed("/agreements/generator_status", json!("DECLINED"));
    assert_eq!(
        record::connection_of(&declined).unwrap().agreements.generator,
        Known::other("DECLINED")
    );
}

#[test]
fn a_missing_detail_has_a_careful_meaning() {
    let without = |pointer: &str| record::connection_of(&changed(pointer, Value::Null)).unwrap();
    assert_eq!(without("/agreements").agreements, Agreements::default());
    assert_eq!(
        without("/agreements/generator_status").agreements.generator,
        Known::Value(NONE)
    );
    assert_eq!(without("/utility_connections").utilities, Vec::new());
    assert!(!without("/utility_connections/0/utility_is_required").utilities[0].required);
    assert_eq!(
        without("/utility_connections/0/status").utilities[0].status,
        Known::other("(missing)")
    );
    assert_eq!(without("/id").id, "");
    let started = |text: &str| {
        record::connection_of(&changed("/start_date_time_utc", json!(text)))
            .unwrap()
            .started_at
    };
    assert_eq!(started("2026-07-01T16:04:10"), Some(time(START)));
    assert_eq!(started("2026-07-01T09:04:10.000-07:00"), Some(time(START)));
    assert_eq!(started("yesterday"), None);
}

#[test]
fn a_record_whose_status_cannot_be_known_is_unreadable() {
    for (pointer, value) in [
        ("/connection_status", Value::Null),
        ("/connection_status", json!("")),
        ("/connection_status", json!(3)),
        ("/transmission_region", Value::Null),
        ("/utility_connections", json!("none")),
    ] {
        assert_eq!(record::connection_of(&changed(pointer, value)), None, "{pointer}");
    }
    assert_eq!(record::connection_of(&json!("a text")), None);
}

#[tokio::test]
async fn changes_keep_what_can_be_read_grouped_by_reference() {
    let good = changed("/connection_status", json!("PARTIAL"));
    let other_region = {
        let mut record = changed("/transmission_region", json!("PJM"));
        record["id"] = json!("PJM_x_site-ca-0001");
        record
    };
    let page = json!({ "totalHits": 9, "onboardingConnections": [
        good,
        changed("/ref_id", json!("site-ca-0002")),
        other_region,
        changed("/ref_id", json!("bad/reference")),
        changed("/ref_id", Value::Null),
        changed("/connection_status", Value::Null),
        "a text",
    ]});
    let stub = Stub::answering([ok(page.to_string())]).await;
    let page = client(config(&stub))
        .read_changes(ChangeFilter::Started, time(NOW), None)
        .await
        .unwrap();
    let shape: Vec<_> = page
        .changes
        .iter()
        .map(|(of, seen)| (of.expose(), seen.connections().len()))
        .collect();
    assert_eq!(shape, [("site-ca-0001", 2), ("site-ca-0002", 1)]);
    assert_eq!((page.unreadable, page.next), (4, None));
}
