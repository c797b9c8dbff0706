//! `[[law.override]]` and `[[law.closed]]`: what this campaign adds to the law that is compiled in.

use std::sync::Arc;

use jiff::civil::Date;
use journey::Campaign;
use law::{Closure, Law, Override, Whose, Window};

use crate::document::{Entry, Section};
use crate::problem::Report;
use crate::value::{Bounds, days, line, minutes, placed, span_of_hours};

/// A text that is later than this is no reminder of anything.
const TEXT_WITHIN: Bounds = Bounds {
    least: minutes(5),
    most: days(30),
};

/// Reads both lists. An override is a warning as well: whoever checks the campaign should know that it is there.
pub(crate) fn law(top: &mut Section<'_>, rules: &mut Campaign, report: &mut Report<'_>) {
    let mut section = top.section("law", report);
    let overrides = section.sections("override", report).unwrap_or_default();
    let overrides: Vec<Override> = overrides.into_iter().filter_map(|one| over(one, report)).collect();
    let closures = section.sections("closed", report).unwrap_or_default();
    let closures: Vec<Closure> = closures.into_iter().filter_map(|one| closed(one, report)).collect();
    section.finish(report);
    if !overrides.is_empty() || !closures.is_empty() {
        rules.law = Arc::new(Law::current().with(overrides, closures));
    }
}

fn over(mut section: Section<'_>, report: &mut Report<'_>) -> Option<Override> {
    let whose = whose(&mut section, report);
    let weekdays = window(&mut section, "weekdays", report);
    let saturday = window(&mut section, "saturday", report);
    let sunday = window(&mut section, "sunday", report);
    let open_on_holidays = section
        .take("open_on_holidays")
        .and_then(|entry| entry.boolean(report))
        .unwrap_or(false);
    let mut number = |section: &mut Section<'_>, key, most| {
        let value = section.take(key)?.integer(report, 1..most)?;
        u16::try_from(value).ok()
    };
    let max_per_24h = number(&mut section, "max_per_24h", 21);
    let texts_per_episode = number(&mut section, "texts_per_episode", 7);
    let text_within = placed(&mut section, "text_within", TEXT_WITHIN, report).map(|placed| placed.duration);
    let until = date(&mut section, "until", report);
    let because = because(&mut section, report);
    let whose = whose?;
    if whose != Whose::Default && (texts_per_episode.is_some() || text_within.is_some()) {
        report.error(
            &section.span,
            &section.path_of("rule"),
            "`texts_per_episode` and `text_within` belong to the rule \"default\": they are the carriers', not a state's",
        );
    }
    let replaces = weekdays.or(saturday).or(sunday).is_some()
        || open_on_holidays
        || max_per_24h.or(texts_per_episode).is_some()
        || text_within.is_some();
    if !replaces {
        report.error(
            &section.span,
            &section.path_of("rule"),
            "says nothing in place of the rule; write for example weekdays = \"08:00-21:00\"",
        );
    }
    let (span, path) = (section.span.clone(), section.path_of("rule"));
    section.finish(report);
    let (until, because) = (until?, because?);
    report.warn(
        &span,
        &path,
        format!("replaces the rule \"{whose}\" until {until}, since: {because}"),
    );
    Some(Override {
        whose,
        weekdays,
        saturday,
        sunday,
        open_on_holidays,
        max_per_24h,
        texts_per_episode,
        text_within,
        until,
        because,
    })
}

fn closed(mut section: Section<'_>, report: &mut Report<'_>) -> Option<Closure> {
    let whose = whose(&mut section, report);
    let day = date(&mut section, "day", report);
    let because = because(&mut section, report);
    section.finish(report);
    Some(Closure {
        whose: whose?,
        day: day?,
        because: because?,
    })
}

fn needed<'d>(
    section: &mut Section<'d>,
    key: &'static str,
    example: &str,
    report: &mut Report<'_>,
) -> Option<Entry<'d>> {
    let entry = section.take(key);
    if entry.is_none() {
        let what = format!("is missing; write for example {example}");
        report.error(&section.span, &section.path_of(key), what);
    }
    entry
}

fn whose(section: &mut Section<'_>, report: &mut Report<'_>) -> Option<Whose> {
    let entry = needed(section, "rule", "rule = \"TX\"", report)?;
    let parsed = entry.text(report)?.parse::<Whose>();
    if let Err(error) = parsed {
        entry.error(report, error.to_string());
    }
    parsed.ok()
}

fn because(section: &mut Section<'_>, report: &mut Report<'_>) -> Option<String> {
    let entry = needed(
        section,
        "because",
        "because = \"counsel's letter of 2026-06-30\"",
        report,
    )?;
    line(&entry, report)
}

fn date(section: &mut Section<'_>, key: &'static str, report: &mut Report<'_>) -> Option<Date> {
    let entry = needed(section, key, "2027-06-30", report)?;
    // TOML has dates of its own; in quotes is as good.
    let text = entry.value.as_datetime().map(ToString::to_string);
    let parsed = text.as_deref().or_else(|| entry.value.as_str()).map(str::parse::<Date>);
    if let Some(Ok(date)) = parsed {
        return Some(date);
    }
    entry.error(report, "is not a date; write for example 2027-06-30");
    None
}

fn window(section: &mut Section<'_>, key: &'static str, report: &mut Report<'_>) -> Option<Window> {
    let entry = section.take(key)?;
    let (start, end) = span_of_hours(&entry, report)?;
    Some(Window { start, end })
}
