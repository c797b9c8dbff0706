//! The steps of an enrolment: what is sent, and what is made of the answer.

use journey::Reference;
use journey::enrollment::{
    Acceptance, BillingAddress, Charge, ChargeKind, EsiId, NewAccount, PaymentSession, PostalAddress, ServiceAddress,
};
use journey::port::{Enroll, EnrollError, OpenAccount, Refusal, ResetEnrollment};
use providers::light::{Environment, LightClient, LightNames, Refusals};
use serde_json::{Value, json};

use crate::stub::{APP_TOKEN, Hand, LOOK, Stub, account, esi_id, fixture, text};

const OPEN: &str = "POST /v1/app/accounts";
const SEARCH: &str = "POST /v1/account/enroll/address-search";
const ESI_ID: &str = "POST /v1/account/enroll/esi-id-search";
const PLANS: &str = "POST /v1/account/enroll/plans/request";
const ACCEPT: &str = "POST /v1/account/enroll/plans/accept";
const BILLING: &str = "PUT /v1/account/billing/address";
const SESSION: &str = "POST /v1/account/billing/payment-session";
const ENSURE: &str = "POST /v1/account/billing/ensure-payment-method-added";
const RESET: &str = "POST /v1/account/sandbox/delete-enrollment";
const USAGE: &str = "GET /v1/account/locations/place-1/usage/monthly?year=2026";

fn ada() -> NewAccount {
    NewAccount {
        first_name: "Ada".to_owned(),
        last_name: "Example".to_owned(),
        email: "ada@example.com".to_owned(),
        preliminary_address: None,
    }
}

fn home() -> PostalAddress {
    PostalAddress {
        line_1: "123 Main St".to_owned(),
        line_2: Some("Apt 1".to_owned()),
        city: "Dallas".to_owned(),
        state: "TX".to_owned(),
        postal_code: "75201".to_owned(),
    }
}

fn acceptance() -> Acceptance {
    Acceptance {
        esi_id: esi_id(),
        plan: "123456-1234-1234-1234-123456789012".to_owned(),
        starts: "2022-01-01".parse().unwrap(),
    }
}

fn client_with(stub: &Stub, names: LightNames, refusals: Refusals) -> LightClient {
    let mut config = stub.config();
    config.names = names;
    config.refusals = refusals;
    stub.client_with(&config, &Hand::new())
}

#[tokio::test]
async fn each_call_carries_the_token_that_is_its_own_and_the_documented_body() {
    let stub = Stub::start().await;
    stub.on(OPEN, 201, json!({ "uuid": "opened-1", "more": 1 }).to_string())
        .on(SEARCH, 200, text("address-search.response.many"))
        .on(ESI_ID, 200, text("esi-id-search.response"))
        .on(PLANS, 200, text("plans-request.response"))
        .on(ACCEPT, 201, "")
        .on(BILLING, 204, "")
        .on(ENSURE, 200, "[1]")
        .on(RESET, 204, "");
    let (client, me) = (stub.client(), account());
    assert_eq!(
        client.open_account(&ada()).await.unwrap(),
        Reference::new("opened-1").unwrap()
    );
    client.search_address(&me, "123").await.unwrap();
    client.search_esi_id(&me, &esi_id()).await.unwrap();
    client.request_plans(&me, &esi_id()).await.unwrap();
    client.accept_plan(&me, &acceptance()).await.unwrap();
    for address in [BillingAddress::SameAsService, BillingAddress::Other(home())] {
        client.set_billing_address(&me, &address).await.unwrap();
    }
    client.ensure_payment_method(&me, "pm_00000000000001").await.unwrap();
    assert!(client.reset_enrollment(&me).await.unwrap());
    let received = stub.received();
    let body_of = |line: &str| -> Vec<Value> {
        let of = received.iter().filter(|one| one.line == line);
        of.map(|one| one.body.clone()).collect()
    };
    for (line, bodies) in [
        (OPEN, vec![fixture("app-accounts.request")]),
        (SEARCH, vec![fixture("address-search.request")]),
        (ESI_ID, vec![fixture("esi-id-search.request")]),
        (PLANS, vec![fixture("plans-request.request")]),
        (ACCEPT, vec![fixture("plans-accept.request")]),
        (
            BILLING,
            vec![
                fixture("billing-address-put.request.same-as-service"),
                fixture("billing-address-put.request.different"),
            ],
        ),
        (ENSURE, vec![fixture("ensure-payment-method-added.request")]),
        (RESET, vec![Value::Null]),
    ] {
        assert_eq!(body_of(line), bodies, "{line}");
    }
    assert_eq!(received.len(), 10, "one token for all of them");
    for one in received {
        let token = if one.line.contains("/v1/app/") {
            APP_TOKEN
        } else {
            "token-1"
        };
        assert_eq!(one.authorization, format!("Bearer {token}"), "{}", one.line);
        assert!(
            !one.line.contains("55512345671234567") && !one.line.contains("token-1"),
            "{}",
            one.line
        );
    }
}

#[tokio::test]
async fn a_preliminary_address_goes_along() {
    let stub = Stub::start().await;
    stub.on(OPEN, 200, json!({ "uuid": "opened-1" }).to_string());
    let mut person = ada();
    person.preliminary_address = Some(home());
    stub.client().open_account(&person).await.unwrap();
    let nested = fixture("billing-address-put.request.different")["address"].clone();
    assert_eq!(stub.received()[0].body["preliminary_address"], nested);
}

#[tokio::test]
async fn an_account_whose_name_cannot_be_kept_is_no_account() {
    for body in [
        json!({}),
        json!({ "uuid": "" }),
        json!({ "uuid": 7 }),
        json!({ "uuid": "a/b/c" }),
    ] {
        let stub = Stub::start().await;
        stub.on(OPEN, 200, body.to_string());
        let opened = stub.client().open_account(&ada()).await;
        assert!(matches!(opened, Err(EnrollError::Unavailable(_))), "{body}: {opened:?}");
        assert_eq!(stub.received().len(), 1);
    }
}

fn ids(found: &[ServiceAddress]) -> Vec<&str> {
    found.iter().map(|one| one.esi_id.expose()).collect()
}

#[tokio::test]
async fn trap_42_an_address_search_answers_with_a_list() {
    let stub = Stub::start().await;
    stub.on(SEARCH, 200, text("address-search.response.many"))
        .on(SEARCH, 200, text("address-search.response.one"))
        .on(SEARCH, 200, text("address-search.response.none"));
    let client = stub.client();
    let many = client.search_address(&account(), "123").await.unwrap();
    assert_eq!(
        ids(&many),
        ["55512345671234567", "10443720000000002", "1008901000000000000003"]
    );
    assert_eq!(
        (many[0].address.line_2.as_deref(), many[2].address.line_2.as_deref()),
        (Some("Apt 1"), None)
    );
    assert!(many[0].address == home());
    assert_eq!(client.search_address(&account(), "123").await.unwrap().len(), 1);
    assert_eq!(client.search_address(&account(), "123").await.unwrap().len(), 0);
    stub.only(SEARCH, 200, text("esi-id-search.response"));
    let object = client.search_address(&account(), "123").await;
    assert!(matches!(object, Err(EnrollError::Unavailable(_))), "{object:?}");
}

#[tokio::test]
async fn trap_42_an_esi_id_search_answers_with_one_address() {
    let one: Value = fixture("esi-id-search.response");
    for (status, body, expected) in [
        (200, one.clone(), "one"),
        (200, json!([one]), "one"),
        (200, json!([]), "none"),
        (200, Value::Null, "none"),
        (404, json!({ "error": "no such ESI ID" }), "none"),
        (200, json!([one, one]), "unavailable"),
        (200, json!({}), "unavailable"),
        (200, json!("no"), "unavailable"),
        (400, json!({}), "Other"),
        (422, json!({ "error": "no such ESI ID" }), "Other"),
        (422, json!({ "error": "held" }), "SwitchHold"),
        (404, json!({ "error": "held" }), "SwitchHold"),
        (500, json!({}), "unavailable"),
    ] {
        let stub = Stub::start().await;
        stub.on(ESI_ID, status, body.to_string());
        let refusals = Refusals {
            switch_hold: vec!["held".to_owned()],
            ineligible: Vec::new(),
        };
        let client = client_with(&stub, LightNames::default(), refusals);
        let found = match client.search_esi_id(&account(), &esi_id()).await {
            Ok(Some(found)) if found.esi_id == esi_id() && found.address == home() => "one".to_owned(),
            Ok(Some(_)) => "another".to_owned(),
            Ok(None) => "none".to_owned(),
            Err(EnrollError::Unavailable(_)) => "unavailable".to_owned(),
            Err(EnrollError::Refused(why)) => format!("{why:?}"),
            Err(EnrollError::UnknownAccount) => "unknown".to_owned(),
        };
        assert_eq!(found, expected, "{status} {body}");
    }
}

#[tokio::test]
async fn trap_38_an_esi_id_comes_as_text_or_not_at_all() {
    let stub = Stub::start().await;
    let as_number =
        text("address-search.response.many").replace("\"1008901000000000000003\"", "1008901000000000000003");
    stub.on(SEARCH, 200, as_number);
    let client = stub.client();
    let found = client.search_address(&account(), "123").await.unwrap();
    assert_eq!(ids(&found), ["55512345671234567", "10443720000000002"]);
    stub.only(
        SEARCH,
        200,
        text("address-search.response.one").replace("\"55512345671234567\"", "55512345671234567"),
    );
    let none = client.search_address(&account(), "123").await;
    assert!(
        matches!(none, Err(EnrollError::Unavailable(_))),
        "nothing that can be read is not nothing: {none:?}"
    );
    stub.on(
        ESI_ID,
        200,
        text("esi-id-search.response").replace("\"55512345671234567\"", "55512345671234567"),
    );
    let one = client.search_esi_id(&account(), &esi_id()).await;
    assert!(matches!(one, Err(EnrollError::Unavailable(_))), "{one:?}");
    // And so it goes out again: all of its digits, in quotation marks.
    let long = EsiId::parse("1008901000000000000003").unwrap();
    stub.on(PLANS, 200, "[]");
    assert_eq!(client.request_plans(&account(), &long).await.unwrap(), []);
    assert_eq!(
        stub.received().last().unwrap().body,
        json!({ "esi_id": "1008901000000000000003" })
    );
}

fn named() -> LightNames {
    LightNames {
        plan_name: Some("display.name".to_owned()),
        delivery_per_kwh: Some("tdu.kwh".to_owned()),
        delivery_per_month: Some("tdu.month".to_owned()),
        plan_per_month: Some("base".to_owned()),
        usage_month: Some("when".to_owned()),
        usage_amount: Some("used.total".to_owned()),
        client_secret: Some("session.secret".to_owned()),
        stripe_key: Some("stripe.public_key".to_owned()),
        ..LightNames::default()
    }
}

#[tokio::test]
async fn trap_42_the_rates_of_a_plan_stay_as_they_are_written() {
    let stub = Stub::start().await;
    stub.on(PLANS, 200, text("plans-request.response"));
    let plans = stub.client().request_plans(&account(), &esi_id()).await.unwrap();
    let [plan] = plans.as_slice() else {
        panic!("one plan: {plans:?}");
    };
    assert_eq!(plan.uuid, "123456-1234-1234-1234-123456789012", "an opaque name");
    assert_eq!((plan.energy_rate_cents.as_str(), plan.term_months), ("14.2", Some(12)));
    assert_eq!(plan.earliest_start, "2022-01-01".parse().unwrap());
    assert_eq!(plan.latest_start, "2022-01-31".parse().unwrap());
    assert_eq!(plan.documents.efl, "https://example.com/efl.pd");
    assert_eq!(
        (plan.name.as_ref(), plan.charges.len()),
        (None, 0),
        "nothing is read that is not named"
    );

    let whole = r#"[{"uuid":"plan-1","energy_rate_cents_per_kwh":14.20,"earliest_start_date":"2022-01-01",
        "latest_start_date":"2022-01-31","links":{"efl":"https://example.com/e","tos":"https://example.com/t",
        "yrac":"https://example.com/y"},"display":{"name":"Example 12"},"tdu":{"kwh":4.9030,"month":"3.42"},
        "base":null,"added":[1e400]}]"#;
    stub.only(PLANS, 200, whole);
    let client = client_with(&stub, named(), Refusals::default());
    let plans = client.request_plans(&account(), &esi_id()).await.unwrap();
    assert_eq!(plans[0].energy_rate_cents, "14.20");
    assert_eq!(
        (plans[0].name.as_deref(), plans[0].term_months),
        (Some("Example 12"), None)
    );
    let charge = |kind, amount: &str| Charge {
        kind,
        amount: amount.to_owned(),
    };
    assert_eq!(
        plans[0].charges,
        [
            charge(ChargeKind::DeliveryPerKwh, "4.9030"),
            charge(ChargeKind::DeliveryPerMonth, "3.42")
        ]
    );
}

#[tokio::test]
async fn a_plan_that_cannot_be_read_whole_is_not_offered() {
    let right = fixture("plans-request.response")[0].clone();
    for (field, value) in [
        ("uuid", json!("")),
        ("uuid", Value::Null),
        ("energy_rate_cents_per_kwh", json!("cheap")),
        ("energy_rate_cents_per_kwh", Value::Null),
        ("earliest_start_date", json!("soon")),
        ("latest_start_date", Value::Null),
        (
            "links",
            json!({ "efl": "https://example.com/efl.pdf", "tos": "https://example.com/tos.pdf" }),
        ),
        (
            "links",
            json!({ "efl": "javascript:alert(1)", "tos": "https://example.com/t", "yrac": "https://example.com/y" }),
        ),
        ("base", json!("about 5")),
    ] {
        let mut wrong = right.clone();
        wrong[field] = value;
        let stub = Stub::start().await;
        stub.on(PLANS, 200, json!([wrong, right]).to_string());
        let client = client_with(&stub, named(), Refusals::default());
        let plans = client.request_plans(&account(), &esi_id()).await.unwrap();
        assert_eq!(plans.len(), 1, "{wrong}");
        stub.only(PLANS, 200, json!([wrong]).to_string());
        let none = client.request_plans(&account(), &esi_id()).await;
        assert!(matches!(none, Err(EnrollError::Unavailable(_))), "{wrong}: {none:?}");
    }
}

#[tokio::test]
async fn a_refusal_is_told_by_the_words_that_are_configured() {
    let names = LightNames {
        error: "error.reason".to_owned(),
        ..LightNames::default()
    };
    let refusals = Refusals {
        switch_hold: vec!["Meter on hold.".to_owned(), "hold".to_owned()],
        ineligible: vec!["no choice".to_owned()],
    };
    let reason = |text: &str| json!({ "error": { "reason": text } });
    for (status, body, expected) in [
        (422, reason("Meter on hold."), Some(Refusal::SwitchHold)),
        (400, reason("hold"), Some(Refusal::SwitchHold)),
        (403, reason("no choice"), Some(Refusal::Ineligible)),
        (404, reason("no choice"), Some(Refusal::Ineligible)),
        (409, reason("Hold"), Some(Refusal::Other)),
        (409, json!({ "error": "hold" }), Some(Refusal::Other)),
        (404, json!({}), Some(Refusal::Other)),
        (422, json!("hold"), Some(Refusal::Other)),
        (403, reason("something else"), None),
        (302, reason("hold"), None),
        (500, reason("hold"), None),
        (429, reason("hold"), None),
    ] {
        let stub = Stub::start().await;
        stub.on(ACCEPT, status, body.to_string());
        let client = client_with(&stub, names.clone(), refusals.clone());
        let refused = match client.accept_plan(&account(), &acceptance()).await {
            Err(EnrollError::Refused(why)) => Some(why),
            Err(EnrollError::Unavailable(_)) => None,
            other @ (Ok(()) | Err(EnrollError::UnknownAccount)) => panic!("{status} {body}: {other:?}"),
        };
        assert_eq!(refused, expected, "{status} {body}");
        let accepted = stub.received().iter().filter(|one| one.line == ACCEPT).count();
        assert_eq!(accepted, 1, "an acceptance is sent once, whatever is answered");
    }
}

#[tokio::test]
async fn a_search_is_tried_again_and_a_change_of_the_account_is_not() {
    let stub = Stub::start().await;
    stub.on(SEARCH, 503, "").on(SEARCH, 200, "[]");
    let client = stub.client();
    assert!(client.search_address(&account(), "123").await.unwrap().is_empty());
    for line in [OPEN, ACCEPT, ENSURE, RESET] {
        stub.on(line, 503, "");
    }
    stub.asked();
    assert!(client.open_account(&ada()).await.is_err());
    assert!(client.accept_plan(&account(), &acceptance()).await.is_err());
    assert!(
        client
            .ensure_payment_method(&account(), "pm_00000000000001")
            .await
            .is_err()
    );
    assert!(client.reset_enrollment(&account()).await.is_err());
    assert_eq!(stub.asked().len(), 4);
}

#[tokio::test]
async fn a_payment_begins_by_the_names_that_are_configured() {
    let stub = Stub::start().await;
    let mut known = fixture("account-plan-accepted-only");
    known["stripe"] = json!({ "public_key": "pk_test_0001" });
    stub.on(LOOK, 200, known.to_string());
    stub.on(
        SESSION,
        200,
        json!({ "session": { "secret": "seti_0001_secret_0002" } }).to_string(),
    );
    let begun = client_with(&stub, named(), Refusals::default())
        .begin_payment(&account())
        .await;
    let expected = PaymentSession {
        client_secret: "seti_0001_secret_0002".to_owned(),
        publishable_key: "pk_test_0001".to_owned(),
    };
    assert!(begun.unwrap() == expected);
    stub.only(
        SESSION,
        200,
        json!({ "client_secret": "seti_0001_secret_0002" }).to_string(),
    );
    let elsewhere = client_with(&stub, named(), Refusals::default())
        .begin_payment(&account())
        .await;
    assert!(
        matches!(elsewhere, Err(EnrollError::Unavailable(_))),
        "no name is tried that is not configured"
    );
    stub.asked();
    let without = stub.client().begin_payment(&account()).await;
    assert!(matches!(without, Err(EnrollError::Unavailable(_))));
    assert_eq!(stub.asked().len(), 0);
}

#[tokio::test]
async fn usage_is_read_by_the_names_that_are_configured() {
    let stub = Stub::start().await;
    let body = r#"{"year":2026,"units":"kWh","months":[{"when":"2026-02","used":{"total":812.50}},
        {"when":1,"used":{"total":"903"}},{"when":"spring","used":{"total":"1"}}],"next":null,"previous":"2025"}"#;
    stub.on(USAGE, 200, body);
    let client = client_with(&stub, named(), Refusals::default());
    let months = client.monthly_usage(&account(), "place-1", 2026).await.unwrap();
    let read = months
        .iter()
        .map(|one| format!("{} {} {}", one.month, one.amount, one.unit));
    assert_eq!(
        read.collect::<Vec<_>>(),
        ["2026-01-01 903 kWh", "2026-02-01 812.50 kWh"]
    );
    assert_eq!(stub.asked().len(), 2, "no other year is asked for");
    assert_eq!(
        stub.client().monthly_usage(&account(), "place-1", 2026).await.unwrap(),
        []
    );
    for name in ["", ".", ".."] {
        let other = client.monthly_usage(&account(), name, 2026).await;
        assert!(matches!(other, Err(EnrollError::Refused(Refusal::Other))), "{name}");
    }
    assert_eq!(stub.asked().len(), 0);
}

#[tokio::test]
async fn trap_30_a_live_app_is_never_reset() {
    let stub = Stub::start().await;
    stub.on(RESET, 200, "{}");
    let mut config = stub.config();
    config.environment = Environment::Live;
    let live = stub.client_with(&config, &Hand::new());
    assert!(!live.reset_enrollment(&account()).await.unwrap());
    assert_eq!(stub.received().len(), 0);
}

#[test]
fn names_that_cannot_be_right_are_told() {
    assert_eq!(LightNames::default().problem(), None);
    assert_eq!(named().problem(), None);
    for (path, says) in [("", "by nothing"), ("a..b", "by nothing"), ("a.", "by nothing")] {
        let mut names = named();
        names.plan_name = Some(path.to_owned());
        assert!(names.problem().unwrap().contains(says), "{path}");
    }
    let mut names = named();
    names.stripe_key = None;
    assert!(names.problem().unwrap().contains("stripe_key"));
    let mut names = named();
    names.usage_amount = None;
    assert!(names.problem().unwrap().contains("usage_amount"));

    let refusals = |held: &str, ineligible: &str| Refusals {
        switch_hold: vec![held.to_owned()],
        ineligible: vec![ineligible.to_owned()],
    };
    assert_eq!(refusals("a", "b").problem(), None);
    assert!(refusals("a", "a").problem().unwrap().contains("both"));
    assert!(refusals("a", "").problem().unwrap().contains("empty"));
}
