//! What goes over the wire: nothing changes by a look, one click ends it, the pages are light, and come at once.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use aws::GatewayResponse;
use browser::{DOWN, Site};
use journey::link::LinkKind;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tests::{Ports, Stage, World, poll_once};

/// What a page may weigh, headers and all.
const MOST_BYTES: usize = 30 * 1024;

/// A scanner follows every link, and does so twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_look_changes_nothing_and_one_click_ends_it() {
    let site = Site::start().await;
    for locale in ["en", "es"] {
        let person = site
            .person(&format!("site-{locale}"), json!({ "locale": locale }))
            .await;
        let before = site.kept(&person).await;
        for url in [&person.resume, &person.preferences] {
            for method in [Method::GET, Method::HEAD, Method::GET, Method::HEAD] {
                let answer = site.request(method, url).send().await.unwrap();
                assert_eq!(answer.status(), StatusCode::OK);
            }
        }
        assert_eq!(site.kept(&person).await, before);

        // RFC 8058, section 3.1: no cookie, no other context, this form alone.
        let click = site
            .request(Method::POST, &person.preferences)
            .header("content-type", "application/x-www-form-urlencoded")
            .body("List-Unsubscribe=One-Click");
        let answer = click.send().await.unwrap();
        // Section 3.2 of it: not to be answered with a redirection.
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(site.opted_out(&person).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_kept_waiting_by_an_incident_is_told_that_it_is_not_their_fault() {
    let site = Site::start().await;
    for (locale, words) in [("en", "It is not your fault"), ("es", "No es culpa suya")] {
        for (utility, told) in [(DOWN, true), ("PGE", false)] {
            let fields = json!({ "locale": locale, "utility": utility });
            let person = site.person(&format!("{utility}-{locale}"), fields).await;
            let answer = site.request(Method::GET, &person.resume).send().await.unwrap();
            assert_eq!(
                answer.text().await.unwrap().contains(words),
                told,
                "{utility}, {locale}"
            );
        }
    }
}

/// Both answers come from one function; this is to show that neither carrier adds, loses or changes a header.
#[tokio::test(flavor = "multi_thread")]
async fn the_program_and_the_function_send_the_same_headers() {
    let site = Site::start().await;
    let stage = Stage::with(&toml::Table::new());
    let now = "2026-07-01T16:00:00Z".parse().unwrap();
    let world = World::new(&stage.rules, now, 10);
    let ports = Ports {
        world: &world,
        stage: &stage,
    };
    for (method, path) in [
        (Method::GET, "/r/guessed"),
        (Method::POST, "/u/guessed"),
        (Method::PUT, "/u/guessed"),
    ] {
        let request = http::Request::builder()
            .method(method.clone())
            .uri(path)
            .body(Vec::new())
            .unwrap();
        let answer = poll_once(pages::http::handle(&stage.pages, &ports, &stage.rules, request)).unwrap();
        let function = serde_json::to_value(GatewayResponse::from(answer)).unwrap();
        let program = site
            .request(method, &format!("{}{path}", site.base))
            .send()
            .await
            .unwrap();
        assert_eq!(function["statusCode"], program.status().as_u16());
        let mut sent = serde_json::Map::new();
        for (name, value) in program.headers() {
            sent.insert(name.to_string(), value.to_str().unwrap().into());
        }
        // Whoever carries an answer counts and dates it.
        for carriers in ["content-length", "date"] {
            assert!(sent.remove(carriers).is_some());
        }
        assert_eq!(function["headers"], Value::Object(sent), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_weighs_more_than_30_kilobytes() {
    let site = Site::start().await;
    for locale in ["en", "es"] {
        let person = site
            .person(&format!("site-{locale}"), json!({ "locale": locale }))
            .await;
        let resume = read(&site, &request("GET", &person.resume, ""));
        let preferences = read(&site, &request("GET", &person.preferences, ""));
        let changed = read(&site, &request("POST", &person.preferences, "reminders=off"));
        let expired = read(
            &site,
            &request("GET", &site.expired(LinkKind::Resume, &person.reference), ""),
        );
        site.hear(&person.reference, "COMPLETED").await;
        let done = read(&site, &request("GET", &person.resume, ""));
        for (name, page) in [
            ("resume", resume),
            ("preferences", preferences),
            ("changed", changed),
            ("expired", expired),
            ("done", done),
        ] {
            println!("{name} {locale}: {} bytes", page.len());
            assert!(page.ends_with(b"</html>"), "{name}: {}", String::from_utf8_lossy(&page));
            assert!(page.len() <= MOST_BYTES, "{name}: {} bytes", page.len());
        }
    }
}

/// From the request's last byte to the answer's first, over a connection that is open already.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_byte_of_a_warm_page_comes_within_10_milliseconds() {
    let site = Site::start().await;
    let person = site.person("site-1", json!({})).await;
    for (name, url) in [("resume", &person.resume), ("preferences", &person.preferences)] {
        let mut waited = first_bytes(&site, url, 200);
        waited.sort();
        let (median, worst) = (waited[waited.len() / 2], waited[waited.len() * 99 / 100]);
        println!("{name}: first byte after {median:?} in the median, {worst:?} in the 99th percentile");
        assert!(median < Duration::from_millis(10), "{name}: {median:?}, {worst:?}");
    }
}

fn first_bytes(site: &Site, url: &str, times: usize) -> Vec<Duration> {
    let request = request("GET", url, "").replace("connection: close\r\n", "");
    let mut stream = connect(site);
    let mut waited = Vec::new();
    // The first ones warm it up.
    for round in 0..times + 10 {
        stream.write_all(request.as_bytes()).unwrap();
        let asked_at = Instant::now();
        let mut answer = vec![0; MOST_BYTES];
        let mut length = stream.read(&mut answer).unwrap();
        let first = asked_at.elapsed();
        assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n"));
        while !answer[..length].ends_with(b"</html>") {
            length += stream.read(&mut answer[length..]).unwrap();
        }
        if round >= 10 {
            waited.push(first);
        }
    }
    waited
}

fn request(method: &str, url: &str, body: &str) -> String {
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let length = body.len();
    format!("{method} /{path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
}

fn connect(site: &Site) -> TcpStream {
    let stream = TcpStream::connect(site.base.strip_prefix("http://").unwrap()).unwrap();
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

/// Everything that comes over the connection.
fn read(site: &Site, request: &str) -> Vec<u8> {
    let mut stream = connect(site);
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}
