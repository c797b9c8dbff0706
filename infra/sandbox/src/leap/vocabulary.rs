//! Leap's words: the values its API and its webhooks use.

use serde::{Deserialize, Serialize};

/// How far a reference is, over all its Connect sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ConnectionStatus {
    /// The link was clicked and no step was done.
    NotStarted,
    /// Some steps are done, some are missing.
    Partial,
    /// All is done; it never goes back from here.
    Completed,
    /// The utility that counts could not be connected.
    Error,
}

/// How far one utility's connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum UtilityStatus {
    NotConnected,
    Connected,
    Error,
}

/// Why a utility's connection failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ErrorCode {
    TechnicalError,
    UtilityError,
    UserCanceled,
    UserInvalidCredentials,
    UserIneligible,
    AuthMfaError,
}

/// The answer to an agreement; only the participation agreement can be declined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum AgreementStatus {
    Completed,
    NotAnswered,
    NotRequired,
    Declined,
}

/// The answer to the question about a generator on the premises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum GeneratorStatus {
    NoGeneratorOnsite,
    YesGeneratorOnsite,
    NotAnswered,
    NotRequired,
}

/// What a `connect_session.updated` event says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum SessionStatus {
    Created,
    Updated,
    Closed,
    Completed,
}

/// What a `connect_session.authorization_updated` event says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum AuthorizationStatus {
    Initiated,
    Completed,
    Failed,
}

/// What a `meter.enrollment.global-status.updated` event says, as far as the sandbox's meters go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum EnrollmentStatus {
    Pending,
    Active,
}

/// Where a meter comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum MeterType {
    UtilityMeter,
    Submeter,
    Device,
}

/// Who made a meter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum CreatedBy {
    Partner,
    Utility,
}

/// A kind of webhook event, as a subscription names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum EventType {
    /// A Connect session was opened, moved on, was left or was finished.
    #[serde(rename = "connect_session.updated")]
    ConnectSessionUpdated,
    /// A customer reached a utility's login, or it let them in, or it did not.
    #[serde(rename = "connect_session.authorization_updated")]
    ConnectSessionAuthorizationUpdated,
    /// A meter appeared.
    #[serde(rename = "meter.created")]
    MeterCreated,
    /// A meter's enrolment moved on.
    #[serde(rename = "meter.enrollment.global-status.updated")]
    MeterEnrollmentGlobalStatusUpdated,
    /// A meter is to participate, to idle or to leave.
    #[serde(rename = "meter.enrollment.participation-status.updated")]
    MeterEnrollmentParticipationStatusUpdated,
    /// Something has to be done before a meter can participate.
    #[serde(rename = "meter.enrollment.required-actions.updated")]
    MeterEnrollmentRequiredActionsUpdated,
    /// A meter's market group changed.
    #[serde(rename = "meter.enrollment.group.updated")]
    MeterEnrollmentGroupUpdated,
}

impl EventType {
    /// All seven kinds, which is what a receiver of everything subscribes to.
    pub const ALL: [Self; 7] = [
        Self::ConnectSessionUpdated,
        Self::ConnectSessionAuthorizationUpdated,
        Self::MeterCreated,
        Self::MeterEnrollmentGlobalStatusUpdated,
        Self::MeterEnrollmentParticipationStatusUpdated,
        Self::MeterEnrollmentRequiredActionsUpdated,
        Self::MeterEnrollmentGroupUpdated,
    ];
}
