//! No log says who a person is, whatever goes wrong: no address, name, reference, link or secret.

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use sandbox::{ApiDown, Trouble};
use serde_json::{Value, json};

use crate::support::{
    API_KEY, IDENTITY, PUBLIC_URL, Place, Ran, Serving, TOKEN, WEBHOOK_SECRET, authorization, encoded, link_in,
    session, until,
};

/// An invented person, each of whose facts would be found in a log.
const EMAIL: &str = "wilhelmina.quack@example.com";
const NAME: &str = "Wilhelmina";
const REFERENCE: &str = "zebra-house+7 @quack";
const LINK: &str = "https://connect.leap.energy/start?refId=zebra";
const WRONG: &str = "a-wrong-but-well-meant-secret";

fn person() -> Value {
    json!({"email": EMAIL, "first_name": NAME, "zone": "America/Los_Angeles", "flow": "direct_to_utility",
        "utility": "PGE", "link": LINK})
}

/// What must not be there, in any spelling that a log could have.
fn forbidden() -> Vec<String> {
    let mut texts = Vec::new();
    for text in [
        EMAIL,
        NAME,
        REFERENCE,
        LINK,
        "quack",
        "zebra",
        IDENTITY,
        TOKEN,
        WEBHOOK_SECRET,
        API_KEY,
        WRONG,
    ] {
        texts.extend([text.to_owned(), encoded(text), text.replace(' ', "+")]);
    }
    texts
}

fn is_clean(output: &str, what: &str) {
    let lower = output.to_ascii_lowercase();
    for text in forbidden() {
        if let Some(at) = lower.find(&text.to_ascii_lowercase()) {
            let line = lower
                .get(..at)
                .map_or("", |before| before.rsplit('\n').next().unwrap_or(before));
            let rest = output.get(at..).map_or("", |rest| rest.lines().next().unwrap_or(rest));
            panic!("{what} says {text:?}: {line}{rest}");
        }
    }
}

/// Everything that a partner, a customer or an attacker may send, right and wrong.
async fn use_everything(serving: &Serving, place: &Place) {
    let api = &serving.api;
    api.put_contact(REFERENCE, &person()).await;
    api.contact(REFERENCE).await.unwrap();
    let mut wrong = person();
    wrong["zone"] = json!("Zebra/Quack");
    wrong["email"] = json!(format!("{EMAIL} quack"));
    assert_eq!(api.put_contact(REFERENCE, &wrong).await.status(), 422);
    for body in [
        format!("{{\"{EMAIL}\": 1}}"),
        format!("{{\"email\": [\"{EMAIL}\"]}}"),
        format!("\"{EMAIL}"),
    ] {
        let put = api.http.put(api.contact_url(REFERENCE)).bearer_auth(TOKEN).body(body);
        assert_eq!(put.send().await.unwrap().status(), 400);
    }
    for (name, value) in [
        ("x-rekindle-key", WEBHOOK_SECRET),
        ("x-rekindle-key", WRONG),
        ("authorization", WRONG),
    ] {
        for body in [
            format!("{{\"{EMAIL}\": \"{REFERENCE}\"}}"),
            format!("\"{EMAIL}"),
            EMAIL.to_owned(),
        ] {
            let post = api.http.post(api.url("/webhooks/leap")).header(name, value);
            post.header(CONTENT_TYPE, "application/json")
                .body(body)
                .send()
                .await
                .unwrap();
        }
    }
    let post = api
        .http
        .post(api.url("/webhooks/leap"))
        .header("x-rekindle-key", WEBHOOK_SECRET);
    post.header(CONTENT_TYPE, EMAIL).body("{}").send().await.unwrap();
    let unknown_status = session("event-0", REFERENCE, "QUACK");
    api.delivered(&unknown_status).await;
    api.delivered(&session("event-1", "zebra/house", "CREATED")).await;
    api.delivered(&session("event-2", "leap-test-zebra", "CREATED")).await;
    api.delivered(&authorization("event-quack-3", REFERENCE, "INITIATED"))
        .await;
    api.delivered(&authorization("event-quack-3", REFERENCE, "INITIATED"))
        .await;
    api.delivered(&authorization("event-4", "zebra-unknown", "INITIATED"))
        .await;
    for path in [
        format!("/r/{WRONG}"),
        format!("/u/{}", encoded(EMAIL)),
        format!("/{}", encoded(REFERENCE)),
    ] {
        api.get(&path).await;
        api.http.post(api.url(&path)).body(EMAIL).send().await.unwrap();
    }
    let url = api.contact_url(REFERENCE);
    api.http
        .get(&url)
        .header(AUTHORIZATION, format!("Bearer {WRONG}"))
        .send()
        .await
        .unwrap();
    api.http
        .get(format!("{url}?email={EMAIL}"))
        .bearer_auth(TOKEN)
        .send()
        .await
        .unwrap();
    api.journey(REFERENCE).await.unwrap();

    until("a reminder is recorded", async || {
        let journey = api.journey(REFERENCE).await?;
        (journey["touches"][0]["state"] == "sent").then_some(())
    })
    .await;
    let eml = std::fs::read(&place.mail_files()[0]).unwrap();
    let mail = mail_parser::MessageParser::default().parse(&eml).unwrap();
    let text = mail.body_text(0).unwrap().into_owned();
    for kind in ["r", "u"] {
        let link = api.local(&link_in(&text, &format!("{PUBLIC_URL}/{kind}/")).unwrap());
        api.http.get(&link).send().await.unwrap();
        api.http
            .post(&link)
            .body("save=1&channel=email&quack=zebra")
            .send()
            .await
            .unwrap();
    }
    let id = |n: usize| format!("event-{}", 10 + n);
    for (n, status) in ["FAILED", "COMPLETED"].into_iter().enumerate() {
        api.delivered(&authorization(&id(n), REFERENCE, status)).await;
    }
    let erase = api.http.delete(api.contact_url(REFERENCE)).bearer_auth(TOKEN);
    assert_eq!(erase.send().await.unwrap().status(), 204);
}

/// The provider fails in every way while a reminder waits for its answer.
async fn suffer_the_provider(serving: &Serving, place: &Place) {
    let api = &serving.api;
    let down = |down| Trouble {
        down: Some(down),
        ..Trouble::default()
    };
    let troubles = [
        down(ApiDown::Unreachable),
        down(ApiDown::Unavailable),
        Trouble {
            forbidden: true,
            ..Trouble::default()
        },
        Trouble {
            throttled_p: 1.0,
            retry_after_seconds: Some(60),
            ..Trouble::default()
        },
        Trouble {
            error_p: 1.0,
            ..Trouble::default()
        },
    ];
    for (n, trouble) in troubles.into_iter().enumerate() {
        place.sandbox.set_trouble(trouble);
        let reference = format!("{REFERENCE} {n}");
        let mut contact = person();
        contact["email"] = json!(format!("{n}.{EMAIL}"));
        api.put_contact(&reference, &contact).await;
        api.delivered(&authorization(&format!("event-{n}"), &reference, "INITIATED"))
            .await;
        until("the provider was asked", async || {
            let journey = api.journey(&reference).await?;
            let touch = &journey["touches"][0];
            (touch["state"] == "skipped").then_some(())
        })
        .await;
    }
}

async fn runs_clean(log: &[&str]) {
    let place = Place::new().await;
    let serving = place.serve_with(3600, log).await;
    use_everything(&serving, &place).await;
    suffer_the_provider(&serving, &place).await;
    serving.process.terminate();
    let mut process = serving.process;
    until("it ends", async || process.ended()).await;
    process.kill();
    let (out, err) = (process.out(), process.err());
    assert!(
        err.contains("timer fired") && err.contains("webhook taken"),
        "this log says too little:\n{err}"
    );
    assert!(!err.contains("panicked"), "{err}");
    is_clean(&err, "standard error");
    is_clean(&out, "standard output");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_at_debug_names_nobody() {
    runs_clean(&["--log", "debug"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_of_everything_in_json_names_nobody() {
    runs_clean(&["--log", "trace", "--log-format", "json"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_logs_name_nobody() {
    let place = Place::new().await;
    let csv = format!(
        "provider,reference,email,first_name\nleap,{REFERENCE},{EMAIL},{NAME}\nleap,{REFERENCE}/,{EMAIL},{NAME}\n\
         {EMAIL},zebra-2,,\nleap,zebra-3,{EMAIL} {EMAIL},\nleap,zebra-4,\"{NAME}\"x,{NAME},{EMAIL},{NAME}\n"
    );
    place.write("people.csv", &csv);
    let mut outputs = Vec::new();
    for arguments in [
        &["contacts", "import", "people.csv"][..],
        &["explain", "leap", REFERENCE],
        &["config", "check"],
        &["webhook", "list"],
        &["contacts", "erase", "leap", REFERENCE],
        &["contacts", "erase", "leap", "zebra/quack"],
    ] {
        let all: Vec<_> = ["--log", "trace"].iter().chain(arguments).copied().collect();
        let Ran { out, err, .. } = place.run(&all);
        outputs.push((arguments.join(" "), format!("{out}\n{err}")));
    }
    for (command, output) in outputs {
        is_clean(&output, &command);
    }
}

/// Whoever writes the secret itself where its variable's name belongs should not find it in a log.
#[tokio::test(flavor = "multi_thread")]
async fn a_secret_in_the_place_of_its_variables_name_is_not_repeated() {
    let place = Place::new().await;
    let right = std::fs::read_to_string(place.path("rekindle.toml")).unwrap();
    place.write("wrong.toml", &right.replace("\"LEAP_KEY\"", &format!("\"{WRONG}\"")));
    let ran = place.run(&["config", "check", "wrong.toml"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("leap.api_key_env"), "{}", ran.err);
    is_clean(&ran.err, "standard error");
}
