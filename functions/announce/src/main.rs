//! The function `announce`: the table's stream becomes lifecycle events and daily counters.

use std::process::ExitCode;
use std::sync::Arc;

use aws::{AnnounceConfig, Announcer, Bus, Environment, Hook, Metrics, SecretKind, Start, Table};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

struct World {
    table: Table,
    announcer: Announcer,
    metrics: Arc<Metrics>,
}

journey::delegate_ports!(World {
    table: FindContact, CountOnce;
    announcer: Announce;
    metrics: Count;
});

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    aws::until_the_end(serve(Environment::read())).await
}

async fn serve(environment: Environment) -> Result<(), Error> {
    aws::init_logs(&environment);
    let config = AnnounceConfig::read(&environment)?;
    let start = Start::new(&environment, &config.stack, &config.secrets).await?;
    let bus = Bus::new(start.clients.eventbridge(), config.event_bus);
    bus.warm_up().await;
    let hook = match config.announce_url {
        Some(url) => Some(Hook::new(url, start.secrets.get(SecretKind::Announce)?)?),
        None => None,
    };
    let world = World {
        table: start.table,
        announcer: Announcer { bus: Some(bus), hook },
        metrics: start.metrics,
    };
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| {
        let answer = announce::stream::take(&world, &event.payload).await;
        world.metrics.flush();
        Ok::<_, Error>(answer)
    }))
    .await
}
