//! What is wrong with a campaign.

use core::fmt;
use core::ops::Range;

/// One fault, or one warning, at a line and column counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// The line; none when the fault is no place's.
    pub line: Option<usize>,
    /// The column, in characters.
    pub column: Option<usize>,
    /// The key's path, such as `touch[1].after`; empty when no key is at fault.
    pub key: String,
    /// What is wrong, and what would be right.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let (Some(line), Some(column)) = (self.line, self.column) {
            write!(f, ":{line}:{column}")?;
        }
        if !self.key.is_empty() {
            write!(f, ": {}", self.key)?;
        }
        write!(f, ": {}", self.what)
    }
}

/// Everything that is wrong with a campaign.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct CampaignErrors {
    /// The faults, by file and line; at least one.
    pub problems: Vec<Problem>,
}

impl fmt::Display for CampaignErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, problem) in self.problems.iter().enumerate() {
            if n > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

/// Collects faults and warnings of one campaign file while it is read.
#[derive(Debug)]
pub(crate) struct Report<'t> {
    file: &'t str,
    text: &'t str,
    pub(crate) errors: Vec<Problem>,
    pub(crate) warnings: Vec<Problem>,
}

impl<'t> Report<'t> {
    pub(crate) fn new(file: &'t str, text: &'t str) -> Self {
        Report {
            file,
            text,
            errors: Vec::new(),
            warnings: Vec::new(),
        }
    }

    pub(crate) fn error(&mut self, span: &Range<usize>, key: &str, what: impl Into<String>) {
        let problem = self.problem(span, key, what.into());
        self.errors.push(problem);
    }

    pub(crate) fn warn(&mut self, span: &Range<usize>, key: &str, what: impl Into<String>) {
        let problem = self.problem(span, key, what.into());
        self.warnings.push(problem);
    }

    fn problem(&self, span: &Range<usize>, key: &str, what: String) -> Problem {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Problem {
            file: self.file.to_owned(),
            line: Some(line),
            column: Some(column),
            key: key.to_owned(),
            what,
        }
    }
}

/// The nearest of `known` to a misspelt `name`, as a hint.
pub(crate) fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let limit = (name.chars().count() / 3).clamp(1, 3);
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| format!(" (did you mean `{candidate}`?)"))
        .unwrap_or_default()
}
