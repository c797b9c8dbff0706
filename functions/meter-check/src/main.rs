//! The function `meter-check`: has the meter of each completed customer arrived?

use std::process::ExitCode;
use std::sync::Arc;

use aws::{Environment, MeterCheckConfig, Metrics, Schedules, SecretKind, Start, SystemClock, Table};
use campaign::{Head, Loader};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use providers::leap::{LeapClient, LeapConfig};
use serde_json::Value;

struct World {
    clock: SystemClock,
    table: Table,
    schedules: Schedules,
    leap: LeapClient,
    metrics: Arc<Metrics>,
}

journey::delegate_ports!(World {
    clock: Clock;
    table: LoadJourney, CommitJourney, FindContact, FindDue, LoadCampaign;
    schedules: ArmTimer;
    leap: SearchMeters;
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
        leap: LeapClient::new(leap, Arc::new(SystemClock))?,
        table: start.table,
        metrics: start.metrics,
    };
    let campaigns = Loader::<Head>::new();
    let (_, ()) = tokio::join!(campaigns.current(&world), world.schedules.warm_up());
    lambda_runtime::run(service_fn(async |_: LambdaEvent<Value>| {
        let campaign = campaigns.current(&world).await?;
        let checked = meter_check::check(&world, &campaign.rules).await;
        tracing::info!(?checked, "meters looked for");
        world.metrics.flush();
        checked.map(drop).map_err(Error::from)
    }))
    .await
}
