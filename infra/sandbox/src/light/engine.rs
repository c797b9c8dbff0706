//! What keeps the story going: looks at the clock, does what is due, and runs errands over HTTP.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, Response};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use url::Url;

use crate::bayou::delivery::Delivery;
use crate::clock::Clock;
use crate::leap::engine::answer;
use crate::light::config::WebhookForm;
use crate::light::world::{Errand, World};

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

/// How many redirects of ours a customer's browser follows.
const REDIRECTS: usize = 5;

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

/// Errands about one account stay in their order; those about others do not wait for them. Without
/// trouble this keeps events in order whenever the receiver answers promptly, which is more than is
/// documented.
fn by_lane(errands: Vec<Errand>) -> Vec<Vec<Errand>> {
    let mut lanes: BTreeMap<String, Vec<Errand>> = BTreeMap::new();
    for errand in errands {
        let lane = match &errand {
            Errand::Deliver { delivery, .. } => delivery.lane.clone(),
            Errand::Visit(visit) => format!("visit {}", visit.account),
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
                let form = shared.world().config.webhook.clone();
                let is_accepted = send(&shared.http, receiver, &form, &delivery).await;
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

/// Sends one event, signed as the secret is now.
async fn send(http: &Client, receiver: Url, form: &WebhookForm, delivery: &Delivery) -> bool {
    let request = http
        .post(receiver)
        .header(CONTENT_TYPE, "application/json")
        .header(&form.signature_header, form.signature(delivery.body.as_bytes()))
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
/// presses its button, and follows redirects as long as they stay with the partner. Returns the token
/// of the hosted flow's link, if that is where they lead.
async fn follow(http: &Client, resume_url: &Url, base_url: &str) -> Result<Option<String>, String> {
    let page = answer("the resume page", http.get(resume_url.clone())).await?;
    if !page.status().is_success() {
        return Err(format!("the resume page answered {}", page.status()));
    }
    let button = http
        .post(resume_url.clone())
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body("continue=1");
    let mut page = answer("the resume page's button", button).await?;
    let mut at = resume_url.clone();
    let mut cookies = BTreeMap::new();
    for _ in 0..REDIRECTS {
        let status = page.status();
        if status.is_success() {
            return Ok(None);
        }
        // 307 and 308 would make the browser repeat the POST.
        if !matches!(status.as_u16(), 302 | 303) {
            return Err(format!("a page after the resume page answered {status}"));
        }
        let location = location(&page, &at).ok_or("a redirect after the resume page leads nowhere")?;
        if location.origin() != resume_url.origin() {
            return Ok(login_token(&location, base_url));
        }
        keep_cookies(&mut cookies, &page);
        let carried: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let next = http.get(location.clone()).header(COOKIE, carried.join("; "));
        page = answer("a page after the resume page", next).await?;
        at = location;
    }
    Err("the resume page led from one redirect to the next".to_owned())
}

/// The partner's own pages may know the customer by a cookie of the button's.
fn keep_cookies(cookies: &mut BTreeMap<String, String>, page: &Response) {
    let lines = page.headers().get_all(SET_COOKIE).iter();
    for line in lines.filter_map(|line| line.to_str().ok()) {
        let pair = line.split(';').next().unwrap_or_default();
        if let Some((name, value)) = pair.split_once('=') {
            cookies.insert(name.trim().to_owned(), value.trim().to_owned());
        }
    }
}

fn location(page: &Response, at: &Url) -> Option<Url> {
    let location = page.headers().get(LOCATION)?.to_str().ok()?;
    at.join(location).ok()
}

fn login_token(location: &Url, base_url: &str) -> Option<String> {
    let is_ours = Url::parse(base_url).is_ok_and(|base_url| base_url.origin() == location.origin());
    if !is_ours || location.path() != "/login" {
        return None;
    }
    let token = location.query_pairs().find(|(name, _)| name == "token");
    Some(token.map(|(_, token)| token.into_owned()).unwrap_or_default())
}
