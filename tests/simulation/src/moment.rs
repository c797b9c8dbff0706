//! Coincidences: what people do just when a timer is due, a touch was claimed, or a message is on its way.
//!
//! Days of acts at any time meet such a moment once in thousands of journeys. So in half of the cases some acts
//! have no time of their own: they wait for a moment of the case itself, and fall within seconds of it or less.

use journey::Flow;
use journey::contact::Contact;
use rand::{Rng, RngExt};

use crate::case::{Act, Doing, SECOND, When, moved, readdressed};
use crate::fault::{Kind, Kinds};
use crate::state::{Item, State};

/// A moment of a customer's case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// A touch's timer is due.
    Due,
    /// It has fired.
    Fired,
    /// The provider has answered `touchpoint`.
    Asked,
    /// A touch was claimed.
    Claimed,
    /// A message is handed to its sender.
    Handed,
    /// The sender has taken it over.
    Sent,
}

/// Waits for a moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Upon {
    pub(crate) moment: Moment,
    /// The customer's first such moment, second, ...
    pub(crate) nth: u8,
    /// Milliseconds after it; before it only where it was known to come.
    pub(crate) after: i64,
}

/// Draws what a customer does upon moments.
pub(crate) fn coincidences(random: &mut impl Rng, acts: &mut Vec<Act>, contact: &Contact, kinds: Kinds) {
    for _ in 0..random.random_range(0..3) {
        let upon = upon(random);
        let mut act = |after, doing| {
            let upon = Upon {
                after: upon.after + after,
                ..upon
            };
            acts.push(Act {
                when: When::Upon(upon),
                doing,
            });
        };
        let what = random.random_range(0..20);
        let changes = kinds.has(Kind::ContactChanges);
        match what {
            0..5 if changes => act(0, Doing::OptOut),
            5..8 if changes => act(0, Doing::Erase),
            8..10 if changes => act(0, readdressed(contact)),
            10 if changes => act(0, moved(random, contact)),
            11..13 if kinds.has(Kind::Bounces) => act(0, Doing::Bounce),
            13 => act(0, Doing::Step),
            14 => act(0, Doing::LoginFailed(3)),
            _ if contact.flow == Flow::DirectToUtility => {
                act(0, Doing::LoginSucceeded);
                act(1, Doing::Complete);
            }
            _ => act(0, Doing::Complete),
        }
    }
}

pub(crate) fn upon(random: &mut impl Rng) -> Upon {
    let (moment, after) = match random.random_range(0..12) {
        0 => (Moment::Due, -5 * SECOND..3 * SECOND),
        1 => (Moment::Due, -200..600),
        2 => (Moment::Fired, 0..2 * SECOND),
        3 => (Moment::Fired, 0..300),
        4 | 5 => (Moment::Asked, 0..200),
        6 => (Moment::Claimed, 0..20),
        7 | 8 => (Moment::Claimed, 0..120),
        9 => (Moment::Claimed, 0..40 * SECOND),
        10 => (Moment::Handed, 0..100),
        _ => (Moment::Sent, 0..3 * SECOND),
    };
    Upon {
        moment,
        nth: [0, 0, 0, 1, 2][random.random_range(0..5)],
        after: random.random_range(after),
    }
}

impl State {
    /// A moment of a customer's comes, at this time or a later one that is known: whoever waited for it acts.
    pub(crate) fn moment(&mut self, customer: usize, moment: Moment, at: i64) {
        if !self.case.racy {
            return;
        }
        let count = &mut self.people[customer].moments[moment as usize];
        let nth = *count;
        *count = count.saturating_add(1);
        let case = std::sync::Arc::clone(&self.case);
        for (act, done) in case.customers[customer].acts.iter().enumerate() {
            let When::Upon(upon) = done.when else { continue };
            if upon.moment != moment || upon.nth != nth || self.cut.acts.contains(&(customer as u8, act)) {
                continue;
            }
            let at = (at + upon.after).max(self.now);
            self.ends = self.ends.max(at + case.rests_after);
            self.push(
                at,
                Item::Act {
                    customer: customer as u8,
                    act: act as u32,
                },
            );
        }
    }

    /// The last mail to a customer bounces, or is complained of, now.
    pub(crate) fn bounce(&mut self, customer: u8, act: u32) {
        let messages = self.oracle.messages.iter().enumerate().rev();
        let mut mails = messages
            .filter(|(_, sent)| self.rows[sent.row].customer == usize::from(customer) && sent.key.channel.is_email());
        if let Some((message, _)) = mails.next() {
            let event = if act.is_multiple_of(2) { 30 } else { 40 };
            self.push(
                self.now,
                Item::Told {
                    customer,
                    message: message as u32,
                    event,
                },
            );
        }
    }
}
