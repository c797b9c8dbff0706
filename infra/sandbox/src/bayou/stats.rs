//! What has happened in the stand-in: counts, and the truth about each customer.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::bayou::customer::Habit;
use crate::bayou::record::Reason;
use crate::leap::stats::{DeliveryStats, VisitStats};

/// Counts of what has happened since the stand-in started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// What became of webhook deliveries; nothing is retried, so a failed one is given up.
    pub deliveries: DeliveryStats,
    /// What became of customers who came back from a message.
    pub visits: VisitStats,
    /// How often somebody landed on a link that had expired, or on another customer's.
    pub expired_link_clicks: u64,
    /// How many API requests each route answered, by status; a cut connection counts as status 0.
    pub api: BTreeMap<String, BTreeMap<u16, u64>>,
}

/// What is true of one `external_id`, whatever anybody was told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Truth {
    /// The customer's habit, unless nobody in the population has this `external_id`.
    #[serde(skip)]
    pub habit: Option<Habit>,
    /// When Bayou first knew them.
    pub created_at: Option<Timestamp>,
    /// When their login was first accepted.
    pub connected_at: Option<Timestamp>,
    /// The reminder that brought them to the first login, if one did.
    pub connected_after_touch: Option<u32>,
    /// When their login was last accepted.
    pub filled_credentials_at: Option<Timestamp>,
    /// Whether Bayou has access now.
    pub is_authenticated: bool,
    /// When the initial bills were all found.
    pub bills_ready_at: Option<Timestamp>,
    /// When the initial intervals were all found.
    pub intervals_ready_at: Option<Timestamp>,
    /// When access was last lost.
    pub lost_at: Option<Timestamp>,
    /// Why access was last lost.
    pub lost_reason: Option<Reason>,
    /// How often access was lost.
    pub losses: u32,
    /// When access was last regained.
    pub repaired_at: Option<Timestamp>,
    /// The reminder that brought them to the last repair, if one did.
    pub repaired_after_touch: Option<u32>,
    /// How often they landed on a link that had expired, or on another customer's.
    pub expired_links: u32,
    /// How often they opened the form.
    pub visits: u32,
    /// How many logins of theirs were refused.
    pub refused_logins: u32,
    /// How many messages they read.
    pub messages_read: u32,
    /// How many of those they read while Bayou had access.
    pub messages_read_while_connected: u32,
    /// The bills uploaded for them.
    pub uploads: Vec<Upload>,
}

/// What is kept of an uploaded bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Upload {
    /// Its media type, as the call says.
    pub file_type: String,
    /// How many bytes it has.
    pub size: usize,
}
