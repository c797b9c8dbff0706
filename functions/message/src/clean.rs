//! Values are data: what comes from a customer, a partner or a provider is cleaned before it meets
//! a template.

use url::{Host, Url};

/// The longest value shown; names and addresses are far shorter.
const MAX_CHARS: usize = 300;

/// The longest first name shown.
pub(crate) const MAX_NAME_CHARS: usize = 60;

/// A value on one line, without control characters; none when nothing is left.
pub(crate) fn one_line(value: &str) -> Option<String> {
    // Line breaks would start a new header in a subject; the direction marks would show other text
    // than is there.
    let visible: String = value
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| !c.is_control() && !is_hidden(*c))
        .collect();
    let line = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    let line: String = line.chars().take(MAX_CHARS).collect();
    (!line.is_empty()).then_some(line)
}

fn is_hidden(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// A name to greet with; none when it is none. Mail programs turn `example.com` into a link by
/// themselves, so a "name" could place one in our message.
pub(crate) fn first_name(value: &str) -> Option<String> {
    let name = one_line(value)?;
    let like_a_link = name.contains(['/', '@', '\\']) || name.split('.').skip(1).any(starts_with_two_letters);
    (!like_a_link && name.chars().count() <= MAX_NAME_CHARS).then_some(name)
}

fn starts_with_two_letters(part: &str) -> bool {
    part.chars().take(2).filter(|c| c.is_alphanumeric()).count() == 2
}

/// A link that a message may hold: on https, or on http at this machine itself.
pub(crate) fn link(value: &str) -> Option<String> {
    let url = Url::parse(value).ok()?;
    let loopback = match url.host()? {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    let scheme = url.scheme() == "https" || (url.scheme() == "http" && loopback);
    let plain = url.username().is_empty() && url.password().is_none();
    let printable = value
        .bytes()
        .all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'<' | b'>' | b'\\' | b'`'));
    (scheme && plain && printable).then(|| value.to_owned())
}

/// Escapes a value for HTML, in text and in quoted attributes. Liquid does not do it by itself.
pub(crate) fn html(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stays_on_its_line() {
        assert_eq!(
            one_line("Ana\r\nBcc: all@example.com").as_deref(),
            Some("Ana Bcc: all@example.com")
        );
        assert_eq!(one_line("a\u{202e}b\u{0}c\u{2028}d").as_deref(), Some("abc d"));
        assert_eq!(one_line(" \n "), None);
    }

    #[test]
    fn a_name_is_no_link() {
        for name in ["Ana", "José María", "J. R.", "J.R.", "O'Neil", "Anne-Marie", "李"] {
            assert_eq!(first_name(name).as_deref(), Some(name));
        }
        for other in [
            "claim at evil.com",
            "www.evil.example",
            "https://x",
            "a@b",
            "a/b",
            &"x".repeat(61),
        ] {
            assert_eq!(first_name(other), None, "{other}");
        }
    }

    #[test]
    fn a_link_is_on_https_or_at_this_machine() {
        for good in [
            "https://example.com/r/abc?a=b&c=d",
            "http://127.0.0.1:8787/r/x",
            "http://localhost:1/",
            "http://[::1]/u/x",
        ] {
            assert_eq!(link(good).as_deref(), Some(good));
        }
        for bad in [
            "http://example.com/",
            "javascript:alert(1)",
            "data:text/html,x",
            "https://user:pw@example.com/",
            "https://example.com/\"onclick=\"x",
            "https://example.com/a b",
            "https://example.com/\nBcc:",
            "//example.com",
            "",
        ] {
            assert_eq!(link(bad), None, "{bad}");
        }
    }
}
