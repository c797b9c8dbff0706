//! The functions: their files, their settings, and the calls that each makes while it starts.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use aws::{Bus, Clients, Mailer, SchedulesConfig, SecretKind, SecretName, Secrets, Sender, Table};
use journey::port::LoadCampaign;

use crate::deployed::{self, PUBLIC_URL};
use crate::local::{ACCESS_KEY, REGION, project};
use crate::progress;

/// Where `cargo lambda build` leaves the programs.
pub(crate) const BUILT: &str = "target/lambda";

/// What builds them for this machine.
const BUILD: &str = "cargo lambda build --release --target x86_64-unknown-linux-gnu";

/// The name of the table, the schedule group, the bus and the configuration set.
pub(crate) const STACK: &str = "rekindle";

/// The roots that the functions trust on AWS.
const ROOTS: &str = "infra/aws/src/clients/amazon_roots.pem";

/// An invented account, that of the events in `events/`.
const ACCOUNT: &str = "123456789012";

/// A function of template.yaml.
#[derive(Clone, Copy)]
pub(crate) struct Function {
    /// Its name.
    pub(crate) name: &'static str,
    /// The secrets that it reads at its start.
    secrets: &'static [SecretKind],
    /// What it reads of the campaign at its start.
    campaign: Campaign,
    /// The services that it warms up beside that.
    warms: &'static [Warm],
    /// How often it is invoked warm.
    pub(crate) warm: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Campaign {
    Nothing,
    Head,
    Everything,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Warm {
    Scheduler,
    Mail,
    Bus,
}

const fn usual(name: &'static str, secrets: &'static [SecretKind]) -> Function {
    Function {
        name,
        secrets,
        campaign: Campaign::Head,
        warms: &[Warm::Scheduler],
        warm: 30,
    }
}

/// All of them, in the order of the flow.
pub(crate) const FUNCTIONS: [Function; 8] = [
    Function {
        warm: 200,
        ..usual(
            "webhook",
            &[SecretKind::IdentityKey, SecretKind::Webhook, SecretKind::WebhookNext],
        )
    },
    Function {
        campaign: Campaign::Everything,
        warms: &[Warm::Scheduler, Warm::Mail],
        ..usual("touchpoint", &[SecretKind::IdentityKey, SecretKind::LeapApiKey])
    },
    usual("reconcile", &[SecretKind::IdentityKey, SecretKind::LeapApiKey]),
    usual("meter-check", &[SecretKind::IdentityKey, SecretKind::LeapApiKey]),
    usual("feedback", &[SecretKind::IdentityKey]),
    usual(
        "contacts",
        &[SecretKind::IdentityKey, SecretKind::ApiToken, SecretKind::ApiTokenNext],
    ),
    usual("pages", &[SecretKind::IdentityKey]),
    Function {
        campaign: Campaign::Nothing,
        warms: &[Warm::Bus],
        ..usual("announce", &[SecretKind::IdentityKey])
    },
];

/// The name of the parameter of a secret.
fn parameter(kind: SecretKind) -> String {
    format!("/rekindle/{}", kind.variable().to_lowercase())
}

/// The parameters that are there, with invented values: those of the events in `events/`.
pub(crate) fn parameters() -> [(String, &'static str); 4] {
    [
        (SecretKind::IdentityKey, deployed::IDENTITY_KEY),
        (SecretKind::Webhook, crate::load::SECRET),
        (SecretKind::ApiToken, "an-invented-api-token"),
        (SecretKind::LeapApiKey, "bench:an-invented-key"),
    ]
    .map(|(kind, value)| (parameter(kind), value))
}

/// The environment of every function: each takes what it needs.
pub(crate) fn environment(dynamodb: &str, others: &str, provider: &str) -> Vec<(String, String)> {
    let schedules = schedules();
    let roots = project(ROOTS).display().to_string();
    let mut environment: Vec<(String, String)> = [
        ("AWS_REGION", REGION),
        ("AWS_ACCESS_KEY_ID", ACCESS_KEY),
        ("AWS_SECRET_ACCESS_KEY", ACCESS_KEY),
        ("AWS_ENDPOINT_URL", others),
        ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb),
        ("TABLE_NAME", STACK),
        ("STACK_NAME", STACK),
        ("LOG_LEVEL", "info"),
        ("WEBHOOK_HEADER", crate::load::HEADER),
        ("SCHEDULE_GROUP", schedules.group.as_str()),
        ("SCHEDULE_TARGET_ARN", schedules.target_arn.as_str()),
        ("SCHEDULE_ROLE_ARN", schedules.role_arn.as_str()),
        ("SCHEDULE_DLQ_ARN", schedules.dlq_arn.as_str()),
        ("LEAP_BASE_URL", provider),
        ("LEAP_CALLS_PER_MINUTE", "100000"),
        ("LEAP_PAGE_SIZE", "10"),
        ("CONFIGURATION_SET", STACK),
        ("PUBLIC_URL", PUBLIC_URL),
        ("ACCOUNT_ID", ACCOUNT),
        ("TOUCHPOINT_FUNCTION", "rekindle-touchpoint"),
        ("EVENT_BUS_NAME", STACK),
        // With an endpoint of its own a function trusts whom the machine trusts; on AWS, Amazon's roots alone.
        ("SSL_CERT_FILE", roots.as_str()),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    let kinds = [
        SecretKind::IdentityKey,
        SecretKind::Webhook,
        SecretKind::WebhookNext,
        SecretKind::ApiToken,
        SecretKind::ApiTokenNext,
        SecretKind::LeapApiKey,
    ];
    environment.extend(kinds.map(|kind| (kind.variable().to_owned(), parameter(kind))));
    environment
}

fn schedules() -> SchedulesConfig {
    SchedulesConfig {
        group: STACK.to_owned(),
        target_arn: format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:rekindle-touchpoint"),
        role_arn: format!("arn:aws:iam::{ACCOUNT}:role/rekindle-scheduler"),
        dlq_arn: format!("arn:aws:sqs:{REGION}:{ACCOUNT}:rekindle-timers"),
    }
}

impl Function {
    /// Its program.
    pub(crate) fn program(&self, built: &Path) -> PathBuf {
        built.join(self.name).join("bootstrap")
    }

    /// Makes the calls that it makes while it starts, in its order, over connections that stand.
    pub(crate) async fn calls_of_its_start(&self, clients: &Clients, table: &Table) -> anyhow::Result<()> {
        let names: Vec<SecretName> = self
            .secrets
            .iter()
            .map(|&kind| SecretName {
                kind,
                parameter: parameter(kind),
            })
            .collect();
        let secrets = Secrets::load(&clients.ssm(), &names).await?;
        let id_key = secrets.id_key()?;
        let campaign = async {
            if self.campaign == Campaign::Nothing {
                return anyhow::Ok(());
            }
            let version = table.active_campaign().await?.context("no campaign runs")?;
            table.campaign_head(&version).await?;
            if self.campaign == Campaign::Everything {
                table.campaign_messages(&version).await?;
            }
            Ok(())
        };
        let scheduler = async {
            if self.warms.contains(&Warm::Scheduler) {
                aws::Schedules::new(clients.scheduler(), schedules()).warm_up().await;
            }
        };
        let mail = async {
            if self.warms.contains(&Warm::Mail) {
                let mailer = Mailer::new(clients.ses(), id_key, STACK.to_owned(), Sender::default());
                mailer.warm_up().await;
            }
        };
        let bus = async {
            if self.warms.contains(&Warm::Bus) {
                Bus::new(clients.eventbridge(), STACK.to_owned()).warm_up().await;
            }
        };
        let (campaign, (), (), ()) = tokio::join!(campaign, scheduler, mail, bus);
        campaign
    }
}

/// Are all programs there?
pub(crate) fn complete(built: &Path) -> anyhow::Result<()> {
    let missing: Vec<String> = FUNCTIONS
        .iter()
        .map(|function| function.program(built))
        .filter(|program| !program.is_file())
        .map(|program| program.display().to_string())
        .collect();
    ensure!(
        missing.is_empty(),
        "programs of the functions are missing; `{BUILD}` builds them:\n  {}",
        missing.join("\n  ")
    );
    Ok(())
}

/// The program of the bare runtime, and how it was built.
pub(crate) fn bare(given: Option<&Path>, built: &Path) -> anyhow::Result<(PathBuf, String)> {
    if let Some(given) = given {
        return Ok((given.to_owned(), format!("{}, as given", given.display())));
    }
    let alike = built.join("bare/bootstrap");
    if alike.is_file() {
        return Ok((alike, "built by `cargo lambda`, like the functions".to_owned()));
    }
    progress("cargo build --release -p bench --bin bare");
    let done = std::process::Command::new("cargo")
        .args([
            "build",
            "--release",
            "--locked",
            "--quiet",
            "-p",
            "bench",
            "--bin",
            "bare",
        ])
        .status()
        .context("cargo cannot be run; `--bare FILE` names a build of the bare runtime")?;
    ensure!(done.success(), "the bare runtime could not be built");
    let program = std::env::current_exe()?.with_file_name("bare");
    if !program.is_file() {
        bail!("{} is missing; `--bare FILE` names a build of it", program.display());
    }
    let how = format!("built by `cargo build --release`; `{BUILD} -p bench --bin bare` builds it like the functions");
    Ok((program, how))
}
