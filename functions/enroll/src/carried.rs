//! What a browser carries for us, sealed: the address that was found and confirmed, and a plan as it was shown.
//!
//! None of it may be kept by us (docs/light.md, traps 28 and 31).

use http::HeaderMap;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use journey::JourneyId;
use journey::enrollment::{Charge, ChargeKind, EsiId, Plan, PlanDocuments, PostalAddress, ServiceAddress};
use serde::{Deserialize, Serialize};

use crate::Site;
use crate::seal::Kind;
use crate::session::cookie;

/// The cookie with the address that the customer has confirmed.
pub(crate) const PLACE_COOKIE: &str = "rekindle_place";

/// In seconds: as long as a reminder's link holds.
const PLACE_HOLDS: u64 = 30 * 24 * 60 * 60;

/// A price changes from day to day, and how long an offer stays acceptable is not documented.
const OFFER_HOLDS: SignedDuration = SignedDuration::from_mins(30);

#[derive(Serialize, Deserialize)]
struct Place {
    line_1: String,
    line_2: Option<String>,
    city: String,
    state: String,
    postal_code: String,
    esi_id: EsiId,
}

impl From<&ServiceAddress> for Place {
    fn from(place: &ServiceAddress) -> Self {
        let address = place.address.clone();
        Place {
            line_1: address.line_1,
            line_2: address.line_2,
            city: address.city,
            state: address.state,
            postal_code: address.postal_code,
            esi_id: place.esi_id.clone(),
        }
    }
}

impl From<Place> for ServiceAddress {
    fn from(place: Place) -> Self {
        ServiceAddress {
            address: PostalAddress {
                line_1: place.line_1,
                line_2: place.line_2,
                city: place.city,
                state: place.state,
                postal_code: place.postal_code,
            },
            esi_id: place.esi_id,
        }
    }
}

/// Seals an address that was found, for the form that confirms it.
pub(crate) fn found(site: &Site, journey: &JourneyId, place: &ServiceAddress) -> String {
    let sealed = site.seals.seal(Kind::Found, journey, &Place::from(place));
    sealed.unwrap_or_default()
}

/// Opens an address that was found.
pub(crate) fn open_found(site: &Site, journey: &JourneyId, sealed: &str) -> Option<ServiceAddress> {
    let place: Place = site.seals.open(Kind::Found, journey, sealed)?;
    Some(place.into())
}

/// The `Set-Cookie` that keeps the confirmed address with the customer.
pub(crate) fn place_cookie(site: &Site, journey: &JourneyId, place: &ServiceAddress) -> String {
    let sealed = site.seals.seal(Kind::Place, journey, &Place::from(place));
    let secure = if site.public_url.starts_with("https://") {
        "; Secure"
    } else {
        ""
    };
    format!(
        "{PLACE_COOKIE}={}; Path=/enroll; Max-Age={PLACE_HOLDS}; HttpOnly; SameSite=Lax{secure}",
        sealed.unwrap_or_default()
    )
}

/// The address that this customer has confirmed in this browser.
pub(crate) fn confirmed(site: &Site, journey: &JourneyId, headers: &HeaderMap) -> Option<ServiceAddress> {
    let place: Place = site.seals.open(Kind::Place, journey, cookie(headers, PLACE_COOKIE)?)?;
    Some(place.into())
}

/// A plan as it was shown.
#[derive(Clone)]
pub(crate) struct Offer {
    /// When.
    pub(crate) at: Timestamp,
    /// For which address.
    pub(crate) esi_id: EsiId,
    /// The plan.
    pub(crate) plan: Plan,
}

#[derive(Serialize, Deserialize)]
struct Shown {
    at: Timestamp,
    esi_id: EsiId,
    uuid: String,
    name: Option<String>,
    term: Option<u32>,
    rate: String,
    charges: Vec<(u8, String)>,
    earliest: Date,
    latest: Date,
    efl: String,
    tos: String,
    yrac: String,
}

/// In the order of what is sealed: never to be changed while offers are out.
const CHARGES: [ChargeKind; 3] = [
    ChargeKind::DeliveryPerKwh,
    ChargeKind::DeliveryPerMonth,
    ChargeKind::PlanPerMonth,
];

impl Offer {
    /// Seals it.
    pub(crate) fn seal(&self, site: &Site, journey: &JourneyId) -> String {
        let plan = self.plan.clone();
        let charge = |charge: Charge| {
            let kind = CHARGES.iter().position(|kind| *kind == charge.kind).unwrap_or_default();
            (u8::try_from(kind).unwrap_or_default(), charge.amount)
        };
        let shown = Shown {
            at: self.at,
            esi_id: self.esi_id.clone(),
            uuid: plan.uuid,
            name: plan.name,
            term: plan.term_months,
            rate: plan.energy_rate_cents,
            charges: plan.charges.into_iter().map(charge).collect(),
            earliest: plan.earliest_start,
            latest: plan.latest_start,
            efl: plan.documents.efl,
            tos: plan.documents.tos,
            yrac: plan.documents.yrac,
        };
        site.seals.seal(Kind::Offer, journey, &shown).unwrap_or_default()
    }

    /// Opens one.
    pub(crate) fn open(site: &Site, journey: &JourneyId, sealed: &str) -> Option<Self> {
        let shown: Shown = site.seals.open(Kind::Offer, journey, sealed)?;
        let charge = |(kind, amount): (u8, String)| {
            let kind = *CHARGES.get(usize::from(kind))?;
            Some(Charge { kind, amount })
        };
        Some(Offer {
            at: shown.at,
            esi_id: shown.esi_id,
            plan: Plan {
                uuid: shown.uuid,
                name: shown.name,
                term_months: shown.term,
                energy_rate_cents: shown.rate,
                charges: shown.charges.into_iter().map(charge).collect::<Option<_>>()?,
                earliest_start: shown.earliest,
                latest_start: shown.latest,
                documents: PlanDocuments {
                    efl: shown.efl,
                    tos: shown.tos,
                    yrac: shown.yrac,
                },
            },
        })
    }

    /// May it still be accepted, as far as time goes?
    pub(crate) fn holds(&self, now: Timestamp) -> bool {
        now <= self.expires()
    }

    /// Until when it may be.
    pub(crate) fn expires(&self) -> Timestamp {
        self.at.checked_add(OFFER_HOLDS).unwrap_or(self.at)
    }
}
