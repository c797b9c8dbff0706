//! What a provider is asked.

use core::future::Future;

use jiff::Timestamp;

use crate::customer::Newest;
use crate::event::{MeterFound, Unavailable};
use crate::id::{Provider, Reference};
use crate::port::StoreError;
use crate::status::Snapshot;

/// A provider that did not answer as hoped.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the provider could not be asked: {why:?}")]
pub struct ProviderError {
    /// Why.
    pub why: Unavailable,
    /// When it asks us to come back.
    pub retry_at: Option<Timestamp>,
}

/// Asks a provider for the state of one reference.
pub trait ReadStatus: Sync {
    /// Every record of the reference: none, one, or several.
    fn read_status(
        &self,
        provider: Provider,
        reference: &Reference,
    ) -> impl Future<Output = Result<Snapshot, ProviderError>> + Send;
}

/// Asks a provider how new a customer's data are.
pub trait ReadNewest: Sync {
    /// The newest bill and interval of a connected customer. A provider that keeps none for us answers with none.
    fn read_newest(
        &self,
        provider: Provider,
        reference: &Reference,
    ) -> impl Future<Output = Result<Newest, ProviderError>> + Send;
}

/// Asks a provider for the link by which a customer goes on, at the moment when the customer does.
pub trait FreshLink: Sync {
    /// A link that works now; none when the provider does not know the customer, or makes none.
    ///
    /// It goes to that customer alone, and its host is the caller's to check.
    fn fresh_link(
        &self,
        provider: Provider,
        reference: &Reference,
    ) -> impl Future<Output = Result<Option<String>, ProviderError>> + Send;
}

/// Searches a provider's meters.
pub trait SearchMeters: Sync {
    /// The meters of up to [`SearchMeters::BATCH`] references, in the order of the references.
    fn search_meters(
        &self,
        references: &[Reference],
    ) -> impl Future<Output = Result<Vec<Vec<MeterFound>>, ProviderError>> + Send;

    /// Leap's limit on `connection_reference_ids` in one call.
    const BATCH: usize = 100;
}

/// Which of a provider's two change filters a page is read with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeFilter {
    /// Sessions first started since.
    Started,
    /// Utilities last tried since.
    LastInteraction,
}

/// One page of what changed at a provider.
#[derive(Clone, Debug, Default)]
pub struct ChangePage {
    /// Each reference with its records on this page.
    pub changes: Vec<(Reference, Snapshot)>,
    /// How to ask for the next page; none at the end.
    pub next: Option<String>,
    /// Records that could not be read, left out of `changes`.
    pub unreadable: usize,
}

/// Reads what changed at a provider.
pub trait ReadChanges: Sync {
    /// One page of the records that match `filter` since `since`.
    fn read_changes(
        &self,
        filter: ChangeFilter,
        since: Timestamp,
        page: Option<&str>,
    ) -> impl Future<Output = Result<ChangePage, ProviderError>> + Send;
}

/// How far the reconciliation has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watermark {
    /// Everything before this has been read.
    pub since: Timestamp,
    /// A pass that ran out of time: when it began, which filter it was at, and the next page.
    pub resume: Option<Resume>,
}

/// Where an unfinished pass goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resume {
    /// When the pass began: the next watermark.
    pub began_at: Timestamp,
    /// The filter it was at.
    pub filter: ChangeFilter,
    /// The page to read next; none for the filter's first.
    pub page: Option<String>,
}

/// Keeps the reconciliation's watermark.
pub trait KeepWatermark: Sync {
    /// The watermark of a provider, if a pass has ever been made.
    fn load_watermark(&self, provider: Provider) -> impl Future<Output = Result<Option<Watermark>, StoreError>> + Send;

    /// Stores it.
    fn save_watermark(
        &self,
        provider: Provider,
        watermark: &Watermark,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}
