//! Light's customers on the deployed stack: reminded, led in, enrolled step by step, and then left alone.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use stack::light::SIGNATURE;
use stack::{Stage, stage};

use super::{kinds, phase};

/// Ends the path of what no Light sent, by which the story of all webhooks leaves it out.
pub(crate) const FORGED: &str = "?forged";

/// A browser that says where it is led, and does not go there by itself.
fn browser() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

/// The partner opens an enrolment; answers the account's uuid.
async fn open(stage: &Stage, email: &str) -> String {
    let person = json!({
        "email": email, "first_name": "Carla", "last_name": "Example",
        "preliminary_address": {
            "address_1": "100 Example Street", "city": "Houston", "state": "TX", "postal_code": "77002",
        },
    });
    let (status, opened) = stage.call("POST", "/enrollments", Some(&person)).await;
    assert_eq!(status, 201, "{opened}");
    opened["reference"].as_str().unwrap().to_owned()
}

/// The journey, once it is as described. What no webhook told is found by `meter-check`, which is called here since its
/// schedule is slower than a story.
async fn journey(stage: &Stage, reference: &str, what: &str, right: impl Fn(&Value) -> bool) -> Value {
    let path = format!("/journeys/light/{reference}");
    let look = async || {
        let (status, journey) = stage.call("GET", &path, None).await;
        (status == 200 && right(&journey)).then_some(journey)
    };
    stage.wait_for(&format!("{reference}'s journey, {what}"), look).await
}

/// A partner's own front end, in a session of one customer's.
struct FrontEnd<'a> {
    stage: &'a Stage,
    token: String,
}

impl<'a> FrontEnd<'a> {
    async fn enter(stage: &'a Stage, reference: &str) -> Self {
        let (status, session) = stage
            .call("POST", &format!("/enrollments/{reference}/session"), None)
            .await;
        assert_eq!(status, 201, "{session}");
        let token = session["token"].as_str().unwrap().to_owned();
        FrontEnd { stage, token }
    }

    /// Calls the enrolment's API, which answers with something, or with nothing.
    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let url = format!("{}/enroll/v1/{path}", self.stage.internet.address());
        let mut request = browser().request(method, url).bearer_auth(&self.token);
        if let Some(body) = &body {
            request = request.json(body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    async fn next_step(&self) -> Value {
        self.call(Method::GET, "enrollment", None).await["next_step"].take()
    }

    /// The address is found, a plan accepted, the bills go there, and a card pays.
    async fn enrol(&self) {
        assert_eq!(self.next_step().await, "plan");
        let place = &self.stage.light.sandbox.addresses()[0];
        let query = format!("{}, {}", place.address_1, place.city);
        let found = self
            .call(Method::POST, "address-search", Some(json!({ "query": query })))
            .await;
        let found = found["addresses"].as_array().unwrap();
        assert!(
            found.iter().any(|found| found["esi_id"] == place.esi_id.as_str()),
            "{found:?}"
        );
        let plans = self
            .call(Method::POST, "plans", Some(json!({ "esi_id": place.esi_id })))
            .await;
        let plan = &plans["plans"][0];
        let accepted = json!({
            "offer": plan["offer"], "start_date": plan["earliest_start_date"], "terms_accepted": true,
        });
        self.call(Method::POST, "acceptance", Some(accepted)).await;
        assert_eq!(self.next_step().await, "billing_address");
        let same = json!({ "same_as_service_address": true });
        self.call(Method::PUT, "billing-address", Some(same)).await;
        assert_eq!(self.next_step().await, "payment");
        let session = self.call(Method::POST, "payment-session", None).await;
        let method = self.stage.light.give_card(&session).await;
        let method = json!({ "payment_method_id": method });
        self.call(Method::POST, "payment-method", Some(method)).await;
        assert_eq!(self.next_step().await, Value::Null);
    }
}

#[test]
fn lights_customer_is_reminded_led_in_enrolled_and_left_alone() {
    let stage = stage();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let email = "carla.light@example.com";
        let reference = open(stage, email).await;
        let resume = stage
            .wait_for("a reminder", async || {
                let mails = stage.mail.mails_to(email);
                mails.last().and_then(|mail| mail.link("/r/"))
            })
            .await;

        // The link leads to a page, its button begins a session, and the session is known where it leads.
        let pressed = browser()
            .post(resume)
            .header("content-type", "application/x-www-form-urlencoded")
            .body("continue=1")
            .send()
            .await
            .unwrap();
        assert_eq!(pressed.status(), 303);
        assert_eq!(pressed.headers()["location"], "/enroll");
        let enroll = format!("{}/enroll", stage.internet.address());
        let cookie = pressed.headers()["set-cookie"].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let stranger = browser().get(&enroll).send().await.unwrap();
        assert_eq!(stranger.status(), 403);
        let led_on = browser().get(&enroll).header("cookie", &cookie).send().await.unwrap();
        assert_eq!(led_on.status(), 303);
        assert_eq!(led_on.headers()["location"], "/enroll/address");
        let address = format!("{enroll}/address");
        let shown = browser().get(address).header("cookie", &cookie).send().await.unwrap();
        assert_eq!(shown.status(), 200);
        assert_eq!(shown.headers()["content-type"], "text/html; charset=utf-8");

        FrontEnd::enter(stage, &reference).await.enrol().await;
        let done = journey(stage, &reference, "completed", |journey| phase(journey) == "completed").await;
        let reached = done["milestones"].to_string();
        assert!(
            reached.contains("plan_accepted") && reached.contains("payment_method_added"),
            "{done:#}"
        );
        assert_eq!(done["acceptances"].as_array().unwrap().len(), 1, "{done:#}");
        let told = stage.light.sandbox.stats().deliveries;
        assert!(told.accepted > 0, "{told:?}");

        let sent = stage.mail.mails_to(email).len();
        tokio::time::sleep(Duration::from_secs(30)).await;
        assert_eq!(stage.mail.mails_to(email).len(), sent, "reminded after the end");
        let heard = stage.partner.events_of(&reference);
        let heard = kinds(&heard);
        for kind in ["journey.started", "touch.sent", "journey.completed"] {
            assert!(heard.contains(&kind), "{kind}: {heard:?}");
        }
    });
}

#[test]
fn trap_20_a_webhook_of_lights_is_believed_by_its_signature_and_no_further_than_its_record() {
    let stage = stage();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let reference = open(stage, "eve.light@example.com").await;
        let forged = json!({ "type": "enrollment.finalized", "account_uuid": reference }).to_string();
        let url = format!("{}/webhooks/light{FORGED}", stage.internet.address());
        for signature in [None, Some(""), Some("00"), Some(&*"0".repeat(64))] {
            let mut request = browser().post(&url).body(forged.clone());
            if let Some(signature) = signature {
                request = request.header(SIGNATURE, signature);
            }
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 401, "{signature:?}");
        }
        let (_, before) = stage.call("GET", &format!("/journeys/light/{reference}"), None).await;
        assert_eq!(phase(&before), "live", "{before:#}");

        // Light itself tells of an end that its record does not have.
        stage.light.sandbox.send_event(&reference, "enrollment.finalized", None);
        let contradicted = |journey: &Value| super::notes(journey).contains("contradicted");
        let after = journey(stage, &reference, "contradicted", contradicted).await;
        assert_eq!(phase(&after), "live", "{after:#}");
    });
}
