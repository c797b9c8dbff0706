//! The ports in one hand: what every use case of the one-machine program runs on.

use std::sync::Arc;

use embedded::{Outbox, ProgramClock, Store};
use jiff::Timestamp;
use journey::contact::{Contact, Known};
use journey::port::{
    ArmTimer, ChangeFilter, ChangePage, Clock, Commit, CommitError, CommitJourney, Count, Email, FindContact, FindDue,
    KeepContact, KeepWatermark, LoadJourney, LookUpSend, ProviderError, ReadChanges, ReadStatus, SearchMeters,
    SendEmail, StoreError, Suppress, Versioned, Watermark,
};
use journey::status::Snapshot;
use journey::{
    Campaign, ContactId, IdKey, JourneyId, Lane, MeterFound, Provider, Reference, Resolution, SendKey, SendOutcome,
    Timer,
};
use providers::leap::LeapClient;
use touchpoint::Composer;

/// Everything that runs, shared by all tasks.
#[derive(Clone)]
pub(crate) struct World(Arc<Parts>);

/// What a world is made of.
pub(crate) struct Parts {
    pub(crate) clock: ProgramClock,
    pub(crate) store: Store,
    pub(crate) outbox: Outbox,
    pub(crate) leap: LeapClient,
    pub(crate) rules: Campaign,
    pub(crate) composer: Composer,
    pub(crate) pages: pages::Pages,
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

impl Clock for World {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

impl LoadJourney for World {
    async fn load_journey(&self, id: &JourneyId) -> Result<Option<Versioned>, StoreError> {
        self.store.load_journey(id).await
    }
}

impl CommitJourney for World {
    async fn commit_journey(&self, commit: Commit<'_>) -> Result<(), CommitError> {
        self.store.commit_journey(commit).await
    }
}

impl ArmTimer for World {
    async fn arm_timer(&self, journey: &JourneyId, timer: &Timer) -> Result<(), StoreError> {
        self.store.arm_timer(journey, timer).await
    }
}

impl FindDue for World {
    async fn find_due(&self, lane: Lane, before: Timestamp, limit: usize) -> Result<Vec<(JourneyId, u32)>, StoreError> {
        self.store.find_due(lane, before, limit).await
    }
}

impl FindContact for World {
    async fn find_contact(&self, id: &ContactId) -> Result<Option<Known>, StoreError> {
        self.store.find_contact(id).await
    }

    async fn contact_of(&self, journey: &JourneyId) -> Result<Option<Known>, StoreError> {
        self.store.contact_of(journey).await
    }
}

impl KeepContact for World {
    async fn put_contact(&self, contact: &Contact) -> Result<(), StoreError> {
        self.store.put_contact(contact).await
    }

    async fn erase_contact(&self, id: &ContactId) -> Result<bool, StoreError> {
        self.store.erase_contact(id).await
    }
}

impl Suppress for World {
    async fn set_opted_out(&self, journey: &JourneyId, opted_out: bool, at: Timestamp) -> Result<bool, StoreError> {
        self.store.set_opted_out(journey, opted_out, at).await
    }
}

impl KeepWatermark for World {
    async fn load_watermark(&self, provider: Provider) -> Result<Option<Watermark>, StoreError> {
        self.store.load_watermark(provider).await
    }

    async fn save_watermark(&self, provider: Provider, watermark: &Watermark) -> Result<(), StoreError> {
        self.store.save_watermark(provider, watermark).await
    }
}

impl ReadStatus for World {
    async fn read_status(&self, reference: &Reference) -> Result<Snapshot, ProviderError> {
        self.leap.read_status(reference).await
    }
}

impl ReadChanges for World {
    async fn read_changes(
        &self,
        filter: ChangeFilter,
        since: Timestamp,
        page: Option<&str>,
    ) -> Result<ChangePage, ProviderError> {
        self.leap.read_changes(filter, since, page).await
    }
}

impl SearchMeters for World {
    async fn search_meters(&self, references: &[Reference]) -> Result<Vec<Vec<MeterFound>>, ProviderError> {
        self.leap.search_meters(references).await
    }
}

impl SendEmail for World {
    async fn send_email(&self, email: &Email) -> SendOutcome {
        self.outbox.send_email(email).await
    }
}

impl LookUpSend for World {
    async fn look_up_send(&self, key: &SendKey) -> Resolution {
        self.outbox.look_up_send(key).await
    }
}

impl Count for World {
    fn count(&self, counter: &'static str, by: u64) {
        self.store.count(counter, by);
    }
}
