//! What the sandbox tells its subscribers, as the documented payloads.

use serde::Serialize;
use serde_json::{Value, json};

use crate::leap::meter::Meter;
use crate::leap::utilities::Utility;
use crate::leap::vocabulary::{AuthorizationStatus, EnrollmentStatus, EventType, MeterType, SessionStatus};

/// A webhook event before it has an id.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) event_type: EventType,
    /// Whose event it is: a reference or a meter. Events about one thing are sent one by one.
    pub(crate) subject: String,
    payload: Value,
}

impl Event {
    pub(crate) fn session(reference: &str, status: SessionStatus) -> Self {
        Self::new(
            reference,
            SessionUpdated {
                webhook_event_type: EventType::ConnectSessionUpdated,
                partner_reference: reference,
                status,
            },
            EventType::ConnectSessionUpdated,
        )
    }

    pub(crate) fn authorization(reference: &str, utility: &Utility, status: AuthorizationStatus) -> Self {
        Self::new(
            reference,
            AuthorizationUpdated {
                webhook_event_type: EventType::ConnectSessionAuthorizationUpdated,
                partner_reference: reference,
                utility_name: utility.code,
                status,
            },
            EventType::ConnectSessionAuthorizationUpdated,
        )
    }

    pub(crate) fn meter_created(meter: &Meter) -> Self {
        Self::meter(meter, EventType::MeterCreated, None)
    }

    pub(crate) fn meter_status(meter: &Meter, status: EnrollmentStatus) -> Self {
        let event_type = EventType::MeterEnrollmentGlobalStatusUpdated;
        Self::meter(meter, event_type, Some(status))
    }

    /// The JSON text that is delivered: the payload in its envelope.
    pub(crate) fn enveloped(&self, webhook_event_id: &str) -> String {
        envelope(webhook_event_id, &self.payload)
    }

    fn meter(meter: &Meter, event_type: EventType, status: Option<EnrollmentStatus>) -> Self {
        Self::new(
            &meter.meter_id,
            MeterUpdated {
                webhook_event_type: event_type,
                meter_id: &meter.meter_id,
                partner_reference: &meter.partner_reference,
                transmission_region: meter.transmission_region,
                meter_type: meter.meter_type,
                global_enrollment_status: status,
            },
            event_type,
        )
    }

    fn new(subject: &str, payload: impl Serialize, event_type: EventType) -> Self {
        Self {
            event_type,
            subject: subject.to_owned(),
            // These payloads are structs of strings, for which this cannot fail.
            payload: serde_json::to_value(payload).unwrap_or_default(),
        }
    }
}

/// Puts a payload into the envelope that every delivery has.
pub(crate) fn envelope(webhook_event_id: &str, payload: &Value) -> String {
    json!({"webhook_event_id": webhook_event_id, "payload": payload}).to_string()
}

#[derive(Serialize)]
struct SessionUpdated<'a> {
    webhook_event_type: EventType,
    partner_reference: &'a str,
    status: SessionStatus,
}

#[derive(Serialize)]
struct AuthorizationUpdated<'a> {
    webhook_event_type: EventType,
    partner_reference: &'a str,
    utility_name: &'a str,
    status: AuthorizationStatus,
}

#[derive(Serialize)]
struct MeterUpdated<'a> {
    webhook_event_type: EventType,
    meter_id: &'a str,
    partner_reference: &'a str,
    transmission_region: &'a str,
    meter_type: MeterType,
    #[serde(skip_serializing_if = "Option::is_none")]
    global_enrollment_status: Option<EnrollmentStatus>,
}
