use serde_json::json;

use super::*;
use crate::testing::{self, Wire};

const KEY: &str = "an invented key of 32 bytes long";

fn name(kind: SecretKind) -> SecretName {
    SecretName {
        kind,
        parameter: format!("/rekindle/{}", kind.variable().to_lowercase()),
    }
}

fn parameter(kind: SecretKind, value: &str) -> serde_json::Value {
    json!({"Name": name(kind).parameter, "Type": "SecureString", "Value": value})
}

async fn load(
    kinds: &[SecretKind],
    parameters: &[serde_json::Value],
    invalid: &[String],
) -> (Result<Secrets, SecretsError>, Vec<testing::Asked>) {
    let wire = Wire::new(vec![testing::json(
        &json!({"Parameters": parameters, "InvalidParameters": invalid}),
    )]);
    let names: Vec<SecretName> = kinds.iter().copied().map(name).collect();
    let loaded = Secrets::load(&wire.clients().ssm(), &names).await;
    (loaded, wire.asked())
}

#[tokio::test]
async fn all_secrets_come_with_one_call_and_are_decrypted() {
    let kinds = [SecretKind::IdentityKey, SecretKind::Webhook, SecretKind::WebhookNext];
    // SSM answers in an order of its own.
    let parameters = [
        parameter(SecretKind::WebhookNext, "the next secret header"),
        parameter(SecretKind::IdentityKey, KEY),
        parameter(SecretKind::Webhook, "the secret header now"),
    ];
    let (loaded, asked) = load(&kinds, &parameters, &[]).await;
    let secrets = loaded.unwrap();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].header("x-amz-target"), Some("AmazonSSM.GetParameters"));
    assert_eq!(
        asked[0].json(),
        json!({
            "Names": [
                "/rekindle/identity_key_parameter",
                "/rekindle/webhook_secret_next_parameter",
                "/rekindle/webhook_secret_parameter",
            ],
            "WithDecryption": true,
        })
    );
    let exposed = |kind| secrets.get(kind).unwrap().expose();
    assert_eq!(exposed(SecretKind::Webhook), "the secret header now");
    assert_eq!(exposed(SecretKind::WebhookNext), "the next secret header");
    let id_key = secrets.id_key().unwrap();
    assert_eq!(id_key.derive("x"), IdKey::new(KEY).unwrap().derive("x"));
    let shown = format!("{secrets:?}");
    assert!(!shown.contains("secret header") && shown.contains("hidden"), "{shown}");
    assert!(matches!(
        secrets.get(SecretKind::LeapApiKey),
        Err(SecretsError::NotConfigured(SecretKind::LeapApiKey))
    ));
}

#[tokio::test]
async fn an_optional_secret_may_be_absent_and_others_are_named() {
    let kinds = [SecretKind::Webhook, SecretKind::WebhookNext];
    let current = parameter(SecretKind::Webhook, "the secret header now");
    let (loaded, _) = load(&kinds, &[current], &[name(SecretKind::WebhookNext).parameter]).await;
    let secrets = loaded.unwrap();
    assert!(secrets.find(SecretKind::WebhookNext).is_none());
    let invalid: Vec<String> = kinds.iter().map(|kind| name(*kind).parameter).collect();
    let (loaded, _) = load(&kinds, &[], &invalid).await;
    let error = loaded.unwrap_err().to_string();
    assert_eq!(
        error,
        "there is no parameter /rekindle/webhook_secret_parameter (WEBHOOK_SECRET_PARAMETER); create it as a SecureString"
    );
}

#[tokio::test]
async fn a_secret_that_cannot_be_right_is_named_and_not_shown() {
    let kinds = [
        SecretKind::IdentityKey,
        SecretKind::ApiToken,
        SecretKind::ApiTokenNext,
        SecretKind::LeapApiKey,
    ];
    let parameters = [
        parameter(SecretKind::IdentityKey, "fifteen letters"),
        parameter(SecretKind::ApiToken, "long enough, but with a break\n"),
        parameter(SecretKind::ApiTokenNext, "short"),
        parameter(SecretKind::LeapApiKey, "k"),
    ];
    let (loaded, _) = load(&kinds, &parameters, &[]).await;
    let error = loaded.unwrap_err().to_string();
    for told in [
        "/rekindle/identity_key_parameter (IDENTITY_KEY_PARAMETER) must have at least 16 characters",
        "/rekindle/api_token_parameter (API_TOKEN_PARAMETER) begins or ends with white space",
        "/rekindle/api_token_next_parameter (API_TOKEN_NEXT_PARAMETER) must have at least 16 characters",
    ] {
        assert!(error.contains(told), "{error}");
    }
    assert!(
        !error.contains("LEAP") && !error.contains("fifteen") && !error.contains("short"),
        "{error}"
    );
}

#[tokio::test]
async fn more_names_than_one_call_takes_are_read_in_two() {
    let names: Vec<SecretName> = (0..11)
        .map(|n| SecretName {
            kind: SecretKind::WebhookNext,
            parameter: format!("/p/{n}"),
        })
        .collect();
    let empty = || testing::json(&json!({"Parameters": []}));
    let wire = Wire::new(vec![empty(), empty()]);
    Secrets::load(&wire.clients().ssm(), &names).await.unwrap();
    let counts: Vec<usize> = wire
        .asked()
        .iter()
        .map(|asked| asked.json()["Names"].as_array().unwrap().len())
        .collect();
    assert_eq!(counts, [10, 1]);
}

#[tokio::test]
async fn a_refusal_says_what_the_function_needs() {
    let wire = Wire::new(vec![testing::refused(400, "AccessDeniedException", "no")]);
    let error = Secrets::load(&wire.clients().ssm(), &[name(SecretKind::Webhook)])
        .await
        .unwrap_err();
    assert!(error.to_string().contains("ssm:GetParameters"), "{error}");
    let source = core::error::Error::source(&error).unwrap().to_string();
    assert_eq!(source, "refused with AccessDeniedException (400)");
}
