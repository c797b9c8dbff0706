//! The function `reconcile`: each minute, the provider's changes become journeys, and lost timers are healed.

use std::process::ExitCode;
use std::sync::Arc;

use aws::{Environment, Invoker, Metrics, ReconcileConfig, Schedules, Start, SystemClock, Table};
use campaign::{Head, Loader};
use journey::port::Count;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use providers::Providers;
use reconcile::PassError;
use serde_json::Value;

/// Overdue timers that one run fires: with a thousand a minute, a day's outage of the scheduler is made
/// good within the windows of the touches that still count.
const SWEPT_AT_ONCE: usize = 1_000;

struct World {
    clock: SystemClock,
    table: Table,
    schedules: Schedules,
    touchpoint: Invoker,
    providers: Providers,
    metrics: Arc<Metrics>,
}

journey::delegate_ports!(World {
    clock: Clock;
    table: LoadJourney, CommitJourney, FindContact, FindDue, KeepWatermark, LoadCampaign;
    schedules: ArmTimer;
    touchpoint: FireTimer;
    providers: ReadStatus, ReadChanges;
    metrics: Count;
});

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    aws::until_the_end(serve(Environment::read())).await
}

async fn serve(environment: Environment) -> Result<(), Error> {
    aws::init_logs(&environment);
    let config = ReconcileConfig::read(&environment)?;
    let start = Start::new(&environment, &config.stack, &config.secrets).await?;
    let mut pass = reconcile::Config::new(start.id_key.clone());
    pass.reserved_prefixes.extend(config.reserved_prefixes);
    let world = World {
        clock: SystemClock,
        schedules: Schedules::new(start.clients.scheduler(), config.schedules),
        touchpoint: Invoker::new(start.clients.lambda(), config.touchpoint),
        providers: Providers {
            // The others have no list of what has changed.
            leap: Some(clients::leap(config.leap, &start)?),
            bayou: None,
            light: None,
        },
        table: start.table,
        metrics: start.metrics,
    };
    let campaigns = Loader::<Head>::new();
    let (_, ()) = tokio::join!(campaigns.current(&world), world.schedules.warm_up());
    lambda_runtime::run(service_fn(async |_: LambdaEvent<Value>| {
        let campaign = campaigns.current(&world).await?;
        // Neither waits for the other's failure: a provider that is down must not leave timers lost.
        let swept = reconcile::sweep(&world, SWEPT_AT_ONCE).await;
        let passed = reconcile::pass(&world, &pass, &campaign.rules).await;
        tracing::info!(?swept, ?passed, "reconciled");
        if let Err(PassError::Provider(_)) = &passed {
            world.metrics.count("provider.unavailable", 1);
        }
        world.metrics.flush();
        swept?;
        match passed {
            // A provider that does not answer is no fault of the function's: the next minute goes on from there.
            Ok(_) | Err(PassError::Provider(_)) => Ok(()),
            Err(PassError::Store(error)) => Err(Error::from(error)),
        }
    }))
    .await
}
