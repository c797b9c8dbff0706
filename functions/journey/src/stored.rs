//! The stored shape of a journey: versioned, compact, converted by hand.
//!
//! JSON, so that an operator can read a record where it lies; short names and times relative to the
//! episode's opening, so that a typical journey stays within one write unit (1 KB).

use std::collections::{BTreeSet, VecDeque};

use data_encoding::BASE64URL_NOPAD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::campaign::Channel;
use crate::experiment::Assignment;
use crate::id::{EventId, JourneyId, Provider, Purpose, UtilityCode};
use crate::note::SkipReason;
use crate::state::{
    Evidence, Flow, Journey, MeterFollowUp, Noted, Phase, Sessions, StopReason, Timer, TimerWhy, Touch, TouchRecord,
};

mod data;
mod message_id;
mod notes;

use data::{StoredData, StoredEnrollment, StoredOccasion};
use message_id::StoredMessageId;
use notes::{StoredDiagnosis, StoredMilestone, StoredNote};

/// The version of the shape that is written. Version 1 knew no channel but e-mail: what names no channel went, or
/// goes, by e-mail. Version 2 kept no proof with a claim, and wrote every sender's identifier in full. Version 3 knew of
/// no connection that can be lost, version 4 of no enrolment in a plan.
const VERSION: u8 = 5;

/// A stored record that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// Not the shape we write.
    #[error("the stored journey is not of the shape that this program writes")]
    Shape(#[source] serde_json::Error),
    /// Written by a newer program.
    #[error("the stored journey has shape version {0}; this program reads up to version {VERSION}")]
    Newer(u8),
    /// A time that no calendar has.
    #[error("the stored journey has a time outside the calendar")]
    Time,
    /// Identifiers of webhook events that are not whole.
    #[error("the stored journey's event identifiers are not whole")]
    Events,
}

#[derive(Serialize, Deserialize)]
struct StoredJourney {
    v: u8,
    id: JourneyId,
    pr: Provider,
    pu: Purpose,
    ep: u16,
    fl: Flow,
    ph: StoredPhase,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    ms: Vec<StoredMilestone>,
    #[serde(default, skip_serializing_if = "no_sessions")]
    se: (u16, u16),
    /// The opening, in milliseconds since 1970; all other times count from here.
    at: i64,
    li: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    di: Option<StoredDiagnosis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ut: Option<UtilityCode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    oc: Option<StoredOccasion>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    da: Option<StoredData>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    en: Option<StoredEnrollment>,
    ar: Assignment,
    to: Vec<StoredTouch>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    rf: BTreeSet<(Touch, Channel)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ti: Option<(i64, i64, TimerWhy)>,
    ge: u32,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    ev: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    hi: Vec<(i64, StoredNote)>,
}

fn no_sessions(sessions: &(u16, u16)) -> bool {
    *sessions == (0, 0)
}

#[derive(Serialize, Deserialize)]
enum StoredPhase {
    #[serde(rename = "l")]
    Live,
    #[serde(rename = "c")]
    Completed(i64, Evidence, bool, StoredMeter),
    #[serde(rename = "h")]
    HandedBack(i64),
    #[serde(rename = "s")]
    Stopped(StopReason, i64),
}

#[derive(Serialize, Deserialize)]
enum StoredMeter {
    #[serde(rename = "w")]
    Awaited(u16, Option<i64>),
    #[serde(rename = "a")]
    Arrived(i64),
    #[serde(rename = "g")]
    GivenUp(i64),
    #[serde(rename = "n")]
    NotAwaited,
}

#[derive(Serialize, Deserialize)]
enum StoredTouch {
    #[serde(rename = "w")]
    Waiting(u8),
    #[serde(rename = "c")]
    Claimed(
        u8,
        i64,
        #[serde(default, skip_serializing_if = "Channel::is_email")] Channel,
    ),
    #[serde(rename = "s")]
    Sent(
        i64,
        StoredMessageId,
        #[serde(default, skip_serializing_if = "Channel::is_email")] Channel,
    ),
    #[serde(rename = "u")]
    Unknown(
        u8,
        i64,
        #[serde(default, skip_serializing_if = "Channel::is_email")] Channel,
    ),
    #[serde(rename = "k")]
    Skipped(SkipReason, i64),
}

/// Writes a journey's stored shape.
#[must_use]
pub fn encode(journey: &Journey) -> Vec<u8> {
    let base = journey.opened_at.as_millisecond();
    let rel = |at: Timestamp| at.as_millisecond() - base;
    let stored = StoredJourney {
        v: VERSION,
        id: journey.id.clone(),
        pr: journey.provider,
        pu: journey.purpose,
        ep: journey.episode,
        fl: journey.flow,
        ph: match &journey.phase {
            Phase::Live => StoredPhase::Live,
            Phase::Completed {
                at,
                evidence,
                provisional,
                meter,
            } => {
                let meter = match meter {
                    MeterFollowUp::Awaited { checks, late_since } => StoredMeter::Awaited(*checks, late_since.map(rel)),
                    MeterFollowUp::Arrived { at } => StoredMeter::Arrived(rel(*at)),
                    MeterFollowUp::GivenUp { at } => StoredMeter::GivenUp(rel(*at)),
                    MeterFollowUp::NotAwaited => StoredMeter::NotAwaited,
                };
                StoredPhase::Completed(rel(*at), *evidence, *provisional, meter)
            }
            Phase::HandedBack { at } => StoredPhase::HandedBack(rel(*at)),
            Phase::Stopped { why, at } => StoredPhase::Stopped(*why, rel(*at)),
        },
        ms: journey.milestones.iter().map(|milestone| (*milestone).into()).collect(),
        se: (journey.sessions.opened, journey.sessions.closed),
        at: base,
        li: rel(journey.last_sign_of_life),
        di: journey.diagnosis.map(Into::into),
        ut: journey.utility.clone(),
        oc: journey.occasion.map(Into::into),
        da: journey.data.as_ref().map(|clock| StoredData::new(clock, rel)),
        en: journey
            .enrollment
            .as_ref()
            .map(|clock| StoredEnrollment::new(clock, rel)),
        ar: journey.assignment.clone(),
        to: journey
            .touches
            .iter()
            .map(|record| match record {
                TouchRecord::Waiting { attempts } => StoredTouch::Waiting(*attempts),
                TouchRecord::Claimed { attempt, at, channel } => StoredTouch::Claimed(*attempt, rel(*at), *channel),
                TouchRecord::Sent {
                    at,
                    channel,
                    message_id,
                } => StoredTouch::Sent(rel(*at), StoredMessageId::new(message_id), *channel),
                TouchRecord::Unknown { attempt, at, channel } => StoredTouch::Unknown(*attempt, rel(*at), *channel),
                TouchRecord::Skipped { why, at } => StoredTouch::Skipped(*why, rel(*at)),
            })
            .collect(),
        rf: journey.refused.clone(),
        // The generation of the live timer is always the last one given.
        ti: journey
            .timer
            .as_ref()
            .map(|timer| (rel(timer.due), rel(timer.closes), timer.why)),
        ge: journey.generation,
        ev: {
            let bytes: Vec<u8> = journey.recent_events.iter().flat_map(|id| id.0.to_be_bytes()).collect();
            BASE64URL_NOPAD.encode(&bytes)
        },
        hi: journey
            .history
            .iter()
            .map(|noted| {
                (
                    noted.at.as_second() - base.div_euclid(1_000),
                    StoredNote::new(&noted.note, base),
                )
            })
            .collect(),
    };
    // Every part is a plain value with text keys, so this cannot fail; an empty record would be
    // refused on reading, not misread.
    serde_json::to_vec(&stored).unwrap_or_default()
}

/// Reads a journey's stored shape.
///
/// # Errors
/// [`Unreadable`] when it is none of ours, or of a newer program's.
pub fn decode(bytes: &[u8]) -> Result<Journey, Unreadable> {
    #[derive(Deserialize)]
    struct Versioned {
        v: u8,
    }
    let Versioned { v } = serde_json::from_slice(bytes).map_err(Unreadable::Shape)?;
    if v > VERSION {
        return Err(Unreadable::Newer(v));
    }
    let stored: StoredJourney = serde_json::from_slice(bytes).map_err(Unreadable::Shape)?;
    let opened_at = Timestamp::from_millisecond(stored.at).map_err(|_| Unreadable::Time)?;
    let abs = |rel: i64| {
        opened_at
            .checked_add(SignedDuration::from_millis(rel))
            .map_err(|_| Unreadable::Time)
    };
    Ok(Journey {
        id: stored.id,
        provider: stored.pr,
        purpose: stored.pu,
        episode: stored.ep,
        flow: stored.fl,
        phase: match stored.ph {
            StoredPhase::Live => Phase::Live,
            StoredPhase::Completed(at, evidence, provisional, meter) => {
                let meter = match meter {
                    StoredMeter::Awaited(checks, late) => MeterFollowUp::Awaited {
                        checks,
                        late_since: late.map(abs).transpose()?,
                    },
                    StoredMeter::Arrived(at) => MeterFollowUp::Arrived { at: abs(at)? },
                    StoredMeter::GivenUp(at) => MeterFollowUp::GivenUp { at: abs(at)? },
                    StoredMeter::NotAwaited => MeterFollowUp::NotAwaited,
                };
                Phase::Completed {
                    at: abs(at)?,
                    evidence,
                    provisional,
                    meter,
                }
            }
            StoredPhase::HandedBack(at) => Phase::HandedBack { at: abs(at)? },
            StoredPhase::Stopped(why, at) => Phase::Stopped { why, at: abs(at)? },
        },
        milestones: stored.ms.into_iter().map(Into::into).collect(),
        sessions: Sessions {
            opened: stored.se.0,
            closed: stored.se.1,
        },
        opened_at,
        last_sign_of_life: abs(stored.li)?,
        diagnosis: stored.di.map(Into::into),
        utility: stored.ut,
        occasion: stored.oc.map(StoredOccasion::read).transpose()?,
        data: stored.da.map(|data| data.read(abs)).transpose()?,
        enrollment: stored.en.map(|clock| clock.read(abs)).transpose()?,
        assignment: stored.ar,
        touches: stored
            .to
            .into_iter()
            .map(|touch| {
                Ok(match touch {
                    StoredTouch::Waiting(attempts) => TouchRecord::Waiting { attempts },
                    StoredTouch::Claimed(attempt, at, channel) => TouchRecord::Claimed {
                        attempt,
                        at: abs(at)?,
                        channel,
                    },
                    StoredTouch::Sent(at, message_id, channel) => TouchRecord::Sent {
                        at: abs(at)?,
                        channel,
                        message_id: message_id.read(),
                    },
                    StoredTouch::Unknown(attempt, at, channel) => TouchRecord::Unknown {
                        attempt,
                        at: abs(at)?,
                        channel,
                    },
                    StoredTouch::Skipped(why, at) => TouchRecord::Skipped { why, at: abs(at)? },
                })
            })
            .collect::<Result<_, Unreadable>>()?,
        refused: stored.rf,
        timer: stored
            .ti
            .map(|(due, closes, why)| {
                Ok::<_, Unreadable>(Timer {
                    generation: stored.ge,
                    due: abs(due)?,
                    closes: abs(closes)?,
                    why,
                })
            })
            .transpose()?,
        generation: stored.ge,
        recent_events: event_ids(&stored.ev)?,
        history: stored
            .hi
            .into_iter()
            .map(|(at, note)| {
                let second = stored.at.div_euclid(1_000).saturating_add(at);
                let at = Timestamp::from_second(second).map_err(|_| Unreadable::Time)?;
                Ok(Noted {
                    at,
                    note: note.read(stored.at)?,
                })
            })
            .collect::<Result<_, Unreadable>>()?,
    })
}

fn event_ids(text: &str) -> Result<VecDeque<EventId>, Unreadable> {
    let bytes = BASE64URL_NOPAD
        .decode(text.as_bytes())
        .map_err(|_| Unreadable::Events)?;
    let id = |chunk: &[u8]| Some(EventId(u64::from_be_bytes(chunk.try_into().ok()?)));
    bytes
        .chunks(8)
        .map(|chunk| id(chunk).ok_or(Unreadable::Events))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_bytes_and_newer_shapes_are_named() {
        assert!(matches!(decode(b""), Err(Unreadable::Shape(_))));
        assert!(matches!(decode(br#"{"v":1}"#), Err(Unreadable::Shape(_))));
        assert!(matches!(decode(br#"{"v":9}"#), Err(Unreadable::Newer(9))));
    }
}
