//! The function `pages`: what customers open from a message.

use std::process::ExitCode;
use std::sync::Arc;

use aws::{
    Bills, Environment, GatewayRequest, GatewayResponse, LightFlow, Metrics, PagesConfig, Schedules, Start,
    SystemClock, Table,
};
use campaign::{Head, Loader};
use journey::campaign::Channel;
use journey::link::LinkKey;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use pages::{Brand, Enrollment, Pages};
use providers::Providers;

struct World {
    clock: SystemClock,
    table: Table,
    bills: Bills,
    schedules: Schedules,
    providers: Providers,
    metrics: Arc<Metrics>,
}

journey::delegate_ports!(World {
    clock: Clock;
    table: LoadJourney, CommitJourney, FindContact, Suppress, ReadVisits, LoadCampaign;
    bills: KeepFallback, TakeUpload, EraseFallback;
    schedules: ArmTimer;
    providers: ReadStatus, FreshLink;
    metrics: Count;
});

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    aws::until_the_end(serve(Environment::read())).await
}

async fn serve(environment: Environment) -> Result<(), Error> {
    aws::init_logs(&environment);
    let config = PagesConfig::read(&environment)?;
    let start = Start::new(&environment, &config.stack, &config.secrets).await?;
    let links = LinkKey::new(start.id_key.derive("link"));
    let enrollment = match (&config.light, config.flow) {
        (None, _) => Enrollment::None,
        (Some(_), LightFlow::Own) => Enrollment::OwnPages {
            public_url: config.public_url.clone(),
        },
        (Some(_), LightFlow::Hosted) => Enrollment::HostedFlow,
    };
    let world = World {
        clock: SystemClock,
        bills: Bills::new(&start.clients, config.bills_bucket, config.public_url),
        schedules: Schedules::new(start.clients.scheduler(), config.schedules),
        // Leap's links are the contact's own.
        providers: Providers {
            leap: None,
            bayou: clients::bayou(config.bayou, &start)?,
            light: clients::light(config.light, &start)?,
        },
        table: start.table,
        metrics: start.metrics,
    };
    let campaigns = Loader::<Head>::new();
    let (_, ()) = tokio::join!(campaigns.current(&world), world.schedules.warm_up());
    lambda_runtime::run(service_fn(async |event: LambdaEvent<GatewayRequest>| {
        let campaign = campaigns.current(&world).await?;
        let pages = Pages {
            links: links.clone(),
            brand: Brand {
                name: campaign.brand.brand.clone(),
                support_email: campaign.brand.support_email.clone(),
                minutes_needed: campaign.brand.minutes_needed,
            },
            directory: campaign.utilities.clone(),
            enrollment: enrollment.clone(),
            sends_events: campaign.rules.sends_by(Channel::Event),
        };
        let answer = pages::http::handle(&pages, &world, &campaign.rules, event.payload.into_http()).await;
        world.metrics.flush();
        Ok::<_, Error>(GatewayResponse::from(answer))
    }))
    .await
}
