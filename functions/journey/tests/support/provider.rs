//! The provider's answers, in few words.

use journey::status::{
    Agreements, Answer, Connection, ConnectionStatus, Known, Snapshot, UtilityConnection, UtilityErrorCode,
    UtilityStatus,
};

use super::at;

pub(crate) const ASKED_FOR: &str = "SDG&E: San Diego Gas & Electric";
pub(crate) const ANOTHER: &str = "SCE: Southern California Edison";

pub(crate) fn snapshot(records: impl IntoIterator<Item = Connection>) -> Snapshot {
    Snapshot::Leap(records.into_iter().collect())
}

pub(crate) fn nothing() -> Snapshot {
    Snapshot::default()
}

/// A record of the given state whose only, required utility has the matching state.
pub(crate) fn record(status: ConnectionStatus, last: &str) -> Connection {
    let utility = match status {
        ConnectionStatus::NotStarted => None,
        ConnectionStatus::Partial => Some(required(UtilityStatus::NotConnected)),
        ConnectionStatus::Completed => Some(required(UtilityStatus::Connected)),
        ConnectionStatus::Error => Some(required(UtilityStatus::Error)),
    };
    Connection {
        id: "CAISO_f16a3a50-9ce1-436b-82b2-7b6cf3372cd7_site-ca-0001".to_owned(),
        region: "CAISO".to_owned(),
        started_at: None,
        last_interaction_at: Some(at(last)),
        status: Known::Value(status),
        utilities: utility.into_iter().collect(),
        agreements: Agreements::default(),
    }
}

/// PARTIAL, standing before the utility's login.
pub(crate) fn partial(last: &str) -> Snapshot {
    snapshot([record(ConnectionStatus::Partial, last)])
}

pub(crate) fn completed(last: &str) -> Snapshot {
    snapshot([record(ConnectionStatus::Completed, last)])
}

pub(crate) fn not_started(last: &str) -> Snapshot {
    snapshot([record(ConnectionStatus::NotStarted, last)])
}

/// ERROR, with this code at the only utility.
pub(crate) fn failed(code: Option<UtilityErrorCode>, last: &str) -> Snapshot {
    let mut record = record(ConnectionStatus::Error, last);
    for utility in &mut record.utilities {
        utility.error = code.map(Known::Value);
        utility.last_interaction_at = Some(at(last));
    }
    snapshot([record])
}

/// A connection status that nobody knows.
pub(crate) fn unheard_of(last: &str) -> Snapshot {
    let mut record = record(ConnectionStatus::Partial, last);
    record.status = Known::other("PAUSED");
    snapshot([record])
}

/// PARTIAL: the asked-for utility is not connected, another one is.
pub(crate) fn wrong_utility(last: &str) -> Snapshot {
    let mut record = record(ConnectionStatus::Partial, last);
    record
        .utilities
        .push(utility(ANOTHER, false, UtilityStatus::Connected, None));
    snapshot([record])
}

/// PARTIAL, with the participation agreement in this state.
pub(crate) fn agreement(answer: Answer, last: &str) -> Snapshot {
    let mut record = record(ConnectionStatus::Partial, last);
    record.agreements.participation = Known::Value(answer);
    snapshot([record])
}

pub(crate) fn utility(
    name: &str,
    required: bool,
    status: UtilityStatus,
    error: Option<UtilityErrorCode>,
) -> UtilityConnection {
    UtilityConnection {
        name: name.to_owned(),
        required,
        status: Known::Value(status),
        error: error.map(Known::Value),
        started_at: None,
        last_interaction_at: None,
    }
}

fn required(status: UtilityStatus) -> UtilityConnection {
    utility(ASKED_FOR, true, status, None)
}
