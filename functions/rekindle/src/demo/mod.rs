//! `rekindle demo`: the whole job on one page, with a stand-in for Leap and invented customers.
//!
//! Everything is real but the provider and its customers: webhooks arrive over HTTP, timers fire,
//! the provider is asked again over HTTP, mails land in the outbox, and customers come back through
//! the links in them. One hour passes each second; stretches in which nothing is due are skipped.

mod mailbox;
mod pace;
mod page;
mod state;
mod summary;

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use anyhow::Context;
use axum::http::HeaderName;
use campaign::LoadedCampaign;
use clap::Args;
use contacts::api::Tokens;
use embedded::ProgramClock;
use jiff::{SignedDuration, Timestamp};
use journey::port::{Clock, Precondition};
use journey::{IdKey, UtilityCode};
use providers::leap::webhooks::{self, Header, Wanted};
use sandbox::{Population, Sandbox, SandboxConfig, Trouble};
use tokio::sync::oneshot;
use webhook::{Secret, Secrets};

use crate::commands::say;
use crate::config::{Config, Leap};
use crate::service::{self, Service};
use crate::world::World;

/// How the demo runs.
#[derive(Args)]
pub(crate) struct Options {
    /// How many customers.
    #[arg(long, value_name = "N", default_value = "60", value_parser = clap::value_parser!(u32).range(1..=2_000))]
    customers: u32,
    /// The same seed gives the same customers with the same habits.
    #[arg(long, value_name = "N", default_value = "7")]
    seed: u64,
    /// Where to listen.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8787")]
    listen: SocketAddr,
    /// Seconds of the program's time that pass in each real second.
    #[arg(long, value_name = "N", default_value = "3600")]
    speed: NonZeroU32,
    /// Keep the data and the outbox in this folder, which must not have been used before.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// End when the story is over, even at a terminal, where the page otherwise stays until Ctrl-C.
    #[arg(long)]
    exit: bool,
}

/// The stand-in's key and secrets protect nothing: both sides of the demo are in this process.
const API_KEY: &str = "sandbox:an-invented-key";
const WEBHOOK_SECRET: &str = "an-invented-webhook-secret";
const IDENTITY: &str = "an invented identity key for the demo";

/// Customers arrive over this time.
const ARRIVALS: SignedDuration = SignedDuration::from_hours(4);

impl sandbox::Clock for SandboxClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

struct SandboxClock(ProgramClock);

pub(crate) async fn run(options: Options) -> anyhow::Result<()> {
    let listener = service::listen(options.listen).await?;
    let address = listener.local_addr()?;
    let folder = match &options.data {
        Some(folder) => {
            anyhow::ensure!(
                !folder.join("rekindle.db").exists(),
                "{} has been used before; the demo begins anew each time, so name another folder",
                folder.display()
            );
            Folder::Kept(folder.clone())
        }
        None => Folder::Gone(tempfile::tempdir().context("a temporary folder for the demo's data")?),
    };
    let (data, clock) = service::open_data(folder.path(), options.speed)?;
    let began = clock.now();

    let mut sandbox_config = SandboxConfig::new(options.seed, API_KEY);
    sandbox_config.page_size_max = 100;
    let sandbox = Arc::new(Sandbox::start(sandbox_config, Arc::new(SandboxClock(clock.clone()))).await?);
    // A provider on a normal day: some webhooks come twice, some out of order, a few are lost.
    sandbox.set_trouble(Trouble {
        duplicate_p: 0.05,
        disorder_minutes: 1,
        lost_p: 0.02,
        error_p: 0.01,
        ..Trouble::default()
    });
    let size = usize::try_from(options.customers)?;
    let population = Population::generate(options.seed, size, began, ARRIVALS, sandbox.base_url());

    let public_url = format!("http://{address}");
    let campaign = campaign()?;
    let service = Service::open(
        config(&public_url, sandbox.base_url(), options.seed)?,
        campaign,
        &data,
        clock.clone(),
    )?;
    let world = service.world.clone();
    import(&world, &population).await?;

    let story = Arc::new(page::Story {
        world: world.clone(),
        began,
        ended: OnceLock::new(),
    });
    let (stop, stopped) = oneshot::channel::<()>();
    let routes = page::routes(Arc::clone(&story));
    let server = tokio::spawn(service.run(listener, routes, async move { drop(stopped.await) }));
    subscribe(&world, &public_url).await?;
    sandbox.add_population(population.clone());

    say(&format!(
        "Rekindle's demo is running. Open {public_url}/ in a browser.\n"
    ))?;
    say(&format!(
        "{size} invented customers; one hour passes each second, quiet stretches are skipped.\n\n"
    ))?;
    let interrupted = tokio::select! {
        told = pace::tell(&world, &sandbox, began) => { told?; false }
        () = service::asked_to_stop() => true,
    };
    let _ = story.ended.set(clock.now());
    say(&summary::text(&world, &sandbox, &population, began)?)?;
    if let Folder::Kept(folder) = &folder {
        say(&format!("The mails are in {}.\n", folder.join("outbox").display()))?;
    }
    if !interrupted && !options.exit && std::io::stdout().is_terminal() {
        say(&format!("\nThe page stays at {public_url}/ until you press Ctrl-C.\n"))?;
        service::asked_to_stop().await;
    }
    // The server may have ended by itself; its own outcome says so.
    let _ = stop.send(());
    server.await.context("the server's task failed")?
}

enum Folder {
    Kept(PathBuf),
    Gone(tempfile::TempDir),
}

impl Folder {
    fn path(&self) -> &std::path::Path {
        match self {
            Folder::Kept(path) => path,
            Folder::Gone(folder) => folder.path(),
        }
    }
}

/// The example campaign, with the stand-in's display names of utilities.
fn campaign() -> anyhow::Result<LoadedCampaign> {
    let mut loaded = crate::commands::campaign::example()?;
    let names = sandbox::display_names().into_iter();
    let known = names.filter_map(|(display, code)| Some((display.to_owned(), UtilityCode::parse(code)?)));
    loaded.utilities = loaded.utilities.with_display_names(known.collect());
    Ok(loaded)
}

fn config(public_url: &str, leap: &str, seed: u64) -> anyhow::Result<Config> {
    Ok(Config {
        testers: touchpoint::Testers::default(),
        announce: None,
        bayou: None,
        light: None,
        public_url: public_url.to_owned(),
        campaign: PathBuf::new(),
        // Names decide who is drawn into which arm, so another seed draws anew.
        id_key: IdKey::new(format!("{IDENTITY}, {seed}"))?,
        tokens: Tokens::new([]),
        leap: Some(Leap {
            base_url: leap.parse()?,
            api_key: providers::Secret::new(API_KEY),
            webhook_header: HeaderName::from_static("x-rekindle-key"),
            webhook_secret: WEBHOOK_SECRET.to_owned(),
            secrets: Secrets {
                current: Secret::new(WEBHOOK_SECRET)?,
                other: None,
            },
            // A minute of the program's time is 17 ms here: the budget is that of a large partner.
            calls_per_minute: NonZeroU32::new(600).context("a budget of calls")?,
            page_size: 100,
            reserved_prefixes: vec!["leap-test-".to_owned()],
        }),
    })
}

async fn import(world: &World, population: &Population) -> anyhow::Result<()> {
    let csv = population.contacts_csv();
    for row in contacts::Rows::new(csv.as_bytes(), world.now(), &world.rules.link_hosts)? {
        let contact = row
            .contact
            .with_context(|| format!("the population's contacts, line {}", row.line))?;
        contacts::put(world, &world.id_key, &world.rules, &contact, &Precondition::None).await?;
    }
    Ok(())
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
