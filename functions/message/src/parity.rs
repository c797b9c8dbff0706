//! Do the two parts of a mail say the same?

use core::fmt;

use jiff::civil::date;
use journey::enrollment::Step;
use utilities::{Directory, Mfa};

use crate::html::{visible_words, words};
use crate::links::{in_text, targets};
use crate::templates::{MessageName, Templates};
use crate::variables::{Brand, UtilityWords};

/// A mail whose text part says something else than its HTML part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The message.
    pub name: MessageName,
    /// The touch in which it was seen first.
    pub touch: u16,
    what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    /// The first words that differ, of each part.
    Words { html: String, text: String },
    /// A link that only one part has.
    Link(String),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { name, touch, what } = self;
        write!(
            f,
            "{name}: the text part of touch {touch} does not say the same as the HTML part: "
        )?;
        match what {
            What::Words { html, text } => write!(f, "\"{text}\" stands where the HTML has \"{html}\""),
            What::Link(link) => write!(f, "only one of them has the link {link}"),
        }
    }
}

impl Templates {
    /// The messages whose two parts differ in their words or links, with the first difference of each. Punctuation,
    /// capitals and the preheader, which is hidden, do not count.
    ///
    /// Each is filled in for every touch, with much known of the utility and with nothing, and for a form alone; with all
    /// steps of an enrolment left and with none.
    #[must_use]
    pub fn differences(&self, brand: &Brand, touches: u16) -> Vec<Difference> {
        let mut found: Vec<Difference> = Vec::new();
        for sample in self.gallery(touches) {
            let name = MessageName {
                locale: sample.locale,
                diagnosis: sample.diagnosis,
            };
            if found.iter().any(|difference| difference.name == name) {
                continue;
            }
            let mut variables = sample.variables(brand, &Directory::default(), None);
            let (all, soon) = (Step::ALL.to_vec(), Some(date(2026, 3, 6)));
            let knowledge = [
                (UtilityWords::default(), false, variables.left.clone(), None),
                (everything(), false, all, soon),
                (everything(), true, Vec::new(), None),
            ];
            let what = knowledge
                .into_iter()
                .find_map(|(utility, form_only, left, starts_soon)| {
                    variables.utility = utility;
                    variables.form_only = form_only;
                    variables.left = left;
                    variables.starts_soon = starts_soon;
                    let message = self.render(&variables).ok()?;
                    difference(&message.html, &message.text)
                });
            found.extend(what.map(|what| Difference {
                name,
                touch: sample.touch,
                what,
            }));
        }
        found
    }
}

fn difference(html: &str, text: &str) -> Option<What> {
    let (seen, written) = (visible_words(html), words(text));
    if let Some(at) = first_difference(&seen, &written) {
        let from = at.saturating_sub(3);
        let around = |words: &[String]| words.iter().skip(from).take(8).cloned().collect::<Vec<_>>().join(" ");
        return Some(What::Words {
            html: around(&seen),
            text: around(&written),
        });
    }
    let mut clicked = targets(html);
    clicked.retain(|link| link.starts_with("http"));
    let mut shown = in_text(text);
    let only = |one: &[String], other: &[String]| one.iter().find(|link| !other.contains(link)).cloned();
    clicked.sort();
    shown.sort();
    only(&clicked, &shown)
        .or_else(|| only(&shown, &clicked))
        .map(What::Link)
}

fn first_difference(one: &[String], other: &[String]) -> Option<usize> {
    if one == other {
        return None;
    }
    Some(one.iter().zip(other).take_while(|(one, other)| one == other).count())
}

/// An invented utility of which everything is known.
fn everything() -> UtilityWords {
    let page = |name: &str| Some(format!("https://utility.example/{name}"));
    UtilityWords {
        name: Some("Edison".to_owned()),
        login_url: page("login"),
        forgot_username_url: page("user"),
        forgot_password_url: page("password"),
        phone: Some("1-800-555-0100".to_owned()),
        mfa: Mfa::Mandatory,
    }
}
