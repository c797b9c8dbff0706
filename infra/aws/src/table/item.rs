//! Items and their attributes.

use core::fmt::Display;
use core::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;
use journey::port::{StoreError, Timestamp};
use journey::{AddressId, ContactId, JourneyId, Provider, UtilityCode};

use super::fault::foreign;

/// An item as the SDK has it. Its order is never looked at.
#[allow(clippy::disallowed_types, reason = "the SDK's own type of an item")]
pub(super) type Item = std::collections::HashMap<String, AttributeValue>;

/// The sort key of items that are alone under their partition key.
const ALONE: &str = "-";

/// What the partition key of a contact begins with.
pub(super) const CONTACT_PREFIX: &str = "C#";

/// What the partition key of a journey begins with.
const JOURNEY_PREFIX: &str = "J#";

/// What the sort key of a pushed campaign's entry begins with.
pub(super) const VERSION_PREFIX: &str = "v#";

/// What the sort key of a campaign's message begins with.
pub(super) const MESSAGE_PREFIX: &str = "m#";

/// The partition of the campaigns' list.
pub(super) const CAMPAIGNS: &str = "P";

/// The name of an item.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) pk: String,
    pub(super) sk: String,
}

impl Key {
    pub(super) fn journey(id: &JourneyId) -> Self {
        Self::alone(format!("{JOURNEY_PREFIX}{id}"))
    }

    pub(super) fn contact(id: &ContactId) -> Self {
        Self::alone(format!("{CONTACT_PREFIX}{id}"))
    }

    pub(super) fn inbox(id: &AddressId) -> Self {
        Self::alone(format!("A#{id}"))
    }

    pub(super) fn erased(id: &ContactId) -> Self {
        Self::alone(format!("E#{id}"))
    }

    pub(super) fn watermark(provider: Provider) -> Self {
        Self::alone(format!("W#{provider}"))
    }

    pub(super) fn active_campaign() -> Self {
        Self::of(CAMPAIGNS.to_owned(), "active".to_owned())
    }

    pub(super) fn campaign_version(version: &str) -> Self {
        Self::of(CAMPAIGNS.to_owned(), format!("{VERSION_PREFIX}{version}"))
    }

    pub(super) fn campaign_head(version: &str) -> Self {
        Self::of(Self::campaign(version), "head".to_owned())
    }

    pub(super) fn campaign_message(version: &str, name: &str) -> Self {
        Self::of(Self::campaign(version), format!("{MESSAGE_PREFIX}{name}"))
    }

    /// The partition of a campaign's texts.
    pub(super) fn campaign(version: &str) -> String {
        format!("{CAMPAIGNS}#{version}")
    }

    pub(super) fn counter(day: jiff::civil::Date, name: &str) -> Self {
        Self::of(Self::day(day), name.to_owned())
    }

    /// The partition of a day's counters.
    pub(super) fn day(day: jiff::civil::Date) -> String {
        format!("N#{day}")
    }

    /// The item of the hour of UTC in which a moment lies.
    pub(super) fn visits(provider: Provider, utility: &UtilityCode, at: Timestamp) -> Self {
        Self::of(
            format!("U#{provider}#{}", utility.as_str()),
            at.strftime("%Y-%m-%dT%H").to_string(),
        )
    }

    /// The item of what a customer accepted at a moment.
    pub(super) fn acceptance(journey: &JourneyId, at: Timestamp) -> Self {
        // In the order of time, as texts are compared.
        Self::of(
            Self::acceptances(journey),
            at.strftime("%Y-%m-%dT%H:%M:%S.%3f").to_string(),
        )
    }

    /// The partition of what a customer accepted.
    pub(super) fn acceptances(journey: &JourneyId) -> String {
        format!("T#{journey}")
    }

    pub(super) fn mark(first_record: &str) -> Self {
        Self::alone(format!("X#{first_record}"))
    }

    fn alone(pk: String) -> Self {
        Self::of(pk, ALONE.to_owned())
    }

    pub(super) fn of(pk: String, sk: String) -> Self {
        Key { pk, sk }
    }

    /// The partition key as an attribute.
    pub(super) fn pk(&self) -> AttributeValue {
        s(&self.pk)
    }

    /// The sort key as an attribute.
    pub(super) fn sk(&self) -> AttributeValue {
        s(&self.sk)
    }
}

/// The journey that a partition key names.
pub(super) fn journey_of(item: &Item) -> Result<JourneyId, StoreError> {
    text(item, "pk")?
        .strip_prefix(JOURNEY_PREFIX)
        .and_then(JourneyId::parse)
        .ok_or_else(|| foreign("pk"))
}

/// A text attribute.
pub(super) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// A number attribute.
pub(super) fn n(number: impl Display) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// A text that must be there.
pub(super) fn text<'a>(item: &'a Item, name: &'static str) -> Result<&'a str, StoreError> {
    optional_text(item, name)?.ok_or_else(|| foreign(name))
}

/// A text that may be absent.
pub(super) fn optional_text<'a>(item: &'a Item, name: &'static str) -> Result<Option<&'a str>, StoreError> {
    match item.get(name) {
        None => Ok(None),
        Some(value) => value.as_s().map(|text| Some(text.as_str())).map_err(|_| foreign(name)),
    }
}

/// A number that must be there.
pub(super) fn number<T: FromStr>(item: &Item, name: &'static str) -> Result<T, StoreError> {
    optional_number(item, name)?.ok_or_else(|| foreign(name))
}

/// A number that may be absent.
pub(super) fn optional_number<T: FromStr>(item: &Item, name: &'static str) -> Result<Option<T>, StoreError> {
    let Some(value) = item.get(name) else {
        return Ok(None);
    };
    let parsed = value.as_n().ok().and_then(|digits| digits.parse().ok());
    parsed.map(Some).ok_or_else(|| foreign(name))
}

/// A time, written as a text.
pub(super) fn time(text: &str, name: &'static str) -> Result<Timestamp, StoreError> {
    text.parse().map_err(|_| foreign(name))
}

/// Has DynamoDB only not yet come round to deleting this item? That may take it days.
pub(super) fn is_expired(item: &Item, now: Timestamp) -> Result<bool, StoreError> {
    Ok(optional_number::<i64>(item, "ttl")?.is_some_and(|until| until <= now.as_second()))
}
