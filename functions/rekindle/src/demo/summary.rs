//! The demo's last word: what became of everybody.

use std::collections::BTreeMap;

use comfy_table::{CellAlignment, Table, presets};
use jiff::Timestamp;
use journey::port::Clock;
use sandbox::{ConnectionStatus, Population, Sandbox};

use super::state::{meters, phases, reminders};
use crate::world::World;

#[derive(Default)]
struct Line {
    customers: usize,
    reminders: u32,
    alone: usize,
    after_reminder: usize,
    meters: usize,
}

/// Two tables: by the customers' habits, as the sandbox knows them, and in total, as Rekindle does.
pub(crate) fn text(
    world: &World,
    sandbox: &Sandbox,
    population: &Population,
    began: Timestamp,
) -> anyhow::Result<String> {
    let truth = sandbox.truth();
    let mut lines: BTreeMap<&'static str, Line> = BTreeMap::new();
    for customer in population.customers() {
        let line = lines.entry(customer.habit.describe()).or_default();
        line.customers += 1;
        let Some(truth) = truth.get(&customer.reference) else {
            continue;
        };
        line.reminders += truth.messages_read;
        if truth.connection_status == Some(ConnectionStatus::Completed) {
            if truth.completed_after_touch.is_some() {
                line.after_reminder += 1
            } else {
                line.alone += 1
            }
        }
        line.meters += usize::from(truth.meter_created_at.is_some());
    }
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_header([
        "what they do",
        "customers",
        "reminders",
        "finished alone",
        "finished after a reminder",
        "meters",
    ]);
    for (habit, line) in &lines {
        table.add_row([
            (*habit).to_owned(),
            line.customers.to_string(),
            line.reminders.to_string(),
            line.alone.to_string(),
            line.after_reminder.to_string(),
            line.meters.to_string(),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }

    let journeys = world.store.list_journeys(usize::MAX, None)?;
    let (phases, meters) = (phases(&journeys), meters(&journeys));
    let reminders = reminders(&journeys, world.rules.touches.len());
    let stats = sandbox.stats();
    let counters = world.store.counters();
    let counter = |name: &str| counters.get(name).copied().unwrap_or(0);
    let sent = reminders
        .sent
        .iter()
        .map(usize::to_string)
        .collect::<Vec<_>>()
        .join(" + ");
    let skipped = reminders
        .skipped
        .iter()
        .map(usize::to_string)
        .collect::<Vec<_>>()
        .join(" + ");
    let read_after: u32 = truth.values().map(|truth| truth.messages_read_after_completion).sum();
    let api_calls: u64 = stats.api.values().flat_map(BTreeMap::values).sum();
    let mut totals = Table::new();
    totals.load_style(presets::NOTHING);
    for (name, value) in [
        (
            "time told",
            format!("{:.1} h", world.now().duration_since(began).as_secs_f64() / 3_600.0),
        ),
        (
            "webhooks taken",
            format!(
                "{}, and {} again",
                counter("webhook.accepted"),
                counter("webhook.duplicate")
            ),
        ),
        (
            "lost webhooks healed",
            format!("{} found by the reconciliation", counter("reconcile.drift")),
        ),
        ("calls to the provider", api_calls.to_string()),
        ("completed", phases.completed.to_string()),
        ("handed back", phases.handed_back.to_string()),
        ("stopped", phases.stopped.to_string()),
        ("still live", phases.live.to_string()),
        ("reminders sent (touch 1 + 2 + 3)", sent),
        ("reminders skipped, with a reason", skipped),
        (
            "reminders after a known completion",
            reminders.sent_after_completion.to_string(),
        ),
        ("reminders read after finishing", read_after.to_string()),
        (
            "meters arrived, late, awaited",
            format!("{}, {}, {}", meters.arrived, meters.late, meters.awaited),
        ),
    ] {
        totals.add_row([name.to_owned(), value]);
    }
    if let Some(column) = totals.column_mut(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    Ok(format!("{table}\n\n{totals}\n"))
}
