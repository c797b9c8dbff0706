//! The top's own keys, `[hours]`, `[caps]`, `[policies]`, `[meter]` and `[advanced]`

use core::ops::Range;

use jiff::civil::Date;
use journey::campaign::{FollowUp, Unlisted};
use journey::{Campaign, SendingHours};
use law::{Evidence, Law};

use crate::document::Section;
use crate::problem::Report;
use crate::value::{Bounds, choice, days, minutes, seconds, set_duration, set_u16, time, zone};

const FOLLOW_UP: [(&str, FollowUp); 2] = [("remind", FollowUp::Remind), ("stop", FollowUp::Stop)];

const UNLISTED: [(&str, Unlisted); 2] = [("trust_webhooks", Unlisted::TrustWebhooks), ("hold", Unlisted::Hold)];

/// Reads what holds for a series as a whole.
pub(crate) fn series(top: &mut Section<'_>, rules: &mut Campaign, report: &mut Report<'_>) {
    let handing_back = Bounds {
        least: minutes(5),
        most: days(90),
    };
    set_duration(&mut rules.hand_back_after, top, "hand_back_after", handing_back, report);
    let reopening = Bounds {
        least: minutes(60),
        most: days(730),
    };
    set_duration(&mut rules.reopen_after, top, "reopen_after", reopening, report);
    set_u16(&mut rules.max_episodes, top, "max_episodes", 1..101, report);
}

/// Reads the zones for people of whom none is known, and says where they stand.
pub(crate) fn zones(top: &mut Section<'_>, rules: &mut Campaign, report: &mut Report<'_>) -> Option<Range<usize>> {
    let entry = top.take("default_zones")?;
    let items = entry.list(report)?;
    if items.is_empty() {
        entry.error(
            report,
            "names no zone; a person of whom no zone is known needs at least one",
        );
    } else {
        rules.default_zones = items.iter().filter_map(|item| zone(item, report)).collect();
    }
    Some(entry.span)
}

/// Reads the sending hours, and says where those of e-mail stand.
pub(crate) fn hours(top: &mut Section<'_>, rules: &mut Campaign, report: &mut Report<'_>) -> Option<Range<usize>> {
    let mut hours = top.section("hours", report);
    let email = span_of_day(&mut hours, "email", &mut rules.email_hours, report);
    span_of_day(&mut hours, "code", &mut rules.code_hours, report);
    if let Some(span) = span_of_day(&mut hours, "sms", &mut rules.sms_hours, report)
        && !meets_the_law(&rules.sms_hours, &rules.law)
    {
        report.error(
            &span,
            "hours.sms",
            "there is no hour in which these and the law let a text go; the law is kept in any case, so write only \
             what is stricter",
        );
    }
    hours.finish(report);
    email
}

/// Have the campaign's hours and the law's, of anybody anywhere, an hour in common?
fn meets_the_law(hours: &SendingHours, law: &Law) -> bool {
    // Any week without holidays serves.
    let week = (17..24).filter_map(|day| Date::new(2026, 8, day).ok());
    let nowhere = law.places(&Evidence::default());
    week.filter_map(|day| law.hours_on(day, &nowhere))
        .any(|lawful| hours.start < lawful.end && hours.end.is_none_or(|end| lawful.start < end))
}

/// Reads one channel's `start` and `end` into its hours, and says where they stand.
fn span_of_day(
    hours: &mut Section<'_>,
    channel: &'static str,
    rule: &mut SendingHours,
    report: &mut Report<'_>,
) -> Option<Range<usize>> {
    let mut section = hours.section(channel, report);
    let start = section.take("start");
    let end = section.take("end");
    let span = start.as_ref().or(end.as_ref()).map(|entry| entry.span.clone());
    let from = start
        .as_ref()
        .map_or(Some(Some(rule.start)), |entry| time(entry, report));
    let until = end.as_ref().map_or(Some(rule.end), |entry| time(entry, report));
    match (start, from, until) {
        (Some(entry), Some(None), _) => entry.error(report, "\"24:00\" is the end of a day; a start is earlier"),
        (_, Some(Some(start)), Some(end)) if end.is_none_or(|end| start < end) => {
            (rule.start, rule.end) = (start, end);
        }
        (_, Some(Some(_)), Some(_)) => {
            let place = end
                .map(|entry| entry.span)
                .or(span.clone())
                .unwrap_or(section.span.clone());
            report.error(
                &place,
                &section.path_of("end"),
                "must be later than `start`; hours do not run over midnight",
            );
        }
        (_, _, _) => {}
    }
    section.finish(report);
    span
}

/// Reads the caps, and says where the week's stands.
pub(crate) fn caps(top: &mut Section<'_>, rules: &mut Campaign, report: &mut Report<'_>) -> Range<usize> {
    let mut section = top.section("caps", report);
    let caps = &mut rules.caps;
    set_u16(&mut caps.per_day, &mut section, "per_day", 1..21, report);
    set_u16(&mut caps.per_week, &mut section, "per_week", 1..101, report);
    let entry = section.take("per_week").or_else(|| section.take("per_day"));
    let span = entry.map_or(section.span.clone(), |entry| entry.span);
    if caps.per_week < caps.per_day {
        let what = format!(
            "must be at least `per_day`; a week of {} would end a day of {}",
            caps.per_week, caps.per_day
        );
        report.error(&span, "caps.per_week", what);
    }
    if let Some(value) = section
        .take("one_series_per_inbox")
        .and_then(|entry| entry.boolean(report))
    {
        caps.one_series_per_inbox = value;
    }
    section.finish(report);
    span
}

/// Reads the policies.
pub(crate) fn policies(top: &mut Section<'_>, rules: &mut Campaign, report: &mut Report<'_>) {
    let mut section = top.section("policies", report);
    let policies = &mut rules.policies;
    let follow_ups = [
        ("agreement_declined", &mut policies.agreement_declined),
        ("wrong_utility", &mut policies.wrong_utility),
        ("session_closed", &mut policies.session_closed),
    ];
    for (key, field) in follow_ups {
        if let Some(value) = section.take(key).and_then(|entry| choice(&entry, &FOLLOW_UP, report)) {
            *field = value;
        }
    }
    let unlisted = section.take("direct_to_utility_unlisted");
    if let Some(value) = unlisted.and_then(|entry| choice(&entry, &UNLISTED, report)) {
        policies.direct_to_utility_unlisted = value;
    }
    section.finish(report);
}

/// Reads the search for the meter.
pub(crate) fn meter(top: &mut Section<'_>, rules: &mut Campaign, report: &mut Report<'_>) {
    let mut section = top.section("meter", report);
    let meter = &mut rules.meter;
    // One call asks for many customers, but each look costs a write for each of them.
    let bounds = Bounds {
        least: minutes(10),
        most: days(365),
    };
    let fields = [
        ("first_after", &mut meter.first_after),
        ("every", &mut meter.every),
        ("late_after", &mut meter.late_after),
        ("late_every", &mut meter.late_every),
        ("give_up_after", &mut meter.give_up_after),
    ];
    for (key, field) in fields {
        set_duration(field, &mut section, key, bounds, report);
    }
    let order = [
        ("late_after", meter.late_after, "first_after", meter.first_after),
        ("give_up_after", meter.give_up_after, "late_after", meter.late_after),
    ];
    for (later, value, earlier, least) in order {
        if value < least {
            let span = section.take(later).map_or(section.span.clone(), |entry| entry.span);
            report.error(
                &span,
                &format!("meter.{later}"),
                format!("must not be earlier than `{earlier}`"),
            );
        }
    }
    section.finish(report);
}

/// Reads what is seldom changed.
pub(crate) fn advanced(top: &mut Section<'_>, rules: &mut Campaign, report: &mut Report<'_>) {
    let mut section = top.section("advanced", report);
    // A scheduler may be a minute late; a grace below that would skip touches at random.
    let grace = Bounds {
        least: minutes(1),
        most: minutes(60),
    };
    set_duration(&mut rules.window_grace, &mut section, "window_grace", grace, report);
    // Shorter than a slow call, a lease would call a send unknown that is still under way.
    let lease = Bounds {
        least: minutes(1),
        most: days(1),
    };
    set_duration(&mut rules.claim_lease, &mut section, "claim_lease", lease, report);
    if rules.claim_lease + minutes(1) > rules.window_grace {
        let entry = section.take("claim_lease").or_else(|| section.take("window_grace"));
        let span = entry.map_or(section.span.clone(), |entry| entry.span);
        let what = "must be at least a minute shorter than `window_grace`, or a send that was lost at a window's end \
                    could never be tried again";
        report.error(&span, "advanced.claim_lease", what.to_owned());
    }
    let retry = Bounds {
        least: seconds(10),
        most: minutes(30),
    };
    set_duration(&mut rules.retry_after, &mut section, "retry_after", retry, report);
    let confirm = Bounds {
        least: seconds(30),
        most: days(1),
    };
    set_duration(&mut rules.confirm_after, &mut section, "confirm_after", confirm, report);
    let outage = Bounds {
        least: minutes(5),
        most: days(7),
    };
    set_duration(&mut rules.outage_wait, &mut section, "outage_wait", outage, report);
    section.finish(report);
}
