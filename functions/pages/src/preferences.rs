//! What a person gets by each channel, and what they choose on the page.

use journey::campaign::Channel;
use journey::contact::{Known, Locale, OptOut, Permission, SuppressedFor};

/// How a channel stands with a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Reminders come.
    On,
    /// The person chose not to get them.
    Off,
    /// Messages came back.
    Bounced,
    /// Somebody called a message spam.
    Complained,
    /// The number refuses texts.
    Refused,
    /// There is no consent on record, and a click on a page is none.
    NoConsent,
}

/// What the page shows: how each channel stands by which the person can be reached. No address, no number.
pub(crate) struct Preferences {
    pub(crate) locale: Locale,
    pub(crate) channels: Vec<(Channel, Standing)>,
    /// Did the person's number answer STOP? It ends everything, and only START from it takes that back.
    pub(crate) is_stopped: bool,
}

impl Preferences {
    /// Those of somebody whom we do not know, or no longer: nothing comes.
    pub(crate) fn of_nobody() -> Self {
        Preferences {
            locale: Locale::default(),
            channels: Vec::new(),
            is_stopped: false,
        }
    }

    pub(crate) fn of(known: &Known, sends_events: bool) -> Self {
        let standing = |channel| match channel {
            Channel::Event if !sends_events => None,
            Channel::Email | Channel::Sms | Channel::Push | Channel::Event => {
                Some((channel, standing(known, channel)?))
            }
        };
        Preferences {
            locale: known.contact.locale,
            channels: Channel::ALL.into_iter().filter_map(standing).collect(),
            is_stopped: known.stopped_since().is_some(),
        }
    }

    /// The channels by which reminders come now.
    pub(crate) fn received(&self) -> Vec<Channel> {
        let on = |(channel, standing): &(Channel, Standing)| (*standing == Standing::On).then_some(*channel);
        if self.is_stopped {
            Vec::new()
        } else {
            self.channels.iter().filter_map(on).collect()
        }
    }

    /// The channels that the person may switch on and off here.
    pub(crate) fn offered(&self) -> impl Iterator<Item = Channel> {
        let is_offered = |standing| match standing {
            Standing::On | Standing::Off => !self.is_stopped,
            Standing::Bounced | Standing::Complained | Standing::Refused | Standing::NoConsent => false,
        };
        let channels = self.channels.iter();
        channels.filter_map(move |(channel, standing)| is_offered(*standing).then_some(*channel))
    }

    /// What remains opted out of when these channels were ticked, and the others that are offered were not.
    /// Who has left everything comes back to these alone; no channel that is offered and ticked: everything ends.
    pub(crate) fn chosen(&self, before: &OptOut, ticked: &[Channel]) -> OptOut {
        let is_on = |channel: &Channel| ticked.contains(channel) && self.offered().any(|offered| offered == *channel);
        if !Channel::ALL.iter().any(is_on) {
            return OptOut::Everything;
        }
        let stays = |channel: &Channel| before.covers(*channel) || self.offered().any(|offered| offered == *channel);
        OptOut::of(
            Channel::ALL
                .into_iter()
                .filter(|channel| !is_on(channel) && stays(channel)),
        )
    }
}

/// How a channel stands; none when the person cannot be reached by it.
fn standing(known: &Known, channel: Channel) -> Option<Standing> {
    let suppression = match channel {
        Channel::Email | Channel::Sms | Channel::Push => Some(known.suppression(channel)?),
        Channel::Event => None,
    };
    let closed = |why| suppression.is_some_and(|suppression| suppression.since(why).is_some());
    if closed(SuppressedFor::Bounce) {
        return Some(Standing::Bounced);
    }
    if closed(SuppressedFor::Complaint) {
        return Some(Standing::Complained);
    }
    if closed(SuppressedFor::SenderList) {
        return Some(Standing::Refused);
    }
    // An opt-out hides whether there is a consent: ask as if there were none.
    if known.lacks_consent(channel) {
        return Some(Standing::NoConsent);
    }
    match known.permission(channel) {
        Permission::Allowed => Some(Standing::On),
        // Where all inboxes are closed, their own lines say why.
        Permission::Suppressed if channel == Channel::Event => None,
        Permission::OptedOut | Permission::Suppressed => Some(Standing::Off),
        Permission::NoAddress | Permission::NoSender | Permission::NoConsent => None,
    }
}

/// The channels that were ticked in the page's own form; none when this is any other form, such as that of
/// RFC 8058, or when none was ticked: both mean "no more".
pub(crate) fn ticked(form: &[(String, String)]) -> Option<Vec<Channel>> {
    let has = |name: &str, value: &str| form.iter().any(|(n, v)| n == name && v == value);
    if !has("save", "1") || has("stop", "all") || form.iter().any(|(name, _)| name == "List-Unsubscribe") {
        return None;
    }
    let ticked: Vec<Channel> = Channel::ALL
        .into_iter()
        .filter(|channel| has("channel", channel.as_str()))
        .collect();
    (!ticked.is_empty()).then_some(ticked)
}
