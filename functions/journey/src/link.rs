//! The signed tokens of our own links: resume and unsubscribe.
//!
//! A token names a journey by its keyed hash and says until when it holds; nothing about the person
//! is in it. Whoever forges or alters one is told no more than that it does not hold.

use data_encoding::BASE32_NOPAD;
use jiff::{SignedDuration, Timestamp};
use subtle::ConstantTimeEq;

use crate::id::{JourneyId, keyed_hash};

/// What a token is for. One kind is never accepted for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// Going on where the customer stopped.
    Resume,
    /// Preferences and unsubscription.
    Unsubscribe,
    /// Being at the enrolment, after the customer acted: no link, but a session's token.
    Enroll,
}

impl LinkKind {
    const fn tag(self) -> &'static str {
        match self {
            LinkKind::Resume => "r",
            LinkKind::Unsubscribe => "u",
            LinkKind::Enroll => "e",
        }
    }

    /// How long a link of ours holds from the moment it is minted.
    ///
    /// A customer may come back to an old mail, and the page behind it shows how things stand by then:
    /// 30 days. An opt-out must work for at least 30 days (CAN-SPAM); ours works for a year.
    /// A session ends an hour after the customer's last act.
    #[must_use]
    pub const fn holds(self) -> SignedDuration {
        match self {
            LinkKind::Resume => SignedDuration::from_hours(30 * 24),
            LinkKind::Unsubscribe => SignedDuration::from_hours(365 * 24),
            LinkKind::Enroll => SignedDuration::from_hours(1),
        }
    }
}

/// The cookie that holds the token of an enrolment's session.
pub const SESSION_COOKIE: &str = "rekindle_enrollment";

/// The `Set-Cookie` of a session: for our own pages alone, out of every script's reach, and gone after an hour.
#[must_use]
pub fn session_cookie(token: &str, public_url: &str) -> String {
    let secure = if public_url.starts_with("https://") {
        "; Secure"
    } else {
        ""
    };
    let seconds = LinkKind::Enroll.holds().as_secs();
    format!("{SESSION_COOKIE}={token}; Path=/enroll; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
}

/// A whole link, ready to be written into a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The address.
    pub url: String,
    /// The last second in which it holds.
    pub expires: Timestamp,
}

/// Signs and checks tokens.
#[derive(Clone)]
pub struct LinkKey([u8; 32]);

impl core::fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("LinkKey(hidden)")
    }
}

/// Why a token does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadLink {
    /// Not signed by us, or altered, or of another kind.
    #[error("this link is not one of ours")]
    Forged,
    /// Ours, of a test message: it is nobody's.
    #[error("this link is of a test message")]
    Test,
    /// Ours, but its time is over.
    #[error("this link has expired")]
    Expired,
}

impl LinkKey {
    /// Takes a derived secret; see [`IdKey::derive`](crate::IdKey::derive).
    #[must_use]
    pub fn new(secret: [u8; 32]) -> Self {
        LinkKey(secret)
    }

    /// Mints a link that holds from now on for [`LinkKind::holds`]. `public_url` is where our own pages
    /// are, without a slash at the end.
    #[must_use]
    pub fn mint(&self, public_url: &str, kind: LinkKind, journey: &JourneyId, now: Timestamp) -> Link {
        let expires = now.checked_add(kind.holds()).unwrap_or(Timestamp::MAX);
        let token = self.sign(kind, journey, expires);
        Link {
            url: format!("{public_url}/{}/{token}", kind.tag()),
            expires,
        }
    }

    /// Signs a token: 26 characters of journey, the expiry in hexadecimal seconds, and 128 bits of MAC.
    #[must_use]
    pub fn sign(&self, kind: LinkKind, journey: &JourneyId, expires: Timestamp) -> String {
        let expiry = format!("{:x}", expires.as_second().max(0));
        let mac = self.mac(kind, journey, &expiry);
        format!("{journey}-{expiry}-{mac}")
    }

    /// Checks a token and names its journey.
    ///
    /// # Errors
    /// [`BadLink`] when it is forged or expired.
    pub fn verify(&self, kind: LinkKind, token: &str, now: Timestamp) -> Result<JourneyId, BadLink> {
        let mut parts = token.split('-');
        let (Some(journey), Some(expiry), Some(mac), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(BadLink::Forged);
        };
        let journey = JourneyId::parse(journey).ok_or(BadLink::Forged)?;
        // In a time that does not depend on where the two differ.
        let is_ours = mac.as_bytes().ct_eq(self.mac(kind, &journey, expiry).as_bytes());
        if !bool::from(is_ours) {
            return Err(BadLink::Forged);
        }
        let expires = i64::from_str_radix(expiry, 16).map_err(|_| BadLink::Forged)?;
        if now.as_second() > expires {
            Err(BadLink::Expired)
        } else if journey.is_of_test() {
            Err(BadLink::Test)
        } else {
            Ok(journey)
        }
    }

    fn mac(&self, kind: LinkKind, journey: &JourneyId, expiry: &str) -> String {
        let hash = keyed_hash(&self.0, "link", &[kind.tag(), journey.as_str(), expiry]);
        BASE32_NOPAD.encode(hash.get(..16).unwrap_or_default()).to_lowercase()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{IdKey, Provider, Purpose, Reference};

    fn fixture() -> (LinkKey, JourneyId) {
        let key = IdKey::new(*b"an invented key of 32 bytes long").unwrap();
        let reference = Reference::new("someone@example.com").unwrap();
        (
            LinkKey::new(key.derive("link")),
            JourneyId::new(&key, Provider::Leap, Purpose::Enroll, &reference),
        )
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_token_holds_until_it_expires_and_only_for_its_kind() {
        let (key, journey) = fixture();
        let token = key.sign(LinkKind::Resume, &journey, at("2026-08-01T00:00:00Z"));
        assert_eq!(
            key.verify(LinkKind::Resume, &token, at("2026-07-31T00:00:00Z")),
            Ok(journey)
        );
        assert_eq!(
            key.verify(LinkKind::Resume, &token, at("2026-08-02T00:00:00Z")),
            Err(BadLink::Expired)
        );
        assert_eq!(
            key.verify(LinkKind::Unsubscribe, &token, at("2026-07-31T00:00:00Z")),
            Err(BadLink::Forged)
        );
    }

    #[test]
    fn a_minted_link_holds_for_the_time_of_its_kind() {
        let (key, journey) = fixture();
        let now = at("2026-08-01T00:00:00Z");
        for (kind, start, expires) in [
            (
                LinkKind::Resume,
                "https://remind.example.com/r/",
                "2026-08-31T00:00:00Z",
            ),
            (
                LinkKind::Unsubscribe,
                "https://remind.example.com/u/",
                "2027-08-01T00:00:00Z",
            ),
        ] {
            let link = key.mint("https://remind.example.com", kind, &journey, now);
            assert_eq!(link.expires, at(expires));
            let token = link.url.strip_prefix(start).unwrap();
            assert_eq!(key.verify(kind, token, link.expires), Ok(journey.clone()));
        }
    }

    #[test]
    fn a_link_of_a_test_message_is_told_from_every_other() {
        let (key, journey) = fixture();
        assert!(!journey.is_of_test());
        let now = at("2026-08-01T00:00:00.123Z");
        let test = JourneyId::of_test(now);
        assert!(test.is_of_test() && JourneyId::parse(test.as_str()) == Some(test.clone()));
        assert_ne!(test, JourneyId::of_test(at("2026-08-01T00:00:00.124Z")));
        for kind in [LinkKind::Resume, LinkKind::Unsubscribe] {
            let token = key.sign(kind, &test, at("2026-09-01T00:00:00Z"));
            assert_eq!(key.verify(kind, &token, now), Err(BadLink::Test));
            assert_eq!(
                key.verify(kind, &token, at("2026-09-02T00:00:00Z")),
                Err(BadLink::Expired)
            );
        }
    }

    #[test]
    fn a_key_hides_in_a_log() {
        assert_eq!(format!("{:?}", fixture().0), "LinkKey(hidden)");
    }

    #[test]
    fn every_altered_character_breaks_it() {
        let (key, journey) = fixture();
        let token = key.sign(LinkKind::Resume, &journey, at("2026-08-01T00:00:00Z"));
        for index in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[index] = if bytes[index] == b'a' { b'b' } else { b'a' };
            let altered = String::from_utf8(bytes).unwrap();
            assert!(
                key.verify(LinkKind::Resume, &altered, at("2026-07-31T00:00:00Z"))
                    .is_err(),
                "{index}"
            );
        }
        for odd in ["", "-", "--", "a-b-c", "a-b-c-d", &token[1..], &format!("{token}-")] {
            assert_eq!(
                key.verify(LinkKind::Resume, odd, at("2026-07-31T00:00:00Z")),
                Err(BadLink::Forged),
                "{odd}"
            );
        }
    }

    /// Differences must not cancel each other out.
    #[test]
    fn two_characters_that_changed_places_break_it() {
        let (key, journey) = fixture();
        let token = key.sign(LinkKind::Resume, &journey, at("2026-08-01T00:00:00Z"));
        let mut bytes = token.into_bytes();
        let last = bytes.len() - 1;
        let other = (0..last).rev().find(|&other| bytes[other] != bytes[last]).unwrap();
        bytes.swap(other, last);
        let swapped = String::from_utf8(bytes).unwrap();
        assert_eq!(
            key.verify(LinkKind::Resume, &swapped, at("2026-07-31T00:00:00Z")),
            Err(BadLink::Forged)
        );
    }
}
