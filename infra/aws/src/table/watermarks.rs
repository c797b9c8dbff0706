//! Watermarks: how far the reconciliation has come with each provider.

use jiff::Timestamp;
use journey::Provider;
use journey::port::{ChangeFilter, KeepWatermark, Resume, StoreError, Watermark};
use serde::{Deserialize, Serialize};

use super::Table;
use super::fault;
use super::item::{self, Item, Key, s};
use super::write::{Condition, Write, race};

/// The stored shape of a watermark.
#[derive(Serialize, Deserialize)]
struct StoredWatermark {
    since: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resume: Option<StoredResume>,
}

#[derive(Serialize, Deserialize)]
struct StoredResume {
    began_at: Timestamp,
    filter: StoredFilter,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    page: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredFilter {
    Started,
    LastInteraction,
}

impl KeepWatermark for Table {
    async fn load_watermark(&self, provider: Provider) -> Result<Option<Watermark>, StoreError> {
        let Some(item) = self.get(&Key::watermark(provider)).await? else {
            return Ok(None);
        };
        let stored: StoredWatermark = serde_json::from_str(item::text(&item, "r")?).map_err(fault::corrupt)?;
        Ok(Some(Watermark {
            since: stored.since,
            resume: stored.resume.map(|resume| Resume {
                began_at: resume.began_at,
                filter: match resume.filter {
                    StoredFilter::Started => ChangeFilter::Started,
                    StoredFilter::LastInteraction => ChangeFilter::LastInteraction,
                },
                page: resume.page,
            }),
        }))
    }

    async fn save_watermark(&self, provider: Provider, watermark: &Watermark) -> Result<(), StoreError> {
        let stored = StoredWatermark {
            since: watermark.since,
            resume: watermark.resume.as_ref().map(|resume| StoredResume {
                began_at: resume.began_at,
                filter: match resume.filter {
                    ChangeFilter::Started => StoredFilter::Started,
                    ChangeFilter::LastInteraction => StoredFilter::LastInteraction,
                },
                page: resume.page.clone(),
            }),
        };
        let record = serde_json::to_string(&stored).map_err(fault::corrupt)?;
        let item = Item::from([("r".to_owned(), s(record))]);
        let write = || self.write(Write::Put(Key::watermark(provider), item.clone(), Condition::none()));
        race("save_watermark", write).await
    }
}
