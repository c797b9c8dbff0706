//! The stored shape of a sender's identifier: those of SES are long, and nothing but hexadecimal digits.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde::{Deserialize, Serialize};

/// The identifier as it is, or behind a `~` the bytes of one of SES, in base64url: 37 characters in place of 60.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct StoredMessageId(String);

/// The lengths of the groups of digits in an identifier of SES, such as
/// `0100019abc0d1e2f-01234567-89ab-cdef-0123-456789abcdef-000000`.
const GROUPS: [usize; 7] = [16, 8, 4, 4, 4, 12, 6];

impl StoredMessageId {
    pub(super) fn new(id: &str) -> Self {
        let short = pack(id).map(|bytes| format!("~{}", BASE64URL_NOPAD.encode(&bytes)));
        StoredMessageId(short.unwrap_or_else(|| id.to_owned()))
    }

    pub(super) fn read(self) -> String {
        let bytes = self
            .0
            .strip_prefix('~')
            .map(|text| BASE64URL_NOPAD.decode(text.as_bytes()));
        let id = bytes.and_then(|bytes| unpack(&bytes.ok()?));
        id.unwrap_or(self.0)
    }
}

fn pack(id: &str) -> Option<Vec<u8>> {
    let groups: Vec<&str> = id.split('-').collect();
    if !groups.iter().map(|group| group.len()).eq(GROUPS) {
        return None;
    }
    HEXLOWER.decode(groups.concat().as_bytes()).ok()
}

fn unpack(bytes: &[u8]) -> Option<String> {
    let digits = HEXLOWER.encode(bytes);
    let mut rest = digits.as_str();
    let mut groups = Vec::new();
    for length in GROUPS {
        let (group, after) = rest.split_at_checked(length)?;
        groups.push(group);
        rest = after;
    }
    rest.is_empty().then(|| groups.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_identifier_comes_back_and_those_of_ses_are_short() {
        let ses = "0100019abc0d1e2f-01234567-89ab-cdef-0123-456789abcdef-000000";
        let short = StoredMessageId::new(ses);
        assert_eq!(short.0, "~AQABmrwNHi8BI0VniavN7wEjRWeJq83vAAAA");
        assert_eq!(short.read(), ses);
        for other in [
            "",
            "0100019abc-0001",
            &ses.to_uppercase(),
            &ses[1..],
            "~",
            "~AQAB",
            "g".repeat(60).as_str(),
        ] {
            let stored = StoredMessageId::new(other);
            assert_eq!(stored.0, other);
            assert_eq!(stored.read(), other);
        }
    }
}
