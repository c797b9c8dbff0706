//! What became of a send.

use super::Deciding;
use crate::event::{DeliveryProblem, Resolution, SendOutcome};
use crate::note::{HoldReason, Note, SkipReason};
use crate::state::{SendKey, TouchRecord};

impl Deciding<'_> {
    pub(super) fn send_resolved(&mut self, key: &SendKey, outcome: &SendOutcome) {
        let touch = key.touch;
        let accepted = matches!(outcome, SendOutcome::Accepted { .. });
        let expected = self.is_open(key) || (accepted && self.was_freed(key));
        if !expected {
            return self.note(Note::LateAnswer { touch });
        }
        match outcome {
            SendOutcome::Accepted { message_id } => {
                let at = self.now;
                self.record(
                    key,
                    TouchRecord::Sent {
                        at,
                        channel: key.channel,
                        message_id: message_id.clone(),
                    },
                );
                self.note(Note::Sent { touch });
                self.journey.timer = None;
                self.arm_next();
            }
            SendOutcome::Refused { .. } | SendOutcome::OptedOut => self.refused(key),
            SendOutcome::Withheld => self.not_sent(key, SkipReason::Ended),
            SendOutcome::Throttled => {
                self.record(key, TouchRecord::Waiting { attempts: key.attempt });
                self.note(Note::Retrying { touch });
                self.hold_for_retry(touch, HoldReason::Throttled, None);
            }
            // The claim stands; when it expires the sender's own record is asked.
            SendOutcome::Ambiguous => {
                self.note(Note::SendUnknown { touch });
                self.arm_next();
            }
        }
    }

    pub(super) fn send_looked_up(&mut self, key: &SendKey, resolution: &Resolution) {
        let touch = key.touch;
        let sent = matches!(resolution, Resolution::Sent { .. });
        let expected = self.is_open(key) || (sent && self.was_freed(key));
        if !expected {
            return self.note(Note::LateAnswer { touch });
        }
        match resolution {
            Resolution::Sent { message_id, at } => {
                let at = crate::to_millisecond(*at);
                self.record(
                    key,
                    TouchRecord::Sent {
                        at,
                        channel: key.channel,
                        message_id: message_id.clone(),
                    },
                );
                self.note(Note::Sent { touch });
            }
            Resolution::NotSent => {
                self.record(key, TouchRecord::Waiting { attempts: key.attempt });
                self.note(Note::Retrying { touch });
            }
            // Never a blind resend: it stays unsent, unless the sender's own event says otherwise.
            Resolution::Unknown => {
                if matches!(
                    self.journey.touches.get(touch.index()),
                    Some(TouchRecord::Unknown { .. })
                ) {
                    return self.note(Note::LateAnswer { touch });
                }
                self.record(
                    key,
                    TouchRecord::Unknown {
                        attempt: key.attempt,
                        at: self.now,
                        channel: key.channel,
                    },
                );
                self.note(Note::SendUnknown { touch });
            }
        }
        self.journey.timer = None;
        self.arm_next();
    }

    /// A bounce or a complaint closes the inbox, which the shell has done before; here it is kept.
    pub(super) fn delivery_seen(&mut self, key: &SendKey, what: DeliveryProblem) {
        let touch = key.touch;
        let known = self.journey.touches.get(touch.index()).is_some();
        if !known || !self.is_of_episode(key) || self.journey.has_seen(key, what) {
            return self.note(Note::LateAnswer { touch });
        }
        self.note(Note::DeliveryProblem { touch, what });
        if what.is_unsent() && self.is_open(key) {
            self.refused(key);
        }
    }

    fn is_of_episode(&self, key: &SendKey) -> bool {
        key.journey == self.journey.id && key.episode == self.journey.episode
    }

    /// Is this attempt the one that the touch waits for?
    fn is_open(&self, key: &SendKey) -> bool {
        self.is_of_episode(key)
            && self
                .journey
                .touches
                .get(key.touch.index())
                .is_some_and(|record| match record {
                    TouchRecord::Claimed { attempt, .. } | TouchRecord::Unknown { attempt, .. } => {
                        *attempt == key.attempt
                    }
                    TouchRecord::Waiting { .. } | TouchRecord::Sent { .. } | TouchRecord::Skipped { .. } => false,
                })
    }

    /// The channel will never take this touch. Surely nothing went out, so another channel may: as an
    /// attempt of its own, after another look at the provider.
    fn refused(&mut self, key: &SendKey) {
        self.journey.refused.insert((key.touch, key.channel));
        if !self.journey.is_live() || !self.has_channel_left(key.touch) {
            return self.not_sent(key, SkipReason::Refused);
        }
        self.record(key, TouchRecord::Waiting { attempts: key.attempt });
        self.note(Note::ChannelPassed {
            touch: key.touch,
            channel: key.channel,
            why: SkipReason::Refused,
        });
        self.journey.timer = None;
        self.arm_next();
    }

    fn not_sent(&mut self, key: &SendKey, why: SkipReason) {
        self.record(key, TouchRecord::Skipped { why, at: self.now });
        self.note(Note::Skipped { touch: key.touch, why });
        self.arm_next();
    }

    /// Was this attempt given up as not sent? A later word that it did go out still counts.
    fn was_freed(&self, key: &SendKey) -> bool {
        let waiting = self.journey.touches.get(key.touch.index());
        self.is_of_episode(key)
            && matches!(waiting, Some(TouchRecord::Waiting { attempts }) if key.attempt <= *attempts)
    }

    fn record(&mut self, key: &SendKey, record: TouchRecord) {
        let Some(place) = self.journey.touches.get_mut(key.touch.index()) else {
            return;
        };
        let before = core::mem::replace(place, record);
        // The timer that led to the claim was left standing, and has done its work.
        if let TouchRecord::Claimed { at, .. } = before
            && self.journey.timer.as_ref().is_some_and(|timer| timer.due <= at)
        {
            self.journey.timer = None;
        }
    }
}
