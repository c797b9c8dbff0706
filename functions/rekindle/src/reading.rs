//! A data folder as a command opens it, also while `serve` is running on it.

use embedded::Store;
use journey::{Campaign, IdKey};

use crate::cli::Place;
use crate::config::Config;

/// The store of a data folder, and what names people in it.
pub(crate) struct Reading {
    pub(crate) store: Store,
    pub(crate) id_key: IdKey,
    pub(crate) rules: Campaign,
}

impl Reading {
    /// Opens the folder beside whoever else uses it: the database decides who writes when.
    pub(crate) fn open(place: &Place) -> anyhow::Result<Self> {
        let config = Config::load(&place.config)?;
        let campaign = crate::commands::campaign::load(&config.campaign)?;
        let store = Store::visit(&place.data, config.id_key.clone())?;
        Ok(Reading {
            store,
            id_key: config.id_key,
            rules: campaign.rules,
        })
    }
}
