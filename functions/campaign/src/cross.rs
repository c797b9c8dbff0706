//! Checks across sections, and warnings: what is allowed, but seldom meant.

use core::ops::Range;

use jiff::civil::date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use journey::{Campaign, next_open};

use crate::problem::Report;
use crate::sections::{Shares, Touches};
use crate::value::{days, written};

/// The places that the checks point at.
pub(crate) struct Places<'a> {
    pub(crate) touches: &'a Touches,
    pub(crate) shares: &'a Shares,
    pub(crate) zones: Option<Range<usize>>,
    pub(crate) hours: Option<Range<usize>>,
    pub(crate) caps: Range<usize>,
}

/// Looks at everything together.
pub(crate) fn check(rules: &Campaign, places: &Places<'_>, report: &mut Report<'_>) {
    windows(rules, places.touches, report);
    first_delays(rules, places, report);
    experiment(rules, places.shares, report);
    caps(rules, places, report);
    quiet_hours(rules, places, report);
}

fn windows(rules: &Campaign, touches: &Touches, report: &mut Report<'_>) {
    let mut earlier: Option<(SignedDuration, &str)> = None;
    for (rule, place) in rules.touches.iter().zip(&touches.places) {
        if rule.until <= rule.after {
            let what = format!("must be later than `after`, which is {}", written(rule.after));
            report.error(&place.until.0, &place.until.1, what);
        }
        if let Some((until, key)) = earlier
            && rule.after < until
        {
            let what = format!(
                "must not be earlier than {key}, which is {}; touches come in order",
                written(until)
            );
            report.error(&place.after.0, &place.after.1, what);
        }
        earlier = Some((rule.until, &place.until.1));
    }
}

fn first_delays(rules: &Campaign, places: &Places<'_>, report: &mut Report<'_>) {
    let (Some(first), Some(place)) = (rules.touches.first(), places.touches.places.first()) else {
        return;
    };
    for (n, arm) in rules.experiment.arms.iter().enumerate() {
        if arm.first_after <= first.until {
            continue;
        }
        let until = written(first.until);
        match places.shares.arms.get(n) {
            Some((span, key)) => {
                report.error(
                    span,
                    key,
                    format!("must lie in touch 1's window, which ends at {until}"),
                );
            }
            // The arms are the standard ones; the author wrote the window.
            None => {
                let what = format!(
                    "leaves no room for the experiment's arm \"{}\"; write [[experiment.arm]] with delays up to {until}",
                    arm.name
                );
                report.error(&place.until.0, &place.until.1, what);
            }
        }
    }
}

fn experiment(rules: &Campaign, shares: &Shares, report: &mut Report<'_>) {
    if rules.experiment.holdout_per_10000 == 0 {
        let span = shares.holdout.as_ref().unwrap_or(&shares.section);
        report.warn(
            span,
            "experiment.holdout",
            "nobody is held out, so nobody can tell whether reminders help",
        );
    }
    let drawn = rules.experiment.arms.iter().filter(|arm| arm.weight > 0).count();
    if drawn < 2 {
        report.warn(
            &shares.section,
            "experiment.arm",
            "fewer than two arms have a weight, so no delays are compared",
        );
    }
}

fn caps(rules: &Campaign, places: &Places<'_>, report: &mut Report<'_>) {
    let in_a_week = rules.touches.iter().filter(|touch| touch.after <= days(7)).count();
    if usize::from(rules.caps.per_week) < in_a_week {
        let what = format!(
            "{in_a_week} touches fall into one week, but the cap lets only {} through",
            rules.caps.per_week
        );
        report.warn(&places.caps, "caps.per_week", what);
    }
}

/// Tells how quiet hours meet the windows, by trying a whole day's moments of abandonment.
fn quiet_hours(rules: &Campaign, places: &Places<'_>, report: &mut Report<'_>) {
    let (false, Some(hours)) = (rules.email_hours.is_always(), &places.hours) else {
        return;
    };
    // Any day without a change of clocks serves; the offsets between zones are what matters.
    let Ok(noon) = date(2026, 7, 1).at(12, 0, 0, 0).to_zoned(TimeZone::UTC) else {
        return;
    };
    let noon = noon.timestamp();
    if next_open(noon, &rules.email_hours, &rules.default_zones).is_none() {
        let span = places.zones.as_ref().unwrap_or(hours);
        let what = "the sending hours of these zones never meet, so a person of whom no zone is known gets no message";
        report.warn(span, "default_zones", what);
        return;
    }
    let mut zones = rules.default_zones.clone();
    zones.truncate(1);
    for (n, (touch, place)) in rules.touches.iter().zip(&places.touches.places).enumerate() {
        let missed = missed_share(noon, rules, touch.after, touch.until, &zones);
        if missed > 0 {
            let what = format!(
                "its window lies wholly outside the sending hours for about {missed} % of the day: who stops then does not get \
                 touch {} by itself",
                n + 1
            );
            report.warn(&place.until.0, &place.until.1, what);
        }
    }
}

/// The share of a day, in percent, of whose moments of abandonment no moment of the window is open.
fn missed_share(
    noon: Timestamp,
    rules: &Campaign,
    after: SignedDuration,
    until: SignedDuration,
    zones: &[TimeZone],
) -> u32 {
    let steps = 24 * 12;
    let missed = (0..steps).filter(|step| {
        let abandoned = noon.checked_add(SignedDuration::from_mins(5 * step)).ok();
        let due = abandoned.and_then(|at| at.checked_add(after).ok());
        let last = abandoned.and_then(|at| at.checked_add(until).ok());
        let opens = due.and_then(|due| next_open(due, &rules.email_hours, zones));
        match (opens, last) {
            (Some(opens), Some(last)) => opens > last,
            (None, _) | (_, None) => true,
        }
    });
    u32::try_from(missed.count() * 100 / 288).unwrap_or(100)
}
