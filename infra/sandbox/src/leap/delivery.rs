//! When an event is delivered, and when again.

use jiff::{SignedDuration, Timestamp};
use rand::RngExt;

use crate::clock::later;
use crate::seed::Seed;
use crate::trouble::Trouble;

/// When attempts are made, counted from the first: ten of them, and then the event is given up.
pub(crate) const SCHEDULE: [SignedDuration; 10] = [
    SignedDuration::ZERO,
    SignedDuration::from_mins(1),
    SignedDuration::from_mins(3),
    SignedDuration::from_mins(7),
    SignedDuration::from_mins(15),
    SignedDuration::from_mins(31),
    SignedDuration::from_hours(1),
    SignedDuration::from_hours(2),
    SignedDuration::from_hours(4),
    SignedDuration::from_hours(8),
];

/// One event on its way to one subscriber.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) webhook_id: String,
    /// The envelope as it is sent; a retry sends the same text, and so the same event id.
    pub(crate) body: String,
    /// What the event is about. Deliveries of one lane that are due together go one by one.
    pub(crate) lane: String,
    /// When the first attempt is (or would have been) made.
    first_at: Timestamp,
    pub(crate) attempt: usize,
    first_attempt: usize,
    /// Whether this is the second delivery of an event that is delivered twice.
    pub(crate) is_duplicate: bool,
}

impl Delivery {
    /// When this attempt is due, unless the last one was made.
    pub(crate) fn due_at(&self) -> Option<Timestamp> {
        let after = SCHEDULE.get(self.attempt)?;
        Some(later(self.first_at, *after))
    }

    /// Whether an attempt was made before this one.
    pub(crate) fn is_retry(&self) -> bool {
        self.attempt > self.first_attempt
    }

    /// The attempt after this one has failed.
    pub(crate) fn again(mut self) -> Self {
        self.attempt += 1;
        self
    }
}

/// What becomes of an event for one subscriber.
#[derive(Debug, Default)]
pub(crate) struct Fate {
    pub(crate) deliveries: Vec<Delivery>,
    pub(crate) is_lost: bool,
    pub(crate) is_late: bool,
}

/// Decides what becomes of an event, under the trouble there is when it happens.
pub(crate) fn fate(
    seed: Seed,
    trouble: &Trouble,
    event_id: &str,
    webhook_id: &str,
    (lane, body): (&str, &str),
    at: Timestamp,
) -> Fate {
    let chance = |p, what| seed.chance(p, &[what, event_id, webhook_id]);
    if chance(trouble.lost_p, "lost") {
        return Fate {
            is_lost: true,
            ..Fate::default()
        };
    }
    let is_late = chance(trouble.late_p, "late");
    let delay = |what, seconds: i64| {
        let mut rng = seed.rng(&[what, event_id, webhook_id]);
        SignedDuration::from_secs(rng.random_range(0..=seconds))
    };
    // If it is late, all attempts but the last have failed unseen.
    let first_attempt = if is_late { SCHEDULE.len() - 1 } else { 0 };
    let first = Delivery {
        webhook_id: webhook_id.to_owned(),
        body: body.to_owned(),
        lane: lane.to_owned(),
        first_at: later(at, delay("disorder", i64::from(trouble.disorder_minutes) * 60)),
        attempt: first_attempt,
        first_attempt,
        is_duplicate: false,
    };
    let second = chance(trouble.duplicate_p, "duplicate").then(|| {
        // A third of the duplicates race the first delivery.
        let gap = delay("gap", 270) - SignedDuration::from_secs(90);
        Delivery {
            first_at: later(first.first_at, gap.max(SignedDuration::ZERO)),
            lane: format!("{lane} again"),
            is_duplicate: true,
            ..first.clone()
        }
    });
    Fate {
        deliveries: [first].into_iter().chain(second).collect(),
        is_lost: false,
        is_late,
    }
}
