//! The stand-in as its user holds it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::redirect::Policy;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use url::Url;

use crate::clock::Clock;
use crate::leap::reaction::Reaction;
use crate::light::api;
use crate::light::book::Address;
use crate::light::config::LightConfig;
use crate::light::customer::Customer;
use crate::light::engine::{self, Shared};
use crate::light::population::Population;
use crate::light::quirks::Quirks;
use crate::light::stats::{Stats, Truth};
use crate::light::world::World;
use crate::sandbox::StartError;
use crate::trouble::Trouble;

/// A stand-in of Light that runs until it is shut down or dropped.
pub struct LightSandbox {
    pub(crate) shared: Arc<Shared>,
    base_url: String,
    stop_server: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
    engine: JoinHandle<()>,
}

/// How long the server may take to finish what it is answering when it is shut down.
const GRACE: Duration = Duration::from_secs(1);

/// How often `settle` looks whether all is quiet.
const SETTLE_EVERY: Duration = Duration::from_millis(1);

impl LightSandbox {
    /// Starts a stand-in that listens where its configuration says.
    ///
    /// # Errors
    ///
    /// When the address cannot be listened on, or no HTTP client can be built.
    pub async fn start(config: LightConfig, clock: Arc<dyn Clock>) -> Result<Self, StartError> {
        let address = config.listen;
        match TcpListener::bind(address).await {
            Ok(listener) => Self::start_on(listener, config, clock),
            Err(source) => Err(StartError::Listen { address, source }),
        }
    }

    /// Starts a stand-in on a listener that is bound already; must be called within a Tokio runtime.
    ///
    /// # Errors
    ///
    /// When the listener has no address, or no HTTP client can be built.
    pub fn start_on(listener: TcpListener, config: LightConfig, clock: Arc<dyn Clock>) -> Result<Self, StartError> {
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
        let base_url = format!("http://{address}");
        let world = World::new(config, base_url.clone());
        let shared = Arc::new(Shared::new(clock, http, world));
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
            base_url,
            stop_server: Some(stop_server),
            server,
            engine: tokio::spawn(engine::run(Arc::clone(&shared))),
            shared,
        })
    }

    /// Where the API (below `/v1`), the hosted flow and Stripe's stand-in (below `/stripe`) are,
    /// without a slash at the end.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Puts the stand-in in trouble, or out of it; events that have happened keep their fate. The
    /// lag of Leap's Connect API has no meaning here.
    pub fn set_trouble(&self, trouble: Trouble) {
        self.shared.world().trouble = trouble;
    }

    /// Makes the answers odd, or plain again.
    pub fn set_quirks(&self, quirks: Quirks) {
        self.shared.world().quirks = quirks;
    }

    /// Says where events are posted from now on, as the dashboard does. Nothing is delivered without
    /// a receiver.
    pub fn set_webhook(&self, receiver: Option<Url>) {
        self.shared.world().webhook = receiver;
    }

    /// Lets a customer live: their account is there at once, and they act from when they arrive.
    pub fn add_customer(&self, customer: Customer) {
        self.shared.world().add(customer);
    }

    /// Lets a population live. Accounts are numbered within a seed, so a second population of the
    /// same seed takes the place of the first one's people.
    pub fn add_population(&self, population: Population) {
        let mut world = self.shared.world();
        for customer in population.customers {
            world.add(customer);
        }
    }

    /// Lets a customer read a message now. `touch` counts reminders from 1; with a `resume_url` the
    /// customer who comes back opens that page and presses its button, which has to lead to a page
    /// or to a link into their own hosted flow. Then they do what is missing.
    pub fn read_mail(&self, account: &str, touch: u32, resume_url: Option<Url>) -> Reaction {
        let now = self.shared.clock.now();
        self.shared.world().read_mail(account, touch, resume_url, now)
    }

    /// When the next thing happens: the present moment while an answer is awaited.
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
        self.shared.world().stats.clone()
    }

    /// What is true of each account, whatever anybody was told.
    pub fn truth(&self) -> BTreeMap<String, Truth> {
        let world = self.shared.world();
        let people = world.people.iter();
        people
            .map(|(account, person)| (account.clone(), person.truth.clone()))
            .collect()
    }

    /// All service addresses there are.
    pub fn addresses(&self) -> Vec<Address> {
        self.shared.world().book.all().to_vec()
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

impl Drop for LightSandbox {
    fn drop(&mut self) {
        self.engine.abort();
        self.server.abort();
    }
}
