//! A deployment's API, as far as it is about campaigns.

use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use jiff::Timestamp;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use url::{Host, Url};

use crate::config::environment;

/// A push takes a second; a function that starts for it may take some more. API Gateway gives up after 30.
const TIMEOUT: Duration = Duration::from_secs(40);

/// The largest answer that is read; a list of versions has some 100 bytes for each.
const LARGEST_ANSWER: usize = 1024 * 1024;

/// Which deployment, and how to be let in.
#[derive(Args)]
pub(crate) struct Deployment {
    /// The address of the deployment's API: what `sam deploy` prints as `ApiUrl`.
    #[arg(long, value_name = "URL")]
    to: Url,
    /// The environment variable that holds the API's bearer token.
    #[arg(long, value_name = "NAME", default_value = "REKINDLE_API_TOKEN")]
    token_env: String,
}

/// A client of the API.
pub(crate) struct Api {
    http: Client,
    authorization: HeaderValue,
    to: Url,
    token_env: String,
}

/// The campaigns that a deployment has.
#[derive(Deserialize)]
pub(crate) struct Campaigns {
    /// The version that runs.
    pub(crate) active: Option<String>,
    /// Those that are stored.
    pub(crate) versions: Vec<Stored>,
}

/// A version that is stored.
#[derive(Deserialize)]
pub(crate) struct Stored {
    /// Its name.
    pub(crate) version: String,
    /// When it was first pushed.
    pub(crate) pushed_at: Timestamp,
    /// Is it the one that runs?
    pub(crate) active: bool,
}

/// What came of an activation.
pub(crate) enum Activated {
    /// The version runs now.
    Done,
    /// There is no such version.
    NoSuchVersion,
}

/// A refusal, as RFC 9457 writes it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Problem {
    title: String,
    detail: String,
}

impl Deployment {
    /// The address, for a command that the operator may type next.
    pub(crate) fn address(&self) -> &str {
        self.to.as_str().trim_end_matches('/')
    }

    /// A client, with the token that the environment holds.
    pub(crate) fn api(&self) -> anyhow::Result<Api> {
        let loopback = match self.to.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        // The token would be readable on the way; only a stand-in on this machine has no way.
        if self.to.scheme() != "https" && !(loopback && self.to.scheme() == "http") {
            bail!("--to must be an https URL, such as https://abc123.execute-api.us-west-2.amazonaws.com");
        }
        let name = &self.token_env;
        let token = environment(name)
            .filter(|token| !token.trim().is_empty())
            .with_context(|| {
                format!(
                    "the bearer token is read from the environment variable {name}, which is not set; --token-env \
                     names another one"
                )
            })?;
        let mut authorization = HeaderValue::from_str(&format!("Bearer {}", token.trim()))
            .ok()
            .with_context(|| format!("the environment variable {name} holds characters that no token has"))?;
        authorization.set_sensitive(true);
        // An error means that the process has a provider already, and then that one is used.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .user_agent(concat!("rekindle/", env!("CARGO_PKG_VERSION")))
            .timeout(TIMEOUT)
            // A redirect could carry the token to another host.
            .redirect(Policy::none());
        if loopback {
            // A proxy of the environment cannot reach this machine's own ports.
            builder = builder.no_proxy();
        }
        Ok(Api {
            http: builder.build()?,
            authorization,
            to: self.to.clone(),
            token_env: name.clone(),
        })
    }
}

impl Api {
    /// The versions that are stored, and the one that runs.
    pub(crate) async fn campaigns(&self) -> anyhow::Result<Campaigns> {
        let response = self.send(self.request(Method::GET, &["campaign"])?).await?;
        self.answer(response).await
    }

    /// Stores a package and makes it the one that runs.
    pub(crate) async fn push(&self, package: String) -> anyhow::Result<()> {
        let request = self
            .request(Method::PUT, &["campaign"])?
            .header(CONTENT_TYPE, "application/json")
            .body(package);
        let response = self.send(request).await?;
        if response.status().is_success() {
            return Ok(());
        }
        Err(self.refused(response).await)
    }

    /// Makes a stored version the one that runs.
    pub(crate) async fn activate(&self, version: &str) -> anyhow::Result<Activated> {
        let request = self
            .request(Method::PUT, &["campaign", "active"])?
            .json(&json!({ "version": version }));
        let response = self.send(request).await?;
        if response.status().is_success() {
            return Ok(Activated::Done);
        }
        // A 404 that is no problem+json comes from something that is not our API.
        if response.status() == StatusCode::NOT_FOUND && is_problem(&response) {
            return Ok(Activated::NoSuchVersion);
        }
        Err(self.refused(response).await)
    }

    fn request(&self, method: Method, path: &[&str]) -> anyhow::Result<RequestBuilder> {
        let mut url = self.to.clone();
        url.path_segments_mut()
            .ok()
            .context("--to must be an https URL")?
            .pop_if_empty()
            .extend(path);
        Ok(self
            .http
            .request(method, url)
            .header(AUTHORIZATION, self.authorization.clone()))
    }

    async fn send(&self, request: RequestBuilder) -> anyhow::Result<Response> {
        let sent = request.send().await.map_err(reqwest::Error::without_url);
        sent.with_context(|| format!("cannot reach the deployment at {}", self.to))
    }

    /// Reads an answer, or says why there is none.
    async fn answer<T: DeserializeOwned>(&self, response: Response) -> anyhow::Result<T> {
        if !response.status().is_success() {
            return Err(self.refused(response).await);
        }
        let body = body(response).await?;
        serde_json::from_slice(&body).with_context(|| {
            format!(
                "what answers at {} is not the API of a deployment of this release",
                self.to
            )
        })
    }

    async fn refused(&self, response: Response) -> anyhow::Error {
        let (status, to) = (response.status(), &self.to);
        let is_problem = is_problem(&response);
        if status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN {
            let name = &self.token_env;
            return anyhow::anyhow!("{to} does not accept the bearer token that {name} holds ({status})");
        }
        if status == StatusCode::NOT_FOUND && !is_problem {
            return anyhow::anyhow!(
                "there is no campaign API at {to} ({status}); --to takes what `sam deploy` prints as `ApiUrl`"
            );
        }
        let body = body(response).await.unwrap_or_default();
        let problem: Problem = serde_json::from_slice(&body).unwrap_or_default();
        let said: String = [problem.title, problem.detail]
            .iter()
            .filter(|text| !text.is_empty())
            .map(|text| format!(": {text}"))
            .collect();
        let hint = if status.is_server_error() {
            "; nothing is lost by trying again"
        } else {
            ""
        };
        anyhow::anyhow!("{to} answered {status}{said}{hint}")
    }
}

fn is_problem(response: &Response) -> bool {
    response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/problem+json"))
}

async fn body(mut response: Response) -> anyhow::Result<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(reqwest::Error::without_url)? {
        anyhow::ensure!(body.len() + chunk.len() <= LARGEST_ANSWER, "the answer is too large");
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
