//! What is read of an account.

use journey::Unavailable;
use journey::enrollment::{EnrollmentView, LightAccount, Step};
use journey::port::{Enroll, EnrollError, ProviderError};
use journey::status::Snapshot;
use providers::light::LightClient;
use serde_json::{Value, json};

use crate::stub::{LOOK, Stub, account, fixture};

/// A client, and what it asks.
struct Reader {
    stub: Stub,
    client: LightClient,
}

impl Reader {
    async fn start() -> Self {
        let stub = Stub::start().await;
        let client = stub.client();
        Reader { stub, client }
    }

    async fn status(&self, body: &Value) -> Result<Snapshot, ProviderError> {
        self.stub.only(LOOK, 200, body.to_string());
        self.client.read_status(&account()).await
    }

    async fn told(&self, body: &Value) -> LightAccount {
        match self.status(body).await.unwrap() {
            Snapshot::Light(Some(account)) => account,
            other @ (Snapshot::Light(None) | Snapshot::Bayou(_) | Snapshot::Leap(_)) => panic!("{other:?}"),
        }
    }

    async fn fails(&self, body: &Value) -> Unavailable {
        self.status(body).await.unwrap_err().why
    }

    async fn view(&self, body: &Value) -> EnrollmentView {
        self.stub.only(LOOK, 200, body.to_string());
        self.client.view_enrollment(&account()).await.unwrap()
    }
}

/// What the account says: `+` yes, `-` no, `?` nothing.
fn said(account: &LightAccount) -> String {
    let sign = |said: Option<bool>| match said {
        Some(true) => '+',
        Some(false) => '-',
        None => '?',
    };
    let steps = Step::ALL.map(|step| format!("{}{} ", step.as_str(), sign(account.says(step))));
    format!(
        "{}final{} active{} usage{}{}",
        steps.concat(),
        sign(account.is_final()),
        sign(account.service_is_active()),
        sign(account.usage_is_there()),
        if account.is_canceled() { " canceled" } else { "" }
    )
}

#[tokio::test]
async fn every_account_of_the_contract_is_read() {
    let reader = Reader::start().await;
    let none_done = "plan- billing_address- payment- identity- final- active- usage?";
    for (name, expected) in [
        ("nothing", none_done),
        ("plan-requested-only", none_done),
        (
            "plan-accepted-only",
            "plan+ billing_address- payment- identity- final- active- usage-",
        ),
        (
            "accepted-and-billing",
            "plan+ billing_address+ payment- identity+ final- active- usage-",
        ),
        (
            "accepted-and-payment",
            "plan+ billing_address- payment+ identity+ final- active- usage-",
        ),
        (
            "all-but-identity",
            "plan+ billing_address+ payment+ identity- final- active- usage-",
        ),
        (
            "all-steps-not-finalized",
            "plan+ billing_address+ payment+ identity+ final- active- usage-",
        ),
        (
            "billing-and-payment-before-plan",
            "plan- billing_address+ payment+ identity+ final- active- usage?",
        ),
        (
            "finalized-not-active",
            "plan+ billing_address+ payment+ identity+ final+ active- usage-",
        ),
        (
            "active-without-usage-history",
            "plan+ billing_address+ payment+ identity+ final+ active+ usage-",
        ),
        (
            "active-with-usage-history",
            "plan+ billing_address+ payment+ identity+ final+ active+ usage+",
        ),
        (
            "active-usage-history-in-enrollment",
            "plan+ billing_address+ payment+ identity+ final+ active+ usage-",
        ),
        (
            "enrollment-missing",
            "plan? billing_address? payment? identity? final? active- usage-",
        ),
        (
            "location-canceled",
            "plan+ billing_address+ payment+ identity+ final? active- usage- canceled",
        ),
        // The old place is active, the new one is not: the account's own flags may be of either.
        (
            "two-locations-old-active",
            "plan+ billing_address? payment? identity? final? active- usage-",
        ),
    ] {
        assert_eq!(
            said(&reader.told(&fixture(&format!("account-{name}"))).await),
            expected,
            "{name}"
        );
    }
}

#[tokio::test]
async fn trap_06_what_is_absent_or_null_is_unknown_and_not_false() {
    let reader = Reader::start().await;
    let unknown = "plan? billing_address? payment? identity? final? active? usage?";
    for body in [
        json!({}),
        json!({ "enrollment": null, "locations": null }),
        json!({ "enrollment": {}, "locations": [] }),
    ] {
        assert_eq!(said(&reader.told(&body).await), unknown, "{body}");
    }
    for (flag, expected) in [
        (
            "has_accepted_plan",
            "plan? billing_address- payment- identity- final- active- usage?",
        ),
        (
            "is_billing_address_confirmed",
            "plan- billing_address? payment- identity- final- active- usage?",
        ),
        (
            "has_payment_method",
            "plan- billing_address- payment? identity- final- active- usage?",
        ),
        (
            "is_identity_verified",
            "plan- billing_address- payment- identity? final- active- usage?",
        ),
        (
            "is_enrollment_finalized",
            "plan- billing_address- payment- identity- final? active- usage?",
        ),
        (
            "is_service_active",
            "plan- billing_address- payment- identity- final- active? usage?",
        ),
    ] {
        let mut body = fixture("account-nothing");
        body["enrollment"].as_object_mut().unwrap().remove(flag);
        assert_eq!(said(&reader.told(&body).await), expected, "{flag}");
    }
}

#[tokio::test]
async fn trap_09_usage_history_is_read_in_either_place_in_both_and_in_neither() {
    let reader = Reader::start().await;
    for (of_account, of_place, expected) in [
        (Value::Null, Value::Null, None),
        (json!(true), Value::Null, Some(true)),
        (Value::Null, json!(true), Some(true)),
        (json!(false), json!(true), Some(true)),
        (json!(true), json!(false), Some(true)),
        (json!(false), json!(false), Some(false)),
    ] {
        let mut body = fixture("account-finalized-not-active");
        body["enrollment"]["has_usage_history"] = of_account;
        body["locations"][0]["has_usage_history"] = of_place;
        let account = reader.told(&body).await;
        assert_eq!(account.usage_is_there(), expected, "{body}");
        assert_eq!(account.service_is_active(), Some(false), "it may come first");
    }
}

#[tokio::test]
async fn trap_10_there_may_be_no_place_one_or_several() {
    let reader = Reader::start().await;
    for (name, places) in [
        ("account-nothing", 0),
        ("account-plan-accepted-only", 1),
        ("account-two-locations-old-active", 2),
    ] {
        assert_eq!(reader.told(&fixture(name)).await.locations.len(), places, "{name}");
    }
    let both = reader.told(&fixture("account-two-locations-old-active")).await;
    let new = both.place().unwrap();
    assert_eq!(
        new.starts_on,
        Some("2022-03-01".parse().unwrap()),
        "the one being enrolled"
    );
    assert!(!both.speaks_of_one_place());
}

#[tokio::test]
async fn trap_13_a_place_with_a_last_day_is_canceled_whatever_the_flags_say() {
    let reader = Reader::start().await;
    let mut body = fixture("account-location-canceled");
    body["enrollment"]["is_service_active"] = json!(true);
    body["locations"][0]["is_service_active"] = json!(true);
    let account = reader.told(&body).await;
    assert!(account.is_canceled() && account.is_final().is_none());
    // What may be a last day is not passed over.
    body["locations"][0]["final_service_date"] = json!("soon");
    assert_eq!(reader.fails(&body).await, Unavailable::Failing);
}

#[tokio::test]
async fn trap_43_ids_are_opaque_and_what_may_be_missing_may_be() {
    let reader = Reader::start().await;
    let whole = fixture("account-plan-accepted-only");
    let flags = said(&reader.told(&whole).await);
    for missing in ["account_number", "phone_number", "created_at", "app", "uuid", "email"] {
        let (mut absent, mut null) = (whole.clone(), whole.clone());
        absent.as_object_mut().unwrap().remove(missing);
        null[missing] = Value::Null;
        assert_eq!(said(&reader.told(&absent).await), flags, "{missing}");
        assert_eq!(said(&reader.told(&null).await), flags, "{missing}");
    }
    for missing in [
        "address_2",
        "plan_name",
        "plan_uuid",
        "estimated_next_reading_date",
        "utility_number",
        "uuid",
    ] {
        let (mut absent, mut null) = (whole.clone(), whole.clone());
        absent["locations"][0].as_object_mut().unwrap().remove(missing);
        null["locations"][0][missing] = Value::Null;
        for body in [absent, null] {
            let view = reader.view(&body).await;
            assert_eq!(said(&view.account), flags, "{missing}");
            assert_eq!(view.locations[0].address.line_1, "123 Main St", "{missing}");
        }
    }
    let mut body = whole.clone();
    body["locations"][0]["uuid"] = json!("no UUID at all");
    body["added"] = json!({ "since": [1.5, null] });
    body["locations"][0]["added"] = json!("since");
    let view = reader.view(&body).await;
    assert_eq!(view.locations[0].uuid, "no UUID at all");
}

#[tokio::test]
async fn an_answer_that_cannot_be_relied_on_is_none() {
    let reader = Reader::start().await;
    let mut of_another = fixture("account-nothing");
    of_another["uuid"] = json!("00000000-0000-4000-8000-000000000002");
    let mut no_flag = fixture("account-nothing");
    no_flag["enrollment"]["is_enrollment_finalized"] = json!("yes");
    let mut no_list = fixture("account-nothing");
    no_list["locations"] = json!({});
    for body in [of_another, no_flag, no_list, json!([]), Value::Null] {
        assert_eq!(reader.fails(&body).await, Unavailable::Failing, "{body}");
    }
}

#[tokio::test]
async fn trap_38_a_utility_number_that_became_a_number_is_shown_to_nobody_and_hides_no_flag() {
    let stub = Stub::start().await;
    let body = fixture("account-finalized-not-active").to_string();
    let body = body.replace("\"55512345671234567\"", "1008901000000000000003");
    stub.on(LOOK, 200, body);
    let client = stub.client();
    let Snapshot::Light(Some(told)) = client.read_status(&account()).await.unwrap() else {
        panic!("known");
    };
    assert_eq!(told.is_final(), Some(true));
    let view = client.view_enrollment(&account()).await;
    assert!(matches!(view, Err(EnrollError::Unavailable(_))), "{view:?}");
}

#[tokio::test]
async fn a_customer_sees_where_and_which_plan() {
    let reader = Reader::start().await;
    let view = reader.view(&fixture("account-two-locations-old-active")).await;
    let [old, new] = view.locations.as_slice() else {
        panic!("two places");
    };
    assert_eq!(old.uuid, "00000000-0000-4000-8000-000000000011");
    assert_eq!(old.address.line_2.as_deref(), Some("Apt 1"));
    assert_eq!(old.utility_number.as_deref(), Some("55512345671234567"));
    assert_eq!(old.plan.as_deref(), Some("Example 12"));
    assert_eq!((new.address.line_2.as_deref(), new.is_canceled), (None, false));
    assert_eq!(new.starts_on, Some("2022-03-01".parse().unwrap()));
}
