//! A reference's entry in the Connect API: cumulative over all its sessions.

use jiff::Timestamp;
use serde::Serialize;

use crate::leap::utilities::Utility;
use crate::leap::vocabulary::{AgreementStatus, ConnectionStatus, ErrorCode, GeneratorStatus, UtilityStatus};

/// What the Connect API knows of one reference, in the words it answers with.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Record {
    pub(crate) id: String,
    pub(crate) transmission_region: String,
    pub(crate) ref_id: String,
    pub(crate) start_date_time_utc: Timestamp,
    /// The last attempt at a utility; null as long as the customer has not got that far.
    pub(crate) last_interaction_date_time_utc: Option<Timestamp>,
    pub(crate) connection_status: ConnectionStatus,
    pub(crate) utility_connections: Vec<UtilityConnection>,
    pub(crate) agreements: Agreements,
}

/// One utility the customer was asked to connect, or tried of their own accord.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct UtilityConnection {
    authorization_uuid: Option<String>,
    pub(crate) utility_name: &'static str,
    utility_is_required: bool,
    pub(crate) status: UtilityStatus,
    error_code: Option<ErrorCode>,
    start_date_time_utc: Timestamp,
    last_interaction_date_time_utc: Option<Timestamp>,
}

/// The agreements, which come before the utility.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Agreements {
    #[serde(rename = "prohibited_resource_attestation_status")]
    pub(crate) attestation: AgreementStatus,
    #[serde(rename = "demand_response_participation_agreement_status")]
    pub(crate) participation: AgreementStatus,
    #[serde(rename = "generator_status", skip_serializing_if = "Option::is_none")]
    snake_case_generator: Option<GeneratorStatus>,
    /// The specification and the guide spell this field differently, so both occur here.
    #[serde(rename = "generatorStatus", skip_serializing_if = "Option::is_none")]
    camel_case_generator: Option<GeneratorStatus>,
}

impl Agreements {
    /// The agreements of a Connect flow, none answered yet.
    pub(crate) fn unanswered(generator_asked: bool, camel_case: bool) -> Self {
        let generator = if generator_asked {
            GeneratorStatus::NotAnswered
        } else {
            GeneratorStatus::NotRequired
        };
        Self {
            attestation: AgreementStatus::NotAnswered,
            participation: AgreementStatus::NotAnswered,
            snake_case_generator: (!camel_case).then_some(generator),
            camel_case_generator: camel_case.then_some(generator),
        }
    }

    /// Direct to Utility has no agreements: its only step is the utility's own authorization.
    pub(crate) fn none_required() -> Self {
        Self {
            attestation: AgreementStatus::NotRequired,
            participation: AgreementStatus::NotRequired,
            snake_case_generator: Some(GeneratorStatus::NotRequired),
            camel_case_generator: None,
        }
    }

    pub(crate) fn generator(&self) -> GeneratorStatus {
        self.snake_case_generator
            .or(self.camel_case_generator)
            .unwrap_or(GeneratorStatus::NotRequired)
    }

    pub(crate) fn describe_generator(&mut self, generator: GeneratorStatus) {
        if let Some(snake_case) = &mut self.snake_case_generator {
            *snake_case = generator;
        }
        if let Some(camel_case) = &mut self.camel_case_generator {
            *camel_case = generator;
        }
    }

    fn are_given(&self) -> bool {
        let given = |status| match status {
            AgreementStatus::Completed | AgreementStatus::NotRequired => true,
            AgreementStatus::NotAnswered | AgreementStatus::Declined => false,
        };
        given(self.attestation) && given(self.participation) && self.generator() != GeneratorStatus::NotAnswered
    }
}

impl Record {
    pub(crate) fn new(
        id: String,
        transmission_region: &str,
        reference: &str,
        agreements: Agreements,
        at: Timestamp,
    ) -> Self {
        Self {
            id,
            transmission_region: transmission_region.to_owned(),
            ref_id: reference.to_owned(),
            start_date_time_utc: at,
            last_interaction_date_time_utc: None,
            connection_status: ConnectionStatus::NotStarted,
            utility_connections: Vec::new(),
            agreements,
        }
    }

    /// The first step of any kind: from now on the requested utilities are listed.
    pub(crate) fn step(&mut self, requested: &[&'static Utility], required: bool) {
        for utility in requested {
            self.list(utility, required);
        }
        self.assess();
    }

    /// The customer is at a utility's login; an earlier failure there is forgotten.
    pub(crate) fn reach(&mut self, utility: &'static Utility, uuid: &str, at: Timestamp) {
        self.attempt(utility, at, |connection| {
            // Whoever opens the login again after connecting is still connected.
            if connection.status != UtilityStatus::Connected {
                connection.authorization_uuid = Some(uuid.to_owned());
                connection.status = UtilityStatus::NotConnected;
                connection.error_code = None;
            }
        });
    }

    pub(crate) fn fail(&mut self, utility: &'static Utility, error_code: Option<ErrorCode>, at: Timestamp) {
        self.attempt(utility, at, |connection| {
            if connection.status != UtilityStatus::Connected {
                connection.status = UtilityStatus::Error;
                connection.error_code = error_code;
            }
        });
    }

    pub(crate) fn authorize(&mut self, utility: &'static Utility, at: Timestamp) {
        self.attempt(utility, at, |connection| {
            connection.status = UtilityStatus::Connected;
            connection.error_code = None;
        });
    }

    /// Completes the record if nothing is missing, and says whether it is complete now.
    pub(crate) fn complete(&mut self) -> bool {
        if self.agreements.are_given()
            && self
                .decisive()
                .all(|connection| connection.status == UtilityStatus::Connected)
        {
            self.connection_status = ConnectionStatus::Completed;
        }
        self.is_complete()
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.connection_status == ConnectionStatus::Completed
    }

    pub(crate) fn is_connected_to(&self, utility: &Utility) -> bool {
        self.utility_connections.iter().any(|connection| {
            connection.utility_name == utility.display_name && connection.status == UtilityStatus::Connected
        })
    }

    fn list(&mut self, utility: &'static Utility, required: bool) {
        if self
            .utility_connections
            .iter()
            .all(|connection| connection.utility_name != utility.display_name)
        {
            self.utility_connections.push(UtilityConnection {
                authorization_uuid: None,
                utility_name: utility.display_name,
                utility_is_required: required,
                status: UtilityStatus::NotConnected,
                error_code: None,
                start_date_time_utc: self.start_date_time_utc,
                last_interaction_date_time_utc: None,
            });
        }
    }

    /// Something happens at a utility, which nobody had to request.
    fn attempt(&mut self, utility: &'static Utility, at: Timestamp, change: impl Fn(&mut UtilityConnection)) {
        self.list(utility, false);
        self.last_interaction_date_time_utc = Some(at);
        for connection in &mut self.utility_connections {
            if connection.utility_name == utility.display_name {
                connection.last_interaction_date_time_utc = Some(at);
                change(connection);
            }
        }
        self.assess();
    }

    /// The required utilities or, where none is flagged as required, all of them.
    fn decisive(&self) -> impl Iterator<Item = &UtilityConnection> {
        let any_required = self
            .utility_connections
            .iter()
            .any(|connection| connection.utility_is_required);
        self.utility_connections
            .iter()
            .filter(move |connection| connection.utility_is_required || !any_required)
    }

    /// Which of ERROR and PARTIAL wins when one required utility is connected and another failed is
    /// not documented; here a connected one makes it PARTIAL.
    fn assess(&mut self) {
        if self.is_complete() {
            return;
        }
        let has = |status| self.decisive().any(|connection| connection.status == status);
        self.connection_status = if has(UtilityStatus::Error) && !has(UtilityStatus::Connected) {
            ConnectionStatus::Error
        } else {
            ConnectionStatus::Partial
        };
    }
}
