//! Filling in a message.

use crate::clean;
use crate::plain;
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

/// Why a message cannot be filled in. It names no value: values may be personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The campaign does not offer the language, or the diagnosis has no message.
    #[error("there is no template for this language and diagnosis")]
    NoTemplate,
    /// A required link is not on https (or on http at this machine itself).
    #[error("`{0}` is not a link on https")]
    NotALink(&'static str),
    /// Liquid failed, which checked templates do not.
    #[error("the template cannot be filled in")]
    Liquid,
}

impl Templates {
    /// Fills in the message of the variables' language and diagnosis.
    ///
    /// # Errors
    /// No such message, or a required link that is none.
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
        Ok(Message {
            subject: subject.chars().take(MAX_SUBJECT_CHARS).collect(),
            html: fill(&message.html, &html_values)?,
            text: plain::tidy(&fill(&message.text, &plain_values)?),
        })
    }
}
