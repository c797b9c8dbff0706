//! `rekindle webhook`: the subscription at Leap.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::{Args, Subcommand};
use comfy_table::{Table, presets};
use journey::port::Clock;
use providers::leap::webhooks::{self, Ensured, Header, TEST_PREFIX, Wanted, WebhookId};
use providers::leap::{LeapClient, LeapConfig};
use serde_json::json;
use url::Url;

use super::say;
use crate::cli::Place;
use crate::config::{Config, Leap};

#[derive(Args)]
pub(crate) struct Account {
    #[command(flatten)]
    place: Place,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// List the subscriptions of the account. Secret values are not shown.
    List(Account),
    /// Create or mend the subscription, with the secret header; doing it again changes nothing.
    Ensure {
        #[command(flatten)]
        account: Account,
        /// Where Leap can reach us: https on port 443, 8443 or 8843, ending in /webhooks/leap.
        receiver_url: Url,
    },
    /// Have Leap send a test event, with a reference that is nobody's.
    Test {
        #[command(flatten)]
        account: Account,
        /// The subscription's id, as `list` prints it.
        webhook_id: String,
    },
}

/// These commands need no program time of their own: only pauses asked for by Leap are dated.
struct RealClock;

impl Clock for RealClock {
    fn now(&self) -> jiff::Timestamp {
        embedded::RealTime::utc(&embedded::MachineTime::default())
    }
}

fn leap(account: &Account) -> anyhow::Result<Leap> {
    let leap = Config::load(&account.place.config)?.leap;
    leap.context("the configuration has no section [leap]; at Bayou, webhooks are set up on its dashboard")
}

fn client(leap: &Leap) -> anyhow::Result<LeapClient> {
    let config = LeapConfig::new(leap.base_url.clone(), leap.api_key.clone(), leap.calls_per_minute);
    LeapClient::new(config, Arc::new(RealClock)).context("[leap] of the configuration")
}

pub(crate) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::List(account) => list(&client(&leap(&account)?)?).await,
        Command::Ensure { account, receiver_url } => {
            let leap = leap(&account)?;
            let value = providers::Secret::new(leap.webhook_secret.clone());
            let name = leap.webhook_header.as_str().to_owned();
            let mut wanted = Wanted::new(receiver_url, Header { name, value });
            // A sandbox on this machine calls this machine.
            wanted.allow_local = leap.base_url.scheme() == "http";
            let done = match webhooks::ensure(&client(&leap)?, &wanted).await? {
                Ensured::Created(id) => format!("Created subscription {}.\n", id.as_str()),
                Ensured::Updated(id) => format!("Mended subscription {}.\n", id.as_str()),
                Ensured::Unchanged(id) => format!("Subscription {} was right already.\n", id.as_str()),
            };
            say(&done)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Test { account, webhook_id } => {
            let id = WebhookId::parse(&webhook_id)
                .context("not a subscription's id; `rekindle webhook list` prints them")?;
            let payload = json!({
                "webhook_event_type": "connect_session.updated",
                "partner_reference": format!("{TEST_PREFIX}rekindle"),
                "status": "CREATED",
            });
            let result = webhooks::test(&client(&leap(&account)?)?, &id, &payload).await?;
            let status = result
                .status_code
                .map(|code| format!(", status {code}"))
                .unwrap_or_default();
            let time = result
                .response_time_ms
                .map(|ms| format!(" in {ms} ms"))
                .unwrap_or_default();
            let error = result.error.map(|error| format!(": {error}")).unwrap_or_default();
            let outcome = if result.successful {
                "Leap reached us"
            } else {
                "Leap did not reach us"
            };
            say(&format!("{outcome}{status}{time}{error}.\n"))?;
            Ok(if result.successful {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(2)
            })
        }
    }
}

async fn list(leap: &LeapClient) -> anyhow::Result<ExitCode> {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_HORIZONTAL_ONLY)
        .set_header(["id", "receiver", "events", "headers"]);
    for subscription in webhooks::list(leap).await? {
        let headers: Vec<_> = subscription.headers.iter().map(|header| header.name.as_str()).collect();
        table.add_row([
            subscription.id.as_str(),
            subscription.receiver_url.as_str(),
            &subscription.event_types.join("\n"),
            &headers.join("\n"),
        ]);
    }
    say(&format!("{table}\n"))?;
    Ok(ExitCode::SUCCESS)
}
