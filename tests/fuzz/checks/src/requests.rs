//! A provider's webhook.

use http::{HeaderName, Request, Response};
use serde_json::json;
use tests::{SECRET, World, poll_once};
use webhook::Parsed;

use crate::answers::{documented, is_a_problem, request};
use crate::stage::{journey_id, ports, stage, stored, world};

const STATUSES: [u16; 7] = [200, 400, 401, 404, 405, 413, 415];

/// A webhook, as an HTTP request.
///
/// What is refused stores nothing, and its answer shows neither the secret nor an address. What is taken is
/// answered with the same words, begins at most one journey, and changes nothing when it comes again.
pub fn webhook(data: &[u8]) -> bool {
    let Some(request) = request(data) else {
        return false;
    };
    let world = world();
    let answer = deliver(&world, request.clone());
    documented(&answer, &STATUSES);
    if answer.status() != 200 {
        is_a_problem(&answer, request.method(), &[SECRET, "@"]);
        assert_eq!(
            (world.journeys(), world.timers()),
            (0, 0),
            "a refusal has kept something"
        );
        return false;
    }
    assert_eq!(answer.body(), json!({"status": "accepted"}).to_string().as_bytes());
    assert!(world.journeys() <= 1);
    assert!(
        world.timers() == 0 || world.journeys() == 1,
        "a timer without its journey"
    );
    match webhook::parse_leap(request.body()).expect("what was taken can be read") {
        Parsed::Event {
            reference, delivered, ..
        } => {
            let id = journey_id(&reference);
            let before = stored(&world, &id);
            let again = deliver(&world, request);
            assert_eq!(again.status(), 200);
            let after = stored(&world, &id);
            if delivered.id.is_some() {
                let version = |stored: &Option<journey::port::Versioned>| stored.as_ref().map(|stored| stored.version);
                assert_eq!(version(&before), version(&after), "a duplicate has written");
            }
        }
        Parsed::Unusable(why) => assert_eq!((world.journeys(), world.counted(why.counter())), (0, 1)),
    }
    true
}

fn deliver(world: &World, request: Request<Vec<u8>>) -> Response<Vec<u8>> {
    let header = HeaderName::from_static("x-rekindle-key");
    let (ports, stage) = (ports(world), stage());
    poll_once(webhook::http::handle(
        &ports,
        &stage.webhook,
        &header,
        &stage.rules,
        request,
    ))
    .unwrap()
}
