use super::*;

/// Every variable that any function reads, and a value that is right.
const RIGHT: [(&str, &str); 29] = [
    ("STACK_NAME", "rekindle"),
    ("TABLE_NAME", "rekindle-table"),
    ("SCHEDULE_GROUP", "rekindle"),
    (
        "SCHEDULE_TARGET_ARN",
        "arn:aws:lambda:us-west-2:123456789012:function:rekindle-touchpoint",
    ),
    ("SCHEDULE_ROLE_ARN", "arn:aws:iam::123456789012:role/rekindle-schedules"),
    (
        "SCHEDULE_DLQ_ARN",
        "arn:aws:sqs:us-west-2:123456789012:rekindle-schedules",
    ),
    ("IDENTITY_KEY_PARAMETER", "/rekindle/identity-key"),
    ("WEBHOOK_SECRET_PARAMETER", "/rekindle/webhook-secret"),
    ("WEBHOOK_SECRET_NEXT_PARAMETER", "/rekindle/webhook-secret-next"),
    ("API_TOKEN_PARAMETER", "/rekindle/api-token"),
    ("API_TOKEN_NEXT_PARAMETER", ""),
    ("LEAP_API_KEY_PARAMETER", "/rekindle/leap-api-key"),
    ("ANNOUNCE_SECRET_PARAMETER", "/rekindle/announce-secret"),
    ("WEBHOOK_HEADER", "X-Partner-Key"),
    ("RESERVED_PREFIXES", "crm-, test-"),
    ("BILLS_BUCKET", "rekindle-bills"),
    ("PUBLIC_URL", "https://remind.example.com/"),
    ("LEAP_BASE_URL", "https://leap.example.com"),
    ("LEAP_CALLS_PER_MINUTE", "60"),
    ("LEAP_PAGE_SIZE", "100"),
    ("CONFIGURATION_SET", "rekindle"),
    ("SMS_ORIGINATION_NUMBER", "+18335550100"),
    ("SMS_MAX_PRICE", "0.05"),
    ("ANSWER_HELP", "yes"),
    ("TEST_RECIPIENTS", "qa@example.com, +12025550123"),
    ("ACCOUNT_ID", "123456789012"),
    ("TOUCHPOINT_FUNCTION", "rekindle-touchpoint"),
    ("EVENT_BUS_NAME", "rekindle"),
    ("ANNOUNCE_URL", "https://partner.example.com/hooks"),
];

fn right() -> Environment {
    RIGHT.into_iter().collect()
}

fn with(name: &str, value: &str) -> Environment {
    RIGHT.into_iter().chain([(name, value)]).collect()
}

/// Light's variables, and values that are right.
const LIGHT: [(&str, &str); 14] = [
    ("LIGHT_BASE_URL", "https://api.light.dev/v1"),
    ("LIGHT_ENVIRONMENT", "live"),
    ("LIGHT_CALLS_PER_MINUTE", "60"),
    ("LIGHT_APP_TOKEN_PARAMETER", "/rekindle/light-app-token"),
    (
        "LIGHT_NAMES",
        r#"{"client_secret": "secret", "stripe_key": "stripe.key"}"#,
    ),
    ("LIGHT_WEBHOOK_SECRET_PARAMETER", "/rekindle/light-webhook-secret"),
    ("LIGHT_SIGNATURE_HEADER", "Light-Signature"),
    ("LIGHT_SIGNATURE_HASH", "sha512"),
    ("LIGHT_SIGNATURE_ENCODING", "base64"),
    ("LIGHT_SIGNATURE_PREFIX", "sha512="),
    ("LIGHT_TYPE_FIELD", "type"),
    ("LIGHT_ACCOUNT_FIELD", "data.account"),
    ("LIGHT_FLOW", "hosted"),
    ("ALLOWED_ORIGINS", "https://app.example.com, http://127.0.0.1:3000"),
];

fn with_light() -> Environment {
    RIGHT.into_iter().chain(LIGHT).collect()
}

/// With Light, but one variable is this.
fn with_light_but(name: &str, value: &str) -> Environment {
    RIGHT.into_iter().chain(LIGHT).chain([(name, value)]).collect()
}

/// Reads every configuration: whether it is right, or the names of what is not.
fn read_all(environment: &Environment) -> Vec<(&'static str, Result<(), Vec<String>>)> {
    fn told<T>(read: Result<T, ConfigError>) -> Result<(), Vec<String>> {
        let name = |problem: &String| problem.split(' ').next().unwrap().to_owned();
        read.map(drop)
            .map_err(|error| error.problems().iter().map(name).collect())
    }
    vec![
        ("webhook", told(WebhookConfig::read(environment))),
        ("touchpoint", told(TouchpointConfig::read(environment))),
        ("reconcile", told(ReconcileConfig::read(environment))),
        ("meter-check", told(MeterCheckConfig::read(environment))),
        ("feedback", told(FeedbackConfig::read(environment))),
        ("contacts", told(ContactsConfig::read(environment))),
        ("pages", told(PagesConfig::read(environment))),
        ("enroll", told(EnrollConfig::read(environment))),
        ("announce", told(AnnounceConfig::read(environment))),
    ]
}

#[test]
fn every_function_reads_what_is_right() {
    for (function, read) in read_all(&right()) {
        // There is no such function without Light.
        if function != "enroll" {
            assert_eq!(read, Ok(()), "{function}");
        }
    }
    for (function, read) in read_all(&with_light()) {
        assert_eq!(read, Ok(()), "{function}, with Light");
    }
    let webhook = WebhookConfig::read(&right()).unwrap();
    assert_eq!(webhook.header, "x-partner-key");
    assert_eq!(webhook.reserved_prefixes, ["crm-", "test-"]);
    let kinds: Vec<_> = webhook.secrets.iter().map(|secret| secret.kind).collect();
    assert_eq!(
        kinds,
        [SecretKind::IdentityKey, SecretKind::Webhook, SecretKind::WebhookNext]
    );
    assert_eq!(webhook.secrets[1].parameter, "/rekindle/webhook-secret");
    let touchpoint = TouchpointConfig::read(&right()).unwrap();
    assert_eq!(touchpoint.public_url, "https://remind.example.com");
    assert_eq!(touchpoint.leap.calls_per_minute.get(), 60);
    assert_eq!(touchpoint.leap.page_size, 100);
    let texts = touchpoint.texts.unwrap();
    assert_eq!(
        (texts.origination_number.as_str(), texts.max_price.as_str()),
        ("+18335550100", "0.05")
    );
    let feedback = FeedbackConfig::read(&right()).unwrap();
    assert!(feedback.answers_help && feedback.texts.is_some());
    assert!(!FeedbackConfig::read(&with("ANSWER_HELP", "no")).unwrap().answers_help);
    assert!(FeedbackConfig::read(&with("ANSWER_HELP", "AWS")).is_err());
    let contacts = ContactsConfig::read(&right()).unwrap();
    let kinds: Vec<_> = contacts.secrets.iter().map(|secret| secret.kind).collect();
    assert_eq!(kinds, [SecretKind::IdentityKey, SecretKind::ApiToken]);
    assert_eq!(contacts.bayou, None);
}

#[test]
fn contacts_is_told_of_bayou_only_where_bills_are_handed_over() {
    let mut variables = vec![
        ("BAYOU_BASE_URL", "https://bayou.energy/api/v2"),
        ("BAYOU_CALLS_PER_MINUTE", "60"),
        ("BAYOU_API_KEY_PARAMETER", "/rekindle/bayou-api-key"),
    ];
    let read = |variables: &[(&str, &str)]| {
        let environment = RIGHT.into_iter().chain(variables.iter().copied());
        ContactsConfig::read(&environment.collect())
    };
    let has_key = |config: &ContactsConfig| {
        config
            .secrets
            .iter()
            .any(|secret| secret.kind == SecretKind::BayouApiKey)
    };
    let without = read(&variables).unwrap();
    assert!(without.bayou.is_none() && !has_key(&without));
    variables.push(("BAYOU_BILLS", r#"{"encoding":"multipart"}"#));
    let with = read(&variables).unwrap();
    assert!(has_key(&with));
    assert_eq!(with.bayou.unwrap().form, r#"{"encoding":"multipart"}"#);
    assert!(read(&[("BAYOU_BILLS", "multipart")]).is_err());
}

#[test]
fn light_is_read_where_it_is_there() {
    let enroll = EnrollConfig::read(&with_light()).unwrap();
    assert_eq!(enroll.light.environment, LightEnvironment::Live);
    assert_eq!(
        (enroll.light.names.as_str(), enroll.light.refusals.as_str()),
        (LIGHT[4].1, "{}")
    );
    assert_eq!(enroll.origins, ["https://app.example.com", "http://127.0.0.1:3000"]);
    assert_eq!(enroll.stripe_js, None);
    let pages = PagesConfig::read(&with_light()).unwrap();
    assert_eq!(
        (pages.light, pages.flow),
        (Some(enroll.light.clone()), LightFlow::Hosted)
    );
    let light = WebhookConfig::read(&with_light()).unwrap().light.unwrap();
    assert_eq!(light.header, "light-signature");
    assert_eq!(
        (light.hash, light.encoding),
        (SignatureHash::Sha512, SignatureEncoding::Base64)
    );
    assert_eq!(
        (light.prefix.as_str(), light.account_field.as_str()),
        ("sha512=", "data.account")
    );
    assert_eq!(light.id_field, None);
    let has_token = |secrets: &SecretNames| secrets.iter().any(|secret| secret.kind == SecretKind::LightAppToken);
    let asks = |environment: &Environment| {
        [
            has_token(&TouchpointConfig::read(environment).unwrap().secrets),
            has_token(&MeterCheckConfig::read(environment).unwrap().secrets),
            has_token(&ContactsConfig::read(environment).unwrap().secrets),
            has_token(&PagesConfig::read(environment).unwrap().secrets),
        ]
    };
    assert_eq!(asks(&with_light()), [true; 4]);
    assert_eq!(asks(&right()), [false; 4], "without Light nothing of it is asked for");
    assert_eq!(WebhookConfig::read(&right()).unwrap().light, None);
}

#[test]
fn trap_25_a_signature_of_light_s_that_is_not_configured_whole_stops_the_start() {
    for name in [
        "LIGHT_SIGNATURE_HEADER",
        "LIGHT_SIGNATURE_HASH",
        "LIGHT_SIGNATURE_ENCODING",
        "LIGHT_TYPE_FIELD",
        "LIGHT_ACCOUNT_FIELD",
    ] {
        let error = WebhookConfig::read(&with_light_but(name, "")).unwrap_err();
        assert_eq!(error.problems().len(), 1, "{error}");
        assert!(
            error.problems()[0].starts_with(&format!("{name} is not set")),
            "{error}"
        );
    }
    let unsigned = WebhookConfig::read(&with_light_but("LIGHT_WEBHOOK_SECRET_PARAMETER", "")).unwrap();
    assert_eq!(unsigned.light, None, "then there are no webhooks of Light's at all");
}

#[test]
fn a_wrong_value_of_light_s_is_named() {
    for (name, wrong, right) in [
        ("LIGHT_BASE_URL", "http://api.light.dev/v1", "https URL"),
        ("LIGHT_ENVIRONMENT", "production", "sandbox or live"),
        ("LIGHT_CALLS_PER_MINUTE", "0", "at least 1"),
        ("LIGHT_NAMES", "client_secret", "JSON object"),
        ("LIGHT_REFUSALS", "[]", "JSON object"),
        ("LIGHT_APP_TOKEN_PARAMETER", "a secret value!", "not the secret itself"),
        ("LIGHT_SIGNATURE_HEADER", "a header", "dashboard"),
        ("LIGHT_SIGNATURE_HASH", "md5", "sha256 or sha512"),
        ("LIGHT_SIGNATURE_ENCODING", "base32", "hex or base64"),
        ("LIGHT_SIGNATURE_PREFIX", "a b", "sha256="),
        ("LIGHT_TYPE_FIELD", ".type", "dots between"),
        ("LIGHT_ACCOUNT_FIELD", "data..account", "dots between"),
        ("LIGHT_ID_FIELD", "the id", "dots between"),
        ("LIGHT_FLOW", "theirs", "own or hosted"),
        ("STRIPE_JS", "stripe.example.com", "https URL"),
        ("ALLOWED_ORIGINS", "https://app.example.com/", "scheme and host alone"),
        ("ALLOWED_ORIGINS", "https://app.example.com,,", "scheme and host alone"),
    ] {
        let told: Vec<String> = [
            EnrollConfig::read(&with_light_but(name, wrong)).err(),
            PagesConfig::read(&with_light_but(name, wrong)).err(),
            WebhookConfig::read(&with_light_but(name, wrong)).err(),
        ]
        .into_iter()
        .flatten()
        .map(|error| error.to_string())
        .collect();
        assert!(!told.is_empty(), "{name} = {wrong}");
        for text in told {
            let says = format!("{name} is not right; it must be");
            assert!(text.contains(&says) && text.contains(right), "{text}");
            assert!(!text.contains(wrong), "{text}");
        }
    }
}

#[test]
fn each_function_names_all_that_it_misses_and_nothing_else() {
    const SCHEDULES: [&str; 4] = [
        "SCHEDULE_GROUP",
        "SCHEDULE_TARGET_ARN",
        "SCHEDULE_ROLE_ARN",
        "SCHEDULE_DLQ_ARN",
    ];
    const LEAP: [&str; 3] = ["LEAP_API_KEY_PARAMETER", "LEAP_BASE_URL", "LEAP_CALLS_PER_MINUTE"];
    let own: [(&str, &[&str]); 9] = [
        ("webhook", &["WEBHOOK_SECRET_PARAMETER"]),
        ("touchpoint", &["PUBLIC_URL", "CONFIGURATION_SET"]),
        ("reconcile", &["TOUCHPOINT_FUNCTION"]),
        ("meter-check", &[]),
        ("feedback", &["CONFIGURATION_SET", "ACCOUNT_ID"]),
        ("contacts", &["API_TOKEN_PARAMETER", "BILLS_BUCKET", "PUBLIC_URL"]),
        ("pages", &["BILLS_BUCKET", "PUBLIC_URL"]),
        (
            "enroll",
            &[
                "LIGHT_APP_TOKEN_PARAMETER",
                "LIGHT_BASE_URL",
                "LIGHT_CALLS_PER_MINUTE",
                "LIGHT_ENVIRONMENT",
                "PUBLIC_URL",
            ],
        ),
        ("announce", &["EVENT_BUS_NAME", "PUBLIC_URL"]),
    ];
    for ((function, read), (expected, own)) in read_all(&Environment::default()).into_iter().zip(own) {
        assert_eq!(function, expected);
        let mut names = vec!["STACK_NAME", "TABLE_NAME", "IDENTITY_KEY_PARAMETER"];
        if function != "announce" {
            names.extend(SCHEDULES);
        }
        if ["touchpoint", "reconcile", "meter-check"].contains(&function) {
            names.extend(LEAP);
        }
        names.extend(own);
        names.sort_unstable();
        let mut missing = read.unwrap_err();
        missing.sort_unstable();
        assert_eq!(missing, names, "{function}");
    }
}

#[test]
fn a_wrong_value_is_named_with_what_would_be_right_and_not_repeated() {
    for (name, wrong, right) in [
        ("TABLE_NAME", "my table", "the table's name"),
        ("SCHEDULE_TARGET_ARN", "rekindle-touchpoint", "arn:aws:lambda"),
        (
            "SCHEDULE_TARGET_ARN",
            "arn:aws:sqs:us-west-2:123456789012:queue",
            "arn:aws:lambda",
        ),
        ("SCHEDULE_ROLE_ARN", "arn:aws:iam::123456789012:", "arn:aws:iam"),
        ("PUBLIC_URL", "http://pages.example.com", "https URL"),
        ("PUBLIC_URL", "pages.example.com", "https URL"),
        ("LEAP_CALLS_PER_MINUTE", "0", "at least 1"),
        ("LEAP_PAGE_SIZE", "1001", "from 1 to 1000"),
        ("LEAP_API_KEY_PARAMETER", "a secret value!", "not the secret itself"),
        ("CONFIGURATION_SET", "a\nb", "configuration set"),
        ("TOUCHPOINT_FUNCTION", "touchpoint!", "name or the ARN"),
        ("RESERVED_PREFIXES", "crm-,,test-", "at least one character"),
        ("ACCOUNT_ID", "1234", "12 digits"),
        ("SMS_ORIGINATION_NUMBER", "(833) 555-0100", "E.164"),
        ("SMS_ORIGINATION_NUMBER", "2025550123", "E.164"),
        ("SMS_MAX_PRICE", "0.00", "US dollars"),
        ("SMS_MAX_PRICE", "ten cents", "US dollars"),
        ("TEST_RECIPIENTS", "qa@example.com,,", "parted by commas"),
        ("ANNOUNCE_URL", "ftp://partner.example.com", "https URL"),
        ("WEBHOOK_HEADER", "x rekindle", "name of a header"),
        ("API_TOKEN_NEXT_PARAMETER", "a secret value!", "not the secret itself"),
    ] {
        let environment = with(name, wrong);
        let mut told = Vec::new();
        told.extend(WebhookConfig::read(&environment).err());
        told.extend(TouchpointConfig::read(&environment).err());
        told.extend(ReconcileConfig::read(&environment).err());
        told.extend(FeedbackConfig::read(&environment).err());
        told.extend(ContactsConfig::read(&environment).err());
        told.extend(AnnounceConfig::read(&environment).err());
        assert!(!told.is_empty(), "{name} = {wrong}");
        for error in told {
            let text = error.to_string();
            assert!(
                text.contains(&format!("{name} is not right; it must be")) && text.contains(right),
                "{text}"
            );
            assert!(!text.contains(wrong), "{text}");
            assert_eq!(error.problems().len(), 1, "{text}");
        }
    }
}

#[test]
fn optional_variables_have_defaults() {
    let optional = [
        "WEBHOOK_SECRET_NEXT_PARAMETER",
        "WEBHOOK_HEADER",
        "RESERVED_PREFIXES",
        "LEAP_PAGE_SIZE",
        "SMS_ORIGINATION_NUMBER",
        "ANNOUNCE_URL",
        "ANNOUNCE_SECRET_PARAMETER",
    ];
    let environment: Environment = RIGHT
        .into_iter()
        .map(|(name, value)| (name, if optional.contains(&name) { "" } else { value }))
        .collect();
    let webhook = WebhookConfig::read(&environment).unwrap();
    assert_eq!(webhook.header, "x-rekindle-key");
    assert!(webhook.reserved_prefixes.is_empty());
    assert_eq!(webhook.secrets.len(), 2);
    let touchpoint = TouchpointConfig::read(&environment).unwrap();
    assert_eq!(touchpoint.leap.page_size, 10);
    assert_eq!(touchpoint.texts, None, "a price without a number is not used");
    let read = TouchpointConfig::read(&with("TEST_RECIPIENTS", "a@example.com, +12025550123")).unwrap();
    assert_eq!(read.test_recipients, ["a@example.com", "+12025550123"]);
    let nobody = TouchpointConfig::read(&with("TEST_RECIPIENTS", "")).unwrap();
    assert_eq!(nobody.test_recipients, Vec::<String>::new());
    let standard = TouchpointConfig::read(&with("SMS_MAX_PRICE", "")).unwrap();
    assert_eq!(standard.texts.unwrap().max_price, "0.10");
    let short_code = TouchpointConfig::read(&with("SMS_ORIGINATION_NUMBER", "12345")).unwrap();
    assert_eq!(short_code.texts.unwrap().origination_number, "12345");
    let announce = AnnounceConfig::read(&environment).unwrap();
    assert_eq!(announce.announce_url, None);
    assert_eq!(announce.secrets.len(), 1);
}

#[test]
fn a_url_for_announcements_needs_a_signing_key() {
    let error = AnnounceConfig::read(&with("ANNOUNCE_SECRET_PARAMETER", "")).unwrap_err();
    assert!(
        error.to_string().contains("ANNOUNCE_SECRET_PARAMETER is not set"),
        "{error}"
    );
    let unused = AnnounceConfig::read(&with("ANNOUNCE_URL", "")).unwrap();
    assert_eq!(unused.secrets.len(), 1, "a key without a URL is not read");
}

#[test]
fn this_machine_may_be_reached_without_tls() {
    let environment = with("LEAP_BASE_URL", "http://127.0.0.1:8080");
    let config = MeterCheckConfig::read(&environment).unwrap();
    assert_eq!(config.leap.base_url.as_str(), "http://127.0.0.1:8080/");
}

#[test]
fn the_environment_shows_no_values() {
    let shown = format!("{:?}", with("AWS_SECRET_ACCESS_KEY", "an invented secret"));
    assert!(
        shown.contains("AWS_SECRET_ACCESS_KEY") && !shown.contains("invented"),
        "{shown}"
    );
}

#[test]
fn the_process_s_own_environment_can_be_read() {
    assert!(Environment::read().get("PATH").is_some());
    assert_eq!(Environment::default().log_level(), "info");
    assert_eq!(with("LOG_LEVEL", "debug").log_level(), "debug");
}
