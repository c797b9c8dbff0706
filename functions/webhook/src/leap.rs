//! Leap's form of a webhook (docs/leap.md, section 3).

use journey::{Delivered, Event, EventId, MeterKind, Reference, UtilityCode};
use serde::Deserialize;
use serde_json::{Map, Value};

/// What a body turned out to be.
#[allow(clippy::large_enum_variant, reason = "one at a time, on the stack, for a moment")]
#[derive(Clone, Debug, PartialEq)]
pub enum Parsed {
    /// An event of a reference.
    Event {
        /// The reference.
        reference: Reference,
        /// The event.
        delivered: Delivered,
        /// May it begin a journey? The customer's own steps may; news of a meter may not, since
        /// partners create meters too (trap 32).
        begins: bool,
    },
    /// Leap's form, but nothing that we could act on; the same delivery again would not help.
    Unusable(Unusable),
}

/// Why an event is left aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// A type that is not documented.
    UnknownType,
    /// A status that is not documented (trap 25).
    UnknownStatus,
    /// A reference outside Leap's own pattern (trap 29).
    InvalidReference,
    /// No reference: it is optional in meter events, and absent in group events.
    NoReference,
}

impl Unusable {
    /// The name of the counter.
    #[must_use]
    pub const fn counter(self) -> &'static str {
        match self {
            Unusable::UnknownType => "webhook.unknown_type",
            Unusable::UnknownStatus => "webhook.unknown_status",
            Unusable::InvalidReference => "webhook.invalid_reference",
            Unusable::NoReference => "webhook.no_reference",
        }
    }
}

/// Not Leap's form at all.
#[derive(Debug, thiserror::Error)]
pub enum Malformed {
    /// Not JSON, or a documented part is missing or of the wrong type.
    #[error("not a Leap webhook")]
    Form(#[from] serde_json::Error),
    /// The event's identifier is empty or longer than any identifier.
    #[error("the webhook's identifier is empty or too long")]
    Identifier,
}

/// The longest identifier that is accepted; Leap's are UUIDs of 36 characters.
const MAX_ID_LENGTH: usize = 128;

#[derive(Deserialize)]
struct Envelope {
    webhook_event_id: String,
    payload: Map<String, Value>,
}

#[derive(Deserialize)]
struct Payload {
    webhook_event_type: String,
}

#[derive(Deserialize)]
struct Session {
    partner_reference: String,
    status: String,
}

#[derive(Deserialize)]
struct Authorization {
    partner_reference: String,
    status: String,
    #[serde(default)]
    utility_name: Option<String>,
}

#[derive(Deserialize)]
struct Meter {
    #[serde(default)]
    partner_reference: Option<String>,
    #[serde(default)]
    meter_type: Option<String>,
}

/// Reads a body, in the delivered envelope or bare, as the provider's test endpoint takes it.
///
/// # Errors
/// [`Malformed`] when it is not Leap's form at all. Its source may quote the body: not for a log line.
pub fn parse(body: &[u8]) -> Result<Parsed, Malformed> {
    // Objects, not lists: a list would fill in the fields by their order.
    let whole: Map<String, Value> = serde_json::from_slice(body)?;
    let (id, payload) = if whole.contains_key("webhook_event_type") {
        (None, whole)
    } else {
        let envelope: Envelope = serde_json::from_value(Value::Object(whole))?;
        let length = envelope.webhook_event_id.len();
        if length == 0 || length > MAX_ID_LENGTH {
            return Err(Malformed::Identifier);
        }
        (Some(EventId::new(&envelope.webhook_event_id)), envelope.payload)
    };
    let payload = Value::Object(payload);
    let kind = Payload::deserialize(&payload)?.webhook_event_type;
    match kind.as_str() {
        "connect_session.updated" => {
            let session = Session::deserialize(&payload)?;
            let event = match session.status.as_str() {
                "CREATED" => Event::SessionOpened,
                "UPDATED" => Event::StepReached,
                "CLOSED" => Event::SessionClosed,
                "COMPLETED" => Event::SessionCompleted,
                _ => return Ok(Parsed::Unusable(Unusable::UnknownStatus)),
            };
            Ok(of_reference(&session.partner_reference, id, event, true))
        }
        "connect_session.authorization_updated" => {
            let authorization = Authorization::deserialize(&payload)?;
            let utility = authorization.utility_name.as_deref().and_then(UtilityCode::parse);
            let event = match authorization.status.as_str() {
                "INITIATED" => Event::LoginReached { utility },
                "COMPLETED" => Event::LoginSucceeded { utility },
                "FAILED" => Event::LoginFailed { utility },
                _ => return Ok(Parsed::Unusable(Unusable::UnknownStatus)),
            };
            Ok(of_reference(&authorization.partner_reference, id, event, true))
        }
        "meter.created" => {
            let meter = Meter::deserialize(&payload)?;
            let kind = meter.meter_type.as_deref().map(|kind| match kind {
                "UTILITY_METER" => MeterKind::UtilityMeter,
                "SUBMETER" => MeterKind::Submeter,
                "DEVICE" => MeterKind::Device,
                _ => MeterKind::Other,
            });
            Ok(of_meter(&meter, id, Event::MeterAnnounced { kind }))
        }
        "meter.enrollment.global-status.updated" => {
            let what = match payload.get("global_enrollment_status").and_then(Value::as_str) {
                Some("ACTIVE") => "enrollment_active",
                Some("ELIGIBLE") => "enrollment_eligible",
                Some("INELIGIBLE") => "enrollment_ineligible",
                Some("NOT_PARTICIPATING") => "enrollment_not_participating",
                Some("PENDING") => "enrollment_pending",
                Some(_) | None => return Ok(Parsed::Unusable(Unusable::UnknownStatus)),
            };
            Ok(of_meter(
                &Meter::deserialize(&payload)?,
                id,
                Event::MeterEnrollmentChanged { what },
            ))
        }
        "meter.enrollment.participation-status.updated" => {
            let what = match payload.get("participation_preference").and_then(Value::as_str) {
                Some("PARTICIPATE") => "participation_participate",
                Some("IDLE") => "participation_idle",
                Some("DISENROLL") => "participation_disenroll",
                Some(_) | None => return Ok(Parsed::Unusable(Unusable::UnknownStatus)),
            };
            Ok(of_meter(
                &Meter::deserialize(&payload)?,
                id,
                Event::MeterEnrollmentChanged { what },
            ))
        }
        "meter.enrollment.required-actions.updated" => {
            // A revoked authorisation or a missing document after the completion is another
            // campaign's matter: it never reopens this one (trap 33).
            let event = Event::MeterEnrollmentChanged {
                what: "required_actions",
            };
            Ok(of_meter(&Meter::deserialize(&payload)?, id, event))
        }
        "meter.enrollment.group.updated" => Ok(Parsed::Unusable(Unusable::NoReference)),
        _ => Ok(Parsed::Unusable(Unusable::UnknownType)),
    }
}

fn of_meter(meter: &Meter, id: Option<EventId>, event: Event) -> Parsed {
    match &meter.partner_reference {
        Some(reference) => of_reference(reference, id, event, false),
        None => Parsed::Unusable(Unusable::NoReference),
    }
}

fn of_reference(reference: &str, id: Option<EventId>, event: Event, begins: bool) -> Parsed {
    match Reference::new(reference) {
        Ok(reference) => Parsed::Event {
            reference,
            delivered: Delivered { id, event },
            begins,
        },
        Err(_) => Parsed::Unusable(Unusable::InvalidReference),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! fixture {
        ($name:literal) => {
            include_bytes!(concat!("../../../tests/fixtures/leap/webhook-", $name, ".json"))
        };
    }

    fn event(body: &[u8]) -> (String, Event, bool) {
        match parse(body).unwrap() {
            Parsed::Event {
                reference,
                delivered,
                begins,
            } => {
                assert!(delivered.id.is_some());
                (reference.expose().to_owned(), delivered.event, begins)
            }
            Parsed::Unusable(why) => panic!("{why:?}"),
        }
    }

    fn left_aside(body: &str) -> Unusable {
        match parse(body.as_bytes()).unwrap() {
            Parsed::Unusable(why) => why,
            Parsed::Event { .. } => panic!("usable"),
        }
    }

    #[test]
    fn every_documented_event_is_read() {
        let pge = UtilityCode::parse("PGE");
        let cases: [(&[u8], Event, bool); 11] = [
            (fixture!("connect-session-created"), Event::SessionOpened, true),
            (fixture!("connect-session-updated"), Event::StepReached, true),
            (fixture!("connect-session-closed"), Event::SessionClosed, true),
            (fixture!("connect-session-completed"), Event::SessionCompleted, true),
            (
                fixture!("authorization-initiated"),
                Event::LoginReached { utility: pge.clone() },
                true,
            ),
            (
                fixture!("authorization-completed"),
                Event::LoginSucceeded { utility: pge.clone() },
                true,
            ),
            (
                fixture!("authorization-failed"),
                Event::LoginFailed { utility: pge },
                true,
            ),
            (
                fixture!("meter-created"),
                Event::MeterAnnounced {
                    kind: Some(MeterKind::UtilityMeter),
                },
                false,
            ),
            (
                fixture!("meter-enrollment-global-status-updated"),
                Event::MeterEnrollmentChanged {
                    what: "enrollment_pending",
                },
                false,
            ),
            (
                fixture!("meter-enrollment-participation-status-updated"),
                Event::MeterEnrollmentChanged {
                    what: "participation_participate",
                },
                false,
            ),
            (
                fixture!("meter-enrollment-required-actions-updated"),
                Event::MeterEnrollmentChanged {
                    what: "required_actions",
                },
                false,
            ),
        ];
        for (body, expected, begins) in cases {
            assert_eq!(event(body), ("site-ca-0001".to_owned(), expected, begins));
        }
        assert_eq!(
            parse(fixture!("meter-enrollment-group-updated")).unwrap(),
            Parsed::Unusable(Unusable::NoReference)
        );
    }

    #[test]
    fn trap_05_what_would_only_be_repeated_is_left_aside() {
        let connect = |status: &str, reference: &str| {
            format!(
                r#"{{"webhook_event_id":"e1","payload":{{"webhook_event_type":"connect_session.updated","partner_reference":"{reference}","status":"{status}"}}}}"#
            )
        };
        assert_eq!(
            left_aside(&connect("EXITED_CONDITIONALLY", "abc")),
            Unusable::UnknownStatus
        );
        assert_eq!(left_aside(&connect("created", "abc")), Unusable::UnknownStatus);
        assert_eq!(left_aside(&connect("CREATED", "a<b>")), Unusable::InvalidReference);
        assert_eq!(left_aside(&connect("CREATED", "")), Unusable::InvalidReference);
        assert_eq!(
            left_aside(r#"{"webhook_event_id":"e1","payload":{"webhook_event_type":"dispatch.started"}}"#),
            Unusable::UnknownType
        );
    }

    #[test]
    fn what_is_not_leaps_form_is_malformed() {
        for body in [
            "",
            "null",
            "[]",
            "{}",
            "not json",
            r#"{"webhook_event_id":"e1"}"#,
            r#"{"payload":{"webhook_event_type":"connect_session.updated"}}"#,
            r#"{"webhook_event_id":"","payload":{"webhook_event_type":"x"}}"#,
            r#"{"webhook_event_id":7,"payload":{"webhook_event_type":"x"}}"#,
            r#"{"webhook_event_id":"e1","payload":"connect_session.updated"}"#,
            r#"{"webhook_event_id":"e1","payload":{"webhook_event_type":7}}"#,
            r#"{"webhook_event_id":"e1","payload":{"webhook_event_type":"connect_session.updated","partner_reference":"abc"}}"#,
            r#"{"webhook_event_id":"e1","payload":{"webhook_event_type":"connect_session.updated","partner_reference":7,"status":"CREATED"}}"#,
        ] {
            assert!(parse(body.as_bytes()).is_err(), "{body}");
        }
        assert!(parse(&vec![b'['; 60_000]).is_err(), "nesting is bounded");
    }

    #[test]
    fn each_kind_of_meter_is_told_apart() {
        for (kind, expected) in [
            ("UTILITY_METER", MeterKind::UtilityMeter),
            ("SUBMETER", MeterKind::Submeter),
            ("DEVICE", MeterKind::Device),
            ("HYDROGEN", MeterKind::Other),
        ] {
            let body = format!(
                r#"{{"webhook_event_id":"e1","payload":{{"webhook_event_type":"meter.created","meter_id":"m","partner_reference":"abc","meter_type":"{kind}"}}}}"#
            );
            let kind = Some(expected);
            assert_eq!(
                event(body.as_bytes()),
                ("abc".to_owned(), Event::MeterAnnounced { kind }, false)
            );
        }
    }

    #[test]
    fn an_identifier_has_128_bytes_at_most() {
        let of_length = |length: usize| {
            let id = "e".repeat(length);
            parse(format!(r#"{{"webhook_event_id":"{id}","payload":{{"webhook_event_type":"x"}}}}"#).as_bytes())
        };
        assert!(of_length(128).is_ok());
        assert!(matches!(of_length(129), Err(Malformed::Identifier)));
        assert!(matches!(of_length(0), Err(Malformed::Identifier)));
    }

    #[test]
    fn trap_35_a_bare_payload_is_read_without_an_identifier() {
        let body = br#"{"webhook_event_type":"meter.created","meter_id":"m","partner_reference":"leap-test-1"}"#;
        match parse(body).unwrap() {
            Parsed::Event { delivered, .. } => {
                assert_eq!(
                    delivered,
                    Delivered {
                        id: None,
                        event: Event::MeterAnnounced { kind: None }
                    }
                );
            }
            Parsed::Unusable(why) => panic!("{why:?}"),
        }
    }

    #[test]
    fn added_fields_and_odd_utility_names_do_no_harm() {
        let body = r#"{"webhook_event_id":"e1","extra":[1],"payload":{"webhook_event_type":"connect_session.authorization_updated","partner_reference":"ab c","utility_name":"<script>","status":"FAILED","new":{}}}"#;
        assert_eq!(event(body.as_bytes()).1, Event::LoginFailed { utility: None });
    }
}
