//! The function `announce`: the table's stream becomes lifecycle events and daily counters.

use std::process::ExitCode;
use std::sync::Arc;

use announce::Links;
use aws::{AnnounceConfig, Announcer, Bus, Environment, Metrics, SecretKind, Start, SystemClock, Table};
use hook::Hook;
use journey::link::LinkKey;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

struct World {
    clock: SystemClock,
    table: Table,
    announcer: Announcer<Hook<SystemClock>>,
    metrics: Arc<Metrics>,
}

journey::delegate_ports!(World {
    clock: Clock;
    table: LoadJourney, FindContact, CountOnce;
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
        Some(url) => Some(Hook::new(
            url,
            start.secrets.get(SecretKind::Announce)?.expose(),
            SystemClock,
        )?),
        None => None,
    };
    let links = Links {
        key: LinkKey::new(start.id_key.derive("link")),
        public_url: config.public_url,
    };
    let world = World {
        clock: SystemClock,
        table: start.table,
        announcer: Announcer { bus, also: hook },
        metrics: start.metrics,
    };
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| {
        let answer = announce::stream::take(&world, &links, &event.payload).await;
        world.metrics.flush();
        Ok::<_, Error>(answer)
    }))
    .await
}
