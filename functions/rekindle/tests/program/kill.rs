//! `kill -9` at any moment: what was acknowledged is there, and nothing goes out twice.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use mail_parser::MessageParser;
use reqwest::StatusCode;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::support::{Api, Place, Serving, authorization, until};

/// Tasks that post at the same time.
const SENDERS: usize = 4;

/// The pace of each: together they post some 200 webhooks a second.
const EVERY: Duration = Duration::from_millis(20);

/// References of each sender with a contact; those after them belong to nobody we know.
const KNOWN: usize = 150;

/// What was acknowledged: for each reference the statuses, in order.
type Acknowledged = Arc<Mutex<BTreeMap<String, Vec<&'static str>>>>;

fn reference(sender: usize, n: usize) -> String {
    format!("site {sender}+{n}")
}

fn contacts() -> String {
    let mut csv = "provider,reference,email,zone,flow,utility\n".to_owned();
    for sender in 0..SENDERS {
        for n in 0..KNOWN {
            let reference = reference(sender, n);
            csv += &format!("leap,{reference},person-{sender}-{n}@example.com,America/Denver,direct_to_utility,PGE\n");
        }
    }
    csv
}

/// Everybody reaches the login, every third fails there, every fourth finishes.
fn story(n: usize) -> impl Iterator<Item = &'static str> {
    let failed = n.is_multiple_of(3).then_some("FAILED");
    let completed = n.is_multiple_of(4).then_some("COMPLETED");
    [Some("INITIATED"), failed, completed].into_iter().flatten()
}

/// Posts as Leap does: what was not answered 2xx is delivered again, with the same identifier.
async fn send(sender: usize, receiver: watch::Receiver<Option<Api>>, acknowledged: Acknowledged) {
    let mut pace = interval(EVERY);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for n in 0.. {
        for status in story(n) {
            let reference = reference(sender, n);
            let event = authorization(&format!("{reference} {status}"), &reference, status);
            loop {
                pace.tick().await;
                let Some(api) = receiver.borrow().clone() else { continue };
                match api.deliver(&event).await {
                    Some(StatusCode::OK) => break,
                    Some(StatusCode::SERVICE_UNAVAILABLE) | None => {}
                    Some(other) => panic!("answered {other}"),
                }
            }
            acknowledged.lock().unwrap().entry(reference).or_default().push(status);
        }
    }
}

/// Follows the program's time over all its lives.
#[derive(Default)]
struct Witness(Option<Timestamp>);

impl Witness {
    async fn look(&mut self, api: &Api) {
        let now = api.now().await;
        assert!(
            self.0.is_none_or(|before| before <= now),
            "time went back from {:?} to {now}",
            self.0
        );
        self.0 = Some(now);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_killed_again_and_again_loses_nothing_and_doubles_nothing() {
    let place = Place::new().await;
    place.import(&contacts());
    let acknowledged = Acknowledged::default();
    let (address, receiver) = watch::channel(None);
    let mut senders = JoinSet::new();
    for sender in 0..SENDERS {
        senders.spawn(send(sender, receiver.clone(), Arc::clone(&acknowledged)));
    }
    let taken = || acknowledged.lock().unwrap().values().map(Vec::len).sum::<usize>();
    let mut witness = Witness::default();

    // Each life at another speed, and ended at another moment: in the middle of the load, ...
    let mut serving = place.serve(600).await;
    address.send_replace(Some(serving.api.clone()));
    until("some webhooks", async || {
        witness.look(&serving.api).await;
        (taken() >= 30).then_some(())
    })
    .await;
    serving.process.kill();

    // ... when the first reminders go out, ...
    serving = place.serve(3600).await;
    address.send_replace(Some(serving.api.clone()));
    until("the first reminders", async || {
        witness.look(&serving.api).await;
        (place.messages().len() >= 3).then_some(())
    })
    .await;
    serving.process.kill();

    // ... in the middle of many, ...
    for more in [40, 1, 25] {
        let before = place.messages().len();
        serving = place.serve(2400).await;
        address.send_replace(Some(serving.api.clone()));
        until("more reminders", async || {
            witness.look(&serving.api).await;
            (place.messages().len() >= before + more).then_some(())
        })
        .await;
        serving.process.kill();
    }

    // ... while it starts, which shows by the clock's file, ...
    for _ in 0..3 {
        let clock = place.path("rekindle-data/clock.json");
        let before = fs::read(&clock).unwrap();
        let mut starting = place.spawn(1200, &[]);
        until("the program has begun to start", async || {
            (fs::read(&clock).unwrap() != before).then_some(())
        })
        .await;
        starting.kill();
    }

    // ... and after an instant of work.
    for more in [1, 60] {
        let before = taken();
        serving = place.serve(1200).await;
        address.send_replace(Some(serving.api.clone()));
        witness.look(&serving.api).await;
        until("more webhooks", async || (taken() >= before + more).then_some(())).await;
        witness.look(&serving.api).await;
        serving.process.kill();
    }
    senders.abort_all();
    while let Some(ended) = senders.join_next().await {
        assert!(
            ended.is_err_and(|error| error.is_cancelled()),
            "a sender got another answer than it may"
        );
    }

    // The last life, slow at first, then at full speed.
    serving = place.serve(1).await;
    witness.look(&serving.api).await;
    serving.process.kill();
    serving = place.serve(3600).await;
    witness.look(&serving.api).await;
    let acknowledged = acknowledged.lock().unwrap().clone();
    every_acknowledged_webhook_had_its_effect(&serving, &acknowledged).await;
    every_timer_goes_on(&place, &serving, &acknowledged).await;
    witness.look(&serving.api).await;
    serving.process.kill();

    // A real second a second: what was due goes out, and then nothing is on its way while all is compared.
    serving = place.serve(1).await;
    witness.look(&serving.api).await;
    let mut before = None;
    until("the outbox is at rest", async || {
        tokio::time::sleep(Duration::from_millis(250)).await;
        let now = (place.messages().len(), place.mail_files().len());
        (before.replace(now) == Some(now) && now.0 == now.1).then_some(())
    })
    .await;
    let sent = nothing_is_doubled(&place);
    agrees_with_the_journeys(&serving, &acknowledged, &sent).await;
}

async fn every_acknowledged_webhook_had_its_effect(
    serving: &Serving,
    acknowledged: &BTreeMap<String, Vec<&'static str>>,
) {
    assert!(acknowledged.len() > 50, "too little happened: {}", acknowledged.len());
    for (reference, statuses) in acknowledged {
        let journey = serving.api.journey(reference).await;
        let journey = journey.unwrap_or_else(|| panic!("{reference} is lost"));
        let milestones = journey["milestones"].as_array().unwrap();
        for status in statuses {
            let milestone = match *status {
                "INITIATED" => "login_reached",
                "FAILED" => "login_failed",
                _ => "login_succeeded",
            };
            assert!(
                milestones.contains(&milestone.into()),
                "{reference} lost {status}: {journey:#}"
            );
        }
        // A webhook whose answer was lost in a kill may have had its effect, too.
        if statuses.contains(&"COMPLETED") {
            assert_eq!(journey["phase"], "completed", "{journey:#}");
        }
    }
}

/// Every first touch is decided, and the reason of one that was not sent is said.
async fn every_timer_goes_on(place: &Place, serving: &Serving, acknowledged: &BTreeMap<String, Vec<&'static str>>) {
    let before = place.messages().len();
    let waiting: Vec<_> = acknowledged
        .iter()
        .filter(|(_, statuses)| !statuses.contains(&"COMPLETED"))
        .map(|(reference, _)| reference)
        .collect();
    until("every first touch is decided", async || {
        for reference in &waiting {
            let journey = serving.api.journey(reference).await?;
            if journey["phase"] == "completed" {
                continue;
            }
            let touch = &journey["touches"][0];
            match touch["state"].as_str()? {
                "sent" => {}
                "skipped" => assert!(touch["why"].as_str().is_some_and(|why| !why.is_empty()), "{journey:#}"),
                _ => return None,
            }
            assert!(
                journey["next"]["due"].is_string(),
                "nothing will happen any more: {journey:#}"
            );
        }
        Some(())
    })
    .await;
    assert!(place.messages().len() >= before);
}

/// One line and one file for each message, all whole; answers the reminders by reference and touch.
fn nothing_is_doubled(place: &Place) -> BTreeSet<(String, u64, u64)> {
    let log = fs::read_to_string(place.path("rekindle-data/outbox/messages.jsonl")).unwrap();
    assert!(log.ends_with('\n'), "the last line is torn");
    let messages = place.messages();
    let mut sent = BTreeSet::new();
    for message in &messages {
        let name = (
            message["reference"].as_str().unwrap().to_owned(),
            message["episode"].as_u64().unwrap(),
            message["touch"].as_u64().unwrap(),
        );
        assert!(sent.insert(name), "sent twice: {message}");
    }
    let files = place.mail_files();
    assert_eq!(files.len(), messages.len(), "one file for each line, and nothing else");
    let mut mails = BTreeSet::new();
    for file in &files {
        let eml = fs::read(file).unwrap();
        let mail = MessageParser::default().parse(&eml).unwrap();
        let header = |name: &str| mail.header_raw(name).unwrap().trim().to_owned();
        let to = mail.to().unwrap().first().unwrap().address().unwrap().to_owned();
        assert!(
            mail.body_html(0).is_some_and(|html| html.contains("</html>")),
            "{} is torn",
            file.display()
        );
        assert!(mails.insert((to, header("X-Rekindle-Episode"), header("X-Rekindle-Touch"))));
    }
    let listed: BTreeSet<_> = messages
        .iter()
        .map(|message| {
            let to = message["to"].as_str().unwrap().to_owned();
            (to, message["episode"].to_string(), message["touch"].to_string())
        })
        .collect();
    assert_eq!(mails, listed);
    sent
}

/// A touch is called sent exactly when its message is there.
async fn agrees_with_the_journeys(
    serving: &Serving,
    acknowledged: &BTreeMap<String, Vec<&'static str>>,
    sent: &BTreeSet<(String, u64, u64)>,
) {
    assert!(sent.len() > 30, "too little was sent: {}", sent.len());
    for (reference, statuses) in acknowledged {
        let journey = serving.api.journey(reference).await.unwrap();
        let touch = &journey["touches"][0];
        let there = sent.contains(&(reference.clone(), 1, 1));
        assert_eq!(touch["state"] == "sent", there, "{journey:#}");
        if statuses.contains(&"COMPLETED") && there {
            // By the claim: between it and the outbox's answer lies the residual window, and at these speeds a
            // moment's wait in it is minutes of the program's time.
            let first = |beginning: &str| {
                let timeline = journey["timeline"].as_array().unwrap();
                let entry = timeline
                    .iter()
                    .find(|entry| entry["text"].as_str().unwrap().starts_with(beginning));
                entry.unwrap()["at"].as_str().unwrap().parse::<Timestamp>().unwrap()
            };
            assert!(
                first("Touch 1 goes out") <= first("Finished"),
                "claimed after the completion: {journey:#}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn time_never_goes_back_whatever_the_speed() {
    let place = Place::new().await;
    let mut witness = Witness::default();
    for speed in [36_000, 1, 3_600, 1, 1_000_000, 60] {
        let mut serving = place.serve(speed).await;
        for _ in 0..20 {
            witness.look(&serving.api).await;
        }
        serving.process.kill();
    }
}

/// Asked politely, it finishes what it does and says so.
#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_asked_to_stop_stops() {
    let place = Place::new().await;
    let mut serving = place.serve(1).await;
    serving
        .api
        .delivered(&authorization("event-1", "site-1", "INITIATED"))
        .await;
    serving.process.terminate();
    let code = until("it ends", async || serving.process.ended()).await;
    assert_eq!(code, 0);
    let err = serving.process.err();
    assert!(err.contains("stopped"), "{err}");
    let serving = place.serve(1).await;
    assert!(serving.api.journey("site-1").await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_program_on_the_same_folder_is_refused() {
    let place = Place::new().await;
    let _first = place.serve(1).await;
    let mut second = place.spawn(1, &[]);
    let code = until("it ends", async || second.ended()).await;
    until("it says why", async || {
        second.err().contains("in use by another process").then_some(())
    })
    .await;
    assert_eq!(code, 1);
}
