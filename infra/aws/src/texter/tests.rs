use std::collections::BTreeMap;

use journey::campaign::Channel;
use journey::contact::Locale;
use journey::port::MessageLabel;
use journey::{Diagnosis, PhoneNumber, Provider, Reference, SendKey, Touch};

use super::*;
use crate::testing::{self, Answer, Asked, Wire};

fn message() -> Text {
    Text {
        key: SendKey {
            journey: testing::journey(),
            episode: 1,
            touch: Touch(2),
            attempt: 3,
            channel: Channel::Sms,
        },
        at: "2026-11-23T20:00:00Z".parse().unwrap(),
        to: PhoneNumber::new("+12025550123").unwrap(),
        body: "Example: go on here https://remind.example.com/r/token Reply STOP to opt out".to_owned(),
        label: MessageLabel {
            provider: Provider::Leap,
            reference: Reference::new("site-ca-0001").unwrap(),
            diagnosis: Diagnosis::NotStarted,
            locale: Locale::En,
            arm: "default".to_owned(),
        },
    }
}

fn config() -> TextsConfig {
    TextsConfig {
        origination_number: "+18335550100".to_owned(),
        max_price: "0.10".to_owned(),
    }
}

fn opted_out(is: bool) -> Answer {
    testing::text(
        200,
        &format!(
            "<CheckIfPhoneNumberIsOptedOutResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">\
             <CheckIfPhoneNumberIsOptedOutResult><isOptedOut>{is}</isOptedOut></CheckIfPhoneNumberIsOptedOutResult>\
             </CheckIfPhoneNumberIsOptedOutResponse>"
        ),
    )
}

/// The attributes of a text, which come in any order.
fn attributes(publish: &BTreeMap<String, String>) -> BTreeMap<&str, (&str, &str)> {
    (1..=3)
        .map(|n| {
            let part = |part: &str| publish[&format!("MessageAttributes.entry.{n}.{part}")].as_str();
            (part("Name"), (part("Value.DataType"), part("Value.StringValue")))
        })
        .collect()
}

async fn send(answers: Vec<Answer>) -> (SendOutcome, Vec<Asked>) {
    let wire = Wire::new(answers);
    let outcome = Texter::new(wire.clients().sns(), Some(config()))
        .send_text(&message())
        .await;
    (outcome, wire.asked())
}

#[tokio::test]
async fn a_text_goes_out_after_the_list_of_opt_outs_was_asked() {
    let (outcome, asked) = send(vec![opted_out(false), testing::published()]).await;
    assert_eq!(
        outcome,
        SendOutcome::Accepted {
            message_id: "an-invented-id".to_owned()
        }
    );
    assert_eq!(asked[0].uri, "https://sns.us-west-2.amazonaws.com/");
    let asked: Vec<BTreeMap<String, String>> = asked.iter().map(Asked::form).collect();
    let check = &asked[0];
    assert_eq!(check["Action"], "CheckIfPhoneNumberIsOptedOut");
    assert_eq!(check["phoneNumber"], "+12025550123");
    let publish = &asked[1];
    assert_eq!(publish["Action"], "Publish");
    assert_eq!(publish["PhoneNumber"], "+12025550123");
    assert_eq!(publish["Message"], message().body);
    assert!(!publish.contains_key("TopicArn") && !publish.contains_key("Subject"));
    assert_eq!(
        attributes(publish),
        BTreeMap::from([
            ("AWS.SNS.SMS.SMSType", ("String", "Transactional")),
            ("AWS.SNS.SMS.MaxPrice", ("Number", "0.10")),
            ("AWS.MM.SMS.OriginationNumber", ("String", "+18335550100")),
        ])
    );
}

/// Who has just texted gets an answer, which belongs to no journey, in the same way.
#[tokio::test]
async fn an_answer_goes_out_as_a_text_does_and_not_to_who_answered_stop() {
    let to = message().to;
    let wire = Wire::new(vec![
        opted_out(false),
        testing::published(),
        opted_out(true),
        testing::sns_refused(400, "Throttled", ""),
    ]);
    let texter = Texter::new(wire.clients().sns(), Some(config()));
    let outcome = texter.answer_text(&to, "Example Energy: who we are").await;
    assert!(matches!(outcome, SendOutcome::Accepted { .. }));
    let asked: Vec<BTreeMap<String, String>> = wire.asked().iter().map(Asked::form).collect();
    assert_eq!(asked[0]["Action"], "CheckIfPhoneNumberIsOptedOut");
    let publish = &asked[1];
    assert_eq!(publish["PhoneNumber"], "+12025550123");
    assert_eq!(publish["Message"], "Example Energy: who we are");
    let text = send(vec![opted_out(false), testing::published()]).await.1[1].form();
    assert_eq!(attributes(publish), attributes(&text));
    assert_eq!(texter.answer_text(&to, "again").await, SendOutcome::OptedOut);
    assert_eq!(texter.answer_text(&to, "again").await, SendOutcome::Throttled);
    assert_eq!(wire.asked().len(), 4, "nothing more was published");
}

#[tokio::test]
async fn who_answered_stop_gets_nothing_for_good() {
    let (outcome, asked) = send(vec![opted_out(true), testing::published()]).await;
    assert_eq!(outcome, SendOutcome::OptedOut);
    assert_eq!(asked.len(), 1, "nothing was published");
}

#[tokio::test]
async fn a_list_that_cannot_be_asked_sends_nothing_and_waits() {
    for answer in [
        testing::sns_refused(400, "Throttled", ""),
        testing::sns_refused(403, "AuthorizationError", ""),
        testing::status(500),
        testing::text(200, "not XML"),
    ] {
        let (outcome, asked) = send(vec![answer, testing::published()]).await;
        assert_eq!(outcome, SendOutcome::Throttled);
        assert_eq!(asked.len(), 1, "nothing was published");
    }
}

#[tokio::test]
async fn what_is_the_deployer_s_affair_waits_and_what_is_the_text_s_is_final() {
    let refused_for = |code: &str| SendOutcome::Refused {
        why: format!("SNS refused the text: {code}"),
    };
    let number = "Invalid parameter: PhoneNumber Reason: +12025550123 is not valid";
    let ours = "Invalid parameter: AWS.MM.SMS.OriginationNumber is not valid";
    for (status, code, words, outcome) in [
        (400, "Throttled", "", SendOutcome::Throttled),
        (429, "ThrottledException", "", SendOutcome::Throttled),
        (403, "AuthorizationError", "", SendOutcome::Throttled),
        (403, "ExpiredToken", "", SendOutcome::Throttled),
        (400, "InvalidParameter", ours, SendOutcome::Throttled),
        (400, "InvalidParameter", number, refused_for("InvalidParameter")),
        (
            400,
            "InvalidParameterValue",
            number,
            refused_for("InvalidParameterValue"),
        ),
        (400, "OptedOut", "", SendOutcome::OptedOut),
        (500, "InternalError", "", SendOutcome::Ambiguous),
        (503, "ServiceUnavailable", "", SendOutcome::Ambiguous),
    ] {
        // A third answer is there: if SNS were asked twice, a second text could go out.
        let answers = vec![
            opted_out(false),
            testing::sns_refused(status, code, words),
            testing::published(),
        ];
        let (got, asked) = send(answers).await;
        assert_eq!(got, outcome, "{code}");
        assert_eq!(asked.len(), 2, "{code} was tried again");
        if let SendOutcome::Refused { why } = got {
            assert!(!why.contains("555"), "{why}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_ambiguous() {
    let empty = testing::text(
        200,
        "<PublishResponse><PublishResult></PublishResult></PublishResponse>",
    );
    for answer in [testing::text(200, "not XML"), empty] {
        let (outcome, _) = send(vec![opted_out(false), answer]).await;
        assert_eq!(outcome, SendOutcome::Ambiguous);
    }
}

#[tokio::test]
async fn without_a_number_of_ours_nothing_is_asked() {
    let wire = Wire::new(vec![testing::published()]);
    let outcome = Texter::new(wire.clients().sns(), None).send_text(&message()).await;
    assert!(matches!(outcome, SendOutcome::Refused { .. }));
    assert!(wire.asked().is_empty());
}
