//! Who enrols, and what they are like.

use jiff::Timestamp;

use crate::light::book::Address;

/// A customer of the partner's, as the partner knows them, with the habit only the sandbox knows.
#[derive(Clone, Debug)]
pub struct Customer {
    /// Their account, which exists from the beginning.
    pub account: String,
    /// An invented first name.
    pub first_name: String,
    /// An invented last name.
    pub last_name: String,
    /// An address at a domain reserved for examples.
    pub email: String,
    /// The language they read: `en` or `es`.
    pub locale: &'static str,
    /// Where they want power.
    pub address: Address,
    /// Whether they do not want to hear from the partner.
    pub opted_out: bool,
    /// What they do when left alone.
    pub habit: Habit,
    /// When they come to the partner's page.
    pub arrives_at: Timestamp,
}

/// What a customer does when left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Habit {
    /// Takes every step.
    Finishes,
    /// Takes none, and may come back.
    StopsAtNothing,
    /// Takes none, and does not come back.
    LeavesForGood,
    /// Looks at the plans.
    StopsAtPlans,
    /// Accepts a plan.
    StopsAtAcceptance,
    /// Accepts a plan and confirms the billing address.
    StopsAtBilling,
    /// Accepts a plan and adds a payment method.
    StopsAtPayment,
    /// Confirms the billing address and adds a payment method, without a plan.
    PaysFirst,
    /// Wants a plan for a home in switch-hold.
    MeetsSwitchHold,
    /// Lives where there is no choice.
    IsIneligible,
}

impl Habit {
    /// All habits.
    pub const ALL: [Self; 10] = [
        Self::Finishes,
        Self::StopsAtNothing,
        Self::LeavesForGood,
        Self::StopsAtPlans,
        Self::StopsAtAcceptance,
        Self::StopsAtBilling,
        Self::StopsAtPayment,
        Self::PaysFirst,
        Self::MeetsSwitchHold,
        Self::IsIneligible,
    ];

    /// What they do, in a few words.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Finishes => "finishes at once",
            Self::StopsAtNothing => "does nothing at first",
            Self::LeavesForGood => "does nothing, ever",
            Self::StopsAtPlans => "stops at the plans",
            Self::StopsAtAcceptance => "accepts a plan, and stops",
            Self::StopsAtBilling => "stops before the payment method",
            Self::StopsAtPayment => "stops before the billing address",
            Self::PaysFirst => "stops before the plan, all else given",
            Self::MeetsSwitchHold => "meets a switch-hold",
            Self::IsIneligible => "is not eligible",
        }
    }

    /// How many in a thousand customers have this habit.
    pub(crate) fn weight(self) -> u32 {
        match self {
            Self::Finishes => 280,
            Self::StopsAtNothing => 150,
            Self::LeavesForGood => 60,
            Self::StopsAtPlans => 200,
            Self::StopsAtAcceptance => 100,
            Self::StopsAtBilling => 90,
            Self::StopsAtPayment => 40,
            Self::PaysFirst => 30,
            Self::MeetsSwitchHold => 30,
            Self::IsIneligible => 20,
        }
    }

    /// How likely somebody with this habit who has something left to do comes back after the first,
    /// second and third reminder.
    pub(crate) fn returns_p(self) -> [f64; 3] {
        match self {
            // Whoever finishes alone is rarely reminded.
            Self::Finishes | Self::StopsAtPlans => [0.4, 0.25, 0.15],
            Self::StopsAtAcceptance | Self::StopsAtBilling | Self::StopsAtPayment | Self::PaysFirst => {
                [0.55, 0.35, 0.2]
            }
            Self::StopsAtNothing => [0.2, 0.12, 0.08],
            Self::MeetsSwitchHold | Self::IsIneligible => [0.3, 0.15, 0.05],
            Self::LeavesForGood => [0.0, 0.0, 0.0],
        }
    }
}
