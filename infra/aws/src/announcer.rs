//! All ways of announcing at once.

use journey::port::{Announce, Announcement};

use crate::bus::Bus;

/// Announces on the event bus, and in one more way, if there is one.
pub struct Announcer<A> {
    /// The event bus.
    pub bus: Bus,
    /// The partner's URL, say.
    pub also: Option<A>,
}

impl<A: Announce> Announce for Announcer<A> {
    /// An event is taken when every way has taken it. One that only some took comes again in all of
    /// them: at least once, under the same name.
    async fn announce(&self, events: &[Announcement]) -> Vec<usize> {
        let also = async {
            match &self.also {
                Some(also) => also.announce(events).await,
                None => Vec::new(),
            }
        };
        let (mut left, not_by_the_other) = tokio::join!(self.bus.put(events), also);
        left.extend(not_by_the_other);
        left.sort_unstable();
        left.dedup();
        left
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{self, Wire};

    /// Takes all but these places, and only these.
    struct Refuses(Vec<usize>);

    impl Announce for Refuses {
        async fn announce(&self, _: &[Announcement]) -> Vec<usize> {
            self.0.clone()
        }
    }

    fn events(count: usize) -> Vec<Announcement> {
        let event = |n| Announcement {
            id: format!("event-{n}"),
            kind: "touch.sent",
            at: "2026-11-22T04:00:00Z".parse().unwrap(),
            body: json!({ "n": n }).to_string(),
        };
        (0..count).map(event).collect()
    }

    fn announcer(also: Option<Refuses>) -> Announcer<Refuses> {
        let answer = json!({"FailedEntryCount": 1, "Entries": [
            {"EventId": "a"}, {"ErrorCode": "InternalFailure"}, {"EventId": "c"}, {"EventId": "d"},
        ]});
        let wire = Wire::new(vec![testing::json(&answer)]);
        let bus = Bus::new(wire.clients().eventbridge(), "rekindle".to_owned());
        Announcer { bus, also }
    }

    #[tokio::test]
    async fn an_event_is_taken_when_every_way_took_it() {
        let both = announcer(Some(Refuses(vec![1, 2])));
        assert_eq!(both.announce(&events(4)).await, [1, 2]);
        assert_eq!(announcer(None).announce(&events(4)).await, [1]);
    }
}
