//! An order becomes a message: the words, the person, our own links.

use jiff::Timestamp;
use journey::campaign::Channel;
use journey::contact::{Facts, Known, Locale, Permission};
use journey::link::{LinkKey, LinkKind};
use journey::port::{Email, MessageLabel, Push, Text};
use journey::{IdKey, JourneyId, SendOrder, UtilityCode};
use message::{Brand, RenderError, Templates, UtilityWords, Variables};
use utilities::{Directory, Utility};

use crate::{Compose, Outgoing};

/// Composes messages from a checked campaign.
#[derive(Debug)]
pub struct Composer {
    /// The words.
    pub templates: Templates,
    /// Who writes.
    pub brand: Brand,
    /// Names, links and zones of utilities.
    pub directory: Directory,
    /// The language of those whose own is not offered.
    pub default_locale: Locale,
    /// The languages that the campaign offers.
    pub offered: Vec<Locale>,
    /// The key of our own identifiers.
    pub id_key: IdKey,
    /// Signs our own links.
    pub links: LinkKey,
    /// Where our own pages are, without a slash at the end.
    pub public_url: String,
    /// Which of the channels beside e-mail this deployment can send by. What it cannot is skipped with that reason.
    pub senders: Senders,
}

/// What a deployment can send by, beside e-mail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Senders {
    /// Texts: it has a number to send from.
    pub texts: bool,
    /// Pushes: it knows the partner's app.
    pub pushes: bool,
    /// Events: somebody is told what happens.
    pub events: bool,
}

impl Senders {
    /// All of them.
    pub const ALL: Senders = Senders {
        texts: true,
        pushes: true,
        events: true,
    };
}

/// Why a message could not be composed.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// The person has no address, no number, or no device.
    #[error("the person has no address for this channel")]
    NoAddress,
    /// The template does not allow it.
    #[error(transparent)]
    Render(#[from] RenderError),
}

impl Compose for Composer {
    fn compose(&self, order: &SendOrder, known: &Known, at: Timestamp) -> Result<Outgoing, ComposeError> {
        let contact = &known.contact;
        let journey = &order.key.journey;
        let unsubscribe_url = self.url(LinkKind::Unsubscribe, journey, at);
        let variables = Variables {
            locale: order.locale,
            diagnosis: order.diagnosis,
            touch: u16::from(order.key.touch.0),
            touches: order.touches,
            first_name: contact.first_name.clone(),
            brand: self.brand.clone(),
            utility: UtilityWords::of(&self.directory, order.utility.as_ref(), order.utility_name.as_deref()),
            left: order.left.clone(),
            starts_soon: order.starts_soon,
            form_only: self.directory.is_form_only(contact),
            resume_url: self.url(LinkKind::Resume, journey, at),
            unsubscribe_url: unsubscribe_url.clone(),
        };
        let label = MessageLabel {
            provider: contact.provider,
            reference: contact.reference.clone(),
            diagnosis: order.diagnosis,
            locale: order.locale,
            arm: order.arm.clone(),
        };
        let key = order.key.clone();
        match order.key.channel {
            Channel::Email => {
                let to = contact.email.clone().ok_or(ComposeError::NoAddress)?;
                let message = self.templates.render(&variables)?;
                Ok(Outgoing::Email(Email {
                    key,
                    at,
                    to,
                    subject: message.subject,
                    html: message.html,
                    text: message.text,
                    unsubscribe_url,
                    label,
                }))
            }
            Channel::Sms => {
                let to = contact.phone.clone().ok_or(ComposeError::NoAddress)?;
                let body = self.templates.render_text(&variables)?.body;
                Ok(Outgoing::Text(Text {
                    key,
                    at,
                    to,
                    body,
                    label,
                }))
            }
            Channel::Push => {
                let to = contact.push.clone().ok_or(ComposeError::NoAddress)?;
                let message = self.templates.render_push(&variables)?;
                Ok(Outgoing::Push(Push {
                    key,
                    at,
                    to,
                    title: message.title,
                    body: message.body,
                    url: variables.resume_url,
                    label,
                }))
            }
            Channel::Event => Ok(Outgoing::Event),
        }
    }

    /// Where a person may be, their utility tells as well.
    fn facts(&self, known: &Known, utility: Option<&UtilityCode>) -> Facts {
        let find = |code: &UtilityCode| self.directory.find(code);
        let said = known.contact.utility.as_ref();
        let territory = said.and_then(find).map(Utility::territory).unwrap_or_default();
        let mut facts = Facts::of(known, &territory);
        facts.asks_for_a_code = utility.or(said).and_then(find).is_some_and(Utility::asks_for_a_code);
        for (can, permission) in [
            (self.senders.texts, &mut facts.sms),
            (self.senders.pushes, &mut facts.push),
            (self.senders.events, &mut facts.event),
        ] {
            if !can {
                *permission = Permission::NoSender;
            }
        }
        facts.journeys = known.contact.journeys(&self.id_key);
        if !self.offered.contains(&facts.locale) {
            facts.locale = self.default_locale;
        }
        facts
    }
}

impl Composer {
    fn url(&self, kind: LinkKind, journey: &JourneyId, at: Timestamp) -> String {
        self.links.mint(&self.public_url, kind, journey, at).url
    }
}
