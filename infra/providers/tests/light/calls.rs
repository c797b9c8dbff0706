//! Which calls are made, with which token.

use std::num::NonZeroU32;

use jiff::SignedDuration;
use journey::Unavailable;
use journey::port::{Enroll, EnrollError, ProviderError};
use journey::status::Snapshot;
use providers::light::LightConfig;

use crate::stub::{APP_TOKEN, Hand, LOGIN, LOOK, MINT, Stub, account, fixture, text};

const UNAUTHORIZED: &str = r#"{"error":"the token is over"}"#;

fn minted() -> String {
    format!("{MINT} {APP_TOKEN}")
}

fn looked(token: &str) -> String {
    format!("{LOOK} {token}")
}

#[tokio::test]
async fn trap_16_each_status_check_mints_a_token_of_its_own() {
    let stub = Stub::start().await;
    stub.on(LOOK, 200, text("account-nothing"));
    let client = stub.client();
    client.view_enrollment(&account()).await.unwrap();
    assert_eq!(stub.asked(), [minted(), looked("token-1")]);
    for token in ["token-2", "token-3"] {
        client.read_status(&account()).await.unwrap();
        assert_eq!(stub.asked(), [minted(), looked(token)]);
    }
    client.view_enrollment(&account()).await.unwrap();
    assert_eq!(stub.asked(), [looked("token-1")], "the customer's own is left alone");
}

#[tokio::test]
async fn trap_16_a_check_that_fails_says_so() {
    for (on, status, why) in [
        (MINT, 401, Unavailable::Unauthorized),
        (MINT, 403, Unavailable::Unauthorized),
        (MINT, 500, Unavailable::Failing),
        (MINT, 429, Unavailable::RateLimited),
        (LOOK, 403, Unavailable::Unauthorized),
        (LOOK, 400, Unavailable::Failing),
        (LOOK, 302, Unavailable::Failing),
        (LOOK, 503, Unavailable::Failing),
        (LOOK, 429, Unavailable::RateLimited),
    ] {
        let stub = Stub::start().await;
        stub.on(LOOK, 200, text("account-nothing"));
        stub.only(on, status, "{}");
        let error = stub.client().read_status(&account()).await.unwrap_err();
        assert_eq!(error.why, why, "{on} {status}");
    }
    let stub = Stub::start().await;
    stub.only(MINT, 200, "{}");
    let error = stub.client().read_status(&account()).await.unwrap_err();
    assert_eq!(error.why, Unavailable::Failing, "no token");
}

#[tokio::test]
async fn trap_29_a_token_is_used_until_five_minutes_before_its_end() {
    let stub = Stub::start().await;
    stub.on(LOOK, 200, text("account-nothing"));
    let hand = Hand::new();
    let client = stub.client_with(&stub.config(), &hand);
    client.view_enrollment(&account()).await.unwrap();
    hand.pass(SignedDuration::from_secs(55 * 60 - 1));
    client.clone().view_enrollment(&account()).await.unwrap();
    assert_eq!(stub.asked(), [minted(), looked("token-1"), looked("token-1")]);
    hand.pass(SignedDuration::from_secs(1));
    // Its own end is over by now, so that it is used once and not kept.
    stub.only(MINT, 200, fixture("app-account-token.response").to_string());
    client.view_enrollment(&account()).await.unwrap();
    client.view_enrollment(&account()).await.unwrap();
    let fresh = looked("EXAMPLE_ACCOUNT_TOKEN");
    assert_eq!(stub.asked(), [minted(), fresh.clone(), minted(), fresh]);
}

#[tokio::test]
async fn trap_29_a_401_mints_once_and_tries_once_more_even_what_is_made_once() {
    let line = "POST /v1/account/billing/ensure-payment-method-added";
    let stub = Stub::start().await;
    stub.on(line, 200, "").on(line, 401, UNAUTHORIZED).on(line, 200, "{}");
    let client = stub.client();
    for _ in 0..2 {
        client
            .ensure_payment_method(&account(), "pm_00000000000001")
            .await
            .unwrap();
    }
    client
        .ensure_payment_method(&account(), "pm_00000000000001")
        .await
        .unwrap();
    let done = |token: &str| format!("{line} {token}");
    assert_eq!(
        stub.asked(),
        [
            minted(),
            done("token-1"),
            done("token-1"),
            minted(),
            done("token-2"),
            done("token-2")
        ]
    );
}

#[tokio::test]
async fn trap_29_a_second_401_is_the_answer() {
    let stub = Stub::start().await;
    stub.on(LOOK, 401, UNAUTHORIZED);
    let client = stub.client();
    let error = client.view_enrollment(&account()).await.unwrap_err();
    assert!(
        matches!(
            &error,
            EnrollError::Unavailable(ProviderError {
                why: Unavailable::Unauthorized,
                ..
            })
        ),
        "{error:?}"
    );
    assert_eq!(stub.asked(), [minted(), looked("token-1"), minted(), looked("token-2")]);
    assert_eq!(
        client.read_status(&account()).await.unwrap_err().why,
        Unavailable::Unauthorized
    );
    assert_eq!(stub.asked(), [minted(), looked("token-3"), minted(), looked("token-4")]);
    // The App's token has no successor.
    stub.only(MINT, 401, UNAUTHORIZED);
    assert_eq!(
        client.read_status(&account()).await.unwrap_err().why,
        Unavailable::Unauthorized
    );
    assert_eq!(stub.asked(), [minted()]);
}

#[tokio::test]
async fn trap_29_an_account_that_is_not_found_is_unknown_and_no_empty_one() {
    for on in [MINT, LOOK] {
        let stub = Stub::start().await;
        stub.only(on, 404, r#"{"error":"not found"}"#);
        let client = stub.client();
        assert_eq!(
            client.read_status(&account()).await.unwrap(),
            Snapshot::Light(None),
            "{on}"
        );
        let view = client.view_enrollment(&account()).await;
        assert!(matches!(view, Err(EnrollError::UnknownAccount)), "{on}: {view:?}");
    }
}

#[tokio::test]
async fn each_click_has_a_login_of_its_own_by_the_apps_token() {
    let stub = Stub::start().await;
    stub.on(LOGIN, 200, text("app-flow-login.response"));
    let client = stub.client();
    let link = "https://flow.light.dev/login?token=6277d9fb7b76832d1fc7545d4ed649d7";
    for _ in 0..2 {
        assert_eq!(client.fresh_link(&account()).await.unwrap().as_deref(), Some(link));
    }
    for one in stub.received() {
        assert_eq!(one.body, fixture("app-flow-login.request"));
    }
    let login = format!("{LOGIN} {APP_TOKEN}");
    assert_eq!(stub.asked(), [login.clone(), login]);
    stub.only(LOGIN, 404, "{}");
    assert_eq!(client.fresh_link(&account()).await.unwrap(), None);
    for (status, body, why) in [
        (200, r#"{"scope":"enrollment"}"#, Unavailable::Failing),
        (401, "{}", Unavailable::Unauthorized),
        (500, "{}", Unavailable::Failing),
    ] {
        stub.only(LOGIN, status, body);
        assert_eq!(client.fresh_link(&account()).await.unwrap_err().why, why, "{status}");
    }
}

#[tokio::test]
async fn customers_at_once_disturb_each_other_in_nothing() {
    let stub = Stub::start().await;
    stub.on(LOOK, 200, text("account-nothing"));
    let client = stub.client();
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..5 {
        let client = client.clone();
        all.spawn(async move { client.view_enrollment(&account()).await.map(drop) });
    }
    while let Some(ended) = all.join_next().await {
        ended.unwrap().unwrap();
    }
    stub.asked();
    client.view_enrollment(&account()).await.unwrap();
    assert_eq!(stub.asked().len(), 1, "one of their tokens is kept");
}

/// Eight calls a minute, six of which may be checks.
fn small(stub: &Stub) -> LightConfig {
    let mut config = stub.config();
    config.calls_per_minute = NonZeroU32::new(8).unwrap();
    config
}

#[tokio::test]
async fn a_check_takes_both_of_its_calls_or_none() {
    let stub = Stub::start().await;
    stub.on(LOOK, 200, text("account-nothing"));
    let hand = Hand::new();
    let client = stub.client_with(&small(&stub), &hand);
    client.view_enrollment(&account()).await.unwrap();
    client.view_enrollment(&account()).await.unwrap();
    client.read_status(&account()).await.unwrap();
    assert_eq!(stub.asked().len(), 5);
    let error = client.read_status(&account()).await.unwrap_err();
    assert_eq!(error.why, Unavailable::BudgetSpent);
    assert_eq!(stub.asked().len(), 0, "no token without the look that it is for");
    client.view_enrollment(&account()).await.unwrap();
    hand.pass(SignedDuration::from_mins(1));
    client.read_status(&account()).await.unwrap();
}

#[tokio::test]
async fn a_herd_of_checks_waits_in_line_two_calls_each() {
    let stub = Stub::start().await;
    stub.on(LOOK, 200, text("account-nothing"));
    let hand = Hand::new();
    let mut config = small(&stub);
    config.waits_in_line = true;
    let client = stub.client_with(&config, &hand);
    let mut herd = tokio::task::JoinSet::new();
    for _ in 0..9 {
        let client = client.clone();
        herd.spawn(async move { client.read_status(&account()).await.map(drop) });
    }
    for done in [3, 6, 9] {
        for _ in 0..3 {
            assert!(herd.join_next().await.unwrap().unwrap().is_ok(), "nobody is put off");
        }
        assert_eq!(stub.received().len(), 2 * done);
        hand.pass(SignedDuration::from_mins(1));
    }
}
