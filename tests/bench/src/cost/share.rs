//! What one customer uses of a function, and what that costs.

use std::collections::BTreeMap;

use super::prices;
use crate::ledger::{Operation, Service, Used};

/// A function's use by one customer, on average.
#[derive(Clone, Debug, Default)]
pub(crate) struct Share {
    pub(crate) invocations: f64,
    pub(crate) api_requests: f64,
    /// Requests to the table, by operation.
    pub(crate) requests: BTreeMap<String, f64>,
    pub(crate) write_units: f64,
    pub(crate) read_units: f64,
    pub(crate) schedules_made: f64,
    pub(crate) events: f64,
    pub(crate) billed_ms: f64,
}

impl Share {
    pub(crate) fn of(used: &Used, customers: f64) -> Self {
        let whole = Share {
            invocations: used.invocations as f64,
            api_requests: used.api_requests as f64,
            requests: used
                .operations
                .iter()
                .map(|(name, operation)| (name.clone(), operation.requests as f64))
                .collect(),
            write_units: used.write_units(),
            read_units: used.read_units(),
            schedules_made: used.called(Service::Scheduler) as f64,
            events: used.events as f64,
            billed_ms: prices::billed_ms(used),
        };
        whole.times(1.0 / customers)
    }

    pub(crate) fn times(&self, factor: f64) -> Self {
        Share {
            invocations: self.invocations * factor,
            api_requests: self.api_requests * factor,
            requests: self
                .requests
                .iter()
                .map(|(name, requests)| (name.clone(), requests * factor))
                .collect(),
            write_units: self.write_units * factor,
            read_units: self.read_units * factor,
            schedules_made: self.schedules_made * factor,
            events: self.events * factor,
            billed_ms: self.billed_ms * factor,
        }
    }

    pub(crate) fn plus(&self, other: &Share) -> Self {
        let mut sum = self.clone();
        sum.invocations += other.invocations;
        sum.api_requests += other.api_requests;
        for (name, requests) in &other.requests {
            *sum.requests.entry(name.clone()).or_default() += requests;
        }
        sum.write_units += other.write_units;
        sum.read_units += other.read_units;
        sum.schedules_made += other.schedules_made;
        sum.events += other.events;
        sum.billed_ms += other.billed_ms;
        sum
    }
}

/// What a pass of the reconciliation uses beyond what it uses when nobody has changed.
pub(crate) fn beyond(used: &Used, passes_without: &Used) -> Used {
    let passes = used.invocations;
    let mut beyond = Used {
        calls: BTreeMap::new(),
        ..used.clone()
    };
    beyond.invocations = 0;
    for (name, without) in &passes_without.operations {
        let operation = beyond.operations.entry(name.clone()).or_default();
        *operation = Operation {
            requests: operation.requests.saturating_sub(without.requests * passes),
            write_units: operation.write_units - without.write_units * passes as f64,
            read_units: operation.read_units - without.read_units * passes as f64,
        };
    }
    beyond
}

/// Dollars for a million customers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Dollars {
    pub(crate) api: f64,
    pub(crate) invocations: f64,
    pub(crate) compute: f64,
    pub(crate) writes: f64,
    pub(crate) reads: f64,
    pub(crate) schedules: f64,
    pub(crate) events: f64,
}

impl Dollars {
    /// Of all functions; a schedule that fires is an invocation of `touchpoint`.
    pub(crate) fn of(shares: &BTreeMap<&'static str, Share>) -> Self {
        let million = |part: fn(&Share) -> f64, price: f64| shares.values().map(part).sum::<f64>() * price * 1e6;
        let fired = shares.get("touchpoint").map_or(0.0, |share| share.invocations);
        Dollars {
            api: million(|share| share.api_requests, prices::API_REQUEST),
            invocations: million(|share| share.invocations, prices::INVOCATION),
            compute: million(|share| prices::compute(share.billed_ms), 1.0),
            writes: million(|share| share.write_units, prices::WRITE_UNIT),
            reads: million(|share| share.read_units, prices::READ_UNIT),
            schedules: fired * prices::SCHEDULE * 1e6,
            events: million(|share| share.events, prices::EVENT),
        }
    }

    pub(crate) fn sum(self) -> f64 {
        self.api + self.invocations + self.compute + self.writes + self.reads + self.schedules + self.events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_follow_from_shares() {
        let webhook = Share {
            invocations: 6.0,
            api_requests: 6.0,
            write_units: 8.0,
            read_units: 16.0,
            ..Share::default()
        };
        let touchpoint = Share {
            invocations: 2.0,
            events: 3.0,
            ..Share::default()
        };
        let dollars = Dollars::of(&BTreeMap::from([("webhook", webhook), ("touchpoint", touchpoint)]));
        let near = |value: f64, expected: f64| assert!((value - expected).abs() < 1e-9, "{value} is not {expected}");
        near(dollars.api, 6.0);
        near(dollars.invocations, 1.6);
        near(dollars.writes, 5.0);
        near(dollars.reads, 2.0);
        near(dollars.schedules, 2.0);
        near(dollars.events, 3.0);
        near(dollars.sum(), 19.6);
    }

    #[test]
    fn what_a_pass_always_uses_is_taken_off() {
        let operation = |requests, read_units| Operation {
            requests,
            write_units: 0.0,
            read_units,
        };
        let used = |invocations, requests, units| Used {
            invocations,
            operations: BTreeMap::from([("GetItem".to_owned(), operation(requests, units))]),
            ..Used::default()
        };
        let beyond = beyond(&used(10, 50, 50.0), &used(1, 1, 1.0));
        assert_eq!(beyond, used(0, 40, 40.0));
    }
}
