//! `rekindle preview`: messages as customers will get them, on one page to look through.

mod names;
mod page;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use campaign::LoadedCampaign;
use clap::Args;
use journey::campaign::Channel;
use journey::{Diagnosis, UtilityCode};
use message::{Length, Message, PushMessage, Sample, Variables};

use super::say;

/// Gmail shows no more of a message than this, and hides the unsubscription at its end.
const CLIPPED_BYTES: usize = 102 * 1024;

/// What most programs show of a subject.
const SUBJECT_CHARS: usize = 70;

/// What to render, and where to.
#[derive(Args)]
pub(crate) struct Options {
    /// The campaign file; without it, the built-in example.
    #[arg(long, value_name = "FILE")]
    campaign: Option<PathBuf>,
    /// The folder to write to: index.html with all messages, and an .html and a .txt of each mail.
    #[arg(long, value_name = "DIR", default_value = "rekindle-preview")]
    out: PathBuf,
    /// Only messages whose name contains this, such as `es-` or `credentials_invalid`.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Show the messages for a customer of this utility, by Leap's code; without it, of an unknown one.
    #[arg(long, value_name = "CODE")]
    utility: Option<String>,
}

/// One message of the gallery.
struct Shown {
    sample: Sample,
    /// Names its files.
    name: String,
    form: Form,
    /// What is worth a second look.
    warnings: Vec<String>,
}

/// A message in the form of its channel.
enum Form {
    Mail(Message),
    Text(Vec<Counted>),
    Push(PushMessage),
}

/// A text message with its length.
#[derive(PartialEq, Eq)]
struct Counted {
    /// Whose values it has.
    whose: &'static str,
    body: String,
    length: Length,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let campaign = match &options.campaign {
        Some(file) => super::campaign::load(file)?,
        None => super::campaign::example()?,
    };
    let utility = options
        .utility
        .as_deref()
        .map(|code| utility(&campaign, code))
        .transpose()?;
    let mut shown = gallery(&campaign, utility.as_ref())?;
    if let Some(only) = &options.only {
        shown.retain(|one| one.name.contains(only.as_str()));
    }
    anyhow::ensure!(!shown.is_empty(), "no message's name contains the text of --only");
    fs::create_dir_all(&options.out).with_context(|| format!("cannot make {}", options.out.display()))?;
    let mut mails = 0;
    for one in &shown {
        if let Form::Mail(message) = &one.form {
            let mut text = String::new();
            writeln!(text, "Subject: {}\n\n{}", message.subject, message.text)?;
            write(&options.out, &format!("{}.html", one.name), &message.html)?;
            write(&options.out, &format!("{}.txt", one.name), &text)?;
            mails += 1;
        }
    }
    write(&options.out, "index.html", &page::page(&campaign, &shown).into_string())?;
    let texts = shown.iter().filter(|one| matches!(one.form, Form::Text(_))).count();
    let pushes = shown.len() - mails - texts;
    say(&format!(
        "{mails} mails, {texts} texts and {pushes} pushes in {}; open index.html there.\n",
        options.out.display()
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// A utility of the directory.
pub(super) fn utility(campaign: &LoadedCampaign, code: &str) -> anyhow::Result<UtilityCode> {
    UtilityCode::parse(code)
        .filter(|code| campaign.utilities.find(code).is_some())
        .with_context(|| format!("{code} is no utility code that we know; write Leap's code, such as PGE"))
}

/// Every message: by diagnosis, language and channel, and by touch where that makes a difference.
fn gallery(campaign: &LoadedCampaign, utility: Option<&UtilityCode>) -> anyhow::Result<Vec<Shown>> {
    let touches = u16::try_from(campaign.rules.touches.len()).unwrap_or(u16::MAX);
    let differences = campaign.templates.differences(&campaign.brand, touches);
    let mut shown: Vec<Shown> = Vec::new();
    for sample in campaign.templates.gallery(touches) {
        let variables = sample.variables(&campaign.brand, &campaign.utilities, utility);
        for channel in Channel::ALL {
            let (form, name) = match channel {
                Channel::Email => (
                    Form::Mail(campaign.templates.render(&variables)?),
                    file_name(sample, ""),
                ),
                Channel::Sms => (Form::Text(texts(campaign, &variables)?), file_name(sample, "-sms")),
                Channel::Push => (
                    Form::Push(campaign.templates.render_push(&variables)?),
                    file_name(sample, "-push"),
                ),
                // Its words are the partner's.
                Channel::Event => continue,
            };
            // A text or a push may say the same in every touch: once is enough.
            let said = |one: &Shown| {
                (one.sample.locale, one.sample.diagnosis) == (sample.locale, sample.diagnosis)
                    && match (&one.form, &form) {
                        (Form::Text(one), Form::Text(other)) => one == other,
                        (Form::Push(one), Form::Push(other)) => one == other,
                        (Form::Mail(_) | Form::Text(_) | Form::Push(_), _) => false,
                    }
            };
            if shown.iter().any(said) {
                continue;
            }
            let mut warnings = warnings(&form);
            let differs = |difference: &&message::Difference| {
                (difference.name.locale, difference.name.diagnosis) == (sample.locale, sample.diagnosis)
            };
            if matches!(form, Form::Mail(_)) {
                warnings.extend(differences.iter().filter(differs).map(ToString::to_string));
            }
            shown.push(Shown {
                sample,
                name,
                form,
                warnings,
            });
        }
    }
    // Mails side by side, then the texts, then the pushes.
    shown.sort_by_key(|one| match one.form {
        Form::Mail(_) => 0,
        Form::Text(_) => 1,
        Form::Push(_) => 2,
    });
    Ok(shown)
}

fn file_name(sample: Sample, channel: &str) -> String {
    let Sample {
        locale,
        diagnosis,
        touch,
        ..
    } = sample;
    format!("{}-{}{channel}-{touch}", locale.as_str(), diagnosis.as_str())
}

/// The text of a sample, with the usual values and with the longest.
fn texts(campaign: &LoadedCampaign, usual: &Variables) -> anyhow::Result<Vec<Counted>> {
    let mut texts = Vec::new();
    for (whose, variables) in usual.in_texts() {
        let body = campaign.templates.render_text(&variables)?.body;
        let length = Length::of(&body);
        texts.push(Counted { whose, body, length });
    }
    Ok(texts)
}

fn warnings(form: &Form) -> Vec<String> {
    let mut warnings = Vec::new();
    match form {
        Form::Mail(message) => {
            let subject = message.subject.chars().count();
            if subject > SUBJECT_CHARS {
                warnings.push(format!(
                    "The subject has {subject} characters; most programs show {SUBJECT_CHARS} at most."
                ));
            }
            if message.preheader().is_none() {
                warnings
                    .push("There is no preheader: programs show the beginning of the mail in its place.".to_owned());
            }
            if message.html.len() > CLIPPED_BYTES {
                let kilobytes = message.html.len() / 1024;
                warnings.push(format!(
                    "The HTML has {kilobytes} KB. Gmail cuts off after 102 KB, and with it the unsubscription."
                ));
            }
        }
        Form::Push(_) => {}
        Form::Text(texts) => {
            // A name is left out where it makes a text too long, so only what the template says itself is worth a word.
            if let Some(plain) = texts.last()
                && let message::Coding::Ucs2(c) = plain.length.coding
            {
                warnings.push(format!(
                    "Because of `{c}`, which is not in the GSM alphabet, a segment holds 67 characters and not 153."
                ));
            }
        }
    }
    warnings
}

fn write(folder: &Path, name: &str, content: &str) -> anyhow::Result<()> {
    let path = folder.join(name);
    fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))
}

/// The diagnoses that have messages, in the order of the directory of names.
fn diagnoses(shown: &[Shown]) -> Vec<Diagnosis> {
    let has = |diagnosis: &Diagnosis| shown.iter().any(|one| one.sample.diagnosis == *diagnosis);
    Diagnosis::ALL.into_iter().filter(has).collect()
}
