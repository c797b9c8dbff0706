//! Why a connection is to be made again, and which series of reminders that has.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::campaign::Campaign;
use crate::id::Purpose;
use crate::state::{Journey, Phase, to_millisecond};

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

/// What will end soon for a connected customer, by the way to the first connection: the consent, or the connection
/// itself at a utility that always asks for a second step and where the campaign asks for an early renewal.
#[must_use]
pub fn renewal(
    enrolment: &Journey,
    sharing_ends_at: Option<Timestamp>,
    asks_for_a_code: bool,
    now: Timestamp,
    campaign: &Campaign,
) -> Option<Occasion> {
    let rules = &campaign.sharing;
    let clock = enrolment.data.as_ref()?;
    let connected = matches!(enrolment.phase, Phase::Completed { provisional: false, .. });
    if enrolment.purpose != Purpose::Enroll || !connected {
        return None;
    }
    let passed =
        |from: Option<Timestamp>, wait: SignedDuration| from.is_some_and(|from| now.duration_since(from) >= wait);
    let last = rules
        .consent_end
        .last()
        .map(|touch| touch.until - rules.consent_end_lead);
    if let (Some(ends), Some(last)) = (sharing_ends_at, last)
        && passed(Some(ends), -rules.consent_end_lead)
        && !passed(Some(ends), last)
    {
        return Some(Occasion::ConsentEnds(to_millisecond(ends)));
    }
    let after = rules
        .renew_after
        .filter(|_| asks_for_a_code && !rules.renewal.is_empty())?;
    passed(clock.login_at, after).then_some(Occasion::Expected)
}
