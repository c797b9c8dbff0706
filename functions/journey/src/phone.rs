//! A phone number that texts may go to.

use core::fmt;

use serde::{Deserialize, Serialize};

/// A number in the North American Numbering Plan, in E.164 form: `+1` and ten digits.
///
/// The form alone is checked: whether it is a number of the United States is asked where a partner brings it in. One
/// phone has one spelling, so that caps and suppression hold for it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(String);

/// A text that is not a number we can send to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", PhoneNumber::FORM)]
pub struct InvalidPhone;

impl PhoneNumber {
    /// What would be right, for those who wrote something else.
    pub const FORM: &'static str =
        "must be a number of the United States in E.164 form: +1 and ten digits, for example +12025550123";

    /// Reads a number.
    ///
    /// In the plan an area code is `[2-9][0-8]x` and an exchange is `[2-9]xx`; neither may end in `11`,
    /// which are service codes such as 911 (<https://www.nanpa.com/numbering>).
    ///
    /// # Errors
    /// [`InvalidPhone`], without repeating the text.
    pub fn new(text: &str) -> Result<Self, InvalidPhone> {
        let digits: Vec<u8> = text.strip_prefix("+1").ok_or(InvalidPhone)?.bytes().collect();
        let [a, b, c, d, e, f, _, _, _, _] = digits.as_slice() else {
            return Err(InvalidPhone);
        };
        let area = matches!((a, b), (b'2'..=b'9', b'0'..=b'8')) && (b, c) != (&b'1', &b'1');
        let exchange = matches!(d, b'2'..=b'9') && (e, f) != (&b'1', &b'1');
        if area && exchange && digits.iter().all(u8::is_ascii_digit) {
            Ok(PhoneNumber(text.to_owned()))
        } else {
            Err(InvalidPhone)
        }
    }

    /// The area code: where the number was given out, though a phone moves.
    #[must_use]
    pub fn area_code(&self) -> u16 {
        self.0.get(2..5).and_then(|code| code.parse().ok()).unwrap_or_default()
    }

    /// The number as a sender takes it. Never for a log line.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneNumber(hidden)")
    }
}

impl TryFrom<String> for PhoneNumber {
    type Error = InvalidPhone;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        PhoneNumber::new(&text)
    }
}

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> Self {
        number.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_the_form_of_the_numbering_plan() {
        for good in ["+12025550123", "+19725550199", "+14085550100"] {
            let number = PhoneNumber::new(good).unwrap();
            assert_eq!(number.expose(), good);
            assert_eq!(number.area_code().to_string(), good[2..5]);
        }
        for bad in [
            "",
            "2025550123",
            "+1202555012",
            "+120255501234",
            "+442079460123",
            "+11025550123",
            "+12995550123",
            "+19115550123",
            "+12021550123",
            "+12029110123",
            "+12015119999",
            "+1202555O123",
            "+1 2025550123",
            " +12025550123",
            "+1202555012٣",
        ] {
            assert_eq!(PhoneNumber::new(bad), Err(InvalidPhone), "{bad}");
        }
    }

    #[test]
    fn a_number_is_stored_as_it_is_written() {
        let number = PhoneNumber::new("+12025550123").unwrap();
        let stored = serde_json::to_string(&number).unwrap();
        assert_eq!(stored, "\"+12025550123\"");
        assert_eq!(serde_json::from_str::<PhoneNumber>(&stored).unwrap(), number);
        assert!(serde_json::from_str::<PhoneNumber>("\"2025550123\"").is_err());
    }

    #[test]
    fn a_number_does_not_show_itself() {
        let number = PhoneNumber::new("+12025550123").unwrap();
        assert_eq!(format!("{number:?}"), "PhoneNumber(hidden)");
    }
}
