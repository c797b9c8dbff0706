//! What Bayou's API says of one customer (docs/bayou.md, section 3).

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The flags of one customer: they win over whatever a webhook has said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// The login was accepted; with a second factor, only after that. Whether it returns to false when the connection
    /// breaks is not documented (U4).
    pub has_filled_credentials: bool,
    /// When the login was last accepted, where the API says so.
    pub connected_at: Option<Timestamp>,
    /// Does the connection stand?
    pub is_currently_authenticated: bool,
    /// The first bills were all found.
    pub bills_are_ready: bool,
    /// The first intervals were all found.
    pub intervals_are_ready: bool,
    /// Can intervals be expected of the utility at all?
    pub utility_has_intervals: Option<bool>,
    /// Can they be expected of this account?
    pub account_has_intervals: Option<bool>,
    /// How fast the utility's data come, where the API says so.
    pub velocity: Option<Velocity>,
    /// Were accounts found? They are there as soon as a login was accepted.
    pub has_accounts: bool,
    /// Bayou's code of the utility.
    pub utility: Option<String>,
}

impl Customer {
    /// Was a login ever accepted, as far as the record shows?
    #[must_use]
    pub const fn was_connected(&self) -> bool {
        self.has_filled_credentials
            || self.is_currently_authenticated
            || self.bills_are_ready
            || self.intervals_are_ready
            || self.has_accounts
    }

    /// Can intervals be expected?
    #[must_use]
    pub fn expects_intervals(&self) -> bool {
        self.intervals_are_ready
            || (self.utility_has_intervals != Some(false) && self.account_has_intervals != Some(false))
    }
}

/// What the partner's references are at Bayou.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum References {
    /// `external_id`, which the partner has set. That `external_id:<value>` names a customer in a path is documented
    /// for bills, and inferred for customers.
    #[default]
    ExternalId,
    /// Bayou's own number of a customer.
    CustomerId,
}

/// `utility_data_velocity`: how long after the login the first data may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Velocity {
    /// `instant`: the vendor's figure is 60 seconds or faster.
    Instant,
    /// Such as `24 hours`.
    Hours(u16),
    /// A wording that we do not know.
    Other,
}

impl Velocity {
    /// Reads the vendor's wording: `instant`, or a number of minutes, hours or days. Minutes count as an hour begun.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let text = text.trim().to_ascii_lowercase();
        if text == "instant" {
            return Velocity::Instant;
        }
        let mut words = text.split_whitespace();
        let number = words.next().and_then(|word| word.parse::<u16>().ok());
        let hours = match (number, words.next(), words.next()) {
            (Some(minutes), Some("minute" | "minutes"), None) => Some(minutes.div_ceil(60)),
            (Some(hours), Some("hour" | "hours"), None) => Some(hours),
            (Some(days), Some("day" | "days"), None) => days.checked_mul(24),
            _ => None,
        };
        hours
            .filter(|hours| *hours > 0)
            .map_or(Velocity::Other, Velocity::Hours)
    }

    /// The word for labels: `instant`, `hours` or `other`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Velocity::Instant => "instant",
            Velocity::Hours(_) => "hours",
            Velocity::Other => "other",
        }
    }
}

/// The newest data of a customer: what is fresh, and what has silently stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Newest {
    /// The day on which the newest bill was issued, at its beginning in UTC.
    pub bill: Option<Timestamp>,
    /// The end of the newest interval.
    pub interval: Option<Timestamp>,
}

/// What a connection, or an enrolment, is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataKind {
    /// Bills.
    Bills,
    /// Interval readings.
    Intervals,
    /// The power of the plan (Light).
    Service,
    /// The usage of the past months (Light).
    UsageHistory,
}

impl DataKind {
    /// Those that a utility's account gives (Bayou).
    pub const OF_UTILITY: [DataKind; 2] = [DataKind::Bills, DataKind::Intervals];

    /// Those that an enrolment leads to (Light).
    pub const OF_ENROLLMENT: [DataKind; 2] = [DataKind::Service, DataKind::UsageHistory];

    /// The name used in events and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            DataKind::Bills => "bills",
            DataKind::Intervals => "intervals",
            DataKind::Service => "service",
            DataKind::UsageHistory => "usage_history",
        }
    }
}

/// How the first data of one kind stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// Not there, as far as the API has confirmed.
    Awaited {
        /// When a webhook said that they are there. It is believed once the flag says so as well.
        heard_at: Option<Timestamp>,
        /// Since when they are late.
        late_since: Option<Timestamp>,
    },
    /// There.
    Ready {
        /// Since when, as far as we know.
        at: Timestamp,
        /// Did a webhook tell the time? Else it is that of our look, which may be later.
        heard: bool,
    },
    /// Not to be had for this account.
    NotOffered,
}

impl Delivery {
    /// Nothing heard, nothing late.
    pub const AWAITED: Delivery = Delivery::Awaited {
        heard_at: None,
        late_since: None,
    };

    /// Is it still to come?
    #[must_use]
    pub const fn is_awaited(&self) -> bool {
        matches!(self, Delivery::Awaited { .. })
    }
}

/// The data of a connected customer: whether the first came in time, and whether new ones still come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataClock {
    /// Since when the connection stands; none where it stood before we knew of the customer.
    pub connected_at: Option<Timestamp>,
    /// When the customer last signed in, as far as we know.
    pub login_at: Option<Timestamp>,
    /// How fast the utility is said to be.
    pub velocity: Option<Velocity>,
    /// The first bills.
    pub bills: Delivery,
    /// The first intervals.
    pub intervals: Delivery,
    /// The newest of each.
    pub newest: Newest,
    /// When the newest were last asked for.
    pub looked_at: Option<Timestamp>,
    /// Since when bills have silently stopped, and intervals.
    pub stale_since: (Option<Timestamp>, Option<Timestamp>),
}

impl DataClock {
    /// Begins to wait.
    #[must_use]
    pub const fn new(connected_at: Option<Timestamp>) -> Self {
        DataClock {
            connected_at,
            login_at: connected_at,
            velocity: None,
            bills: Delivery::AWAITED,
            intervals: Delivery::AWAITED,
            newest: Newest {
                bill: None,
                interval: None,
            },
            looked_at: None,
            stale_since: (None, None),
        }
    }

    /// The delivery of one kind.
    #[must_use]
    pub const fn delivery(&self, kind: DataKind) -> Delivery {
        match kind {
            DataKind::Bills => self.bills,
            DataKind::Intervals => self.intervals,
            DataKind::Service | DataKind::UsageHistory => Delivery::NotOffered,
        }
    }

    /// The delivery of one kind, to be changed; none of a kind that no utility account gives.
    pub const fn delivery_mut(&mut self, kind: DataKind) -> Option<&mut Delivery> {
        match kind {
            DataKind::Bills => Some(&mut self.bills),
            DataKind::Intervals => Some(&mut self.intervals),
            DataKind::Service | DataKind::UsageHistory => None,
        }
    }

    /// How long the first data of a kind took; none where that cannot be said.
    #[must_use]
    pub fn took(&self, kind: DataKind) -> Option<SignedDuration> {
        match (self.connected_at, self.delivery(kind)) {
            (Some(since), Delivery::Ready { at, .. }) => Some(at.duration_since(since).max(SignedDuration::ZERO)),
            (Some(_), Delivery::Awaited { .. } | Delivery::NotOffered) | (None, _) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn velocities_are_read_as_the_vendor_writes_them() {
        let cases = [
            ("instant", Velocity::Instant),
            ("Instant", Velocity::Instant),
            ("24 hours", Velocity::Hours(24)),
            ("1 hour", Velocity::Hours(1)),
            ("90 minutes", Velocity::Hours(2)),
            ("2 days", Velocity::Hours(48)),
            ("65535 days", Velocity::Other),
            ("0 hours", Velocity::Other),
            ("soon", Velocity::Other),
            ("24 hours or so", Velocity::Other),
            ("", Velocity::Other),
        ];
        for (text, velocity) in cases {
            assert_eq!(Velocity::parse(text), velocity, "{text}");
        }
    }

    #[test]
    fn intervals_are_expected_unless_somebody_says_that_there_are_none() {
        let of = |utility, account, ready| {
            Customer {
                utility_has_intervals: utility,
                account_has_intervals: account,
                intervals_are_ready: ready,
                ..Customer::default()
            }
            .expects_intervals()
        };
        assert!(of(None, None, false) && of(Some(true), Some(true), false) && of(None, Some(true), false));
        assert!(!of(Some(false), None, false) && !of(Some(true), Some(false), false));
        assert!(of(Some(false), Some(false), true), "what is there was to be had");
    }
}
