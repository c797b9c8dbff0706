//! The table: what a write does, and what a read finds. Each is all of it or nothing.

use journey::campaign::Channel;
use journey::contact::{Contact, Inbox, Known, OptOut, SuppressedFor, Suppression};
use journey::port::{Commit, CommitError, Precondition, PutError, Versioned};
use journey::{AddressId, ContactId, EventId, Journey, JourneyId, Lane, Phase, Timer};
use rand::RngExt;

use crate::case::{MINUTE, SECOND, ts};
use crate::fault::{Kind, Stream, draw_for};
use crate::happen::body;
use crate::state::{Addresses, Invocation, Item, State, id_key, next};

impl State {
    pub(crate) fn commit(&mut self, by: u32, commit: &Commit<'_>) -> Result<(), CommitError> {
        let Some(row) = self.row(&commit.journey.id) else {
            return Err(CommitError::VersionConflict);
        };
        let version = self.rows[row].journey.as_ref().map_or(0, |stored| stored.version);
        if version != commit.expected {
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
        let before = self.rows[row].journey.take().map(|stored| stored.journey);
        self.judge_commit(by, row, before.as_ref(), commit);
        self.narrate(row, before.as_ref(), commit.journey);
        self.stream(before.as_ref(), commit.journey);
        let timer = commit.journey.timer.clone();
        self.index(row, timer);
        self.rows[row].journey = Some(Versioned {
            journey: commit.journey.clone(),
            version: version + 1,
        });
        Ok(())
    }

    /// The index follows, and whoever serves it will look when the time has come.
    fn index(&mut self, row: usize, timer: Option<Timer>) {
        let known = self.rows[row].indexed.last().map(|(_, timer)| timer);
        if known == Some(&timer) {
            return;
        }
        if let Some(timer) = &timer {
            let due = timer.due.as_millisecond();
            match timer.why.lane() {
                Lane::Touchpoint => self.push(next(due + 2 * MINUTE, MINUTE), Item::Sweep),
                Lane::Meter => self.push(next(due, 5 * MINUTE), Item::Meters),
            }
        }
        let now = self.now;
        self.rows[row].indexed.push((now, timer));
    }

    fn narrate(&mut self, row: usize, before: Option<&Journey>, after: &Journey) {
        if self.story.is_none() {
            return;
        }
        let known = before.map_or(0, |before| before.history.len());
        let fresh: Vec<_> = after
            .history
            .iter()
            .skip(known.min(after.history.len().saturating_sub(1)))
            .cloned()
            .collect();
        let timer = after
            .timer
            .as_ref()
            .map(|timer| format!("{:?} {} #{}", timer.why, timer.due, timer.generation));
        let notes: Vec<_> = fresh.iter().map(|noted| format!("{:?}", noted.note)).collect();
        let phase = format!("{:?}", after.phase);
        let name = self.name(row);
        self.tell(|| {
            let timer = timer.unwrap_or_else(|| "none".to_owned());
            format!("    {name} written: {}; {phase}; timer {timer}", notes.join(", "))
        });
    }

    pub(crate) fn due(&mut self, by: u32, lane: Lane, before: jiff::Timestamp, limit: usize) -> Vec<(JourneyId, u32)> {
        let Invocation { who, calls: call, .. } = self.invocations[by as usize];
        let drawn: [u32; 2] = draw_for(self.case.seed, Stream::Fault, who, call + 500).random();
        let behind = if self.strikes(Kind::IndexStale, who, call, drawn[0], 1_000) {
            i64::from(drawn[1] % 180) * SECOND
        } else {
            0
        };
        let shown = self.now - behind;
        let mut due: Vec<_> = self
            .rows
            .iter()
            .filter_map(|row| {
                let (_, timer) = row.indexed.iter().rev().find(|(at, _)| *at <= shown)?;
                Some((row, timer.as_ref()?))
            })
            .filter(|(_, timer)| timer.why.lane() == lane && timer.due <= before)
            .map(|(row, timer)| (timer.closes, timer.due, row.journey_id.clone(), timer.generation))
            .collect();
        due.sort();
        due.truncate(limit);
        due.into_iter().map(|(_, _, id, generation)| (id, generation)).collect()
    }

    pub(crate) fn is_due(&self, lane: Lane, before: i64) -> bool {
        let timers = self
            .rows
            .iter()
            .filter_map(|row| row.journey.as_ref()?.journey.timer.as_ref());
        timers
            .into_iter()
            .any(|timer| timer.why.lane() == lane && timer.due.as_millisecond() <= before)
    }

    pub(crate) fn known(&self, customer: usize) -> Option<Known> {
        let contact = self.people.get(customer)?.contact.clone()?;
        let inbox = |address: &AddressId| self.inboxes.get(address).cloned().unwrap_or_default();
        Some(Known::new(id_key(), contact, inbox))
    }

    pub(crate) fn put(&mut self, contact: &Contact, only_if: &Precondition) -> Result<(), PutError> {
        let id = ContactId::new(id_key(), contact.provider, &contact.reference);
        let Some(customer) = self.customer_of_contact(&id) else {
            return Ok(());
        };
        let before = self.people[customer].contact.clone();
        if !only_if.holds(before.as_ref()) {
            return Err(PutError::PreconditionFailed);
        }
        let mut contact = contact.clone();
        if let Some(before) = &before {
            contact.opted_out = contact.opted_out.and(&before.opted_out);
        }
        self.replace(customer, before.as_ref(), contact);
        self.people[customer].stored_at = self.now;
        Ok(())
    }

    fn replace(&mut self, customer: usize, before: Option<&Contact>, contact: Contact) {
        if let Some(before) = before.filter(|before| **before != contact) {
            self.change_inbox(before, |_| {});
        }
        for channel in contact.opted_out.channels() {
            if let Some(address) = contact.inbox_of(channel, id_key()) {
                let now = ts(self.now);
                self.change_suppression(&address, |suppressed| suppressed.close(SuppressedFor::OptOut, now));
            }
        }
        let person = &mut self.people[customer];
        person.addresses = Addresses {
            ledger: Some(contact.ledger(id_key())),
            channels: contact.inboxes(id_key()).into_iter().collect(),
        };
        person.contact = Some(contact);
    }

    fn change_inbox(&mut self, contact: &Contact, change: impl FnOnce(&mut Inbox)) {
        let inbox = self.inboxes.entry(contact.ledger(id_key())).or_default();
        inbox.version += 1;
        change(inbox);
    }

    pub(crate) fn erase(&mut self, id: &ContactId, only_if: &Precondition) -> Result<bool, PutError> {
        let Some(customer) = self.customer_of_contact(id) else {
            return Ok(false);
        };
        if !only_if.holds(self.people[customer].contact.as_ref()) {
            return Err(PutError::PreconditionFailed);
        }
        let Some(contact) = self.people[customer].contact.take() else {
            return Ok(false);
        };
        self.change_inbox(&contact, |_| {});
        Ok(true)
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
        let Some((customer, known)) = self
            .customer_of(journey)
            .and_then(|customer| Some((customer, self.known(customer)?)))
        else {
            return false;
        };
        let contact = Contact {
            opted_out: opted_out.clone(),
            ..known.contact.clone()
        };
        self.replace(customer, Some(&known.contact), contact);
        for channel in Channel::ALL.into_iter().filter(|channel| !opted_out.covers(*channel)) {
            if let Some(address) = known.contact.inbox_of(channel, id_key()) {
                self.change_suppression(&address, |suppressed| suppressed.lift(SuppressedFor::OptOut));
            }
        }
        true
    }

    pub(crate) fn event_id(customer: u8, act: u32) -> String {
        format!("event-{customer}-{act}")
    }

    /// Does the table hold what a webhook said?
    pub(crate) fn holds(&self, customer: u8, act: u32) -> bool {
        let identified = self.case.customers[usize::from(customer)]
            .light
            .is_none_or(|ways| ways.identified);
        let own = identified.then(|| Self::event_id(customer, act));
        // What has no identifier is its own.
        let Some(id) = own.or_else(|| body(&self.case, customer, act)) else {
            return false;
        };
        let id = EventId::new(&id);
        let journey = self
            .rows
            .get(usize::from(customer))
            .and_then(|row| row.journey.as_ref());
        journey.is_some_and(|stored| {
            let recent = &stored.journey.recent_events;
            recent.contains(&id) || recent.len() >= Journey::RECENT_EVENTS
        })
    }

    pub(crate) fn is_completed(&self, row: usize) -> bool {
        let journey = self.rows.get(row).and_then(|row| row.journey.as_ref());
        journey.is_some_and(|stored| matches!(stored.journey.phase, Phase::Completed { .. }))
    }
}
