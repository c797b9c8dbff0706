//! The format itself:
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>.

use journey::port::Unit;
use serde_json::{Map, Value, json};

use super::{Book, Labels, Metric};

/// The metrics' namespace.
const NAMESPACE: &str = "Rekindle";

/// The format's limits: values of one metric in one line, and metrics of one line.
const VALUES: usize = 100;
const METRICS: usize = 100;

/// A label's value has at most this many characters here. The format would take 1024; ours are words.
const LABEL: usize = 64;

/// Makes a text fit to be a label's value: letters, digits and `_ . -`, at most 64 of them.
pub(super) fn clean(text: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    let cleaned: String = text.chars().filter(|c| fits(*c)).take(LABEL).collect();
    // CloudWatch refuses a line with an empty dimension.
    if cleaned.is_empty() { "none".to_owned() } else { cleaned }
}

/// One line for each set of labels; more only where there are more values than a line takes.
pub(super) fn lines(stack: &str, at_ms: i64, book: &Book) -> String {
    let mut lines = String::new();
    for (labels, metrics) in book {
        let mut line = Line::new(labels);
        for (name, metric) in metrics {
            let (unit, chunks) = numbers(metric);
            for chunk in chunks {
                if !line.has_room(name) {
                    line.write(stack, at_ms, &mut lines);
                    line = Line::new(labels);
                }
                line.add(name, unit, chunk);
            }
        }
        line.write(stack, at_ms, &mut lines);
    }
    lines
}

/// A metric's unit, and its numbers in chunks that fit into a line.
fn numbers(metric: &Metric) -> (&'static str, Vec<Value>) {
    match metric {
        Metric::Sum(sum) => ("Count", vec![json!(sum)]),
        Metric::Values(unit, values) => {
            let unit = match unit {
                Unit::Milliseconds => "Milliseconds",
                Unit::Seconds => "Seconds",
            };
            (unit, values.chunks(VALUES).map(|chunk| json!(chunk)).collect())
        }
    }
}

struct Line<'a> {
    labels: &'a Labels,
    metrics: Vec<Value>,
    values: Map<String, Value>,
}

impl<'a> Line<'a> {
    fn new(labels: &'a Labels) -> Self {
        Line {
            labels,
            metrics: Vec::new(),
            values: Map::new(),
        }
    }

    fn has_room(&self, name: &str) -> bool {
        self.metrics.len() < METRICS && !self.values.contains_key(name)
    }

    fn add(&mut self, name: &str, unit: &str, value: Value) {
        self.metrics.push(json!({"Name": name, "Unit": unit}));
        self.values.insert(name.to_owned(), value);
    }

    fn write(self, stack: &str, at_ms: i64, lines: &mut String) {
        if self.metrics.is_empty() {
            return;
        }
        // With labels, the line counts twice: for the whole stack, and for these labels.
        let mut dimensions = vec![vec!["Stack"]];
        if !self.labels.is_empty() {
            let names = self.labels.iter().map(|(name, _)| *name);
            dimensions.push(core::iter::once("Stack").chain(names).collect());
        }
        let mut root = self.values;
        root.insert("Stack".to_owned(), json!(stack));
        for (name, value) in self.labels {
            root.insert((*name).to_owned(), json!(value));
        }
        let directive = json!({
            "Namespace": NAMESPACE,
            "Dimensions": dimensions,
            "Metrics": self.metrics,
        });
        root.insert(
            "_aws".to_owned(),
            json!({"Timestamp": at_ms, "CloudWatchMetrics": [directive]}),
        );
        lines.push_str(&Value::Object(root).to_string());
        lines.push('\n');
    }
}
