//! Campaigns: pushed versions, and the one that runs.
//!
//! A version is complete before anybody can name it: its texts are written first, then its entry in the
//! list. What a push left behind that was cut off is written again by the next push of the same.

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use journey::port::{CampaignVersion, KeepCampaign, LoadCampaign, PushedCampaign, StoreError};

use super::fault::{self, Refused};
use super::item::{self, CAMPAIGNS, Item, Key, MESSAGE_PREFIX, VERSION_PREFIX, s};
use super::write::{Condition, Write, pause, race};
use super::{MAX_ATTEMPTS, Table};

/// DynamoDB's limit on the writes of one batch.
const BATCH: usize = 25;

/// The longest text that is stored: DynamoDB's limit on an item is 400 KB, and 4 KB are kept for its keys.
const MAX_TEXT_BYTES: usize = 396 * 1_024;

/// A text of a campaign that is too long to be stored.
#[derive(Debug, thiserror::Error)]
#[error("{name} has {length} bytes; the table takes {MAX_TEXT_BYTES}")]
struct TooLong {
    name: String,
    length: usize,
}

impl LoadCampaign for Table {
    async fn active_campaign(&self) -> Result<Option<String>, StoreError> {
        let active = self.get(&Key::active_campaign()).await?;
        active.map(|item| Ok(item::text(&item, "v")?.to_owned())).transpose()
    }

    async fn campaign_head(&self, version: &str) -> Result<Option<String>, StoreError> {
        let head = self.get(&Key::campaign_head(version)).await?;
        head.map(|item| Ok(item::text(&item, "r")?.to_owned())).transpose()
    }

    /// In the order of their names.
    async fn campaign_messages(&self, version: &str) -> Result<Vec<(String, String)>, StoreError> {
        let items = self.partition(Key::campaign(version), MESSAGE_PREFIX).await?;
        let message = |item: &Item| Ok((under(item, MESSAGE_PREFIX)?, item::text(item, "r")?.to_owned()));
        items.iter().map(message).collect()
    }
}

impl KeepCampaign for Table {
    async fn save_campaign(&self, campaign: &PushedCampaign) -> Result<(), StoreError> {
        let entry = Key::campaign_version(&campaign.version);
        if self.get(&entry).await?.is_some() {
            return Ok(());
        }
        let version = &campaign.version;
        let mut texts = vec![text(&Key::campaign_head(version), &campaign.head)?];
        for (name, words) in &campaign.messages {
            texts.push(text(&Key::campaign_message(version, name), words)?);
        }
        for batch in texts.chunks(BATCH) {
            self.put_batch(batch.to_vec()).await?;
        }
        let pushed = Item::from([("t".to_owned(), s(campaign.pushed_at.to_string()))]);
        let first = Condition::that("attribute_not_exists(#pk)", &["pk"]);
        race("save_campaign", || async {
            let put = Write::Put(entry.clone(), pushed.clone(), first.clone());
            match self.write(put).await {
                // Somebody pushes the same at the same time: it stays as it is.
                Ok(()) | Err(Refused::Condition) => Ok(()),
                Err(refused) => Err(refused),
            }
        })
        .await
    }

    async fn activate_campaign(&self, version: &str) -> Result<bool, StoreError> {
        // No version is ever deleted, so what is there now is there when the pointer is written.
        if self.get(&Key::campaign_version(version)).await?.is_none() {
            return Ok(false);
        }
        let pointer = Item::from([("v".to_owned(), s(version))]);
        let put = || {
            let pointer = pointer.clone();
            self.write(Write::Put(Key::active_campaign(), pointer, Condition::none()))
        };
        race("activate_campaign", put).await?;
        Ok(true)
    }

    async fn campaign_versions(&self) -> Result<Vec<CampaignVersion>, StoreError> {
        let active = self.active_campaign().await?;
        let entries = self.partition(CAMPAIGNS.to_owned(), VERSION_PREFIX).await?;
        let mut versions = Vec::with_capacity(entries.len());
        for entry in &entries {
            let version = under(entry, VERSION_PREFIX)?;
            versions.push(CampaignVersion {
                pushed_at: item::time(item::text(entry, "t")?, "t")?,
                active: active.as_ref() == Some(&version),
                version,
            });
        }
        let latest_first = |version: &CampaignVersion| (core::cmp::Reverse(version.pushed_at), version.version.clone());
        versions.sort_by_cached_key(latest_first);
        Ok(versions)
    }
}

impl Table {
    /// All items of a partition whose sort key begins so, in its order.
    pub(super) async fn partition(&self, pk: String, prefix: &str) -> Result<Vec<Item>, StoreError> {
        let mut items = Vec::new();
        let mut from = None;
        loop {
            let mut request = self
                .client
                .query()
                .table_name(&*self.name)
                .consistent_read(true)
                .expression_attribute_values(":pk", s(&pk))
                .set_exclusive_start_key(from);
            request = if prefix.is_empty() {
                request.key_condition_expression("pk = :pk")
            } else {
                request
                    .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
                    .expression_attribute_values(":prefix", s(prefix))
            };
            let page = request
                .send()
                .await
                .map_err(|error| fault::unavailable("Query", error))?;
            items.extend(page.items.unwrap_or_default());
            from = page.last_evaluated_key;
            if from.is_none() {
                return Ok(items);
            }
        }
    }

    /// Puts up to [`BATCH`] items; what DynamoDB leaves undone is sent again, a bounded number of times.
    async fn put_batch(&self, mut requests: Vec<WriteRequest>) -> Result<(), StoreError> {
        for attempt in 0..MAX_ATTEMPTS {
            pause(attempt).await;
            let answer = self
                .client
                .batch_write_item()
                .request_items(&*self.name, requests)
                .send()
                .await
                .map_err(|error| fault::unavailable("BatchWriteItem", error))?;
            requests = answer
                .unprocessed_items
                .into_iter()
                .flatten()
                .flat_map(|(_, left)| left)
                .collect();
            if requests.is_empty() {
                return Ok(());
            }
        }
        Err(fault::undone("BatchWriteItem", requests.len()))
    }
}

/// The write of one text.
fn text(key: &Key, text: &str) -> Result<WriteRequest, StoreError> {
    if text.len() > MAX_TEXT_BYTES {
        return Err(fault::corrupt(TooLong {
            name: key.sk.clone(),
            length: text.len(),
        }));
    }
    let put = PutRequest::builder()
        .item("pk", key.pk())
        .item("sk", key.sk())
        .item("r", AttributeValue::S(text.to_owned()))
        .build()
        .map_err(fault::incomplete)?;
    Ok(WriteRequest::builder().put_request(put).build())
}

/// What follows the prefix in an item's sort key.
fn under(item: &Item, prefix: &str) -> Result<String, StoreError> {
    let name = item::text(item, "sk")?.strip_prefix(prefix);
    name.map(str::to_owned).ok_or_else(|| fault::foreign("sk"))
}
