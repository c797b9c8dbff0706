//! The function `webhook`: API Gateway hands over what a provider tells.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws::{
    Environment, GatewayRequest, GatewayResponse, LightWebhooks, Metrics, Schedules, SecretKind, Start, SystemClock,
    Table, WebhookConfig,
};
use campaign::{Head, Loader};
use journey::port::{Count, Unit};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use webhook::{
    Answer, BayouHook, Config, Envelope, LightHook, Secret, Secrets, SignatureEncoding, SignatureForm, SignatureHash,
    SigningKey, http,
};

/// An answer that takes longer is a "deliver again" (ARCHITECTURE.md, I8).
const ANSWER_WITHIN: Duration = Duration::from_millis(1_900);

struct World {
    clock: SystemClock,
    table: Table,
    schedules: Schedules,
    metrics: Arc<Metrics>,
}

journey::delegate_ports!(World {
    clock: Clock;
    table: LoadJourney, CommitJourney, FindContact, LoadCampaign;
    schedules: ArmTimer;
    metrics: Count;
});

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    aws::until_the_end(serve(Environment::read())).await
}

async fn serve(environment: Environment) -> Result<(), Error> {
    aws::init_logs(&environment);
    let config = WebhookConfig::read(&environment)?;
    let start = Start::new(&environment, &config.stack, &config.secrets).await?;
    let secret = |secret: &aws::Secret| Secret::new(secret.expose());
    let config_of_webhook = Config {
        leap: Some(Secrets {
            current: secret(start.secrets.get(SecretKind::Webhook)?)?,
            other: start.secrets.find(SecretKind::WebhookNext).map(secret).transpose()?,
        }),
        bayou: match config.bayou {
            Some(references) => Some(BayouHook {
                secrets: Secrets {
                    current: secret(start.secrets.get(SecretKind::BayouWebhook)?)?,
                    other: start
                        .secrets
                        .find(SecretKind::BayouWebhookNext)
                        .map(secret)
                        .transpose()?,
                },
                references,
            }),
            None => None,
        },
        light: config.light.map(|settings| light(settings, &start)).transpose()?,
        id_key: start.id_key,
        reserved_prefixes: config.reserved_prefixes,
    };
    let header = config.header.parse()?;
    let world = World {
        clock: SystemClock,
        schedules: Schedules::new(start.clients.scheduler(), config.schedules),
        table: start.table,
        metrics: start.metrics,
    };
    let campaigns = Loader::<Head>::new();
    let (_, ()) = tokio::join!(campaigns.current(&world), world.schedules.warm_up());
    lambda_runtime::run(service_fn(async |event: LambdaEvent<GatewayRequest>| {
        let began = Instant::now();
        let answered = async {
            // Without a campaign nothing can be decided: the provider delivers again.
            let campaign = campaigns.current(&world).await?;
            let request = event.payload.into_http();
            Ok::<_, campaign::LoadError>(
                http::handle(&world, &config_of_webhook, &header, &campaign.rules, request).await,
            )
        };
        let answer = match tokio::time::timeout(ANSWER_WITHIN, answered).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => {
                tracing::error!(error = &error as &dyn core::error::Error, "no campaign to decide by");
                http::answer(Answer::TryAgain)
            }
            Err(_) => http::answer(Answer::TryAgain),
        };
        world.metrics.measure(
            "webhook.ack_ms",
            Unit::Milliseconds,
            began.elapsed().as_secs_f64() * 1_000.0,
        );
        world.metrics.flush();
        Ok::<_, Error>(GatewayResponse::from(answer))
    }))
    .await
}

/// How Light's webhooks are known and read.
fn light(settings: LightWebhooks, start: &Start) -> Result<LightHook, Error> {
    let keys = [
        Some(start.secrets.get(SecretKind::LightWebhook)?),
        start.secrets.find(SecretKind::LightWebhookNext),
    ];
    let keys = keys.into_iter().flatten().map(|key| SigningKey::new(key.expose()));
    Ok(LightHook {
        keys: keys.collect::<Result<_, _>>()?,
        signature: SignatureForm {
            header: settings.header.parse()?,
            hash: match settings.hash {
                aws::SignatureHash::Sha256 => SignatureHash::Sha256,
                aws::SignatureHash::Sha512 => SignatureHash::Sha512,
            },
            encoding: match settings.encoding {
                aws::SignatureEncoding::Hex => SignatureEncoding::Hex,
                aws::SignatureEncoding::Base64 => SignatureEncoding::Base64,
            },
            prefix: settings.prefix,
        },
        envelope: Envelope {
            event_type: settings.type_field,
            account: settings.account_field,
            event_id: settings.id_field,
        },
    })
}
