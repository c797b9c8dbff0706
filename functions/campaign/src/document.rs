//! Walks a TOML document with the place of every value at hand.
//!
//! A derived deserializer stops at the first fault and knows no place of the ones it finds later;
//! authors want all faults at once.

use core::ops::Range;

use toml::de::{DeTable, DeValue};

use crate::problem::{Report, did_you_mean};

/// A table that is being read: keys are taken out one by one, and what remains was not known.
pub(crate) struct Section<'d> {
    path: String,
    /// Where the table stands; the whole file for the top.
    pub(crate) span: Range<usize>,
    table: Option<&'d DeTable<'d>>,
    asked: Vec<&'static str>,
}

/// One value, with its place and its key's path.
#[derive(Clone, Debug)]
pub(crate) struct Entry<'d> {
    pub(crate) path: String,
    pub(crate) span: Range<usize>,
    pub(crate) value: &'d DeValue<'d>,
}

impl<'d> Section<'d> {
    pub(crate) fn top(table: &'d DeTable<'d>) -> Self {
        Section {
            path: String::new(),
            span: 0..0,
            table: Some(table),
            asked: Vec::new(),
        }
    }

    /// Takes a key's value out.
    pub(crate) fn take(&mut self, key: &'static str) -> Option<Entry<'d>> {
        if !self.asked.contains(&key) {
            self.asked.push(key);
        }
        let (_, value) = self.table?.iter().find(|(name, _)| name.get_ref() == key)?;
        Some(Entry {
            path: self.path_of(key),
            span: value.span(),
            value: value.get_ref(),
        })
    }

    /// Takes a table out. A missing one reads as an empty one, with the place of this one.
    pub(crate) fn section(&mut self, key: &'static str, report: &mut Report<'_>) -> Section<'d> {
        let missing = Section {
            path: self.path_of(key),
            span: self.span.clone(),
            table: None,
            asked: Vec::new(),
        };
        match self.take(key) {
            Some(entry) => entry.section(report).unwrap_or(missing),
            None => missing,
        }
    }

    /// Takes a list of tables out; none when the key is absent.
    pub(crate) fn sections(&mut self, key: &'static str, report: &mut Report<'_>) -> Option<Vec<Section<'d>>> {
        let entry = self.take(key)?;
        Some(
            entry
                .list(report)?
                .into_iter()
                .filter_map(|item| item.section(report))
                .collect(),
        )
    }

    pub(crate) fn is_missing(&self) -> bool {
        self.table.is_none()
    }

    /// The path of one of its keys.
    pub(crate) fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    /// Every key with a text, for tables whose keys are the author's own.
    pub(crate) fn texts(self, report: &mut Report<'_>) -> Vec<(&'d str, Entry<'d>, String)> {
        let mut found = Vec::new();
        for (name, value) in self.table.into_iter().flatten() {
            let path = self.path_of(&format!("\"{}\"", name.get_ref()));
            let entry = Entry {
                path,
                span: value.span(),
                value: value.get_ref(),
            };
            if let Some(text) = entry.text(report) {
                found.push((name.get_ref().as_ref(), entry.clone(), text.to_owned()));
            }
        }
        found
    }

    /// Ends the reading: a key that nobody asked for is misspelt.
    pub(crate) fn finish(self, report: &mut Report<'_>) {
        for (name, _) in self.table.into_iter().flatten() {
            let key: &str = name.get_ref();
            if !self.asked.contains(&key) {
                let hint = did_you_mean(key, self.asked.iter().copied());
                let what = if hint.is_empty() {
                    format!("there is no such key; here belong {}", self.asked.join(", "))
                } else {
                    format!("there is no such key{hint}")
                };
                report.error(&name.span(), &self.path_of(key), what);
            }
        }
    }
}

impl<'d> Entry<'d> {
    pub(crate) fn error(&self, report: &mut Report<'_>, what: impl Into<String>) {
        report.error(&self.span, &self.path, what);
    }

    pub(crate) fn text(&self, report: &mut Report<'_>) -> Option<&'d str> {
        let text = self.value.as_str();
        if text.is_none() {
            self.error(report, format!("{} is not a text; write it in quotes", self.kind()));
        }
        text
    }

    pub(crate) fn boolean(&self, report: &mut Report<'_>) -> Option<bool> {
        let value = self.value.as_bool();
        if value.is_none() {
            self.error(
                report,
                format!(
                    "{} is neither true nor false; write one of them, without quotes",
                    self.kind()
                ),
            );
        }
        value
    }

    pub(crate) fn integer(&self, report: &mut Report<'_>, allowed: Range<u32>) -> Option<u32> {
        let value = self
            .value
            .as_integer()
            .and_then(|integer| u32::from_str_radix(integer.as_str(), integer.radix()).ok())
            .filter(|value| allowed.contains(value));
        if value.is_none() {
            let last = allowed.end.saturating_sub(1);
            self.error(
                report,
                format!("{} is not a whole number from {} to {last}", self.kind(), allowed.start),
            );
        }
        value
    }

    pub(crate) fn list(&self, report: &mut Report<'_>) -> Option<Vec<Entry<'d>>> {
        let Some(items) = self.value.as_array() else {
            self.error(report, format!("{} is not a list; write it in [brackets]", self.kind()));
            return None;
        };
        let item = |(n, value): (usize, &'d toml::Spanned<DeValue<'d>>)| Entry {
            path: format!("{}[{}]", self.path, n + 1),
            span: value.span(),
            value: value.get_ref(),
        };
        Some(items.iter().enumerate().map(item).collect())
    }

    pub(crate) fn section(&self, report: &mut Report<'_>) -> Option<Section<'d>> {
        let table = self.value.as_table();
        if table.is_none() {
            self.error(
                report,
                format!(
                    "{} is not a section; write [{}] on a line of its own",
                    self.kind(),
                    self.path
                ),
            );
        }
        Some(Section {
            path: self.path.clone(),
            span: self.span.clone(),
            table: Some(table?),
            asked: Vec::new(),
        })
    }

    /// The value as the author wrote it, for short ones; else what it is.
    fn kind(&self) -> String {
        match self.value {
            DeValue::String(text) => format!("\"{text}\""),
            DeValue::Integer(integer) => integer.to_string(),
            DeValue::Float(float) => float.to_string(),
            DeValue::Boolean(value) => value.to_string(),
            DeValue::Datetime(value) => value.to_string(),
            DeValue::Array(_) => "a list".to_owned(),
            DeValue::Table(_) => "a section".to_owned(),
        }
    }
}
