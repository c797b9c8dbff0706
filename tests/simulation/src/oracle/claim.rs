//! A write, and above all one that claims a touch: is it allowed to this person, now?

use jiff::tz::TimeZone;
use journey::campaign::{Campaign, Channel};
use journey::contact::Contact;
use journey::port::Commit;
use journey::{Journey, Lane, Phase, SendKey, SendingHours, TouchRecord};
use law::{Evidence, Places};

use crate::case::{DAY, MINUTE, SECOND, campaigns, ts, zone};
use crate::fault::Of;
use crate::moment::Moment;
use crate::state::State;

const SUPPRESSED: &str = "the address is suppressed";

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
        let open = match key.channel {
            Channel::Email => may_be_mailed,
            Channel::Sms => may_be_texted,
            Channel::Push | Channel::Event => may_ring,
        };
        if !open(&contact, campaign, at) && !open(&contact, campaign, at - slack) {
            self.breach(
                "I3",
                format!("customer {customer}: {} outside of the hours", key.channel.as_str()),
            );
        }
        if key.channel == Channel::Sms && self.was_written_to(customer, key, at, slack) {
            self.breach(
                "I3",
                format!("customer {customer}: texted within a day of another message"),
            );
        }
    }

    /// Was another touch claimed for the person's inbox in the 24 hours before?
    fn was_written_to(&self, customer: usize, key: &SendKey, at: i64, slack: i64) -> bool {
        let ledger = self.rows[customer].addresses.ledger.as_ref();
        let inbox = ledger.and_then(|address| self.inboxes.get(address));
        let sends = inbox.into_iter().flat_map(|inbox| &inbox.sends);
        sends
            .filter(|send| !send.key.same_touch(key))
            .any(|send| send.at > ts(at - DAY) && send.at <= ts(at - slack))
    }

    /// What bars a customer from a channel, as the table is now.
    pub(crate) fn bars(&self, customer: usize, channel: Channel) -> Option<&'static str> {
        let row = &self.rows[customer];
        let Some(contact) = &row.contact else {
            return Some("nobody is known");
        };
        let Some(address) = row.addresses.channels.get(&channel) else {
            return Some("there is no address");
        };
        if contact.opted_out.covers(channel) {
            Some("the person opted out")
        } else if self
            .inboxes
            .get(address)
            .is_some_and(|inbox| !inbox.suppressed.is_open())
        {
            Some(SUPPRESSED)
        } else if channel == Channel::Sms && !contact.consent.contains_key(&channel) {
            Some("there is no consent")
        } else {
            None
        }
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

/// Is this an hour in which the campaign writes to a person?
fn may_be_mailed(contact: &Contact, campaign: &Campaign, at: i64) -> bool {
    let own = contact.zone.as_deref().and_then(zone);
    let zones = own.map_or_else(|| campaign.default_zones.clone(), |own| vec![own]);
    zones.iter().all(|zone| is_inside(&campaign.email_hours, zone, at))
}

/// Is it lawful to text a person at this hour, wherever they may be?
fn may_be_texted(contact: &Contact, campaign: &Campaign, at: i64) -> bool {
    may_ring(contact, campaign, at) && !places(contact, campaign).states().is_empty()
}

/// May a phone ring at this hour, wherever the person may be?
fn may_ring(contact: &Contact, campaign: &Campaign, at: i64) -> bool {
    let places = places(contact, campaign);
    let lawful = |zone: &TimeZone| {
        let local = ts(at).to_zoned(zone.clone());
        let hours = campaign.law.hours_on(local.date(), &places);
        hours.is_some_and(|hours| (hours.start..hours.end).contains(&local.time()))
            && is_inside(&campaign.sms_hours, zone, at)
    };
    places.zones().iter().all(lawful)
}

fn places(contact: &Contact, campaign: &Campaign) -> Places {
    campaign.law.places(&Evidence {
        area_code: contact.phone.as_ref().map(journey::PhoneNumber::area_code),
        states: contact.state.into_iter().collect(),
        zones: contact.zone.as_deref().and_then(zone).into_iter().collect(),
    })
}

fn is_inside(hours: &SendingHours, zone: &TimeZone, at: i64) -> bool {
    let time = ts(at).to_zoned(zone.clone()).time();
    time >= hours.start && hours.end.is_none_or(|end| time < end)
}
