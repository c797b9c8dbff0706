//! What has happened in the sandbox: counts, and the truth about each reference.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::leap::customer::Habit;
use crate::leap::vocabulary::ConnectionStatus;

/// Counts of what has happened since the sandbox started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// What became of webhook deliveries.
    pub deliveries: DeliveryStats,
    /// What became of customers who came back from a message.
    pub visits: VisitStats,
    /// How many API requests each route answered, by status; a cut connection counts as status 0.
    pub api: BTreeMap<String, BTreeMap<u16, u64>>,
    /// How many references the Connect API knows, by connection status.
    pub entries: BTreeMap<ConnectionStatus, u64>,
}

/// What became of webhook deliveries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DeliveryStats {
    /// Events that happened, once for each subscription that wants them.
    pub events: u64,
    /// Attempts made, of any kind.
    pub attempts: u64,
    /// Attempts answered 2xx in time.
    pub accepted: u64,
    /// Attempts that followed a failed one.
    pub retries: u64,
    /// Deliveries of an event that is delivered twice, not counting the first.
    pub duplicates: u64,
    /// Events that reach the subscriber only with the last attempt, 8 hours late.
    pub late: u64,
    /// Events that are never delivered at all.
    pub lost: u64,
    /// Deliveries given up after the last attempt failed.
    pub given_up: u64,
}

/// What became of customers who came back from a message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct VisitStats {
    /// Visits begun, by resume page or directly.
    pub begun: u64,
    /// Visits that led to the customer's own link.
    pub arrived: u64,
    /// Visits that did not: the reference, and what was wrong with the resume page.
    pub failed: Vec<(String, String)>,
}

/// What is true of one reference, whatever anybody was told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Truth {
    /// The customer's habit, unless the reference is nobody's.
    #[serde(skip)]
    pub habit: Option<Habit>,
    /// The status in the Connect API, unless the link was never opened.
    pub connection_status: Option<ConnectionStatus>,
    /// When the customer completed.
    pub completed_at: Option<Timestamp>,
    /// The reminder that brought the customer into the session they completed, if one did.
    pub completed_after_touch: Option<u32>,
    /// When the customer's meter appeared.
    pub meter_created_at: Option<Timestamp>,
    /// When the customer last did something.
    pub last_activity_at: Option<Timestamp>,
    /// How many sessions were opened.
    pub sessions: u32,
    /// How many messages the customer read.
    pub messages_read: u32,
    /// How many of those they read after they had completed.
    pub messages_read_after_completion: u32,
}
