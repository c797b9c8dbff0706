//! `[experiment]` and `[[experiment.arm]]`

use core::ops::Range;
use std::collections::BTreeSet;

use journey::{Arm, Assignment, Campaign};

use crate::document::Section;
use crate::problem::Report;
use crate::value::{Bounds, days, line, minutes, placed, share};

/// The provider's guide asks for five minutes at least.
const FIRST_AFTER: Bounds = Bounds {
    least: minutes(5),
    most: days(30),
};

/// Half the customers held out is already more than any comparison needs.
const MOST_HOLDOUT_PERCENT: u16 = 50;

/// The places of what the checks across sections look at.
#[derive(Debug, Default)]
pub(crate) struct Shares {
    /// The section, or the top.
    pub(crate) section: Range<usize>,
    /// Where the holdout stands.
    pub(crate) holdout: Option<Range<usize>>,
    /// Where each arm's delay stands, with its path; empty for the standard arms.
    pub(crate) arms: Vec<(Range<usize>, String)>,
}

/// Reads the experiment into the rules.
pub(crate) fn experiment(top: &mut Section<'_>, rules: &mut Campaign, report: &mut Report<'_>) -> Shares {
    let mut section = top.section("experiment", report);
    let mut places = Shares {
        section: section.span.clone(),
        ..Shares::default()
    };
    if let Some(version) = section.take("version").and_then(|entry| line(&entry, report)) {
        // Without a salt of its own, a version is its salt.
        rules.experiment.salt.clone_from(&version);
        rules.experiment.version = version;
    }
    if let Some(salt) = section.take("salt").and_then(|entry| line(&entry, report)) {
        rules.experiment.salt = salt;
    }
    if let Some(entry) = section.take("holdout") {
        places.holdout = Some(entry.span.clone());
        if let Some(holdout) = share(&entry, MOST_HOLDOUT_PERCENT, report) {
            rules.experiment.holdout_per_10000 = holdout;
        }
    }
    if let Some(list) = section.sections("arm", report) {
        rules.experiment.arms.clear();
        let mut names = BTreeSet::new();
        for arm_section in list {
            arm(arm_section, rules, &mut names, &mut places, report);
        }
        let weights: u64 = rules.experiment.arms.iter().map(|arm| u64::from(arm.weight)).sum();
        if weights == 0 && !rules.experiment.arms.is_empty() {
            report.error(
                &section.span,
                "experiment.arm",
                "all weights are 0; give at least one arm a weight",
            );
        }
    }
    section.finish(report);
    places
}

fn arm(
    mut section: Section<'_>,
    rules: &mut Campaign,
    names: &mut BTreeSet<String>,
    places: &mut Shares,
    report: &mut Report<'_>,
) {
    let name = section.take("name");
    let (span, key) = match &name {
        Some(entry) => (entry.span.clone(), entry.path.clone()),
        None => (section.span.clone(), section.path_of("name")),
    };
    let name = match name {
        Some(entry) => line(&entry, report),
        None => {
            report.error(
                &span,
                &key,
                "is missing; write a name for the reports, for example \"15min\"",
            );
            None
        }
    };
    if let Some(name) = &name {
        if !names.insert(name.clone()) {
            report.error(
                &span,
                &key,
                format!("another arm is called \"{name}\" already; names must differ"),
            );
        }
        if [Assignment::HOLDOUT, Assignment::DEFAULT].contains(&name.as_str()) {
            report.error(
                &span,
                &key,
                format!("\"{name}\" is kept for the reports; choose another name"),
            );
        }
    }
    let there = section.take("first_after").is_some();
    if !there {
        report.error(
            &section.span,
            &section.path_of("first_after"),
            "is missing; write for example \"15m\"",
        );
    }
    let first_after = placed(&mut section, "first_after", FIRST_AFTER, report);
    let weight = match section.take("weight") {
        Some(entry) => entry.integer(report, 0..1_000_001),
        None => Some(1),
    };
    section.finish(report);
    if let (Some(name), Some(first_after), Some(weight)) = (name, first_after, weight) {
        rules.experiment.arms.push(Arm {
            name,
            first_after: first_after.duration,
            weight,
        });
        places.arms.push((first_after.entry.span, first_after.entry.path));
    }
}
