//! One HTTP request: budget, attempts, deadline, and what an answer's status means.

use core::fmt;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use core::time::Duration;
use std::sync::Arc;

use backon::{ExponentialBuilder, Retryable};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use journey::port::{Clock, ProviderError};
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::multipart::{Form, Part};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Method, RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::Semaphore;
use url::Url;

use super::config::{ApiConfig, ConfigError, is_loopback};
use super::error::CallError;
use super::field::parse;
use crate::query::query;
use crate::retry_after::retry_after;
use crate::{Budget, Share};

/// The largest answer that is read. A full page of 500 meters has about 1 MB.
const LARGEST_ANSWER: usize = 16 * 1024 * 1024;

/// The largest answer of a refusal that is read: it is looked at for a code alone.
const LARGEST_REFUSAL: usize = 16 * 1024;

/// Who is told to come back later than this does not wait in line: the provider has asked for a pause.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(1);

/// How often the first in line looks for a call, in real time.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Asks one provider's API. Clones share the connections and the budget of calls.
///
/// A request that changes nothing is repeated after a 5xx, a timeout or a failed connection, with
/// a growing pause. A 429 is never repeated in place: it closes the budget for all callers, and
/// each comes back by its own timer.
#[derive(Clone)]
pub struct Api {
    inner: Arc<Inner>,
}

struct Inner {
    checks: Client,
    upkeep: Client,
    authorization: HeaderValue,
    config: ApiConfig,
    budget: Budget,
    /// Whoever holds its only permit is the next to get a call; closed when nobody is to wait any more.
    line: Semaphore,
    clock: Arc<dyn Clock + Send + Sync>,
    jitter: AtomicU64,
}

/// One request, complete.
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) body: Option<Body>,
    /// May it be made twice?
    pub(crate) repeatable: bool,
    pub(crate) share: Share,
    /// The key to use in place of the configured one.
    pub(crate) authorization: Option<HeaderValue>,
    /// Has the next attempt's call been taken out of the budget already?
    pub(crate) paid: AtomicBool,
    /// How long to wait for the answer, if not the configured time.
    pub(crate) timeout: Option<Duration>,
}

/// What a request carries.
pub(crate) enum Body {
    /// JSON.
    Json(Value),
    /// `multipart/form-data`.
    Form {
        /// Names and values.
        fields: Vec<(String, String)>,
        /// The file's field.
        file: String,
        /// Its name.
        name: &'static str,
        /// Its media type.
        media_type: &'static str,
        /// Its content.
        content: Bytes,
    },
}

impl Body {
    fn put_into(&self, request: RequestBuilder) -> Result<RequestBuilder, CallError> {
        match self {
            Body::Json(value) => Ok(request.json(value)),
            Body::Form {
                fields,
                file,
                name,
                media_type,
                content,
            } => {
                let part = Part::stream(content.clone()).file_name(*name);
                let part = part.mime_str(media_type).map_err(CallError::transport)?;
                // Names go out as they are configured, as browsers send them: `bill[file]`, `the bill`.
                let mut form = Form::new().percent_encode_noop();
                for (field, value) in fields {
                    form = form.text(field.clone(), value.clone());
                }
                Ok(request.multipart(form.part(file.clone(), part)))
            }
        }
    }
}

impl Api {
    /// Makes it. The clock is the program's: the budget and `Retry-After` follow it, while
    /// timeouts and pauses between attempts take the machine's time.
    ///
    /// # Errors
    /// Settings that cannot be right, and a machine without root certificates.
    pub(crate) fn new(config: ApiConfig, clock: Arc<dyn Clock + Send + Sync>) -> Result<Self, ConfigError> {
        config.check()?;
        // An error means that the process has a provider already, and then that one is used.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let inner = Inner {
            checks: http(&config).build().map_err(ConfigError::Transport)?,
            // A connection keeps the buffer of its largest answer, 400 KB of a page. Were pages read over the
            // checks' connections, all of those would come to hold as much.
            upkeep: http(&config)
                .pool_max_idle_per_host(1)
                .build()
                .map_err(ConfigError::Transport)?,
            authorization: config.authorization.header()?,
            budget: Budget::new(config.calls_per_minute),
            line: Semaphore::new(1),
            clock,
            jitter: AtomicU64::new(config.jitter_seed),
            config,
        };
        Ok(Api { inner: Arc::new(inner) })
    }

    /// Sends away whoever waits in line: the program stops.
    pub fn close_line(&self) {
        self.inner.line.close();
    }

    /// Takes a status check's calls out of the budget, in the order of asking. False when they have to be
    /// taken, or refused, at the attempts themselves.
    pub(crate) async fn paid_in_line(&self, calls: usize) -> bool {
        let Inner {
            config,
            budget,
            line,
            clock,
            ..
        } = &*self.inner;
        if !config.waits_in_line {
            return false;
        }
        let Ok(_first) = line.acquire().await else {
            return false;
        };
        while !line.is_closed() {
            let now = clock.now();
            match budget.take_all(Share::Checks, calls, now) {
                Ok(()) => return true,
                Err(retry_at) if retry_at.duration_since(now) > LONGEST_WAIT => return false,
                Err(_) => tokio::time::sleep(LOOK_EVERY).await,
            }
        }
        false
    }

    /// Takes a status check's calls out of the budget, all or none of them.
    pub(crate) fn pay(&self, calls: usize) -> Result<(), CallError> {
        let Inner { budget, clock, .. } = &*self.inner;
        let paid = budget.take_all(Share::Checks, calls, clock.now());
        paid.map_err(|retry_at| CallError::BudgetSpent { retry_at })
    }

    /// Now, by the program's clock.
    pub(crate) fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// How long one question may take with all its pages and repetitions.
    pub(crate) fn deadline(&self) -> Duration {
        self.inner.config.deadline
    }

    /// Says why a question has no answer. An empty budget is the plan at work, not a fault.
    pub(crate) fn note_failure(&self, question: &'static str, error: &CallError) {
        let provider = self.inner.config.provider.as_str();
        let error = error as &dyn core::error::Error;
        if matches!(error.downcast_ref(), Some(CallError::BudgetSpent { .. })) {
            tracing::debug!(provider, question, error, "the call has to wait");
        } else {
            tracing::warn!(provider, question, error, "no usable answer");
        }
    }

    /// Bounds a question in time, and says once in the log why it has no answer.
    pub(crate) async fn ask<T>(
        &self,
        question: &'static str,
        answer: impl Future<Output = Result<T, CallError>> + Send,
    ) -> Result<T, ProviderError> {
        self.within(self.inner.config.deadline, answer).await.map_err(|error| {
            self.note_failure(question, &error);
            error.into()
        })
    }

    /// Bounds a question in time.
    pub(crate) async fn within<T, E: From<CallError>>(
        &self,
        deadline: Duration,
        answer: impl Future<Output = Result<T, E>> + Send,
    ) -> Result<T, E> {
        tokio::time::timeout(deadline, answer)
            .await
            .unwrap_or_else(|_| Err(CallError::OutOfTime.into()))
    }

    /// Makes a request and reads its answer as JSON.
    pub(crate) async fn json<T: DeserializeOwned>(&self, request: &Request) -> Result<T, CallError> {
        parse(&self.bytes(request).await?)
    }

    /// Makes a request, more than once if it may be and needs to.
    pub(crate) async fn bytes(&self, request: &Request) -> Result<Vec<u8>, CallError> {
        let config = &self.inner.config;
        let attempts = if request.repeatable { config.max_attempts } else { 1 };
        let seed = self.inner.jitter.fetch_add(1, Ordering::Relaxed);
        let pauses = ExponentialBuilder::new()
            .with_min_delay(config.backoff)
            .with_factor(2.0)
            .with_jitter()
            .with_jitter_seed(seed)
            .with_max_times(usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX));
        (|| self.attempt(request)).retry(pauses).when(CallError::passes).await
    }

    async fn attempt(&self, request: &Request) -> Result<Vec<u8>, CallError> {
        let Inner {
            checks,
            upkeep,
            authorization,
            config,
            budget,
            clock,
            ..
        } = &*self.inner;
        if !request.paid.swap(false, Ordering::Relaxed) {
            budget
                .take(request.share, clock.now())
                .map_err(|retry_at| CallError::BudgetSpent { retry_at })?;
        }
        let http = match request.share {
            Share::Checks => checks,
            Share::Upkeep => upkeep,
        };
        let mut outgoing = http
            .request(
                request.method.clone(),
                endpoint(&config.base_url, &request.path, &request.query),
            )
            .header(
                AUTHORIZATION,
                request.authorization.as_ref().unwrap_or(authorization).clone(),
            )
            .header(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(timeout) = request.timeout {
            outgoing = outgoing.timeout(timeout);
        }
        if let Some(body) = &request.body {
            outgoing = body.put_into(outgoing)?;
        }
        let response = outgoing.send().await.map_err(CallError::transport)?;
        match self.judge(response.status(), response.headers()) {
            Ok(()) => read(response, LARGEST_ANSWER).await,
            Err(CallError::NotFound { .. }) => Err(CallError::NotFound {
                code: self.error_code(response).await,
            }),
            Err(CallError::Unauthorized { status, .. }) => Err(CallError::Unauthorized {
                status,
                code: self.error_code(response).await,
            }),
            Err(CallError::Refused { status, .. }) => Err(CallError::Refused {
                status,
                code: self.error_code(response).await,
            }),
            Err(error) => Err(error),
        }
    }

    async fn error_code(&self, response: Response) -> Option<String> {
        let body = read(response, LARGEST_REFUSAL).await.ok()?;
        self.inner.config.error_code.read(&body)
    }

    /// What a status asks of the caller.
    fn judge(&self, status: StatusCode, headers: &HeaderMap) -> Result<(), CallError> {
        let Inner {
            config, budget, clock, ..
        } = &*self.inner;
        if status.is_success() {
            return Ok(());
        }
        let now = clock.now();
        let asked = asked_pause(headers, now);
        Err(match status.as_u16() {
            status @ (401 | 403) => CallError::Unauthorized { status, code: None },
            404 => CallError::NotFound { code: None },
            429 => {
                let default = now.checked_add(config.rate_limit_pause).unwrap_or(Timestamp::MAX);
                let retry_at = asked.unwrap_or(default);
                budget.close_until(retry_at);
                CallError::RateLimited { retry_at }
            }
            status if status >= 500 => CallError::Failing {
                status,
                retry_at: asked,
            },
            status => CallError::Refused { status, code: None },
        })
    }
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api")
            .field("config", &self.inner.config)
            .finish_non_exhaustive()
    }
}

/// What all connections have in common.
fn http(config: &ApiConfig) -> ClientBuilder {
    let builder = Client::builder()
        .user_agent(concat!("rekindle/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(config.request_timeout)
        .timeout(config.request_timeout)
        // No redirect is documented, and one could carry the reference to another host.
        .redirect(Policy::none());
    if is_loopback(&config.base_url) {
        // A proxy of the environment cannot reach this machine's own ports.
        builder.no_proxy()
    } else {
        builder
    }
}

/// Joins the base URL, a path that begins with a slash, and an encoded query.
fn endpoint(base: &Url, path: &str, query: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    url.set_query(Some(query).filter(|query| !query.is_empty()));
    url
}

fn asked_pause(headers: &HeaderMap, now: Timestamp) -> Option<Timestamp> {
    retry_after(headers.get(RETRY_AFTER)?.to_str().ok()?, now)
}

async fn read(mut response: Response, most: usize) -> Result<Vec<u8>, CallError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(CallError::transport)? {
        if body.len() + chunk.len() > most {
            return Err(CallError::Unreadable("it is too long"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

impl Request {
    /// A `GET`, which may always be repeated.
    pub(crate) fn get(path: &str, pairs: &[(&str, &str)], share: Share) -> Self {
        Request {
            method: Method::GET,
            path: path.to_owned(),
            query: query(pairs),
            body: None,
            repeatable: true,
            share,
            authorization: None,
            paid: AtomicBool::new(false),
            timeout: None,
        }
    }

    /// The same, whose first attempt's call has been taken already, or not.
    pub(crate) fn paid(self, paid: bool) -> Self {
        Request {
            paid: AtomicBool::new(paid),
            ..self
        }
    }
}
