//! Filling in a message.

use liquid::Template;

use crate::clean;
use crate::links::Allowed;
use crate::plain;
use crate::segments::Length;
use crate::templates::{MessageName, Parsed, Templates};
use crate::variables::Variables;

/// The longest subject; mail programs show far less.
const MAX_SUBJECT_CHARS: usize = 150;

/// A message, ready for a sender.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// The subject: one line, without control characters.
    pub subject: String,
    /// The HTML part.
    pub html: String,
    /// The plain-text part, which says the same.
    pub text: String,
}

impl core::fmt::Debug for Message {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Message(hidden)")
    }
}

/// A text message, ready for a sender: one line, at most [`Length::MAX_SEGMENTS`] segments.
#[derive(Clone, PartialEq, Eq)]
pub struct TextMessage {
    /// The words.
    pub body: String,
}

impl core::fmt::Debug for TextMessage {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("TextMessage(hidden)")
    }
}

/// A push notification, ready for a sender: two short lines without a link. Where a tap leads is not said in words.
#[derive(Clone, PartialEq, Eq)]
pub struct PushMessage {
    /// The line in bold, at most [`PushMessage::MAX_TITLE_CHARS`] long.
    pub title: String,
    /// The words below it, at most [`PushMessage::MAX_BODY_CHARS`] long.
    pub body: String,
}

impl PushMessage {
    /// What a locked phone shows of a title in one line.
    pub const MAX_TITLE_CHARS: usize = 50;
    /// What a locked phone shows without being touched.
    pub const MAX_BODY_CHARS: usize = 150;

    fn fits(&self) -> bool {
        self.title.chars().count() <= Self::MAX_TITLE_CHARS && self.body.chars().count() <= Self::MAX_BODY_CHARS
    }
}

impl core::fmt::Debug for PushMessage {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("PushMessage(hidden)")
    }
}

/// Why a message cannot be filled in. It names no value: values may be personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The campaign does not offer the language, or the diagnosis has no message.
    #[error("there is no template for this language and diagnosis")]
    NoTemplate,
    /// A required link is not on https (or on http at this machine itself).
    #[error("`{0}` is not a link on https")]
    NotALink(&'static str),
    /// A link leads elsewhere than to our own pages, the utility's, the provider's, or a listed host.
    #[error("a link leads to a host that messages may not link to; `[links] hosts` of the campaign lists more")]
    ForeignLink,
    /// Liquid failed, which checked templates do not.
    #[error("the template cannot be filled in")]
    Liquid,
    /// A text is too long, even without what may be left out.
    #[error("the text has {0}, and at most {max} may be sent", max = Length::MAX_SEGMENTS)]
    TooLong(Length),
    /// A push is too long, even without what may be left out.
    #[error(
        "the push is too long: a title may have {} characters, and the words {}",
        PushMessage::MAX_TITLE_CHARS,
        PushMessage::MAX_BODY_CHARS
    )]
    PushTooLong,
}

impl Templates {
    /// Fills in the message of the variables' language and diagnosis.
    ///
    /// # Errors
    /// No such message, a required link that is none, or a link to a host that is not allowed.
    pub fn render(&self, variables: &Variables) -> Result<Message, RenderError> {
        let message = self.message(variables)?;
        let plain_values = variables.values(str::to_owned)?;
        let html_values = variables.values(clean::html)?;
        let fill = |template: &Template, values| template.render(values).map_err(|_| RenderError::Liquid);
        let subject = clean::one_line(&fill(&message.subject, &plain_values)?).unwrap_or_default();
        let html = fill(&message.html, &html_values)?;
        let text = plain::tidy(&fill(&message.text, &plain_values)?);
        Allowed::new(variables).check(&html, &text)?;
        Ok(Message {
            subject: subject.chars().take(MAX_SUBJECT_CHARS).collect(),
            html,
            text,
        })
    }

    /// Fills in the text message of the variables' language and diagnosis.
    ///
    /// If the values make it longer than two segments, it goes without those that may be missing: the
    /// name, and what is known of the utility. One accent in a name can halve what a segment holds.
    ///
    /// # Errors
    /// As [`Templates::render`]; and it is too long without them, too.
    pub fn render_text(&self, variables: &Variables) -> Result<TextMessage, RenderError> {
        let whole = self.text_of(variables)?;
        if Length::of(&whole.body).fits() {
            return Ok(whole);
        }
        let short = self.text_of(&variables.without_optional())?;
        let length = Length::of(&short.body);
        if length.fits() {
            Ok(short)
        } else {
            Err(RenderError::TooLong(length))
        }
    }

    /// Fills in the push of the variables' language and diagnosis.
    ///
    /// If the values make it longer than a locked phone shows, it goes without those that may be missing.
    ///
    /// # Errors
    /// As [`Templates::render`]; and it is too long without them, too.
    pub fn render_push(&self, variables: &Variables) -> Result<PushMessage, RenderError> {
        let whole = self.push_of(variables)?;
        if whole.fits() {
            return Ok(whole);
        }
        let short = self.push_of(&variables.without_optional())?;
        if short.fits() {
            Ok(short)
        } else {
            Err(RenderError::PushTooLong)
        }
    }

    fn text_of(&self, variables: &Variables) -> Result<TextMessage, RenderError> {
        let message = self.message(variables)?;
        let body = line(&message.sms, variables)?;
        Ok(TextMessage { body })
    }

    fn push_of(&self, variables: &Variables) -> Result<PushMessage, RenderError> {
        let message = self.message(variables)?;
        Ok(PushMessage {
            title: line(&message.push_title, variables)?,
            body: line(&message.push, variables)?,
        })
    }

    fn message(&self, variables: &Variables) -> Result<&Parsed, RenderError> {
        let name = MessageName {
            locale: variables.locale,
            diagnosis: variables.diagnosis,
        };
        let message = self.parsed(name).ok_or(RenderError::NoTemplate)?;
        message.map_err(|_| RenderError::Liquid)
    }
}

/// Fills in what is shown as one line: template authors break lines where they like.
fn line(template: &Template, variables: &Variables) -> Result<String, RenderError> {
    let values = variables.values(str::to_owned)?;
    let filled = template.render(&values).map_err(|_| RenderError::Liquid)?;
    let line = filled.split_whitespace().collect::<Vec<_>>().join(" ");
    Allowed::new(variables).check("", &line)?;
    Ok(line)
}
