//! The SDK's clients: one HTTP client and one configuration for all of them.

mod failure;
mod roots;

use core::future::Future;
use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Credentials, Region, SharedCredentialsProvider, SharedHttpClient, StalledStreamProtectionConfig,
};
use aws_smithy_http_client::Builder as HttpBuilder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_types::SdkConfig;

pub(crate) use failure::Failure;

use crate::bills::PostKey;
use crate::config::{ConfigError, Environment};

/// A connection inside one Region is up in a few milliseconds. One that takes a second is lost, and
/// another attempt is a better use of the time.
const CONNECT: Duration = Duration::from_secs(1);

/// A webhook must be answered within 2 s of its last byte (ARCHITECTURE.md, I8). An answer of
/// DynamoDB's takes about 5 ms, so 0.6 s is a lost request, and two more attempts fit into 1.6 s.
const TABLE_ATTEMPT: Duration = Duration::from_millis(600);
const TABLE_OPERATION: Duration = Duration::from_millis(1_600);

/// The SDK's own first pause, up to 1 s, would take the time of the attempt that follows it.
const TABLE_BACKOFF: Duration = Duration::from_millis(25);

/// Calls that nobody waits for on a telephone: a slow attempt is given up in time for another.
const ATTEMPT: Duration = Duration::from_millis(1_400);
const OPERATION: Duration = Duration::from_secs(3);
const BACKOFF: Duration = Duration::from_millis(100);

/// The first attempt and two more, as the SDK's standard mode has it.
const ATTEMPTS: u32 = 3;

/// SES takes large messages, and an answer that we did not wait for leaves a send unknown for ever:
/// better to wait. It is well inside half a claim's lease, 90 s.
const MAIL_OPERATION: Duration = Duration::from_secs(10);

/// A frozen function does not see that a connection was closed. A request on a dead connection fails
/// in a way that may have sent it, so mail goes out on a connection that is young, or a new one.
const MAIL_IDLE: Duration = Duration::from_secs(10);

/// A warm-up that takes longer than this warms nothing: the first event comes, cold or not.
const WARM_UP: Duration = Duration::from_secs(2);

/// Makes the clients of the services, each with limits that fit what it is for.
///
/// Each method makes a new client over the same connections; a function makes those that it calls,
/// once, and links no others.
#[derive(Clone, Debug)]
pub struct Clients {
    shared: SdkConfig,
    mail: SharedHttpClient,
    endpoints: Endpoints,
    post: PostKey,
}

impl Clients {
    /// Takes the Region, the credentials and, for a local stack, the endpoint from where Lambda puts
    /// them: nothing else is asked, no file, no metadata service.
    ///
    /// Read are `AWS_REGION` or `AWS_DEFAULT_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
    /// `AWS_SESSION_TOKEN`, `AWS_ENDPOINT_URL` and its forms for one service, such as
    /// `AWS_ENDPOINT_URL_DYNAMODB`.
    ///
    /// # Errors
    /// [`ConfigError`] names the variables that are missing.
    pub fn from_env(environment: &Environment) -> Result<Self, ConfigError> {
        let account = environment.account()?;
        let endpoints = Endpoints::read(environment);
        let tls = tls(&account.region, &endpoints);
        Ok(Self::over(
            account,
            endpoints,
            https(&tls, None),
            https(&tls, Some(MAIL_IDLE)),
        ))
    }

    /// Clients over a wire that a test looks at.
    #[cfg(test)]
    pub(crate) fn over_wire(account: Account, http: impl aws_sdk_dynamodb::config::HttpClient + 'static) -> Self {
        let http = SharedHttpClient::new(http);
        Self::over(account, Endpoints::default(), http.clone(), http)
    }

    fn over(account: Account, endpoints: Endpoints, http: SharedHttpClient, mail: SharedHttpClient) -> Self {
        let post = PostKey {
            region: account.region.clone(),
            access_key_id: account.access_key_id.clone(),
            secret_access_key: account.secret_access_key.clone(),
            session_token: account.session_token.clone(),
            endpoint: endpoints.of("S3"),
        };
        let credentials = Credentials::new(
            account.access_key_id,
            account.secret_access_key,
            account.session_token,
            None,
            "Environment",
        );
        let shared = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(account.region))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(http)
            // It measures long streams; ours are short answers, and every attempt has its limit.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build();
        Clients {
            shared,
            mail,
            endpoints,
            post,
        }
    }

    /// The table.
    #[must_use]
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        let mut config = aws_sdk_dynamodb::config::Builder::from(&self.shared)
            .timeout_config(timeouts(TABLE_ATTEMPT, TABLE_OPERATION))
            .retry_config(retries(TABLE_BACKOFF));
        config.set_endpoint_url(self.endpoints.of("DYNAMODB"));
        aws_sdk_dynamodb::Client::from_conf(config.build())
    }

    /// The schedules.
    #[must_use]
    pub fn scheduler(&self) -> aws_sdk_scheduler::Client {
        let mut config = aws_sdk_scheduler::config::Builder::from(&self.shared)
            .timeout_config(timeouts(ATTEMPT, OPERATION))
            .retry_config(retries(BACKOFF));
        config.set_endpoint_url(self.endpoints.of("SCHEDULER"));
        aws_sdk_scheduler::Client::from_conf(config.build())
    }

    /// Mail. Nothing is ever tried again here: a repeated request could be a second message.
    #[must_use]
    pub fn ses(&self) -> aws_sdk_sesv2::Client {
        let limits = TimeoutConfig::builder()
            .connect_timeout(CONNECT)
            .operation_timeout(MAIL_OPERATION)
            .build();
        let mut config = aws_sdk_sesv2::config::Builder::from(&self.shared)
            .http_client(self.mail.clone())
            .timeout_config(limits)
            .retry_config(RetryConfig::disabled());
        config.set_endpoint_url(self.endpoints.of("SESV2"));
        aws_sdk_sesv2::Client::from_conf(config.build())
    }

    /// Texts. Nothing is ever tried again here: a repeated request could be a second message.
    #[must_use]
    pub fn sns(&self) -> aws_sdk_sns::Client {
        let limits = TimeoutConfig::builder()
            .connect_timeout(CONNECT)
            .operation_timeout(MAIL_OPERATION)
            .build();
        let mut config = aws_sdk_sns::config::Builder::from(&self.shared)
            .http_client(self.mail.clone())
            .timeout_config(limits)
            .retry_config(RetryConfig::disabled());
        config.set_endpoint_url(self.endpoints.of("SNS"));
        aws_sdk_sns::Client::from_conf(config.build())
    }

    /// The bus.
    #[must_use]
    pub fn eventbridge(&self) -> aws_sdk_eventbridge::Client {
        let mut config = aws_sdk_eventbridge::config::Builder::from(&self.shared)
            .timeout_config(timeouts(ATTEMPT, OPERATION))
            .retry_config(retries(BACKOFF));
        config.set_endpoint_url(self.endpoints.of("EVENTBRIDGE"));
        aws_sdk_eventbridge::Client::from_conf(config.build())
    }

    /// The bucket of bills.
    #[must_use]
    pub fn s3(&self) -> aws_sdk_s3::Client {
        let endpoint = self.endpoints.of("S3");
        let mut config = aws_sdk_s3::config::Builder::from(&self.shared)
            .timeout_config(timeouts(ATTEMPT, OPERATION))
            .retry_config(retries(BACKOFF))
            // An emulator has no host name for each bucket.
            .force_path_style(endpoint.is_some());
        config.set_endpoint_url(endpoint);
        aws_sdk_s3::Client::from_conf(config.build())
    }

    /// What signs forms that post to a bucket.
    pub(crate) fn post_key(&self) -> PostKey {
        self.post.clone()
    }

    /// The secrets.
    #[must_use]
    pub fn ssm(&self) -> aws_sdk_ssm::Client {
        let mut config = aws_sdk_ssm::config::Builder::from(&self.shared)
            .timeout_config(timeouts(ATTEMPT, OPERATION))
            .retry_config(retries(BACKOFF));
        config.set_endpoint_url(self.endpoints.of("SSM"));
        aws_sdk_ssm::Client::from_conf(config.build())
    }

    /// The other functions.
    #[must_use]
    pub fn lambda(&self) -> aws_sdk_lambda::Client {
        let mut config = aws_sdk_lambda::config::Builder::from(&self.shared)
            .timeout_config(timeouts(ATTEMPT, OPERATION))
            .retry_config(retries(BACKOFF));
        config.set_endpoint_url(self.endpoints.of("LAMBDA"));
        aws_sdk_lambda::Client::from_conf(config.build())
    }
}

/// What Lambda says of the account that a function runs in.
pub(crate) struct Account {
    pub(crate) region: String,
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    pub(crate) session_token: Option<String>,
}

/// Where the services are, if not at Amazon's own addresses: the variables of every AWS SDK.
#[derive(Clone, Debug, Default)]
struct Endpoints(BTreeMap<&'static str, String>);

impl Endpoints {
    const SERVICES: [&'static str; 8] = [
        "DYNAMODB",
        "SCHEDULER",
        "SESV2",
        "SNS",
        "EVENTBRIDGE",
        "SSM",
        "LAMBDA",
        "S3",
    ];

    fn read(environment: &Environment) -> Self {
        let all = environment.get("AWS_ENDPOINT_URL");
        let of = |service: &str| environment.get(&format!("AWS_ENDPOINT_URL_{service}")).or(all);
        let set = Self::SERVICES
            .into_iter()
            .filter_map(|service| Some((service, of(service)?.to_owned())));
        Endpoints(set.collect())
    }

    fn of(&self, service: &str) -> Option<String> {
        self.0.get(service).cloned()
    }
}

/// Whom to trust: Amazon's own roots, which cost nothing to read, where they sign the endpoints;
/// the machine's where somebody else may.
fn tls(region: &str, endpoints: &Endpoints) -> TlsContext {
    let trusted = if endpoints.0.is_empty() && roots::signed_by_amazon(region) {
        TrustStore::empty().with_pem_certificate(roots::AMAZON)
    } else {
        TrustStore::default()
    };
    // Nothing but the trust store is set, and that is not looked at before the first use.
    TlsContext::builder()
        .with_trust_store(trusted)
        .build()
        .unwrap_or_default()
}

fn https(tls: &TlsContext, idle: Option<Duration>) -> SharedHttpClient {
    let mut builder = HttpBuilder::new();
    if let Some(idle) = idle {
        builder.set_pool_idle_timeout(Some(Some(idle)));
    }
    builder
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(tls.clone())
        .build_https()
}

fn timeouts(attempt: Duration, operation: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(attempt)
        .operation_timeout(operation)
        .build()
}

fn retries(backoff: Duration) -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(ATTEMPTS)
        .with_initial_backoff(backoff)
}

/// Makes a call whose answer does not matter: what counts is that the connection stands afterwards.
///
/// A service's own refusal is an answer like any other. Init must not fail for a call that only saves
/// the first event some time, so nothing else is made of an error either.
pub(crate) async fn warm<T, E>(service: &'static str, call: impl Future<Output = Result<T, E>> + Send)
where
    E: core::error::Error,
{
    match tokio::time::timeout(WARM_UP, call).await {
        Ok(Ok(_)) => tracing::debug!(service, "warmed up"),
        Ok(Err(error)) => tracing::debug!(service, %error, "warmed up, or out of reach"),
        Err(_) => tracing::debug!(service, "not warmed up in time"),
    }
}

#[cfg(test)]
mod tests;
