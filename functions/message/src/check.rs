//! Reads one template file for faults, wherever they stand: also in a branch that no message takes.

use liquid::Parser;

use crate::elements;
use crate::error::{Problem, TemplateError, nearest, position};
use crate::lexer::{Kind, Markup, TokenKind, markup, tokens};
use crate::variables::Variables;

const TAGS: [&str; 12] = [
    "if",
    "elsif",
    "else",
    "endif",
    "unless",
    "endunless",
    "case",
    "when",
    "endcase",
    "comment",
    "endcomment",
    "include",
];

/// Filters that cannot undo the escaping of a value.
const FILTERS: [&str; 4] = ["default", "capitalize", "upcase", "downcase"];

/// Words of Liquid's own inside a condition.
const KEYWORDS: [&str; 8] = ["and", "or", "contains", "true", "false", "nil", "empty", "blank"];

/// Attributes in which a value would choose where a click or a request goes.
const LINK_ATTRIBUTES: [&str; 7] = [
    "href",
    "src",
    "action",
    "background",
    "background-url",
    "srcset",
    "style",
];

/// Variables that a link may be made of.
const LINK_VARIABLES: [&str; 7] = [
    "resume_url",
    "unsubscribe_url",
    "utility_login_url",
    "utility_forgot_username_url",
    "utility_forgot_password_url",
    "support_email",
    "utility_phone",
];

/// What kind of file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Mjml,
    Text,
}

impl Format {
    pub(crate) const fn ending(self) -> &'static str {
        match self {
            Format::Mjml => ".mjml",
            Format::Text => ".txt",
        }
    }
}

/// An `{% include "…" %}` of a text file.
#[derive(Debug)]
pub(crate) struct Include<'a> {
    pub(crate) path: &'a str,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// All faults of one file, in order.
pub(crate) fn faults(parser: &Parser, file: &str, text: &str, format: Format) -> Vec<TemplateError> {
    let mut reader = Reader {
        text,
        format,
        faults: Vec::new(),
        open: Vec::new(),
    };
    let (found, unclosed) = markup(text);
    let mut commented = false;
    for item in &found {
        let name = tag_name(item);
        // What a comment holds is not looked at, as Liquid does not either.
        if !commented || name == Some("endcomment") {
            reader.item(item);
        }
        commented = name == Some("comment") || (commented && name != Some("endcomment"));
    }
    if let Some(unclosed) = unclosed {
        reader.fault(unclosed.at, Problem::NeverCloses(unclosed.opening));
    }
    for (tag, at) in core::mem::take(&mut reader.open) {
        reader.fault(
            at,
            Problem::Unbalanced(format!("this `{{% {tag} %}}` has no `{{% end{tag} %}}`")),
        );
    }
    if let Some(at) = text.to_ascii_lowercase().find("<script") {
        reader.fault(at, Problem::Script);
    }
    if format == Format::Mjml {
        reader.faults.extend(elements::faults(text));
    }
    if reader.faults.is_empty()
        && let Err(error) = parser.parse(&without_includes(text))
    {
        let (at, what) = explain(text, &error.to_string());
        reader.fault(at, Problem::NotLiquid(what));
    }
    let mut faults: Vec<TemplateError> = reader
        .faults
        .into_iter()
        .map(|(at, problem)| {
            let (line, column) = position(text, at);
            TemplateError {
                file: file.to_owned(),
                line,
                column,
                problem,
            }
        })
        .collect();
    faults.sort();
    faults
}

struct Reader<'a> {
    text: &'a str,
    format: Format,
    faults: Vec<(usize, Problem)>,
    open: Vec<(&'a str, usize)>,
}

impl<'a> Reader<'a> {
    fn fault(&mut self, at: usize, problem: Problem) {
        self.faults.push((at, problem));
    }

    fn item(&mut self, item: &Markup<'a>) {
        match item.kind {
            Kind::Output => self.expression(item, 0),
            Kind::Tag => self.tag(item),
        }
    }

    fn tag(&mut self, item: &Markup<'a>) {
        let Some(name) = tag_name(item) else {
            return self.fault(item.start, Problem::NotLiquid("a tag begins with its name".to_owned()));
        };
        let allowed = TAGS.contains(&name) && (name != "include" || self.format == Format::Text);
        if !allowed {
            let problem = Problem::UnknownTag {
                name: name.to_owned(),
                nearest: nearest(name, TAGS),
            };
            return self.fault(item.start, problem);
        }
        match name {
            "if" | "unless" | "case" | "comment" => self.open.push((name, item.start)),
            "endif" | "endunless" | "endcase" | "endcomment" => {
                let expected = name.trim_start_matches("end");
                match self.open.pop() {
                    Some((open, _)) if open == expected => {}
                    Some((open, at)) => {
                        let (line, _) = position(self.text, at);
                        self.fault(
                            item.start,
                            Problem::Unbalanced(format!(
                                "`{{% {name} %}}` closes the `{{% {open} %}}` of line {line}, which needs `{{% end{open} %}}`"
                            )),
                        );
                    }
                    None => self.fault(
                        item.start,
                        Problem::Unbalanced(format!("`{{% {name} %}}` closes nothing")),
                    ),
                }
            }
            "include" => {
                if include(item).is_none() {
                    let what = "write {% include \"file.txt\" %}".to_owned();
                    self.fault(item.start, Problem::NotLiquid(what));
                }
                return;
            }
            _ => {}
        }
        self.expression(item, 1);
    }

    /// Looks at every name after the first `skip` tokens.
    fn expression(&mut self, item: &Markup<'a>, skip: usize) {
        let mut after_pipe = false;
        for token in tokens(item.inner).into_iter().skip(skip) {
            let at = item.inner_start + token.at;
            match token.kind {
                TokenKind::Word(word) if after_pipe => {
                    if !FILTERS.contains(&word) {
                        let problem = Problem::UnknownFilter {
                            name: word.to_owned(),
                            nearest: nearest(word, FILTERS),
                        };
                        self.fault(at, problem);
                    }
                }
                TokenKind::Word(word) if KEYWORDS.contains(&word) => {}
                TokenKind::Word(word) => self.variable(item, word, at),
                // Liquid's parser gives up on a number that its integers cannot hold.
                TokenKind::Number(number) if number.len() > 9 => {
                    self.fault(at, Problem::NotLiquid("a number has at most nine digits".to_owned()));
                }
                TokenKind::Symbol('[' | ']') => {
                    self.fault(at, Problem::NotLiquid("variables have no parts".to_owned()));
                }
                TokenKind::Quoted(_) | TokenKind::Number(_) | TokenKind::Symbol(_) => {}
            }
            after_pipe = token.kind == TokenKind::Symbol('|');
        }
    }

    fn variable(&mut self, item: &Markup<'a>, name: &str, at: usize) {
        if !Variables::NAMES.contains(&name) {
            let problem = Problem::UnknownVariable {
                name: name.to_owned(),
                nearest: nearest(name, Variables::NAMES),
            };
            return self.fault(at, problem);
        }
        if item.kind == Kind::Output
            && let Some(attribute) = attribute_around(self.text, item.start)
            && LINK_ATTRIBUTES.contains(&attribute)
            && !LINK_VARIABLES.contains(&name)
        {
            let problem = Problem::NotALink {
                name: name.to_owned(),
                attribute: attribute.to_owned(),
            };
            self.fault(at, problem);
        }
    }
}

fn tag_name<'a>(item: &Markup<'a>) -> Option<&'a str> {
    match (item.kind, tokens(item.inner).first()?.kind) {
        (Kind::Tag, TokenKind::Word(name)) => Some(name),
        (Kind::Tag | Kind::Output, _) => None,
    }
}

/// The attribute of the element in whose value the position lies.
pub(crate) fn attribute_around(text: &str, at: usize) -> Option<&str> {
    let before = text.get(..at)?;
    let (element, inside) = before.rsplit_once('<').map(|(_, inside)| (true, inside))?;
    if !element || inside.contains('>') {
        return None;
    }
    let (head, value) = inside.rsplit_once("=\"").or_else(|| inside.rsplit_once("='"))?;
    (!value.contains('"'))
        .then(|| head.rsplit(char::is_whitespace).next())
        .flatten()
}

/// The includes of a text file, in order.
pub(crate) fn includes(text: &str) -> Vec<Include<'_>> {
    markup(text).0.iter().filter_map(include).collect()
}

fn include<'a>(item: &Markup<'a>) -> Option<Include<'a>> {
    if tag_name(item) != Some("include") {
        return None;
    }
    match tokens(item.inner).get(1..)? {
        [token] => match token.kind {
            TokenKind::Quoted(path) => Some(Include {
                path,
                start: item.start,
                end: item.end,
            }),
            TokenKind::Word(_) | TokenKind::Number(_) | TokenKind::Symbol(_) => None,
        },
        _ => None,
    }
}

/// The same text with its includes blanked, so that every other position stays.
fn without_includes(text: &str) -> String {
    let mut blanked = text.to_owned();
    for include in includes(text) {
        let blank = " ".repeat(include.end - include.start);
        blanked.replace_range(include.start..include.end, &blank);
    }
    blanked
}

/// The place and the reason in an error of Liquid's parser, which draws both as a small picture.
fn explain(text: &str, error: &str) -> (usize, String) {
    let at = error
        .split_once("--> ")
        .and_then(|(_, rest)| rest.split_whitespace().next()?.split_once(':'))
        .and_then(|(line, column)| Some((line.parse::<usize>().ok()?, column.parse::<usize>().ok()?)))
        .map(|(line, column)| {
            let line_start: usize = text
                .split_inclusive('\n')
                .take(line.saturating_sub(1))
                .map(str::len)
                .sum();
            line_start + column.saturating_sub(1)
        });
    let reason = error
        .lines()
        .find_map(|line| line.trim().strip_prefix("= "))
        .or_else(|| error.lines().next().map(|line| line.trim_start_matches("liquid:")))
        .unwrap_or_default();
    (at.unwrap_or(0), reason.trim().to_owned())
}

/// The variables that a compiled template shows whatever the values are: outside every block, and
/// outside comments. Each comes with the attribute around it.
pub(crate) fn always_shown(compiled: &str) -> Vec<(&str, Option<&str>)> {
    let mut depth = 0_usize;
    let mut shown = Vec::new();
    for item in markup(compiled).0 {
        match (item.kind, tag_name(&item)) {
            (Kind::Tag, Some("if" | "unless" | "case" | "comment")) => depth += 1,
            (Kind::Tag, Some("endif" | "endunless" | "endcase" | "endcomment")) => depth = depth.saturating_sub(1),
            (Kind::Tag, _) => {}
            (Kind::Output, _) => {
                if depth == 0
                    && !in_comment(compiled, item.start)
                    && let Some(TokenKind::Word(name)) = tokens(item.inner).first().map(|token| token.kind)
                {
                    shown.push((name, attribute_around(compiled, item.start)));
                }
            }
        }
    }
    shown
}

/// The words that a compiled text shows whatever the values are: outside every block.
pub(crate) fn always_said(compiled: &str) -> String {
    let mut depth = 0_usize;
    let mut said = String::new();
    let mut from = 0;
    for item in markup(compiled).0 {
        if depth == 0 {
            said.push_str(compiled.get(from..item.start).unwrap_or_default());
        }
        match tag_name(&item) {
            Some("if" | "unless" | "case" | "comment") => depth += 1,
            Some("endif" | "endunless" | "endcase" | "endcomment") => depth = depth.saturating_sub(1),
            Some(_) | None => {}
        }
        from = item.end;
    }
    said.push_str(compiled.get(from..).unwrap_or_default());
    said
}

fn in_comment(html: &str, at: usize) -> bool {
    let before = html.get(..at).unwrap_or_default();
    match (before.rfind("<!--"), before.rfind("-->")) {
        (Some(open), Some(close)) => open > close,
        (open, None) => open.is_some(),
        (None, Some(_)) => false,
    }
}
