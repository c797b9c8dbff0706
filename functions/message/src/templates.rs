//! The messages of a campaign, ready to be filled in.

use core::fmt;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use journey::Diagnosis;
use journey::contact::Locale;
use liquid::Template;
use serde::{Deserialize, Serialize};

use crate::liquid_parser::parser;

/// Every message of a campaign, ready to be filled in. Clones share them.
#[derive(Clone)]
pub struct Templates {
    messages: Arc<BTreeMap<MessageName, Entry>>,
    /// The files that the messages were made of, by path.
    #[cfg(feature = "compile")]
    pub(crate) used: Arc<BTreeMap<String, String>>,
}

/// Names a message: its language and diagnosis. Written `en/not_started`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MessageName {
    /// The language.
    pub locale: Locale,
    /// Where the customer stopped.
    pub diagnosis: Diagnosis,
}

/// The words of one message, as compiled: Liquid, with nothing but variables left to fill in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageText {
    /// The subject.
    pub subject: String,
    /// The HTML part.
    pub html: String,
    /// The plain-text part.
    pub text: String,
    /// The text message.
    pub sms: String,
    /// The title of the push.
    pub push_title: String,
    /// The words of the push.
    pub push: String,
}

/// A text that is no name of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a message; one is a language and a reason for stopping, such as `en/not_started`")]
pub struct NoMessageName;

/// A compiled text that is not Liquid: no check has made it, or it was changed since.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {part} of {name} is not Liquid: {what}")]
pub struct NotLiquid {
    /// The message.
    pub name: MessageName,
    /// `subject`, `html`, `text`, `sms`, `push_title` or `push`.
    pub part: &'static str,
    /// What the parser says.
    pub what: String,
}

/// One message: its words, and the same with their Liquid parsed, once somebody has asked for it.
struct Entry {
    text: MessageText,
    parsed: OnceLock<Result<Parsed, NotLiquid>>,
}

/// One message, with its Liquid parsed.
pub(crate) struct Parsed {
    pub(crate) subject: Template,
    pub(crate) html: Template,
    pub(crate) text: Template,
    pub(crate) sms: Template,
    pub(crate) push_title: Template,
    pub(crate) push: Template,
}

impl Templates {
    /// Takes messages that were compiled before.
    ///
    /// Each is parsed when it is first needed: a function that starts for one message does not wait for
    /// two dozen others. [`Templates::check`] parses all of them.
    pub fn open(texts: impl IntoIterator<Item = (MessageName, MessageText)>) -> Self {
        let entry = |(name, text)| {
            let parsed = OnceLock::new();
            (name, Entry { text, parsed })
        };
        Templates {
            messages: Arc::new(texts.into_iter().map(entry).collect()),
            #[cfg(feature = "compile")]
            used: Arc::default(),
        }
    }

    /// The compiled words of every message, by name: what [`Templates::open`] takes.
    pub fn texts(&self) -> impl Iterator<Item = (MessageName, &MessageText)> {
        self.messages.iter().map(|(name, entry)| (*name, &entry.text))
    }

    /// Parses every message.
    ///
    /// # Errors
    /// The first one, by name, that is not Liquid.
    pub fn check(&self) -> Result<(), NotLiquid> {
        self.messages
            .iter()
            .try_for_each(|(name, entry)| entry.parsed(*name).map(drop))
    }

    /// A message, parsed; none when there is no such message.
    pub(crate) fn parsed(&self, name: MessageName) -> Option<Result<&Parsed, NotLiquid>> {
        self.messages.get(&name).map(|entry| entry.parsed(name))
    }

    /// The names of all messages.
    pub fn names(&self) -> impl Iterator<Item = MessageName> {
        self.messages.keys().copied()
    }
}

impl fmt::Debug for Templates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.messages.keys()).finish()
    }
}

impl Entry {
    fn parsed(&self, name: MessageName) -> Result<&Parsed, NotLiquid> {
        self.parsed
            .get_or_init(|| Parsed::of(name, &self.text))
            .as_ref()
            .map_err(Clone::clone)
    }
}

impl Parsed {
    fn of(name: MessageName, text: &MessageText) -> Result<Self, NotLiquid> {
        let not_liquid = |part, error: liquid::Error| NotLiquid {
            name,
            part,
            what: error.to_string().trim().to_owned(),
        };
        let parser = parser().map_err(|error| not_liquid("subject", error))?;
        let parse = |part, text: &str| parser.parse(text).map_err(|error| not_liquid(part, error));
        Ok(Parsed {
            subject: parse("subject", &text.subject)?,
            html: parse("html", &text.html)?,
            text: parse("text", &text.text)?,
            sms: parse("sms", &text.sms)?,
            push_title: parse("push_title", &text.push_title)?,
            push: parse("push", &text.push)?,
        })
    }
}

impl MessageName {
    /// Reads a name as [`MessageName`] is written.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (locale, diagnosis) = text.split_once('/')?;
        Some(MessageName {
            locale: Locale::ALL.into_iter().find(|known| known.as_str() == locale)?,
            diagnosis: Diagnosis::ALL.into_iter().find(|known| known.as_str() == diagnosis)?,
        })
    }

    /// The messages that a campaign in these languages has: one for each diagnosis that may be sent.
    pub fn all(locales: &[Locale]) -> impl Iterator<Item = MessageName> {
        locales.iter().flat_map(|&locale| {
            Diagnosis::ALL
                .into_iter()
                .filter(|diagnosis| diagnosis.may_be_sent())
                .map(move |diagnosis| MessageName { locale, diagnosis })
        })
    }
}

impl fmt::Display for MessageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.locale.as_str(), self.diagnosis.as_str())
    }
}

impl TryFrom<String> for MessageName {
    type Error = NoMessageName;

    fn try_from(text: String) -> Result<Self, NoMessageName> {
        MessageName::parse(&text).ok_or(NoMessageName)
    }
}

impl From<MessageName> for String {
    fn from(name: MessageName) -> Self {
        name.to_string()
    }
}
