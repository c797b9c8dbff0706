//! The sandbox as its user holds it.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::redirect::Policy;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use url::Url;

use crate::clock::Clock;
use crate::leap::api;
use crate::leap::engine::{self, Shared};
use crate::leap::population::Population;
use crate::leap::reaction::Reaction;
use crate::leap::stats::{Stats, Truth};
use crate::leap::subscription::{InvalidWebhook, NewWebhook};
use crate::leap::world::World;
use crate::seed::Seed;
use crate::trouble::Trouble;

/// How a sandbox is to be.
#[derive(Clone, Debug)]
pub struct SandboxConfig {
    /// What the story follows from, together with the clock's readings.
    pub seed: u64,
    /// The key that API calls have to carry as their bearer token.
    pub api_key: String,
    /// Where the server listens; port 0 lets the machine choose one.
    pub listen: SocketAddr,
    /// How many connections a page has if the call does not say: 10, as documented.
    pub page_size_default: u32,
    /// How many connections a page has at most, whatever the call says; the real maximum is not
    /// documented.
    pub page_size_max: u32,
    /// Whether the Connect API shows who goes directly to the utility, which is not documented.
    pub direct_to_utility_visible: bool,
    /// How long a receiver has to answer, in real time: 10 s, as documented. A story told faster
    /// does not make the receiver's machine faster.
    pub answer_within: Duration,
}

impl SandboxConfig {
    /// The documented defaults, on a port of the machine's choice on 127.0.0.1.
    pub fn new(seed: u64, api_key: impl Into<String>) -> Self {
        Self {
            seed,
            api_key: api_key.into(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            page_size_default: 10,
            page_size_max: 100,
            direct_to_utility_visible: true,
            answer_within: Duration::from_secs(10),
        }
    }
}

/// Why a sandbox could not be started.
#[derive(Debug, Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the machine said.
        #[source]
        source: io::Error,
    },
    /// The HTTP client for deliveries cannot be built.
    #[error("cannot build the HTTP client")]
    Client(#[source] reqwest::Error),
}

/// A stand-in of Leap that runs until it is shut down or dropped.
pub struct Sandbox {
    shared: Arc<Shared>,
    base_url: String,
    stop_server: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
    engine: JoinHandle<()>,
}

/// How long the server may take to finish what it is answering when it is shut down.
const GRACE: Duration = Duration::from_secs(1);

/// How often `settle` looks whether all is quiet.
const SETTLE_EVERY: Duration = Duration::from_millis(1);

impl Sandbox {
    /// Starts a sandbox that listens where its configuration says.
    ///
    /// # Errors
    ///
    /// When the address cannot be listened on, or no HTTP client can be built.
    pub async fn start(config: SandboxConfig, clock: Arc<dyn Clock>) -> Result<Self, StartError> {
        let address = config.listen;
        match TcpListener::bind(address).await {
            Ok(listener) => Self::start_on(listener, config, clock),
            Err(source) => Err(StartError::Listen { address, source }),
        }
    }

    /// Starts a sandbox on a listener that is bound already; must be called within a Tokio runtime.
    ///
    /// # Errors
    ///
    /// When the listener has no address, or no HTTP client can be built.
    pub fn start_on(listener: TcpListener, config: SandboxConfig, clock: Arc<dyn Clock>) -> Result<Self, StartError> {
        let address = listener.local_addr().map_err(|source| StartError::Listen {
            address: config.listen,
            source,
        })?;
        // The client needs a TLS provider even for plain HTTP. A program that has chosen one
        // already keeps it, and then this is refused.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            // A receiver that redirects has not accepted, and a customer's visit looks at each step.
            .redirect(Policy::none())
            // Loopback addresses are reached directly, whatever proxy the machine uses.
            .no_proxy()
            .timeout(config.answer_within)
            .build()
            .map_err(StartError::Client)?;
        let world = World::new(Seed::new(config.seed), config.direct_to_utility_visible);
        let shared = Arc::new(Shared::new(config, clock, http, world));
        let (stop_server, stopped) = oneshot::channel();
        let serve = axum::serve(listener, api::router(Arc::clone(&shared))).with_graceful_shutdown(async {
            // An error means that the sandbox was dropped, which is as good a reason.
            let _ = stopped.await;
        });
        let server = tokio::spawn(async {
            if let Err(error) = serve.await {
                tracing::error!(%error, "the sandbox's server stopped");
            }
        });
        Ok(Self {
            base_url: format!("http://{address}"),
            stop_server: Some(stop_server),
            server,
            engine: tokio::spawn(engine::run(Arc::clone(&shared))),
            shared,
        })
    }

    /// Where the API and the customers' links are, without a slash at the end.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Puts the sandbox in trouble, or out of it; events that have happened keep their fate.
    pub fn set_trouble(&self, trouble: Trouble) {
        self.shared.world().trouble = trouble;
    }

    /// Subscribes a receiver as the API does, and returns the webhook's id.
    ///
    /// # Errors
    ///
    /// When the API would refuse the subscription.
    pub fn register_webhook(&self, webhook: NewWebhook) -> Result<String, InvalidWebhook> {
        self.shared.world().subscribe(webhook)
    }

    /// Lets a population live: each customer acts from when they arrive. References are numbered
    /// within a population, so a second one takes the place of the first one's people.
    pub fn add_population(&self, population: Population) {
        self.shared.world().add(population);
    }

    /// Lets a customer read a message now. `touch` counts reminders from 1; with a `resume_url` the
    /// customer who comes back opens that page, presses its button and expects to be led to their
    /// own link, else they open their link.
    pub fn read_mail(&self, reference: &str, touch: u32, resume_url: Option<Url>) -> Reaction {
        let now = self.shared.clock.now();
        self.shared.world().read_mail(reference, touch, resume_url, now)
    }

    /// When the next thing happens (a customer's act, a delivery, a meter): the present moment while
    /// an answer is awaited, nothing when the story is over.
    ///
    /// A clock that can leap may leap to this moment.
    pub fn next_action_at(&self) -> Option<Timestamp> {
        let now = self.shared.clock.now();
        let world = self.shared.world();
        if world.in_flight > 0 {
            Some(now)
        } else {
            world.agenda.next_at()
        }
    }

    /// Waits until all that is due by the clock has happened and has been answered.
    pub async fn settle(&self) {
        while self
            .next_action_at()
            .is_some_and(|next_at| next_at <= self.shared.clock.now())
        {
            tokio::time::sleep(SETTLE_EVERY).await;
        }
    }

    /// What has happened so far, counted.
    pub fn stats(&self) -> Stats {
        let world = self.shared.world();
        let mut stats = world.stats.clone();
        for (_, truth) in world.truth() {
            if let Some(status) = truth.connection_status {
                *stats.entries.entry(status).or_default() += 1;
            }
        }
        stats
    }

    /// What is true of each reference, whatever anybody was told.
    pub fn truth(&self) -> BTreeMap<String, Truth> {
        let world = self.shared.world();
        world
            .truth()
            .map(|(reference, truth)| (reference.clone(), truth))
            .collect()
    }

    /// Stops serving and delivering; what has not been delivered is not delivered any more.
    pub async fn shutdown(mut self) {
        self.engine.abort();
        if let Some(stop) = self.stop_server.take() {
            // An error means that the server has stopped already.
            let _ = stop.send(());
        }
        // Past the grace it is cut off when the sandbox is dropped.
        let _ = tokio::time::timeout(GRACE, &mut self.server).await;
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.engine.abort();
        self.server.abort();
    }
}
