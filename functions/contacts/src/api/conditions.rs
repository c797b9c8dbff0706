//! Conditional requests (RFC 9110, section 13), for contacts alone: their tags are strong.

use http::{HeaderMap, HeaderName, header};
use journey::port::Precondition;

use super::problem::Problem;

/// What a condition names.
#[derive(Debug, PartialEq, Eq)]
enum Tags {
    /// `*`: whatever is there.
    Any,
    /// These.
    These(Vec<Tag>),
}

#[derive(Debug, PartialEq, Eq)]
struct Tag {
    weak: bool,
    opaque: String,
}

/// What must be true for a write.
pub(super) fn of_write(headers: &HeaderMap) -> Result<Precondition, Problem> {
    match (
        tags(headers, &header::IF_MATCH)?,
        tags(headers, &header::IF_NONE_MATCH)?,
    ) {
        (None, None) => Ok(Precondition::None),
        (Some(Tags::Any), None) => Ok(Precondition::Present),
        // A weak tag equals none under the strong comparison that If-Match asks for.
        (Some(Tags::These(tags)), None) => Ok(Precondition::Tagged(
            tags.into_iter().filter(|tag| !tag.weak).map(|tag| tag.opaque).collect(),
        )),
        (None, Some(Tags::Any)) => Ok(Precondition::Absent),
        (None | Some(_), Some(Tags::These(_))) => {
            Err(Problem::bad_request("If-None-Match takes only * with this method."))
        }
        // One asks for something that is there, the other for nothing: that never holds.
        (Some(_), Some(Tags::Any)) => Ok(Precondition::Tagged(Vec::new())),
    }
}

/// Does the reader have what is tagged so already?
pub(super) fn is_known(headers: &HeaderMap, tag: &str) -> Result<bool, Problem> {
    Ok(match tags(headers, &header::IF_NONE_MATCH)? {
        None => false,
        Some(Tags::Any) => true,
        Some(Tags::These(tags)) => tags.iter().any(|known| known.opaque == tag),
    })
}

fn tags(headers: &HeaderMap, name: &HeaderName) -> Result<Option<Tags>, Problem> {
    let mut lines = Vec::new();
    for value in headers.get_all(name) {
        lines.push(value.to_str().unwrap_or("(unreadable)"));
    }
    if lines.is_empty() {
        return Ok(None);
    }
    match parse(&lines.join(",")) {
        Some(tags) => Ok(Some(tags)),
        None => Err(Problem::bad_request(format!(
            "{name} must be * or a list of entity tags, such as \"abc\" with its quotes."
        ))),
    }
}

fn parse(list: &str) -> Option<Tags> {
    if list.trim() == "*" {
        return Some(Tags::Any);
    }
    let mut tags = Vec::new();
    let mut rest = list.trim_matches([' ', '\t', ',']);
    while !rest.is_empty() {
        let (weak, quoted) = match rest.strip_prefix("W/") {
            Some(quoted) => (true, quoted),
            None => (false, rest),
        };
        let (opaque, behind) = quoted.strip_prefix('"')?.split_once('"')?;
        if !opaque.bytes().all(|b| b.is_ascii_graphic()) {
            return None;
        }
        tags.push(Tag {
            weak,
            opaque: opaque.to_owned(),
        });
        let separated = behind.trim_start_matches([' ', '\t']);
        if !separated.is_empty() && !separated.starts_with(',') {
            return None;
        }
        rest = separated.trim_start_matches([' ', '\t', ',']);
    }
    (!tags.is_empty()).then_some(Tags::These(tags))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    fn write(lines: &[(&'static str, &str)]) -> Option<Precondition> {
        of_write(&headers(lines)).ok()
    }

    fn tagged(tags: &[&str]) -> Option<Precondition> {
        Some(Precondition::Tagged(tags.iter().map(|tag| (*tag).to_owned()).collect()))
    }

    #[test]
    fn a_write_may_ask_for_something_nothing_or_certain_tags() {
        assert_eq!(write(&[]), Some(Precondition::None));
        assert_eq!(write(&[("if-match", "*")]), Some(Precondition::Present));
        assert_eq!(write(&[("if-none-match", " * ")]), Some(Precondition::Absent));
        assert_eq!(write(&[("if-match", "\"a\"")]), tagged(&["a"]));
        assert_eq!(
            write(&[("if-match", "\"a\" ,, \"b,c\""), ("if-match", "\"\"")]),
            tagged(&["a", "b,c", ""])
        );
        assert_eq!(
            write(&[("if-match", "W/\"a\"")]),
            tagged(&[]),
            "a weak tag never matches"
        );
    }

    #[test]
    fn what_is_no_condition_is_refused_and_not_ignored() {
        for bad in [
            "",
            "a",
            "\"a",
            "a\"",
            "\"a\" \"b\"",
            "*, \"a\"",
            "w/\"a\"",
            "\"a b\"",
            ",",
        ] {
            assert_eq!(write(&[("if-match", bad)]), None, "{bad:?}");
            assert!(is_known(&headers(&[("if-none-match", bad)]), "a").is_err(), "{bad:?}");
        }
        assert_eq!(write(&[("if-none-match", "\"a\"")]), None);
        assert_eq!(
            write(&[("if-match", "*"), ("if-none-match", "*")]),
            tagged(&[]),
            "never holds"
        );
    }

    #[test]
    fn a_reader_may_name_what_it_has() {
        let known = |value: &str| is_known(&headers(&[("if-none-match", value)]), "a").ok();
        assert_eq!(known("\"b\", W/\"a\""), Some(true), "the comparison is weak");
        assert_eq!(known("*"), Some(true));
        assert_eq!(known("\"b\""), Some(false));
        assert_eq!(is_known(&HeaderMap::new(), "a").ok(), Some(false));
    }
}
