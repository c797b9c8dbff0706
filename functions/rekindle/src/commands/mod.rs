//! The operator's commands, one room each.

pub(crate) mod campaign;
pub(crate) mod config;
pub(crate) mod contacts;
pub(crate) mod explain;
pub(crate) mod preview;
pub(crate) mod report;
pub(crate) mod send_test;
pub(crate) mod serve;
pub(crate) mod webhook;

use std::io::Write;

/// Writes to standard output; a reader that has gone away (`| head`) is no error.
pub(crate) fn say(text: &str) -> anyhow::Result<()> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

/// Writes to standard error.
#[allow(clippy::print_stderr, reason = "a command's own voice")]
pub(crate) fn complain(text: &str) {
    eprint!("{text}");
}
