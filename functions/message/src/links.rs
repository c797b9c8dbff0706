//! Where the links of a message lead: to our own pages, the utility's, the provider's, and listed hosts; nowhere else.
//!
//! It is looked at twice. When a campaign is checked, every branch of a template is read for links that it writes out
//! itself. At each send the message is read as it goes out, whoever has compiled it.

#[cfg(feature = "compile")]
use journey::LinkHosts;
use journey::link_hosts::{host, is_at_this_machine};

use crate::clean;
use crate::html::{Piece, pieces, unescape};
use crate::render::RenderError;
use crate::variables::Variables;

/// Attributes that are a link, or something fetched.
const LINKS: [&str; 12] = [
    "action",
    "background",
    "cite",
    "data",
    "formaction",
    "href",
    "longdesc",
    "poster",
    "src",
    "srcset",
    "usemap",
    "xlink:href",
];

/// What the links of a message may be.
pub(crate) struct Allowed<'a> {
    variables: &'a Variables,
}

impl<'a> Allowed<'a> {
    pub(crate) fn new(variables: &'a Variables) -> Self {
        Allowed { variables }
    }

    /// Does every link of a message lead where it may?
    ///
    /// # Errors
    /// [`RenderError::ForeignLink`].
    pub(crate) fn check(&self, html: &str, text: &str) -> Result<(), RenderError> {
        let foreign = targets(html)
            .into_iter()
            .chain(in_text(text))
            .any(|link| !self.allows(&link));
        if foreign { Err(RenderError::ForeignLink) } else { Ok(()) }
    }

    fn allows(&self, link: &str) -> bool {
        let Variables { brand, utility, .. } = self.variables;
        if let Some(to) = link.strip_prefix("mailto:") {
            let support = brand.support_email.as_deref().and_then(clean::one_line);
            return support.as_deref() == Some(before(to, '?'));
        }
        if let Some(to) = link.strip_prefix("tel:") {
            return utility
                .phone
                .as_deref()
                .is_some_and(|phone| digits(phone) == digits(to));
        }
        let own = [
            Some(&self.variables.resume_url),
            Some(&self.variables.unsubscribe_url),
            utility.login_url.as_ref(),
            utility.forgot_username_url.as_ref(),
            utility.forgot_password_url.as_ref(),
        ];
        // At the same place as one of the values: for our own pages while trying out, also on this machine.
        let same = |own: &String| own == link || (site(own).is_some() && site(own) == site(link));
        own.into_iter().flatten().any(same) || (brand.link_hosts.allows(link) && !is_at_this_machine(link))
    }
}

/// The first link of a template, in whichever branch, that does not lead where it may. Its Liquid is not filled in: a link
/// that is a variable is judged when it has a value, but where a link begins, the template must say.
#[cfg(feature = "compile")]
pub(crate) fn foreign(
    links: impl IntoIterator<Item = String>,
    hosts: &LinkHosts,
    support_email: Option<&str>,
) -> Option<String> {
    let foreign = |link: &String| !segments(link).all(|segment| is_right(segment, hosts, support_email));
    links.into_iter().find(foreign)
}

/// What stands between the tags of a link's Liquid.
#[cfg(feature = "compile")]
fn segments(link: &str) -> impl Iterator<Item = &str> {
    link.split("{%")
        .enumerate()
        .filter_map(|(n, part)| {
            if n == 0 {
                Some(part)
            } else {
                part.split_once("%}").map(|(_, after)| after)
            }
        })
        .map(str::trim)
        .filter(|segment| !segment.is_empty())
}

#[cfg(feature = "compile")]
fn is_right(segment: &str, hosts: &LinkHosts, support_email: Option<&str>) -> bool {
    // What goes on after a `?` or `#` cannot change the host.
    let goes_on = |rest: &str| rest.is_empty() || rest.starts_with(['?', '#', '&']);
    let variable = |text: &str| {
        let (name, rest) = text.strip_prefix("{{")?.split_once("}}")?;
        goes_on(rest).then(|| name.trim().to_owned())
    };
    if segment.starts_with("{{") {
        variable(segment).is_some_and(|name| name.ends_with("_url"))
    } else if let Some(to) = segment.strip_prefix("mailto:") {
        variable(to).as_deref() == Some("support_email") || support_email == Some(before(to, '?'))
    } else if let Some(to) = segment.strip_prefix("tel:") {
        variable(to).as_deref() == Some("utility_phone")
    } else if let Some((before, _)) = segment.split_once("{{") {
        let host_is_over = before
            .strip_prefix("https://")
            .is_some_and(|rest| rest.contains(['/', '?', '#']));
        host_is_over && hosts.allows(before)
    } else {
        // Not `&`: it may begin a character reference, which a mail program resolves.
        segment.starts_with(['?', '#']) || hosts.allows(segment)
    }
}

/// Scheme, host and port of a link; none where it could be read in two ways.
fn site(link: &str) -> Option<&str> {
    let known = host(link).is_some() || is_at_this_machine(link);
    let begins = link.find("://")? + 3;
    let length = link.get(begins..)?.find(['/', '?', '#']).unwrap_or(link.len() - begins);
    known.then(|| link.get(..begins + length)).flatten()
}

/// Every link of an HTML part: of attributes, of styles, and as text, of which mail programs make links.
pub(crate) fn targets(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    for piece in pieces(html) {
        match piece {
            Piece::Text(text) => {
                found.extend(in_text(&unescape(text)));
                found.extend(in_style(text));
            }
            Piece::Comment(inside) => found.extend(targets(inside)),
            Piece::Open { attributes, .. } => {
                for (attribute, value) in attributes {
                    let value = unescape(value.trim());
                    if LINKS.iter().any(|link| attribute.eq_ignore_ascii_case(link)) {
                        // Within the message itself.
                        if !value.is_empty() && !value.starts_with('#') {
                            found.push(value);
                        }
                    } else if !attribute.to_ascii_lowercase().starts_with("xmlns") {
                        found.extend(in_text(&value));
                        found.extend(in_style(&value));
                    }
                }
            }
            Piece::Close(_) => {}
        }
    }
    found
}

/// Every link that a text shows: `https://...`, and `www....`, which mail programs take for one.
pub(crate) fn in_text(text: &str) -> Vec<String> {
    if !text.contains("://") && !text.to_ascii_lowercase().contains("www.") {
        return Vec::new();
    }
    let ends = |c: char| c.is_whitespace() || "<>\"'`()[]{},;|".contains(c);
    text.split(ends)
        .filter_map(|word| {
            let word = word.trim_end_matches(['.', ':', '!', '?']);
            let lower = word.to_ascii_lowercase();
            if let Some(at) = word.find("://") {
                let scheme = word.get(..at)?;
                let begins = scheme
                    .rfind(|c: char| !c.is_ascii_alphanumeric() && !"+-.".contains(c))
                    .map_or(0, |before| before + 1);
                word.get(begins..).map(str::to_owned)
            } else {
                let begins = lower.find("www.").filter(|at| {
                    lower
                        .get(..*at)
                        .is_some_and(|before| !before.ends_with(|c: char| c.is_alphanumeric()))
                })?;
                Some(format!("https://{}", word.get(begins..)?))
            }
        })
        .collect()
}

/// What a style fetches: `url(...)` and `@import`.
fn in_style(style: &str) -> Vec<String> {
    if !style.contains(['(', '@']) {
        return Vec::new();
    }
    let lower = style.to_ascii_lowercase();
    let after = |what: &'static str| {
        let lower = &lower;
        lower
            .match_indices(what)
            .filter_map(move |(at, _)| style.get(at + what.len()..))
            .map(|rest| {
                let rest = rest.trim_start().trim_start_matches(['"', '\'']);
                before(rest, ')')
                    .split(['"', '\'', ';'])
                    .next()
                    .unwrap_or_default()
                    .trim()
                    .to_owned()
            })
    };
    after("url(")
        .chain(after("@import"))
        .filter(|link| !link.starts_with("url("))
        .collect()
}

fn before(text: &str, end: char) -> &str {
    text.split(end).next().unwrap_or_default()
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}
