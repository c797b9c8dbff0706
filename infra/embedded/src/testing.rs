//! What the tests of this crate share: invented people, and a clock driven by hand.

use std::num::NonZeroU32;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use journey::campaign::Channel;
use journey::contact::{Classification, Contact, Locale, OptOut};
use journey::port::{Commit, CommitError, CommitJourney, Email, MessageLabel, Text};
use journey::{
    Campaign, Diagnosis, Flow, IdKey, Journey, JourneyId, PhoneNumber, Provider, Purpose, Reference, SendKey, Timer,
    TimerWhy, Touch,
};

use crate::{DataDir, ProgramClock, RealTime, Store, lock};

/// Real time that stands still until a test moves it.
#[derive(Clone)]
pub(crate) struct ManualTime(Arc<Mutex<(Duration, Timestamp)>>);

impl ManualTime {
    pub(crate) fn at(utc: &str) -> Self {
        ManualTime(Arc::new(Mutex::new((Duration::ZERO, utc.parse().unwrap()))))
    }

    pub(crate) fn pass(&self, real: Duration) {
        let mut time = lock(&self.0);
        time.0 += real;
        time.1 += real;
    }

    /// The machine's clock is set to another time, while real time goes on.
    pub(crate) fn set_wall(&self, by: SignedDuration) {
        lock(&self.0).1 += by;
    }
}

impl RealTime for ManualTime {
    fn monotonic(&self) -> Duration {
        lock(&self.0).0
    }

    fn utc(&self) -> Timestamp {
        lock(&self.0).1
    }
}

pub(crate) const START: &str = "2026-11-22T03:15:00Z";

pub(crate) fn start() -> Timestamp {
    START.parse().unwrap()
}

pub(crate) fn minutes(minutes: i64) -> Timestamp {
    start() + SignedDuration::from_mins(minutes)
}

pub(crate) fn speed(seconds: u32) -> NonZeroU32 {
    NonZeroU32::new(seconds).unwrap()
}

pub(crate) fn key() -> IdKey {
    IdKey::new(*b"an invented key of 32 bytes long").unwrap()
}

/// Opens the store of a folder at a clock that stands still.
pub(crate) fn open(folder: &Path) -> Store {
    let data = DataDir::open(folder).unwrap();
    let clock = ProgramClock::open_with(&data, speed(1), ManualTime::at(START)).unwrap();
    Store::open(&data, key(), clock).unwrap()
}

pub(crate) fn reference(n: u32) -> Reference {
    Reference::new(format!("site-{n}")).unwrap()
}

pub(crate) fn journey_id(n: u32) -> JourneyId {
    JourneyId::new(&key(), Provider::Leap, Purpose::Enroll, &reference(n))
}

/// A journey that has just begun, without a timer.
pub(crate) fn journey(n: u32) -> Journey {
    Journey::begin(
        journey_id(n),
        Provider::Leap,
        Purpose::Enroll,
        Flow::Connect,
        start(),
        &Campaign::standard(),
    )
}

/// A journey whose touch is due, and until when.
pub(crate) fn due(n: u32, due: Timestamp, closes: Timestamp) -> Journey {
    let timer = Timer {
        generation: 1,
        due,
        closes,
        why: TimerWhy::Touch,
    };
    Journey {
        timer: Some(timer),
        generation: 1,
        ..journey(n)
    }
}

pub(crate) fn contact(n: u32, email: &str) -> Contact {
    Contact {
        provider: Provider::Leap,
        reference: reference(n),
        email: Some(email.to_owned()),
        phone: None,
        push: None,
        consent: std::collections::BTreeMap::new(),
        first_name: Some("Ana".to_owned()),
        locale: Locale::Es,
        zone: Some("America/Los_Angeles".to_owned()),
        state: None,
        flow: Flow::Connect,
        region: None,
        classification: Classification::Residential,
        utility: None,
        link: None,
        sharing_ends_at: None,
        opted_out: OptOut::NOTHING,
    }
}

pub(crate) async fn write(store: &Store, journey: &Journey, expected: u64) -> Result<(), CommitError> {
    store
        .commit_journey(Commit {
            journey,
            expected,
            contact: None,
            claim: None,
            visited: None,
        })
        .await
}

pub(crate) fn send_key(n: u32, touch: u8, attempt: u8) -> SendKey {
    SendKey {
        journey: journey_id(n),
        episode: 1,
        touch: Touch(touch),
        attempt,
        channel: Channel::Email,
    }
}

pub(crate) fn email(n: u32, touch: u8) -> Email {
    Email {
        key: send_key(n, touch, 1),
        at: start() + SignedDuration::from_millis(250),
        to: format!("ana{n}@example.com"),
        subject: "¿Señora Núñez, seguimos mañana?".to_owned(),
        html: "<p>Hola <b>Ana</b>: su conexión espera.</p>\n".to_owned(),
        text: "Hola Ana: su conexión espera.\n".to_owned(),
        unsubscribe_url: format!("https://batteries.example/u/{}?one={}", "a".repeat(60), "b".repeat(60)),
        label: MessageLabel {
            provider: Provider::Leap,
            reference: reference(n),
            diagnosis: Diagnosis::UtilityNotConnected,
            locale: Locale::Es,
            arm: "15min".to_owned(),
        },
    }
}

pub(crate) fn text(n: u32, touch: u8) -> Text {
    Text {
        key: SendKey {
            channel: Channel::Sms,
            ..send_key(n, touch, 1)
        },
        at: start() + SignedDuration::from_millis(250),
        to: PhoneNumber::new(&format!("+120255501{n:02}")).unwrap(),
        body: "Siga: <https://batteries.example/r/x> Responda STOP".to_owned(),
        label: email(n, touch).label,
    }
}

/// Waits for a condition, and says which one did not come.
pub(crate) async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "{what} did not happen in 20 seconds"
        );
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
