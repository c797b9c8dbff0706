//! What keeps the story going: looks at the clock, does what is due, and runs errands over HTTP.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::header::CONTENT_TYPE;
use reqwest::Client;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use url::Url;

use crate::bayou::delivery::Delivery;
use crate::bayou::world::{Errand, World};
use crate::clock::Clock;
use crate::leap::engine::{answer, press_resume};

/// What the engine and the API share.
pub(crate) struct Shared {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) http: Client,
    world: Mutex<World>,
}

/// How often the clock is looked at, in real time: 18 seconds of the story at 3600 times the speed.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// How many requests are under way at once, so that a story told fast stays within a process's
/// usual limit of open files.
const ERRANDS_AT_ONCE: usize = 64;

impl Shared {
    pub(crate) fn new(clock: Arc<dyn Clock>, http: Client, world: World) -> Self {
        Self {
            clock,
            http,
            world: Mutex::new(world),
        }
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        // Nothing panics while holding the lock; if something did, the world is as good as it was.
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps the story going until it is aborted.
pub(crate) async fn run(shared: Arc<Shared>) {
    let mut under_way = JoinSet::new();
    let permits = Arc::new(Semaphore::new(ERRANDS_AT_ONCE));
    loop {
        let now = shared.clock.now();
        let errands = shared.world().proceed(now);
        for errands in by_lane(errands) {
            under_way.spawn(run_errands(Arc::clone(&shared), Arc::clone(&permits), errands));
        }
        while under_way.try_join_next().is_some() {}
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Errands about one customer stay in their order; those about others do not wait for them. Without
/// trouble this keeps events in order whenever the receiver answers promptly, which is more than is
/// documented.
fn by_lane(errands: Vec<Errand>) -> Vec<Vec<Errand>> {
    let mut lanes: BTreeMap<String, Vec<Errand>> = BTreeMap::new();
    for errand in errands {
        let lane = match &errand {
            Errand::Deliver { delivery, .. } => delivery.lane.clone(),
            Errand::Visit(visit) => format!("visit {}", visit.external_id),
        };
        lanes.entry(lane).or_default().push(errand);
    }
    lanes.into_values().collect()
}

async fn run_errands(shared: Arc<Shared>, permits: Arc<Semaphore>, errands: Vec<Errand>) {
    for errand in errands {
        let _permit = permits.acquire().await;
        match errand {
            Errand::Deliver { delivery, receiver } => {
                let is_accepted = send(&shared.http, receiver, &delivery).await;
                tracing::debug!(is_accepted, "delivery attempted");
                shared.world().attempted(&delivery, is_accepted);
            }
            Errand::Visit(visit) => {
                let base_url = shared.world().base_url.clone();
                let outcome = follow(&shared.http, &visit.resume_url, &base_url).await;
                shared.world().visited(visit, outcome);
            }
        }
    }
}

/// Sends one event; a name and a password in the receiver's URL become its Basic authentication.
async fn send(http: &Client, receiver: Url, delivery: &Delivery) -> bool {
    let request = http
        .post(receiver)
        .header(CONTENT_TYPE, "application/json")
        .body(delivery.body.clone());
    request
        .send()
        .await
        .is_ok_and(|response| response.status().is_success())
}

impl World {
    fn attempted(&mut self, delivery: &Delivery, is_accepted: bool) {
        self.in_flight = self.in_flight.saturating_sub(1);
        let stats = &mut self.stats.deliveries;
        stats.attempts += 1;
        stats.duplicates += u64::from(delivery.is_duplicate);
        stats.accepted += u64::from(is_accepted);
        stats.given_up += u64::from(!is_accepted);
    }
}

/// Does what a customer's browser does when the customer follows a message: opens the resume page,
/// presses its button, and opens the form it leads to, whose key it returns.
async fn follow(http: &Client, resume_url: &Url, base_url: &str) -> Result<String, String> {
    let elsewhere = || "the resume page led somewhere else than to a link of this provider".to_owned();
    let location = press_resume(http, resume_url).await?.ok_or_else(elsewhere)?;
    let key = location.query_pairs().find(|(name, _)| name == "key");
    let key = key.map(|(_, key)| key.into_owned()).ok_or_else(elsewhere)?;
    let is_ours = Url::parse(base_url).is_ok_and(|base_url| base_url.origin() == location.origin());
    if !is_ours || !location.path().ends_with("/sign_up") {
        return Err(elsewhere());
    }
    let form = answer("the provider's form", http.get(location)).await?;
    if form.status().is_success() {
        Ok(key)
    } else {
        Err(format!("the provider's form answered {}", form.status()))
    }
}
