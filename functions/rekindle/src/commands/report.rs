//! `rekindle report`: what became of the customers, in figures.

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use comfy_table::{CellAlignment, Table, presets};
use journey::port::Clock;
use journey::{Journey, UtilityCode};
use report::{Figures, FirstData, NOT_TOLD, Report, Share, span};
use utilities::{Directory, Mfa};

use super::say;
use crate::cli::Place;
use crate::reading::Reading;

/// How it is printed.
#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    place: Place,
    /// Print JSON: the same figures, and all that the tables have no room for.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let reading = Reading::open(&options.place)?;
    let directory = Directory::builtin();
    let mut journeys = reading.store.list_journeys(usize::MAX, None)?;
    name_utilities(&mut journeys, &reading.store.contacts_of_journeys()?, &directory);
    let mfa = |code: &UtilityCode| directory.find(code).map_or(Mfa::Unknown, |utility| utility.mfa);
    let report = Report::of(journeys.into_iter(), mfa, reading.store.now());
    if options.json {
        let json = serde_json::to_string_pretty(&report).context("report as JSON")?;
        say(&format!("{json}\n"))?;
    } else {
        say(&text(&report))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// One name for each utility, whichever provider's code a webhook has told; and where a connection was lost, the
/// utility that the same customer's first connection has named.
fn name_utilities(journeys: &mut [Journey], contacts: &BTreeMap<String, String>, directory: &Directory) {
    let contact = |journey: &Journey| contacts.get(journey.id.as_str());
    for journey in journeys.iter_mut() {
        let known = journey.utility.as_ref().and_then(|code| directory.find(code));
        if let Some(utility) = known {
            journey.utility = Some(utility.code.clone());
        }
    }
    let named: BTreeMap<String, UtilityCode> = journeys
        .iter()
        .filter_map(|journey| Some((contact(journey)?.clone(), journey.utility.clone()?)))
        .collect();
    for journey in journeys.iter_mut().filter(|journey| journey.utility.is_none()) {
        journey.utility = contact(journey).and_then(|contact| named.get(contact)).cloned();
    }
}

fn text(report: &Report) -> String {
    if report.journeys == 0 {
        return "There is nobody to report of yet: a customer counts from the first webhook, and at Bayou from the \
                first import.\n"
            .to_owned();
    }
    let rows = rows(report);
    let mut parts = vec![format!("Report of {:.0}, {} journeys.", report.at, report.journeys)];
    if report.journeys_cut > 0 {
        parts.push(format!(
            "{} journeys have forgotten their oldest notes: losses and messages are at least so many.",
            report.journeys_cut
        ));
    }
    for answer in &report.questions {
        parts.push(format!(
            "{} {}\n   {}\n   Not known: {}.",
            answer.id, answer.question, answer.answer, answer.unknown
        ));
    }
    parts.push(funnel(&rows));
    parts.extend(first_data("Bills", &rows, |figures| &figures.bills));
    parts.extend(first_data("Intervals", &rows, |figures| &figures.intervals));
    parts.extend(refresh(&rows));
    parts.extend(reauthorization(&rows));
    parts.push(messages(&report.total));
    parts.push(unavailable(report));
    parts.join("\n\n") + "\n"
}

/// The groups in the order of every table.
fn rows(report: &Report) -> Vec<(String, &Figures)> {
    let mut rows = vec![("all".to_owned(), &report.total)];
    let providers = report.by_provider.iter();
    rows.extend(providers.map(|(provider, figures)| (format!("at {provider}"), figures)));
    rows.extend(report.by_utility.iter().map(|(code, figures)| {
        let name = if code == NOT_TOLD { "utility not told" } else { code };
        (name.to_owned(), figures)
    }));
    let classes = report.by_mfa.iter();
    rows.extend(classes.map(|(class, figures)| (format!("second factor: {class}"), figures)));
    rows
}

/// A table under its title.
fn table<const N: usize>(title: &str, header: [&str; N], rows: Vec<[String; N]>) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_header(header);
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    format!("{title}\n{table}")
}

fn funnel(rows: &[(String, &Figures)]) -> String {
    let row = |(name, figures): &(String, &Figures)| {
        let funnel = &figures.funnel;
        [
            name.clone(),
            funnel.customers.to_string(),
            funnel.invited.to_string(),
            funnel.link_followed.to_string(),
            funnel.connected.to_string(),
            funnel.bills_ready.to_string(),
            of(funnel.intervals_ready),
            funnel.fallback_given.to_string(),
            time(figures.customer_time.p50_s),
            time(figures.customer_time.p90_s),
        ]
    };
    let header = [
        "customers",
        "all",
        "invited",
        "link followed",
        "connected",
        "bills there",
        "intervals there",
        "by hand",
        "customer time p50",
        "p90",
    ];
    table(
        "The funnel. A utility is told with the login at the earliest.",
        header,
        rows.iter().map(row).collect(),
    )
}

fn first_data(what: &str, rows: &[(String, &Figures)], data: fn(&Figures) -> &FirstData) -> Option<String> {
    let mut lines = Vec::new();
    for (name, figures) in rows {
        let data = data(figures);
        let all = (name.clone(), &data.all);
        let speeds = data
            .by_velocity
            .iter()
            .filter(|_| data.by_velocity.len() > 1)
            .map(|(velocity, waits)| (format!("{name}, {velocity}"), waits));
        for (name, waits) in core::iter::once(all).chain(speeds) {
            if waits.time.count + waits.awaited == 0 {
                continue;
            }
            lines.push([
                name,
                time(waits.time.p50_s),
                time(waits.time.p90_s),
                time(waits.time.p99_s),
                of(waits.within_60s),
                waits.within_60s_at_most.part.to_string(),
                waits.told.to_string(),
                waits.found.to_string(),
                waits.awaited.to_string(),
                waits.late.to_string(),
            ]);
        }
    }
    let total = rows.first().map(|(_, figures)| data(figures))?;
    if lines.is_empty() {
        return None;
    }
    let title = format!(
        "{what}: from the login to the first. What a look found was there by then: an upper bound. Left out: {} \
         connected before we knew, {} whose account has none.",
        total.before_we_knew, total.not_offered
    );
    let header = [
        "customers",
        "p50",
        "p90",
        "p99",
        "in 60 s",
        "at most",
        "told",
        "by a look",
        "awaited",
        "late",
    ];
    Some(table(&title, header, lines))
}

fn refresh(rows: &[(String, &Figures)]) -> Option<String> {
    let lines: Vec<_> = rows
        .iter()
        .filter(|(_, figures)| figures.refresh.looked_within_24h.of + figures.refresh.bills_stale > 0)
        .map(|(name, figures)| {
            let refresh = &figures.refresh;
            [
                name.clone(),
                of(refresh.looked_within_24h),
                of(refresh.fresh_within_24h),
                of(refresh.fresh_when_looked),
                refresh.bills_stale.to_string(),
                refresh.intervals_stale.to_string(),
            ]
        })
        .collect();
    let header = [
        "customers",
        "looked at in 24 h",
        "interval of 24 h",
        "when looked at",
        "bills stopped",
        "intervals stopped",
    ];
    let title = "Refresh, of the connected whose first intervals are there.";
    (!lines.is_empty()).then(|| table(title, header, lines))
}

fn reauthorization(rows: &[(String, &Figures)]) -> Option<String> {
    let lines: Vec<_> = rows
        .iter()
        .filter(|(_, figures)| figures.reauthorization.losses > 0)
        .map(|(name, figures)| {
            let lost = &figures.reauthorization;
            let reason = |why: &str| lost.by_reason.get(why).copied().unwrap_or(0).to_string();
            let within = lost.repair.within;
            [
                name.clone(),
                lost.losses.to_string(),
                lost.per_100_in_30_days.map_or("-".to_owned(), |rate| rate.to_string()),
                reason("credentials_are_invalid"),
                reason("mfa_factor_has_expired"),
                reason("untold"),
                lost.found.to_string(),
                time(lost.repair.time.p50_s),
                time(lost.repair.time.p90_s),
                of(within.day),
                of(within.week),
                of(within.month),
                lost.repair.open.to_string(),
            ]
        })
        .collect();
    let header = [
        "customers",
        "lost",
        "per 100 in 30 d",
        "password",
        "second factor",
        "untold",
        "by a look",
        "repair p50",
        "p90",
        "in 1 d",
        "in 7 d",
        "in 30 d",
        "open",
    ];
    let title = "Lost connections. They count from when we learned of them.";
    (!lines.is_empty()).then(|| table(title, header, lines))
}

fn messages(total: &Figures) -> String {
    let messages = &total.messages;
    let mut lines: Vec<[String; 2]> = messages
        .by_diagnosis
        .iter()
        .map(|(diagnosis, sent)| [diagnosis.replace('_', " "), sent.to_string()])
        .collect();
    lines.push(["all".to_owned(), messages.sent.to_string()]);
    lines.push([
        "after a known completion (must be 0)".to_owned(),
        messages.after_completion.to_string(),
    ]);
    lines.push([
        "of these ordered before it was known".to_owned(),
        messages.ordered_before.to_string(),
    ]);
    table(
        "Messages, by where the customer had stopped.",
        ["messages", "sent"],
        lines,
    )
}

fn unavailable(report: &Report) -> String {
    let line = |(what, why): (&&str, &&str)| format!("- {}: {why}.", what.replace('_', " "));
    let lines: Vec<_> = report.unavailable.iter().map(line).collect();
    format!("What no figure here shows\n{}", lines.join("\n"))
}

fn time(seconds: Option<u64>) -> String {
    seconds.map_or("-".to_owned(), span)
}

fn of(share: Share) -> String {
    match share.percent() {
        Some(percent) => format!("{}/{} ({percent} %)", share.part, share.of),
        None => "-".to_owned(),
    }
}
