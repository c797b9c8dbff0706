//! What a place used, month by month.

use jiff::civil::Date;
use journey::enrollment::MonthlyUsage;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::offer::{decimal, readable};
use crate::api::{CallError, at, parse};

#[derive(Deserialize)]
struct Told {
    units: String,
    months: Vec<Box<RawValue>>,
}

/// The months of a year, the oldest first. The fields of a month are not documented, so their names are given.
pub(super) fn months(
    answer: &[u8],
    year: i16,
    month_name: &str,
    amount_name: &str,
) -> Result<Vec<MonthlyUsage>, CallError> {
    let told: Told = parse(answer)?;
    let mut months = readable(&told.months, "month", |raw| {
        Some(MonthlyUsage {
            month: month(&at(raw, month_name)?, year)?,
            amount: decimal(&at(raw, amount_name)?)?,
            unit: told.units.clone(),
        })
    })?;
    months.sort_by_key(|one| one.month);
    Ok(months)
}

/// The first day of a month that is told by a date in it, by year and month, or by its number in the year.
fn month(raw: &RawValue, year: i16) -> Option<Date> {
    let text = serde_json::from_str(raw.get()).unwrap_or_else(|_| raw.get().to_owned());
    let number = |text: &str| text.parse().ok().and_then(|month| Date::new(year, month, 1).ok());
    let date = |text: &str| text.parse::<Date>().ok().map(Date::first_of_month);
    match text.len() {
        1 | 2 => number(&text),
        7 => date(&format!("{text}-01")),
        10 => date(&text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_read_as_date_as_year_and_month_and_as_number() {
        let read = |json: &str| month(&serde_json::from_str::<Box<RawValue>>(json).unwrap(), 2026);
        let date = |text: &str| Some(text.parse::<Date>().unwrap());
        for json in ["\"2026-05-17\"", "\"2026-05\"", "5", "\"5\"", "\"05\""] {
            assert_eq!(read(json), date("2026-05-01"), "{json}");
        }
        assert_eq!(read("\"2025-12\""), date("2025-12-01"), "its own year is told");
        for json in [
            "0",
            "13",
            "\"May\"",
            "5.0",
            "\"2026-13\"",
            "\"\"",
            "true",
            "[5]",
            "\"2026/05\"",
        ] {
            assert_eq!(read(json), None, "{json}");
        }
    }
}
