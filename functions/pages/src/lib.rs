//! What customers see: the resume page, preferences, one-click unsubscription.
//!
//! A GET changes nothing: mail scanners follow links. Only a POST, which a person (or, for RFC 8058,
//! a person's mail program) makes, is a sign of life or an opt-out. Every page is server-rendered,
//! without scripts and without a request to anybody else.

mod fallback;
mod guard;
pub mod http;
mod layout;
mod preferences;
mod sharing;
mod words;

use core::error::Error;

use jiff::Timestamp;
use journey::contact::{Known, OptOut};
use journey::link::{BadLink, LinkKey, LinkKind, session_cookie};
use journey::port::{
    ArmTimer, Clock, CommitJourney, Count, FindContact, FreshLink, LoadJourney, ProviderError, ReadStatus, ReadVisits,
    StoreError, Suppress,
};
use journey::protocol::{IfAbsent, Person, TakeError, take};
use journey::{Campaign, Event, Journey, JourneyId, Phase, Provider};
use utilities::Directory;

use preferences::Preferences;

/// What the pages say about the partner.
#[derive(Clone, Debug)]
pub struct Brand {
    /// The partner's name.
    pub name: String,
    /// Where a person can ask for help.
    pub support_email: Option<String>,
    /// About how many minutes it takes to connect an account, as the partner says in the campaign.
    pub minutes_needed: u16,
}

/// An answer to a customer's browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A page.
    Page {
        /// The HTTP status.
        status: u16,
        /// The document.
        html: String,
    },
    /// On to the enrolment's pages, with a session of this cookie.
    Enter {
        /// `Set-Cookie`.
        cookie: String,
    },
    /// On to the provider.
    Redirect {
        /// Where to.
        to: String,
    },
}

/// What the pages need besides their ports.
#[derive(Clone, Debug)]
pub struct Pages {
    /// Checks tokens.
    pub links: LinkKey,
    /// The partner.
    pub brand: Brand,
    /// Names and help links of utilities.
    pub directory: Directory,
    /// Where a customer of Light's goes on.
    pub enrollment: Enrollment,
    /// Is the partner told of messages that are due, to send them itself? Then a person may choose that, too.
    pub sends_events: bool,
}

/// Where a customer of Light's goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Enrollment {
    /// Nowhere: this deployment has no Light.
    #[default]
    None,
    /// On our own pages.
    OwnPages {
        /// Where they are, without a slash at the end.
        public_url: String,
    },
    /// In Light's hosted flow. Its link is a login, so each is made for the one who acts, and stands in no message
    /// (docs/light.md, traps 26 to 28).
    HostedFlow,
}

#[derive(Debug, thiserror::Error)]
enum PageError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Take(#[from] TakeError),
    #[error(transparent)]
    Provider(#[from] ProviderError),
}

impl Pages {
    /// `GET /r/{token}`: what is left to do.
    pub async fn resume<P>(&self, ports: &P, campaign: &Campaign, token: &str) -> Reply
    where
        P: Clock + FindContact + LoadJourney + ReadVisits,
    {
        let journey = match self.links.verify(LinkKind::Resume, token, ports.now()) {
            Ok(journey) => journey,
            Err(bad) => return self.bad_link(bad),
        };
        match self.read(ports, &journey).await {
            Ok(Some((journey, known))) => {
                let incident = has_incident(ports, campaign, journey.as_ref(), &known).await;
                page(200, layout::resume(self, journey.as_ref(), &known, token, incident))
            }
            Ok(None) => self.bad_link(BadLink::Expired),
            Err(error) => self.failed(&journey, &error),
        }
    }

    /// `POST /r/{token}`: the person acts, and goes on to the provider's own link.
    pub async fn resume_acted<P>(&self, ports: &P, campaign: &Campaign, token: &str) -> Reply
    where
        P: Clock + FindContact + LoadJourney + CommitJourney + ArmTimer + ReadStatus + FreshLink + Count,
    {
        let id = match self.links.verify(LinkKind::Resume, token, ports.now()) {
            Ok(journey) => journey,
            Err(bad) => return self.bad_link(bad),
        };
        let (journey, known) = match self.read(ports, &id).await {
            Ok(Some(found)) => found,
            Ok(None) => return self.bad_link(BadLink::Expired),
            Err(error) => return self.failed(&id, &error),
        };
        if let Some(journey) = &journey
            && layout::is_over(journey)
        {
            return self.over(journey, &known, token, ports.now());
        }
        ports.count("page.resumed", 1);
        let tries = match known.contact.provider {
            // The sign of life is lost, the person is not: the provider will tell of the session.
            Provider::Leap => 1,
            // Nobody will tell of it.
            Provider::Bayou | Provider::Light => 2,
        };
        for _ in 0..tries {
            let event = Event::LinkFollowed.into();
            match take(ports, campaign, &id, IfAbsent::Ignore, Person::default(), &event).await {
                Ok(_) => break,
                Err(error) => tracing::error!(journey = %id, error = &error as &dyn Error, "followed link not taken"),
            }
        }
        if known.contact.provider != Provider::Leap {
            // Nobody who is connected by now is sent through the login once more.
            match self.look_once_more(ports, campaign, &id, &known).await {
                Ok(Some(journey)) if layout::is_over(&journey) => {
                    return self.over(&journey, &known, token, ports.now());
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(journey = %id, error = &error as &dyn Error, "not looked at once more"),
            }
        }
        let link = match known.contact.provider {
            Provider::Leap => known.contact.link.clone(),
            Provider::Light if let Enrollment::OwnPages { public_url } = &self.enrollment => {
                return self.enter(&id, public_url, ports.now());
            }
            // Bayou's links live ten days, and Light's are logins: each is asked for when it is needed (docs/bayou.md,
            // section 9.2; docs/light.md, trap 26).
            Provider::Bayou | Provider::Light => {
                match ports.fresh_link(known.contact.provider, &known.contact.reference).await {
                    Ok(link) => link,
                    Err(error) => {
                        ports.count("page.no_fresh_link", 1);
                        tracing::error!(journey = %id, error = &error as &dyn Error, "no fresh link");
                        return page(503, layout::failed(self));
                    }
                }
            }
        };
        match link {
            Some(to) if campaign.link_hosts.allows(&to) => Reply::Redirect { to },
            // Taken before its host was looked at, or under another campaign.
            Some(_) => {
                tracing::error!(journey = %id, "the contact's link leads to a host that is not allowed; nobody is sent there");
                page(200, layout::no_link(self, known.contact.locale))
            }
            None => page(200, layout::no_link(self, known.contact.locale)),
        }
    }

    /// `GET /u/{token}`: what the person receives, and how to change it.
    pub async fn preferences<P>(&self, ports: &P, token: &str) -> Reply
    where
        P: Clock + FindContact,
    {
        let journey = match self.links.verify(LinkKind::Unsubscribe, token, ports.now()) {
            Ok(journey) => journey,
            Err(bad) => return self.bad_link(bad),
        };
        match ports.contact_of(&journey).await {
            Ok(Some(known)) => page(
                200,
                layout::preferences(self, &Preferences::of(&known, self.sends_events), false),
            ),
            Ok(None) => self.bad_link(BadLink::Expired),
            Err(error) => self.failed(&journey, &error.into()),
        }
    }

    /// `POST /u/{token}`: the person opts out of everything (also by RFC 8058, whose form is
    /// `List-Unsubscribe=One-Click`), or, by the form of the page alone, chooses the channels.
    pub async fn preferences_changed<P>(&self, ports: &P, token: &str, form: &[(String, String)]) -> Reply
    where
        P: Clock + FindContact + Suppress + Count,
    {
        let journey = match self.links.verify(LinkKind::Unsubscribe, token, ports.now()) {
            Ok(journey) => journey,
            Err(bad) => return self.bad_link(bad),
        };
        // Whatever else is posted here means "no more": that is the safe way to be misunderstood. It asks nobody
        // first, so that nothing can keep it from being kept.
        let chosen = match preferences::ticked(form) {
            None => OptOut::Everything,
            Some(ticked) => match ports.contact_of(&journey).await {
                Ok(Some(known)) => Preferences::of(&known, self.sends_events).chosen(&known.contact.opted_out, &ticked),
                // Nobody is left to be written to, so there is nothing to switch on.
                Ok(None) => return self.bad_link(BadLink::Expired),
                Err(error) => return self.failed(&journey, &error.into()),
            },
        };
        let stored = match ports.set_opted_out(&journey, &chosen, ports.now()).await {
            Ok(stored) => stored,
            Err(error) => return self.failed(&journey, &error.into()),
        };
        let counter = if chosen.is_everything() {
            "page.opted_out"
        } else {
            "page.opted_in"
        };
        ports.count(counter, 1);
        tracing::info!(%journey, counter, stored, "preferences changed");
        let now = match ports.contact_of(&journey).await {
            Ok(Some(known)) => Preferences::of(&known, self.sends_events),
            Ok(None) | Err(_) => Preferences::of_nobody(),
        };
        page(200, layout::preferences(self, &now, true))
    }

    /// Lets a customer in to the enrolment's pages, for an hour.
    fn enter(&self, journey: &JourneyId, public_url: &str, now: Timestamp) -> Reply {
        let kind = LinkKind::Enroll;
        let expires = now.checked_add(kind.holds()).unwrap_or(Timestamp::MAX);
        let token = self.links.sign(kind, journey, expires);
        Reply::Enter {
            cookie: session_cookie(&token, public_url),
        }
    }

    /// Nothing is left to do. Who enrolled may see how the service comes along.
    fn over(&self, journey: &Journey, known: &Known, token: &str, now: Timestamp) -> Reply {
        match &self.enrollment {
            Enrollment::OwnPages { public_url }
                if known.contact.provider == Provider::Light && matches!(journey.phase, Phase::Completed { .. }) =>
            {
                self.enter(&journey.id, public_url, now)
            }
            Enrollment::OwnPages { .. } | Enrollment::HostedFlow | Enrollment::None => {
                page(200, layout::resume(self, Some(journey), known, token, false))
            }
        }
    }

    /// Asks the provider how the customer stands, and answers with the journey as it is after that.
    async fn look_once_more<P>(
        &self,
        ports: &P,
        campaign: &Campaign,
        id: &JourneyId,
        known: &Known,
    ) -> Result<Option<Journey>, PageError>
    where
        P: Clock + LoadJourney + CommitJourney + ArmTimer + ReadStatus,
    {
        let snapshot = ports
            .read_status(known.contact.provider, &known.contact.reference)
            .await?;
        let event = Event::StatusSeen {
            snapshot,
            region: None,
            classification: known.contact.classification,
        };
        let person = Person {
            contact: Some(&known.id),
            ..Person::default()
        };
        let taken = take(ports, campaign, id, IfAbsent::Ignore, person, &event.into()).await?;
        Ok(taken.map(|taken| taken.journey))
    }

    /// The person, and the journey if it has begun: a partner's own message may have brought them here
    /// before anything was heard of them.
    async fn read<P>(&self, ports: &P, journey: &JourneyId) -> Result<Option<(Option<Journey>, Known)>, PageError>
    where
        P: FindContact + LoadJourney,
    {
        let Some(known) = ports.contact_of(journey).await? else {
            return Ok(None);
        };
        let loaded = ports.load_journey(journey).await?;
        Ok(Some((loaded.map(|loaded| loaded.journey), known)))
    }

    /// A helpful page and no detail: who guesses at links learns nothing.
    fn bad_link(&self, bad: BadLink) -> Reply {
        let status = match bad {
            BadLink::Forged => 404,
            BadLink::Expired => 410,
            BadLink::Test => return page(200, layout::test_link(self)),
        };
        page(status, layout::bad_link(self))
    }

    fn failed(&self, journey: &JourneyId, error: &PageError) -> Reply {
        tracing::error!(%journey, error = error as &dyn Error, "page failed");
        page(503, layout::failed(self))
    }
}

fn page(status: u16, html: maud::Markup) -> Reply {
    Reply::Page {
        status,
        html: html.into_string(),
    }
}

/// Do many customers not get through at this one's utility? Who cannot be told so still gets the page.
async fn has_incident<P: Clock + ReadVisits>(
    ports: &P,
    campaign: &Campaign,
    journey: Option<&Journey>,
    known: &Known,
) -> bool {
    let rule = &campaign.incident;
    let contact = &known.contact;
    let utility = journey.and_then(|journey| journey.utility.as_ref());
    let Some(utility) = utility.or(contact.utility.as_ref()) else {
        return false;
    };
    let now = ports.now();
    let since = now.checked_sub(rule.within).unwrap_or(now);
    match ports.read_visits(contact.provider, utility, since).await {
        Ok(visits) => rule.pauses(utility, visits),
        Err(error) => {
            tracing::warn!(error = &error as &dyn Error, "visits cannot be read");
            rule.paused.contains(utility)
        }
    }
}
