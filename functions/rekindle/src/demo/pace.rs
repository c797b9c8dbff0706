//! The story's pace: an hour a second, but for the stretches in which nothing happens.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use journey::port::Clock;
use journey::{Journey, Lane, MeterFollowUp, Phase};

use super::cast::{Arrivals, Cast};
use super::mailbox::Mailbox;
use crate::world::World;

/// How often the story is looked at, in real time.
const LOOK: Duration = Duration::from_millis(20);

/// The first hours are shown as they are: the page should come alive in front of the eyes.
const UNHURRIED: SignedDuration = SignedDuration::from_hours(5);

/// Only longer stretches are skipped; they end this long before the next thing happens.
const QUIET: SignedDuration = SignedDuration::from_mins(6);
const LEAD: SignedDuration = SignedDuration::from_mins(1);

/// Whatever happens, the story is over by then.
const LONGEST: SignedDuration = SignedDuration::from_hours(12 * 24);

/// Tells the story to its end: every customer finished, handed back or stopped, and what follows the end (a meter, data,
/// service) there or late.
pub(super) async fn tell(world: &World, cast: &Cast, arrivals: &mut Arrivals, began: Timestamp) -> anyhow::Result<()> {
    let mut mailbox = Mailbox::default();
    loop {
        arrivals.tell(world).await?;
        cast.tell_of_turned_away(world).await?;
        mailbox.deliver(world, cast)?;
        let now = world.now();
        let elapsed = now.duration_since(began);
        let due = [Lane::Touchpoint, Lane::Meter].map(|lane| world.store.next_due(lane));
        let [touchpoint, meter] = due;
        let next = [touchpoint?, meter?, cast.next_action_at()].into_iter().flatten().min();
        if elapsed > LONGEST || (elapsed > UNHURRIED && is_over(world, cast)?) {
            return Ok(());
        }
        if let Some(next) = next
            && elapsed > UNHURRIED
            && next.duration_since(now) > QUIET
        {
            world.clock.advance(next.duration_since(now).saturating_sub(LEAD))?;
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn is_over(world: &World, cast: &Cast) -> anyhow::Result<bool> {
    let soon = world
        .now()
        .checked_add(SignedDuration::from_hours(12))
        .unwrap_or(Timestamp::MAX);
    if cast.next_act_of_a_customer().is_some_and(|next| next < soon) {
        return Ok(false);
    }
    Ok(world.store.list_journeys(usize::MAX, None)?.iter().all(is_settled))
}

fn is_settled(journey: &Journey) -> bool {
    match &journey.phase {
        Phase::Live => false,
        Phase::HandedBack { .. } | Phase::Stopped { .. } => true,
        Phase::Completed { meter, .. } => match meter {
            MeterFollowUp::Awaited { late_since, .. } => late_since.is_some(),
            MeterFollowUp::Arrived { .. } | MeterFollowUp::GivenUp { .. } | MeterFollowUp::NotAwaited => true,
        },
    }
}
