//! Filling in every message once, before anybody gets one.

use std::collections::BTreeSet;

use journey::contact::Locale;
use journey::enrollment::Step;
use utilities::Directory;

use crate::clean;
use crate::render::RenderError;
use crate::segments::Length;
use crate::templates::{MessageName, NotLiquid, Templates};
use crate::variables::{Brand, Variables};

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
        /// `subject`, `html`, `text`, `sms`, `push_title` or `push`.
        part: &'static str,
        /// The variable, `subject`, `words` or `STOP`.
        what: &'static str,
    },
    /// As a text it is too long, even without what may be left out.
    #[error(
        "the text message {name} has {length}, counted with a link of {LINK_CHARS} characters and without a name or a \
         utility; at most {max} segments may be sent: shorten `{locale}/sms.txt` or the sender's name",
        max = Length::MAX_SEGMENTS,
        locale = name.locale.as_str()
    )]
    TooLong {
        /// The message.
        name: MessageName,
        /// How long it is.
        length: Length,
    },
    /// The answer to HELP is too long, even at its shortest.
    #[error(
        "the answer to HELP in \"{locale}\" has {length}; at most {max} segments may be sent: shorten the sender's name, or \
         give a `support_email` in place of the postal address",
        max = Length::MAX_SEGMENTS,
        locale = locale.as_str()
    )]
    HelpTooLong {
        /// Its language.
        locale: Locale,
        /// How long it is.
        length: Length,
    },
}

/// The length of the link in a text when it is checked: a token of ours with its path, 65 characters, behind
/// a host such as API Gateway gives one. A shorter host leaves room for a name.
const LINK_CHARS: usize = 120;

/// A link of [`LINK_CHARS`].
pub(crate) fn long_link() -> String {
    format!("{:x<LINK_CHARS$}", "https://example.com/r/")
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
        for (name, variables) in self.samples(brand, touches) {
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

    /// Fills in every text message for every touch as [`Templates::try_out`] does, without the values that may
    /// be missing, and looks for what each must show, and for its length; the answer to HELP is as short.
    ///
    /// For campaigns that send texts: it depends on who writes, and another campaign need not care.
    ///
    /// # Errors
    /// The first fault, by message.
    pub fn try_out_texts(&self, brand: &Brand, touches: u16) -> Result<(), TrialError> {
        self.check()?;
        for (name, variables) in self.samples(brand, touches) {
            let mut variables = longest(&variables);
            variables.resume_url = long_link();
            let body = match self.render_text(&variables) {
                Ok(text) => text.body,
                Err(RenderError::TooLong(length)) => return Err(TrialError::TooLong { name, length }),
                Err(why) => return Err(TrialError::NotFilledIn { name, why }),
            };
            let sender_name = clean::one_line(&brand.sender_name).unwrap_or_default();
            let needed = [
                ("resume_url", variables.resume_url.as_str()),
                ("sender_name", &sender_name),
                ("STOP", "STOP"),
            ];
            if let Some((what, _)) = needed.into_iter().find(|(_, value)| !body.contains(value)) {
                let part = "sms";
                return Err(TrialError::LeavesOut { name, part, what });
            }
        }
        let locales: BTreeSet<Locale> = self.names().map(|name| name.locale).collect();
        for locale in locales {
            let length = Length::of(&brand.help(locale));
            if !length.fits() {
                return Err(TrialError::HelpTooLong { locale, length });
            }
        }
        Ok(())
    }

    /// Fills in every push for every touch as [`Templates::try_out`] does, without the values that may be missing, and
    /// looks whether there are words, and not too many.
    ///
    /// For campaigns that send pushes.
    ///
    /// # Errors
    /// The first fault, by message.
    pub fn try_out_pushes(&self, brand: &Brand, touches: u16) -> Result<(), TrialError> {
        self.check()?;
        for (name, variables) in self.samples(brand, touches) {
            let push = self
                .render_push(&longest(&variables))
                .map_err(|why| TrialError::NotFilledIn { name, why })?;
            let parts = [("push_title", push.title), ("push", push.body)];
            if let Some((part, _)) = parts.into_iter().find(|(_, words)| words.is_empty()) {
                let what = "words";
                return Err(TrialError::LeavesOut { name, part, what });
            }
        }
        Ok(())
    }

    /// Every message for every touch, with an invented person's values.
    fn samples(&self, brand: &Brand, touches: u16) -> impl Iterator<Item = (MessageName, Variables)> {
        let nobody = Directory::default();
        self.gallery(touches).map(move |sample| {
            let name = MessageName {
                locale: sample.locale,
                diagnosis: sample.diagnosis,
            };
            (name, sample.variables(brand, &nobody, None))
        })
    }
}

/// Without what may be left out, and with all that cannot.
fn longest(variables: &Variables) -> Variables {
    Variables {
        left: Step::ALL.to_vec(),
        ..variables.without_optional()
    }
}

fn clean_spaces(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
