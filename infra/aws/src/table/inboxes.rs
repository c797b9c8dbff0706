//! Inboxes: what was sent to an address, and whether it may be written to at all.
//!
//! An inbox is known by a keyed hash of its address, holds no personal data, and outlives the contacts
//! that point to it: that is how an opt-out survives an erasure. Its version is an attribute of its
//! own, so that whatever need not know the rest can raise it without reading, in any order.

use std::collections::BTreeMap;

use jiff::Timestamp;
use journey::AddressId;
use journey::contact::{Inbox, InboxSend, SuppressedFor, Suppression};
use journey::port::StoreError;

use super::Table;
use super::fault::{self, Refused};
use super::item::{self, Item, Key, n, s};
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
            suppressed: suppressed(&item)?,
        })
    }

    /// What closes an inbox, and its version.
    pub(super) async fn suppression_at(&self, address: &AddressId) -> Result<(Suppression, u64), StoreError> {
        match self.get(&Key::inbox(address)).await? {
            None => Ok((Suppression::default(), 0)),
            Some(item) => Ok((suppressed(&item)?, item::number(&item, "v")?)),
        }
    }

    /// Closes an inbox by itself for a reason since `at`, if that is news.
    pub(super) async fn suppress(&self, address: &AddressId, why: SuppressedFor, at: Timestamp) -> Result<(), Refused> {
        self.change_reason(address, why, |suppressed| suppressed.close(why, at))
            .await
    }

    /// Takes one reason back that was given before `at`.
    pub(super) async fn reopen(&self, address: &AddressId, why: SuppressedFor, at: Timestamp) -> Result<(), Refused> {
        self.change_reason(address, why, |suppressed| suppressed.lift_earlier(why, at))
            .await
    }

    /// Changes one reason. What is no news writes nothing; what was read must still hold.
    async fn change_reason(
        &self,
        address: &AddressId,
        why: SuppressedFor,
        change: impl FnOnce(&mut Suppression) -> bool + Send,
    ) -> Result<(), Refused> {
        let (mut suppressed, version) = self.suppression_at(address).await?;
        if !change(&mut suppressed) {
            return Ok(());
        }
        let since = suppressed.since(why).map(|at| s(at.to_string()));
        let change = Change::of(Key::inbox(address), at_version(version)).set_or_remove(attribute(why), since);
        self.write(Write::Change(change.add("v", n(1)))).await
    }
}

/// What closes the inbox of an item.
fn suppressed(item: &Item) -> Result<Suppression, StoreError> {
    let mut suppressed = Suppression::default();
    for why in SuppressedFor::ALL {
        let name = attribute(why);
        if let Some(text) = item::optional_text(item, name)? {
            suppressed.close(why, item::time(text, name)?);
        }
    }
    Ok(suppressed)
}

/// The inbox is still as it was read.
fn at_version(version: u64) -> Condition {
    if version == 0 {
        Condition::that("attribute_not_exists(#v)", &["v"])
    } else {
        Condition::that("#v = :expected", &["v"]).with(":expected", n(version))
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
    let ledger = serde_json::to_string(&with_send.sends).map_err(fault::corrupt)?;
    Ok(Change::of(Key::inbox(address), at_version(read.version))
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
