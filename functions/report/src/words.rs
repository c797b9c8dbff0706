//! Figures in words.

use crate::spread::{Share, Spread};

/// A span in the two largest of its units: `45 s`, `3 min 20 s`, `2 h 5 min`, `12 d 3 h`.
#[must_use]
pub fn span(seconds: u64) -> String {
    let units = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (length, name) in units {
        let count = rest / length;
        rest %= length;
        if count > 0 {
            parts.push(format!("{count} {name}"));
        } else if !parts.is_empty() {
            break;
        }
        if parts.len() == 2 {
            break;
        }
    }
    if parts.is_empty() {
        return "0 s".to_owned();
    }
    parts.join(" ")
}

/// `p50 45 s, p90 2 min (of 12)`.
pub(crate) fn spread(spread: &Spread) -> String {
    match (spread.p50_s, spread.p90_s) {
        (Some(half), Some(most)) => {
            format!("p50 {}, p90 {} (of {})", span(half), span(most), spread.count)
        }
        (None, _) | (_, None) => "nobody measured yet".to_owned(),
    }
}

/// `12 of 20 (60 %)`.
pub(crate) fn share(share: Share) -> String {
    match share.percent() {
        Some(percent) => format!("{} of {} ({percent} %)", share.part, share.of),
        None => "nobody yet".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_has_its_two_largest_units() {
        let cases = [
            (0, "0 s"),
            (45, "45 s"),
            (60, "1 min"),
            (200, "3 min 20 s"),
            (7_500, "2 h 5 min"),
            (7_205, "2 h"),
            (90_000, "1 d 1 h"),
            (86_400 * 12 + 59, "12 d"),
        ];
        for (seconds, words) in cases {
            assert_eq!(span(seconds), words);
        }
    }
}
