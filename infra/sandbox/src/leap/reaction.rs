//! How customers react to the messages they get.

use jiff::{SignedDuration, Timestamp};
use rand::RngExt;
use url::Url;

use crate::clock::{later, whole_second};
use crate::leap::record::Record;
use crate::leap::stats::Truth;
use crate::leap::vocabulary::ConnectionStatus;
use crate::leap::world::{Errand, Returning, Task, World};

/// What a customer does about a message they have read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Nobody in the population has this reference.
    Unknown,
    /// The customer has completed already, and wonders.
    AlreadyDone,
    /// The customer is in the middle of it, or on the way back already.
    StillAtIt,
    /// The customer does nothing.
    Ignores,
    /// The customer follows the message at the given moment.
    ComesBack {
        /// When they open the resume page, or their link if the message had no such page.
        at: Timestamp,
    },
}

/// How likely somebody who came back goes on to the end.
const FINISHES_P: f64 = 0.75;

impl World {
    /// A customer reads a message: the touch tells how many they have got, counted from 1.
    pub(crate) fn read_mail(
        &mut self,
        reference: &str,
        touch: u32,
        resume_url: Option<Url>,
        now: Timestamp,
    ) -> Reaction {
        let Some(person) = self.people.get_mut(reference) else {
            return Reaction::Unknown;
        };
        let Some(customer) = &person.customer else {
            return Reaction::Unknown;
        };
        person.truth.messages_read += 1;
        if person.record().is_some_and(Record::is_complete) {
            person.truth.messages_read_after_completion += 1;
            return Reaction::AlreadyDone;
        }
        if person.busy_until > Some(now) || person.returning.is_some() {
            return Reaction::StillAtIt;
        }
        let reading = person.truth.messages_read.to_string();
        let mut rng = self.seed.rng(&["message", reference, &touch.to_string(), &reading]);
        let [first, second, third] = customer.habit.returns_p();
        let returns_p = match touch {
            1 => first,
            2 => second,
            3 => third,
            _ => 0.0,
        };
        // All draws are made each time, so that a changed probability changes nothing else.
        let returns = rng.random::<f64>() < returns_p;
        let finishes = rng.random::<f64>() < FINISHES_P;
        let delay = SignedDuration::from_secs(rng.random_range(120..=2_700));
        if !returns {
            return Reaction::Ignores;
        }
        let at = later(whole_second(now), delay);
        person.returning = Some(Returning { touch, finishes });
        let reference = reference.to_owned();
        let task = Task::ComeBack { reference, resume_url };
        self.agenda.add(at, task);
        Reaction::ComesBack { at }
    }

    /// The moment has come: the customer opens the resume page or, without one, their link.
    pub(crate) fn come_back(&mut self, reference: String, resume_url: Option<Url>, at: Timestamp) -> Option<Errand> {
        let customer = self.people.get(&reference)?.customer.as_ref()?;
        self.stats.visits.begun += 1;
        match resume_url {
            Some(resume_url) => Some(Errand::Visit {
                link: customer.link.clone(),
                reference,
                resume_url,
            }),
            None => {
                self.stats.visits.arrived += 1;
                let region = customer.utility.region;
                self.open(&reference, region, None, at);
                None
            }
        }
    }

    /// A visit over HTTP is over; what followed from it has happened when the link was opened.
    pub(crate) fn visited(&mut self, reference: String, outcome: Result<(), String>) {
        self.in_flight = self.in_flight.saturating_sub(1);
        match outcome {
            Ok(()) => self.stats.visits.arrived += 1,
            Err(why) => {
                if let Some(person) = self.people.get_mut(&reference) {
                    person.returning = None;
                }
                self.stats.visits.failed.push((reference, why));
            }
        }
    }

    /// What is true of each reference that is a customer's or has been used.
    pub(crate) fn truth(&self) -> impl Iterator<Item = (&String, Truth)> {
        self.people.iter().map(|(reference, person)| {
            let connection_status: Option<ConnectionStatus> = person.record().map(|record| record.connection_status);
            let truth = Truth {
                connection_status,
                ..person.truth.clone()
            };
            (reference, truth)
        })
    }
}
