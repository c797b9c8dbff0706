//! Invented customers, whose journeys the rules themselves write.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests; a broken story should stop at once"
)]

use jiff::{SignedDuration, Timestamp};
use journey::contact::{Classification, Facts, Inbox, Locale, Permission};
use journey::status::Snapshot;
use journey::{
    Campaign, Customer, DataKind, Effect, Event, Flow, IdKey, Journey, JourneyId, LossReason, Newest, Provider,
    Purpose, Reference, SendOutcome, StatusAnswer, TimerWhy, UtilityCode, Velocity, decide,
};
use law::{Evidence, Law, State};

/// Nine in the morning in Los Angeles.
pub(crate) const MORNING: &str = "2026-07-01T16:00:00Z";

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn after(wait: &str) -> Timestamp {
    at(MORNING) + span(wait)
}

/// A span such as `45s` or `2d 3h`.
fn span(text: &str) -> SignedDuration {
    let span: jiff::Span = text.parse().unwrap();
    span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).unwrap()
}

pub(crate) fn code(text: &str) -> UtilityCode {
    UtilityCode::parse(text).unwrap()
}

/// One journey, told from the morning on.
pub(crate) struct Story {
    pub(crate) journey: Journey,
    campaign: Campaign,
    now: Timestamp,
    effects: Vec<Effect>,
}

impl Story {
    pub(crate) fn new(provider: Provider, purpose: Purpose) -> Self {
        let mut campaign = Campaign::standard();
        campaign.experiment.arms.clear();
        campaign.experiment.holdout_per_10000 = 0;
        let key = IdKey::new(*b"an invented key of 32 bytes long").unwrap();
        let id = JourneyId::new(&key, provider, purpose, &Reference::new("site-1").unwrap());
        let now = at(MORNING);
        Story {
            journey: Journey::begin(id, provider, purpose, Flow::Unknown, now, &campaign),
            campaign,
            now,
            effects: Vec::new(),
        }
    }

    /// A customer of Bayou's on the way to a first connection.
    pub(crate) fn enrolment() -> Self {
        Story::new(Provider::Bayou, Purpose::Enroll)
    }

    /// One whose connection is watched.
    pub(crate) fn reconnection() -> Self {
        Story::new(Provider::Bayou, Purpose::Reconnect)
    }

    /// Goes on so long after the morning.
    pub(crate) fn at(mut self, wait: &str) -> Self {
        let then = after(wait);
        assert!(then >= self.now, "a story goes forward");
        self.now = then;
        self
    }

    pub(crate) fn event(mut self, event: Event) -> Self {
        let decision = decide(&self.journey, &event.into(), self.now, &self.campaign);
        self.journey = decision.next;
        self.effects = decision.effects;
        self
    }

    pub(crate) fn invited(self) -> Self {
        self.event(Event::Invited)
    }

    pub(crate) fn follows_the_link(self) -> Self {
        self.event(Event::LinkFollowed)
    }

    /// A webhook tells of the login, which is now.
    pub(crate) fn connects(self, utility: &str, velocity: &str) -> Self {
        let event = Event::Connected {
            at: Some(self.now),
            velocity: Some(Velocity::parse(velocity)),
            utility: Some(code(utility)),
        };
        self.event(event)
    }

    pub(crate) fn hears_of(self, kind: DataKind) -> Self {
        self.event(Event::DataAnnounced { kind })
    }

    pub(crate) fn loses(self, why: LossReason) -> Self {
        self.event(Event::ReauthorizationNeeded {
            why,
            was_connected: true,
        })
    }

    /// What is due is looked at: now, or when it is due.
    pub(crate) fn look(self, customer: &Customer) -> Self {
        self.look_at(customer, None)
    }

    /// The same, and the newest data are asked for.
    pub(crate) fn look_at(mut self, customer: &Customer, newest: Option<Newest>) -> Self {
        let timer = self.journey.timer.clone().expect("something that is due");
        let generation = timer.generation;
        self.now = self.now.max(timer.due);
        match timer.why {
            TimerWhy::Meter | TimerWhy::Poll => self.event(Event::CustomerSeen {
                generation,
                customer: Some(customer.clone()),
                newest,
            }),
            TimerWhy::Touch | TimerWhy::ClaimExpired | TimerWhy::Confirm | TimerWhy::HandBack => {
                let asked = self.event(Event::TimerFired { generation });
                let recheck = |effect: &Effect| matches!(effect, Effect::Recheck { .. });
                assert!(asked.effects.iter().any(recheck), "the provider was not asked");
                asked.event(Event::Rechecked {
                    generation,
                    status: StatusAnswer::Seen(Snapshot::Bayou(Some(customer.clone()))),
                    meters: None,
                    facts: facts(),
                })
            }
        }
    }

    /// The touch that is due is ordered.
    pub(crate) fn orders(mut self, customer: &Customer) -> Self {
        for _ in 0..10 {
            self = self.look(customer);
            if self.effects.iter().any(|effect| matches!(effect, Effect::Send(_))) {
                return self;
            }
        }
        panic!("no message: {:?}", self.journey.history);
    }

    /// The touch that is due goes out.
    pub(crate) fn reminded(self, customer: &Customer) -> Self {
        let ordered = self.orders(customer);
        let key = ordered.key();
        ordered.accepted(key)
    }

    /// The key of the message that was ordered last.
    pub(crate) fn key(&self) -> journey::SendKey {
        let key = self.effects.iter().find_map(|effect| match effect {
            Effect::Send(order) => Some(order.key.clone()),
            Effect::ArmTimer(_) | Effect::Recheck { .. } | Effect::LookUpSend(_) => None,
        });
        key.unwrap()
    }

    pub(crate) fn accepted(self, key: journey::SendKey) -> Self {
        self.event(Event::SendResolved {
            key,
            outcome: SendOutcome::Accepted {
                message_id: "0100019abc-0001".to_owned(),
            },
        })
    }
}

/// What Bayou says of a customer who is connected.
pub(crate) fn connected(bills: bool, intervals: bool) -> Customer {
    Customer {
        has_filled_credentials: true,
        is_currently_authenticated: true,
        bills_are_ready: bills,
        intervals_are_ready: intervals,
        ..Customer::default()
    }
}

/// What Bayou says of a customer whose connection was lost.
pub(crate) fn broken() -> Customer {
    Customer {
        is_currently_authenticated: false,
        ..connected(true, true)
    }
}

/// A household in San Diego that may be written to.
fn facts() -> Facts {
    Facts {
        known: true,
        locale: Locale::En,
        zones: vec![jiff::tz::TimeZone::get("America/Los_Angeles").unwrap()],
        places: Law::current().places(&Evidence {
            area_code: None,
            states: vec![State::parse("CA").unwrap()],
            zones: Vec::new(),
        }),
        flow: Flow::Connect,
        region: None,
        classification: Classification::Residential,
        utility: None,
        email: Permission::Allowed,
        sms: Permission::NoSender,
        push: Permission::NoSender,
        event: Permission::NoSender,
        sharing_ends_at: None,
        visits: journey::Visits::default(),
        asks_for_a_code: false,
        journeys: Vec::new(),
        inbox: Inbox::default(),
    }
}
