//! `[[touch]]`

use core::ops::Range;
use std::collections::BTreeSet;

use jiff::SignedDuration;
use jiff::civil::Date;
use journey::Campaign;
use journey::campaign::{Channel, TouchRule};

use crate::document::{Entry, Section};
use crate::problem::Report;
use crate::value::{Bounds, choice, days, minutes, placed, written};

/// No window is shorter or later than this: a scheduler's delay would swallow it, or the rules would
/// have to remember sends for longer than they do.
const AFTER: Bounds = Bounds {
    least: minutes(5),
    most: days(30),
};

const CHANNELS: [(&str, Channel); 4] = [
    ("email", Channel::Email),
    ("sms", Channel::Sms),
    ("push", Channel::Push),
    ("event", Channel::Event),
];

/// The touches, with the places of their windows.
#[derive(Debug, Default)]
pub(crate) struct Touches {
    pub(crate) rules: Vec<TouchRule>,
    /// Where each `after` and `until` stands, with its path.
    pub(crate) places: Vec<Place>,
}

/// The places of one touch.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) after: (Range<usize>, String),
    pub(crate) until: (Range<usize>, String),
}

/// Reads the touches; without any, the standard ones.
pub(crate) fn touches(top: &mut Section<'_>, standard: &Campaign, report: &mut Report<'_>) -> Touches {
    let Some(list) = top.sections("touch", report) else {
        let place = |n: usize| {
            let at = |key: &str| (top.span.clone(), format!("touch[{}].{key}", n + 1));
            Place {
                after: at("after"),
                until: at("until"),
            }
        };
        let places = (0..standard.touches.len()).map(place).collect();
        return Touches {
            rules: standard.touches.clone(),
            places,
        };
    };
    if list.is_empty() || list.len() > Campaign::MAX_TOUCHES {
        let what = format!("{} touches; write 1 to {}", list.len(), Campaign::MAX_TOUCHES);
        let span = list.last().map_or(top.span.clone(), |last| last.span.clone());
        report.error(&span, "touch", what);
    }
    // An override that ends is checked at each send; here the one of today, whenever that is, counts.
    let limits = Limits {
        after: AFTER,
        text_within: Some(standard.law.text_limit_on(Date::MIN).within),
    };
    let mut found = Touches::default();
    for section in list {
        touch(section, limits, &mut found, report);
    }
    found
}

/// Reads the touches of another series.
pub(crate) fn touch_list(list: Vec<Section<'_>>, after: Bounds, report: &mut Report<'_>) -> Touches {
    if list.len() > Campaign::MAX_TOUCHES {
        let span = list.last().map_or(0..0, |last| last.span.clone());
        let what = format!("{} touches; write at most {}", list.len(), Campaign::MAX_TOUCHES);
        report.error(&span, "touch", what);
    }
    let limits = Limits {
        after,
        text_within: None,
    };
    let mut found = Touches::default();
    for section in list {
        touch(section, limits, &mut found, report);
    }
    found
}

/// What the times of a series' touches may be.
#[derive(Clone, Copy)]
struct Limits {
    after: Bounds,
    /// Until when a text may go, where the whole series counts from a moment of abandonment.
    text_within: Option<SignedDuration>,
}

fn touch(mut section: Section<'_>, limits: Limits, found: &mut Touches, report: &mut Report<'_>) {
    let mut missing = |section: &Section<'_>, key: &str| {
        report.error(
            &section.span,
            &section.path_of(key),
            "is missing; write for example \"45m\"",
        );
    };
    let asked = ["after", "until"].map(|key| (key, section.take(key).is_some()));
    for (key, _) in asked.into_iter().filter(|(_, there)| !there) {
        missing(&section, key);
    }
    let after = placed(&mut section, "after", limits.after, report);
    let until = placed(&mut section, "until", limits.after, report);
    let channels = match section.take("channels") {
        None => vec![Channel::Email],
        Some(entry) => {
            let channels = channels(&entry, report);
            let last = limits
                .text_within
                .filter(|last| after.as_ref().is_some_and(|after| after.duration > *last));
            if let Some(last) = last.filter(|_| channels.contains(&Channel::Sms)) {
                let what = format!(
                    "a text may go within {} of the abandonment, and this touch is due later; leave \"sms\" out",
                    written(last)
                );
                entry.error(report, what);
            }
            channels
        }
    };
    section.finish(report);
    if let (Some(after), Some(until)) = (after, until) {
        found.rules.push(TouchRule {
            after: after.duration,
            until: until.duration,
            channels,
        });
        found.places.push(Place {
            after: (after.entry.span, after.entry.path),
            until: (until.entry.span, until.entry.path),
        });
    }
}

/// Reads a list of channels, in the order in which they are tried.
pub(crate) fn channels(entry: &Entry<'_>, report: &mut Report<'_>) -> Vec<Channel> {
    let items = entry.list(report).unwrap_or_default();
    let mut channels: Vec<Channel> = items
        .iter()
        .filter_map(|item| choice(item, &CHANNELS, report))
        .collect();
    let mut seen = BTreeSet::new();
    channels.retain(|channel| seen.insert(*channel));
    if items.is_empty() {
        entry.error(report, "names no channel; write [\"email\"] or [\"sms\", \"email\"]");
    }
    channels
}
