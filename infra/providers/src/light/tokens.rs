//! The tokens of accounts, in memory alone.

use core::fmt;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use journey::Reference;
use reqwest::header::HeaderValue;
use serde::Deserialize;
use serde_json::Value;

use crate::Secret;
use crate::api::{Authorization, CallError};

/// How many are kept: more than there are customers at the pages within an hour.
const MOST: usize = 4096;

/// How long a token holds whose end is not told.
const LIFE: SignedDuration = SignedDuration::from_mins(60);

/// How long before its end a token is not used any more.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);

/// The tokens of the accounts that are at their enrolment: renewed before their end (docs/light.md, trap 29).
#[derive(Default)]
pub(super) struct Tokens(Mutex<BTreeMap<Reference, Token>>);

/// What lets us speak for one account.
#[derive(Clone)]
pub(super) struct Token {
    header: HeaderValue,
    good_until: Timestamp,
}

/// The answer to the call that mints one.
#[derive(Deserialize)]
pub(super) struct Minted {
    token: String,
    expires_at: Option<Value>,
}

impl Minted {
    pub(super) fn read(self, now: Timestamp) -> Result<Token, CallError> {
        let header = Authorization::Bearer(Secret::new(self.token)).header();
        let header = header.map_err(|_| CallError::Unreadable("no header can carry the token"))?;
        let told = self.expires_at.as_ref().and_then(Value::as_str);
        // Should the guess be wrong, a 401 says so.
        let expires = told
            .and_then(|text| text.parse().ok())
            .unwrap_or_else(|| now.saturating_add(LIFE).unwrap_or(Timestamp::MAX));
        Ok(Token {
            header,
            good_until: expires.saturating_sub(MARGIN).unwrap_or(Timestamp::MIN),
        })
    }
}

impl Token {
    pub(super) fn header(&self) -> HeaderValue {
        self.header.clone()
    }
}

impl Tokens {
    /// The account's, if there is one that still holds.
    pub(super) fn find(&self, account: &Reference, now: Timestamp) -> Option<Token> {
        let mut tokens = self.lock();
        let token = tokens.get(account)?;
        if now < token.good_until {
            return Some(token.clone());
        }
        tokens.remove(account);
        None
    }

    /// Keeps one. Of two that are minted at once either will do.
    pub(super) fn keep(&self, account: &Reference, token: &Token, now: Timestamp) {
        let mut tokens = self.lock();
        tokens.retain(|_, kept| now < kept.good_until);
        if now >= token.good_until {
            return;
        }
        while tokens.len() >= MOST && !tokens.contains_key(account) {
            let oldest = tokens.iter().min_by_key(|(_, kept)| kept.good_until);
            let Some(oldest) = oldest.map(|(account, _)| account.clone()) else {
                break;
            };
            tokens.remove(&oldest);
        }
        tokens.insert(account.clone(), token.clone());
    }

    /// Throws away one that was refused, unless another has taken its place.
    pub(super) fn forget(&self, account: &Reference, refused: &Token) {
        let mut tokens = self.lock();
        if tokens.get(account).is_some_and(|kept| kept.header == refused.header) {
            tokens.remove(account);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Reference, Token>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn account(number: usize) -> Reference {
        Reference::new(format!("account-{number}")).unwrap()
    }

    fn token(name: &str, expires_at: Option<&str>, now: Timestamp) -> Token {
        let minted = Minted {
            token: name.to_owned(),
            expires_at: expires_at.map(Value::from),
        };
        minted.read(now).unwrap()
    }

    fn found(tokens: &Tokens, number: usize, now: &str) -> Option<String> {
        let token = tokens.find(&account(number), at(now))?;
        Some(token.header().to_str().unwrap().to_owned())
    }

    #[test]
    fn trap_29_a_token_is_let_go_five_minutes_before_its_end() {
        let now = at("2026-07-01T12:00:00Z");
        for (expires_at, last, over) in [
            (
                Some("2026-07-01T12:30:00Z"),
                "2026-07-01T12:24:59Z",
                "2026-07-01T12:25:00Z",
            ),
            (Some("soon"), "2026-07-01T12:54:59Z", "2026-07-01T12:55:00Z"),
            (None, "2026-07-01T12:54:59Z", "2026-07-01T12:55:00Z"),
        ] {
            let tokens = Tokens::default();
            tokens.keep(&account(1), &token("one", expires_at, now), now);
            assert_eq!(found(&tokens, 1, last).as_deref(), Some("Bearer one"));
            assert_eq!(found(&tokens, 1, over), None);
            assert!(tokens.lock().is_empty(), "it is not kept after its end");
        }
    }

    #[test]
    fn one_that_is_over_when_it_comes_is_not_kept() {
        let tokens = Tokens::default();
        let now = at("2026-07-01T12:00:00Z");
        tokens.keep(&account(1), &token("one", Some("2026-07-01T12:05:00Z"), now), now);
        assert!(tokens.lock().is_empty());
    }

    #[test]
    fn no_more_than_some_thousand_are_kept_and_the_oldest_goes_first() {
        let tokens = Tokens::default();
        let start = at("2026-07-01T12:00:00Z");
        for number in 0..=MOST {
            let now = start + SignedDuration::from_millis(i64::try_from(number).unwrap());
            tokens.keep(&account(number), &token("one", None, now), now);
        }
        let now = "2026-07-01T12:01:00Z";
        assert_eq!(tokens.lock().len(), MOST);
        assert_eq!(found(&tokens, 0, now), None);
        assert!(found(&tokens, 1, now).is_some() && found(&tokens, MOST, now).is_some());
        tokens.keep(&account(1), &token("two", None, at(now)), at(now));
        assert_eq!(tokens.lock().len(), MOST, "its own place is taken");
        tokens.keep(
            &account(0),
            &token("late", None, at("2026-07-01T14:00:00Z")),
            at("2026-07-01T14:00:00Z"),
        );
        assert_eq!(tokens.lock().len(), 1, "those that are over are dropped");
    }

    #[test]
    fn a_refused_token_goes_and_its_successor_stays() {
        let tokens = Tokens::default();
        let now = at("2026-07-01T12:00:00Z");
        let (first, second) = (token("first", None, now), token("second", None, now));
        tokens.keep(&account(1), &first, now);
        tokens.forget(&account(1), &first);
        assert!(tokens.lock().is_empty());
        tokens.keep(&account(1), &second, now);
        tokens.forget(&account(1), &first);
        assert_eq!(
            found(&tokens, 1, "2026-07-01T12:00:00Z").as_deref(),
            Some("Bearer second")
        );
    }

    #[test]
    fn what_no_header_can_carry_is_unreadable_and_nothing_shows() {
        let now = at("2026-07-01T12:00:00Z");
        for bad in ["", "line\nbreak"] {
            let minted = Minted {
                token: bad.to_owned(),
                expires_at: None,
            };
            assert!(matches!(minted.read(now), Err(CallError::Unreadable(_))), "{bad}");
        }
        let tokens = Tokens::default();
        tokens.keep(&account(1), &token("open-sesame", None, now), now);
        assert_eq!(format!("{tokens:?}"), "Tokens(hidden)");
        assert!(!format!("{:?}", token("open-sesame", None, now).header()).contains("sesame"));
    }
}
