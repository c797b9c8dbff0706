//! AWS on this machine: DynamoDB Local for the table, MiniStack for everything else.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use aws::Environment;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType, StreamSpecification, StreamViewType,
};
use tokio::process::{Child, Command};

use crate::load::Wire;
use crate::program::free_address;

/// A Java or Python program on a busy machine takes a while to answer.
const STARTING: Duration = Duration::from_secs(90);

/// How often a server that starts is asked.
const ASK_EVERY: Duration = Duration::from_millis(50);

/// The Region that everything is said to be in.
pub(crate) const REGION: &str = "us-east-1";

/// Invented credentials: nobody on this machine checks them.
pub(crate) const ACCESS_KEY: &str = "test";

/// A server that is killed when it is dropped.
pub(crate) struct Emulator {
    _process: Child,
    folder: tempfile::TempDir,
    /// Its address.
    pub(crate) url: String,
}

/// A file of the project, as this program was built from it.
pub(crate) fn project(path: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(path)
}

impl Emulator {
    /// AWS's own DynamoDB Local, in memory.
    pub(crate) async fn dynamodb() -> anyhow::Result<Self> {
        let server = project(".tools/dynamodb-local");
        ensure!(
            server.join("DynamoDBLocal.jar").is_file(),
            "DynamoDB Local is missing: `tests/tools/install-dynamodb-local` installs it"
        );
        let mut java = Command::new("java");
        java.args(["-Xmx768m", "-Djava.library.path=DynamoDBLocal_lib", "-jar"])
            .args(["DynamoDBLocal.jar", "-inMemory", "-sharedDb", "-port"])
            .current_dir(server);
        Self::start(java, |java, _, port| {
            java.arg(port);
        })
        .await
        .context("DynamoDB Local")
    }

    /// MiniStack, without IAM: whatever is asked is allowed.
    pub(crate) async fn ministack() -> anyhow::Result<Self> {
        let python = project(".tools/python/bin/python");
        ensure!(
            python.is_file(),
            "MiniStack is missing: `tests/tools/install-python` installs it"
        );
        let mut ministack = Command::new(python);
        ministack.args(["-m", "ministack"]);
        Self::start(ministack, |ministack, folder, port| {
            ministack
                .env("GATEWAY_PORT", port)
                .env("BIND_HOST", "127.0.0.1")
                .env("IOT_MTLS_ENABLED", "false")
                .env("HOME", folder)
                .env("TMPDIR", folder)
                .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
                .env("AWS_SECRET_ACCESS_KEY", ACCESS_KEY);
        })
        .await
        .context("MiniStack")
    }

    async fn start(mut command: Command, arrange: impl FnOnce(&mut Command, &Path, &str)) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let address = free_address()?;
        arrange(&mut command, folder.path(), &address.port().to_string());
        let log = std::fs::File::create(folder.path().join("log"))?;
        let mut process = command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .context("cannot be started")?;
        let began = Instant::now();
        loop {
            // Any answer will do, also a refusal.
            if let Ok(mut wire) = Wire::connect(address).await
                && wire.get("/").await.is_ok()
            {
                break;
            }
            if process.try_wait()?.is_some() || began.elapsed() > STARTING {
                let said = std::fs::read_to_string(folder.path().join("log")).unwrap_or_default();
                bail!("did not come up:\n{said}");
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
        Ok(Emulator {
            _process: process,
            folder,
            url: format!("http://{address}"),
        })
    }

    /// A folder that lives as long as the server does.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// An environment in which the SDK's clients find the servers of this machine.
pub(crate) fn environment(dynamodb: &str, others: &str) -> Environment {
    [
        ("AWS_REGION", REGION),
        ("AWS_ACCESS_KEY_ID", ACCESS_KEY),
        ("AWS_SECRET_ACCESS_KEY", ACCESS_KEY),
        ("AWS_ENDPOINT_URL", others),
        ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb),
    ]
    .into_iter()
    .collect()
}

/// The same client for an emulator on a busy machine: a request that is tried again would count twice.
pub(crate) fn patient(client: &Client) -> Client {
    let limits = TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_secs(30))
        .operation_timeout(Duration::from_secs(30))
        .build();
    let config = client.config().to_builder();
    let config = config.timeout_config(limits).retry_config(RetryConfig::disabled());
    Client::from_conf(config.build())
}

/// Makes the table, as the adapter's own page describes it.
pub(crate) async fn create_table(client: &Client, name: &str) -> anyhow::Result<()> {
    let attribute = |name, kind| {
        let attribute = AttributeDefinition::builder().attribute_name(name);
        attribute.attribute_type(kind).build()
    };
    let key = |name, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    let taken_along = Projection::builder()
        .projection_type(ProjectionType::Include)
        .non_key_attributes("g")
        .non_key_attributes("z")
        .build();
    let due = GlobalSecondaryIndex::builder()
        .index_name("due")
        .key_schema(key("d", KeyType::Hash)?)
        .key_schema(key("u", KeyType::Range)?)
        .projection(taken_along)
        .build()?;
    let stream = StreamSpecification::builder()
        .stream_enabled(true)
        .stream_view_type(StreamViewType::NewAndOldImages)
        .build()?;
    patient(client)
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("pk", ScalarAttributeType::S)?)
        .attribute_definitions(attribute("sk", ScalarAttributeType::S)?)
        .attribute_definitions(attribute("d", ScalarAttributeType::S)?)
        .attribute_definitions(attribute("u", ScalarAttributeType::N)?)
        .key_schema(key("pk", KeyType::Hash)?)
        .key_schema(key("sk", KeyType::Range)?)
        .global_secondary_indexes(due)
        .stream_specification(stream)
        .send()
        .await
        .context("the table cannot be made")?;
    Ok(())
}
