//! The documented form of an event, and the name of its counter. docs/events.md is their contract.

use journey::contact::Known;
use journey::port::{DailyCount, Timestamp};
use journey::{
    Diagnosis, Evidence, Flow, Journey, Lifecycle, LifecycleEvent, Occasion, Provider, Purpose, SkipReason, StopReason,
};
use serde::Serialize;

use crate::due::Details;

/// The form of the bodies. A field may be added to it; what is there stays as it is.
const SCHEMA: &str = "rekindle.lifecycle.v1";

#[derive(Serialize)]
struct Body<'a> {
    schema: &'static str,
    id: &'a str,
    r#type: &'static str,
    occurred_at: Timestamp,
    provider: Provider,
    purpose: Purpose,
    reference: Option<&'a str>,
    journey: &'a str,
    episode: u16,
    flow: Flow,
    utility: Option<&'a str>,
    diagnosis: Option<Diagnosis>,
    experiment: Experiment<'a>,
    data: Data,
}

#[derive(Serialize)]
struct Experiment<'a> {
    version: &'a str,
    arm: &'a str,
}

/// What only some types say.
#[derive(Default, Serialize)]
struct Data {
    #[serde(skip_serializing_if = "Option::is_none")]
    touch: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<Evidence>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provisional: Option<bool>,
    /// Why the customer is to connect again.
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    given: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    matter: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(flatten)]
    details: Option<Details>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Reason {
    Skip(SkipReason),
    Stop(StopReason),
}

/// An event as JSON; the person is named by the partner's own reference, if the contact is still known.
pub(crate) fn body(
    event: &LifecycleEvent,
    journey: &Journey,
    person: Option<&Known>,
    details: Option<Details>,
) -> String {
    let body = Body {
        schema: SCHEMA,
        id: &event.id,
        r#type: event.what.kind(),
        occurred_at: event.at,
        provider: journey.provider,
        purpose: journey.purpose,
        reference: person.map(|person| person.contact.reference.expose()),
        journey: journey.id.as_str(),
        episode: event.episode,
        flow: journey.flow,
        utility: journey.utility.as_ref().map(journey::UtilityCode::as_str),
        diagnosis: diagnosis(event, journey),
        experiment: Experiment {
            version: &journey.assignment.version,
            arm: &journey.assignment.arm,
        },
        data: Data {
            details,
            ..data(&event.what)
        },
    };
    // Every part is a plain value with text keys, so this cannot fail.
    serde_json::to_string(&body).unwrap_or_default()
}

/// The counter of an event: `type/utility/diagnosis/touch/arm`, with `-` for what it has not.
pub(crate) fn daily_count(event: &LifecycleEvent, journey: &Journey) -> DailyCount {
    let utility = journey.utility.as_ref().map_or("-", |utility| utility.as_str());
    let diagnosis = diagnosis(event, journey).map_or("-", Diagnosis::as_str);
    let touch = event.what.touch().map_or("-".to_owned(), |touch| touch.0.to_string());
    // Arms are named by marketers.
    let arm = journey.assignment.arm.replace('/', "_");
    DailyCount {
        day: event.at.to_zoned(jiff::tz::TimeZone::UTC).date(),
        name: format!("{}/{utility}/{diagnosis}/{touch}/{arm}", event.what.kind()),
        by: 1,
    }
}

/// Where the customer had stopped: what the message says, or what is known now.
fn diagnosis(event: &LifecycleEvent, journey: &Journey) -> Option<Diagnosis> {
    if let Lifecycle::TouchSent { diagnosis, .. } | Lifecycle::TouchDue { diagnosis, .. } = event.what {
        diagnosis
    } else {
        journey.diagnosis
    }
}

fn data(what: &Lifecycle) -> Data {
    let mut data = Data {
        touch: what.touch().map(|touch| touch.0),
        ..Data::default()
    };
    match what {
        Lifecycle::TouchSent { channel, .. } => data.channel = Some(channel.as_str()),
        Lifecycle::TouchSkipped { why, .. } => data.reason = Some(Reason::Skip(*why)),
        Lifecycle::DeliveryProblem { what, .. } => data.problem = Some(what.as_str()),
        Lifecycle::Completed { evidence, provisional } => {
            data.evidence = Some(*evidence);
            data.provisional = Some(*provisional);
        }
        Lifecycle::CompletionConfirmed { evidence } => data.evidence = Some(*evidence),
        Lifecycle::Stopped { why } => data.reason = Some(Reason::Stop(*why)),
        Lifecycle::Started
        | Lifecycle::Reopened
        | Lifecycle::CameBack
        | Lifecycle::TouchDue { .. }
        | Lifecycle::TouchUnknown { .. }
        | Lifecycle::CompletionWithdrawn
        | Lifecycle::HandedBack
        | Lifecycle::MeterArrived
        | Lifecycle::MeterLate
        | Lifecycle::MeterGivenUp => {}
        Lifecycle::ConnectAgain { occasion } => {
            let (because, ends_at) = match occasion {
                Occasion::Lost(why) => (why.as_str(), None),
                Occasion::Expected => ("expected", None),
                Occasion::ConsentEnds(end) => ("consent_ends", Some(*end)),
            };
            data.because = Some(because);
            data.ends_at = ends_at;
        }
        Lifecycle::FallbackGiven { what } => data.given = Some(what.as_str()),
        Lifecycle::SupportNeeded { matter } => data.matter = Some(matter.as_str()),
        Lifecycle::DataReady { kind }
        | Lifecycle::DataLate { kind }
        | Lifecycle::DataStale { kind }
        | Lifecycle::DataFresh { kind } => data.kind = Some(kind.as_str()),
    }
    data
}
