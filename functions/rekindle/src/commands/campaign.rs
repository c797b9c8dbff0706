//! `rekindle campaign`.

mod api;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use campaign::{CampaignFiles, EXAMPLE, LoadedCampaign};
use clap::Subcommand;
use comfy_table::{Table, presets};
use indicatif::ProgressBar;

use self::api::{Activated, Deployment};
use super::say;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Check a campaign file and its templates; everything that is wrong is named with file and line.
    Check {
        /// The campaign file.
        #[arg(default_value = "campaign.toml")]
        file: PathBuf,
    },
    /// Print an example with every key explained.
    Example,
    /// Check a campaign, compile it, and make it the one that a deployment runs.
    ///
    /// The functions take it up within a minute; nothing is deployed anew. Pushing the same campaign again
    /// changes nothing, and pushing one that ran before makes it run again.
    #[command(after_help = "Example: rekindle campaign push campaign.toml --to https://reminders.example.com")]
    Push {
        /// The campaign file.
        #[arg(default_value = "campaign.toml")]
        file: PathBuf,
        #[command(flatten)]
        deployment: Deployment,
    },
    /// List the versions that a deployment has stored, and the one that runs.
    Versions {
        #[command(flatten)]
        deployment: Deployment,
    },
    /// Make a stored version the one that runs: roll back, or forward again.
    ///
    /// The functions take it up within a minute. What was sent stays sent, and customers stay in the arm of
    /// the experiment that they were drawn into.
    #[command(after_help = "Example: rekindle campaign activate 3f9c0a71b2d4 --to https://reminders.example.com")]
    Activate {
        /// The version, as `rekindle campaign versions` lists it.
        version: String,
        #[command(flatten)]
        deployment: Deployment,
    },
}

pub(crate) async fn run(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Check { file } => {
            let loaded = load(file)?;
            warn(&loaded);
            say(&format!(
                "{} is right. Version {}.\n",
                file.display(),
                loaded.rules.version
            ))?;
        }
        Command::Example => say(EXAMPLE)?,
        Command::Push { file, deployment } => push(file, deployment).await?,
        Command::Versions { deployment } => versions(deployment).await?,
        Command::Activate { version, deployment } => activate(version, deployment).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn push(file: &Path, deployment: &Deployment) -> anyhow::Result<()> {
    let loaded = load(file)?;
    warn(&loaded);
    let package = loaded.package();
    package.check()?;
    let json = package.to_json()?;
    let version = package.version();
    let api = deployment.api()?;
    // Asked first: whoever is not let in finds it out before the upload.
    let before = api.campaigns().await?.active;
    let waiting = ProgressBar::new_spinner().with_message(format!("pushing {version} ({} KB)", json.len() / 1000));
    waiting.enable_steady_tick(Duration::from_millis(100));
    let pushed = api.push(json).await;
    waiting.finish_and_clear();
    pushed?;
    match before {
        None => say(&format!("Version {version} runs now; it is the first.\n")),
        Some(before) if before == version => say(&format!("Version {version} ran already; nothing was changed.\n")),
        Some(before) => say(&format!(
            "Version {version} runs now, in place of {before}; the functions take it up within a minute.\n\
             To go back: rekindle campaign activate {before} --to {}\n",
            deployment.address()
        )),
    }
}

async fn versions(deployment: &Deployment) -> anyhow::Result<()> {
    let campaigns = deployment.api()?.campaigns().await?;
    if campaigns.versions.is_empty() {
        return say(&format!(
            "No campaign was pushed yet. Push one: rekindle campaign push campaign.toml --to {}\n",
            deployment.address()
        ));
    }
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_HORIZONTAL_ONLY)
        .set_header(["version", "pushed", ""]);
    for stored in campaigns.versions {
        let runs = if stored.active { "runs" } else { "" };
        table.add_row([stored.version, format!("{:.0}", stored.pushed_at), runs.to_owned()]);
    }
    say(&format!("{table}\n"))
}

async fn activate(version: &str, deployment: &Deployment) -> anyhow::Result<()> {
    let api = deployment.api()?;
    let before = api.campaigns().await?.active;
    match api.activate(version).await? {
        Activated::Done if before.as_deref() == Some(version) => say(&format!("Version {version} ran already.\n")),
        Activated::Done => {
            let instead = before
                .map(|before| format!(", in place of {before}"))
                .unwrap_or_default();
            say(&format!(
                "Version {version} runs now{instead}; the functions take it up within a minute.\n"
            ))
        }
        Activated::NoSuchVersion => anyhow::bail!(
            "the deployment has no version {version}; `rekindle campaign versions --to {}` lists those that it has",
            deployment.address()
        ),
    }
}

/// Loads a campaign.
pub(crate) fn load(file: &Path) -> anyhow::Result<LoadedCampaign> {
    Ok(LoadedCampaign::load(file)?)
}

/// Says on standard error what is allowed, but seldom meant.
#[allow(clippy::print_stderr, reason = "a command's own voice")]
pub(crate) fn warn(loaded: &LoadedCampaign) {
    for warning in &loaded.warnings {
        eprintln!("warning: {warning}");
    }
}

/// The built-in example.
pub(crate) fn example() -> anyhow::Result<LoadedCampaign> {
    Ok(LoadedCampaign::check(&CampaignFiles::single("campaign.toml", EXAMPLE))?)
}
