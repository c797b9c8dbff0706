//! What has happened in the stand-in: counts, and the truth about each account.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::leap::stats::{DeliveryStats, VisitStats};
use crate::light::customer::Habit;

/// Counts of what has happened since the stand-in started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// What became of webhook deliveries; nothing is retried, so a failed one is given up.
    pub deliveries: DeliveryStats,
    /// What became of customers who came back from a message.
    pub visits: VisitStats,
    /// How many links into the hosted flow were minted.
    pub login_links: u64,
    /// How many of them were opened.
    pub login_links_opened: u64,
    /// How many API requests each route answered, by status; a cut connection counts as status 0.
    pub api: BTreeMap<String, BTreeMap<u16, u64>>,
}

/// Why an enrolment cannot go on: whoever takes its steps reads that in Light's answer, and no webhook tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TurnedAway {
    /// The meter is held until a debt is settled.
    SwitchHold,
    /// The address may not choose its retailer.
    IneligibleAddress,
}

/// What is true of one account, whatever anybody was told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Truth {
    /// The customer's habit, unless nobody in the population has this account.
    #[serde(skip)]
    pub habit: Option<Habit>,
    /// When the account was made.
    pub created_at: Option<Timestamp>,
    /// When plans were first requested.
    pub plan_requested_at: Option<Timestamp>,
    /// When a plan was first accepted.
    pub plan_accepted_at: Option<Timestamp>,
    /// When the billing address was first confirmed.
    pub billing_confirmed_at: Option<Timestamp>,
    /// When a payment method was first added.
    pub payment_added_at: Option<Timestamp>,
    /// When the customer had nothing left to do.
    pub completed_at: Option<Timestamp>,
    /// The reminder that brought them to that, if one did.
    pub completed_after_touch: Option<u32>,
    /// When the enrolment was finalized.
    pub finalized_at: Option<Timestamp>,
    /// When service was first active.
    pub service_active_at: Option<Timestamp>,
    /// When there was usage history.
    pub usage_history_at: Option<Timestamp>,
    /// When service was last cancelled.
    pub canceled_at: Option<Timestamp>,
    /// How many steps of theirs were refused.
    pub refusals: u32,
    /// How often they came to the partner's page, or to the hosted flow.
    pub visits: u32,
    /// How many messages they read.
    pub messages_read: u32,
    /// How many of those they read when they had nothing left to do.
    pub messages_read_after_completion: u32,
    /// How often their enrolment was deleted, which makes all moments above but the first unset.
    pub enrollments_deleted: u32,
}

impl Truth {
    pub(crate) fn begin_again(&mut self) {
        *self = Self {
            habit: self.habit,
            created_at: self.created_at,
            refusals: self.refusals,
            visits: self.visits,
            messages_read: self.messages_read,
            messages_read_after_completion: self.messages_read_after_completion,
            enrollments_deleted: self.enrollments_deleted + 1,
            ..Self::default()
        };
    }
}
