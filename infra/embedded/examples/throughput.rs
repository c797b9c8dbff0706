//! Prints how many durable commits and messages a second this machine's disk takes, with 64 callers at once.
//!
//! `cargo run --release -p embedded --example throughput [-- FOLDER]`; without a folder, a temporary one.

#![allow(clippy::print_stdout, reason = "an example speaks to whoever runs it")]

use std::error::Error;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use embedded::{DataDir, Outbox, OutboxConfig, ProgramClock, Store};
use jiff::SignedDuration;
use journey::contact::Locale;
use journey::port::{Clock, Commit, CommitJourney, Email, LoadJourney, MessageLabel, SendEmail};
use journey::{
    Campaign, Diagnosis, Flow, IdKey, Journey, JourneyId, Provider, Purpose, Reference, Timer, TimerWhy, Touch,
};
use tokio::task::JoinSet;

const CALLERS: u32 = 64;
const LASTS: Duration = Duration::from_secs(5);

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let temporary = tempfile::tempdir()?;
    let folder = std::env::args()
        .nth(1)
        .map_or_else(|| temporary.path().to_owned(), PathBuf::from);
    let data = DataDir::open(folder)?;
    let clock = ProgramClock::open(&data, NonZeroU32::MIN)?;
    let key = IdKey::new(*b"an invented key of 32 bytes long")?;
    let store = Store::open(&data, key.clone(), clock.clone())?;
    let config = OutboxConfig {
        from_name: "Throughput".to_owned(),
        from_address: "hello@batteries.example".to_owned(),
        reply_to: None,
        campaign: "standard".to_owned(),
    };
    let outbox = Outbox::new(store.clone(), config)?;
    let begun = clock.now().as_millisecond();

    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        callers.spawn(commits(
            store.clone(),
            clock.clone(),
            key.clone(),
            format!("{begun}-{caller}"),
        ));
    }
    report("first writes and rewrites of journeys", callers).await?;

    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        callers.spawn(sends(
            outbox.clone(),
            clock.clone(),
            key.clone(),
            format!("{begun}-{caller}"),
        ));
    }
    report("messages", callers).await
}

/// Writes journeys of one caller: each is written, then read and written again four times.
async fn commits(store: Store, clock: ProgramClock, key: IdKey, name: String) -> Outcome<Vec<Duration>> {
    let campaign = Campaign::standard();
    let (begun, mut took) = (Instant::now(), Vec::new());
    let mut n = 0_u32;
    while begun.elapsed() < LASTS {
        let reference = Reference::new(format!("{name}-{n}"))?;
        let id = JourneyId::new(&key, Provider::Leap, Purpose::Enroll, &reference);
        n += 1;
        for write in 0..5 {
            let one = Instant::now();
            let now = clock.now();
            let (mut journey, version) = match store.load_journey(&id).await? {
                Some(loaded) => (loaded.journey, loaded.version),
                None => (
                    Journey::begin(
                        id.clone(),
                        Provider::Leap,
                        Purpose::Enroll,
                        Flow::Connect,
                        now,
                        &campaign,
                    ),
                    0,
                ),
            };
            let due = now + SignedDuration::from_mins(15 + write);
            journey.generation += 1;
            let (generation, why) = (journey.generation, TimerWhy::Touch);
            journey.timer = Some(Timer {
                generation,
                due,
                closes: due + SignedDuration::from_mins(45),
                why,
            });
            store
                .commit_journey(Commit {
                    journey: &journey,
                    expected: version,
                    contact: None,
                    claim: None,
                    visited: None,
                })
                .await?;
            took.push(one.elapsed());
        }
    }
    Ok(took)
}

async fn sends(outbox: Outbox, clock: ProgramClock, key: IdKey, name: String) -> Outcome<Vec<Duration>> {
    let (begun, mut took) = (Instant::now(), Vec::new());
    let mut n = 0_u32;
    while begun.elapsed() < LASTS {
        let reference = Reference::new(format!("{name}-{n}"))?;
        let id = JourneyId::new(&key, Provider::Leap, Purpose::Enroll, &reference);
        n += 1;
        let email = Email {
            key: journey::SendKey {
                journey: id,
                episode: 1,
                touch: Touch(1),
                attempt: 1,
                channel: journey::campaign::Channel::Email,
            },
            at: clock.now(),
            to: "somebody@example.com".to_owned(),
            subject: "Your connection is waiting".to_owned(),
            html: "<p>One more step.</p>\n".repeat(300),
            text: "One more step.\n".repeat(20),
            unsubscribe_url: "https://batteries.example/u/token".to_owned(),
            label: MessageLabel {
                provider: Provider::Leap,
                reference,
                diagnosis: Diagnosis::UtilityNotConnected,
                locale: Locale::En,
                arm: "15min".to_owned(),
            },
        };
        let one = Instant::now();
        let outcome = outbox.send_email(&email).await;
        if !matches!(outcome, journey::SendOutcome::Accepted { .. }) {
            return Err(format!("{outcome:?}").into());
        }
        took.push(one.elapsed());
    }
    Ok(took)
}

async fn report(what: &str, mut callers: JoinSet<Outcome<Vec<Duration>>>) -> Outcome<()> {
    let mut took = Vec::new();
    while let Some(caller) = callers.join_next().await {
        took.extend(caller??);
    }
    took.sort();
    let quantile = |percent: usize| took.get(took.len() * percent / 100).copied().unwrap_or_default();
    let a_second = took.len() as f64 / LASTS.as_secs_f64();
    println!(
        "{what}: {a_second:.0}/s with {CALLERS} callers, median {:?}, p99 {:?}",
        quantile(50),
        quantile(99)
    );
    Ok(())
}
