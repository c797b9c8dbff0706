//! Where a customer stopped: the provider's decision tree over its own payloads, then combinations.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests; a broken story should stop at once"
)]

mod support;

use std::path::Path;

use expect_test::{Expect, expect};
use journey::contact::Classification;
use journey::status::{Agreements, Answer, Connection, ConnectionStatus, Known, Snapshot, UtilityConnection};
use journey::status::{UtilityErrorCode, UtilityStatus};
use journey::{Diagnosis, Turn, diagnose};
use serde_json::Value;

use support::provider::{ANOTHER, ASKED_FOR, record, utility};
use support::{MORNING, at};

const A_THIRD: &str = "PG&E: Pacific Gas and Electric";

/// Reads what the diagnosis needs of a payload. The provider's client has the real reader.
fn read(text: &str) -> Snapshot {
    let page: Value = serde_json::from_str(text).unwrap();
    let records = page["onboardingConnections"].as_array().unwrap();
    Snapshot::Leap(records.iter().map(connection).collect())
}

fn connection(value: &Value) -> Connection {
    let answers = &value["agreements"];
    let generator = answers
        .get("generator_status")
        .or_else(|| answers.get("generatorStatus"));
    Connection {
        id: value["id"].as_str().unwrap().to_owned(),
        region: value["transmission_region"].as_str().unwrap().to_owned(),
        started_at: time(&value["start_date_time_utc"]),
        last_interaction_at: time(&value["last_interaction_date_time_utc"]),
        status: known(&value["connection_status"]),
        utilities: value["utility_connections"]
            .as_array()
            .unwrap()
            .iter()
            .map(connected)
            .collect(),
        agreements: Agreements {
            prohibited_resource: known(&answers["prohibited_resource_attestation_status"]),
            participation: known(&answers["demand_response_participation_agreement_status"]),
            generator: match generator.and_then(Value::as_str) {
                Some("NO_GENERATOR_ONSITE" | "YES_GENERATOR_ONSITE") => Known::Value(Answer::Completed),
                Some("NOT_ANSWERED") => Known::Value(Answer::NotAnswered),
                Some(_) | None => Known::Value(Answer::NotRequired),
            },
        },
    }
}

fn connected(value: &Value) -> UtilityConnection {
    let error = &value["error_code"];
    UtilityConnection {
        name: value["utility_name"].as_str().unwrap().to_owned(),
        required: value["utility_is_required"].as_bool().unwrap(),
        status: known(&value["status"]),
        error: (!error.is_null()).then(|| known(error)),
        started_at: time(&value["start_date_time_utc"]),
        last_interaction_at: time(&value["last_interaction_date_time_utc"]),
    }
}

fn known<T: serde::de::DeserializeOwned>(value: &Value) -> Known<T> {
    match serde_json::from_value(value.clone()) {
        Ok(value) => Known::Value(value),
        Err(_) => Known::other(value.as_str().unwrap_or_default()),
    }
}

fn time(value: &Value) -> Option<jiff::Timestamp> {
    value.as_str().map(at)
}

fn said(record: &Connection, classification: Classification) -> String {
    let (diagnosis, about) = diagnose(record, classification);
    let about = about.map_or(String::new(), |utility| format!(" about {}", utility.name));
    format!("{diagnosis:?}{about}")
}

fn both(record: &Connection) -> String {
    let household = said(record, Classification::Residential);
    let business = said(record, Classification::Commercial);
    if household == business {
        household
    } else {
        format!("household {household}; business {business}")
    }
}

#[test]
fn every_payload_of_the_provider_has_a_diagnosis() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/leap");
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("connect-"))
        .collect();
    names.sort();
    let mut table = String::new();
    for path in names {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let snapshot = read(&std::fs::read_to_string(&path).unwrap());
        let all: Vec<_> = snapshot.connections().iter().map(both).collect();
        table += &format!("{name}: {}\n", all.join(" / "));
    }
    expect![[r#"
        connect-completed: NothingLeft
        connect-empty-list: 
        connect-error-auth-mfa-error: MfaFailed about SDG&E: San Diego Gas & Electric
        connect-error-null-code: LoginFailed about SDG&E: San Diego Gas & Electric
        connect-error-technical-error: ProviderDown about SDG&E: San Diego Gas & Electric
        connect-error-user-canceled: Cancelled about SDG&E: San Diego Gas & Electric
        connect-error-user-ineligible: Ineligible about SDG&E: San Diego Gas & Electric
        connect-error-user-invalid-credentials: CredentialsInvalid about SDG&E: San Diego Gas & Electric
        connect-error-utility-error: UtilityDown about SDG&E: San Diego Gas & Electric
        connect-generator-status-spelling: UtilityNotConnected about SDG&E: San Diego Gas & Electric / UtilityNotConnected about SDG&E: San Diego Gas & Electric
        connect-not-started: NotStarted
        connect-nullable-timestamps: AgreementsUnanswered about PG&E: Pacific Gas and Electric / NotStarted
        connect-partial-agreement-declined: AgreementDeclined about PG&E: Pacific Gas and Electric
        connect-partial-agreement-not-answered: AgreementsUnanswered about PG&E: Pacific Gas and Electric
        connect-partial-commercial-two-required-one-connected: RequiredUtilitiesMissing about PPL Electric Utilities
        connect-partial-wrong-utility-connected: household WrongUtility about SCE: Southern California Edison; business UtilityNotConnected about PG&E: Pacific Gas and Electric
        connect-two-pages-1: NothingLeft / NotStarted
        connect-two-pages-2: Cancelled about SCE: Southern California Edison
    "#]].assert_eq(&table);
}

fn check(change: impl FnOnce(&mut Connection), expect: Expect) {
    let mut given = record(ConnectionStatus::Partial, MORNING);
    change(&mut given);
    expect.assert_eq(&both(&given));
}

fn failed(name: &str, required: bool, code: UtilityErrorCode, last: &str) -> UtilityConnection {
    UtilityConnection {
        last_interaction_at: Some(at(last)),
        ..utility(name, required, UtilityStatus::Error, Some(code))
    }
}

fn is(name: &str, required: bool, status: UtilityStatus) -> UtilityConnection {
    utility(name, required, status, None)
}

use UtilityErrorCode::{
    AuthMfaError, TechnicalError, UserCanceled, UserIneligible, UserInvalidCredentials, UtilityError,
};
use UtilityStatus::{Connected, NotConnected};

#[test]
fn nothing_tried_yet() {
    check(|r| r.utilities.clear(), expect!["UtilityNotConnected"]);
    check(
        |_| {},
        expect!["UtilityNotConnected about SDG&E: San Diego Gas & Electric"],
    );
    check(
        |r| r.status = Known::Value(ConnectionStatus::NotStarted),
        expect!["NotStarted about SDG&E: San Diego Gas & Electric"],
    );
}

#[test]
fn agreements_come_before_utilities_in_partial() {
    check(
        |r| r.agreements.generator = Known::Value(Answer::NotAnswered),
        expect!["AgreementsUnanswered about SDG&E: San Diego Gas & Electric"],
    );
    check(
        |r| r.agreements.prohibited_resource = Known::Value(Answer::NotAnswered),
        expect!["AgreementsUnanswered about SDG&E: San Diego Gas & Electric"],
    );
    check(
        |r| {
            r.agreements.generator = Known::Value(Answer::NotAnswered);
            r.agreements.participation = Known::Value(Answer::Declined);
        },
        expect!["AgreementDeclined about SDG&E: San Diego Gas & Electric"],
    );
    check(
        |r| r.agreements.participation = Known::other("WITHDRAWN"),
        expect!["Unrecognized about SDG&E: San Diego Gas & Electric"],
    );
    // Even when a utility failed: the agreements come first in the flow.
    check(
        |r| {
            r.agreements.participation = Known::Value(Answer::NotAnswered);
            r.utilities = vec![failed(ASKED_FOR, true, UserInvalidCredentials, MORNING)];
        },
        expect!["AgreementsUnanswered about SDG&E: San Diego Gas & Electric"],
    );
    // Legacy flows ask for terms after the utility: connected, but not done.
    check(
        |r| {
            r.agreements.participation = Known::Value(Answer::NotAnswered);
            r.utilities = vec![is(ASKED_FOR, true, Connected)];
        },
        expect!["AgreementsUnanswered about SDG&E: San Diego Gas & Electric"],
    );
    // In ERROR the tree goes straight to the utilities.
    check(
        |r| {
            r.status = Known::Value(ConnectionStatus::Error);
            r.agreements.participation = Known::Value(Answer::NotAnswered);
            r.utilities = vec![failed(ASKED_FOR, true, UserInvalidCredentials, MORNING)];
        },
        expect!["CredentialsInvalid about SDG&E: San Diego Gas & Electric"],
    );
}

#[test]
fn several_required_utilities() {
    check(
        |r| r.utilities = vec![is(ASKED_FOR, true, Connected), is(ANOTHER, true, NotConnected)],
        expect!["RequiredUtilitiesMissing about SCE: Southern California Edison"],
    );
    check(
        |r| r.utilities = vec![is(ASKED_FOR, true, NotConnected), is(ANOTHER, true, NotConnected)],
        expect!["UtilityNotConnected about SDG&E: San Diego Gas & Electric"],
    );
    check(
        |r| {
            r.utilities = vec![
                is(ASKED_FOR, true, Connected),
                failed(ANOTHER, true, AuthMfaError, MORNING),
            ]
        },
        expect!["MfaFailed about SCE: Southern California Edison"],
    );
    check(
        |r| r.utilities = vec![is(ASKED_FOR, true, Connected), is(ANOTHER, true, Connected)],
        expect!["NothingLeft"],
    );
    check(
        |r| {
            r.utilities = vec![
                is(ASKED_FOR, true, Connected),
                is(ANOTHER, true, NotConnected),
                failed(A_THIRD, true, UtilityError, MORNING),
            ];
        },
        expect!["RequiredUtilitiesMissing about SCE: Southern California Edison"],
    );
}

#[test]
fn of_several_errors_what_the_customer_can_mend_comes_first_the_latest_of_them() {
    let later = "2026-07-01T16:09:00Z";
    check(
        |r| {
            r.utilities = vec![
                failed(ASKED_FOR, true, UserInvalidCredentials, MORNING),
                failed(ANOTHER, true, UserCanceled, later),
            ];
        },
        expect!["Cancelled about SCE: Southern California Edison"],
    );
    check(
        |r| {
            r.utilities = vec![
                failed(ASKED_FOR, true, UserInvalidCredentials, MORNING),
                failed(ANOTHER, true, TechnicalError, later),
            ];
        },
        expect!["CredentialsInvalid about SDG&E: San Diego Gas & Electric"],
    );
    check(
        |r| {
            r.utilities = vec![
                failed(ASKED_FOR, true, UserInvalidCredentials, later),
                failed(ANOTHER, true, UserIneligible, MORNING),
            ];
        },
        expect!["Ineligible about SCE: Southern California Edison"],
    );
    check(
        |r| {
            r.utilities = vec![
                failed(ASKED_FOR, true, UserIneligible, later),
                is(ANOTHER, true, NotConnected),
            ];
            r.utilities[1].status = Known::other("PENDING");
        },
        expect!["Unrecognized about SCE: Southern California Edison"],
    );
}

#[test]
fn another_utility_than_the_one_asked_for() {
    check(
        |r| r.utilities.push(is(ANOTHER, false, Connected)),
        expect![
            "household WrongUtility about SCE: Southern California Edison; business UtilityNotConnected about SDG&E: San Diego Gas & Electric"
        ],
    );
    check(
        |r| {
            r.utilities = vec![
                failed(ASKED_FOR, true, UserInvalidCredentials, MORNING),
                is(ANOTHER, false, Connected),
            ]
        },
        expect![
            "household WrongUtility about SCE: Southern California Edison; business CredentialsInvalid about SDG&E: San Diego Gas & Electric"
        ],
    );
    // A stray click that came to nothing is no reason to change the subject.
    check(
        |r| r.utilities.push(failed(ANOTHER, false, UserCanceled, MORNING)),
        expect!["UtilityNotConnected about SDG&E: San Diego Gas & Electric"],
    );
}

#[test]
fn none_required() {
    check(
        |r| r.utilities = vec![is(ASKED_FOR, false, NotConnected)],
        expect!["UtilityNotConnected about SDG&E: San Diego Gas & Electric"],
    );
    check(
        |r| {
            r.utilities = vec![
                is(ASKED_FOR, false, Connected),
                failed(ANOTHER, false, UserCanceled, MORNING),
            ]
        },
        expect![
            "household NothingLeft about SDG&E: San Diego Gas & Electric; business Cancelled about SCE: Southern California Edison"
        ],
    );
    check(
        |r| r.utilities = vec![failed(ASKED_FOR, false, UserIneligible, MORNING)],
        expect!["Ineligible about SDG&E: San Diego Gas & Electric"],
    );
}

#[test]
fn an_unknown_word_is_no_guess() {
    check(|r| r.status = Known::other("PAUSED"), expect!["Unrecognized"]);
    check(
        |r| r.utilities[0].status = Known::other("PENDING"),
        expect!["Unrecognized about SDG&E: San Diego Gas & Electric"],
    );
    check(
        |r| {
            r.utilities = vec![utility(ASKED_FOR, true, UtilityStatus::Error, None)];
            r.utilities[0].error = Some(Known::other("USER_MOVED"));
        },
        expect!["Unrecognized about SDG&E: San Diego Gas & Electric"],
    );
}

#[test]
fn each_diagnosis_has_its_turn_and_its_name() {
    let mut table = String::new();
    for diagnosis in Diagnosis::ALL {
        let words = if diagnosis.may_be_sent() {
            "has a message"
        } else {
            "is silent"
        };
        table += &format!("{}: {:?}, {words}\n", diagnosis.as_str(), diagnosis.turn());
        assert!(!matches!(
            (diagnosis.turn(), diagnosis.may_be_sent()),
            (Turn::Nobody | Turn::Unclear, true)
        ));
        let written = serde_json::to_value(diagnosis).unwrap();
        assert_eq!(written, diagnosis.as_str());
    }
    expect![[r#"
        not_started: Customer, has a message
        agreements_unanswered: Customer, has a message
        agreement_declined: Policy, has a message
        utility_not_connected: Customer, has a message
        credentials_invalid: Customer, has a message
        mfa_failed: Customer, has a message
        cancelled: Customer, has a message
        login_failed: Customer, has a message
        required_utilities_missing: Customer, has a message
        wrong_utility: Policy, has a message
        ineligible: Nobody, is silent
        utility_down: Provider, has a message
        provider_down: Provider, has a message
        nothing_left: Provider, is silent
        invited: Customer, has a message
        repeated_returns: Customer, has a message
        password_changed: Customer, has a message
        mfa_expired: Customer, has a message
        access_lost: Customer, has a message
        renewal_due: Customer, has a message
        consent_ending: Customer, has a message
        consent_ended: Customer, has a message
        address_needed: Customer, has a message
        plan_not_chosen: Customer, has a message
        plan_expired: Customer, has a message
        billing_address_missing: Customer, has a message
        payment_missing: Customer, has a message
        identity_missing: Customer, has a message
        unrecognized: Unclear, is silent
    "#]]
    .assert_eq(&table);
}
