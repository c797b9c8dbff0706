//! Bayou's customers on the deployed stack: invited, connected, lost, back again; and one without an online account.

use jiff::Timestamp;
use sandbox::bayou::Reason;
use serde_json::{Value, json};
use stack::bayou::{FORM, UTILITY};
use stack::{Stage, stage};
use url::Url;

use super::{kinds, notes, phase};

/// What somebody who was not told the secret tries.
pub(crate) const FORGED_SECRET: &str = "another-invented-secret";

/// A browser that says where it is led, and does not go there by itself.
fn browser() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

/// The partner makes a customer's record at Bayou, and tells us of the person.
async fn invite(stage: &Stage, reference: &str, email: Option<&str>) {
    stage.bayou.create(reference).await;
    let contact = json!({ "email": email, "first_name": "Ana", "state": "DC", "utility": UTILITY.to_uppercase() });
    let (status, answer) = stage
        .call("PUT", &format!("/contacts/bayou/{reference}"), Some(&contact))
        .await;
    assert!(status == 200 || status == 201, "{status} {answer}");
}

/// A journey, once it is as described. Whoever is completed is looked at by `meter-check`, which is called here since its
/// schedule is slower than a story.
async fn journey(stage: &Stage, reference: &str, purpose: &str, what: &str, right: impl Fn(&Value) -> bool) -> Value {
    let path = format!("/journeys/bayou/{reference}?purpose={purpose}");
    let look = async || {
        stage.invoke("meter-check", &json!({})).await;
        let (status, journey) = stage.call("GET", &path, None).await;
        (status == 200 && right(&journey)).then_some(journey)
    };
    stage
        .wait_for(&format!("{reference}'s journey to {purpose}, {what}"), look)
        .await
}

/// The latest resume link in a message that says why it came.
async fn link(stage: &Stage, email: &str, subject: &str) -> Url {
    let found = async || {
        let mails = stage.mail.mails_to(email);
        let mail = mails.iter().rfind(|mail| mail.subject.contains(subject))?;
        mail.link("/r/")
    };
    stage.wait_for(&format!("a mail of \"{subject}\""), found).await
}

/// The customer presses the page's button, and is led on.
async fn led_on(link: &Url) -> Url {
    let answer = browser()
        .post(link.clone())
        .header("content-type", FORM)
        .body("continue=1")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 303);
    answer.headers()["location"].to_str().unwrap().parse().unwrap()
}

fn is_completed(journey: &Value) -> bool {
    phase(journey) == "completed" && !notes(journey).contains("contradicted")
}

#[test]
fn bayous_customer_is_invited_connects_and_is_brought_back_after_a_loss() {
    let stage = stage();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (reference, email) = ("home-ana", "ana.bayou@example.com");
        invite(stage, reference, Some(email)).await;
        let resume = link(stage, email, "").await;
        let form = led_on(&resume).await;
        stage.bayou.sign_in(&form).await;
        let connected = |journey: &Value| is_completed(journey) && journey["data"]["bills"] == "ready";
        journey(stage, reference, "enroll", "completed with its data", connected).await;
        let sent = stage.mail.mails_to(email).len();

        // The utility changes its mind: only what Bayou's API confirms leads to a message.
        let lost = stage
            .bayou
            .sandbox
            .require_reauthentication(reference, Reason::CredentialsAreInvalid);
        assert!(lost);
        let resume = link(stage, email, "password").await;
        assert_eq!(stage.mail.mails_to(email).len(), sent + 1);
        let form = led_on(&resume).await;
        stage.bayou.sign_in(&form).await;
        let again = journey(stage, reference, "reconnect", "completed", is_completed).await;
        assert!(notes(&again).contains("credentials_invalid"), "{again:#}");
        tokio::time::sleep(std::time::Duration::from_secs(20)).await;
        assert_eq!(stage.mail.mails_to(email).len(), sent + 1, "reminded after the repair");

        let heard = stage.partner.events_of(reference);
        let heard = kinds(&heard);
        for kind in ["journey.started", "journey.completed", "data.ready"] {
            assert!(heard.contains(&kind), "{kind}: {heard:?}");
        }
        assert_eq!(stage.bayou.sandbox.stats().expired_link_clicks, 0);
    });
}

#[test]
fn a_forged_completion_at_bayou_is_not_believed() {
    let stage = stage();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let reference = "home-eve";
        invite(stage, reference, None).await;
        let forged = json!({
            "event": "customer_has_filled_credentials",
            "object": { "customer_id": 999_999, "customer_external_id": reference, "utility": UTILITY,
                        "utility_data_velocity": "instant", "has_filled_credentials": true },
        });
        let to = |secret: &str| format!("{}/webhooks/bayou/{secret}", stage.internet.address());
        let wrong = browser().post(to(FORGED_SECRET)).json(&forged).send().await.unwrap();
        assert_eq!(wrong.status(), 401);
        let taken = browser()
            .post(to(stack::bayou::WEBHOOK_SECRET))
            .json(&forged)
            .send()
            .await
            .unwrap();
        assert_eq!(taken.status(), 200);
        let contradicted = |journey: &Value| notes(journey).contains("contradicted");
        let journey = journey(stage, reference, "enroll", "contradicted", contradicted).await;
        assert_eq!(phase(&journey), "live");
    });
}

/// A small bill, such as a program makes it.
const BILL: &[u8] = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n";

/// The form of the page that takes a file: where it leads, and its hidden fields.
fn upload_form(page: &str) -> (String, Vec<(String, String)>) {
    let from = page.find("enctype=\"multipart/form-data\"").expect("a form for files");
    let start = page[..from].rfind("<form").unwrap();
    let form = &page[start..start + page[start..].find("</form>").unwrap()];
    let value = |tag: &str, name: &str| {
        let from = tag.find(&format!(" {name}=\""))? + name.len() + 3;
        let text = &tag[from..from + tag[from..].find('"')?];
        Some(text.replace("&amp;", "&").replace("&quot;", "\""))
    };
    let action = value(&form[..form.find('>').unwrap()], "action").unwrap();
    let inputs = form
        .split("<input")
        .skip(1)
        .filter(|tag| tag.contains("type=\"hidden\""));
    let fields = inputs.map(|tag| (value(tag, "name").unwrap(), value(tag, "value").unwrap()));
    (action, fields.collect())
}

/// A file goes from the browser to the bucket, past the stack, and the browser comes back.
async fn upload(page: &Url, file: &'static [u8]) -> (u16, String) {
    let shown = browser().get(page.clone()).send().await.unwrap().text().await.unwrap();
    let (action, fields) = upload_form(&shown);
    let mut body = Vec::new();
    for (name, value) in &fields {
        body.extend(format!("--stage\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
    }
    body.extend(b"--stage\r\nContent-Disposition: form-data; name=\"file\"; filename=\"my bill.pdf\"\r\n");
    body.extend(b"Content-Type: application/pdf\r\n\r\n");
    body.extend(file);
    body.extend(b"\r\n--stage--\r\n");
    let answer = browser()
        .post(action)
        .header("content-type", "multipart/form-data; boundary=stage")
        .body(body)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 303, "{}", answer.text().await.unwrap());
    let back: Url = answer.headers()["location"].to_str().unwrap().parse().unwrap();
    let answer = browser().get(back).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[test]
fn a_bill_goes_to_the_bucket_and_completes_the_journey() {
    let stage = stage();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let reference = "home-ben";
        invite(stage, reference, None).await;
        let (status, answer) = stage.call("POST", &format!("/links/bayou/{reference}"), None).await;
        assert_eq!(status, 200, "{answer}");
        let resume = answer["resume_url"].as_str().unwrap_or_else(|| panic!("{answer}"));
        let page: Url = resume.replacen("/r/", "/f/", 1).parse().unwrap();

        let (status, _) = upload(&page, b"<html><script>alert(1)</script></html>").await;
        assert_eq!(status, 415, "what is no bill is refused");
        let mut long = BILL.to_vec();
        long.resize(11 * 1024 * 1024, b' ');
        let (status, answer) = upload(&page, Vec::leak(long)).await;
        assert!(status == 413 && answer.contains("10 MB"), "{status} {answer}");
        let (status, thanks) = upload(&page, BILL).await;
        assert_eq!(status, 200, "{thanks}");

        let done = journey(stage, reference, "enroll", "completed", is_completed).await;
        assert!(notes(&done).contains("fallback"), "{done:#}");
        let (_, kept) = stage.call("GET", &format!("/fallbacks/bayou/{reference}"), None).await;
        assert_eq!(kept["bill"]["bytes"], BILL.len(), "{kept}");
        let asked: Timestamp = kept["bill"]["given_at"].as_str().unwrap().parse().unwrap();
        assert!(asked <= stack::leap::machine_now());
        let bill = browser()
            .get(format!("{}/fallbacks/bayou/{reference}/bill", stage.internet.address()))
            .bearer_auth(stack::stage::TOKEN)
            .send()
            .await
            .unwrap();
        assert_eq!(bill.status(), 303);
        let signed = bill.headers()["location"].to_str().unwrap();
        let answer = browser().get(signed).send().await.unwrap();
        assert_eq!(answer.bytes().await.unwrap(), BILL);

        // The person asks to be forgotten, and the bill goes too.
        let (status, _) = stage
            .call("DELETE", &format!("/contacts/bayou/{reference}"), None)
            .await;
        assert!(status == 200 || status == 204, "{status}");
        assert_eq!(browser().get(signed).send().await.unwrap().status(), 404);
    });
}
