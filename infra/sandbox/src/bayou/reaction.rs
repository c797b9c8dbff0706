//! How customers react to the messages they get.

use jiff::{SignedDuration, Timestamp};
use rand::RngExt;
use url::Url;

use crate::bayou::customer::Repair;
use crate::bayou::script;
use crate::bayou::world::{Errand, Task, Visit, World};
use crate::clock::{later, whole_second};
use crate::leap::reaction::Reaction;

/// How likely somebody who came back goes on to the end: to the first login, and to a repair.
const CONNECTS_P: f64 = 0.75;
const REPAIRS_P: f64 = 0.9;

impl World {
    /// A customer reads a message: the touch tells how many they have got, counted from 1.
    pub(crate) fn read_mail(
        &mut self,
        external_id: &str,
        touch: u32,
        resume_url: Option<Url>,
        now: Timestamp,
    ) -> Reaction {
        let record = self.record_of(external_id);
        let is_authenticated = record.is_some_and(|record| record.is_authenticated);
        let is_lost = record.is_some_and(|record| record.lost_at.is_some());
        let Some(person) = self.people.get_mut(external_id) else {
            return Reaction::Unknown;
        };
        let Some(customer) = &person.customer else {
            return Reaction::Unknown;
        };
        person.truth.messages_read += 1;
        if is_authenticated {
            person.truth.messages_read_while_connected += 1;
            return Reaction::AlreadyDone;
        }
        if person.busy_until > Some(now) || person.is_returning {
            return Reaction::StillAtIt;
        }
        let [first, second, third] = match (is_lost, customer.repair) {
            (false, _) => customer.habit.returns_p(),
            (true, Repair::AfterReminder) => [0.6, 0.5, 0.4],
            (true, Repair::Alone | Repair::Never) => [0.0; 3],
        };
        let returns_p = match touch {
            1 => first,
            2 => second,
            3 => third,
            _ => 0.0,
        };
        let reading = person.truth.messages_read.to_string();
        let mut rng = self.seed.rng(&["message", external_id, &touch.to_string(), &reading]);
        // All draws are made each time, so that a changed probability changes nothing else.
        let returns = rng.random::<f64>() < returns_p;
        let finishes = rng.random::<f64>() < if is_lost { REPAIRS_P } else { CONNECTS_P };
        let delay = SignedDuration::from_secs(rng.random_range(120..=2_700));
        if !returns {
            return Reaction::Ignores;
        }
        let at = later(whole_second(now), delay);
        person.is_returning = true;
        let task = Task::ComeBack {
            external_id: external_id.to_owned(),
            touch,
            finishes,
            resume_url,
        };
        self.agenda.add(at, task);
        Reaction::ComesBack { at }
    }

    /// The moment has come: the customer opens the resume page or, without one, the newest link.
    pub(crate) fn come_back(
        &mut self,
        external_id: String,
        (touch, finishes): (u32, bool),
        resume_url: Option<Url>,
        at: Timestamp,
    ) -> Option<Errand> {
        self.stats.visits.begun += 1;
        if let Some(resume_url) = resume_url {
            return Some(Errand::Visit(Visit {
                external_id,
                touch,
                finishes,
                resume_url,
                at,
            }));
        }
        self.people.get_mut(&external_id)?.is_returning = false;
        let made_at = self.record_of(&external_id).map(|record| record.link.made_at);
        match made_at {
            Some(made_at) if self.is_alive(made_at, at) => {
                self.stats.visits.arrived += 1;
                self.return_to_form(&external_id, Some(touch), finishes, at);
            }
            Some(_) => {
                self.stats.expired_link_clicks += 1;
                self.people.get_mut(&external_id)?.truth.expired_links += 1;
                self.stats
                    .visits
                    .failed
                    .push((external_id, "the link has expired".to_owned()));
            }
            None => {
                let why = "the customer has no link".to_owned();
                self.stats.visits.failed.push((external_id, why));
            }
        }
        None
    }

    /// A customer is at the form again, with a link that works.
    pub(crate) fn return_to_form(&mut self, external_id: &str, touch: Option<u32>, finishes: bool, at: Timestamp) {
        let Some(person) = self.people.get(external_id) else {
            return;
        };
        let Some(customer) = &person.customer else {
            return;
        };
        let visit = format!("{} {}", person.truth.messages_read, person.truth.losses);
        let rng = self.seed.rng(&["returning", external_id, &visit]);
        let steps = script::returning(customer, finishes, rng);
        self.follow(external_id, steps, touch, at);
    }

    /// A visit over HTTP is over: it led to the form of a key, or it went wrong.
    pub(crate) fn visited(&mut self, visit: Visit, outcome: Result<String, String>) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if let Some(person) = self.people.get_mut(&visit.external_id) {
            person.is_returning = false;
        }
        let failure = match outcome {
            Ok(key) => {
                let owner = self.links.get(&key).map(|(record_id, _)| *record_id);
                if owner.is_some() && owner == self.by_external_id.get(&visit.external_id).copied() {
                    self.stats.visits.arrived += 1;
                    self.return_to_form(&visit.external_id, Some(visit.touch), visit.finishes, visit.at);
                    return;
                }
                self.stats.expired_link_clicks += 1;
                if let Some(person) = self.people.get_mut(&visit.external_id) {
                    person.truth.expired_links += 1;
                }
                "the resume page led to another customer's link".to_owned()
            }
            Err(why) => why,
        };
        self.stats.visits.failed.push((visit.external_id, failure));
    }
}
