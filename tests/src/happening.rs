//! What happened, one line each: the golden part of a scenario.

use jiff::Timestamp;
use journey::campaign::Channel;
use journey::{Note, SendKey};
use serde::Serialize;

/// Something that a scenario's reader would want to know of.
#[derive(Clone, Debug, PartialEq)]
pub struct Happening {
    /// When.
    pub at: Timestamp,
    /// The reference it is about; empty for what is about nobody in particular.
    pub who: String,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// A message went out.
    Mail {
        /// Its name.
        key: SendKey,
        /// To whom, where the customer stopped, in which language and arm.
        line: String,
    },
    /// A journey's note became durable.
    Noted {
        /// The note.
        note: Note,
        /// Is the journey complete, but not confirmed?
        provisional: bool,
    },
    /// Anything else, in words.
    Said(String),
}

impl Happening {
    /// The line that a scenario expects; none for notes that only repeat what another line says.
    #[must_use]
    pub fn line(&self) -> Option<String> {
        let text = match &self.what {
            What::Mail { key, line } => {
                let episode = if key.episode > 1 {
                    format!(" (episode {})", key.episode)
                } else {
                    String::new()
                };
                let channel = match key.channel {
                    Channel::Email => "e-mail",
                    Channel::Sms => "text",
                    Channel::Push => "push",
                    Channel::Event => "event",
                };
                format!("{channel} touch {}{episode} {line}", key.touch.0)
            }
            What::Noted { note, provisional } => noted(note, *provisional)?,
            What::Said(text) => text.clone(),
        };
        let at = self.at.strftime("%m-%d %H:%M:%S");
        Some(if self.who.is_empty() {
            format!("{at} {text}")
        } else {
            format!("{at} {}: {text}", self.who)
        })
    }
}

fn noted(note: &Note, provisional: bool) -> Option<String> {
    let alert = if note.is_alert() { "alert: " } else { "" };
    let text = match note {
        // What moves the clock is in the times of what follows; a claim and its success are in the mail.
        Note::SignOfLife { .. }
        | Note::ProviderActivity { .. }
        | Note::Claimed { .. }
        | Note::Sent { .. }
        | Note::Duplicate
        | Note::TimerSet { .. }
        | Note::StaleTimer
        | Note::LateAnswer { .. } => return None,
        Note::Opened { arm } => format!("opened, arm {arm}"),
        Note::AlreadyCompleted => "completed again".to_owned(),
        Note::Absorbed { what } => format!("absorbed: {}", word(what)),
        Note::MeterNews { what } => format!("meter news: {what}"),
        Note::Completed { evidence } => {
            let provisional = if provisional { ", provisionally" } else { "" };
            format!("completed by {}{provisional}", word(evidence))
        }
        Note::CompletionContradicted => "completion contradicted".to_owned(),
        Note::Reopened { episode } => format!("reopened, episode {episode}"),
        Note::CameBack => "came back".to_owned(),
        Note::Diagnosed { diagnosis } => format!("diagnosed {}", word(diagnosis)),
        Note::Held { touch, why, .. } => format!("held touch {}: {}", touch.0, word(why)),
        Note::ChannelPassed { touch, channel, why } => {
            format!("touch {} not by {}: {}", touch.0, channel.as_str(), word(why))
        }
        Note::Retrying { touch } => format!("touch {} surely not sent, tried again", touch.0),
        Note::SendUnknown { touch } => format!("touch {} may or may not have gone out", touch.0),
        Note::DeliveryProblem { touch, what } => format!("touch {}: {}", touch.0, word(what)),
        Note::Skipped { touch, why } => format!("skipped touch {}: {}", touch.0, word(why)),
        Note::Unrecognized => "the provider's record has an unknown value".to_owned(),
        Note::HandedBack => "handed back".to_owned(),
        Note::Stopped { why } => format!("stopped: {}", word(why)),
        Note::MeterNotYet { checks } => format!("meter not there yet, check {checks}"),
        Note::MeterSearchUnavailable { why } => format!("meter search unavailable: {}", word(why)),
        Note::MeterLate => "meter late".to_owned(),
        Note::MeterArrived => "meter arrived".to_owned(),
        Note::MeterGivenUp => "meter given up".to_owned(),
        Note::ConnectAgain { occasion } => format!("to connect again: {}", word(occasion)),
        Note::FallbackGiven { what } => format!("gave by hand: {}", word(what)),
        Note::SupportNeeded { matter } => format!("for support: {}", word(matter)),
        Note::DataReady { kind, after_s } => match after_s {
            Some(seconds) => format!("{} ready after {seconds} s", word(kind)),
            None => format!("{} ready", word(kind)),
        },
        Note::DataLate { kind } => format!("{} late", word(kind)),
        Note::DataStale { kind } => format!("{} stale", word(kind)),
        Note::DataFresh { kind } => format!("{} fresh again", word(kind)),
        Note::Drift { what } => format!("no webhook had told: {}", word(what)),
    };
    Some(format!("{alert}{text}"))
}

/// A value's stored name; `status unauthorized` for a name with a value.
fn word<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value).unwrap() {
        serde_json::Value::String(text) => text,
        serde_json::Value::Object(map) => map
            .iter()
            .map(|(name, value)| format!("{name} {}", value.as_str().unwrap_or_default()))
            .collect(),
        other @ (serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::Array(_)) => other.to_string(),
    }
}
