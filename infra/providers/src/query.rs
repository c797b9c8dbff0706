//! Query strings, percent-encoded exactly once.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but RFC 3986's unreserved characters.
///
/// Not form encoding: there a space becomes `+`, which some servers read back as a plus sign, and
/// both are legal in a reference (docs/leap.md, trap 10).
pub(crate) const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Writes `name=value` pairs as a query string, without the question mark.
///
/// A page token goes in as the provider gave it: it is opaque, so it is encoded here and only here.
pub(crate) fn query(pairs: &[(&str, &str)]) -> String {
    let pairs = pairs.iter().map(|(name, value)| {
        format!(
            "{}={}",
            utf8_percent_encode(name, ENCODED),
            utf8_percent_encode(value, ENCODED)
        )
    });
    pairs.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trap_10_every_reserved_character_is_encoded_exactly_once() {
        for (value, encoded) in [
            ("site-ca_0001.a~b", "site-ca_0001.a~b"),
            ("a+b c@d:e", "a%2Bb%20c%40d%3Ae"),
            ("é", "%C3%A9"),
            ("it's=;,\"`", "it%27s%3D%3B%2C%22%60"),
            ("100%25&x=/", "100%2525%26x%3D%2F"),
        ] {
            assert_eq!(query(&[("ref-id", value)]), format!("ref-id={encoded}"));
        }
        assert_eq!(query(&[("a", "1"), ("b", "2")]), "a=1&b=2");
        assert_eq!(query(&[]), "");
    }
}
