//! What a play needs besides its world: the campaign, the words, the configuration.

use campaign::{CampaignFiles, LoadedCampaign};
use journey::link::LinkKey;
use journey::{Campaign, IdKey};
use pages::Pages;
use toml::{Table, Value};
use touchpoint::Composer;

use crate::scenario::Scenario;

/// The webhook secret of every scenario.
pub const SECRET: &str = "an invented secret of some length";

/// The campaign of the scenarios: the example, but everybody gets the first reminder after its own
/// 45 minutes, so that a reader can follow the times.
const WITHOUT_EXPERIMENT: &str = "experiment = { holdout = \"0%\", arm = [] }
hours.code = { start = \"00:00\", end = \"24:00\" }";

/// The use cases' configuration.
#[derive(Debug)]
pub struct Stage {
    /// The rules.
    pub rules: Campaign,
    /// The words.
    pub composer: Composer,
    /// The customers' pages.
    pub pages: Pages,
    /// The webhook's receiver.
    pub webhook: webhook::Config,
    /// The reconciliation.
    pub reconcile: reconcile::Config,
}

impl Stage {
    /// Sets the stage for a scenario.
    #[must_use]
    pub fn of(scenario: &Scenario) -> Self {
        let mut stage = Stage::with(&scenario.campaign);
        stage.reconcile.max_pages = scenario.max_pages;
        stage
    }

    /// Sets the stage with a campaign that differs from the scenarios' own in `tweaks`.
    ///
    /// # Panics
    /// When such a campaign is not allowed.
    #[must_use]
    pub fn with(tweaks: &Table) -> Self {
        let mut table: Table = campaign::EXAMPLE.parse().unwrap();
        merge(&mut table, &WITHOUT_EXPERIMENT.parse().unwrap());
        merge(&mut table, tweaks);
        let text = toml::to_string(&table).unwrap();
        let loaded = LoadedCampaign::check(&CampaignFiles::single("campaign.toml", &text));
        let loaded = loaded.unwrap_or_else(|errors| panic!("{errors}"));
        let id_key = id_key();
        let links = LinkKey::new(id_key.derive("link"));
        Stage {
            pages: Pages {
                sends_events: loaded.rules.sends_by(journey::campaign::Channel::Event),
                links: links.clone(),
                brand: pages::Brand {
                    name: loaded.brand.brand.clone(),
                    support_email: loaded.brand.support_email.clone(),
                    minutes_needed: loaded.brand.minutes_needed,
                },
                directory: loaded.utilities.clone(),
            },
            composer: Composer {
                templates: loaded.templates,
                brand: loaded.brand,
                directory: loaded.utilities,
                default_locale: loaded.locales.default,
                offered: loaded.locales.offered,
                id_key: id_key.clone(),
                links,
                public_url: "https://reminders.example.com".to_owned(),
                senders: touchpoint::Senders::ALL,
            },
            rules: loaded.rules,
            webhook: webhook::Config {
                leap: Some(webhook::Secrets {
                    current: webhook::Secret::new(SECRET).unwrap(),
                    other: None,
                }),
                bayou: Some(webhook::BayouHook {
                    secrets: webhook::Secrets {
                        current: webhook::Secret::new(SECRET).unwrap(),
                        other: None,
                    },
                    references: journey::References::ExternalId,
                }),
                id_key: id_key.clone(),
                reserved_prefixes: vec!["leap-test-".to_owned()],
            },
            reconcile: reconcile::Config::new(id_key),
        }
    }
}

/// The key of every world's identifiers.
pub(crate) fn id_key() -> IdKey {
    IdKey::new(*b"an invented key of 32 bytes long").unwrap()
}

/// Writes `over` into `table`, tables into tables, everything else in the place of what was there.
fn merge(table: &mut Table, over: &Table) {
    for (key, value) in over {
        match (table.get_mut(key), value) {
            (Some(Value::Table(below)), Value::Table(over)) => merge(below, over),
            (Some(_) | None, _) => {
                table.insert(key.clone(), value.clone());
            }
        }
    }
}
