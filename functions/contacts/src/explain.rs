//! Why each message was or was not sent, in words.

use jiff::Timestamp;
use journey::campaign::Channel;
use journey::contact::{Facts, Known, OptOut, Suppression};
use journey::enrollment::SupportMatter;
use journey::{
    DataClock, Delivery, DeliveryProblem, Drift, Evidence, Flow, Given, HoldReason, Journey, LossReason, MeterFollowUp,
    Milestone, Note, Occasion, Phase, Purpose, SkipReason, StopReason, Territory, TimerWhy, TouchRecord, Unavailable,
};
use law::Proof;
use serde::Serialize;

/// What is known of a journey, without anything that names the person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The journey's name in logs.
    pub journey: String,
    /// The provider.
    pub provider: &'static str,
    /// `enroll` or `reconnect`.
    pub purpose: &'static str,
    /// Which reminders it gets: `drop_off`, `invitation`, `reconnect`, `renewal` or `consent_end`.
    pub series: &'static str,
    /// Counts reopenings, from 1.
    pub episode: u16,
    /// `live`, `completed`, `handed_back` or `stopped`.
    pub phase: &'static str,
    /// The phase in a sentence.
    pub summary: String,
    /// `connect`, `direct_to_utility` or `unknown`.
    pub flow: &'static str,
    /// Where the customer stopped, as last understood.
    pub diagnosis: Option<&'static str>,
    /// The utility by Leap's code.
    pub utility: Option<String>,
    /// When the episode became known.
    pub opened_at: Timestamp,
    /// The latest sign of life: the moment of abandonment.
    pub last_sign_of_life: Timestamp,
    /// What the customer has reached.
    pub milestones: Vec<&'static str>,
    /// The experiment's version.
    pub experiment: String,
    /// The arm of the experiment.
    pub arm: String,
    /// Is the contact known to us?
    pub contact_known: bool,
    /// May e-mail go to the person: `allowed`, `no_address`, `opted_out`, `suppressed` or `unknown_contact`.
    pub email: &'static str,
    /// May texts go to the person: the same, or `no_consent`.
    pub sms: &'static str,
    /// May pushes go to the person: the same as for e-mail.
    pub push: &'static str,
    /// May the partner be told that a message is due: `allowed`, `opted_out`, `suppressed` or `unknown_contact`.
    pub event: &'static str,
    /// What the person has opted out of.
    pub opted_out: Option<OptOut>,
    /// The consents on record.
    pub consents: Vec<ConsentExplained>,
    /// What closes the person's inboxes.
    pub closed: Vec<Closed>,
    /// The data that the connection gives, where the provider shows them.
    pub data: Option<DataExplained>,
    /// Each touch.
    pub touches: Vec<TouchExplained>,
    /// The next thing due.
    pub next: Option<NextDue>,
    /// Everything that was decided, oldest first.
    pub timeline: Vec<TimelineEntry>,
}

/// A consent on record. Its words stay with the contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConsentExplained {
    /// `email`, `sms`, `push` or `event`.
    pub channel: &'static str,
    /// When it was given.
    pub at: Timestamp,
    /// Where.
    pub source: String,
    /// To which words.
    pub version: String,
}

/// One reason that closes an inbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Closed {
    /// `email`, `sms` or `push`. A `stop` of texts ends everything.
    pub channel: &'static str,
    /// `opt_out`, `bounce`, `complaint`, `stop` or `sender_list`.
    pub why: &'static str,
    /// Since when.
    pub since: Timestamp,
}

/// The data of a connected customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DataExplained {
    /// Since when the connection stands; none where it stood before we knew of the customer.
    pub connected_at: Option<Timestamp>,
    /// When the customer last signed in, as far as we know.
    pub login_at: Option<Timestamp>,
    /// `instant`, `hours` or `other`: how fast the utility is said to be.
    pub velocity: Option<&'static str>,
    /// `awaited`, `late`, `ready` or `not_offered`.
    pub bills: &'static str,
    /// The same of intervals.
    pub intervals: &'static str,
    /// When the newest bill was issued.
    pub newest_bill: Option<Timestamp>,
    /// The end of the newest interval.
    pub newest_interval: Option<Timestamp>,
    /// Since when no new bills have come, although the connection stands.
    pub bills_stale_since: Option<Timestamp>,
    /// The same of intervals.
    pub intervals_stale_since: Option<Timestamp>,
}

/// One touch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TouchExplained {
    /// Its number.
    pub touch: u8,
    /// `waiting`, `claimed`, `sent`, `unknown` or `skipped`.
    pub state: &'static str,
    /// When that was decided.
    pub at: Option<Timestamp>,
    /// `email`, `sms`, `push` or `event`, once one was taken.
    pub channel: Option<&'static str>,
    /// Why it was skipped.
    pub why: Option<String>,
}

/// The next thing due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NextDue {
    /// When.
    pub due: Timestamp,
    /// What for.
    pub why: &'static str,
}

/// One decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TimelineEntry {
    /// When.
    pub at: Timestamp,
    /// In words.
    pub text: String,
    /// For programs: the same as data.
    pub note: Note,
}

/// Explains a journey.
#[must_use]
pub fn explain(journey: &Journey, known: Option<&Known>) -> Explanation {
    let (phase, summary) = phase(journey);
    let facts = known.map(|known| Facts::of(known, &Territory::default()));
    let permission = |channel| match &facts {
        None => "unknown_contact",
        Some(facts) => facts.permission(channel).as_str(),
    };
    Explanation {
        journey: journey.id.to_string(),
        provider: journey.provider.as_str(),
        purpose: journey.purpose.as_str(),
        series: journey.series().as_str(),
        episode: journey.episode,
        phase,
        summary,
        flow: match journey.flow {
            Flow::Unknown => "unknown",
            Flow::Connect => "connect",
            Flow::DirectToUtility => "direct_to_utility",
        },
        diagnosis: journey.diagnosis.map(journey::Diagnosis::as_str),
        utility: journey.utility.as_ref().map(|code| code.as_str().to_owned()),
        opened_at: journey.opened_at,
        last_sign_of_life: journey.last_sign_of_life,
        milestones: journey.milestones.iter().copied().map(milestone).collect(),
        experiment: journey.assignment.version.clone(),
        arm: journey.assignment.arm.clone(),
        contact_known: known.is_some(),
        email: permission(Channel::Email),
        sms: permission(Channel::Sms),
        push: permission(Channel::Push),
        event: permission(Channel::Event),
        opted_out: known.map(|known| known.contact.opted_out.clone()),
        consents: known.map(consents).unwrap_or_default(),
        closed: known.map(closed).unwrap_or_default(),
        data: journey.data.as_ref().map(data),
        touches: journey
            .touches
            .iter()
            .enumerate()
            .map(|(index, record)| touch(index, record))
            .collect(),
        next: journey.timer.as_ref().map(|timer| NextDue {
            due: timer.due,
            why: timer_why(timer.why),
        }),
        timeline: journey
            .history
            .iter()
            .map(|noted| TimelineEntry {
                at: noted.at,
                text: sentence(&noted.note),
                note: noted.note.clone(),
            })
            .collect(),
    }
}

fn data(clock: &DataClock) -> DataExplained {
    let word = |delivery| match delivery {
        Delivery::Awaited { late_since: None, .. } => "awaited",
        Delivery::Awaited {
            late_since: Some(_), ..
        } => "late",
        Delivery::Ready { .. } => "ready",
        Delivery::NotOffered => "not_offered",
    };
    DataExplained {
        connected_at: clock.connected_at,
        login_at: clock.login_at,
        velocity: clock.velocity.map(journey::Velocity::as_str),
        bills: word(clock.bills),
        intervals: word(clock.intervals),
        newest_bill: clock.newest.bill,
        newest_interval: clock.newest.interval,
        bills_stale_since: clock.stale_since.0,
        intervals_stale_since: clock.stale_since.1,
    }
}

fn consents(known: &Known) -> Vec<ConsentExplained> {
    let consents = known.contact.consent.iter();
    consents
        .map(|(channel, consent)| ConsentExplained {
            channel: channel.as_str(),
            at: consent.at,
            source: consent.source.clone(),
            version: consent.version.clone(),
        })
        .collect()
}

fn closed(known: &Known) -> Vec<Closed> {
    let of = |channel: Channel| {
        let reasons = known.suppression(channel).into_iter().flat_map(Suppression::reasons);
        reasons.map(move |(why, since)| Closed {
            channel: channel.as_str(),
            why: why.as_str(),
            since,
        })
    };
    Channel::ALL.into_iter().flat_map(of).collect()
}

fn phase(journey: &Journey) -> (&'static str, String) {
    match &journey.phase {
        Phase::Live if journey.purpose == Purpose::Reconnect => {
            ("live", "The customer is to connect again.".to_owned())
        }
        Phase::Live => ("live", "The customer is on the way, or has dropped off.".to_owned()),
        Phase::Completed { evidence, meter, .. } => {
            let meter = match (meter, &journey.data) {
                (MeterFollowUp::Awaited { .. }, Some(clock)) => match (clock.bills, clock.intervals) {
                    (
                        Delivery::Awaited {
                            late_since: Some(_), ..
                        },
                        _,
                    )
                    | (
                        _,
                        Delivery::Awaited {
                            late_since: Some(_), ..
                        },
                    ) => "the data are late",
                    (
                        Delivery::Awaited { .. } | Delivery::Ready { .. } | Delivery::NotOffered,
                        Delivery::Awaited { .. } | Delivery::Ready { .. } | Delivery::NotOffered,
                    ) => "the data are awaited",
                },
                (MeterFollowUp::Arrived { .. }, Some(_)) => "the data have arrived",
                (MeterFollowUp::GivenUp { .. }, Some(_)) => "the data never arrived",
                (MeterFollowUp::Awaited { late_since: None, .. }, None) => "the meter is awaited",
                (
                    MeterFollowUp::Awaited {
                        late_since: Some(_), ..
                    },
                    None,
                ) => "the meter is late",
                (MeterFollowUp::Arrived { .. }, None) => "the meter has arrived",
                (MeterFollowUp::GivenUp { .. }, None) => "the meter never arrived",
                (MeterFollowUp::NotAwaited, _) => "nothing more is awaited",
            };
            (
                "completed",
                format!("The customer finished, by {}; {meter}.", self::evidence(*evidence)),
            )
        }
        Phase::HandedBack { .. } => ("handed_back", "Handed back to ordinary marketing.".to_owned()),
        Phase::Stopped { why, .. } => ("stopped", format!("No further reminders: {}.", stop(*why))),
    }
}

fn touch(index: usize, record: &TouchRecord) -> TouchExplained {
    let (state, at, channel, why) = match record {
        TouchRecord::Waiting { .. } => ("waiting", None, None, None),
        TouchRecord::Claimed { at, channel, .. } => ("claimed", Some(*at), Some(channel), None),
        TouchRecord::Sent { at, channel, .. } => ("sent", Some(*at), Some(channel), None),
        TouchRecord::Unknown { at, channel, .. } => ("unknown", Some(*at), Some(channel), None),
        TouchRecord::Skipped { why, at } => ("skipped", Some(*at), None, Some(skip(*why).to_owned())),
    };
    TouchExplained {
        touch: journey::Touch::at(index).0,
        state,
        at,
        channel: channel.map(|channel| channel.as_str()),
        why,
    }
}

/// One note in words.
#[must_use]
pub fn sentence(note: &Note) -> String {
    match note {
        Note::SupportNeeded { matter } => support(*matter).to_owned(),
        Note::SignOfLife {
            what: Milestone::AccountOpened,
        } => "An account was opened for this customer.".to_owned(),
        Note::Opened { arm } => format!("Journey begun, in arm {arm}."),
        Note::SignOfLife {
            what: Milestone::Invited,
        } => "The partner told of this customer; nothing was heard of them yet.".to_owned(),
        Note::SignOfLife { what } => format!("Sign of life: {}.", milestone(*what).replace('_', " ")),
        Note::ProviderActivity { at } => format!("The provider's record shows activity at {at:.0}."),
        Note::AlreadyCompleted => "Told again that the customer finished.".to_owned(),
        Note::Duplicate => "The same webhook again: nothing new.".to_owned(),
        Note::Absorbed { what } => {
            format!(
                "After the end: {}. It may be an old event, so it restarts nothing by itself.",
                milestone(*what).replace('_', " ")
            )
        }
        Note::MeterNews { what } => format!(
            "News of the meter, the data or the service: {}.",
            what.replace('_', " ")
        ),
        Note::Completed { evidence: how } => format!("Finished, by {}.", evidence(*how)),
        Note::CompletionContradicted => {
            "The authorisation was not the end: the customer is still on the way.".to_owned()
        }
        Note::Reopened { episode } => format!("New activity after the end: episode {episode} begins."),
        Note::CameBack => "The customer came back.".to_owned(),
        Note::TimerSet { due, why } => format!("Next: {} at {due:.0}.", timer_why(*why).replace('_', " ")),
        Note::StaleTimer => "A timer fired that is no longer the current one.".to_owned(),
        Note::Diagnosed { diagnosis } => format!("Stopped at: {}.", diagnosis.as_str().replace('_', " ")),
        Note::Held { touch, why, until } => format!("Touch {} waits until {until:.0}: {}.", touch.0, hold(*why)),
        Note::Claimed {
            touch,
            diagnosis,
            after_s,
            channel,
            lawful,
        } => format!(
            "Touch {} goes out by {}, {} after the abandonment, for {}.{}",
            touch.0,
            by(*channel),
            span(*after_s),
            diagnosis.as_str().replace('_', " "),
            lawful.as_ref().map(proof).unwrap_or_default()
        ),
        Note::ChannelPassed { touch, channel, why } => {
            format!("Touch {} does not go by {}: {}.", touch.0, by(*channel), skip(*why))
        }
        Note::Sent { touch } => format!("Touch {} sent.", touch.0),
        Note::Retrying { touch } => format!(
            "Touch {} did not go out; it will be tried again inside its window.",
            touch.0
        ),
        Note::SendUnknown { touch } => {
            format!(
                "Nobody can say yet whether touch {} went out; it is not sent again blindly.",
                touch.0
            )
        }
        Note::LateAnswer { touch } => format!("A late answer about touch {}: nothing to do.", touch.0),
        Note::DeliveryProblem { touch, what } => format!("Touch {}: {}.", touch.0, delivery(*what)),
        Note::Skipped { touch, why } => format!("Touch {} not sent: {}.", touch.0, skip(*why)),
        Note::Unrecognized => {
            "The provider's record has a value that this program does not know: nothing is sent, please look."
                .to_owned()
        }
        Note::HandedBack => "Handed back to ordinary marketing.".to_owned(),
        Note::Stopped { why } => format!("No further reminders: {}.", stop(*why)),
        Note::MeterNotYet { checks } => format!("Meter not there yet (look {checks})."),
        Note::MeterSearchUnavailable { why } => format!("The meter search could not be asked: {}.", unavailable(*why)),
        Note::MeterLate => "The meter is late: please look.".to_owned(),
        Note::MeterArrived => "The meter has arrived.".to_owned(),
        Note::MeterGivenUp => "The meter never arrived; no further looks.".to_owned(),
        Note::ConnectAgain { occasion } => again(*occasion),
        Note::FallbackGiven { what: Given::Bill } => "The customer sent a bill instead of signing in.".to_owned(),
        Note::FallbackGiven { what: Given::Account } => {
            "The customer typed the account in instead of signing in.".to_owned()
        }
        Note::DataReady { kind, after_s } => match after_s {
            Some(seconds) => format!(
                "The first {} are there, {} after the sign-in.",
                kind.as_str(),
                span(*seconds)
            ),
            None => format!("The first {} are there.", kind.as_str()),
        },
        Note::DataLate { kind } => format!(
            "The first {} are late: please look. The customer can do nothing.",
            kind.as_str()
        ),
        Note::DataStale { kind } => format!(
            "The connection stands, but no new {} have come for too long: please look.",
            kind.as_str()
        ),
        Note::DataFresh { kind } => format!("New {} come again.", kind.as_str()),
        Note::Drift { what: Drift::Journey } => {
            "Found by the reconciliation: no webhook had told of this customer.".to_owned()
        }
        Note::Drift {
            what: Drift::Completion,
        } => "Found by the reconciliation: no webhook had told that the customer finished.".to_owned(),
    }
}

fn again(occasion: Occasion) -> String {
    match occasion {
        Occasion::Lost(LossReason::CredentialsInvalid) => {
            "The connection was lost: the password at the utility has changed.".to_owned()
        }
        Occasion::Lost(LossReason::MfaExpired) => {
            "The connection was lost: the utility wants its second step again.".to_owned()
        }
        Occasion::Lost(LossReason::Untold) => "The connection was lost, and nobody says why.".to_owned(),
        Occasion::Expected => {
            "The connection will soon be lost, by our own clock: this utility asks for its second step again after \
             some months."
                .to_owned()
        }
        Occasion::ConsentEnds(end) => format!("The consent to share data ends at {end:.0}."),
    }
}

const fn by(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "e-mail",
        Channel::Sms => "text",
        Channel::Push => "push",
        Channel::Event => "an event to the partner",
    }
}

fn span(seconds: i64) -> String {
    match seconds {
        ..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        _ => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}

const fn milestone(milestone: Milestone) -> &'static str {
    match milestone {
        Milestone::Invited => "invited",
        Milestone::SessionOpened => "session_opened",
        Milestone::StepReached => "step_reached",
        Milestone::LoginReached => "login_reached",
        Milestone::LoginFailed => "login_failed",
        Milestone::LoginSucceeded => "login_succeeded",
        Milestone::SessionClosed => "session_closed",
        Milestone::LinkFollowed => "link_followed",
        Milestone::MeterAnnounced => "meter_announced",
        Milestone::AccountOpened => "account_opened",
        Milestone::PlanRequested => "plan_requested",
        Milestone::PlanAccepted => "plan_accepted",
        Milestone::IdentityVerified => "identity_verified",
        Milestone::BillingAddressConfirmed => "billing_address_confirmed",
        Milestone::PaymentMethodAdded => "payment_method_added",
    }
}

const fn support(matter: SupportMatter) -> &'static str {
    match matter {
        SupportMatter::SwitchHold => "For support: the meter is in switch-hold.",
        SupportMatter::IneligibleAddress => "For support: the address may not choose its retailer.",
        SupportMatter::Rescinded => "For support: the customer took the enrolment back.",
        SupportMatter::ServiceCanceled => "For support: the service was cancelled.",
        SupportMatter::InvoiceUnpaid => "For support: an invoice could not be paid. It is no matter of the enrolment.",
    }
}

const fn evidence(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::Status => "the provider's record",
        Evidence::Session => "the session's own webhook",
        Evidence::Authorization => "the utility's authorisation",
        Evidence::Meter => "the meter",
        Evidence::Finalized => "the provider's word that the enrolment is final",
        Evidence::Fallback => "a bill or an account given by hand",
        Evidence::Renewed => "a renewal in time",
    }
}

const fn timer_why(why: TimerWhy) -> &'static str {
    match why {
        TimerWhy::Touch => "touch",
        TimerWhy::ClaimExpired => "claim_expired",
        TimerWhy::Confirm => "confirm",
        TimerWhy::HandBack => "hand_back",
        TimerWhy::Meter => "meter",
        TimerWhy::Poll => "look",
    }
}

const fn stop(why: StopReason) -> &'static str {
    match why {
        StopReason::Ineligible => "the utility account cannot take part",
        StopReason::WrongUtility => "another utility than the requested one was connected",
        StopReason::AgreementDeclined => "an agreement was declined",
        StopReason::SessionClosed => "the customer closed the session",
        StopReason::Erased => "the person was erased",
        StopReason::SwitchHold => "the meter is in switch-hold, which only support can clear",
        StopReason::IneligibleAddress => "the address may not choose its retailer",
        StopReason::Rescinded => "the customer took the enrolment back",
        StopReason::ServiceCanceled => "the service was cancelled",
    }
}

/// By which rules a message was lawful, where, and at what time there.
fn proof(proof: &Proof) -> String {
    let clock = |time: jiff::civil::Time| time.strftime("%H:%M");
    let mut text = format!(
        " Lawful by the rules of {}: it was {}",
        proof.rules_of,
        clock(proof.earliest)
    );
    if proof.latest != proof.earliest {
        text += &format!(" to {}", clock(proof.latest));
    }
    text += " there,";
    let states: Vec<&str> = proof.states.iter().map(law::State::as_str).collect();
    let places: Vec<&str> = states
        .into_iter()
        .chain(proof.zones.iter().map(String::as_str))
        .collect();
    text += &if places.is_empty() {
        " in the whole country".to_owned()
    } else {
        format!(" in {}", places.join(", "))
    };
    let overridden: Vec<String> = proof.overridden.iter().map(ToString::to_string).collect();
    if !overridden.is_empty() {
        text += &format!("; the campaign overrides {}", overridden.join(", "));
    }
    text + "."
}

const fn unavailable(why: Unavailable) -> &'static str {
    match why {
        Unavailable::Unreachable => "the provider did not answer",
        Unavailable::RateLimited => "the provider asked us to slow down",
        Unavailable::BudgetSpent => "the budget of calls is spent for now",
        Unavailable::Unauthorized => "the provider refuses our key; check it",
        Unavailable::Failing => "the provider failed",
        Unavailable::UnknownContact => "the contact is not known",
    }
}

const fn hold(why: HoldReason) -> &'static str {
    match why {
        HoldReason::QuietHours => "outside the hours in which this person may be written to",
        HoldReason::CodeHours => "signing in needs a code, so it waits for hours in which the phone is at hand",
        HoldReason::Status(why) => unavailable(why),
        HoldReason::NotConfirmed => "the provider does not know the reference yet",
        HoldReason::UnknownAccount => "the provider does not know the account; please look",
        HoldReason::Outage => "the utility or the provider had a fault and gets time to recover",
        HoldReason::Incident => "many customers do not get through at the utility, so its reminders wait",
        HoldReason::Cap => "the inbox has had enough for now",
        HoldReason::UnknownContact => "the contact is not known yet",
        HoldReason::Throttled => "the sender asked us to slow down",
    }
}

const fn delivery(what: DeliveryProblem) -> &'static str {
    match what {
        DeliveryProblem::Bounced => "the inbox refuses mail for good, so it gets no more",
        DeliveryProblem::Complained => "the recipient called it spam, so nothing more is sent",
        DeliveryProblem::Rejected => "the sender found something in the message that it does not send; please look",
        DeliveryProblem::RenderingFailed => "the sender could not make the message; please look",
    }
}

const fn skip(why: SkipReason) -> &'static str {
    match why {
        SkipReason::Holdout => "this customer belongs to the holdout",
        SkipReason::WindowClosed => "its window had closed",
        SkipReason::Collapsed => "a later touch was due as well, and only one goes out",
        SkipReason::QuietHours => "its window closed in quiet hours",
        SkipReason::StatusUnavailable => "its window closed while the provider could not be asked",
        SkipReason::NotConfirmed => "its window closed while the provider did not know the reference",
        SkipReason::Outage => "its window closed while the utility or the provider had a fault",
        SkipReason::Incident => "its window closed while many customers did not get through at the utility",
        SkipReason::Cap => "its window closed under the inbox's cap",
        SkipReason::OtherSeries => "the same inbox is being reminded for another reference",
        SkipReason::UnknownContact => "the contact is not known",
        SkipReason::NoSender => "this deployment cannot send on the channel",
        SkipReason::NoAddress => "there is no address or number",
        SkipReason::NoConsent => "there is no record of a consent to texts",
        SkipReason::UnknownPlace => "nobody knows in which state the person is, so no law can be kept",
        SkipReason::TextedBefore => "a text was sent in this episode, and carriers allow no second",
        SkipReason::TooLateForText => "the abandonment is too long ago for a text (48 hours)",
        SkipReason::OptedOut => "the person opted out",
        SkipReason::Suppressed => "the address or number is suppressed",
        SkipReason::StartDatePassed => "the day has come on which the plan was to begin",
        SkipReason::NothingLeft => "nothing is left for the customer to do",
        SkipReason::Unrecognized => "the provider's record has an unknown value",
        SkipReason::Refused => "the sender refused it for good",
        SkipReason::Ended => "the customer finished, or opted out, just before it would have gone out",
        SkipReason::Throttled => "the sender was overloaded until its window closed",
    }
}
