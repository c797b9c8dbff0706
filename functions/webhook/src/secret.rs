//! The secret header: the only authenticity that Leap offers (docs/leap.md, section 3.4).

use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

/// One secret value.
#[derive(Clone)]
pub struct Secret([u8; 32]);

impl core::fmt::Debug for Secret {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

/// A secret that could be guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a webhook secret must have at least 16 characters; this one has {0}")]
pub struct WeakSecret(pub usize);

impl Secret {
    /// Takes a secret of at least 16 bytes. Only its hash is kept.
    ///
    /// # Errors
    /// [`WeakSecret`] when it is shorter.
    pub fn new(value: &str) -> Result<Self, WeakSecret> {
        if value.len() < 16 {
            Err(WeakSecret(value.len()))
        } else {
            Ok(Secret(Sha256::digest(value).into()))
        }
    }
}

/// The secrets that are live now: one, or two while they are being changed.
#[derive(Clone, Debug)]
pub struct Secrets {
    /// The current one.
    pub current: Secret,
    /// The next or the former one, during a rotation.
    pub other: Option<Secret>,
}

/// The secret header is missing, wrong, or there more than once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unauthorized;

impl Secrets {
    /// Checks every value that the header came with: exactly one, and one of ours.
    ///
    /// Hashes are compared, all of them and in constant time, so that neither length nor content
    /// can be learned from how long it takes.
    ///
    /// # Errors
    /// [`Unauthorized`] otherwise.
    pub fn check(&self, values: &[&[u8]]) -> Result<(), Unauthorized> {
        let [value] = values else { return Err(Unauthorized) };
        let given: [u8; 32] = Sha256::digest(value).into();
        let known = [Some(&self.current), self.other.as_ref()];
        let matches = known
            .into_iter()
            .flatten()
            .fold(Choice::from(0), |acc, secret| acc | given.ct_eq(&secret.0));
        if bool::from(matches) { Ok(()) } else { Err(Unauthorized) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trap_34_one_right_value_out_of_two_secrets_and_never_twice() {
        let current = Secret::new("first-secret-of-16").unwrap();
        let other = Some(Secret::new("second-secret-of-16").unwrap());
        let secrets = Secrets { current, other };
        let (first, second): (&[u8], &[u8]) = (b"first-secret-of-16", b"second-secret-of-16");
        assert_eq!(secrets.check(&[first]), Ok(()));
        assert_eq!(secrets.check(&[second]), Ok(()));
        assert_eq!(secrets.check(&[]), Err(Unauthorized));
        assert_eq!(secrets.check(&[b""]), Err(Unauthorized));
        assert_eq!(secrets.check(&[b"first-secret-of-1"]), Err(Unauthorized));
        assert_eq!(secrets.check(&[first, first]), Err(Unauthorized));
        assert_eq!(secrets.check(&[first, b"x"]), Err(Unauthorized));
    }

    #[test]
    fn one_secret_in_both_places_is_right_all_the_same() {
        let secret = || Secret::new("first-secret-of-16").unwrap();
        let secrets = Secrets {
            current: secret(),
            other: Some(secret()),
        };
        assert_eq!(secrets.check(&[b"first-secret-of-16"]), Ok(()));
        assert_eq!(secrets.check(&[b"second-secret-of-16"]), Err(Unauthorized));
    }

    #[test]
    fn a_short_secret_is_refused_and_none_is_ever_shown() {
        assert_eq!(Secret::new("short").unwrap_err(), WeakSecret(5));
        assert_eq!(
            format!("{:?}", Secret::new("first-secret-of-16").unwrap()),
            "Secret(hidden)"
        );
    }
}
