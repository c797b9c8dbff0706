//! A message: does its sender get it after all that must come before it, and once?

use journey::SendKey;
use journey::campaign::{Channel, TouchRule};

use super::Message;
use super::claim::series_of;
use crate::case::{DAY, MINUTE, SECOND, campaigns};
use crate::state::{Row, State};

/// Clocks differ by at most this.
const SKEW: i64 = 3 * SECOND;

/// A sender answers, or its caller dies, within this.
const SENDING: i64 = 2 * MINUTE;

impl State {
    /// A sender is called.
    pub(crate) fn judge_send(&mut self, by: u32, key: &SendKey, to: &str) {
        let Some(row) = self.row(&key.journey) else {
            return;
        };
        let (name, customer) = (self.name(row), self.rows[row].customer);
        let Some(invocation) = self.invocations.get(by as usize) else {
            return;
        };
        let (over, barred) = (
            invocation.read_over[row],
            invocation.barred[customer][key.channel as usize],
        );
        let (read_at, asked) = (invocation.read_at[row], invocation.asked[customer]);
        let found = invocation.found[customer].clone();
        let Some((claimed_at, asks)) = self.oracle.claimed.get(key).map(|claimed| (claimed.at, claimed.asks)) else {
            return self.breach("I2", format!("{name}: a send began without a claim"));
        };
        let looked = found.is_some_and(|found| {
            let address = match key.channel {
                Channel::Email => found.email,
                Channel::Sms => found.phone,
                Channel::Push => found.device,
                Channel::Event => None,
            };
            found.at >= claimed_at && address.as_deref() == Some(to)
        });
        if !looked {
            self.breach(
                "I5",
                format!("{name}: a send began to an address that no last look has found"),
            );
        }
        if over {
            self.breach("I1", format!("{name}: a send began after a read told that it is over"));
        }
        if !asked.is_some_and(|said| said.leaves(asks)) {
            self.breach("I1", format!("{name}: a send began without the provider's answer"));
        }
        if barred {
            self.breach(
                "I5",
                format!("{name}: a send began after a read told that none is allowed"),
            );
        }
        match read_at {
            Some(read) if read >= claimed_at => {
                if self.now - claimed_at > 90 * SECOND + SENDING + SKEW {
                    self.breach("I3", format!("{name}: a send began long after its claim"));
                }
            }
            _ => self.breach("I1", format!("{name}: a send began without a last look")),
        }
    }

    /// A message is taken over.
    pub(crate) fn judge_message(&mut self, message: &Message) {
        let name = self.name(message.row);
        let key = &message.key;
        let mut wrong = Vec::new();
        for other in &self.oracle.messages {
            let apart = message.at - other.at;
            if other.key.same_touch(key) {
                wrong.push(("I2", format!("{name}: touch {} was sent twice", key.touch.0)));
            } else if other.key.journey == key.journey && other.key.episode == key.episode {
                if other.key.channel == Channel::Sms && key.channel == Channel::Sms {
                    wrong.push(("I5", format!("{name}: two texts in one episode")));
                }
                if self.case.then.is_none() && apart < self.shortest_gap(message.row, other.to == message.to) {
                    wrong.push(("I7", format!("{name}: two messages within {} min", apart / MINUTE)));
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
    /// Two messages of an episode are at least this far apart: their windows are, or the cap a day is one.
    fn shortest_gap(&self, row: usize, same_address: bool) -> i64 {
        let campaign = &campaigns()[self.campaign];
        let Row { customer, purpose, .. } = self.rows[row];
        let provider = self.case.customers[customer].contact.provider;
        let grace = campaign.window_grace;
        let apart = |pair: &[TouchRule]| (pair[1].after - pair[0].until - grace).as_millis() as i64;
        let windows = series_of(campaign, provider, purpose).flat_map(|rules| rules.windows(2).map(apart));
        let windows = windows.min().unwrap_or(DAY);
        let capped = same_address && campaign.caps.per_day == 1;
        windows.max(if capped { DAY } else { 0 }) - 5 * MINUTE
    }
}
