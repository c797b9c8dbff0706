//! The program, as a process of its own.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use crate::load::{SECRET, Wire};
use crate::machine::field;
use crate::progress;

/// What the example configuration calls the secrets, and invented values for them.
const SECRETS: [(&str, &str); 4] = [
    ("REKINDLE_IDENTITY_KEY", IDENTITY),
    ("REKINDLE_API_TOKEN", "an-invented-api-token"),
    ("REKINDLE_LEAP_API_KEY", "bench:an-invented-key"),
    ("REKINDLE_LEAP_WEBHOOK_SECRET", SECRET),
];

/// The key under which the program knows people.
pub(crate) const IDENTITY: &str = "an invented identity key for the bench";

/// Nobody listens there: a provider that cannot be reached.
const NO_PROVIDER: &str = "http://127.0.0.1:9";

/// How often a server that starts is asked whether it is ready.
const ASK_EVERY: Duration = Duration::from_millis(2);

/// The kernel counts processor time in hundredths of a second.
const TICKS_PER_SECOND: f64 = 100.0;

/// The program's file.
pub(crate) struct Program(PathBuf);

impl Program {
    /// Takes the file given, or builds one: a program left from an earlier build must not be measured.
    pub(crate) fn find(given: Option<&Path>) -> anyhow::Result<Self> {
        if let Some(given) = given {
            return Ok(Program(given.to_owned()));
        }
        progress("cargo build --release -p rekindle");
        let built = std::process::Command::new("cargo")
            .args(["build", "--release", "--locked", "--quiet", "-p", "rekindle"])
            .status()
            .context("cargo cannot be run; `--program FILE` names a build of the program")?;
        ensure!(built.success(), "the program could not be built");
        let program = std::env::current_exe()?.with_file_name("rekindle");
        ensure!(
            program.exists(),
            "{} is missing; `--program FILE` names a build of the program",
            program.display()
        );
        Ok(Program(program))
    }

    /// Starts the demo, whose standard output is to be read.
    pub(crate) fn demo(&self) -> anyhow::Result<Child> {
        Command::new(&self.0)
            .args(["demo", "--exit", "--listen", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("the demo cannot be started")
    }

    /// Writes the example's configuration into a folder, but for a provider that nobody reaches.
    pub(crate) async fn configure(&self, folder: &Path) -> anyhow::Result<()> {
        self.configure_with(folder, &Setting::default()).await
    }

    /// Writes the example's configuration into a folder, but for a setting of the bench's own.
    pub(crate) async fn configure_with(&self, folder: &Path, setting: &Setting<'_>) -> anyhow::Result<()> {
        let config = self.printed("config").await?;
        let own = [
            ("base_url = ", format!("{:?}", setting.provider)),
            ("calls_per_minute = ", setting.calls_per_minute.to_string()),
            ("page_size = ", setting.page_size.to_string()),
        ];
        let lines = config.lines().map(|line| {
            let own = own.iter().find(|(key, _)| line.starts_with(key));
            own.map_or_else(|| format!("{line}\n"), |(key, value)| format!("{key}{value}\n"))
        });
        std::fs::write(folder.join("rekindle.toml"), lines.collect::<String>())?;
        let campaign = match &setting.campaign {
            Some(campaign) => campaign.clone(),
            None => self.printed("campaign").await?,
        };
        std::fs::write(folder.join("campaign.toml"), campaign)?;
        Ok(())
    }

    /// What the program prints as an example: its `config`, or its `campaign`.
    pub(crate) async fn printed(&self, what: &str) -> anyhow::Result<String> {
        let output = Command::new(&self.0).args([what, "example"]).output().await?;
        ensure!(output.status.success(), "`rekindle {what} example` failed");
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Starts `serve` over a configured folder.
    pub(crate) async fn serve(&self, folder: &Path) -> anyhow::Result<Server> {
        self.serve_at(folder, 1).await
    }

    /// As [`Program::serve`], with so many seconds of the program's time in each of the machine's.
    pub(crate) async fn serve_at(&self, folder: &Path, speed: u32) -> anyhow::Result<Server> {
        self.serve_on(folder, free_address()?, speed).await
    }

    /// As [`Program::serve_at`], where another one has listened before.
    pub(crate) async fn serve_on(&self, folder: &Path, address: SocketAddr, speed: u32) -> anyhow::Result<Server> {
        let mut command = Command::new(&self.0);
        command
            .args(["serve", "--listen", &address.to_string()])
            .args(["--speed", &speed.to_string()])
            .arg("--config")
            .arg(folder.join("rekindle.toml"))
            .arg("--data")
            .arg(data(folder))
            .envs(SECRETS);
        Server::start(command, address, &folder.join("log")).await
    }
}

/// What differs from the example's configuration.
pub(crate) struct Setting<'a> {
    /// Where the provider is.
    pub(crate) provider: &'a str,
    /// Calls to it in a minute of the program's time.
    pub(crate) calls_per_minute: u32,
    /// Records on a page.
    pub(crate) page_size: u32,
    /// Another campaign than the example's.
    pub(crate) campaign: Option<String>,
}

impl Default for Setting<'_> {
    /// The example's, but for a provider that nobody reaches.
    fn default() -> Self {
        Setting {
            provider: NO_PROVIDER,
            calls_per_minute: 60,
            page_size: 10,
            campaign: None,
        }
    }
}

/// The data folder within a configured folder.
pub(crate) fn data(folder: &Path) -> PathBuf {
    folder.join("data")
}

/// Starts the floor's server over a folder.
pub(crate) async fn floor(folder: &Path) -> anyhow::Result<Server> {
    let address = free_address()?;
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args(["floor", "--listen", &address.to_string()])
        .arg("--data")
        .arg(folder);
    Server::start(command, address, &folder.join("log")).await
}

/// An address that is free now.
pub(crate) fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

/// A server process; killed when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// From the start of the process to its first answer.
    pub(crate) ready_after: Duration,
}

impl Server {
    async fn start(mut command: Command, address: SocketAddr, log: &Path) -> anyhow::Result<Self> {
        let log_file = std::fs::File::create(log)?;
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log_file)
            .kill_on_drop(true);
        let began = Instant::now();
        let mut child = command.spawn().context("the server cannot be started")?;
        loop {
            if is_ready(address).await {
                break;
            }
            if let Some(ended) = child.try_wait()? {
                let log = std::fs::read_to_string(log).unwrap_or_default();
                bail!("the server ended with {ended}:\n{log}");
            }
            ensure!(began.elapsed() < Duration::from_secs(60), "the server was never ready");
            tokio::time::sleep(ASK_EVERY).await;
        }
        Ok(Server {
            child,
            address,
            ready_after: began.elapsed(),
        })
    }

    /// Kills it: nothing can be tidied up. What the system holds in memory of its files stays, unlike in a power cut.
    pub(crate) async fn kill(mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }

    /// Asks it to end, as an operator does, and waits until it has: what it has accepted is then in its files.
    pub(crate) async fn end(mut self) -> anyhow::Result<()> {
        let id = self.child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        kill_process(id.context("the server has ended")?, Signal::TERM)?;
        let ended = tokio::time::timeout(Duration::from_secs(30), self.child.wait()).await;
        let ended = ended.context("the server does not end")??;
        ensure!(ended.success(), "the server ended with {ended}");
        Ok(())
    }

    /// The kernel's folder of the process.
    pub(crate) fn process(&self) -> anyhow::Result<String> {
        let id = self.child.id().context("the server has ended")?;
        Ok(format!("/proc/{id}"))
    }

    /// The memory that it has in use, in megabytes: `VmRSS`, or `VmHWM` for the most it ever had.
    pub(crate) fn memory(&self, which: &str) -> anyhow::Result<f64> {
        let text =
            field(&format!("{}/status", self.process()?), which).context("the kernel says nothing of its memory")?;
        let kilobytes: f64 = text.split(' ').next().unwrap_or_default().parse()?;
        Ok(kilobytes * 1024.0 / 1e6)
    }

    /// The processor time that it has used.
    pub(crate) fn processor_seconds(&self) -> anyhow::Result<f64> {
        let text = std::fs::read_to_string(format!("{}/stat", self.process()?))?;
        // The name, in parentheses, may hold anything; user and system time are the 12th and 13th after it.
        let (_, after_name) = text.rsplit_once(") ").context("the kernel's own format")?;
        let ticks = after_name.split(' ').skip(11).take(2).map(str::parse::<f64>);
        Ok(ticks.sum::<Result<f64, _>>()? / TICKS_PER_SECOND)
    }
}

async fn is_ready(address: SocketAddr) -> bool {
    let Ok(mut wire) = Wire::connect(address).await else {
        return false;
    };
    matches!(wire.get("/healthz").await, Ok((200, _)))
}
