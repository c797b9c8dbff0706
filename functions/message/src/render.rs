//! Filling in a message.

use crate::clean;
use crate::links::Allowed;
use crate::plain;
use crate::segments::Length;
use crate::templates::{MessageName, Templates};
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
}

impl Templates {
    /// Fills in the message of the variables' language and diagnosis.
    ///
    /// # Errors
    /// No such message, a required link that is none, or a link to a host that is not allowed.
    pub fn render(&self, variables: &Variables) -> Result<Message, RenderError> {
        let name = MessageName {
            locale: variables.locale,
            diagnosis: variables.diagnosis,
        };
        let message = self
            .parsed(name)
            .ok_or(RenderError::NoTemplate)?
            .map_err(|_| RenderError::Liquid)?;
        let plain_values = variables.values(str::to_owned)?;
        let html_values = variables.values(clean::html)?;
        let fill = |template: &liquid::Template, values| template.render(values).map_err(|_| RenderError::Liquid);
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

    fn text_of(&self, variables: &Variables) -> Result<TextMessage, RenderError> {
        let name = MessageName {
            locale: variables.locale,
            diagnosis: variables.diagnosis,
        };
        let message = self
            .parsed(name)
            .ok_or(RenderError::NoTemplate)?
            .map_err(|_| RenderError::Liquid)?;
        let values = variables.values(str::to_owned)?;
        let filled = message.sms.render(&values).map_err(|_| RenderError::Liquid)?;
        // Template authors break lines where they like; a text has one.
        let body = filled.split_whitespace().collect::<Vec<_>>().join(" ");
        Allowed::new(variables).check("", &body)?;
        Ok(TextMessage { body })
    }
}
