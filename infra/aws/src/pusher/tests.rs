use std::collections::BTreeMap;

use journey::campaign::Channel;
use journey::contact::Locale;
use journey::port::MessageLabel;
use journey::{Diagnosis, Provider, Reference, SendKey, Touch};
use serde_json::Value;

use super::*;
use crate::testing::{self, Answer, Asked, Wire};

const IPHONE: &str = "arn:aws:sns:us-west-2:123456789012:endpoint/APNS/example-app/0e6b4f0c";
const ANDROID: &str = "arn:aws:sns:us-west-2:123456789012:endpoint/GCM/example-app/1f7c5a1d";

fn push(to: &str) -> Push {
    Push {
        key: SendKey {
            journey: testing::journey(),
            episode: 1,
            touch: Touch(2),
            attempt: 3,
            channel: Channel::Push,
        },
        at: "2026-11-23T20:00:00Z".parse().unwrap(),
        to: PushEndpoint::new(to).unwrap(),
        title: "One step is left".to_owned(),
        body: "Your \"utility account\" is not connected yet.".to_owned(),
        url: "https://remind.example.com/r/token".to_owned(),
        label: MessageLabel {
            provider: Provider::Leap,
            reference: Reference::new("site-ca-0001").unwrap(),
            diagnosis: Diagnosis::NotStarted,
            locale: Locale::En,
            arm: "default".to_owned(),
        },
    }
}

async fn send(to: &str, answers: Vec<Answer>) -> (SendOutcome, Vec<Asked>) {
    let wire = Wire::new(answers);
    let pusher = Pusher::new(wire.clients().sns(), Some("example-app".to_owned()));
    let outcome = pusher.send_push(&push(to)).await;
    (outcome, wire.asked())
}

fn attributes_of(form: &BTreeMap<String, String>) -> BTreeMap<&str, &str> {
    (1..)
        .map_while(|n| {
            let part = |part: &str| {
                form.get(&format!("MessageAttributes.entry.{n}.{part}"))
                    .map(String::as_str)
            };
            Some((part("Name")?, part("Value.StringValue")?))
        })
        .collect()
}

#[tokio::test]
async fn a_push_goes_to_the_endpoint_in_the_form_of_its_service() {
    let (outcome, asked) = send(IPHONE, vec![testing::published()]).await;
    let message_id = "an-invented-id".to_owned();
    assert_eq!(outcome, SendOutcome::Accepted { message_id });
    let form = asked[0].form();
    assert_eq!(form["Action"], "Publish");
    assert_eq!(form["TargetArn"], IPHONE);
    assert_eq!(form["MessageStructure"], "json");
    assert!(!form.contains_key("PhoneNumber") && !form.contains_key("TopicArn"));
    let message: Value = serde_json::from_str(&form["Message"]).unwrap();
    let of = |service: &str| -> Value { serde_json::from_str(message[service].as_str().unwrap()).unwrap() };
    let sent = push(IPHONE);
    assert_eq!(message["default"], sent.body);
    for apple in ["APNS", "APNS_SANDBOX"] {
        assert_eq!(
            of(apple),
            json!({"aps": {"alert": {"title": sent.title, "body": sent.body}}, "url": sent.url})
        );
    }
    let google = &of("GCM")["fcmV1Message"]["message"];
    assert_eq!(google["notification"], json!({"title": sent.title, "body": sent.body}));
    assert_eq!(google["data"], json!({"url": sent.url}));
}

#[tokio::test]
async fn a_push_does_not_outlive_the_hours_of_the_law() {
    for (to, expected) in [
        (
            IPHONE,
            BTreeMap::from([
                ("AWS.SNS.MOBILE.APNS.TTL", "600"),
                ("AWS.SNS.MOBILE.APNS.PUSH_TYPE", "alert"),
            ]),
        ),
        (ANDROID, BTreeMap::from([("AWS.SNS.MOBILE.FCM.TTL", "600")])),
    ] {
        let (_, asked) = send(to, vec![testing::published()]).await;
        assert_eq!(attributes_of(&asked[0].form()), expected);
    }
}

#[tokio::test]
async fn what_is_the_deployer_s_affair_waits_and_what_is_the_device_s_is_final() {
    let gone = |code: &str| SendOutcome::Refused {
        why: format!("the app is no longer on the device: {code}"),
    };
    let wrong = |code: &str| SendOutcome::Refused {
        why: format!("SNS refused the push: {code}"),
    };
    for (status, code, outcome) in [
        (400, "EndpointDisabled", gone("EndpointDisabled")),
        (404, "NotFound", gone("NotFound")),
        (400, "InvalidParameter", wrong("InvalidParameter")),
        (400, "PlatformApplicationDisabled", SendOutcome::Throttled),
        (400, "Throttled", SendOutcome::Throttled),
        (403, "AuthorizationError", SendOutcome::Throttled),
        (500, "InternalError", SendOutcome::Ambiguous),
        (503, "ServiceUnavailable", SendOutcome::Ambiguous),
    ] {
        // A second answer is there: if SNS were asked twice, a second push could go out.
        let answers = vec![testing::sns_refused(status, code, ""), testing::published()];
        let (got, asked) = send(IPHONE, answers).await;
        assert_eq!(got, outcome, "{code}");
        assert_eq!(asked.len(), 1, "{code} was tried again");
    }
    let (outcome, _) = send(IPHONE, vec![testing::text(200, "not XML")]).await;
    assert_eq!(outcome, SendOutcome::Ambiguous);
}

#[tokio::test]
async fn another_app_s_endpoint_is_not_written_to() {
    for app in [None, Some("another-app".to_owned())] {
        let wire = Wire::new(vec![testing::published()]);
        let outcome = Pusher::new(wire.clients().sns(), app).send_push(&push(IPHONE)).await;
        assert!(matches!(outcome, SendOutcome::Refused { .. }));
        assert!(wire.asked().is_empty());
    }
}
