//! Inboxes: what was sent to an address, and whether it may be written to at all.
//!
//! An inbox is known by a keyed hash of its address, holds no personal data, and outlives the contacts
//! that point to it: that is how an opt-out survives an erasure. Its version is an attribute of its
//! own, so that all but a claim can raise it without reading the rest, in any order.

use std::collections::BTreeMap;

use jiff::Timestamp;
use journey::AddressId;
use journey::contact::{Inbox, InboxSend, SuppressedFor, Suppression};
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
        let mut suppressed = Suppression::default();
        for why in SuppressedFor::ALL {
            let name = attribute(why);
            if let Some(text) = item::optional_text(&item, name)? {
                suppressed.close(why, item::time(text, name)?);
            }
        }
        Ok(Inbox {
            version: item::number(&item, "v")?,
            sends: sends.unwrap_or_default(),
            suppressed,
        })
    }

    /// Closes an inbox by itself for a reason, if it is not, since `at`.
    pub(super) async fn suppress(&self, address: &AddressId, why: SuppressedFor, at: Timestamp) -> Result<(), Refused> {
        let name = attribute(why);
        let condition = Condition::that(format!("attribute_not_exists(#{name})"), &[name]);
        let change = Change::of(Key::inbox(address), condition).set(name, s(at.to_string()));
        self.if_news(change).await
    }

    /// Takes one reason back, if it is there.
    pub(super) async fn reopen(&self, address: &AddressId, why: SuppressedFor) -> Result<(), Refused> {
        let name = attribute(why);
        let condition = Condition::that(format!("attribute_exists(#{name})"), &[name]);
        self.if_news(Change::of(Key::inbox(address), condition).remove(name))
            .await
    }

    /// Changes an inbox, unless its condition says that there is nothing to change.
    async fn if_news(&self, change: Change) -> Result<(), Refused> {
        let change = change.add("v", n(1));
        match self.write(Write::Change(change)).await {
            Ok(()) | Err(Refused::Condition) => Ok(()),
            Err(refused) => Err(refused),
        }
    }
}

/// The attribute that says since when an inbox is closed for a reason.
const fn attribute(why: SuppressedFor) -> &'static str {
    match why {
        SuppressedFor::OptOut => "s",
        SuppressedFor::Bounce => "sb",
        SuppressedFor::Complaint => "sc",
        SuppressedFor::Stop => "st",
        SuppressedFor::SenderList => "sl",
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
    OptedOut(Timestamp),
    OptedIn,
}

impl Inboxes {
    /// Makes every claim fail that was decided before now: the contact is no longer what it was.
    pub(super) fn disturb(&mut self, address: &AddressId) {
        self.0.entry(address.clone()).or_default();
    }

    /// Closes an inbox for an opt-out, if it is not, since `at`.
    pub(super) fn opt_out(&mut self, address: &AddressId, at: Timestamp) {
        self.0.insert(address.clone(), Some(Mark::OptedOut(at)));
    }

    /// Takes an opt-out back; whatever else closes the inbox stays.
    pub(super) fn opt_in(&mut self, address: &AddressId) {
        self.0.insert(address.clone(), Some(Mark::OptedIn));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn writes(self) -> impl Iterator<Item = Write> {
        self.0.into_iter().map(|(address, mark)| {
            let change = Change::of(Key::inbox(&address), Condition::none()).add("v", n(1));
            Write::Change(match mark {
                None => change,
                Some(Mark::OptedOut(at)) => change.set_if_absent(attribute(SuppressedFor::OptOut), s(at.to_string())),
                Some(Mark::OptedIn) => change.remove(attribute(SuppressedFor::OptOut)),
            })
        })
    }
}
