//! Which channel a touch takes: the first of the campaign's list that may be used for this person, and
//! whose hours come before the touch's window closes.

use jiff::Timestamp;

use super::Deciding;
use super::schedule::{Window, last_try};
use crate::campaign::Channel;
use crate::contact::{Facts, Permission};
use crate::hours::{TEXT_WITHIN, next_open, text_hours, us_zones};
use crate::note::SkipReason;
use crate::state::{Touch, TouchRecord};

/// A channel that a touch cannot take, and why.
pub(super) type Passed = (Channel, SkipReason);

impl Deciding<'_> {
    /// A touch's channels in the campaign's order, each with what keeps it from being used for this
    /// person, if anything does.
    pub(super) fn channels(&self, touch: Touch, facts: &Facts) -> Vec<(Channel, Option<SkipReason>)> {
        let rule = self.campaign.touches.get(touch.index());
        let channels = rule.into_iter().flat_map(|rule| rule.channels.iter().copied());
        channels
            .map(|channel| (channel, self.obstacle(touch, channel, facts)))
            .collect()
    }

    /// Has the touch a channel by which it was not refused?
    pub(super) fn has_channel_left(&self, touch: Touch) -> bool {
        let rule = self.campaign.touches.get(touch.index());
        let mut channels = rule.into_iter().flat_map(|rule| &rule.channels);
        channels.any(|channel| !self.journey.refused.contains(&(touch, *channel)))
    }

    /// When a channel may be used next: now, or while there is still time before the window closes.
    pub(super) fn opening(&self, channel: Channel, window: Window, facts: &Facts) -> Option<Timestamp> {
        self.opens_at(channel, self.now, window, facts)
    }

    /// The same, looked at from another time than now.
    pub(super) fn opens_at(
        &self,
        channel: Channel,
        from: Timestamp,
        window: Window,
        facts: &Facts,
    ) -> Option<Timestamp> {
        let known = (!facts.zones.is_empty()).then_some(&facts.zones);
        let (open, closes) = match channel {
            Channel::Email => {
                let zones = known.unwrap_or(&self.campaign.default_zones);
                (next_open(from, &self.campaign.email_hours, zones), window.closes)
            }
            Channel::Sms => {
                // A campaign may be stricter than the law, never looser.
                let hours = self.campaign.sms_hours.within(&text_hours());
                let open = match known {
                    Some(zones) => next_open(from, &hours, zones),
                    None => next_open(from, &hours, &us_zones()),
                };
                (open, window.closes.min(self.last_text_at()))
            }
        };
        open.filter(|open| *open <= if *open <= self.now { closes } else { last_try(closes) })
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
            Channel::Email => None,
            Channel::Sms if self.was_texted() => Some(SkipReason::TextedBefore),
            Channel::Sms if self.now > self.last_text_at() => Some(SkipReason::TooLateForText),
            Channel::Sms => None,
        }
    }

    /// Has a text gone out in this episode, or may one have?
    fn was_texted(&self) -> bool {
        self.journey.touches.iter().any(|record| match record {
            TouchRecord::Claimed { channel, .. }
            | TouchRecord::Sent { channel, .. }
            | TouchRecord::Unknown { channel, .. } => *channel == Channel::Sms,
            TouchRecord::Waiting { .. } | TouchRecord::Skipped { .. } => false,
        })
    }

    fn last_text_at(&self) -> Timestamp {
        self.after(self.journey.last_sign_of_life, TEXT_WITHIN)
    }
}
