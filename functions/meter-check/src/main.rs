//! The function `meter-check`: has the meter of each completed customer arrived?

use std::process::ExitCode;
use std::sync::Arc;

use aws::{Environment, MeterCheckConfig, Metrics, Schedules, Start, SystemClock, Table};
use campaign::{Head, Loader};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use meter_check::Config;
use providers::Providers;
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
    let world = World {
        clock: SystemClock,
        schedules: Schedules::new(start.clients.scheduler(), config.schedules),
        providers: Providers {
            leap: Some(clients::leap(config.leap, &start)?),
            bayou: clients::bayou(config.bayou, &start)?,
            light: clients::light(config.light, &start)?,
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
