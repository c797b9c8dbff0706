//! What no reminder mends, and support must.

use serde::{Deserialize, Serialize};

use crate::state::{Phase, StopReason};

/// Something about an enrolment that is for people, not for messages (docs/light.md, traps 17 and 18).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SupportMatter {
    /// The meter is held until the present occupant has settled a debt.
    SwitchHold,
    /// The address may not choose its retailer.
    IneligibleAddress,
    /// The customer took the enrolment back within the time that the law gives.
    Rescinded,
    /// The service was cancelled.
    ServiceCanceled,
    /// An invoice could not be paid: no failure of the enrolment (trap 23).
    InvoiceUnpaid,
}

impl SupportMatter {
    /// Every matter.
    pub const ALL: [SupportMatter; 5] = [
        SupportMatter::SwitchHold,
        SupportMatter::IneligibleAddress,
        SupportMatter::Rescinded,
        SupportMatter::ServiceCanceled,
        SupportMatter::InvoiceUnpaid,
    ];

    /// The name used in the API, events and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            SupportMatter::SwitchHold => "switch_hold",
            SupportMatter::IneligibleAddress => "ineligible_address",
            SupportMatter::Rescinded => "rescinded",
            SupportMatter::ServiceCanceled => "service_canceled",
            SupportMatter::InvoiceUnpaid => "invoice_unpaid",
        }
    }

    /// Why the reminders stop for it, if they do.
    #[must_use]
    pub const fn stops(self) -> Option<StopReason> {
        match self {
            SupportMatter::SwitchHold => Some(StopReason::SwitchHold),
            SupportMatter::IneligibleAddress => Some(StopReason::IneligibleAddress),
            SupportMatter::Rescinded => Some(StopReason::Rescinded),
            SupportMatter::ServiceCanceled => Some(StopReason::ServiceCanceled),
            SupportMatter::InvoiceUnpaid => None,
        }
    }

    /// What a journey has ended for in a way that only support can mend.
    #[must_use]
    pub fn of(phase: &Phase) -> Option<SupportMatter> {
        match phase {
            Phase::Stopped { why, .. } => SupportMatter::ALL
                .into_iter()
                .find(|matter| matter.stops() == Some(*why)),
            Phase::Live | Phase::Completed { .. } | Phase::HandedBack { .. } => None,
        }
    }
}
