//! `[invitation]`, `[reconnect]`, `[renewal]`, `[consent_end]` and `[data]`: where customers stay connected

use jiff::SignedDuration;
use journey::Campaign;
use journey::campaign::{Channel, TouchRule};

use super::touches::{channels, touch_list};
use crate::document::Section;
use crate::problem::Report;
use crate::value::{Bounds, days, minutes, placed, seconds, set_duration, set_u16};

/// A lost connection may be told at once.
const AT_ONCE: Bounds = Bounds {
    least: seconds(0),
    most: days(90),
};

/// A notice of a consent's end may go for two days, or until the next is due.
const NOTICE: SignedDuration = SignedDuration::from_hours(48);

/// Reads what holds where customers share their data for good.
pub(crate) fn sharing(top: &mut Section<'_>, rules: &mut Campaign, report: &mut Report<'_>) {
    let mut invitation = top.section("invitation", report);
    series(&mut invitation, &mut rules.sharing.invitation, report);
    invitation.finish(report);

    let mut reconnect = top.section("reconnect", report);
    series(&mut reconnect, &mut rules.sharing.reconnect, report);
    let experiment = reconnect.take("experiment").and_then(|entry| entry.boolean(report));
    if let Some(experiment) = experiment {
        rules.sharing.reconnect_experiment = experiment;
    }
    reconnect.finish(report);

    let mut renewal = top.section("renewal", report);
    series(&mut renewal, &mut rules.sharing.renewal, report);
    let after = Bounds {
        least: days(7),
        most: days(730),
    };
    if let Some(after) = placed(&mut renewal, "after", after, report) {
        rules.sharing.renew_after = Some(after.duration);
    }
    renewal.finish(report);

    consent_end(top, rules, report);
    data(top, rules, report);
}

/// A series of its own: what is written replaces the standard one, and an empty list means none.
fn series(section: &mut Section<'_>, rules: &mut Vec<TouchRule>, report: &mut Report<'_>) {
    let Some(list) = section.sections("touch", report) else {
        return;
    };
    let found = touch_list(list, AT_ONCE, report);
    let mut earlier: Option<SignedDuration> = None;
    for (rule, place) in found.rules.iter().zip(&found.places) {
        if rule.until <= rule.after {
            report.error(&place.until.0, &place.until.1, "must be later than `after`");
        }
        if earlier.is_some_and(|until| rule.after < until) {
            let what = "must not be earlier than the `until` of the touch before it; touches come in order";
            report.error(&place.after.0, &place.after.1, what);
        }
        earlier = Some(rule.until);
    }
    *rules = found.rules;
}

/// So many days before the end, in falling order, and perhaps once after it.
fn consent_end(top: &mut Section<'_>, rules: &mut Campaign, report: &mut Report<'_>) {
    let mut section = top.section("consent_end", report);
    let list = section.take("days_before").map(|entry| (entry.list(report), entry));
    let after_it = section.take("after_it").and_then(|entry| entry.boolean(report));
    let by = section
        .take("channels")
        .map_or_else(|| vec![Channel::Email], |entry| channels(&entry, report));
    section.finish(report);
    let mut before = vec![30, 7, 1];
    if let Some((items, entry)) = list {
        let items = items.unwrap_or_default();
        before = items.iter().filter_map(|item| item.integer(report, 1..181)).collect();
        let falling = before.is_sorted_by(|earlier, later| earlier > later);
        if before.is_empty() || !falling || before.len() >= Campaign::MAX_TOUCHES {
            entry.error(
                report,
                format!(
                    "must be 1 to {} whole numbers of days, the earliest notice first, such as [30, 7, 1]",
                    Campaign::MAX_TOUCHES - 1
                ),
            );
            return;
        }
    }
    let days_of = |n: u32| days(i64::from(n));
    let Some(first) = before.first().copied() else { return };
    let lead = days_of(first);
    let mut opens: Vec<SignedDuration> = before.iter().map(|n| lead - days_of(*n)).collect();
    if after_it.unwrap_or(true) {
        opens.push(lead);
    }
    let touch = |(place, after): (usize, &SignedDuration)| {
        let next = opens.get(place + 1).copied().unwrap_or(*after + NOTICE);
        TouchRule {
            after: *after,
            until: next.min(*after + NOTICE),
            channels: by.clone(),
        }
    };
    rules.sharing.consent_end = opens.iter().enumerate().map(touch).collect();
    rules.sharing.consent_end_lead = lead;
}

fn data(top: &mut Section<'_>, rules: &mut Campaign, report: &mut Report<'_>) {
    let mut section = top.section("data", report);
    let sharing = &mut rules.sharing;
    set_u16(&mut sharing.returns, &mut section, "returns", 2..101, report);
    let within = Bounds {
        least: seconds(10),
        most: days(1),
    };
    set_duration(
        &mut sharing.instant_within,
        &mut section,
        "instant_within",
        within,
        report,
    );
    let slow = Bounds {
        least: minutes(1),
        most: days(30),
    };
    // The vendor asks for no more than a look a day at intervals.
    let look = Bounds {
        least: days(1),
        most: days(30),
    };
    let stale = Bounds {
        least: days(1),
        most: days(365),
    };
    for (key, field, bounds) in [
        ("slow_grace", &mut sharing.slow_grace, slow),
        ("unstated", &mut sharing.unstated, slow),
        ("look_every", &mut sharing.look_every, look),
        ("intervals_stale_after", &mut sharing.intervals_stale_after, stale),
        ("bills_stale_after", &mut sharing.bills_stale_after, stale),
    ] {
        set_duration(field, &mut section, key, bounds, report);
    }
    section.finish(report);
}
