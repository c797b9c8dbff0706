//! A write, and above all one that claims a touch: is it allowed to this person, now?

use jiff::tz::TimeZone;
use journey::campaign::{Campaign, Channel, TouchRule};
use journey::contact::Contact;
use journey::port::Commit;
use journey::{Journey, Lane, Occasion, Phase, Provider, Purpose, SendKey, SendingHours, Series, TouchRecord};
use law::{Evidence, Places};

use super::Claimed;
use super::enrolment::{Knows, is_for_support};
use crate::case::{DAY, HOUR, MINUTE, SECOND, campaigns, ts, zone};
use crate::fault::Of;
use crate::moment::Moment;
use crate::record::{Asks, Said};
use crate::state::{Row, State};

const SUPPRESSED: &str = "the address is suppressed";

impl State {
    /// A write, before it is done.
    pub(crate) fn judge_commit(&mut self, by: u32, row: usize, before: Option<&Journey>, commit: &Commit<'_>) {
        let journey = commit.journey;
        let (name, customer) = (self.name(row), self.rows[row].customer);
        if let Some(invocation) = self.invocations.get_mut(by as usize) {
            invocation.wrote_over[row] = !journey.is_live();
        }
        if before.is_some_and(|before| before.generation > journey.generation) {
            self.breach("I4", format!("{name}: the timer's generation went back"));
        }
        match &journey.timer {
            None if journey.is_live() => self.breach("I4", format!("{name}: live without a timer")),
            Some(timer) if timer.why.lane() == Lane::Touchpoint => {
                if !self.oracle.armed.contains(&(row, timer.generation)) {
                    self.breach("I4", format!("{name}: a timer was written before it was armed"));
                }
            }
            None | Some(_) => {}
        }
        self.judge_end_of_journey(by, row, before, journey);
        self.judge_enrolling(by, row, before, journey);
        let known: Vec<SendKey> = before.map(|before| claims(before).collect()).unwrap_or_default();
        let fresh: Vec<SendKey> = claims(journey).filter(|key| !known.contains(key)).collect();
        if fresh.len() > 1 {
            self.breach("I7", format!("{name}: two touches claimed at once"));
        }
        let asks = Asks::of(journey);
        for key in fresh {
            let asked = self
                .invocations
                .get(by as usize)
                .and_then(|invocation| invocation.asked[customer]);
            if !asked.is_some_and(|said| said.leaves(asks)) {
                self.breach(
                    "I1",
                    format!("{name}: claimed, although the provider's answer is {asked:?}"),
                );
            }
            if before.is_some_and(|before| !before.is_live()) {
                self.breach("I1", format!("{name}: claimed, although the journey was over"));
            }
            if commit.claim.as_ref().is_none_or(|claim| *claim.key != key) {
                self.breach("I5", format!("{name}: claimed without its place in the inbox"));
            }
            self.judge_asking(row, asks);
            self.judge_series(row);
            self.judge_nudging(row);
            self.judge_claim(by, row, &key);
            let claimed = Claimed {
                at: self.now,
                row,
                ledger: self.people[customer].addresses.ledger.clone(),
                asks,
                knows: Knows::of(journey),
            };
            let now = self.now;
            self.oracle.claimed.insert(key, claimed);
            self.moment(customer, Moment::Claimed, now);
        }
    }

    /// Who has finished stays so, until the provider's own record has them begin anew. Bayou's first connection is
    /// made once; what is lost after it is another journey's, and each loss an episode of its own.
    fn judge_end_of_journey(&mut self, by: u32, row: usize, before: Option<&Journey>, after: &Journey) {
        let completed = |journey: &Journey, sure| matches!(journey.phase, Phase::Completed { provisional, .. } if !(sure && provisional));
        let (name, customer) = (self.name(row), self.rows[row].customer);
        let Some(invocation) = self.invocations.get(by as usize) else {
            return;
        };
        let (who, asked) = (invocation.who, invocation.asked[customer]);
        let asks = Asks::of(after);
        let said_open = asked.is_some_and(|said| said.leaves(asks));
        let (Some(before), false) = (before, completed(after, false)) else {
            return;
        };
        let next = after.episode == before.episode + 1;
        let denied = matches!(asked, Some(Said::Light(shows)) if shows.finalized == Some(false));
        let may = match (before.provider, after.purpose) {
            _ if !completed(before, false) => true,
            (Provider::Light, _) => is_for_support(after) || (!completed(before, true) && denied),
            (Provider::Leap, _) => !completed(before, true) || (who.of == Of::Pass && next),
            // What a webhook had said, Bayou's own record has contradicted.
            (Provider::Bayou, _) if !completed(before, true) => said_open,
            (Provider::Bayou, Purpose::Enroll) => false,
            (Provider::Bayou, Purpose::Reconnect) => next && (who.of == Of::Webhook || said_open),
        };
        if !may {
            self.breach("I1", format!("{name}: {who} undid a completion"));
        }
    }

    /// Is this what the customer is to be asked for?
    fn judge_asking(&mut self, row: usize, asks: Asks) {
        let name = self.name(row);
        let person = &self.people[self.rows[row].customer];
        let Some(account) = person.record.account() else { return };
        match asks.occasion {
            // Broken is only what once stood.
            Some(Occasion::Lost(_)) if !account.ever_connected() => {
                self.breach("I1", format!("{name}: asked to connect again, and never connected"));
            }
            Some(Occasion::ConsentEnds(end)) => {
                let ends = person.contact.as_ref().and_then(|contact| contact.sharing_ends_at);
                if ends != Some(end) && self.now >= person.stored_at + HOUR && self.now >= self.case.faults_end + HOUR {
                    self.breach("I1", format!("{name}: told of the end {end}, and it is {ends:?}"));
                }
            }
            Some(Occasion::Lost(_) | Occasion::Expected) | None => {}
        }
    }

    /// While one series of messages runs, nobody else's begins in the same inbox, whoever the provider is.
    fn judge_series(&mut self, row: usize) {
        let campaign = &campaigns()[self.campaign];
        if !campaign.caps.one_series_per_inbox || self.case.then.is_some() {
            return;
        }
        let Row { customer, purpose, .. } = self.rows[row];
        let provider = self.case.customers[customer].contact.provider;
        let lengths = series_of(campaign, provider, purpose).filter_map(|rules| rules.last());
        let length = lengths.map(|rule| rule.until.as_millis() as i64).min().unwrap_or(0);
        let ledger = &self.people[customer].addresses.ledger;
        let since = self.now - length + 5 * MINUTE;
        let other = self.oracle.claimed.values().find(|claimed| {
            // Two claims at once see one another, however slow; a clock that is wrong shifts both.
            // A contact's own journeys are one series.
            self.rows[claimed.row].customer != customer && claimed.ledger == *ledger && claimed.at > since
        });
        if let Some(other) = other {
            let (name, other) = (self.name(row), self.name(other.row));
            self.breach(
                "I5",
                format!("{name}: claimed while the series of {other} runs in the same inbox"),
            );
        }
    }

    /// May this person get a message on this channel at this hour?
    fn judge_claim(&mut self, by: u32, row: usize, key: &SendKey) {
        let (name, customer) = (self.name(row), self.rows[row].customer);
        let Some(contact) = self.people[customer].contact.clone() else {
            return self.breach("I5", format!("{name}: claimed for somebody we do not know"));
        };
        // A number may be closed until the last look before the send: its inbox is not the claim's.
        let bars = self.bars(customer, key.channel);
        if let Some(why) = bars.filter(|why| key.channel == Channel::Email || *why != SUPPRESSED) {
            self.breach("I5", format!("{name}: claimed, although {why}"));
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
            self.breach("I3", format!("{name}: {} outside of the hours", key.channel.as_str()));
        }
        if key.channel == Channel::Sms && self.was_written_to(customer, key, at, slack) {
            self.breach("I3", format!("{name}: texted within a day of another message"));
        }
    }

    /// Was another touch claimed for the person's inbox in the 24 hours before?
    fn was_written_to(&self, customer: usize, key: &SendKey, at: i64, slack: i64) -> bool {
        let ledger = self.people[customer].addresses.ledger.as_ref();
        let inbox = ledger.and_then(|address| self.inboxes.get(address));
        let sends = inbox.into_iter().flat_map(|inbox| &inbox.sends);
        sends
            .filter(|send| !send.key.same_touch(key))
            .any(|send| send.at > ts(at - DAY) && send.at <= ts(at - slack))
    }

    /// What bars a customer from a channel, as the table is now.
    pub(crate) fn bars(&self, customer: usize, channel: Channel) -> Option<&'static str> {
        let person = &self.people[customer];
        let Some(contact) = &person.contact else {
            return Some("nobody is known");
        };
        let Some(address) = person.addresses.channels.get(&channel) else {
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

/// The series that journeys of a purpose may be in.
pub(super) fn series_of(
    campaign: &Campaign,
    provider: Provider,
    purpose: Purpose,
) -> impl Iterator<Item = &[TouchRule]> {
    let series: &[Series] = match (provider, purpose) {
        (Provider::Leap, _) => &[Series::DropOff],
        (Provider::Bayou, Purpose::Enroll) => &[Series::DropOff, Series::Invitation],
        (Provider::Light, _) => &[Series::DropOff],
        (Provider::Bayou, Purpose::Reconnect) => &[Series::Reconnect, Series::Renewal, Series::ConsentEnd],
    };
    series.iter().map(|series| campaign.series(*series))
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
