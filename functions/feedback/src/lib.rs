//! The sender tells what became of a message: unknown sends are resolved, bounced inboxes closed.
//! People answer to texts: a STOP ends everything, at once, and HELP is answered.
//!
//! SES publishes what happens to each message, through EventBridge or through an SNS topic. An event is
//! believed only when three things hold; else it is counted as `feedback.foreign` and left alone:
//!
//! - It came by a way that is ours: an EventBridge envelope of our account from `aws.ses`, which nobody
//!   but AWS can write, since [sources of one's own must not begin with `aws.`][1]; or the one topic that
//!   is configured.
//! - Its message went out under our configuration set.
//! - The message's tags carry our proof ([`SendTags`]): whoever else may send through this account, or
//!   publish to the topic, cannot make one.
//!
//! SES promises no order and delivers more than once ([best effort][2]), so everything here may come
//! late, twice, or never. What is known already changes nothing and writes nothing.
//!
//! [1]: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
//! [2]: https://docs.aws.amazon.com/ses/latest/dg/monitoring-eventbridge.html

mod envelope;
mod event;
mod help;
mod inbound;

use core::error::Error;

use journey::contact::{OptOut, SuppressedFor};
use journey::port::{
    AnswerText, ArmTimer, Clock, CommitJourney, Count, LoadJourney, StoreError, Suppress, SuppressAddress, Versioned,
};
use journey::protocol::{IfAbsent, Person, TakeError, take};
use journey::send_tag::SendTags;
use journey::{AddressId, Campaign, DeliveryProblem, Event, IdKey, Note, Resolution, SendKey, TouchRecord};

use envelope::{Brought, Unusable};
use event::{Kind, Told};

pub use help::{Help, Lately, ONCE_IN_MINUTES};

/// Whose events are believed.
#[derive(Clone, Debug)]
pub struct Config {
    /// The secret under which people are named, and sends proved.
    pub id_key: IdKey,
    /// Our AWS account, 12 digits.
    pub account: String,
    /// The configuration set that our messages are sent with.
    pub configuration_set: String,
    /// The SNS topic that SES publishes to, if it is one.
    pub topic_arn: Option<String>,
    /// The SNS topic of the answers to our texts, if there are any.
    pub replies_topic_arn: Option<String>,
}

/// Some of the events could not be taken: deliver all of them again.
#[derive(Debug, thiserror::Error)]
#[error("{failed} of {events} events could not be taken")]
pub struct FeedbackError {
    /// How many failed.
    pub failed: usize,
    /// How many there were.
    pub events: usize,
    /// Why the first of them failed.
    #[source]
    pub first: NotTaken,
}

/// Why an event could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// The store failed, or others were always faster.
    #[error(transparent)]
    Take(#[from] TakeError),
    /// Somebody asked for help, and the answer was surely not sent.
    #[error("HELP could not be answered")]
    Unanswered,
}

impl From<StoreError> for NotTaken {
    fn from(error: StoreError) -> Self {
        NotTaken::Take(error.into())
    }
}

/// Takes what EventBridge or SNS has brought: one event or several, each for itself.
///
/// What is foreign or cannot be read is counted and left: it would be no better when it came again. Without a `help`
/// of ours somebody else answers HELP.
///
/// # Errors
/// [`FeedbackError`] when the store failed, or a text could not be answered yet. What was taken is not harmed by being
/// delivered again.
pub async fn handle<P>(
    ports: &P,
    config: &Config,
    campaign: &Campaign,
    help: Option<Help<'_>>,
    payload: &serde_json::Value,
) -> Result<(), FeedbackError>
where
    P: Clock + LoadJourney + CommitJourney + ArmTimer + Suppress + SuppressAddress + AnswerText + Count,
{
    let messages = envelope::open(config, payload);
    let events = messages.len();
    let mut failures = Vec::new();
    for message in messages {
        let read = match message {
            Ok(Brought::Reply(reply)) => {
                if let Err(error) = inbound::apply(ports, config, help, &reply).await {
                    tracing::error!(error = &error as &dyn Error, "answer to a text not taken");
                    failures.push(error);
                }
                continue;
            }
            Ok(Brought::Mail(message)) => message.read(&config.configuration_set),
            Err(unusable) => Err(unusable),
        };
        let proved = read.and_then(|told| {
            let key = SendTags::verify(&config.id_key, &|name| told.tag(name));
            key.map(|key| (key, told)).ok_or(Unusable::Foreign("no proof"))
        });
        match proved {
            Ok((key, told)) => {
                if let Err(error) = apply(ports, config, campaign, &key, &told).await {
                    tracing::error!(
                        journey = %key.journey,
                        event = told.kind.counter(),
                        error = &error as &dyn Error,
                        "delivery event not taken"
                    );
                    failures.push(error.into());
                } else {
                    ports.count(told.kind.counter(), 1);
                }
            }
            Err(Unusable::Foreign(why)) => {
                tracing::warn!(why, "foreign delivery event");
                ports.count("feedback.foreign", 1);
            }
            Err(Unusable::Malformed(why)) => {
                tracing::error!(why, "malformed delivery event");
                ports.count("feedback.malformed", 1);
            }
            Err(Unusable::OfNoInterest) => {}
        }
    }
    let failed = failures.len();
    match failures.into_iter().next() {
        Some(first) => Err(FeedbackError { failed, events, first }),
        None => Ok(()),
    }
}

async fn apply<P>(ports: &P, config: &Config, campaign: &Campaign, key: &SendKey, told: &Told) -> Result<(), TakeError>
where
    P: Clock + LoadJourney + CommitJourney + ArmTimer + Suppress + SuppressAddress + Count,
{
    // A tester's own mailbox: who tries out bounces and complaints must not close an inbox, which may be a customer's too.
    if key.journey.is_of_test() {
        tracing::info!(journey = %key.journey, "delivery event of a test message");
        return Ok(());
    }
    let stored = ports.load_journey(&key.journey).await?;
    if told.kind.shows_that_it_was_sent() && stored.as_ref().is_some_and(|stored| is_open(stored, key)) {
        resolve(ports, campaign, key, told, stored.as_ref()).await?;
    }
    let Some(what) = told.kind.problem() else {
        return Ok(());
    };
    if stored.is_some_and(|stored| stored.journey.has_seen(key, what)) {
        return Ok(());
    }
    // The inbox is closed first: a claim that is decided in this moment names an older version of it.
    let now = ports.now();
    let why = match what {
        DeliveryProblem::Bounced => Some(SuppressedFor::Bounce),
        DeliveryProblem::Complained => Some(SuppressedFor::Complaint),
        DeliveryProblem::Rejected | DeliveryProblem::RenderingFailed => None,
    };
    if let Some(why) = why {
        for address in &told.addresses {
            let address = AddressId::new(&config.id_key, address);
            ports.suppress_address(&address, why, now).await?;
        }
    }
    if what == DeliveryProblem::Complained {
        ports.set_opted_out(&key.journey, &OptOut::Everything, now).await?;
    }
    let key = key.clone();
    let journey = key.journey.clone();
    let touch = key.touch.0;
    let event = Event::DeliverySeen { key, what };
    let absent = IfAbsent::Ignore;
    let taken = take(ports, campaign, &journey, absent, Person::default(), &event.into()).await?;
    let notes = taken.map(|taken| taken.notes).unwrap_or_default();
    if notes.iter().any(Note::is_alert) {
        tracing::error!(%journey, touch, what = what.as_str(), ?notes, "a message was not sent: please look");
    } else {
        tracing::info!(%journey, touch, what = what.as_str(), ?notes, "delivery problem");
    }
    Ok(())
}

/// The sender's own event says that the message went out: whatever was not known of it is known now.
async fn resolve<P>(
    ports: &P,
    campaign: &Campaign,
    key: &SendKey,
    told: &Told,
    stored: Option<&Versioned>,
) -> Result<(), TakeError>
where
    P: Clock + LoadJourney + CommitJourney + ArmTimer + Count,
{
    let was_unknown = stored.is_some_and(|stored| {
        let record = stored.journey.touches.get(key.touch.index());
        matches!(record, Some(TouchRecord::Unknown { .. }))
    });
    let event = Event::SendLookedUp {
        key: key.clone(),
        resolution: Resolution::Sent {
            message_id: told.message_id.clone(),
            at: told.sent_at.min(ports.now()),
        },
    };
    let absent = IfAbsent::Ignore;
    let taken = take(ports, campaign, &key.journey, absent, Person::default(), &event.into()).await?;
    if let Some(taken) = taken.filter(|taken| taken.written) {
        tracing::info!(journey = %key.journey, touch = key.touch.0, notes = ?taken.notes, "send resolved");
        if was_unknown {
            ports.count("feedback.resolved_unknown", 1);
        }
    }
    Ok(())
}

/// Is there still something to learn about this touch? Most events tell of one that is known to be
/// sent, and must not cost a write.
fn is_open(stored: &Versioned, key: &SendKey) -> bool {
    let journey = &stored.journey;
    journey.episode == key.episode
        && journey
            .touches
            .get(key.touch.index())
            .is_some_and(|record| match record {
                TouchRecord::Claimed { .. } | TouchRecord::Unknown { .. } | TouchRecord::Waiting { .. } => true,
                TouchRecord::Sent { .. } | TouchRecord::Skipped { .. } => false,
            })
}

impl Kind {
    fn counter(&self) -> &'static str {
        match self {
            Kind::Sent => "feedback.send",
            Kind::Delivered => "feedback.delivery",
            Kind::Delayed => "feedback.delay",
            Kind::Engaged => "feedback.engagement",
            Kind::Bounced { permanent: true } => "feedback.bounce_permanent",
            Kind::Bounced { permanent: false } => "feedback.bounce_transient",
            Kind::Complained { is_spam: true } => "feedback.complaint",
            Kind::Complained { is_spam: false } => "feedback.not_spam",
            Kind::Rejected => "feedback.reject",
            Kind::RenderingFailed => "feedback.rendering_failure",
        }
    }

    fn shows_that_it_was_sent(&self) -> bool {
        match self {
            Kind::Sent
            | Kind::Delivered
            | Kind::Delayed
            | Kind::Engaged
            | Kind::Bounced { .. }
            | Kind::Complained { .. } => true,
            Kind::Rejected | Kind::RenderingFailed => false,
        }
    }

    fn problem(&self) -> Option<DeliveryProblem> {
        match self {
            Kind::Bounced { permanent: true } => Some(DeliveryProblem::Bounced),
            Kind::Complained { is_spam: true } => Some(DeliveryProblem::Complained),
            Kind::Rejected => Some(DeliveryProblem::Rejected),
            Kind::RenderingFailed => Some(DeliveryProblem::RenderingFailed),
            Kind::Sent
            | Kind::Delivered
            | Kind::Delayed
            | Kind::Engaged
            | Kind::Bounced { permanent: false }
            | Kind::Complained { is_spam: false } => None,
        }
    }
}
