//! The tables of `bench cost`.

use std::collections::{BTreeMap, BTreeSet};

use comfy_table::{CellAlignment, Table, presets};

use super::share::{Dollars, Share};
use super::story::ANNOUNCED_AT_ONCE;
use super::{FIRST_SEEN, MIXED, SEEN_AGAIN, SIGHTINGS, Shares, prices};
use crate::ledger::Used;
use crate::report::number;

/// The functions in the order of the flow.
const FUNCTIONS: [&str; 9] = [
    "contacts",
    "webhook",
    "touchpoint",
    "feedback",
    "pages",
    "meter-check",
    "announce",
    FIRST_SEEN,
    SEEN_AGAIN,
];

/// Minutes of a month of 30 days.
const MINUTES: f64 = 43_200.0;

type Columns<'a> = [(&'a str, Shares)];

/// One part of a sum.
type Part = fn(&Dollars) -> f64;

/// What the figures are about.
pub(crate) fn introduction(customers: u32) -> String {
    let parts = MIXED.map(|(kind, part)| format!("{} % {}", number(part * 100.0), kind.name()));
    format!(
        "customers  {customers} of each kind, evenly over the experiment's arms, none held out; the standard campaign\n\
         mixed      assumed: {}\n\
         announce   assumed: {ANNOUNCED_AT_ONCE} records in a call; meter-check: {customers} customers in a call\n\
         reconcile  assumed: looked at {SIGHTINGS} times after the start and after each visit; its instance stays warm\n",
        parts.join(", ")
    )
}

/// What a customer uses.
pub(crate) fn uses(columns: &Columns<'_>) -> String {
    let mut table = table("one customer uses", columns);
    let of = |part: &dyn Fn(&Shares) -> f64| {
        columns
            .iter()
            .map(|(_, shares)| number(part(shares)))
            .collect::<Vec<_>>()
    };
    let sum = |part: fn(&Share) -> f64| of(&|shares: &Shares| shares.values().map(part).sum());
    add(&mut table, "requests to the API", sum(|share| share.api_requests));
    add(&mut table, "Lambda invocations", sum(|share| share.invocations));
    for function in FUNCTIONS {
        let invoked = |shares: &Shares| shares.get(function).map_or(0.0, |share| share.invocations);
        if columns.iter().any(|(_, shares)| invoked(shares) > 0.0) {
            add(&mut table, &format!("  of {function}"), of(&invoked));
        }
    }
    add(&mut table, "schedules made", sum(|share| share.schedules_made));
    let fired = |shares: &Shares| shares.get("touchpoint").map_or(0.0, |share| share.invocations);
    add(&mut table, "schedules fired", of(&fired));
    add(&mut table, "events on the bus", sum(|share| share.events));
    let operations: BTreeSet<&String> = columns
        .iter()
        .flat_map(|(_, shares)| shares.values().flat_map(|share| share.requests.keys()))
        .collect();
    for operation in operations {
        let requests = |shares: &Shares| -> f64 {
            let shares = shares.iter().filter(|(function, _)| !is_reconcile(function));
            shares.filter_map(|(_, share)| share.requests.get(operation)).sum()
        };
        add(&mut table, &format!("DynamoDB {operation}"), of(&requests));
    }
    let again = |shares: &Shares| -> f64 {
        let shares = shares.iter().filter(|(function, _)| is_reconcile(function));
        shares.flat_map(|(_, share)| share.requests.values()).sum()
    };
    add(&mut table, "DynamoDB requests of reconcile", of(&again));
    add(&mut table, "write request units", sum(|share| share.write_units));
    add(&mut table, "read request units", sum(|share| share.read_units));
    add(&mut table, "billed milliseconds, assumed", sum(|share| share.billed_ms));
    format!("{table}\n")
}

/// Which function uses the units.
pub(crate) fn by_function(columns: &Columns<'_>) -> String {
    let mut table = table("write / read units of", columns);
    for function in FUNCTIONS {
        let units = columns.iter().map(|(_, shares)| match shares.get(function) {
            Some(share) => format!("{} / {}", number(share.write_units), number(share.read_units)),
            None => String::new(),
        });
        add(&mut table, function, units.collect());
    }
    format!("{table}\n")
}

fn is_reconcile(function: &str) -> bool {
    [FIRST_SEEN, SEEN_AGAIN].contains(&function)
}

/// Dollars for a million customers, part by part.
pub(crate) fn dollars(columns: &Columns<'_>) -> String {
    let mut table = table("dollars for a million customers", columns);
    let of = |part: &dyn Fn(&Shares) -> f64| {
        columns
            .iter()
            .map(|(_, shares)| cents(part(shares)))
            .collect::<Vec<_>>()
    };
    let parts: [(&str, Part); 7] = [
        ("HTTP API", |dollars| dollars.api),
        ("Lambda, invocations", |dollars| dollars.invocations),
        ("Lambda, time", |dollars| dollars.compute),
        ("table, writes", |dollars| dollars.writes),
        ("table, reads", |dollars| dollars.reads),
        ("schedules", |dollars| dollars.schedules),
        ("bus", |dollars| dollars.events),
    ];
    for (name, part) in parts {
        add(
            &mut table,
            name,
            of(&|shares| part(&Dollars::of(&without_reconcile(shares)))),
        );
    }
    add(
        &mut table,
        "reconcile, first look",
        of(&|shares| only(shares, FIRST_SEEN)),
    );
    add(
        &mut table,
        "reconcile, further looks",
        of(&|shares| only(shares, SEEN_AGAIN)),
    );
    add(&mut table, "together", of(&together));
    add(&mut table, &format!("target: {}", prices::TARGET), of_verdicts(columns));
    add(
        &mut table,
        "webhooks by the function URL",
        of(&|shares| together(shares) - webhooks(shares)),
    );
    add(
        &mut table,
        "without the bus",
        of(&|shares| together(shares) - Dollars::of(shares).events),
    );
    add(
        &mut table,
        "both",
        of(&|shares| together(shares) - webhooks(shares) - Dollars::of(shares).events),
    );
    add(&mut table, "floor: its requests alone", of(&floor));
    add(&mut table, "not in it: logs, 1 kB an invocation", of(&logs));
    format!("{table}\n")
}

/// Is the target met by the mixed population, the last column?
pub(crate) fn is_met(columns: &Columns<'_>) -> bool {
    columns
        .last()
        .is_some_and(|(_, shares)| together(shares) <= prices::TARGET)
}

/// What a month costs with no customers at all.
pub(crate) fn fixed(fixed: &BTreeMap<&'static str, Used>) -> String {
    let share = |name: &str, times: f64| {
        fixed
            .get(name)
            .map(|used| Share::of(used, 1.0).times(times))
            .unwrap_or_default()
    };
    // The sweep is part of each run of `reconcile`, and no invocation of its own.
    let mut sweep = share("sweep", MINUTES);
    sweep.invocations = 0.0;
    let shares = Shares::from([
        ("reconcile", share("reconcile", MINUTES)),
        ("sweep", sweep),
        ("meter-check", share("meter-check", MINUTES / 5.0)),
    ]);
    // `Dollars` are of a million.
    let dollars = Dollars::of(&shares).sum() / 1e6;
    format!(
        "In a month of 30 days without any customers, reconcile and meter-check cost {} dollars by the same prices.\n\
         Left out everywhere: cold starts, dead letters, alarms, custom metrics, the campaign's look each minute.\n",
        cents(dollars)
    )
}

fn without_reconcile(shares: &Shares) -> Shares {
    let mut shares = shares.clone();
    shares.retain(|function, _| !is_reconcile(function));
    shares
}

fn only(shares: &Shares, function: &'static str) -> f64 {
    let share = shares.get(function).cloned().unwrap_or_default();
    Dollars::of(&Shares::from([(function, share)])).sum()
}

fn together(shares: &Shares) -> f64 {
    Dollars::of(shares).sum()
}

/// What the API charges for webhooks.
fn webhooks(shares: &Shares) -> f64 {
    shares.get("webhook").map_or(0.0, |share| share.api_requests) * prices::API_REQUEST * 1e6
}

/// What the customer's own requests cost if each were one invocation that takes no time, one read unit and one
/// write unit: there is no reminder, no timer and no event in it, and nothing of ours could cost less.
fn floor(shares: &Shares) -> f64 {
    let requests: f64 = shares.values().map(|share| share.api_requests).sum();
    let request = prices::API_REQUEST + prices::INVOCATION + prices::READ_UNIT + prices::WRITE_UNIT;
    requests * request * 1e6
}

fn logs(shares: &Shares) -> f64 {
    let invocations: f64 = shares.values().map(|share| share.invocations).sum();
    invocations * prices::LOG_BYTES / 1e9 * prices::LOG_GIGABYTE * 1e6
}

fn of_verdicts(columns: &Columns<'_>) -> Vec<String> {
    let verdict = |shares| {
        if together(shares) <= prices::TARGET {
            "met"
        } else {
            "NOT MET"
        }
    };
    columns.iter().map(|(_, shares)| verdict(shares).to_owned()).collect()
}

fn cents(dollars: f64) -> String {
    format!("{dollars:.2}")
}

fn table(about: &str, columns: &Columns<'_>) -> Table {
    let mut table = Table::new();
    let header = std::iter::once(about).chain(columns.iter().map(|(name, _)| *name));
    table.load_style(presets::ASCII_MARKDOWN).set_header(header);
    for column in 1..=columns.len() {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn add(table: &mut Table, what: &str, values: Vec<String>) {
    table.add_row(std::iter::once(what.to_owned()).chain(values));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn webhooks_only(count: f64) -> Shares {
        let share = Share {
            invocations: count,
            api_requests: count,
            events: 1.0,
            ..Share::default()
        };
        Shares::from([("webhook", share)])
    }

    #[test]
    fn the_table_adds_up_and_says_whether_the_target_is_met() {
        let columns = [("few", webhooks_only(5.0)), ("many", webhooks_only(20.0))];
        let text = dollars(&columns);
        let row = |name: &str| {
            let line = text.lines().find(|line| line.contains(name)).unwrap();
            line.split('|').map(str::trim).skip(2).take(2).collect::<Vec<_>>()
        };
        assert_eq!(row("HTTP API"), ["5.00", "20.00"]);
        assert_eq!(row("Lambda, invocations"), ["1.00", "4.00"]);
        assert_eq!(row("together"), ["7.00", "25.00"]);
        assert_eq!(row("target"), ["met", "NOT MET"]);
        assert_eq!(row("function URL"), ["2.00", "5.00"]);
        assert_eq!(row("both"), ["1.00", "4.00"]);
        assert!(!is_met(&columns));
    }
}
