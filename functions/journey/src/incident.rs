//! Many customers stall at one utility: its reminders wait until people get through again.
//!
//! docs/bayou.md, section 9.3, T8. Nobody is told by a provider of an incident at a utility, so it is read from what
//! became of the latest visits there: who was found not to be through after the first wait, and who got through.
//! While reminders wait, few new customers come, the stalls grow old, and the next ones are the trial.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::decide::Decision;
use crate::diagnosis::Diagnosis;
use crate::id::{Provider, UtilityCode};
use crate::note::Note;
use crate::state::{Evidence, Journey, Phase};

/// When a utility's reminders wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentRule {
    /// What counts as lately; whole hours.
    pub within: SignedDuration,
    /// At least so many customers stalled lately,
    pub stalls: u32,
    /// and at least this share of those who tried, in percent;
    pub percent: u16,
    /// or the provider told of the utility's own fault for so many, and for no fewer than got through.
    pub faults: u32,
    /// How long a touch waits before it is looked at again.
    pub look_again: SignedDuration,
    /// Utilities that operators know to have an incident: their reminders wait in any case.
    pub paused: BTreeSet<UtilityCode>,
}

impl IncidentRule {
    /// Twenty stalls within three hours, nine in ten of those who tried; or five faults that the provider told of.
    #[must_use]
    pub fn standard() -> Self {
        IncidentRule {
            within: SignedDuration::from_hours(3),
            stalls: 20,
            percent: 90,
            faults: 5,
            look_again: SignedDuration::from_mins(30),
            paused: BTreeSet::new(),
        }
    }

    /// Do a utility's reminders wait?
    #[must_use]
    pub fn pauses(&self, utility: &UtilityCode, visits: Visits) -> bool {
        self.paused.contains(utility) || visits.show_an_incident(self)
    }
}

/// What became of one customer's visit to a utility's login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visit {
    /// Not through after the first wait, and nobody says whose fault it is.
    Stalled,
    /// The provider says that the utility failed.
    Fault,
    /// Through: a connection was made, or made again.
    Through,
}

/// The latest visits to one utility, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Visits {
    /// Not through, whoever's fault it is not.
    pub stalled: u32,
    /// The utility failed.
    pub faults: u32,
    /// Through.
    pub through: u32,
}

impl Visits {
    /// These and one more.
    #[must_use]
    pub const fn and(mut self, visit: Visit) -> Self {
        let count = match visit {
            Visit::Stalled => &mut self.stalled,
            Visit::Fault => &mut self.faults,
            Visit::Through => &mut self.through,
        };
        *count = count.saturating_add(1);
        self
    }

    /// Do so many fail that asking others to come only makes more of them fail?
    #[must_use]
    pub fn show_an_incident(&self, rule: &IncidentRule) -> bool {
        let failed = u64::from(self.stalled) + u64::from(self.faults);
        let tried = failed + u64::from(self.through);
        let most = failed >= u64::from(rule.stalls) && failed * 100 >= tried * u64::from(rule.percent);
        most || (self.faults >= rule.faults && self.faults >= self.through)
    }
}

/// A visit that a decision has shown, where it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visited<'a> {
    /// Who led there.
    pub provider: Provider,
    /// Where.
    pub utility: &'a UtilityCode,
    /// What became of it.
    pub visit: Visit,
    /// When we learnt it.
    pub at: Timestamp,
}

impl Visit {
    /// What a decision shows of the customer's latest visit, if anything; each is shown once.
    ///
    /// A bill given by hand is no way through, and a lost connection no visit.
    #[must_use]
    pub fn shown_by(before: &Journey, decision: &Decision, now: Timestamp, rule: &IncidentRule) -> Option<Visit> {
        let next = &decision.next;
        if let (None, Some(evidence)) = (is_through(before), is_through(next)) {
            return match evidence {
                Evidence::Status | Evidence::Session | Evidence::Authorization | Evidence::Meter => {
                    Some(Visit::Through)
                }
                // There is no utility's login on the way to a plan.
                Evidence::Fallback | Evidence::Renewed | Evidence::Finalized => None,
            };
        }
        let came_lately = now.duration_since(next.last_sign_of_life) <= rule.within;
        let diagnosed = decision.notes.iter().find_map(|note| {
            if let Note::Diagnosed { diagnosis } = note {
                Some(*diagnosis)
            } else {
                None
            }
        });
        diagnosed
            .filter(|_| came_lately && next.is_live())
            .and_then(stalled_at_login)
    }
}

/// How we know that somebody is done, once nothing is to be confirmed.
fn is_through(journey: &Journey) -> Option<Evidence> {
    if let Phase::Completed {
        evidence,
        provisional: false,
        ..
    } = journey.phase
    {
        Some(evidence)
    } else {
        None
    }
}

/// How somebody stands who came as far as the login and is not through; none for who stands elsewhere, or left of
/// their own will.
pub(crate) const fn stalled_at_login(diagnosis: Diagnosis) -> Option<Visit> {
    match diagnosis {
        Diagnosis::UtilityDown => Some(Visit::Fault),
        Diagnosis::UtilityNotConnected
        | Diagnosis::CredentialsInvalid
        | Diagnosis::MfaFailed
        | Diagnosis::LoginFailed
        | Diagnosis::RepeatedReturns => Some(Visit::Stalled),
        Diagnosis::NotStarted
        | Diagnosis::AgreementsUnanswered
        | Diagnosis::AgreementDeclined
        | Diagnosis::Cancelled
        | Diagnosis::RequiredUtilitiesMissing
        | Diagnosis::WrongUtility
        | Diagnosis::Ineligible
        | Diagnosis::ProviderDown
        | Diagnosis::NothingLeft
        | Diagnosis::Invited
        | Diagnosis::PasswordChanged
        | Diagnosis::MfaExpired
        | Diagnosis::AccessLost
        | Diagnosis::RenewalDue
        | Diagnosis::ConsentEnding
        | Diagnosis::ConsentEnded
        | Diagnosis::AddressNeeded
        | Diagnosis::PlanNotChosen
        | Diagnosis::PlanExpired
        | Diagnosis::BillingAddressMissing
        | Diagnosis::PaymentMissing
        | Diagnosis::IdentityMissing
        | Diagnosis::Unrecognized => None,
    }
}
