//! What a play needs besides its world: the campaign, the words, the configuration.

use campaign::{CampaignFiles, LoadedCampaign};
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use journey::link::LinkKey;
use journey::{Campaign, IdKey};
use pages::Pages;
use sha2::Sha256;
use toml::{Table, Value};
use touchpoint::Composer;
use webhook::{Envelope, LightHook, SignatureEncoding, SignatureForm, SignatureHash, SigningKey};

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
                enrollment: pages::Enrollment::OwnPages {
                    public_url: "https://reminders.example.com".to_owned(),
                },
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
                light: Some(light_hook()),
                id_key: id_key.clone(),
                reserved_prefixes: vec!["leap-test-".to_owned()],
            },
            reconcile: reconcile::Config::new(id_key),
        }
    }
}

/// Light's webhooks as the stories have them; how Light itself signs and wraps them is not documented.
fn light_hook() -> LightHook {
    LightHook {
        keys: vec![SigningKey::new(SECRET).unwrap()],
        signature: SignatureForm {
            header: SIGNATURE.parse().unwrap(),
            hash: SignatureHash::Sha256,
            encoding: SignatureEncoding::Hex,
            prefix: "sha256=".to_owned(),
        },
        envelope: Envelope {
            event_type: "placeholder.event_type".to_owned(),
            account: "placeholder.account_uuid".to_owned(),
            event_id: Some("placeholder.id".to_owned()),
        },
    }
}

/// A webhook of Light's as the stories have it, and its signature.
#[must_use]
pub fn light_webhook(kind: &str, account: &str, id: &str) -> (Vec<u8>, Vec<u8>) {
    let part = serde_json::json!({ "event_type": kind, "account_uuid": account, "id": id });
    let body = serde_json::to_vec(&serde_json::json!({ "placeholder": part })).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(&body);
    let signature = HEXLOWER.encode(&mac.finalize().into_bytes());
    (body, format!("sha256={signature}").into_bytes())
}

/// The header of Light's signature in the stories.
pub const SIGNATURE: &str = "x-light-signature";

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
