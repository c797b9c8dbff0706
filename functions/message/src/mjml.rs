//! From MJML to HTML, with the Liquid in it left as it is.

use mrml::prelude::parser::{Error, Span};
use mrml::prelude::render::RenderOptions;

use crate::error::Problem;
use crate::lexer::markup;

/// A compiled message.
#[derive(Debug)]
pub(crate) struct Html {
    /// The whole HTML document.
    pub(crate) html: String,
    /// What `<mj-title>` says, with its character references resolved: the subject.
    pub(crate) title: String,
}

/// Why a message is not MJML, and at which byte; none means at its end.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) at: Option<usize>,
    pub(crate) problem: Problem,
}

/// Compiles a message.
pub(crate) fn compile(text: &str) -> Result<Html, Fault> {
    let parsed = mrml::parse(text).map_err(|error| fault(text, error))?.element;
    let mut options = RenderOptions::default();
    // A web font would be fetched from another company's server each time a message is opened.
    options.fonts.clear();
    // A comment in a template is for whoever edits it.
    options.disable_comments = true;
    let html = parsed.render(&options).map_err(|error| Fault {
        at: None,
        problem: Problem::NotMjml(error.to_string()),
    })?;
    // What the compiler does not know where it stands, it passes on as if it were HTML.
    if let Some((_, rest)) = html.split_once("<mj") {
        let name = rest
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
            .next()
            .unwrap_or_default();
        let problem = Problem::NotMjml(format!("<mj{name}> is not allowed where it stands"));
        return Err(Fault {
            at: text.rfind(&format!("<mj{name}")),
            problem,
        });
    }
    let title = parsed.get_title().unwrap_or_default();
    let html = labelled(&html, &title);
    let title = resolve_references(&title);
    Ok(Html { html, title })
}

fn fault(text: &str, error: Error) -> Fault {
    let not_mjml = |at: Option<usize>, what: &str| Fault {
        at,
        problem: Problem::NotMjml(what.to_owned()),
    };
    let here = |position: Span, what: &str| not_mjml(Some(position.start), what);
    match error {
        Error::UnexpectedElement { position, .. } => here(position, "this element is unknown, or not allowed here"),
        Error::UnexpectedToken { position, .. } => here(position, "this is not allowed here"),
        Error::MissingAttribute { name, position, .. } => here(position, &format!("the attribute `{name}` is missing")),
        Error::InvalidAttribute { position, .. } => here(position, "this attribute is not valid"),
        Error::InvalidFormat { position, .. } => here(position, "this is not valid"),
        Error::EndOfStream { .. } => not_mjml(None, "the file ends before every element is closed"),
        Error::SizeLimit { .. } => not_mjml(None, "the file is too large"),
        Error::ParserError { source, .. } => {
            let line = usize::try_from(source.pos().row).unwrap_or(1);
            let column = usize::try_from(source.pos().col).unwrap_or(1);
            let before: usize = text
                .split_inclusive('\n')
                .take(line.saturating_sub(1))
                .map(str::len)
                .sum();
            let message = source.to_string();
            // The place is told apart, and in the author's own file.
            let what = message.split_once(" at ").map_or(message.as_str(), |(what, _)| what);
            let hint = if what == "invalid element" {
                "; a bare `<` is written `&lt;`, and inside `{% %}` a comparison is turned round to use `>`"
            } else {
                ""
            };
            not_mjml(Some(before + column.saturating_sub(1)), &format!("{what}{hint}"))
        }
        Error::NoRootNode => not_mjml(Some(0), "the file has no <mjml> element"),
        Error::IncludeLoaderError { position, .. } => here(position, "this include is not allowed here"),
    }
}

/// The title is the mail's name for a screen reader. The compiler writes it into the attribute as Rust writes a string:
/// it would say a backslash and an n for the end of a line, and no Liquid with quotation marks would be left.
fn labelled(html: &str, title: &str) -> String {
    let line = title.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut label = String::new();
    let mut from = 0;
    for item in markup(&line).0 {
        label.push_str(&line.get(from..item.start).unwrap_or_default().replace('"', "&quot;"));
        let liquid = line.get(item.start..item.end).unwrap_or_default();
        if liquid.contains('\'') {
            label.push_str(liquid);
        } else {
            label.push_str(&liquid.replace('"', "'"));
        }
        from = item.end;
    }
    label.push_str(&line.get(from..).unwrap_or_default().replace('"', "&quot;"));
    html.replacen(&format!("aria-label={title:?}"), &format!("aria-label=\"{label}\""), 1)
}

/// A subject is no HTML: `&amp;` in `<mj-title>` means `&`. Only the template's own text passes here,
/// before any value is filled in.
fn resolve_references(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&#39;", "'")
        .replace("&nbsp;", " ")
        .replace("&amp;", "&")
}
