//! What the functions find: secrets, a schedule group, a bus, a campaign, and customers to work on.

use std::path::Path;

use anyhow::{Context, ensure};
use aws::{Clients, SystemClock};
use aws_sdk_ssm::types::ParameterType;
use jiff::{SignedDuration, Timestamp};
use journey::contact::{Classification, Contact, Locale, OptOut};
use journey::link::LinkKind;
use journey::port::{Clock, LoadJourney, Precondition};
use journey::{Arm, Flow, JourneyId, Provider, Purpose, Reference, TouchRecord, UtilityCode};
use serde_json::{Value, json};

use super::functions::{self, STACK};
use super::process::Process;
use super::provider::Provider as LeapStandIn;
use crate::deployed::{self, Deployed, PUBLIC_URL};
use crate::ledger::Ledger;
use crate::load::SECRET;
use crate::local::{self, Emulator, project};
use crate::world::{Surroundings, after, lock};

/// The first reminder's delay: every customer has the same.
const FIRST_AFTER: SignedDuration = SignedDuration::from_mins(30);

/// Customers that one page of changes shows, and that one meter check is due for.
const A_FEW: u32 = 10;

/// Customers that webhooks are about, in turn.
const IN_TURN: u32 = 40;

/// The customer of the events in `events/`.
const EVERYBODY_KNOWS: &str = "site-ca-0001";

/// Emulators, a stand-in of Leap, and customers.
pub(crate) struct Stage {
    pub(crate) clients: Clients,
    pub(crate) environment: Vec<(String, String)>,
    ministack: Emulator,
    _dynamodb: Emulator,
    leap: LeapStandIn,
    deployed: Deployed,
    surroundings: Surroundings,
    /// Whose reminder was due last.
    reminded: Option<JourneyId>,
    /// Rises with each customer, event and request: nothing is ever the same.
    number: u32,
}

impl Stage {
    pub(crate) async fn set_up(built: &Path) -> anyhow::Result<Self> {
        let dynamodb = Emulator::dynamodb().await?;
        let ministack = Emulator::ministack().await?;
        let leap = LeapStandIn::start().await?;
        let clients = Clients::from_env(&local::environment(&dynamodb.url, &ministack.url))?;
        local::create_table(&clients.dynamodb(), STACK).await?;
        prepare(&clients).await?;
        let mut campaign = deployed::example()?;
        campaign.rules.experiment.holdout_per_10000 = 0;
        campaign.rules.experiment.arms = vec![Arm {
            name: "30min".to_owned(),
            first_after: FIRST_AFTER,
            weight: 1,
        }];
        let deployed = Deployed::new(campaign.package())?;
        let surroundings = Surroundings::new(&clients.dynamodb(), STACK, &deployed.id_key, &Ledger::default());
        let mut stage = Stage {
            environment: functions::environment(&dynamodb.url, &ministack.url, &leap.url),
            clients,
            ministack,
            _dynamodb: dynamodb,
            leap,
            deployed,
            surroundings,
            reminded: None,
            number: 0,
        };
        let now = SystemClock.now();
        let known = Reference::new(EVERYBODY_KNOWS)?;
        stage.begin(&known, now).await?;
        for _ in 0..A_FEW {
            let reference = stage.somebody(now).await?;
            lock(&stage.leap.changed).push(reference.expose().to_owned());
        }
        for place in 0..IN_TURN {
            stage.begin(&in_turn(place)?, now).await?;
        }
        // The campaign comes as it does in a deployment: by the function.
        stage.push(built, &campaign.package().to_json()?).await?;
        Ok(stage)
    }

    async fn push(&self, built: &Path, package: &str) -> anyhow::Result<()> {
        let program = built.join("contacts/bootstrap");
        let mut contacts = Process::start(&program, &self.environment, self.folder(), "push").await?;
        let mut event = event("contacts", "put")?;
        set(&mut event, "/rawPath", json!("/campaign"))?;
        set(&mut event, "/body", json!(package))?;
        set(&mut event, "/requestContext/http/path", json!("/campaign"))?;
        let (_, answer) = contacts.invoke(&event).await?;
        ensure!(answer.get("statusCode") == Some(&json!(200)), "PUT /campaign: {answer}");
        contacts.end().await
    }

    /// Where the functions' logs are.
    pub(crate) fn folder(&self) -> &Path {
        self.ministack.folder()
    }

    pub(crate) fn id_key(&self) -> journey::IdKey {
        self.deployed.id_key.clone()
    }

    /// A customer of those that webhooks are about.
    pub(crate) fn one_of_many(&self) -> anyhow::Result<JourneyId> {
        Ok(self.journey(&in_turn(0)?))
    }

    /// The next event of a function; what it needs has been written before.
    pub(crate) async fn next_event(&mut self, function: &str) -> anyhow::Result<Value> {
        self.number += 1;
        let number = self.number;
        match function {
            "webhook" => {
                let mut event = event("webhook", "good")?;
                let body = webhook(&in_turn(number % IN_TURN)?, "UPDATED", number);
                set(&mut event, "/body", json!(body))?;
                Ok(event)
            }
            "touchpoint" => self.due_reminder().await,
            "meter-check" => {
                for _ in 0..A_FEW {
                    self.completed_a_day_ago().await?;
                }
                event("meter-check", "good")
            }
            "reconcile" => event("reconcile", "good"),
            "feedback" => event("feedback", "delivery"),
            "contacts" => {
                let mut event = event("contacts", "put")?;
                let path = format!("/contacts/leap/bench-{number:06}");
                set(&mut event, "/requestContext/http/path", json!(path))?;
                set(&mut event, "/rawPath", json!(path))?;
                Ok(event)
            }
            "pages" => {
                let journey = self.journey(&Reference::new(EVERYBODY_KNOWS)?);
                let now = SystemClock.now();
                let link = self.deployed.links.mint(PUBLIC_URL, LinkKind::Resume, &journey, now);
                let path = link.url.strip_prefix(PUBLIC_URL).context("a link of ours")?;
                let mut event = event("pages", "resume")?;
                set(&mut event, "/requestContext/http/path", json!(path))?;
                set(&mut event, "/rawPath", json!(path))?;
                Ok(event)
            }
            "announce" => {
                let mut event = event("announce", "started")?;
                // A record that was counted before would not be counted again.
                set(&mut event, "/Records/0/eventID", json!(format!("{number:032x}")))?;
                Ok(event)
            }
            _ => Ok(json!({})),
        }
    }

    /// Somebody whose first reminder has been due for a minute.
    async fn due_reminder(&mut self) -> anyhow::Result<Value> {
        let ago = FIRST_AFTER + SignedDuration::from_mins(1);
        let reference = self.somebody(after(SystemClock.now(), -ago)).await?;
        let journey = self.journey(&reference);
        let loaded = self.surroundings.world().load_journey(&journey).await?;
        let timer = loaded.and_then(|loaded| loaded.journey.timer).context("no timer")?;
        let event = json!({ "journey": journey.as_str(), "generation": timer.generation });
        self.reminded = Some(journey);
        Ok(event)
    }

    /// Has the last reminder that was due gone out? Its function answers nothing, whatever it did.
    pub(crate) async fn is_reminded(&self) -> anyhow::Result<bool> {
        let journey = self.reminded.as_ref().context("no reminder was due")?;
        let loaded = self.surroundings.world().load_journey(journey).await?;
        let first = loaded.and_then(|loaded| loaded.journey.touches.into_iter().next());
        Ok(matches!(first, Some(TouchRecord::Sent { .. })))
    }

    /// Somebody whose meter is to be looked for.
    async fn completed_a_day_ago(&mut self) -> anyhow::Result<()> {
        let then = after(SystemClock.now(), -SignedDuration::from_hours(25));
        let reference = self.somebody(then).await?;
        self.number += 1;
        self.tell(&webhook(&reference, "COMPLETED", self.number)).await
    }

    /// A new customer, who began at that time.
    async fn somebody(&mut self, at: Timestamp) -> anyhow::Result<Reference> {
        self.number += 1;
        let reference = Reference::new(format!("site-ca-bench-{:06}", self.number))?;
        self.begin(&reference, at).await?;
        Ok(reference)
    }

    async fn begin(&mut self, reference: &Reference, at: Timestamp) -> anyhow::Result<()> {
        self.surroundings.clock.set(at);
        let rules = &self.deployed.running.head.rules;
        let contact = contact(reference);
        let world = self.surroundings.world();
        contacts::put(&world, &self.deployed.id_key, rules, &contact, &Precondition::None).await?;
        self.number += 1;
        self.tell(&webhook(reference, "CREATED", self.number)).await
    }

    async fn tell(&self, body: &str) -> anyhow::Result<()> {
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

    fn journey(&self, reference: &Reference) -> JourneyId {
        JourneyId::new(&self.deployed.id_key, Provider::Leap, Purpose::Enroll, reference)
    }
}

/// What a deployment makes, as far as the functions need it.
async fn prepare(clients: &Clients) -> anyhow::Result<()> {
    for (name, value) in functions::parameters() {
        let put = clients.ssm().put_parameter().name(name).value(value);
        put.r#type(ParameterType::SecureString).send().await?;
    }
    clients.scheduler().create_schedule_group().name(STACK).send().await?;
    clients.eventbridge().create_event_bus().name(STACK).send().await?;
    let set = clients.ses().create_configuration_set();
    set.configuration_set_name(STACK).send().await?;
    clients
        .ses()
        .create_email_identity()
        .email_identity("example.com")
        .send()
        .await?;
    Ok(())
}

fn in_turn(place: u32) -> anyhow::Result<Reference> {
    Ok(Reference::new(format!("site-ca-turn-{place:03}"))?)
}

fn webhook(reference: &Reference, status: &str, number: u32) -> String {
    json!({
        "webhook_event_id": format!("5c2f1f0e-0d4b-4a7e-9d43-{number:012x}"),
        "payload": {
            "webhook_event_type": "connect_session.updated",
            "partner_reference": reference.expose(),
            "status": status,
        },
    })
    .to_string()
}

/// A payload of `events/`.
fn event(function: &str, name: &str) -> anyhow::Result<Value> {
    let path = project("events").join(function).join(format!("{name}.json"));
    let text = std::fs::read(&path).with_context(|| path.display().to_string())?;
    Ok(serde_json::from_slice(&text)?)
}

fn set(event: &mut Value, place: &str, value: Value) -> anyhow::Result<()> {
    let there = event
        .pointer_mut(place)
        .with_context(|| format!("the event has no {place}"))?;
    *there = value;
    Ok(())
}

fn contact(reference: &Reference) -> Contact {
    Contact {
        provider: Provider::Leap,
        reference: reference.clone(),
        email: Some(format!("{}@example.com", reference.expose())),
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
