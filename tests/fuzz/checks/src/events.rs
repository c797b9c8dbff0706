//! What AWS tells: SES of a message, DynamoDB of a write.

use std::sync::Mutex;

use announce::{Links, stream as writes};
use feedback::Config;
use journey::contact::Known;
use journey::link::LinkKey;
use journey::port::{
    Announce, Announcement, Clock, CommitError, Count, CountOnce, DailyCount, FindContact, LoadJourney, StoreError,
    Timestamp, Versioned,
};
use journey::{ContactId, JourneyId};
use serde_json::Value;
use tests::{World, poll_once};

use crate::stage::{contact_id, ports, stage, stored, with_customer, with_journey, world};

/// The proof of the customer's first message, as `events/feedback` has it.
const PROOF: &str = "ffikmcseyvayapozq44qbhvjpy";

/// An event of SES's, in EventBridge's envelope or in SNS's.
///
/// It never fails, since the store does not. Whoever has not our proof changes nothing.
pub fn feedback(data: &[u8]) -> bool {
    let Ok(event) = serde_json::from_slice::<Value>(data) else {
        return false;
    };
    let world = world();
    with_customer(&world);
    let id = with_journey(&world);
    let before = state(&world, &id);
    let config = Config {
        id_key: stage().webhook.id_key.clone(),
        account: "123456789012".to_owned(),
        configuration_set: "rekindle".to_owned(),
        topic_arn: Some("arn:aws:sns:us-west-2:123456789012:rekindle-ses".to_owned()),
        replies_topic_arn: Some("arn:aws:sns:us-west-2:123456789012:rekindle-replies".to_owned()),
    };
    let (ports, stage) = (ports(&world), stage());
    poll_once(feedback::handle(&ports, &config, &stage.rules, None, &event))
        .unwrap()
        .expect("the store did not fail");
    let changed = state(&world, &id) != before;
    if changed {
        // Read again: a text may be written with escapes, and within a text.
        let told = event.to_string().replace("\\\\u", "\\u").to_lowercase();
        assert!(
            told.contains(PROOF) || told.contains("\\u"),
            "an event without our proof has changed something"
        );
    }
    changed
}

/// Everything that an event can change.
fn state(world: &World, id: &JourneyId) -> (Option<u64>, Option<(bool, bool)>) {
    let known = poll_once(ports(world).find_contact(&contact_id())).unwrap().unwrap();
    let closed = known.map(|known| {
        (
            known.contact.opted_out.is_everything(),
            !known.inbox.suppressed.is_open(),
        )
    });
    (stored(world, id).map(|stored| stored.version), closed)
}

/// An event of the table's stream.
///
/// The answer names no record or one of the batch's; since nothing fails, none. What is announced is JSON of the
/// documented form under its own name, and what is announced twice is the same.
pub fn stream(data: &[u8]) -> bool {
    let Ok(event) = serde_json::from_slice::<Value>(data) else {
        return false;
    };
    let partner = Partner::default();
    let answer = poll_once(writes::take(&partner, &links(), &event)).unwrap();
    assert_eq!(answer, serde_json::json!({"batchItemFailures": []}));
    let announced = partner.0.into_inner().unwrap();
    for one in &announced {
        let body: Value = serde_json::from_str(&one.body).expect("an announcement is JSON");
        assert_eq!(
            (&body["id"], &body["type"]),
            (&Value::from(one.id.as_str()), &Value::from(one.kind))
        );
        assert_eq!(body["schema"], "rekindle.lifecycle.v1");
    }
    let again = Partner::default();
    poll_once(writes::take(&again, &links(), &event)).unwrap();
    assert!(again.0.into_inner().unwrap() == announced);
    !announced.is_empty()
}

fn links() -> Links {
    Links {
        key: LinkKey::new(stage().webhook.id_key.derive("link")),
        public_url: "https://remind.example.com".to_owned(),
    }
}

/// A partner who takes everything, and a counter that was never used.
#[derive(Default)]
struct Partner(Mutex<Vec<Announcement>>);

impl Announce for Partner {
    async fn announce(&self, events: &[Announcement]) -> Vec<usize> {
        self.0.lock().unwrap().extend_from_slice(events);
        Vec::new()
    }
}

impl CountOnce for Partner {
    async fn counted(&self, _: &str) -> Result<Option<usize>, StoreError> {
        Ok(None)
    }

    async fn count_once(&self, _: &str, _: usize, counts: &[DailyCount]) -> Result<(), CommitError> {
        assert!(counts.len() < 100, "more than a transaction takes");
        assert!(counts.iter().all(|count| count.name.split('/').count() == 5));
        Ok(())
    }
}

impl Clock for Partner {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

impl LoadJourney for Partner {
    async fn load_journey(&self, _: &JourneyId) -> Result<Option<Versioned>, StoreError> {
        Ok(None)
    }
}

impl FindContact for Partner {
    async fn find_contact(&self, _: &ContactId) -> Result<Option<Known>, StoreError> {
        Ok(None)
    }

    async fn contact_of(&self, _: &JourneyId) -> Result<Option<Known>, StoreError> {
        Ok(None)
    }
}

impl Count for Partner {
    fn count(&self, counter: &'static str, _: u64) {
        assert_ne!(counter, "announce.failed");
    }
}
