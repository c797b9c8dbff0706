//! What a journey keeps of an enrolment besides its milestones.

use jiff::civil::Date;

use crate::customer::Delivery;

/// The plan's dates by our own record, and what is still to come once the enrolment is final.
///
/// No rate is among them: an offer's price changes by the day, and none is quoted from store (docs/light.md, trap 31).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnrollmentClock {
    /// The plan's dates.
    pub dates: PlanDates,
    /// Power flows.
    pub service: Delivery,
    /// The usage of the past months is there. It may come before the service (trap 9).
    pub usage: Delivery,
    /// Was any step told by a webhook or our own pages? Then what the record leaves out may be taken from there.
    pub is_told: bool,
    /// Has a webhook told that a place's service was cancelled? Which place it does not say.
    pub heard_of_cancellation: bool,
}

impl Default for EnrollmentClock {
    fn default() -> Self {
        EnrollmentClock {
            dates: PlanDates::default(),
            service: Delivery::AWAITED,
            usage: Delivery::AWAITED,
            is_told: false,
            heard_of_cancellation: false,
        }
    }
}

/// When a plan may begin, and when it was chosen to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlanDates {
    /// The last day on which it may begin.
    pub latest: Option<Date>,
    /// The day that the customer chose.
    pub starts: Option<Date>,
}
