//! The `Retry-After` header (RFC 9110, section 10.2.3).

use jiff::fmt::rfc2822::DateTimeParser;
use jiff::{SignedDuration, Timestamp};

/// The longest wait that a provider can impose. The last touch's window is a day wide, so asking
/// again every hour costs little, and a wrong header cannot silence a whole campaign.
pub(crate) const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(1);

/// Reads a `Retry-After` value, in seconds or as a date, as a time after `now` and at most
/// [`LONGEST_WAIT`] later.
///
/// None for what cannot be read and for what is not in the future: a provider that refuses a call
/// and says "come back at once" has not said anything.
pub(crate) fn retry_after(value: &str, now: Timestamp) -> Option<Timestamp> {
    let value = value.trim();
    let latest = now.checked_add(LONGEST_WAIT).unwrap_or(Timestamp::MAX);
    let asked = if value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit mean "very long", and that is capped.
        let seconds = if value.is_empty() {
            0
        } else {
            value.parse().unwrap_or(i64::MAX)
        };
        now.checked_add(SignedDuration::from_secs(seconds))
            .unwrap_or(Timestamp::MAX)
    } else {
        DateTimeParser::new().parse_timestamp(value).ok()?
    };
    (asked > now).then_some(asked.min(latest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_read_capped_and_nonsense_is_ignored() {
        let now: Timestamp = "2026-07-01T16:00:00Z".parse().unwrap();
        for (value, expected) in [
            ("30", Some("2026-07-01T16:00:30Z")),
            (" 30 ", Some("2026-07-01T16:00:30Z")),
            ("Wed, 01 Jul 2026 16:02:00 GMT", Some("2026-07-01T16:02:00Z")),
            ("86400", Some("2026-07-01T17:00:00Z")),
            ("99999999999999999999999", Some("2026-07-01T17:00:00Z")),
            ("Thu, 01 Jan 2099 00:00:00 GMT", Some("2026-07-01T17:00:00Z")),
            ("Wed, 01 Jul 2026 15:59:00 GMT", None),
            ("0", None),
            ("", None),
            ("-5", None),
            ("1.5", None),
            ("soon", None),
        ] {
            assert_eq!(
                retry_after(value, now),
                expected.map(|at| at.parse().unwrap()),
                "{value}"
            );
        }
    }
}
