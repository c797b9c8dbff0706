//! The client of Bayou's API against its stand-in, over HTTP, and against the fixtures.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the helpers of these tests are tests, too"
)]

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use journey::port::{Clock, HandOverError};
use journey::status::Snapshot;
use journey::{BillKind, Customer, Reference, References, Unavailable};
use providers::Secret;
use providers::bayou::{BayouClient, BayouConfig, BillForm, CustomerValue, Encoding};
use sandbox::Trouble;
use sandbox::bayou::{
    BayouConfig as StandInConfig, BayouSandbox, BillFields, Customer as Person, Habit, POWER, Repair, Upload,
};

const KEY: &str = "an-invented-key";

/// A clock that is set by hand, for both sides.
#[derive(Clone)]
struct Hand(Arc<Mutex<Timestamp>>);

impl Hand {
    fn new() -> Self {
        Hand(Arc::new(Mutex::new("2026-07-01T16:00:00Z".parse().unwrap())))
    }

    fn now_is(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    fn pass(&self, span: SignedDuration) {
        let mut now = self.0.lock().unwrap();
        *now = now.checked_add(span).unwrap();
    }
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        self.now_is()
    }
}

impl sandbox::Clock for Hand {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

fn config(base_url: &str, key: &str) -> BayouConfig {
    let mut config = BayouConfig::new(
        base_url.parse().unwrap(),
        Secret::new(key),
        NonZeroU32::new(600).unwrap(),
    );
    config.backoff = core::time::Duration::from_millis(1);
    config
}

/// Answers every path with the same, and remembers what was asked.
struct Script {
    asked: Mutex<Vec<(String, Option<String>)>>,
    answer: (StatusCode, String),
}

async fn scripted(status: u16, body: String) -> (String, Arc<Script>) {
    let script = Arc::new(Script {
        asked: Mutex::default(),
        answer: (StatusCode::from_u16(status).unwrap(), body),
    });
    let app = Router::new().fallback(answer).with_state(Arc::clone(&script));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/api/v2", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    (base, script)
}

async fn answer(State(script): State<Arc<Script>>, request: Request) -> Response {
    let authorization = request.headers().get("authorization");
    let authorization = authorization.map(|value| value.to_str().unwrap().to_owned());
    script
        .asked
        .lock()
        .unwrap()
        .push((request.uri().path().to_owned(), authorization));
    let (status, body) = script.answer.clone();
    (status, [("content-type", "application/json")], body).into_response()
}

fn fixture(name: &str) -> String {
    let path = format!("{}/../../tests/fixtures/bayou/{name}.json", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn reference() -> Reference {
    Reference::new("MSCOTT123").unwrap()
}

async fn told(name: &str) -> Customer {
    let (base, _) = scripted(200, fixture(name)).await;
    let client = BayouClient::new(&config(&base, KEY), Arc::new(Hand::new())).unwrap();
    match client.read_status(&reference()).await.unwrap() {
        Snapshot::Bayou(Some(customer)) => customer,
        other @ (Snapshot::Bayou(None) | Snapshot::Leap(_) | Snapshot::Light(_)) => panic!("{name}: {other:?}"),
    }
}

#[tokio::test]
async fn every_stage_of_a_customer_is_read() {
    let of = |customer: &Customer| {
        (
            customer.was_connected(),
            customer.is_currently_authenticated,
            customer.bills_are_ready,
            customer.intervals_are_ready,
            customer.expects_intervals(),
        )
    };
    for (name, expected) in [
        ("customer_01_created", (false, false, false, false, true)),
        ("customer_01_created.utility_blank", (false, false, false, false, true)),
        ("customer_02_authenticated", (true, true, false, false, true)),
        ("customer_03_bills_ready", (true, true, true, false, true)),
        ("customer_04_bills_and_intervals_ready", (true, true, true, true, true)),
        (
            "customer_04_bills_ready.no_intervals_possible",
            (true, true, true, false, false),
        ),
        (
            "customer_05_must_reauthenticate.flag_kept",
            (true, false, true, true, true),
        ),
        // U4: the flag has gone back, and the record shows all the same that a connection once stood.
        (
            "customer_05_must_reauthenticate.flag_reset",
            (true, false, true, true, true),
        ),
        ("customer_06_repaired", (true, true, true, true, true)),
    ] {
        assert_eq!(of(&told(name).await), expected, "{name}");
    }
    assert_eq!(
        told("customer_02_authenticated").await.utility.as_deref(),
        Some("con_edison")
    );
}

#[tokio::test]
async fn the_key_is_the_user_name_and_references_are_named_as_the_partner_has_them() {
    for (references, of, path) in [
        (
            References::ExternalId,
            "a b+c@example.com",
            "/api/v2/customers/external_id:a%20b%2Bc%40example.com",
        ),
        (References::CustomerId, "12345", "/api/v2/customers/12345"),
    ] {
        let (base, script) = scripted(404, fixture("error_404_customer_id_invalid")).await;
        let mut config = config(&base, KEY);
        config.references = references;
        let client = BayouClient::new(&config, Arc::new(Hand::new())).unwrap();
        let unknown = client.read_status(&Reference::new(of).unwrap()).await.unwrap();
        assert_eq!(unknown, Snapshot::Bayou(None));
        let asked = script.asked.lock().unwrap().clone();
        // "an-invented-key:" in base64.
        assert_eq!(
            asked,
            [(path.to_owned(), Some("Basic YW4taW52ZW50ZWQta2V5Og==".to_owned()))]
        );
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_relied_on_is_none() {
    let of_another = fixture("customer_02_authenticated").replace("MSCOTT123", "OTHER999");
    let without_the_flag = fixture("customer_02_authenticated").replace("\"is_currently_authenticated\": true,", "");
    for (status, body, why) in [
        (200, of_another, Unavailable::Failing),
        (200, without_the_flag, Unavailable::Failing),
        (200, "[]".to_owned(), Unavailable::Failing),
        (401, "{}".to_owned(), Unavailable::Unauthorized),
        (403, "{}".to_owned(), Unavailable::Unauthorized),
        (500, "{}".to_owned(), Unavailable::Failing),
        (429, fixture("error_429_too_many_requests"), Unavailable::RateLimited),
    ] {
        let (base, _) = scripted(status, body.clone()).await;
        let client = BayouClient::new(&config(&base, KEY), Arc::new(Hand::new())).unwrap();
        let error = client.read_status(&reference()).await.unwrap_err();
        assert_eq!(error.why, why, "{status} {body}");
    }
}

#[tokio::test]
async fn after_a_429_nobody_is_asked_until_the_pause_is_over() {
    let (base, script) = scripted(429, fixture("error_429_too_many_requests")).await;
    let hand = Hand::new();
    let client = BayouClient::new(&config(&base, KEY), Arc::new(hand.clone())).unwrap();
    assert_eq!(
        client.read_status(&reference()).await.unwrap_err().why,
        Unavailable::RateLimited
    );
    assert_eq!(
        client.read_newest(&reference()).await.unwrap_err().why,
        Unavailable::BudgetSpent
    );
    assert_eq!(script.asked.lock().unwrap().len(), 1);
    hand.pass(SignedDuration::from_secs(61));
    assert_eq!(
        client.read_status(&reference()).await.unwrap_err().why,
        Unavailable::RateLimited
    );
    assert_eq!(script.asked.lock().unwrap().len(), 2);
}

#[test]
fn a_key_that_would_say_something_else_is_refused() {
    for key in ["", "a:b", "line\nbreak"] {
        assert!(BayouClient::new(&config("https://bayou.energy/api/v2", key), Arc::new(Hand::new())).is_err());
    }
    let open = config("http://bayou.energy/api/v2", KEY);
    assert!(BayouClient::new(&open, Arc::new(Hand::new())).is_err());
}

/// Logs in on arrival.
fn person(arrives_at: Timestamp) -> Person {
    Person {
        external_id: "MSCOTT123".to_owned(),
        first_name: "Ana".to_owned(),
        email: "ana@example.com".to_owned(),
        locale: "en",
        utility: &POWER,
        utility_is_told: true,
        opted_out: false,
        habit: Habit::ConnectsAtOnce,
        arrives_at,
        partner_creates: true,
        account_has_intervals: true,
        intervals_stop_after: None,
        password_changes_after: None,
        repair: Repair::Never,
        filled_flag: None,
    }
}

/// From the record to the data, and the link that lives ten days, with the stand-in on the other side.
#[tokio::test]
async fn a_customer_of_the_stand_in_from_the_record_to_the_data() {
    let hand = Hand::new();
    let stand_in = BayouSandbox::start(StandInConfig::new(7, KEY), Arc::new(hand.clone()))
        .await
        .unwrap();
    let client = BayouClient::new(
        &config(&format!("{}/api/v2", stand_in.base_url()), KEY),
        Arc::new(hand.clone()),
    );
    let client = client.unwrap();
    assert_eq!(client.read_status(&reference()).await.unwrap(), Snapshot::Bayou(None));
    assert_eq!(client.fresh_link(&reference()).await.unwrap(), None);
    stand_in.add_customer(person(hand.now_is()));
    stand_in.settle().await;
    let first = client.fresh_link(&reference()).await.unwrap().unwrap();
    assert!(first.starts_with(stand_in.base_url()) && first.contains("/sign_up?key="));
    hand.pass(SignedDuration::from_hours(24 * 11));
    stand_in.settle().await;
    let later = client.fresh_link(&reference()).await.unwrap().unwrap();
    assert_ne!(first, later, "a link lives ten days");
    let Snapshot::Bayou(Some(customer)) = client.read_status(&reference()).await.unwrap() else {
        panic!("known by now");
    };
    assert!(customer.is_currently_authenticated && customer.bills_are_ready && customer.intervals_are_ready);
    let newest = client.read_newest(&reference()).await.unwrap();
    assert!(newest.bill.is_some() && newest.interval.is_some());
    stand_in.set_trouble(Trouble {
        forbidden: true,
        ..Trouble::default()
    });
    assert_eq!(
        client.read_status(&reference()).await.unwrap_err().why,
        Unavailable::Unauthorized
    );
    stand_in.shutdown().await;
}

/// A form whose names nobody would guess.
fn bill_form(encoding: Encoding, customer_value: CustomerValue) -> BillForm {
    BillForm {
        encoding,
        file_field: "paper".to_owned(),
        customer_field: match customer_value {
            CustomerValue::ExternalId => "their name".to_owned(),
            CustomerValue::Id => "their number".to_owned(),
        },
        customer_value,
        media_type_field: Some("kind".to_owned()),
        fields: [("external_id".to_owned(), "upload-1".to_owned())].into(),
    }
}

#[tokio::test]
async fn a_bill_goes_to_bayou_by_the_names_that_are_configured() {
    let mut settings = StandInConfig::new(7, KEY);
    settings.bill_fields = BillFields {
        file: "paper".to_owned(),
        file_type: "kind".to_owned(),
        customer_id: "their number".to_owned(),
        customer_external_id: "their name".to_owned(),
    };
    let hand = Hand::new();
    let stand_in = BayouSandbox::start(settings, Arc::new(hand.clone())).await.unwrap();
    let base = format!("{}/api/v2", stand_in.base_url());
    stand_in.add_customer(person(hand.now_is()));
    stand_in.settle().await;
    let bill = b"%PDF-1.7\r\n--an invented bill--\r\n\0\xff".to_vec();
    let mut ids = Vec::new();
    for encoding in [Encoding::Multipart, Encoding::Json] {
        for customer_value in [CustomerValue::ExternalId, CustomerValue::Id] {
            let mut config = config(&base, KEY);
            config.bills = Some(bill_form(encoding, customer_value));
            let client = BayouClient::new(&config, Arc::new(hand.clone())).unwrap();
            let id = client.hand_over_bill(&reference(), BillKind::Pdf, bill.clone()).await;
            ids.push(id.unwrap().unwrap());
        }
    }
    let kept = Upload {
        file_type: "application/pdf".to_owned(),
        size: bill.len(),
    };
    assert_eq!(stand_in.truth()["MSCOTT123"].uploads, vec![kept; 4]);
    ids.dedup();
    assert_eq!(ids.len(), 4);

    let mut config = config(&base, KEY);
    config.bills = Some(bill_form(Encoding::Multipart, CustomerValue::ExternalId));
    let client = BayouClient::new(&config, Arc::new(hand.clone())).unwrap();
    let nobody = Reference::new("nobody-1").unwrap();
    let refused = client.hand_over_bill(&nobody, BillKind::Pdf, bill).await;
    let code = "customer_id_invalid".to_owned();
    assert!(
        matches!(&refused, Err(HandOverError::Refused { status: 404, code: Some(told) }) if *told == code),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_bill_is_sent_once_whatever_is_answered_and_only_a_code_is_passed_on() {
    let error = |code: &str| format!("{{\"error_code\": \"{code}\", \"error_message\": \"ana@example.com\"}}");
    let refused = |code: Option<&str>| format!("Refused {{ status: 400, code: {:?} }}", code.map(str::to_owned));
    for (status, body, expected) in [
        (200, "{\"id\": 77}".to_owned(), "Ok(Some(\"77\"))".to_owned()),
        (204, String::new(), "Ok(None)".to_owned()),
        (201, "[1]".to_owned(), "Ok(None)".to_owned()),
        (400, error("bill_file_invalid"), refused(Some("bill_file_invalid"))),
        (400, error("ana@example.com"), refused(None)),
        (400, "no JSON".to_owned(), refused(None)),
        (401, "{}".to_owned(), "Unauthorized".to_owned()),
        (429, "{}".to_owned(), "RateLimited".to_owned()),
        (500, "{}".to_owned(), "Failing".to_owned()),
    ] {
        let (base, script) = scripted(status, body.clone()).await;
        let mut config = config(&base, KEY);
        config.bills = Some(bill_form(Encoding::Multipart, CustomerValue::ExternalId));
        let client = BayouClient::new(&config, Arc::new(Hand::new())).unwrap();
        let answer = client.hand_over_bill(&reference(), BillKind::Png, vec![1]).await;
        let answer = format!("{answer:?}");
        assert!(answer.contains(&expected), "{status} {body}: {answer}");
        assert!(!answer.contains("ana@"), "{answer}");
        let asked = script.asked.lock().unwrap().clone();
        assert_eq!(asked.len(), 1, "{status}");
        assert_eq!(asked[0].0, "/api/v2/bills");
    }
    let (base, script) = scripted(200, "{}".to_owned()).await;
    let client = BayouClient::new(&config(&base, KEY), Arc::new(Hand::new())).unwrap();
    let without = client.hand_over_bill(&reference(), BillKind::Png, vec![1]).await;
    assert!(matches!(without, Err(HandOverError::NotConfigured)));
    assert!(script.asked.lock().unwrap().is_empty());
}

#[test]
fn a_form_whose_names_cannot_be_sent_is_told() {
    let right = bill_form(Encoding::Multipart, CustomerValue::Id);
    assert_eq!(right.problem(), None);
    for (file_field, says) in [
        ("", "by nothing"),
        ("their number", "twice"),
        ("external_id", "twice"),
        ("a\"; filename=\"b", "quotation mark"),
        ("a\r\nb", "control character"),
    ] {
        let mut form = right.clone();
        file_field.clone_into(&mut form.file_field);
        let problem = form.problem().unwrap();
        assert!(problem.contains(says), "{file_field}: {problem}");
    }
}
