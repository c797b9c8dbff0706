//! The program, running in a folder of its own.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::Value;
use tempfile::TempDir;

use crate::{Group, program};

pub(crate) const IDENTITY: &str = "an-invented-identity-key-of-tests";
const TOKEN: &str = "an-invented-bearer-token-of-tests";

/// `rekindle serve`.
pub(crate) struct Running {
    /// Where it is.
    pub(crate) base: String,
    http: Client,
    _program: Group,
    _folder: TempDir,
}

impl Running {
    /// Starts the program and waits until it listens; none when it ends before.
    ///
    /// # Panics
    /// When it cannot be started at all.
    pub(crate) fn start(
        listen: &str,
        configuration: &str,
        campaign: &str,
        environment: &[(&str, &str)],
        arguments: &[&str],
    ) -> Result<Self, String> {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        let secrets = "[secrets]\nidentity_key_env = \"IDENTITY\"\napi_token_env = \"TOKEN\"\n";
        write("rekindle.toml", &format!("{configuration}{secrets}"));
        write("campaign.toml", campaign);
        let mut command = Command::new(program());
        command
            .args(["serve", "--listen", listen, "--log-format", "json"])
            .args(["--log", "info,reconcile=off"])
            .args(arguments)
            .current_dir(folder.path())
            .env_clear()
            .env("IDENTITY", IDENTITY)
            .env("TOKEN", TOKEN)
            .envs(environment.iter().copied())
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
        let address = address.ok_or_else(|| said.join("\n"))?;
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
        Ok(Running {
            base: format!("http://{address}"),
            http,
            _program: program,
            _folder: folder,
        })
    }

    /// A request as anybody may make it.
    pub(crate) fn request(&self, method: Method, url: &str) -> RequestBuilder {
        self.http.request(method, url)
    }

    /// A request of the partner's.
    pub(crate) fn partner(&self, method: Method, path: &str) -> RequestBuilder {
        self.request(method, &format!("{}{path}", self.base)).bearer_auth(TOKEN)
    }

    pub(crate) async fn ask(&self, request: RequestBuilder) -> Value {
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(
            (StatusCode::OK..=StatusCode::CREATED).contains(&status),
            "{status}: {text}"
        );
        serde_json::from_str(&text).unwrap_or_default()
    }
}

/// An example that the program prints.
pub(crate) fn example(of: &str) -> String {
    let printed = Command::new(program()).args([of, "example"]).output().unwrap();
    assert!(printed.status.success());
    String::from_utf8(printed.stdout).unwrap()
}
