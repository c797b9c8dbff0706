//! Messages, and who sends them.

use core::future::Future;

use jiff::Timestamp;

use crate::endpoint::PushEndpoint;
use crate::event::{Resolution, SendOutcome};
use crate::id::{Provider, Reference};
use crate::phone::PhoneNumber;
use crate::state::SendKey;

/// An e-mail, complete.
#[derive(Clone)]
pub struct Email {
    /// Its name, for the sender's tags and for finding it again.
    pub key: SendKey,
    /// When it was composed.
    pub at: Timestamp,
    /// The recipient's address.
    pub to: String,
    /// The subject line.
    pub subject: String,
    /// The HTML part.
    pub html: String,
    /// The plain-text part.
    pub text: String,
    /// The URL of the one-click unsubscription (RFC 8058).
    pub unsubscribe_url: String,
    /// What the sender's log says of it.
    pub label: MessageLabel,
}

/// A text message, complete.
#[derive(Clone)]
pub struct Text {
    /// Its name.
    pub key: SendKey,
    /// When it was composed.
    pub at: Timestamp,
    /// The recipient's number.
    pub to: PhoneNumber,
    /// The words; at most two segments long.
    pub body: String,
    /// What the sender's log says of it.
    pub label: MessageLabel,
}

/// A push notification, complete.
#[derive(Clone)]
pub struct Push {
    /// Its name.
    pub key: SendKey,
    /// When it was composed.
    pub at: Timestamp,
    /// The app on the recipient's device.
    pub to: PushEndpoint,
    /// The line in bold.
    pub title: String,
    /// The words below it.
    pub body: String,
    /// Where a tap leads: our own resume page.
    pub url: String,
    /// What the sender's log says of it.
    pub label: MessageLabel,
}

/// What an outbox's log says of a message.
#[derive(Clone)]
pub struct MessageLabel {
    /// The provider.
    pub provider: Provider,
    /// The reference.
    pub reference: Reference,
    /// Where the customer stopped.
    pub diagnosis: crate::Diagnosis,
    /// The language.
    pub locale: crate::contact::Locale,
    /// The arm of the experiment.
    pub arm: String,
}

/// Sends an e-mail.
pub trait SendEmail: Sync {
    /// Hands the message over. What cannot be said for sure is [`SendOutcome::Ambiguous`].
    fn send_email(&self, email: &Email) -> impl Future<Output = SendOutcome> + Send;
}

/// Sends a text message.
pub trait SendText: Sync {
    /// Hands the message over. What cannot be said for sure is [`SendOutcome::Ambiguous`].
    fn send_text(&self, text: &Text) -> impl Future<Output = SendOutcome> + Send;
}

/// Sends a push notification.
pub trait SendPush: Sync {
    /// Hands the message over. What cannot be said for sure is [`SendOutcome::Ambiguous`].
    fn send_push(&self, push: &Push) -> impl Future<Output = SendOutcome> + Send;
}

/// Answers a person who has just texted to us. It belongs to no journey, so nothing claims it or looks it up.
pub trait AnswerText: Sync {
    /// Hands the words over, at most two segments of them, unless the sender's list has the number.
    fn answer_text(&self, to: &PhoneNumber, body: &str) -> impl Future<Output = SendOutcome> + Send;
}

/// Looks up what became of a send.
pub trait LookUpSend: Sync {
    /// What the sender's own record says.
    fn look_up_send(&self, key: &SendKey) -> impl Future<Output = Resolution> + Send;
}
