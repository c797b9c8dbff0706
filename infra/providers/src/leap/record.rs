//! Leap's `ConnectionDocument` as it travels, and its conversion to ours.
//!
//! Leap adds fields at any time and spells one of them in two ways, so unknown fields are ignored,
//! and no case convention is applied (docs/leap.md, traps 12 and 25).

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use journey::status::{
    Agreements, Answer, Connection, ConnectionStatus, Known, UtilityConnection, UtilityErrorCode, UtilityStatus,
};
use serde::Deserialize;
use serde_json::Value;

/// The reference that a record is about, exactly as Leap spells it.
pub(super) fn reference_of(record: &Value) -> Option<&str> {
    record.get("ref_id")?.as_str()
}

/// Converts a record. None when it has no status or no region, or a field of another type than
/// documented: guessing at those could turn "complete" into "not complete".
pub(super) fn connection_of(record: &Value) -> Option<Connection> {
    let record = Document::deserialize(record).ok()?;
    if record.connection_status.is_empty() || record.transmission_region.is_empty() {
        return None;
    }
    Some(Connection {
        id: record.id.unwrap_or_default(),
        region: record.transmission_region,
        started_at: time(record.start_date_time_utc.as_deref()),
        last_interaction_at: time(record.last_interaction_date_time_utc.as_deref()),
        status: connection_status(&record.connection_status),
        utilities: record
            .utility_connections
            .unwrap_or_default()
            .into_iter()
            .map(utility)
            .collect(),
        agreements: record.agreements.map(agreements).unwrap_or_default(),
    })
}

#[derive(Deserialize)]
struct Document {
    id: Option<String>,
    transmission_region: String,
    start_date_time_utc: Option<String>,
    last_interaction_date_time_utc: Option<String>,
    connection_status: String,
    utility_connections: Option<Vec<Utility>>,
    agreements: Option<AgreementFields>,
}

#[derive(Deserialize)]
struct Utility {
    utility_name: Option<String>,
    utility_is_required: Option<bool>,
    status: Option<String>,
    error_code: Option<String>,
    start_date_time_utc: Option<String>,
    last_interaction_date_time_utc: Option<String>,
}

/// The generator's two spellings are two fields, not an alias: a record may carry both.
#[derive(Deserialize)]
struct AgreementFields {
    prohibited_resource_attestation_status: Option<String>,
    demand_response_participation_agreement_status: Option<String>,
    generator_status: Option<String>,
    #[serde(rename = "generatorStatus")]
    generator_status_as_in_the_guide: Option<String>,
}

fn utility(wire: Utility) -> UtilityConnection {
    UtilityConnection {
        name: wire.utility_name.unwrap_or_default(),
        // Not flagged reads as not required: the record's own status is the authority (trap 20).
        required: wire.utility_is_required.unwrap_or(false),
        status: utility_status(wire.status.as_deref().unwrap_or("(missing)")),
        error: wire
            .error_code
            .as_deref()
            .filter(|code| !code.is_empty())
            .map(error_code),
        started_at: time(wire.start_date_time_utc.as_deref()),
        last_interaction_at: time(wire.last_interaction_date_time_utc.as_deref()),
    }
}

fn agreements(wire: AgreementFields) -> Agreements {
    let generator = wire.generator_status.or(wire.generator_status_as_in_the_guide);
    Agreements {
        prohibited_resource: answer(
            wire.prohibited_resource_attestation_status.as_deref(),
            &[("COMPLETED", Answer::Completed)],
        ),
        participation: answer(
            wire.demand_response_participation_agreement_status.as_deref(),
            &[("COMPLETED", Answer::Completed), ("DECLINED", Answer::Declined)],
        ),
        generator: answer(
            generator.as_deref(),
            &[
                ("NO_GENERATOR_ONSITE", Answer::Completed),
                ("YES_GENERATOR_ONSITE", Answer::Completed),
            ],
        ),
    }
}

fn connection_status(text: &str) -> Known<ConnectionStatus> {
    match text {
        "NOT_STARTED" => Known::Value(ConnectionStatus::NotStarted),
        "PARTIAL" => Known::Value(ConnectionStatus::Partial),
        "COMPLETED" => Known::Value(ConnectionStatus::Completed),
        "ERROR" => Known::Value(ConnectionStatus::Error),
        _ => Known::other(text),
    }
}

fn utility_status(text: &str) -> Known<UtilityStatus> {
    match text {
        "NOT_CONNECTED" => Known::Value(UtilityStatus::NotConnected),
        "CONNECTED" => Known::Value(UtilityStatus::Connected),
        "ERROR" => Known::Value(UtilityStatus::Error),
        _ => Known::other(text),
    }
}

fn error_code(text: &str) -> Known<UtilityErrorCode> {
    match text {
        "TECHNICAL_ERROR" => Known::Value(UtilityErrorCode::TechnicalError),
        "UTILITY_ERROR" => Known::Value(UtilityErrorCode::UtilityError),
        "USER_CANCELED" => Known::Value(UtilityErrorCode::UserCanceled),
        "USER_INVALID_CREDENTIALS" => Known::Value(UtilityErrorCode::UserInvalidCredentials),
        "USER_INELIGIBLE" => Known::Value(UtilityErrorCode::UserIneligible),
        "AUTH_MFA_ERROR" => Known::Value(UtilityErrorCode::AuthMfaError),
        _ => Known::other(text),
    }
}

fn answer(text: Option<&str>, own_words: &[(&str, Answer)]) -> Known<Answer> {
    match text {
        None | Some("NOT_REQUIRED") => Known::Value(Answer::NotRequired),
        Some("NOT_ANSWERED") => Known::Value(Answer::NotAnswered),
        Some(text) => match own_words.iter().find(|(word, _)| *word == text) {
            Some((_, answer)) => Known::Value(*answer),
            None => Known::other(text),
        },
    }
}

/// Reads a time. Without an offset it is UTC, as the fields' names say; what cannot be read counts
/// as not given, since a record without a time still has a status.
pub(super) fn time(text: Option<&str>) -> Option<Timestamp> {
    let text = text?;
    let civil = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok();
    text.parse().ok().or_else(|| civil().map(|zoned| zoned.timestamp()))
}
