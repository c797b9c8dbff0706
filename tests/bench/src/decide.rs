//! The rules alone, on one core.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use journey::decide;

use crate::report::{Figure, Report, Target, median, number};
use crate::walks::{self, Step};
use crate::{Settings, say};

/// Customers whose steps are recorded: some megabytes of journeys, more than a core's own cache.
const CUSTOMERS: u32 = 500;

/// Passes over all steps that are timed, for each round of the other measurements.
const PASSES: u32 = 7;

/// The least that a pass takes.
const PASS: Duration = Duration::from_millis(200);

/// Times the rules, and the least that any of it needs: a copy of the journey, and a comparison.
pub(crate) fn measure(settings: &Settings, report: &mut Report) -> anyhow::Result<()> {
    let campaign = walks::campaign();
    let steps = walks::record(CUSTOMERS, &campaign)?;
    let all: Vec<&Step> = steps.iter().collect();
    let rules = |step: &Step| {
        black_box(decide(
            black_box(&step.journey),
            black_box(&step.delivered),
            step.now,
            &campaign,
        ));
    };
    let floor = |step: &Step| {
        let copy = black_box(&step.journey).clone();
        black_box(black_box(&copy) == black_box(&step.journey));
    };
    let (mut values, mut floors) = (Vec::new(), Vec::new());
    for _ in 0..settings.rounds * PASSES {
        values.push(rate(&all, rules));
        floors.push(rate(&all, floor));
    }
    describe(&steps, rules)?;
    report.add(Figure {
        what: "decide, events on one core".to_owned(),
        unit: "/s",
        values,
        floor: floors,
        target: Target::AtLeast(500_000.0),
    });
    Ok(())
}

/// Steps a second.
fn rate(steps: &[&Step], work: impl Fn(&Step)) -> f64 {
    let began = Instant::now();
    let mut done = 0_u32;
    while began.elapsed() < PASS {
        for step in steps {
            work(step);
        }
        done += 1;
    }
    f64::from(done) * steps.len() as f64 / began.elapsed().as_secs_f64()
}

/// Says what the mix is, and what each kind of event takes.
fn describe(steps: &[Step], rules: impl Fn(&Step)) -> anyhow::Result<()> {
    let (kinds, phases) = walks::mix(steps);
    let share = |count: usize| number(count as f64 / steps.len() as f64 * 100.0);
    let parts = |counts: &BTreeMap<&str, usize>| {
        let parts: Vec<_> = counts
            .iter()
            .map(|(name, &count)| format!("{name} {} %", share(count)))
            .collect();
        parts.join(", ")
    };
    let mut text = format!("decide     {} steps; journeys: {}\n", steps.len(), parts(&phases));
    writeln!(text, "           events: {}", parts(&kinds))?;
    let mut took = Vec::new();
    for &kind in kinds.keys() {
        let of_kind: Vec<&Step> = steps
            .iter()
            .filter(|step| walks::kind(&step.delivered.event) == kind)
            .collect();
        let rates: Vec<f64> = (0..3).map(|_| rate(&of_kind, &rules)).collect();
        took.push(format!("{kind} {} ns", number(1e9 / median(&rates))));
    }
    writeln!(text, "           an event takes: {}", took.join(", "))?;
    say(&text);
    Ok(())
}
