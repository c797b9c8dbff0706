//! Reads HTML in pieces, as far as links and visible words need it.
//!
//! It reads what the compiler of MJML and the authors of templates write, not all that a browser forgives. Where the two
//! could differ it shows more rather than less: a link that no browser would see is looked at as well.

/// A piece of a document, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// Text between tags, with its character references as they are.
    Text(&'a str),
    /// What stands in a comment. Outlook reads some of them as HTML.
    Comment(&'a str),
    /// A tag that opens an element.
    Open {
        /// The element, as written.
        name: &'a str,
        /// Its attributes, as written; a value has its character references as they are.
        attributes: Vec<(&'a str, &'a str)>,
        /// It ends in `/>`.
        alone: bool,
    },
    /// A tag that closes an element.
    Close(&'a str),
}

/// The pieces of a document. The content of `<style>` is one text.
pub(crate) fn pieces(html: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = html;
    let mut raw: Option<&str> = None;
    while !rest.is_empty() {
        let next = match raw {
            Some(name) => find_ignoring_case(rest, &format!("</{name}")),
            None => tag_start(rest),
        };
        let (text, tag) = rest.split_at(next.unwrap_or(rest.len()));
        if !text.is_empty() {
            found.push(Piece::Text(text));
        }
        raw = None;
        rest = tag;
        if let Some(comment) = rest.strip_prefix("<!--") {
            let (inside, after) = comment.split_once("-->").unwrap_or((comment, ""));
            found.push(Piece::Comment(inside));
            rest = after;
        } else if let Some(inside) = rest.strip_prefix('<') {
            let end = end_of_tag(inside);
            let (tag, after) = inside.split_at(end);
            rest = after.strip_prefix('>').unwrap_or(after);
            if let Some(name) = tag.strip_prefix('/') {
                found.push(Piece::Close(name.trim()));
            } else {
                let piece = open(tag);
                if let Piece::Open { name, alone: false, .. } = &piece
                    && name.eq_ignore_ascii_case("style")
                {
                    raw = Some("style");
                }
                found.push(piece);
            }
        }
    }
    found
}

/// The words that a reader sees, in order: letters and digits, in lower case. Links are none, nor is what is hidden.
#[cfg(feature = "compile")]
pub(crate) fn visible_words(html: &str) -> Vec<String> {
    let mut text = String::new();
    let mut hidden: Option<(&str, usize)> = None;
    for piece in pieces(html) {
        match (&mut hidden, piece) {
            (
                Some((name, depth)),
                Piece::Open {
                    name: other,
                    alone: false,
                    ..
                },
            ) if other == *name => *depth += 1,
            (Some((name, depth)), Piece::Close(other)) if other == *name => {
                *depth -= 1;
                if *depth == 0 {
                    hidden = None;
                }
            }
            (Some(_), _) | (None, Piece::Comment(_)) => {}
            (None, Piece::Text(shown)) => text.push_str(&unescape(shown)),
            (
                None,
                Piece::Open {
                    name,
                    attributes,
                    alone,
                },
            ) => {
                if is_hidden(name, &attributes) && !alone {
                    hidden = Some((name, 1));
                }
                separate(&mut text, name);
            }
            (None, Piece::Close(name)) => separate(&mut text, name),
        }
    }
    words(&text)
}

/// The words of a text, in order, without links.
#[cfg(feature = "compile")]
pub(crate) fn words(text: &str) -> Vec<String> {
    text.split_whitespace()
        .filter(|word| !word.contains("://"))
        .flat_map(|word| word.split(|c: char| !c.is_alphanumeric()))
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// Does an element hide what is in it?
pub(crate) fn is_hidden(name: &str, attributes: &[(&str, &str)]) -> bool {
    let head = ["head", "style", "title", "script"];
    let style = attributes
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("style"))
        .map_or("", |(_, style)| style);
    let style: String = style.split_whitespace().collect();
    head.iter().any(|hidden| name.eq_ignore_ascii_case(hidden)) || style.contains("display:none")
}

/// Elements inside a line do not part words.
#[cfg(feature = "compile")]
fn separate(text: &mut String, name: &str) {
    let inline = ["a", "b", "em", "i", "span", "strong", "u"];
    if !inline.iter().any(|inline| name.eq_ignore_ascii_case(inline)) {
        text.push(' ');
    }
}

/// Where the next tag or comment begins: a `<` before a letter, `/` or `!`.
fn tag_start(text: &str) -> Option<usize> {
    text.match_indices('<').map(|(at, _)| at).find(|at| {
        text.get(at + 1..)
            .and_then(|after| after.chars().next())
            .is_some_and(|c| c.is_ascii_alphabetic() || c == '/' || c == '!')
    })
}

/// Where a tag's `>` stands, skipping those inside quotes.
fn end_of_tag(inside: &str) -> usize {
    let mut quote = None;
    for (at, c) in inside.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c == '>' => return at,
            None => {}
        }
    }
    inside.len()
}

fn open(tag: &str) -> Piece<'_> {
    let (tag, alone) = match tag.strip_suffix('/') {
        Some(tag) => (tag, true),
        None => (tag, false),
    };
    let end = tag.find(|c: char| c.is_whitespace() || c == '/').unwrap_or(tag.len());
    let (name, mut rest) = tag.split_at(end);
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if rest.is_empty() {
            break;
        }
        let end = rest
            .find(|c: char| c.is_whitespace() || c == '=' || c == '/')
            .filter(|end| *end > 0)
            .unwrap_or(rest.len());
        let (attribute, after) = rest.split_at(end);
        let Some(value) = after.trim_start().strip_prefix('=') else {
            attributes.push((attribute, ""));
            rest = after;
            continue;
        };
        let value = value.trim_start();
        let quoted = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (value, after) = match quoted {
            Some(quote) => {
                let inside = value.get(1..).unwrap_or_default();
                inside.split_once(quote).unwrap_or((inside, ""))
            }
            None => value.split_at(value.find(char::is_whitespace).unwrap_or(value.len())),
        };
        attributes.push((attribute, value));
        rest = after;
    }
    Piece::Open {
        name,
        attributes,
        alone,
    }
}

fn find_ignoring_case(text: &str, what: &str) -> Option<usize> {
    text.to_ascii_lowercase().find(what)
}

/// Resolves the character references that templates and our own escaping write.
pub(crate) fn unescape(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&#39;", "'")
        .replace("&nbsp;", " ")
        .replace("&#160;", " ")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_read_in_pieces() {
        let html = "a < b<p class=\"x>y\" HREF = 'u' hidden data-a=1/>c<br/><!--[if mso]><a href=\"v\"><![endif]-->\
                    <style>p > a { }</STYLE>d</p>";
        let attributes = vec![("class", "x>y"), ("HREF", "u"), ("hidden", ""), ("data-a", "1")];
        assert_eq!(
            pieces(html),
            [
                Piece::Text("a < b"),
                Piece::Open {
                    name: "p",
                    attributes,
                    alone: true
                },
                Piece::Text("c"),
                Piece::Open {
                    name: "br",
                    attributes: vec![],
                    alone: true
                },
                Piece::Comment("[if mso]><a href=\"v\"><![endif]"),
                Piece::Open {
                    name: "style",
                    attributes: vec![],
                    alone: false
                },
                Piece::Text("p > a { }"),
                Piece::Close("STYLE"),
                Piece::Text("d"),
                Piece::Close("p"),
            ]
        );
    }

    #[test]
    fn no_document_is_too_odd() {
        for odd in [
            "<",
            "<a",
            "<a href",
            "<a href=",
            "<a href=\"",
            "</",
            "<!--",
            "<!",
            "<a =b>",
            "<a / / =>",
            "<style>",
            "é<ü>",
        ] {
            let _ = (pieces(odd), visible_words(odd));
        }
    }

    #[test]
    fn words_are_what_a_reader_sees() {
        let html = "<head><title>no</title></head><div style=\"display: none\">no<div>no</div>no</div>\
                    <p>It&#39;s <b>b</b>old &amp; <a href=\"https://x\">here</a>.</p><td>2</td><td>3</td> https://no";
        assert_eq!(visible_words(html), ["it", "s", "bold", "here", "2", "3"]);
    }
}
