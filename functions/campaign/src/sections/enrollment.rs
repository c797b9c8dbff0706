//! `[enrollment]`: where customers enrol in an electricity plan

use jiff::SignedDuration;
use journey::campaign::FollowUp;
use journey::{BusinessHours, Campaign};

use crate::document::Section;
use crate::problem::Report;
use crate::value::{choice, set_u16, span_of_hours};

/// Nothing stops for the identity alone: without a reminder, nothing is done about it.
const IDENTITY: [(&str, FollowUp); 2] = [("ignore", FollowUp::Stop), ("remind", FollowUp::Remind)];

/// With less in a day, what is counted in business hours would be late only after years.
const LEAST_OF_A_DAY: SignedDuration = SignedDuration::from_hours(1);

/// Reads what holds where customers enrol in an electricity plan.
pub(crate) fn enrollment(top: &mut Section<'_>, rules: &mut Campaign, report: &mut Report<'_>) {
    let mut section = top.section("enrollment", report);
    let rule = &mut rules.enrollment;
    let identity = section.take("identity");
    if let Some(identity) = identity.and_then(|entry| choice(&entry, &IDENTITY, report)) {
        rule.identity = identity;
    }
    set_u16(
        &mut rule.starts_soon_days,
        &mut section,
        "starts_soon_days",
        0..31,
        report,
    );
    set_u16(
        &mut rule.furthest_start_days,
        &mut section,
        "furthest_start_days",
        1..366,
        report,
    );
    set_u16(
        &mut rule.late_after_business_hours,
        &mut section,
        "late_after_business_hours",
        1..256,
        report,
    );
    if let Some(entry) = section.take("business_hours")
        && let Some((opens, closes)) = span_of_hours(&entry, report)
    {
        match BusinessHours::new(opens, closes).filter(|_| closes.duration_since(opens) >= LEAST_OF_A_DAY) {
            Some(hours) => rule.business_hours = hours,
            None => entry.error(report, "must be at least an hour of each day"),
        }
    }
    section.finish(report);
}
