//! `rekindle campaign push`, `versions` and `activate`, against a stand-in of a deployment's API.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use campaign::Package;
use journey::port::PushedCampaign;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{Ran, TOKEN, program};

/// What a deployment keeps of campaigns: the real packages, opened and checked as a deployment does it.
#[derive(Default)]
struct Deployment {
    stored: Vec<PushedCampaign>,
    active: Option<String>,
    uploads: usize,
    /// What every request is answered with, if it is not served.
    fails_with: Option<(StatusCode, &'static str, &'static str)>,
}

type Shared = Arc<Mutex<Deployment>>;

fn problem(status: StatusCode, detail: &str) -> Response {
    let body = json!({ "type": "about:blank", "title": status.canonical_reason(), "status": status.as_u16(), "detail": detail });
    (
        status,
        [(header::CONTENT_TYPE, "application/problem+json")],
        body.to_string(),
    )
        .into_response()
}

/// Lets a request in, or says what it is answered with.
fn let_in(deployment: &Shared, headers: &HeaderMap) -> Result<(), Box<Response>> {
    let expected = format!("Bearer {TOKEN}");
    if headers
        .get(header::AUTHORIZATION)
        .is_none_or(|value| value != expected.as_str())
    {
        return Err(Box::new(problem(StatusCode::UNAUTHORIZED, "a bearer token is needed")));
    }
    match deployment.lock().unwrap().fails_with {
        Some((status, kind, body)) => Err(Box::new((status, [(header::CONTENT_TYPE, kind)], body).into_response())),
        None => Ok(()),
    }
}

async fn list(State(deployment): State<Shared>, headers: HeaderMap) -> Response {
    if let Err(refusal) = let_in(&deployment, &headers) {
        return *refusal;
    }
    let deployment = deployment.lock().unwrap();
    let version = |stored: &PushedCampaign| {
        let active = deployment.active.as_ref() == Some(&stored.version);
        json!({ "version": stored.version, "pushed_at": stored.pushed_at, "active": active })
    };
    let versions: Vec<Value> = deployment.stored.iter().rev().map(version).collect();
    Json(json!({ "active": deployment.active, "versions": versions })).into_response()
}

async fn store(State(deployment): State<Shared>, headers: HeaderMap, body: String) -> Response {
    if let Err(refusal) = let_in(&deployment, &headers) {
        return *refusal;
    }
    let now = "2026-07-01T20:00:00Z".parse().unwrap();
    let pushed = match Package::from_json(&body).and_then(|package| package.to_pushed(now)) {
        Ok(pushed) => pushed,
        Err(error) => return problem(StatusCode::UNPROCESSABLE_ENTITY, &error.to_string()),
    };
    let mut deployment = deployment.lock().unwrap();
    let version = pushed.version.clone();
    deployment.uploads += 1;
    deployment.active = Some(version.clone());
    if deployment.stored.iter().all(|stored| stored.version != version) {
        deployment.stored.push(pushed);
    }
    Json(json!({ "version": version, "active": true })).into_response()
}

async fn activate(State(deployment): State<Shared>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    if let Err(refusal) = let_in(&deployment, &headers) {
        return *refusal;
    }
    let mut deployment = deployment.lock().unwrap();
    let version = body["version"].as_str().unwrap().to_owned();
    if deployment.stored.iter().all(|stored| stored.version != version) {
        return problem(StatusCode::NOT_FOUND, "there is no such version");
    }
    deployment.active = Some(version.clone());
    Json(json!({ "version": version, "active": true })).into_response()
}

/// A deployment that listens, and a folder with a campaign to push.
struct Stand {
    address: SocketAddr,
    deployment: Shared,
    folder: tempfile::TempDir,
}

const SENDER: &str = r#"
[sender]
name = "Example Energy"
from = "reminders@example.com"
postal_address = "100 Example Street, Springfield, CA 90000"
"#;

impl Stand {
    async fn new() -> Self {
        let deployment = Shared::default();
        // Under a path, as the API's stages have one.
        let routes = Router::new()
            .route("/live/campaign", get(list).put(store))
            .route("/live/campaign/active", put(activate))
            .layer(DefaultBodyLimit::max(6 * 1000 * 1000))
            .with_state(deployment.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(axum::serve(listener, routes).into_future());
        let folder = tempfile::tempdir().unwrap();
        let stand = Stand {
            address,
            deployment,
            folder,
        };
        stand.write(1);
        stand
    }

    /// Writes a campaign of so many episodes.
    fn write(&self, max_episodes: u16) {
        let text = format!("max_episodes = {max_episodes}\n{SENDER}");
        std::fs::write(self.folder.path().join("campaign.toml"), text).unwrap();
    }

    fn to(&self) -> String {
        format!("http://{}/live", self.address)
    }

    async fn run(&self, arguments: &[&str]) -> Ran {
        let to = self.to();
        self.run_with_token(&[arguments, &["--to", &to]].concat(), TOKEN).await
    }

    async fn run_with_token(&self, arguments: &[&str], token: &str) -> Ran {
        let mut command = program(&[&["campaign"], arguments].concat());
        command.current_dir(self.folder.path()).env("REKINDLE_API_TOKEN", token);
        // The stand-in answers in this process while the command waits for it.
        tokio::task::spawn_blocking(move || Ran::new(command.output().unwrap()))
            .await
            .unwrap()
    }

    fn active(&self) -> Option<String> {
        self.deployment.lock().unwrap().active.clone()
    }

    fn uploads(&self) -> usize {
        self.deployment.lock().unwrap().uploads
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_is_pushed_listed_and_rolled_back() {
    let stand = Stand::new().await;
    let none = stand.run(&["versions"]).await;
    assert_eq!(none.code, 0, "{}", none.err);
    assert!(none.out.starts_with("No campaign was pushed yet."), "{}", none.out);

    let pushed = stand.run(&["push"]).await;
    let first = stand.active().unwrap();
    assert_eq!((pushed.code, pushed.err.as_str()), (0, ""));
    assert_eq!(pushed.out, format!("Version {first} runs now; it is the first.\n"));
    let checked = program(&["campaign", "check"])
        .current_dir(stand.folder.path())
        .output()
        .unwrap();
    assert!(
        Ran::new(checked).out.ends_with(&format!("Version {first}.\n")),
        "the version that is checked is pushed"
    );
    // What is stored is a campaign that runs.
    {
        let deployment = stand.deployment.lock().unwrap();
        let messages = deployment.stored[0]
            .messages
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()));
        let running = campaign::Running::open(&deployment.stored[0].head, messages).unwrap();
        assert_eq!(
            (running.head.rules.max_episodes, running.head.rules.version),
            (1, first.clone())
        );
        assert_eq!(running.templates.texts().count(), 52);
    }

    let again = stand.run(&["push", "campaign.toml"]).await;
    assert_eq!(
        again.out,
        format!("Version {first} ran already; nothing was changed.\n")
    );

    stand.write(2);
    let pushed = stand.run(&["push"]).await;
    let second = stand.active().unwrap();
    assert_ne!(first, second);
    let go_back = format!("rekindle campaign activate {first} --to {}\n", stand.to());
    assert!(
        pushed
            .out
            .starts_with(&format!("Version {second} runs now, in place of {first}")),
        "{}",
        pushed.out
    );
    assert!(pushed.out.ends_with(&go_back), "{}", pushed.out);

    let versions = stand.run(&["versions"]).await.out;
    let line = |version: &str| versions.lines().find(|line| line.contains(version)).unwrap().to_owned();
    assert!(line(&second).trim_end().ends_with("runs"), "{versions}");
    assert!(line(&first).trim_end().ends_with("2026-07-01T20:00:00Z"), "{versions}");
    assert!(
        versions.find(&second) < versions.find(&first),
        "the latest first: {versions}"
    );

    let activated = stand.run(&["activate", &first]).await;
    assert_eq!((activated.code, activated.err.as_str()), (0, ""));
    let instead = format!("Version {first} runs now, in place of {second};");
    assert!(activated.out.starts_with(&instead), "{}", activated.out);
    assert_eq!(stand.active(), Some(first.clone()));
    let again = stand.run(&["activate", &first]).await;
    assert_eq!(again.out, format!("Version {first} ran already.\n"));

    let unknown = stand.run(&["activate", "0123456789ab"]).await;
    assert_eq!((unknown.code, unknown.out.as_str()), (1, ""));
    assert!(
        unknown.err.contains("has no version 0123456789ab") && unknown.err.contains("campaign versions --to"),
        "{}",
        unknown.err
    );
    assert_eq!(stand.active(), Some(first));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_faulty_campaign_is_not_pushed() {
    let stand = Stand::new().await;
    stand.write(0);
    let refused = stand.run(&["push"]).await;
    assert_eq!((refused.code, refused.out.as_str()), (1, ""));
    assert!(
        refused.err.contains("campaign.toml:1:16: max_episodes"),
        "{}",
        refused.err
    );
    let missing = stand.run(&["push", "nothing.toml"]).await;
    assert!(missing.err.contains("nothing.toml: cannot be read"), "{}", missing.err);
    assert_eq!(stand.uploads(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_let_in_learns_why() {
    let stand = Stand::new().await;
    let to = stand.to();
    let wrong = "a-token-that-is-not-the-right-one";
    for arguments in [&["push"][..], &["versions"], &["activate", "0123456789ab"]] {
        let refused = stand.run_with_token(&[arguments, &["--to", &to]].concat(), wrong).await;
        assert_eq!((refused.code, refused.out.as_str()), (1, ""), "{arguments:?}");
        assert!(
            refused.err.contains("REKINDLE_API_TOKEN") && refused.err.contains("401"),
            "{arguments:?}: {}",
            refused.err
        );
        assert!(!refused.err.contains(wrong), "a token is shown to nobody");
    }
    let unset = stand.run(&["push", "--token-env", "ANOTHER_TOKEN"]).await;
    assert!(
        unset
            .err
            .contains("the environment variable ANOTHER_TOKEN, which is not set"),
        "{}",
        unset.err
    );
    // The token would go through the open.
    let open = stand
        .run_with_token(&["versions", "--to", "http://reminders.example.com"], TOKEN)
        .await;
    assert!(open.err.contains("--to must be an https URL"), "{}", open.err);
    assert_eq!(stand.uploads(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_fails_is_told_apart_from_one_that_is_not_there() {
    let stand = Stand::new().await;
    let elsewhere = format!("http://{}/other", stand.address);
    for arguments in [&["versions"][..], &["activate", "0123456789ab"]] {
        let lost = stand
            .run_with_token(&[arguments, &["--to", &elsewhere]].concat(), TOKEN)
            .await;
        assert!(lost.err.contains("there is no campaign API at"), "{}", lost.err);
    }

    let fail = |answer| stand.deployment.lock().unwrap().fails_with = Some(answer);
    let busy = r#"{"title":"Service Unavailable","detail":"the store is busy"}"#;
    fail((StatusCode::SERVICE_UNAVAILABLE, "application/problem+json", busy));
    let failed = stand.run(&["push"]).await;
    assert_eq!(failed.code, 1);
    for words in ["answered 503", "the store is busy", "trying again"] {
        assert!(failed.err.contains(words), "{words}: {}", failed.err);
    }
    fail((StatusCode::OK, "text/html", "<html>Hello</html>"));
    let other = stand.run(&["versions"]).await;
    assert!(other.err.contains("is not the API of a deployment"), "{}", other.err);

    // A port that nobody listens on.
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let unreachable = stand
        .run_with_token(&["push", "--to", &format!("http://{gone}")], TOKEN)
        .await;
    assert_eq!((unreachable.code, unreachable.out.as_str()), (1, ""));
    assert!(
        unreachable.err.contains("cannot reach the deployment at"),
        "{}",
        unreachable.err
    );
}

#[test]
fn help_says_what_a_push_does() {
    let cases: [(&[&str], &[&str]); 4] = [
        (&["campaign", "--help"], &["push", "versions", "activate"]),
        (
            &["campaign", "push", "--help"],
            &["--to <URL>", "--token-env", "REKINDLE_API_TOKEN", "within a minute"],
        ),
        (
            &["campaign", "versions", "--help"],
            &["--to <URL>", "the one that runs"],
        ),
        (&["campaign", "activate", "--help"], &["<VERSION>", "roll back"]),
    ];
    for (arguments, words) in cases {
        let help = Ran::new(program(arguments).output().unwrap());
        let text = help.out.split_whitespace().collect::<Vec<_>>().join(" ");
        for word in words {
            assert!(
                text.contains(word),
                "{arguments:?} does not mention {word:?}:\n{}",
                help.out
            );
        }
    }
}
