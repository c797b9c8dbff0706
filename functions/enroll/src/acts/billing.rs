//! Where the bills go.

use journey::Milestone;
use journey::enrollment::{BillingAddress, PostalAddress};
use law::State;

use super::Trouble;
use crate::Ports;
use crate::session::Visit;

/// A part of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Line1,
    Line2,
    City,
    State,
    Zip,
}

impl Part {
    pub(crate) const ALL: [Part; 5] = [Part::Line1, Part::Line2, Part::City, Part::State, Part::Zip];

    /// Its name in the form and in the API.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Part::Line1 => "address_1",
            Part::Line2 => "address_2",
            Part::City => "city",
            Part::State => "state",
            Part::Zip => "postal_code",
        }
    }

    /// In characters.
    pub(crate) const fn longest(self) -> usize {
        match self {
            Part::Line1 => 100,
            Part::Line2 | Part::City => 60,
            Part::State => 2,
            Part::Zip => 10,
        }
    }

    /// What a browser may fill in.
    pub(crate) const fn autocomplete(self) -> &'static str {
        match self {
            Part::Line1 => "billing address-line1",
            Part::Line2 => "billing address-line2",
            Part::City => "billing address-level2",
            Part::State => "billing address-level1",
            Part::Zip => "billing postal-code",
        }
    }

    pub(crate) const fn is_optional(self) -> bool {
        matches!(self, Part::Line2)
    }

    fn fits(self, text: &str) -> bool {
        if text.is_empty() {
            return self.is_optional();
        }
        let is_short = text.chars().count() <= self.longest();
        is_short
            && match self {
                Part::Line1 | Part::Line2 | Part::City => {
                    text.chars().any(char::is_alphanumeric) && !text.contains(char::is_control)
                }
                Part::State => state(text).is_some(),
                Part::Zip => zip(text).is_some(),
            }
    }
}

/// An address as it was typed, but for the space around it.
#[derive(Clone, Default)]
pub(crate) struct Typed(pub(crate) [String; 5]);

impl Typed {
    pub(crate) fn read<'t>(of: impl Fn(&str) -> Option<&'t str>) -> Self {
        Typed(Part::ALL.map(|part| of(part.name()).unwrap_or_default().trim().to_owned()))
    }

    pub(crate) fn part(&self, part: Part) -> &str {
        let typed = Part::ALL.iter().zip(&self.0).find(|(one, _)| **one == part);
        typed.map_or("", |(_, text)| text)
    }

    /// The address; or which parts are not right.
    pub(crate) fn check(&self) -> Result<PostalAddress, Vec<Part>> {
        let wrong = |part: &Part| !part.fits(self.part(*part));
        let wrong: Vec<Part> = Part::ALL.into_iter().filter(wrong).collect();
        let (Some(state), Some(postal_code), true) = (
            state(self.part(Part::State)),
            zip(self.part(Part::Zip)),
            wrong.is_empty(),
        ) else {
            return Err(wrong);
        };
        let text = |part| self.part(part).to_owned();
        Ok(PostalAddress {
            line_1: text(Part::Line1),
            line_2: Some(text(Part::Line2)).filter(|unit| !unit.is_empty()),
            city: text(Part::City),
            state: state.as_str().to_owned(),
            postal_code,
        })
    }
}

fn state(text: &str) -> Option<State> {
    State::parse(&text.to_ascii_uppercase()).ok()
}

/// `75201`, `75201-1234`, or the nine digits in one.
fn zip(text: &str) -> Option<String> {
    let digits: String = match text.split_once('-') {
        Some((first, rest)) if first.len() == 5 && rest.len() == 4 => format!("{first}{rest}"),
        Some(_) => return None,
        None => text.to_owned(),
    };
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match digits.len() {
        5 => Some(digits),
        9 => Some(format!("{}-{}", digits.get(..5)?, digits.get(5..)?)),
        _ => None,
    }
}

impl<P: Ports> Visit<'_, P> {
    /// Sets where the bills go. Again, it sets it anew.
    pub(crate) async fn set_billing_address(&self, address: &BillingAddress) -> Result<(), Trouble> {
        self.open().await?;
        let set = self.ports.set_billing_address(self.account(), address).await;
        set.map_err(|error| self.trouble(&error))?;
        self.ports.count("enroll.billing_address", 1);
        self.tell(Milestone::BillingAddressConfirmed, None).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_takes_what_people_write() {
        for (part, good, bad) in [
            (
                Part::Line1,
                &["1 Main St", "Calle Ñandú 5, #2"][..],
                &["", "--", "1\nMain St"][..],
            ),
            (Part::Line2, &["", "Apt 1"], &["#", "Apt\u{7}1"]),
            (Part::City, &["San José", "Dallas"], &["", "?"]),
            (Part::State, &["TX", "tx", "PR"], &["", "ZZ", "Texas", "T"]),
            (
                Part::Zip,
                &["75201", "75201-1234", "752011234"],
                &["", "7520", "75201-", "7520a", "75201-12345", "75201 1234", "٧٥٢٠١"],
            ),
        ] {
            for text in good {
                assert!(part.fits(text), "{part:?}: {text}");
            }
            for text in bad {
                assert!(!part.fits(text), "{part:?}: {text}");
            }
            assert!(!part.fits(&"1".repeat(part.longest() + 1)), "{part:?}");
        }
        assert_eq!(zip("752011234").as_deref(), Some("75201-1234"));
        assert_eq!(
            state("tx").map(|state| state.as_str().to_owned()).as_deref(),
            Some("TX")
        );
    }
}
