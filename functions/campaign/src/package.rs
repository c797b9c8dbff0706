//! A checked campaign as one JSON document, and the same in the parts that a store keeps.

use std::collections::BTreeMap;

use jiff::Timestamp;
use journey::port::PushedCampaign;
use message::{MessageName, MessageText, TrialError};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::running::{Running, try_out_short};
use crate::stored::{FORMAT, HeadDocument};

/// The largest head, and the largest message, in bytes of JSON: each becomes one item of DynamoDB, which
/// holds 400 KB with its keys.
pub const MAX_ITEM_BYTES: usize = 380 * 1000;

/// The largest package, in bytes of JSON: a Lambda takes 6 MB, in which it comes as escaped text.
pub const MAX_PACKAGE_BYTES: usize = 5 * 1000 * 1000;

/// A checked campaign, compiled: what `rekindle campaign push` hands to a deployment.
#[derive(Clone, Debug, PartialEq)]
pub struct Package {
    head: HeadDocument,
    messages: Messages,
}

pub(crate) type Messages = BTreeMap<MessageName, MessageText>;

/// Why a package cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackageError {
    /// It has not the shape of a package.
    #[error("not a campaign package: {0}")]
    Unreadable(String),
    /// It was written by a program that is older or newer than this one.
    #[error(
        "the campaign package has format {0}, and this program reads format {FORMAT}: bring the older of the two up to \
         date, then push the campaign again"
    )]
    Format(u32),
    /// It has the shape, but no check would have let it pass.
    #[error("the campaign package cannot be used: {0}")]
    Wrong(String),
    /// A part of it is too large.
    #[error("{part} has {bytes} bytes, and at most {most} can be stored")]
    TooLarge {
        /// Which.
        part: String,
        /// How large it is.
        bytes: usize,
        /// How large it may be.
        most: usize,
    },
    /// A message cannot be filled in as it must be.
    #[error(transparent)]
    Message(#[from] TrialError),
}

/// The whole as one document.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PackageDocument {
    format: u32,
    head: HeadDocument,
    messages: Messages,
}

impl Package {
    #[cfg(feature = "check")]
    pub(crate) fn new(campaign: &crate::LoadedCampaign) -> Self {
        Package {
            head: HeadDocument::of(campaign),
            messages: campaign
                .templates
                .texts()
                .map(|(name, text)| (name, text.clone()))
                .collect(),
        }
    }

    /// Names what it says; see `Campaign::version` of the rules.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.head.version
    }

    /// Reads a package that [`Package::to_json`] has written.
    ///
    /// # Errors
    /// It is too large, of another format, or not of its shape. [`Package::check`] looks at what it says.
    pub fn from_json(text: &str) -> Result<Self, PackageError> {
        not_larger("the campaign package", text, MAX_PACKAGE_BYTES)?;
        let document: PackageDocument = read(text)?;
        known(document.head.format)?;
        Ok(Package {
            head: document.head,
            messages: document.messages,
        })
    }

    /// The package as one JSON document.
    ///
    /// # Errors
    /// It is too large.
    pub fn to_json(&self) -> Result<String, PackageError> {
        let document = PackageDocument {
            format: FORMAT,
            head: self.head.clone(),
            messages: self.messages.clone(),
        };
        let text = write(&document)?;
        not_larger("the campaign package", &text, MAX_PACKAGE_BYTES)?;
        Ok(text)
    }

    /// Puts together what [`Package::to_pushed`] has taken apart.
    ///
    /// # Errors
    /// A part is of another format or not of its shape.
    pub fn from_parts<'t>(
        head: &str,
        messages: impl IntoIterator<Item = (&'t str, &'t str)>,
    ) -> Result<Self, PackageError> {
        Ok(Package {
            head: self::head(head)?,
            messages: self::messages(messages)?,
        })
    }

    /// The package in the parts that a store keeps: the head, and each message under its name.
    ///
    /// # Errors
    /// As [`Package::check`]: what is stored can be run.
    pub fn to_pushed(&self, pushed_at: Timestamp) -> Result<PushedCampaign, PackageError> {
        self.check()?;
        let (head, messages) = self.parts()?;
        Ok(PushedCampaign {
            version: self.head.version.clone(),
            pushed_at,
            head,
            messages,
        })
    }

    /// Opens the package. The messages are parsed when they are needed.
    ///
    /// # Errors
    /// It says what no check would have let pass, or a message is missing.
    pub fn open(self) -> Result<Running, PackageError> {
        Running::of(self.head, self.messages)
    }

    /// Opens the package for a trial: fills in every message with an invented person's values, and looks
    /// for what each must show. Nothing that could fail is left to a send, whoever has made the package.
    ///
    /// # Errors
    /// As [`Package::open`]; a message cannot be filled in, or lacks what the law or the customer asks for;
    /// a part is too large to be stored.
    pub fn check(&self) -> Result<(), PackageError> {
        let (head, messages) = self.parts()?;
        not_larger("the campaign without its messages", &head, MAX_ITEM_BYTES)?;
        let mut bytes = head.len();
        for (name, text) in &messages {
            not_larger(&format!("the message {name}"), text, MAX_ITEM_BYTES)?;
            bytes += text.len();
        }
        if bytes > MAX_PACKAGE_BYTES {
            return Err(too_large("the campaign", bytes, MAX_PACKAGE_BYTES));
        }
        let running = self.clone().open()?;
        let touches = u16::try_from(running.head.rules.touches.len()).unwrap_or(u16::MAX);
        running.templates.try_out(&running.head.brand, touches)?;
        try_out_short(&running.templates, &running.head.rules, &running.head.brand, touches)?;
        Ok(())
    }

    fn parts(&self) -> Result<(String, Vec<(String, String)>), PackageError> {
        let message = |(name, text): (&MessageName, &MessageText)| Ok((name.to_string(), write(text)?));
        let messages = self.messages.iter().map(message).collect::<Result<_, PackageError>>()?;
        Ok((write(&self.head)?, messages))
    }
}

/// Reads a head.
pub(crate) fn head(text: &str) -> Result<HeadDocument, PackageError> {
    read(text)
}

/// Reads messages.
pub(crate) fn messages<'t>(parts: impl IntoIterator<Item = (&'t str, &'t str)>) -> Result<Messages, PackageError> {
    let mut messages = Messages::new();
    for (name, text) in parts {
        let unreadable = |what: String| PackageError::Unreadable(format!("message {name}: {what}"));
        let parsed = MessageName::parse(name).ok_or_else(|| unreadable("not a message's name".to_owned()))?;
        let text = shape(text).map_err(unreadable)?;
        if messages.insert(parsed, text).is_some() {
            return Err(PackageError::Wrong(format!("it has the message {name} twice")));
        }
    }
    Ok(messages)
}

/// Are these messages the ones that a head names?
pub(crate) fn whole(names: &[MessageName], messages: &Messages) -> Result<(), PackageError> {
    if let Some(name) = names.iter().find(|name| !messages.contains_key(name)) {
        return Err(PackageError::Wrong(format!("the message {name} is missing")));
    }
    match messages.keys().find(|name| !names.contains(name)) {
        Some(name) => Err(PackageError::Wrong(format!("the message {name} does not belong to it"))),
        None => Ok(()),
    }
}

/// The one field that every format has.
#[derive(Deserialize)]
struct Formatted {
    format: u32,
}

/// Reads a document that says its format. Another one's shape would only be reported as faulty.
fn read<T: DeserializeOwned>(text: &str) -> Result<T, PackageError> {
    let formatted: Formatted = shape(text).map_err(PackageError::Unreadable)?;
    known(formatted.format)?;
    shape(text).map_err(PackageError::Unreadable)
}

fn known(format: u32) -> Result<(), PackageError> {
    if format == FORMAT {
        Ok(())
    } else {
        Err(PackageError::Format(format))
    }
}

fn shape<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = serde_path_to_error::deserialize(&mut reader).map_err(|error| error.to_string())?;
    reader.end().map_err(|error| error.to_string())?;
    Ok(read)
}

fn write<T: Serialize>(document: &T) -> Result<String, PackageError> {
    serde_json::to_string(document).map_err(|error| PackageError::Unreadable(error.to_string()))
}

fn not_larger(part: &str, text: &str, most: usize) -> Result<(), PackageError> {
    if text.len() > most {
        return Err(too_large(part, text.len(), most));
    }
    Ok(())
}

fn too_large(part: &str, bytes: usize, most: usize) -> PackageError {
    PackageError::TooLarge {
        part: part.to_owned(),
        bytes,
        most,
    }
}
