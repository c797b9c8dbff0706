//! `rekindle send-test`: by the way of real messages, to who is listed alone.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use mail_parser::MessageParser;
use serde_json::json;

use crate::support::{PUBLIC_URL, Place, link_in};

const LIST: &str = "\n[test_sends]\nallowed = [\"QA@example.com\", \"+12025550123\"]\n";

/// The messages of the outbox, as files.
fn outbox(place: &Place, ending: &str) -> Vec<String> {
    let Ok(folder) = fs::read_dir(place.path("rekindle-data/outbox")) else {
        return Vec::new();
    };
    let paths = folder.map(|entry| entry.unwrap().path());
    let mut files: Vec<String> = paths
        .filter(|path| path.to_str().unwrap().ends_with(ending))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    files.sort();
    files
}

async fn place() -> Place {
    let place = Place::new().await;
    let config = fs::read_to_string(place.path("rekindle.toml")).unwrap();
    place.write("rekindle.toml", &format!("{config}{LIST}"));
    place
}

/// Where a utility asks for none: Oncor's customers fill in a form (ERCOT).
#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_is_spoken_of_only_where_there_is_one() {
    let place = place().await;
    for (utility, form) in [("ONCOR", true), ("PGE", false)] {
        let sent = place.run(&[
            "send-test",
            "--to",
            "qa@example.com",
            "--diagnosis",
            "utility_not_connected",
            "--utility",
            utility,
        ]);
        assert_eq!(sent.code, 0, "{}", sent.err);
        let mails = outbox(&place, ".eml");
        let parsed = mails.iter().map(|mail| MessageParser::default().parse(mail).unwrap());
        let texts: Vec<_> = parsed.map(|mail| mail.body_text(0).unwrap().into_owned()).collect();
        let about = |words: &str| texts.iter().filter(|text| text.contains(words)).count();
        assert_eq!(about("complete the form"), 1, "{texts:?}");
        assert_eq!(about("sign in to"), usize::from(!form), "{texts:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listed_tester_gets_the_message_that_customers_get() {
    let place = place().await;
    let mail = [
        "send-test",
        "--to",
        " qa@Example.com",
        "--diagnosis",
        "credentials_invalid",
        "--locale",
        "es",
    ];
    for _ in 0..2 {
        let sent = place.run(&mail);
        assert_eq!(sent.code, 0, "{}", sent.err);
    }
    let text = place.run(&["send-test", "--to", "+12025550123", "--channel", "sms"]);
    assert_eq!(text.code, 0, "{}", text.err);
    let mails = outbox(&place, ".eml");
    assert_eq!(mails.len(), 2, "each test is a message of its own");
    let parsed = MessageParser::default().parse(&mails[0]).unwrap();
    assert!(
        parsed.subject().unwrap().starts_with("[Test] "),
        "{:?}",
        parsed.subject()
    );
    let html = parsed.body_html(0).unwrap();
    assert!(html.contains("No se acept\u{f3}") && html.contains("Sunhome"), "{html}");
    assert!(mails[0].contains("List-Unsubscribe-Post: ") && mails[0].contains("Feedback-ID: "));
    let texts = outbox(&place, ".txt");
    assert_eq!(texts.len(), 1);
    assert!(texts[0].starts_with("TEST ") && texts[0].contains("STOP"), "{texts:?}");

    // The links say what they are, and change nothing.
    let serving = place.serve(1).await;
    let body = parsed.body_text(0).unwrap();
    for kind in ["r", "u"] {
        let link = link_in(&body, &format!("{PUBLIC_URL}/{kind}/")).unwrap();
        let link = serving.api.local(&link);
        for request in [
            serving.api.http.get(&link),
            serving.api.http.post(&link).body("List-Unsubscribe=One-Click"),
        ] {
            let page = request.send().await.unwrap();
            assert_eq!(page.status().as_u16(), 200);
            assert!(page.text().await.unwrap().contains("This is a test link"));
        }
    }
    let exported = place.run(&["contacts", "export"]);
    assert_eq!(
        exported.out.lines().count(),
        1,
        "nobody became a contact: {}",
        exported.out
    );
    // The outbox is the running program's.
    let busy = place.run(&mail);
    assert_eq!(busy.code, 1);
    assert!(busy.err.contains("stop it first"), "{}", busy.err);
}

/// With a stand-in of the AWS CLI: what it is called with, and what its answers become.
#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_is_asked_by_the_aws_cli() {
    let place = Place::new().await;
    let called = |answer: &str, code: u8| {
        let script = "#!/bin/sh\necho \"$*\" > called\ncat \"${6#fileb://}\" > payload\n";
        let aws = place.write(
            "bin/aws",
            &format!("{script}printf '%s' '{answer}' > \"$7\"\nexit {code}\n"),
        );
        fs::set_permissions(&aws, fs::Permissions::from_mode(0o755)).unwrap();
        let arguments = [
            "send-test",
            "--to",
            "qa@example.com",
            "--touch",
            "2",
            "--locale",
            "es",
            "--function",
            "stack-touchpoint",
        ];
        let path = format!("{}:/usr/bin:/bin", place.path("bin").display());
        place.command(&arguments).env("PATH", path).output().unwrap()
    };
    let sent = called(r#"{"message":"0101-invented"}"#, 0);
    assert!(sent.status.success(), "{sent:?}");
    assert!(String::from_utf8_lossy(&sent.stdout).contains("Accepted as 0101-invented"));
    let command = fs::read_to_string(place.path("called")).unwrap();
    assert!(
        command.starts_with("lambda invoke --function-name stack-touchpoint --payload fileb://"),
        "{command}"
    );
    assert!(
        !command.contains("qa@example.com"),
        "everybody sees a command's arguments: {command}"
    );
    let payload: serde_json::Value = serde_json::from_str(&fs::read_to_string(place.path("payload")).unwrap()).unwrap();
    let test = json!({"to": "qa@example.com", "channel": "email", "locale": "es", "diagnosis": "not_started", "touch": 2, "utility": null});
    assert_eq!(payload, json!({ "test": test }));
    for (answer, code, word) in [
        (r#"{"error":"the recipient is not on the list"}"#, 0, "not on the list"),
        (r#"{"errorMessage":"no campaign"}"#, 0, "no campaign"),
        ("null", 0, "its log says why"),
        ("", 255, "aws lambda invoke"),
    ] {
        let ran = called(answer, code);
        assert_eq!(ran.status.code(), Some(1), "{answer}");
        assert!(String::from_utf8_lossy(&ran.stderr).contains(word), "{ran:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_gets_a_test_message() {
    let place = place().await;
    for (arguments, word) in [
        (
            ["--to", "qa@example.com.evil.example", "--channel", "email"],
            "not on the list",
        ),
        (["--to", "xqa@example.com", "--channel", "email"], "not on the list"),
        (
            ["--to", "qa@example.com, other@example.com", "--channel", "email"],
            "not on the list",
        ),
        (["--to", "qa+1@example.com", "--channel", "email"], "not on the list"),
        (["--to", "+12025550124", "--channel", "sms"], "not on the list"),
        (["--to", "", "--channel", "email"], "not on the list"),
        (["--to", "qa@example.com", "--channel", "sms"], "a text to a number"),
        (["--to", "+12025550123", "--channel", "email"], "a text to a number"),
        (["--to", "qa@example.com", "--touch", "9"], "no such reminder"),
        (
            ["--to", "qa@example.com", "--diagnosis", "ineligible"],
            "write one of not_started",
        ),
    ] {
        let ran = place.run(&[&["send-test"][..], &arguments].concat());
        assert_ne!(ran.code, 0, "{arguments:?}");
        assert!(ran.err.contains(word), "{arguments:?}: {}", ran.err);
        assert!(
            !ran.err.contains("example.com") && !ran.err.contains("+1202"),
            "{}",
            ran.err
        );
    }
    assert_eq!(outbox(&place, ".eml").len() + outbox(&place, ".txt").len(), 0);
    let config = fs::read_to_string(place.path("rekindle.toml")).unwrap();
    place.write("rekindle.toml", &config.replace("QA@example.com", "not an address"));
    let wrong = place.run(&["config", "check"]);
    assert_eq!(wrong.code, 1);
    assert!(
        wrong.err.contains("test_sends.allowed has an entry that is neither"),
        "{}",
        wrong.err
    );
    assert!(!wrong.err.contains("not an address"), "{}", wrong.err);
}
