//! The stand-in of Stripe, as far as a card is saved with it: setup intents, cards, and the script of
//! the card form.

mod card;
mod words;

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

pub(crate) use card::{Card, Trial};
pub(crate) use words::{CardError, Locale};

use crate::seed::Seed;

/// All that Stripe keeps.
#[derive(Debug, Default)]
pub(crate) struct Stripe {
    intents: BTreeMap<String, Intent>,
    methods: BTreeMap<String, (Card, String)>,
}

/// A payment method that is to be set up for an account.
#[derive(Clone, Debug)]
pub(crate) struct Intent {
    pub(crate) id: String,
    pub(crate) client_secret: String,
    account: String,
    tries: u32,
    pub(crate) payment_method: Option<String>,
}

/// What the card form holds, as it was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Typed {
    pub(crate) number: String,
    /// Such as `12 / 30`.
    pub(crate) expiry: String,
    pub(crate) cvc: String,
    pub(crate) postal_code: String,
}

impl Typed {
    /// What a test's customer types.
    pub(crate) fn test_card(number: &str) -> Self {
        Self {
            number: number.to_owned(),
            expiry: "12 / 34".to_owned(),
            cvc: "123".to_owned(),
            postal_code: "75201".to_owned(),
        }
    }
}

impl Stripe {
    /// Begins to set up a payment method for an account.
    pub(crate) fn begin(&mut self, seed: Seed, account: &str) -> Intent {
        let number = self.intents.values().filter(|intent| intent.account == account).count();
        let part = |what| seed.seal(&[what, account, &number.to_string()]);
        let id = format!("seti_{}", part("setup intent"));
        let intent = Intent {
            client_secret: format!("{id}_secret_{}", part("client secret")),
            id: id.clone(),
            account: account.to_owned(),
            tries: 0,
            payment_method: None,
        };
        self.intents.insert(id, intent.clone());
        intent
    }

    pub(crate) fn intent(&self, id: &str, client_secret: &str) -> Option<&Intent> {
        self.intents
            .get(id)
            .filter(|intent| intent.client_secret == client_secret)
    }

    /// Tries a card for an intent, and keeps it if it is good. An intent that has its card keeps it.
    pub(crate) fn confirm(&mut self, seed: Seed, id: &str, typed: &Typed, today: Date) -> Result<String, CardError> {
        let Some(intent) = self.intents.get_mut(id) else {
            return Err(CardError::Processing);
        };
        if let Some(method) = &intent.payment_method {
            return Ok(method.clone());
        }
        intent.tries += 1;
        let card = Trial::of(typed, today)?.charge()?;
        let method = format!("pm_{}", seed.seal(&["payment method", id, &intent.tries.to_string()]));
        intent.payment_method = Some(method.clone());
        self.methods.insert(method.clone(), (card, intent.account.clone()));
        Ok(method)
    }

    /// The card behind a payment method that was set up for an account.
    pub(crate) fn card_of(&self, method: &str, account: &str) -> Option<&Card> {
        let (card, owner) = self.methods.get(method)?;
        (owner == account).then_some(card)
    }
}
