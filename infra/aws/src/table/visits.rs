//! Visits to utilities: one item an hour and utility, with three numbers.

use jiff::SignedDuration;
use journey::port::{ReadVisits, StoreError, Timestamp};
use journey::{Provider, UtilityCode, Visit, Visited, Visits};

use super::Table;
use super::fault;
use super::item::{self, Key, n, s};
use super::write::{Change, Condition, Write};

/// How long an hour is kept: twice the longest that a campaign calls lately.
const KEPT: SignedDuration = SignedDuration::from_hours(2 * 24);

impl ReadVisits for Table {
    async fn read_visits(
        &self,
        provider: Provider,
        utility: &UtilityCode,
        since: Timestamp,
    ) -> Result<Visits, StoreError> {
        let first = Key::visits(provider, utility, since);
        let page = self
            .client
            .query()
            .table_name(&*self.name)
            .key_condition_expression("pk = :pk AND sk >= :first")
            .expression_attribute_values(":pk", s(&first.pk))
            .expression_attribute_values(":first", s(&first.sk))
            .send()
            .await
            .map_err(|error| fault::unavailable("Query", error))?;
        // Two days of hours are a few kilobytes: there is one page.
        let mut all = Visits::default();
        for item in page.items() {
            let number =
                |name| -> Result<u32, StoreError> { Ok(item::optional_number(item, name)?.unwrap_or_default()) };
            all.stalled = all.stalled.saturating_add(number(attribute(Visit::Stalled))?);
            all.faults = all.faults.saturating_add(number(attribute(Visit::Fault))?);
            all.through = all.through.saturating_add(number(attribute(Visit::Through))?);
        }
        Ok(all)
    }
}

impl Table {
    /// Counts a visit, after the journey that showed it is written. A visit that is lost here makes an incident be
    /// noticed later or not at all; it must not fail what is durable already.
    pub(super) async fn count_visit(&self, visited: &Visited<'_>) {
        let until = visited.at.saturating_add(KEPT).unwrap_or(visited.at);
        let change = Change::of(
            Key::visits(visited.provider, visited.utility, visited.at),
            Condition::none(),
        )
        .set("ttl", n(until.as_second()))
        .add(attribute(visited.visit), n(1));
        if let Err(error) = self.write(Write::Change(change)).await {
            tracing::warn!(error = &error as &dyn core::error::Error, "a visit is not counted");
        }
    }
}

/// Where visits of a kind are counted.
const fn attribute(visit: Visit) -> &'static str {
    match visit {
        Visit::Stalled => "x",
        Visit::Fault => "f",
        Visit::Through => "t",
    }
}
