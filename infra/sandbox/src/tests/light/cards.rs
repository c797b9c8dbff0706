//! Stripe's stand-in: its script, its card form, its test cards.

use serde_json::{Value, json};

use super::{Story, call};

/// A story with an account, and the client secret of its payment session.
async fn session() -> (Story, String, String) {
    let story = Story::start(1).await;
    let account = story.account();
    let (status, session) = story.post(&account, "/billing/payment-session", json!({})).await;
    assert_eq!(status, 200, "{session}");
    let secret = session["client_secret"].as_str().unwrap().to_owned();
    (story, account, secret)
}

fn card(number: &str, expiry: &str, cvc: &str, postal_code: &str) -> Value {
    json!({"number": number, "expiry": expiry, "cvc": cvc, "postal_code": postal_code})
}

fn good(number: &str) -> Value {
    card(number, "12 / 34", "123", "75201")
}

async fn confirm(story: &Story, secret: &str, card: Value, locale: &str) -> (u16, Value) {
    let id = secret.split("_secret_").next().unwrap();
    let path = story.url(&format!("/stripe/v1/setup_intents/{id}/confirm"));
    let key = "pk_test_sandbox";
    let body = json!({"key": key, "client_secret": secret, "locale": locale, "card": card});
    call(story.http.post(path).json(&body)).await
}

#[tokio::test]
async fn a_card_that_works_becomes_the_accounts_payment_method() {
    let (story, account, secret) = session().await;
    let (status, intent) = confirm(&story, &secret, good("4242 4242 4242 4242"), "en").await;
    assert_eq!((status, &intent["status"]), (200, &json!("succeeded")));
    let (_, again) = confirm(&story, &secret, good("5555555555554444"), "en").await;
    assert_eq!(again, intent, "an intent that has its card keeps it");
    // Before Light is told, the payment method is missing.
    assert_eq!(story.read(&account).await["enrollment"]["has_payment_method"], false);
    let method = json!({"payment_method_id": intent["payment_method"]});
    let path = "/billing/ensure-payment-method-added";
    let other = story.sandbox.create_account("Bo", "Example", "bo@example.com");
    assert_eq!(story.post(&other, path, method.clone()).await.0, 422);
    assert_eq!(
        story.post(&account, path, json!({"payment_method_id": "pm_0"})).await.0,
        422
    );
    assert_eq!(story.post(&account, path, method).await.0, 200);
    assert_eq!(story.read(&account).await["enrollment"]["has_payment_method"], true);
    let (_, kept) = story.get(&account, "/billing/payment-method").await;
    assert_eq!(
        kept,
        json!({
            "type": "STRIPE_CARD",
            "card_brand": "visa",
            "card_last4": "4242",
            "card_exp_month": 12,
            "card_exp_year": 2034,
            "card_postal_code": "75201",
        })
    );
}

#[tokio::test]
async fn each_test_card_has_its_answer_in_the_elements_language() {
    let (story, _, secret) = session().await;
    for (number, code, decline_code, spanish) in [
        (
            "4000000000000002",
            "card_declined",
            "generic_decline",
            "Se rechazó tu tarjeta.",
        ),
        (
            "4000000000009995",
            "card_declined",
            "insufficient_funds",
            "Tu tarjeta no tiene fondos suficientes.",
        ),
        ("4000000000000069", "expired_card", "expired_card", "Tu tarjeta venció."),
        (
            "4000000000000127",
            "incorrect_cvc",
            "incorrect_cvc",
            "El código de seguridad de tu tarjeta es incorrecto.",
        ),
        (
            "4000000000000119",
            "processing_error",
            "processing_error",
            "Ocurrió un error al procesar tu tarjeta. Inténtalo de nuevo en un momento.",
        ),
    ] {
        let (status, answer) = confirm(&story, &secret, good(number), "en").await;
        let error = &answer["error"];
        assert_eq!(status, 402);
        assert_eq!(
            [&error["type"], &error["code"], &error["decline_code"]],
            ["card_error", code, decline_code]
        );
        assert!(error["message"].as_str().unwrap().is_ascii(), "{error}");
        let (_, answer) = confirm(&story, &secret, good(number), "es-419").await;
        assert_eq!(answer["error"]["message"], spanish);
    }
    assert_eq!(confirm(&story, &secret, good("4242424242424242"), "es").await.0, 200);
}

#[tokio::test]
async fn what_cannot_be_a_card_is_told_by_its_field() {
    let (story, _, secret) = session().await;
    let number = "4242424242424242";
    // The story is told in July 2026.
    for (card, code, param) in [
        (card("", "", "", ""), "incomplete_number", "number"),
        (card("4242", "12/34", "123", "75201"), "incomplete_number", "number"),
        (
            card("4242424242424241", "12/34", "123", "75201"),
            "invalid_number",
            "number",
        ),
        (
            card("42424242424242424", "12/34", "123", "75201"),
            "invalid_number",
            "number",
        ),
        (card(number, "1", "123", "75201"), "incomplete_expiry", "expiry"),
        (card(number, "13/34", "123", "75201"), "invalid_expiry_month", "expiry"),
        (
            card(number, "06/26", "123", "75201"),
            "invalid_expiry_month_past",
            "expiry",
        ),
        (
            card(number, "12/2025", "123", "75201"),
            "invalid_expiry_year_past",
            "expiry",
        ),
        (card(number, "07/26", "12", "75201"), "incomplete_cvc", "cvc"),
        (card(number, "07/26", "123", "7520"), "incomplete_zip", "postal_code"),
    ] {
        let (status, answer) = confirm(&story, &secret, card.clone(), "en").await;
        let error = &answer["error"];
        assert_eq!(status, 402, "{card}");
        assert_eq!(
            [&error["type"], &error["code"], &error["param"]],
            ["validation_error", code, param],
            "{card}"
        );
        let check = story.http.post(story.url("/stripe/v1/cards/check"));
        let (_, checked) = call(check.json(&json!({"card": card}))).await;
        assert_eq!(checked, answer, "{card}");
    }
    let amex = card("378282246310005", "07/26", "1234", "75201");
    assert_eq!(confirm(&story, &secret, amex, "en").await.0, 200);
}

#[tokio::test]
async fn an_intent_needs_its_own_secret_and_the_key() {
    let (story, _, secret) = session().await;
    let (id, _) = secret.split_once("_secret_").unwrap();
    let (status, answer) = confirm(&story, &format!("{id}_secret_0"), good("4242424242424242"), "en").await;
    assert_eq!(
        (status, &answer["error"]["type"]),
        (404, &json!("invalid_request_error"))
    );
    let path = story.url(&format!("/stripe/v1/setup_intents/{id}/confirm"));
    let keyless = story.http.post(path).json(&json!({"client_secret": secret}));
    assert_eq!(call(keyless).await.0, 401);
}

#[tokio::test]
async fn any_page_may_load_the_script_and_frame_the_form() {
    let story = Story::start(1).await;
    let script = story.http.get(story.url("/stripe/v3/")).send().await.unwrap();
    assert_eq!(script.headers()["content-type"], "text/javascript; charset=utf-8");
    assert_eq!(script.headers()["access-control-allow-origin"], "*");
    assert_eq!(script.headers()["cross-origin-resource-policy"], "cross-origin");
    assert!(script.text().await.unwrap().contains("window.Stripe = "));
    let form = story.http.get(story.url("/stripe/element")).send().await.unwrap();
    assert!(form.headers().get("x-frame-options").is_none());
    let policy = form.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(
        policy.contains("frame-ancestors *") && policy.contains("connect-src 'self'"),
        "{policy}"
    );
    assert!(form.text().await.unwrap().contains("autocomplete=\"cc-number\""));
    let preflight = story
        .http
        .request(reqwest::Method::OPTIONS, story.url("/stripe/v1/cards/check"));
    let preflight = preflight.send().await.unwrap();
    assert_eq!(preflight.status(), 204);
    assert_eq!(
        preflight.headers()["access-control-allow-headers"],
        "authorization, content-type"
    );
}
