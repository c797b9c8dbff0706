//! Light's stand-in as a program of its own, for tests that are no program of ours: it says where it is in the file
//! that it is told of, and serves until it is killed.

#![allow(
    clippy::disallowed_methods,
    reason = "nothing here is decided, so the machine's own time is right"
)]

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use sandbox::Clock;
use sandbox::light::{LightConfig, LightSandbox};

struct MachineClock;

impl Clock for MachineClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let milliseconds = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(file), Some(token)) = (arguments.next(), arguments.next()) else {
        return Err("tell the file to write the address to, and the App's token".into());
    };
    let sandbox = LightSandbox::start(LightConfig::new(7, token), Arc::new(MachineClock)).await?;
    // Whole at once: who waits for the file must not read half of it.
    let half = format!("{file}.part");
    std::fs::write(&half, sandbox.base_url())?;
    std::fs::rename(half, file)?;
    std::future::pending().await
}
