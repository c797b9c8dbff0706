//! Reads variables, and remembers all that is wrong with them.

use super::Environment;

/// Variables that are missing or wrong: all of them, not only the first. Their values are not
/// repeated, since one may be a secret that was put into the wrong place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the configuration is not right: {}", .problems.join("; "))]
pub struct ConfigError {
    problems: Vec<String>,
}

impl ConfigError {
    /// One line for each variable.
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.problems
    }
}

/// Each reading answers `None` when there is a problem, and goes on; [`Reader::finish`] tells them all.
pub(super) struct Reader<'a> {
    environment: &'a Environment,
    problems: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(environment: &'a Environment) -> Self {
        Reader {
            environment,
            problems: Vec::new(),
        }
    }

    /// A variable that must be there. `right` says what it must be, after "it must be".
    pub(super) fn required<T>(&mut self, name: &str, right: &str, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let Some(value) = self.environment.get(name) else {
            self.problems.push(format!("{name} is not set; it must be {right}"));
            return None;
        };
        let parsed = parse(value);
        if parsed.is_none() {
            self.problems.push(format!("{name} is not right; it must be {right}"));
        }
        parsed
    }

    /// A variable that may be absent: `Some(None)` then.
    pub(super) fn optional<T>(
        &mut self,
        name: &str,
        right: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<Option<T>> {
        match self.environment.get(name) {
            Some(_) => self.required(name, right, parse).map(Some),
            None => Some(None),
        }
    }

    /// Is a variable there?
    pub(super) fn is_set(&self, name: &str) -> bool {
        self.environment.get(name).is_some()
    }

    /// A variable that must be there, in one piece: no white space, no control characters.
    pub(super) fn text(&mut self, name: &str, right: &str) -> Option<String> {
        self.required(name, right, |value| is_one_word(value).then(|| value.to_owned()))
    }

    /// The name of a resource of an AWS service.
    pub(super) fn arn(&mut self, name: &str, service: &str, of: &str) -> Option<String> {
        let right = format!("the ARN of {of}, such as arn:aws:{service}:...");
        self.required(name, &right, |value| {
            is_arn_of(value, service).then(|| value.to_owned())
        })
    }

    /// The configuration, or all the problems.
    pub(super) fn finish<T>(self, made: impl FnOnce() -> Option<T>) -> Result<T, ConfigError> {
        match made() {
            Some(made) if self.problems.is_empty() => Ok(made),
            Some(_) | None => Err(ConfigError {
                problems: self.problems,
            }),
        }
    }
}

pub(super) fn is_one_word(value: &str) -> bool {
    !value.is_empty() && !value.chars().any(|c| c.is_whitespace() || c.is_control())
}

/// `arn:partition:service:region:account:resource`.
pub(super) fn is_arn_of(value: &str, service: &str) -> bool {
    let mut parts = value.splitn(6, ':');
    is_one_word(value)
        && parts.next() == Some("arn")
        && parts.next().is_some_and(|partition| partition.starts_with("aws"))
        && parts.next() == Some(service)
        && parts.nth(2).is_some_and(|resource| !resource.is_empty())
}
