//! What a decision asks the shell to do: plain data, with derived identity, no choices left.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::contact::Locale;
use crate::diagnosis::Diagnosis;
use crate::enrollment::Step;
use crate::id::UtilityCode;
use crate::state::{SendKey, Timer};

/// Something to carry out, in the imperative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Arm the journey's next timer. Carried out *before* the write: a timer for a state that was
    /// never written does nothing, a written state without a timer would be forgotten.
    ArmTimer(Timer),
    /// Ask the provider how the reference stands, read the contact, and come back with
    /// [`Event::Rechecked`](crate::Event::Rechecked).
    Recheck {
        /// The generation of the timer that fired.
        generation: u32,
        /// Search for the reference's meters too.
        meters: bool,
    },
    /// Send a message. Carried out after the claim is written.
    Send(SendOrder),
    /// Look up in the sender's own record what became of a send, and come back with
    /// [`Event::SendLookedUp`](crate::Event::SendLookedUp).
    LookUpSend(SendKey),
}

/// Everything that defines one message, but for the person's own words (name, address, links).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendOrder {
    /// Its name.
    pub key: SendKey,
    /// When it was claimed. A shell that is held up for long after must not send any more.
    pub claimed_at: Timestamp,
    /// Where the customer stopped: it chooses the message.
    pub diagnosis: Diagnosis,
    /// The language.
    pub locale: Locale,
    /// The utility by webhook code, if known.
    pub utility: Option<UtilityCode>,
    /// The utility by the provider's display name, if the provider's record names one.
    pub utility_name: Option<String>,
    /// What is left to do of an enrolment, in order.
    pub left: Vec<Step>,
    /// The day on which the customer chose to begin, where it is near.
    pub starts_soon: Option<Date>,
    /// How many reminders its series has.
    pub touches: u16,
    /// The arm of the experiment.
    pub arm: String,
}
