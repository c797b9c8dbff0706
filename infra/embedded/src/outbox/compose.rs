//! Composes an e-mail: pure, the same bytes for the same message.

use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::date::Date;
use mail_builder::headers::message_id::MessageId;
use mail_builder::headers::raw::Raw;
use mail_builder::headers::text::Text;
use mail_builder::headers::url::URL;
use mail_builder::mime::{BodyPart, MimePart};

use journey::port::Email;
use journey::{FeedbackId, SendKey};

use super::OutboxConfig;

/// An e-mail, ready for a mail server.
pub(super) struct Composed {
    pub(super) message_id: String,
    pub(super) eml: Vec<u8>,
}

/// An address that no mail server could deliver to. It is not repeated here: it may go to a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the address is not one of the form name@domain")]
pub(super) struct NotAnAddress;

/// Composes an e-mail with everything that RFC 8058 (one-click unsubscription) and RFC 3834 (automatic
/// messages) ask for, and a `Feedback-ID`.
///
/// # Errors
/// [`NotAnAddress`] when the recipient is not a single address.
pub(super) fn compose(email: &Email, sender: &OutboxConfig) -> Result<Composed, NotAnAddress> {
    let to = address(&email.to)?;
    let from = line(&sender.from_address);
    let message_id = message_id(&email.key, domain(&from));
    let key = &email.key;
    let feedback_id = FeedbackId::new(&sender.campaign, key.touch, email.label.provider, &from);
    let mut message = MessageBuilder::new()
        .from(Address::new_address(Some(line(&sender.from_name)), from.clone()))
        .to(Address::new_address(None::<String>, to))
        .subject(line(&email.subject))
        .date(Date::new(email.at.as_second()))
        .message_id(MessageId::new(message_id.clone()));
    if let Some(reply_to) = &sender.reply_to {
        message = message.reply_to(Address::new_address(None::<String>, line(reply_to)));
    }
    let eml = message
        .header("List-Unsubscribe", URL::new(url(&email.unsubscribe_url)))
        .header("List-Unsubscribe-Post", Raw::new("List-Unsubscribe=One-Click"))
        .header("Auto-Submitted", Raw::new("auto-generated"))
        .header("Feedback-ID", Raw::new(feedback_id.header()))
        .header("X-Rekindle-Journey", Text::new(key.journey.as_str().to_owned()))
        .header("X-Rekindle-Episode", Text::new(key.episode.to_string()))
        .header("X-Rekindle-Touch", Text::new(key.touch.0.to_string()))
        .header("X-Rekindle-Attempt", Text::new(key.attempt.to_string()))
        .body(MimePart::new(
            ContentType::new("multipart/alternative").attribute("boundary", boundary(email)),
            vec![part("text/plain", &email.text), part("text/html", &email.html)],
        ))
        .write_to_vec()
        // Writing to memory cannot fail; an empty message would be seen at once.
        .unwrap_or_default();
    Ok(Composed { message_id, eml })
}

/// The domain of an address: what follows the last `@`.
pub(super) fn domain(address: &str) -> &str {
    address.rsplit_once('@').map_or("", |(_, domain)| domain)
}

/// Checks that a text is a single address, as far as that can be told without asking its server.
///
/// Whatever could end the address in a header, or begin another one, is refused: the person's address
/// came from outside.
pub(super) fn address(text: &str) -> Result<String, NotAnAddress> {
    let text = text.trim();
    let stray = |c: char| c.is_whitespace() || c.is_control() || "<>()[],;:\\\"".contains(c);
    match text.rsplit_once('@') {
        Some((name, domain))
            if !name.is_empty() && !name.contains('@') && !domain.is_empty() && !text.contains(stray) =>
        {
            Ok(text.to_owned())
        }
        Some(_) | None => Err(NotAnAddress),
    }
}

/// The identifier of a message follows from its name, so an attempt that is repeated has the same one.
pub(super) fn message_id(key: &SendKey, domain: &str) -> String {
    format!(
        "{}.e{}.t{}.a{}@{domain}",
        key.journey, key.episode, key.touch.0, key.attempt
    )
}

/// A text fit for one header: a line break in it would begin another header.
fn line(text: &str) -> String {
    text.trim().chars().filter(|c| !c.is_control()).collect()
}

fn url(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control() && !c.is_whitespace() && !"<>".contains(*c))
        .collect()
}

fn part<'a>(content_type: &'static str, body: &'a str) -> MimePart<'a> {
    MimePart::new(content_type, BodyPart::Text(body.into()))
}

/// The line between the parts: derived, not drawn, so that the same message has the same bytes; longer
/// if a part should contain it.
fn boundary(email: &Email) -> String {
    let key = &email.key;
    let mut boundary = format!("rekindle-{}-{}-{}", key.journey, key.episode, key.touch.0);
    while email.text.contains(&boundary) || email.html.contains(&boundary) {
        boundary.push('-');
    }
    boundary
}

#[cfg(test)]
mod tests {
    use mail_parser::{HeaderValue, MessageParser};

    use super::*;
    use crate::testing;

    fn sender() -> OutboxConfig {
        OutboxConfig {
            from_name: "Müller & Søn Batteries".to_owned(),
            from_address: "hello@batteries.example".to_owned(),
            reply_to: Some("help@batteries.example".to_owned()),
            campaign: "Spring 2027".to_owned(),
        }
    }

    #[test]
    fn a_message_reads_back_as_it_was_composed() {
        let email = testing::email(1, 1);
        let composed = compose(&email, &sender()).unwrap();
        let parsed = MessageParser::default().parse(&composed.eml).unwrap();
        assert_eq!(parsed.subject(), Some(email.subject.as_str()));
        assert!(email.subject.contains('ñ'), "the subject must not be plain ASCII");
        assert_eq!(parsed.body_text(0).unwrap().trim_end(), email.text.trim_end());
        assert_eq!(parsed.body_html(0).unwrap().trim_end(), email.html.trim_end());
        let from = parsed.from().unwrap().first().unwrap();
        assert_eq!(from.name(), Some("Müller & Søn Batteries"));
        assert_eq!(from.address(), Some("hello@batteries.example"));
        assert_eq!(parsed.to().unwrap().first().unwrap().address(), Some(email.to.as_str()));
        assert_eq!(
            parsed.reply_to().unwrap().first().unwrap().address(),
            Some("help@batteries.example")
        );
        assert_eq!(parsed.date().unwrap().to_timestamp(), email.at.as_second());
        let journey = email.key.journey.as_str();
        let expected = format!("{journey}.e1.t1.a1@batteries.example");
        assert_eq!(parsed.message_id(), Some(expected.as_str()));
        assert_eq!(composed.message_id, expected);
        let header = |name: &'static str| match parsed.header(name) {
            Some(HeaderValue::Text(text)) => text.to_string(),
            other => panic!("{name}: {other:?}"),
        };
        assert_eq!(header("X-Rekindle-Journey"), journey);
        assert_eq!(header("X-Rekindle-Episode"), "1");
        assert_eq!(header("X-Rekindle-Touch"), "1");
        assert_eq!(header("X-Rekindle-Attempt"), "1");
        assert_eq!(header("Auto-Submitted"), "auto-generated");
        assert_eq!(header("Feedback-ID"), "spring-2027:touch-1:leap:batteries-examp");
        // RFC 2076 discourages it, and RFC 3834's header says the same to those who would answer.
        assert!(parsed.header("Precedence").is_none());
        let text = String::from_utf8(composed.eml.clone()).unwrap();
        assert!(
            text.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"),
            "{text}"
        );
        let unfolded = text.replace("\r\n ", " ");
        assert!(
            unfolded.contains(&format!("List-Unsubscribe: <{}>\r\n", email.unsubscribe_url))
                || unfolded.contains(&format!("List-Unsubscribe:  <{}>\r\n", email.unsubscribe_url)),
            "{text}"
        );
        assert_eq!(compose(&email, &sender()).unwrap().eml, composed.eml);
    }

    #[test]
    fn nothing_in_a_message_can_begin_another_header() {
        let mut email = testing::email(1, 1);
        let inject = "\r\nBcc: everybody@example.com\r\n\r\nbody";
        email.subject.push_str(inject);
        email.unsubscribe_url.push_str(inject);
        let config = OutboxConfig {
            from_name: format!("A{inject}"),
            from_address: format!("hello@batteries.example{inject}"),
            reply_to: Some(format!("help@batteries.example{inject}")),
            campaign: format!("Spring{inject}"),
        };
        let composed = compose(&email, &config).unwrap();
        let headers = String::from_utf8(composed.eml.clone()).unwrap();
        let headers = headers.split("\r\n\r\n").next().unwrap();
        assert!(
            !headers.lines().any(|line| line.to_lowercase().starts_with("bcc:")),
            "{headers}"
        );
        let parsed = MessageParser::default().parse(&composed.eml).unwrap();
        assert!(parsed.bcc().is_none());
        assert_eq!(parsed.body_html(0).unwrap().trim_end(), email.html.trim_end());
    }

    #[test]
    fn only_a_single_address_is_one() {
        for good in [
            "ana@example.com",
            " ana@example.com ",
            "a.b+c@sub.example.co",
            "ünï@exämple.com",
        ] {
            assert!(address(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "ana",
            "@example.com",
            "ana@",
            "a@b@c",
            "a@b.c\r\nBcc: x@y.z",
            "a@b.c, x@y.z",
            "A <a@b.c>",
            "a b@c.d",
        ] {
            assert_eq!(address(bad), Err(NotAnAddress), "{bad}");
        }
    }

    #[test]
    fn a_part_that_holds_the_boundary_does_not_break_the_message() {
        let mut email = testing::email(1, 1);
        email.text = format!("before\n--rekindle-{}-1-1\nafter\n", email.key.journey);
        let composed = compose(&email, &sender()).unwrap();
        let parsed = MessageParser::default().parse(&composed.eml).unwrap();
        assert_eq!(
            parsed.body_text(0).unwrap().replace("\r\n", "\n").trim_end(),
            email.text.trim_end()
        );
        assert_eq!(parsed.body_html(0).unwrap().trim_end(), email.html.trim_end());
    }
}
