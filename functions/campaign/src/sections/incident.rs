//! `[incident]`: when a utility's reminders wait

use journey::{Campaign, UtilityCode};

use crate::document::Section;
use crate::problem::Report;
use crate::value::{Bounds, minutes, set_duration, set_u16};

/// Reads when a utility's reminders wait because too many customers stall there.
pub(crate) fn incident(top: &mut Section<'_>, rules: &mut Campaign, report: &mut Report<'_>) {
    let mut section = top.section("incident", report);
    let rule = &mut rules.incident;
    // Visits are kept for two days, by the hour.
    let within = Bounds {
        least: minutes(60),
        most: minutes(24 * 60),
    };
    set_duration(&mut rule.within, &mut section, "within", within, report);
    let again = Bounds {
        least: minutes(5),
        most: minutes(24 * 60),
    };
    set_duration(&mut rule.look_again, &mut section, "look_again", again, report);
    set_u16(&mut rule.percent, &mut section, "percent", 1..101, report);
    for (field, key) in [(&mut rule.stalls, "stalls"), (&mut rule.faults, "faults")] {
        let value = section.take(key).and_then(|entry| entry.integer(report, 1..1_000_001));
        *field = value.unwrap_or(*field);
    }
    let paused = section.take("paused").and_then(|entry| entry.list(report));
    for entry in paused.unwrap_or_default() {
        let Some(text) = entry.text(report) else { continue };
        match UtilityCode::parse(text) {
            Some(code) => {
                rule.paused.insert(code);
            }
            None => entry.error(
                report,
                "is not the code of a utility; write it as contacts have it, such as \"PGE\"",
            ),
        }
    }
    section.finish(report);
}
