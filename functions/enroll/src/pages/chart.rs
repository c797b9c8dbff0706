//! The electricity of the months before: bars, and the numbers beside them as the provider writes them.

use journey::contact::Locale;
use journey::enrollment::MonthlyUsage;
use maud::{Markup, html};

use crate::words::common::month;
use crate::words::status::words;

/// The picture's own measures.
const HEIGHT: f64 = 100.0;
const STEP: usize = 24;
const BAR: usize = 16;

pub(super) fn chart(locale: Locale, months: &[MonthlyUsage]) -> Markup {
    let words = words(locale);
    let heights = heights(months);
    html! {
        @if !months.is_empty() {
            h2 { (words.usage_title) }
            svg.chart role="img" aria-label=(words.chart(months.len())) viewBox={ "0 0 " (months.len() * STEP) " 100" } {
                @for (index, height) in heights.iter().enumerate() {
                    rect x=(index * STEP + (STEP - BAR) / 2) y=(format!("{:.1}", HEIGHT - height)) width=(BAR)
                        height=(format!("{height:.1}")) {}
                }
            }
            @if let [first, .., last] = months {
                p.soft.ends { span { (month(locale, first.month)) } span { (month(locale, last.month)) } }
            }
            details {
                summary { (words.usage_table) }
                table {
                    thead { tr { th scope="col" { (words.month) } th scope="col" { (words.amount) } } }
                    tbody {
                        @for one in months {
                            tr { th scope="row" { (month(locale, one.month)) } td { (one.amount) " " (one.unit) } }
                        }
                    }
                }
            }
        }
    }
}

/// The bars' heights. A number that is none has no bar, and stays in the table.
fn heights(months: &[MonthlyUsage]) -> Vec<f64> {
    let amount = |month: &MonthlyUsage| {
        let amount = month.amount.parse::<f64>().unwrap_or_default();
        if amount.is_finite() { amount.max(0.0) } else { 0.0 }
    };
    let most = months.iter().map(amount).fold(0.0, f64::max);
    let height = |month| if most > 0.0 { amount(month) / most * HEIGHT } else { 0.0 };
    months.iter().map(height).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_highest_bar_fills_the_picture_and_odd_numbers_have_none() {
        let month = |amount: &str| MonthlyUsage {
            month: date(2026, 1, 1),
            amount: amount.to_owned(),
            unit: "kWh".to_owned(),
        };
        let heights = heights(&["50", "100.0", "-1", "NaN", "inf", "n/a", "1e400"].map(month));
        assert_eq!(heights, [50.0, 100.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(super::heights(&[month("0")]), [0.0]);
    }
}
