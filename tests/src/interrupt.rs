//! Another process does something between two calls of a use case.

use journey::contact::{Contact, OptOut};
use journey::port::Precondition;
use journey::{JourneyId, Provider, Purpose};
use webhook::Request;

use crate::play::poll_once;
use crate::ports::Ports;
use crate::stage::{SECRET, Stage, id_key, light_webhook};
use crate::world::{Interruption, World};

/// Does it, with use cases of its own over the same world.
pub(crate) fn carry_out(world: &World, stage: &Stage, what: Interruption) {
    let contacts: Vec<Contact> = world.lock().contacts.values().cloned().collect();
    for contact in contacts {
        match what {
            Interruption::EverybodyFinishes => finishes(world, stage, &contact),
            Interruption::EverybodyOptsOut => {
                let key = id_key();
                let journey = JourneyId::new(&key, contact.provider, Purpose::Enroll, &contact.reference);
                world.lock().set_opted_out(&journey, &OptOut::Everything);
            }
            Interruption::EverybodyIsErased => {
                let ports = Ports { world, stage };
                let key = id_key();
                let erased = contacts::erase(
                    &ports,
                    &key,
                    &stage.rules,
                    contact.provider,
                    &contact.reference,
                    &Precondition::None,
                );
                let _ = boxed(erased);
            }
        }
    }
}

fn finishes(world: &World, stage: &Stage, contact: &Contact) {
    match contact.provider {
        Provider::Leap => {}
        Provider::Bayou => return connects(world, stage, contact),
        Provider::Light => return is_finalized(world, stage, contact),
    }
    let body = serde_json::json!({
        "webhook_event_id": format!("finished-{}", contact.reference.expose()),
        "payload": {
            "webhook_event_type": "connect_session.updated",
            "partner_reference": contact.reference.expose(),
            "status": "COMPLETED",
        },
    });
    let body = body.to_string();
    let secret = [SECRET.as_bytes()];
    let request = Request {
        secret_values: &secret,
        content_type: Some("application/json"),
        body: body.as_bytes(),
    };
    let ports = Ports { world, stage };
    let _ = boxed(webhook::handle(&ports, &stage.webhook, &stage.rules, request));
}

/// Runs a use case whose type would otherwise contain itself: it is called from within a port.
fn boxed<'a, T>(future: impl Future<Output = T> + 'a) -> Option<T> {
    let future: core::pin::Pin<Box<dyn Future<Output = T> + 'a>> = Box::pin(future);
    poll_once(future)
}

/// Light's record shows it, and its webhook tells.
fn is_finalized(world: &World, stage: &Stage, contact: &Contact) {
    world.lock().provider.finalize_everybody();
    let reference = contact.reference.expose();
    let (body, signature) = light_webhook("enrollment.finalized", reference, "finalized in between");
    let request = Request {
        secret_values: &[&signature],
        content_type: Some("application/json"),
        body: &body,
    };
    let ports = Ports { world, stage };
    let _ = boxed(webhook::handle_light(&ports, &stage.webhook, &stage.rules, request));
}

/// Bayou's record shows it, and its webhook tells.
fn connects(world: &World, stage: &Stage, contact: &Contact) {
    world.lock().provider.connect_everybody();
    let body = serde_json::json!({
        "event": "customer_has_filled_credentials",
        "object": { "customer_external_id": contact.reference.expose() },
    });
    let body = body.to_string();
    let request = Request {
        secret_values: &[SECRET.as_bytes()],
        content_type: Some("application/json"),
        body: body.as_bytes(),
    };
    let ports = Ports { world, stage };
    let _ = boxed(webhook::handle_bayou(&ports, &stage.webhook, &stage.rules, request));
}
