//! Metrics, as lines of the log: CloudWatch's embedded metric format.

mod emf;

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};

use journey::port::{Clock, Count, Unit};

use crate::SystemClock;

/// Collects what is counted and measured, and writes it out when an invocation ends.
///
/// Every metric is there under the dimension `Stack`; what comes with labels also under `Stack` and
/// these labels.
pub struct Metrics {
    stack: String,
    book: Mutex<Book>,
}

/// Numbers by their labels; without labels first.
type Book = BTreeMap<Labels, BTreeMap<&'static str, Metric>>;

/// Names and values, cleaned.
type Labels = Vec<(&'static str, String)>;

/// One metric of one set of labels.
#[derive(Clone, Debug, PartialEq)]
enum Metric {
    /// A counter's sum.
    Sum(u64),
    /// Values of a distribution, in the order they came.
    Values(Unit, Vec<f64>),
}

impl Metrics {
    /// Metrics of the stack of that name.
    #[must_use]
    pub fn new(stack: String) -> Self {
        Metrics {
            stack,
            book: Mutex::default(),
        }
    }

    /// Writes what was collected to standard output, and begins anew. Once at the end of an invocation:
    /// a function that is frozen keeps what it has not written.
    pub fn flush(&self) {
        let lines = self.take(SystemClock.now().as_millisecond());
        if !lines.is_empty() && std::io::stdout().lock().write_all(lines.as_bytes()).is_err() {
            tracing::warn!("metrics could not be written to standard output");
        }
    }

    /// The lines, each with its line break.
    fn take(&self, at_ms: i64) -> String {
        let book = std::mem::take(&mut *self.book());
        emf::lines(&self.stack, at_ms, &book)
    }

    fn add(&self, labels: Labels, counter: &'static str, by: u64) {
        let mut book = self.book();
        let metric = book.entry(labels).or_default().entry(counter).or_insert(Metric::Sum(0));
        match metric {
            Metric::Sum(sum) => *sum = sum.saturating_add(by),
            // The same word for a counter and for a distribution: the counter's part has no unit.
            Metric::Values(_, values) => values.push(by as f64),
        }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Count for Metrics {
    fn count(&self, counter: &'static str, by: u64) {
        self.add(Labels::new(), counter, by);
    }

    fn count_labelled(&self, counter: &'static str, labels: &[(&'static str, &str)], by: u64) {
        let labels = labels.iter().map(|(name, value)| (*name, emf::clean(value)));
        self.add(labels.collect(), counter, by);
    }

    fn measure(&self, metric: &'static str, unit: Unit, value: f64) {
        if !value.is_finite() {
            // JSON has no such numbers, and CloudWatch would refuse the whole line.
            return;
        }
        let mut book = self.book();
        let metric = book
            .entry(Labels::new())
            .or_default()
            .entry(metric)
            .or_insert_with(|| Metric::Values(unit, Vec::new()));
        match metric {
            Metric::Values(_, values) => values.push(value),
            Metric::Sum(sum) => *metric = Metric::Values(unit, vec![*sum as f64, value]),
        }
    }
}

#[cfg(test)]
mod tests;
