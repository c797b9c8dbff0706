//! A small language for stories about one customer, and the checks that hold after every step.

#![allow(dead_code, reason = "each test file uses its own part of these helpers")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests; a broken story should stop at once"
)]

pub(crate) mod provider;
pub(crate) mod story;
pub(crate) mod world;

use expect_test::Expect;
use jiff::{SignedDuration, Timestamp};
use journey::campaign::{Campaign, Channel};
use journey::contact::{Classification, Facts, Inbox, InboxSend, Locale, Permission};
use journey::{
    Effect, Flow, IdKey, Journey, JourneyId, MeterFollowUp, MeterFound, MeterKind, Note, Phase, Provider, Purpose,
    Reference, SendKey, SendingHours, Touch, TouchRecord, UtilityCode,
};
use law::{Evidence, Law, Places, State};

#[allow(unused_imports, reason = "the diagnosis tells no stories")]
pub(crate) use story::Story;

/// Nine in the morning in Los Angeles, noon in New York.
pub(crate) const MORNING: &str = "2026-07-01T16:00:00Z";

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// A span such as `45m` or `2d 3h`.
pub(crate) fn span(text: &str) -> SignedDuration {
    let span: jiff::Span = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).unwrap()
}

pub(crate) fn zone(name: &str) -> jiff::tz::TimeZone {
    jiff::tz::TimeZone::get(name).unwrap()
}

pub(crate) fn hours(start: i8, end: i8) -> SendingHours {
    SendingHours {
        start: jiff::civil::Time::constant(start, 0, 0, 0),
        end: Some(jiff::civil::Time::constant(end, 0, 0, 0)),
    }
}

pub(crate) fn journey_id(reference: &str) -> JourneyId {
    let key = IdKey::new(*b"an invented key of 32 bytes long").unwrap();
    JourneyId::new(
        &key,
        Provider::Leap,
        Purpose::Enroll,
        &Reference::new(reference).unwrap(),
    )
}

pub(crate) fn code(text: &str) -> UtilityCode {
    UtilityCode::parse(text).unwrap()
}

/// The standard campaign without its experiment: everybody gets the first touch after 45 minutes.
pub(crate) fn campaign() -> Campaign {
    let mut campaign = Campaign::standard();
    campaign.experiment.arms.clear();
    campaign.experiment.holdout_per_10000 = 0;
    campaign
}

pub(crate) fn journey(flow: Flow, now: Timestamp, campaign: &Campaign) -> Journey {
    Journey::begin(
        journey_id("site-ca-0001"),
        Provider::Leap,
        Purpose::Enroll,
        flow,
        now,
        campaign,
    )
}

/// A known household in San Diego that may be written to.
pub(crate) fn facts() -> Facts {
    Facts {
        known: true,
        locale: Locale::En,
        zones: vec![zone("America/Los_Angeles")],
        places: places(&["CA"], &[]),
        flow: Flow::Connect,
        region: None,
        classification: Classification::Residential,
        utility: Some(code("SDGE")),
        email: Permission::Allowed,
        sms: Permission::Allowed,
        push: Permission::Allowed,
        event: Permission::Allowed,
        sharing_ends_at: None,
        visits: journey::Visits::default(),
        asks_for_a_code: false,
        journeys: Vec::new(),
        inbox: Inbox::default(),
    }
}

/// The places of somebody of whom these states and zones are known.
pub(crate) fn places(states: &[&str], zones: &[&str]) -> Places {
    Law::current().places(&Evidence {
        area_code: None,
        states: states.iter().map(|state| State::parse(state).unwrap()).collect(),
        zones: zones.iter().map(|name| zone(name)).collect(),
    })
}

/// A send to the same inbox, for another reference.
pub(crate) fn other_send(sent_at: &str) -> InboxSend {
    InboxSend {
        at: at(sent_at),
        key: SendKey {
            journey: journey_id("site-ca-0002"),
            episode: 1,
            touch: Touch(1),
            attempt: 1,
            channel: Channel::Email,
        },
    }
}

/// A utility's meter with the reference among its completed authorisations.
pub(crate) fn meter() -> MeterFound {
    MeterFound {
        kind: MeterKind::UtilityMeter,
        created_by_partner: false,
        authorized_by_reference: true,
        archived: false,
        created_at: None,
    }
}

pub(crate) fn phase(phase: &Phase) -> String {
    match phase {
        Phase::Live => "Live".to_owned(),
        Phase::Completed {
            evidence,
            provisional,
            meter,
            ..
        } => {
            let meter = match meter {
                MeterFollowUp::Awaited {
                    checks,
                    late_since: None,
                } => format!("{checks} looks"),
                MeterFollowUp::Awaited {
                    checks,
                    late_since: Some(_),
                } => format!("{checks} looks, late"),
                MeterFollowUp::Arrived { .. } => "arrived".to_owned(),
                MeterFollowUp::GivenUp { .. } => "given up".to_owned(),
                MeterFollowUp::NotAwaited => "none awaited".to_owned(),
            };
            let sure = if *provisional { "provisional" } else { "sure" };
            format!("Completed({evidence:?}, {sure}, {meter})")
        }
        Phase::HandedBack { .. } => "HandedBack".to_owned(),
        Phase::Stopped { why, .. } => format!("Stopped({why:?})"),
    }
}

pub(crate) fn touches(journey: &Journey) -> String {
    let one = |record: &TouchRecord| match record {
        TouchRecord::Waiting { attempts: 0 } => "waiting".to_owned(),
        TouchRecord::Waiting { attempts } => format!("waiting after {attempts}"),
        TouchRecord::Claimed { attempt, .. } => format!("claimed {attempt}"),
        TouchRecord::Sent {
            channel: Channel::Email,
            ..
        } => "sent".to_owned(),
        TouchRecord::Sent {
            channel: Channel::Sms, ..
        } => "texted".to_owned(),
        TouchRecord::Sent {
            channel: Channel::Push, ..
        } => "pushed".to_owned(),
        TouchRecord::Sent {
            channel: Channel::Event,
            ..
        } => "announced".to_owned(),
        TouchRecord::Unknown { attempt, .. } => format!("unknown {attempt}"),
        TouchRecord::Skipped { why, .. } => format!("{why:?}"),
    };
    journey.touches.iter().map(one).collect::<Vec<_>>().join(", ")
}

pub(crate) fn timer(journey: &Journey) -> String {
    journey
        .timer
        .as_ref()
        .map_or("no timer".to_owned(), |timer| format!("{:?} {}", timer.why, timer.due))
}

pub(crate) fn notes(notes: &[Note]) -> String {
    let shown = |note: &Note| match note {
        Note::TimerSet { .. } => None,
        Note::Opened { .. }
        | Note::SignOfLife { .. }
        | Note::ProviderActivity { .. }
        | Note::Duplicate
        | Note::Absorbed { .. }
        | Note::AlreadyCompleted
        | Note::MeterNews { .. }
        | Note::Completed { .. }
        | Note::CompletionContradicted
        | Note::Reopened { .. }
        | Note::CameBack
        | Note::StaleTimer
        | Note::Diagnosed { .. }
        | Note::Held { .. }
        | Note::Claimed { .. }
        | Note::ChannelPassed { .. }
        | Note::Sent { .. }
        | Note::Retrying { .. }
        | Note::SendUnknown { .. }
        | Note::LateAnswer { .. }
        | Note::DeliveryProblem { .. }
        | Note::Skipped { .. }
        | Note::Unrecognized
        | Note::HandedBack
        | Note::Stopped { .. }
        | Note::MeterNotYet { .. }
        | Note::MeterSearchUnavailable { .. }
        | Note::MeterLate
        | Note::MeterArrived
        | Note::MeterGivenUp
        | Note::ConnectAgain { .. }
        | Note::FallbackGiven { .. }
        | Note::SupportNeeded { .. }
        | Note::DataReady { .. }
        | Note::DataLate { .. }
        | Note::DataStale { .. }
        | Note::DataFresh { .. }
        | Note::Drift { .. } => Some(short(&format!("{note:?}"))),
    };
    notes.iter().filter_map(shown).collect::<Vec<_>>().join(" · ")
}

/// `Held { touch: Touch(1), why: Cap }` becomes `Held(1, Cap)`.
fn short(debug: &str) -> String {
    // The proof has a test of its own.
    let without_proof = debug.split_once(", lawful: ").map(|(claim, _)| format!("{claim} }}"));
    let mut text = without_proof
        .unwrap_or_else(|| debug.to_owned())
        .replace(", channel: Email }", " }")
        .replace(" { ", "(")
        .replace(" }", ")");
    for name in [
        "touch: Touch(1)",
        "touch: Touch(2)",
        "touch: Touch(3)",
        "touch: Touch(4)",
    ] {
        text = text.replace(name, &name["touch: Touch(".len()..name.len() - 1]);
    }
    for name in [
        "what: ",
        "why: ",
        "arm: ",
        "diagnosis: ",
        "evidence: ",
        "episode: ",
        "checks: ",
        "at: ",
        "channel: ",
    ] {
        text = text.replace(name, "");
    }
    text
}

pub(crate) fn effects(effects: &[Effect]) -> String {
    let one = |effect: &Effect| match effect {
        Effect::ArmTimer(_) => None,
        Effect::Recheck { meters: false, .. } => Some("Recheck".to_owned()),
        Effect::Recheck { meters: true, .. } => Some("Recheck with meters".to_owned()),
        Effect::Send(order) => Some(format!(
            "Send touch {} attempt {}{}: {:?}",
            order.key.touch.0,
            order.key.attempt,
            by(order.key.channel),
            order.diagnosis
        )),
        Effect::LookUpSend(key) => Some(format!("LookUpSend touch {} attempt {}", key.touch.0, key.attempt)),
    };
    effects.iter().filter_map(one).collect::<Vec<_>>().join(", ")
}

/// The usual channel goes without saying.
fn by(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "",
        Channel::Sms => " by text",
        Channel::Push => " by push",
        Channel::Event => " by event",
    }
}

/// Compares one line.
pub(crate) fn line(actual: &str, expect: &Expect) {
    expect.assert_eq(actual);
}
