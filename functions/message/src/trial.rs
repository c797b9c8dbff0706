//! Filling in every message once, before anybody gets one.

use utilities::Directory;

use crate::clean;
use crate::render::RenderError;
use crate::templates::{MessageName, NotLiquid, Templates};
use crate::variables::Brand;

/// What a trial has found wrong with a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrialError {
    /// It is not Liquid.
    #[error(transparent)]
    NotLiquid(#[from] NotLiquid),
    /// It cannot be filled in.
    #[error("the message {name} cannot be filled in: {why}")]
    NotFilledIn {
        /// The message.
        name: MessageName,
        /// Why.
        why: RenderError,
    },
    /// It does not show what every message must.
    #[error("the {part} of the message {name} does not show `{what}`")]
    LeavesOut {
        /// The message.
        name: MessageName,
        /// `subject`, `html` or `text`.
        part: &'static str,
        /// The variable, or `subject`.
        what: &'static str,
    },
}

impl Templates {
    /// Fills in every message for every touch, with an invented person's values, and looks for what each
    /// must show: a subject, the two links, the postal address.
    ///
    /// The compiler of templates sees more; this holds whoever has compiled them.
    ///
    /// # Errors
    /// The first fault, by message.
    pub fn try_out(&self, brand: &Brand, touches: u16) -> Result<(), TrialError> {
        self.check()?;
        let nobody = Directory::default();
        for sample in self.gallery(touches) {
            let name = MessageName {
                locale: sample.locale,
                diagnosis: sample.diagnosis,
            };
            let variables = sample.variables(brand, &nobody, None);
            let message = self
                .render(&variables)
                .map_err(|why| TrialError::NotFilledIn { name, why })?;
            if message.subject.is_empty() {
                let (part, what) = ("subject", "subject");
                return Err(TrialError::LeavesOut { name, part, what });
            }
            let postal_address = clean::one_line(&brand.postal_address).unwrap_or_default();
            for (part, text, escape) in [
                ("html", &message.html, clean::html as fn(&str) -> String),
                ("text", &message.text, str::to_owned),
            ] {
                let needed = [
                    ("resume_url", &variables.resume_url),
                    ("unsubscribe_url", &variables.unsubscribe_url),
                    ("postal_address", &postal_address),
                ];
                // Lines may be broken anywhere between words.
                let words = clean_spaces(text);
                if let Some((what, _)) = needed.into_iter().find(|(_, value)| !words.contains(&escape(value))) {
                    return Err(TrialError::LeavesOut { name, part, what });
                }
            }
        }
        Ok(())
    }
}

fn clean_spaces(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
