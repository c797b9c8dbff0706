//! The kinds of value that a campaign file holds.

use jiff::SignedDuration;
use jiff::SpanRelativeTo;
use jiff::civil::Time;
use jiff::fmt::friendly::SpanParser;
use jiff::tz::TimeZone;
use journey::contact::Locale;

use crate::document::{Entry, Section};
use crate::problem::{Report, did_you_mean};

/// A duration with its place, for the checks across keys.
#[derive(Clone, Debug)]
pub(crate) struct Placed<'d> {
    pub(crate) duration: SignedDuration,
    pub(crate) entry: Entry<'d>,
}

/// The shortest and the longest that a duration may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) least: SignedDuration,
    pub(crate) most: SignedDuration,
}

pub(crate) const fn seconds(n: i64) -> SignedDuration {
    SignedDuration::from_secs(n)
}

pub(crate) const fn minutes(n: i64) -> SignedDuration {
    SignedDuration::from_mins(n)
}

pub(crate) const fn days(n: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * n)
}

/// Takes a duration out of a section.
pub(crate) fn placed<'d>(
    section: &mut Section<'d>,
    key: &'static str,
    bounds: Bounds,
    report: &mut Report<'_>,
) -> Option<Placed<'d>> {
    let entry = section.take(key)?;
    let duration = duration(&entry, bounds, report)?;
    Some(Placed { duration, entry })
}

/// Takes a duration out of a section into its field.
pub(crate) fn set_duration(
    field: &mut SignedDuration,
    section: &mut Section<'_>,
    key: &'static str,
    bounds: Bounds,
    report: &mut Report<'_>,
) {
    if let Some(placed) = placed(section, key, bounds, report) {
        *field = placed.duration;
    }
}

/// Takes a whole number out of a section into its field.
pub(crate) fn set_u16(
    field: &mut u16,
    section: &mut Section<'_>,
    key: &'static str,
    allowed: core::ops::Range<u32>,
    report: &mut Report<'_>,
) {
    let value = section.take(key).and_then(|entry| entry.integer(report, allowed));
    if let Some(value) = value.and_then(|value| u16::try_from(value).ok()) {
        *field = value;
    }
}

fn duration(entry: &Entry<'_>, bounds: Bounds, report: &mut Report<'_>) -> Option<SignedDuration> {
    let text = entry.text(report)?;
    let parsed = SpanParser::new()
        .parse_span(text)
        .and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()));
    let Ok(duration) = parsed else {
        entry.error(
            report,
            format!("\"{text}\" is not a duration; write for example \"20h\", \"45m\" or \"3d\""),
        );
        return None;
    };
    if duration < bounds.least || duration > bounds.most {
        let (least, most) = (written(bounds.least), written(bounds.most));
        entry.error(report, format!("\"{text}\" is out of range; write {least} to {most}"));
        return None;
    }
    Some(duration)
}

/// A duration as an author would write it: the largest unit that divides it.
pub(crate) fn written(duration: SignedDuration) -> String {
    let seconds = duration.as_secs();
    let units = [(86_400, "d"), (3_600, "h"), (60, "m")];
    match units
        .into_iter()
        .find(|(length, _)| seconds > 0 && seconds % length == 0)
    {
        // A day is better known as 24h, a week as 7d.
        Some((86_400, _)) if seconds < 4 * 86_400 => format!("\"{}h\"", seconds / 3_600),
        Some((length, unit)) => format!("\"{}{unit}\"", seconds / length),
        None => format!("\"{seconds}s\""),
    }
}

/// A time of day; `24:00` is the end of the day, which has no time of its own.
pub(crate) fn time(entry: &Entry<'_>, report: &mut Report<'_>) -> Option<Option<Time>> {
    let text = entry.text(report)?;
    if text == "24:00" {
        return Some(None);
    }
    let digits = |part: &str| (part.len() == 2).then(|| part.parse::<i8>().ok()).flatten();
    let parsed = text
        .split_once(':')
        .and_then(|(hour, minute)| Time::new(digits(hour)?, digits(minute)?, 0, 0).ok());
    if parsed.is_none() {
        entry.error(
            report,
            format!("\"{text}\" is not a time of day; write for example \"08:00\" or \"21:30\""),
        );
    }
    parsed.map(Some)
}

/// Hours of a day such as `"08:00-21:00"`.
pub(crate) fn span_of_hours(entry: &Entry<'_>, report: &mut Report<'_>) -> Option<(Time, Time)> {
    let text = entry.text(report)?;
    let clock = |text: &str| {
        let parsed = (text.len() == 5).then(|| text.parse::<Time>());
        parsed.and_then(Result::ok)
    };
    let hours = text.split_once('-');
    let hours = hours.and_then(|(start, end)| Some((clock(start)?, clock(end)?)));
    let hours = hours.filter(|(start, end)| start < end);
    if hours.is_none() {
        entry.error(
            report,
            format!("\"{text}\" are no hours; write for example \"08:00-21:00\""),
        );
    }
    hours
}

/// A share such as `"10%"`, in parts per 10,000.
pub(crate) fn share(entry: &Entry<'_>, most_percent: u16, report: &mut Report<'_>) -> Option<u16> {
    let text = entry.text(report)?;
    let parsed = text.strip_suffix('%').and_then(|number| parts_per_10000(number.trim()));
    match parsed {
        Some(parts) if parts <= most_percent * 100 => Some(parts),
        Some(_) => {
            entry.error(
                report,
                format!("\"{text}\" is too much; write \"0%\" to \"{most_percent}%\""),
            );
            None
        }
        None => {
            entry.error(
                report,
                format!("\"{text}\" is not a share; write for example \"10%\" or \"2.5%\""),
            );
            None
        }
    }
}

fn parts_per_10000(number: &str) -> Option<u16> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || whole.len() > 3 || fraction.len() > 2 {
        return None;
    }
    let hundredths = format!("{fraction:0<2}").parse::<u16>().ok()?;
    Some(whole.parse::<u16>().ok()? * 100 + hundredths)
}

/// One of several words.
pub(crate) fn choice<T: Copy>(entry: &Entry<'_>, choices: &[(&str, T)], report: &mut Report<'_>) -> Option<T> {
    let text = entry.text(report)?;
    let found = choices.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
    if found.is_none() {
        let names: Vec<String> = choices.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        entry.error(
            report,
            format!("\"{text}\" is not known here; write {}", names.join(" or ")),
        );
    }
    found
}

/// A language.
pub(crate) fn locale(entry: &Entry<'_>, report: &mut Report<'_>) -> Option<Locale> {
    choice(entry, &Locale::ALL.map(|locale| (locale.as_str(), locale)), report)
}

/// A time zone by its IANA name.
pub(crate) fn zone(entry: &Entry<'_>, report: &mut Report<'_>) -> Option<TimeZone> {
    let text = entry.text(report)?;
    let found = TimeZone::get(text).ok();
    if found.is_none() {
        let known = [
            "America/New_York",
            "America/Chicago",
            "America/Denver",
            "America/Phoenix",
            "America/Los_Angeles",
        ];
        let hint = did_you_mean(text, known);
        entry.error(
            report,
            format!("\"{text}\" is not an IANA time zone{hint}; write for example \"America/New_York\""),
        );
    }
    found
}

/// A text on one line that says something.
pub(crate) fn line(entry: &Entry<'_>, report: &mut Report<'_>) -> Option<String> {
    let text = entry.text(report)?.trim();
    if text.is_empty() || text.chars().any(char::is_control) || text.chars().count() > 200 {
        entry.error(report, "must be a text on one line, of at most 200 characters");
        return None;
    }
    Some(text.to_owned())
}

/// An e-mail address, as far as one can tell without writing to it.
pub(crate) fn address(entry: &Entry<'_>, report: &mut Report<'_>) -> Option<String> {
    let text = entry.text(report)?;
    let plain = text.len() <= 254
        && text
            .chars()
            .all(|c| c.is_ascii_graphic() && !"<>()[],;:\\\"".contains(c));
    let domain_fits = |domain: &str| domain.contains('.') && domain.split('.').all(|label| !label.is_empty());
    let fits = text
        .split_once('@')
        .is_some_and(|(local, domain)| !local.is_empty() && !domain.contains('@') && domain_fits(domain));
    if !(plain && fits) {
        entry.error(
            report,
            format!("\"{text}\" is not an e-mail address; write for example \"reminders@example.com\""),
        );
        return None;
    }
    Some(text.to_owned())
}
