//! What a person wants no more of.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::campaign::Channel;

/// The channels that a person wants no reminders by: none of them, some, or every one, also those to come.
///
/// Written as `false`, as a list of channels such as `["sms"]`, or as `true`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub enum OptOut {
    /// These channels; none of them is no opt-out at all.
    Channels(BTreeSet<Channel>),
    /// Everything, and whatever channel there may be one day.
    Everything,
}

impl Default for OptOut {
    fn default() -> Self {
        OptOut::NOTHING
    }
}

impl OptOut {
    /// The person wants everything.
    pub const NOTHING: OptOut = OptOut::Channels(BTreeSet::new());

    /// Only these channels.
    #[must_use]
    pub fn of(channels: impl IntoIterator<Item = Channel>) -> Self {
        OptOut::Channels(channels.into_iter().collect())
    }

    /// Does it hold for this channel?
    #[must_use]
    pub fn covers(&self, channel: Channel) -> bool {
        match self {
            OptOut::Channels(channels) => channels.contains(&channel),
            OptOut::Everything => true,
        }
    }

    /// Is it no opt-out at all?
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == OptOut::NOTHING
    }

    /// Is it from everything?
    #[must_use]
    pub fn is_everything(&self) -> bool {
        *self == OptOut::Everything
    }

    /// Both of two: whatever either of them covers.
    #[must_use]
    pub fn and(&self, other: &OptOut) -> OptOut {
        match (self, other) {
            (OptOut::Channels(one), OptOut::Channels(two)) => OptOut::Channels(one | two),
            (OptOut::Everything, _) | (_, OptOut::Everything) => OptOut::Everything,
        }
    }

    /// The channels that it covers, of those there are today.
    pub fn channels(&self) -> impl Iterator<Item = Channel> {
        Channel::ALL.into_iter().filter(|channel| self.covers(*channel))
    }
}

/// The form in which it is stored, and in which a partner writes it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "opted_out must be true, false or a list of channels such as [\"sms\"]"
)]
enum Written {
    All(bool),
    Some(BTreeSet<Channel>),
}

impl From<Written> for OptOut {
    fn from(written: Written) -> Self {
        match written {
            Written::All(true) => OptOut::Everything,
            Written::All(false) => OptOut::NOTHING,
            Written::Some(channels) => OptOut::Channels(channels),
        }
    }
}

impl From<OptOut> for Written {
    fn from(opt_out: OptOut) -> Self {
        match opt_out {
            OptOut::Everything => Written::All(true),
            OptOut::Channels(channels) if channels.is_empty() => Written::All(false),
            OptOut::Channels(channels) => Written::Some(channels),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_as_a_word_or_as_a_list() {
        for (json, opt_out) in [
            ("false", OptOut::NOTHING),
            ("true", OptOut::Everything),
            (r#"["sms"]"#, OptOut::of([Channel::Sms])),
            (r#"["email","sms"]"#, OptOut::of([Channel::Email, Channel::Sms])),
        ] {
            assert_eq!(serde_json::from_str::<OptOut>(json).unwrap(), opt_out, "{json}");
            assert_eq!(serde_json::to_string(&opt_out).unwrap(), json);
        }
        assert_eq!(serde_json::from_str::<OptOut>("[]").unwrap(), OptOut::NOTHING);
        for bad in ["null", "1", "\"sms\"", r#"["fax"]"#] {
            assert!(serde_json::from_str::<OptOut>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_channel_listed_is_not_everything() {
        let listed = OptOut::of(Channel::ALL);
        assert!(Channel::ALL.into_iter().all(|channel| listed.covers(channel)));
        assert!(!listed.is_everything(), "a channel to come is not on the list");
        assert_eq!(OptOut::Everything.channels().count(), Channel::ALL.len());
    }

    #[test]
    fn two_together_cover_what_either_does() {
        let (email, sms) = (OptOut::of([Channel::Email]), OptOut::of([Channel::Sms]));
        assert_eq!(email.and(&sms), OptOut::of([Channel::Email, Channel::Sms]));
        assert_eq!(email.and(&OptOut::NOTHING), email);
        assert_eq!(email.and(&OptOut::Everything), OptOut::Everything);
        assert_eq!(OptOut::Everything.and(&OptOut::NOTHING), OptOut::Everything);
    }
}
