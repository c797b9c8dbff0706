//! A touch that the partner sends: it is looked at once more before the partner is told.
//!
//! A message of our own is looked at between its claim and its sending. Between the record of an event and its
//! announcement lies a stream, which may be held up, so the look is here: whoever finished or opted out since,
//! nobody is told of; nor of a touch whose hours may be over.

use jiff::SignedDuration;
use journey::campaign::Channel;
use journey::contact::{Known, Locale, Permission};
use journey::link::{LinkKey, LinkKind};
use journey::port::{Clock, FindContact, LoadJourney, StoreError};
use journey::{JourneyId, Lifecycle, LifecycleEvent};
use serde::Serialize;

/// The law's hours end ten minutes early, for what is on its way.
const GOOD_FOR: SignedDuration = SignedDuration::from_mins(10);

/// Makes the customer's links.
#[derive(Clone, Debug)]
pub struct Links {
    /// Signs them.
    pub key: LinkKey,
    /// Where our own pages are, without a slash at the end.
    pub public_url: String,
}

/// What becomes of an event on its way to the partner.
pub(crate) enum Due {
    /// It tells what has happened, and can be told at any time.
    NotAMessage,
    /// The message is due still.
    Still(Details),
    /// It is not, for this reason.
    NoMore(&'static str),
}

/// What the partner needs to write to the customer.
#[derive(Serialize)]
pub(crate) struct Details {
    locale: Locale,
    resume_url: String,
    unsubscribe_url: String,
    permissions: Permissions,
}

/// May each channel be used, as far as we know?
#[derive(Serialize)]
struct Permissions {
    email: &'static str,
    sms: &'static str,
    push: &'static str,
}

/// Looks at an event, and if it asks for a message, at the journey and the person as they are now.
pub(crate) async fn look<P>(
    ports: &P,
    links: &Links,
    journey: &JourneyId,
    event: &LifecycleEvent,
    person: Option<&Known>,
) -> Result<Due, StoreError>
where
    P: Clock + LoadJourney + FindContact,
{
    if !matches!(event.what, Lifecycle::TouchDue { .. }) {
        return Ok(Due::NotAMessage);
    }
    let Some(person) = person else {
        return Ok(Due::NoMore("erased"));
    };
    if person.permission(Channel::Event) != Permission::Allowed {
        return Ok(Due::NoMore("opted_out"));
    }
    if ports.now().duration_since(event.at) > GOOD_FOR {
        return Ok(Due::NoMore("late"));
    }
    let loaded = ports.load_journey(journey).await?;
    if !loaded.is_some_and(|loaded| loaded.journey.is_live() && loaded.journey.episode == event.episode) {
        return Ok(Due::NoMore("ended"));
    }
    // By the event's own time: told again, it says the same.
    let url = |kind| links.key.mint(&links.public_url, kind, journey, event.at).url;
    let may = |channel| person.permission(channel).as_str();
    Ok(Due::Still(Details {
        locale: person.contact.locale,
        resume_url: url(LinkKind::Resume),
        unsubscribe_url: url(LinkKind::Unsubscribe),
        permissions: Permissions {
            email: may(Channel::Email),
            sms: may(Channel::Sms),
            push: may(Channel::Push),
        },
    }))
}
