//! The functions of AWS as Lambda starts them, beside a bare runtime.

mod floor;
mod functions;
mod process;
mod provider;
mod runtime;
mod stage;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use aws::Table;
use clap::Args;
use serde_json::Value;

use crate::local::project;
use crate::report::{Figure, Report, Target, median};
use crate::{Settings, progress, say};
use floor::TwoCalls;
use functions::{FUNCTIONS, Function, STACK};
use process::Process;
use stage::Stage;

/// Which programs are measured.
#[derive(Args, Clone)]
pub(crate) struct Options {
    /// The folder of the functions' programs: NAME/bootstrap. Without it, target/lambda.
    #[arg(long, value_name = "DIR")]
    functions: Option<PathBuf>,
    /// A build of the bare runtime. Without it, the functions' folder or `cargo build --release` has one.
    #[arg(long, value_name = "FILE")]
    bare: Option<PathBuf>,
}

/// Calls over standing connections that are timed, for what the emulators' answers take.
const CALLS: usize = 20;

/// One round of one function.
#[derive(Clone, Default)]
struct Round {
    init_ms: f64,
    init_processor_ms: f64,
    first_ms: f64,
    warm_ms: f64,
    memory_mb: f64,
    log_bytes: f64,
    /// What it has measured itself, where it has.
    claim_to_accepted_ms: Option<f64>,
    status_to_accepted_ms: Option<f64>,
}

/// All rounds of one function.
#[derive(Default)]
struct Rounds(Vec<Round>);

impl Rounds {
    fn of(&self, part: fn(&Round) -> f64) -> Vec<f64> {
        self.0.iter().map(part).collect()
    }
}

/// Measures all functions in turn, in each round.
pub(crate) async fn measure(options: &Options, settings: &Settings, report: &mut Report) -> anyhow::Result<()> {
    let built = options.functions.clone().unwrap_or_else(|| project(functions::BUILT));
    functions::complete(&built)?;
    let (bare, how) = functions::bare(options.bare.as_deref(), &built)?;
    say(&format!(
        "bare       {how}\nemulated   DynamoDB Local, MiniStack and a stand-in of Leap on the same cores\n"
    ));
    progress("DynamoDB Local, MiniStack");
    let mut stage = Stage::set_up(&built).await?;
    let table = Table::new(stage.clients.dynamodb(), STACK, stage.id_key());
    let mut of_bare = Rounds::default();
    let mut measured: Vec<(Function, Rounds, Vec<f64>)> = Vec::new();
    measured.extend(FUNCTIONS.map(|function| (function, Rounds::default(), Vec::new())));
    let mut two_calls = Vec::new();
    for round in 1..=settings.rounds {
        progress(&format!("lambda, round {round} of {}", settings.rounds));
        of_bare.0.push(one_round(&mut stage, &bare, "bare", 200).await?);
        for (function, rounds, waits) in &mut measured {
            let program = function.program(&built);
            let of_function = one_round(&mut stage, &program, function.name, function.warm).await?;
            rounds.0.push(of_function);
            if function.name == "touchpoint" {
                ensure!(stage.is_reminded().await?, "touchpoint has sent no reminder");
            }
            waits.push(waiting(function, &stage, &table).await?);
            if function.name == "webhook" {
                two_calls.push(calls_alone(&stage, function.warm).await?);
            }
        }
    }
    bare_figures(&bare, &of_bare, report)?;
    for (function, rounds, waits) in measured {
        let calls = if function.name == "webhook" {
            two_calls.clone()
        } else {
            Vec::new()
        };
        figures(
            function,
            &function.program(&built),
            &rounds,
            &of_bare,
            &waits,
            calls,
            report,
        )?;
    }
    Ok(())
}

/// Starts a function and invokes it, once and then warm.
async fn one_round(stage: &mut Stage, program: &Path, name: &str, warm: u32) -> anyhow::Result<Round> {
    let environment = if name == "bare" {
        Vec::new()
    } else {
        stage.environment.clone()
    };
    let mut process = Process::start(program, &environment, stage.folder(), name).await?;
    let init_ms = ms(process.init);
    let init_processor_ms = ms(process.init_processor);
    let first_ms = invoked(stage, &mut process, name).await?;
    let logged = process.logged()?;
    let mut times = Vec::new();
    for _ in 0..warm {
        times.push(invoked(stage, &mut process, name).await?);
    }
    let log_bytes = (process.logged()? - logged) as f64 / f64::from(warm.max(1));
    let memory_mb = process.peak_memory()?;
    let measured = |metric| {
        let values = process.measured(metric)?;
        anyhow::Ok((!values.is_empty()).then(|| median(&values)))
    };
    let claim_to_accepted_ms = measured("send.residual_ms")?;
    let status_to_accepted_ms = measured("send.status_age_ms")?;
    process.end().await?;
    Ok(Round {
        init_ms,
        init_processor_ms,
        first_ms,
        warm_ms: median(&times),
        memory_mb,
        log_bytes,
        claim_to_accepted_ms,
        status_to_accepted_ms,
    })
}

async fn invoked(stage: &mut Stage, process: &mut Process, name: &str) -> anyhow::Result<f64> {
    let event = stage.next_event(name).await?;
    let (took, answer) = process.invoke(&event).await.with_context(|| name.to_owned())?;
    ensure!(is_good(&answer), "{name} has answered {answer}");
    Ok(ms(took))
}

/// An answer to a request must be a good one, and no record may be left over.
fn is_good(answer: &Value) -> bool {
    let status = answer.get("statusCode").and_then(Value::as_u64);
    let left = answer.get("batchItemFailures").and_then(Value::as_array);
    status.is_none_or(|status| (200..300).contains(&status)) && left.is_none_or(Vec::is_empty)
}

/// How long a function's start waits for the emulators, in milliseconds.
async fn waiting(function: &Function, stage: &Stage, table: &Table) -> anyhow::Result<f64> {
    let mut times = Vec::new();
    // The first time makes the connections, and is not counted.
    for _ in 0..=CALLS {
        let began = Instant::now();
        function.calls_of_its_start(&stage.clients, table).await?;
        times.push(ms(began.elapsed()));
    }
    Ok(median(times.get(1..).unwrap_or_default()))
}

/// How long the webhook's two calls take by themselves, in milliseconds.
async fn calls_alone(stage: &Stage, times: u32) -> anyhow::Result<f64> {
    let mut calls = TwoCalls::like(stage.clients.dynamodb(), &stage.one_of_many()?).await?;
    calls.make().await?;
    let mut took = Vec::new();
    for _ in 0..times {
        took.push(ms(calls.make().await?));
    }
    Ok(median(&took))
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn megabytes(program: &Path) -> anyhow::Result<f64> {
    let metadata = std::fs::metadata(program).with_context(|| program.display().to_string())?;
    Ok(metadata.len() as f64 / 1e6)
}

fn bare_figures(bare: &Path, rounds: &Rounds, report: &mut Report) -> anyhow::Result<()> {
    let rows = [
        ("bare runtime, program", "MB", vec![megabytes(bare)?]),
        ("bare runtime, init", "ms", rounds.of(|round| round.init_ms)),
        (
            "bare runtime,   its processor time",
            "ms",
            rounds.of(|round| round.init_processor_ms),
        ),
        (
            "bare runtime, first invocation",
            "ms",
            rounds.of(|round| round.first_ms),
        ),
        ("bare runtime, warm invocation", "ms", rounds.of(|round| round.warm_ms)),
        ("bare runtime, memory", "MB", rounds.of(|round| round.memory_mb)),
    ];
    for (what, unit, values) in rows {
        report.add(Figure {
            what: what.to_owned(),
            unit,
            values,
            floor: Vec::new(),
            target: Target::None,
        });
    }
    Ok(())
}

fn figures(
    function: Function,
    program: &Path,
    rounds: &Rounds,
    bare: &Rounds,
    waits: &[f64],
    two_calls: Vec<f64>,
    report: &mut Report,
) -> anyhow::Result<()> {
    let name = function.name;
    let mut add = |what: &str, unit, values, floor, target| {
        let what = format!("{name}, {what}");
        report.add(Figure {
            what,
            unit,
            values,
            floor,
            target,
        });
    };
    let init = rounds.of(|round| round.init_ms);
    let bare_init = bare.of(|round| round.init_ms);
    add(
        "program",
        "MB",
        vec![megabytes(program)?],
        Vec::new(),
        Target::Below(6.0),
    );
    add("init", "ms", init, bare_init, Target::TimesFloor(2.0));
    add(
        "  its calls, made by the bench",
        "ms",
        waits.to_vec(),
        Vec::new(),
        Target::None,
    );
    add(
        "  its processor time",
        "ms",
        rounds.of(|round| round.init_processor_ms),
        bare.of(|round| round.init_processor_ms),
        Target::TimesFloor(2.0),
    );
    add(
        "first invocation",
        "ms",
        rounds.of(|round| round.first_ms),
        bare.of(|round| round.first_ms),
        Target::None,
    );
    let warm = rounds.of(|round| round.warm_ms);
    if two_calls.is_empty() {
        add(
            "warm invocation",
            "ms",
            warm,
            bare.of(|round| round.warm_ms),
            Target::None,
        );
    } else {
        let with_runtime = two_calls.iter().zip(bare.of(|round| round.warm_ms));
        let with_runtime = with_runtime.map(|(calls, bare)| calls + bare).collect();
        add(
            "warm invocation (floor: its two calls)",
            "ms",
            warm.clone(),
            two_calls,
            Target::TimesFloor(1.3),
        );
        add(
            "  the same (floor: with a bare invocation)",
            "ms",
            warm,
            with_runtime,
            Target::TimesFloor(1.3),
        );
    }
    let windows = [
        (
            "  from the claim to SES's acceptance",
            measured(rounds, |round| round.claim_to_accepted_ms),
        ),
        (
            "  from the provider's answer to SES's acceptance",
            measured(rounds, |round| round.status_to_accepted_ms),
        ),
    ];
    for (what, values) in windows {
        if !values.is_empty() {
            add(what, "ms", values, Vec::new(), Target::None);
        }
    }
    add(
        "memory",
        "MB",
        rounds.of(|round| round.memory_mb),
        bare.of(|round| round.memory_mb),
        Target::Below(12.0),
    );
    add(
        "log of a warm invocation",
        "bytes",
        rounds.of(|round| round.log_bytes),
        Vec::new(),
        Target::None,
    );
    Ok(())
}

/// What a function has measured itself, in the rounds in which it has.
fn measured(rounds: &Rounds, part: fn(&Round) -> Option<f64>) -> Vec<f64> {
    rounds.0.iter().filter_map(part).collect()
}
