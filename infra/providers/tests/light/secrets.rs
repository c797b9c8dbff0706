//! What no log line, error or `Debug` text may have.

use std::io;
use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use journey::enrollment::{Acceptance, BillingAddress, NewAccount};
use journey::port::{Enroll, OpenAccount, ResetEnrollment};
use providers::light::{LightClient, LightNames};
use serde_json::json;

use crate::stub::{ACCOUNT, APP_TOKEN, Hand, LOGIN, LOOK, MINT, Stub, account, esi_id, text};

const SECRETS: [&str; 10] = [
    APP_TOKEN,
    ACCOUNT,
    "token-",
    "55512345671234567",
    "14.2",
    "seti_0001",
    "pk_test_0001",
    "6277d9fb7b76832d1fc7545d4ed649d7",
    "ada@example.com",
    "Main St",
];

/// What is logged, in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Every question once, and each answer and error in its `Debug` text, but for the link, which is text itself.
async fn everything(client: &LightClient) -> String {
    let me = account();
    let person = NewAccount {
        first_name: "Ada".to_owned(),
        last_name: "Example".to_owned(),
        email: "ada@example.com".to_owned(),
        preliminary_address: None,
    };
    let acceptance = Acceptance {
        esi_id: esi_id(),
        plan: "plan-1".to_owned(),
        starts: "2022-01-01".parse().unwrap(),
    };
    let lines = [
        format!("{client:?}"),
        format!("{:?}", client.read_status(&me).await),
        format!("{:?}", client.fresh_link(&me).await.map(|_| ())),
        format!("{:?}", client.open_account(&person).await),
        format!("{:?}", client.view_enrollment(&me).await),
        format!("{:?}", client.search_address(&me, "123 Main St").await),
        format!("{:?}", client.search_esi_id(&me, &esi_id()).await),
        format!("{:?}", client.request_plans(&me, &esi_id()).await.map(|_| ())),
        format!("{:?}", client.accept_plan(&me, &acceptance).await),
        format!(
            "{:?}",
            client.set_billing_address(&me, &BillingAddress::SameAsService).await
        ),
        format!("{:?}", client.begin_payment(&me).await),
        format!("{:?}", client.ensure_payment_method(&me, "seti_0001").await),
        format!("{:?}", client.monthly_usage(&me, ACCOUNT, 2026).await.map(|_| ())),
        format!("{:?}", client.reset_enrollment(&me).await),
    ];
    lines.join("\n")
}

#[tokio::test]
async fn trap_28_nothing_secret_is_logged_or_shown_whatever_is_answered() {
    let log = Log::default();
    let writer = log.clone();
    // A release has no finer lines.
    let subscriber = tracing_subscriber::fmt()
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .with_max_level(tracing_subscriber::filter::LevelFilter::DEBUG)
        .finish();
    let guard = tracing_subscriber::util::SubscriberInitExt::set_default(subscriber);
    let calls = [
        "POST /v1/app/accounts",
        LOGIN,
        LOOK,
        "POST /v1/account/enroll/address-search",
        "POST /v1/account/enroll/esi-id-search",
        "POST /v1/account/enroll/plans/request",
        "POST /v1/account/enroll/plans/accept",
        "PUT /v1/account/billing/address",
        "POST /v1/account/billing/payment-session",
        "POST /v1/account/billing/ensure-payment-method-added",
        "GET /v1/account/locations/00000000-0000-4000-8000-000000000001/usage/monthly?year=2026",
        "POST /v1/account/sandbox/delete-enrollment",
    ];
    let answers = [
        text("address-search.response.many"),
        text("account-plan-accepted-only"),
        text("plans-request.response").replace("\"14.2\"", "\"14.2 or so\""),
        text("app-flow-login.response"),
        json!({ "error": SECRETS.concat(), "client_secret": "seti_0001", "uuid": ACCOUNT, "key": "pk_test_0001" })
            .to_string(),
        format!("no JSON: {}", SECRETS.concat()),
    ];
    let stub = Stub::start().await;
    let mut config = stub.config();
    config.max_attempts = 1;
    config.names = LightNames {
        client_secret: Some("client_secret".to_owned()),
        stripe_key: Some("key".to_owned()),
        usage_month: Some("month".to_owned()),
        usage_amount: Some("amount".to_owned()),
        ..LightNames::default()
    };
    let mut shown = format!("{config:?}\n");
    let hand = Hand::new();
    let client = stub.client_with(&config, &hand);
    for status in [200, 302, 400, 401, 403, 404, 429, 500] {
        for answer in &answers {
            for call in calls {
                stub.only(call, status, answer.clone());
            }
            shown += &everything(&client).await;
            hand.pass(SignedDuration::from_mins(2));
        }
    }
    stub.only(MINT, 200, json!({ "token": "token-1\n" }).to_string());
    shown += &everything(&stub.client()).await;
    drop(guard);
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("question=\"view_enrollment\""), "it says what failed");
    assert!(logged.contains("names.stripe_key"), "it names the setting");
    for secret in SECRETS {
        assert!(!logged.contains(secret), "{secret} in the log");
        assert!(!shown.contains(secret), "{secret} in a text");
    }
}
