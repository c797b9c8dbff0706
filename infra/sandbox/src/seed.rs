//! Randomness that a seed reproduces, in whatever order the draws are made.

use data_encoding::HEXLOWER;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

/// The number a whole story follows from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seed(u64);

impl Seed {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A generator for one question, named by its parts; the same question gets the same numbers.
    pub(crate) fn rng(self, question: &[&str]) -> ChaCha8Rng {
        ChaCha8Rng::from_seed(self.digest(question))
    }

    /// Answers a yes-or-no question; a probability of 0 is never and of 1 is always yes.
    pub(crate) fn chance(self, probability: f64, question: &[&str]) -> bool {
        self.rng(question).random::<f64>() < probability
    }

    /// A version 4 UUID that belongs to what the parts name.
    pub(crate) fn uuid(self, name: &[&str]) -> String {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, ..] = self.digest(name);
        let (g, i) = ((g & 0x0f) | 0x40, (i & 0x3f) | 0x80);
        let hex = |bytes: &[u8]| HEXLOWER.encode(bytes);
        [
            hex(&[a, b, c, d]),
            hex(&[e, f]),
            hex(&[g, h]),
            hex(&[i, j]),
            hex(&[k, l, m, n, o, p]),
        ]
        .join("-")
    }

    /// Sixteen hexadecimal digits that only this seed gives to what the parts name.
    pub(crate) fn seal(self, name: &[&str]) -> String {
        let [a, b, c, d, e, f, g, h, ..] = self.digest(name);
        HEXLOWER.encode(&[a, b, c, d, e, f, g, h])
    }

    fn digest(self, parts: &[&str]) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.0.to_le_bytes());
        for part in parts {
            // The length keeps ("ab", "c") apart from ("a", "bc").
            hash.update(part.len().to_le_bytes());
            hash.update(part.as_bytes());
        }
        hash.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_has_the_shape_of_version_4() {
        let uuid = Seed::new(7).uuid(&["event", "site-1", "0"]);
        assert_eq!(uuid.len(), 36);
        assert_eq!(uuid.as_bytes()[14], b'4');
        assert!(matches!(uuid.as_bytes()[19], b'8' | b'9' | b'a' | b'b'));
    }

    #[test]
    fn the_same_question_gets_the_same_answer_and_another_another() {
        let seed = Seed::new(7);
        assert_eq!(seed.uuid(&["a", "bc"]), seed.uuid(&["a", "bc"]));
        assert_ne!(seed.uuid(&["a", "bc"]), seed.uuid(&["ab", "c"]));
        assert_ne!(seed.uuid(&["a"]), Seed::new(8).uuid(&["a"]));
    }

    #[test]
    fn never_and_always_are_exact() {
        let seed = Seed::new(1);
        for n in 0..200 {
            let question = n.to_string();
            assert!(!seed.chance(0.0, &[&question]));
            assert!(seed.chance(1.0, &[&question]));
        }
    }
}
