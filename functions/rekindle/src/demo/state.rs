//! What the demo's page shows, as data.

use std::collections::BTreeMap;

use jiff::Timestamp;
use journey::contact::Known;
use journey::port::{Clock, FindContact};
use journey::{Assignment, Diagnosis, Journey, MeterFollowUp, Milestone, Phase, Provider, Purpose, Touch, TouchRecord};
use serde::Serialize;

use super::page::Story;
use crate::world::World;

/// The mails that the page lists.
const MAILS: usize = 200;

/// The state of the story.
#[derive(Serialize)]
pub(crate) struct State {
    now: Timestamp,
    began: Timestamp,
    speed: u32,
    finished: bool,
    providers: Vec<ProviderState>,
    /// Where somebody may try an enrolment.
    trial: Option<String>,
    phases: Phases,
    meters: Meters,
    reminders: Reminders,
    arms: Vec<ArmCount>,
    diagnoses: Vec<DiagnosisCount>,
    journeys: Vec<Row>,
    mails: Vec<Mail>,
}

/// What is different with each provider.
#[derive(Serialize)]
struct ProviderState {
    provider: &'static str,
    funnel: Vec<Step>,
}

#[derive(Serialize)]
struct Step {
    step: &'static str,
    count: usize,
}

#[derive(Default, Serialize)]
pub(crate) struct Phases {
    pub(crate) live: usize,
    pub(crate) completed: usize,
    pub(crate) handed_back: usize,
    pub(crate) stopped: usize,
}

#[derive(Default, Serialize)]
pub(crate) struct Meters {
    pub(crate) awaited: usize,
    pub(crate) late: usize,
    pub(crate) arrived: usize,
}

#[derive(Serialize)]
pub(crate) struct Reminders {
    pub(crate) sent: Vec<usize>,
    pub(crate) skipped: Vec<usize>,
    pub(crate) completed_after_reminder: usize,
    pub(crate) sent_after_completion: usize,
}

#[derive(Serialize)]
struct ArmCount {
    arm: String,
    journeys: usize,
    completed: usize,
}

#[derive(Serialize)]
struct DiagnosisCount {
    diagnosis: &'static str,
    count: usize,
}

#[derive(Serialize)]
struct Row {
    id: String,
    provider: &'static str,
    name: String,
    reference: String,
    phase: &'static str,
    diagnosis: Option<&'static str>,
    arm: String,
    touches: Vec<&'static str>,
    episode: u16,
    last_sign_of_life: Timestamp,
    next: Option<contacts::NextDue>,
    meter: Option<&'static str>,
}

/// One mail of the outbox.
#[derive(Serialize)]
pub(crate) struct Mail {
    id: u64,
    at: Timestamp,
    to: String,
    name: String,
    subject: String,
    touch: u8,
    diagnosis: String,
    locale: &'static str,
    journey: String,
}

/// One customer.
#[derive(Serialize)]
pub(crate) struct Customer {
    name: String,
    reference: String,
    email: String,
    explanation: contacts::Explanation,
    mails: Vec<Mail>,
}

/// Reads the whole state. The demo has few customers, so nothing is counted ahead.
pub(crate) async fn read(story: &Story) -> anyhow::Result<State> {
    let (world, ended) = (&story.world, story.ended.get().copied());
    let journeys = world.store.list_journeys(usize::MAX, None)?;
    let mut rows = Vec::with_capacity(journeys.len());
    let mut names = BTreeMap::new();
    for journey in &journeys {
        let known = world.contact_of(&journey.id).await?;
        names.insert(journey.id.clone(), name(known.as_ref()));
        rows.push(row(journey, known.as_ref()));
    }
    let mails = world.outbox.recent_messages(MAILS)?;
    let of_provider = |(provider, invited): &(Provider, usize)| ProviderState {
        provider: provider.as_str(),
        funnel: funnel(*provider, *invited, &journeys),
    };
    Ok(State {
        now: ended.unwrap_or_else(|| world.now()),
        began: story.began,
        speed: world.clock.speed().get(),
        finished: ended.is_some(),
        providers: story.invited.iter().map(of_provider).collect(),
        trial: story.trial.clone(),
        phases: phases(&journeys),
        meters: meters(&journeys),
        reminders: reminders(&journeys, world.rules.touches.len()),
        arms: arms(&journeys, world),
        diagnoses: diagnoses(&journeys),
        journeys: rows,
        mails: mails
            .iter()
            .map(|message| mail(message, names.get(&message.key.journey)))
            .collect(),
    })
}

/// Reads one customer; `None` when there is no such journey.
pub(crate) async fn customer(world: &World, id: &journey::JourneyId) -> anyhow::Result<Option<Customer>> {
    use journey::port::LoadJourney;
    let Some(loaded) = world.load_journey(id).await? else {
        return Ok(None);
    };
    let known = world.contact_of(id).await?;
    let name = name(known.as_ref());
    let messages = world.outbox.messages_of(id)?;
    Ok(Some(Customer {
        reference: reference(known.as_ref()),
        email: known
            .as_ref()
            .and_then(|known| known.contact.email.clone())
            .unwrap_or_default(),
        explanation: contacts::explain(&loaded.journey, known.as_ref()),
        mails: messages.iter().map(|message| mail(message, Some(&name))).collect(),
        name,
    }))
}

fn name(known: Option<&Known>) -> String {
    known
        .and_then(|known| known.contact.first_name.clone())
        .unwrap_or_default()
}

fn reference(known: Option<&Known>) -> String {
    known
        .map(|known| known.contact.reference.expose().to_owned())
        .unwrap_or_default()
}

/// The way from the invitation to what follows the end. Who has come back to a lost connection is not on it again.
fn funnel(provider: Provider, invited: usize, journeys: &[Journey]) -> Vec<Step> {
    let of_provider = || {
        journeys
            .iter()
            .filter(move |journey| journey.provider == provider && journey.purpose == Purpose::Enroll)
    };
    let began = of_provider().count();
    let step = |step, reached: fn(&Journey) -> bool| Step {
        step,
        count: of_provider().filter(|journey| reached(journey)).count(),
    };
    let first = Step {
        step: "invited",
        count: invited,
    };
    let arrived = |journey: &Journey| meter(journey) == Some("arrived");
    match provider {
        Provider::Leap => vec![
            first,
            Step {
                step: "opened",
                count: began,
            },
            step("at_login", at_login),
            step("authorized", |journey| has(journey, Milestone::LoginSucceeded)),
            step("completed", is_completed),
            step("meter_arrived", arrived),
        ],
        Provider::Bayou => vec![first, step("connected", is_completed), step("data_arrived", arrived)],
        Provider::Light => vec![
            first,
            step("plan_requested", |journey| {
                has(journey, Milestone::PlanRequested) || has(journey, Milestone::PlanAccepted)
            }),
            step("plan_accepted", |journey| has(journey, Milestone::PlanAccepted)),
            step("billing_and_payment", |journey| {
                [
                    Milestone::PlanAccepted,
                    Milestone::BillingAddressConfirmed,
                    Milestone::PaymentMethodAdded,
                ]
                .into_iter()
                .all(|milestone| has(journey, milestone))
            }),
            step("finalized", is_completed),
            step("service_active", arrived),
        ],
    }
}

const fn is_completed(journey: &Journey) -> bool {
    matches!(journey.phase, Phase::Completed { .. })
}

/// Whoever has finished has been everywhere, whatever was heard of it.
fn has(journey: &Journey, milestone: Milestone) -> bool {
    is_completed(journey) || journey.milestones.contains(&milestone)
}

fn at_login(journey: &Journey) -> bool {
    let logins = [
        Milestone::LoginReached,
        Milestone::LoginFailed,
        Milestone::LoginSucceeded,
    ];
    logins.into_iter().any(|milestone| has(journey, milestone))
}

pub(crate) fn phases(journeys: &[Journey]) -> Phases {
    let mut phases = Phases::default();
    for journey in journeys {
        match journey.phase {
            Phase::Live => phases.live += 1,
            Phase::Completed { .. } => phases.completed += 1,
            Phase::HandedBack { .. } => phases.handed_back += 1,
            Phase::Stopped { .. } => phases.stopped += 1,
        }
    }
    phases
}

fn meter(journey: &Journey) -> Option<&'static str> {
    let Phase::Completed { meter, .. } = &journey.phase else {
        return None;
    };
    Some(match meter {
        MeterFollowUp::Awaited { late_since: None, .. } => "awaited",
        MeterFollowUp::Awaited {
            late_since: Some(_), ..
        } => "late",
        MeterFollowUp::Arrived { .. } => "arrived",
        MeterFollowUp::GivenUp { .. } => "given_up",
        MeterFollowUp::NotAwaited => "none",
    })
}

pub(crate) fn meters(journeys: &[Journey]) -> Meters {
    let count = |state| journeys.iter().filter(|journey| meter(journey) == Some(state)).count();
    Meters {
        awaited: count("awaited"),
        late: count("late") + count("given_up"),
        arrived: count("arrived"),
    }
}

/// Counts reminders. A send after the completion was known would show here: its time would be later.
pub(crate) fn reminders(journeys: &[Journey], touches: usize) -> Reminders {
    let count = |touch: usize, state: &str| {
        let is = |journey: &&Journey| {
            journey
                .touches
                .get(touch)
                .is_some_and(|record| state_of(record) == state)
        };
        journeys.iter().filter(is).count()
    };
    let sent_times = |journey: &Journey| {
        let sent = |record: &TouchRecord| match record {
            TouchRecord::Sent { at, .. } => Some(*at),
            TouchRecord::Waiting { .. }
            | TouchRecord::Claimed { .. }
            | TouchRecord::Unknown { .. }
            | TouchRecord::Skipped { .. } => None,
        };
        journey.touches.iter().filter_map(sent).collect::<Vec<_>>()
    };
    let completed_at = |journey: &Journey| match journey.phase {
        Phase::Completed { at, .. } => Some(at),
        Phase::Live | Phase::HandedBack { .. } | Phase::Stopped { .. } => None,
    };
    let completed = || {
        journeys
            .iter()
            .filter_map(|journey| Some((completed_at(journey)?, sent_times(journey))))
    };
    Reminders {
        sent: (0..touches).map(|touch| count(touch, "sent")).collect(),
        skipped: (0..touches).map(|touch| count(touch, "skipped")).collect(),
        completed_after_reminder: completed().filter(|(_, sent)| !sent.is_empty()).count(),
        sent_after_completion: completed()
            .map(|(at, sent)| sent.iter().filter(|sent| **sent > at).count())
            .sum(),
    }
}

fn arms(journeys: &[Journey], world: &World) -> Vec<ArmCount> {
    let names = world
        .rules
        .experiment
        .arms
        .iter()
        .map(|arm| arm.name.as_str())
        .chain([Assignment::HOLDOUT]);
    names
        .map(|arm| {
            let of_arm = || journeys.iter().filter(|journey| journey.assignment.arm == arm);
            let completed = of_arm()
                .filter(|journey| matches!(journey.phase, Phase::Completed { .. }))
                .count();
            ArmCount {
                arm: arm.to_owned(),
                journeys: of_arm().count(),
                completed,
            }
        })
        .collect()
}

fn diagnoses(journeys: &[Journey]) -> Vec<DiagnosisCount> {
    let mut counts: BTreeMap<Diagnosis, usize> = BTreeMap::new();
    for diagnosis in journeys.iter().filter_map(|journey| journey.diagnosis) {
        *counts.entry(diagnosis).or_default() += 1;
    }
    let mut counts: Vec<_> = counts
        .into_iter()
        .map(|(diagnosis, count)| DiagnosisCount {
            diagnosis: diagnosis.as_str(),
            count,
        })
        .collect();
    counts.sort_by_key(|entry| core::cmp::Reverse(entry.count));
    counts
}

fn state_of(record: &TouchRecord) -> &'static str {
    match record {
        TouchRecord::Waiting { .. } => "waiting",
        TouchRecord::Claimed { .. } => "claimed",
        TouchRecord::Sent { .. } => "sent",
        TouchRecord::Unknown { .. } => "unknown",
        TouchRecord::Skipped { .. } => "skipped",
    }
}

fn row(journey: &Journey, known: Option<&Known>) -> Row {
    let explanation = contacts::explain(journey, known);
    Row {
        id: journey.id.to_string(),
        provider: journey.provider.as_str(),
        name: name(known),
        reference: reference(known),
        phase: explanation.phase,
        diagnosis: explanation.diagnosis,
        arm: journey.assignment.arm.clone(),
        touches: journey.touches.iter().map(state_of).collect(),
        episode: journey.episode,
        last_sign_of_life: journey.last_sign_of_life,
        next: explanation.next,
        meter: meter(journey),
    }
}

fn mail(message: &embedded::Message, name: Option<&String>) -> Mail {
    let Touch(touch) = message.line.touch;
    Mail {
        id: message.id,
        at: message.line.at,
        to: message.line.to.clone(),
        name: name.cloned().unwrap_or_default(),
        subject: message.line.subject.clone(),
        touch,
        diagnosis: message.line.diagnosis.clone(),
        locale: message.line.locale.as_str(),
        journey: message.key.journey.to_string(),
    }
}
