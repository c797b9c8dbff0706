//! One customer's story: each step is decided, kept, and checked.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use expect_test::Expect;
use jiff::{SignedDuration, Timestamp};
use journey::campaign::{Campaign, Channel};
use journey::contact::Facts;
use journey::status::Snapshot;
use journey::{
    Decision, Delivered, Effect, Event, EventId, Flow, Journey, MeterFound, Note, Occasion, Phase, Resolution, SendKey,
    SendOrder, SendOutcome, Series, StatusAnswer, TimerWhy, Touch, TouchRecord, Unavailable, Visit, decide, stored,
};

use super::{at, campaign, effects, facts, journey, notes, phase, span, timer, touches};

/// One write of the journey, as a stream of the table would show it, and the notes of its decision.
#[derive(Clone, Debug)]
pub(crate) struct Write {
    pub(crate) before: Option<Journey>,
    pub(crate) after: Journey,
    pub(crate) notes: Vec<Note>,
}

/// A customer's story so far.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    pub(crate) journey: Journey,
    pub(crate) campaign: Campaign,
    pub(crate) facts: Facts,
    pub(crate) now: Timestamp,
    /// Of the last step.
    pub(crate) notes: Vec<Note>,
    /// Of the last step.
    pub(crate) effects: Vec<Effect>,
    /// All messages ordered so far.
    pub(crate) orders: Vec<SendOrder>,
    /// All notes so far, without those on timers.
    pub(crate) told: String,
    /// What was written, in order.
    pub(crate) writes: Vec<Write>,
    /// The visits to the utility that were shown, in order.
    pub(crate) visits: Vec<Visit>,
    begun: bool,
    next_event: u64,
    keys: BTreeSet<SendKey>,
    sent: BTreeMap<(u16, Touch), u32>,
}

impl Story {
    /// A Connect customer's story, which begins in the morning.
    pub(crate) fn new() -> Self {
        Story::with(campaign())
    }

    pub(crate) fn with(campaign: Campaign) -> Self {
        let now = at(super::MORNING);
        Story {
            journey: journey(Flow::Unknown, now, &campaign),
            campaign,
            facts: facts(),
            now,
            notes: Vec::new(),
            effects: Vec::new(),
            orders: Vec::new(),
            told: String::new(),
            writes: Vec::new(),
            visits: Vec::new(),
            begun: false,
            next_event: 0,
            keys: BTreeSet::new(),
            sent: BTreeMap::new(),
        }
    }

    /// The same customer, begun by a link of this flow.
    pub(crate) fn flow(mut self, flow: Flow) -> Self {
        self.journey.flow = flow;
        self.facts.flow = flow;
        self
    }

    pub(crate) fn facts(mut self, change: impl FnOnce(&mut Facts)) -> Self {
        change(&mut self.facts);
        self
    }

    pub(crate) fn campaign(mut self, change: impl FnOnce(&mut Campaign)) -> Self {
        change(&mut self.campaign);
        if !self.begun {
            self.journey = journey(self.journey.flow, self.now, &self.campaign);
        }
        self
    }

    /// Goes on at this time.
    pub(crate) fn at(mut self, time: &str) -> Self {
        let time = at(time);
        assert!(time >= self.now || !self.begun, "a story goes forward");
        self.now = time;
        if !self.begun {
            self.journey = journey(self.journey.flow, self.now, &self.campaign);
        }
        self
    }

    /// Goes on after this span.
    pub(crate) fn later(mut self, wait: &str) -> Self {
        self.now = self.now.checked_add(span(wait)).unwrap();
        self
    }

    /// Goes on to this time, unless it is past.
    pub(crate) fn at_least(mut self, time: Timestamp) -> Self {
        self.now = self.now.max(time);
        self
    }

    /// A webhook arrives for the first time.
    pub(crate) fn webhook(mut self, event: Event) -> Self {
        self.next_event += 1;
        let id = Some(EventId(self.next_event));
        self.apply(&Delivered { id, event });
        self
    }

    /// A webhook arrives with an identifier of its own.
    pub(crate) fn delivered(mut self, id: u64, event: Event) -> Self {
        let id = Some(EventId(1_000_000 + id));
        self.apply(&Delivered { id, event });
        self
    }

    /// Something happens that is no webhook.
    pub(crate) fn event(mut self, event: Event) -> Self {
        self.apply(&event.into());
        self
    }

    /// The timer fires when it is due.
    pub(crate) fn fire(self) -> Self {
        self.fire_late("0s")
    }

    /// The timer fires this long after it was due.
    pub(crate) fn fire_late(mut self, wait: &str) -> Self {
        let timer = self.journey.timer.clone().expect("a timer to fire");
        self.now = self.now.max(timer.due.checked_add(span(wait)).unwrap());
        self.event(Event::TimerFired {
            generation: timer.generation,
        })
    }

    /// The provider answers the check that the timer asked for.
    pub(crate) fn status(self, snapshot: Snapshot) -> Self {
        self.answer(StatusAnswer::Seen(snapshot), None)
    }

    /// The provider answers, and so does the meter search.
    pub(crate) fn status_and_meters(self, snapshot: Snapshot, meters: Vec<MeterFound>) -> Self {
        self.answer(StatusAnswer::Seen(snapshot), Some(meters))
    }

    pub(crate) fn unavailable(self, why: Unavailable) -> Self {
        self.answer(StatusAnswer::Unavailable { why, retry_at: None }, None)
    }

    pub(crate) fn unavailable_until(self, why: Unavailable, retry_at: &str) -> Self {
        let retry_at = Some(at(retry_at));
        self.answer(StatusAnswer::Unavailable { why, retry_at }, None)
    }

    fn answer(self, status: StatusAnswer, meters: Option<Vec<MeterFound>>) -> Self {
        let asked = self.effects.iter().find_map(|effect| match effect {
            Effect::Recheck { generation, .. } => Some(*generation),
            Effect::ArmTimer(_) | Effect::Send(_) | Effect::LookUpSend(_) => None,
        });
        let Some(generation) = asked else {
            panic!("the provider was not asked\n{}", self.told)
        };
        let facts = self.facts.clone();
        self.event(Event::Rechecked {
            generation,
            status,
            meters,
            facts,
        })
    }

    /// The record is read in passing.
    pub(crate) fn seen(self, snapshot: Snapshot) -> Self {
        let (region, classification) = (self.facts.region.clone(), self.facts.classification);
        self.event(Event::StatusSeen {
            snapshot,
            region,
            classification,
        })
    }

    /// The sender takes the last message over.
    pub(crate) fn accepted(self) -> Self {
        self.outcome(SendOutcome::Accepted {
            message_id: "0100019abc-0001".to_owned(),
        })
    }

    /// The sender answers the last order.
    pub(crate) fn outcome(mut self, outcome: SendOutcome) -> Self {
        let key = self.last_key();
        if matches!(outcome, SendOutcome::Accepted { .. }) {
            self.went_out(&key);
        }
        self.event(Event::SendResolved { key, outcome })
    }

    /// The sender's record answers for the last order.
    pub(crate) fn looked_up(mut self, resolution: Resolution) -> Self {
        let key = self.last_key();
        if matches!(resolution, Resolution::Sent { .. }) {
            self.went_out(&key);
        }
        self.event(Event::SendLookedUp { key, resolution })
    }

    pub(crate) fn last_key(&self) -> SendKey {
        self.orders.last().expect("an order").key.clone()
    }

    /// The meter search answers for the timer that is due.
    pub(crate) fn meters(mut self, meters: Vec<MeterFound>) -> Self {
        let timer = self.journey.timer.clone().expect("a timer to fire");
        self.now = self.now.max(timer.due);
        let generation = timer.generation;
        self.event(Event::MetersSeen { generation, meters })
    }

    /// Fires, answers with this record, and lets the sender accept, until no timer is left.
    pub(crate) fn until_the_end(mut self, snapshot: &Snapshot) -> Self {
        for _ in 0..60 {
            let Some(timer) = self.journey.timer.clone() else {
                return self;
            };
            self = match timer.why {
                TimerWhy::Meter | TimerWhy::Poll => self.meters(vec![super::meter()]),
                TimerWhy::Touch | TimerWhy::ClaimExpired | TimerWhy::Confirm | TimerWhy::HandBack => self.fire(),
            };
            if self
                .effects
                .iter()
                .any(|effect| matches!(effect, Effect::Recheck { .. }))
            {
                self = self.status(snapshot.clone());
            }
            if self.effects.iter().any(|effect| matches!(effect, Effect::Send(_))) {
                self = self.accepted();
            }
        }
        panic!("no end\n{}", self.told)
    }

    /// What the last step said.
    pub(crate) fn noted(self, expect: Expect) -> Self {
        expect.assert_eq(&notes(&self.notes));
        self
    }

    /// What the last step asked the shell to do.
    pub(crate) fn ordered(self, expect: Expect) -> Self {
        expect.assert_eq(&effects(&self.effects));
        self
    }

    /// Where the journey stands: phase, timer, touches.
    pub(crate) fn stands(self, expect: Expect) -> Self {
        expect.assert_eq(&self.state());
        self
    }

    pub(crate) fn state(&self) -> String {
        let journey = &self.journey;
        format!("{} | {} | {}", phase(&journey.phase), timer(journey), touches(journey))
    }

    /// Everything noted so far, one line a step.
    pub(crate) fn tells(self, expect: Expect) -> Self {
        expect.assert_eq(&self.told);
        self
    }

    pub(crate) fn sent(&self) -> Vec<u8> {
        self.orders.iter().map(|order| order.key.touch.0).collect()
    }

    /// A message really went out: the second for one touch is the one thing that must never be.
    pub(crate) fn went_out(&mut self, key: &SendKey) {
        let count = self.sent.entry((key.episode, key.touch)).or_default();
        *count += 1;
        assert!(*count <= 1, "two messages for {key:?}\n{}", self.told);
    }

    /// Decides one event, keeps the outcome, and checks what must always hold.
    pub(crate) fn apply(&mut self, delivered: &Delivered) {
        let before = &self.journey;
        let decision = decide(before, delivered, self.now, &self.campaign);
        let said = notes(&decision.notes);
        if !said.is_empty() {
            let _ = writeln!(self.told, "{} {said}", self.now);
        }
        let context = || format!("{delivered:?}\nbefore {before:?}\nafter {decision:?}\n{}", self.told);

        let again = decide(before, delivered, self.now, &self.campaign);
        assert_eq!(decision, again, "the same inputs, another decision (I10)");
        let read_back = stored::decode(&stored::encode(&decision.next)).expect("readable");
        assert_eq!(
            read_back,
            decision.next,
            "the stored record differs (I10)\n{}",
            context()
        );
        if delivered.id.is_some() {
            let twice = decide(&decision.next, delivered, self.now, &self.campaign);
            assert_eq!(
                (&twice.next, twice.effects.len(), &twice.notes[..]),
                (&decision.next, 0, &[Note::Duplicate][..]),
                "a repeated delivery has an effect"
            );
        }
        self.begun = true;
        let visit = Visit::shown_by(before, &decision, self.now, &self.campaign.incident);
        self.visits.extend(visit);
        timers_hold(before, &decision, self.now, &context);
        touches_hold(before, &decision, &context);
        completion_holds(before, &decision, &context);
        for effect in &decision.effects {
            if let Effect::Send(order) = effect {
                send_holds(
                    order,
                    before,
                    &decision.next,
                    self.now,
                    &self.campaign,
                    &self.facts,
                    &context,
                );
                assert!(self.keys.insert(order.key.clone()), "ordered twice (I2)\n{}", context());
                let out = self.sent.get(&(order.key.episode, order.key.touch));
                assert!(out.is_none(), "ordered again after it went out (I2)\n{}", context());
                self.orders.push(order.clone());
            }
        }
        if decision.next != *before {
            self.writes.push(Write {
                before: (!before.is_new()).then(|| before.clone()),
                after: decision.next.clone(),
                notes: decision.notes.clone(),
            });
        }
        self.journey = decision.next;
        self.notes = decision.notes;
        self.effects = decision.effects;
    }
}

/// I4: whatever is open has a timer, armed before the write, never in the past.
fn timers_hold(before: &Journey, decision: &Decision, now: Timestamp, context: &dyn Fn() -> String) {
    let next = &decision.next;
    let armed: Vec<_> = decision
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::ArmTimer(timer) => Some(timer),
            Effect::Recheck { .. } | Effect::Send(_) | Effect::LookUpSend(_) => None,
        })
        .collect();
    for timer in &armed {
        assert!(timer.due >= now && timer.closes >= timer.due, "{}", context());
        assert!(timer.generation > before.generation, "{}", context());
    }
    if next.timer != before.timer
        && let Some(timer) = &next.timer
    {
        assert_eq!(armed.last(), Some(&timer), "a timer that nobody armed\n{}", context());
    }
    assert!(
        armed.is_empty() || next != before,
        "armed, but not written\n{}",
        context()
    );
    // What was begun but means nothing is not written, so it needs no timer.
    if next.is_live() && !next.is_new() {
        assert!(next.timer.is_some(), "live without a timer (I4)\n{}", context());
    }
    let claimed = |record: &TouchRecord| matches!(record, TouchRecord::Claimed { .. });
    // A claim whose outcome is never told is found: its timer is armed, or the one that led to it is overdue.
    if next.touches.iter().any(claimed) {
        let found = next.timer.as_ref().is_some_and(|timer| match timer.why {
            TimerWhy::ClaimExpired => true,
            TimerWhy::Touch => timer.due <= now,
            TimerWhy::Confirm | TimerWhy::HandBack | TimerWhy::Meter | TimerWhy::Poll => false,
        });
        assert!(found, "a claim that nobody looks after\n{}", context());
    }
}

/// What is decided about a touch stays so within its episode.
fn touches_hold(before: &Journey, decision: &Decision, context: &dyn Fn() -> String) {
    if decision.next.episode != before.episode {
        return;
    }
    for (index, old) in before.touches.iter().enumerate() {
        let new = decision.next.touches.get(index);
        match old {
            TouchRecord::Sent { .. } | TouchRecord::Skipped { .. } => {
                assert_eq!(new, Some(old), "a decided touch changed\n{}", context());
            }
            TouchRecord::Waiting { .. } | TouchRecord::Claimed { .. } | TouchRecord::Unknown { .. } => {}
        }
    }
}

/// Completion absorbs: only a contradiction, a new episode or an erasure ends it.
fn completion_holds(before: &Journey, decision: &Decision, context: &dyn Fn() -> String) {
    let completed = |journey: &Journey| matches!(journey.phase, Phase::Completed { .. });
    if completed(before) && !completed(&decision.next) {
        let said = decision.notes.iter().any(|note| {
            matches!(
                note,
                Note::CompletionContradicted | Note::Reopened { .. } | Note::Stopped { .. }
            )
        });
        assert!(said, "a completion was lost without a word\n{}", context());
    }
}

fn send_holds(
    order: &SendOrder,
    before: &Journey,
    next: &Journey,
    now: Timestamp,
    campaign: &Campaign,
    facts: &Facts,
    context: &dyn Fn() -> String,
) {
    let (touch, key) = (order.key.touch, &order.key);
    assert!(
        before.is_live() && next.is_live(),
        "sent outside the reminders (I1)\n{}",
        context()
    );
    assert_eq!((&key.journey, key.episode), (&next.id, next.episode));
    assert!(matches!(
        before.touches.get(touch.index()),
        Some(TouchRecord::Waiting { .. })
    ));
    assert!(matches!(
        next.touches.get(touch.index()),
        Some(TouchRecord::Claimed { attempt, at, channel })
            if *attempt == key.attempt && *at == journey::to_millisecond(now) && *channel == key.channel
    ));
    // The window, counted again from the campaign.
    let rule = &campaign.series(next.series())[touch.index()];
    let after = match next.assignment.first_after_s {
        Some(seconds) if touch == Touch(1) && next.series() == Series::DropOff => {
            jiff::SignedDuration::from_secs(seconds).min(rule.until)
        }
        Some(_) | None => rule.after,
    };
    let counts_from = match next.occasion {
        Some(Occasion::ConsentEnds(end)) => end.checked_sub(campaign.sharing.consent_end_lead).unwrap(),
        Some(Occasion::Lost(_) | Occasion::Expected) | None => next.last_sign_of_life,
    };
    let waited = now.duration_since(counts_from);
    assert!(
        waited >= after && waited <= rule.until + campaign.window_grace,
        "sent outside its window\n{}",
        context()
    );
    // The hours, in every zone (I3).
    let inside = |zones: &[jiff::tz::TimeZone], hours: &journey::SendingHours| {
        for zone in zones {
            let time = now.to_zoned(zone.clone()).time();
            let open = time >= hours.start && hours.end.is_none_or(|end| time < end);
            assert!(open, "sent at {time} (I3)\n{}", context());
        }
    };
    match key.channel {
        Channel::Email if facts.zones.is_empty() => inside(&campaign.default_zones, &campaign.email_hours),
        Channel::Email => inside(&facts.zones, &campaign.email_hours),
        Channel::Sms | Channel::Push | Channel::Event => {
            inside(facts.places.zones(), &campaign.sms_hours);
            for zone in facts.places.zones() {
                let local = now.to_zoned(zone.clone());
                let hours = campaign.law.hours_on(local.date(), &facts.places);
                let lawful = hours.is_some_and(|hours| (hours.start..hours.end).contains(&local.time()));
                assert!(lawful, "rung at {local} (I3)\n{}", context());
            }
        }
    }
    assert!(
        facts.known && facts.permission(key.channel) == journey::contact::Permission::Allowed,
        "sent without leave (I5)"
    );
    assert!(rule.channels.contains(&key.channel), "a channel of nobody's");
    if key.channel == Channel::Sms {
        assert!(!facts.places.states().is_empty(), "texted to nobody knows where (I3)");
        let day = SignedDuration::from_hours(24);
        let lately = facts
            .inbox
            .sends
            .iter()
            .filter(|send| !send.key.same_touch(key) && send.at > now - day);
        assert_eq!(lately.count(), 0, "texted a second time in a day (I3)\n{}", context());
        assert!(
            waited <= jiff::SignedDuration::from_hours(48),
            "a text comes too late\n{}",
            context()
        );
        let texted = before.touches.iter().any(|record| {
            matches!(
                record,
                TouchRecord::Sent {
                    channel: Channel::Sms,
                    ..
                } | TouchRecord::Unknown {
                    channel: Channel::Sms,
                    ..
                }
            )
        });
        assert!(!texted, "a second text in one episode\n{}", context());
    }
    assert!(!next.assignment.is_holdout(), "sent to the holdout");
}
