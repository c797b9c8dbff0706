//! What Stripe says of a card that it does not take, in the customer's language.

use serde_json::{Value, json};

/// Why a card is not taken: the first are seen in the form, the last are the bank's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CardError {
    IncompleteNumber,
    InvalidNumber,
    IncompleteExpiry,
    InvalidExpiry,
    MonthPast,
    YearPast,
    IncompleteCvc,
    IncompleteZip,
    Declined,
    InsufficientFunds,
    Expired,
    IncorrectCvc,
    Processing,
}

/// A language of the card form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Locale {
    English,
    Spanish,
}

impl Locale {
    /// English, unless Spanish is asked for.
    pub(crate) fn of(tag: Option<&str>) -> Self {
        match tag {
            Some(tag) if tag == "es" || tag.starts_with("es-") => Self::Spanish,
            Some(_) | None => Self::English,
        }
    }
}

impl CardError {
    /// The type, the code, the bank's own code, and the field that is meant, as Stripe names them.
    fn names(self) -> (&'static str, &'static str, Option<&'static str>, &'static str) {
        match self {
            Self::IncompleteNumber => ("validation_error", "incomplete_number", None, "number"),
            Self::InvalidNumber => ("validation_error", "invalid_number", None, "number"),
            Self::IncompleteExpiry => ("validation_error", "incomplete_expiry", None, "expiry"),
            Self::InvalidExpiry => ("validation_error", "invalid_expiry_month", None, "expiry"),
            Self::MonthPast => ("validation_error", "invalid_expiry_month_past", None, "expiry"),
            Self::YearPast => ("validation_error", "invalid_expiry_year_past", None, "expiry"),
            Self::IncompleteCvc => ("validation_error", "incomplete_cvc", None, "cvc"),
            Self::IncompleteZip => ("validation_error", "incomplete_zip", None, "postal_code"),
            Self::Declined => ("card_error", "card_declined", Some("generic_decline"), "number"),
            Self::InsufficientFunds => ("card_error", "card_declined", Some("insufficient_funds"), "number"),
            Self::Expired => ("card_error", "expired_card", Some("expired_card"), "expiry"),
            Self::IncorrectCvc => ("card_error", "incorrect_cvc", Some("incorrect_cvc"), "cvc"),
            Self::Processing => ("card_error", "processing_error", Some("processing_error"), "number"),
        }
    }

    /// The sentences, in English and in Spanish.
    fn sentences(self) -> (&'static str, &'static str) {
        match self {
            Self::IncompleteNumber => (
                "Your card number is incomplete.",
                "El número de tu tarjeta está incompleto.",
            ),
            Self::InvalidNumber => ("Your card number is invalid.", "El número de tu tarjeta no es válido."),
            Self::IncompleteExpiry => (
                "Your card's expiration date is incomplete.",
                "La fecha de vencimiento de tu tarjeta está incompleta.",
            ),
            Self::InvalidExpiry => (
                "Your card's expiration date is invalid.",
                "La fecha de vencimiento de tu tarjeta no es válida.",
            ),
            Self::MonthPast => (
                "Your card's expiration date is in the past.",
                "La fecha de vencimiento de tu tarjeta ya pasó.",
            ),
            Self::YearPast => (
                "Your card's expiration year is in the past.",
                "El año de vencimiento de tu tarjeta ya pasó.",
            ),
            Self::IncompleteCvc => (
                "Your card's security code is incomplete.",
                "El código de seguridad de tu tarjeta está incompleto.",
            ),
            Self::IncompleteZip => ("Your ZIP code is incomplete.", "Tu código postal está incompleto."),
            Self::Declined => ("Your card was declined.", "Se rechazó tu tarjeta."),
            Self::InsufficientFunds => (
                "Your card has insufficient funds.",
                "Tu tarjeta no tiene fondos suficientes.",
            ),
            Self::Expired => ("Your card has expired.", "Tu tarjeta venció."),
            Self::IncorrectCvc => (
                "Your card's security code is incorrect.",
                "El código de seguridad de tu tarjeta es incorrecto.",
            ),
            Self::Processing => (
                "An error occurred while processing your card. Try again in a little bit.",
                "Ocurrió un error al procesar tu tarjeta. Inténtalo de nuevo en un momento.",
            ),
        }
    }

    pub(crate) fn message(self, locale: Locale) -> &'static str {
        let (english, spanish) = self.sentences();
        match locale {
            Locale::English => english,
            Locale::Spanish => spanish,
        }
    }

    /// The error as Stripe's script and API tell it.
    pub(crate) fn json(self, locale: Locale) -> Value {
        let (kind, code, decline_code, param) = self.names();
        let mut error = json!({"type": kind, "code": code, "message": self.message(locale), "param": param});
        if let (Some(error), Some(decline_code)) = (error.as_object_mut(), decline_code) {
            error.insert("decline_code".to_owned(), json!(decline_code));
        }
        error
    }
}
