//! Every message of a campaign, with invented people, for those who want to look at them.

use jiff::civil::{Date, date};
use journey::contact::Locale;
use journey::enrollment::Step;
use journey::{Diagnosis, UtilityCode};
use utilities::{Directory, Utility};

use crate::clean::MAX_NAME_CHARS;
use crate::html::{Piece, is_hidden, pieces, unescape};
use crate::render::Message;
use crate::templates::Templates;
use crate::trial::long_link;
use crate::variables::{Brand, UtilityWords, Variables};

/// One message of a campaign: enough to list it, to name a file after it, and to render it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sample {
    /// The language.
    pub locale: Locale,
    /// Where the customer stopped.
    pub diagnosis: Diagnosis,
    /// Which reminder it is, from 1.
    pub touch: u16,
    /// How many reminders there are.
    pub touches: u16,
}

impl Templates {
    /// Every message of a campaign with so many touches.
    pub fn gallery(&self, touches: u16) -> impl Iterator<Item = Sample> {
        self.names().flat_map(move |name| {
            (1..=touches).map(move |touch| Sample {
                locale: name.locale,
                diagnosis: name.diagnosis,
                touch,
                touches,
            })
        })
    }
}

impl Sample {
    /// Variables with an invented person and invented links, about a utility of the directory.
    #[must_use]
    pub fn variables(&self, brand: &Brand, directory: &Directory, utility: Option<&UtilityCode>) -> Variables {
        Variables {
            locale: self.locale,
            diagnosis: self.diagnosis,
            touch: self.touch,
            touches: self.touches,
            first_name: Some("Ana".to_owned()),
            brand: brand.clone(),
            utility: UtilityWords::of(directory, utility, None),
            form_only: utility
                .and_then(|code| directory.find(code))
                .is_some_and(Utility::is_form_only),
            left: self.diagnosis.steps_left().to_vec(),
            starts_soon: self.starts_soon(),
            resume_url: "https://example.com/r/an-invented-token".to_owned(),
            unsubscribe_url: "https://example.com/u/an-invented-token".to_owned(),
        }
    }

    /// An invented day, in the last touch of whoever has chosen one: so both wordings are seen.
    fn starts_soon(&self) -> Option<Date> {
        let has_chosen = self
            .diagnosis
            .steps_left()
            .first()
            .is_some_and(|step| *step != Step::Plan);
        (has_chosen && self.touch == self.touches).then_some(date(2026, 3, 6))
    }
}

impl Variables {
    /// These values for a text message, and the longest ones, each with whose they are. The last are those that the check of
    /// a campaign counts with: a long link, and nothing that may be left out.
    #[must_use]
    pub fn in_texts(&self) -> [(&'static str, Variables); 4] {
        let with = |name: &str| Variables {
            first_name: Some(name.to_owned()),
            resume_url: long_link(),
            ..self.clone()
        };
        let longest = format!("{:m<MAX_NAME_CHARS$}", "A");
        [
            ("As usual", self.clone()),
            (
                "With an accent in the name (Mar\u{ed}a), and a link of 120 characters",
                with("Mar\u{ed}a"),
            ),
            ("With a name of 60 characters, and a link of 120", with(&longest)),
            (
                "Without a name or a utility, and with a link of 120 characters: as the check counts",
                with("").without_optional(),
            ),
        ]
    }
}

impl Message {
    /// What programs show beside the subject: the first text of the HTML part that the mail itself does not show.
    #[must_use]
    pub fn preheader(&self) -> Option<String> {
        let body = pieces(&self.html)
            .into_iter()
            .skip_while(|piece| !matches!(piece, Piece::Open { name, .. } if name.eq_ignore_ascii_case("body")));
        let hidden =
            |piece: &Piece<'_>| matches!(piece, Piece::Open { name, attributes, .. } if is_hidden(name, attributes));
        let text = body
            .skip_while(|piece| !hidden(piece))
            .skip(1)
            .take_while(|piece| !matches!(piece, Piece::Close(_)))
            .find_map(|piece| match piece {
                Piece::Text(text) => Some(unescape(text).trim().to_owned()),
                Piece::Comment(_) | Piece::Open { .. } | Piece::Close(_) => None,
            });
        text.filter(|text| !text.is_empty())
    }
}
