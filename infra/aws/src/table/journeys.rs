//! Journeys: records under a version, and the index of what is due.

use aws_sdk_dynamodb::types::Select;
use futures::future::try_join_all;
use jiff::{SignedDuration, Timestamp};
use journey::port::{Commit, CommitError, CommitJourney, FindDue, LoadJourney, StoreError, Versioned};
use journey::{Journey, JourneyId, Lane, MeterFollowUp, Phase, Timer, stored};

use super::fault::{self, foreign};
use super::item::{self, Item, Key, n, s};
use super::write::{Change, Condition, Write};
use super::{Table, inboxes};

/// The parts of the due index of each lane. A partition takes 1,000 writes a second, and each move of
/// a timer is two: 8 parts carry 4,000 moves a second, as many as EventBridge Scheduler makes schedules.
const SHARDS: u8 = 8;

/// The index of what is due.
const DUE: &str = "due";

impl LoadJourney for Table {
    async fn load_journey(&self, id: &JourneyId) -> Result<Option<Versioned>, StoreError> {
        let Some(item) = self.get(&Key::journey(id)).await? else {
            return Ok(None);
        };
        if let Some(contact) = contact_id(&item)? {
            self.memory.remember_contact(id, &contact);
        }
        if item::is_expired(&item, self.now())? {
            return Ok(None);
        }
        let Some(version) = item::optional_number(&item, "v")? else {
            // Only whose journey it would be is known: the contact came first.
            return Ok(None);
        };
        let record = with_id(item::text(&item, "r")?, id);
        let journey = stored::decode(record.as_bytes()).map_err(fault::corrupt)?;
        Ok(Some(Versioned { journey, version }))
    }
}

impl CommitJourney for Table {
    async fn commit_journey(&self, commit: Commit<'_>) -> Result<(), CommitError> {
        let mut writes = vec![Write::Change(self.change(&commit)?)];
        if let Some(claim) = &commit.claim {
            let inbox = self.inbox(claim.address).await?;
            if inbox.version != claim.expected {
                return Err(CommitError::VersionConflict);
            }
            let with_send = inbox.with_send(claim.key.clone(), claim.at);
            writes.push(Write::Change(inboxes::claim(claim.address, &inbox, &with_send)?));
        }
        self.write_all(writes).await?;
        if let Some(contact) = commit.contact {
            self.memory.remember_contact(&commit.journey.id, contact);
        }
        if let Some(visited) = &commit.visited {
            self.count_visit(visited).await;
        }
        Ok(())
    }
}

impl FindDue for Table {
    /// Each shard gives the `limit` that are due first. When more than that are overdue, those of them
    /// that close first are in front, and the others come with the next call.
    async fn find_due(&self, lane: Lane, before: Timestamp, limit: usize) -> Result<Vec<(JourneyId, u32)>, StoreError> {
        let shards = (0..SHARDS).map(|shard| self.due_in(part(lane, shard), before, limit));
        let mut due: Vec<Due> = try_join_all(shards).await?.into_iter().flatten().collect();
        due.sort();
        due.truncate(limit);
        Ok(due.into_iter().map(|due| (due.journey, due.generation)).collect())
    }
}

/// An entry of the index. The order of the fields is the order in which entries are served.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    closes_ms: i64,
    due_ms: i64,
    journey: JourneyId,
    generation: u32,
}

impl Table {
    async fn due_in(&self, part: String, before: Timestamp, limit: usize) -> Result<Vec<Due>, StoreError> {
        let mut found = Vec::new();
        let mut from = None;
        while found.len() < limit {
            let page = self
                .client
                .query()
                .table_name(&*self.name)
                .index_name(DUE)
                .select(Select::AllProjectedAttributes)
                .key_condition_expression("d = :part AND u <= :before")
                .expression_attribute_values(":part", s(&part))
                .expression_attribute_values(":before", n(before.as_millisecond()))
                .limit(i32::try_from(limit - found.len()).unwrap_or(i32::MAX))
                .set_exclusive_start_key(from)
                .send()
                .await
                .map_err(|error| fault::unavailable("Query", error))?;
            for entry in page.items() {
                match due(entry) {
                    Ok(due) => found.push(due),
                    // It must not hide the others that are due.
                    Err(error) => tracing::error!(
                        journey = item::text(entry, "pk").unwrap_or("unreadable"),
                        error = &error as &dyn core::error::Error,
                        "an entry of the due index cannot be read"
                    ),
                }
            }
            from = page.last_evaluated_key;
            if from.is_none() {
                break;
            }
        }
        Ok(found)
    }

    /// The write of a journey. Its contact stays when the commit names none.
    fn change(&self, commit: &Commit<'_>) -> Result<Change, StoreError> {
        let journey = commit.journey;
        let record = stored::encode(journey);
        let record = core::str::from_utf8(&record).map_err(fault::corrupt)?;
        let condition = if commit.expected == 0 {
            // An expired journey is as good as none: it was loaded as such.
            Condition::that("attribute_not_exists(#v) OR #ttl <= :now", &["v", "ttl"])
                .with(":now", n(self.now().as_second()))
        } else {
            Condition::that("#v = :expected", &["v"]).with(":expected", n(commit.expected))
        };
        let timer = journey.timer.as_ref();
        let mut change = Change::of(Key::journey(&journey.id), condition)
            .set("r", s(without_id(record, &journey.id)))
            .set("v", n(commit.expected.saturating_add(1)))
            .set_or_remove("d", timer.map(|timer| s(part(timer.why.lane(), shard(&journey.id)))))
            .set_or_remove("u", timer.map(|timer| n(timer.due.as_millisecond())))
            .set_or_remove("z", timer.map(|timer| n(timer.closes.as_millisecond())))
            .set_or_remove("g", timer.map(|Timer { generation, .. }| n(generation)))
            .set_or_remove("ttl", self.expiry(journey).map(|at| n(at.as_second())));
        if let Some(contact) = commit.contact {
            change = change.set("c", s(contact.as_str()));
        }
        Ok(change)
    }

    /// When a journey may be forgotten: never while anything can still happen to it by itself.
    fn expiry(&self, journey: &Journey) -> Option<Timestamp> {
        let ended_at = match &journey.phase {
            Phase::Live => return None,
            Phase::Completed { at, meter, .. } => match meter {
                MeterFollowUp::Awaited { .. } => return None,
                MeterFollowUp::Arrived { at: seen } | MeterFollowUp::GivenUp { at: seen } => (*at).max(*seen),
                MeterFollowUp::NotAwaited => *at,
            },
            Phase::HandedBack { at } | Phase::Stopped { at, .. } => *at,
        };
        if journey.timer.is_some() {
            return None;
        }
        let kept =
            SignedDuration::from_hours(24).saturating_mul(i32::try_from(self.retention_days).unwrap_or(i32::MAX));
        ended_at.max(journey.last_sign_of_life).checked_add(kept).ok()
    }
}

/// The contact that a journey's item names.
pub(super) fn contact_id(item: &Item) -> Result<Option<journey::ContactId>, StoreError> {
    item::optional_text(item, "c")?
        .map(|text| journey::ContactId::parse(text).ok_or_else(|| foreign("c")))
        .transpose()
}

fn due(entry: &Item) -> Result<Due, StoreError> {
    Ok(Due {
        closes_ms: item::number(entry, "z")?,
        due_ms: item::number(entry, "u")?,
        journey: item::journey_of(entry)?,
        generation: item::number(entry, "g")?,
    })
}

/// The key of one part of the due index.
fn part(lane: Lane, shard: u8) -> String {
    let lane = match lane {
        Lane::Touchpoint => 't',
        Lane::Meter => 'm',
    };
    format!("{lane}{shard}")
}

/// The shard of a journey. Its name is a hash already, so the sum of it is spread evenly.
fn shard(id: &JourneyId) -> u8 {
    id.as_str().bytes().fold(0_u8, u8::wrapping_add) % SHARDS
}

/// Takes the journey's name out of its record: the item's key has it already, and it is 34 bytes of
/// the 1,024 that one write unit holds.
fn without_id(record: &str, id: &JourneyId) -> String {
    record.replacen(&named(id), "", 1)
}

/// Puts it back. A record that has it nevertheless is refused by the decoder: no field may come twice.
fn with_id(record: &str, id: &JourneyId) -> String {
    match record.strip_prefix('{') {
        Some(rest) => format!("{{{}{rest}", named(id)),
        None => record.to_owned(),
    }
}

fn named(id: &JourneyId) -> String {
    format!("\"id\":\"{id}\",")
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOLDEN: &str = include_str!("../../../../functions/journey/tests/golden/journey-v1.json");

    #[test]
    fn a_record_is_stored_without_its_name_and_read_with_it() {
        let journey = stored::decode(GOLDEN.trim_end().as_bytes()).unwrap();
        let shorter = without_id(GOLDEN.trim_end(), &journey.id);
        assert!(!shorter.contains(journey.id.as_str()));
        assert_eq!(shorter.len() + 34, GOLDEN.trim_end().len());
        let longer = with_id(&shorter, &journey.id);
        assert_eq!(stored::decode(longer.as_bytes()).unwrap(), journey);
    }

    #[test]
    fn a_record_that_is_not_ours_is_refused_not_misread() {
        let id = stored::decode(GOLDEN.trim_end().as_bytes()).unwrap().id;
        for foreign in ["", "{}", "{", "[]", "null", GOLDEN.trim_end()] {
            assert!(stored::decode(with_id(foreign, &id).as_bytes()).is_err(), "{foreign}");
        }
    }

    #[test]
    fn journeys_are_spread_over_all_shards() {
        let key = journey::IdKey::new(*b"an invented key of 32 bytes long").unwrap();
        let mut filled = [0; SHARDS as usize];
        for number in 0..8_000 {
            let reference = journey::Reference::new(format!("site-{number}")).unwrap();
            let id = JourneyId::new(&key, journey::Provider::Leap, journey::Purpose::Enroll, &reference);
            filled[usize::from(shard(&id))] += 1;
        }
        assert!(filled.iter().all(|count| (850..1_150).contains(count)), "{filled:?}");
    }
}
