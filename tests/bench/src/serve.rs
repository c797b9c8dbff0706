//! Durable webhooks a second, beside a server that only writes a row.

use std::path::Path;

use crate::load::{self, Load};
use crate::program::{self, Program, Server};
use crate::report::{Figure, Report, Target};
use crate::{Settings, progress};

/// The figures of one server, a value for each round.
#[derive(Default)]
struct Rounds {
    rate: Vec<f64>,
    median_ms: Vec<f64>,
    p99_ms: Vec<f64>,
    cpu_us: Vec<f64>,
}

impl Rounds {
    async fn add(&mut self, server: &Server, settings: &Settings) -> anyhow::Result<()> {
        let before = server.processor_seconds()?;
        let load = Load::of_seconds(server.address, settings.connections, settings.seconds);
        let whole = load.longest.as_secs_f64();
        let delivered = load::deliver(load).await?;
        let cpu = server.processor_seconds()? - before;
        self.rate.push(delivered.rate());
        self.median_ms.push(delivered.quantile(0.5));
        self.p99_ms.push(delivered.quantile(0.99));
        // The warm-up's time is in it, so its webhooks must be too: at the same rate, as near as makes no matter.
        self.cpu_us.push(cpu / (delivered.rate() * whole) * 1e6);
        Ok(())
    }
}

/// Loads the program and the floor in turn, each with a fresh folder in each round.
pub(crate) async fn measure(program: &Program, settings: &Settings, report: &mut Report) -> anyhow::Result<()> {
    let (mut ours, mut floor) = (Rounds::default(), Rounds::default());
    for round in 1..=settings.rounds {
        progress(&format!("serve, round {round} of {}", settings.rounds));
        let folder = settings.folder()?;
        let server = start(program, folder.path()).await?;
        ours.add(&server, settings).await?;
        server.kill().await?;
        let folder = settings.folder()?;
        let server = program::floor(folder.path()).await?;
        floor.add(&server, settings).await?;
        server.kill().await?;
    }
    let connections = settings.connections;
    report.add(Figure {
        what: format!("serve, durable webhooks over {connections} connections"),
        unit: "/s",
        values: ours.rate,
        floor: floor.rate,
        target: Target::AtLeast(5_000.0),
    });
    report.add(Figure {
        what: "serve, half are answered within".to_owned(),
        unit: "ms",
        values: ours.median_ms,
        floor: floor.median_ms,
        target: Target::None,
    });
    report.add(Figure {
        what: "serve, 99 % are answered within".to_owned(),
        unit: "ms",
        values: ours.p99_ms,
        floor: floor.p99_ms,
        target: Target::Below(25.0),
    });
    report.add(Figure {
        what: "serve, processor time for a webhook".to_owned(),
        unit: "us",
        values: ours.cpu_us,
        floor: floor.cpu_us,
        target: Target::None,
    });
    Ok(())
}

async fn start(program: &Program, folder: &Path) -> anyhow::Result<Server> {
    program.configure(folder).await?;
    program.serve(folder).await
}
