//! The enrolment to be tried by hand: a program of its own beside the story, whose hours are hours.
//!
//! In the story's time a session would be over after a second.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use jiff::SignedDuration;
use journey::link::LinkKind;
use journey::port::{Clock, Precondition};
use journey::{JourneyId, Provider, Purpose, Reference};
use sandbox::light::{LightConfig, LightSandbox};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::cast::{Cast, SandboxClock, config_of_light, light_config};
use super::{campaign, config};
use crate::service::{self, Service};

/// A visitor's own enrolment, for as long as it is kept.
pub(super) struct Trial {
    /// Where it begins, as a reminder has it.
    pub(super) link: String,
    /// Ends the program with it.
    _stop: oneshot::Sender<()>,
    _server: JoinHandle<anyhow::Result<()>>,
    _light: LightSandbox,
    _folder: tempfile::TempDir,
}

impl Trial {
    pub(super) async fn start(ip: IpAddr, seed: u64) -> anyhow::Result<Self> {
        let listener = service::listen(SocketAddr::new(ip, 0)).await?;
        let public_url = format!("http://{}", listener.local_addr()?);
        let folder = tempfile::tempdir().context("a temporary folder for the trial's data")?;
        let (data, clock) = service::open_data(folder.path(), NonZeroU32::MIN)?;
        let settings = LightConfig {
            // Nobody waits in front of a demo: it is final, and service begins, while one looks.
            finalized_after: SignedDuration::from_secs(10),
            active_after_business_hours: 0..=0,
            ..light_config(seed)
        };
        let light = LightSandbox::start(settings, Arc::new(SandboxClock(clock.clone()))).await?;
        let nobody = Cast {
            leap: None,
            bayou: None,
            light: None,
        };
        let mut settings = config(&public_url, &nobody, seed)?;
        settings.light = Some(config_of_light(&light)?);
        let service = Service::open(settings, campaign()?, &data, clock.clone())?;
        let world = service.world.clone();
        light.set_webhook(Some(format!("{public_url}/webhooks/light").parse()?));
        let account = light.create_account("Alex", "Visitor", "visitor@example.com");
        let reference = Reference::new(&account)?;
        let csv = format!("provider,reference,email,first_name\nlight,{account},visitor@example.com,Alex\n");
        for row in contacts::Rows::new(csv.as_bytes(), clock.now(), &world.rules.link_hosts)? {
            let visitor = row.contact.context("the visitor's contact")?;
            contacts::put(&world, &world.id_key, &world.rules, &visitor, &Precondition::None).await?;
        }
        let journey = JourneyId::new(&world.id_key, Provider::Light, Purpose::Enroll, &reference);
        let link = (world.composer.links).mint(&public_url, LinkKind::Resume, &journey, clock.now());
        let (stop, stopped) = oneshot::channel();
        let server = service.run(listener, Router::new(), async move { drop(stopped.await) });
        Ok(Trial {
            link: link.url,
            _stop: stop,
            _server: tokio::spawn(server),
            _light: light,
            _folder: folder,
        })
    }
}
