//! A card as it is typed, tried and kept.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::Typed;
use super::words::CardError;

/// What is kept of a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Card {
    brand: &'static str,
    last4: String,
    exp_month: i8,
    exp_year: i16,
    postal_code: String,
}

/// A card that could be one, and has not been tried.
#[derive(Debug)]
pub(crate) struct Trial {
    number: String,
    card: Card,
}

impl Trial {
    /// Reads what was typed; the first field that is wrong is the one that is told.
    pub(crate) fn of(typed: &Typed, today: Date) -> Result<Self, CardError> {
        let digits = |text: &str| -> String { text.chars().filter(char::is_ascii_digit).collect() };
        let number = digits(&typed.number);
        let brand = brand(&number);
        let length = if brand == "amex" { 15 } else { 16 };
        if number.len() < length {
            return Err(CardError::IncompleteNumber);
        }
        if number.len() > length || !passes_luhn(&number) {
            return Err(CardError::InvalidNumber);
        }
        let (exp_month, exp_year) = expiry(&digits(&typed.expiry)).ok_or(CardError::IncompleteExpiry)?;
        if !(1..=12).contains(&exp_month) {
            return Err(CardError::InvalidExpiry);
        }
        if exp_year < today.year() {
            return Err(CardError::YearPast);
        }
        if exp_year == today.year() && exp_month < today.month() {
            return Err(CardError::MonthPast);
        }
        let cvc = digits(&typed.cvc);
        if cvc.len() != if brand == "amex" { 4 } else { 3 } {
            return Err(CardError::IncompleteCvc);
        }
        let postal_code = digits(&typed.postal_code);
        if postal_code.len() != 5 {
            return Err(CardError::IncompleteZip);
        }
        let last4 = number.get(length - 4..).unwrap_or_default().to_owned();
        let card = Card {
            brand,
            last4,
            exp_month,
            exp_year,
            postal_code,
        };
        Ok(Self { number, card })
    }

    /// Asks the bank, as which each of Stripe's test cards has its answer.
    pub(crate) fn charge(self) -> Result<Card, CardError> {
        match self.number.as_str() {
            "4000000000000002" => Err(CardError::Declined),
            "4000000000009995" => Err(CardError::InsufficientFunds),
            "4000000000000069" => Err(CardError::Expired),
            "4000000000000127" => Err(CardError::IncorrectCvc),
            "4000000000000119" => Err(CardError::Processing),
            _ => Ok(self.card),
        }
    }
}

impl Card {
    pub(crate) fn json(&self) -> Value {
        json!({
            "type": "STRIPE_CARD",
            "card_brand": self.brand,
            "card_last4": self.last4,
            "card_exp_month": self.exp_month,
            "card_exp_year": self.exp_year,
            "card_postal_code": self.postal_code,
        })
    }
}

fn brand(number: &str) -> &'static str {
    match number.as_bytes() {
        [b'4', ..] => "visa",
        [b'5', b'1'..=b'5', ..] | [b'2', b'2'..=b'7', ..] => "mastercard",
        [b'3', b'4' | b'7', ..] => "amex",
        [b'6', ..] => "discover",
        _ => "unknown",
    }
}

/// The month and the year of `MMYY` or `MMYYYY`.
fn expiry(digits: &str) -> Option<(i8, i16)> {
    let year: i16 = match digits.len() {
        4 => 2_000 + digits.get(2..)?.parse::<i16>().ok()?,
        6 => digits.get(2..)?.parse().ok()?,
        _ => return None,
    };
    Some((digits.get(..2)?.parse().ok()?, year))
}

fn passes_luhn(number: &str) -> bool {
    let digits = number.bytes().rev().map(|digit| u32::from(digit.wrapping_sub(b'0')));
    let sum: u32 = digits
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit) {
            (0, digit) => digit,
            (_, digit) if digit > 4 => 2 * digit - 9,
            (_, digit) => 2 * digit,
        })
        .sum();
    sum.is_multiple_of(10)
}
