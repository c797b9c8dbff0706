//! What people, partners and providers write becomes neither markup, nor a header, nor a path, nor a query; and a link
//! leads nowhere but to where the partner said. And the program's memory stays its own.

use std::fs;
use std::num::NonZeroU32;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use jiff::Timestamp;
use journey::link::LinkKey;
use journey::{IdKey, JourneyId, Provider, Purpose, Reference};
use mail_parser::MessageParser;
use providers::leap::LeapConfig;
use providers::leap::webhooks::Header;
use reqwest::StatusCode;
use reqwest::header::LOCATION;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{
    PUBLIC_URL, Place, Serving, TOKEN, WEBHOOK_SECRET, authorization, direct_contact, encoded, link_in, session, until,
};

const HONEST: &str = "Ana María";

/// Names that are something else in HTML, in Liquid, in a header, or in SQL.
const NAMES: [&str; 9] = [
    HONEST,
    "<script>alert(1)</script>",
    "</title><img src=x onerror=alert(1)>",
    "\"><a href=https://evil.example.com>go</a>",
    "{{ resume_url }}{% raw %}",
    "{% for x in (1..100000) %}{{ brand }}{% endfor %}",
    "=?utf-8?q?Bcc:_all@evil.example.com?=",
    "Robert'); DROP TABLE contacts; --",
    "[click](https://evil.example.com)&lt;b&gt;",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_name_stays_a_name_in_a_mail_and_on_a_page() {
    let place = Place::new().await;
    let serving = place.serve(3600).await;
    let api = &serving.api;
    for (n, name) in NAMES.iter().enumerate() {
        let mut contact = direct_contact(&format!("ana-{n}"));
        contact["first_name"] = json!(name);
        let reference = format!("name-{n}");
        assert_eq!(api.put_contact(&reference, &contact).await.status(), StatusCode::OK);
        api.delivered(&authorization(&format!("event-{n}"), &reference, "INITIATED"))
            .await;
    }
    until("all are reminded", async || {
        (place.messages().len() == NAMES.len()).then_some(())
    })
    .await;
    for file in place.mail_files() {
        let eml = fs::read(&file).unwrap();
        let mail = MessageParser::default().parse(&eml).unwrap();
        let (text, html) = (mail.body_text(0).unwrap(), mail.body_html(0).unwrap());
        let to = mail.to().unwrap().first().unwrap().address().unwrap().to_owned();
        let index: usize = to
            .trim_start_matches("ana-")
            .split('@')
            .next()
            .unwrap()
            .parse()
            .unwrap();
        let name = NAMES[index];
        // What looks like no name is left out of the greeting; whatever is left in is harmless below.
        assert!(
            text.lines().any(|line| line.starts_with("Hello")) && (name != HONEST || text.contains(name)),
            "{name}: {text}"
        );
        // One recipient, and no header but ours.
        assert_eq!(mail.to().unwrap().iter().count(), 1);
        assert!(mail.cc().is_none() && mail.bcc().is_none(), "{name}");
        assert!(!mail.subject().unwrap().contains("evil"), "{name}");
        for markup in [
            "<script",
            "<img src=x",
            "<a href=https://evil",
            "<a href=\"https://evil",
            "<b>",
        ] {
            assert!(!html.contains(markup), "{name} became {markup}");
        }
        let link = api.local(&link_in(&text, &format!("{PUBLIC_URL}/r/")).unwrap());
        let page = api.http.get(&link).send().await.unwrap().text().await.unwrap();
        for markup in ["<script", "<img", "evil.example.com>", "onerror=alert(1)>"] {
            assert!(!page.contains(markup), "{name} became {markup} on the page: {page}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_break_is_refused_wherever_it_could_begin_a_header() {
    let place = Place::new().await;
    let serving = place.serve(1).await;
    let api = &serving.api;
    let inject = "x\r\nBcc: all@evil.example.com";
    for field in ["email", "first_name", "link", "zone", "region", "utility", "locale"] {
        let mut contact = direct_contact("ana");
        let before = contact[field].as_str().unwrap().to_owned();
        for text in [
            format!("{before}{inject}"),
            format!("{before}\nx"),
            format!("{before}\0"),
        ] {
            contact[field] = json!(text);
            let answer = api.put_contact("lines", &contact).await;
            assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{field}: {text:?}");
            assert!(!answer.text().await.unwrap().contains("evil"), "{field} is repeated");
        }
    }
    for reference in [format!("site{inject}"), "site\n1".to_owned(), "site\0a".to_owned()] {
        let answer = api.put_contact(&reference, &direct_contact("ana")).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{reference:?}");
        // Told by the provider, it is counted and not kept: a refusal would bring it back ten times.
        api.delivered(&session("event-1", &reference, "CREATED")).await;
    }
    assert_eq!(listed(&serving, "").await.1["contacts"], json!([]));
}

async fn listed(serving: &Serving, query: &str) -> (StatusCode, Value) {
    let url = serving.api.url(&format!("/contacts/leap{query}"));
    let answer = serving.api.http.get(url).bearer_auth(TOKEN).send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

/// A request as it is, which a client of HTTP would tidy up.
async fn raw(serving: &Serving, line: &str, more: &str) -> String {
    let mut stream = TcpStream::connect(serving.api.base.strip_prefix("http://").unwrap())
        .await
        .unwrap();
    let request = format!("{line} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{more}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_leads_to_no_file_and_a_text_is_no_query() {
    let place = Place::new().await;
    fs::write(place.path("secret.txt"), "a file beside the data").unwrap();
    let serving = place.serve(1).await;
    let api = &serving.api;
    api.put_contact("innocent", &direct_contact("ana")).await;
    let auth = format!("authorization: Bearer {TOKEN}\r\n");
    for path in [
        "/../secret.txt",
        "/../../../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/..%2f..%2fsecret.txt",
        "/contacts/leap/../../secret.txt",
        "/contacts/leap/..%2f..%2fsecret.txt",
        "/contacts/leap/%2e%2e",
        "/contacts/leap/..%5c..%5csecret.txt",
        "/contacts/leap/%00",
        "/contacts/leap/a%00b.txt",
        "/contacts/leap/%ff%fe",
        "/contacts/leap/%252e%252e%252fsecret.txt",
        "/contacts/..%2fleap/innocent",
        "/journeys/leap/..%2finnocent",
        "/r/..%2f..%2fsecret.txt",
        "/u/../contacts/leap/innocent",
        "/openapi.yaml/../secret.txt",
        "//etc/passwd",
        "/webhooks/..%2fcontacts",
    ] {
        let answer = raw(&serving, &format!("GET {path}"), &auth).await;
        let status: u16 = answer.split(' ').nth(1).unwrap().parse().unwrap();
        assert!([400, 404, 405].contains(&status), "{path}: {answer}");
        assert!(
            !answer.contains("a file beside") && !answer.contains("root:"),
            "{path}: {answer}"
        );
    }
    // Dots and quotes are legal in a reference: they name a customer, and nothing else.
    let odd = [
        "...",
        "'; DROP TABLE contacts; --",
        "' OR '1'='1",
        "\" OR \"\"=\"",
        "..;a=b",
        "x' UNION SELECT 1 --",
    ];
    for (n, reference) in odd.iter().enumerate() {
        let contact = direct_contact(&format!("odd-{n}"));
        assert_eq!(
            api.put_contact(reference, &contact).await.status(),
            StatusCode::OK,
            "{reference}"
        );
        api.delivered(&authorization(&format!("event-{n}"), reference, "INITIATED"))
            .await;
        assert_eq!(api.contact(reference).await.unwrap(), contact);
        assert!(api.journey(reference).await.is_some());
    }
    let (status, all) = listed(&serving, "").await;
    assert_eq!(
        (status, all["contacts"].as_array().unwrap().len()),
        (StatusCode::OK, 1 + odd.len())
    );
    for cursor in [
        "' OR 1=1 --",
        "../../secret.txt",
        "1; DROP TABLE contacts",
        "\0",
        "x",
        &"9".repeat(2_000),
    ] {
        let (status, answer) = listed(&serving, &format!("?cursor={}", encoded(cursor))).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{cursor}: {answer}");
    }
    for limit in ["0", "-1", "1 OR 1=1", "99999999999999999999"] {
        let (status, answer) = listed(&serving, &format!("?limit={}", encoded(limit))).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{limit}: {answer}");
    }
    for reference in odd {
        let erase = api.http.delete(api.contact_url(reference)).bearer_auth(TOKEN);
        assert_eq!(erase.send().await.unwrap().status(), StatusCode::NO_CONTENT);
    }
    assert_eq!(api.contact("innocent").await.unwrap(), direct_contact("ana"));
    let (_, all) = listed(&serving, "").await;
    assert_eq!(all["contacts"].as_array().unwrap().len(), 1);
    assert!(place.path("secret.txt").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_of_ours_leads_only_where_the_partner_said() {
    let place = Place::new().await;
    let serving = place.serve(1).await;
    let api = &serving.api;
    for link in [
        "javascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "//evil.example.com",
        "/evil",
        "http://evil.example.com",
        "https:evil.example.com",
        "https:\\\\evil.example.com",
        "https://",
        "ftp://evil.example.com",
        "https://connect.leap.energy/\r\nset-cookie: a=b",
    ] {
        let mut contact = direct_contact("ana");
        contact["link"] = json!(link);
        let status = api.put_contact("links", &contact).await.status();
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{link}");
    }
    let contact = direct_contact("ana");
    api.put_contact("links", &contact).await;
    let minted = api.http.post(api.url("/links/leap/links")).bearer_auth(TOKEN);
    let minted: Value = minted.send().await.unwrap().json().await.unwrap();
    let link = api.local(minted["resume_url"].as_str().unwrap());
    for query in [
        "",
        "?to=https://evil.example.com",
        "?link=//evil.example.com&url=https://evil.example.com&next=https://evil.example.com",
        "?@evil.example.com",
    ] {
        let request = api
            .http
            .post(format!("{link}{query}"))
            .header("host", "evil.example.com");
        let request = request
            .header("x-forwarded-host", "evil.example.com")
            .header("referer", "https://evil.example.com/");
        let form = "link=https%3A%2F%2Fevil.example.com&to=https%3A%2F%2Fevil.example.com";
        let answer = request.body(form).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{query}");
        assert_eq!(answer.headers()[LOCATION], contact["link"].as_str().unwrap(), "{query}");
    }
    // A token with more behind it is not ours, and leads nowhere.
    for more in [
        "/https://evil.example.com",
        "%2f..",
        "-",
        "a",
        "%0d%0alocation:%20https://evil.example.com",
    ] {
        let answer = api.http.post(format!("{link}{more}")).body("").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{more}");
        assert!(!answer.headers().contains_key(LOCATION), "{more}");
    }
}

/// A webhook that is heard again, under its own or another name, or with its content changed on the way, reaches at
/// most what its sender could have said anyway: it neither reopens nor doubles anything.
#[tokio::test(flavor = "multi_thread")]
async fn replayed_webhooks_send_nothing_and_reopen_nothing() {
    let place = Place::new().await;
    let serving = place.serve(1).await;
    let api = &serving.api;
    api.put_contact("site-1", &direct_contact("ana")).await;
    api.delivered(&authorization("event-1", "site-1", "INITIATED")).await;
    api.delivered(&session("event-2", "site-1", "COMPLETED")).await;
    let phase = async || api.journey("site-1").await.unwrap()["phase"].clone();
    let done = phase().await;
    for n in 0..20 {
        api.delivered(&authorization("event-1", "site-1", "INITIATED")).await;
        api.delivered(&authorization(&format!("replay-{n}"), "site-1", "INITIATED"))
            .await;
        api.delivered(&session(&format!("again-{n}"), "site-1", "UPDATED"))
            .await;
    }
    let journey = api.journey("site-1").await.unwrap();
    assert_eq!(phase().await, done, "{journey}");
    assert!(place.messages().is_empty());
    // Without the secret, not even the same bytes count.
    let forged = api
        .http
        .post(api.url("/webhooks/leap"))
        .json(&authorization("event-9", "site-2", "INITIATED"));
    assert_eq!(forged.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    let halves = WEBHOOK_SECRET.split_at(10);
    let forged = api
        .http
        .post(api.url("/webhooks/leap"))
        .header("x-rekindle-key", halves.0);
    let forged = forged.header("x-rekindle-key", halves.1);
    let sent = forged
        .json(&authorization("event-9", "site-2", "INITIATED"))
        .send()
        .await;
    assert_eq!(sent.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert!(api.journey("site-2").await.is_none());
}

/// A crash leaves no file with the secrets and the people that were in memory.
#[tokio::test(flavor = "multi_thread")]
async fn a_crash_leaves_no_core_dump() {
    let place = Place::new().await;
    let serving = place.serve(1).await;
    let limits = fs::read_to_string(format!("/proc/{}/limits", serving.process.id())).unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .unwrap();
    let values: Vec<_> = core.split_whitespace().skip(4).take(2).collect();
    assert_eq!(values, ["0", "0"], "{core}");
    let mut process = serving.process;
    let id = process.id().to_string();
    let sent = Command::new("kill").args(["-ABRT", &id]).status().unwrap();
    assert!(sent.success());
    let status = until("it crashes", async || process.status()).await;
    assert_eq!(status.signal(), Some(6));
    assert!(!status.core_dumped(), "the system kept its memory");
}

/// People's data are on the disk: for the program's own user alone.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_can_open_the_data_folder() {
    let place = Place::new().await;
    let serving = place.serve(1).await;
    serving.api.put_contact("site-1", &direct_contact("ana")).await;
    let mode = fs::metadata(place.path("rekindle-data")).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
}

/// `Debug` is what an error, a log line or an assertion shows of a value.
#[test]
fn what_holds_a_secret_or_a_person_shows_neither() {
    const HIDDEN: &str = "a-hidden-text-of-some-length";
    let id_key = IdKey::new(HIDDEN).unwrap();
    let links = LinkKey::new(id_key.derive("link"));
    let secrets = || webhook::Secrets {
        current: webhook::Secret::new(HIDDEN).unwrap(),
        other: webhook::Secret::new(HIDDEN).ok(),
    };
    let reference = Reference::new(HIDDEN).unwrap();
    let journey = JourneyId::new(&id_key, Provider::Leap, Purpose::Enroll, &reference);
    let mut input = direct_contact(HIDDEN);
    input["first_name"] = json!(HIDDEN);
    input["phone"] = json!("+12025550123");
    let input: contacts::ContactInput = serde_json::from_value(input).unwrap();
    let contact = input.clone().check(
        Provider::Leap,
        reference.clone(),
        Timestamp::UNIX_EPOCH,
        &journey::LinkHosts::default(),
    );
    let header = Header {
        name: "x-rekindle-key".to_owned(),
        value: providers::Secret::new(HIDDEN),
    };
    let leap = LeapConfig::new(
        "https://api.example.com".parse().unwrap(),
        providers::Secret::new(HIDDEN),
        NonZeroU32::MIN,
    );
    let shown = [
        format!("{id_key:?} {links:?} {reference:?} {journey:?}"),
        format!("{:?}", secrets()),
        format!(
            "{:?}",
            webhook::Config {
                leap: Some(secrets()),
                bayou: None,
                light: None,
                id_key: id_key.clone(),
                reserved_prefixes: Vec::new(),
            }
        ),
        format!(
            "{:?}",
            contacts::api::ApiConfig {
                tokens: contacts::api::Tokens::new([HIDDEN]),
                id_key,
                links,
                public_url: PUBLIC_URL.to_owned(),
                has_light: false,
            }
        ),
        format!("{input:?} {contact:?} {header:?} {leap:?}"),
    ];
    for text in shown {
        assert!(text.contains("hidden)"), "{text}");
        for secret in [HIDDEN, "2025550123"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}
