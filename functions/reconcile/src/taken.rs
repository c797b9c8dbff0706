//! What was taken lately, so that it need not be looked at again.
//!
//! Each pass reads an hour of the provider's changes once more, and nearly all of it is what the pass
//! before has seen. Whoever runs the passes keeps this between them: it saves reads, and nothing else
//! depends on it. A new instance begins with none.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use journey::JourneyId;
use journey::status::Snapshot;

/// A record that is the same is taken again after this long all the same: something else may have
/// changed that gives it another meaning, such as the contact.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(30);

/// More journeys than an hour of a large partner has changes; at about a kilobyte each, 20 MB.
const MOST: usize = 20_000;

/// The records that were taken, by journey.
#[derive(Default)]
pub struct Taken(Mutex<Records>);

#[derive(Default)]
struct Records {
    by_journey: BTreeMap<JourneyId, (Timestamp, Snapshot)>,
    /// When those that were too old to matter were last looked for.
    cleared_at: Option<Timestamp>,
}

impl core::fmt::Debug for Taken {
    /// How many: a record names its reference.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Taken({})", self.lock().by_journey.len())
    }
}

impl Taken {
    /// Was just this taken lately?
    pub(crate) fn has(&self, journey: &JourneyId, snapshot: &Snapshot, now: Timestamp) -> bool {
        self.lock()
            .by_journey
            .get(journey)
            .is_some_and(|(at, taken)| taken == snapshot && now.duration_since(*at) < AGAIN_AFTER)
    }

    /// Remembers what was taken, and forgets what is too old to matter.
    pub(crate) fn add(&self, journey: JourneyId, snapshot: Snapshot, now: Timestamp) {
        let mut taken = self.lock();
        let cleared_at = *taken.cleared_at.get_or_insert(now);
        // Not with each of them: a look at all costs as much as the reads that they save.
        if now.duration_since(cleared_at) >= AGAIN_AFTER {
            taken
                .by_journey
                .retain(|_, (at, _)| now.duration_since(*at) < AGAIN_AFTER);
            taken.cleared_at = Some(now);
        }
        if taken.by_journey.len() < MOST || taken.by_journey.contains_key(&journey) {
            taken.by_journey.insert(journey, (now, snapshot));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Records> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use journey::status::{Agreements, Answer, Connection, ConnectionStatus, Known};

    use super::*;

    #[test]
    fn the_same_record_is_taken_again_only_after_a_while_and_another_one_at_once() {
        let journey = JourneyId::parse("abcdefghijklmnopqrstuvwxyz").unwrap();
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let after = |minutes| now.checked_add(SignedDuration::from_mins(minutes)).unwrap();
        let (none, taken) = (Snapshot::default(), Taken::default());
        assert!(!taken.has(&journey, &none, now));
        taken.add(journey.clone(), none.clone(), now);
        assert!(taken.has(&journey, &none, after(29)));
        assert!(!taken.has(&journey, &none, after(30)));
        let other = Snapshot::Leap(vec![Connection {
            id: "one".to_owned(),
            region: "CAISO".to_owned(),
            started_at: Some(now),
            last_interaction_at: None,
            status: Known::Value(ConnectionStatus::Partial),
            utilities: Vec::new(),
            agreements: Agreements {
                prohibited_resource: Known::Value(Answer::NotRequired),
                participation: Known::Value(Answer::NotRequired),
                generator: Known::Value(Answer::NotRequired),
            },
        }]);
        assert!(!taken.has(&journey, &other, now));
    }

    #[test]
    fn it_never_holds_more_than_its_bound() {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let taken = Taken::default();
        let key = journey::IdKey::new(*b"an invented key of 32 bytes long").unwrap();
        for number in 0..MOST + 10 {
            let reference = journey::Reference::new(format!("site-{number}")).unwrap();
            let id = JourneyId::new(&key, journey::Provider::Leap, journey::Purpose::Enroll, &reference);
            taken.add(id, Snapshot::default(), now);
        }
        assert_eq!(taken.lock().by_journey.len(), MOST);
    }

    #[test]
    fn what_is_too_old_to_matter_is_not_kept() {
        let key = journey::IdKey::new(*b"an invented key of 32 bytes long").unwrap();
        let began: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let taken = Taken::default();
        for minute in 0..600 {
            let reference = journey::Reference::new(format!("site-{minute}")).unwrap();
            let id = JourneyId::new(&key, journey::Provider::Leap, journey::Purpose::Enroll, &reference);
            let now = began.checked_add(SignedDuration::from_mins(minute)).unwrap();
            taken.add(id, Snapshot::default(), now);
            let kept = taken.lock().by_journey.len();
            assert!(kept <= 60, "one a minute, of the last hour: {kept}");
        }
    }
}
