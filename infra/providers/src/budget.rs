//! How many calls a provider may get.

use core::num::NonZeroU32;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// Who asks for a call. Each has a part of the budget that the other cannot take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// The status check right before a send: it has a window to meet.
    Checks,
    /// Everything else: the reconciliation, the meter search, the webhook's subscription.
    Upkeep,
}

/// The calls that a provider may get in a minute of the program's time, wherever the minute begins: how
/// the provider counts is not published, and a day without calls does not allow twice as many after it.
///
/// A quarter is kept for the status checks, a quarter for the upkeep, and half goes to whoever asks
/// first. So sends that outnumber the budget wait inside their windows but never starve the
/// reconciliation, nor does a long catch-up starve the sends. A minute's calls may come all at once.
/// Each part has one call at least: below four calls a minute it comes less often than each minute,
/// but some minutes may see three.
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
        let calls = calls_per_minute.get();
        let quarter = calls / 4;
        let [checks, upkeep, common] = if quarter > 0 {
            [quarter, quarter, calls - 2 * quarter].map(|part| Allowance::new(part, MINUTE))
        } else {
            // Each has a call, and waits for the next one in proportion.
            [4, 4, 2].map(|part| Allowance::new(1, MINUTE * part / i32::try_from(calls).unwrap_or(i32::MAX)))
        };
        let state = State {
            closed_until: None,
            checks,
            upkeep,
            common,
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
        self.take_all(share, 1, now)
    }

    /// Takes so many calls, or none: whoever got only some of what one question needs would spend them for nothing.
    ///
    /// # Errors
    /// A time at which more calls are there, if nobody else takes them.
    pub fn take_all(&self, share: Share, calls: usize, now: Timestamp) -> Result<(), Timestamp> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let state = &mut *state;
        if let Some(until) = state.closed_until.filter(|&until| now < until) {
            return Err(until);
        }
        let own = match share {
            Share::Checks => &mut state.checks,
            Share::Upkeep => &mut state.upkeep,
        };
        let (mut of_own, mut of_common) = (0, 0);
        for _ in 0..calls {
            let Err(own_at) = own.take(now) else {
                of_own += 1;
                continue;
            };
            if let Err(common_at) = state.common.take(now) {
                own.give_back(of_own);
                state.common.give_back(of_common);
                return Err(common_at.min(own_at));
            }
            of_common += 1;
        }
        Ok(())
    }

    /// Refuses every call until a time: the provider asked for it. A later time stands.
    pub fn close_until(&self, until: Timestamp) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.closed_until = state.closed_until.max(Some(until));
    }
}

/// So many calls in each span, wherever that begins: it remembers when its last calls were.
#[derive(Debug)]
struct Allowance {
    calls: usize,
    span: SignedDuration,
    /// No more than `calls` of them, the oldest in front.
    taken: VecDeque<Timestamp>,
}

impl Allowance {
    fn new(calls: u32, span: SignedDuration) -> Self {
        Allowance {
            calls: usize::try_from(calls).unwrap_or(usize::MAX),
            span,
            taken: VecDeque::new(),
        }
    }

    fn take(&mut self, now: Timestamp) -> Result<(), Timestamp> {
        match self.taken.front().copied() {
            Some(oldest) if self.taken.len() >= self.calls => {
                let free = oldest.saturating_add(self.span).unwrap_or(Timestamp::MAX);
                if now < free {
                    return Err(free);
                }
                self.taken.pop_front();
            }
            Some(_) | None => {}
        }
        self.taken.push_back(now);
        Ok(())
    }

    /// Takes back what was taken last.
    fn give_back(&mut self, calls: usize) {
        self.taken.truncate(self.taken.len().saturating_sub(calls));
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
        assert_eq!(budget.take(Share::Checks, at(0)), Err(at(60)));
        assert_eq!(budget.take(Share::Checks, at(59)), Err(at(60)));
        assert_eq!(budget.take(Share::Checks, at(60)), Ok(()));
        // One of the upkeep's, at another time than the rest, comes back at its own time.
        assert_eq!(budget.take(Share::Upkeep, at(30)), Ok(()));
        assert_eq!(taken(&budget, Share::Checks, at(60)), 44);
        assert_eq!(taken(&budget, Share::Upkeep, at(60)), 14);
        assert_eq!(budget.take(Share::Upkeep, at(61)), Err(at(90)));
    }

    #[test]
    fn several_calls_are_taken_together_or_not_at_all() {
        let budget = budget(8);
        assert_eq!(budget.take(Share::Checks, at(0)), Ok(()));
        assert_eq!(budget.take_all(Share::Checks, 4, at(1)), Ok(()));
        assert_eq!(budget.take_all(Share::Checks, 2, at(2)), Err(at(60)), "one is left");
        assert_eq!(budget.take(Share::Checks, at(2)), Ok(()), "and it still is");
        assert_eq!(budget.take_all(Share::Checks, 2, at(60)), Err(at(61)), "one is back");
        assert_eq!(budget.take_all(Share::Checks, 2, at(61)), Ok(()));
        assert_eq!(
            taken(&budget, Share::Upkeep, at(61)),
            5,
            "its own two, and three that all share"
        );
    }

    #[test]
    fn the_smallest_budget_has_two_calls_together_at_some_time() {
        let budget = budget(1);
        assert_eq!(budget.take_all(Share::Checks, 2, at(0)), Ok(()));
        assert_eq!(budget.take_all(Share::Checks, 2, at(240)), Ok(()));
    }

    #[test]
    fn a_day_without_calls_does_not_allow_more_in_any_minute_after_it() {
        for calls in [4, 7, 60, 61, 1_000] {
            let budget = budget(calls);
            let mut at_each_second = Vec::new();
            for second in 86_400..86_700 {
                // Now one is greedy, now the other.
                let first = [Share::Checks, Share::Upkeep][usize::from(second % 7 < 3)];
                let more = [Share::Upkeep, Share::Checks][usize::from(second % 7 < 3)];
                at_each_second.push(taken(&budget, first, at(second)) + taken(&budget, more, at(second)));
            }
            let most = at_each_second
                .windows(60)
                .map(|minute| minute.iter().sum::<usize>())
                .max();
            assert_eq!(most, Some(calls as usize), "{calls} calls a minute");
            let all: usize = at_each_second.iter().sum();
            assert_eq!(all, 5 * calls as usize, "none is wasted in five minutes of {calls}");
        }
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
