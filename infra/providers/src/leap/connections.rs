//! The Connect API: the state of one reference, and what changed since.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use journey::Reference;
use journey::port::{ChangeFilter, ChangePage, ProviderError, ReadChanges};
use journey::status::{Connection, Snapshot};
use serde::Deserialize;
use serde_json::Value;

use super::LeapClient;
use super::record;
use crate::Share;
use crate::api::{CallError, Request};

const PATH: &str = "/v1.1/connect/connection";

/// The most pages of one reference. It has one record, or one in each of a handful of regions; more
/// pages than this mean that the filter was not heeded.
const STATUS_PAGES: usize = 20;

/// A page, read only as far as paging needs: each record is read on its own.
#[derive(Deserialize)]
struct Page {
    #[serde(rename = "onboardingConnections")]
    records: Vec<Value>,
    #[serde(rename = "nextPageToken", default)]
    next: Option<String>,
}

impl LeapClient {
    /// Every record of a reference.
    ///
    /// An empty snapshot means that the link was never clicked (docs/leap.md, trap 16). A record
    /// of the reference that cannot be read makes the answer an error: it may be the complete one.
    ///
    /// # Errors
    /// [`ProviderError`] when there is no answer that could be relied on.
    pub async fn read_status(&self, reference: &Reference) -> Result<Snapshot, ProviderError> {
        // The wait in line is not Leap's: it does not count against the question's deadline.
        let paid = self.paid_in_line(1).await;
        self.ask("read_status", self.every_record(reference, paid)).await
    }
}

impl ReadChanges for LeapClient {
    async fn read_changes(
        &self,
        filter: ChangeFilter,
        since: Timestamp,
        page: Option<&str>,
    ) -> Result<ChangePage, ProviderError> {
        self.ask("read_changes", self.changed_records(filter, since, page))
            .await
    }
}

impl LeapClient {
    async fn every_record(&self, reference: &Reference, mut paid: bool) -> Result<Snapshot, CallError> {
        let filter = ("ref-id", reference.expose());
        let mut records = Vec::new();
        let mut foreign = 0_usize;
        let mut token: Option<String> = None;
        let mut tokens = BTreeSet::new();
        for _ in 0..STATUS_PAGES {
            let page = self.page(filter, token.as_deref(), Share::Checks, paid).await?;
            paid = false;
            for record in &page.records {
                match record::reference_of(record) {
                    Some(other) if other != reference.expose() => foreign += 1,
                    Some(_) => records.push(readable(record)?),
                    None => return Err(CallError::Unreadable("a record names no reference")),
                }
            }
            let Some(next) = page.next else {
                if foreign > 0 {
                    tracing::warn!(provider = "leap", foreign, "records of other references were left out");
                }
                return Ok(Snapshot::Leap(records));
            };
            if !tokens.insert(next.clone()) {
                return Err(CallError::Unreadable("a page token is repeated"));
            }
            token = Some(next);
        }
        Err(CallError::Unreadable("one reference has too many pages"))
    }

    async fn changed_records(
        &self,
        filter: ChangeFilter,
        since: Timestamp,
        token: Option<&str>,
    ) -> Result<ChangePage, CallError> {
        let name = match filter {
            ChangeFilter::Started => "from-start-date-time",
            ChangeFilter::LastInteraction => "from-last-interaction-date-time",
        };
        // Milliseconds, as in Leap's own example; the rest is cut off, so nothing is skipped.
        let since = format!("{since:.3}");
        let page = self.page((name, &since), token, Share::Upkeep, false).await?;
        if page.next.is_some() && page.next.as_deref() == token {
            // Ending the pass here would move the watermark past pages that were never seen.
            return Err(CallError::Unreadable("a page token is repeated"));
        }
        let mut changes: Vec<(Reference, Vec<Connection>)> = Vec::new();
        let mut places: BTreeMap<Reference, usize> = BTreeMap::new();
        let mut unreadable = 0;
        for record in &page.records {
            let reference = record::reference_of(record).and_then(|text| Reference::new(text).ok());
            let (Some(reference), Some(connection)) = (reference, record::connection_of(record)) else {
                unreadable += 1;
                continue;
            };
            let place = *places.entry(reference.clone()).or_insert(changes.len());
            match changes.get_mut(place) {
                Some((_, records)) => records.push(connection),
                None => changes.push((reference, vec![connection])),
            }
        }
        let changes = changes.into_iter();
        Ok(ChangePage {
            changes: changes.map(|(of, records)| (of, Snapshot::Leap(records))).collect(),
            next: page.next,
            unreadable,
        })
    }

    /// One page. The filter is sent again with the token: what Leap does with a token alone is not
    /// published (docs/leap.md, section 2.1).
    async fn page(
        &self,
        filter: (&str, &str),
        token: Option<&str>,
        share: Share,
        paid: bool,
    ) -> Result<Page, CallError> {
        let page_size = self.config().page_size.to_string();
        let mut pairs = vec![filter, ("page-size", page_size.as_str())];
        pairs.extend(token.map(|token| ("page-token", token)));
        let mut page: Page = self.json(&Request::get(PATH, &pairs, share).paid(paid)).await?;
        // Null, absent and empty all mean the end (trap 11).
        page.next = page.next.filter(|next| !next.is_empty());
        Ok(page)
    }
}

fn readable(record: &Value) -> Result<journey::status::Connection, CallError> {
    record::connection_of(record).ok_or(CallError::Unreadable("a record has not the documented shape"))
}
