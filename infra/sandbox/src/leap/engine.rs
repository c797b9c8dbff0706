//! What keeps the story going: looks at the clock, does what is due, and runs errands over HTTP.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::header::{CONTENT_TYPE, LOCATION};
use reqwest::{Client, Response, StatusCode};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use url::Url;

use crate::clock::Clock;
use crate::leap::delivery::Delivery;
use crate::leap::subscription::Subscription;
use crate::leap::world::{Errand, Task, World};
use crate::sandbox::SandboxConfig;

/// What the engine and the API share.
pub(crate) struct Shared {
    pub(crate) config: SandboxConfig,
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
    pub(crate) fn new(config: SandboxConfig, clock: Arc<dyn Clock>, http: Client, world: World) -> Self {
        Self {
            config,
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

/// Errands about one thing stay in their order; those about different things do not wait for each
/// other. Without trouble this keeps events in order whenever the receiver answers promptly, which
/// is more than is documented.
fn by_lane(errands: Vec<Errand>) -> Vec<Vec<Errand>> {
    let mut lanes: BTreeMap<String, Vec<Errand>> = BTreeMap::new();
    for errand in errands {
        let lane = match &errand {
            Errand::Deliver { delivery, .. } => {
                format!("{} {}", delivery.webhook_id, delivery.lane)
            }
            Errand::Visit { reference, .. } => format!("visit {reference}"),
        };
        lanes.entry(lane).or_default().push(errand);
    }
    lanes.into_values().collect()
}

async fn run_errands(shared: Arc<Shared>, permits: Arc<Semaphore>, errands: Vec<Errand>) {
    for errand in errands {
        let _permit = permits.acquire().await;
        match errand {
            Errand::Deliver { delivery, subscription } => {
                let outcome = send(&shared.http, &subscription, &delivery.body).await;
                tracing::debug!(
                    webhook_id = delivery.webhook_id,
                    attempt = delivery.attempt + 1,
                    ?outcome,
                    "delivery attempted"
                );
                shared.world().attempted(delivery, outcome.is_accepted());
            }
            Errand::Visit {
                reference,
                resume_url,
                link,
            } => {
                let outcome = visit(&shared.http, resume_url, &link).await;
                shared.world().visited(reference, outcome);
            }
        }
    }
}

/// How a receiver answered one attempt.
#[derive(Debug)]
pub(crate) enum Outcome {
    Answered(StatusCode),
    NoAnswer(&'static str),
}

impl Outcome {
    pub(crate) fn is_accepted(&self) -> bool {
        match self {
            Self::Answered(status) => status.is_success(),
            Self::NoAnswer(_) => false,
        }
    }

    pub(crate) fn status_code(&self) -> Option<u16> {
        match self {
            Self::Answered(status) => Some(status.as_u16()),
            Self::NoAnswer(_) => None,
        }
    }

    pub(crate) fn error(&self) -> Option<String> {
        match self {
            Self::Answered(status) if status.is_success() => None,
            Self::Answered(status) => Some(format!("The receiver answered {status}")),
            Self::NoAnswer(why) => Some((*why).to_owned()),
        }
    }
}

/// Sends one envelope to a subscriber.
pub(crate) async fn send(http: &Client, subscription: &Subscription, body: &str) -> Outcome {
    let mut request = http
        .post(subscription.receiver_url.clone())
        .header(CONTENT_TYPE, "application/json");
    for (name, value) in &subscription.headers {
        request = request.header(name, value);
    }
    match request.body(body.to_owned()).send().await {
        Ok(response) => Outcome::Answered(response.status()),
        Err(error) if error.is_timeout() => Outcome::NoAnswer("no answer in time"),
        Err(error) if error.is_connect() => Outcome::NoAnswer("no connection"),
        Err(_) => Outcome::NoAnswer("connection lost"),
    }
}

impl World {
    fn attempted(&mut self, delivery: Delivery, is_accepted: bool) {
        self.in_flight = self.in_flight.saturating_sub(1);
        let stats = &mut self.stats.deliveries;
        stats.attempts += 1;
        stats.retries += u64::from(delivery.is_retry());
        stats.duplicates += u64::from(delivery.is_duplicate && !delivery.is_retry());
        if is_accepted {
            stats.accepted += 1;
            return;
        }
        let next = delivery.again();
        match next.due_at() {
            Some(due_at) => self.agenda.add(due_at, Task::Attempt(next)),
            None => stats.given_up += 1,
        }
    }
}

/// Does what a customer's browser does when the customer follows a message: opens the resume page,
/// presses its button, and is led to their own link.
async fn visit(http: &Client, resume_url: Url, link: &str) -> Result<(), String> {
    let link = Url::parse(link).map_err(|_| "the customer has no link".to_owned())?;
    let location = press_resume(http, &resume_url).await?;
    if !location.is_some_and(|location| leads_to(&location, &link)) {
        return Err("the resume page led somewhere else than to the customer's link".to_owned());
    }
    let provider = answer("the provider's page", http.get(link)).await?;
    if provider.status().is_success() {
        Ok(())
    } else {
        Err(format!("the provider's page answered {}", provider.status()))
    }
}

/// Opens a resume page, presses its button, and says where the button leads, if anywhere.
pub(crate) async fn press_resume(http: &Client, resume_url: &Url) -> Result<Option<Url>, String> {
    let page = answer("the resume page", http.get(resume_url.clone())).await?;
    if !page.status().is_success() {
        return Err(format!("the resume page answered {}", page.status()));
    }
    let button = http
        .post(resume_url.clone())
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body("continue=1");
    let redirect = answer("the resume page's button", button).await?;
    // 307 and 308 would make the browser repeat the POST at the provider.
    if !matches!(redirect.status().as_u16(), 302 | 303) {
        let status = redirect.status();
        return Err(format!("the resume page's button answered {status}, not 302 or 303"));
    }
    let location = redirect.headers().get(LOCATION);
    Ok(location
        .and_then(|location| location.to_str().ok())
        .and_then(|location| resume_url.join(location).ok()))
}

pub(crate) async fn answer(what: &str, request: reqwest::RequestBuilder) -> Result<Response, String> {
    let answer = request.send().await;
    answer.map_err(|_| format!("{what} did not answer"))
}

/// Whether two addresses are the same once decoded, however a space or a plus was written.
fn leads_to(location: &Url, link: &Url) -> bool {
    location.origin() == link.origin()
        && location.path() == link.path()
        && location.query_pairs().eq(link.query_pairs())
}
