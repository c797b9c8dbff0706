//! A write, and above all one that claims a touch: is it allowed to this person, now?

use jiff::tz::TimeZone;
use journey::campaign::{Campaign, Channel};
use journey::contact::Contact;
use journey::port::Commit;
use journey::{Days, Journey, Lane, Phase, SendKey, TouchRecord};

use crate::case::{MINUTE, SECOND, campaigns, ts, zone};
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
