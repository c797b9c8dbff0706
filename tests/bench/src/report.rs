//! The table: figures, floors, targets.

use std::fmt;

use comfy_table::{CellAlignment, Table, presets};

/// What a figure must reach.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    /// This much or more.
    AtLeast(f64),
    /// Less than this.
    Below(f64),
    /// At most this many times the floor.
    TimesFloor(f64),
    /// Shown for itself.
    None,
}

impl Target {
    fn is_met_by(self, value: f64, floor: f64) -> Option<bool> {
        match self {
            Target::AtLeast(bound) => Some(value >= bound),
            Target::Below(bound) => Some(value < bound),
            Target::TimesFloor(times) => Some(value <= times * floor),
            Target::None => None,
        }
    }
}

/// One figure.
pub(crate) struct Figure {
    /// What was measured.
    pub(crate) what: String,
    /// The unit of all values.
    pub(crate) unit: &'static str,
    /// The value of each round.
    pub(crate) values: Vec<f64>,
    /// The floor's value of each round; empty without one.
    pub(crate) floor: Vec<f64>,
    /// The target.
    pub(crate) target: Target,
}

impl Figure {
    fn is_met(&self) -> Option<bool> {
        self.target.is_met_by(median(&self.values), median(&self.floor))
    }
}

/// All figures.
#[derive(Default)]
pub(crate) struct Report(Vec<Figure>);

impl Report {
    pub(crate) fn add(&mut self, figure: Figure) {
        self.0.push(figure);
    }

    pub(crate) fn all_met(&self) -> bool {
        self.0.iter().all(|figure| figure.is_met() != Some(false))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new();
        table.load_style(presets::ASCII_MARKDOWN).set_header([
            "what",
            "median",
            "lowest - highest",
            "floor",
            "target",
            "",
        ]);
        for figure in &self.0 {
            let value = median(&figure.values);
            let with_unit = |value: f64| format!("{} {}", number(value), figure.unit).trim_end().to_owned();
            let lowest = figure.values.iter().copied().fold(f64::INFINITY, f64::min);
            let highest = figure.values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let range = if figure.values.len() > 1 {
                format!("{} - {}", number(lowest), number(highest))
            } else {
                String::new()
            };
            let floor = if figure.floor.is_empty() {
                String::new()
            } else {
                with_unit(median(&figure.floor))
            };
            let target = match figure.target {
                Target::AtLeast(bound) => format!("at least {}", with_unit(bound)),
                Target::Below(bound) => format!("below {}", with_unit(bound)),
                Target::TimesFloor(times) => format!("at most {} x floor", number(times)),
                Target::None => String::new(),
            };
            let verdict = match figure.is_met() {
                Some(true) => "met",
                Some(false) => "NOT MET",
                None => "",
            };
            table.add_row([
                figure.what.clone(),
                with_unit(value),
                range,
                floor,
                target,
                verdict.to_owned(),
            ]);
        }
        for column in [1, 2, 3] {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        write!(f, "{table}")
    }
}

/// The middle value, or the mean of the two in the middle; 0 of none.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
    if sorted.len().is_multiple_of(2) {
        let lower = sorted.len().checked_sub(2).and_then(|n| sorted.get(n / 2)).copied();
        lower.map_or(upper, |lower| f64::midpoint(lower, upper))
    } else {
        upper
    }
}

/// A number as people read it: `1,234,567`, `12.3`, `0.45`.
pub(crate) fn number(value: f64) -> String {
    let decimals = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        _ => 2,
    };
    let plain = format!("{value:.decimals$}");
    let (whole, rest) = plain.split_once('.').map_or((plain.as_str(), ""), |(w, r)| (w, r));
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) && !grouped.ends_with('-') {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if rest.is_empty() {
        grouped
    } else {
        format!("{grouped}.{rest}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(&[5.0]), 5.0);
        assert_eq!(median(&[]), 0.0);
    }

    #[test]
    fn a_target_may_be_a_multiple_of_the_floor() {
        let target = Target::TimesFloor(2.0);
        assert_eq!(target.is_met_by(4.0, 2.0), Some(true));
        assert_eq!(target.is_met_by(4.1, 2.0), Some(false));
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(number(1_234_567.0), "1,234,567");
        assert_eq!(number(999.6), "1,000");
        assert_eq!(number(12.34), "12.3");
        assert_eq!(number(0.456), "0.46");
        assert_eq!(number(-123_456.0), "-123,456");
    }
}
