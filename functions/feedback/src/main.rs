//! The function `feedback`: SES tells what became of a message.

use std::process::ExitCode;
use std::sync::Arc;

use aws::{Environment, FeedbackConfig, Metrics, Schedules, Start, SystemClock, Table};
use campaign::{Head, Loader};
use feedback::Config;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

struct World {
    clock: SystemClock,
    table: Table,
    schedules: Schedules,
    metrics: Arc<Metrics>,
}

journey::delegate_ports!(World {
    clock: Clock;
    table: LoadJourney, CommitJourney, Suppress, SuppressAddress, LoadCampaign;
    schedules: ArmTimer;
    metrics: Count;
});

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    aws::until_the_end(serve(Environment::read())).await
}

async fn serve(environment: Environment) -> Result<(), Error> {
    aws::init_logs(&environment);
    let config = FeedbackConfig::read(&environment)?;
    let start = Start::new(&environment, &config.stack, &config.secrets).await?;
    let believed = Config {
        id_key: start.id_key,
        account: config.account_id,
        configuration_set: config.configuration_set,
        topic_arn: None,
        replies_topic_arn: config.replies_topic_arn,
    };
    let world = World {
        clock: SystemClock,
        schedules: Schedules::new(start.clients.scheduler(), config.schedules),
        table: start.table,
        metrics: start.metrics,
    };
    let campaigns = Loader::<Head>::new();
    let (_, ()) = tokio::join!(campaigns.current(&world), world.schedules.warm_up());
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| {
        let campaign = campaigns.current(&world).await?;
        let taken = feedback::handle(&world, &believed, &campaign.rules, &event.payload).await;
        world.metrics.flush();
        taken.map_err(Error::from)
    }))
    .await
}
