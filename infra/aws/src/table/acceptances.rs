//! The proofs of what customers accepted: one item each.

use journey::JourneyId;
use journey::enrollment::AcceptanceRecord;
use journey::port::{KeepAcceptance, ReadAcceptances, StoreError};

use super::Table;
use super::fault;
use super::item::{self, Item, Key, s};
use super::write::{Condition, Write, race};

impl KeepAcceptance for Table {
    async fn keep_acceptance(&self, journey: &JourneyId, record: &AcceptanceRecord) -> Result<(), StoreError> {
        let text = serde_json::to_string(record).map_err(fault::corrupt)?;
        let item = Item::from([("r".to_owned(), s(text))]);
        let key = Key::acceptance(journey, record.at);
        race("keep_acceptance", || {
            self.write(Write::Put(key.clone(), item.clone(), Condition::none()))
        })
        .await
    }
}

impl ReadAcceptances for Table {
    async fn acceptances(&self, journey: &JourneyId) -> Result<Vec<AcceptanceRecord>, StoreError> {
        // A customer accepts a handful of plans in a lifetime: there is one page.
        let page = self
            .client
            .query()
            .table_name(&*self.name)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(Key::acceptances(journey)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| fault::unavailable("Query", error))?;
        let records = page.items().iter();
        records
            .map(|item| serde_json::from_str(item::text(item, "r")?).map_err(fault::corrupt))
            .collect()
    }
}
