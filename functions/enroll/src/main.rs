//! The function `enroll`: the enrolment in a plan, its pages and its API.

use std::process::ExitCode;
use std::sync::Arc;

use aws::{EnrollConfig, Environment, GatewayRequest, GatewayResponse, Metrics, Schedules, Start, SystemClock, Table};
use campaign::{Head, Loader};
use enroll::{Brand, SealKey, Site, Stripe};
use journey::link::LinkKey;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use providers::Providers;

struct World {
    clock: SystemClock,
    table: Table,
    schedules: Schedules,
    providers: Providers,
    metrics: Arc<Metrics>,
}

journey::delegate_ports!(World {
    clock: Clock;
    table: LoadJourney, CommitJourney, FindContact, KeepAcceptance, ReadAcceptances, LoadCampaign;
    schedules: ArmTimer;
    providers: Enroll;
    metrics: Count;
});

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    aws::until_the_end(serve(Environment::read())).await
}

async fn serve(environment: Environment) -> Result<(), Error> {
    aws::init_logs(&environment);
    let config = EnrollConfig::read(&environment)?;
    let start = Start::new(&environment, &config.stack, &config.secrets).await?;
    let links = LinkKey::new(start.id_key.derive("link"));
    let seals = SealKey::new(start.id_key.derive("enrolment seal"));
    let stripe = config.stripe_js.map_or_else(Stripe::default, |js| {
        let origin = js.origin().ascii_serialization();
        Stripe::at(js.into(), origin)
    });
    let world = World {
        clock: SystemClock,
        schedules: Schedules::new(start.clients.scheduler(), config.schedules),
        providers: Providers {
            leap: None,
            bayou: None,
            light: clients::light(Some(config.light), &start)?,
        },
        table: start.table,
        metrics: start.metrics,
    };
    let campaigns = Loader::<Head>::new();
    let (_, ()) = tokio::join!(campaigns.current(&world), world.schedules.warm_up());
    lambda_runtime::run(service_fn(async |event: LambdaEvent<GatewayRequest>| {
        let campaign = campaigns.current(&world).await?;
        let site = Site {
            links: links.clone(),
            seals: seals.clone(),
            brand: Brand {
                name: campaign.brand.brand.clone(),
                support_email: campaign.brand.support_email.clone(),
            },
            public_url: config.public_url.clone(),
            stripe: stripe.clone(),
            origins: config.origins.clone(),
        };
        let answer = enroll::http::handle(&site, &world, &campaign.rules, event.payload.into_http()).await;
        world.metrics.flush();
        Ok::<_, Error>(GatewayResponse::from(answer))
    }))
    .await
}
