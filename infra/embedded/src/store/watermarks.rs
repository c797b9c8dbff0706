//! Watermarks: how far the reconciliation has come with each provider.

use jiff::Timestamp;
use journey::Provider;
use journey::port::{ChangeFilter, KeepWatermark, Resume, StoreError, Watermark};
use rusqlite::OptionalExtension;

use super::Store;
use super::fault::{Fault, ForeignText};

type Columns = (String, Option<String>, Option<String>, Option<String>);

impl KeepWatermark for Store {
    async fn load_watermark(&self, provider: Provider) -> Result<Option<Watermark>, StoreError> {
        let columns: Option<Columns> = self.read(|connection| {
            Ok(connection
                .prepare_cached("SELECT since, began_at, filter, page FROM watermarks WHERE provider = ?1")?
                .query_row([provider.as_str()], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
                })
                .optional()?)
        })?;
        Ok(columns.map(watermark).transpose()?)
    }

    async fn save_watermark(&self, provider: Provider, watermark: &Watermark) -> Result<(), StoreError> {
        let since = watermark.since.to_string();
        let resume = watermark.resume.as_ref();
        let began_at = resume.map(|resume| resume.began_at.to_string());
        let filter = resume.map(|resume| filter_name(resume.filter));
        let page = resume.and_then(|resume| resume.page.clone());
        let save = move |connection: &rusqlite::Connection| {
            connection
                .prepare_cached(
                    "INSERT OR REPLACE INTO watermarks (provider, since, began_at, filter, page)
                     VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute((provider.as_str(), since, began_at, filter, page))?;
            Ok(())
        };
        Ok(self.write(save).await?)
    }
}

fn watermark((since, began_at, filter, page): Columns) -> Result<Watermark, Fault> {
    let resume = match (began_at, filter) {
        (Some(began_at), Some(filter)) => Some(Resume {
            began_at: began_at.parse()?,
            filter: filter_named(&filter)?,
            page,
        }),
        (None, _) | (_, None) => None,
    };
    Ok(Watermark {
        since: since.parse::<Timestamp>()?,
        resume,
    })
}

fn filter_name(filter: ChangeFilter) -> &'static str {
    match filter {
        ChangeFilter::Started => "started",
        ChangeFilter::LastInteraction => "last_interaction",
    }
}

fn filter_named(name: &str) -> Result<ChangeFilter, ForeignText> {
    [ChangeFilter::Started, ChangeFilter::LastInteraction]
        .into_iter()
        .find(|&filter| filter_name(filter) == name)
        .ok_or(ForeignText("filter"))
}
