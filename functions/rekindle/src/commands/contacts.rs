//! `rekindle contacts`: import, export, erase.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Subcommand;
use contacts::{Rows, header, row};
use futures::stream::{self, StreamExt};
use indicatif::{ProgressBar, ProgressStyle};
use journey::contact::Contact;
use journey::port::{Clock, Precondition};
use journey::{Campaign, Provider, Reference};

use super::say;
use crate::cli::Place;
use crate::reading::Reading;

/// Contacts that are written at the same time: they share the disk's flushes.
const AT_ONCE: usize = 64;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Read contacts from CSV. Good rows are kept; each bad row is reported with its line and reason.
    Import {
        #[command(flatten)]
        place: Place,
        /// The file; `-` for standard input.
        file: PathBuf,
    },
    /// Write all contacts as CSV to standard output.
    Export {
        #[command(flatten)]
        place: Place,
    },
    /// Erase a person: address, name, reference and links are gone, and nothing is sent any more.
    Erase {
        #[command(flatten)]
        place: Place,
        /// The provider.
        provider: Provider,
        /// The provider's reference.
        reference: String,
    },
}

pub(crate) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Import { place, file } => import(&place, file).await,
        Command::Export { place } => export(&place),
        Command::Erase {
            place,
            provider,
            reference,
        } => {
            let reference = Reference::new(reference)?;
            let reading = Reading::open(&place)?;
            let existed = contacts::erase(
                &reading.store,
                &reading.id_key,
                &reading.rules,
                provider,
                &reference,
                &Precondition::None,
            )
            .await?;
            say(if existed {
                "Erased. The log outbox/messages.jsonl keeps its lines about mail that went out before.\n"
            } else {
                "There was no such contact. References are compared exactly, letter by letter.\n"
            })?;
            Ok(if existed { ExitCode::SUCCESS } else { ExitCode::from(2) })
        }
    }
}

async fn import(place: &Place, file: PathBuf) -> anyhow::Result<ExitCode> {
    let reading = Reading::open(place)?;
    let (input, bytes): (Box<dyn Read>, u64) = if file.as_os_str() == "-" {
        (Box::new(std::io::stdin()), 0)
    } else {
        let opened = File::open(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let bytes = opened.metadata().map(|meta| meta.len()).unwrap_or(0);
        (Box::new(opened), bytes)
    };
    let rows = Rows::new(BufReader::new(input), reading.store.now(), &reading.rules.link_hosts)
        .with_context(|| file.display().to_string())?;
    let bar = ProgressBar::new(bytes).with_style(
        ProgressStyle::with_template("{bar:40} {percent:>3} %  {msg}").unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    let (mut kept, mut bad) = (0_u64, 0_u64);
    let mut contacts: Vec<(u64, Contact)> = Vec::with_capacity(AT_ONCE);
    for row in rows {
        bar.set_position(row.bytes);
        match row.contact {
            Ok(contact) => contacts.push((row.line, contact)),
            Err(error) => {
                bad += 1;
                report(&bar, row.line, &error.to_string());
            }
        }
        if contacts.len() == AT_ONCE {
            let failed = store(&reading, &reading.rules, &bar, &mut contacts).await;
            kept += AT_ONCE as u64 - failed;
            bad += failed;
            bar.set_message(format!("{kept} kept, {bad} refused"));
        }
    }
    let rest = contacts.len() as u64;
    let failed = store(&reading, &reading.rules, &bar, &mut contacts).await;
    (kept, bad) = (kept + rest - failed, bad + failed);
    bar.finish_and_clear();
    say(&format!("{kept} contacts kept, {bad} rows refused.\n"))?;
    Ok(if bad == 0 { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

/// Stores a portion and answers how many of it failed.
async fn store(reading: &Reading, rules: &Campaign, bar: &ProgressBar, portion: &mut Vec<(u64, Contact)>) -> u64 {
    let stored = portion.drain(..).map(|(line, contact)| async move {
        (
            line,
            contacts::put(&reading.store, &reading.id_key, rules, &contact, &Precondition::None).await,
        )
    });
    let outcomes: Vec<_> = stream::iter(stored).buffer_unordered(AT_ONCE).collect().await;
    let mut failed = 0;
    for (line, outcome) in outcomes {
        if let Err(error) = outcome {
            failed += 1;
            report(bar, line, &format!("could not be stored: {error}"));
        }
    }
    failed
}

#[allow(clippy::print_stderr, reason = "a command's own voice; the bar steps aside for it")]
fn report(bar: &ProgressBar, line: u64, problem: &str) {
    bar.suspend(|| eprintln!("line {line}: {problem}"));
}

fn export(place: &Place) -> anyhow::Result<ExitCode> {
    let reading = Reading::open(place)?;
    match write_all(&reading) {
        // A reader that has seen enough (`| head`) is no error.
        Err(error) if is_broken_pipe(&error) => Ok(ExitCode::SUCCESS),
        written => written.map(|()| ExitCode::SUCCESS),
    }
}

fn write_all(reading: &Reading) -> anyhow::Result<()> {
    let mut writer = csv::Writer::from_writer(std::io::BufWriter::new(std::io::stdout().lock()));
    writer.write_record(&header())?;
    for contact in reading.store.contacts() {
        writer.write_record(&row(&contact?))?;
    }
    writer.flush()?;
    Ok(())
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let broken = |error: &std::io::Error| error.kind() == std::io::ErrorKind::BrokenPipe;
    if let Some(error) = error.downcast_ref::<std::io::Error>() {
        return broken(error);
    }
    error.downcast_ref::<csv::Error>().is_some_and(|error| {
        if let csv::ErrorKind::Io(error) = error.kind() {
            broken(error)
        } else {
            false
        }
    })
}
