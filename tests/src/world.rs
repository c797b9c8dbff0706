//! The world of a play: everything durable, and the provider and the sender beside it.
//!
//! Each method is what the real thing does with one call, all of it or nothing. Faults are none of
//! its business: see [`Ports`](crate::Ports).

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use journey::campaign::Channel;
use journey::contact::{Contact, Inbox, Known, OptOut, SuppressedFor, Suppression};
use journey::enrollment::AcceptanceRecord;
use journey::port::{
    Commit, CommitError, ContactPage, PageError, Precondition, PutError, StoreError, Versioned, Watermark,
};
use journey::status::Snapshot;
use journey::{
    AddressId, Campaign, ContactId, Fallback, Journey, JourneyId, Lane, Note, Noted, Occasion, Phase, Provider,
    Purpose, Reference, Resolution, SendKey, Timer, TouchRecord, UtilityCode, Visit, Visited, Visits, stored,
};

use crate::bills::BillTaker;
use crate::happening::{Happening, What};
use crate::light_app::LightApp;
use crate::provider::{AccountScript, ScriptedProvider};
use crate::sender::{Mail, Sender};
use crate::stage::id_key;

/// What goes wrong at a numbered call of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The process dies before the call.
    DiesBefore,
    /// The process dies after the call, before it hears the answer.
    DiesAfter,
    /// The call fails and has no effect; the process goes on.
    Fails,
    /// The call has its effect, but the answer is lost: the process is told that it failed.
    AnswerLost,
    /// Before the call, another process does something in the same world.
    Interrupted(Interruption),
}

/// What another process does between two calls of this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interruption {
    /// It takes the webhook that says that everybody has finished.
    EverybodyFinishes,
    /// It stores that everybody has opted out.
    EverybodyOptsOut,
    /// It erases everybody.
    EverybodyIsErased,
}

impl Interruption {
    /// All of them.
    pub const ALL: [Interruption; 3] = [
        Interruption::EverybodyFinishes,
        Interruption::EverybodyOptsOut,
        Interruption::EverybodyIsErased,
    ];
}

impl Mode {
    /// Those after which the outcome must be the same as without.
    pub const ALL: [Mode; 4] = [Mode::DiesBefore, Mode::DiesAfter, Mode::Fails, Mode::AnswerLost];
}

/// One fault of a play.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// At which call, counted from 1 over the whole play.
    pub step: u64,
    /// What goes wrong.
    pub mode: Mode,
}

/// A world. Cheap to make; each play has its own.
#[derive(Debug)]
pub struct World(Mutex<State>);

/// Everything in it.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) now: Timestamp,
    pub(crate) rules: Campaign,
    pub(crate) journeys: BTreeMap<JourneyId, Row>,
    pub(crate) contacts: BTreeMap<ContactId, Contact>,
    pub(crate) inboxes: BTreeMap<AddressId, Inbox>,
    pub(crate) fallbacks: BTreeMap<ContactId, Given>,
    pub(crate) acceptances: BTreeMap<JourneyId, Vec<AcceptanceRecord>>,
    /// What browsers have handed to the store itself, by name; none where bills come to the page.
    pub(crate) uploads: Option<BTreeMap<String, Vec<u8>>>,
    pub(crate) bill_taker: BillTaker,
    pub(crate) light_app: LightApp,
    pub(crate) watermark: Option<Watermark>,
    /// What was counted of visits to utilities.
    pub(crate) visits: Vec<(Provider, UtilityCode, Visit, Timestamp)>,
    pub(crate) schedules: Vec<Schedule>,
    pub(crate) provider: ScriptedProvider,
    pub(crate) sender: Sender,
    pub(crate) texter: Sender,
    pub(crate) pusher: Sender,
    pub(crate) loses_timers: bool,
    pub(crate) mails: Vec<Mail>,
    /// Touches recorded as events of which the partner was not told, since they were not due any more.
    pub(crate) withheld: Vec<SendKey>,
    pub(crate) happened: Vec<Happening>,
    pub(crate) counters: BTreeMap<&'static str, u64>,
    /// What must never be, and was.
    pub(crate) violations: Vec<String>,
    /// Calls of ports so far.
    pub(crate) steps: u64,
    pub(crate) fault: Option<Fault>,
    /// The call that the fault hit.
    pub(crate) hit: Option<&'static str>,
    /// Whether the provider said "complete", for each reference that the running call asked for.
    pub(crate) asked: BTreeMap<JourneyId, bool>,
    /// The reference of each journey, for the reader's eye only.
    names: BTreeMap<JourneyId, String>,
}

/// What a customer gave instead of a connection.
#[derive(Debug, Default)]
pub(crate) struct Given {
    pub(crate) kept: Fallback,
    pub(crate) bill: Vec<u8>,
}

/// A stored journey.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) version: u64,
    pub(crate) bytes: Vec<u8>,
    /// The index of what is due.
    timer: Option<Timer>,
    contact: Option<ContactId>,
}

/// A one-shot schedule.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Schedule {
    pub(crate) at: Timestamp,
    pub(crate) journey: JourneyId,
    pub(crate) generation: u32,
    pub(crate) attempt: u32,
    pub(crate) lost: bool,
}

impl World {
    /// The provider that takes bills.
    #[must_use]
    pub fn bill_taker(&self) -> BillTaker {
        self.lock().bill_taker.clone()
    }

    /// Light's App.
    #[must_use]
    pub fn light_app(&self) -> LightApp {
        self.lock().light_app.clone()
    }

    /// An empty world.
    #[must_use]
    pub fn new(rules: &Campaign, now: Timestamp, page_size: usize) -> Self {
        World(Mutex::new(State {
            now,
            rules: rules.clone(),
            journeys: BTreeMap::new(),
            contacts: BTreeMap::new(),
            inboxes: BTreeMap::new(),
            fallbacks: BTreeMap::new(),
            acceptances: BTreeMap::new(),
            uploads: None,
            bill_taker: BillTaker::default(),
            light_app: LightApp::default(),
            watermark: None,
            visits: Vec::new(),
            schedules: Vec::new(),
            provider: ScriptedProvider::new(page_size),
            sender: Sender::Works,
            texter: Sender::Works,
            pusher: Sender::Works,
            loses_timers: false,
            mails: Vec::new(),
            withheld: Vec::new(),
            happened: Vec::new(),
            counters: BTreeMap::new(),
            violations: Vec::new(),
            steps: 0,
            fault: None,
            hit: None,
            asked: BTreeMap::new(),
            names: BTreeMap::new(),
        }))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on one call fails.
    pub fn set_fault(&self, fault: Option<Fault>) {
        self.lock().fault = fault;
    }

    /// From now on browsers hand bills to the store itself.
    pub fn take_uploads(&self) {
        self.lock().uploads = Some(BTreeMap::new());
    }

    /// A browser hands something to the store itself.
    pub fn upload(&self, name: &str, content: &[u8]) {
        let mut state = self.lock();
        if let Some(uploads) = &mut state.uploads {
            uploads.insert(name.to_owned(), content.to_vec());
        }
    }

    /// What is left of what browsers have handed to the store itself.
    #[must_use]
    pub fn uploads(&self) -> usize {
        self.lock().uploads.as_ref().map_or(0, BTreeMap::len)
    }

    /// From now on Light's API answers so for an account.
    pub fn show_account(&self, account: &Reference, script: &AccountScript) {
        self.lock().provider.put_account(account, script);
    }

    /// How many links providers have made.
    #[must_use]
    pub fn links_made(&self) -> u32 {
        self.lock().provider.links_made
    }

    /// Lets time pass.
    ///
    /// # Panics
    /// When it is no time.
    pub fn pass(&self, span: &str) {
        let mut state = self.lock();
        let span: jiff::SignedDuration = span.parse().unwrap();
        state.now = state.now.checked_add(span).unwrap();
    }

    /// How many calls of ports there were.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.lock().steps
    }

    /// How many journeys are stored.
    #[must_use]
    pub fn journeys(&self) -> usize {
        self.lock().journeys.len()
    }

    /// How many timers are armed.
    #[must_use]
    pub fn timers(&self) -> usize {
        self.lock().schedules.len()
    }

    /// How many messages went out.
    #[must_use]
    pub fn mails(&self) -> usize {
        self.lock().mails.len()
    }

    /// What a counter shows.
    #[must_use]
    pub fn counted(&self, counter: &str) -> u64 {
        self.lock().counters.get(counter).copied().unwrap_or_default()
    }

    /// The webhooks' counters that are not zero.
    #[must_use]
    pub fn webhook_counters(&self) -> Vec<(&'static str, u64)> {
        let state = self.lock();
        let of_webhooks = state.counters.iter().filter(|(name, _)| name.starts_with("webhook."));
        of_webhooks.map(|(name, count)| (*name, *count)).collect()
    }
}

fn gone() -> StoreError {
    StoreError::Corrupt("a record of a play cannot be read".into())
}

impl State {
    /// A process takes up a new call: what it had asked before is forgotten.
    pub(crate) fn begin_call(&mut self) {
        self.asked.clear();
    }

    /// Remembers the names of all journeys of a reference, and answers that of its enrolment.
    pub(crate) fn name(&mut self, provider: Provider, reference: &Reference) -> JourneyId {
        for purpose in provider.purposes() {
            let id = JourneyId::new(&id_key(), provider, *purpose, reference);
            let name = match purpose {
                Purpose::Enroll => reference.expose().to_owned(),
                Purpose::Reconnect => format!("{} again", reference.expose()),
            };
            self.names.insert(id, name);
        }
        JourneyId::new(&id_key(), provider, Purpose::Enroll, reference)
    }

    pub(crate) fn name_of(&self, journey: &JourneyId) -> String {
        self.names.get(journey).cloned().unwrap_or_default()
    }

    pub(crate) fn say(&mut self, who: &str, text: impl Into<String>) {
        let (at, who) = (self.now, who.to_owned());
        self.happened.push(Happening {
            at,
            who,
            what: What::Said(text.into()),
        });
    }

    pub(crate) fn violated(&mut self, journey: &JourneyId, what: &str) {
        let who = self.name_of(journey);
        self.violations.push(format!("{} {who}: {what}", self.now));
    }

    /// A journey as stored.
    pub(crate) fn journey(&self, id: &JourneyId) -> Option<Journey> {
        self.journeys.get(id).and_then(|row| stored::decode(&row.bytes).ok())
    }

    pub(crate) fn load(&self, id: &JourneyId) -> Result<Option<Versioned>, StoreError> {
        let Some(row) = self.journeys.get(id) else {
            return Ok(None);
        };
        let journey = stored::decode(&row.bytes).map_err(|_| gone())?;
        Ok(Some(Versioned {
            journey,
            version: row.version,
        }))
    }

    pub(crate) fn visits(&self, provider: Provider, utility: &UtilityCode, since: Timestamp) -> Visits {
        let lately = |(by, to, _, at): &&(Provider, UtilityCode, Visit, Timestamp)| {
            *by == provider && to == utility && *at >= since
        };
        let visits = self.visits.iter().filter(lately);
        visits.fold(Visits::default(), |all, (_, _, visit, _)| all.and(*visit))
    }

    pub(crate) fn commit(&mut self, commit: &Commit<'_>) -> Result<(), CommitError> {
        let id = &commit.journey.id;
        let before = self.load(id)?;
        if before.as_ref().map_or(0, |before| before.version) != commit.expected {
            return Err(CommitError::VersionConflict);
        }
        if let Some(claim) = &commit.claim {
            let inbox = self.inboxes.get(claim.address).cloned().unwrap_or_default();
            if inbox.version != claim.expected {
                return Err(CommitError::VersionConflict);
            }
            self.inboxes
                .insert(claim.address.clone(), inbox.with_send(claim.key.clone(), claim.at));
        }
        if let Some(Visited {
            provider,
            utility,
            visit,
            at,
        }) = commit.visited
        {
            self.visits.push((provider, utility.clone(), visit, at));
        }
        let before = before.map(|before| before.journey);
        self.judge_commit(before.as_ref(), commit);
        self.tell(before.as_ref(), commit.journey);
        self.hand_over_events(before.as_ref(), commit.journey);
        let contact = match (commit.contact, self.journeys.get(id)) {
            (Some(contact), _) => Some(contact.clone()),
            (None, row) => row.and_then(|row| row.contact.clone()),
        };
        let row = Row {
            version: commit.expected + 1,
            bytes: stored::encode(commit.journey),
            timer: commit.journey.timer.clone(),
            contact,
        };
        match stored::decode(&row.bytes) {
            Ok(read) if read == *commit.journey => {}
            Ok(_) => self.violated(id, "the stored journey reads back as another one"),
            Err(_) => self.violated(id, "the stored journey cannot be read back"),
        }
        self.journeys.insert(id.clone(), row);
        Ok(())
    }

    /// The invariants that one write can break.
    fn judge_commit(&mut self, before: Option<&Journey>, commit: &Commit<'_>) {
        let (journey, id) = (commit.journey, &commit.journey.id);
        if before.is_some_and(|before| before.generation > journey.generation) {
            self.violated(id, "the generation of the timer went back");
        }
        match &journey.timer {
            None if journey.is_live() => self.violated(id, "a live journey was written without a timer"),
            Some(timer) if before.is_none_or(|before| before.timer.as_ref() != Some(timer)) => {
                let armed = |schedule: &Schedule| schedule.journey == *id && schedule.generation == timer.generation;
                if timer.why.lane() == Lane::Touchpoint && !self.schedules.iter().any(armed) {
                    self.violated(id, "a timer was written before it was armed");
                }
            }
            None | Some(_) => {}
        }
        let claimed: Vec<SendKey> = claims(journey)
            .filter(|claim| before.is_none_or(|before| !claims(before).any(|known| known == *claim)))
            .collect();
        if claimed.len() > 1 {
            self.violated(id, "two touches were claimed at once");
        }
        for key in claimed {
            if commit.claim.as_ref().is_none_or(|claim| *claim.key != key) {
                self.violated(id, "a touch was claimed without its place in the inbox");
            }
            if before.is_none_or(|before| !before.is_live()) {
                self.violated(id, "a touch was claimed although the journey was over");
            }
            match self.asked.get(id) {
                Some(false) => {}
                Some(true) => self.violated(id, "a touch was claimed although the provider said complete"),
                None => self.violated(id, "a touch was claimed without asking the provider"),
            }
        }
    }

    /// Tells what a write decided.
    fn tell(&mut self, before: Option<&Journey>, journey: &Journey) {
        // What a full history forgets is no news; what it did not have before is.
        let mut known: Vec<&Noted> = before.map(|before| before.history.iter().collect()).unwrap_or_default();
        let (who, at) = (self.name_of(&journey.id), self.now);
        for noted in &journey.history {
            if let Some(index) = known.iter().position(|known| *known == noted) {
                known.remove(index);
                continue;
            }
            let what = What::Noted {
                note: noted.note.clone(),
                provisional: matches!(journey.phase, Phase::Completed { provisional: true, .. }),
            };
            // A touch held again for the same reason is no news.
            let last = self.happened.iter().rev().find(|happening| happening.who == who);
            if let (
                Note::Held { touch, why, .. },
                Some(What::Noted {
                    note: Note::Held { touch: t, why: w, .. },
                    ..
                }),
            ) = (&noted.note, last.map(|last| &last.what))
                && (touch, why) == (t, w)
            {
                continue;
            }
            let who = who.clone();
            self.happened.push(Happening { at, who, what });
        }
    }

    pub(crate) fn arm(&mut self, journey: &JourneyId, timer: &Timer) {
        let schedule = Schedule {
            at: timer.due,
            journey: journey.clone(),
            generation: timer.generation,
            attempt: 1,
            lost: self.loses_timers,
        };
        if timer.why.lane() == Lane::Touchpoint && !self.schedules.contains(&schedule) {
            self.schedules.push(schedule);
        }
    }

    pub(crate) fn due(&self, lane: Lane, before: Timestamp, limit: usize) -> Vec<(JourneyId, u32)> {
        let mut due: Vec<_> = self.timers(lane).filter(|(_, timer)| timer.due <= before).collect();
        due.sort_by_key(|(id, timer)| (timer.closes, timer.due, *id));
        due.truncate(limit);
        due.into_iter()
            .map(|(id, timer)| (id.clone(), timer.generation))
            .collect()
    }

    /// When the first timer of a lane is due.
    pub(crate) fn next_due(&self, lane: Lane) -> Option<Timestamp> {
        self.timers(lane).map(|(_, timer)| timer.due).min()
    }

    fn timers(&self, lane: Lane) -> impl Iterator<Item = (&JourneyId, &Timer)> {
        self.journeys
            .iter()
            .filter_map(|(id, row)| Some((id, row.timer.as_ref()?)))
            .filter(move |(_, timer)| timer.why.lane() == lane)
    }

    pub(crate) fn known(&self, id: &ContactId) -> Option<Known> {
        let contact = self.contacts.get(id)?.clone();
        let inbox = |address: &AddressId| self.inboxes.get(address).cloned().unwrap_or_default();
        Some(Known::new(&id_key(), contact, inbox))
    }

    /// The number of a contact, as it was told to us.
    pub(crate) fn number_of(&self, reference: &Reference) -> Option<String> {
        let id = ContactId::new(&id_key(), Provider::Leap, reference);
        let phone = self.contacts.get(&id)?.phone.as_ref()?;
        Some(phone.expose().to_owned())
    }

    pub(crate) fn known_of(&self, journey: &JourneyId) -> Option<Known> {
        let named = |contact: &Contact| {
            JourneyId::new(&id_key(), contact.provider, Purpose::Enroll, &contact.reference) == *journey
        };
        let by_name = self
            .contacts
            .iter()
            .find(|(_, contact)| named(contact))
            .map(|(id, _)| id);
        let by_write = || self.journeys.get(journey).and_then(|row| row.contact.as_ref());
        self.known(by_name.or_else(by_write)?)
    }

    pub(crate) fn put(&mut self, contact: &Contact, only_if: &Precondition) -> Result<(), PutError> {
        let id = ContactId::new(&id_key(), contact.provider, &contact.reference);
        self.name(contact.provider, &contact.reference);
        let before = self.contacts.get(&id).cloned();
        if !only_if.holds(before.as_ref()) {
            return Err(PutError::PreconditionFailed);
        }
        let mut contact = contact.clone();
        if let Some(before) = &before {
            contact.opted_out = contact.opted_out.and(&before.opted_out);
        }
        self.replace(id, before.as_ref(), contact);
        Ok(())
    }

    fn replace(&mut self, id: ContactId, before: Option<&Contact>, contact: Contact) {
        // A send that was decided on the old contact must be decided again.
        if let Some(before) = before.filter(|before| **before != contact) {
            self.change_inbox(before, |_| {});
        }
        for channel in contact.opted_out.channels() {
            if let Some(address) = contact.inbox_of(channel, &id_key()) {
                let now = self.now;
                self.change_suppression(&address, |suppressed| suppressed.close(SuppressedFor::OptOut, now));
            }
        }
        self.contacts.insert(id, contact);
    }

    fn change_inbox(&mut self, contact: &Contact, change: impl FnOnce(&mut Inbox)) {
        let inbox = self.inboxes.entry(contact.ledger(&id_key())).or_default();
        inbox.version += 1;
        change(inbox);
    }

    pub(crate) fn erase(&mut self, id: &ContactId, only_if: &Precondition) -> Result<bool, PutError> {
        if !only_if.holds(self.contacts.get(id)) {
            return Err(PutError::PreconditionFailed);
        }
        match self.contacts.remove(id) {
            None => Ok(false),
            Some(contact) => {
                self.change_inbox(&contact, |_| {});
                Ok(true)
            }
        }
    }

    /// By name; the cursor is the name of the last one on the page before.
    pub(crate) fn list(&self, limit: usize, after: Option<&str>) -> Result<ContactPage, PageError> {
        let after = match after {
            None => None,
            Some(cursor) => Some(ContactId::parse(cursor).ok_or(PageError::BadCursor)?),
        };
        let mut behind = self
            .contacts
            .iter()
            .filter(|(id, _)| after.as_ref().is_none_or(|after| *id > after));
        let page: Vec<_> = behind.by_ref().take(limit).collect();
        let next = match (page.last(), behind.next()) {
            (Some((id, _)), Some(_)) => Some(id.to_string()),
            (None, _) | (_, None) => None,
        };
        let contacts = page.into_iter().map(|(_, contact)| contact.clone()).collect();
        Ok(ContactPage { contacts, next })
    }

    /// Changes what closes an inbox; what is no news raises no version.
    pub(crate) fn change_suppression(&mut self, address: &AddressId, change: impl FnOnce(&mut Suppression) -> bool) {
        let inbox = self.inboxes.entry(address.clone()).or_default();
        if change(&mut inbox.suppressed) {
            inbox.version += 1;
        }
    }

    pub(crate) fn suppression(&self, address: &AddressId) -> Suppression {
        let inbox = self.inboxes.get(address);
        inbox.map(|inbox| inbox.suppressed.clone()).unwrap_or_default()
    }

    pub(crate) fn set_opted_out(&mut self, journey: &JourneyId, opted_out: &OptOut) -> bool {
        let Some(known) = self.known_of(journey) else {
            return false;
        };
        let contact = Contact {
            opted_out: opted_out.clone(),
            ..known.contact.clone()
        };
        self.replace(known.id.clone(), Some(&known.contact), contact);
        for channel in Channel::ALL.into_iter().filter(|channel| !opted_out.covers(*channel)) {
            if let Some(address) = known.contact.inbox_of(channel, &id_key()) {
                self.change_suppression(&address, |suppressed| suppressed.lift(SuppressedFor::OptOut));
            }
        }
        true
    }

    pub(crate) fn heard(&mut self, provider: Provider, reference: &Reference, snapshot: &Snapshot) {
        let id = self.name(provider, reference);
        let known = self.known_of(&id);
        let region = known.and_then(|known| known.contact.region);
        self.asked.insert(id, snapshot.is_complete(region.as_deref()));
        if let Snapshot::Bayou(customer) = snapshot {
            let again = JourneyId::new(&id_key(), provider, Purpose::Reconnect, reference);
            let occasion = self.journey(&again).and_then(|journey| journey.occasion);
            // Before a connection ends the flag says that it stands, and a reminder is right all the same.
            let repaired = matches!(occasion, Some(Occasion::Lost(_)))
                && customer
                    .as_ref()
                    .is_some_and(|customer| customer.is_currently_authenticated);
            self.asked.insert(again, repaired);
        }
    }

    pub(crate) fn look_up(&self, key: &SendKey) -> Resolution {
        match self.mails.iter().find(|mail| mail.key.same_touch(key)) {
            Some(mail) => Resolution::Sent {
                message_id: mail.id.clone(),
                at: mail.at,
            },
            None => Resolution::NotSent,
        }
    }

    pub(crate) fn count(&mut self, counter: &'static str, by: u64) {
        *self.counters.entry(counter).or_default() += by;
        if counter.starts_with("webhook.") && counter != "webhook.accepted" {
            self.say("", format!("counted {counter}"));
        }
    }
}

pub(crate) fn claims(journey: &Journey) -> impl Iterator<Item = SendKey> {
    journey
        .touches
        .iter()
        .enumerate()
        .filter_map(|(index, record)| match record {
            TouchRecord::Claimed { attempt, channel, .. } => {
                Some(journey.send_key(journey::Touch::at(index), *attempt, *channel))
            }
            TouchRecord::Waiting { .. }
            | TouchRecord::Sent { .. }
            | TouchRecord::Unknown { .. }
            | TouchRecord::Skipped { .. } => None,
        })
}
