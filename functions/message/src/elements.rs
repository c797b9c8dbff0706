//! Finds the MJML elements in a template, with positions.
//!
//! The compiler takes an unknown element for HTML and any closing tag for the right one, so that a
//! misspelt `<mj-sectoin>` would go out to customers: the elements are read here first.

use crate::error::{Problem, nearest, position};

/// The elements of MJML that may stand in a message. Those that fetch something (fonts, images) or
/// that few mail programs show (carousels, accordions) are the author's own choice.
const ELEMENTS: [&str; 33] = [
    "mjml",
    "mj-head",
    "mj-body",
    "mj-include",
    "mj-attributes",
    "mj-all",
    "mj-class",
    "mj-breakpoint",
    "mj-font",
    "mj-preview",
    "mj-style",
    "mj-title",
    "mj-accordion",
    "mj-accordion-element",
    "mj-accordion-title",
    "mj-accordion-text",
    "mj-button",
    "mj-carousel",
    "mj-carousel-image",
    "mj-column",
    "mj-divider",
    "mj-group",
    "mj-hero",
    "mj-image",
    "mj-navbar",
    "mj-navbar-link",
    "mj-raw",
    "mj-section",
    "mj-social",
    "mj-social-element",
    "mj-spacer",
    "mj-table",
    "mj-text",
];

const WRAPPER: &str = "mj-wrapper";

/// One tag of an MJML element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Element<'a> {
    pub(crate) name: &'a str,
    pub(crate) start: usize,
    /// Just after the `>`.
    pub(crate) end: usize,
    shape: Shape,
    inside: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Opening,
    Closing,
    Alone,
}

/// Every tag of an MJML element outside comments, in order.
pub(crate) fn elements(text: &str) -> Vec<Element<'_>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = text.get(from..).and_then(|rest| rest.find('<')).map(|at| from + at) {
        let rest = text.get(start..).unwrap_or_default();
        if rest.starts_with("<!--") {
            from = rest.find("-->").map_or(text.len(), |at| start + at + 3);
            continue;
        }
        from = start + 1;
        let closing = rest.starts_with("</mj");
        if !closing && !rest.starts_with("<mj") {
            continue;
        }
        let name_start = if closing { 2 } else { 1 };
        let tail = rest.get(name_start..).unwrap_or_default();
        let name_end = tail
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_')
            .unwrap_or(tail.len());
        let name = tail.get(..name_end).unwrap_or_default();
        let body = tail.get(name_end..).unwrap_or_default();
        let length = end_of_tag(body).unwrap_or(body.len());
        let inside = body.get(..length).unwrap_or_default();
        let shape = if closing {
            Shape::Closing
        } else if inside.ends_with('/') {
            Shape::Alone
        } else {
            Shape::Opening
        };
        from = (start + name_start + name_end + length + 1).min(text.len());
        found.push(Element {
            name,
            start,
            end: from,
            shape,
            inside,
        });
    }
    found
}

/// Where the tag's `>` stands, skipping those inside quotes.
fn end_of_tag(body: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in body.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c == '>' => return Some(at),
            None => {}
        }
    }
    None
}

/// Unknown elements, and those that are not closed or not opened.
pub(crate) fn faults(text: &str) -> Vec<(usize, Problem)> {
    let mut faults = Vec::new();
    let mut open: Vec<Element<'_>> = Vec::new();
    for element in elements(text) {
        let name = element.name;
        if name != WRAPPER && !ELEMENTS.contains(&name) {
            let nearest = nearest(name, ELEMENTS.into_iter().chain([WRAPPER]));
            faults.push((
                element.start,
                Problem::UnknownElement {
                    name: name.to_owned(),
                    nearest,
                },
            ));
            continue;
        }
        match element.shape {
            Shape::Alone => {}
            Shape::Opening => open.push(element),
            Shape::Closing => match open.pop() {
                Some(last) if last.name == name => {}
                Some(last) => {
                    let (line, _) = position(text, last.start);
                    let what = format!(
                        "`</{name}>` stands where the <{}> of line {line} is to be closed",
                        last.name
                    );
                    faults.push((element.start, Problem::Unbalanced(what)));
                    return faults;
                }
                None => faults.push((
                    element.start,
                    Problem::Unbalanced(format!("`</{name}>` closes nothing")),
                )),
            },
        }
    }
    let unclosed = |last: Element<'_>| {
        (
            last.start,
            Problem::Unbalanced(format!("this <{}> is never closed", last.name)),
        )
    };
    faults.extend(open.pop().map(unclosed));
    faults
}

/// An `<mj-include path="…" />`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MjInclude<'a> {
    pub(crate) path: &'a str,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// The includes of an MJML file, in order.
pub(crate) fn includes(text: &str) -> Vec<MjInclude<'_>> {
    let elements = elements(text);
    let is_close = |element: &&Element<'_>| element.name == "mj-include" && element.shape == Shape::Closing;
    elements
        .iter()
        .enumerate()
        .filter(|(_, element)| element.name == "mj-include" && element.shape != Shape::Closing)
        .map(|(n, element)| {
            let closed_by = elements
                .get(n + 1)
                .filter(is_close)
                .filter(|_| element.shape == Shape::Opening);
            let end = closed_by.map_or(element.end, |close| close.end);
            MjInclude {
                path: attribute(element.inside, "path").unwrap_or_default(),
                start: element.start,
                end,
            }
        })
        .collect()
}

fn attribute<'a>(inside: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = inside.split_once(name)?;
    let rest = rest.trim_start().strip_prefix('=')?.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    rest.get(1..)?.split(quote).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_found_outside_comments() {
        let text = "<mjml><!-- <mj-body> --><mj-text a=\">\">x</mj-text><p></p><mj-include path='a.mjml' /></mjml>";
        let names: Vec<_> = elements(text)
            .into_iter()
            .map(|element| (element.name, element.shape))
            .collect();
        use Shape::{Alone, Closing, Opening};
        assert_eq!(
            names,
            [
                ("mjml", Opening),
                ("mj-text", Opening),
                ("mj-text", Closing),
                ("mj-include", Alone),
                ("mjml", Closing)
            ]
        );
        assert_eq!(faults(text), []);
        let include = includes(text)[0];
        assert_eq!(
            (include.path, &text[include.start..include.end]),
            ("a.mjml", "<mj-include path='a.mjml' />")
        );
    }
}
