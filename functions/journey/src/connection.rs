//! Why a connection is to be made again, and which series of reminders that has.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Why a customer is asked to connect again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occasion {
    /// The connection was lost, for this reason.
    Lost(LossReason),
    /// It will be lost soon, by our own clock: the utility asks for a second factor again after some months.
    Expected,
    /// The consent to share data ends.
    ConsentEnds(Timestamp),
}

/// Why a connection was lost: `reason` of `customer_must_reauthenticate`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LossReason {
    /// The user name or password is no longer right.
    CredentialsInvalid,
    /// The second factor must be given again.
    MfaExpired,
    /// The API shows the loss and nobody said why, or with a word that we do not know.
    Untold,
}

impl LossReason {
    /// The name used in events and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            LossReason::CredentialsInvalid => "credentials_are_invalid",
            LossReason::MfaExpired => "mfa_factor_has_expired",
            LossReason::Untold => "untold",
        }
    }
}

/// A series of reminders: each has touches of its own in the campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Series {
    /// For those who began and stopped.
    DropOff,
    /// For those who were invited and never followed the link.
    Invitation,
    /// For those whose connection was lost.
    Reconnect,
    /// For those whose connection will soon be lost.
    Renewal,
    /// For those whose consent ends.
    ConsentEnd,
}

impl Series {
    /// Every series.
    pub const ALL: [Series; 5] = [
        Series::DropOff,
        Series::Invitation,
        Series::Reconnect,
        Series::Renewal,
        Series::ConsentEnd,
    ];

    /// The name used in files and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Series::DropOff => "drop_off",
            Series::Invitation => "invitation",
            Series::Reconnect => "reconnect",
            Series::Renewal => "renewal",
            Series::ConsentEnd => "consent_end",
        }
    }
}
