//! The account as it was typed.

use journey::Account;
use law::State;

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Number,
    Line,
    City,
    State,
    Zip,
}

impl Field {
    pub(super) const ALL: [Field; 5] = [Field::Number, Field::Line, Field::City, Field::State, Field::Zip];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Field::Number => "number",
            Field::Line => "line",
            Field::City => "city",
            Field::State => "state",
            Field::Zip => "zip",
        }
    }

    /// In characters.
    pub(super) const fn longest(self) -> usize {
        match self {
            Field::Number => 40,
            Field::Line => 100,
            Field::City => 60,
            Field::State => 2,
            Field::Zip => 10,
        }
    }

    /// What a browser may fill in.
    pub(super) const fn autocomplete(self) -> &'static str {
        match self {
            Field::Number => "off",
            Field::Line => "address-line1",
            Field::City => "address-level2",
            Field::State => "address-level1",
            Field::Zip => "postal-code",
        }
    }

    fn fits(self, text: &str) -> bool {
        let is_short = (1..=self.longest()).contains(&text.chars().count());
        let in_form = match self {
            // Utilities group the digits in their own ways, and some have letters.
            Field::Number => {
                text.chars().all(|c| c.is_ascii_alphanumeric() || " -./".contains(c))
                    && text.chars().filter(char::is_ascii_digit).count() >= 4
            }
            Field::Line | Field::City => text.chars().any(char::is_alphanumeric) && !text.contains(char::is_control),
            Field::State => State::parse(text).is_ok(),
            Field::Zip => is_zip(text),
        };
        is_short && in_form
    }
}

/// `94103` or `94103-1234`.
fn is_zip(text: &str) -> bool {
    let are_digits = |part: &str, count| part.len() == count && part.bytes().all(|b| b.is_ascii_digit());
    match text.split_once('-') {
        None => are_digits(text, 5),
        Some((first, rest)) => are_digits(first, 5) && are_digits(rest, 4),
    }
}

/// What was typed, as it was typed but for the space around it.
#[derive(Default)]
pub(super) struct Typed([String; 5]);

impl Typed {
    pub(super) fn read(body: &[u8]) -> Self {
        let form: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().collect();
        Typed(Field::ALL.map(|field| {
            let typed = form.iter().find(|(name, _)| name == field.name());
            typed.map(|(_, text)| text.trim().to_owned()).unwrap_or_default()
        }))
    }

    pub(super) fn of(&self, field: Field) -> &str {
        let typed = Field::ALL.iter().zip(&self.0).find(|(one, _)| **one == field);
        typed.map_or("", |(_, text)| text)
    }

    /// The account; or which fields are not right.
    pub(super) fn check(&self) -> Result<Account, Vec<Field>> {
        let wrong: Vec<Field> = Field::ALL
            .into_iter()
            .filter(|field| !field.fits(self.of(*field)))
            .collect();
        let text = |field| self.of(field).to_owned();
        match State::parse(self.of(Field::State)) {
            Ok(state) if wrong.is_empty() => Ok(Account {
                number: text(Field::Number),
                line: text(Field::Line),
                city: text(Field::City),
                state,
                zip: text(Field::Zip),
            }),
            Ok(_) | Err(_) => Err(wrong),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_takes_what_people_have_on_their_bills() {
        for (field, good, bad) in [
            (
                Field::Number,
                &["1234567890", "12-3456 7890.1", "A1234/5"][..],
                &["", "123", "<b>1234</b>", "1234\n5678"][..],
            ),
            (
                Field::Line,
                &["1 Main St", "Calle Ñandú 5, #2"],
                &["", "--", "1 Main\u{7}St"],
            ),
            (Field::City, &["San José", "Oakland"], &["", "?"]),
            (Field::State, &["CA", "PR"], &["", "ca", "ZZ", "California"]),
            (
                Field::Zip,
                &["94103", "94103-1234"],
                &["", "9410", "94103-", "9410a", "94103 1234"],
            ),
        ] {
            for text in good {
                assert!(field.fits(text), "{field:?}: {text}");
            }
            for text in bad {
                assert!(!field.fits(text), "{field:?}: {text}");
            }
            assert!(!field.fits(&"1".repeat(field.longest() + 1)), "{field:?}");
        }
    }
}
