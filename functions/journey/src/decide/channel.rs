//! Which channel a touch takes: the first of the campaign's list that may be used for this person, and
//! whose hours come before the touch's window closes.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use law::{Places, TextLimit};

use super::Deciding;
use super::schedule::{Window, last_try};
use crate::campaign::{Campaign, Channel};
use crate::connection::{LossReason, Occasion, Series};
use crate::contact::{Facts, Permission};
use crate::hours::next_open;
use crate::note::{HoldReason, SkipReason};
use crate::state::{Touch, TouchRecord};

/// A channel that a touch cannot take, and why.
pub(super) type Passed = (Channel, SkipReason);

/// When a touch may take a channel.
pub(super) enum Opening {
    /// At once.
    Now,
    /// At a later time, and what keeps it until then.
    At(Timestamp, HoldReason),
    /// Not before its window closes.
    Never(SkipReason),
}

/// So often the law and a campaign's hours are asked in turn for a moment that suits both: each turn passes over
/// what is left of a day, and the law looks two weeks ahead.
const PHONE_LOOKS: usize = 64;

impl Deciding<'_> {
    /// A touch's channels in the campaign's order, each with what keeps it from being used for this
    /// person, if anything does.
    pub(super) fn channels(&self, touch: Touch, facts: &Facts) -> Vec<(Channel, Option<SkipReason>)> {
        let rule = self.rules().get(touch.index());
        let channels = rule.into_iter().flat_map(|rule| rule.channels.iter().copied());
        channels
            .map(|channel| (channel, self.obstacle(touch, channel, facts)))
            .collect()
    }

    /// Has the touch a channel by which it was not refused?
    pub(super) fn has_channel_left(&self, touch: Touch) -> bool {
        let rule = self.rules().get(touch.index());
        let mut channels = rule.into_iter().flat_map(|rule| &rule.channels);
        channels.any(|channel| !self.journey.refused.contains(&(touch, *channel)))
    }

    /// When a channel may be used next: now, or while there is still time before the window closes.
    pub(super) fn opening(&self, touch: Touch, channel: Channel, window: Window, facts: &Facts) -> Opening {
        let free = match channel {
            Channel::Email | Channel::Push | Channel::Event => self.now,
            Channel::Sms => self.phone_free_at(touch, facts),
        };
        match self.opens_at(channel, free, window, facts) {
            Some(open) if open <= self.now => Opening::Now,
            Some(open) if free > self.now => Opening::At(open, HoldReason::Cap),
            Some(open) if self.in_email_hours(channel, facts) => Opening::At(open, HoldReason::CodeHours),
            Some(open) => Opening::At(open, HoldReason::QuietHours),
            None if free > self.now && self.opens_at(channel, self.now, window, facts).is_some() => {
                Opening::Never(SkipReason::Cap)
            }
            None => Opening::Never(SkipReason::QuietHours),
        }
    }

    /// When a channel's hours are open, from a given time on, if that is in time for the window.
    pub(super) fn opens_at(
        &self,
        channel: Channel,
        from: Timestamp,
        window: Window,
        facts: &Facts,
    ) -> Option<Timestamp> {
        let (open, closes) = match channel {
            Channel::Email => (self.mail_opens_at(from, window, facts), window.closes),
            Channel::Sms => (
                self.phone_opens_at(from, &facts.places),
                window.closes.min(self.last_text_at(&facts.places)),
            ),
            // The phone rings at night for a push as for a text, and what the partner sends may be a text.
            Channel::Push | Channel::Event => (self.phone_opens_at(from, &facts.places), window.closes),
        };
        open.filter(|open| *open <= if *open <= self.now { closes } else { last_try(closes) })
    }

    /// When e-mail may go out; where the person needs the phone for a code, rather in hours in which it is at hand.
    fn mail_opens_at(&self, from: Timestamp, window: Window, facts: &Facts) -> Option<Timestamp> {
        let Campaign {
            email_hours,
            code_hours,
            ..
        } = self.campaign;
        let zones = self.mail_zones(facts);
        let open = next_open(from, email_hours, zones)?;
        if !self.needs_the_phone(facts) {
            return Some(open);
        }
        let mut at = open;
        for _ in 0..PHONE_LOOKS {
            let Some(awake) = next_open(at, code_hours, zones) else {
                break;
            };
            // A message at a bad hour is better than none.
            if awake > last_try(window.closes) {
                break;
            }
            let Some(both) = next_open(awake, email_hours, zones) else {
                break;
            };
            if both == awake {
                return Some(both);
            }
            at = both;
        }
        Some(open)
    }

    /// Does the customer have to fetch a code from the phone, and was not there a moment ago?
    fn needs_the_phone(&self, facts: &Facts) -> bool {
        let lapsed = self.journey.occasion == Some(Occasion::Lost(LossReason::MfaExpired));
        // Who began and stopped within the hour is up, whatever the hour. A loss is not the customer's sign of life.
        let is_up = self.journey.series() == Series::DropOff
            && self.now.duration_since(self.journey.last_sign_of_life) <= SignedDuration::from_hours(1);
        (facts.asks_for_a_code || lapsed) && !is_up
    }

    fn in_email_hours(&self, channel: Channel, facts: &Facts) -> bool {
        channel == Channel::Email
            && next_open(self.now, &self.campaign.email_hours, self.mail_zones(facts)) == Some(self.now)
    }

    fn mail_zones<'f>(&'f self, facts: &'f Facts) -> &'f [TimeZone] {
        if facts.zones.is_empty() {
            &self.campaign.default_zones
        } else {
            &facts.zones
        }
    }

    /// The first moment that is lawful and inside the campaign's own hours, in every place the person may be in.
    fn phone_opens_at(&self, from: Timestamp, places: &Places) -> Option<Timestamp> {
        let mut at = from;
        // Each of the two moves it on only over time that the other does not allow.
        for _ in 0..PHONE_LOOKS {
            let lawful = self.campaign.law.next_lawful(at, places)?;
            let open = next_open(lawful, &self.campaign.sms_hours, places.zones())?;
            if open == at {
                return Some(at);
            }
            at = open;
        }
        None
    }

    /// From when on the law lets another message go to the phone, after all that the person got in 24 hours.
    fn phone_free_at(&self, touch: Touch, facts: &Facts) -> Timestamp {
        let most = self.campaign.law.max_per_24h(self.now, &facts.places);
        self.frees(most, SignedDuration::from_hours(24), touch, facts)
            .unwrap_or(self.now)
    }

    /// Why a channel cannot be used for a touch, whatever the hour.
    fn obstacle(&self, touch: Touch, channel: Channel, facts: &Facts) -> Option<SkipReason> {
        if self.journey.refused.contains(&(touch, channel)) {
            return Some(SkipReason::Refused);
        }
        match facts.permission(channel) {
            Permission::Allowed => {}
            Permission::NoSender => return Some(SkipReason::NoSender),
            Permission::NoAddress => return Some(SkipReason::NoAddress),
            Permission::NoConsent => return Some(SkipReason::NoConsent),
            Permission::OptedOut => return Some(SkipReason::OptedOut),
            Permission::Suppressed => return Some(SkipReason::Suppressed),
        }
        match channel {
            Channel::Email | Channel::Push | Channel::Event => None,
            Channel::Sms if facts.places.states().is_empty() => Some(SkipReason::UnknownPlace),
            Channel::Sms if self.texts_sent() >= self.text_limit(&facts.places).per_episode => {
                Some(SkipReason::TextedBefore)
            }
            Channel::Sms if self.now > self.last_text_at(&facts.places) => Some(SkipReason::TooLateForText),
            Channel::Sms => None,
        }
    }

    /// The texts that have gone out in this episode, or may have.
    fn texts_sent(&self) -> u16 {
        let texts = self.journey.touches.iter().filter(|record| match record {
            TouchRecord::Claimed { channel, .. }
            | TouchRecord::Sent { channel, .. }
            | TouchRecord::Unknown { channel, .. } => *channel == Channel::Sms,
            TouchRecord::Waiting { .. } | TouchRecord::Skipped { .. } => false,
        });
        u16::try_from(texts.count()).unwrap_or(u16::MAX)
    }

    fn text_limit(&self, places: &Places) -> TextLimit {
        self.campaign.law.text_limit(self.now, places)
    }

    fn last_text_at(&self, places: &Places) -> Timestamp {
        self.after(self.journey.last_sign_of_life, self.text_limit(places).within)
    }
}
