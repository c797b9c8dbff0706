//! The emulated AWS, and the deployment into it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// The stack's name.
pub const STACK: &str = "rekindle-stage";

/// Where everything lives.
pub const REGION: &str = "us-east-1";

/// A running emulator. It is killed when it is dropped, or when this process ends.
pub struct Cloud {
    process: Child,
    folder: tempfile::TempDir,
    /// Its address.
    pub address: String,
    /// Its port.
    pub port: u16,
}

/// The project's folder.
#[must_use]
pub fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

fn tool(name: &str) -> PathBuf {
    let path = project().join(".tools/python/bin").join(name);
    assert!(
        path.exists(),
        "{name} is not installed: `tests/run` installs it into .tools, or tests/tools/python alone"
    );
    path
}

impl Cloud {
    /// Starts the emulator, with IAM enforced.
    ///
    /// Functions inherit its environment: that is how they find it, and the fronts of SES and SNS.
    pub async fn start(ses: &str, sns: &str) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let address = format!("http://127.0.0.1:{port}");
        let folder = tempfile::tempdir().unwrap();
        let log = std::fs::File::create(folder.path().join("emulator.log")).unwrap();
        // With this process the emulator ends too, however this process ends.
        let process = Command::new("setpriv")
            .args(["--pdeathsig", "KILL"])
            .arg(tool("python"))
            .args(["-m", "ministack"])
            .env("GATEWAY_PORT", port.to_string())
            .env("BIND_HOST", "127.0.0.1")
            .env("IOT_MTLS_ENABLED", "false")
            .env("AUTH", "true")
            .env("TMPDIR", folder.path())
            .env("AWS_ENDPOINT_URL", &address)
            .env("AWS_ENDPOINT_URL_SESV2", ses)
            .env("AWS_ENDPOINT_URL_SNS", sns)
            .env("AWS_REGION", REGION)
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .stdin(Stdio::null())
            .spawn()
            .expect("the emulator could not be started");
        let cloud = Cloud {
            process,
            folder,
            address,
            port,
        };
        cloud.until_healthy().await;
        cloud
    }

    async fn until_healthy(&self) {
        let began = Instant::now();
        let url = format!("{}/_ministack/health", self.address);
        while reqwest::get(&url).await.is_err() {
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "the emulator does not answer; its log:\n{}",
                self.log()
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// What the emulator has said.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("emulator.log")).unwrap_or_default()
    }

    /// Runs `sam deploy` of a template, and prints what it said when it fails.
    pub fn deploy(&self, template: &Path, stack: &str, parameters: &[(&str, &str)]) -> String {
        // The project's own samconfig.toml is for a real account.
        let config = self.folder.path().join("samconfig.toml");
        std::fs::write(&config, "version = 0.1\n").unwrap();
        // In quotes of the other kind, since SAM takes JSON's own for its own.
        let overrides = parameters.iter().map(|(name, value)| {
            if value.contains('"') {
                format!("{name}='{value}'")
            } else {
                format!("{name}={value}")
            }
        });
        let answer = Command::new(tool("sam"))
            .arg("deploy")
            .args(["--no-confirm-changeset", "--no-fail-on-empty-changeset", "--resolve-s3"])
            .args(["--capabilities", "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"])
            .args(["--region", REGION, "--stack-name", stack, "--config-file"])
            .arg(config)
            .arg("--template-file")
            .arg(template)
            .arg("--parameter-overrides")
            .args(overrides)
            .current_dir(project())
            .env("AWS_ENDPOINT_URL", &self.address)
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_DEFAULT_REGION", REGION)
            .env("SAM_CLI_TELEMETRY", "0")
            .output()
            .unwrap();
        let said = format!(
            "{}{}",
            String::from_utf8_lossy(&answer.stdout),
            String::from_utf8_lossy(&answer.stderr)
        );
        assert!(answer.status.success(), "sam deploy of {stack} failed:\n{said}");
        said
    }

    /// An environment in which the SDK's clients reach the emulator as its root user.
    #[must_use]
    pub fn environment(&self) -> aws::Environment {
        self.environment_with(&[])
    }

    /// The same with more variables.
    #[must_use]
    pub fn environment_with(&self, more: &[(&str, &str)]) -> aws::Environment {
        let own = [
            ("AWS_ENDPOINT_URL", self.address.as_str()),
            ("AWS_REGION", REGION),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
        ];
        own.iter().chain(more).copied().collect()
    }

    /// Messages in a queue, left where they are.
    pub async fn peek(&self, queue_url: &str) -> Vec<Value> {
        let url = format!("{}/_ministack/sqs/messages", self.address);
        let answer = reqwest::Client::new()
            .get(url)
            .query(&[("QueueUrl", queue_url)])
            .send()
            .await
            .unwrap();
        // By account, then by Region, then by queue.
        let mut answer: Value = answer.json().await.unwrap();
        let mut messages = answer["messages"].take();
        for _ in 0..3 {
            let Some((_, inner)) = messages.as_object_mut().and_then(|by| by.into_iter().next()) else {
                return Vec::new();
            };
            messages = inner.take();
        }
        messages.as_array().cloned().unwrap_or_default()
    }

    /// The texts that were published to a number, oldest first.
    pub async fn texts_to(&self, number: &str) -> Vec<Value> {
        let url = format!("{}/_ministack/sns/sms-messages", self.address);
        let answer = reqwest::Client::new().get(url).query(&[("phoneNumber", number)]).send();
        let answer: Value = answer.await.unwrap().json().await.unwrap();
        let texts = &answer["sms_messages"][number];
        texts.as_array().cloned().unwrap_or_default()
    }

    /// The outputs of a stack, by name.
    #[must_use]
    pub fn outputs(&self, stack: &str) -> BTreeMap<String, String> {
        let listed = self.list("stack-outputs", stack);
        let pair = |output: &Value| (text(&output["OutputKey"]), text(&output["OutputValue"]));
        listed.iter().map(pair).collect()
    }

    /// The names of the functions' roles.
    #[must_use]
    pub fn roles(&self, stack: &str) -> Vec<String> {
        let listed = self.list("resources", stack);
        let of_functions = listed.iter().filter(|resource| {
            let name = text(&resource["LogicalResourceId"]);
            name.ends_with("Role") && name != "SchedulerRole"
        });
        of_functions
            .map(|resource| text(&resource["PhysicalResourceId"]))
            .collect()
    }

    fn list(&self, what: &str, stack: &str) -> Vec<Value> {
        let template = project().join("template.yaml");
        let answer = Command::new(tool("sam"))
            .args([
                "list",
                what,
                "--output",
                "json",
                "--region",
                REGION,
                "--stack-name",
                stack,
            ])
            .args((what == "resources").then_some("--template-file"))
            .args((what == "resources").then_some(template))
            .env("AWS_ENDPOINT_URL", &self.address)
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_DEFAULT_REGION", REGION)
            .env("SAM_CLI_TELEMETRY", "0")
            .output()
            .unwrap();
        serde_json::from_slice(&answer.stdout)
            .unwrap_or_else(|_| panic!("sam list {what}: {}", String::from_utf8_lossy(&answer.stderr)))
    }

    /// Kills every running process of a function, as a machine that fails would. Answers how many.
    pub fn kill_function(&self, function: &str) -> usize {
        let mut killed = 0;
        for entry in std::fs::read_dir("/proc").unwrap().flatten() {
            let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else {
                continue;
            };
            let environment = std::fs::read(entry.path().join("environ")).unwrap_or_default();
            let has = |variable: &str| {
                environment
                    .split(|byte| *byte == 0)
                    .any(|one| one == variable.as_bytes())
            };
            let ours = has(&format!("AWS_LAMBDA_FUNCTION_NAME={function}"))
                && has(&format!("AWS_ENDPOINT_URL={}", self.address));
            if ours {
                let status = Command::new("kill").args(["-KILL", &pid.to_string()]).status().unwrap();
                killed += usize::from(status.success());
            }
        }
        killed
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

impl Drop for Cloud {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to kill.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
