//! Journeys, their timers, and what became of visits.

use core::future::Future;

use jiff::Timestamp;

use crate::id::{AddressId, ContactId, JourneyId, Provider, UtilityCode};
use crate::incident::{Visited, Visits};
use crate::port::StoreError;
use crate::state::{Journey, Lane, SendKey, Timer};

/// A conditional write that did not happen.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Somebody else was faster: load, decide, and try again.
    #[error("the record was changed in the meantime")]
    VersionConflict,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A journey with the version that a conditional write must name.
#[derive(Clone, Debug)]
pub struct Versioned {
    /// The journey.
    pub journey: Journey,
    /// Its version; 0 for one that has not been written.
    pub version: u64,
}

/// One conditional write.
#[derive(Clone, Debug)]
pub struct Commit<'a> {
    /// The journey to write.
    pub journey: &'a Journey,
    /// The version it was loaded with; 0 when it must not exist yet.
    pub expected: u64,
    /// The contact that the journey belongs to: how the touchpoint finds the person.
    pub contact: Option<&'a ContactId>,
    /// A send that is claimed with this write, in the inbox it goes to.
    pub claim: Option<InboxClaim<'a>>,
    /// A visit that is counted with this write, or right after it: it may be lost, and is never counted twice.
    pub visited: Option<Visited<'a>>,
}

/// A place under an inbox's cap, taken together with the claim.
#[derive(Clone, Debug)]
pub struct InboxClaim<'a> {
    /// The inbox.
    pub address: &'a AddressId,
    /// The version that the decision has seen; the write fails if it is another by now.
    pub expected: u64,
    /// The send.
    pub key: &'a SendKey,
    /// When.
    pub at: Timestamp,
}

/// Reads a journey.
pub trait LoadJourney: Sync {
    /// The journey of that name, if there is one.
    fn load_journey(&self, id: &JourneyId) -> impl Future<Output = Result<Option<Versioned>, StoreError>> + Send;
}

/// Writes a journey on condition that nobody else did.
pub trait CommitJourney: Sync {
    /// Writes all of a commit or nothing, durably.
    fn commit_journey(&self, commit: Commit<'_>) -> impl Future<Output = Result<(), CommitError>> + Send;
}

/// Reads what became of the latest visits to a utility.
pub trait ReadVisits: Sync {
    /// Those of the whole hours of UTC that ended after `since`.
    fn read_visits(
        &self,
        provider: Provider,
        utility: &UtilityCode,
        since: Timestamp,
    ) -> impl Future<Output = Result<Visits, StoreError>> + Send;
}

/// Arms the schedule of a journey.
pub trait ArmTimer: Sync {
    /// Makes sure that `touchpoint` is called for this generation at the time due, or soon after.
    fn arm_timer(&self, journey: &JourneyId, timer: &Timer) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Finds what is due.
pub trait FindDue: Sync {
    /// Up to `limit` journeys of a lane whose timer is due at or before `before`, the one whose
    /// window closes first in front, with the generation of their timer.
    fn find_due(
        &self,
        lane: Lane,
        before: Timestamp,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<(JourneyId, u32)>, StoreError>> + Send;
}

/// Fires a timer at once, without its schedule.
pub trait FireTimer: Sync {
    /// Does what `touchpoint` does when a schedule calls it. Failures are logged where they happen.
    fn fire_timer(&self, journey: &JourneyId, generation: u32) -> impl Future<Output = ()> + Send;
}
