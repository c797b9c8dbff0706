//! Inboxes: what was sent to an address, and whether it may be written to at all.
//!
//! An inbox is known by a keyed hash of its address, holds no personal data, and outlives the contacts
//! that point to it: that is how an opt-out survives an erasure. Its version is an attribute of its
//! own, so that all but a claim can raise it without reading the rest, in any order.

use std::collections::BTreeMap;

use jiff::Timestamp;
use journey::AddressId;
use journey::contact::{Inbox, InboxSend};
use journey::port::StoreError;

use super::Table;
use super::fault::{self, Refused};
use super::item::{self, Key, n, s};
use super::write::{Change, Condition, Write};

impl Table {
    /// The inbox of an address; one that has never been written is empty, at version 0.
    pub(super) async fn inbox(&self, address: &AddressId) -> Result<Inbox, StoreError> {
        let Some(item) = self.get(&Key::inbox(address)).await? else {
            return Ok(Inbox::default());
        };
        let sends: Option<Vec<InboxSend>> = item::optional_text(&item, "r")?
            .map(serde_json::from_str)
            .transpose()
            .map_err(fault::corrupt)?;
        Ok(Inbox {
            version: item::number(&item, "v")?,
            sends: sends.unwrap_or_default(),
            suppressed_at: item::optional_text(&item, "s")?
                .map(|text| item::time(text, "s"))
                .transpose()?,
        })
    }

    /// Suppresses an inbox by itself, if it is not, since `at`.
    pub(super) async fn suppress(&self, address: &AddressId, at: Timestamp) -> Result<(), Refused> {
        let condition = Condition::that("attribute_not_exists(#s)", &["s"]);
        let change = Change::of(Key::inbox(address), condition)
            .set("s", s(at.to_string()))
            .add("v", n(1));
        match self.write(Write::Change(change)).await {
            Ok(()) | Err(Refused::Condition) => Ok(()),
            Err(refused) => Err(refused),
        }
    }
}

/// Takes a place in the ledger of an inbox that is still as it was read.
pub(super) fn claim(address: &AddressId, read: &Inbox, with_send: &Inbox) -> Result<Change, StoreError> {
    let condition = if read.version == 0 {
        Condition::that("attribute_not_exists(#v)", &["v"])
    } else {
        Condition::that("#v = :expected", &["v"]).with(":expected", n(read.version))
    };
    let ledger = serde_json::to_string(&with_send.sends).map_err(fault::corrupt)?;
    Ok(Change::of(Key::inbox(address), condition)
        .set("r", s(ledger))
        .set("v", n(with_send.version)))
}

/// What a change of contacts does to the inboxes that are concerned. One write for each of them,
/// since a transaction takes no two of the same item.
#[derive(Default)]
pub(super) struct Inboxes(BTreeMap<AddressId, Option<Mark>>);

#[derive(Clone, Copy)]
enum Mark {
    Suppressed(Timestamp),
    Released,
}

impl Inboxes {
    /// Makes every claim fail that was decided before now: the contact is no longer what it was.
    pub(super) fn disturb(&mut self, address: &AddressId) {
        self.0.entry(address.clone()).or_default();
    }

    /// Suppresses an inbox, if it is not, since `at`.
    pub(super) fn suppress(&mut self, address: &AddressId, at: Timestamp) {
        self.0.insert(address.clone(), Some(Mark::Suppressed(at)));
    }

    /// Takes a suppression back.
    pub(super) fn release(&mut self, address: &AddressId) {
        self.0.insert(address.clone(), Some(Mark::Released));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn writes(self) -> impl Iterator<Item = Write> {
        self.0.into_iter().map(|(address, mark)| {
            let change = Change::of(Key::inbox(&address), Condition::none()).add("v", n(1));
            Write::Change(match mark {
                None => change,
                Some(Mark::Suppressed(at)) => change.set_if_absent("s", s(at.to_string())),
                Some(Mark::Released) => change.remove("s"),
            })
        })
    }
}
