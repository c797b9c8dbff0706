//! The function `touchpoint`: a one-shot schedule fires, or the sweep finds a timer that was lost.

use std::process::ExitCode;
use std::sync::Arc;

use aws::{
    Environment, Mailer, Metrics, Pusher, ScheduledFire, Schedules, Sender, Start, SystemClock, Table, Texter,
    TouchpointConfig,
};
use campaign::{Loader, Running};
use journey::IdKey;
use journey::link::LinkKey;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use providers::Providers;
use serde_json::{Value, json};
use touchpoint::{Composer, Senders, TestSend, Testers, send_test};

#[derive(Clone)]
struct World {
    clock: SystemClock,
    table: Table,
    schedules: Schedules,
    mailer: Mailer,
    texter: Texter,
    pusher: Pusher,
    providers: Providers,
    metrics: Arc<Metrics>,
}

journey::delegate_ports!(World {
    clock: Clock;
    table: LoadJourney, CommitJourney, FindContact, SuppressAddress, ReadVisits, LoadCampaign;
    schedules: ArmTimer;
    mailer: SendEmail, LookUpSend;
    texter: SendText;
    pusher: SendPush;
    providers: ReadStatus, SearchMeters;
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
    let mailer = Mailer::new(
        start.clients.ses(),
        start.id_key.clone(),
        config.configuration_set,
        Sender::default(),
    );
    let senders = Senders {
        texts: config.texts.is_some(),
        pushes: config.push_app.is_some(),
        // Every deployment has its bus.
        events: true,
    };
    let world = World {
        texter: Texter::new(start.clients.sns(), config.texts),
        pusher: Pusher::new(start.clients.sns(), config.push_app),
        clock: SystemClock,
        schedules: Schedules::new(start.clients.scheduler(), config.schedules),
        mailer,
        providers: Providers {
            leap: Some(clients::leap(config.leap, &start)?),
            bayou: clients::bayou(config.bayou, &start)?,
            light: clients::light(config.light, &start)?,
        },
        table: start.table,
        metrics: start.metrics,
    };
    let campaigns = Loader::<Running>::new();
    let (_, (), ()) = tokio::join!(
        campaigns.current(&world),
        world.schedules.warm_up(),
        world.mailer.warm_up()
    );
    let testers = Testers::new(config.test_recipients.iter().map(String::as_str))?;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| {
        let campaign = campaigns.current(&world).await?;
        let keys = (start.id_key.clone(), links.clone());
        let composer = composer(&campaign, keys, config.public_url.clone(), senders);
        let world = World {
            mailer: world.mailer.with_sender(sender(&campaign)),
            ..world.clone()
        };
        if let Some(test) = event.payload.get("test") {
            let sent = send_test(
                &world,
                &composer,
                &campaign.head.rules,
                &start.id_key,
                &testers,
                &order(test)?,
            )
            .await;
            // Whoever asked gets the reason. It is no failure of the function, which would alarm somebody else.
            return Ok(match sent {
                Ok(message) => json!({ "message": message }),
                Err(error) => json!({ "error": error.to_string() }),
            });
        }
        let ScheduledFire { journey, generation } = serde_json::from_value(event.payload)?;
        let fired = touchpoint::fire(&world, &composer, &campaign.head.rules, &journey, generation).await;
        world.metrics.flush();
        fired.map(|_| Value::Null).map_err(Error::from)
    }))
    .await
}

/// A test message as an operator asks for it: `{"test": {"to": "qa@example.com", "channel": "email", "locale": "en",
/// "diagnosis": "not_started", "touch": 1}}`, and `"utility"` if it is about one.
fn order(test: &Value) -> Result<TestSend, serde_json::Error> {
    let field = |name: &str| test.get(name).cloned().unwrap_or_default();
    Ok(TestSend {
        to: serde_json::from_value(field("to"))?,
        channel: serde_json::from_value(field("channel"))?,
        locale: serde_json::from_value(field("locale"))?,
        diagnosis: serde_json::from_value(field("diagnosis"))?,
        touch: serde_json::from_value(field("touch"))?,
        utility: serde_json::from_value(field("utility"))?,
    })
}

fn composer(campaign: &Running, (id_key, links): (IdKey, LinkKey), public_url: String, senders: Senders) -> Composer {
    let head = campaign.head.clone();
    Composer {
        templates: campaign.templates.clone(),
        brand: head.brand,
        directory: head.utilities,
        default_locale: head.locales.default,
        offered: head.locales.offered,
        id_key,
        links,
        public_url,
        senders,
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
