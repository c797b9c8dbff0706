//! The function `touchpoint`: a one-shot schedule fires, or the sweep finds a timer that was lost.

use std::process::ExitCode;
use std::sync::Arc;

use aws::{
    Environment, Mailer, Metrics, ScheduledFire, Schedules, SecretKind, Sender, Start, SystemClock, Table, Texter,
    TouchpointConfig,
};
use campaign::{Loader, Running};
use journey::link::LinkKey;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use providers::leap::{LeapClient, LeapConfig};
use touchpoint::Composer;

#[derive(Clone)]
struct World {
    clock: SystemClock,
    table: Table,
    schedules: Schedules,
    mailer: Mailer,
    texter: Texter,
    leap: LeapClient,
    metrics: Arc<Metrics>,
}

journey::delegate_ports!(World {
    clock: Clock;
    table: LoadJourney, CommitJourney, FindContact, SuppressAddress, LoadCampaign;
    schedules: ArmTimer;
    mailer: SendEmail, LookUpSend;
    texter: SendText;
    leap: ReadStatus, SearchMeters;
    metrics: Count;
});

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    aws::until_the_end(serve(Environment::read())).await
}

async fn serve(environment: Environment) -> Result<(), Error> {
    aws::init_logs(&environment);
    let config = TouchpointConfig::read(&environment)?;
    let start = Start::new(&environment, &config.stack, &config.secrets).await?;
    let links = LinkKey::new(start.id_key.derive("link"));
    let api_key = providers::Secret::new(start.secrets.get(SecretKind::LeapApiKey)?.expose());
    let leap = LeapConfig {
        page_size: config.leap.page_size,
        jitter_seed: start.seed,
        ..LeapConfig::new(config.leap.base_url, api_key, config.leap.calls_per_minute)
    };
    let mailer = Mailer::new(
        start.clients.ses(),
        start.id_key.clone(),
        config.configuration_set,
        Sender::default(),
    );
    let texts = config.texts.is_some();
    let world = World {
        texter: Texter::new(start.clients.sns(), config.texts),
        clock: SystemClock,
        schedules: Schedules::new(start.clients.scheduler(), config.schedules),
        mailer,
        leap: LeapClient::new(leap, Arc::new(SystemClock))?,
        table: start.table,
        metrics: start.metrics,
    };
    let campaigns = Loader::<Running>::new();
    let (_, (), ()) = tokio::join!(
        campaigns.current(&world),
        world.schedules.warm_up(),
        world.mailer.warm_up()
    );
    lambda_runtime::run(service_fn(async |event: LambdaEvent<ScheduledFire>| {
        let campaign = campaigns.current(&world).await?;
        let composer = composer(&campaign, links.clone(), config.public_url.clone(), texts);
        let world = World {
            mailer: world.mailer.with_sender(sender(&campaign)),
            ..world.clone()
        };
        let ScheduledFire { journey, generation } = event.payload;
        let fired = touchpoint::fire(&world, &composer, &campaign.head.rules, &journey, generation).await;
        world.metrics.flush();
        fired.map(drop).map_err(Error::from)
    }))
    .await
}

fn composer(campaign: &Running, links: LinkKey, public_url: String, texts: bool) -> Composer {
    let head = campaign.head.clone();
    Composer {
        templates: campaign.templates.clone(),
        brand: head.brand,
        touches: u16::try_from(head.rules.touches.len()).unwrap_or(u16::MAX),
        directory: head.utilities,
        default_locale: head.locales.default,
        offered: head.locales.offered,
        links,
        public_url,
        texts,
    }
}

fn sender(campaign: &Running) -> Sender {
    let sender = campaign.head.sender.clone();
    Sender {
        name: sender.name,
        address: sender.from,
        reply_to: sender.reply_to,
        campaign: campaign.head.name.clone(),
    }
}
