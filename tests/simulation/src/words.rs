//! Messages without the words: what is simulated is who gets one, and when.

use crate::ports::{Ports, Shared, lock};
use crate::state::id_key;
use journey::campaign::Channel;
use journey::contact::{Facts, Known};
use journey::port::{Email, MessageLabel, Push, Text, Timestamp};
use journey::{SendOrder, UtilityCode};
use touchpoint::{Compose, ComposeError, Outgoing};

/// Composes in no time.
pub(crate) struct Words {
    shared: Shared,
    by: u32,
}

impl Words {
    /// Those of one invocation.
    pub(crate) fn of(ports: &Ports) -> Self {
        Words {
            shared: Shared::clone(&ports.shared),
            by: ports.index,
        }
    }
}

impl Compose for Words {
    fn compose(&self, order: &SendOrder, known: &Known, at: Timestamp) -> Result<Outgoing, ComposeError> {
        lock(&self.shared).judge_order(self.by, order);
        let contact = &known.contact;
        let label = MessageLabel {
            provider: contact.provider,
            reference: contact.reference.clone(),
            diagnosis: order.diagnosis,
            locale: order.locale,
            arm: order.arm.clone(),
        };
        let key = order.key.clone();
        match key.channel {
            Channel::Email => Ok(Outgoing::Email(Email {
                key,
                at,
                to: contact.email.clone().ok_or(ComposeError::NoAddress)?,
                subject: String::new(),
                html: String::new(),
                text: String::new(),
                unsubscribe_url: String::new(),
                label,
            })),
            Channel::Sms => Ok(Outgoing::Text(Text {
                key,
                at,
                to: contact.phone.clone().ok_or(ComposeError::NoAddress)?,
                body: String::new(),
                label,
            })),
            Channel::Push => Ok(Outgoing::Push(Push {
                key,
                at,
                to: contact.push.clone().ok_or(ComposeError::NoAddress)?,
                title: String::new(),
                body: String::new(),
                url: String::new(),
                label,
            })),
            Channel::Event => Ok(Outgoing::Event),
        }
    }

    fn facts(&self, known: &Known, _: Option<&UtilityCode>) -> Facts {
        Facts {
            journeys: known.contact.journeys(id_key()),
            ..Facts::of(known, &journey::Territory::default())
        }
    }
}
