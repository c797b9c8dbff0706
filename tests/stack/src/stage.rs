//! Everything together, once for all stories of a test run.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use aws::Clients;
use jiff::SignedDuration;
use sandbox::{Customer, EventType, Habit, Header, NewWebhook};
use serde_json::{Value, json};

use crate::bayou::{self, Bayou};
use crate::cloud::{self, Cloud, STACK};
use crate::internet::Internet;
use crate::leap::{API_KEY, Leap};
use crate::light::{self, Light};
use crate::mail::MailFront;
use crate::partner::{Receiver, SIGNING_KEY};
use crate::texts::TextFront;

/// The bearer token of the partner's API.
pub const TOKEN: &str = "an invented token of the stage";
/// What Leap proves itself with.
pub const WEBHOOK_SECRET: &str = "an invented secret of the stage";
/// The key of the stack's identifiers.
pub const IDENTITY_KEY: &str = "an invented identity key of the stage";
/// Who writes, in the example campaign.
const SENDER_DOMAIN: &str = "example.com";

/// Where texts come from.
pub const ORIGINATION_NUMBER: &str = "+18335550100";

/// The partner's app, as SNS knows it.
pub const APP: &str = "example-app";
/// The app on a customer's device.
pub const DEVICE: &str = "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/example-app/0e6b4f0c";

/// No story takes longer than this.
const PATIENCE: Duration = Duration::from_mins(8);

/// A deployed stack, and everybody around it.
pub struct Stage {
    /// The emulated AWS.
    pub cloud: Cloud,
    /// Between Leap, customers and stack.
    pub internet: Internet,
    /// SES, as far as the emulator leaves it out.
    pub mail: MailFront,
    /// SNS, as far as the emulator leaves it out.
    pub texts: TextFront,
    /// The partner's receiver of events.
    pub partner: Receiver,
    /// Leap and its customers.
    pub leap: Leap,
    /// Bayou, whose customers each story makes for itself.
    pub bayou: Bayou,
    /// Light, whose customers each story makes for itself.
    pub light: Light,
    /// What `sam deploy` said.
    pub transcript: String,
    queue_url: String,
}

/// The stage: deployed at the first call, by whichever story comes first.
pub fn stage() -> &'static Stage {
    static STAGE: OnceLock<Stage> = OnceLock::new();
    STAGE.get_or_init(|| {
        // A runtime of its own, since each story's ends with it.
        let (ready, wait) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                ready.send(Stage::set_up().await).unwrap();
                std::future::pending::<()>().await;
            });
        });
        let stage = wait.recv().expect("the stage could not be set up; see above");
        stage.open();
        stage
    })
}

impl Stage {
    async fn set_up() -> Self {
        // Two crates bring a TLS provider each, so rustls asks for a choice. Another test may have made it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mail = MailFront::start().await;
        let texts = TextFront::start().await;
        let cloud = Cloud::start(mail.address(), texts.address()).await;
        mail.stands_before(&cloud.address);
        texts.stands_before(&cloud.address);
        let internet = Internet::start().await;
        let partner = Receiver::start().await;
        let leap = Leap::start().await;
        let bayou = Bayou::start().await;
        bayou.calls(internet.address());
        let light = Light::start().await;
        light.calls(internet.address());
        let clients = Clients::from_env(&cloud.environment()).unwrap();
        prepare(&clients).await;
        let template = cloud::project().join("template.yaml");
        let transcript = cloud.deploy(
            &template,
            STACK,
            &[
                ("SenderIdentity", SENDER_DOMAIN),
                ("TextOriginationNumber", ORIGINATION_NUMBER),
                ("PushApplicationName", APP),
                ("LeapBaseUrl", leap.sandbox.base_url().trim_end_matches('/')),
                ("LeapCallsPerMinute", "6000"),
                ("LeapPageSize", "50"),
                ("BayouBaseUrl", &bayou.api()),
                ("BayouCallsPerMinute", "6000"),
                ("BayouApiKeyParameter", "/stage/bayou-api-key"),
                ("BayouWebhookSecretParameter", "/stage/bayou-webhook-secret"),
                ("LightBaseUrl", &light.api()),
                ("LightCallsPerMinute", "6000"),
                ("LightNames", light::NAMES),
                ("LightSignatureHeader", light::SIGNATURE),
                ("LightSignatureHash", "sha256"),
                ("LightSignatureEncoding", "hex"),
                ("LightTypeField", "type"),
                ("LightAccountField", "account_uuid"),
                ("LightAppTokenParameter", "/stage/light-app-token"),
                ("LightWebhookSecretParameter", "/stage/light-webhook-secret"),
                ("AnnounceUrl", partner.address()),
                ("AnnounceSecretParameter", "/stage/announce-secret"),
                ("IdentityKeyParameter", "/stage/identity-key"),
                ("LeapApiKeyParameter", "/stage/leap-api-key"),
                ("WebhookSecretParameter", "/stage/webhook-secret"),
                ("ApiTokenParameter", "/stage/api-token"),
                ("PublicUrl", internet.address()),
                ("LocalEndpoint", &cloud.address),
                ("Architecture", "x86_64"),
                ("DeletionProtection", "false"),
                ("LogLevel", "info"),
            ],
        );
        let outputs = cloud.outputs(STACK);
        // https://<id>.execute-api.<region>...: the emulator knows it by the first label.
        let api = outputs["ApiUrl"].trim_start_matches("https://");
        let id = api.split('.').next().unwrap();
        internet.leads_to(&cloud.address, &format!("{id}.execute-api.localhost:{}", cloud.port));
        let observer = cloud::project().join("tests/stack/observer.yaml");
        let roles = cloud.roles(STACK).join(",");
        assert!(roles.contains(','), "the functions' roles were not listed: {roles}");
        let parameters = [
            ("BusName", outputs["EventBusName"].as_str()),
            ("RoleNames", roles.as_str()),
        ];
        cloud.deploy(&observer, "observer", &parameters);
        let queue_url = cloud.outputs("observer").remove("QueueUrl").unwrap();
        Stage {
            cloud,
            internet,
            mail,
            texts,
            partner,
            leap,
            bayou,
            light,
            transcript,
            queue_url,
        }
    }

    /// Pushes the campaign and the contacts, subscribes at Leap, and lets the customers in.
    fn open(&self) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let (status, answer) = self.call("PUT", "/campaign", Some(&crate::campaign::package())).await;
            assert_eq!(status, 200, "PUT /campaign: {answer}");
            for row in contacts::Rows::new(
                self.leap.population.contacts_csv().as_bytes(),
                jiff::Timestamp::UNIX_EPOCH,
                &journey::LinkHosts::default(),
            )
            .unwrap()
            {
                let contact = row.contact.unwrap();
                let path = format!("/contacts/leap/{}", encoded(contact.reference.expose()));
                let body = serde_json::to_value(contacts::ContactInput::of(&contact)).unwrap();
                let (status, answer) = self.call("PUT", &path, Some(&body)).await;
                assert!(status == 200 || status == 201, "PUT a contact: {status} {answer}");
            }
            let webhook = NewWebhook {
                receiver_url: format!("{}/webhooks/leap", self.internet.address()),
                event_types: EventType::ALL.to_vec(),
                headers: vec![Header {
                    name: "x-rekindle-key".to_owned(),
                    value: WEBHOOK_SECRET.to_owned(),
                }],
            };
            self.leap.sandbox.register_webhook(webhook).unwrap();
        });
    }

    /// Calls the partner's API; answers the status and the JSON body.
    pub async fn call(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        // Each story has a runtime of its own, and a connection ends with the runtime that opened it.
        let mut request = reqwest::Client::new()
            .request(method.parse().unwrap(), format!("{}{path}", self.internet.address()))
            .bearer_auth(TOKEN);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_default())
    }

    /// What `explain` would print of a customer's journey; nothing when there is none yet.
    pub async fn journey(&self, reference: &str) -> Option<Value> {
        let (status, answer) = self
            .call("GET", &format!("/journeys/leap/{}", encoded(reference)), None)
            .await;
        (status == 200).then_some(answer)
    }

    /// Waits until a customer's journey is as described, and answers it.
    pub async fn until(&self, reference: &str, what: &str, right: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let journey = self.journey(reference).await;
            if let Some(journey) = journey.as_ref().filter(|journey| right(journey)) {
                return journey.clone();
            }
            assert!(
                began.elapsed() < PATIENCE,
                "{reference} never was {what}: {:#}",
                journey.unwrap_or_default()
            );
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    /// Waits until something is there.
    pub async fn wait_for<T>(&self, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
        let began = Instant::now();
        loop {
            if let Some(found) = look().await {
                return found;
            }
            assert!(began.elapsed() < PATIENCE, "never came: {what}");
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }

    /// Lifecycle events about a customer that came over the bus.
    pub async fn heard_on_the_bus(&self, reference: &str) -> Vec<Value> {
        let messages = self.cloud.peek(&self.queue_url).await;
        let bodies = messages.iter().filter_map(|message| message["Body"].as_str());
        bodies
            .filter_map(|body| serde_json::from_str::<Value>(body).ok())
            .filter(|event| event["detail"]["reference"] == reference)
            .collect()
    }

    /// Calls a function of the stack, and answers what it answered.
    pub async fn invoke(&self, function: &str, payload: &Value) -> Value {
        let payload = aws_sdk_lambda::primitives::Blob::new(payload.to_string());
        let answer = Clients::from_env(&self.cloud.environment())
            .unwrap()
            .lambda()
            .invoke()
            .function_name(format!("{STACK}-{function}"))
            .payload(payload)
            .send()
            .await
            .unwrap();
        assert_eq!(
            answer.function_error(),
            None,
            "{function} failed: {:?}",
            answer.payload()
        );
        let payload = answer
            .payload()
            .map(|payload| payload.as_ref().to_vec())
            .unwrap_or_default();
        serde_json::from_slice(&payload).unwrap_or(Value::Null)
    }

    /// Every message about a customer's own reference, in order: two references may share an address.
    #[must_use]
    pub fn mails_of(&self, customer: &Customer) -> Vec<crate::mail::Mail> {
        let journey = journey_of(customer);
        let mut mails = self.mail.mails_to(&customer.email);
        mails.retain(|mail| mail.tags.get("journey").is_some_and(|tag| tag == journey.as_str()));
        mails
    }

    /// An event of SES's about a message, as EventBridge delivers it.
    #[must_use]
    pub fn ses_event(&self, mail: &crate::mail::Mail, kind: &str, detail_type: &str) -> Value {
        let tags: serde_json::Map<String, Value> = mail
            .tags
            .iter()
            .map(|(name, value)| (name.clone(), json!([value])))
            .chain([("ses:configuration-set".to_owned(), json!([mail.configuration_set]))])
            .collect();
        let now = crate::leap::machine_now().to_string();
        json!({
            "version": "0", "id": "00000000-0000-4000-8000-000000000001", "source": "aws.ses",
            "account": "000000000000", "region": cloud::REGION, "time": now, "detail-type": detail_type,
            "resources": [format!("arn:aws:ses:us-east-1:000000000000:configuration-set/{}", mail.configuration_set)],
            "detail": {
                "eventType": kind,
                "mail": {
                    "timestamp": now, "messageId": mail.message_id, "source": "hello@example.com",
                    "sendingAccountId": "000000000000", "destination": [mail.to], "tags": tags,
                },
                kind.to_lowercase(): {},
            },
        })
    }

    /// Customers of a habit in an arm of the experiment, once their journeys have begun.
    pub async fn customers(&self, habit: Habit, arm: &str) -> Vec<&Customer> {
        let mut found = Vec::new();
        for customer in self.leap.of_habit(habit) {
            if crate::campaign::experiment().assign(&journey_of(customer)).arm == arm {
                found.push(customer);
            }
        }
        found
    }

    /// Lets the story go on at Leap.
    pub async fn tell(&self, span: SignedDuration) {
        self.leap.tell(span).await;
    }
}

/// The journey's name of a customer.
fn journey_of(customer: &Customer) -> journey::JourneyId {
    let key = journey::IdKey::new(IDENTITY_KEY).unwrap();
    let reference = journey::Reference::new(&*customer.reference).unwrap();
    journey::JourneyId::new(&key, journey::Provider::Leap, journey::Purpose::Enroll, &reference)
}

/// What a deployer makes by hand before the first deployment (docs/deploy.md).
async fn prepare(clients: &Clients) {
    let secrets = [
        ("identity-key", IDENTITY_KEY),
        ("leap-api-key", API_KEY),
        ("webhook-secret", WEBHOOK_SECRET),
        ("bayou-api-key", bayou::API_KEY),
        ("bayou-webhook-secret", bayou::WEBHOOK_SECRET),
        ("light-app-token", light::APP_TOKEN),
        ("light-webhook-secret", light::WEBHOOK_SECRET),
        ("api-token", TOKEN),
        ("announce-secret", SIGNING_KEY),
    ];
    for (name, value) in secrets {
        clients
            .ssm()
            .put_parameter()
            .name(format!("/stage/{name}"))
            .r#type(aws_sdk_ssm::types::ParameterType::SecureString)
            .value(value)
            .send()
            .await
            .unwrap();
    }
    clients
        .ses()
        .create_email_identity()
        .email_identity(SENDER_DOMAIN)
        .send()
        .await
        .unwrap();
}

/// A reference as a segment of a path.
#[must_use]
pub fn encoded(reference: &str) -> String {
    percent_encoding::utf8_percent_encode(reference, percent_encoding::NON_ALPHANUMERIC).to_string()
}
