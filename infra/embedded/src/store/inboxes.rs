//! Inboxes: what was sent to an address, and whether it may be written to at all.
//!
//! An inbox is known by a keyed hash of its address, holds no personal data, and outlives the
//! contacts that point to it: that is how an opt-out survives an erasure.

use jiff::Timestamp;
use journey::campaign::Channel;
use journey::contact::{Inbox, OptOut, SuppressedFor, Suppression};
use journey::{AddressId, ContactId, JourneyId};
use rusqlite::{Connection, OptionalExtension};

use super::fault::{Fault, ForeignText};

/// The inbox of an address; one that has never been written is empty, at version 0.
pub(super) fn load(connection: &Connection, address: &AddressId) -> Result<Inbox, Fault> {
    let record: Option<String> = connection
        .prepare_cached("SELECT record FROM inboxes WHERE address = ?1")?
        .query_row([address.as_str()], |row| row.get(0))
        .optional()?;
    record.as_deref().map_or_else(|| Ok(Inbox::default()), parse)
}

/// Reads an inbox's record.
pub(super) fn parse(record: &str) -> Result<Inbox, Fault> {
    Ok(serde_json::from_str(record)?)
}

/// Writes an inbox. The caller has raised its version.
pub(super) fn save(connection: &Connection, address: &AddressId, inbox: &Inbox) -> Result<(), Fault> {
    connection
        .prepare_cached(
            "INSERT INTO inboxes (address, record) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET record = excluded.record",
        )?
        .execute((address.as_str(), serde_json::to_string(inbox)?))?;
    Ok(())
}

/// Closes an inbox for a reason, if it is not, since `at`.
pub(super) fn suppress(
    connection: &Connection,
    address: &AddressId,
    why: SuppressedFor,
    at: Timestamp,
) -> Result<(), Fault> {
    change(connection, address, |suppressed| suppressed.close(why, at))
}

/// Takes one reason back that was given before `at`.
pub(super) fn reopen(
    connection: &Connection,
    address: &AddressId,
    why: SuppressedFor,
    at: Timestamp,
) -> Result<(), Fault> {
    change(connection, address, |suppressed| suppressed.lift_earlier(why, at))
}

/// Takes an opt-out back; whatever else closes the inbox stays.
pub(super) fn opt_in(connection: &Connection, address: &AddressId) -> Result<(), Fault> {
    change(connection, address, |suppressed| suppressed.lift(SuppressedFor::OptOut))
}

/// Changes what closes an inbox; what is no news writes nothing.
fn change(
    connection: &Connection,
    address: &AddressId,
    change: impl FnOnce(&mut Suppression) -> bool,
) -> Result<(), Fault> {
    let mut inbox = load(connection, address)?;
    if change(&mut inbox.suppressed) {
        inbox.version += 1;
        save(connection, address, &inbox)?;
    }
    Ok(())
}

/// Remembers which inbox an erased contact had, so that an opt-out that comes after the erasure still
/// finds what it must suppress.
pub(super) fn outlive(
    connection: &Connection,
    journey: &JourneyId,
    contact: &ContactId,
    address: &AddressId,
) -> Result<(), Fault> {
    connection
        .prepare_cached("INSERT OR IGNORE INTO erased_inboxes (journey, contact, address) VALUES (?1, ?2, ?3)")?
        .execute((journey.as_str(), contact.as_str(), address.as_str()))?;
    Ok(())
}

/// Remembers whether an erased contact had opted out of events, for whoever comes again under the same reference:
/// an event has no other address. The other channels' opt-outs are kept with their inboxes.
pub(super) fn outlive_without_events(
    connection: &Connection,
    contact: &ContactId,
    opted_out: &OptOut,
) -> Result<(), Fault> {
    let sql = if opted_out.covers(Channel::Event) {
        "INSERT OR IGNORE INTO erased_without_events (contact) VALUES (?1)"
    } else {
        "DELETE FROM erased_without_events WHERE contact = ?1"
    };
    connection.prepare_cached(sql)?.execute([contact.as_str()])?;
    Ok(())
}

/// What an erased contact had said that holds for whoever comes again under the same reference.
pub(super) fn said_before_erasure(connection: &Connection, contact: &ContactId) -> Result<OptOut, Fault> {
    let no_events = connection
        .prepare_cached("SELECT 1 FROM erased_without_events WHERE contact = ?1")?
        .exists([contact.as_str()])?;
    Ok(OptOut::of(no_events.then_some(Channel::Event)))
}

/// Takes down an opt-out that comes after the erasure of a journey's contact.
pub(super) fn opt_out_erased(connection: &Connection, journey: &JourneyId, opted_out: &OptOut) -> Result<(), Fault> {
    if opted_out.covers(Channel::Event) {
        connection
            .prepare_cached(
                "INSERT OR IGNORE INTO erased_without_events (contact)
                 SELECT contact FROM erased_inboxes WHERE journey = ?1
                 UNION SELECT contact FROM journeys WHERE id = ?1 AND contact IS NOT NULL",
            )?
            .execute([journey.as_str()])?;
    }
    Ok(())
}

/// The inboxes of a journey's erased contact: more than one if it came back with another address, and
/// was erased again.
pub(super) fn of_erased(connection: &Connection, journey: &JourneyId) -> Result<Vec<AddressId>, Fault> {
    let found: Vec<String> = connection
        .prepare_cached(
            "SELECT address FROM erased_inboxes WHERE journey = ?1
             UNION SELECT address FROM erased_inboxes WHERE contact = (SELECT contact FROM journeys WHERE id = ?1)",
        )?
        .query_map([journey.as_str()], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let parsed = found
        .iter()
        .map(|text| AddressId::parse(text).ok_or(ForeignText("address")));
    Ok(parsed.collect::<Result<_, _>>()?)
}

/// Makes every claim fail that was decided before now: its contact is no longer what it was.
pub(super) fn disturb(connection: &Connection, address: &AddressId) -> Result<(), Fault> {
    let inbox = load(connection, address)?;
    save(
        connection,
        address,
        &Inbox {
            version: inbox.version + 1,
            ..inbox
        },
    )
}
