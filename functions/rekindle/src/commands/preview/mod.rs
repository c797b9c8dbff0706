//! `rekindle preview`: messages as customers will get them.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use journey::UtilityCode;
use maud::{DOCTYPE, html};

use super::say;

/// What to render, and where to.
#[derive(Args)]
pub(crate) struct Options {
    /// The campaign file; without it, the built-in example.
    #[arg(long, value_name = "FILE")]
    campaign: Option<PathBuf>,
    /// The folder to write to: an .html and a .txt for each message, and index.html.
    #[arg(long, value_name = "DIR", default_value = "rekindle-preview")]
    out: PathBuf,
    /// Only messages whose name contains this, such as `es-` or `credentials_invalid`.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Show the messages for a customer of this utility, by Leap's code; without it, of an unknown one.
    #[arg(long, value_name = "CODE")]
    utility: Option<String>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let campaign = match &options.campaign {
        Some(file) => super::campaign::load(file)?,
        None => super::campaign::example()?,
    };
    let directory = &campaign.utilities;
    let utility = options
        .utility
        .as_deref()
        .map(|code| {
            UtilityCode::parse(code)
                .filter(|code| directory.find(code).is_some())
                .with_context(|| format!("{code} is no utility code that we know; write Leap's code, such as PGE"))
        })
        .transpose()?;
    fs::create_dir_all(&options.out).with_context(|| format!("cannot make {}", options.out.display()))?;
    let touches = u16::try_from(campaign.rules.touches.len()).unwrap_or(u16::MAX);
    let mut index = Vec::new();
    for sample in campaign.templates.gallery(touches) {
        let name = format!(
            "{}-{}-{}",
            sample.locale.as_str(),
            sample.diagnosis.as_str(),
            sample.touch
        );
        if options.only.as_ref().is_some_and(|only| !name.contains(only.as_str())) {
            continue;
        }
        let message = campaign
            .templates
            .render(&sample.variables(&campaign.brand, directory, utility.as_ref()))?;
        let mut text = String::new();
        writeln!(text, "Subject: {}\n\n{}", message.subject, message.text)?;
        write(options, &format!("{name}.html"), &message.html)?;
        write(options, &format!("{name}.txt"), &text)?;
        index.push((name, message.subject));
    }
    anyhow::ensure!(!index.is_empty(), "no message's name contains the text of --only");
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; meta name="viewport" content="width=device-width"; title { "Rekindle: messages" } }
            body {
                h1 { "Messages" }
                ul { @for (name, subject) in &index {
                    li { a href={ (name) ".html" } { (name) } " (" a href={ (name) ".txt" } { "text" } "): " (subject) }
                } }
            }
        }
    };
    write(options, "index.html", &page.into_string())?;
    say(&format!(
        "{} messages in {}; open index.html there.\n",
        index.len(),
        options.out.display()
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn write(options: &Options, name: &str, content: &str) -> anyhow::Result<()> {
    let path = options.out.join(name);
    fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))
}
