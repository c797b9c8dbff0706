//! The demo's last word: what became of everybody.

use std::collections::BTreeMap;

use comfy_table::{CellAlignment, Table, presets};
use jiff::Timestamp;
use journey::port::Clock;
use journey::{Journey, Provider};
use sandbox::ConnectionStatus;

use super::cast::Cast;
use super::state::{meters, phases, reminders};
use crate::world::World;

/// What is true of the customers who share a habit, as their provider knows.
#[derive(Default)]
struct Line {
    customers: usize,
    reminders: u32,
    alone: usize,
    after_reminder: usize,
    followed: usize,
}

/// What a provider's stand-in knows.
#[derive(Default)]
struct Played {
    lines: BTreeMap<&'static str, Line>,
    read_after: u32,
    came_back: u64,
    api_calls: u64,
}

/// What is true of one customer.
struct Fate {
    reminders: u32,
    read_after: u32,
    /// Finished: and was it a reminder that brought them?
    finished: Option<bool>,
    followed: bool,
}

impl Played {
    fn add(&mut self, habit: &'static str, fate: Option<Fate>) {
        let line = self.lines.entry(habit).or_default();
        line.customers += 1;
        let Some(fate) = fate else {
            return;
        };
        line.reminders += fate.reminders;
        line.alone += usize::from(fate.finished == Some(false));
        line.after_reminder += usize::from(fate.finished == Some(true));
        line.followed += usize::from(fate.followed);
        self.read_after += fate.read_after;
    }

    fn of(cast: &Cast, provider: Provider) -> Self {
        let mut played = Played::default();
        match provider {
            Provider::Leap => {
                if let Some((sandbox, population)) = &cast.leap {
                    let truth = sandbox.truth();
                    for customer in population.customers() {
                        let fate = truth.get(&customer.reference).map(|truth| Fate {
                            reminders: truth.messages_read,
                            read_after: truth.messages_read_after_completion,
                            finished: (truth.connection_status == Some(ConnectionStatus::Completed))
                                .then_some(truth.completed_after_touch.is_some()),
                            followed: truth.meter_created_at.is_some(),
                        });
                        played.add(customer.habit.describe(), fate);
                    }
                    let stats = sandbox.stats();
                    (played.came_back, played.api_calls) = (stats.visits.arrived, calls(&stats.api));
                }
            }
            Provider::Bayou => {
                if let Some((sandbox, population)) = &cast.bayou {
                    let truth = sandbox.truth();
                    for customer in population.customers() {
                        let fate = truth.get(&customer.external_id).map(|truth| Fate {
                            reminders: truth.messages_read,
                            read_after: truth.messages_read_while_connected,
                            finished: truth.connected_at.map(|_| truth.connected_after_touch.is_some()),
                            followed: truth.bills_ready_at.is_some(),
                        });
                        played.add(customer.habit.describe(), fate);
                    }
                    let stats = sandbox.stats();
                    (played.came_back, played.api_calls) = (stats.visits.arrived, calls(&stats.api));
                }
            }
            Provider::Light => {
                if let Some((sandbox, population)) = &cast.light {
                    let truth = sandbox.truth();
                    for customer in population.customers() {
                        let fate = truth.get(&customer.account).map(|truth| Fate {
                            reminders: truth.messages_read,
                            read_after: truth.messages_read_after_completion,
                            finished: truth.completed_at.map(|_| truth.completed_after_touch.is_some()),
                            followed: truth.service_active_at.is_some(),
                        });
                        played.add(customer.habit.describe(), fate);
                    }
                    let stats = sandbox.stats();
                    (played.came_back, played.api_calls) = (stats.visits.arrived, calls(&stats.api));
                }
            }
        }
        played
    }
}

fn calls(api: &BTreeMap<String, BTreeMap<u16, u64>>) -> u64 {
    api.values().flat_map(BTreeMap::values).sum()
}

/// The provider's name, and what follows there when a customer has finished.
const fn names(provider: Provider) -> (&'static str, &'static str) {
    match provider {
        Provider::Leap => ("Leap", "meters"),
        Provider::Bayou => ("Bayou", "data"),
        Provider::Light => ("Light", "services"),
    }
}

/// For each provider two tables: by the customers' habits, as its stand-in knows them, and in total, as Rekindle does.
pub(super) fn text(world: &World, cast: &Cast, began: Timestamp) -> anyhow::Result<String> {
    let journeys = world.store.list_journeys(usize::MAX, None)?;
    let providers = cast.providers();
    let mut text = String::new();
    for provider in &providers {
        let played = Played::of(cast, *provider);
        if providers.len() > 1 {
            text.push_str(&format!("{}\n", names(*provider).0));
        }
        let of_provider = journeys.iter().filter(|journey| journey.provider == *provider);
        let of_provider: Vec<Journey> = of_provider.cloned().collect();
        let habits = habits(&played, names(*provider).1);
        let totals = totals(world, *provider, &played, &of_provider);
        text.push_str(&format!("{habits}\n\n{totals}\n\n"));
    }
    let counters = world.store.counters();
    let counter = |name: &str| counters.get(name).copied().unwrap_or(0);
    let whole = pairs([
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
    ]);
    text.push_str(&format!("{whole}\n"));
    Ok(text)
}

fn habits(played: &Played, followed: &str) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_header([
        "what they do",
        "customers",
        "reminders",
        "finished alone",
        "finished after a reminder",
        followed,
    ]);
    for (habit, line) in &played.lines {
        table.add_row([
            (*habit).to_owned(),
            line.customers.to_string(),
            line.reminders.to_string(),
            line.alone.to_string(),
            line.after_reminder.to_string(),
            line.followed.to_string(),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn totals(world: &World, provider: Provider, played: &Played, journeys: &[Journey]) -> Table {
    let (phases, meters) = (phases(journeys), meters(journeys));
    let reminders = reminders(journeys, world.rules.touches.len());
    let sum = |counts: &[usize]| counts.iter().map(usize::to_string).collect::<Vec<_>>().join(" + ");
    let arrived = match provider {
        Provider::Leap => "meters arrived, late, awaited",
        Provider::Bayou => "data arrived, late, awaited",
        Provider::Light => "services active, late, awaited",
    };
    pairs([
        ("calls to the provider", played.api_calls.to_string()),
        ("completed", phases.completed.to_string()),
        ("handed back", phases.handed_back.to_string()),
        ("stopped", phases.stopped.to_string()),
        ("still live", phases.live.to_string()),
        ("reminders sent (touch 1 + 2 + 3)", sum(&reminders.sent)),
        ("reminders skipped, with a reason", sum(&reminders.skipped)),
        (
            "reminders after a known completion",
            reminders.sent_after_completion.to_string(),
        ),
        ("reminders read after finishing", played.read_after.to_string()),
        ("came back by a reminder's link", played.came_back.to_string()),
        (
            arrived,
            format!("{}, {}, {}", meters.arrived, meters.late, meters.awaited),
        ),
    ])
}

fn pairs<const N: usize>(rows: [(&str, String); N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    for (name, value) in rows {
        table.add_row([name.to_owned(), value]);
    }
    if let Some(column) = table.column_mut(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}
