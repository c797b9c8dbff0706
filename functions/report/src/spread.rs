//! How spans of time are spread, and parts of a whole.

use hdrhistogram::Histogram;
use jiff::SignedDuration;
use serde::Serialize;

/// Percentiles of spans, in whole seconds; a second begun counts.
///
/// The p-th percentile is the least of the spans that at least p % of them do not exceed (nearest rank). Five hours and
/// less are exact; longer ones are right to four digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Spread {
    /// How many were measured.
    pub count: usize,
    /// Half of them took no longer.
    pub p50_s: Option<u64>,
    /// Nine in ten took no longer.
    pub p90_s: Option<u64>,
    /// Ninety-nine in a hundred took no longer.
    pub p99_s: Option<u64>,
}

impl Spread {
    pub(crate) fn of(seconds: impl IntoIterator<Item = u64>) -> Self {
        let Ok(mut histogram) = Histogram::<u64>::new(4) else {
            return Spread::default();
        };
        let mut count = 0;
        for value in seconds {
            // It grows with its values.
            count += usize::from(histogram.record(value).is_ok());
        }
        let at = |quantile| (count > 0).then(|| histogram.lowest_equivalent(histogram.value_at_quantile(quantile)));
        Spread {
            count,
            p50_s: at(0.5),
            p90_s: at(0.9),
            p99_s: at(0.99),
        }
    }
}

/// A part of a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Share {
    /// So many,
    pub part: usize,
    /// of so many.
    pub of: usize,
}

impl Share {
    /// As a percentage; none of nothing.
    #[must_use]
    pub fn percent(self) -> Option<f64> {
        (self.of > 0).then(|| to_tenth(self.part as f64 / self.of as f64 * 100.0))
    }

    pub(crate) fn add(&mut self, is_part: bool) {
        self.part += usize::from(is_part);
        self.of += 1;
    }
}

/// Rounds to one decimal place.
pub(crate) fn to_tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// A span in whole seconds, a second begun counted; nothing is shorter than none.
pub(crate) fn seconds(span: SignedDuration) -> u64 {
    let begun = i64::from(span.subsec_nanos() > 0);
    u64::try_from(span.as_secs().saturating_add(begun)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_spans() {
        let spread = |seconds: &[u64]| {
            let spread = Spread::of(seconds.iter().copied());
            (spread.count, spread.p50_s, spread.p90_s, spread.p99_s)
        };
        let ten: Vec<u64> = (1..=10).map(|n| n * 7).rev().collect();
        assert_eq!(spread(&[]), (0, None, None, None));
        assert_eq!(spread(&[0]), (1, Some(0), Some(0), Some(0)));
        assert_eq!(spread(&[40, 20]), (2, Some(20), Some(40), Some(40)));
        assert_eq!(spread(&ten), (10, Some(35), Some(63), Some(70)));
        assert_eq!(spread(&[5 * 3600]), (1, Some(18_000), Some(18_000), Some(18_000)));
    }

    #[test]
    fn long_spans_are_right_to_four_digits() {
        let month = 30 * 86_400;
        let read = Spread::of([month]).p50_s.unwrap();
        assert!(read.abs_diff(month) <= month / 10_000, "{read}");
    }

    #[test]
    fn a_second_begun_counts() {
        let at = |millis| seconds(SignedDuration::from_millis(millis));
        assert_eq!(
            (at(60_000), at(60_001), at(59_999), at(0), at(-5_000)),
            (60, 61, 60, 0, 0)
        );
    }

    #[test]
    fn a_share_of_nothing_has_no_percentage() {
        assert_eq!(Share::default().percent(), None);
        assert_eq!(Share { part: 1, of: 3 }.percent(), Some(33.3));
    }
}
