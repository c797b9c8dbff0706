//! What can be wrong with a template.

use core::fmt;

/// One fault in one file, at a line and column counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{file}:{line}:{column}: {problem}")]
pub struct TemplateError {
    /// The file, as the campaign's author knows it.
    pub file: String,
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Problem {
    /// A variable that no message has.
    UnknownVariable {
        /// As written.
        name: String,
        /// The nearest name that exists.
        nearest: Option<&'static str>,
    },
    /// A Liquid tag that templates do not use.
    UnknownTag {
        /// As written.
        name: String,
        /// The nearest tag that exists.
        nearest: Option<&'static str>,
    },
    /// A Liquid filter that templates do not use.
    UnknownFilter {
        /// As written.
        name: String,
        /// The nearest filter that exists.
        nearest: Option<&'static str>,
    },
    /// `{{` or `{%` without its end.
    NeverCloses(&'static str),
    /// A block without its `{% end… %}`, or the other way round.
    Unbalanced(String),
    /// Something inside `{{ }}` or `{% %}` that Liquid does not know.
    NotLiquid(String),
    /// An element that MJML does not have.
    UnknownElement {
        /// As written.
        name: String,
        /// The nearest element that exists.
        nearest: Option<&'static str>,
    },
    /// Something that MJML does not know.
    NotMjml(String),
    /// An include of a file that does not exist.
    NoSuchFile {
        /// As written.
        path: String,
        /// The nearest file that exists.
        nearest: Option<String>,
    },
    /// Includes that include each other.
    IncludesItself(String),
    /// A variable in a link that is no link: whoever sets its value would choose where a click leads.
    NotALink {
        /// The variable.
        name: String,
        /// The attribute.
        attribute: String,
    },
    /// A link that leads elsewhere than a message may.
    ForeignLink(String),
    /// A script, which no mail program runs and every spam filter counts.
    Script,
    /// Something that every message must have.
    LeavesOut {
        /// The variable.
        name: &'static str,
        /// How it must appear.
        how: &'static str,
    },
    /// No subject.
    NoSubject,
    /// A text message that does not say how to stop.
    NoOptOut,
    /// A file that no message uses.
    NotUsed {
        /// The nearest file that would be.
        nearest: Option<String>,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::UnknownVariable { name, nearest } => {
                write!(f, "there is no variable `{name}`{}", meant(*nearest))
            }
            Problem::UnknownTag { name, nearest } => write!(
                f,
                "there is no tag `{name}`{}; templates use if, elsif, else, unless, case, when, comment and, in .txt files, include",
                meant(*nearest)
            ),
            Problem::UnknownFilter { name, nearest } => write!(
                f,
                "there is no filter `{name}`{}; templates use default, capitalize, upcase and downcase",
                meant(*nearest)
            ),
            Problem::UnknownElement { name, nearest } => {
                write!(f, "there is no MJML element <{name}>{}", meant(*nearest))
            }
            Problem::NeverCloses(opening) => write!(f, "this `{opening}` is never closed"),
            Problem::Unbalanced(what) => f.write_str(what),
            Problem::NotLiquid(what) => write!(f, "not Liquid: {what}"),
            Problem::NotMjml(what) => write!(f, "not MJML: {what}"),
            Problem::NoSuchFile { path, nearest } => {
                write!(f, "there is no file `{path}` to include{}", meant(nearest.as_deref()))
            }
            Problem::IncludesItself(path) => write!(f, "`{path}` includes itself, directly or through another file"),
            Problem::NotALink { name, attribute } => write!(
                f,
                "`{name}` must not stand in `{attribute}`: links are made of resume_url, unsubscribe_url, the utility_…_url, support_email and utility_phone"
            ),
            Problem::ForeignLink(link) => write!(
                f,
                "`{link}` leads to a host that messages may not link to: write {{{{ resume_url }}}}, {{{{ unsubscribe_url }}}} or a \
                 {{{{ utility_..._url }}}}, or list the host under [links] hosts (https only, without name and port); mailto: goes \
                 to {{{{ support_email }}}} alone, tel: to {{{{ utility_phone }}}}"
            ),
            Problem::Script => f.write_str("a message must not hold a script"),
            Problem::LeavesOut { name, how } => write!(f, "leaves out `{{{{ {name} }}}}`: {how}"),
            Problem::NoSubject => f.write_str("has no subject: write one as <mj-title> in <mj-head>"),
            Problem::NoOptOut => f.write_str(
                "does not say how to stop: write \"Reply STOP to opt out\", with STOP in capitals, outside every {% if %}",
            ),
            Problem::NotUsed { nearest } => {
                write!(f, "no message uses this file{}", meant(nearest.as_deref()))
            }
        }
    }
}

fn meant(nearest: Option<&str>) -> String {
    nearest
        .map(|name| format!(" (did you mean `{name}`?)"))
        .unwrap_or_default()
}

/// The nearest of `known` to a misspelt `name`, if one is near enough to be meant.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (name.chars().count() / 3).clamp(1, 3);
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// The line and column, from 1, of a byte position.
pub(crate) fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}
