//! The demo: how long until the first reminder, and until the end.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::load::Wire;
use crate::program::Program;
use crate::report::{Figure, Report, Target};
use crate::{Settings, progress};

/// How often the demo's page is asked.
const ASK_EVERY: Duration = Duration::from_millis(100);

/// Runs the demo, watching its page as a browser would.
pub(crate) async fn measure(program: &Program, settings: &Settings, report: &mut Report) -> anyhow::Result<()> {
    let (mut first, mut whole) = (Vec::new(), Vec::new());
    for round in 1..=settings.rounds {
        progress(&format!("demo, round {round} of {}", settings.rounds));
        let (reminder, end) = story(program).await?;
        first.push(reminder.as_secs_f64());
        whole.push(end.as_secs_f64());
    }
    report.add(Figure {
        what: "demo, from the start to the first reminder".to_owned(),
        unit: "s",
        values: first,
        floor: Vec::new(),
        target: Target::Below(10.0),
    });
    report.add(Figure {
        what: "demo, from the start to the end".to_owned(),
        unit: "s",
        values: whole,
        floor: Vec::new(),
        target: Target::Below(60.0),
    });
    Ok(())
}

async fn story(program: &Program) -> anyhow::Result<(Duration, Duration)> {
    let began = Instant::now();
    let mut child = program.demo()?;
    let output = child.stdout.take().context("the demo's output")?;
    let mut lines = BufReader::new(output).lines();
    let address = loop {
        let line = lines.next_line().await?.context("the demo ended before it began")?;
        if let Some(address) = address_in(&line) {
            break address;
        }
    };
    // What it says later must be taken, too: a full pipe would hold it up.
    let rest = tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    let mut wire = Wire::connect(address).await?;
    let first = loop {
        let (status, body) = wire.get("/demo/state.json").await?;
        ensure!(status == 200, "the demo's state was answered {status}");
        if reminders(&serde_json::from_slice(&body)?) > 0 {
            break began.elapsed();
        }
        tokio::time::sleep(ASK_EVERY).await;
    };
    drop(wire);
    let ended = child.wait().await?;
    let whole = began.elapsed();
    ensure!(ended.success(), "the demo ended with {ended}");
    rest.await?;
    Ok((first, whole))
}

/// The address in `Open http://127.0.0.1:8787/ in a browser.`
fn address_in(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("http://")?;
    rest.split('/').next()?.parse().ok()
}

/// Reminders sent, over all touches.
fn reminders(state: &Value) -> u64 {
    let sent = state.pointer("/reminders/sent").and_then(Value::as_array);
    sent.into_iter().flatten().filter_map(Value::as_u64).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_demo_says_is_understood() {
        let line = "Rekindle's demo is running. Open http://127.0.0.1:4711/ in a browser.";
        assert_eq!(address_in(line), Some(SocketAddr::from(([127, 0, 0, 1], 4711))));
        let state = serde_json::json!({ "reminders": { "sent": [2, 1, 0] } });
        assert_eq!(reminders(&state), 3);
    }
}
