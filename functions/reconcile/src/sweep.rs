//! Lost timers: the scheduler is a cache of the table, and the table heals it.

use jiff::SignedDuration;
use journey::Lane;
use journey::port::{Clock, Count, FindDue, FireTimer, StoreError};

/// A timer this long overdue was lost: schedules fire within a minute. It must be well below a
/// window's grace, or the last arm's lost timers could never be healed in time.
const OVERDUE: SignedDuration = SignedDuration::from_mins(2);

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Overdue timers that were fired.
    pub fired: usize,
}

/// Fires up to `limit` journeys whose timer is overdue, the one whose window closes first in front.
///
/// # Errors
/// [`StoreError`] when the index of what is due cannot be read.
pub async fn sweep<P>(ports: &P, limit: usize) -> Result<Swept, StoreError>
where
    P: Clock + FindDue + FireTimer + Count,
{
    let overdue = ports
        .find_due(Lane::Touchpoint, super::before(ports.now(), OVERDUE), limit)
        .await?;
    for (journey, generation) in &overdue {
        tracing::warn!(%journey, "overdue timer fired by the sweep");
        ports.fire_timer(journey, *generation).await;
    }
    ports.count("sweep.overdue", overdue.len() as u64);
    Ok(Swept { fired: overdue.len() })
}
