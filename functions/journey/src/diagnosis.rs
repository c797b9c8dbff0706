//! Where a customer stopped, and whose turn it is.
//!
//! The provider's decision tree (docs/leap.md, section 6), then its traps (section 7, 19-26).

use serde::{Deserialize, Serialize};

use crate::connection::Series;
use crate::contact::Classification;
use crate::enrollment::Step;
use crate::status::{
    Agreements, Answer, Connection, ConnectionStatus, Known, UtilityConnection, UtilityErrorCode, UtilityStatus,
};

/// Where a customer stopped: the drop-off reason. It chooses the message, or silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Diagnosis {
    /// Clicked, but did no step.
    NotStarted,
    /// An agreement is still open.
    AgreementsUnanswered,
    /// An agreement was declined.
    AgreementDeclined,
    /// The utility is not connected: most stop here, at its login.
    UtilityNotConnected,
    /// The utility refused the login.
    CredentialsInvalid,
    /// The second factor failed.
    MfaFailed,
    /// The customer cancelled at the utility.
    Cancelled,
    /// The login failed and nobody says why.
    LoginFailed,
    /// Some of several required utilities are missing.
    RequiredUtilitiesMissing,
    /// Another utility than the requested one was connected.
    WrongUtility,
    /// The account cannot take part.
    Ineligible,
    /// The utility was down.
    UtilityDown,
    /// The provider had a fault.
    ProviderDown,
    /// Everything the customer can do is done.
    NothingLeft,
    /// Was invited, and never followed the link.
    Invited,
    /// Came back more than once and did not get through: a lost login, perhaps.
    RepeatedReturns,
    /// The connection was lost: the utility's password changed.
    PasswordChanged,
    /// The connection was lost: the second factor must be given again.
    MfaExpired,
    /// The connection was lost, and nobody says why.
    AccessLost,
    /// The connection will soon be lost, by our own clock.
    RenewalDue,
    /// The consent to share data ends soon.
    ConsentEnding,
    /// The consent to share data has ended.
    ConsentEnded,
    /// Has an account, and no address yet for a plan.
    AddressNeeded,
    /// Saw the plans of an address, and accepted none.
    PlanNotChosen,
    /// Accepted a plan whose last day to begin has passed, or which begins too far ahead: another is to be chosen.
    PlanExpired,
    /// Accepted a plan, and has not said where the bills go.
    BillingAddressMissing,
    /// Accepted a plan, and added no payment method.
    PaymentMissing,
    /// Only the identity is not verified.
    IdentityMissing,
    /// The record has a value we do not know.
    Unrecognized,
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The customer can go on: a reminder helps.
    Customer,
    /// The customer decided or finished otherwise: the campaign's policy says whether to follow up.
    Policy,
    /// Somebody else must act or recover first.
    Provider,
    /// Nobody can help: stop.
    Nobody,
    /// We cannot tell: no send, alarm.
    Unclear,
}

impl Diagnosis {
    /// Every diagnosis.
    pub const ALL: [Diagnosis; 29] = [
        Diagnosis::NotStarted,
        Diagnosis::AgreementsUnanswered,
        Diagnosis::AgreementDeclined,
        Diagnosis::UtilityNotConnected,
        Diagnosis::CredentialsInvalid,
        Diagnosis::MfaFailed,
        Diagnosis::Cancelled,
        Diagnosis::LoginFailed,
        Diagnosis::RequiredUtilitiesMissing,
        Diagnosis::WrongUtility,
        Diagnosis::Ineligible,
        Diagnosis::UtilityDown,
        Diagnosis::ProviderDown,
        Diagnosis::NothingLeft,
        Diagnosis::Invited,
        Diagnosis::RepeatedReturns,
        Diagnosis::PasswordChanged,
        Diagnosis::MfaExpired,
        Diagnosis::AccessLost,
        Diagnosis::RenewalDue,
        Diagnosis::ConsentEnding,
        Diagnosis::ConsentEnded,
        Diagnosis::AddressNeeded,
        Diagnosis::PlanNotChosen,
        Diagnosis::PlanExpired,
        Diagnosis::BillingAddressMissing,
        Diagnosis::PaymentMissing,
        Diagnosis::IdentityMissing,
        Diagnosis::Unrecognized,
    ];

    /// The name used in files, templates and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Diagnosis::NotStarted => "not_started",
            Diagnosis::AgreementsUnanswered => "agreements_unanswered",
            Diagnosis::AgreementDeclined => "agreement_declined",
            Diagnosis::UtilityNotConnected => "utility_not_connected",
            Diagnosis::CredentialsInvalid => "credentials_invalid",
            Diagnosis::MfaFailed => "mfa_failed",
            Diagnosis::Cancelled => "cancelled",
            Diagnosis::LoginFailed => "login_failed",
            Diagnosis::RequiredUtilitiesMissing => "required_utilities_missing",
            Diagnosis::WrongUtility => "wrong_utility",
            Diagnosis::Ineligible => "ineligible",
            Diagnosis::UtilityDown => "utility_down",
            Diagnosis::ProviderDown => "provider_down",
            Diagnosis::NothingLeft => "nothing_left",
            Diagnosis::Invited => "invited",
            Diagnosis::RepeatedReturns => "repeated_returns",
            Diagnosis::PasswordChanged => "password_changed",
            Diagnosis::MfaExpired => "mfa_expired",
            Diagnosis::AccessLost => "access_lost",
            Diagnosis::RenewalDue => "renewal_due",
            Diagnosis::ConsentEnding => "consent_ending",
            Diagnosis::ConsentEnded => "consent_ended",
            Diagnosis::AddressNeeded => "address_needed",
            Diagnosis::PlanNotChosen => "plan_not_chosen",
            Diagnosis::PlanExpired => "plan_expired",
            Diagnosis::BillingAddressMissing => "billing_address_missing",
            Diagnosis::PaymentMissing => "payment_missing",
            Diagnosis::IdentityMissing => "identity_missing",
            Diagnosis::Unrecognized => "unrecognized",
        }
    }

    /// The series of reminders in which its message is sent.
    #[must_use]
    pub const fn series(self) -> Series {
        match self {
            Diagnosis::Invited => Series::Invitation,
            Diagnosis::PasswordChanged | Diagnosis::MfaExpired | Diagnosis::AccessLost => Series::Reconnect,
            Diagnosis::RenewalDue => Series::Renewal,
            Diagnosis::ConsentEnding | Diagnosis::ConsentEnded => Series::ConsentEnd,
            Diagnosis::NotStarted
            | Diagnosis::AgreementsUnanswered
            | Diagnosis::AgreementDeclined
            | Diagnosis::UtilityNotConnected
            | Diagnosis::CredentialsInvalid
            | Diagnosis::MfaFailed
            | Diagnosis::Cancelled
            | Diagnosis::LoginFailed
            | Diagnosis::RequiredUtilitiesMissing
            | Diagnosis::WrongUtility
            | Diagnosis::Ineligible
            | Diagnosis::UtilityDown
            | Diagnosis::ProviderDown
            | Diagnosis::NothingLeft
            | Diagnosis::RepeatedReturns
            | Diagnosis::AddressNeeded
            | Diagnosis::PlanNotChosen
            | Diagnosis::PlanExpired
            | Diagnosis::BillingAddressMissing
            | Diagnosis::PaymentMissing
            | Diagnosis::IdentityMissing
            | Diagnosis::Unrecognized => Series::DropOff,
        }
    }

    /// What is left to do of an enrolment, as a rule, where a customer stopped there: in the order of the pages.
    #[must_use]
    pub const fn steps_left(self) -> &'static [Step] {
        match self {
            Diagnosis::AddressNeeded | Diagnosis::PlanNotChosen | Diagnosis::PlanExpired => {
                &[Step::Plan, Step::BillingAddress, Step::Payment]
            }
            Diagnosis::BillingAddressMissing => &[Step::BillingAddress, Step::Payment],
            Diagnosis::PaymentMissing => &[Step::Payment],
            Diagnosis::IdentityMissing => &[Step::Identity],
            Diagnosis::NotStarted
            | Diagnosis::AgreementsUnanswered
            | Diagnosis::AgreementDeclined
            | Diagnosis::UtilityNotConnected
            | Diagnosis::CredentialsInvalid
            | Diagnosis::MfaFailed
            | Diagnosis::Cancelled
            | Diagnosis::LoginFailed
            | Diagnosis::RequiredUtilitiesMissing
            | Diagnosis::WrongUtility
            | Diagnosis::Ineligible
            | Diagnosis::UtilityDown
            | Diagnosis::ProviderDown
            | Diagnosis::NothingLeft
            | Diagnosis::Invited
            | Diagnosis::RepeatedReturns
            | Diagnosis::PasswordChanged
            | Diagnosis::MfaExpired
            | Diagnosis::AccessLost
            | Diagnosis::RenewalDue
            | Diagnosis::ConsentEnding
            | Diagnosis::ConsentEnded
            | Diagnosis::Unrecognized => &[],
        }
    }

    /// Whose turn it is.
    #[must_use]
    pub const fn turn(self) -> Turn {
        match self {
            Diagnosis::NotStarted
            | Diagnosis::AgreementsUnanswered
            | Diagnosis::UtilityNotConnected
            | Diagnosis::CredentialsInvalid
            | Diagnosis::MfaFailed
            | Diagnosis::Cancelled
            | Diagnosis::LoginFailed
            | Diagnosis::RequiredUtilitiesMissing
            | Diagnosis::Invited
            | Diagnosis::RepeatedReturns
            | Diagnosis::PasswordChanged
            | Diagnosis::MfaExpired
            | Diagnosis::AccessLost
            | Diagnosis::RenewalDue
            | Diagnosis::ConsentEnding
            | Diagnosis::ConsentEnded
            | Diagnosis::AddressNeeded
            | Diagnosis::PlanNotChosen
            | Diagnosis::PlanExpired
            | Diagnosis::BillingAddressMissing
            | Diagnosis::PaymentMissing
            | Diagnosis::IdentityMissing => Turn::Customer,
            Diagnosis::AgreementDeclined | Diagnosis::WrongUtility => Turn::Policy,
            Diagnosis::UtilityDown | Diagnosis::ProviderDown | Diagnosis::NothingLeft => Turn::Provider,
            Diagnosis::Ineligible => Turn::Nobody,
            Diagnosis::Unrecognized => Turn::Unclear,
        }
    }

    /// Can a message ever be sent for it? Each of these needs a template.
    #[must_use]
    pub const fn may_be_sent(self) -> bool {
        match self {
            Diagnosis::Ineligible | Diagnosis::NothingLeft | Diagnosis::Unrecognized => false,
            Diagnosis::NotStarted
            | Diagnosis::AgreementsUnanswered
            | Diagnosis::AgreementDeclined
            | Diagnosis::UtilityNotConnected
            | Diagnosis::CredentialsInvalid
            | Diagnosis::MfaFailed
            | Diagnosis::Cancelled
            | Diagnosis::LoginFailed
            | Diagnosis::RequiredUtilitiesMissing
            | Diagnosis::WrongUtility
            | Diagnosis::UtilityDown
            | Diagnosis::ProviderDown
            | Diagnosis::Invited
            | Diagnosis::RepeatedReturns
            | Diagnosis::PasswordChanged
            | Diagnosis::MfaExpired
            | Diagnosis::AccessLost
            | Diagnosis::RenewalDue
            | Diagnosis::ConsentEnding
            | Diagnosis::ConsentEnded
            | Diagnosis::AddressNeeded
            | Diagnosis::PlanNotChosen
            | Diagnosis::PlanExpired
            | Diagnosis::BillingAddressMissing
            | Diagnosis::PaymentMissing
            | Diagnosis::IdentityMissing => true,
        }
    }
}

/// Where the customer of one record stopped, with the utility that the message is about.
///
/// Only for records that are not complete.
#[must_use]
pub fn diagnose(record: &Connection, classification: Classification) -> (Diagnosis, Option<&UtilityConnection>) {
    match &record.status {
        Known::Other(_) => (Diagnosis::Unrecognized, None),
        Known::Value(ConnectionStatus::Completed) => (Diagnosis::NothingLeft, None),
        Known::Value(ConnectionStatus::NotStarted) => (Diagnosis::NotStarted, asked_for(record)),
        Known::Value(ConnectionStatus::Partial) => match agreements(&record.agreements) {
            Some(diagnosis) => (diagnosis, asked_for(record)),
            None => utilities(record, classification),
        },
        Known::Value(ConnectionStatus::Error) => utilities(record, classification),
    }
}

/// The utility that the partner asked for, if it is only one.
fn asked_for(record: &Connection) -> Option<&UtilityConnection> {
    let mut required = record.utilities.iter().filter(|utility| utility.required);
    match (required.next(), required.next()) {
        (Some(only), None) => Some(only),
        (None | Some(_), _) => None,
    }
}

fn agreements(agreements: &Agreements) -> Option<Diagnosis> {
    let all = [
        &agreements.prohibited_resource,
        &agreements.participation,
        &agreements.generator,
    ];
    let any = |wanted: Answer| all.iter().any(|answer| **answer == Known::Value(wanted));
    if all.iter().any(|answer| matches!(answer, Known::Other(_))) {
        Some(Diagnosis::Unrecognized)
    } else if any(Answer::Declined) {
        Some(Diagnosis::AgreementDeclined)
    } else if any(Answer::NotAnswered) {
        Some(Diagnosis::AgreementsUnanswered)
    } else {
        None
    }
}

fn utilities(record: &Connection, classification: Classification) -> (Diagnosis, Option<&UtilityConnection>) {
    let (required, others): (Vec<_>, Vec<_>) = record.utilities.iter().partition(|utility| utility.required);
    let connected = |utility: &&UtilityConnection| utility.status == Known::Value(UtilityStatus::Connected);
    // "All required are connected" would hold vacuously where none is required: links of the new
    // shape name no utility, so the ones that the customer tried stand in (trap 20).
    if required.is_empty() {
        return match (classification, others.iter().find(|utility| connected(utility))) {
            (Classification::Residential, Some(done)) => (Diagnosis::NothingLeft, Some(done)),
            (Classification::Commercial, Some(_)) => missing(&others),
            (Classification::Residential | Classification::Commercial, None) => worst(&others),
        };
    }
    if required.iter().all(connected) {
        return (Diagnosis::NothingLeft, None);
    }
    if required.iter().any(connected) {
        return missing(&required);
    }
    match (classification, others.iter().find(|utility| connected(utility))) {
        // PARTIAL for ever: the household connected another utility than the one asked for (trap 22).
        (Classification::Residential, Some(other)) => (Diagnosis::WrongUtility, Some(other)),
        (Classification::Residential | Classification::Commercial, _) => worst(&required),
    }
}

/// Some utilities are connected, others are not: an error among those wins, else the rest is missing.
fn missing<'a>(utilities: &[&'a UtilityConnection]) -> (Diagnosis, Option<&'a UtilityConnection>) {
    match worst(utilities) {
        (Diagnosis::UtilityNotConnected, utility) => (Diagnosis::RequiredUtilitiesMissing, utility),
        other => other,
    }
}

/// What stands in the way, over all utilities that are not connected. What cannot be read or can
/// never succeed comes first; then what the customer can mend, the latest attempt first; then what
/// somebody else must mend.
fn worst<'a>(utilities: &[&'a UtilityConnection]) -> (Diagnosis, Option<&'a UtilityConnection>) {
    let rank = |diagnosis: Diagnosis| match diagnosis {
        Diagnosis::Unrecognized => 0,
        Diagnosis::Ineligible => 1,
        Diagnosis::CredentialsInvalid | Diagnosis::MfaFailed | Diagnosis::Cancelled | Diagnosis::LoginFailed => 2,
        Diagnosis::UtilityNotConnected => 3,
        Diagnosis::UtilityDown
        | Diagnosis::ProviderDown
        | Diagnosis::NotStarted
        | Diagnosis::AgreementsUnanswered
        | Diagnosis::AgreementDeclined
        | Diagnosis::RequiredUtilitiesMissing
        | Diagnosis::WrongUtility
        | Diagnosis::NothingLeft
        | Diagnosis::Invited
        | Diagnosis::RepeatedReturns
        | Diagnosis::PasswordChanged
        | Diagnosis::MfaExpired
        | Diagnosis::AccessLost
        | Diagnosis::RenewalDue
        | Diagnosis::ConsentEnding
        | Diagnosis::ConsentEnded
        | Diagnosis::AddressNeeded
        | Diagnosis::PlanNotChosen
        | Diagnosis::PlanExpired
        | Diagnosis::BillingAddressMissing
        | Diagnosis::PaymentMissing
        | Diagnosis::IdentityMissing => 4,
    };
    utilities
        .iter()
        .filter_map(|utility| Some((one(utility)?, *utility)))
        .min_by_key(|(diagnosis, utility)| {
            (
                rank(*diagnosis),
                core::cmp::Reverse(utility.last_interaction_at.or(utility.started_at)),
            )
        })
        .map_or((Diagnosis::UtilityNotConnected, None), |(diagnosis, utility)| {
            (diagnosis, Some(utility))
        })
}

fn one(utility: &UtilityConnection) -> Option<Diagnosis> {
    Some(match &utility.status {
        Known::Other(_) => Diagnosis::Unrecognized,
        Known::Value(UtilityStatus::Connected) => return None,
        Known::Value(UtilityStatus::NotConnected) => Diagnosis::UtilityNotConnected,
        Known::Value(UtilityStatus::Error) => match &utility.error {
            None => Diagnosis::LoginFailed,
            Some(Known::Other(_)) => Diagnosis::Unrecognized,
            Some(Known::Value(code)) => match code {
                UtilityErrorCode::TechnicalError => Diagnosis::ProviderDown,
                UtilityErrorCode::UtilityError => Diagnosis::UtilityDown,
                UtilityErrorCode::UserCanceled => Diagnosis::Cancelled,
                UtilityErrorCode::UserInvalidCredentials => Diagnosis::CredentialsInvalid,
                UtilityErrorCode::UserIneligible => Diagnosis::Ineligible,
                UtilityErrorCode::AuthMfaError => Diagnosis::MfaFailed,
            },
        },
    })
}
