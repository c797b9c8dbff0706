//! The function `feedback`: SES tells what became of a message, and people answer to texts.

use std::process::ExitCode;
use std::sync::Arc;

use aws::{Environment, FeedbackConfig, Metrics, Schedules, Start, SystemClock, Table, Texter};
use campaign::{Head, Loader};
use feedback::{Config, Help, Lately};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

struct World {
    clock: SystemClock,
    table: Table,
    schedules: Schedules,
    texter: Texter,
    metrics: Arc<Metrics>,
}

journey::delegate_ports!(World {
    clock: Clock;
    table: LoadJourney, CommitJourney, Suppress, SuppressAddress, LoadCampaign;
    schedules: ArmTimer;
    texter: AnswerText;
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
        texter: Texter::new(start.clients.sns(), config.texts),
        table: start.table,
        metrics: start.metrics,
    };
    let lately = Lately::default();
    let campaigns = Loader::<Head>::new();
    let (_, ()) = tokio::join!(campaigns.current(&world), world.schedules.warm_up());
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| {
        let campaign = campaigns.current(&world).await?;
        let help = config.answers_help.then(|| Help {
            brand: &campaign.brand,
            offered: &campaign.locales.offered,
            default_locale: campaign.locales.default,
            lately: &lately,
        });
        let taken = feedback::handle(&world, &believed, &campaign.rules, help, &event.payload).await;
        world.metrics.flush();
        taken.map_err(Error::from)
    }))
    .await
}
