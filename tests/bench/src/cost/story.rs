//! Customers of one kind, from the import of their contact to the end of their journey.

use std::collections::{BTreeMap, VecDeque};

use anyhow::{Context, ensure};
use jiff::{SignedDuration, Timestamp};
use journey::contact::{Classification, Contact, Locale, OptOut};
use journey::link::LinkKind;
use journey::port::{LoadJourney, Precondition};
use journey::{
    Flow, Journey, JourneyId, MeterFollowUp, Phase, Provider, Purpose, Reference, SendKey, SendTags, TouchRecord,
    UtilityCode,
};
use serde_json::{Value, json};

use crate::deployed::{Deployed, PUBLIC_URL};
use crate::ledger::Door;
use crate::load::SECRET;
use crate::world::{Surroundings, World, after, lock};

/// Records of the stream in one call of `announce`. template.yaml takes up to 100, or what comes within 5 s:
/// with a million customers a month that is some 20. Assumed.
pub(crate) const ANNOUNCED_AT_ONCE: usize = 20;

/// Between the beginnings of two customers, so that a batch has all kinds of events, as it would.
const APART: SignedDuration = SignedDuration::from_mins(53);

/// What a customer does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Six webhooks within ten minutes, before any reminder.
    Alone,
    /// Comes back after the third reminder, by its link.
    Reminded,
    /// Three reminders, then handed back.
    HandedBack,
}

#[derive(Clone, Copy)]
enum Act {
    /// The partner imports the contact.
    Contact,
    /// A connect session's webhook.
    Session(&'static str),
    /// A utility login's webhook.
    Login(&'static str),
    /// The customer opens our page and goes on to the provider.
    Page,
    /// The reconciliation sees the customer for the first time, and once more.
    Reconciled,
}

impl Kind {
    pub(crate) const ALL: [Kind; 3] = [Kind::Alone, Kind::Reminded, Kind::HandedBack];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Kind::Alone => "finishes alone",
            Kind::Reminded => "needs all three",
            Kind::HandedBack => "handed back",
        }
    }

    /// The stretches of an hour in which a change filter shows the customer: one after the start, one
    /// after each visit that reached a utility.
    pub(crate) const fn stretches(self) -> u32 {
        match self {
            Kind::Alone | Kind::HandedBack => 2,
            Kind::Reminded => 3,
        }
    }

    /// What happens, in minutes from the first webhook.
    fn acts(self) -> &'static [(i64, Act)] {
        const IMPORT: (i64, Act) = (-24 * 60, Act::Contact);
        match self {
            Kind::Alone => &[
                IMPORT,
                (0, Act::Session("CREATED")),
                (2, Act::Session("UPDATED")),
                (4, Act::Session("UPDATED")),
                (5, Act::Login("INITIATED")),
                (8, Act::Login("COMPLETED")),
                (9, Act::Session("COMPLETED")),
                (10, Act::Reconciled),
            ],
            Kind::Reminded => &[
                IMPORT,
                (0, Act::Session("CREATED")),
                (2, Act::Session("UPDATED")),
                (3, Act::Login("INITIATED")),
                (4, Act::Reconciled),
                (69 * 60, Act::Page),
                (69 * 60 + 1, Act::Session("CREATED")),
                (69 * 60 + 3, Act::Login("INITIATED")),
                (69 * 60 + 5, Act::Login("COMPLETED")),
                (69 * 60 + 6, Act::Session("COMPLETED")),
            ],
            Kind::HandedBack => &[
                IMPORT,
                (0, Act::Session("CREATED")),
                (2, Act::Session("UPDATED")),
                (3, Act::Login("INITIATED")),
                (4, Act::Reconciled),
            ],
        }
    }

    /// Has it come as it is told?
    fn is_told(self, journey: &Journey) -> bool {
        let sent = |touch: &TouchRecord| matches!(touch, TouchRecord::Sent { .. });
        let reminders = journey.touches.iter().filter(|touch| sent(touch)).count();
        let arrived = matches!(
            &journey.phase,
            Phase::Completed {
                meter: MeterFollowUp::Arrived { .. },
                ..
            }
        );
        match self {
            Kind::Alone => arrived && reminders == 0,
            Kind::Reminded => arrived && reminders == 3,
            Kind::HandedBack => matches!(journey.phase, Phase::HandedBack { .. }) && reminders == 3,
        }
    }
}

struct Customer {
    contact: Contact,
    journey: JourneyId,
}

/// One run of a story.
pub(crate) struct Story<'a> {
    surroundings: &'a Surroundings,
    deployed: &'a Deployed,
    kind: Kind,
    customers: Vec<Customer>,
    /// The reconciliation comes each minute, to the same instance.
    reconciling: World,
    deliveries: u64,
}

impl<'a> Story<'a> {
    /// So many customers, as many in each arm of the experiment, none of them held out.
    pub(crate) fn new(
        surroundings: &'a Surroundings,
        deployed: &'a Deployed,
        kind: Kind,
        customers: usize,
    ) -> anyhow::Result<Self> {
        let experiment = &deployed.running.head.rules.experiment;
        let each = customers.div_ceil(experiment.arms.len().max(1));
        let mut drawn: BTreeMap<String, usize> = BTreeMap::new();
        let mut chosen = Vec::new();
        let mut number = 0;
        while chosen.len() < customers {
            number += 1;
            let reference = Reference::new(format!("site-ca-{}-{number:05}", kind.name().replace(' ', "-")))?;
            let journey = JourneyId::new(&deployed.id_key, Provider::Leap, Purpose::Enroll, &reference);
            let assigned = experiment.assign(&journey);
            let of_arm = drawn.entry(assigned.arm.clone()).or_default();
            if !assigned.is_holdout() && *of_arm < each {
                *of_arm += 1;
                let contact = contact(&reference, number);
                chosen.push(Customer { contact, journey });
            }
        }
        Ok(Story {
            reconciling: surroundings.world(),
            surroundings,
            deployed,
            kind,
            customers: chosen,
            deliveries: 0,
        })
    }

    /// Tells it, from a moment on.
    pub(crate) async fn tell(mut self, begin: Timestamp) -> anyhow::Result<()> {
        let mut acts = Vec::new();
        let mut starts = begin;
        for place in 0..self.customers.len() {
            for (minutes, act) in self.kind.acts() {
                let at = after(starts, SignedDuration::from_mins(*minutes));
                acts.push((at, place, *act));
            }
            starts = after(starts, APART);
        }
        acts.sort_by_key(|(at, place, _)| (*at, *place));
        let mut acts = VecDeque::from(acts);
        while let Some((at, place, act)) = acts.pop_front() {
            self.fire_until(at).await?;
            self.surroundings.clock.set(at);
            let customer = self.customers.get(place).context("a customer of the story")?;
            let (reference, journey) = (customer.contact.reference.clone(), customer.journey.clone());
            match act {
                Act::Contact => self.import(place).await?,
                Act::Session(status) => {
                    let payload = json!({
                        "webhook_event_type": "connect_session.updated",
                        "partner_reference": reference.expose(),
                        "status": status,
                    });
                    let done = status == "COMPLETED";
                    self.surroundings.leap.visited(&reference, at, done);
                    self.deliver(payload).await?;
                }
                Act::Login(status) => {
                    let payload = json!({
                        "webhook_event_type": "connect_session.authorization_updated",
                        "partner_reference": reference.expose(),
                        "utility_name": "PGE",
                        "status": status,
                    });
                    self.surroundings.leap.visited(&reference, at, false);
                    self.deliver(payload).await?;
                }
                Act::Page => self.visit(&journey, at).await?,
                Act::Reconciled => self.reconcile(&reference).await?,
            }
            self.announce(false).await?;
        }
        // Everybody has had the last reminder, or was done long ago.
        let end = after(starts, SignedDuration::from_hours(10 * 24));
        self.fire_until(end).await?;
        self.surroundings.clock.set(end);
        self.look_for_meters().await?;
        self.announce(true).await?;
        self.check().await
    }

    /// Fires every schedule up to a moment, also those that nobody needs any more.
    async fn fire_until(&self, until: Timestamp) -> anyhow::Result<()> {
        while let Some((due, journey, generation)) = self.surroundings.schedules.fires(until) {
            self.surroundings.clock.set(due);
            self.surroundings.ledger.invoked("touchpoint", Door::Inside);
            let world = self.surroundings.world();
            let rules = &self.deployed.running.head.rules;
            touchpoint::fire(&world, &self.deployed.composer, rules, &journey, generation).await?;
            for key in self.surroundings.mail.take() {
                self.feed_back(&key, due).await?;
            }
            self.announce(false).await?;
        }
        Ok(())
    }

    async fn import(&self, place: usize) -> anyhow::Result<()> {
        let customer = self.customers.get(place).context("a customer of the story")?;
        self.surroundings.ledger.invoked("contacts", Door::Api);
        let stored = contacts::put(
            &self.surroundings.world(),
            &self.deployed.id_key,
            &self.deployed.running.head.rules,
            &customer.contact,
            &Precondition::None,
        )
        .await?;
        ensure!(stored.is_some(), "the contact is gone");
        Ok(())
    }

    async fn deliver(&mut self, payload: Value) -> anyhow::Result<()> {
        self.deliveries += 1;
        let id = format!("5c2f1f0e-0d4b-4a7e-9d43-{:012x}", self.deliveries);
        let body = json!({ "webhook_event_id": id, "payload": payload }).to_string();
        self.surroundings.ledger.invoked("webhook", Door::Api);
        let answer = webhook::handle(
            &self.surroundings.world(),
            &self.deployed.webhook,
            &self.deployed.running.head.rules,
            webhook::Request {
                secret_values: &[SECRET.as_bytes()],
                content_type: Some("application/json"),
                body: body.as_bytes(),
            },
        )
        .await;
        ensure!(answer == webhook::Answer::Accepted, "a webhook was answered {answer:?}");
        Ok(())
    }

    /// By the link in a message: the page, and the button on it.
    async fn visit(&self, journey: &JourneyId, at: Timestamp) -> anyhow::Result<()> {
        let link = self.deployed.links.mint(PUBLIC_URL, LinkKind::Resume, journey, at);
        let path = link.url.strip_prefix(PUBLIC_URL).context("a link of ours")?;
        for method in [http::Method::GET, http::Method::POST] {
            self.surroundings.ledger.invoked("pages", Door::Api);
            let request = http::Request::builder().method(method).uri(path).body(Vec::new())?;
            let rules = &self.deployed.running.head.rules;
            let answer = pages::http::handle(&self.deployed.pages, &self.surroundings.world(), rules, request).await;
            let status = answer.status();
            ensure!(
                status.is_success() || status.is_redirection(),
                "the page was answered {status}"
            );
        }
        Ok(())
    }

    /// What SES tells of every message that arrives: sent, delivered.
    async fn feed_back(&self, key: &SendKey, at: Timestamp) -> anyhow::Result<()> {
        let mut tags = json!({ "ses:configuration-set": ["rekindle"] });
        if let Some(tags) = tags.as_object_mut() {
            let of_ours = SendTags::of(&self.deployed.id_key, key).into_iter();
            tags.extend(of_ours.map(|(name, value)| (name.to_owned(), json!([value]))));
        }
        let config = feedback::Config {
            id_key: self.deployed.id_key.clone(),
            account: "123456789012".to_owned(),
            configuration_set: "rekindle".to_owned(),
            topic_arn: None,
            replies_topic_arn: None,
        };
        for kind in ["Send", "Delivery"] {
            let event = json!({
                "source": "aws.ses",
                "account": "123456789012",
                "detail": {
                    "eventType": kind,
                    "mail": { "timestamp": at, "messageId": "invented", "tags": tags },
                },
            });
            self.surroundings.ledger.invoked("feedback", Door::Inside);
            let rules = &self.deployed.running.head.rules;
            feedback::handle(&self.surroundings.world(), &config, rules, None, &event).await?;
        }
        Ok(())
    }

    async fn reconcile(&self, reference: &Reference) -> anyhow::Result<()> {
        *lock(&self.surroundings.leap.changed) = vec![reference.clone()];
        for name in [super::FIRST_SEEN, super::SEEN_AGAIN] {
            // What it remembers of the look before is half an hour old.
            let config = reconcile::Config::new(self.deployed.id_key.clone());
            self.surroundings.ledger.invoked(name, Door::Inside);
            let passed = reconcile::pass(&self.reconciling, &config, &self.deployed.running.head.rules).await?;
            ensure!(passed.seen == 1 && passed.failed == 0, "a pass went wrong: {passed:?}");
        }
        Ok(())
    }

    /// One call for all, as it is for a hundred.
    async fn look_for_meters(&self) -> anyhow::Result<()> {
        self.surroundings.ledger.invoked("meter-check", Door::Inside);
        let rules = &self.deployed.running.head.rules;
        let config = self.deployed.meter_check();
        let checked = meter_check::check(&self.surroundings.world(), &config, rules).await?;
        ensure!(checked.failed == 0, "a meter check went wrong: {checked:?}");
        Ok(())
    }

    async fn announce(&self, at_the_end: bool) -> anyhow::Result<()> {
        let links = announce::Links {
            key: self.deployed.links.clone(),
            public_url: crate::deployed::PUBLIC_URL.to_owned(),
        };
        while let Some(batch) = self.surroundings.stream.batch(ANNOUNCED_AT_ONCE, at_the_end) {
            self.surroundings.ledger.invoked("announce", Door::Inside);
            let failed = announce::handle(&self.surroundings.world(), &links, &batch).await;
            ensure!(failed.is_empty(), "events were not announced");
        }
        Ok(())
    }

    async fn check(&self) -> anyhow::Result<()> {
        let world = self.surroundings.world();
        // Looking is not part of the story.
        self.surroundings.ledger.invoked(super::ASIDE, Door::Inside);
        for customer in &self.customers {
            let loaded = world
                .load_journey(&customer.journey)
                .await?
                .context("a journey is gone")?;
            ensure!(
                self.kind.is_told(&loaded.journey),
                "the story \"{}\" has another end: {:?} {:?}",
                self.kind.name(),
                loaded.journey.phase,
                loaded.journey.touches
            );
        }
        Ok(())
    }
}

fn contact(reference: &Reference, number: u32) -> Contact {
    Contact {
        provider: Provider::Leap,
        reference: reference.clone(),
        email: Some(format!("customer-{number}-{}@example.com", reference.expose())),
        phone: None,
        push: None,
        consent: std::collections::BTreeMap::new(),
        first_name: Some("Ana".to_owned()),
        locale: Locale::En,
        zone: Some("America/Los_Angeles".to_owned()),
        state: None,
        flow: Flow::Connect,
        region: Some("CAISO".to_owned()),
        classification: Classification::Residential,
        utility: UtilityCode::parse("PGE"),
        sharing_ends_at: None,
        link: Some("https://connect.leap.energy/?transmissionRegion=CAISO".to_owned()),
        opted_out: OptOut::NOTHING,
    }
}
