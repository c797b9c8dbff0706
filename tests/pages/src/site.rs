//! The program itself, and the people it knows.

use jiff::{SignedDuration, Timestamp};
use journey::link::{LinkKey, LinkKind};
use journey::{IdKey, JourneyId, Purpose, Reference};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::Provider;
use crate::running::{IDENTITY, Running, example};

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
    program: Running,
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
        let secrets = [("LEAP_KEY", "an-invented-leap-key-of-tests"), ("LEAP_SECRET", SECRET)];
        let program = Running::start("127.0.0.1:0", &configuration(), &campaign(), &secrets, &[]);
        let program = program.unwrap_or_else(|said| panic!("the program did not start: {said}"));
        Site {
            base: program.base.clone(),
            provider: Provider::start().await,
            program,
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
        let webhook = self.request(Method::POST, &format!("{}/webhooks/leap", self.base));
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
        self.program.request(method, url)
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
        self.program.partner(method, path)
    }

    async fn ask(&self, request: RequestBuilder) -> Value {
        self.program.ask(request).await
    }
}

fn configuration() -> String {
    format!(
        r#"public_url = "{PUBLIC_URL}"
campaign = "campaign.toml"
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
