//! Composes what SES is asked to send.

use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message, MessageHeader, MessageTag};
use journey::port::Email;
use journey::send_tag::SendTags;
use journey::{FeedbackId, IdKey};
use mail_builder::headers::Header;
use mail_builder::headers::address::Address;

use super::Sender;

/// The parts of a request.
pub(super) struct Parts {
    pub(super) from: String,
    pub(super) destination: Destination,
    pub(super) reply_to: Option<String>,
    pub(super) content: EmailContent,
    pub(super) tags: Vec<MessageTag>,
}

/// Something that SES could not deliver to, or could not build. It is not repeated here: it may go to a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotAnAddress;

/// Composes a request with everything that RFC 8058 (one-click unsubscription) and RFC 3834 (automatic
/// messages) ask for, and the tags that its events come back with.
pub(super) fn compose(email: &Email, sender: &Sender, id_key: &IdKey) -> Result<Parts, NotAnAddress> {
    let to = address(&email.to)?;
    let body = Body::builder()
        .text(utf8(&email.text)?)
        .html(utf8(&email.html)?)
        .build();
    let message = Message::builder()
        .subject(utf8(&line(&email.subject))?)
        .body(body)
        .headers(header(
            "List-Unsubscribe",
            format!("<{}>", url(&email.unsubscribe_url)),
        )?)
        .headers(header(
            "List-Unsubscribe-Post",
            "List-Unsubscribe=One-Click".to_owned(),
        )?)
        .headers(header("Auto-Submitted", "auto-generated".to_owned())?)
        .build();
    Ok(Parts {
        from: mailbox(&sender.name, &sender.address),
        destination: Destination::builder().to_addresses(to).build(),
        reply_to: sender.reply_to.as_deref().map(line),
        content: EmailContent::builder().simple(message).build(),
        tags: SendTags::of(id_key, &email.key)
            .into_iter()
            .chain(feedback_id(email, sender))
            .map(|(name, value)| MessageTag::builder().name(name).value(value).build())
            .collect::<Result<_, _>>()
            .map_err(|_| NotAnAddress)?,
    })
}

/// SES writes `Feedback-ID` itself, with a sender of its own, and takes its first two fields from these tags
/// (<https://docs.aws.amazon.com/ses/latest/dg/event-publishing-send-email.html>).
fn feedback_id(email: &Email, sender: &Sender) -> [(&'static str, String); 2] {
    let id = FeedbackId::new(&sender.campaign, email.key.touch, email.label.provider, &sender.address);
    [
        ("ses:feedback-id-a", id.campaign),
        ("ses:feedback-id-b", format!("{}-{}", id.touch, id.provider)),
    ]
}

/// The builders ask for both fields, and both are given.
fn utf8(text: &str) -> Result<Content, NotAnAddress> {
    Content::builder()
        .data(text)
        .charset("UTF-8")
        .build()
        .map_err(|_| NotAnAddress)
}

fn header(name: &str, value: String) -> Result<MessageHeader, NotAnAddress> {
    MessageHeader::builder()
        .name(name)
        .value(value)
        .build()
        .map_err(|_| NotAnAddress)
}

/// A name and an address as one header value: SES takes ASCII only, so a name with other letters is
/// encoded (RFC 2047), and one with a comma quoted.
fn mailbox(name: &str, address: &str) -> String {
    let (name, address) = (line(name), line(address));
    let name = Some(name).filter(|name| !name.is_empty());
    let mut value = Vec::new();
    Address::new_address(name, address).write_header(&mut value, 0);
    // The library folds long values over lines; here it is no header yet, but a field of JSON.
    String::from_utf8_lossy(&value).replace("\r\n", "").trim().to_owned()
}

/// Checks that a text is a single address, as far as that can be told without asking its server.
///
/// Whatever could end the address in a header, or begin another one, is refused: the person's address
/// came from outside.
fn address(text: &str) -> Result<String, NotAnAddress> {
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

/// A text fit for one header: a line break in it would begin another header.
fn line(text: &str) -> String {
    text.trim().chars().filter(|c| !c.is_control()).collect()
}

fn url(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_ascii_graphic() && !"<>".contains(*c))
        .collect()
}
