//! The sender of a play: it takes messages over, and each of them is judged.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use journey::campaign::Channel;
use journey::contact::{Contact, Known, Permission};
use journey::port::{Email, MessageLabel, Push, Text};
use journey::{Journey, Lifecycle, Phase, SendKey, SendOutcome, TouchRecord, lifecycle};
use law::Evidence;

use crate::happening::{Happening, What};
use crate::world::{State, claims};

/// A message that the sender took.
#[derive(Clone, Debug)]
pub(crate) struct Mail {
    pub(crate) key: SendKey,
    pub(crate) at: Timestamp,
    pub(crate) id: String,
    /// A text has none.
    pub(crate) unsubscribe_url: Option<String>,
    pub(crate) text: String,
}

/// How the sender of a channel fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sender {
    Works,
    Throttles,
    TimesOut,
    Refuses,
    KnowsAnOptOut,
}

/// What a message of any channel says.
struct Parcel<'a> {
    key: &'a SendKey,
    to: &'a str,
    label: &'a MessageLabel,
    text: &'a str,
    unsubscribe_url: Option<&'a String>,
}

impl State {
    pub(crate) fn send(&mut self, email: &Email) -> SendOutcome {
        let parcel = Parcel {
            key: &email.key,
            to: &email.to,
            label: &email.label,
            text: &email.text,
            unsubscribe_url: Some(&email.unsubscribe_url),
        };
        self.hand_over(self.sender, &parcel)
    }

    pub(crate) fn send_text(&mut self, text: &Text) -> SendOutcome {
        let parcel = Parcel {
            key: &text.key,
            to: text.to.expose(),
            label: &text.label,
            text: &text.body,
            unsubscribe_url: None,
        };
        self.hand_over(self.texter, &parcel)
    }

    pub(crate) fn send_push(&mut self, push: &Push) -> SendOutcome {
        let parcel = Parcel {
            key: &push.key,
            to: push.to.expose(),
            label: &push.label,
            text: &push.body,
            unsubscribe_url: None,
        };
        self.hand_over(self.pusher, &parcel)
    }

    /// A write that says that an event went out is the event: whoever reads the stream tells the partner.
    pub(crate) fn hand_over_events(&mut self, before: Option<&Journey>, after: &Journey) {
        for event in lifecycle(before, after) {
            let Lifecycle::TouchDue { touch, diagnosis } = event.what else {
                continue;
            };
            // Who tells the partner looks once more (`announce`).
            let known = self.known_of(&after.id);
            let may = known.filter(|known| known.permission(Channel::Event) == Permission::Allowed);
            let (Some(diagnosis), Some(known), true) = (diagnosis, may, after.is_live()) else {
                self.withheld.push(after.send_key(touch, 0, Channel::Event));
                continue;
            };
            let label = MessageLabel {
                provider: after.provider,
                reference: known.contact.reference.clone(),
                diagnosis,
                locale: known.contact.locale,
                arm: after.assignment.arm.clone(),
            };
            let attempt = before.map_or(0, |before| match before.touches.get(touch.index()) {
                Some(TouchRecord::Claimed { attempt, .. }) => *attempt,
                _ => 0,
            });
            self.deliver(&Parcel {
                key: &after.send_key(touch, attempt, Channel::Event),
                to: known.contact.reference.expose(),
                label: &label,
                text: "",
                unsubscribe_url: None,
            });
        }
    }

    fn hand_over(&mut self, sender: Sender, parcel: &Parcel<'_>) -> SendOutcome {
        match sender {
            Sender::Throttles => return SendOutcome::Throttled,
            Sender::Refuses => {
                return SendOutcome::Refused {
                    why: "the sender refuses everything".to_owned(),
                };
            }
            Sender::KnowsAnOptOut => return SendOutcome::OptedOut,
            Sender::Works | Sender::TimesOut => {}
        }
        let id = self.deliver(parcel);
        if sender == Sender::TimesOut {
            SendOutcome::Ambiguous
        } else {
            SendOutcome::Accepted { message_id: id }
        }
    }

    /// The message goes out, and is judged.
    fn deliver(&mut self, parcel: &Parcel<'_>) -> String {
        let key = parcel.key;
        let journey = self.journey(&key.journey);
        if !journey
            .as_ref()
            .is_some_and(|journey| claims(journey).any(|claim| claim == *key))
        {
            self.violated(&key.journey, "a message went out that nobody had claimed");
        }
        if journey.is_some_and(|journey| matches!(journey.phase, Phase::Completed { .. })) {
            self.violated(&key.journey, "a message went out after the completion was known");
        }
        if self.asked.get(&key.journey) != Some(&false) {
            self.violated(
                &key.journey,
                "a message went out without a fresh answer of the provider",
            );
        }
        match self.known_of(&key.journey) {
            None => self.violated(&key.journey, "a message went to somebody whom we do not know"),
            Some(known) => self.judge_recipient(&known, parcel),
        }
        if let Some(before) = self.mails.iter().find(|mail| mail.key.same_touch(key)) {
            let id = before.id.clone();
            self.violated(&key.journey, "a touch was sent twice");
            return id;
        }
        let id = format!("mail-{}", self.mails.len() + 1);
        self.mails.push(Mail {
            key: key.clone(),
            at: self.now,
            id: id.clone(),
            unsubscribe_url: parcel.unsubscribe_url.cloned(),
            text: parcel.text.to_owned(),
        });
        let label = parcel.label;
        let line = format!(
            "{} {} arm {} to {}",
            label.diagnosis.as_str(),
            label.locale.as_str(),
            label.arm,
            parcel.to
        );
        let (at, who) = (self.now, label.reference.expose().to_owned());
        let what = What::Mail { key: key.clone(), line };
        self.happened.push(Happening { at, who, what });
        id
    }

    fn judge_recipient(&mut self, known: &Known, parcel: &Parcel<'_>) {
        let key = parcel.key;
        let contact = &known.contact;
        let (to, suppressed) = match key.channel {
            Channel::Email => (contact.email.as_deref(), Some(&known.inbox.suppressed)),
            Channel::Sms => (
                contact.phone.as_ref().map(journey::PhoneNumber::expose),
                known.number.as_ref().map(|number| &number.suppressed),
            ),
            Channel::Push => (
                contact.push.as_ref().map(journey::PushEndpoint::expose),
                known.device.as_ref().map(|device| &device.suppressed),
            ),
            Channel::Event => (Some(contact.reference.expose()), None),
        };
        let is_out = contact.opted_out.covers(key.channel) || known.stopped_since().is_some();
        if is_out || suppressed.is_some_and(|suppressed| !suppressed.is_open()) {
            self.violated(&key.journey, "a message went to somebody who had opted out");
        }
        if to != Some(parcel.to) {
            self.violated(&key.journey, "a message went to another address");
        }
        // The hours hold in the person's own zone, or else in every zone of those of whom none is known.
        let own = contact.zone.as_deref().and_then(|zone| TimeZone::get(zone).ok());
        let zones = |unknown: Vec<TimeZone>| match (own, &contact.utility) {
            (Some(own), _) => vec![own],
            (None, Some(_)) => Vec::new(),
            (None, None) => unknown,
        };
        match key.channel {
            Channel::Email => self.judge_hours(key, &zones(self.rules.default_zones.clone())),
            Channel::Sms => {
                if !contact.consent.contains_key(&Channel::Sms) {
                    self.violated(&key.journey, "a text went out without a consent");
                }
                self.judge_text(key, contact, parcel.text);
            }
            Channel::Push | Channel::Event => self.judge_ring(key, contact),
        }
    }

    fn judge_hours(&mut self, key: &SendKey, zones: &[TimeZone]) {
        let hours = self.rules.email_hours.clone();
        for zone in zones {
            let local = self.now.to_zoned(zone.clone()).time();
            if local < hours.start || hours.end.is_some_and(|end| local >= end) {
                self.violated(&key.journey, "a mail went out in quiet hours");
            }
        }
    }

    /// Whatever makes a phone ring keeps the hours of the law.
    fn judge_ring(&mut self, key: &SendKey, contact: &Contact) {
        // Where a utility has states, they count as well: that is left to the rules' own tests.
        let places = self.rules.law.places(&Evidence {
            area_code: contact.phone.as_ref().map(journey::PhoneNumber::area_code),
            states: contact.state.into_iter().collect(),
            zones: contact
                .zone
                .as_deref()
                .and_then(|zone| TimeZone::get(zone).ok())
                .into_iter()
                .collect(),
        });
        for zone in places.zones() {
            let local = self.now.to_zoned(zone.clone());
            let hours = self.rules.law.hours_on(local.date(), &places);
            if !hours.is_some_and(|hours| (hours.start..hours.end).contains(&local.time())) {
                self.violated(&key.journey, "a phone rang outside the hours of the law");
            }
        }
    }

    fn judge_text(&mut self, key: &SendKey, contact: &Contact, text: &str) {
        self.judge_ring(key, contact);
        let second = |mail: &Mail| {
            let sent = &mail.key;
            let same_episode = sent.journey == key.journey && sent.episode == key.episode;
            same_episode && sent.channel == Channel::Sms && !sent.same_touch(key)
        };
        if self.mails.iter().any(second) {
            self.violated(&key.journey, "a second text went out in one episode");
        }
        if !text.contains("STOP") || !message::Length::of(text).fits() {
            self.violated(&key.journey, "a text went out that does not say STOP, or is too long");
        }
    }
}
