//! The program itself, and the people it knows.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use journey::link::{LinkKey, LinkKind};
use journey::{IdKey, JourneyId, Purpose, Reference};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{Group, Provider, program};

const IDENTITY: &str = "an-invented-identity-key-of-tests";
const TOKEN: &str = "an-invented-bearer-token-of-tests";
const SECRET: &str = "an-invented-webhook-secret-of-tests";

/// The utility that is down, as operators say.
pub const DOWN: &str = "SDGE";

/// The base of the links that the program mints. Its port is not known when its configuration is written.
const PUBLIC_URL: &str = "https://remind.example.com";

/// `rekindle serve`, with a provider that cannot be asked: what is heard comes from webhooks alone.
pub struct Site {
    /// Where it is.
    pub base: String,
    /// The provider's page.
    pub provider: Provider,
    http: Client,
    _program: Group,
    _folder: TempDir,
}

/// Somebody whom the partner has told of.
pub struct Person {
    /// The provider's reference.
    pub reference: String,
    /// The address of the resume page.
    pub resume: String,
    /// The address of the preferences, and of the one-click unsubscription.
    pub preferences: String,
}

impl Site {
    /// Starts the program and waits until it listens.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: String| std::fs::write(folder.path().join(name), text).unwrap();
        write("rekindle.toml", configuration());
        write("campaign.toml", campaign());
        let mut command = Command::new(program());
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json"])
            .args(["--log", "info,reconcile=off"])
            .current_dir(folder.path())
            .env_clear()
            .env("IDENTITY", IDENTITY)
            .env("TOKEN", TOKEN)
            .env("LEAP_KEY", "an-invented-leap-key-of-tests")
            .env("LEAP_SECRET", SECRET)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0);
        let mut program = Group(command.spawn().unwrap());
        let mut said = Vec::new();
        let mut lines = BufReader::new(program.0.stderr.take().unwrap())
            .lines()
            .map_while(Result::ok);
        let address = lines.by_ref().find_map(|line| {
            let fields: Value = serde_json::from_str(&line).unwrap_or_default();
            said.push(line);
            (fields["message"] == "ready").then(|| fields["address"].as_str().unwrap().to_owned())
        });
        let address = address.unwrap_or_else(|| panic!("the program did not start: {}", said.join("\n")));
        // Whatever else it says must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        // A client needs a TLS provider even for plain HTTP; one that is there already stays.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(Duration::from_secs(10))
            .build()
            .unwrap();
        Site {
            base: format!("http://{address}"),
            provider: Provider::start().await,
            http,
            _program: program,
            _folder: folder,
        }
    }

    /// Tells the program of somebody who began and stopped, and has links minted for them. Of what `fields` does
    /// not say, the link and the address are invented.
    ///
    /// # Panics
    /// When the program does not take it.
    pub async fn person(&self, reference: &str, fields: Value) -> Person {
        let mut contact = json!({
            "email": format!("{reference}@example.com"),
            "first_name": "Ana",
            "flow": "connect",
            "utility": "PGE",
            "link": self.provider.link(reference),
        });
        contact
            .as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        let path = format!("/contacts/leap/{reference}");
        self.ask(self.partner(Method::PUT, &path).json(&contact)).await;
        self.hear(reference, "CREATED").await;
        let links = self
            .ask(self.partner(Method::POST, &format!("/links/leap/{reference}")))
            .await;
        let local = |name: &str| links[name].as_str().unwrap().replacen(PUBLIC_URL, &self.base, 1);
        Person {
            reference: reference.to_owned(),
            resume: local("resume_url"),
            preferences: local("preferences_url"),
        }
    }

    /// Tells the program of a customer of Bayou's: the address of the page for who has no online account.
    ///
    /// # Panics
    /// When the program does not take it.
    pub async fn without_account(&self, reference: &str, locale: &str) -> String {
        let contact = json!({ "email": format!("{reference}@example.com"), "locale": locale });
        let path = format!("/contacts/bayou/{reference}");
        self.ask(self.partner(Method::PUT, &path).json(&contact)).await;
        let path = format!("/links/bayou/{reference}");
        let links = self.ask(self.partner(Method::POST, &path)).await;
        let resume = links["resume_url"].as_str().unwrap();
        resume.replacen(PUBLIC_URL, &self.base, 1)
    }

    /// What a customer of Bayou's gave by hand.
    ///
    /// # Panics
    /// When there is nothing.
    pub async fn given(&self, reference: &str) -> Value {
        let path = format!("/fallbacks/bayou/{reference}");
        self.ask(self.partner(Method::GET, &path)).await
    }

    /// Lets the program hear of a session, as the provider's webhook tells it.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn hear(&self, reference: &str, status: &str) {
        let event = json!({
            "webhook_event_id": format!("{reference}-{status}"),
            "payload": {
                "webhook_event_type": "connect_session.updated",
                "partner_reference": reference,
                "status": status,
            },
        });
        let webhook = self.http.post(format!("{}/webhooks/leap", self.base));
        let answer = webhook
            .header("x-rekindle-key", SECRET)
            .json(&event)
            .send()
            .await
            .unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
    }

    /// Everything that the program keeps of a person: the contact, and the journey with its history.
    pub async fn kept(&self, person: &Person) -> [Value; 2] {
        let reference = &person.reference;
        [
            self.ask(self.partner(Method::GET, &format!("/contacts/leap/{reference}")))
                .await,
            self.ask(self.partner(Method::GET, &format!("/journeys/leap/{reference}")))
                .await,
        ]
    }

    /// Has the person opted out of everything?
    pub async fn opted_out(&self, person: &Person) -> bool {
        self.kept(person).await[0]["opted_out"] == true
    }

    /// A request as anybody may make it.
    pub fn request(&self, method: Method, url: &str) -> RequestBuilder {
        self.http.request(method, url)
    }

    /// A link of ours whose time is over.
    ///
    /// # Panics
    /// When the reference is none.
    #[must_use]
    pub fn expired(&self, kind: LinkKind, reference: &str) -> String {
        let key = IdKey::new(IDENTITY).unwrap();
        let reference = Reference::new(reference).unwrap();
        let journey = JourneyId::new(&key, journey::Provider::Leap, Purpose::Enroll, &reference);
        let long_ago = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24);
        let token = LinkKey::new(key.derive("link")).sign(kind, &journey, long_ago);
        let page = match kind {
            LinkKind::Resume => "r",
            LinkKind::Unsubscribe => "u",
            LinkKind::Enroll => "enroll",
        };
        format!("{}/{page}/{token}", self.base)
    }

    fn partner(&self, method: Method, path: &str) -> RequestBuilder {
        self.request(method, &format!("{}{path}", self.base)).bearer_auth(TOKEN)
    }

    async fn ask(&self, request: RequestBuilder) -> Value {
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(
            (StatusCode::OK..=StatusCode::CREATED).contains(&status),
            "{status}: {text}"
        );
        serde_json::from_str(&text).unwrap_or_default()
    }
}

fn configuration() -> String {
    format!(
        r#"public_url = "{PUBLIC_URL}"
campaign = "campaign.toml"
[secrets]
identity_key_env = "IDENTITY"
api_token_env = "TOKEN"
[leap]
base_url = "http://127.0.0.1:9"
api_key_env = "LEAP_KEY"
webhook_header = "x-rekindle-key"
webhook_secret_env = "LEAP_SECRET"
calls_per_minute = 60
page_size = 10
"#
    )
}

/// The usual one, at a time when operators know of one utility that is down.
fn campaign() -> String {
    let (usual, down) = ("paused = []", format!("paused = [\"{DOWN}\"]"));
    let example = example("campaign");
    assert!(example.contains(usual));
    example.replacen(usual, &down, 1)
}

/// An example that the program prints.
fn example(of: &str) -> String {
    let printed = Command::new(program()).args([of, "example"]).output().unwrap();
    assert!(printed.status.success());
    String::from_utf8(printed.stdout).unwrap()
}
