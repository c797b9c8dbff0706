//! Keeps the campaign that runs, and notices when another one does.

use core::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use journey::Campaign;
use journey::port::{Clock, LoadCampaign, StoreError};
use law::{Law, Override};

use crate::package::PackageError;
use crate::running::{Head, Running};

/// How long a campaign runs on before the store is asked for another one.
///
/// Asking costs a read each time, and a change of words can wait a minute: it is also what
/// `rekindle campaign push` promises.
pub const LOOK_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// Keeps what a function needs of the campaign that runs: a [`Head`], a [`Running`], or what it makes of one.
#[derive(Debug)]
pub struct Loader<T> {
    kept: Mutex<Option<Kept<T>>>,
}

#[derive(Debug)]
struct Kept<T> {
    version: String,
    looked_at: Timestamp,
    campaign: Arc<T>,
}

/// What can be loaded of a version that is stored.
pub trait Loadable: Sized + Send + Sync {
    /// Loads it.
    fn load<P: LoadCampaign>(ports: &P, version: &str) -> impl Future<Output = Result<Self, LoadError>> + Send;

    /// Its rules.
    fn rules(&self) -> &Campaign;
}

/// Why no campaign can be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// None was ever pushed.
    #[error("no campaign was pushed yet: push one with `rekindle campaign push campaign.toml --to URL`")]
    None,
    /// The one that should run is not there.
    #[error("the campaign {version} should run, but is not stored: push it again")]
    Missing {
        /// Its version.
        version: String,
    },
    /// The one that should run cannot be used.
    #[error("the campaign {version} cannot be run")]
    Package {
        /// Its version.
        version: String,
        /// Why.
        #[source]
        source: PackageError,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<T> Default for Loader<T> {
    fn default() -> Self {
        Loader { kept: Mutex::new(None) }
    }
}

impl<T: Loadable> Loader<T> {
    /// A loader that has loaded nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Loader::default()
    }

    /// The campaign that runs; the store is asked at most once in [`LOOK_EVERY`].
    ///
    /// A store that fails, or a new version that cannot be run, is logged, and the campaign goes on that ran
    /// before: reminders do not stop because of a push.
    ///
    /// # Errors
    /// Nothing was loaded before, and nothing can be loaded now.
    pub async fn current<P: LoadCampaign + Clock>(&self, ports: &P) -> Result<Arc<T>, LoadError> {
        let now = ports.now();
        let Some((version, kept)) = self.kept() else {
            let version = ports.active_campaign().await?.ok_or(LoadError::None)?;
            return Ok(self.keep(now, &version, T::load(ports, &version).await?));
        };
        if !self.takes_a_look(now) {
            return Ok(kept);
        }
        match newer(ports, &version).await {
            Ok(Some((newer, campaign))) => {
                tracing::info!(from = version, to = newer, "another campaign runs");
                Ok(self.keep(now, &newer, campaign))
            }
            Ok(None) => Ok(kept),
            Err(error) => {
                let error: &(dyn core::error::Error + 'static) = &error;
                tracing::error!(error, version, "no other campaign could be loaded; this one goes on");
                Ok(kept)
            }
        }
    }

    fn kept(&self) -> Option<(String, Arc<T>)> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().map(|kept| (kept.version.clone(), kept.campaign.clone()))
    }

    /// Is it time to look, and is nobody else looking? A look that fails counts: the next one is not sooner.
    fn takes_a_look(&self, now: Timestamp) -> bool {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(kept) = kept.as_mut() else {
            return true;
        };
        // A clock that was put back must not stop the looking.
        let due = now.duration_since(kept.looked_at).abs() >= LOOK_EVERY;
        if due {
            kept.looked_at = now;
        }
        due
    }

    fn keep(&self, now: Timestamp, version: &str, campaign: T) -> Arc<T> {
        tell_of_the_law(now, version, &campaign.rules().law);
        let campaign = Arc::new(campaign);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = Some(Kept {
            version: version.to_owned(),
            looked_at: now,
            campaign: campaign.clone(),
        });
        campaign
    }
}

/// Says in the log what this campaign overrides, and that somebody should look at the law again.
fn tell_of_the_law(now: Timestamp, version: &str, law: &Law) {
    for over in law.overrides() {
        let Override {
            whose, until, because, ..
        } = over;
        tracing::warn!(version, rule = %whose, %until, because, "the campaign overrides a rule of law");
    }
    if law.is_stale(TimeZone::UTC.to_datetime(now).date()) {
        tracing::warn!(checked_on = %law.checked_on, "the law was last looked up more than 180 days ago: look again");
    }
}

/// The version that runs now, if it is not the one that is loaded.
async fn newer<T: Loadable, P: LoadCampaign>(ports: &P, loaded: &str) -> Result<Option<(String, T)>, LoadError> {
    let version = ports.active_campaign().await?.ok_or(LoadError::None)?;
    if version == loaded {
        return Ok(None);
    }
    let campaign = T::load(ports, &version).await?;
    Ok(Some((version, campaign)))
}

impl Loadable for Head {
    async fn load<P: LoadCampaign>(ports: &P, version: &str) -> Result<Self, LoadError> {
        let head = head(ports, version).await?;
        Head::open(&head).map_err(|source| unusable(version, source))
    }

    fn rules(&self) -> &Campaign {
        &self.rules
    }
}

impl Loadable for Running {
    async fn load<P: LoadCampaign>(ports: &P, version: &str) -> Result<Self, LoadError> {
        let head = head(ports, version).await?;
        let messages = ports.campaign_messages(version).await?;
        let messages = messages.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        Running::open(&head, messages).map_err(|source| unusable(version, source))
    }

    fn rules(&self) -> &Campaign {
        &self.head.rules
    }
}

async fn head<P: LoadCampaign>(ports: &P, version: &str) -> Result<String, LoadError> {
    ports.campaign_head(version).await?.ok_or_else(|| LoadError::Missing {
        version: version.to_owned(),
    })
}

fn unusable(version: &str, source: PackageError) -> LoadError {
    LoadError::Package {
        version: version.to_owned(),
        source,
    }
}
