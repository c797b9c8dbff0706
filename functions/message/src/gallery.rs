//! Every message of a campaign, with invented people, for those who want to look at them.

use journey::contact::Locale;
use journey::{Diagnosis, UtilityCode};
use utilities::Directory;

use crate::templates::Templates;
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
            resume_url: "https://example.com/r/an-invented-token".to_owned(),
            unsubscribe_url: "https://example.com/u/an-invented-token".to_owned(),
        }
    }
}
