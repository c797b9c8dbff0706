//! One function, as the process that Lambda would start.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use axum::body::Bytes;
use serde_json::Value;
use tokio::process::{Child, Command};
use tokio::sync::oneshot;

use super::runtime::{Did, RuntimeApi};
use crate::machine::field;

/// No init and no invocation takes longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A started function.
pub(crate) struct Process {
    child: Child,
    api: RuntimeApi,
    waits: Option<oneshot::Sender<Bytes>>,
    log: PathBuf,
    /// From the start of the process to its first question for an event.
    pub(crate) init: Duration,
    /// The processor time that it has used until then.
    pub(crate) init_processor: Duration,
}

impl Process {
    /// Starts a program with an environment of its own, and waits until it is ready.
    pub(crate) async fn start(
        program: &Path,
        environment: &[(String, String)],
        folder: &Path,
        name: &str,
    ) -> anyhow::Result<Self> {
        let mut api = RuntimeApi::start().await?;
        let log = folder.join(format!("{name}.log"));
        let output = std::fs::File::create(&log)?;
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", api.address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", format!("bench-{name}"))
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/bench-{name}"))
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "bench")
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .kill_on_drop(true);
        let began = Instant::now();
        let mut child = command
            .spawn()
            .with_context(|| format!("{} cannot be started", program.display()))?;
        let asked = tokio::select! {
            asked = tokio::time::timeout(PATIENCE, api.asked()) => asked,
            ended = child.wait() => bail!("{name} ended at its start with {}:\n{}", ended?, said(&log)),
        };
        let (at, waits) = asked
            .with_context(|| format!("{name} was never ready:\n{}", said(&log)))?
            .with_context(|| said(&log))?;
        let id = child.id().context("the function has ended")?;
        Ok(Process {
            child,
            api,
            waits: Some(waits),
            log,
            init: at - began,
            init_processor: processor_time(id)?,
        })
    }

    /// Hands an event over, and waits for the answer and until the function is ready for the next one.
    /// Answers how long it took to answer, and what.
    pub(crate) async fn invoke(&mut self, event: &Value) -> anyhow::Result<(Duration, Value)> {
        let invoked = tokio::time::timeout(PATIENCE, self.handed_over(event)).await;
        invoked
            .context("no answer in time")
            .and_then(|answered| answered)
            .with_context(|| said(&self.log))
    }

    async fn handed_over(&mut self, event: &Value) -> anyhow::Result<(Duration, Value)> {
        let event = Bytes::from(serde_json::to_vec(event)?);
        let waits = self.waits.take().context("the function does not wait for an event")?;
        let began = Instant::now();
        ensure!(waits.send(event).is_ok(), "the function has hung up");
        let noted = self.api.next().await?;
        let answer = match noted.did {
            Did::Answered(answer) => answer,
            Did::Failed(why) => bail!("it failed: {}", String::from_utf8_lossy(&why)),
            Did::Asked(_) => bail!("it asked for another event before it had answered"),
        };
        let (_, waits) = self.api.asked().await?;
        self.waits = Some(waits);
        Ok((noted.at - began, serde_json::from_slice(&answer)?))
    }

    /// The most memory that it ever had resident, in megabytes.
    pub(crate) fn peak_memory(&self) -> anyhow::Result<f64> {
        let id = self.child.id().context("the function has ended")?;
        let text = field(&format!("/proc/{id}/status"), "VmHWM").context("the kernel says nothing of its memory")?;
        let kilobytes: f64 = text.split(' ').next().unwrap_or_default().parse()?;
        Ok(kilobytes * 1024.0 / 1e6)
    }

    /// The bytes that it has logged.
    pub(crate) fn logged(&self) -> std::io::Result<u64> {
        Ok(std::fs::metadata(&self.log)?.len())
    }

    /// What it has logged of one of its metrics.
    pub(crate) fn measured(&self, metric: &str) -> std::io::Result<Vec<f64>> {
        let text = std::fs::read_to_string(&self.log)?;
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let values = lines.filter_map(|line| line.get(metric)?.as_array().cloned());
        Ok(values.flatten().filter_map(|value| value.as_f64()).collect())
    }

    /// Ends it, and waits until it has ended: its time must not be another one's.
    pub(crate) async fn end(mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }
}

/// What the scheduler has counted for all threads of a process. (Its times in `stat` are hundredths of a second.)
fn processor_time(id: u32) -> anyhow::Result<Duration> {
    let mut nanoseconds = 0;
    for thread in std::fs::read_dir(format!("/proc/{id}/task"))? {
        let text = std::fs::read_to_string(thread?.path().join("schedstat"))?;
        let ran = text.split(' ').next().context("the kernel says nothing of its time")?;
        nanoseconds += ran.parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanoseconds))
}

/// The end of what a function has logged.
fn said(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let last = lines.len().saturating_sub(20);
    lines.get(last..).unwrap_or_default().join("\n")
}
