//! A provider and a store that remember, and fail when they are told to.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::{Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use enroll::{Brand, SealKey, Site, Stripe};
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use journey::contact::Contact;
use journey::enrollment::{
    Acceptance, AcceptanceRecord, BillingAddress, ConfirmedLocation, EsiId, LightAccount, MonthlyUsage, Plan,
    PlanDocuments, PostalAddress, ServiceAddress,
};
use journey::link::{LinkKey, LinkKind};
use journey::port::{Clock, EnrollError, ProviderError, Refusal, StoreError};
use journey::protocol::{IfAbsent, Person, take};
use journey::{Campaign, Event, Flow, IdKey, Journey, JourneyId, Milestone, Provider, Purpose, Reference, Unavailable};

pub(crate) const ESI_ID: &str = "10443720000000002";
pub(crate) const OTHER_ESI_ID: &str = "1008901000000000000003";
pub(crate) const SECRET: &str = "seti_invented_secret_of_a_client";
pub(crate) const PUBLIC_URL: &str = "https://remind.example.com";

/// Which call is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Call {
    View,
    Search,
    SearchEsiId,
    Plans,
    Accept,
    Billing,
    BeginPayment,
    EnsurePayment,
    Usage,
    /// Our own store, where contacts are read.
    Contacts,
    /// Our own store, where journeys are written.
    Journeys,
    /// Our own store, where proofs are kept.
    Keep,
}

pub(crate) struct State {
    pub(crate) now: Timestamp,
    pub(crate) contact: Option<Contact>,
    pub(crate) journey: Option<(Journey, u64)>,
    pub(crate) account: LightAccount,
    pub(crate) locations: Vec<ConfirmedLocation>,
    pub(crate) addresses: Vec<ServiceAddress>,
    pub(crate) plans: Vec<Plan>,
    pub(crate) usage: Vec<MonthlyUsage>,
    pub(crate) accepted: Vec<Acceptance>,
    pub(crate) billing: Vec<BillingAddress>,
    pub(crate) methods: Vec<String>,
    pub(crate) kept: Vec<AcceptanceRecord>,
    pub(crate) down: BTreeSet<Call>,
    /// Down for one call alone.
    pub(crate) down_once: BTreeSet<Call>,
    pub(crate) refused: BTreeMap<Call, Refusal>,
    pub(crate) unknown_account: bool,
    pub(crate) calls: Vec<Call>,
    pub(crate) counted: BTreeMap<&'static str, u64>,
}

pub(crate) struct World(Mutex<State>);

impl World {
    /// Somebody for whom an account was opened, and who has done nothing yet.
    pub(crate) fn new(locale: &str) -> Self {
        let contact = serde_json::from_value(serde_json::json!({
            "provider": "light",
            "reference": "00000000-0000-4000-8000-000000000001",
            "email": "ada@example.com",
            "locale": locale,
        }));
        let world = World(Mutex::new(State {
            now: "2026-07-01T16:00:00Z".parse().unwrap(),
            contact: Some(contact.unwrap()),
            journey: None,
            account: flags(),
            locations: Vec::new(),
            addresses: vec![home("Apt 1", ESI_ID), home("Apt 2", OTHER_ESI_ID)],
            plans: vec![plan("Example 12", "14.2"), plan("Example 24", "13.9")],
            usage: Vec::new(),
            accepted: Vec::new(),
            billing: Vec::new(),
            methods: Vec::new(),
            kept: Vec::new(),
            down: BTreeSet::new(),
            down_once: BTreeSet::new(),
            refused: BTreeMap::new(),
            unknown_account: false,
            calls: Vec::new(),
            counted: BTreeMap::new(),
        }));
        world.tell(Event::AccountOpened);
        world.state().calls.clear();
        world
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(crate) fn tell(&self, event: Event) {
        let begin = IfAbsent::Begin {
            provider: Provider::Light,
            purpose: Purpose::Enroll,
            flow: Flow::Unknown,
        };
        let campaign = Campaign::standard();
        let id = id();
        let event = event.into();
        let taken = take(self, &campaign, &id, begin, Person::default(), &event);
        poll_once(taken).unwrap();
    }

    pub(crate) fn journey(&self) -> Journey {
        self.state().journey.clone().unwrap().0
    }

    pub(crate) fn reached(&self, milestone: Milestone) -> bool {
        self.journey().milestones.contains(&milestone)
    }

    pub(crate) fn counted(&self, counter: &str) -> u64 {
        self.state().counted.get(counter).copied().unwrap_or_default()
    }

    pub(crate) fn later(&self, by: SignedDuration) {
        let mut state = self.state();
        state.now = state.now.checked_add(by).unwrap();
    }

    /// The provider makes the enrolment final.
    pub(crate) fn finalize(&self) {
        self.state().account.is_enrollment_finalized = Some(true);
    }

    pub(crate) fn called(&self, call: Call) -> Result<MutexGuard<'_, State>, EnrollError> {
        let mut state = self.state();
        state.calls.push(call);
        if state.down.contains(&call) {
            let retry_at = state.now.checked_add(SignedDuration::from_secs(90)).ok();
            return Err(EnrollError::Unavailable(ProviderError {
                why: Unavailable::Failing,
                retry_at,
            }));
        }
        if state.unknown_account {
            return Err(EnrollError::UnknownAccount);
        }
        if let Some(refusal) = state.refused.get(&call) {
            return Err(EnrollError::Refused(*refusal));
        }
        Ok(state)
    }

    pub(crate) fn stored(&self, call: Call) -> Result<MutexGuard<'_, State>, StoreError> {
        let mut state = self.state();
        if state.down_once.remove(&call) || state.down.contains(&call) {
            return Err(StoreError::Unavailable("an invented fault".into()));
        }
        Ok(state)
    }
}

/// An account that says of everything that it is not done.
fn flags() -> LightAccount {
    LightAccount {
        has_accepted_plan: Some(false),
        is_billing_address_confirmed: Some(false),
        has_payment_method: Some(false),
        is_identity_verified: Some(true),
        is_enrollment_finalized: Some(false),
        is_service_active: Some(false),
        ..LightAccount::default()
    }
}

pub(crate) fn home(unit: &str, esi_id: &str) -> ServiceAddress {
    ServiceAddress {
        address: PostalAddress {
            line_1: "123 Main St".to_owned(),
            line_2: Some(unit.to_owned()),
            city: "Dallas".to_owned(),
            state: "TX".to_owned(),
            postal_code: "75201".to_owned(),
        },
        esi_id: EsiId::parse(esi_id).unwrap(),
    }
}

pub(crate) fn plan(name: &str, rate: &str) -> Plan {
    Plan {
        // No UUID by its form, as in the guide's own sample.
        uuid: format!("123456-{}", name.replace(' ', "-")),
        name: Some(name.to_owned()),
        term_months: Some(12),
        energy_rate_cents: rate.to_owned(),
        charges: Vec::new(),
        earliest_start: first_day(),
        latest_start: last_day(),
        documents: PlanDocuments {
            efl: "https://example.com/efl.pd".to_owned(),
            tos: "https://example.com/tos.pdf".to_owned(),
            yrac: "https://example.com/yrac.pdf".to_owned(),
        },
    }
}

pub(crate) fn first_day() -> Date {
    date(2026, 7, 3)
}

pub(crate) fn last_day() -> Date {
    date(2026, 7, 31)
}

pub(crate) fn key() -> IdKey {
    IdKey::new(*b"an invented key of 32 bytes long").unwrap()
}

pub(crate) fn id() -> JourneyId {
    let reference = Reference::new("00000000-0000-4000-8000-000000000001").unwrap();
    JourneyId::new(&key(), Provider::Light, Purpose::Enroll, &reference)
}

pub(crate) fn site() -> Site {
    Site {
        links: LinkKey::new(key().derive("link")),
        seals: SealKey::new(key().derive("enrolment seal")),
        brand: Brand {
            name: "Example Energy".to_owned(),
            support_email: Some("help@example.com".to_owned()),
        },
        public_url: PUBLIC_URL.to_owned(),
        stripe: Stripe::default(),
        origins: vec!["https://app.example.com".to_owned()],
    }
}

/// A session's token, as `/r/{token}` makes it after the button.
pub(crate) fn token(world: &World) -> String {
    let expires = world.now().checked_add(LinkKind::Enroll.holds()).unwrap();
    site().links.sign(LinkKind::Enroll, &id(), expires)
}

/// Runs a use case over ports that answer at once.
pub(crate) fn poll_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("these ports answer at once"),
    }
}
