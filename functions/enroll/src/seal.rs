//! Sealing what a browser carries for us: nobody reads it, nobody alters it, and it is of one customer alone.
//!
//! AES-256-GCM-SIV (RFC 8452), whose nonce is a keyed hash of what is sealed: nothing random is needed, and all that
//! equal nonces show is that the contents are equal.

use core::fmt;

use aes_gcm_siv::aead::{Aead, KeyInit, Payload};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};
use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, Mac};
use journey::JourneyId;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::Sha256;

/// The longest that is opened. An offer with long links has less than a quarter of it.
const LONGEST: usize = 8 * 1024;

const NONCE: usize = 12;

/// What is sealed. One kind is never opened as another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An address that was found.
    Found,
    /// The address that the customer has confirmed.
    Place,
    /// A plan as it was shown.
    Offer,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Kind::Found => "found",
            Kind::Place => "place",
            Kind::Offer => "offer",
        }
    }
}

/// Seals and opens.
#[derive(Clone)]
pub struct SealKey {
    content: [u8; 32],
    nonce: [u8; 32],
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey(hidden)")
    }
}

impl SealKey {
    /// Takes a derived secret: [`IdKey::derive`](journey::IdKey::derive) of `enrolment seal`.
    #[must_use]
    pub fn new(secret: [u8; 32]) -> Self {
        SealKey {
            content: hash(&secret, &[b"content"]),
            nonce: hash(&secret, &[b"nonce"]),
        }
    }

    /// Seals for one customer's journey, in letters, digits, `-` and `_`.
    pub(crate) fn seal(&self, kind: Kind, journey: &JourneyId, content: &impl Serialize) -> Option<String> {
        let text = serde_json::to_vec(content).ok()?;
        let bound = bound(kind, journey);
        let nonce = self.nonce(&bound, &text);
        let payload = Payload {
            msg: &text,
            aad: &bound,
        };
        let sealed = self.cipher().encrypt(&Nonce::from(nonce), payload).ok()?;
        Some(BASE64URL_NOPAD.encode(&[nonce.as_slice(), &sealed].concat()))
    }

    /// Opens what was sealed as this kind for this journey; none for everything else.
    pub(crate) fn open<T: DeserializeOwned>(&self, kind: Kind, journey: &JourneyId, sealed: &str) -> Option<T> {
        if sealed.len() > LONGEST {
            return None;
        }
        let bytes = BASE64URL_NOPAD.decode(sealed.as_bytes()).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE>()?;
        let payload = Payload {
            msg: sealed,
            aad: &bound(kind, journey),
        };
        let text = self.cipher().decrypt(&Nonce::from(*nonce), payload).ok()?;
        serde_json::from_slice(&text).ok()
    }

    fn cipher(&self) -> Aes256GcmSiv {
        Aes256GcmSiv::new(&self.content.into())
    }

    fn nonce(&self, bound: &[u8], text: &[u8]) -> [u8; NONCE] {
        let hash = hash(&self.nonce, &[bound, text]);
        hash.first_chunk().copied().unwrap_or_default()
    }
}

fn bound(kind: Kind, journey: &JourneyId) -> Vec<u8> {
    format!("{} {journey}", kind.as_str()).into_bytes()
}

/// HMAC-SHA-256 over length-prefixed parts.
fn hash(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes keys of every length, so the error cannot happen.
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap_or_else(|_| Hmac::<Sha256>::new(&Default::default()));
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use journey::{IdKey, Provider, Purpose, Reference};

    use super::*;

    fn fixture() -> (SealKey, JourneyId, JourneyId) {
        let key = IdKey::new(*b"an invented key of 32 bytes long").unwrap();
        let journey = |name: &str| {
            let reference = Reference::new(name).unwrap();
            JourneyId::new(&key, Provider::Light, Purpose::Enroll, &reference)
        };
        (
            SealKey::new(key.derive("enrolment seal")),
            journey("account-1"),
            journey("account-2"),
        )
    }

    #[test]
    fn what_is_sealed_is_opened_for_the_same_customer_and_as_the_same_thing_alone() {
        let (key, one, other) = fixture();
        let sealed = key.seal(Kind::Place, &one, &"1 Main St").unwrap();
        let open = |kind, journey| key.open::<String>(kind, journey, &sealed);
        assert_eq!(open(Kind::Place, &one).as_deref(), Some("1 Main St"));
        assert_eq!(open(Kind::Place, &other), None);
        assert_eq!(open(Kind::Found, &one), None);
        assert_eq!(open(Kind::Offer, &one), None);
        let stranger = SealKey::new([7; 32]);
        assert_eq!(stranger.open::<String>(Kind::Place, &one, &sealed), None);
        assert_eq!(format!("{key:?}"), "SealKey(hidden)");
    }

    #[test]
    fn it_shows_nothing_and_every_altered_character_breaks_it() {
        let (key, one, _) = fixture();
        let sealed = key.seal(Kind::Place, &one, &"10443720000000002").unwrap();
        assert!(!sealed.contains("1044"));
        assert!(
            sealed
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        );
        for index in 0..sealed.len() {
            let mut bytes = sealed.clone().into_bytes();
            bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(bytes).unwrap();
            assert_eq!(key.open::<String>(Kind::Place, &one, &altered), None, "{index}");
        }
        for odd in ["", "A", "====", &sealed[1..], &"A".repeat(LONGEST + 4)] {
            assert_eq!(key.open::<String>(Kind::Place, &one, odd), None, "{odd}");
        }
    }

    #[test]
    fn another_content_has_another_nonce() {
        let (key, one, other) = fixture();
        let nonce = |journey, text: &str| key.seal(Kind::Place, journey, &text).unwrap()[..16].to_owned();
        assert_eq!(nonce(&one, "1 Main St"), nonce(&one, "1 Main St"));
        assert_ne!(nonce(&one, "1 Main St"), nonce(&one, "2 Main St"));
        assert_ne!(nonce(&one, "1 Main St"), nonce(&other, "1 Main St"));
    }
}
