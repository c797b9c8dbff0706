//! Logs: one line of JSON an event, on standard output, where Lambda collects them.

use core::error::Error;
use core::future::Future;
use std::process::ExitCode;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::Environment;

/// Runs a function until it ends, which it does only when it cannot start: then the log says why, in the
/// words of the error and of all that is behind it.
pub async fn until_the_end(running: impl Future<Output = Result<(), Box<dyn Error + Send + Sync>>>) -> ExitCode {
    match running.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut words = error.to_string();
            let mut behind = error.source();
            while let Some(cause) = behind {
                words.push_str(": ");
                words.push_str(&cause.to_string());
                behind = cause.source();
            }
            tracing::error!(error = words, "the function cannot run");
            ExitCode::FAILURE
        }
    }
}

/// Starts the logs of the process, with `LOG_LEVEL` as their filter: a level, or a list such as
/// `warn,touchpoint=debug`; `info` without it. Does nothing when there are logs already.
///
/// Fields of spans are left out: an event says itself what it is about.
pub fn init_logs(environment: &Environment) {
    let level = environment.log_level();
    let filter = level.parse::<Targets>();
    let wrong = filter.is_err();
    let json = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_ansi(false);
    let filter = filter.unwrap_or_else(|_| Targets::new().with_default(LevelFilter::INFO));
    let started = tracing_subscriber::registry().with(json).with(filter).try_init();
    if started.is_ok() {
        log_panics();
    }
    if wrong && started.is_ok() {
        tracing::warn!("LOG_LEVEL is not a level (error, warn, info, debug) or a filter; info is used");
    }
}

/// A panic is a line of the log like any other, without its words where they were put together: a slice that was cut in
/// the wrong place, or an error that was unwrapped, may name a person or a secret in them.
fn log_panics() {
    std::panic::set_hook(Box::new(|info| {
        let what = info.payload().downcast_ref::<&'static str>().copied();
        let place = info.location().map(ToString::to_string);
        tracing::error!(
            place = place.unwrap_or_default(),
            what = what.unwrap_or("(not shown)"),
            "a defect: panicked"
        );
    }));
}
