//! `rekindle explain`: why each message was or was not sent.

use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use comfy_table::{Table, presets};
use contacts::Explanation;
use journey::port::{FindContact, LoadJourney};
use journey::{JourneyId, Provider, Purpose, Reference};

use super::say;
use crate::cli::Place;
use crate::reading::Reading;

/// Which customer.
#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    place: Place,
    /// The provider.
    provider: Provider,
    /// The provider's reference of the customer.
    reference: String,
    /// Which of the customer's journeys: `enroll`, or `reconnect` (Bayou).
    #[arg(long, default_value = "enroll")]
    purpose: Purpose,
    /// Print JSON, as `GET /journeys/{provider}/{reference}` does.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let reference = Reference::new(&*options.reference)?;
    let reading = Reading::open(&options.place)?;
    let id = JourneyId::new(&reading.id_key, options.provider, options.purpose, &reference);
    let Some(loaded) = reading.store.load_journey(&id).await? else {
        let known = reading.store.contact_of(&id).await?.is_some();
        let sentence = if known {
            "The contact is known; no webhook and no status read has told of this customer yet.\n"
        } else {
            "Neither a contact nor a journey has this reference. References are compared exactly, letter by letter.\n"
        };
        // Who asked for JSON gets JSON or nothing.
        if options.json {
            super::complain(sentence)
        } else {
            say(sentence)?
        }
        return Ok(ExitCode::from(2));
    };
    let known = reading.store.contact_of(&id).await?;
    let explanation = contacts::explain(&loaded.journey, known.as_ref());
    if options.json {
        let json = serde_json::to_string_pretty(&explanation).context("explanation as JSON")?;
        say(&format!("{json}\n"))?;
    } else {
        say(&text(&explanation))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn text(explanation: &Explanation) -> String {
    let mut facts = Table::new();
    facts.load_style(presets::NOTHING);
    let mut fact = |name: &str, value: String| {
        facts.add_row([name.to_owned(), value]);
    };
    fact("journey", explanation.journey.clone());
    fact("phase", format!("{}: {}", explanation.phase, explanation.summary));
    fact("episode", explanation.episode.to_string());
    fact("flow", explanation.flow.to_owned());
    fact(
        "stopped at",
        explanation
            .diagnosis
            .map_or("not looked at yet".to_owned(), |d| d.replace('_', " ")),
    );
    fact("last sign of life", format!("{:.0}", explanation.last_sign_of_life));
    fact(
        "experiment",
        format!("{}, arm {}", explanation.experiment, explanation.arm),
    );
    fact("e-mail", explanation.email.replace('_', " "));
    if let Some(data) = &explanation.data {
        fact("bills", data.bills.replace('_', " "));
        fact("intervals", data.intervals.replace('_', " "));
    }
    for touch in &explanation.touches {
        let at = touch.at.map(|at| format!(" at {at:.0}")).unwrap_or_default();
        let why = touch.why.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
        fact(&format!("touch {}", touch.touch), format!("{}{at}{why}", touch.state));
    }
    if let Some(next) = &explanation.next {
        fact("next", format!("{} at {:.0}", next.why.replace('_', " "), next.due));
    }
    let mut timeline = Table::new();
    timeline.load_style(presets::NOTHING);
    for entry in &explanation.timeline {
        timeline.add_row([format!("{:.0}", entry.at), entry.text.clone()]);
    }
    format!("{facts}\n\n{timeline}\n")
}
