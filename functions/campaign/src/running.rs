//! A campaign that was checked before, as it runs.

use journey::Campaign;
use journey::campaign::Channel;
use journey::contact::Locale;
use message::{Brand, Templates, TrialError};
use utilities::Directory;

use crate::package::{self, PackageError};
use crate::stored::HeadDocument;

/// Everything of a campaign but its words: all that a function needs that writes to nobody.
#[derive(Clone, Debug)]
pub struct Head {
    /// How reports call it.
    pub name: String,
    /// The rules.
    pub rules: Campaign,
    /// The utilities, with the campaign's display names.
    pub utilities: Directory,
    /// What messages say of the one who writes.
    pub brand: Brand,
    /// The one who writes.
    pub sender: Sender,
    /// The languages.
    pub locales: Locales,
}

/// A campaign with its words.
#[derive(Clone, Debug)]
pub struct Running {
    /// Everything but the words.
    pub head: Head,
    /// The words.
    pub templates: Templates,
}

/// The one who writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// The name beside the address.
    pub name: String,
    /// The address.
    pub from: String,
    /// Where answers go, if not to `from`.
    pub reply_to: Option<String>,
    /// The postal address, on one line.
    pub postal_address: String,
    /// Where customers may ask.
    pub support_email: Option<String>,
}

/// The languages of a campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locales {
    /// For whoever wants a language that is not offered.
    pub default: Locale,
    /// Those that messages exist in.
    pub offered: Vec<Locale>,
}

impl Locales {
    /// The language that a person gets.
    #[must_use]
    pub fn pick(&self, wanted: Locale) -> Locale {
        if self.offered.contains(&wanted) {
            wanted
        } else {
            self.default
        }
    }
}

/// Fills in the short messages of the channels that the campaign sends by: how long they are depends on who writes,
/// and a campaign without them need not care.
pub(crate) fn try_out_short(
    templates: &Templates,
    rules: &Campaign,
    brand: &Brand,
    touches: u16,
) -> Result<(), TrialError> {
    if rules.sends_by(Channel::Sms) {
        templates.try_out_texts(brand, touches)?;
    }
    if rules.sends_by(Channel::Push) {
        templates.try_out_pushes(brand, touches)?;
    }
    Ok(())
}

impl Head {
    /// Opens a head as [`Package::to_pushed`](crate::Package::to_pushed) has written it.
    ///
    /// # Errors
    /// It is of another format, or not what a check would have let pass.
    pub fn open(text: &str) -> Result<Self, PackageError> {
        Ok(package::head(text)?.open()?.0)
    }
}

impl Running {
    /// Opens a head and its messages as [`Package::to_pushed`](crate::Package::to_pushed) has written them.
    ///
    /// # Errors
    /// One of them is of another format, or not what a check would have let pass; a message is missing or
    /// is not the head's.
    pub fn open<'t>(head: &str, messages: impl IntoIterator<Item = (&'t str, &'t str)>) -> Result<Self, PackageError> {
        Running::of(package::head(head)?, package::messages(messages)?)
    }

    pub(crate) fn of(head: HeadDocument, messages: package::Messages) -> Result<Self, PackageError> {
        let (head, names) = head.open()?;
        package::whole(&names, &messages)?;
        Ok(Running {
            head,
            templates: Templates::open(messages),
        })
    }
}
