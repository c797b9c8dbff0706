//! The function `contacts`: the partner's own API.

use std::process::ExitCode;
use std::sync::Arc;

use aws::{
    Bills, ContactsConfig, Environment, GatewayRequest, GatewayResponse, Metrics, Schedules, SecretKind, Start,
    SystemClock, Table,
};
use campaign::{Head, LoadError, Loader};
use contacts::api::{self, ApiConfig, Problem, Tokens};
use journey::link::LinkKey;
use lambda_runtime::{Error, LambdaEvent, service_fn};
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
    table: LoadJourney, CommitJourney, FindContact, KeepContact, ListContacts, LoadCampaign, KeepCampaign,
        ReadAcceptances;
    bills: PassOnFallback, EraseFallback;
    schedules: ArmTimer;
    providers: HandOverBill, OpenAccount, ResetEnrollment;
    metrics: Count;
});

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    aws::until_the_end(serve(Environment::read())).await
}

async fn serve(environment: Environment) -> Result<(), Error> {
    aws::init_logs(&environment);
    let config = ContactsConfig::read(&environment)?;
    let start = Start::new(&environment, &config.stack, &config.secrets).await?;
    let providers = Providers {
        leap: None,
        bayou: clients::bayou_for_bills(config.bayou, &start)?,
        light: clients::light(config.light, &start)?,
    };
    let tokens = [
        Some(start.secrets.get(SecretKind::ApiToken)?),
        start.secrets.find(SecretKind::ApiTokenNext),
    ];
    let api = ApiConfig {
        tokens: Tokens::new(tokens.into_iter().flatten().map(aws::Secret::expose)),
        links: LinkKey::new(start.id_key.derive("link")),
        id_key: start.id_key,
        public_url: config.public_url.clone(),
        has_light: providers.light.is_some(),
    };
    let world = World {
        clock: SystemClock,
        bills: Bills::new(&start.clients, config.bills_bucket, config.public_url),
        schedules: Schedules::new(start.clients.scheduler(), config.schedules),
        providers,
        table: start.table,
        metrics: start.metrics,
    };
    let campaigns = Loader::<Head>::new();
    let (_, ()) = tokio::join!(campaigns.current(&world), world.schedules.warm_up());
    lambda_runtime::run(service_fn(async |event: LambdaEvent<GatewayRequest>| {
        let request = event.payload.into_http();
        let reply = if api::campaigns::serves(request.uri()) {
            api::campaigns::handle(&world, &api.tokens, request).await
        } else {
            match campaigns.current(&world).await {
                Ok(campaign) => api::handle(&world, &api, &campaign.rules, request).await,
                Err(error) => cannot(&error),
            }
        };
        world.metrics.flush();
        Ok::<_, Error>(GatewayResponse::from(reply))
    }))
    .await
}

fn cannot(error: &LoadError) -> api::Reply {
    tracing::error!(error = error as &dyn core::error::Error, "no campaign to decide by");
    let status = http::StatusCode::SERVICE_UNAVAILABLE;
    match error {
        LoadError::None => Problem::new(status, error.to_string()).reply(),
        LoadError::Missing { .. } | LoadError::Package { .. } | LoadError::Store(_) => Problem::new(
            status,
            "The campaign cannot be read at the moment; send the same request again.",
        )
        .reply(),
    }
}
