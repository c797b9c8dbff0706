//! HELP is answered: who writes, what about, where to ask, and how to stop.
//!
//! Only a word that asks for help is answered, whoever sends it, and nothing on a number that is closed. The answer
//! says STOP, so a machine that echoes it asks for nothing more; one that says "info" to everything is answered
//! once in [`ONCE_IN_MINUTES`], as far as this instance remembers. Nothing is stored for it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use journey::contact::Locale;
use journey::port::{AnswerText, Clock, Count, SuppressAddress, Timestamp};
use journey::{AddressId, PhoneNumber, SendOutcome};
use message::Brand;

use crate::NotTaken;

/// A number that asks again before this is over has its answer: it may as well be the same event, delivered twice.
pub const ONCE_IN_MINUTES: i64 = 10;

/// In whose name HELP is answered, and in which languages.
#[derive(Clone, Copy, Debug)]
pub struct Help<'a> {
    /// Who writes.
    pub brand: &'a Brand,
    /// The languages that the campaign offers.
    pub offered: &'a [Locale],
    /// The language of those whose own is not offered.
    pub default_locale: Locale,
    /// Who was answered.
    pub lately: &'a Lately,
}

/// The numbers that were answered of late, in this process.
#[derive(Debug, Default)]
pub struct Lately(Mutex<BTreeMap<AddressId, Timestamp>>);

impl Lately {
    fn has(&self, number: &AddressId, now: Timestamp) -> bool {
        let mut answered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was put back must not keep anybody from an answer for long.
        answered.retain(|_, at| now.duration_since(*at).abs().as_mins() < ONCE_IN_MINUTES);
        answered.contains_key(number)
    }

    fn add(&self, number: &AddressId, now: Timestamp) {
        let mut answered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        answered.insert(number.clone(), now);
    }
}

impl Help<'_> {
    /// Answers a number, in the language of the word that it has sent.
    pub(crate) async fn answer<P>(
        &self,
        ports: &P,
        to: &PhoneNumber,
        number: &AddressId,
        asked_in: Locale,
    ) -> Result<(), NotTaken>
    where
        P: Clock + SuppressAddress + AnswerText + Count,
    {
        if self.lately.has(number, ports.now()) || !ports.suppression(number).await?.is_open() {
            return Ok(());
        }
        let offered = self.offered.contains(&asked_in);
        let locale = if offered { asked_in } else { self.default_locale };
        match ports.answer_text(to, &self.brand.help(locale)).await {
            SendOutcome::Accepted { .. } => ports.count("reply.help_answered", 1),
            SendOutcome::OptedOut | SendOutcome::Withheld => return Ok(()),
            // Surely not sent, so it can be tried again.
            SendOutcome::Throttled => return Err(NotTaken::Unanswered),
            SendOutcome::Refused { why } => tracing::error!(why, "HELP was not answered"),
            SendOutcome::Ambiguous => {}
        }
        self.lately.add(number, ports.now());
        Ok(())
    }
}
