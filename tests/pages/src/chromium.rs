//! A real Chromium, driven by WebDriver.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::common::command::{Actions, Command as Ask};
use thirtyfour::{By, ChromeCapabilities, ChromiumLikeCapabilities, WebDriver, WebElement};
use url::Url;

use crate::Group;

/// The key under which WebDriver names an element (W3C WebDriver, section 12).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Whatever a test waits for comes long before this, or never.
const PATIENCE: Duration = Duration::from_secs(20);

/// What somebody has in their hands.
#[derive(Clone, Copy, Debug)]
pub struct Looks {
    /// The width of the page, in CSS pixels. At 320 it is a telephone with a touch screen.
    pub width: u32,
    /// The height of the page.
    pub height: u32,
    /// Dark mode.
    pub dark: bool,
    /// Do scripts run?
    pub scripts: bool,
}

/// A browser of its own, with nothing remembered.
pub struct Chromium {
    /// The session.
    pub driver: WebDriver,
    // In this order: the processes end before their folder goes.
    _chromedriver: Group,
    _profile: TempDir,
}

impl Chromium {
    /// Starts one.
    ///
    /// # Panics
    /// When it does not start, or is not installed.
    pub async fn start(looks: Looks) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut command = Command::new("chromedriver");
        command
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0);
        let spawned = command.spawn();
        let mut chromedriver =
            Group(spawned.unwrap_or_else(|error| panic!("chromedriver: {error}; tests/tools/install-chromium")));
        let mut lines = BufReader::new(chromedriver.0.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok);
        let port: u16 = lines
            .by_ref()
            .find_map(|line| line.strip_suffix('.')?.rsplit_once("on port ")?.1.parse().ok())
            .expect("chromedriver says its port");
        std::thread::spawn(move || lines.for_each(drop));
        // A client needs a TLS provider even for plain HTTP; one that is there already stays.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities(looks, profile.path())).await;
        let driver = driver.expect("Chromium starts");
        let scheme = if looks.dark { "dark" } else { "light" };
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        driver
            .cdp()
            .send_raw("Emulation.setEmulatedMedia", features)
            .await
            .unwrap();
        Chromium {
            driver,
            _chromedriver: chromedriver,
            _profile: profile,
        }
    }

    /// Opens an address.
    ///
    /// # Panics
    /// When it cannot be opened.
    pub async fn open(&self, url: &str) {
        self.driver.goto(url).await.unwrap();
    }

    /// The words on the page.
    ///
    /// # Panics
    /// When there is no page.
    pub async fn text(&self) -> String {
        self.driver.find(By::Css("body")).await.unwrap().text().await.unwrap()
    }

    /// Waits until the page has these words.
    ///
    /// # Panics
    /// When they do not come.
    pub async fn reads(&self, words: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            // Between two pages there may be none.
            let text = match self.driver.find(By::Css("body")).await {
                Ok(body) => body.text().await.unwrap_or_default(),
                Err(_) => String::new(),
            };
            if text.contains(words) {
                return;
            }
            assert!(Instant::now() < deadline, "waited in vain for {words:?}: {text}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until something is on the page.
    ///
    /// # Panics
    /// When it does not come.
    pub async fn shows(&self, selector: &str) {
        let deadline = Instant::now() + PATIENCE;
        while self.driver.find(By::Css(selector)).await.is_err() {
            assert!(Instant::now() < deadline, "waited in vain for {selector}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until this is the address.
    ///
    /// # Panics
    /// When it does not become it.
    pub async fn arrives(&self, url: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let at = self.driver.current_url().await.unwrap();
            if at.as_str() == url {
                return;
            }
            assert!(Instant::now() < deadline, "waited in vain for {url}: {at}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Presses a key: `\u{e004}` is Tab, `\u{e007}` Enter, a space the space bar (W3C WebDriver, section 17.4.2).
    ///
    /// # Panics
    /// When the browser does not take it.
    pub async fn press(&self, key: char) {
        let keys = json!([{ "type": "keyDown", "value": key }, { "type": "keyUp", "value": key }]);
        self.act(json!([{ "type": "key", "id": "keyboard", "actions": keys }]))
            .await;
    }

    /// Touches an element with a finger.
    ///
    /// # Panics
    /// When it cannot be touched.
    pub async fn touch(&self, element: &WebElement) {
        element.scroll_into_view().await.unwrap();
        let at = json!({ ELEMENT: element.element_id().to_string() });
        let finger = json!([
            { "type": "pointerMove", "duration": 0, "origin": at, "x": 0, "y": 0 },
            { "type": "pointerDown", "button": 0 },
            { "type": "pointerUp", "button": 0 },
        ]);
        let touch =
            json!({ "type": "pointer", "id": "finger", "parameters": { "pointerType": "touch" }, "actions": finger });
        self.act(json!([touch])).await;
    }

    async fn act(&self, actions: Value) {
        self.driver
            .cmd(Ask::PerformActions(Actions::from(actions)))
            .await
            .unwrap();
    }

    /// How much wider than the window the page is, in CSS pixels: what has to be scrolled sideways.
    ///
    /// # Panics
    /// When there is no page.
    pub async fn overhang(&self) -> i64 {
        let root = "return document.documentElement.scrollWidth - window.innerWidth";
        self.driver.execute(root, vec![]).await.unwrap().convert().unwrap()
    }

    /// Every address that was asked for since the last time, apart from data in the page itself and the browser's own pages.
    ///
    /// # Panics
    /// When the browser kept no log.
    pub async fn asked_for(&self) -> Vec<Url> {
        let log = self.driver.get_log("performance").await.unwrap();
        let entries = log
            .into_iter()
            .map(|entry| serde_json::from_str::<Value>(&entry.message).unwrap());
        entries
            .filter(|entry| entry["message"]["method"] == "Network.requestWillBeSent")
            .map(|entry| {
                let url = entry["message"]["params"]["request"]["url"]
                    .as_str()
                    .unwrap()
                    .to_owned();
                url.parse::<Url>().unwrap()
            })
            .filter(|url| !matches!(url.scheme(), "data" | "chrome"))
            .collect()
    }

    /// Keeps a picture of the whole page, which must fit into the window.
    ///
    /// # Panics
    /// When there is none, or it cannot be written.
    pub async fn picture(&self, file: &Path) {
        let size =
            "return [window.innerWidth, window.innerHeight, document.documentElement.getBoundingClientRect().height]";
        let size = self.driver.execute(size, vec![]).await.unwrap();
        let [width, height, page]: [f64; 3] = size.convert().unwrap();
        assert!(
            page <= height,
            "{}: the page is {page} high, the window {height}",
            file.display()
        );
        let clip = json!({ "x": 0, "y": 0, "width": width, "height": page.max(100.0).ceil(), "scale": 1 });
        let wanted = json!({ "format": "png", "clip": clip });
        let taken = self
            .driver
            .cdp()
            .send_raw("Page.captureScreenshot", wanted)
            .await
            .unwrap();
        let png = thirtyfour::support::base64_decode(taken["data"].as_str().unwrap()).unwrap();
        std::fs::write(file, png).unwrap();
    }

    /// Ends the browser.
    ///
    /// # Panics
    /// When it does not end.
    pub async fn close(self) {
        self.driver.clone().quit().await.unwrap();
    }
}

fn capabilities(looks: Looks, profile: &Path) -> ChromeCapabilities {
    let mut wanted = ChromeCapabilities::new();
    for argument in [
        "--headless=new",
        // A test often runs as root, in a container with little shared memory.
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--hide-scrollbars",
        // Whatever a page asks of anybody else ends here, and is seen in the log.
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
        &format!("--window-size={},{}", looks.width.max(500), looks.height),
        &format!("--user-data-dir={}", profile.display()),
    ] {
        wanted.add_arg(argument).unwrap();
    }
    if looks.width == 320 {
        let telephone =
            json!({ "width": 320, "height": looks.height, "pixelRatio": 2.0, "touch": true, "mobile": true });
        let emulation = json!({ "deviceMetrics": telephone });
        wanted.add_experimental_option("mobileEmulation", emulation).unwrap();
    }
    if !looks.scripts {
        let refused = json!({ "profile.managed_default_content_settings.javascript": 2 });
        wanted.add_experimental_option("prefs", refused).unwrap();
    }
    wanted
        .set_logging_prefs("performance", thirtyfour::LoggingPrefsLogLevel::All)
        .unwrap();
    wanted
}
