//! What a warm function remembers of the table, to save reads. Hashes only, and never the truth.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use journey::{AddressId, ContactId, JourneyId};

/// Entries of each kind: about half a megabyte. What comes after begins anew; a function serves few
/// journeys more than once, and those within seconds.
const KEPT: usize = 2_048;

#[derive(Default)]
pub(super) struct Memory(Mutex<Remembered>);

#[derive(Default)]
struct Remembered {
    /// This never changes once it is known: both names follow from the same reference.
    contacts: BTreeMap<JourneyId, ContactId>,
    /// A guess: an address may change. Whoever uses it compares it with what is stored.
    addresses: BTreeMap<ContactId, AddressId>,
}

impl Memory {
    pub(super) fn contact_of(&self, journey: &JourneyId) -> Option<ContactId> {
        self.lock().contacts.get(journey).cloned()
    }

    pub(super) fn remember_contact(&self, journey: &JourneyId, contact: &ContactId) {
        keep(&mut self.lock().contacts, journey, contact);
    }

    pub(super) fn address_of(&self, contact: &ContactId) -> Option<AddressId> {
        self.lock().addresses.get(contact).cloned()
    }

    pub(super) fn remember_address(&self, contact: &ContactId, address: &AddressId) {
        keep(&mut self.lock().addresses, contact, address);
    }

    /// What it guards is valid after each statement, so a thread that panicked has left nothing half done.
    fn lock(&self) -> MutexGuard<'_, Remembered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn keep<K: Ord + Clone, V: Clone>(map: &mut BTreeMap<K, V>, key: &K, value: &V) {
    if map.len() >= KEPT && !map.contains_key(key) {
        map.clear();
    }
    map.insert(key.clone(), value.clone());
}
