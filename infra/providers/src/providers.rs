//! Every provider that a deployment has: each question goes to the one that it is about.

use journey::port::{
    ChangeFilter, ChangePage, FreshLink, HandOverBill, HandOverError, ProviderError, ReadChanges, ReadNewest,
    ReadStatus, SearchMeters, Timestamp,
};
use journey::status::Snapshot;
use journey::{BillKind, MeterFound, Newest, Provider, Reference, Unavailable};

use crate::bayou::BayouClient;
use crate::leap::LeapClient;

/// The clients of a deployment; one of a provider that it has not is none.
#[derive(Clone, Debug, Default)]
pub struct Providers {
    /// Leap.
    pub leap: Option<LeapClient>,
    /// Bayou.
    pub bayou: Option<BayouClient>,
}

impl Providers {
    /// Sends away whoever waits in line: the program stops.
    pub fn close_lines(&self) {
        if let Some(leap) = &self.leap {
            leap.close_line();
        }
        if let Some(bayou) = &self.bayou {
            bayou.close_line();
        }
    }
}

/// A customer of a provider whose API this deployment was not given.
fn not_configured() -> ProviderError {
    tracing::error!("a provider is asked for that this deployment is not configured for");
    ProviderError {
        why: Unavailable::Unauthorized,
        retry_at: None,
    }
}

impl ReadStatus for Providers {
    async fn read_status(&self, provider: Provider, reference: &Reference) -> Result<Snapshot, ProviderError> {
        match provider {
            Provider::Leap => {
                self.leap
                    .as_ref()
                    .ok_or_else(not_configured)?
                    .read_status(reference)
                    .await
            }
            Provider::Light => Err(not_configured()),
            Provider::Bayou => {
                self.bayou
                    .as_ref()
                    .ok_or_else(not_configured)?
                    .read_status(reference)
                    .await
            }
        }
    }
}

impl ReadNewest for Providers {
    async fn read_newest(&self, provider: Provider, reference: &Reference) -> Result<Newest, ProviderError> {
        match provider {
            Provider::Leap | Provider::Light => Ok(Newest::default()),
            Provider::Bayou => {
                self.bayou
                    .as_ref()
                    .ok_or_else(not_configured)?
                    .read_newest(reference)
                    .await
            }
        }
    }
}

impl FreshLink for Providers {
    async fn fresh_link(&self, provider: Provider, reference: &Reference) -> Result<Option<String>, ProviderError> {
        match provider {
            Provider::Leap | Provider::Light => Ok(None),
            Provider::Bayou => {
                self.bayou
                    .as_ref()
                    .ok_or_else(not_configured)?
                    .fresh_link(reference)
                    .await
            }
        }
    }
}

impl HandOverBill for Providers {
    async fn hand_over_bill(
        &self,
        provider: Provider,
        reference: &Reference,
        kind: BillKind,
        bill: Vec<u8>,
    ) -> Result<Option<String>, HandOverError> {
        match provider {
            // Its API has no such call.
            Provider::Leap | Provider::Light => Err(HandOverError::NotConfigured),
            Provider::Bayou => {
                let bayou = self.bayou.as_ref().ok_or(HandOverError::NotConfigured)?;
                bayou.hand_over_bill(reference, kind, bill).await
            }
        }
    }
}

impl ReadChanges for Providers {
    async fn read_changes(
        &self,
        filter: ChangeFilter,
        since: Timestamp,
        page: Option<&str>,
    ) -> Result<ChangePage, ProviderError> {
        let Some(leap) = &self.leap else {
            // Of the others there is no list of what has changed.
            return Ok(ChangePage::default());
        };
        leap.read_changes(filter, since, page).await
    }
}

impl SearchMeters for Providers {
    async fn search_meters(&self, references: &[Reference]) -> Result<Vec<Vec<MeterFound>>, ProviderError> {
        let leap = self.leap.as_ref().ok_or_else(not_configured)?;
        leap.search_meters(references).await
    }
}
