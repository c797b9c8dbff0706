//! What is stored, and read again by another program than the one that wrote it.

use jiff::SignedDuration;
use journey::{Delivered, Event, EventId, Journey, decide, lifecycle, stored};

use crate::stage::{now, stage};

/// A stored journey.
///
/// What can be read is written as what reads back as the same. The rules have an answer to every event in it
/// at every time, one that can be stored as well; it can be explained, and told to the partner.
pub fn journey(data: &[u8]) -> bool {
    let Ok(journey) = stored::decode(data) else {
        return false;
    };
    reads_back(&journey);
    let _ = lifecycle(None, &journey);
    let explained = contacts::explain(&journey, None);
    serde_json::to_string(&explained).expect("an explanation is JSON");
    let later = |hours| journey.opened_at.checked_add(SignedDuration::from_hours(hours));
    let times = [Some(journey.opened_at), later(1).ok(), later(80).ok(), Some(now())];
    for at in times.into_iter().flatten() {
        for event in events(&journey) {
            let delivered = Delivered {
                id: Some(EventId::new("event-1")),
                event,
            };
            let decision = decide(&journey, &delivered, at, &stage().rules);
            reads_back(&decision.next);
            let _ = lifecycle(Some(&journey), &decision.next);
        }
    }
    true
}

fn events(journey: &Journey) -> [Event; 9] {
    let generation = journey.generation;
    [
        Event::SessionOpened,
        Event::StepReached,
        Event::SessionClosed,
        Event::SessionCompleted,
        Event::LoginSucceeded { utility: None },
        Event::LinkFollowed,
        Event::TimerFired { generation },
        Event::MetersSeen {
            generation,
            meters: Vec::new(),
        },
        Event::ContactErased,
    ]
}

fn reads_back(journey: &Journey) {
    let bytes = stored::encode(journey);
    let read = stored::decode(&bytes).unwrap_or_else(|error| panic!("{error}: {error:?}"));
    assert_eq!(read, *journey, "a stored journey reads back as another one");
    assert_eq!(stored::encode(&read), bytes);
}
