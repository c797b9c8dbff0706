//! The ports in one hand: what every use case of the one-machine program runs on.

use std::sync::Arc;

use embedded::{Outbox, ProgramClock, Store};
use journey::{Campaign, IdKey, JourneyId};
use providers::Providers;
use touchpoint::Composer;

/// Everything that runs, shared by all tasks.
#[derive(Clone)]
pub(crate) struct World(Arc<Parts>);

/// What a world is made of.
pub(crate) struct Parts {
    pub(crate) clock: ProgramClock,
    pub(crate) store: Store,
    pub(crate) outbox: Outbox,
    pub(crate) providers: Providers,
    pub(crate) rules: Campaign,
    pub(crate) composer: Composer,
    pub(crate) pages: pages::Pages,
    /// The enrolment's pages and API, where there is Light.
    pub(crate) site: Option<enroll::Site>,
    pub(crate) webhook: webhook::Config,
    pub(crate) id_key: IdKey,
}

impl World {
    pub(crate) fn new(parts: Parts) -> Self {
        World(Arc::new(parts))
    }

    /// Fires a timer and everything that follows.
    pub(crate) async fn fire(&self, journey: &JourneyId, generation: u32) -> Result<(), journey::protocol::TakeError> {
        touchpoint::fire(self, &self.composer, &self.rules, journey, generation)
            .await
            .map(drop)
    }
}

impl core::ops::Deref for World {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

journey::delegate_ports!(World {
    clock: Clock;
    store: LoadJourney, CommitJourney, ArmTimer, FindDue, FindContact, KeepContact, ListContacts, Suppress,
        SuppressAddress, ReadVisits, KeepWatermark, KeepFallback, TakeUpload, PassOnFallback, EraseFallback, KeepAcceptance, ReadAcceptances,
        Count;
    providers: ReadStatus, ReadChanges, SearchMeters, ReadNewest, FreshLink, HandOverBill, OpenAccount, Enroll,
        ResetEnrollment;
    outbox: SendEmail, SendText, SendPush, LookUpSend;
});
