//! The bearer tokens of the partner's API.

use http::{HeaderMap, header};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

/// The tokens that are live: one, or two while they are being changed. Only their hashes are kept.
#[derive(Clone)]
pub struct Tokens(Vec<[u8; 32]>);

impl core::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Tokens(hidden)")
    }
}

impl Tokens {
    /// Takes the tokens that are live. Without any, nobody is let in.
    pub fn new<'a>(tokens: impl IntoIterator<Item = &'a str>) -> Self {
        Tokens(tokens.into_iter().map(|token| Sha256::digest(token).into()).collect())
    }

    /// Is this one of them? Hashes are compared, all of them and in constant time.
    #[must_use]
    pub fn check(&self, token: &[u8]) -> bool {
        let given: [u8; 32] = Sha256::digest(token).into();
        self.0
            .iter()
            .fold(Choice::from(0), |acc, known| acc | known.ct_eq(&given))
            .into()
    }

    /// Does a request carry exactly one `Authorization: Bearer` with one of them? The scheme's name has no
    /// case (RFC 9110, section 11.1).
    #[must_use]
    pub fn admit(&self, headers: &HeaderMap) -> bool {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let (Some(only), None) = (values.next(), values.next()) else {
            return false;
        };
        only.as_bytes()
            .split_at_checked(b"Bearer ".len())
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case(b"Bearer "))
            .is_some_and(|(_, token)| self.check(token))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(values: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, value.parse().unwrap());
        }
        Tokens::new(["the-token-of-today", "the-token-of-tomorrow"]).admit(&headers)
    }

    #[test]
    fn either_of_two_live_tokens_is_right_and_only_once() {
        assert!(admits(&["Bearer the-token-of-today"]));
        assert!(admits(&["bearer the-token-of-tomorrow"]));
        for wrong in [
            &[][..],
            &["the-token-of-today"],
            &["Bearer"],
            &["Bearer "],
            &["Bearer the-token-of-toda"],
            &["Bearer the-token-of-yesterday"],
            &["Basic the-token-of-today"],
            &["Bearer the-token-of-today", "Bearer the-token-of-today"],
        ] {
            assert!(!admits(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn the_same_token_twice_is_right_and_none_is_ever_shown() {
        let tokens = Tokens::new(["the-token-of-today", "the-token-of-today"]);
        assert!(tokens.check(b"the-token-of-today"));
        assert!(!tokens.check(b"the-token-of-tomorrow"));
        assert_eq!(format!("{tokens:?}"), "Tokens(hidden)");
    }

    #[test]
    fn without_tokens_nobody_is_let_in() {
        assert!(!Tokens::new([]).check(b""));
    }
}
