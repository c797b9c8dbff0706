//! A customer without an online account gives a bill, or the account, and the partner fetches it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use reqwest::{Response, StatusCode};
use sandbox::bayou::Upload;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{BAYOU_KEY, PUBLIC_URL, Place, Serving, TOKEN, encoded};

const PDF: &[u8] = b"%PDF-1.7\nan invented bill";
const REFERENCE: &str = "ana+1@example.com";
const MEGABYTE: usize = 1024 * 1024;

struct Story {
    place: Place,
    serving: Serving,
}

impl Story {
    async fn begin() -> Self {
        Self::begin_at(Place::new().await).await
    }

    async fn begin_at(place: Place) -> Self {
        let serving = place.serve(1).await;
        let story = Story { place, serving };
        let contact = json!({"email": "ana@example.com", "first_name": "Ana"});
        let put = story
            .serving
            .api
            .http
            .put(story.of("contacts"))
            .bearer_auth(TOKEN)
            .json(&contact);
        assert_eq!(put.send().await.unwrap().status(), StatusCode::OK);
        story
    }

    fn of(&self, what: &str) -> String {
        self.serving.api.url(&format!("/{what}/bayou/{}", encoded(REFERENCE)))
    }

    async fn get(&self, url: &str) -> Response {
        self.serving.api.http.get(url).bearer_auth(TOKEN).send().await.unwrap()
    }

    /// Where the customer's page is.
    async fn page(&self) -> String {
        let minted = self
            .serving
            .api
            .http
            .post(self.of("links"))
            .bearer_auth(TOKEN)
            .send()
            .await
            .unwrap();
        let minted: Value = minted.json().await.unwrap();
        let resume = minted["resume_url"]
            .as_str()
            .unwrap()
            .replacen(PUBLIC_URL, &self.serving.api.base, 1);
        resume.replacen("/r/", "/f/", 1)
    }

    async fn send(&self, name: &str, bill: &[u8]) -> Response {
        let head = format!("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
        let body = [head.as_bytes(), bill, b"\r\n--b--\r\n"].concat();
        let post = self.serving.api.http.post(self.page().await);
        let post = post
            .header("content-type", "multipart/form-data; boundary=b")
            .body(body);
        post.send().await.unwrap()
    }

    fn files(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.place.path("rekindle-data/given")) else {
            return Vec::new();
        };
        entries.map(|entry| entry.unwrap().path()).collect()
    }
}

#[tokio::test]
async fn a_bill_goes_from_the_customer_to_the_partner_and_an_erasure_takes_it_away() {
    let story = Story::begin().await;
    assert_eq!(story.get(&story.of("fallbacks")).await.status(), StatusCode::NOT_FOUND);
    let page = story.send("../../rekindle.db", PDF).await;
    assert_eq!(page.status(), StatusCode::OK);
    assert!(page.text().await.unwrap().contains("There is nothing more to do."));

    let journey: Value = story.get(&story.of("journeys")).await.json().await.unwrap();
    assert!(
        journey.to_string().contains("sent a bill instead of signing in"),
        "{journey}"
    );

    let told: Value = story.get(&story.of("fallbacks")).await.json().await.unwrap();
    let bill = &told["bill"];
    assert_eq!(
        (&bill["media_type"], &bill["bytes"]),
        (&json!("application/pdf"), &json!(PDF.len()))
    );
    assert_eq!(told["account"], Value::Null);
    let url = story.serving.api.url(bill["url"].as_str().unwrap());
    let fetched = story.get(&url).await;
    let header = |name: &str| fetched.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "application/pdf");
    assert_eq!(header("content-disposition"), "attachment; filename=\"bill.pdf\"");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert!(header("content-security-policy").ends_with("sandbox"));
    assert_eq!(fetched.bytes().await.unwrap(), PDF);
    let unauthorized = story.serving.api.http.get(&url).send().await.unwrap();
    assert_eq!(unauthorized.status(), StatusCode::UNAUTHORIZED);

    let files = story.files();
    assert_eq!(files.len(), 1);
    let name = files[0].file_name().unwrap().to_str().unwrap();
    assert!(!name.contains("ana") && !name.contains("db"), "{name}");
    assert_eq!(fs::metadata(&files[0]).unwrap().permissions().mode() & 0o777, 0o600);

    let erased = story
        .serving
        .api
        .http
        .delete(story.of("contacts"))
        .bearer_auth(TOKEN)
        .send()
        .await
        .unwrap();
    assert_eq!(erased.status(), StatusCode::NO_CONTENT);
    assert!(story.files().is_empty());
    for url in [story.of("fallbacks"), url] {
        assert_eq!(story.get(&url).await.status(), StatusCode::NOT_FOUND);
    }
    let log = story.serving.process.err();
    assert!(!log.contains("ana") && !log.contains("rekindle.db\\\""), "{log}");
}

#[tokio::test]
async fn an_account_goes_from_the_customer_to_the_partner_and_the_command_erases_it() {
    let story = Story::begin().await;
    let form = "number=1234567890&line=100+Example+Street&city=Springfield&state=CA&zip=90000";
    let post = story.serving.api.http.post(story.page().await);
    let post = post
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form);
    assert_eq!(post.send().await.unwrap().status(), StatusCode::OK);
    let told: Value = story.get(&story.of("fallbacks")).await.json().await.unwrap();
    let account = &told["account"];
    assert_eq!(
        (&account["number"], &account["state"]),
        (&json!("1234567890"), &json!("CA"))
    );
    assert!(account["given_at"].is_string());
    let bill = format!("{}/bill", story.of("fallbacks"));
    assert_eq!(story.get(&bill).await.status(), StatusCode::NOT_FOUND);

    let ran = story.place.run(&["contacts", "erase", "bayou", REFERENCE]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(story.get(&story.of("fallbacks")).await.status(), StatusCode::NOT_FOUND);
    for file in ["rekindle.db", "rekindle.db-wal"] {
        let content = fs::read(story.place.path("rekindle-data").join(file)).unwrap();
        assert!(!content.windows(10).any(|window| window == b"1234567890"), "{file}");
    }
    assert!(!story.serving.process.err().contains("1234567890"));
}

#[tokio::test]
async fn what_is_no_bill_or_too_long_is_answered_on_the_page_and_kept_nowhere() {
    let story = Story::begin().await;
    let refused = story.send("bill.pdf", b"<html><script>alert(1)</script></html>").await;
    assert_eq!(refused.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(refused.text().await.unwrap().contains("not a PDF"));

    // Also a browser that sends far too much gets to see the page: it is not cut off while it sends.
    let mut long = PDF.to_vec();
    for megabytes in [11, 40] {
        long.resize(megabytes * MEGABYTE, b' ');
        let refused = story.send("bill.pdf", &long).await;
        assert_eq!(refused.status(), StatusCode::PAYLOAD_TOO_LARGE, "{megabytes} MB");
        assert!(refused.text().await.unwrap().contains("larger than 10 MB"));
    }
    assert!(story.files().is_empty());
    assert_eq!(story.get(&story.of("fallbacks")).await.status(), StatusCode::NOT_FOUND);

    long.truncate(10 * MEGABYTE);
    assert_eq!(story.send("bill.pdf", &long).await.status(), StatusCode::OK);
    let bill = format!("{}/bill", story.of("fallbacks"));
    assert_eq!(story.get(&bill).await.bytes().await.unwrap().len(), 10 * MEGABYTE);
}

#[tokio::test]
async fn who_has_no_link_of_ours_sends_no_bill() {
    let story = Story::begin().await;
    let address = story.serving.api.base.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!("POST /f/nonsense HTTP/1.1\r\nHost: {address}\r\nContent-Length: 10000000\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413", "before a byte of it was sent");
}

#[tokio::test]
async fn a_bill_goes_on_to_bayou_once_where_its_form_is_configured() {
    let place = Place::new().await;
    let bayou = place.with_bayou().await;
    let config = fs::read_to_string(place.path("rekindle.toml")).unwrap();
    let part = "[bayou.bills]\nencoding = \"multipart\"\nfile_field = \"file\"\n\
                customer_field = \"customer_external_id\"\ncustomer_value = \"external_id\"\n";
    place.write("rekindle.toml", &format!("{config}\n{part}"));
    let story = Story::begin_at(place).await;
    let http = &story.serving.api.http;
    let hand_over = async || {
        let url = format!("{}/hand-over", story.of("fallbacks"));
        let reply = http.post(url).bearer_auth(TOKEN).send().await.unwrap();
        (reply.status(), reply.json::<Value>().await.unwrap())
    };
    assert_eq!(hand_over().await.0, StatusCode::NOT_FOUND);
    assert_eq!(story.send("bill.pdf", PDF).await.status(), StatusCode::OK);
    let (status, problem) = hand_over().await;
    assert_eq!(
        status,
        StatusCode::BAD_GATEWAY,
        "nobody has made the customer at Bayou yet"
    );
    assert!(problem["detail"].as_str().unwrap().contains("customer_id_invalid"));

    let made = http.post(format!("{}/api/v2/customers", bayou.base_url()));
    let made = made
        .basic_auth(BAYOU_KEY, Some(""))
        .json(&json!({"external_id": REFERENCE}));
    assert_eq!(made.send().await.unwrap().status(), StatusCode::CREATED);
    let (status, handed) = hand_over().await;
    assert_eq!(status, StatusCode::OK, "{handed}");
    assert!(handed["bill_id"].is_string());
    assert_eq!(hand_over().await, (StatusCode::OK, handed.clone()));
    let told: Value = story.get(&story.of("fallbacks")).await.json().await.unwrap();
    assert_eq!(told["bill"]["handed_over"], handed);
    let kept = Upload {
        file_type: "application/pdf".to_owned(),
        size: PDF.len(),
    };
    assert_eq!(bayou.truth()[REFERENCE].uploads, [kept]);
    assert!(!story.serving.process.err().contains("ana"));
}

#[tokio::test]
async fn without_a_form_no_bill_is_handed_over_and_what_to_set_is_said() {
    let place = Place::new().await;
    let bayou = place.with_bayou().await;
    let story = Story::begin_at(place).await;
    assert_eq!(story.send("bill.pdf", PDF).await.status(), StatusCode::OK);
    let url = format!("{}/hand-over", story.of("fallbacks"));
    let refused = story
        .serving
        .api
        .http
        .post(url)
        .bearer_auth(TOKEN)
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    assert!(refused.text().await.unwrap().contains("[bayou.bills]"));
    assert!(!bayou.stats().api.contains_key("POST /api/v2/bills"));
}
