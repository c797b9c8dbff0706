//! The command line.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{commands, demo};

/// Brings back customers who drop off while they connect a utility account.
#[derive(Parser)]
#[command(
    name = "rekindle",
    version,
    after_help = "Begin with `rekindle demo`: it needs no configuration and nothing to install."
)]
pub(crate) struct Cli {
    /// What to log: error, warn, info, debug, or a filter such as `warn,touchpoint=debug`.
    #[arg(long, global = true, value_name = "FILTER")]
    log: Option<String>,
    /// The form of log lines.
    #[arg(long, global = true, value_enum, default_value = "text")]
    log_format: LogFormat,
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for programs.
    Json,
}

#[derive(Subcommand)]
enum Command {
    /// Show the whole job on one page: customers, reminders, meters, at 3600 times real speed.
    Demo(demo::Options),
    /// Run for real: webhooks, timers, the partner's API, the customers' pages.
    Serve(Serve),
    /// Say why each message to a customer was or was not sent.
    Explain(commands::explain::Options),
    /// Print the figures: funnel, time to data, refresh, lost connections, messages.
    ///
    /// First the key questions to a provider of utility data, each with its answer for your own customers and with what
    /// no figure can say; then a table for each kind of figure, by provider, utility, and the utilities' second factor.
    /// Reads the journeys, which name nobody, also while `serve` is running. docs/report.md defines each figure.
    #[command(after_help = "Example: rekindle report --json > report.json")]
    Report(commands::report::Options),
    /// Import, export or erase contacts.
    #[command(subcommand)]
    Contacts(commands::contacts::Command),
    /// Render messages to HTML and text, as customers will get them.
    Preview(commands::preview::Options),
    /// Send one message to a tester, by the way of real ones: only to who is on the list.
    ///
    /// The recipient must be listed under `[test_sends] allowed` of the configuration. The subject begins with `[Test]`,
    /// a text with `TEST`. No journey, ledger or opt-out is read or changed.
    #[command(
        name = "send-test",
        after_help = "Example: rekindle send-test --to qa@example.com --diagnosis credentials_invalid --touch 2 --locale es"
    )]
    SendTest(commands::send_test::Options),
    /// Check a campaign file, push it to a deployment, roll it back, or print the example.
    #[command(subcommand)]
    Campaign(commands::campaign::Command),
    /// Check the configuration, or print the example.
    #[command(subcommand)]
    Config(commands::config::Command),
    /// Manage the webhook subscription at Leap.
    #[command(subcommand)]
    Webhook(commands::webhook::Command),
}

/// Where the program's configuration and data are.
#[derive(Args, Clone)]
pub(crate) struct Place {
    /// The configuration file.
    #[arg(long, value_name = "FILE", default_value = "rekindle.toml")]
    pub(crate) config: PathBuf,
    /// The data folder: the database, the clock, the outbox.
    #[arg(long, value_name = "DIR", default_value = "rekindle-data")]
    pub(crate) data: PathBuf,
}

#[derive(Args)]
struct Serve {
    #[command(flatten)]
    place: Place,
    /// Where to listen.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8787")]
    listen: SocketAddr,
    /// Seconds of the program's time that pass in each real second.
    #[arg(long, value_name = "N", default_value = "1")]
    speed: NonZeroU32,
}

impl Cli {
    pub(crate) fn log_filter(&self) -> &str {
        self.log.as_deref().unwrap_or(match self.command {
            Command::Serve(_) => "info",
            Command::Demo(_)
            | Command::Explain(_)
            | Command::Report(_)
            | Command::Contacts(_)
            | Command::Preview(_)
            | Command::SendTest(_)
            | Command::Campaign(_)
            | Command::Config(_)
            | Command::Webhook(_) => "error",
        })
    }

    pub(crate) fn log_json(&self) -> bool {
        self.log_format == LogFormat::Json
    }

    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Demo(options) => demo::run(options).await.map(|()| ExitCode::SUCCESS),
            Command::Serve(serve) => commands::serve::run(&serve.place, serve.listen, serve.speed)
                .await
                .map(|()| ExitCode::SUCCESS),
            Command::Explain(options) => commands::explain::run(&options).await,
            Command::Report(options) => commands::report::run(&options),
            Command::Contacts(command) => commands::contacts::run(command).await,
            Command::Preview(options) => commands::preview::run(&options),
            Command::SendTest(options) => commands::send_test::run(options).await,
            Command::Campaign(command) => commands::campaign::run(&command).await,
            Command::Config(command) => commands::config::run(&command),
            Command::Webhook(command) => commands::webhook::run(command).await,
        }
    }
}
