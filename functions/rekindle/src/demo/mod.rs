//! `rekindle demo`: the whole job on one page, with stand-ins for the providers and invented customers.
//!
//! Everything is real but the providers and their customers: webhooks arrive over HTTP, timers fire,
//! the provider is asked again over HTTP, mails land in the outbox, and customers come back through
//! the links in them. One hour passes each second; stretches in which nothing is due are skipped.

mod cast;
mod mailbox;
mod pace;
mod page;
mod state;
mod summary;
mod trial;

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use anyhow::Context;
use campaign::LoadedCampaign;
use clap::Args;
use contacts::api::Tokens;
use journey::port::Clock;
use journey::{IdKey, UtilityCode};
use tokio::sync::oneshot;

use self::cast::{Arrivals, Cast, Choice};
use self::trial::Trial;
use crate::commands::say;
use crate::config::Config;
use crate::service::{self, Service};

/// How the demo runs.
#[derive(Args)]
pub(crate) struct Options {
    /// The provider whose customers are followed: a stand-in plays it. With `light` or `all` the page has a link to try an
    /// enrolment yourself.
    #[arg(long, value_enum, default_value = "leap")]
    provider: Choice,
    /// How many customers, of each provider.
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

const IDENTITY: &str = "an invented identity key for the demo";

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

    let size = usize::try_from(options.customers)?;
    let cast = Cast::start(options.provider, options.seed, size, &clock).await?;
    let trial = match &cast.light {
        Some(_) => Some(Trial::start(address.ip(), options.seed).await?),
        None => None,
    };

    let public_url = format!("http://{address}");
    let campaign = campaign()?;
    let service = Service::open(
        config(&public_url, &cast, options.seed)?,
        campaign,
        &data,
        clock.clone(),
    )?;
    let world = service.world.clone();
    let mut arrivals = Arrivals::of(&cast, &world)?;
    arrivals.tell(&world).await?;

    let story = Arc::new(page::Story {
        world: world.clone(),
        began,
        ended: OnceLock::new(),
        invited: cast.providers().into_iter().map(|provider| (provider, size)).collect(),
        trial: trial.as_ref().map(|trial| trial.link.clone()),
    });
    let (stop, stopped) = oneshot::channel::<()>();
    let routes = page::routes(Arc::clone(&story));
    let server = tokio::spawn(service.run(listener, routes, async move { drop(stopped.await) }));
    cast.begin(&world, &public_url).await?;

    say(&format!(
        "Rekindle's demo is running. Open {public_url}/ in a browser.\n"
    ))?;
    let each = if story.invited.len() > 1 {
        " of each provider"
    } else {
        ""
    };
    say(&format!(
        "{size} invented customers{each}; one hour passes each second, quiet stretches are skipped.\n\n"
    ))?;
    let interrupted = tokio::select! {
        told = pace::tell(&world, &cast, &mut arrivals, began) => { told?; false }
        () = service::asked_to_stop() => true,
    };
    let _ = story.ended.set(clock.now());
    say(&summary::text(&world, &cast, began)?)?;
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

fn config(public_url: &str, cast: &Cast, seed: u64) -> anyhow::Result<Config> {
    Ok(Config {
        testers: touchpoint::Testers::default(),
        announce: None,
        leap: cast.config_of_leap()?,
        bayou: cast.config_of_bayou()?,
        light: cast.config_of_light()?,
        public_url: public_url.to_owned(),
        campaign: PathBuf::new(),
        // Names decide who is drawn into which arm, so another seed draws anew.
        id_key: IdKey::new(format!("{IDENTITY}, {seed}"))?,
        tokens: Tokens::new([]),
    })
}
