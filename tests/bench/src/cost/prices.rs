//! The prices, all in one place, and what is assumed beside them.
//!
//! List prices of us-east-1 in US dollars, as known in 2025, without free tiers and savings plans.

use crate::ledger::{Service, Used};

/// A request of the HTTP API.
pub(crate) const API_REQUEST: f64 = 1.00 / 1e6;
/// An invocation of a function; the same on arm64 and x86-64.
pub(crate) const INVOCATION: f64 = 0.20 / 1e6;
/// A gigabyte of a function's memory for a second, on arm64.
pub(crate) const GIGABYTE_SECOND: f64 = 0.000_013_333_4;
/// A write request unit of DynamoDB, on demand.
pub(crate) const WRITE_UNIT: f64 = 0.625 / 1e6;
/// A read request unit of DynamoDB, on demand.
pub(crate) const READ_UNIT: f64 = 0.125 / 1e6;
/// A schedule that fires. Making one costs nothing.
pub(crate) const SCHEDULE: f64 = 1.00 / 1e6;
/// An event that a program of ours puts on a bus. What SES puts there costs nothing.
pub(crate) const EVENT: f64 = 1.00 / 1e6;
/// A gigabyte of logs taken in.
pub(crate) const LOG_GIGABYTE: f64 = 0.50;

/// The memory of a function: template.yaml.
pub(crate) const MEMORY_GIGABYTES: f64 = 0.25;

/// What a million customers may cost.
pub(crate) const TARGET: f64 = 12.0;

/// Logs of an invocation, in bytes: Lambda's own lines, START, END and REPORT, and a line of ours with one
/// of metrics. `bench lambda` shows what ours are.
pub(crate) const LOG_BYTES: f64 = 1_000.0;

/// How long a service takes to answer inside a Region, in milliseconds. Assumed: an emulator says nothing
/// of it. Leap's is a request over the Internet.
pub(crate) const fn assumed_ms(service: Service) -> f64 {
    match service {
        Service::DynamoDb => 5.0,
        Service::Scheduler => 30.0,
        Service::Mail => 100.0,
        Service::Bus => 15.0,
        Service::Leap => 300.0,
    }
}

/// A function's own work, in milliseconds, with the runtime's; assumed likewise.
pub(crate) const OWN_MS: f64 = 3.0;

/// The billed time of what was used, in milliseconds, as if no call waited beside another.
pub(crate) fn billed_ms(used: &Used) -> f64 {
    let services = [
        Service::DynamoDb,
        Service::Scheduler,
        Service::Mail,
        Service::Bus,
        Service::Leap,
    ];
    let waits = services
        .into_iter()
        .map(|service| used.called(service) as f64 * assumed_ms(service));
    used.invocations as f64 * OWN_MS + waits.sum::<f64>()
}

/// What a function's memory costs for a time.
pub(crate) fn compute(billed_ms: f64) -> f64 {
    billed_ms / 1e3 * MEMORY_GIGABYTES * GIGABYTE_SECOND
}
