//! The tags of a sent e-mail: they name the attempt, and prove that the name is ours.
//!
//! A sender's events (delivered, bounced, complained) come back with the tags that the message went
//! out with. Everybody who may send through the same account can set tags, so they carry a proof that
//! only the holder of the identity key can make; what has none is somebody else's.
//!
//! SES allows `A-Z`, `a-z`, `0-9`, `_` and `-` in a tag's name and value, 256 characters at most:
//! <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_MessageTag.html>.

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::campaign::Channel;
use crate::id::{IdKey, JourneyId, mac};
use crate::state::{SendKey, Touch};

/// The tags of a message, there and back.
#[derive(Clone, Copy, Debug)]
pub struct SendTags;

impl SendTags {
    /// The journey's name.
    pub const JOURNEY: &'static str = "journey";
    /// The episode's number.
    pub const EPISODE: &'static str = "episode";
    /// The touch's number.
    pub const TOUCH: &'static str = "touch";
    /// The attempt's number.
    pub const ATTEMPT: &'static str = "attempt";
    /// The proof that the other four are ours.
    pub const PROOF: &'static str = "proof";

    /// 128 bits: nobody guesses that by sending messages.
    const PROOF_BYTES: usize = 16;

    /// The tags of one attempt: names and values of `a`-`z` and digits.
    #[must_use]
    pub fn of(id_key: &IdKey, key: &SendKey) -> Vec<(&'static str, String)> {
        let whole = proof(id_key, key).finalize().into_bytes();
        let proof = whole.get(..Self::PROOF_BYTES).unwrap_or_default();
        vec![
            (Self::JOURNEY, key.journey.as_str().to_owned()),
            (Self::EPISODE, key.episode.to_string()),
            (Self::TOUCH, key.touch.0.to_string()),
            (Self::ATTEMPT, key.attempt.to_string()),
            (Self::PROOF, BASE32_NOPAD.encode(proof).to_lowercase()),
        ]
    }

    /// The attempt that the tags name, if their proof is right; compared in constant time.
    #[must_use]
    pub fn verify(id_key: &IdKey, tag: &dyn Fn(&str) -> Option<String>) -> Option<SendKey> {
        let key = SendKey {
            journey: JourneyId::parse(&tag(Self::JOURNEY)?)?,
            episode: tag(Self::EPISODE)?.parse().ok()?,
            touch: Touch(tag(Self::TOUCH)?.parse().ok()?),
            attempt: tag(Self::ATTEMPT)?.parse().ok()?,
            // Texts carry no tags.
            channel: Channel::Email,
        };
        let claimed = BASE32_NOPAD
            .decode(tag(Self::PROOF)?.to_uppercase().as_bytes())
            .ok()
            .filter(|claimed| claimed.len() == Self::PROOF_BYTES)?;
        proof(id_key, &key).verify_truncated_left(&claimed).ok()?;
        Some(key)
    }
}

fn proof(id_key: &IdKey, key: &SendKey) -> Hmac<Sha256> {
    let numbers = [
        key.episode.to_string(),
        key.touch.0.to_string(),
        key.attempt.to_string(),
    ];
    let [episode, touch, attempt] = numbers.each_ref().map(String::as_str);
    mac(
        &id_key.derive("send proof"),
        "send",
        &[key.journey.as_str(), episode, touch, attempt],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{Provider, Purpose, Reference};

    fn id_key(secret: &[u8]) -> IdKey {
        IdKey::new(secret).unwrap()
    }

    fn ours() -> IdKey {
        id_key(b"an invented key of 32 bytes long")
    }

    fn key() -> SendKey {
        let reference = Reference::new("site-ca-0001").unwrap();
        SendKey {
            journey: JourneyId::new(&ours(), Provider::Leap, Purpose::Enroll, &reference),
            episode: 2,
            touch: Touch(3),
            attempt: 4,
            channel: Channel::Email,
        }
    }

    fn verify(id_key: &IdKey, tags: &[(&'static str, String)]) -> Option<SendKey> {
        let find = |name: &str| {
            tags.iter()
                .find(|(tag, _)| *tag == name)
                .map(|(_, value)| value.clone())
        };
        SendTags::verify(id_key, &find)
    }

    #[test]
    fn tags_name_the_attempt_and_fit_the_sender() {
        let tags = SendTags::of(&ours(), &key());
        assert_eq!(verify(&ours(), &tags), Some(key()));
        assert_eq!(
            tags.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
            ["journey", "episode", "touch", "attempt", "proof"]
        );
        for (name, value) in tags {
            let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            assert!(
                !value.is_empty() && value.len() <= 256 && value.chars().all(fits),
                "{name}={value}"
            );
        }
    }

    #[test]
    fn a_tag_that_is_missing_or_changed_proves_nothing() {
        let tags = SendTags::of(&ours(), &key());
        let other = SendTags::of(&ours(), &SendKey { attempt: 5, ..key() });
        for place in 0..tags.len() {
            let mut without = tags.clone();
            without.remove(place);
            assert_eq!(verify(&ours(), &without), None, "without {}", tags[place].0);
            for wrong in ["", "7", "x", "aaaaaaaaaaaaaaaaaaaaaaaaaa", "aaaaaaaa"] {
                let mut changed = tags.clone();
                wrong.clone_into(&mut changed[place].1);
                assert_eq!(verify(&ours(), &changed), None, "{} = {wrong}", tags[place].0);
            }
        }
        let mut swapped = tags.clone();
        swapped[4].1.clone_from(&other[4].1);
        assert_eq!(verify(&ours(), &swapped), None, "another attempt's proof");
        let mut short = tags;
        short[4].1.truncate(8);
        assert_eq!(verify(&ours(), &short), None, "a part of the proof");
    }

    #[test]
    fn another_deployment_s_tags_are_foreign() {
        let theirs = id_key(b"another invented key of 32 bytes");
        assert_eq!(verify(&ours(), &SendTags::of(&theirs, &key())), None);
    }
}
