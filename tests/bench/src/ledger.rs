//! What was used: requests, units, calls and invocations, by function.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crate::world::lock;

/// A service that a function waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Service {
    /// The table.
    DynamoDb,
    /// `CreateSchedule`.
    Scheduler,
    /// `SendEmail`.
    Mail,
    /// `PutEvents`.
    Bus,
    /// The provider's API.
    Leap,
}

/// One operation of DynamoDB.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Operation {
    pub(crate) requests: u64,
    pub(crate) write_units: f64,
    pub(crate) read_units: f64,
}

/// What one function has used.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Used {
    pub(crate) invocations: u64,
    pub(crate) api_requests: u64,
    pub(crate) operations: BTreeMap<String, Operation>,
    pub(crate) calls: BTreeMap<Service, u64>,
    /// Events on the bus.
    pub(crate) events: u64,
}

impl Used {
    pub(crate) fn write_units(&self) -> f64 {
        self.operations.values().map(|operation| operation.write_units).sum()
    }

    pub(crate) fn read_units(&self) -> f64 {
        self.operations.values().map(|operation| operation.read_units).sum()
    }

    pub(crate) fn called(&self, service: Service) -> u64 {
        match service {
            Service::DynamoDb => self.operations.values().map(|operation| operation.requests).sum(),
            Service::Scheduler | Service::Mail | Service::Bus | Service::Leap => {
                self.calls.get(&service).copied().unwrap_or_default()
            }
        }
    }
}

/// Where a request came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// By the HTTP API, which charges for it.
    Api,
    /// By a schedule, a rule or a stream.
    Inside,
}

/// A book that everybody writes into; one function runs at a time.
#[derive(Clone, Default)]
pub(crate) struct Ledger(Arc<Mutex<Book>>);

#[derive(Default)]
struct Book {
    running: &'static str,
    used: BTreeMap<&'static str, Used>,
}

impl Book {
    fn current(&mut self) -> &mut Used {
        self.used.entry(self.running).or_default()
    }
}

impl Ledger {
    /// A function is invoked: what follows is its use.
    pub(crate) fn invoked(&self, function: &'static str, door: Door) {
        let mut book = lock(&self.0);
        book.running = function;
        let used = book.current();
        used.invocations += 1;
        used.api_requests += u64::from(door == Door::Api);
    }

    /// DynamoDB has answered.
    pub(crate) fn answered(&self, operation: &str, write_units: f64, read_units: f64) {
        let mut book = lock(&self.0);
        let of = book.current().operations.entry(operation.to_owned()).or_default();
        of.requests += 1;
        of.write_units += write_units;
        of.read_units += read_units;
    }

    /// Another service was called.
    pub(crate) fn called(&self, service: Service) {
        *lock(&self.0).current().calls.entry(service).or_default() += 1;
    }

    /// Events went to the bus.
    pub(crate) fn announced(&self, events: usize) {
        lock(&self.0).current().events += events as u64;
    }

    /// All of it, and the book is empty again.
    pub(crate) fn close(&self) -> BTreeMap<&'static str, Used> {
        std::mem::take(&mut lock(&self.0).used)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_belongs_to_the_function_that_runs() {
        let ledger = Ledger::default();
        ledger.invoked("webhook", Door::Api);
        ledger.answered("GetItem", 0.0, 1.0);
        ledger.answered("UpdateItem", 3.0, 0.0);
        ledger.called(Service::Scheduler);
        ledger.invoked("announce", Door::Inside);
        ledger.announced(2);
        let used = ledger.close();
        assert_eq!(used["webhook"].called(Service::DynamoDb), 2);
        assert_eq!(used["webhook"].write_units(), 3.0);
        assert_eq!(used["webhook"].read_units(), 1.0);
        assert_eq!(used["webhook"].called(Service::Scheduler), 1);
        assert_eq!((used["announce"].invocations, used["announce"].api_requests), (1, 0));
        assert_eq!(used["announce"].events, 2);
        assert!(ledger.close().is_empty());
    }
}
