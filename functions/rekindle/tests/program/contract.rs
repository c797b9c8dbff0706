//! The HTTP contract, route by route, and the outbox's.

use std::fs;

use jiff::{SignedDuration, Timestamp};
use journey::link::{LinkKey, LinkKind};
use journey::{IdKey, JourneyId, Provider, Purpose, Reference};
use mail_parser::{MessageParser, MimeHeaders};
use reqwest::header::{ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, LOCATION, WWW_AUTHENTICATE};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::support::{
    IDENTITY, PUBLIC_URL, Place, Serving, TOKEN, WEBHOOK_SECRET, authorization, direct_contact, link_in, session, until,
};

/// Legal in every character, and wrong after any encoding but the right one.
const ODD: &str = "casa+7 @ala:señal=é";

/// An error's status, and that it has the form of one.
async fn problem(answer: Response, status: u16) -> Value {
    assert_eq!(answer.status().as_u16(), status, "{:?}", answer.url().path());
    assert_eq!(answer.headers()[CONTENT_TYPE], "application/problem+json");
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["status"], status);
    for key in ["type", "title", "detail"] {
        assert!(problem[key].as_str().is_some_and(|text| !text.is_empty()), "{problem}");
    }
    problem
}

fn webhook(serving: &Serving) -> reqwest::RequestBuilder {
    serving.api.http.post(serving.api.url("/webhooks/leap"))
}

fn signed(serving: &Serving) -> reqwest::RequestBuilder {
    webhook(serving)
        .header("x-rekindle-key", WEBHOOK_SECRET)
        .header(CONTENT_TYPE, "application/json")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_accepted_and_what_it_says_is_there() {
    let place = Place::new().await;
    let serving = place.serve(1).await;
    let answer = signed(&serving)
        .body(authorization("event-1", "site-1", "INITIATED").to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    let journey = serving.api.journey("site-1").await.unwrap();
    assert_eq!(journey["phase"], "live");
    assert_eq!(journey["milestones"], json!(["login_reached"]));
    assert_eq!(journey["utility"], "PGE");
    assert_eq!(journey["email"], "unknown_contact");

    // What could only be repeated unchanged is answered 2xx: a refusal would bring it back ten times.
    let unknown = json!({"webhook_event_id": "event-2", "payload": {"webhook_event_type": "meter.sang"}});
    serving.api.delivered(&unknown).await;
    serving
        .api
        .delivered(&session("event-3", "leap-test-1", "CREATED"))
        .await;
    assert!(
        serving.api.journey("leap-test-1").await.is_none(),
        "a reserved reference is a test's"
    );
    // A charset beside the type is the same type, and so is another case.
    let charset = webhook(&serving)
        .header("X-Rekindle-Key", WEBHOOK_SECRET)
        .header(CONTENT_TYPE, "Application/JSON; charset=utf-8")
        .body(session("event-4", ODD, "CREATED").to_string());
    assert_eq!(charset.send().await.unwrap().status(), StatusCode::OK);
    assert!(serving.api.journey(ODD).await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_delivered_again_changes_nothing() {
    let place = Place::new().await;
    let serving = place.serve(1).await;
    let event = authorization("event-1", "site-1", "INITIATED");
    serving.api.delivered(&event).await;
    let before = serving.api.journey("site-1").await.unwrap();
    serving.api.delivered(&event).await;
    let mut after = serving.api.journey("site-1").await.unwrap();
    // The note of the second delivery is all that may be new.
    let notes = before["timeline"].as_array().unwrap().len();
    after["timeline"].as_array_mut().unwrap().truncate(notes);
    assert_eq!(before, after);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_without_the_one_right_secret_is_refused_before_its_body_is_read() {
    let place = Place::new().await;
    let serving = place.serve(1).await;
    let body = authorization("event-1", "site-1", "INITIATED").to_string();
    let json = |request: reqwest::RequestBuilder| request.header(CONTENT_TYPE, "application/json").body(body.clone());
    let wrong = "an-invented-webhook-secret-of-testX";
    for request in [
        webhook(&serving),
        webhook(&serving).header("x-rekindle-key", wrong),
        webhook(&serving).header("x-rekindle-key", ""),
        webhook(&serving).header("x-rekindle-key", &WEBHOOK_SECRET[..WEBHOOK_SECRET.len() - 1]),
        webhook(&serving).header("x-rekindle-key", format!("{WEBHOOK_SECRET},{WEBHOOK_SECRET}")),
        webhook(&serving)
            .header("x-rekindle-key", WEBHOOK_SECRET)
            .header("x-rekindle-key", WEBHOOK_SECRET),
        webhook(&serving)
            .header("x-rekindle-key", WEBHOOK_SECRET)
            .header("x-rekindle-key", wrong),
        webhook(&serving).bearer_auth(WEBHOOK_SECRET),
    ] {
        problem(json(request).send().await.unwrap(), 401).await;
    }
    // Whoever has no secret does not learn whether the rest would have been right.
    problem(webhook(&serving).body("{").send().await.unwrap(), 401).await;
    assert!(serving.api.journey("site-1").await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_in_another_form_is_refused() {
    let place = Place::new().await;
    let serving = place.serve(1).await;
    for body in [
        "",
        "{",
        "null",
        "[]",
        "{}",
        "{\"payload\":{}}",
        "\u{fffd}",
        "{\"webhook_event_id\":\"\",\"payload\":{\"webhook_event_type\":\"meter.created\"}}",
        "{\"webhook_event_id\":\"e\",\"payload\":{\"webhook_event_type\":\"connect_session.updated\"}}",
        "{\"webhook_event_id\":\"e\",\"payload\":{\"webhook_event_type\":\"connect_session.updated\",\"partner_reference\":7,\"status\":\"CREATED\"}}",
    ] {
        problem(signed(&serving).body(body).send().await.unwrap(), 400).await;
    }
    let deep = "[".repeat(60_000);
    problem(signed(&serving).body(deep).send().await.unwrap(), 400).await;

    let good = authorization("event-1", "site-1", "INITIATED").to_string();
    for other in ["text/plain", "application/x-www-form-urlencoded", "application/jsonx"] {
        let request = webhook(&serving)
            .header("x-rekindle-key", WEBHOOK_SECRET)
            .header(CONTENT_TYPE, other);
        problem(request.body(good.clone()).send().await.unwrap(), 415).await;
    }

    let whole = format!("{good}{}", " ".repeat(64 * 1024 - good.len()));
    let answer = signed(&serving).body(whole.clone()).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "64 KB are taken");
    let answer = signed(&serving).body(format!("{whole} ")).send().await.unwrap();
    problem(answer, 413).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_said_to_be_so() {
    let place = Place::new().await;
    let serving = place.serve(1).await;
    let api = &serving.api;
    let acme = api
        .http
        .post(api.url("/webhooks/acme"))
        .header("x-rekindle-key", WEBHOOK_SECRET);
    problem(acme.body("{}").send().await.unwrap(), 404).await;
    for path in ["/nothing", "/contacts", "/contacts/leap/", "/demo/state.json", "/"] {
        problem(api.get(path).await, 404).await;
    }
    for provider in ["acme", "Leap"] {
        let contact = api.http.get(api.url(&format!("/contacts/{provider}/site-1")));
        problem(contact.bearer_auth(TOKEN).send().await.unwrap(), 404).await;
    }
    for path in ["/contacts/leap/site-1", "/journeys/leap/site-1"] {
        problem(
            api.http.get(api.url(path)).bearer_auth(TOKEN).send().await.unwrap(),
            404,
        )
        .await;
    }
    for request in [
        api.http.get(api.url("/webhooks/leap")),
        api.http.put(api.url("/webhooks/leap")),
        api.http.post(api.url("/healthz")),
        api.http.post(api.contact_url("site-1")).bearer_auth(TOKEN),
        api.http.delete(api.url("/journeys/leap/site-1")).bearer_auth(TOKEN),
        api.http.put(api.url("/u/token")),
    ] {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{}", answer.url());
        assert!(answer.headers().contains_key(ALLOW));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn health_tells_the_programs_own_time() {
    let place = Place::new().await;
    let serving = place.serve(3600).await;
    let answer = serving.api.get("/healthz").await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()[CACHE_CONTROL], "no-store");
    let health: Value = answer.json().await.unwrap();
    let mut keys: Vec<_> = health.as_object().unwrap().keys().collect();
    keys.sort();
    assert_eq!(keys, ["now", "overdue_seconds", "status"]);
    assert_eq!(health["status"], "ok");
    assert_eq!(health["overdue_seconds"], 0);
    let first: Timestamp = health["now"].as_str().unwrap().parse().unwrap();
    // Ten of the program's minutes are a sixth of a real second.
    until("time runs fast", async || {
        let passed = serving.api.now().await.duration_since(first);
        (passed > SignedDuration::from_mins(10)).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_partners_api_wants_the_one_right_token() {
    let place = Place::new().await;
    let serving = place.serve(1).await;
    let api = &serving.api;
    api.put_contact("site-1", &direct_contact("ana")).await;
    let bearer = format!("Bearer {TOKEN}");
    for url in [api.contact_url("site-1"), api.url("/journeys/leap/site-1")] {
        for request in [
            api.http.get(&url),
            api.http.get(&url).bearer_auth("another-token-of-some-length"),
            api.http.get(&url).bearer_auth(&TOKEN[1..]),
            api.http.get(&url).header(AUTHORIZATION, TOKEN),
            api.http.get(&url).basic_auth("partner", Some(TOKEN)),
            api.http
                .get(&url)
                .header(AUTHORIZATION, &bearer)
                .header(AUTHORIZATION, &bearer),
            api.http
                .get(&url)
                .header(AUTHORIZATION, "Bearer another")
                .header(AUTHORIZATION, &bearer),
            api.http.get(format!("{url}?token={TOKEN}")),
        ] {
            let answer = request.send().await.unwrap();
            let challenge = answer.headers().get(WWW_AUTHENTICATE).unwrap().to_str().unwrap();
            assert!(challenge.starts_with("Bearer"), "{challenge}");
            problem(answer, 401).await;
        }
    }
    let unsigned = api.http.put(api.contact_url("site-1")).json(&json!({}));
    problem(unsigned.send().await.unwrap(), 401).await;
    let unsigned = api.http.delete(api.contact_url("site-1"));
    problem(unsigned.send().await.unwrap(), 401).await;
    assert_eq!(api.contact("site-1").await.unwrap(), direct_contact("ana"));
}

/// RFC 9110, section 11.1: the name of an authentication scheme has no case.
#[tokio::test(flavor = "multi_thread")]
async fn the_scheme_of_the_token_may_be_written_in_any_case() {
    let place = Place::new().await;
    let serving = place.serve(1).await;
    let request = serving.api.http.get(serving.api.contact_url("site-1"));
    let answer = request
        .header(AUTHORIZATION, format!("bearer {TOKEN}"))
        .send()
        .await
        .unwrap();
    problem(answer, 404).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_is_put_read_replaced_and_erased() {
    let place = Place::new().await;
    let serving = place.serve(1).await;
    let api = &serving.api;
    for reference in ["site-1", ODD, "ana@example.com", "100+1", "a:b c"] {
        let mut contact = direct_contact("ana");
        let answer = api.put_contact(reference, &contact).await;
        assert_eq!(answer.status(), StatusCode::OK, "{reference}");
        assert_eq!(answer.json::<Value>().await.unwrap(), contact);
        assert_eq!(api.contact(reference).await.unwrap(), contact);
        contact["locale"] = json!("es");
        contact["first_name"] = json!("Ánna");
        api.put_contact(reference, &contact).await;
        assert_eq!(api.contact(reference).await.unwrap(), contact, "a second PUT replaces");
        let journey = api.http.delete(api.contact_url(reference)).bearer_auth(TOKEN);
        let answer = journey.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
        assert_eq!(answer.bytes().await.unwrap().len(), 0);
        assert!(api.contact(reference).await.is_none());
        let again = api.http.delete(api.contact_url(reference)).bearer_auth(TOKEN);
        assert_eq!(
            again.send().await.unwrap().status(),
            StatusCode::NO_CONTENT,
            "erasing is idempotent"
        );
    }
    // The spelling in the URL decides nothing: %2B and + are the same in a path.
    api.put_contact("a+b", &direct_contact("ana")).await;
    let plain = api.http.get(api.url("/contacts/leap/a+b")).bearer_auth(TOKEN);
    assert_eq!(plain.send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opt_out_outlives_a_contact_that_comes_without_it() {
    let place = Place::new().await;
    let serving = place.serve(1).await;
    let mut contact = direct_contact("ana");
    contact["opted_out"] = json!(true);
    serving.api.put_contact("site-1", &contact).await;
    contact["opted_out"] = json!(false);
    let answer = serving.api.put_contact("site-1", &contact).await;
    let answered: Value = answer.json().await.unwrap();
    let stored = serving.api.contact("site-1").await.unwrap();
    assert_eq!(stored["opted_out"], true);
    assert_eq!(answered, stored, "a PUT answers what is stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_that_is_not_right_is_refused_with_what_would_be() {
    let place = Place::new().await;
    let serving = place.serve(1).await;
    let api = &serving.api;
    let wrong = json!({"email": "ana(at)example", "zone": "Mars/Olympus", "locale": "fr", "link": "javascript:alert(1)",
        "flow": "sideways", "classification": "palace", "utility": "P G E", "region": "caiso", "first_name": "A\nB"});
    let answer = problem(api.put_contact("site-1", &wrong).await, 422).await;
    let errors = answer["errors"].as_array().unwrap();
    for (field, value) in wrong.as_object().unwrap() {
        let error = errors.iter().find(|error| error["field"] == field.as_str());
        let error = error.unwrap_or_else(|| panic!("no word of {field}: {answer}"));
        assert!(
            error["problem"].as_str().is_some_and(|text| !text.is_empty()),
            "{error}"
        );
        assert!(
            !answer.to_string().contains(value.as_str().unwrap()),
            "the answer repeats {field}"
        );
    }
    assert_eq!(errors.len(), wrong.as_object().unwrap().len());

    let put = |body: String| {
        let request = api.http.put(api.contact_url("site-1")).bearer_auth(TOKEN);
        request.header(CONTENT_TYPE, "application/json").body(body)
    };
    let unknown = problem(
        put(r#"{"e_mail":"ana@example.com"}"#.to_owned()).send().await.unwrap(),
        400,
    )
    .await;
    assert!(unknown["detail"].as_str().unwrap().contains("e_mail"), "{unknown}");
    for body in [
        "",
        "{",
        "null",
        r#"{"email":["ana@example.com"]}"#,
        r#"{"opted_out":"yes, ana@example.com"}"#,
    ] {
        let answer = problem(put(body.to_owned()).send().await.unwrap(), 400).await;
        assert!(!answer.to_string().contains("ana@"), "{answer}");
    }
    let big = json!({"first_name": "A".repeat(17_000)}).to_string();
    problem(put(big).send().await.unwrap(), 413).await;

    for reference in ["x", "a/b", "a?b", "a#b", "100%", "a\nb", &"x".repeat(257)] {
        problem(api.put_contact(reference, &json!({})).await, 400).await;
    }
    let not_utf8 = api.http.get(api.url("/contacts/leap/%FF%FE%FD")).bearer_auth(TOKEN);
    assert_eq!(not_utf8.send().await.unwrap().status(), StatusCode::BAD_REQUEST);
    assert!(api.contact("site-1").await.is_none());
}

/// A list is no contact: taken field by field, it would replace a person's address by whatever comes first.
#[tokio::test(flavor = "multi_thread")]
async fn a_contact_that_is_a_list_is_refused() {
    let place = Place::new().await;
    let serving = place.serve(1).await;
    let api = &serving.api;
    api.put_contact("site-1", &direct_contact("ana")).await;
    for list in [json!([]), json!(["bo@example.com", "Bo"])] {
        problem(api.put_contact("site-1", &list).await, 400).await;
        assert_eq!(api.contact("site-1").await.unwrap(), direct_contact("ana"), "{list}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_is_a_list_is_refused() {
    let place = Place::new().await;
    let serving = place.serve(1).await;
    let event = authorization("event-1", "site-1", "INITIATED");
    let list = json!([event["webhook_event_id"], event["payload"]]);
    problem(signed(&serving).body(list.to_string()).send().await.unwrap(), 400).await;
    let payload = json!({"webhook_event_id": "event-1", "payload": ["connect_session.updated", "site-1", "CREATED"]});
    problem(signed(&serving).body(payload.to_string()).send().await.unwrap(), 400).await;
    assert!(serving.api.journey("site-1").await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journey_is_told_as_json_without_naming_the_person() {
    let place = Place::new().await;
    let serving = place.serve(1).await;
    let api = &serving.api;
    api.put_contact(ODD, &direct_contact("ana")).await;
    assert!(api.journey(ODD).await.is_none());
    api.delivered(&authorization("event-1", ODD, "INITIATED")).await;
    let journey = api.journey(ODD).await.unwrap();
    for (key, value) in [
        ("provider", json!("leap")),
        ("episode", json!(1)),
        ("phase", json!("live")),
        ("flow", json!("direct_to_utility")),
        ("milestones", json!(["login_reached"])),
        ("experiment", json!("one-arm")),
        ("arm", json!("only")),
        ("contact_known", json!(true)),
        ("email", json!("allowed")),
        ("sms", json!("no_address")),
    ] {
        assert_eq!(journey[key], value, "{key}");
    }
    assert_eq!(journey["touches"].as_array().unwrap().len(), 3);
    assert_eq!(
        journey["touches"][0],
        json!({"touch": 1, "state": "waiting", "at": null, "channel": null, "why": null})
    );
    assert_eq!(journey["next"]["why"], "touch");
    assert!(!journey["timeline"].as_array().unwrap().is_empty());
    for secret in [ODD, "ana@example.com", "Ana", "connect.leap.energy"] {
        assert!(!journey.to_string().contains(secret), "{secret}");
    }
}

/// A second touch that comes soon, but not while the test is still at the first.
const EIGHT_HOURS: &str = r#"[[touch]]
after = "45m"
until = "1h"
channels = ["email"]
[[touch]]
after = "8h"
until = "12h"
channels = ["email"]
"#;

/// A customer who has just been sent the first reminder.
struct Reminded {
    place: Place,
    serving: Serving,
    eml: Vec<u8>,
    resume: String,
    unsubscribe: String,
}

impl Reminded {
    async fn new(reference: &str) -> Self {
        Self::at(Place::new().await, reference).await
    }

    async fn at(place: Place, reference: &str) -> Self {
        let serving = place.serve(3600).await;
        serving.api.put_contact(reference, &direct_contact("ana")).await;
        serving
            .api
            .delivered(&authorization("event-1", reference, "INITIATED"))
            .await;
        until("the first reminder", async || {
            (!place.messages().is_empty()).then_some(())
        })
        .await;
        let eml = fs::read(&place.mail_files()[0]).unwrap();
        let mail = MessageParser::default().parse(&eml).unwrap();
        let text = mail.body_text(0).unwrap();
        let link = |kind: &str| link_in(&text, &format!("{PUBLIC_URL}/{kind}/")).unwrap();
        let (resume, unsubscribe) = (serving.api.local(&link("r")), serving.api.local(&link("u")));
        Reminded {
            place,
            serving,
            eml,
            resume,
            unsubscribe,
        }
    }

    async fn open(&self, link: &str) -> Response {
        self.serving.api.http.get(link).send().await.unwrap()
    }

    async fn press(&self, link: &str, form: &str) -> Response {
        let request = self.serving.api.http.post(link);
        request
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.to_owned())
            .send()
            .await
            .unwrap()
    }
}

fn is_guarded(headers: &HeaderMap) {
    let policy = headers["content-security-policy"].to_str().unwrap();
    for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("script-src") && !policy.contains("unsafe"), "{policy}");
    for (name, value) in [
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
        ("x-robots-tag", "noindex"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("strict-transport-security", "max-age=31536000"),
    ] {
        assert_eq!(headers[name], value, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_resume_page_acts_only_when_its_button_is_pressed() {
    let reminded = Reminded::new(ODD).await;
    let api = &reminded.serving.api;
    // Nothing else is due for hours, so only what we do can change the journey.
    let before = until("the send is recorded", async || {
        api.journey(ODD)
            .await
            .filter(|journey| journey["touches"][0]["state"] == "sent")
    })
    .await;
    let head = api.http.head(&reminded.resume).send().await.unwrap();
    assert_eq!(head.status(), StatusCode::OK);
    let answer = reminded.open(&reminded.resume).await;
    assert_eq!(answer.status(), StatusCode::OK);
    is_guarded(answer.headers());
    let page = answer.text().await.unwrap();
    assert!(page.contains("method=\"post\"") && !page.contains("<script"), "{page}");
    for secret in [ODD, "ana@example.com", "connect.leap.energy"] {
        assert!(!page.contains(secret), "the page shows {secret}");
    }
    assert_eq!(api.journey(ODD).await.unwrap(), before, "a GET changes nothing");

    let answer = reminded.press(&reminded.resume, "continue=1").await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    is_guarded(answer.headers());
    assert_eq!(
        answer.headers()[LOCATION],
        direct_contact("ana")["link"].as_str().unwrap()
    );
    let after = api.journey(ODD).await.unwrap();
    let milestones = after["milestones"].as_array().unwrap();
    assert!(milestones.contains(&json!("link_followed")), "{milestones:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_resume_page_of_somebody_who_finished_sends_nobody_away() {
    let reminded = Reminded::new("site-1").await;
    let api = &reminded.serving.api;
    api.delivered(&authorization("event-2", "site-1", "COMPLETED")).await;
    for answer in [
        reminded.open(&reminded.resume).await,
        reminded.press(&reminded.resume, "continue=1").await,
    ] {
        assert_eq!(answer.status(), StatusCode::OK);
        let page = answer.text().await.unwrap();
        assert!(page.contains("You are all set") && !page.contains("<form"), "{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_resume_page_without_a_link_of_the_contact_says_what_to_do() {
    let reminded = Reminded::new("site-1").await;
    let mut contact = direct_contact("ana");
    contact.as_object_mut().unwrap().remove("link");
    reminded.serving.api.put_contact("site-1", &contact).await;
    let answer = reminded.press(&reminded.resume, "continue=1").await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(
        answer
            .text()
            .await
            .unwrap()
            .contains("Please use the link you were given")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_click_ends_the_reminders_and_the_page_brings_them_back() {
    let reminded = Reminded::new("site-1").await;
    let api = &reminded.serving.api;
    let opted_out = async || api.contact("site-1").await.unwrap()["opted_out"] == true;

    let answer = reminded.open(&reminded.unsubscribe).await;
    assert_eq!(answer.status(), StatusCode::OK);
    is_guarded(answer.headers());
    let page = answer.text().await.unwrap();
    assert!(
        page.contains("Stop all reminders") && !page.contains("<script"),
        "{page}"
    );
    assert!(!page.contains("ana@example.com") && !page.contains("site-1"), "{page}");
    assert!(!opted_out().await, "a GET changes nothing");

    let answer = reminded
        .press(&reminded.unsubscribe, "List-Unsubscribe=One-Click")
        .await;
    assert_eq!(answer.status(), StatusCode::OK);
    is_guarded(answer.headers());
    assert!(opted_out().await);
    assert_eq!(api.journey("site-1").await.unwrap()["email"], "opted_out");
    let page = reminded.open(&reminded.unsubscribe).await.text().await.unwrap();
    assert!(page.contains("You receive no reminders from us"), "{page}");

    assert_eq!(
        reminded
            .press(&reminded.unsubscribe, "save=1&channel=email")
            .await
            .status(),
        200
    );
    assert!(!opted_out().await);
    assert_eq!(api.journey("site-1").await.unwrap()["email"], "allowed");

    // RFC 8058, section 3.1: the form may also come as multipart/form-data.
    let body = "--line\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--line--\r\n";
    let multipart = api.http.post(&reminded.unsubscribe);
    let multipart = multipart
        .header(CONTENT_TYPE, "multipart/form-data; boundary=line")
        .body(body);
    assert_eq!(multipart.send().await.unwrap().status(), StatusCode::OK);
    assert!(opted_out().await);

    // A form that says both, or nothing, is taken in the safe way.
    for form in ["", "reminders=off", "reminders=ON", "something=else"] {
        reminded.press(&reminded.unsubscribe, "save=1&channel=email").await;
        assert!(!opted_out().await);
        reminded.press(&reminded.unsubscribe, form).await;
        assert!(opted_out().await, "{form}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_opts_out_gets_no_further_reminder() {
    let reminded = Reminded::at(Place::with_touches(EIGHT_HOURS).await, "site-1").await;
    let api = &reminded.serving.api;
    let form = "List-Unsubscribe=One-Click";
    assert_eq!(reminded.press(&reminded.unsubscribe, form).await.status(), 200);
    let skipped = until("the second touch is decided", async || {
        let touch = api.journey("site-1").await.unwrap()["touches"][1].clone();
        (touch["state"] != "waiting").then_some(touch)
    })
    .await;
    assert_eq!(skipped["state"], "skipped", "{skipped}");
    assert_eq!(reminded.place.messages().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn links_that_are_not_ours_or_too_old_show_a_page_without_detail() {
    let reminded = Reminded::new("site-1").await;
    let api = &reminded.serving.api;
    let id_key = IdKey::new(IDENTITY).unwrap();
    let journey = |reference: &str| {
        let reference = Reference::new(reference).unwrap();
        JourneyId::new(&id_key, Provider::Leap, Purpose::Enroll, &reference)
    };
    let now = api.now().await;
    let mint = |kind, key: &str, reference: &str, hours| {
        let expires = now.checked_add(SignedDuration::from_hours(hours)).unwrap();
        LinkKey::new(IdKey::new(key).unwrap().derive("link")).sign(kind, &journey(reference), expires)
    };
    let mut altered = reminded.resume.rsplit('/').next().unwrap().to_owned();
    let last = if altered.pop() == Some('a') { 'b' } else { 'a' };
    altered.push(last);
    let foreign = "an invented key of somebody else";
    let cases = [
        ("r", altered, 404),
        ("r", reminded.unsubscribe.rsplit('/').next().unwrap().to_owned(), 404),
        ("u", reminded.resume.rsplit('/').next().unwrap().to_owned(), 404),
        ("r", mint(LinkKind::Resume, foreign, "site-1", 1), 404),
        ("u", mint(LinkKind::Unsubscribe, foreign, "site-1", 1), 404),
        ("u", "x".repeat(5_000), 404),
        ("r", "%3Cscript%3E".to_owned(), 404),
        ("r", mint(LinkKind::Resume, IDENTITY, "site-1", -1), 410),
        ("u", mint(LinkKind::Unsubscribe, IDENTITY, "site-1", -1), 410),
        // Ours, but of nobody whom we know (any more).
        ("r", mint(LinkKind::Resume, IDENTITY, "nobody", 1), 410),
        ("u", mint(LinkKind::Unsubscribe, IDENTITY, "nobody", 1), 410),
    ];
    let mut pages = Vec::new();
    for (path, token, status) in cases {
        let link = api.url(&format!("/{path}/{token}"));
        let posted = reminded.press(&link, "reminders=off").await;
        // Whoever unsubscribes and is not known receives nothing: that is what they asked for.
        let may_be_fine = path == "u" && status == 410 && posted.status() == StatusCode::OK;
        assert!(
            may_be_fine || posted.status().as_u16() == status,
            "{path} {}",
            posted.status()
        );
        let answer = reminded.open(&link).await;
        assert_eq!(answer.status().as_u16(), status, "{path} {token}");
        is_guarded(answer.headers());
        pages.push(answer.text().await.unwrap());
    }
    pages.dedup();
    assert_eq!(pages.len(), 1, "forged and expired links look the same");
    let page = &pages[0];
    assert!(
        page.contains("This link does not work any more") && !page.contains("script"),
        "{page}"
    );
    assert_eq!(api.contact("site-1").await.unwrap()["opted_out"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_in_the_outbox_is_whole() {
    let reminded = Reminded::new(ODD).await;
    let mail = MessageParser::default().parse(&reminded.eml).unwrap();
    let header = |name: &str| {
        mail.header_raw(name)
            .unwrap_or_else(|| panic!("no {name}"))
            .trim()
            .to_owned()
    };
    assert_eq!(mail.to().unwrap().first().unwrap().address(), Some("ana@example.com"));
    assert_eq!(
        mail.from().unwrap().first().unwrap().address(),
        Some("reminders@example.com")
    );
    assert_eq!(mail.from().unwrap().first().unwrap().name(), Some("Example Energy"));
    assert_eq!(
        mail.reply_to().unwrap().first().unwrap().address(),
        Some("help@example.com")
    );
    assert_eq!(header("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    assert_eq!(header("Auto-Submitted"), "auto-generated");
    let unsubscribe: String = header("List-Unsubscribe").split_whitespace().collect();
    let url = unsubscribe
        .strip_prefix('<')
        .and_then(|rest| rest.strip_suffix('>'))
        .unwrap();
    assert_eq!(reminded.serving.api.local(url), reminded.unsubscribe);
    assert!(mail.date().is_some() && mail.message_id().is_some());

    let kinds: Vec<_> = mail
        .parts
        .iter()
        .filter_map(|part| part.content_type())
        .map(|kind| format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default()))
        .collect();
    assert_eq!(kinds, ["multipart/alternative", "text/plain", "text/html"]);
    let (text, html) = (mail.body_text(0).unwrap(), mail.body_html(0).unwrap());
    for part in [&text, &html] {
        for must in [
            "Ana",
            "Sunhome",
            "100 Example Street, Springfield, CA 90000",
            "/r/",
            "/u/",
        ] {
            assert!(part.contains(must), "{must} is missing in {part}");
        }
        assert!(!part.contains("{{") && !part.contains("{%"), "{part}");
    }
    // Our own links name nobody: a journey's keyed hash, an expiry, a seal.
    for part in [&text, &html] {
        for link in part.split(PUBLIC_URL).skip(1).map(|rest| link_in(rest, "/").unwrap()) {
            let token = link.rsplit('/').next().unwrap();
            assert!(token.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'), "{link}");
            assert!(!link.contains("casa") && !link.contains("ana"), "{link}");
        }
    }
    let name = reminded.place.mail_files()[0].display().to_string();
    assert!(!name.contains("casa") && !name.contains("ana@"), "{name}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_of_the_outboxs_log_has_the_keys_of_the_contract() {
    let reminded = Reminded::new(ODD).await;
    let log = fs::read_to_string(reminded.place.path("rekindle-data/outbox/messages.jsonl")).unwrap();
    assert!(log.ends_with('\n'));
    let keys = [
        "at",
        "channel",
        "provider",
        "reference",
        "episode",
        "touch",
        "diagnosis",
        "locale",
        "arm",
        "subject",
        "to",
    ];
    for line in log.lines() {
        let message: Value = serde_json::from_str(line).unwrap();
        assert_eq!(message.as_object().unwrap().len(), keys.len(), "{line}");
        let places: Vec<_> = keys
            .iter()
            .map(|key| {
                line.find(&format!("\"{key}\":"))
                    .unwrap_or_else(|| panic!("no {key}: {line}"))
            })
            .collect();
        assert!(places.is_sorted(), "{line}");
    }
    let message = &reminded.place.messages()[0];
    message["at"].as_str().unwrap().parse::<Timestamp>().unwrap();
    for (key, value) in [
        ("channel", json!("email")),
        ("provider", json!("leap")),
        ("reference", json!(ODD)),
        ("episode", json!(1)),
        ("touch", json!(1)),
        ("diagnosis", json!("utility_not_connected")),
        ("locale", json!("en")),
        ("arm", json!("only")),
        ("to", json!("ana@example.com")),
    ] {
        assert_eq!(message[key], value, "{key}");
    }
    let mail = MessageParser::default().parse(&reminded.eml).unwrap();
    assert_eq!(message["subject"].as_str(), mail.subject());
}

#[tokio::test(flavor = "multi_thread")]
async fn erasing_somebody_ends_their_reminders_and_their_links() {
    let reminded = Reminded::new("site-1").await;
    let api = &reminded.serving.api;
    let erase = api.http.delete(api.contact_url("site-1")).bearer_auth(TOKEN);
    assert_eq!(erase.send().await.unwrap().status(), StatusCode::NO_CONTENT);
    let journey = api.journey("site-1").await.unwrap();
    assert_eq!(
        (&journey["phase"], &journey["contact_known"]),
        (&json!("stopped"), &json!(false))
    );
    assert_eq!(journey["next"], Value::Null);
    assert_eq!(reminded.open(&reminded.resume).await.status(), StatusCode::GONE);
}
