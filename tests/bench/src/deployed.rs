//! The campaign as a deployment runs it, and the invented secrets of the events in `events/`.

use anyhow::Context;
use campaign::{CampaignFiles, EXAMPLE, LoadedCampaign, Package, Running};
use journey::IdKey;
use journey::link::LinkKey;
use touchpoint::Composer;
use webhook::{Secret, Secrets};

use crate::load::SECRET;

/// The key of identifiers.
pub(crate) const IDENTITY_KEY: &str = "an invented key of 32 bytes long";

/// Where customers' pages are said to be.
pub(crate) const PUBLIC_URL: &str = "https://remind.example.com";

/// The example's campaign, which is the standard one, checked.
pub(crate) fn example() -> anyhow::Result<LoadedCampaign> {
    LoadedCampaign::check(&CampaignFiles::single("campaign.toml", EXAMPLE)).context("the example campaign")
}

/// The key of identifiers.
pub(crate) fn id_key() -> anyhow::Result<IdKey> {
    Ok(IdKey::new(IDENTITY_KEY)?)
}

/// What the functions make of a campaign and their secrets.
pub(crate) struct Deployed {
    pub(crate) id_key: IdKey,
    pub(crate) links: LinkKey,
    pub(crate) running: Running,
    pub(crate) composer: Composer,
    pub(crate) pages: pages::Pages,
    pub(crate) webhook: webhook::Config,
}

impl Deployed {
    pub(crate) fn new(package: Package) -> anyhow::Result<Self> {
        let id_key = id_key()?;
        let links = LinkKey::new(id_key.derive("link"));
        let running = package.open()?;
        let head = running.head.clone();
        Ok(Deployed {
            webhook: webhook::Config {
                leap: Some(Secrets {
                    current: Secret::new(SECRET)?,
                    other: None,
                }),
                bayou: None,
                light: None,
                id_key: id_key.clone(),
                reserved_prefixes: Vec::new(),
            },
            pages: pages::Pages {
                enrollment: pages::Enrollment::None,
                links: links.clone(),
                brand: pages::Brand {
                    name: head.brand.brand.clone(),
                    support_email: head.brand.support_email.clone(),
                    minutes_needed: head.brand.minutes_needed,
                },
                directory: head.utilities.clone(),
                sends_events: false,
            },
            composer: Composer {
                templates: running.templates.clone(),
                brand: head.brand,
                directory: head.utilities,
                default_locale: head.locales.default,
                offered: head.locales.offered,
                id_key: id_key.clone(),
                links: links.clone(),
                public_url: PUBLIC_URL.to_owned(),
                senders: touchpoint::Senders::default(),
            },
            links,
            running,
            id_key,
        })
    }
    /// What `meter-check` must know besides its ports.
    pub(crate) fn meter_check(&self) -> meter_check::Config<'_> {
        meter_check::Config {
            id_key: &self.id_key,
            asks_for_a_code: &|_| None,
        }
    }
}
