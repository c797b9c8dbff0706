//! The real use cases in this process: `aws::Table`, a clock that is set, and counting stand-ins for all else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws::Table;
use aws_sdk_dynamodb::Client;
use jiff::{SignedDuration, Timestamp};
use journey::port::{
    Announce, Announcement, AnswerText, ArmTimer, ChangeFilter, ChangePage, Clock, Commit, CommitError, CommitJourney,
    Count, Email, EraseFallback, FreshLink, KeepFallback, LookUpSend, ProviderError, Push, ReadChanges, ReadNewest,
    ReadStatus, SearchMeters, SendEmail, SendPush, SendText, StoreError, TakeUpload, Text, UploadForm, Uploaded,
};
use journey::status::{
    Agreements, Answer, Connection, ConnectionStatus, Known, Snapshot, UtilityConnection, UtilityStatus,
};
use journey::{
    Account, BillKind, ContactId, IdKey, JourneyId, Lane, MeterFound, MeterKind, Newest, PhoneNumber, Provider,
    Reference, Resolution, SendKey, SendOutcome, Timer, stored,
};

use crate::ledger::{Ledger, Service};
use crate::local;

/// Locks, whatever a thread that panicked has left: what is guarded is valid after each statement.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A moment, so much later, or earlier by a negative span.
pub(crate) fn after(at: Timestamp, span: SignedDuration) -> Timestamp {
    at.saturating_add(span).unwrap_or(at)
}

/// A clock that stands where it was set.
#[derive(Clone, Default)]
pub(crate) struct SetClock(Arc<AtomicI64>);

impl SetClock {
    pub(crate) fn set(&self, at: Timestamp) {
        self.0.store(at.as_millisecond(), Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::SeqCst)).unwrap_or_default()
    }
}

/// The schedules that were made and have not fired.
#[derive(Clone)]
pub(crate) struct Schedules {
    waiting: Arc<Mutex<BTreeSet<(Timestamp, JourneyId, u32)>>>,
    ledger: Ledger,
}

impl Schedules {
    /// Takes out the one that fires first, if it is due.
    pub(crate) fn fires(&self, until: Timestamp) -> Option<(Timestamp, JourneyId, u32)> {
        let mut waiting = lock(&self.waiting);
        let first = waiting.first().filter(|(due, _, _)| *due <= until).cloned()?;
        waiting.remove(&first);
        Some(first)
    }
}

impl ArmTimer for Schedules {
    /// As [`aws::Schedules`] does it: what waits for a meter has none.
    async fn arm_timer(&self, journey: &JourneyId, timer: &Timer) -> Result<(), StoreError> {
        if timer.why.lane() == Lane::Touchpoint {
            self.ledger.called(Service::Scheduler);
            lock(&self.waiting).insert((timer.due, journey.clone(), timer.generation));
        }
        Ok(())
    }
}

/// What Leap knows of a reference.
#[derive(Clone, Copy)]
pub(crate) struct AtLeap {
    pub(crate) started: Timestamp,
    pub(crate) last: Timestamp,
    pub(crate) completed: bool,
}

/// Leap's answers.
#[derive(Clone)]
pub(crate) struct Leap {
    pub(crate) known: Arc<Mutex<BTreeMap<Reference, AtLeap>>>,
    /// Whom a page of changes shows.
    pub(crate) changed: Arc<Mutex<Vec<Reference>>>,
    ledger: Ledger,
}

impl Leap {
    /// Notes a sign of life, and whether it was the last one.
    pub(crate) fn visited(&self, reference: &Reference, at: Timestamp, completed: bool) {
        let mut known = lock(&self.known);
        let entry = known.entry(reference.clone()).or_insert(AtLeap {
            started: at,
            last: at,
            completed,
        });
        entry.last = at;
        entry.completed = completed;
    }

    fn snapshot(&self, reference: &Reference) -> Snapshot {
        let known = lock(&self.known).get(reference).copied();
        Snapshot::Leap(known.map(|known| record(reference, known)).into_iter().collect())
    }
}

fn record(reference: &Reference, known: AtLeap) -> Connection {
    let (status, utility) = if known.completed {
        (ConnectionStatus::Completed, UtilityStatus::Connected)
    } else {
        (ConnectionStatus::Partial, UtilityStatus::NotConnected)
    };
    Connection {
        id: format!("CAISO_made-up_{}", reference.expose()),
        region: "CAISO".to_owned(),
        started_at: Some(known.started),
        last_interaction_at: Some(known.last),
        status: Known::Value(status),
        utilities: vec![UtilityConnection {
            name: "PG&E: Pacific Gas & Electric".to_owned(),
            required: true,
            status: Known::Value(utility),
            error: None,
            started_at: Some(known.started),
            last_interaction_at: Some(known.last),
        }],
        agreements: Agreements {
            participation: Known::Value(Answer::Completed),
            ..Agreements::default()
        },
    }
}

impl ReadStatus for Leap {
    async fn read_status(&self, _provider: Provider, reference: &Reference) -> Result<Snapshot, ProviderError> {
        self.ledger.called(Service::Leap);
        Ok(self.snapshot(reference))
    }
}

/// Everybody here is Leap's.
impl ReadNewest for Leap {
    async fn read_newest(&self, _: Provider, _: &Reference) -> Result<Newest, ProviderError> {
        Ok(Newest::default())
    }
}

impl FreshLink for Leap {
    async fn fresh_link(&self, _: Provider, _: &Reference) -> Result<Option<String>, ProviderError> {
        Ok(None)
    }
}

impl SearchMeters for Leap {
    /// Whoever has finished has a meter.
    async fn search_meters(&self, references: &[Reference]) -> Result<Vec<Vec<MeterFound>>, ProviderError> {
        self.ledger.called(Service::Leap);
        let found = |reference: &Reference| {
            let known = lock(&self.known).get(reference).copied();
            let meter = known.filter(|known| known.completed).map(|known| MeterFound {
                kind: MeterKind::UtilityMeter,
                created_by_partner: false,
                authorized_by_reference: true,
                archived: false,
                created_at: Some(known.last),
            });
            meter.into_iter().collect()
        };
        Ok(references.iter().map(found).collect())
    }
}

impl ReadChanges for Leap {
    /// All on one page, and only in the filter by start.
    async fn read_changes(
        &self,
        filter: ChangeFilter,
        _since: Timestamp,
        _page: Option<&str>,
    ) -> Result<ChangePage, ProviderError> {
        self.ledger.called(Service::Leap);
        let changed = match filter {
            ChangeFilter::Started => lock(&self.changed).clone(),
            ChangeFilter::LastInteraction => Vec::new(),
        };
        let changes = changed.into_iter().map(|reference| {
            let snapshot = self.snapshot(&reference);
            (reference, snapshot)
        });
        Ok(ChangePage {
            changes: changes.collect(),
            ..ChangePage::default()
        })
    }
}

/// The mail that was taken, until somebody tells what became of it.
#[derive(Clone)]
pub(crate) struct Mail {
    sent: Arc<Mutex<Vec<SendKey>>>,
    ledger: Ledger,
}

impl Mail {
    pub(crate) fn take(&self) -> Vec<SendKey> {
        std::mem::take(&mut *lock(&self.sent))
    }
}

impl SendEmail for Mail {
    async fn send_email(&self, email: &Email) -> SendOutcome {
        self.ledger.called(Service::Mail);
        lock(&self.sent).push(email.key.clone());
        SendOutcome::Accepted {
            // As long as one of SES.
            message_id: "0101019abcdef012-0c5a7a1e-2b1d-4c58-9a77-1f2e3d4c5b6a-000000".to_owned(),
        }
    }
}

/// The campaign that is measured sends none.
impl SendText for Mail {
    async fn send_text(&self, _text: &Text) -> SendOutcome {
        SendOutcome::Throttled
    }
}

impl SendPush for Mail {
    async fn send_push(&self, _push: &Push) -> SendOutcome {
        SendOutcome::Throttled
    }
}

/// Nobody asks for help.
impl AnswerText for Mail {
    async fn answer_text(&self, _to: &PhoneNumber, _body: &str) -> SendOutcome {
        SendOutcome::Throttled
    }
}

impl LookUpSend for Mail {
    async fn look_up_send(&self, _key: &SendKey) -> Resolution {
        Resolution::Unknown
    }
}

/// The bus.
#[derive(Clone)]
pub(crate) struct Bus(Ledger);

impl Announce for Bus {
    async fn announce(&self, events: &[Announcement]) -> Vec<usize> {
        self.0.called(Service::Bus);
        self.0.announced(events.len());
        Vec::new()
    }
}

/// Metrics are lines of the log, which are counted where a function really runs.
#[derive(Clone, Copy)]
pub(crate) struct Uncounted;

impl Count for Uncounted {
    fn count(&self, _counter: &'static str, _by: u64) {}
}

/// The table's stream: each write of a journey, with the record before it.
#[derive(Clone, Default)]
pub(crate) struct Stream(Arc<Mutex<Streamed>>);

#[derive(Default)]
struct Streamed {
    stored: BTreeMap<JourneyId, Vec<u8>>,
    records: Vec<announce::Record>,
    number: u64,
}

impl Stream {
    fn written(&self, id: JourneyId, after: Vec<u8>) {
        let mut streamed = lock(&self.0);
        streamed.number += 1;
        let number = streamed.number;
        let before = streamed.stored.insert(id.clone(), after.clone());
        streamed.records.push(announce::Record {
            id: format!("{number:032x}"),
            sequence: format!("{number:021}"),
            journey: id,
            before,
            after: Some(after),
        });
    }

    /// A batch, in the order of the stream; none while there are fewer than that, unless at the end.
    pub(crate) fn batch(&self, size: usize, at_the_end: bool) -> Option<Vec<announce::Record>> {
        let mut streamed = lock(&self.0);
        let there = streamed.records.len();
        let take = if there >= size || at_the_end {
            there.min(size)
        } else {
            0
        };
        (take > 0).then(|| streamed.records.drain(..take).collect())
    }
}

/// Everything around the use cases.
pub(crate) struct Surroundings {
    client: Client,
    table: String,
    id_key: IdKey,
    pub(crate) clock: SetClock,
    pub(crate) schedules: Schedules,
    pub(crate) leap: Leap,
    pub(crate) mail: Mail,
    pub(crate) stream: Stream,
    pub(crate) ledger: Ledger,
}

impl Surroundings {
    pub(crate) fn new(client: &Client, table: &str, id_key: &IdKey, ledger: &Ledger) -> Self {
        Surroundings {
            client: local::patient(client),
            table: table.to_owned(),
            id_key: id_key.clone(),
            clock: SetClock::default(),
            schedules: Schedules {
                waiting: Arc::default(),
                ledger: ledger.clone(),
            },
            leap: Leap {
                known: Arc::default(),
                changed: Arc::default(),
                ledger: ledger.clone(),
            },
            mail: Mail {
                sent: Arc::default(),
                ledger: ledger.clone(),
            },
            stream: Stream::default(),
            ledger: ledger.clone(),
        }
    }

    /// What one invocation sees. It remembers nothing of the table: hours lie between two invocations for
    /// one customer, and they seldom reach the same instance.
    pub(crate) fn world(&self) -> World {
        World {
            clock: self.clock.clone(),
            table: Table::new(self.client.clone(), self.table.as_str(), self.id_key.clone()),
            schedules: self.schedules.clone(),
            leap: self.leap.clone(),
            mail: self.mail.clone(),
            bus: Bus(self.ledger.clone()),
            bills: NoBills,
            stream: self.stream.clone(),
            metrics: Uncounted,
        }
    }
}

/// The ports of all use cases.
pub(crate) struct World {
    clock: SetClock,
    table: Table,
    schedules: Schedules,
    leap: Leap,
    mail: Mail,
    bus: Bus,
    bills: NoBills,
    stream: Stream,
    metrics: Uncounted,
}

journey::delegate_ports!(World {
    clock: Clock;
    table: LoadJourney, ReadVisits, FindContact, KeepContact, FindDue, KeepWatermark, Suppress, SuppressAddress, CountOnce;
    schedules: ArmTimer;
    leap: ReadStatus, ReadNewest, FreshLink, SearchMeters, ReadChanges;
    mail: SendEmail, SendText, SendPush, AnswerText, LookUpSend;
    bus: Announce;
    bills: KeepFallback, TakeUpload, EraseFallback;
    metrics: Count;
});

impl CommitJourney for World {
    /// What is committed goes into the stream as well.
    async fn commit_journey(&self, commit: Commit<'_>) -> Result<(), CommitError> {
        let (id, after) = (commit.journey.id.clone(), stored::encode(commit.journey));
        self.table.commit_journey(commit).await?;
        self.stream.written(id, after);
        Ok(())
    }
}

/// Nobody in these stories gives anything by hand.
struct NoBills;

fn nothing_given() -> StoreError {
    StoreError::Unavailable("nothing is given by hand here".into())
}

impl KeepFallback for NoBills {
    async fn keep_bill(&self, _: &ContactId, _: BillKind, _: &[u8], _: Timestamp) -> Result<(), StoreError> {
        Err(nothing_given())
    }

    async fn keep_account(&self, _: &ContactId, _: &Account, _: Timestamp) -> Result<(), StoreError> {
        Err(nothing_given())
    }
}

impl TakeUpload for NoBills {
    async fn upload_form(&self, _: &ContactId, _: &str) -> Result<Option<UploadForm>, StoreError> {
        Ok(None)
    }

    async fn uploaded(&self, _: &ContactId, _: &str) -> Result<Option<Uploaded>, StoreError> {
        Ok(None)
    }

    async fn keep_upload(&self, _: &ContactId, _: &Uploaded, _: BillKind, _: Timestamp) -> Result<bool, StoreError> {
        Err(nothing_given())
    }

    async fn drop_upload(&self, _: &Uploaded) -> Result<(), StoreError> {
        Err(nothing_given())
    }
}

impl EraseFallback for NoBills {
    async fn erase_fallback(&self, _: &ContactId) -> Result<(), StoreError> {
        Ok(())
    }
}
