//! Who plays in the demo: for each provider a stand-in, and its customers.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::Arc;

use anyhow::Context;
use axum::http::HeaderName;
use clap::ValueEnum;
use embedded::ProgramClock;
use jiff::{SignedDuration, Timestamp};
use journey::contact::Contact;
use journey::enrollment::SupportMatter;
use journey::port::{Clock, Precondition};
use journey::{Provider, Reference, References};
use providers::leap::webhooks::{self, Header, Wanted};
use providers::light::{Environment, LightNames, Refusals};
use sandbox::bayou::{self, BayouConfig, BayouSandbox};
use sandbox::light::{self, LightConfig, LightSandbox, TurnedAway};
use sandbox::{Population, Sandbox, SandboxConfig, Trouble};
use url::Url;
use webhook::{Envelope, LightHook, Secret, Secrets, SignatureEncoding, SignatureForm, SignatureHash, SigningKey};

use crate::config::{Bayou, Flow, Leap, Light};
use crate::world::World;

/// Which providers the demo plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Choice {
    /// Leap: connecting a utility account.
    Leap,
    /// Bayou: sharing utility data, and staying connected.
    Bayou,
    /// Light: enrolling in an electricity plan in Texas.
    Light,
    /// All three, side by side.
    All,
}

impl Choice {
    const fn has(self, provider: Provider) -> bool {
        match (self, provider) {
            (Choice::All, _)
            | (Choice::Leap, Provider::Leap)
            | (Choice::Bayou, Provider::Bayou)
            | (Choice::Light, Provider::Light) => true,
            (Choice::Leap | Choice::Bayou | Choice::Light, _) => false,
        }
    }
}

/// The stand-ins that play.
pub(super) struct Cast {
    pub(super) leap: Option<(Sandbox, Population)>,
    pub(super) bayou: Option<(BayouSandbox, bayou::Population)>,
    pub(super) light: Option<(LightSandbox, light::Population)>,
}

/// The stand-ins' keys and secrets protect nothing: both sides of the demo are in this process.
const API_KEY: &str = "sandbox:an-invented-key";
/// A user name of HTTP Basic, which has no colon.
const BAYOU_KEY: &str = "an-invented-key";
const WEBHOOK_SECRET: &str = "an-invented-webhook-secret";

/// Customers arrive over this time.
const ARRIVALS: SignedDuration = SignedDuration::from_hours(4);

/// A partner opens an account at Light, and tells us, a little before the customer sees the first page.
const TOLD_BEFORE: SignedDuration = SignedDuration::from_mins(3);

pub(super) struct SandboxClock(pub(super) ProgramClock);

impl sandbox::Clock for SandboxClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

impl Cast {
    /// Starts the stand-ins, with so many customers each, whom nobody knows yet.
    pub(super) async fn start(choice: Choice, seed: u64, size: usize, clock: &ProgramClock) -> anyhow::Result<Self> {
        let began = clock.now();
        let time = || Arc::new(SandboxClock(clock.clone()));
        let leap = if choice.has(Provider::Leap) {
            let mut config = SandboxConfig::new(seed, API_KEY);
            config.page_size_max = 100;
            let sandbox = Sandbox::start(config, time()).await?;
            sandbox.set_trouble(normal_day());
            let population = Population::generate(seed, size, began, ARRIVALS, sandbox.base_url());
            Some((sandbox, population))
        } else {
            None
        };
        let bayou = if choice.has(Provider::Bayou) {
            let sandbox = BayouSandbox::start(BayouConfig::new(seed, BAYOU_KEY), time()).await?;
            sandbox.set_trouble(normal_day());
            Some((sandbox, bayou::Population::generate(seed, size, began, ARRIVALS)))
        } else {
            None
        };
        let light = if choice.has(Provider::Light) {
            let sandbox = LightSandbox::start(light_config(seed), time()).await?;
            sandbox.set_trouble(normal_day());
            Some((sandbox, light::Population::generate(seed, size, began, ARRIVALS)))
        } else {
            None
        };
        Ok(Cast { leap, bayou, light })
    }

    /// The providers that play.
    pub(super) fn providers(&self) -> Vec<Provider> {
        let playing = [
            self.leap.is_some().then_some(Provider::Leap),
            self.bayou.is_some().then_some(Provider::Bayou),
            self.light.is_some().then_some(Provider::Light),
        ];
        playing.into_iter().flatten().collect()
    }

    /// Sends the events to us, and lets everybody live.
    pub(super) async fn begin(&self, world: &World, public_url: &str) -> anyhow::Result<()> {
        if let Some((sandbox, population)) = &self.leap {
            subscribe(world, public_url).await?;
            sandbox.add_population(population.clone());
        }
        if let Some((sandbox, population)) = &self.bayou {
            sandbox.set_webhook(Some(format!("{public_url}/webhooks/bayou/{WEBHOOK_SECRET}").parse()?));
            sandbox.add_population(population.clone());
        }
        if let Some((sandbox, population)) = &self.light {
            sandbox.set_webhook(Some(format!("{public_url}/webhooks/light").parse()?));
            sandbox.add_population(population.clone());
        }
        Ok(())
    }

    /// Lets a customer read a message now.
    pub(super) fn read_mail(&self, provider: Provider, reference: &str, touch: u32, resume_url: Option<Url>) {
        match provider {
            Provider::Leap => self.leap.iter().for_each(|(sandbox, _)| {
                sandbox.read_mail(reference, touch, resume_url.clone());
            }),
            Provider::Bayou => self.bayou.iter().for_each(|(sandbox, _)| {
                sandbox.read_mail(reference, touch, resume_url.clone());
            }),
            Provider::Light => self.light.iter().for_each(|(sandbox, _)| {
                sandbox.read_mail(reference, touch, resume_url.clone());
            }),
        }
    }

    /// Tells of enrolments that Light has turned away, as a partner does whose front end has read it.
    pub(super) async fn tell_of_turned_away(&self, world: &World) -> anyhow::Result<()> {
        let Some((sandbox, _)) = &self.light else {
            return Ok(());
        };
        for (account, why) in sandbox.take_turned_away() {
            let matter = match why {
                TurnedAway::SwitchHold => SupportMatter::SwitchHold,
                TurnedAway::IneligibleAddress => SupportMatter::IneligibleAddress,
            };
            let reference = Reference::new(account)?;
            contacts::support_needed(world, &world.id_key, &world.rules, &reference, matter).await?;
        }
        Ok(())
    }

    /// When the next thing happens at a provider.
    pub(super) fn next_action_at(&self) -> Option<Timestamp> {
        let bayou = self.bayou.as_ref().and_then(|(sandbox, _)| sandbox.next_action_at());
        [self.next_act_of_a_customer(), bayou].into_iter().flatten().min()
    }

    /// The same without Bayou, where bills and readings go on for ever.
    pub(super) fn next_act_of_a_customer(&self) -> Option<Timestamp> {
        let leap = self.leap.as_ref().and_then(|(sandbox, _)| sandbox.next_action_at());
        let light = self.light.as_ref().and_then(|(sandbox, _)| sandbox.next_action_at());
        [leap, light].into_iter().flatten().min()
    }

    pub(super) fn config_of_leap(&self) -> anyhow::Result<Option<Leap>> {
        let Some((sandbox, _)) = &self.leap else {
            return Ok(None);
        };
        Ok(Some(Leap {
            base_url: sandbox.base_url().parse()?,
            api_key: providers::Secret::new(API_KEY),
            webhook_header: HeaderName::from_static("x-rekindle-key"),
            webhook_secret: WEBHOOK_SECRET.to_owned(),
            secrets: secrets()?,
            calls_per_minute: budget()?,
            page_size: 100,
            reserved_prefixes: vec!["leap-test-".to_owned()],
        }))
    }

    pub(super) fn config_of_bayou(&self) -> anyhow::Result<Option<Bayou>> {
        let Some((sandbox, _)) = &self.bayou else {
            return Ok(None);
        };
        Ok(Some(Bayou {
            base_url: format!("{}/api/v2", sandbox.base_url()).parse()?,
            api_key: providers::Secret::new(BAYOU_KEY),
            webhook_secrets: secrets()?,
            references: References::ExternalId,
            calls_per_minute: budget()?,
            bills: None,
        }))
    }

    pub(super) fn config_of_light(&self) -> anyhow::Result<Option<Light>> {
        let sandbox = self.light.as_ref().map(|(sandbox, _)| sandbox);
        sandbox.map(config_of_light).transpose()
    }
}

/// A provider on a normal day: some webhooks come twice, some out of order, a few are lost.
fn normal_day() -> Trouble {
    Trouble {
        duplicate_p: 0.05,
        disorder_minutes: 1,
        lost_p: 0.02,
        error_p: 0.01,
        ..Trouble::default()
    }
}

/// A minute of the program's time is 17 ms here: the budget is that of a large partner.
fn budget() -> anyhow::Result<NonZeroU32> {
    NonZeroU32::new(600).context("a budget of calls")
}

fn secrets() -> anyhow::Result<Secrets> {
    let current = Secret::new(WEBHOOK_SECRET)?;
    Ok(Secrets { current, other: None })
}

/// As a stand-in of Light is, with our secrets.
pub(super) fn light_config(seed: u64) -> LightConfig {
    let mut config = LightConfig::new(seed, API_KEY);
    config.webhook.secret = WEBHOOK_SECRET.to_owned();
    config
}

/// Light's part of the configuration, in the names that its stand-in has chosen.
pub(super) fn config_of_light(sandbox: &LightSandbox) -> anyhow::Result<Light> {
    let config = light_config(0);
    let stand_in = sandbox.base_url();
    Ok(Light {
        base_url: format!("{stand_in}/v1").parse()?,
        app_token: providers::Secret::new(API_KEY),
        environment: Environment::Sandbox,
        calls_per_minute: budget()?,
        names: LightNames {
            client_secret: Some(config.client_secret_field),
            stripe_key: Some(config.publishable_key_field),
            delivery_per_kwh: Some(config.plan_charge_fields.delivery_rate),
            plan_per_month: Some(config.plan_charge_fields.monthly_charge),
            usage_month: Some("month".to_owned()),
            usage_amount: Some("consumption".to_owned()),
            ..LightNames::default()
        },
        refusals: Refusals {
            switch_hold: vec![config.switch_hold.error],
            ineligible: vec![config.ineligible.error],
        },
        hook: LightHook {
            keys: vec![SigningKey::new(WEBHOOK_SECRET)?],
            signature: SignatureForm {
                header: config.webhook.signature_header.parse()?,
                hash: SignatureHash::Sha256,
                encoding: SignatureEncoding::Hex,
                prefix: config.webhook.signature_prefix,
            },
            envelope: Envelope {
                event_type: config.webhook.type_field,
                account: config.webhook.account_field,
                event_id: None,
            },
        },
        flow: Flow::Own,
        stripe: enroll::Stripe {
            scripts: Vec::new(),
            js: format!("{stand_in}/stripe/v3/"),
            frames: vec![stand_in.to_owned()],
            connects: vec![stand_in.to_owned()],
        },
        origins: Vec::new(),
    })
}

/// As a partner would, by `rekindle webhook ensure`.
async fn subscribe(world: &World, public_url: &str) -> anyhow::Result<()> {
    let header = Header {
        name: "x-rekindle-key".to_owned(),
        value: providers::Secret::new(WEBHOOK_SECRET),
    };
    let mut wanted = Wanted::new(format!("{public_url}/webhooks/leap").parse()?, header);
    wanted.allow_local = true;
    let leap = world.providers.leap.as_ref().context("the demo's Leap")?;
    webhooks::ensure(leap, &wanted).await?;
    Ok(())
}

/// Customers whom the partner tells of: at once or, where an account is the beginning, when it is opened.
pub(super) struct Arrivals(VecDeque<(Timestamp, Contact)>);

impl Arrivals {
    pub(super) fn of(cast: &Cast, world: &World) -> anyhow::Result<Self> {
        let now = world.now();
        let mut waiting = Vec::new();
        let mut add = |csv: String, at: &dyn Fn(usize) -> Option<Timestamp>| -> anyhow::Result<()> {
            for (index, row) in contacts::Rows::new(csv.as_bytes(), now, &world.rules.link_hosts)?.enumerate() {
                let contact = row
                    .contact
                    .with_context(|| format!("the population's contacts, line {}", row.line))?;
                waiting.push((at(index).unwrap_or(now), contact));
            }
            Ok(())
        };
        if let Some((_, population)) = &cast.leap {
            add(population.contacts_csv(), &|_| None)?;
        }
        if let Some((_, population)) = &cast.bayou {
            add(population.contacts_csv(), &|_| None)?;
        }
        if let Some((_, population)) = &cast.light {
            let customers = population.customers();
            let told = |index: usize| customers.get(index)?.arrives_at.checked_sub(TOLD_BEFORE).ok();
            add(population.contacts_csv(), &told)?;
        }
        waiting.sort_by_key(|(at, _)| *at);
        Ok(Arrivals(waiting.into()))
    }

    /// Tells of everybody who is due.
    pub(super) async fn tell(&mut self, world: &World) -> anyhow::Result<()> {
        let now = world.now();
        while let Some((_, contact)) = self.0.pop_front_if(|(at, _)| *at <= now) {
            contacts::put(world, &world.id_key, &world.rules, &contact, &Precondition::None).await?;
        }
        Ok(())
    }
}
