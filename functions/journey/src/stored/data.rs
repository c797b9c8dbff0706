//! The stored shape of what a connection gives, and of why it is to be made again.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Unreadable;
use crate::connection::{LossReason, Occasion};
use crate::customer::{DataClock, Delivery, Newest, Velocity};
use crate::enrollment::{EnrollmentClock, PlanDates};

/// An occasion; the end of a consent in milliseconds since 1970.
#[derive(Serialize, Deserialize)]
pub(super) enum StoredOccasion {
    #[serde(rename = "l")]
    Lost(LossReason),
    #[serde(rename = "e")]
    Expected,
    #[serde(rename = "c")]
    ConsentEnds(i64),
}

impl From<Occasion> for StoredOccasion {
    fn from(occasion: Occasion) -> Self {
        match occasion {
            Occasion::Lost(why) => Self::Lost(why),
            Occasion::Expected => Self::Expected,
            Occasion::ConsentEnds(end) => Self::ConsentEnds(end.as_millisecond()),
        }
    }
}

impl StoredOccasion {
    pub(super) fn read(self) -> Result<Occasion, Unreadable> {
        Ok(match self {
            Self::Lost(why) => Occasion::Lost(why),
            Self::Expected => Occasion::Expected,
            Self::ConsentEnds(end) => {
                Occasion::ConsentEnds(Timestamp::from_millisecond(end).map_err(|_| Unreadable::Time)?)
            }
        })
    }
}

/// The data of a connected customer. Times are milliseconds from the episode's opening.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredData {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    co: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lo: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ve: Option<Velocity>,
    bi: StoredDelivery,
    iv: StoredDelivery,
    #[serde(default, skip_serializing_if = "nothing")]
    nw: (Option<i64>, Option<i64>),
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lk: Option<i64>,
    #[serde(default, skip_serializing_if = "nothing")]
    st: (Option<i64>, Option<i64>),
}

fn nothing(times: &(Option<i64>, Option<i64>)) -> bool {
    *times == (None, None)
}

#[derive(Serialize, Deserialize)]
enum StoredDelivery {
    #[serde(rename = "w")]
    Awaited(Option<i64>, Option<i64>),
    #[serde(rename = "r")]
    Ready(i64, bool),
    #[serde(rename = "n")]
    NotOffered,
}

impl StoredDelivery {
    fn new(delivery: Delivery, rel: impl Fn(Timestamp) -> i64) -> Self {
        match delivery {
            Delivery::Awaited { heard_at, late_since } => {
                StoredDelivery::Awaited(heard_at.map(&rel), late_since.map(&rel))
            }
            Delivery::Ready { at, heard } => StoredDelivery::Ready(rel(at), heard),
            Delivery::NotOffered => StoredDelivery::NotOffered,
        }
    }

    fn read(self, abs: impl Fn(i64) -> Result<Timestamp, Unreadable>) -> Result<Delivery, Unreadable> {
        let time = |at: Option<i64>| at.map(&abs).transpose();
        Ok(match self {
            StoredDelivery::Awaited(heard, late) => Delivery::Awaited {
                heard_at: time(heard)?,
                late_since: time(late)?,
            },
            StoredDelivery::Ready(at, heard) => Delivery::Ready { at: abs(at)?, heard },
            StoredDelivery::NotOffered => Delivery::NotOffered,
        })
    }
}

impl StoredData {
    pub(super) fn new(clock: &DataClock, rel: impl Fn(Timestamp) -> i64) -> Self {
        StoredData {
            co: clock.connected_at.map(&rel),
            lo: clock.login_at.map(&rel),
            ve: clock.velocity,
            bi: StoredDelivery::new(clock.bills, &rel),
            iv: StoredDelivery::new(clock.intervals, &rel),
            nw: (clock.newest.bill.map(&rel), clock.newest.interval.map(&rel)),
            lk: clock.looked_at.map(&rel),
            st: (clock.stale_since.0.map(&rel), clock.stale_since.1.map(&rel)),
        }
    }

    pub(super) fn read(self, abs: impl Fn(i64) -> Result<Timestamp, Unreadable>) -> Result<DataClock, Unreadable> {
        let time = |at: Option<i64>| at.map(&abs).transpose();
        Ok(DataClock {
            connected_at: time(self.co)?,
            login_at: time(self.lo)?,
            velocity: self.ve,
            bills: self.bi.read(&abs)?,
            intervals: self.iv.read(&abs)?,
            newest: Newest {
                bill: time(self.nw.0)?,
                interval: time(self.nw.1)?,
            },
            looked_at: time(self.lk)?,
            stale_since: (time(self.st.0)?, time(self.st.1)?),
        })
    }
}

/// The dates of an enrolment, by ISO 8601, and what it leads to.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredEnrollment {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    la: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    st: Option<Date>,
    sv: StoredDelivery,
    us: StoredDelivery,
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    to: bool,
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    ca: bool,
}

impl StoredEnrollment {
    pub(super) fn new(clock: &EnrollmentClock, rel: impl Fn(Timestamp) -> i64) -> Self {
        StoredEnrollment {
            la: clock.dates.latest,
            st: clock.dates.starts,
            sv: StoredDelivery::new(clock.service, &rel),
            us: StoredDelivery::new(clock.usage, &rel),
            to: clock.is_told,
            ca: clock.heard_of_cancellation,
        }
    }

    pub(super) fn read(
        self,
        abs: impl Fn(i64) -> Result<Timestamp, Unreadable>,
    ) -> Result<EnrollmentClock, Unreadable> {
        Ok(EnrollmentClock {
            dates: PlanDates {
                latest: self.la,
                starts: self.st,
            },
            service: self.sv.read(&abs)?,
            usage: self.us.read(&abs)?,
            is_told: self.to,
            heard_of_cancellation: self.ca,
        })
    }
}
