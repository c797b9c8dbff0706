//! `rekindle send-test`: one message to a tester, as customers get it.

use std::fs;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use anyhow::Context;
use clap::Args;
use embedded::{Outbox, Store};
use journey::campaign::Channel;
use journey::contact::Locale;
use journey::link::LinkKey;
use journey::port::{Clock, Email, SendEmail, SendText, Text, Timestamp};
use journey::{Diagnosis, SendOutcome};
use serde_json::{Value, json};
use touchpoint::{Composer, TestSend, send_test};

use super::say;
use crate::cli::Place;
use crate::config::{self, Config};
use crate::service;

/// Which message, and to whom.
#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    place: Place,
    /// An address or a number that `[test_sends] allowed` of the configuration lists.
    #[arg(long, value_name = "ADDRESS")]
    to: String,
    /// The reason for stopping, which chooses the message: as `rekindle preview` names it.
    #[arg(long, value_name = "NAME", default_value = "not_started", value_parser = diagnosis)]
    diagnosis: Diagnosis,
    /// Which reminder, from 1.
    #[arg(long, value_name = "N", default_value = "1")]
    touch: u8,
    /// The language: en or es.
    #[arg(long, value_name = "LANGUAGE", default_value = "en", value_parser = locale)]
    locale: Locale,
    /// The channel: email or sms.
    #[arg(long, value_name = "CHANNEL", default_value = "email", value_parser = channel)]
    channel: Channel,
    /// Another campaign file than the configuration names.
    #[arg(long, value_name = "FILE", conflicts_with = "function")]
    campaign: Option<PathBuf>,
    /// Send through a deployment: the name of its touchpoint function, which the AWS CLI calls with your credentials. The
    /// list is the stack's parameter TestRecipients, the campaign the one that runs there.
    #[arg(long, value_name = "NAME")]
    function: Option<String>,
    /// A utility that the message is about, by Leap's code; without it, an unknown one.
    #[arg(long, value_name = "CODE")]
    utility: Option<String>,
}

fn diagnosis(text: &str) -> Result<Diagnosis, String> {
    let sent = || Diagnosis::ALL.into_iter().filter(|known| known.may_be_sent());
    let names = || sent().map(Diagnosis::as_str).collect::<Vec<_>>().join(", ");
    sent()
        .find(|known| known.as_str() == text)
        .ok_or_else(|| format!("write one of {}", names()))
}

fn locale(text: &str) -> Result<Locale, String> {
    let known = Locale::ALL.into_iter().find(|known| known.as_str() == text);
    known.ok_or_else(|| "write en or es".to_owned())
}

fn channel(text: &str) -> Result<Channel, String> {
    let names = Channel::ALL.map(Channel::as_str).join(" or ");
    let known = Channel::ALL.into_iter().find(|known| known.as_str() == text);
    known.ok_or_else(|| format!("write {names}"))
}

/// The ports that a test needs, and no other.
struct Ports {
    store: Store,
    outbox: Outbox,
}

impl Clock for Ports {
    fn now(&self) -> Timestamp {
        self.store.now()
    }
}

impl SendEmail for Ports {
    async fn send_email(&self, email: &Email) -> SendOutcome {
        self.outbox.send_email(email).await
    }
}

impl SendText for Ports {
    async fn send_text(&self, text: &Text) -> SendOutcome {
        self.outbox.send_text(text).await
    }
}

pub(crate) async fn run(options: Options) -> anyhow::Result<ExitCode> {
    if let Some(function) = &options.function {
        return through(function, &options);
    }
    let config = Config::load(&options.place.config)?;
    let campaign = super::campaign::load(options.campaign.as_ref().unwrap_or(&config.campaign))?;
    let utility = options
        .utility
        .as_deref()
        .map(|code| super::preview::utility(&campaign, code))
        .transpose()?;
    let (data, clock) = service::open_data(&options.place.data, NonZeroU32::MIN)
        .context("the outbox belongs to the program that serves; stop it first, or name another folder with --data")?;
    let store = Store::open(&data, config.id_key.clone(), clock)?;
    let outbox = Outbox::new(store.clone(), config::outbox(&campaign)).context("[sender] of the campaign")?;
    let composer = Composer {
        templates: campaign.templates,
        brand: campaign.brand,
        directory: campaign.utilities,
        default_locale: campaign.locales.default,
        offered: campaign.locales.offered,
        id_key: config.id_key.clone(),
        links: LinkKey::new(config.id_key.derive("link")),
        public_url: config.public_url,
        senders: touchpoint::Senders::ALL,
    };
    let test = TestSend {
        to: options.to,
        channel: options.channel,
        locale: options.locale,
        diagnosis: options.diagnosis,
        touch: options.touch,
        utility,
    };
    let ports = Ports { store, outbox };
    let message = send_test(
        &ports,
        &composer,
        &campaign.rules,
        &config.id_key,
        &config.testers,
        &test,
    )
    .await?;
    say(&format!(
        "Sent as {message}: it is in {}. Its links lead to a page that says that they are of a test.\n",
        data.path().join("outbox").display()
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// Has a deployment send it. What goes over the wire is in a file, since everybody may see a command's arguments.
fn through(function: &str, options: &Options) -> anyhow::Result<ExitCode> {
    let event = json!({ "test": {
        "to": options.to,
        "channel": options.channel.as_str(),
        "locale": options.locale.as_str(),
        "diagnosis": options.diagnosis.as_str(),
        "touch": options.touch,
        "utility": options.utility,
    } });
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let (payload, answer) = (folder.path().join("event.json"), folder.path().join("answer.json"));
    fs::write(&payload, event.to_string()).context("cannot write a temporary file")?;
    let called = Command::new("aws")
        .args(["lambda", "invoke", "--function-name", function, "--payload"])
        .arg(format!("fileb://{}", payload.display()))
        .arg(&answer)
        .stdout(Stdio::null())
        .status()
        .context("the AWS CLI, `aws`, cannot be started")?;
    anyhow::ensure!(called.success(), "`aws lambda invoke` failed; it says why above");
    let answer = fs::read_to_string(&answer).context("the AWS CLI has written no answer")?;
    let answer: Value = serde_json::from_str(&answer).context("the answer is not JSON")?;
    match answer.get("message").and_then(Value::as_str) {
        Some(message) => {
            say(&format!(
                "Accepted as {message}. SES drops mail to addresses on its suppression list without a word here: if it does \
                 not arrive, look there.\n"
            ))?;
            Ok(ExitCode::SUCCESS)
        }
        None => {
            let why = answer
                .get("error")
                .or_else(|| answer.get("errorMessage"))
                .and_then(Value::as_str);
            anyhow::bail!("{}", why.unwrap_or("the function gave no answer; its log says why"))
        }
    }
}
