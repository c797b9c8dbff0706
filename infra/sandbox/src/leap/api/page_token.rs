//! Page tokens, which have to be encoded exactly once.

use data_encoding::BASE64;
use jiff::Timestamp;

use crate::seed::Seed;

/// Where the next page starts: after the entry with this time and id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cursor {
    pub(crate) at: Timestamp,
    pub(crate) id: String,
}

/// A token that is not one of this sandbox's for these filters.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UnknownToken;

/// Ends every token. A server that decodes the query once finds these very characters; sent raw
/// they arrive as `+=`, and encoded twice as `%252B%3D`.
const END: &str = "%2B=";

/// Stands between the position and the seal; sent raw its `+` arrives as a space.
const JOINT: &str = "+/";

/// Writes a token for these filters, which have to be sent again with it.
pub(crate) fn write(seed: Seed, cursor: &Cursor, filters: &str) -> String {
    let position = BASE64.encode(format!("{} {}", cursor.at, cursor.id).as_bytes());
    let seal = seed.seal(&["page", &position, filters]);
    format!("{position}{JOINT}{seal}{END}")
}

/// Reads a token back. Whether Leap wants filters with a token is not documented; here a token
/// belongs to the filters it was given for, so that a client that forgets them is noticed.
pub(crate) fn read(seed: Seed, token: &str, filters: &str) -> Result<Cursor, UnknownToken> {
    let token = token.strip_suffix(END).ok_or(UnknownToken)?;
    let (position, seal) = token.rsplit_once(JOINT).ok_or(UnknownToken)?;
    if seal != seed.seal(&["page", position, filters]) {
        return Err(UnknownToken);
    }
    let text = BASE64
        .decode(position.as_bytes())
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or(UnknownToken)?;
    let (at, id) = text.split_once(' ').ok_or(UnknownToken)?;
    Ok(Cursor {
        at: at.parse().map_err(|_| UnknownToken)?,
        id: id.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_belongs_to_its_seed_and_its_filters() {
        let cursor = Cursor {
            at: "2026-07-01T16:04:10Z".parse().unwrap(),
            id: "CAISO_1_a site".to_owned(),
        };
        let token = write(Seed::new(1), &cursor, "ref-id=a");
        assert_eq!(read(Seed::new(1), &token, "ref-id=a"), Ok(cursor));
        assert_eq!(read(Seed::new(1), &token, ""), Err(UnknownToken));
        assert_eq!(read(Seed::new(2), &token, "ref-id=a"), Err(UnknownToken));
        for character in ['+', '/', '=', '%'] {
            assert!(token.contains(character), "{token}");
        }
    }
}
