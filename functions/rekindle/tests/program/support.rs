//! A place to run the program in: a configuration, a data folder, a stand-in of Leap, and the program itself.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use embedded::{DataDir, ProgramClock};
use jiff::Timestamp;
use journey::port::Clock;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Client, Response, StatusCode};
use sandbox::bayou::{BayouConfig, BayouSandbox};
use sandbox::{Sandbox, SandboxConfig};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) const IDENTITY: &str = "an-invented-identity-key-of-tests";
pub(crate) const TOKEN: &str = "an-invented-bearer-token-of-tests";
pub(crate) const WEBHOOK_SECRET: &str = "an-invented-webhook-secret-of-tests";
/// 32 invented bytes.
pub(crate) const ANNOUNCE_KEY: &str = "whsec_YW4gaW52ZW50ZWQga2V5IG9mIDMyIGJ5dGVzIGxvbmc=";
pub(crate) const BAYOU_KEY: &str = "an-invented-bayou-key-of-tests";
pub(crate) const BAYOU_SECRET: &str = "an-invented-bayou-secret-of-tests";
pub(crate) const API_KEY: &str = "an-invented-leap-key-of-tests";

/// The base of the links in messages. A port that the system chooses is not known when the
/// configuration is written, so tests put the real address in the place of this one.
pub(crate) const PUBLIC_URL: &str = "https://remind.example.com";

/// Time runs an hour a second here, but the disk and the network do not run faster than elsewhere: what
/// takes a busy machine half a second must not look like half an hour's outage.
pub(crate) const PATIENT: &str = "[advanced]\nwindow_grace = \"60m\"\nclaim_lease = \"30m\"\n";

/// Whatever a test waits for comes long before this, or never.
const PATIENCE: Duration = Duration::from_secs(40);

/// How often a condition is looked at.
const LOOK: Duration = Duration::from_millis(10);

/// Waits until `look` finds something.
pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        tokio::time::sleep(LOOK).await;
    }
}

/// A folder with everything that the program needs, and the provider it talks to.
pub(crate) struct Place {
    folder: TempDir,
    pub(crate) sandbox: Sandbox,
    clock: Arc<StoryClock>,
}

impl Place {
    /// Adds Bayou to the place: a stand-in of it, and its part of the configuration.
    pub(crate) async fn with_bayou(&self) -> BayouSandbox {
        let config = BayouConfig::new(7, BAYOU_KEY);
        let bayou = BayouSandbox::start(config, self.clock.clone()).await.unwrap();
        let text = fs::read_to_string(self.path("rekindle.toml")).unwrap();
        let part = format!(
            "[bayou]\nbase_url = \"{}/api/v2\"\napi_key_env = \"BAYOU_KEY\"\nwebhook_secret_env = \"BAYOU_SECRET\"\ncalls_per_minute = 6000\n",
            bayou.base_url()
        );
        self.write("rekindle.toml", &format!("{text}\n{part}"));
        bayou
    }

    /// A place with one arm, no holdout, and the default touches.
    pub(crate) async fn new() -> Self {
        Self::with_touches("").await
    }

    /// As [`Place::new`], with the campaign's touches given as TOML.
    pub(crate) async fn with_touches(touches: &str) -> Self {
        Self::with_campaign(touches, PATIENT).await
    }

    /// As [`Place::with_touches`], with the end of the campaign file given, too.
    pub(crate) async fn with_campaign(touches: &str, end: &str) -> Self {
        let clock = Arc::new(StoryClock::default());
        let mut config = SandboxConfig::new(7, API_KEY);
        config.page_size_default = 100;
        let sandbox = Sandbox::start(config, clock.clone()).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let place = Place { folder, sandbox, clock };
        place.write("rekindle.toml", &configuration(place.sandbox.base_url()));
        place.write("campaign.toml", &campaign(touches, end));
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// A command of the program in this place: the configuration and the data folder are the defaults,
    /// the secrets are in the environment, and nothing else is.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program(arguments);
        command
            .current_dir(self.folder.path())
            .env("IDENTITY", IDENTITY)
            .env("TOKEN", TOKEN)
            .env("LEAP_KEY", API_KEY)
            .env("LEAP_SECRET", WEBHOOK_SECRET)
            .env("BAYOU_KEY", BAYOU_KEY)
            .env("BAYOU_SECRET", BAYOU_SECRET)
            .env("ANNOUNCE", ANNOUNCE_KEY);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::new(self.command(arguments).output().unwrap())
    }

    /// Starts `serve` and waits until it listens.
    pub(crate) async fn serve(&self, speed: u32) -> Serving {
        self.serve_with(speed, &["--log-format", "json"]).await
    }

    pub(crate) async fn serve_with(&self, speed: u32, arguments: &[&str]) -> Serving {
        let serving = Serving::listening(self.spawn(speed, arguments)).await;
        self.clock.follow(&self.path("rekindle-data"));
        serving
    }

    /// Starts `serve` and does not wait.
    pub(crate) fn spawn(&self, speed: u32, arguments: &[&str]) -> Spawned {
        let speed = speed.to_string();
        let mut all = vec!["serve", "--listen", "127.0.0.1:0", "--speed", &speed];
        all.extend(arguments);
        Spawned::new(self.command(&all))
    }

    /// The lines of the outbox's log that are complete.
    pub(crate) fn messages(&self) -> Vec<Value> {
        let log = fs::read_to_string(self.path("rekindle-data/outbox/messages.jsonl")).unwrap_or_default();
        let whole = log.rfind('\n').map_or("", |end| &log[..end]);
        whole
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
            .collect()
    }

    /// The names in the outbox's folder, its log apart.
    pub(crate) fn mail_files(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.path("rekindle-data/outbox")) else {
            return Vec::new();
        };
        let mut files: Vec<_> = entries
            .map(|entry| entry.unwrap().path())
            .filter(|path| !path.ends_with("messages.jsonl"))
            .collect();
        files.sort();
        files
    }

    /// Imports contacts by the command; all rows are good.
    pub(crate) fn import(&self, csv: &str) {
        let file = self.write("contacts.csv", csv);
        let ran = self.run(&["contacts", "import", file.to_str().unwrap()]);
        assert_eq!(ran.code, 0, "{}", ran.err);
    }
}

/// The program, with nothing of this process's environment.
pub(crate) fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rekindle"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    command
}

/// What a command did.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn new(output: Output) -> Self {
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs a command with a text as its standard input.
    pub(crate) fn with_input(mut command: Command, input: &str) -> Self {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut pipe = child.stdin.take().unwrap();
        pipe.write_all(input.as_bytes()).unwrap();
        drop(pipe);
        Ran::new(child.wait_with_output().unwrap())
    }
}

fn configuration(leap: &str) -> String {
    format!(
        r#"public_url = "{PUBLIC_URL}"
campaign = "campaign.toml"

[secrets]
identity_key_env = "IDENTITY"
api_token_env = "TOKEN"

[leap]
base_url = "{leap}"
api_key_env = "LEAP_KEY"
webhook_header = "x-rekindle-key"
webhook_secret_env = "LEAP_SECRET"
calls_per_minute = 600
page_size = 100
"#
    )
}

fn campaign(touches: &str, end: &str) -> String {
    let names: String = sandbox::display_names()
        .into_iter()
        .map(|(display, code)| format!("{} = \"{code}\"\n", json!(display)))
        .collect();
    format!(
        r#"name = "tests"
{touches}
[experiment]
version = "one-arm"
holdout = "0%"
[[experiment.arm]]
name = "only"
first_after = "45m"
weight = 1

[messages]
brand = "Sunhome"

[sender]
name = "Example Energy"
from = "reminders@example.com"
reply_to = "help@example.com"
postal_address = "100 Example Street, Springfield, CA 90000"

[utilities.display_names]
{names}
{end}"#
    )
}

/// The program's own clock, once the program runs; the sandbox reads it.
#[derive(Default)]
struct StoryClock(OnceLock<ProgramClock>);

impl StoryClock {
    fn follow(&self, data: &Path) {
        self.0.get_or_init(|| {
            let visited = DataDir::visit(data).unwrap();
            ProgramClock::visit(&visited).unwrap()
        });
    }
}

impl sandbox::Clock for StoryClock {
    fn now(&self) -> Timestamp {
        self.0.get().map_or(Timestamp::UNIX_EPOCH, Clock::now)
    }
}

/// A process whose output is kept, and which does not outlive the test.
pub(crate) struct Spawned {
    child: Child,
    readers: Vec<thread::JoinHandle<()>>,
    out: Arc<Mutex<Vec<String>>>,
    err: Arc<Mutex<Vec<String>>>,
}

impl Spawned {
    pub(crate) fn new(mut command: Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (out, err) = (Arc::default(), Arc::default());
        let readers = vec![
            collect(child.stdout.take().unwrap(), Arc::clone(&out)),
            collect(child.stderr.take().unwrap(), Arc::clone(&err)),
        ];
        Spawned {
            child,
            readers,
            out,
            err,
        }
    }

    /// What came on standard output so far.
    pub(crate) fn out(&self) -> String {
        self.out.lock().unwrap().join("\n")
    }

    /// What came on standard error so far.
    pub(crate) fn err(&self) -> String {
        self.err.lock().unwrap().join("\n")
    }

    /// The system's number of the process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The exit code, if the process has ended.
    pub(crate) fn ended(&mut self) -> Option<i32> {
        self.status().map(|status| status.code().unwrap_or(-1))
    }

    /// How the process ended, if it has.
    pub(crate) fn status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Asks the process to stop, as the system does.
    pub(crate) fn terminate(&self) {
        let id = self.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(sent.success());
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        // An error means that it has ended by itself.
        let _ = self.child.kill();
        self.child.wait().unwrap();
        for reader in self.readers.drain(..) {
            reader.join().unwrap();
        }
    }
}

impl Drop for Spawned {
    fn drop(&mut self) {
        self.kill();
    }
}

fn collect(pipe: impl std::io::Read + Send + 'static, into: Arc<Mutex<Vec<String>>>) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            into.lock().unwrap().push(line);
        }
    })
}

/// A running `serve`.
pub(crate) struct Serving {
    pub(crate) process: Spawned,
    pub(crate) api: Api,
}

impl Serving {
    pub(crate) async fn listening(mut process: Spawned) -> Self {
        let address = until("the program listens", async || {
            if let Some(code) = process.ended() {
                panic!("serve ended with {code}: {}", process.err());
            }
            let err = process.err();
            err.lines().find_map(ready_address)
        })
        .await;
        let api = Api::new(&format!("http://{address}"));
        Serving { process, api }
    }
}

/// The address in the line that says `ready`, in either form of the log.
fn ready_address(line: &str) -> Option<String> {
    if let Ok(fields) = serde_json::from_str::<Value>(line) {
        return (fields["message"] == "ready").then(|| fields["address"].as_str().unwrap().to_owned());
    }
    if !line.contains("ready") {
        return None;
    }
    let start = line.find("127.0.0.1:")?;
    let address: String = line[start..]
        .chars()
        .take_while(|c| c.is_ascii_digit() || ".:".contains(*c))
        .collect();
    Some(address)
}

/// A client of the program's HTTP contract.
#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) base: String,
    pub(crate) http: Client,
}

impl Api {
    pub(crate) fn new(base: &str) -> Self {
        // A client needs a TLS provider even for plain HTTP; one that is there already stays.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(Duration::from_secs(10))
            .build()
            .unwrap();
        Api {
            base: base.to_owned(),
            http,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// A link of a message, at the address where the program really is.
    pub(crate) fn local(&self, link: &str) -> String {
        link.replacen(PUBLIC_URL, &self.base, 1)
    }

    pub(crate) fn contact_url(&self, reference: &str) -> String {
        self.url(&format!("/contacts/leap/{}", encoded(reference)))
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.http.get(self.url(path)).send().await.unwrap()
    }

    /// The program's time.
    pub(crate) async fn now(&self) -> Timestamp {
        let health: Value = self.get("/healthz").await.json().await.unwrap();
        health["now"].as_str().unwrap().parse().unwrap()
    }

    pub(crate) async fn put_contact(&self, reference: &str, contact: &Value) -> Response {
        let request = self.http.put(self.contact_url(reference)).bearer_auth(TOKEN);
        request.json(contact).send().await.unwrap()
    }

    pub(crate) async fn contact(&self, reference: &str) -> Option<Value> {
        let request = self.http.get(self.contact_url(reference)).bearer_auth(TOKEN);
        found(request.send().await.unwrap()).await
    }

    /// What `GET /journeys` says of one of a Bayou customer's journeys, if there is one.
    pub(crate) async fn connection(&self, reference: &str, purpose: &str) -> Option<Value> {
        let url = self.url(&format!("/journeys/bayou/{}?purpose={purpose}", encoded(reference)));
        found(self.http.get(url).bearer_auth(TOKEN).send().await.unwrap()).await
    }

    /// What `GET /journeys` says of a customer, if there is a journey.
    pub(crate) async fn journey(&self, reference: &str) -> Option<Value> {
        let url = self.url(&format!("/journeys/leap/{}", encoded(reference)));
        found(self.http.get(url).bearer_auth(TOKEN).send().await.unwrap()).await
    }

    /// Posts a webhook with the secret; nothing came back when the connection failed.
    pub(crate) async fn deliver(&self, body: &Value) -> Option<StatusCode> {
        let request = self.http.post(self.url("/webhooks/leap"));
        let sent = request.header("x-rekindle-key", WEBHOOK_SECRET).json(body).send().await;
        sent.ok().map(|answer| answer.status())
    }

    pub(crate) async fn delivered(&self, body: &Value) {
        assert_eq!(self.deliver(body).await, Some(StatusCode::OK), "{body}");
    }
}

async fn found(answer: Response) -> Option<Value> {
    match answer.status() {
        StatusCode::OK => Some(answer.json().await.unwrap()),
        StatusCode::NOT_FOUND => None,
        other => panic!("answered {other}"),
    }
}

pub(crate) fn encoded(reference: &str) -> String {
    utf8_percent_encode(reference, NON_ALPHANUMERIC).to_string()
}

/// A customer's step at the utility, as Leap tells it: INITIATED, FAILED or COMPLETED.
pub(crate) fn authorization(id: &str, reference: &str, status: &str) -> Value {
    json!({"webhook_event_id": id, "payload": {
        "webhook_event_type": "connect_session.authorization_updated",
        "partner_reference": reference, "utility_name": "PGE", "status": status,
    }})
}

/// A step of a Connect session, as Leap tells it: CREATED, UPDATED, CLOSED or COMPLETED.
pub(crate) fn session(id: &str, reference: &str, status: &str) -> Value {
    json!({"webhook_event_id": id, "payload": {
        "webhook_event_type": "connect_session.updated",
        "partner_reference": reference, "status": status,
    }})
}

/// A contact whom the provider's record need not list: what the webhooks say is enough to remind them.
pub(crate) fn direct_contact(name: &str) -> Value {
    json!({
        "email": format!("{name}@example.com"), "phone": null, "push": null,
        "consent": {"email": null, "sms": null, "push": null, "event": null}, "first_name": "Ana", "locale": "en",
        "zone": "America/Los_Angeles", "state": null, "flow": "direct_to_utility", "region": "CAISO",
        "classification": "residential", "utility": "PGE", "sharing_ends_at": null,
        "link": format!("https://connect.leap.energy/pge/getting-started?refId={name}"),
        "opted_out": false,
    })
}

/// Everything after the first `start` in a text, up to what ends a link.
pub(crate) fn link_in(text: &str, start: &str) -> Option<String> {
    let from = &text[text.find(start)?..];
    let end = from
        .find(|c: char| c.is_whitespace() || "\"'<>".contains(c))
        .unwrap_or(from.len());
    Some(from[..end].to_owned())
}
