//! The adapter on DynamoDB, at AWS's own DynamoDB Local: one server for all tests, a table for each.
//!
//! The tests of one run may be many processes. Each holds a shared lock on a file while it lives, and
//! the program `dynamodb-local` keeps the server running for as long as anybody does.

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use aws::Table;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, StreamSpecification, StreamViewType,
};
use journey::{ContactId, JourneyId};

use crate::{Stage, people};

/// Where `tests/run` installs the server.
const SERVER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.tools/dynamodb-local");

/// The file that holds the server's port while it runs.
pub const PORT: &str = "port";

/// The file that its users hold a shared lock on. Each new one adds a byte.
pub const USERS: &str = "users";

/// A Java machine on a busy computer takes a few seconds to answer.
const STARTING: Duration = Duration::from_secs(60);

/// Where the programs of the tests' package are, which only its tests know.
#[derive(Clone, Copy)]
pub struct Places {
    /// The program that keeps the server running.
    pub keeper: &'static str,
    /// A folder for its files.
    pub scratch: &'static str,
}

/// `aws::Table` over a table of its own.
pub struct OnDynamoDb {
    /// The adapter.
    pub table: Table,
    /// What it is made of, to look at and to spoil items.
    pub client: Client,
    /// The table's name.
    pub name: String,
}

impl OnDynamoDb {
    /// Creates an empty table.
    pub async fn open(places: Places) -> Self {
        static TABLES: AtomicU32 = AtomicU32::new(0);
        let client = client(port(places));
        let number = TABLES.fetch_add(1, Ordering::Relaxed);
        let name = format!("rekindle-{}-{number}", std::process::id());
        create(&client, &name).await;
        let table = Table::new(client.clone(), &name, people::key());
        OnDynamoDb { table, client, name }
    }

    /// Sets one attribute of an item, whatever it was.
    pub async fn spoil(&self, pk: &str, sk: &str, attribute: &str, value: AttributeValue) {
        let update = self.client.update_item().table_name(&self.name);
        let update = update.key("pk", text(pk)).key("sk", text(sk));
        let update = update
            .update_expression("SET #it = :it")
            .expression_attribute_names("#it", attribute)
            .expression_attribute_values(":it", value);
        update.send().await.unwrap();
    }

    /// An item as it lies in the table.
    #[allow(clippy::disallowed_types, reason = "the SDK's own type of an item")]
    pub async fn item(&self, pk: &str, sk: &str) -> Option<std::collections::HashMap<String, AttributeValue>> {
        let get = self.client.get_item().table_name(&self.name);
        let get = get.key("pk", text(pk)).key("sk", text(sk)).consistent_read(true);
        get.send().await.unwrap().item
    }
}

impl Stage for OnDynamoDb {
    type Store = Table;

    fn store(&self) -> Table {
        self.table.clone()
    }

    async fn spoil_journey(&self, id: &JourneyId) {
        self.spoil(&format!("J#{id}"), "-", "r", text("{")).await;
    }

    async fn spoil_contact(&self, id: &ContactId) {
        let binary = AttributeValue::B(aws_sdk_dynamodb::primitives::Blob::new(*b"\0"));
        self.spoil(&format!("C#{id}"), "-", "r", binary).await;
    }
}

/// A text attribute.
#[must_use]
pub fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

/// A client of a server on this machine, with limits like those of a function.
#[must_use]
pub fn client(port: u16) -> Client {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .operation_attempt_timeout(Duration::from_secs(20))
        .build();
    let retries = RetryConfig::standard().with_initial_backoff(Duration::from_millis(50));
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "conformance"))
        .endpoint_url(format!("http://127.0.0.1:{port}"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .timeout_config(timeouts)
        .retry_config(retries)
        .build();
    Client::from_conf(config)
}

/// The table as the adapter's own page describes it.
async fn create(client: &Client, name: &str) {
    let attribute = |name, kind| {
        let attribute = AttributeDefinition::builder().attribute_name(name).attribute_type(kind);
        attribute.build().unwrap()
    };
    let part = |name, kind| {
        let part = KeySchemaElement::builder().attribute_name(name).key_type(kind);
        part.build().unwrap()
    };
    let taken_along = Projection::builder()
        .projection_type(ProjectionType::Include)
        .non_key_attributes("g")
        .non_key_attributes("z")
        .build();
    let due = GlobalSecondaryIndex::builder()
        .index_name("due")
        .key_schema(part("d", KeyType::Hash))
        .key_schema(part("u", KeyType::Range))
        .projection(taken_along)
        .build()
        .unwrap();
    let stream = StreamSpecification::builder()
        .stream_enabled(true)
        .stream_view_type(StreamViewType::NewAndOldImages)
        .build()
        .unwrap();
    client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("pk", ScalarAttributeType::S))
        .attribute_definitions(attribute("sk", ScalarAttributeType::S))
        .attribute_definitions(attribute("d", ScalarAttributeType::S))
        .attribute_definitions(attribute("u", ScalarAttributeType::N))
        .key_schema(part("pk", KeyType::Hash))
        .key_schema(part("sk", KeyType::Range))
        .global_secondary_indexes(due)
        .stream_specification(stream)
        .send()
        .await
        .unwrap();
}

/// The server's port. The server runs for as long as this process does.
fn port(places: Places) -> u16 {
    static LEASE: OnceLock<(File, u16)> = OnceLock::new();
    LEASE.get_or_init(|| lease(places)).1
}

fn lease(places: Places) -> (File, u16) {
    assert!(
        Path::new(SERVER).join("DynamoDBLocal.jar").is_file(),
        "DynamoDB Local is not in .tools/dynamodb-local: run tests/run once, which installs it"
    );
    let folder = Path::new(places.scratch).join("dynamodb-local");
    fs::create_dir_all(&folder).unwrap();
    let open = |name: &str| {
        let mut options = OpenOptions::new();
        options.create(true).append(true).open(folder.join(name)).unwrap()
    };
    let mut lease = open(USERS);
    lease.lock_shared().unwrap();
    lease.write_all(b".").unwrap();
    // Of many tests that begin at once, one starts the server.
    let starting = open("starting");
    starting.lock().unwrap();
    let port = running(&folder).unwrap_or_else(|| start(places, &folder));
    (lease, port)
}

#[allow(
    clippy::zombie_processes,
    reason = "the keeper outlives this test, for the next one, and ends by itself"
)]
fn start(places: Places, folder: &Path) -> u16 {
    let log = File::create(folder.join("log")).unwrap();
    let mut keeper = Command::new(places.keeper)
        .arg(SERVER)
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        // What ends this test, such as a key pressed, is not for the keeper.
        .process_group(0)
        .spawn()
        .unwrap();
    let begun = Instant::now();
    loop {
        if let Some(port) = running(folder) {
            return port;
        }
        let over = keeper.try_wait().unwrap().is_some() || begun.elapsed() > STARTING;
        assert!(
            !over,
            "DynamoDB Local did not start; is Java 17 or later there? Run tests/run, which looks for it. {}",
            fs::read_to_string(folder.join("log")).unwrap_or_default()
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The port of a server that answers.
fn running(folder: &Path) -> Option<u16> {
    let port = fs::read_to_string(folder.join(PORT)).ok()?.parse().ok()?;
    answers(port).then_some(port)
}

/// Does a server at this port answer a request, be it with a refusal?
#[must_use]
pub fn answers(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else {
        return false;
    };
    let patience = stream.set_read_timeout(Some(Duration::from_secs(5)));
    let asked = stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    let mut answer = [0; 5];
    patience.is_ok() && asked.is_ok() && stream.read_exact(&mut answer).is_ok() && &answer == b"HTTP/"
}
