//! `Feedback-ID`: what a mailbox provider's complaint rates are told apart by.
//!
//! Gmail takes four fields parted by colons, of which the last names the sender, in 5 to 15 characters, and is the same
//! in all of its mail (<https://support.google.com/a/answer/6254652>). Rates are shown for a value that stands in many
//! messages, so nothing here names a person, a journey or a send.

use crate::id::Provider;
use crate::state::Touch;

/// The longest of the first three fields.
const FIELD_CHARS: usize = 40;

/// The fields of a message: lower-case letters, digits and single hyphens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedbackId {
    /// The campaign, by its name.
    pub campaign: String,
    /// Which reminder, such as `touch-2`.
    pub touch: String,
    /// The provider.
    pub provider: &'static str,
    /// The sender, by the domain of its address.
    pub sender: String,
}

impl FeedbackId {
    /// The fields of a touch of a campaign, from an address.
    #[must_use]
    pub fn new(campaign: &str, touch: Touch, provider: Provider, from: &str) -> Self {
        let domain = from.rsplit_once('@').map_or(from, |(_, domain)| domain);
        let mut sender = field(domain, 15);
        if sender.len() < 5 {
            sender.push_str("-mail");
        }
        FeedbackId {
            campaign: field(campaign, FIELD_CHARS),
            touch: format!("touch-{}", touch.0),
            provider: provider.as_str(),
            sender,
        }
    }

    /// The header's value.
    #[must_use]
    pub fn header(&self) -> String {
        let FeedbackId {
            campaign,
            touch,
            provider,
            sender,
        } = self;
        format!("{campaign}:{touch}:{provider}:{sender}")
    }
}

/// A text as one field: everything but letters and digits of ASCII becomes a hyphen.
fn field(text: &str, most: usize) -> String {
    let mut field = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            field.push(c.to_ascii_lowercase());
        } else if !field.is_empty() && !field.ends_with('-') {
            field.push('-');
        }
    }
    field.truncate(most);
    let field = field.trim_end_matches('-');
    if field.is_empty() {
        "none".to_owned()
    } else {
        field.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_are_few_values_in_the_form_that_gmail_takes() {
        for (campaign, from, header) in [
            ("standard", "reminders@example.com", "standard:touch-2:leap:example-com"),
            (
                "Spring: 2027, CA",
                "hi@mail.batteries.example",
                "spring-2027-ca:touch-2:leap:mail-batteries",
            ),
            ("é", "a@x.io", "none:touch-2:leap:x-io-mail"),
            ("a\r\nBcc: b", "no address", "a-bcc-b:touch-2:leap:no-address"),
        ] {
            let id = FeedbackId::new(campaign, Touch(2), Provider::Leap, from);
            assert_eq!(id.header(), header);
            assert!((5..=15).contains(&id.sender.len()), "{}", id.sender);
            assert_eq!(id.header().matches(':').count(), 3);
        }
        let long = FeedbackId::new(&"x y".repeat(50), Touch(1), Provider::Leap, "");
        assert!(long.campaign.len() <= FIELD_CHARS);
        assert_eq!(long.sender, "none-mail");
    }
}
