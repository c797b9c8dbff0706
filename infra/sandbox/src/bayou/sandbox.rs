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

use crate::bayou::api;
use crate::bayou::config::BayouConfig;
use crate::bayou::customer::Customer;
use crate::bayou::engine::{self, Shared};
use crate::bayou::population::Population;
use crate::bayou::record::Reason;
use crate::bayou::stats::{Stats, Truth};
use crate::bayou::utilities::Utility;
use crate::bayou::world::World;
use crate::clock::{Clock, whole_second};
use crate::leap::reaction::Reaction;
use crate::sandbox::StartError;
use crate::trouble::Trouble;

/// A stand-in of Bayou that runs until it is shut down or dropped.
pub struct BayouSandbox {
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

impl BayouSandbox {
    /// Starts a stand-in that listens where its configuration says.
    ///
    /// # Errors
    ///
    /// When the address cannot be listened on, or no HTTP client can be built.
    pub async fn start(config: BayouConfig, clock: Arc<dyn Clock>) -> Result<Self, StartError> {
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
    pub fn start_on(listener: TcpListener, config: BayouConfig, clock: Arc<dyn Clock>) -> Result<Self, StartError> {
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

    /// Where the API (below `/api/v2`) and the form are, without a slash at the end.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Puts the stand-in in trouble, or out of it; events that have happened keep their fate. The
    /// lag of Leap's Connect API has no meaning here.
    pub fn set_trouble(&self, trouble: Trouble) {
        self.shared.world().trouble = trouble;
    }

    /// Says where events are posted from now on, as the dashboard does; a name and a password in
    /// the URL are sent as Basic authentication. Nothing is delivered without a receiver.
    pub fn set_webhook(&self, receiver: Option<Url>) {
        self.shared.world().webhook = receiver;
    }

    /// Takes a utility's site down, or brings it back: while it is down no login is accepted.
    pub fn set_utility_down(&self, utility: &'static Utility, is_down: bool) {
        let mut world = self.shared.world();
        if is_down {
            world.down.insert(utility.code);
        } else {
            world.down.remove(utility.code);
        }
    }

    /// Lets a customer live: they act from when they arrive.
    pub fn add_customer(&self, customer: Customer) {
        self.shared.world().add(customer);
    }

    /// Lets a population live. External ids are numbered within a population, so a second one takes
    /// the place of the first one's people.
    pub fn add_population(&self, population: Population) {
        let mut world = self.shared.world();
        for customer in population.customers {
            world.add(customer);
        }
    }

    /// Lets a customer read a message now. `touch` counts reminders from 1; with a `resume_url` the
    /// customer who comes back opens that page, presses its button and expects to be led to their
    /// own link, which must not have expired; else they open their newest link.
    pub fn read_mail(&self, external_id: &str, touch: u32, resume_url: Option<Url>) -> Reaction {
        let now = self.shared.clock.now();
        self.shared.world().read_mail(external_id, touch, resume_url, now)
    }

    /// Takes Bayou's access to a customer's account away now; says whether there was any.
    pub fn require_reauthentication(&self, external_id: &str, reason: Reason) -> bool {
        let now = whole_second(self.shared.clock.now());
        let mut world = self.shared.world();
        match world.by_external_id.get(external_id).copied() {
            Some(record_id) => world.lose_access(record_id, reason, now),
            None => false,
        }
    }

    /// When the next thing happens: the present moment while an answer is awaited. Once somebody has
    /// connected there always is one, as bills go on.
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

    /// What is true of each `external_id`, whatever anybody was told.
    pub fn truth(&self) -> BTreeMap<String, Truth> {
        let world = self.shared.world();
        let people = world.people.iter();
        people
            .map(|(external_id, person)| (external_id.clone(), person.truth.clone()))
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

impl Drop for BayouSandbox {
    fn drop(&mut self) {
        self.engine.abort();
        self.server.abort();
    }
}
