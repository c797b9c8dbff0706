//! What must hold, said again and more simply than in the rules. Nothing here calls them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use journey::campaign::{Campaign, Channel, TouchRule};
use journey::contact::Contact;
use journey::port::Commit;
use journey::{Days, Journey, Lane, MeterFollowUp, Phase, SendKey, SkipReason, StopReason, TouchRecord};

use crate::case::{DAY, HOUR, MINUTE, SECOND, campaigns, ts, zone};
use crate::fault::Of;
use crate::moment::Moment;
use crate::state::State;

/// An invariant that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Which.
    pub invariant: &'static str,
    /// How.
    pub what: String,
}

/// A message that a sender took over.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) key: SendKey,
    pub(crate) customer: usize,
    pub(crate) at: i64,
    pub(crate) to: String,
}

/// What the oracle remembers.
#[derive(Default)]
pub(crate) struct Oracle {
    pub(crate) messages: Vec<Message>,
    pub(crate) armed: BTreeSet<(usize, u32)>,
    claimed_at: BTreeMap<SendKey, i64>,
    swept: BTreeMap<(usize, u32), u16>,
}

const SUPPRESSED: &str = "the address is suppressed";

/// Clocks differ by at most this.
const SKEW: i64 = 3 * SECOND;

/// A sender answers, or its caller dies, within this.
const SENDING: i64 = 2 * MINUTE;

impl Oracle {
    /// The next number of a firing by the sweep.
    pub(crate) fn swept(&mut self, customer: usize, generation: u32) -> u16 {
        let count = self.swept.entry((customer, generation)).or_insert(200);
        // Who is swept for days is a breach by then, whatever the number.
        *count = if *count < 60_000 { *count + 10 } else { 210 };
        *count
    }
}

fn claims(journey: &Journey) -> impl Iterator<Item = SendKey> {
    let records = journey.touches.iter().enumerate();
    records.filter_map(|(index, record)| match record {
        TouchRecord::Claimed { attempt, channel, .. } => {
            Some(journey.send_key(journey::Touch::at(index), *attempt, *channel))
        }
        TouchRecord::Waiting { .. }
        | TouchRecord::Sent { .. }
        | TouchRecord::Unknown { .. }
        | TouchRecord::Skipped { .. } => None,
    })
}

impl State {
    /// A write, before it is done.
    pub(crate) fn judge_commit(&mut self, by: u32, customer: usize, before: Option<&Journey>, commit: &Commit<'_>) {
        let journey = commit.journey;
        if before.is_some_and(|before| before.generation > journey.generation) {
            self.breach("I4", format!("customer {customer}: the timer's generation went back"));
        }
        match &journey.timer {
            None if journey.is_live() => self.breach("I4", format!("customer {customer}: live without a timer")),
            Some(timer) if timer.why.lane() == Lane::Touchpoint => {
                if !self.oracle.armed.contains(&(customer, timer.generation)) {
                    self.breach(
                        "I4",
                        format!("customer {customer}: a timer was written before it was armed"),
                    );
                }
            }
            None | Some(_) => {}
        }
        self.judge_end_of_journey(by, customer, before, journey);
        let known: Vec<SendKey> = before.map(|before| claims(before).collect()).unwrap_or_default();
        let fresh: Vec<SendKey> = claims(journey).filter(|key| !known.contains(key)).collect();
        if fresh.len() > 1 {
            self.breach("I7", format!("customer {customer}: two touches claimed at once"));
        }
        for key in fresh {
            let asked = self
                .invocations
                .get(by as usize)
                .and_then(|invocation| invocation.asked[customer]);
            if asked != Some(false) {
                self.breach(
                    "I1",
                    format!("customer {customer}: claimed, although the provider's answer is {asked:?}"),
                );
            }
            if before.is_some_and(|before| !before.is_live()) {
                self.breach(
                    "I1",
                    format!("customer {customer}: claimed, although the journey was over"),
                );
            }
            if commit.claim.as_ref().is_none_or(|claim| *claim.key != key) {
                self.breach(
                    "I5",
                    format!("customer {customer}: claimed without its place in the inbox"),
                );
            }
            self.judge_claim(by, customer, &key);
            let now = self.now;
            self.oracle.claimed_at.insert(key, now);
            self.moment(customer, Moment::Claimed, now);
        }
    }

    /// Who has finished stays so, until the provider's own record has them begin anew.
    fn judge_end_of_journey(&mut self, by: u32, customer: usize, before: Option<&Journey>, after: &Journey) {
        let completed = |journey: &Journey| matches!(journey.phase, Phase::Completed { provisional: false, .. });
        let Some(before) = before.filter(|before| completed(before) && !completed(after)) else {
            return;
        };
        let Some(invocation) = self.invocations.get(by as usize) else {
            return;
        };
        let who = invocation.who;
        if who.of != Of::Pass || after.episode != before.episode + 1 {
            self.breach("I1", format!("customer {customer}: {who} undid a completion"));
        }
    }

    /// May this person get a message on this channel at this hour?
    fn judge_claim(&mut self, by: u32, customer: usize, key: &SendKey) {
        let Some(contact) = self.rows[customer].contact.clone() else {
            return self.breach(
                "I5",
                format!("customer {customer}: claimed for somebody we do not know"),
            );
        };
        // A number may be closed until the last look before the send: its inbox is not the claim's.
        let bars = self.bars(customer, key.channel);
        if let Some(why) = bars.filter(|why| key.channel == Channel::Email || *why != SUPPRESSED) {
            self.breach("I5", format!("customer {customer}: claimed, although {why}"));
        }
        let campaign = &campaigns()[self.campaign];
        // A campaign that was changed in this moment may be known here and not there.
        if self.case.then.is_some() {
            return;
        }
        let skew = self
            .invocations
            .get(by as usize)
            .map_or(0, |invocation| invocation.skew);
        // The decision is a few calls older than its write.
        let slack = if self.case.kinds.has(crate::Kind::Slow) {
            3 * MINUTE
        } else {
            SECOND
        };
        let at = self.now + skew;
        let open = zones(&contact, campaign, key.channel)
            .iter()
            .all(|zone| is_open(campaign, key.channel, zone, at) || is_open(campaign, key.channel, zone, at - slack));
        if !open {
            self.breach(
                "I3",
                format!("customer {customer}: {} outside of the hours", key.channel.as_str()),
            );
        }
    }

    /// What bars a customer from a channel, as the table is now.
    pub(crate) fn bars(&self, customer: usize, channel: Channel) -> Option<&'static str> {
        let row = &self.rows[customer];
        let Some(contact) = &row.contact else {
            return Some("nobody is known");
        };
        let address = match channel {
            Channel::Email => contact.email.as_ref().and(row.addresses.ledger.as_ref()),
            Channel::Sms => row.addresses.number.as_ref(),
        };
        let Some(address) = address else {
            return Some("there is no address");
        };
        if contact.opted_out {
            Some("the person opted out")
        } else if self
            .inboxes
            .get(address)
            .is_some_and(|inbox| inbox.suppressed_at.is_some())
        {
            Some(SUPPRESSED)
        } else if channel == Channel::Sms && contact.sms_consent.is_none() {
            Some("there is no consent")
        } else {
            None
        }
    }

    /// A sender is called.
    pub(crate) fn judge_send(&mut self, by: u32, key: &SendKey, to: &str) {
        let Some(customer) = self.customer(&key.journey) else {
            return;
        };
        let Some(invocation) = self.invocations.get(by as usize) else {
            return;
        };
        let (over, barred) = (
            invocation.read_over[customer],
            invocation.barred[customer][usize::from(!key.channel.is_email())],
        );
        let (read_at, asked) = (invocation.read_at[customer], invocation.asked[customer]);
        let found = invocation.found[customer].clone();
        let Some(claimed_at) = self.oracle.claimed_at.get(key).copied() else {
            return self.breach("I2", format!("customer {customer}: a send began without a claim"));
        };
        let looked = found.is_some_and(|found| {
            let address = if key.channel.is_email() {
                found.email
            } else {
                found.phone
            };
            found.at >= claimed_at && address.as_deref() == Some(to)
        });
        if !looked {
            self.breach(
                "I5",
                format!("customer {customer}: a send began to an address that no last look has found"),
            );
        }
        if over {
            self.breach(
                "I1",
                format!("customer {customer}: a send began after a read told that it is over"),
            );
        }
        if asked != Some(false) {
            self.breach(
                "I1",
                format!("customer {customer}: a send began without the provider's answer"),
            );
        }
        if barred {
            self.breach(
                "I5",
                format!("customer {customer}: a send began after a read told that none is allowed"),
            );
        }
        match read_at {
            Some(read) if read >= claimed_at => {
                if self.now - claimed_at > 90 * SECOND + SENDING + SKEW {
                    self.breach("I3", format!("customer {customer}: a send began long after its claim"));
                }
            }
            _ => self.breach("I1", format!("customer {customer}: a send began without a last look")),
        }
    }

    /// A message is taken over.
    pub(crate) fn judge_message(&mut self, message: &Message) {
        let customer = message.customer;
        let key = &message.key;
        let mut wrong = Vec::new();
        for other in &self.oracle.messages {
            let apart = message.at - other.at;
            if other.key.same_touch(key) {
                wrong.push((
                    "I2",
                    format!("customer {customer}: touch {} was sent twice", key.touch.0),
                ));
            } else if other.key.journey == key.journey && other.key.episode == key.episode {
                if other.key.channel == Channel::Sms && key.channel == Channel::Sms {
                    wrong.push(("I5", format!("customer {customer}: two texts in one episode")));
                }
                if self.case.then.is_none() && apart < shortest_gap(&campaigns()[self.campaign], other.to == message.to)
                {
                    wrong.push((
                        "I7",
                        format!("customer {customer}: two messages within {} min", apart / MINUTE),
                    ));
                }
            }
        }
        let day = |other: &&Message| other.to == message.to && message.at - other.at < DAY - 5 * MINUTE;
        let sent = self.oracle.messages.iter().filter(day).count() + 1;
        let most = usize::from(campaigns()[self.campaign].caps.per_day);
        if self.case.then.is_none() && message.key.channel.is_email() && sent > most {
            wrong.push(("I7", format!("{sent} messages to one address in a day")));
        }
        for (invariant, what) in wrong {
            self.breach(invariant, what);
        }
    }

    /// A word of a metric.
    pub(crate) fn judge_label(&mut self, word: &str, by: u64) {
        self.counters += by;
        if word.contains("example.com") || word.contains("site-") || word.contains("+1202") {
            self.breach("I9", format!("a metric says {word}"));
        }
    }

    /// A webhook was answered.
    pub(crate) fn judge_answer(&mut self, index: u32, accepted: bool, begins: bool) {
        let Some(invocation) = self.invocations.get(index as usize) else {
            return;
        };
        let who = invocation.who;
        let took = self.now - invocation.started_at;
        let disturbed = invocation.disturbed;
        if accepted && begins && !self.holds(who.customer, who.a) {
            self.breach("I8", format!("{who}: answered 200, and the table does not have it"));
        }
        if !disturbed && took > 2 * SECOND {
            self.breach("I8", format!("{who}: answered after {took} ms"));
        }
    }

    /// A pass of the reconciliation did not reach its end. Is another worth while?
    pub(crate) fn judge_pass(&mut self) -> bool {
        let since = *self.behind_since.get_or_insert(self.now);
        let stuck = self.now > since.max(self.case.faults_end) + HOUR;
        if stuck {
            self.breach(
                "I6",
                format!("the provider's changes are not read to their end since {}", ts(since)),
            );
        }
        !stuck
    }

    /// All faults are long over: nothing may be overdue.
    pub(crate) fn judge_rest(&mut self) {
        if self.now < self.case.faults_end + HOUR {
            return;
        }
        for customer in 0..self.rows.len() {
            let Some(stored) = &self.rows[customer].journey else {
                continue;
            };
            let Some(timer) = &stored.journey.timer else { continue };
            let allowed = match timer.why.lane() {
                Lane::Touchpoint => 5 * MINUTE,
                Lane::Meter => 11 * MINUTE,
            };
            let due = timer.due.as_millisecond();
            if due + allowed < self.now {
                let why = timer.why;
                self.breach("I4", format!("customer {customer}: {why:?} overdue since {}", ts(due)));
            }
        }
    }

    /// The end of a case.
    pub(crate) fn judge_end(&mut self) {
        self.judge_rest();
        for customer in 0..self.rows.len() {
            let Some(journey) = self.rows[customer]
                .journey
                .as_ref()
                .map(|stored| stored.journey.clone())
            else {
                if self.rows[customer].record.was_shown() {
                    self.breach(
                        "I6",
                        format!("customer {customer}: the provider knows them, and we do not"),
                    );
                }
                continue;
            };
            if journey.is_live() {
                self.breach("I6", format!("customer {customer}: still live at the end"));
            }
            self.judge_touches(customer, &journey);
            let complete = self.rows[customer].record.is_complete();
            let over = matches!(
                journey.phase,
                Phase::Completed { .. }
                    | Phase::Stopped {
                        why: StopReason::Erased,
                        ..
                    }
            );
            if complete && !over && self.case.customers[customer].listed {
                self.breach(
                    "I6",
                    format!("customer {customer}: finished, and we say {:?}", journey.phase),
                );
            }
            if let Phase::Completed { provisional, meter, .. } = &journey.phase {
                if *provisional {
                    self.breach("I6", format!("customer {customer}: still provisional at the end"));
                }
                if matches!(meter, MeterFollowUp::Awaited { .. }) && journey.timer.is_none() {
                    self.breach("I6", format!("customer {customer}: the meter is not followed"));
                }
            }
        }
    }

    fn judge_touches(&mut self, customer: usize, journey: &Journey) {
        for (index, record) in journey.touches.iter().enumerate() {
            let key = journey.send_key(journey::Touch::at(index), 0, Channel::Email);
            let sent = self.oracle.messages.iter().any(|message| message.key.same_touch(&key));
            let touch = index + 1;
            let handed_back = matches!(journey.phase, Phase::HandedBack { .. });
            let wrong = match record {
                TouchRecord::Claimed { .. } => Some("was never resolved"),
                TouchRecord::Waiting { .. } if handed_back && self.case.then.is_none() => Some("still waits"),
                // A message that is known to be out only by an event that was lost may be unknown, not denied.
                TouchRecord::Waiting { .. } if sent => Some("waits, and was sent"),
                TouchRecord::Skipped { .. } if sent => Some("is recorded as skipped, and was sent"),
                TouchRecord::Sent { .. } if !sent => Some("is recorded as sent, and was not"),
                TouchRecord::Skipped { why, .. }
                    if self.case.kinds == crate::Kinds::NONE && is_of_a_fault(*why, &campaigns()[self.campaign]) =>
                {
                    Some("was skipped for a fault, and there was none")
                }
                TouchRecord::Waiting { .. }
                | TouchRecord::Sent { .. }
                | TouchRecord::Unknown { .. }
                | TouchRecord::Skipped { .. } => None,
            };
            if let Some(wrong) = wrong {
                self.breach("I6", format!("customer {customer}: touch {touch} {wrong}: {record:?}"));
            }
        }
    }
}

/// Reasons that only a fault can bring about. Where windows overlap, a cap may hold a touch until its own is closed.
fn is_of_a_fault(why: SkipReason, campaign: &Campaign) -> bool {
    matches!(
        why,
        SkipReason::StatusUnavailable
            | SkipReason::Throttled
            | SkipReason::Refused
            | SkipReason::UnknownContact
            | SkipReason::OptedOut
            | SkipReason::Suppressed
    ) || (why == SkipReason::WindowClosed && campaign.email_hours.is_always())
}

/// The zones that count for a person.
fn zones(contact: &Contact, campaign: &Campaign, channel: Channel) -> Vec<TimeZone> {
    let own = contact.zone.as_deref().and_then(zone);
    match (own, channel) {
        (Some(own), _) => vec![own],
        (None, Channel::Email) => campaign.default_zones.clone(),
        (None, Channel::Sms) => journey::us_zones(),
    }
}

/// Is this hour allowed in this zone?
fn is_open(campaign: &Campaign, channel: Channel, zone: &TimeZone, at: i64) -> bool {
    let local = ts(at).to_zoned(zone.clone());
    let minute = i64::from(local.hour()) * 60 + i64::from(local.minute());
    let weekend = local.weekday().to_monday_zero_offset() >= 5;
    let hours = match channel {
        Channel::Email => &campaign.email_hours,
        Channel::Sms => &campaign.sms_hours,
    };
    let of = |time: jiff::civil::Time| i64::from(time.hour()) * 60 + i64::from(time.minute());
    let campaigns_own = minute >= of(hours.start)
        && hours.end.is_none_or(|end| minute < of(end))
        && (hours.days == Days::Every || !weekend);
    let of_texts = (10 * 60..18 * 60).contains(&minute) && !weekend;
    campaigns_own && (channel == Channel::Email || of_texts)
}

/// Two messages of an episode are at least this far apart: their windows are, or the cap a day is one.
fn shortest_gap(campaign: &Campaign, same_address: bool) -> i64 {
    let grace = campaign.window_grace;
    let apart = |pair: &[TouchRule]| (pair[1].after - pair[0].until - grace).as_millis() as i64;
    let windows = campaign.touches.windows(2).map(apart).min().unwrap_or(DAY);
    let capped = same_address && campaign.caps.per_day == 1;
    windows.max(if capped { DAY } else { 0 }) - 5 * MINUTE
}
