//! The running program: timers, the minute's work, and the HTTP server, until it is told to stop.

use std::error::Error;
use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::http::HeaderName;
use campaign::LoadedCampaign;
use contacts::api::ApiConfig;
use embedded::{DataDir, MachineTime, Outbox, ProgramClock, Store, timers};
use enroll::SealKey;
use hook::Hook;
use jiff::SignedDuration;
use journey::Lane;
use journey::campaign::Channel;
use journey::link::LinkKey;
use journey::port::{Clock, FindDue};
use providers::Providers;
use providers::bayou::{BayouClient, BayouConfig};
use providers::leap::{LeapClient, LeapConfig};
use providers::light::{LightClient, LightConfig};
use tokio::net::TcpListener;
use tokio::sync::watch;
use touchpoint::{Composer, Senders};
use webhook::BayouHook;

use crate::announcing::Announcing;
use crate::config::{self, Config, Flow};
use crate::http::server::{self, until};
use crate::http::{self, Face};
use crate::world::{Parts, World};

/// Timers served at the same time. Each mostly waits for the provider, whose budget of calls is the
/// real limit; more would only queue there.
const CONCURRENT_FIRES: usize = 32;

/// How often the reconciliation runs, in program time: the provider's own limit on polling.
const EVERY: SignedDuration = SignedDuration::from_mins(1);

/// However fast the program's time runs, the minute's work runs at most this often in real time.
const NOT_OFTENER_THAN: Duration = Duration::from_millis(250);

/// A world that is ready to run.
pub(crate) struct Service {
    pub(crate) world: World,
    face: Face,
    reconcile: reconcile::Config,
    announcing: Option<Announcing>,
}

impl Service {
    /// Opens everything: the folder, the clock, the store, the outbox, the provider's client.
    pub(crate) fn open(
        config: Config,
        campaign: LoadedCampaign,
        data: &DataDir,
        clock: ProgramClock,
    ) -> anyhow::Result<Self> {
        let store = Store::open(data, config.id_key.clone(), clock.clone())?;
        let outbox = Outbox::new(store.clone(), config::outbox(&campaign)).context("[sender] of the campaign")?;
        let leap = config.leap.as_ref().map(|leap| {
            let mut settings = LeapConfig::new(leap.base_url.clone(), leap.api_key.clone(), leap.calls_per_minute);
            settings.page_size = leap.page_size;
            // More timers at once than calls: they stay due, in their order, instead of all being put off.
            settings.waits_in_line = true;
            LeapClient::new(settings, Arc::new(clock.clone()))
        });
        let bayou = config.bayou.as_ref().map(|bayou| {
            let mut settings = BayouConfig::new(bayou.base_url.clone(), bayou.api_key.clone(), bayou.calls_per_minute);
            settings.references = bayou.references;
            settings.bills = bayou.bills.clone();
            settings.waits_in_line = true;
            BayouClient::new(&settings, Arc::new(clock.clone()))
        });
        let light = config.light.as_ref().map(|light| {
            let settings = LightConfig {
                names: light.names.clone(),
                refusals: light.refusals.clone(),
                waits_in_line: true,
                ..LightConfig::new(
                    light.base_url.clone(),
                    light.app_token.clone(),
                    light.environment,
                    light.calls_per_minute,
                )
            };
            LightClient::new(&settings, Arc::new(clock.clone()))
        });
        let providers = Providers {
            light: light.transpose().context("[light] of rekindle.toml")?,
            leap: leap.transpose().context("[leap] of rekindle.toml")?,
            bayou: bayou.transpose().context("[bayou] of rekindle.toml")?,
        };
        let links = LinkKey::new(config.id_key.derive("link"));
        let directory = campaign.utilities;
        let brand = pages::Brand {
            name: campaign.brand.brand.clone(),
            support_email: campaign.brand.support_email.clone(),
            minutes_needed: campaign.brand.minutes_needed,
        };
        let (webhook_header, reserved_prefixes) = config.leap.as_ref().map_or_else(
            // Nobody calls with it.
            || (HeaderName::from_static("x-rekindle-key"), Vec::new()),
            |leap| (leap.webhook_header.clone(), leap.reserved_prefixes.clone()),
        );
        let site = config.light.as_ref().map(|light| enroll::Site {
            links: links.clone(),
            seals: SealKey::new(config.id_key.derive("enrolment seal")),
            brand: enroll::Brand {
                name: brand.name.clone(),
                support_email: brand.support_email.clone(),
            },
            public_url: config.public_url.clone(),
            stripe: light.stripe.clone(),
            origins: light.origins.clone(),
        });
        let world = World::new(Parts {
            clock,
            store,
            outbox,
            providers,
            composer: Composer {
                templates: campaign.templates,
                brand: campaign.brand,
                directory: directory.clone(),
                default_locale: campaign.locales.default,
                offered: campaign.locales.offered,
                id_key: config.id_key.clone(),
                links: links.clone(),
                public_url: config.public_url.clone(),
                senders: Senders {
                    // The outbox takes them like mail.
                    texts: true,
                    pushes: true,
                    events: config.announce.is_some(),
                },
            },
            pages: pages::Pages {
                links: links.clone(),
                brand,
                directory,
                enrollment: match config.light.as_ref().map(|light| light.flow) {
                    None => pages::Enrollment::None,
                    Some(Flow::Own) => pages::Enrollment::OwnPages {
                        public_url: config.public_url.clone(),
                    },
                    Some(Flow::Hosted) => pages::Enrollment::HostedFlow,
                },
                sends_events: campaign.rules.sends_by(Channel::Event),
            },
            site,
            rules: campaign.rules,
            webhook: webhook::Config {
                leap: config.leap.as_ref().map(|leap| leap.secrets.clone()),
                bayou: config.bayou.map(|bayou| BayouHook {
                    secrets: bayou.webhook_secrets,
                    references: bayou.references,
                }),
                light: config.light.as_ref().map(|light| light.hook.clone()),
                id_key: config.id_key.clone(),
                reserved_prefixes: reserved_prefixes.clone(),
            },
            id_key: config.id_key.clone(),
        });
        let face = Face {
            world: world.clone(),
            api: Arc::new(ApiConfig {
                tokens: config.tokens,
                id_key: config.id_key.clone(),
                links,
                public_url: config.public_url,
                has_light: config.light.is_some(),
            }),
            webhook_header,
        };
        let mut reconcile = reconcile::Config::new(config.id_key);
        reconcile.reserved_prefixes = reserved_prefixes;
        let hook = config
            .announce
            .map(|to| Hook::new(to.url, &to.secret, MachineTime::default()));
        let hook = hook.transpose().context("[announce] of rekindle.toml")?;
        let announcing = hook.map(|hook| Announcing::new(&world, hook));
        Ok(Service {
            world,
            face,
            reconcile,
            announcing,
        })
    }

    /// Serves until `stop` is over, then finishes what is under way. `also` adds routes.
    pub(crate) async fn run(
        self,
        listener: TcpListener,
        also: axum::Router,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> anyhow::Result<()> {
        let (stopping, stopped) = watch::channel(false);
        let timers = tokio::spawn(fire_timers(self.world.clone(), stopped.clone()));
        let providers = self.world.providers.clone();
        let upkeep = tokio::spawn(keep_up(
            self.world.clone(),
            self.reconcile.clone(),
            self.announcing,
            stopped.clone(),
        ));
        let app = http::router(self.face).merge(also);
        let server = tokio::spawn(server::serve(listener, app, stopped));
        stop.await;
        // Whoever listens has gone on its own already when nobody is left to be told.
        let _ = stopping.send(true);
        providers.close_lines();
        let (timers, upkeep, server) = tokio::join!(timers, upkeep, server);
        timers.context("the timers' task failed")?;
        upkeep.context("the upkeep's task failed")?;
        server.context("the server's task failed")
    }
}

/// Opens the data folder and its clock.
pub(crate) fn open_data(path: &Path, speed: std::num::NonZeroU32) -> anyhow::Result<(DataDir, ProgramClock)> {
    let data = DataDir::open(path)?;
    let clock = ProgramClock::open(&data, speed)?;
    Ok((data, clock))
}

/// Listens, or says what to do about it.
pub(crate) async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}; is another program using it? `--listen 127.0.0.1:8788` takes another port")
    })
}

/// Ends when the user or the system asks the program to stop.
pub(crate) async fn asked_to_stop() {
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}

async fn fire_timers(world: World, stopped: watch::Receiver<bool>) {
    let (store, clock) = (world.store.clone(), world.clock.clone());
    let fire = move |journey: journey::JourneyId, generation: u32| {
        let world = world.clone();
        async move { world.fire(&journey, generation).await }
    };
    timers::run(store, clock, Lane::Touchpoint, fire, CONCURRENT_FIRES, until(stopped)).await;
}

/// The minute's work: reconcile, and look for meters; and telling the partner. None waits for another, and all stop at
/// once, as if the machine had been switched off: whatever was under way is done again.
///
/// There is no sweep on one machine: the timers' loop reads the index of what is due itself.
async fn keep_up(
    world: World,
    reconcile: reconcile::Config,
    announcing: Option<Announcing>,
    stopped: watch::Receiver<bool>,
) {
    let announce = async {
        match announcing {
            Some(announcing) => announcing.run().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = until(stopped) => {}
        () = reconcile_each_minute(&world, &reconcile) => {}
        () = check_meters_each_minute(&world) => {}
        () = announce => {}
    }
}

async fn reconcile_each_minute(world: &World, config: &reconcile::Config) {
    loop {
        let began_at = world.now();
        match reconcile::pass(world, config, &world.rules).await {
            Ok(passed) if passed.changed > 0 => tracing::info!(?passed, "reconciled"),
            Ok(passed) => tracing::debug!(?passed, "reconciled"),
            Err(error) => tracing::warn!(
                error = &error as &dyn Error,
                "reconciliation goes on in the next minute"
            ),
        }
        rest(world, began_at).await;
    }
}

async fn check_meters_each_minute(world: &World) {
    loop {
        let began_at = world.now();
        if let Err(error) = check_meters(world).await {
            tracing::error!(error = &error as &dyn Error, "meter check failed");
        }
        rest(world, began_at).await;
    }
}

/// Rests until a minute after a moment, in program time.
async fn rest(world: &World, since: jiff::Timestamp) {
    let next = since.checked_add(EVERY).unwrap_or(jiff::Timestamp::MAX);
    tokio::time::sleep(world.clock.real_duration_until(next).max(NOT_OFTENER_THAN)).await;
}

async fn check_meters(world: &World) -> Result<(), journey::port::StoreError> {
    if world.find_due(Lane::Meter, world.now(), 1).await?.is_empty() {
        return Ok(());
    }
    let directory = &world.composer.directory;
    let config = meter_check::Config {
        id_key: &world.id_key,
        asks_for_a_code: &|code| directory.find(code).map(utilities::Utility::asks_for_a_code),
    };
    meter_check::check(world, &config, &world.rules).await.map(drop)
}
