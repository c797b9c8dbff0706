//! The campaign of a deployment: pushed, looked at, and rolled forward or back.
//!
//! On one machine the campaign is a file, so these addresses are there and say so.

use campaign::{MAX_PACKAGE_BYTES, Package, PackageError};
use http::request::Parts;
use http::{Method, Request, StatusCode, Uri};

use journey::port::{Clock, KeepCampaign, StoreError, Timestamp};
use serde::{Deserialize, Serialize};

use super::answer::{self, Reply, json};
use super::problem::Problem;
use super::tokens::Tokens;

/// The longest body that is read: a whole campaign.
pub const MAX_BODY_BYTES: usize = MAX_PACKAGE_BYTES;

/// Is this one of the campaign's addresses?
#[must_use]
pub fn serves(uri: &Uri) -> bool {
    Route::of(uri).is_some()
}

#[derive(Clone, Copy)]
enum Route {
    Campaign,
    Active,
}

impl Route {
    fn of(uri: &Uri) -> Option<Self> {
        match uri.path() {
            "/campaign" => Some(Route::Campaign),
            "/campaign/active" => Some(Route::Active),
            _ => None,
        }
    }

    const fn allow(self) -> &'static str {
        match self {
            Route::Campaign => "GET, HEAD, PUT",
            Route::Active => "PUT",
        }
    }
}

/// What is stored, and what runs.
#[derive(Serialize)]
struct Campaigns {
    active: Option<String>,
    versions: Vec<Version>,
}

#[derive(Serialize)]
struct Version {
    version: String,
    pushed_at: Timestamp,
    active: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Activation {
    version: String,
}

/// Answers one request: `PUT /campaign` stores a package and makes it the one that runs, `GET /campaign`
/// tells the versions, `PUT /campaign/active` makes a stored version the one that runs.
pub async fn handle<P, B>(ports: &P, tokens: &Tokens, request: Request<B>) -> Reply
where
    P: Clock + KeepCampaign,
    B: AsRef<[u8]>,
{
    let (parts, body) = request.into_parts();
    let reply = match admit(tokens, &parts) {
        Ok(route) => respond(ports, route, &parts.method, body.as_ref()).await,
        Err(problem) => Err(problem),
    };
    answer::for_method(&parts.method, reply.unwrap_or_else(|problem| problem.reply()))
}

/// The answer where the campaign is a file.
#[must_use]
pub fn elsewhere(tokens: &Tokens, parts: &Parts) -> Reply {
    let problem = match admit(tokens, parts) {
        Ok(_) => Problem::new(
            StatusCode::NOT_FOUND,
            "Here the campaign is a file: the one that rekindle.toml names. Change it there and start anew.",
        ),
        Err(problem) => problem,
    };
    answer::for_method(&parts.method, problem.reply())
}

fn admit(tokens: &Tokens, parts: &Parts) -> Result<Route, Problem> {
    let route = Route::of(&parts.uri).ok_or_else(Problem::nothing_here)?;
    if !tokens.admit(&parts.headers) {
        return Err(Problem::unauthorized());
    }
    if route
        .allow()
        .split(", ")
        .any(|allowed| allowed == parts.method.as_str())
    {
        Ok(route)
    } else {
        Err(Problem::not_allowed(route.allow()))
    }
}

async fn respond<P>(ports: &P, route: Route, method: &Method, body: &[u8]) -> Result<Reply, Problem>
where
    P: Clock + KeepCampaign,
{
    match route {
        Route::Campaign if method == Method::PUT => push(ports, body).await?,
        Route::Campaign => {}
        Route::Active => {
            let Activation { version } = object(body)?;
            activate(ports, &version).await?;
        }
    }
    let versions = ports.campaign_versions().await.map_err(|error| unavailable(&error))?;
    let told = Campaigns {
        active: versions.iter().find(|one| one.active).map(|one| one.version.clone()),
        versions: versions
            .into_iter()
            .map(|one| Version {
                version: one.version,
                pushed_at: one.pushed_at,
                active: one.active,
            })
            .collect(),
    };
    Ok(json(StatusCode::OK, &told))
}

/// Stored first, then made the one that runs: whoever looks in between sees the former one, whole.
async fn push<P>(ports: &P, body: &[u8]) -> Result<(), Problem>
where
    P: Clock + KeepCampaign,
{
    let text = core::str::from_utf8(body).map_err(|_| Problem::bad_request("The body is not UTF-8."))?;
    let pushed = Package::from_json(text)
        .and_then(|package| package.to_pushed(ports.now()))
        .map_err(|error| refused(&error))?;
    ports
        .save_campaign(&pushed)
        .await
        .map_err(|error| unavailable(&error))?;
    activate(ports, &pushed.version).await?;
    tracing::info!(version = pushed.version, "campaign pushed");
    Ok(())
}

async fn activate<P: KeepCampaign>(ports: &P, version: &str) -> Result<(), Problem> {
    if ports
        .activate_campaign(version)
        .await
        .map_err(|error| unavailable(&error))?
    {
        tracing::info!(version, "campaign activated");
        Ok(())
    } else {
        Err(Problem::new(
            StatusCode::NOT_FOUND,
            "There is no such version; GET /campaign lists those that are stored.",
        ))
    }
}

/// The package is the partner's own and names no person, so what is wrong with it may be said in full.
fn refused(error: &PackageError) -> Problem {
    let status = match error {
        PackageError::Unreadable(_) => StatusCode::BAD_REQUEST,
        PackageError::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        PackageError::Format(_) | PackageError::Wrong(_) | PackageError::Message(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    Problem::new(status, error.to_string())
}

/// An object first: serde would take a list as well, field by field.
fn object<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(body)
        .and_then(|fields| T::deserialize(serde_json::Value::Object(fields)))
        .map_err(|_| Problem::bad_request("Write {\"version\": \"...\"}, and nothing else."))
}

fn unavailable(error: &StoreError) -> Problem {
    Problem::unavailable(error)
}
