//! What is known of a person, and the part of it that the rules may see.

use std::collections::BTreeMap;

use core::fmt;

use data_encoding::BASE32_NOPAD;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use law::{Evidence, Law, Places, State};
use serde::{Deserialize, Serialize};

use crate::campaign::Channel;
use crate::endpoint::PushEndpoint;
use crate::id::{AddressId, ContactId, IdKey, JourneyId, Provider, Reference, UtilityCode, keyed_hash};
use crate::incident::Visits;
use crate::phone::PhoneNumber;
use crate::place::Territory;
use crate::state::{Flow, SendKey};

pub use crate::consent::Consent;
pub use crate::opt_out::OptOut;
pub use crate::suppression::{SuppressedFor, Suppression};

/// A person at one provider, as the partner told us. The only place of the raw reference, address and number.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// The provider.
    pub provider: Provider,
    /// The provider's reference.
    pub reference: Reference,
    /// The e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The number for texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<PhoneNumber>,
    /// The app on the person's device, for pushes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push: Option<PushEndpoint>,
    /// The consents on record, each for its channel. Without one no text is sent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub consent: BTreeMap<Channel, Consent>,
    /// The name to greet with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// The language of the messages.
    #[serde(default)]
    pub locale: Locale,
    /// The person's own time zone, by IANA name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// The state of the service address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    /// Which flow the partner's link opens.
    #[serde(default)]
    pub flow: Flow,
    /// The grid region that the link names, such as `CAISO`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Household or business.
    #[serde(default)]
    pub classification: Classification,
    /// The utility that the link asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub utility: Option<UtilityCode>,
    /// The provider's own URL, as the customer got it: a reminder sends the same kind of link with
    /// the same reference (docs/leap.md, trap 28).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Until when the person has agreed to share data, where that has an end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sharing_ends_at: Option<Timestamp>,
    /// What the person has opted out of.
    #[serde(default)]
    pub opted_out: OptOut,
}

impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Contact(hidden)")
    }
}

impl Contact {
    /// The inbox whose ledger counts what the person gets, on every channel: that of the address, of the number,
    /// of the device, or of the reference, whichever of them there is first.
    #[must_use]
    pub fn ledger(&self, key: &IdKey) -> AddressId {
        let inboxes = self.inboxes(key).into_iter();
        let first = inboxes.map(|(_, address)| address).next();
        first.unwrap_or_else(|| AddressId::of_reference(key, self.provider, &self.reference))
    }

    /// The inbox that a channel writes to. An event writes to none of ours.
    #[must_use]
    pub fn inbox_of(&self, channel: Channel, key: &IdKey) -> Option<AddressId> {
        match channel {
            Channel::Email => self.email.as_deref().map(|email| AddressId::new(key, email)),
            Channel::Sms => self.phone.as_ref().map(|number| AddressId::of_number(key, number)),
            Channel::Push => self.push.as_ref().map(|device| AddressId::of_device(key, device)),
            Channel::Event => None,
        }
    }

    /// Its journeys, whether they have begun or not.
    #[must_use]
    pub fn journeys(&self, key: &IdKey) -> Vec<JourneyId> {
        let purposes = self.provider.purposes().iter();
        purposes
            .map(|purpose| JourneyId::new(key, self.provider, *purpose, &self.reference))
            .collect()
    }

    /// The inbox of each channel that has one.
    #[must_use]
    pub fn inboxes(&self, key: &IdKey) -> Vec<(Channel, AddressId)> {
        Channel::ALL
            .into_iter()
            .filter_map(|channel| Some((channel, self.inbox_of(channel, key)?)))
            .collect()
    }

    /// Names this content: another content has another tag, the same content the same one.
    ///
    /// 26 characters of lower-case base32, from a hash of the whole; it hides what it names only from
    /// those who cannot guess all of it, so it goes to nobody but the partner.
    #[must_use]
    pub fn tag(&self) -> String {
        let text = serde_json::to_string(self).unwrap_or_default();
        let hash = keyed_hash(b"", "contact tag", &[&text]);
        BASE32_NOPAD.encode(hash.get(..16).unwrap_or_default()).to_lowercase()
    }
}

/// A language that messages are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Locale {
    /// English.
    #[default]
    En,
    /// Spanish.
    Es,
}

impl Locale {
    /// Every language, the default one first.
    pub const ALL: [Locale; 2] = [Locale::En, Locale::Es];

    /// The language's BCP 47 tag.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Locale::En => "en",
            Locale::Es => "es",
        }
    }
}

/// Household or business: a business must connect every required utility.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Classification {
    /// A household: usually one utility.
    #[default]
    Residential,
    /// A business: often several.
    Commercial,
}

/// What the rules may know of a contact: no name, no address, no reference.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// Do we know the person at all?
    pub known: bool,
    /// The language.
    pub locale: Locale,
    /// The zones to respect for e-mail; empty when nothing is known.
    pub zones: Vec<TimeZone>,
    /// The places whose law counts for what goes to a phone.
    pub places: Places,
    /// Which flow the partner's link opens.
    pub flow: Flow,
    /// The grid region that the link names.
    pub region: Option<String>,
    /// Household or business.
    pub classification: Classification,
    /// The utility that the link asks for.
    pub utility: Option<UtilityCode>,
    /// Does signing in at the person's utility need a code?
    pub asks_for_a_code: bool,
    /// May e-mail go to this person?
    pub email: Permission,
    /// May texts go to this person?
    pub sms: Permission,
    /// May pushes go to this person?
    pub push: Permission,
    /// May the partner be told that a message to this person is due?
    pub event: Permission,
    /// Until when the person has agreed to share data, where that has an end.
    pub sharing_ends_at: Option<Timestamp>,
    /// What became of everybody's latest visits to the person's utility.
    pub visits: Visits,
    /// The journeys of the same contact, where whoever asks knows them: they follow one after the other, as one series.
    pub journeys: Vec<JourneyId>,
    /// What was sent to the same person lately, on whichever channel and for whichever journey.
    pub inbox: Inbox,
}

impl Facts {
    /// The facts about somebody we do not know: nothing may be sent.
    #[must_use]
    pub fn unknown() -> Self {
        Facts {
            known: false,
            locale: Locale::En,
            zones: Vec::new(),
            places: Law::current().places(&Evidence::default()),
            flow: Flow::Unknown,
            region: None,
            classification: Classification::Residential,
            utility: None,
            asks_for_a_code: false,
            email: Permission::NoAddress,
            sms: Permission::NoAddress,
            push: Permission::NoAddress,
            event: Permission::NoAddress,
            sharing_ends_at: None,
            visits: Visits::default(),
            journeys: Vec::new(),
            inbox: Inbox::default(),
        }
    }

    /// The facts of a contact, of its inboxes and of its utility.
    #[must_use]
    pub fn of(known: &Known, territory: &Territory) -> Self {
        let Known { contact, inbox, .. } = known;
        Facts {
            known: true,
            locale: contact.locale,
            zones: territory.zones_of(contact),
            places: territory.places_of(contact),
            flow: contact.flow,
            region: contact.region.clone(),
            classification: contact.classification,
            utility: contact.utility.clone(),
            asks_for_a_code: false,
            email: known.permission(Channel::Email),
            sms: known.permission(Channel::Sms),
            push: known.permission(Channel::Push),
            event: known.permission(Channel::Event),
            sharing_ends_at: contact.sharing_ends_at,
            visits: Visits::default(),
            journeys: Vec::new(),
            inbox: inbox.clone(),
        }
    }

    /// May this channel be used for the person?
    #[must_use]
    pub const fn permission(&self, channel: Channel) -> Permission {
        match channel {
            Channel::Email => self.email,
            Channel::Sms => self.sms,
            Channel::Push => self.push,
            Channel::Event => self.event,
        }
    }
}

/// Is silence no for this channel? Texts need a consent in writing; CAN-SPAM lets a mail go until somebody objects; an
/// app shows a push only if the person allowed it on the device; what an event leads to is the partner's to answer
/// for, who gets the permissions of the other channels with it.
const fn needs_consent(channel: Channel) -> bool {
    match channel {
        Channel::Email | Channel::Push | Channel::Event => false,
        Channel::Sms => true,
    }
}

/// May a channel be used for a person?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Yes.
    Allowed,
    /// This deployment cannot send on the channel.
    NoSender,
    /// There is no address, no number, or no device.
    NoAddress,
    /// There is a number, but no record of a consent to texts.
    NoConsent,
    /// The person opted out.
    OptedOut,
    /// The address, number or device is suppressed: somebody opted out with it, or it bounced.
    Suppressed,
}

impl Permission {
    /// The word that explanations use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Permission::Allowed => "allowed",
            Permission::NoSender => "no_sender",
            Permission::NoAddress => "no_address",
            Permission::NoConsent => "no_consent",
            Permission::OptedOut => "opted_out",
            Permission::Suppressed => "suppressed",
        }
    }
}

/// What an inbox has received, over all journeys and references that share it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inbox {
    /// Rises with each change: a claim names the version it has seen, so that two journeys cannot
    /// both take the last place under a cap, and an opt-out beats a claim that did not know of it.
    pub version: u64,
    /// Claimed sends of the last eight days, oldest first.
    pub sends: Vec<InboxSend>,
    /// Why the inbox must not be written to, if it must not.
    #[serde(default, alias = "suppressed_at")]
    pub suppressed: Suppression,
}

/// One claimed send to an inbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxSend {
    /// When it was claimed.
    pub at: Timestamp,
    /// For which journey, episode, touch and attempt.
    pub key: SendKey,
}

impl Inbox {
    /// How long a send is remembered: a little more than the longest cap, one week.
    const KEPT_HOURS: i64 = 8 * 24;

    /// Adds a claimed send and forgets those too old to count.
    #[must_use]
    pub fn with_send(&self, key: SendKey, at: Timestamp) -> Inbox {
        let horizon = at
            .checked_sub(jiff::SignedDuration::from_hours(Self::KEPT_HOURS))
            .unwrap_or(at);
        let mut sends: Vec<InboxSend> = self
            .sends
            .iter()
            .filter(|send| send.at > horizon && !send.key.same_touch(&key))
            .cloned()
            .collect();
        sends.push(InboxSend { at, key });
        Inbox {
            version: self.version + 1,
            sends,
            suppressed: self.suppressed.clone(),
        }
    }

    /// Sends to this inbox later than `since`, other than `except`.
    pub fn sends_since<'a>(&'a self, since: Timestamp, except: &'a SendKey) -> impl Iterator<Item = &'a InboxSend> {
        self.sends
            .iter()
            .filter(move |send| send.at > since && !send.key.same_touch(except))
    }

    /// Was another contact's reminder sent to this inbox later than `since`? A contact's own journeys are `journeys`.
    #[must_use]
    pub fn other_series_since(&self, since: Timestamp, journeys: &[JourneyId]) -> bool {
        self.sends
            .iter()
            .any(|send| send.at > since && !journeys.contains(&send.key.journey))
    }
}

/// A contact as stored: the rules see [`Facts`], the shells need the whole.
#[derive(Clone, PartialEq)]
pub struct Known {
    /// Its identifier.
    pub id: ContactId,
    /// The contact.
    pub contact: Contact,
    /// The inbox whose ledger counts: see [`Contact::ledger`].
    pub address: Option<AddressId>,
    /// What that inbox has received.
    pub inbox: Inbox,
    /// The inbox of its number, when it has one.
    pub number: Option<ChannelInbox>,
    /// The inbox of its device, when it has one.
    pub device: Option<ChannelInbox>,
}

/// The inbox of a number or a device: messages are counted in the person's ledger, so this only opens or closes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelInbox {
    /// Its name.
    pub address: AddressId,
    /// Why it must not be written to, if it must not.
    pub suppressed: Suppression,
}

impl Known {
    /// A contact with its inboxes, as `inbox` tells them.
    #[must_use]
    pub fn new(key: &IdKey, contact: Contact, inbox: impl Fn(&AddressId) -> Inbox) -> Self {
        let of = |channel| {
            let address = contact.inbox_of(channel, key)?;
            let suppressed = inbox(&address).suppressed;
            Some(ChannelInbox { address, suppressed })
        };
        let address = contact.ledger(key);
        Known {
            id: ContactId::new(key, contact.provider, &contact.reference),
            inbox: inbox(&address),
            address: Some(address),
            number: of(Channel::Sms),
            device: of(Channel::Push),
            contact,
        }
    }

    /// What closes the inbox that a channel writes to; none when there is no such inbox.
    #[must_use]
    pub fn suppression(&self, channel: Channel) -> Option<&Suppression> {
        let inbox = match channel {
            Channel::Email => return self.contact.email.as_ref().map(|_| &self.inbox.suppressed),
            Channel::Sms => self.contact.phone.as_ref().and(self.number.as_ref()),
            Channel::Push => self.contact.push.as_ref().and(self.device.as_ref()),
            Channel::Event => None,
        };
        inbox.map(|inbox| &inbox.suppressed)
    }

    /// Are all inboxes closed that we know of, one at least? Then the partner must not write to them either.
    fn has_only_closed_inboxes(&self) -> bool {
        let mut known = Channel::ALL
            .into_iter()
            .filter_map(|channel| self.suppression(channel))
            .peekable();
        known.peek().is_some() && known.all(|suppression| !suppression.is_open())
    }

    /// Since when everything ends because the person's number answered STOP. It is kept with the number
    /// alone, so that it holds for whoever has the number, and comes with it.
    #[must_use]
    pub fn stopped_since(&self) -> Option<Timestamp> {
        let number = self.number.as_ref()?;
        number.suppressed.since(SuppressedFor::Stop)
    }

    /// Is there no consent on record for a channel that needs one?
    #[must_use]
    pub fn lacks_consent(&self, channel: Channel) -> bool {
        needs_consent(channel) && !self.contact.consent.contains_key(&channel)
    }

    /// May a channel be used for the person?
    #[must_use]
    pub fn permission(&self, channel: Channel) -> Permission {
        let closed = match (channel, self.suppression(channel)) {
            (Channel::Event, _) => self.has_only_closed_inboxes(),
            (Channel::Email | Channel::Sms | Channel::Push, Some(suppression)) => !suppression.is_open(),
            (Channel::Email | Channel::Sms | Channel::Push, None) => return Permission::NoAddress,
        };
        if self.contact.opted_out.covers(channel) || self.stopped_since().is_some() {
            Permission::OptedOut
        } else if closed {
            Permission::Suppressed
        } else if self.lacks_consent(channel) {
            Permission::NoConsent
        } else {
            Permission::Allowed
        }
    }
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Known({})", self.id)
    }
}
