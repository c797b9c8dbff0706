use journey::campaign::Channel;
use journey::contact::Locale;
use journey::port::MessageLabel;
use journey::send_tag::SendTags;
use journey::{Diagnosis, Provider, Reference, Touch};
use serde_json::json;

use super::*;
use crate::testing::{self, Answer, Asked, Wire, refused};

fn email() -> Email {
    Email {
        key: SendKey {
            journey: testing::journey(),
            episode: 1,
            touch: Touch(2),
            attempt: 3,
            channel: Channel::Email,
        },
        at: "2026-11-22T04:00:00Z".parse().unwrap(),
        to: "ana@example.com".to_owned(),
        subject: "Mañana is fine".to_owned(),
        html: "<p>Hola</p>".to_owned(),
        text: "Hola".to_owned(),
        unsubscribe_url: "https://remind.example.com/u/token".to_owned(),
        label: MessageLabel {
            provider: Provider::Leap,
            reference: Reference::new("site-ca-0001").unwrap(),
            diagnosis: Diagnosis::NotStarted,
            locale: Locale::En,
            arm: "default".to_owned(),
        },
    }
}

fn sender() -> Sender {
    Sender {
        name: "Müller & Søn Batteries".to_owned(),
        address: "hello@batteries.example".to_owned(),
        reply_to: Some("help@batteries.example".to_owned()),
        campaign: "Spring 2027".to_owned(),
    }
}

fn accepted() -> Answer {
    testing::json(&json!({"MessageId": "0101019a-invented"}))
}

async fn send(email: &Email, sender: Sender, answers: Vec<Answer>) -> (SendOutcome, Vec<Asked>) {
    let wire = Wire::new(answers);
    let mailer = Mailer::new(
        wire.clients().ses(),
        testing::id_key(),
        "rekindle".to_owned(),
        Sender::default(),
    );
    let outcome = mailer.with_sender(sender).send_email(email).await;
    (outcome, wire.asked())
}

#[tokio::test]
async fn a_message_goes_out_with_all_that_it_needs() {
    let (outcome, asked) = send(&email(), sender(), vec![accepted()]).await;
    assert_eq!(
        outcome,
        SendOutcome::Accepted {
            message_id: "0101019a-invented".to_owned()
        }
    );
    assert_eq!(
        asked[0].uri,
        "https://email.us-west-2.amazonaws.com/v2/email/outbound-emails"
    );
    let utf8 = |data: &str| json!({"Data": data, "Charset": "UTF-8"});
    let mut request = asked[0].json();
    let tags = request.as_object_mut().unwrap().remove("EmailTags").unwrap();
    assert_eq!(
        request,
        json!({
            "FromEmailAddress": "=?utf-8?B?TcO8bGxlciAmIFPDuG4gQmF0dGVyaWVz?= <hello@batteries.example>",
            "Destination": {"ToAddresses": ["ana@example.com"]},
            "ReplyToAddresses": ["help@batteries.example"],
            "ConfigurationSetName": "rekindle",
            "Content": {"Simple": {
                "Subject": utf8("Mañana is fine"),
                "Body": {"Text": utf8("Hola"), "Html": utf8("<p>Hola</p>")},
                "Headers": [
                    {"Name": "List-Unsubscribe", "Value": "<https://remind.example.com/u/token>"},
                    {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"},
                    {"Name": "Auto-Submitted", "Value": "auto-generated"},
                ],
            }},
        })
    );
    // What comes back with the events proves itself.
    let tag = |name: &str| {
        let tags = tags.as_array().unwrap();
        let tag = tags.iter().find(|tag| tag["Name"] == name)?;
        Some(tag["Value"].as_str()?.to_owned())
    };
    assert_eq!(SendTags::verify(&testing::id_key(), &tag), Some(email().key));
    // SES makes a header of these two: what it takes of `Feedback-ID`.
    assert_eq!(tag("ses:feedback-id-a").as_deref(), Some("spring-2027"));
    assert_eq!(tag("ses:feedback-id-b").as_deref(), Some("touch-2-leap"));
}

#[tokio::test]
async fn nothing_in_a_message_can_begin_another_header() {
    let inject = "\r\nBcc: everybody@example.com\r\n\r\nbody";
    let mut email = email();
    email.subject.push_str(inject);
    email.unsubscribe_url.push_str(inject);
    let from = Sender {
        name: format!("A{inject}"),
        address: format!("hello@batteries.example{inject}"),
        reply_to: Some(format!("help@batteries.example{inject}")),
        campaign: format!("Spring{inject}"),
    };
    let (_, asked) = send(&email, from, vec![accepted()]).await;
    let request = asked[0].json();
    let message = &request["Content"]["Simple"];
    let mut lines = vec![
        &request["FromEmailAddress"],
        &request["ReplyToAddresses"][0],
        &message["Subject"]["Data"],
    ];
    lines.extend(
        message["Headers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|header| &header["Value"]),
    );
    assert_eq!(lines.len(), 6);
    for line in lines {
        let line = line.as_str().unwrap();
        assert!(!line.contains(char::is_control), "{line:?}");
    }
    email.to.push_str(inject);
    let (outcome, asked) = send(&email, sender(), vec![accepted()]).await;
    assert!(matches!(&outcome, SendOutcome::Refused { why } if !why.contains("example.com")));
    assert!(asked.is_empty(), "an address that is none is not tried");
}

#[tokio::test]
async fn a_sender_s_name_is_encoded_only_where_it_must_be() {
    for (name, from) in [
        ("", "<hello@batteries.example>"),
        ("Batteries", "\"Batteries\" <hello@batteries.example>"),
        ("Doe, John", "\"Doe, John\" <hello@batteries.example>"),
    ] {
        let sender = Sender {
            name: name.to_owned(),
            reply_to: None,
            ..sender()
        };
        let (_, asked) = send(&email(), sender, vec![accepted()]).await;
        let request = asked[0].json();
        assert_eq!(request["FromEmailAddress"], from);
        assert_eq!(request.get("ReplyToAddresses"), None);
    }
    let long = Sender {
        name: "Ünïcödé ".repeat(12),
        ..sender()
    };
    let (_, asked) = send(&email(), long, vec![accepted()]).await;
    let from = asked[0].json()["FromEmailAddress"].as_str().unwrap().to_owned();
    assert!(from.is_ascii() && !from.contains(char::is_control), "{from}");
    assert!(from.ends_with(" <hello@batteries.example>"), "{from}");
}

#[tokio::test]
async fn what_is_the_deployer_s_affair_waits_and_what_is_the_message_s_is_final() {
    let refused_for = |code: &str| SendOutcome::Refused {
        why: format!("SES refused the message: {code}"),
    };
    let address = "Invalid address someone@example.com";
    let unverified = "Email address is not verified. The following identities failed the check: someone@example.com";
    for (status, code, message, outcome) in [
        (429, "TooManyRequestsException", "", SendOutcome::Throttled),
        (400, "ThrottlingException", "", SendOutcome::Throttled),
        (400, "LimitExceededException", "", SendOutcome::Throttled),
        (400, "SendingPausedException", "", SendOutcome::Throttled),
        (400, "AccountSuspendedException", "", SendOutcome::Throttled),
        (400, "MailFromDomainNotVerifiedException", "", SendOutcome::Throttled),
        (404, "NotFoundException", "", SendOutcome::Throttled),
        (403, "AccessDeniedException", "", SendOutcome::Throttled),
        (403, "ExpiredTokenException", "", SendOutcome::Throttled),
        (400, "MessageRejected", unverified, SendOutcome::Throttled),
        (400, "MessageRejected", address, refused_for("MessageRejected")),
        (400, "BadRequestException", address, refused_for("BadRequestException")),
        (500, "InternalFailure", "", SendOutcome::Ambiguous),
        (503, "ServiceUnavailable", "", SendOutcome::Ambiguous),
    ] {
        // A second answer is there: if SES were asked twice, a second message could go out.
        let answers = vec![refused(status, code, message), accepted()];
        let (got, asked) = send(&email(), sender(), answers).await;
        assert_eq!(got, outcome, "{code}");
        assert_eq!(asked.len(), 1, "{code} was tried again");
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_ambiguous() {
    for answer in [testing::text(200, "not JSON"), testing::json(&json!({}))] {
        let (outcome, _) = send(&email(), sender(), vec![answer]).await;
        assert_eq!(outcome, SendOutcome::Ambiguous);
    }
}

#[tokio::test]
async fn ses_cannot_be_asked_and_the_warm_up_changes_nothing() {
    let wire = Wire::new(vec![testing::json(&json!({"ConfigurationSetName": "rekindle"}))]);
    let mailer = Mailer::new(wire.clients().ses(), testing::id_key(), "rekindle".to_owned(), sender());
    assert_eq!(mailer.look_up_send(&email().key).await, Resolution::Unknown);
    assert!(wire.asked().is_empty());
    mailer.warm_up().await;
    assert_eq!(
        wire.asked()[0].uri,
        "https://email.us-west-2.amazonaws.com/v2/email/configuration-sets/rekindle"
    );
}
