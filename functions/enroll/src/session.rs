//! Who comes: a session's token, in our cookie or in a partner's header.

use http::{HeaderMap, header};
use journey::contact::{Known, Locale};
use journey::enrollment::SupportMatter;
use journey::link::{BadLink, LinkKind, SESSION_COOKIE, session_cookie};
use journey::port::StoreError;
use journey::{Campaign, Journey, JourneyId, Provider, Reference};

use crate::{Ports, Site};

/// One request of a customer whom we know.
pub(crate) struct Visit<'a, P> {
    pub(crate) site: &'a Site,
    pub(crate) ports: &'a P,
    pub(crate) campaign: &'a Campaign,
    pub(crate) id: JourneyId,
    pub(crate) known: Known,
    /// As it was when the request came; none where nothing was heard of the customer yet.
    pub(crate) journey: Option<Journey>,
}

/// Why nobody is let in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoVisit {
    #[error("there is no token, or none of ours")]
    Unknown,
    #[error("the session is over")]
    Over,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<'a, P: Ports> Visit<'a, P> {
    /// Lets in who comes with a session's token.
    pub(crate) async fn begin(
        site: &'a Site,
        ports: &'a P,
        campaign: &'a Campaign,
        token: Option<&str>,
    ) -> Result<Self, NoVisit> {
        let verified = site
            .links
            .verify(LinkKind::Enroll, token.ok_or(NoVisit::Unknown)?, ports.now());
        let id = verified.map_err(|bad| match bad {
            BadLink::Expired => NoVisit::Over,
            BadLink::Forged | BadLink::Test => NoVisit::Unknown,
        })?;
        // Erased since, then nobody is there to enrol.
        let known = ports.contact_of(&id).await?.ok_or(NoVisit::Over)?;
        match known.contact.provider {
            Provider::Light => {}
            Provider::Leap | Provider::Bayou => return Err(NoVisit::Unknown),
        }
        let journey = ports.load_journey(&id).await?.map(|loaded| loaded.journey);
        Ok(Visit {
            site,
            ports,
            campaign,
            id,
            known,
            journey,
        })
    }

    /// The provider's name of the account.
    pub(crate) fn account(&self) -> &Reference {
        &self.known.contact.reference
    }

    /// The language of the whole enrolment (docs/light.md, trap 34).
    pub(crate) fn locale(&self) -> Locale {
        self.known.contact.locale
    }

    /// What the enrolment has ended for in a way that only support can mend.
    pub(crate) fn support(&self) -> Option<SupportMatter> {
        SupportMatter::of(&self.journey.as_ref()?.phase)
    }

    /// The `Set-Cookie` with which the session goes on for another hour.
    pub(crate) fn renewed(&self) -> String {
        let now = self.ports.now();
        let expires = now.checked_add(LinkKind::Enroll.holds()).unwrap_or(now);
        let token = self.site.links.sign(LinkKind::Enroll, &self.id, expires);
        session_cookie(&token, &self.site.public_url)
    }
}

/// The token in our cookie.
pub(crate) fn token_in_cookie(headers: &HeaderMap) -> Option<&str> {
    cookie(headers, SESSION_COOKIE)
}

/// The token in a partner's header, if there is exactly one. The scheme's name has no case (RFC 9110, section 11.1).
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(only), None) = (values.next(), values.next()) else {
        return None;
    };
    let (scheme, token) = only.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then_some(token)
}

/// A cookie's value.
pub(crate) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let lines = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok());
    let pairs = lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .into_iter()
        .find_map(|(given, value)| (given == name).then_some(value))
}

/// Does a browser say that another site's page made it send this? Those that say nothing are held by `SameSite`.
pub(crate) fn is_foreign(headers: &HeaderMap) -> bool {
    let mut said = headers.get_all("sec-fetch-site").iter();
    said.any(|site| site != "same-origin" && site != "none")
}
