//! How many calls a provider may get.

use core::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

const MINUTE_NS: i128 = 60_000_000_000;

/// Who asks for a call. Each has a part of the budget that the other cannot take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// The status check right before a send: it has a window to meet.
    Checks,
    /// Everything else: the reconciliation, the meter search, the webhook's subscription.
    Upkeep,
}

/// The calls that a provider may get in a minute of the program's time.
///
/// A quarter is kept for the status checks, a quarter for the upkeep, and half goes to whoever asks
/// first. So sends that outnumber the budget wait inside their windows but never starve the
/// reconciliation, nor does a long catch-up starve the sends. A minute's unused calls can be spent
/// at once, no more of them are saved up, and each part can always save one: below four calls a
/// minute the first minute may see three.
///
/// The count lives in memory: it is right on one machine with one process. Several processes need
/// a smaller number each, so that the sum fits the provider.
#[derive(Debug)]
pub struct Budget {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    closed_until: Option<Timestamp>,
    checks: Allowance,
    upkeep: Allowance,
    common: Allowance,
}

impl Budget {
    /// Makes a full budget of so many calls a minute. What Leap allows is not published
    /// (docs/leap.md, section 8), so the number is configuration.
    #[must_use]
    pub fn new(calls_per_minute: NonZeroU32) -> Self {
        let state = State {
            closed_until: None,
            checks: Allowance::new(calls_per_minute, 4),
            upkeep: Allowance::new(calls_per_minute, 4),
            common: Allowance::new(calls_per_minute, 2),
        };
        Budget {
            state: Mutex::new(state),
        }
    }

    /// Takes one call, for now.
    ///
    /// # Errors
    /// The time at which the next call is there, if nobody else takes it.
    pub fn take(&self, share: Share, now: Timestamp) -> Result<(), Timestamp> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let state = &mut *state;
        if let Some(until) = state.closed_until.filter(|&until| now < until) {
            return Err(until);
        }
        let own = match share {
            Share::Checks => &mut state.checks,
            Share::Upkeep => &mut state.upkeep,
        };
        own.take(now)
            .or_else(|own_at| state.common.take(now).map_err(|common_at| common_at.min(own_at)))
    }

    /// Refuses every call until a time: the provider asked for it. A later time stands.
    pub fn close_until(&self, until: Timestamp) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.closed_until = state.closed_until.max(Some(until));
    }
}

/// A token bucket, kept as the time at which it will be full again: exact, and nothing to refill.
#[derive(Debug)]
struct Allowance {
    /// Between two calls, in the long run.
    interval_ns: i128,
    /// What a full bucket holds, as time.
    capacity_ns: i128,
    full_at_ns: i128,
}

impl Allowance {
    /// One part in `parts` of so many calls a minute.
    fn new(calls_per_minute: NonZeroU32, parts: u32) -> Self {
        let calls = calls_per_minute.get();
        let interval_ns = MINUTE_NS * i128::from(parts) / i128::from(calls);
        let burst = (calls / parts).max(1);
        Allowance {
            interval_ns,
            capacity_ns: interval_ns * i128::from(burst),
            full_at_ns: i128::MIN,
        }
    }

    fn take(&mut self, now: Timestamp) -> Result<(), Timestamp> {
        let after = self.full_at_ns.max(now.as_nanosecond()) + self.interval_ns;
        let earliest = after - self.capacity_ns;
        if earliest <= now.as_nanosecond() {
            self.full_at_ns = after;
            Ok(())
        } else {
            Err(Timestamp::from_nanosecond(earliest).unwrap_or(Timestamp::MAX))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_782_921_600 + second).unwrap()
    }

    fn budget(calls_per_minute: u32) -> Budget {
        Budget::new(NonZeroU32::new(calls_per_minute).unwrap())
    }

    fn taken(budget: &Budget, share: Share, now: Timestamp) -> usize {
        (0..10_000).take_while(|_| budget.take(share, now).is_ok()).count()
    }

    #[test]
    fn status_checks_cannot_starve_the_reconciliation_nor_the_other_way_round() {
        for (greedy, other) in [(Share::Checks, Share::Upkeep), (Share::Upkeep, Share::Checks)] {
            let budget = budget(60);
            assert_eq!(taken(&budget, greedy, at(0)), 45);
            assert_eq!(taken(&budget, other, at(0)), 15);
            // A minute later the greedy one is first again, and again a quarter is left.
            assert_eq!(taken(&budget, greedy, at(60)), 45);
            assert_eq!(taken(&budget, other, at(60)), 15);
        }
    }

    #[test]
    fn a_spent_budget_says_when_the_next_call_is_there() {
        let budget = budget(60);
        assert_eq!(taken(&budget, Share::Checks, at(0)), 45);
        // The common half gives a call every two seconds, its own quarter every four.
        assert_eq!(budget.take(Share::Checks, at(0)), Err(at(2)));
        assert_eq!(budget.take(Share::Checks, at(1)), Err(at(2)));
        assert_eq!(budget.take(Share::Checks, at(2)), Ok(()));
        assert_eq!(budget.take(Share::Checks, at(2)), Err(at(4)));
    }

    #[test]
    fn no_more_than_a_minutes_calls_are_saved_up() {
        let budget = budget(60);
        assert_eq!(
            taken(&budget, Share::Checks, at(86_400)) + taken(&budget, Share::Upkeep, at(86_400)),
            60
        );
    }

    #[test]
    fn one_call_a_minute_is_one_call_a_minute_in_the_long_run() {
        let budget = budget(1);
        let minutes = 0..600;
        let calls: usize = minutes
            .map(|minute| taken(&budget, Share::Checks, at(minute * 60)))
            .sum();
        assert!((448..=452).contains(&calls), "three quarters of 600: {calls}");
    }

    #[test]
    fn a_closed_budget_opens_at_the_latest_time_it_was_told() {
        let budget = budget(60);
        budget.close_until(at(30));
        budget.close_until(at(10));
        assert_eq!(budget.take(Share::Upkeep, at(29)), Err(at(30)));
        assert_eq!(budget.take(Share::Upkeep, at(30)), Ok(()));
    }
}
