//! Many minutes at half of the maximum, with faults: memory stays flat, no timer is left behind, nothing is lost.

mod campaign;
mod judge;
mod load;
mod picture;
mod watch;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::bail;
use clap::Args;
use comfy_table::{Table, presets};
use hdrhistogram::Histogram;

pub(crate) use campaign::rewritten;
pub(crate) use watch::Watch;

use self::load::{ARRIVALS, Load, Tally};
use self::watch::Sample;
use crate::book::{Book, Told};
use crate::load::Load as Rush;
use crate::program::{Program, Server, Setting};
use crate::report::{Figure, Report, Target, number};
use crate::stand_in::{StandIn, Trouble};
use crate::{Settings, memory, progress, say};

/// How long a soak is, and what it leaves.
#[derive(Args, Clone)]
pub(crate) struct Options {
    /// Minutes of load. In less than two, a turn of trouble would be shorter than a look.
    #[arg(long, value_name = "N", default_value = "20", value_parser = clap::value_parser!(u32).range(2..))]
    minutes: u32,
    /// Where the samples go, and a picture of them: FILE.csv and FILE.svg.
    #[arg(long, value_name = "FILE")]
    samples: Option<PathBuf>,
}

/// Seconds of the program's time in each of the machine's.
const SPEED: u32 = 60;

/// The seconds for which the maximum is measured.
const MAXIMUM_S: u32 = 10;

/// How often the program is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// How long timers may take to catch up after the load, and the outbox's files.
const CATCH_UP: Duration = Duration::from_secs(120);

/// The program's budget of calls in a minute of its time, which is a second of ours.
const CALLS: u32 = 4_000;

/// What happens in each twentieth of the time. The second half belongs to one process.
const TURNS: [Turn; 20] = [
    Turn::Calm,
    Turn::Calm,
    Turn::Trouble(Trouble::Late),
    Turn::Calm,
    Turn::Kill,
    Turn::Trouble(Trouble::Throttled),
    Turn::Calm,
    Turn::Kill,
    Turn::Calm,
    Turn::Trouble(Trouble::Failing),
    Turn::Calm,
    Turn::Trouble(Trouble::Hung),
    Turn::Calm,
    Turn::Trouble(Trouble::Cut),
    Turn::Calm,
    Turn::Trouble(Trouble::Late),
    Turn::Calm,
    Turn::Trouble(Trouble::Throttled),
    Turn::Calm,
    Turn::Calm,
];

#[derive(Clone, Copy)]
enum Turn {
    Calm,
    Trouble(Trouble),
    /// The program is killed and started again, at the turn's beginning.
    Kill,
}

/// Measures the maximum, then loads for many minutes, then compares.
pub(crate) async fn measure(
    program: &Program,
    settings: &Settings,
    options: &Options,
    report: &mut Report,
) -> anyhow::Result<()> {
    progress("soak, the maximum");
    let maximum = maximum(program, settings).await?;
    let rate = maximum / 2.0;
    let folder = settings.folder()?;
    let folder = folder.path();
    let book = Book::default();
    let stand_in = StandIn::start(&book)?;
    let example = program.printed("campaign").await?;
    let setting = Setting {
        provider: &stand_in.url,
        calls_per_minute: CALLS,
        page_size: 1_000,
        campaign: Some(campaign::faster(&example)?),
    };
    program.configure_with(folder, &setting).await?;
    // The same customers never come twice, and none comes whom the program does not know.
    let customers = (f64::from(options.minutes * 60) * ARRIVALS * 1.3) as u32 + 2_000;
    progress(&format!("soak, {customers} contacts"));
    memory::fill(folder, customers).await?;
    let server = program.serve_at(folder, SPEED).await?;
    book.begin(Told::read(server.address, SPEED).await?);
    progress(&format!(
        "soak, {} minutes at {} webhooks/s",
        options.minutes,
        number(rate)
    ));
    let soaked = Soak {
        program,
        settings,
        options,
        folder,
        book: &book,
        stand_in: &stand_in,
    }
    .run(server, rate)
    .await?;
    if let Some(file) = &options.samples {
        std::fs::write(file.with_extension("csv"), watch::csv(&soaked.samples))?;
        picture::draw(&soaked.samples, &file.with_extension("svg"))?;
    }
    progress("soak, comparing");
    let verdict = judge::judge(folder, &book.pages().customers, soaked.ended_at)?;
    say(&soaked.table(options.minutes));
    say(&soaked.counts(&verdict));
    soaked.add_to(report, maximum, rate, options.minutes);
    for (what, count) in verdict.wrong {
        report.add(Figure {
            what: format!("soak, {what}"),
            unit: "",
            values: vec![count as f64],
            floor: Vec::new(),
            target: Target::Below(1.0),
        });
    }
    Ok(())
}

/// As `serve` measures it, once.
async fn maximum(program: &Program, settings: &Settings) -> anyhow::Result<f64> {
    let folder = settings.folder()?;
    program.configure(folder.path()).await?;
    let server = program.serve(folder.path()).await?;
    let rush = Rush::of_seconds(server.address, settings.connections, MAXIMUM_S);
    let delivered = crate::load::deliver(rush).await?;
    server.kill().await?;
    Ok(delivered.rate())
}

struct Soak<'a> {
    program: &'a Program,
    settings: &'a Settings,
    options: &'a Options,
    folder: &'a Path,
    book: &'a Book,
    stand_in: &'a StandIn,
}

struct Soaked {
    samples: Vec<Sample>,
    took: Histogram<u64>,
    calm: Histogram<u64>,
    tally: Arc<Tally>,
    calls: usize,
    kills: u32,
    /// How long after the load no timer was due any more.
    caught_up_s: f64,
    ended_at: jiff::Timestamp,
}

impl Soak<'_> {
    async fn run(&self, server: Server, rate: f64) -> anyhow::Result<Soaked> {
        let tally = Arc::new(Tally::new()?);
        let load = Arc::new(Load {
            address: server.address,
            connections: self.settings.connections,
            rate,
            book: self.book.clone(),
            tally: Arc::clone(&tally),
        });
        let delivering = tokio::spawn(load::deliver(load));
        let watch = Watch::open(self.folder, SPEED)?;
        let (began, mut server) = (Instant::now(), server);
        let whole = Duration::from_secs(u64::from(self.options.minutes) * 60);
        let (mut samples, mut kills, mut turn) = (Vec::new(), 0, usize::MAX);
        let (mut took, mut calm) = (Histogram::new(3)?, Histogram::new(3)?);
        let mut last_s = 0.0;
        while began.elapsed() < whole {
            if delivering.is_finished() {
                delivering.await??;
                bail!("the load has ended before its time");
            }
            let now = turn_at(began.elapsed(), whole);
            if now != turn {
                turn = now;
                match TURNS.get(turn) {
                    Some(Turn::Trouble(trouble)) => self.stand_in.set(*trouble),
                    Some(Turn::Kill) => {
                        let address = server.address;
                        server.kill().await?;
                        server = self.program.serve_on(self.folder, address, SPEED).await?;
                        kills += 1;
                    }
                    Some(Turn::Calm) | None => self.stand_in.set(Trouble::None),
                }
            }
            tokio::time::sleep(LOOK_EVERY).await;
            let trouble = match TURNS.get(turn) {
                Some(Turn::Trouble(trouble)) => trouble.name(),
                Some(Turn::Kill) => "kill",
                Some(Turn::Calm) | None => "",
            };
            let times = tally.take_times()?;
            let at_s = began.elapsed().as_secs_f64();
            samples.push(watch.look(&server, (at_s, last_s), trouble, self.book.now(), &times)?);
            took.add(&times)?;
            if trouble.is_empty() {
                calm.add(&times)?;
            }
            last_s = at_s;
        }
        self.stand_in.set(Trouble::None);
        tally.over.store(true, Ordering::Relaxed);
        delivering.await??;
        let caught_up_s = self.catch_up(&watch).await?;
        let ended_at = self.book.now();
        // Messages go out to the end: a kill here would leave some that have no line in the log yet.
        server.end().await?;
        Ok(Soaked {
            samples,
            took,
            calm,
            tally,
            calls: self.stand_in.calls(),
            kills,
            caught_up_s,
            ended_at,
        })
    }

    /// Waits until no timer has waited for a second, and every message has its line in the outbox's log.
    async fn catch_up(&self, watch: &Watch) -> anyhow::Result<f64> {
        let began = Instant::now();
        let log = crate::program::data(self.folder).join("outbox/messages.jsonl");
        loop {
            let (_, oldest_s) = watch.due(self.book.now())?;
            let messages = watch.messages()?;
            let lines = std::fs::read(&log).map_or(0, |log| log.iter().filter(|byte| **byte == b'\n').count());
            if (oldest_s < 1.0 && lines as u64 == messages) || began.elapsed() > CATCH_UP {
                return Ok(began.elapsed().as_secs_f64());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

fn turn_at(elapsed: Duration, whole: Duration) -> usize {
    let turn = (elapsed.as_secs_f64() / whole.as_secs_f64() * TURNS.len() as f64) as usize;
    turn.min(TURNS.len() - 1)
}

impl Soaked {
    /// Each minute of the run, or each twentieth of a shorter one.
    fn table(&self, minutes: u32) -> String {
        let mut table = Table::new();
        table.load_style(presets::ASCII_MARKDOWN).set_header([
            "minute", "trouble", "memory", "files", "threads", "live", "messages", "due", "oldest", "webhooks", "50 %",
            "99 %", "longest", "disk",
        ]);
        let every = (minutes as usize * 60 / LOOK_EVERY.as_secs() as usize / 20).max(1);
        for turn in self.samples.chunks(every) {
            let Some(last) = turn.last() else { continue };
            let most = |value: fn(&Sample) -> f64| turn.iter().map(value).fold(0.0, f64::max);
            let mean = |value: fn(&Sample) -> f64| turn.iter().map(value).sum::<f64>() / turn.len() as f64;
            let trouble = turn
                .iter()
                .map(|sample| sample.trouble)
                .find(|trouble| !trouble.is_empty());
            table.add_row([
                format!("{:.1}", last.at_s / 60.0),
                trouble.unwrap_or_default().to_owned(),
                format!("{:.1} MB", last.resident_mb),
                last.descriptors.to_string(),
                last.threads.to_string(),
                number(last.live as f64),
                number(last.messages as f64),
                number(most(|sample| sample.due as f64)),
                format!("{} s", number(most(|sample| sample.oldest_s))),
                format!("{} /s", number(mean(|sample| sample.rate))),
                format!("{} ms", number(mean(|sample| sample.half_ms))),
                format!("{} ms", number(most(|sample| sample.p99_ms))),
                format!("{} ms", number(most(|sample| sample.longest_ms))),
                format!("{} MB", number(last.disk_mb)),
            ]);
        }
        format!("{table}\n")
    }

    fn counts(&self, verdict: &judge::Verdict) -> String {
        let tally = |count: &std::sync::atomic::AtomicU64| number(count.load(Ordering::Relaxed) as f64);
        let mut text = format!(
            "webhooks   {} accepted, {} of them the second time; {} malformed, {} with a wrong secret; {} delivered again\n\
             provider   {} calls\n\
             program    killed {} times\n",
            tally(&self.tally.accepted),
            tally(&self.tally.doubled),
            tally(&self.tally.malformed),
            tally(&self.tally.unauthorized),
            tally(&self.tally.again),
            number(self.calls as f64),
            self.kills,
        );
        for (what, count) in &verdict.there {
            text.push_str(&format!("           {:>9} {what}\n", number(*count as f64)));
        }
        text
    }

    fn add_to(&self, report: &mut Report, maximum: f64, rate: f64, minutes: u32) {
        let mut add = |what: &str, unit, value: f64, floor: Option<f64>, target| {
            report.add(Figure {
                what: format!("soak, {what}"),
                unit,
                values: vec![value],
                floor: floor.into_iter().collect(),
                target,
            });
        };
        let whole_s = f64::from(minutes) * 60.0;
        let second_half: Vec<&Sample> = self
            .samples
            .iter()
            .filter(|sample| sample.at_s > whole_s / 2.0)
            .collect();
        let points: Vec<_> = second_half
            .iter()
            .map(|sample| (sample.at_s, sample.resident_mb))
            .collect();
        let most = |value: fn(&Sample) -> f64| self.samples.iter().map(value).fold(0.0, f64::max);
        let answered = self.took.len() as f64 / whole_s;
        add(
            "webhooks a second (floor: the maximum)",
            "/s",
            answered,
            Some(maximum),
            Target::AtLeast(rate * 0.95),
        );
        add(
            "memory, the most",
            "MB",
            most(|sample| sample.resident_mb),
            None,
            Target::Below(150.0),
        );
        add(
            "memory, rise over the second half, by its slope",
            "MB",
            watch::slope(&points) * whole_s / 2.0,
            None,
            Target::Below(5.0),
        );
        let descriptors =
            |samples: &[&Sample]| samples.iter().map(|sample| sample.descriptors).max().unwrap_or(0) as f64;
        let (early, late) = second_half.split_at(second_half.len() / 2);
        add(
            "open files, the most in the last quarter (floor: in the one before)",
            "",
            descriptors(late),
            Some(descriptors(early)),
            Target::TimesFloor(1.2),
        );
        add(
            "threads, the most",
            "",
            most(|sample| sample.threads as f64),
            None,
            Target::None,
        );
        add(
            "half are answered within, without trouble",
            "ms",
            quantile(&self.calm, 0.5),
            None,
            Target::None,
        );
        add(
            "99 % are answered within, without trouble",
            "ms",
            quantile(&self.calm, 0.99),
            None,
            Target::Below(25.0),
        );
        add(
            "99 % are answered within, always",
            "ms",
            quantile(&self.took, 0.99),
            None,
            Target::None,
        );
        add(
            "99.9 % are answered within, always",
            "ms",
            quantile(&self.took, 0.999),
            None,
            Target::None,
        );
        add(
            "the longest answer",
            "ms",
            quantile(&self.took, 1.0),
            None,
            Target::Below(2_000.0),
        );
        add(
            "a timer overdue, the longest, without trouble",
            "s",
            self.oldest_in_calm(),
            None,
            Target::Below(5.0),
        );
        add(
            "a timer overdue, the longest, always",
            "s",
            most(|sample| sample.oldest_s),
            None,
            Target::None,
        );
        add(
            "caught up after the load",
            "s",
            self.caught_up_s,
            None,
            Target::Below(10.0),
        );
    }

    /// The oldest timer that was due in calm turns, of which the first quarter is left to recover.
    fn oldest_in_calm(&self) -> f64 {
        let (mut oldest, mut since) = (0.0_f64, 0.0);
        let turn_s = self.samples.last().map_or(0.0, |last| last.at_s) / TURNS.len() as f64;
        for sample in &self.samples {
            if !sample.trouble.is_empty() {
                since = sample.at_s;
            } else if sample.at_s - since > turn_s / 4.0 {
                oldest = oldest.max(sample.oldest_s);
            }
        }
        oldest
    }
}

fn quantile(took: &Histogram<u64>, share: f64) -> f64 {
    took.value_at_quantile(share) as f64 / 1e3
}
