//! When an event is delivered, if it is.

use jiff::{SignedDuration, Timestamp};
use rand::RngExt;

use crate::clock::later;
use crate::seed::Seed;
use crate::trouble::Trouble;

/// One event on its way to the receiver, for the one attempt there is.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) body: String,
    /// Whom the event is about. Deliveries of one lane that are due together go one by one.
    pub(crate) lane: String,
    /// Whether this is the second delivery of an event that is delivered twice.
    pub(crate) is_duplicate: bool,
}

/// How late an event is that is to be late, as at Leap.
const LATE: SignedDuration = SignedDuration::from_hours(8);

/// What becomes of an event: its deliveries, each at its moment; none if it is lost.
#[derive(Debug, Default)]
pub(crate) struct Fate {
    pub(crate) deliveries: Vec<(Timestamp, Delivery)>,
    pub(crate) is_late: bool,
}

/// Decides what becomes of an event, under the trouble there is when it happens.
pub(crate) fn fate(seed: Seed, trouble: &Trouble, event: &str, (lane, body): (&str, String), at: Timestamp) -> Fate {
    let chance = |p, what| seed.chance(p, &[what, event]);
    if chance(trouble.lost_p, "lost") {
        return Fate::default();
    }
    let delay = |what, seconds: i64| SignedDuration::from_secs(seed.rng(&[what, event]).random_range(0..=seconds));
    let is_late = chance(trouble.late_p, "late");
    let late = if is_late { LATE } else { SignedDuration::ZERO };
    let disorder = delay("disorder", i64::from(trouble.disorder_minutes) * 60);
    let first_at = later(later(at, disorder), late);
    let first = Delivery {
        body,
        lane: lane.to_owned(),
        is_duplicate: false,
    };
    let second = chance(trouble.duplicate_p, "duplicate").then(|| {
        // A third of the duplicates race the first delivery.
        let gap = delay("gap", 270) - SignedDuration::from_secs(90);
        let delivery = Delivery {
            lane: format!("{lane} again"),
            is_duplicate: true,
            ..first.clone()
        };
        (later(first_at, gap.max(SignedDuration::ZERO)), delivery)
    });
    Fate {
        deliveries: [(first_at, first)].into_iter().chain(second).collect(),
        is_late,
    }
}
