//! `rekindle serve`.

use std::net::SocketAddr;
use std::num::NonZeroU32;

use journey::port::Clock;

use crate::cli::Place;
use crate::config::Config;
use crate::service::{self, Service};

pub(crate) async fn run(place: &Place, listen: SocketAddr, speed: NonZeroU32) -> anyhow::Result<()> {
    let config = Config::load(&place.config)?;
    let campaign = super::campaign::load(&config.campaign)?;
    for warning in &campaign.warnings {
        tracing::warn!(%warning, "the campaign is right, but perhaps not as meant");
    }
    let listener = service::listen(listen).await?;
    let (data, clock) = service::open_data(&place.data, speed)?;
    let service = Service::open(config, campaign, &data, clock)?;
    tracing::info!(address = %listener.local_addr()?, data = %place.data.display(), now = %service.world.now(), speed, "ready");
    service
        .run(listener, axum::Router::new(), service::asked_to_stop())
        .await?;
    tracing::info!("stopped");
    Ok(())
}
