//! The table: one DynamoDB table, on demand, with one sparse index of what is due.
//!
//! | item | `pk` | `sk` | attributes |
//! |---|---|---|---|
//! | journey | `J#` journey | `-` | `r` record, `v` version, `c` contact; with a live timer `d` lane and shard, `u` due, `z` closes, `g` generation; once over, `ttl`; before it begins, `c` alone |
//! | contact | `C#` contact | `-` | `r` record, `a` inbox whose ledger counts, `n` inbox of its number, `j` the journey that follows from it |
//! | inbox | `A#` address | `-` | `v` version, `r` ledger of sends, `s` opted out since, `sb`, `sc`, `st`, `sl` closed by a bounce, a complaint, a STOP, the sender's list since |
//! | erased contact | `E#` contact | `-` | `a` the inboxes that it had |
//! | watermark | `W#` provider | `-` | `r` record |
//! | campaign that runs | `P` | `active` | `v` version |
//! | campaign version | `P` | `v#` version | `t` pushed at |
//! | its head, a message | `P#` version | `head`, `m#` name | `r` text |
//! | daily counter | `N#` day | name | `n` number |
//! | visits to a utility | `U#` provider `#` utility | hour | `x` stalled, `f` faults, `t` through, `ttl` |
//! | proof of an acceptance | `T#` journey | time | `r` record |
//! | mark of a counted chunk | `X#` first record | `-` | `n` records, `ttl` |
//!
//! Names of one letter, since they count: a typical journey fits one write unit, 1 KB, names included.
//! Every key is made of keyed hashes and fixed words; the contact's record alone names a person.
//!
//! The index `due` has the keys `d` and `u` and takes `g` and `z` along. It is the only place that is
//! read without strong consistency, because an index cannot be: whoever fires a timer that it found
//! loads the journey, and a stale generation does nothing.

mod acceptances;
mod campaigns;
mod contacts;
mod counts;
mod fault;
mod inboxes;
mod item;
mod journeys;
mod list;
mod memory;
mod people;
mod suppression;
mod visits;
mod watermarks;
mod write;

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use journey::IdKey;
use journey::port::{Clock, StoreError, Timestamp};

use crate::clock::SystemClock;
use item::{Item, Key};
use memory::Memory;

pub use counts::MAX_COUNTS;

/// How long a journey is kept once nothing more will happen to it: a year of opt-out links in old
/// mails, and comparisons with the same month of the year before.
const RETENTION_DAYS: u32 = 400;

/// How often a lost race is run again. Each loss means that somebody else's write succeeded, so more
/// than a few in a row on one person's items is a flood, not a race.
const MAX_ATTEMPTS: u32 = 8;

/// The ports on one DynamoDB table. Clones share it, and are cheap.
#[derive(Clone)]
pub struct Table {
    client: Client,
    name: Arc<str>,
    id_key: IdKey,
    retention_days: u32,
    memory: Arc<Memory>,
}

impl Table {
    /// The table of that name, as template.yaml describes it.
    ///
    /// `id_key` names people: a table must always be used with the same one.
    #[must_use]
    pub fn new(client: Client, name: impl Into<String>, id_key: IdKey) -> Self {
        Table {
            client,
            name: Arc::from(name.into()),
            id_key,
            retention_days: RETENTION_DAYS,
            memory: Arc::default(),
        }
    }

    /// Keeps journeys that are over for another time than the usual 400 days.
    #[must_use]
    pub fn with_retention(self, days: u32) -> Self {
        Table {
            retention_days: days,
            ..self
        }
    }

    /// The time that DynamoDB's expiry compares with, and that dates what comes without a time.
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    /// One item, as the last acknowledged write left it.
    async fn get(&self, key: &Key) -> Result<Option<Item>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&*self.name)
            .key("pk", key.pk())
            .key("sk", key.sk())
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| fault::unavailable("GetItem", error))?;
        Ok(answer.item)
    }
}
