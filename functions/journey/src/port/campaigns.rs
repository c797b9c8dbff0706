//! Campaigns as they were pushed.

use core::future::Future;

use jiff::Timestamp;

use crate::port::StoreError;

/// A campaign as it was pushed: opaque texts, whose form the `campaign` crate knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushedCampaign {
    /// Its version: a hash of all of it.
    pub version: String,
    /// When it was first pushed.
    pub pushed_at: Timestamp,
    /// Everything but the words of the messages.
    pub head: String,
    /// The messages' words, by name.
    pub messages: Vec<(String, String)>,
}

/// One pushed version, without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CampaignVersion {
    /// Its name.
    pub version: String,
    /// When it was first pushed.
    pub pushed_at: Timestamp,
    /// Is it the one that runs?
    pub active: bool,
}

/// Reads the campaign that runs.
pub trait LoadCampaign: Sync {
    /// Which version runs; none before the first push.
    fn active_campaign(&self) -> impl Future<Output = Result<Option<String>, StoreError>> + Send;

    /// A version's head alone: all that a function needs that writes to nobody.
    fn campaign_head(&self, version: &str) -> impl Future<Output = Result<Option<String>, StoreError>> + Send;

    /// A version's messages.
    fn campaign_messages(
        &self,
        version: &str,
    ) -> impl Future<Output = Result<Vec<(String, String)>, StoreError>> + Send;
}

/// Pushes campaigns and rolls them back.
pub trait KeepCampaign: Sync {
    /// Stores a version; one that is there already stays as it is.
    fn save_campaign(&self, campaign: &PushedCampaign) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Makes a stored version the one that runs. Answers whether there is such a version.
    fn activate_campaign(&self, version: &str) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// The versions that are stored, the latest first.
    fn campaign_versions(&self) -> impl Future<Output = Result<Vec<CampaignVersion>, StoreError>> + Send;
}
