//! A hundred thousand timers due at once: how long until all are served, and whether a limit is broken on the way.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use clap::Args;
use hdrhistogram::Histogram;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

use crate::book::{Book, Told, time};
use crate::load::{self, Load, Wire};
use crate::program::{self, Program, Server, Setting};
use crate::report::{Figure, Report, Target, number};
use crate::soak::{Watch, rewritten};
use crate::stand_in::{StandIn, most_within};
use crate::world::after;
use crate::{Settings, memory, progress, say};

/// How large the herd is, and what it meets.
#[derive(Args, Clone)]
pub(crate) struct Options {
    /// Timers that are due at once.
    #[arg(long, value_name = "N", default_value = "100000", value_parser = clap::value_parser!(u32).range(1..))]
    timers: u32,
    /// Calls that the provider allows in a minute. At most three quarters of them are checks before a send.
    #[arg(long, value_name = "N", default_value = "60000", value_parser = clap::value_parser!(u32).range(4..))]
    calls: u32,
}

/// How often the program is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often a webhook of somebody else arrives meanwhile.
const PROBE_EVERY: Duration = Duration::from_millis(20);

/// No herd takes longer.
const PATIENCE: Duration = Duration::from_secs(1_800);

/// The bench sees a call when it arrives, and the program counts it when it leaves: among the calls of a minute, these
/// may come from the minute before.
const UNDER_WAY: f64 = 64.0;

/// How the herd comes about.
#[derive(Clone, Copy)]
enum Herd {
    /// The machine was off for two hours, in which all of them fell due.
    Woken,
    /// All fell due in the night, and the sending hours begin at nine.
    Morning,
}

/// The first touch's window is wide; everybody is written to, around the clock.
const CAMPAIGN: [(&str, &str); 4] = [
    ("until = \"1h\"", "until = \"12h\""),
    ("holdout = \"10%\"", "holdout = \"0%\""),
    ("per_day = 2", "per_day = 5"),
    ("one_series_per_inbox = true", "one_series_per_inbox = false"),
];

/// The mail's hours: the first pair of lines of the kind.
const HOURS: [(&str, &str); 2] = [
    ("start = \"00:00\"", "start = \"09:00\""),
    ("end = \"24:00\"", "end = \"20:00\""),
];

/// In the morning herd, an hour passes in twelve minutes.
const MORNING_SPEED: u32 = 5;

impl Herd {
    fn name(self) -> &'static str {
        match self {
            Herd::Woken => "woken",
            Herd::Morning => "morning",
        }
    }

    fn speed(self) -> u32 {
        match self {
            Herd::Woken => 1,
            Herd::Morning => MORNING_SPEED,
        }
    }

    fn campaign(self, example: &str) -> anyhow::Result<String> {
        let campaign = rewritten(example, &CAMPAIGN)?;
        match self {
            Herd::Woken => Ok(campaign),
            Herd::Morning => rewritten(&campaign, &HOURS),
        }
    }
}

/// Both herds.
pub(crate) async fn measure(
    program: &Program,
    settings: &Settings,
    options: &Options,
    report: &mut Report,
) -> anyhow::Result<()> {
    for herd in [Herd::Woken, Herd::Morning] {
        progress(&format!("herd, {}", herd.name()));
        let served = serve(program, settings, options, herd).await?;
        served.add_to(report, herd, options);
    }
    Ok(())
}

struct Served {
    /// Real seconds until the last one had been sent, from the start of the program.
    within_s: f64,
    messages: u64,
    twice: u64,
    /// The most in a second, and in a minute, of the program's time.
    most_messages: (usize, usize),
    calls: usize,
    /// The most in a second, and in a minute, of the program's time.
    most_calls: (usize, usize),
    held: u64,
    took: Histogram<u64>,
    processor_s: f64,
    memory_mb: f64,
}

async fn serve(program: &Program, settings: &Settings, options: &Options, herd: Herd) -> anyhow::Result<Served> {
    let folder = settings.folder()?;
    let folder = folder.path();
    let book = Book::default();
    let stand_in = StandIn::start(&book)?;
    let setting = Setting {
        provider: &stand_in.url,
        calls_per_minute: options.calls,
        page_size: 1_000,
        campaign: Some(herd.campaign(&program.printed("campaign").await?)?),
    };
    program.configure_with(folder, &setting).await?;
    progress(&format!("herd, {} contacts and webhooks", options.timers));
    memory::fill(folder, options.timers).await?;
    if matches!(herd, Herd::Morning) {
        // Three in the morning in Los Angeles, where all of them live, on a day without a change of clocks.
        let now = clock(folder)?;
        let night = time(Some(&"2027-06-02T10:00:00Z".into()))?;
        move_clock(folder, night.duration_since(now))?;
    }
    let server = program.serve(folder).await?;
    book.begin(Told::read(server.address, 1).await?);
    for customer in 0..options.timers {
        book.starts(customer);
    }
    load::deliver(Load::of_each(server.address, settings.connections, options.timers, 0)).await?;
    server.kill().await?;
    // While nobody runs on the folder: as if the machine had been off for so long.
    move_clock(
        folder,
        match herd {
            Herd::Woken => SignedDuration::from_hours(2),
            Herd::Morning => SignedDuration::from_mins(5 * 60 + 50),
        },
    )?;
    progress(&format!("herd, {} timers are due", options.timers));
    let calls_before = stand_in.calls();
    let began = Instant::now();
    let server = program.serve_at(folder, herd.speed()).await?;
    let (within_s, took) = watch(folder, &server, options, herd, began).await?;
    let processor_s = server.processor_seconds()?;
    let memory_mb = server.memory("VmHWM")?;
    let held = counter(folder, "touch.held")?;
    server.kill().await?;
    let (at, twice) = sent(folder)?;
    let speed = herd.speed();
    let most_messages =
        |span: SignedDuration| most_within(at.iter().copied(), |first, last| last.duration_since(first) < span);
    Ok(Served {
        within_s,
        messages: at.len() as u64,
        twice,
        most_messages: (
            most_messages(SignedDuration::from_secs(1)),
            most_messages(SignedDuration::from_mins(1)),
        ),
        calls: stand_in.calls() - calls_before,
        most_calls: (
            stand_in.most_calls_within(Duration::from_secs(1) / speed),
            stand_in.most_calls_within(Duration::from_secs(60) / speed),
        ),
        held,
        took,
        processor_s,
        memory_mb,
    })
}

/// Looks until everybody has been written to, while somebody else's webhooks arrive.
async fn watch(
    folder: &Path,
    server: &Server,
    options: &Options,
    herd: Herd,
    began: Instant,
) -> anyhow::Result<(f64, Histogram<u64>)> {
    let watch = Watch::open(folder, herd.speed())?;
    let told = Told::read(server.address, herd.speed()).await?;
    let mut wire = Wire::connect(server.address).await?;
    let mut took = Histogram::new(3)?;
    let (mut customer, mut looked) = (options.timers, Instant::now());
    let log = program::data(folder).join("outbox/messages.jsonl");
    loop {
        let probed = Instant::now();
        let status = wire.exchange(load::opening(customer).as_bytes()).await?;
        ensure!(status == 200, "a webhook was answered {status}");
        took.record(u64::try_from(probed.elapsed().as_micros())?)?;
        customer += 1;
        if looked.elapsed() >= LOOK_EVERY {
            looked = Instant::now();
            let messages = watch.messages()?;
            let (due, oldest_s) = watch.due(told.now())?;
            say(&format!(
                "{:>6.1} s  {} messages, {} timers due, the oldest for {} s, {} MB",
                began.elapsed().as_secs_f64(),
                number(messages as f64),
                number(due as f64),
                number(oldest_s),
                number(server.memory("VmRSS")?),
            ));
            let lines = std::fs::read(&log).map_or(0, |log| log.iter().filter(|byte| **byte == b'\n').count());
            if lines as u32 >= options.timers {
                return Ok((began.elapsed().as_secs_f64(), took));
            }
            ensure!(began.elapsed() < PATIENCE, "the herd was not served in half an hour");
        }
        tokio::time::sleep(PROBE_EVERY).await;
    }
}

/// The program's time that its folder remembers.
fn clock(folder: &Path) -> anyhow::Result<Timestamp> {
    let kept: Value = serde_json::from_slice(&std::fs::read(program::data(folder).join("clock.json"))?)?;
    time(kept.get("program"))
}

/// Moves the program's time on, while nobody runs on the folder.
fn move_clock(folder: &Path, by: SignedDuration) -> anyhow::Result<()> {
    let file = program::data(folder).join("clock.json");
    let mut kept: Value = serde_json::from_slice(&std::fs::read(&file)?)?;
    let moved = after(clock(folder)?, by).to_string();
    *kept.get_mut("program").context("a time")? = moved.into();
    Ok(std::fs::write(&file, serde_json::to_vec(&kept)?)?)
}

/// When each message was composed, in order, and how many customers have more than one.
fn sent(folder: &Path) -> anyhow::Result<(Vec<Timestamp>, u64)> {
    let log = std::fs::read_to_string(program::data(folder).join("outbox/messages.jsonl"))?;
    let (mut at, mut each) = (Vec::new(), BTreeMap::<String, u64>::new());
    for line in log.lines() {
        let line: Value = serde_json::from_str(line)?;
        at.push(time(line.get("at"))?);
        let reference = line
            .get("reference")
            .and_then(Value::as_str)
            .context("a line of the log")?;
        *each.entry(reference.to_owned()).or_default() += 1;
    }
    at.sort_unstable();
    Ok((at, each.values().map(|messages| messages - 1).sum()))
}

/// One of the program's counters.
fn counter(folder: &Path, name: &str) -> anyhow::Result<u64> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(program::data(folder).join("rekindle.db"), flags)?;
    Ok(database.query_row(
        "SELECT COALESCE(SUM(value), 0) FROM counters WHERE name = ?1",
        [name],
        |row| row.get(0),
    )?)
}

impl Served {
    fn add_to(&self, report: &mut Report, herd: Herd, options: &Options) {
        let mut add = |what: &str, unit, value: f64, target| {
            report.add(Figure {
                what: format!("herd, {}: {what}", herd.name()),
                unit,
                values: vec![value],
                floor: Vec::new(),
                target,
            });
        };
        let quantile = |share| self.took.value_at_quantile(share) as f64 / 1e3;
        let timers = f64::from(options.timers);
        add("messages", "", self.messages as f64, Target::AtLeast(timers));
        add(
            "customers with more than one",
            "",
            self.twice as f64,
            Target::Below(1.0),
        );
        add("all are served within, real time", "s", self.within_s, Target::None);
        add(
            "messages a second, real time",
            "/s",
            timers / self.within_s,
            Target::None,
        );
        add(
            "the most messages in a second",
            "",
            self.most_messages.0 as f64,
            Target::None,
        );
        add(
            "the most messages in a minute",
            "",
            self.most_messages.1 as f64,
            Target::None,
        );
        add("calls to the provider", "", self.calls as f64, Target::None);
        add("the most calls in a second", "", self.most_calls.0 as f64, Target::None);
        add(
            "the most calls in a minute",
            "",
            self.most_calls.1 as f64,
            Target::Below(f64::from(options.calls) + UNDER_WAY + 1.0),
        );
        add("times that a touch was held", "", self.held as f64, Target::None);
        add(
            "half of others' webhooks are answered within",
            "ms",
            quantile(0.5),
            Target::None,
        );
        add(
            "99 % of others' webhooks are answered within",
            "ms",
            quantile(0.99),
            Target::Below(250.0),
        );
        add("the longest answer", "ms", quantile(1.0), Target::Below(2_000.0));
        add("processor time", "s", self.processor_s, Target::None);
        add("memory, the most", "MB", self.memory_mb, Target::Below(150.0));
    }
}
