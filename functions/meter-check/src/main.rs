//! The function `meter-check`: has the meter of each completed customer arrived?

use std::process::ExitCode;
use std::sync::Arc;

use aws::{BayouSettings, Environment, MeterCheckConfig, Metrics, Schedules, SecretKind, Start, SystemClock, Table};
use campaign::{Head, Loader};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use meter_check::Config;
use providers::Providers;
use providers::bayou::{BayouClient, BayouConfig};
use providers::leap::{LeapClient, LeapConfig};
use serde_json::Value;
use utilities::Utility;

struct World {
    clock: SystemClock,
    table: Table,
    schedules: Schedules,
    providers: Providers,
    metrics: Arc<Metrics>,
}

journey::delegate_ports!(World {
    clock: Clock;
    table: LoadJourney, CommitJourney, FindContact, FindDue, LoadCampaign;
    schedules: ArmTimer;
    providers: SearchMeters, ReadStatus, ReadNewest;
    metrics: Count;
});

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    aws::until_the_end(serve(Environment::read())).await
}

async fn serve(environment: Environment) -> Result<(), Error> {
    aws::init_logs(&environment);
    let config = MeterCheckConfig::read(&environment)?;
    let start = Start::new(&environment, &config.stack, &config.secrets).await?;
    let api_key = providers::Secret::new(start.secrets.get(SecretKind::LeapApiKey)?.expose());
    let leap = LeapConfig {
        page_size: config.leap.page_size,
        jitter_seed: start.seed,
        ..LeapConfig::new(config.leap.base_url, api_key, config.leap.calls_per_minute)
    };
    let world = World {
        clock: SystemClock,
        schedules: Schedules::new(start.clients.scheduler(), config.schedules),
        providers: Providers {
            leap: Some(LeapClient::new(leap, Arc::new(SystemClock))?),
            bayou: bayou(config.bayou, &start)?,
        },
        table: start.table,
        metrics: start.metrics,
    };
    let campaigns = Loader::<Head>::new();
    let (_, ()) = tokio::join!(campaigns.current(&world), world.schedules.warm_up());
    lambda_runtime::run(service_fn(async |_: LambdaEvent<Value>| {
        let campaign = campaigns.current(&world).await?;
        let config = Config {
            id_key: &start.id_key,
            asks_for_a_code: &|code| campaign.utilities.find(code).map(Utility::asks_for_a_code),
        };
        let checked = meter_check::check(&world, &config, &campaign.rules).await;
        tracing::info!(?checked, "meters looked for");
        world.metrics.flush();
        checked.map(drop).map_err(Error::from)
    }))
    .await
}

/// Bayou's client, where this deployment has Bayou.
fn bayou(settings: Option<BayouSettings>, start: &Start) -> Result<Option<BayouClient>, Error> {
    let Some(settings) = settings else {
        return Ok(None);
    };
    let api_key = providers::Secret::new(start.secrets.get(SecretKind::BayouApiKey)?.expose());
    let config = BayouConfig {
        references: settings.references,
        jitter_seed: start.seed,
        ..BayouConfig::new(settings.base_url, api_key, settings.calls_per_minute)
    };
    Ok(Some(BayouClient::new(&config, Arc::new(SystemClock))?))
}
