//! Finds the Liquid in a template, with positions.
//!
//! Liquid's own parser forgets where a name stood and looks at a name only when its branch is taken.
//! A misspelt variable must be found when the campaign is checked, in every branch, so the names are
//! read here; whether the whole is Liquid is still for Liquid's parser to say.

/// One `{{ … }}` or `{% … %}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Markup<'a> {
    /// Which of the two.
    pub(crate) kind: Kind,
    /// What is between the delimiters, without the white-space marks.
    pub(crate) inner: &'a str,
    /// Where the opening delimiter stands.
    pub(crate) start: usize,
    /// Where `inner` begins.
    pub(crate) inner_start: usize,
    /// Just after the closing delimiter.
    pub(crate) end: usize,
}

/// The two kinds of Liquid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `{{ … }}`
    Output,
    /// `{% … %}`
    Tag,
}

/// An opening delimiter without its end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NeverCloses {
    pub(crate) opening: &'static str,
    pub(crate) at: usize,
}

/// Finds all Liquid in a text, in order.
pub(crate) fn markup(text: &str) -> (Vec<Markup<'_>>, Option<NeverCloses>) {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some((start, kind)) = next_opening(text, from) {
        let (opening, closing) = match kind {
            Kind::Output => ("{{", "}}"),
            Kind::Tag => ("{%", "%}"),
        };
        let body_start = start + opening.len();
        let Some(body_end) = closing_at(text, body_start, closing) else {
            return (found, Some(NeverCloses { opening, at: start }));
        };
        let body = text.get(body_start..body_end).unwrap_or_default();
        let trimmed = body.strip_prefix('-').unwrap_or(body);
        let inner_start = body_start + (body.len() - trimmed.len());
        let inner = trimmed.strip_suffix('-').unwrap_or(trimmed);
        from = body_end + closing.len();
        found.push(Markup {
            kind,
            inner,
            start,
            inner_start,
            end: from,
        });
    }
    (found, None)
}

fn next_opening(text: &str, from: usize) -> Option<(usize, Kind)> {
    let rest = text.get(from..)?;
    let output = rest.find("{{").map(|at| (from + at, Kind::Output));
    let tag = rest.find("{%").map(|at| (from + at, Kind::Tag));
    match (output, tag) {
        (Some(output), Some(tag)) => Some(if output.0 < tag.0 { output } else { tag }),
        (found, None) | (None, found) => found,
    }
}

/// The closing delimiter, skipping those inside quotes.
fn closing_at(text: &str, from: usize, closing: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in text.get(from..)?.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None if text.get(from + at..).is_some_and(|rest| rest.starts_with(closing)) => return Some(from + at),
            None => {}
        }
    }
    None
}

/// A word, literal or symbol inside `{{ }}` or `{% %}`, with its position within.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) kind: TokenKind<'a>,
    pub(crate) at: usize,
}

/// The kinds of token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind<'a> {
    /// A name, with any path that follows it: `first_name`, `a.b`.
    Word(&'a str),
    /// A quoted text, without its quotes.
    Quoted(&'a str),
    /// A number.
    Number(&'a str),
    /// Anything else.
    Symbol(char),
}

/// Splits what stands inside the delimiters.
pub(crate) fn tokens(inner: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(c) = inner.get(from..).and_then(|rest| rest.chars().next()) {
        let rest = inner.get(from..).unwrap_or_default();
        let length = if c.is_whitespace() {
            c.len_utf8()
        } else if c == '"' || c == '\'' {
            let body = rest.get(1..).unwrap_or_default();
            let end = body.find(c).unwrap_or(body.len());
            found.push(Token {
                kind: TokenKind::Quoted(body.get(..end).unwrap_or_default()),
                at: from,
            });
            (end + 2).min(rest.len())
        } else if c.is_ascii_digit() {
            let end = rest
                .find(|c: char| !c.is_ascii_digit() && c != '.')
                .unwrap_or(rest.len());
            found.push(Token {
                kind: TokenKind::Number(rest.get(..end).unwrap_or_default()),
                at: from,
            });
            end
        } else if c.is_alphabetic() || c == '_' {
            let in_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '?');
            let end = rest.find(|c: char| !in_word(c)).unwrap_or(rest.len());
            found.push(Token {
                kind: TokenKind::Word(rest.get(..end).unwrap_or_default()),
                at: from,
            });
            end
        } else {
            found.push(Token {
                kind: TokenKind::Symbol(c),
                at: from,
            });
            c.len_utf8()
        };
        from += length;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn liquid_is_found_with_its_place() {
        let (found, open) = markup("a {{ b }} {%- if c == \"}} %}\" -%} d {% oops");
        let inner: Vec<_> = found.iter().map(|m| (m.kind, m.inner, m.start)).collect();
        assert_eq!(
            inner,
            [(Kind::Output, " b ", 2), (Kind::Tag, " if c == \"}} %}\" ", 10)]
        );
        assert_eq!(open, Some(NeverCloses { opening: "{%", at: 36 }));
    }

    #[test]
    fn what_is_inside_is_split() {
        let kinds: Vec<_> = tokens("a.b | default: \"x y\", 12")
            .into_iter()
            .map(|token| token.kind)
            .collect();
        use TokenKind::{Number, Quoted, Symbol, Word};
        assert_eq!(
            kinds,
            [
                Word("a.b"),
                Symbol('|'),
                Word("default"),
                Symbol(':'),
                Quoted("x y"),
                Symbol(','),
                Number("12")
            ]
        );
    }
}
