use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{KEY, Received, Receiver, START, Story, at, first_with, text};
use crate::{EventType, Habit, SandboxConfig, Trouble};

/// Opens a link that is nobody's, which makes one event.
async fn one_event(story: &Story, reference: &str) {
    let url = story.url(&format!("/connect?transmissionRegion=CAISO&refId={reference}"));
    assert_eq!(story.http.get(url).send().await.unwrap().status(), 200);
    story.settle().await;
}

fn minutes_after_start(received: &[Received]) -> Vec<i64> {
    received
        .iter()
        .map(|received| received.at.duration_since(at(START)).as_mins())
        .collect()
}

fn ids(received: &[Received]) -> Vec<String> {
    let id = |received: &Received| text(&received.body["webhook_event_id"]);
    received.iter().map(id).collect()
}

#[tokio::test]
async fn a_failing_receiver_is_tried_ten_times_over_eight_hours_with_the_same_id() {
    let story = Story::start(1).await;
    let receiver = Receiver::subscribed(&story).await;
    receiver.answer(500);
    one_event(&story, "site-1").await;
    story.live_for(SignedDuration::from_hours(48)).await;
    let received = receiver.received();
    assert_eq!(minutes_after_start(&received), [0, 1, 3, 7, 15, 31, 60, 120, 240, 480]);
    assert!(received.iter().all(|again| again.body == received[0].body));
    assert_eq!(story.sandbox.next_action_at(), None);
    let stats = story.sandbox.stats().deliveries;
    assert_eq!((stats.attempts, stats.retries), (10, 9));
    assert_eq!((stats.accepted, stats.given_up), (0, 1));
}

#[tokio::test]
async fn any_2xx_ends_the_retries_and_a_redirect_does_not() {
    let story = Story::start(2).await;
    let receiver = Receiver::subscribed(&story).await;
    receiver.answer(302);
    one_event(&story, "site-1").await;
    story.live_for(SignedDuration::from_mins(2)).await;
    receiver.answer(202);
    story.live_for(SignedDuration::from_hours(48)).await;
    assert_eq!(minutes_after_start(&receiver.received()), [0, 1, 3]);
    assert_eq!(story.sandbox.stats().deliveries.accepted, 1);
}

#[tokio::test]
async fn an_answer_that_does_not_come_in_time_is_a_failure() {
    let story = Story::start_with(SandboxConfig {
        answer_within: Duration::from_millis(50),
        ..SandboxConfig::new(3, KEY)
    })
    .await;
    let receiver = Receiver::subscribed(&story).await;
    receiver.answer(0);
    one_event(&story, "site-1").await;
    receiver.answer(200);
    story.live_for(SignedDuration::from_hours(9)).await;
    assert_eq!(minutes_after_start(&receiver.received()), [0, 1]);
}

#[tokio::test]
async fn an_unreachable_receiver_is_tried_again_too() {
    let story = Story::start(4).await;
    let receiver = Receiver::start(&story.clock).await;
    let mut webhook = receiver.webhook(&EventType::ALL);
    // A port that was free a moment ago has nobody behind it.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    webhook.receiver_url = format!("http://{}/hooks", free.local_addr().unwrap());
    drop(free);
    story.sandbox.register_webhook(webhook).unwrap();
    one_event(&story, "site-1").await;
    let next_at = story.sandbox.next_action_at();
    assert_eq!(next_at, Some(at(START) + SignedDuration::from_mins(1)));
    assert_eq!(story.sandbox.stats().deliveries.attempts, 1);
}

#[tokio::test]
async fn a_duplicate_is_the_same_event_again_within_minutes() {
    let story = Story::start(5).await;
    let receiver = Receiver::subscribed(&story).await;
    story.sandbox.set_trouble(Trouble {
        duplicate_p: 1.0,
        ..Trouble::default()
    });
    for number in 0..10 {
        one_event(&story, &format!("site-{number}")).await;
    }
    story.live_for(SignedDuration::from_hours(9)).await;
    let received = receiver.received();
    let mut times: BTreeMap<String, Vec<Timestamp>> = BTreeMap::new();
    for (id, received) in ids(&received).into_iter().zip(&received) {
        times.entry(id).or_default().push(received.at);
    }
    assert_eq!(times.len(), 10);
    for times in times.values() {
        let [first, second] = times[..] else {
            panic!("delivered {} times", times.len());
        };
        assert!(second.duration_since(first) <= SignedDuration::from_mins(3));
    }
    assert_eq!(story.sandbox.stats().deliveries.duplicates, 10);
}

#[tokio::test]
async fn a_lost_event_never_arrives() {
    let story = Story::start(6).await;
    let receiver = Receiver::subscribed(&story).await;
    story.sandbox.set_trouble(Trouble {
        lost_p: 1.0,
        ..Trouble::default()
    });
    one_event(&story, "site-1").await;
    story.sandbox.set_trouble(Trouble::default());
    one_event(&story, "site-2").await;
    story.live_for(SignedDuration::from_hours(48)).await;
    assert!(receiver.told("site-1").is_empty());
    assert_eq!(receiver.told("site-2"), ["session CREATED"]);
    assert_eq!(story.sandbox.stats().deliveries.lost, 1);
}

#[tokio::test]
async fn a_late_event_arrives_with_the_last_attempt() {
    let story = Story::start(7).await;
    let receiver = Receiver::subscribed(&story).await;
    story.sandbox.set_trouble(Trouble {
        late_p: 1.0,
        ..Trouble::default()
    });
    one_event(&story, "site-1").await;
    story.live_for(SignedDuration::from_hours(48)).await;
    assert_eq!(minutes_after_start(&receiver.received()), [480]);
    let stats = story.sandbox.stats().deliveries;
    assert_eq!((stats.late, stats.retries), (1, 0));
}

#[tokio::test]
async fn disorder_lets_later_events_overtake_earlier_ones() {
    let story = Story::start(8).await;
    let receiver = Receiver::subscribed(&story).await;
    let customers = story.populate(8, 40);
    story.sandbox.set_trouble(Trouble {
        disorder_minutes: 60,
        ..Trouble::default()
    });
    story.live_for(SignedDuration::from_hours(8)).await;
    let orderly = |customer: &crate::Customer| {
        let told = receiver.told(&customer.reference);
        told.first().is_none_or(|first| first.ends_with("CREATED"))
    };
    assert!(!customers.iter().all(orderly));
    assert_eq!(story.sandbox.stats().deliveries.lost, 0);
}

#[tokio::test]
async fn a_subscription_gets_only_what_it_asked_for() {
    let story = Story::start(9).await;
    let sessions = Receiver::start(&story.clock).await;
    let authorizations = Receiver::start(&story.clock).await;
    for (receiver, event_type) in [
        (&sessions, EventType::ConnectSessionUpdated),
        (&authorizations, EventType::ConnectSessionAuthorizationUpdated),
    ] {
        let webhook = receiver.webhook(&[event_type]);
        story.sandbox.register_webhook(webhook).unwrap();
    }
    let customers = story.populate(9, 40);
    story.leap_to(at(START) + SignedDuration::from_hours(6)).await;
    let direct = first_with(&customers, Habit::FinishesDirectly).reference;
    assert!(sessions.told(&direct).is_empty());
    assert_eq!(
        authorizations.told(&direct),
        ["authorization INITIATED", "authorization COMPLETED"]
    );
    let family = |receiver: &Receiver, kind: &str| {
        let received = receiver.received();
        !received.is_empty()
            && received
                .iter()
                .all(|received| received.body["payload"]["webhook_event_type"] == kind)
    };
    assert!(family(&sessions, "connect_session.updated"));
    assert!(family(&authorizations, "connect_session.authorization_updated"));
}

/// A clock that runs by itself, far faster than the machine's.
struct FastClock {
    started: tokio::time::Instant,
    speed: i32,
}

impl crate::Clock for FastClock {
    fn now(&self) -> Timestamp {
        let real = SignedDuration::try_from(self.started.elapsed()).unwrap();
        at(START) + real * self.speed
    }
}

#[tokio::test]
async fn a_clock_that_runs_tells_the_story_of_one_moved_by_hand() {
    let by_hand = Story::start(12).await;
    by_hand.populate(12, 60);
    by_hand.leap_to(at(START) + SignedDuration::from_hours(150)).await;

    let clock = std::sync::Arc::new(FastClock {
        started: tokio::time::Instant::now(),
        speed: 400_000,
    });
    let running = crate::Sandbox::start(SandboxConfig::new(12, KEY), clock).await.unwrap();
    let over = SignedDuration::from_hours(1);
    let url = running.base_url();
    running.add_population(crate::Population::generate(12, 60, at(START), over, url));
    let done = async {
        while running.next_action_at().is_some() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), done).await.unwrap();
    assert_eq!(running.truth(), by_hand.sandbox.truth());
}

#[tokio::test]
async fn the_same_seed_tells_the_same_story() {
    let mut tellings = Vec::new();
    for seed in [10, 10, 11] {
        let story = Story::start(seed).await;
        let receiver = Receiver::subscribed(&story).await;
        story.populate(seed, 36);
        story.sandbox.set_trouble(Trouble {
            duplicate_p: 0.2,
            disorder_minutes: 10,
            late_p: 0.05,
            lost_p: 0.05,
            ..Trouble::default()
        });
        story.live_for(SignedDuration::from_hours(30)).await;
        let mut told: Vec<(Timestamp, String)> = receiver
            .received()
            .iter()
            .map(|received| (received.at, received.body.to_string()))
            .collect();
        // Deliveries due at the same moment race each other.
        told.sort();
        tellings.push((told, story.sandbox.truth(), story.sandbox.stats().deliveries));
    }
    assert_eq!(tellings[0], tellings[1]);
    assert_ne!(tellings[0].0, tellings[2].0);
}
