//! The main job, with customers who live their own lives at the sandbox.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use mail_parser::MessageParser;
use reqwest::StatusCode;
use sandbox::{ConnectionStatus, Customer, EventType, Habit, Header, NewWebhook, Population};
use serde_json::Value;
use url::Url;

use crate::support::{PUBLIC_URL, Place, Serving, WEBHOOK_SECRET, authorization, direct_contact, link_in, until};

/// The default first touch, then a short series: the whole story is 14 hours, 14 s at this speed.
const TOUCHES: &str = r#"hand_back_after = "2h"
[[touch]]
after = "45m"
until = "1h"
channels = ["email"]
[[touch]]
after = "4h"
until = "6h"
channels = ["email"]
"#;

const SPEED: u32 = 3600;

struct Story {
    place: Place,
    serving: Serving,
    population: Population,
    read: usize,
}

impl Story {
    async fn begin() -> Self {
        let place = Place::with_touches(TOUCHES).await;
        let serving = place.serve(SPEED).await;
        let began = serving.api.now().await;
        let over = SignedDuration::from_mins(30);
        let population = Population::generate(7, 40, began, over, place.sandbox.base_url());
        place.import(&population.contacts_csv());
        let webhook = NewWebhook {
            receiver_url: serving.api.url("/webhooks/leap"),
            event_types: EventType::ALL.to_vec(),
            headers: vec![Header {
                name: "x-rekindle-key".to_owned(),
                value: WEBHOOK_SECRET.to_owned(),
            }],
        };
        place.sandbox.register_webhook(webhook).unwrap();
        place.sandbox.add_population(population.clone());
        Story {
            place,
            serving,
            population,
            read: 0,
        }
    }

    fn of_habit(&self, habit: Habit) -> impl Iterator<Item = &Customer> {
        self.population
            .customers()
            .iter()
            .filter(move |customer| customer.habit == habit)
    }

    /// Customers read what has arrived, and some of them come back through the link.
    fn deliver_mail(&mut self) {
        let messages = self.place.messages();
        for message in &messages[self.read..] {
            let (reference, touch) = (
                message["reference"].as_str().unwrap(),
                message["touch"].as_u64().unwrap(),
            );
            let link = self.resume_link(message["to"].as_str().unwrap(), touch);
            self.place
                .sandbox
                .read_mail(reference, u32::try_from(touch).unwrap(), Some(link));
        }
        self.read = messages.len();
    }

    /// The link in the mail of a touch to an address, where the program really is.
    fn resume_link(&self, to: &str, touch: u64) -> Url {
        let ending = format!("-t{touch}.eml");
        let files = self.place.mail_files();
        let mut links = files
            .iter()
            .filter(|file| file.to_string_lossy().ends_with(&ending))
            .filter_map(|file| {
                let eml = std::fs::read(file).unwrap();
                let mail = MessageParser::default().parse(&eml)?;
                let text = mail.body_text(0)?;
                (mail.to()?.first()?.address()? == to).then(|| link_in(&text, &format!("{PUBLIC_URL}/r/")))?
            });
        let link = links
            .next_back()
            .unwrap_or_else(|| panic!("no mail of touch {touch} to {to}"));
        self.serving.api.local(&link).parse().unwrap()
    }

    fn sent_to(&self, customer: &Customer) -> Vec<Value> {
        let messages = self.place.messages().into_iter();
        messages
            .filter(|message| message["reference"] == customer.reference.as_str())
            .collect()
    }
}

fn time(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

/// When the program learned that the customer finished.
fn completion_known_at(journey: &Value) -> Option<Timestamp> {
    let timeline = journey["timeline"].as_array().unwrap().iter();
    let mut told = timeline.filter(|entry| entry["text"].as_str().unwrap().starts_with("Finished, by"));
    told.next().map(|entry| time(&entry["at"]))
}

#[tokio::test(flavor = "multi_thread")]
async fn who_drops_off_is_reminded_until_they_finish_and_nobody_else_is() {
    let mut story = Story::begin().await;
    let api = story.serving.api.clone();
    let references: Vec<String> = story
        .population
        .customers()
        .iter()
        .map(|c| c.reference.clone())
        .collect();
    // Everybody opens within half an hour, and whoever comes back late drops off once more.
    let mut journeys: BTreeMap<String, Value> = BTreeMap::new();
    until("every customer's story is over", async || {
        story.deliver_mail();
        let mut live = 0;
        for reference in &references {
            if let Some(journey) = api.journey(reference).await {
                live += usize::from(journey["phase"] == "live");
                journeys.insert(reference.clone(), journey);
            }
        }
        let quiet = story.place.sandbox.stats().visits.begun == story.place.sandbox.stats().visits.arrived;
        (live == 0 && quiet && journeys.len() + story.of_habit(Habit::NeverOpens).count() == references.len())
            .then_some(())
    })
    .await;

    let truth = story.place.sandbox.truth();
    let messages = story.place.messages();
    assert_eq!(story.place.mail_files().len(), messages.len());

    // Each touch once, in order, inside its window and in the hours.
    let mut seen = std::collections::BTreeSet::new();
    for message in &messages {
        let name = (
            message["reference"].to_string(),
            message["episode"].to_string(),
            message["touch"].to_string(),
        );
        assert!(seen.insert(name.clone()), "twice: {name:?}");
    }

    // Nothing after the completion was known, whoever it was.
    for (reference, journey) in &journeys {
        let Some(known_at) = completion_known_at(journey) else {
            continue;
        };
        for message in messages.iter().filter(|m| m["reference"] == reference.as_str()) {
            assert!(time(&message["at"]) <= known_at, "{reference} at {known_at}: {message}");
        }
        assert_eq!(
            truth[reference].connection_status,
            Some(ConnectionStatus::Completed),
            "{reference}"
        );
    }

    // Whoever finishes alone before a reminder is due hears nothing.
    let mut alone = 0;
    for habit in [Habit::FinishesAlone, Habit::FinishesForm, Habit::FinishesDirectly] {
        for customer in story.of_habit(habit) {
            assert_eq!(story.sent_to(customer), Vec::<Value>::new(), "{habit:?}");
            assert_eq!(journeys[&customer.reference]["phase"], "completed");
            alone += 1;
        }
    }
    assert!(alone >= 3);

    // Whoever stops at the login gets the first reminder some 45 minutes later, for that reason.
    let stopped: Vec<_> = story
        .of_habit(Habit::StopsAtUtilityLogin)
        .filter(|customer| !customer.opted_out)
        .collect();
    let (mut ignored, mut came_back) = (0, 0);
    for customer in &stopped {
        let (journey, truth) = (&journeys[&customer.reference], &truth[&customer.reference]);
        let sent = story.sent_to(customer);
        let shares_an_inbox = stopped.iter().filter(|other| other.email == customer.email).count() > 1;
        if shares_an_inbox {
            continue;
        }
        let first = sent
            .first()
            .unwrap_or_else(|| panic!("{} was not reminded: {journey:#}", customer.reference));
        assert_eq!(
            (&first["touch"], &first["to"]),
            (&Value::from(1), &Value::from(customer.email.as_str())),
            "{journey:#}"
        );
        assert_eq!(
            (&first["arm"], &first["locale"]),
            (&Value::from("only"), &Value::from(customer.locale))
        );
        assert_eq!(first["diagnosis"], "utility_not_connected");
        if truth.completed_after_touch == Some(1) {
            assert_eq!(sent.len(), 1, "{journey:#}");
            assert_eq!(journey["phase"], "completed");
            came_back += 1;
        } else if truth.connection_status != Some(ConnectionStatus::Completed) {
            assert_eq!(journey["phase"], "handed_back", "{journey:#}");
            assert!(journey["next"].is_null());
            assert_eq!(sent.len(), 2, "{journey:#}");
            ignored += 1;
        }
    }
    assert!(
        ignored > 0 && came_back > 0,
        "{ignored} ignored the reminders, {came_back} came back"
    );

    // Who opted out, or was never seen, is left alone.
    let quiet = story
        .population
        .customers()
        .iter()
        .filter(|customer| customer.opted_out || customer.habit == Habit::NeverOpens);
    for customer in quiet {
        assert_eq!(story.sent_to(customer), Vec::<Value>::new(), "{}", customer.reference);
    }

    // Coming back works through the resume page, and every webhook was taken.
    let stats = story.place.sandbox.stats();
    assert_eq!(stats.visits.failed, Vec::new());
    assert_eq!(stats.deliveries.given_up, 0);
    let shared: Vec<_> = stopped
        .iter()
        .filter(|one| stopped.iter().filter(|c| c.email == one.email).count() > 1)
        .collect();
    let both: usize = shared
        .iter()
        .filter(|customer| !story.sent_to(customer).is_empty())
        .count();
    assert!(both <= 1, "one inbox got the series of two references");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_reminder_comes_45_minutes_after_the_last_sign_of_life() {
    let place = Place::with_touches(TOUCHES).await;
    let serving = place.serve(600).await;
    let api = &serving.api;
    api.put_contact("site-1", &direct_contact("ana")).await;
    api.delivered(&authorization("event-1", "site-1", "INITIATED")).await;
    // A later sign of life moves the reminder.
    until("20 minutes pass", async || {
        let journey = api.journey("site-1").await?;
        let stopped = time(&journey["last_sign_of_life"]);
        (api.now().await.duration_since(stopped) > SignedDuration::from_mins(20)).then_some(())
    })
    .await;
    api.delivered(&authorization("event-2", "site-1", "FAILED")).await;
    let stopped = time(&api.journey("site-1").await.unwrap()["last_sign_of_life"]);
    let message = until("the reminder", async || place.messages().into_iter().next()).await;
    let after = time(&message["at"]).duration_since(stopped);
    assert!(after >= SignedDuration::from_mins(45), "{after}");
    assert!(after <= SignedDuration::from_mins(65), "{after}");
    assert_eq!(message["diagnosis"], "login_failed");
}

/// Somebody whose first window has closed while the provider could not be asked.
async fn unasked() -> (Place, Serving, Value) {
    let place = Place::with_campaign(&TOUCHES.replace("4h", "75m"), "").await;
    // Slow enough for several tries inside a window: the pauses between them are real time.
    let serving = place.serve(600).await;
    place.sandbox.set_trouble(sandbox::Trouble {
        down: Some(sandbox::ApiDown::Unavailable),
        ..sandbox::Trouble::default()
    });
    let api = &serving.api;
    api.put_contact("site-1", &direct_contact("ana")).await;
    api.delivered(&authorization("event-1", "site-1", "INITIATED")).await;
    let journey = until("the first window closes", async || {
        let journey = api.journey("site-1").await?;
        (journey["touches"][0]["state"] != "waiting").then_some(journey)
    })
    .await;
    (place, serving, journey)
}

/// The provider is asked right before each send: what it does not answer is not sent.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_goes_out_while_the_provider_cannot_be_asked() {
    let (place, _serving, journey) = unasked().await;
    assert_eq!(journey["touches"][0]["state"], "skipped", "{journey:#}");
    assert_eq!(place.messages(), Vec::<Value>::new());
    let mut notes = journey["timeline"].as_array().unwrap().iter();
    let held = notes.any(|entry| entry["text"].as_str().unwrap().starts_with("Touch 1 waits"));
    assert!(held, "{journey:#}");
    // The next touch goes out once the provider is back.
    place.sandbox.set_trouble(sandbox::Trouble::default());
    let message = until("the second touch", async || place.messages().into_iter().next()).await;
    assert_eq!(message["touch"], 2);
}

/// An operator who reads why must not look for the fault in the campaign's windows.
#[tokio::test(flavor = "multi_thread")]
async fn a_touch_that_the_provider_held_up_says_so() {
    let (_place, _serving, journey) = unasked().await;
    let why = journey["touches"][0]["why"].as_str().unwrap();
    assert!(why.contains("could not be asked"), "{journey:#}");
}

/// Whoever watches the program sees that customers wait.
#[tokio::test(flavor = "multi_thread")]
async fn health_tells_for_how_long_a_timer_has_been_overdue() {
    let place = Place::with_touches(TOUCHES).await;
    let serving = place.serve(600).await;
    let api = &serving.api;
    let overdue = async || -> i64 {
        let health: Value = api.get("/healthz").await.json().await.unwrap();
        health["overdue_seconds"].as_i64().unwrap()
    };
    // Three real seconds are half an hour of the program's.
    place.sandbox.set_trouble(sandbox::Trouble {
        slow_ms: 3_000,
        ..sandbox::Trouble::default()
    });
    api.put_contact("site-1", &direct_contact("ana")).await;
    api.delivered(&authorization("event-1", "site-1", "INITIATED")).await;
    assert_eq!(overdue().await, 0, "the first touch is due in 45 minutes");
    until("the provider is asked, and hangs", async || {
        (overdue().await > 300).then_some(())
    })
    .await;
    place.sandbox.set_trouble(sandbox::Trouble::default());
    until("nobody waits any longer", async || (overdue().await == 0).then_some(())).await;
}

/// A load balancer looks at the status alone.
#[tokio::test(flavor = "multi_thread")]
async fn health_is_503_when_the_store_cannot_be_read() {
    let place = Place::new().await;
    let serving = place.serve(1).await;
    assert_eq!(serving.api.get("/healthz").await.status(), StatusCode::OK);
    let database = rusqlite::Connection::open(place.path("rekindle-data/rekindle.db")).unwrap();
    database
        .execute_batch("ALTER TABLE journeys RENAME TO taken_away")
        .unwrap();
    let answer = serving.api.get("/healthz").await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    let health: Value = answer.json().await.unwrap();
    assert_eq!(health["status"], "store_unreadable");
    database
        .execute_batch("ALTER TABLE taken_away RENAME TO journeys")
        .unwrap();
    until("it is well again", async || {
        (serving.api.get("/healthz").await.status() == StatusCode::OK).then_some(())
    })
    .await;
}
