//! The outbox: messages go to a folder instead of a mail server, a carrier or a phone.
//!
//! A message is accepted when it is in the database; the files are made from there. So a message is
//! there once or not at all, whatever happens to the files.

mod compose;
mod files;

pub(crate) use files::remove_files;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use journey::campaign::Channel;
use journey::contact::Locale;
use journey::port::{Email, LookUpSend, MessageLabel, Push, SendEmail, SendPush, SendText, StoreError, Text};
use journey::{JourneyId, Provider, Reference, Resolution, SendKey, SendOutcome, Touch};
use mail_parser::MessageParser;
use serde::{Deserialize, Serialize};

use crate::lock;
use crate::store::{Draft, Fault, Store, StoredMessage};

/// Who the messages are from.
#[derive(Clone, Debug)]
pub struct OutboxConfig {
    /// The name shown as the sender.
    pub from_name: String,
    /// The sender's address; its domain is part of each message's identifier.
    pub from_address: String,
    /// Where replies go, if not to the sender.
    pub reply_to: Option<String>,
    /// The campaign's name, for `Feedback-ID`.
    pub campaign: String,
}

/// An outbox that cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// The sender is not an address.
    #[error("the sender's address must be one address, such as hello@example.com")]
    FromAddress,
    /// The address for replies is not an address.
    #[error("the address for replies must be one address, such as help@example.com")]
    ReplyTo,
    /// The operating system gave us no thread.
    #[error("a thread for the outbox's files could not be started")]
    Thread(#[source] std::io::Error),
}

/// Accepts messages durably, and shows them as files: one each in `outbox/` of the data folder, an `.eml`
/// for an e-mail, a `.txt` for a text or a push, a `.json` for an event, and one line each in `outbox/messages.jsonl`.
///
/// A touch of an episode has at most one message. Sending it again, in the same attempt or another,
/// stores nothing and answers the identifier of the first. Clones share one outbox; when the last one
/// is dropped, the files are up to date, if the disk allows.
///
/// A file is made once. Whoever collects the mail may take these files and the log away: they are
/// not made again, also not when the outbox is opened anew, and the log begins again with the next
/// message. Only what a crash has interrupted is completed, so a file that was collected in the moment
/// before the crash may come a second time, under the same name.
///
/// When a person is erased, their messages are blanked in the database and their files deleted.
/// Their lines in `messages.jsonl` stay: the log is only ever appended to, and whoever follows it may
/// rely on that. It names people, so rotate it, and delete it, by the rules for the mail itself.
#[derive(Clone)]
pub struct Outbox(Arc<Inner>);

struct Inner {
    config: OutboxConfig,
    in_flight: InFlight,
    files: files::Projector,
    store: Store,
}

type TouchName = (JourneyId, u16, Touch);

/// One line of `messages.jsonl`: the keys, in this order, are a contract with whoever reads the file.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// When the message was composed, in UTC, to the millisecond.
    pub at: Timestamp,
    /// The channel: `email`, `sms`, `push` or `event`.
    pub channel: String,
    /// The provider.
    pub provider: Provider,
    /// The provider's reference.
    pub reference: Reference,
    /// The episode.
    pub episode: u16,
    /// The touch, from 1.
    pub touch: Touch,
    /// Where the customer stopped, as [`journey::Diagnosis::as_str`] says it.
    pub diagnosis: String,
    /// The language.
    pub locale: Locale,
    /// The arm of the experiment.
    pub arm: String,
    /// The subject line, or the title of a push; empty for a text and for an event, which have none.
    pub subject: String,
    /// The recipient's address, number or device; empty for an event, which goes to the partner.
    pub to: String,
    /// The words of a text or a push.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// A message that was accepted, without its content.
#[derive(Clone)]
pub struct Message {
    /// Its number, from 1, in the order of the log's lines, and its name for [`Outbox::message_html`].
    pub id: u64,
    /// The identifier in its header.
    pub message_id: String,
    /// For which journey, episode, touch and attempt.
    pub key: SendKey,
    /// Its line in the log.
    pub line: LogLine,
}

impl Outbox {
    /// Opens the outbox of a store's data folder. Files that a crash has left unwritten or torn are
    /// completed from the database, beside whatever else happens; a folder that cannot be written to is tried again
    /// every second.
    ///
    /// # Errors
    /// When an address of the configuration is not one.
    pub fn new(store: Store, config: OutboxConfig) -> Result<Self, OutboxError> {
        compose::address(&config.from_address).map_err(|_| OutboxError::FromAddress)?;
        if let Some(reply_to) = &config.reply_to {
            compose::address(reply_to).map_err(|_| OutboxError::ReplyTo)?;
        }
        let files = files::Projector::start(store.clone()).map_err(OutboxError::Thread)?;
        Ok(Outbox(Arc::new(Inner {
            config,
            in_flight: Arc::default(),
            files,
            store,
        })))
    }

    /// The latest messages, the last one in front, without those of people who were erased.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn recent_messages(&self, limit: usize) -> Result<Vec<Message>, StoreError> {
        listed(self.0.store.latest_messages(limit))
    }

    /// The messages of a journey, in the order of their sending; none once its person is erased.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn messages_of(&self, journey: &JourneyId) -> Result<Vec<Message>, StoreError> {
        listed(self.0.store.messages_of(journey))
    }

    /// The content of a message's file: the whole e-mail, as a mail program reads it, the words of a text or a push,
    /// or the event as the partner got it. `None` when there is no such message, or its person was erased.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn message_content(&self, id: u64) -> Result<Option<(Channel, Vec<u8>)>, StoreError> {
        Ok(self.0.store.message_content(id)?)
    }

    /// A message as HTML: an e-mail's own part, or the content of the others. `None` when there is no such
    /// message, or its person was erased.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn message_html(&self, id: u64) -> Result<Option<String>, StoreError> {
        Ok(self.message_content(id)?.and_then(|(channel, content)| match channel {
            Channel::Email => Some(MessageParser::default().parse(&content)?.body_html(0)?.into_owned()),
            Channel::Sms | Channel::Push | Channel::Event => Some(as_html(&String::from_utf8_lossy(&content))),
        }))
    }

    /// Takes down that the partner was told of a message that it sends itself; `body` is what it was told. A second
    /// time changes nothing.
    pub async fn keep_event(&self, key: &SendKey, at: Timestamp, label: &MessageLabel, body: &str) -> SendOutcome {
        let line = log_line(key, at, label);
        self.plain(key, at, &line, format!("{body}\n")).await
    }

    /// Accepts a message whose content is plain text.
    async fn plain(&self, key: &SendKey, at: Timestamp, line: &LogLine, content: String) -> SendOutcome {
        let line = match serde_json::to_string(line) {
            Ok(line) => line,
            Err(error) => return SendOutcome::Refused { why: error.to_string() },
        };
        self.accept(Draft {
            key: key.clone(),
            message_id: compose::message_id(key, compose::domain(&self.0.config.from_address)),
            at,
            file: file_name(key, at),
            line,
            content: content.into_bytes(),
        })
        .await
    }

    /// Accepts a message: when it is in the database, it is out.
    async fn accept(&self, draft: Draft) -> SendOutcome {
        let journey = draft.key.journey.clone();
        let on_its_way = OnItsWay::new(&self.0.in_flight, &draft.key);
        let more = self.0.files.notifier();
        let accepted = self.0.store.keep_message(draft, move || {
            // Held until here, by the write itself: it goes on even if nobody waits for it any more.
            drop(on_its_way);
            more.notify();
        });
        match accepted.await {
            Ok(message_id) => SendOutcome::Accepted { message_id },
            Err(fault) => {
                tracing::error!(
                    %journey,
                    error = &fault as &dyn std::error::Error,
                    "a message could not be stored"
                );
                match fault {
                    Fault::Database(_) | Fault::Record(_) => SendOutcome::Throttled,
                    // After a sync that failed, a crash may still bring the message to light.
                    Fault::NotCommitted(_) | Fault::Stopped => SendOutcome::Ambiguous,
                }
            }
        }
    }
}

impl SendText for Outbox {
    async fn send_text(&self, text: &Text) -> SendOutcome {
        let line = LogLine {
            to: text.to.expose().to_owned(),
            body: Some(text.body.clone()),
            ..log_line(&text.key, text.at, &text.label)
        };
        self.plain(&text.key, text.at, &line, text.body.clone()).await
    }
}

impl SendPush for Outbox {
    async fn send_push(&self, push: &Push) -> SendOutcome {
        let line = LogLine {
            subject: push.title.clone(),
            to: push.to.expose().to_owned(),
            body: Some(push.body.clone()),
            ..log_line(&push.key, push.at, &push.label)
        };
        let content = format!("{}\n{}\n{}\n", push.title, push.body, push.url);
        self.plain(&push.key, push.at, &line, content).await
    }
}

impl SendEmail for Outbox {
    async fn send_email(&self, email: &Email) -> SendOutcome {
        let composed = match compose::compose(email, &self.0.config) {
            Ok(composed) => composed,
            Err(not_an_address) => {
                return SendOutcome::Refused {
                    why: not_an_address.to_string(),
                };
            }
        };
        let line = LogLine {
            subject: email.subject.clone(),
            to: email.to.clone(),
            ..log_line(&email.key, email.at, &email.label)
        };
        let line = match serde_json::to_string(&line) {
            Ok(line) => line,
            Err(error) => return SendOutcome::Refused { why: error.to_string() },
        };
        self.accept(Draft {
            key: email.key.clone(),
            message_id: composed.message_id,
            at: email.at,
            file: file_name(&email.key, email.at),
            line,
            content: composed.eml,
        })
        .await
    }
}

impl LookUpSend for Outbox {
    async fn look_up_send(&self, key: &SendKey) -> Resolution {
        // First this, then the database: the other way round, a message that arrives in between would
        // be in neither.
        let on_its_way = lock(&self.0.in_flight).contains_key(&touch_name(key));
        match self.0.store.message_of(key) {
            Ok(Some(message)) => Resolution::Sent {
                message_id: message.message_id,
                at: message.at,
            },
            Ok(None) if on_its_way => Resolution::Unknown,
            Ok(None) => Resolution::NotSent,
            Err(fault) => {
                tracing::error!(
                    journey = %key.journey,
                    error = &fault as &dyn std::error::Error,
                    "a message could not be looked up"
                );
                Resolution::Unknown
            }
        }
    }
}

/// How many sends of each touch are on their way to the database.
type InFlight = Arc<Mutex<BTreeMap<TouchName, usize>>>;

/// Marks a touch's message as on its way, until dropped.
struct OnItsWay {
    all: InFlight,
    name: TouchName,
}

impl OnItsWay {
    fn new(all: &InFlight, key: &SendKey) -> Self {
        let name = touch_name(key);
        *lock(all).entry(name.clone()).or_default() += 1;
        OnItsWay {
            all: Arc::clone(all),
            name,
        }
    }
}

impl Drop for OnItsWay {
    fn drop(&mut self) {
        let mut all = lock(&self.all);
        match all.get_mut(&self.name) {
            Some(sends) if *sends > 1 => *sends -= 1,
            Some(_) | None => {
                all.remove(&self.name);
            }
        }
    }
}

fn touch_name(key: &SendKey) -> TouchName {
    (key.journey.clone(), key.episode, key.touch)
}

/// The name of a message's file: it sorts by time, and says nothing of the person.
fn file_name(key: &SendKey, at: Timestamp) -> String {
    let kind = match key.channel {
        Channel::Email => "eml",
        Channel::Sms | Channel::Push => "txt",
        Channel::Event => "json",
    };
    format!(
        "{}-{}-e{}-t{}.{kind}",
        at.strftime("%Y%m%dT%H%M%SZ"),
        key.journey,
        key.episode,
        key.touch.0
    )
}

/// What the lines of all channels have in common.
fn log_line(key: &SendKey, at: Timestamp, label: &MessageLabel) -> LogLine {
    LogLine {
        at: Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at),
        channel: key.channel.as_str().to_owned(),
        provider: label.provider,
        reference: label.reference.clone(),
        episode: key.episode,
        touch: key.touch,
        diagnosis: label.diagnosis.as_str().to_owned(),
        locale: label.locale,
        arm: label.arm.clone(),
        subject: String::new(),
        to: String::new(),
        body: None,
    }
}

/// The words of a text on a page.
fn as_html(words: &str) -> String {
    let escaped = words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("<!doctype html><meta charset=\"utf-8\"><p>{escaped}</p>\n")
}

fn listed(messages: Result<Vec<StoredMessage>, Fault>) -> Result<Vec<Message>, StoreError> {
    let message = |stored: StoredMessage| {
        let line = serde_json::from_str(&stored.line).map_err(Fault::from)?;
        Ok(Message {
            id: stored.number,
            message_id: stored.message_id,
            key: stored.key,
            line,
        })
    };
    messages?.into_iter().map(message).collect()
}
