//! Who is let in, what the headers allow, and what is never shown.

use std::io::Write;
use std::sync::{Arc, Mutex};

use data_encoding::BASE64;
use http::Method;
use jiff::SignedDuration;
use journey::link::{LinkKind, SESSION_COOKIE};
use sha2::{Digest, Sha256};

use crate::browser::{Browser, Shown};
use crate::world::{Call, ESI_ID, OTHER_ESI_ID, SECRET, World, id, key, site, token};

const PAGES: [&str; 8] = [
    "/enroll",
    "/enroll/address",
    "/enroll/esi-id",
    "/enroll/confirm",
    "/enroll/plans",
    "/enroll/billing",
    "/enroll/payment",
    "/enroll/status",
];

fn is_no_session(shown: &Shown, status: u16) {
    assert_eq!(shown.status, status);
    shown
        .says("Please open the newest message from us")
        .says("Abra nuestro mensaje más reciente")
        .says("help@example.com");
}

#[test]
fn without_a_session_every_page_says_how_to_come_back() {
    let world = World::new("en");
    let links = site().links;
    let expires = "2026-07-01T17:00:00Z".parse().unwrap();
    let stranger = journey::link::LinkKey::new([7; 32]);
    for page in PAGES {
        for bad in [
            String::new(),
            "a-b-c".to_owned(),
            links.sign(LinkKind::Resume, &id(), expires),
            links.sign(LinkKind::Unsubscribe, &id(), expires),
            stranger.sign(LinkKind::Enroll, &id(), expires),
        ] {
            let mut browser = Browser::new(&world);
            browser.cookies.insert(SESSION_COOKIE.to_owned(), bad);
            is_no_session(&browser.get(page), 403);
        }
        let mut browser = Browser::new(&world);
        browser.cookies.clear();
        is_no_session(&browser.get(page), 403);
        assert!(browser.cookies.is_empty(), "no session begins here");
    }
    assert!(world.state().calls.is_empty());
}

#[test]
fn a_session_ends_an_hour_after_the_last_look() {
    let world = World::new("en");
    let mut browser = Browser::new(&world);
    let minutes = SignedDuration::from_mins;
    for _ in 0..4 {
        world.later(minutes(50));
        assert_eq!(browser.get("/enroll/address").status, 200);
    }
    world.later(minutes(50));
    assert_eq!(browser.get("/enroll/status").status, 200);
    world.later(minutes(61));
    is_no_session(&browser.get("/enroll/status"), 410);
    is_no_session(&browser.post("/enroll/billing", &[("to", "same")]), 410);
    assert_eq!(browser.post_json("/enroll/payment-session", "{}").status, 401);
    assert!(world.state().billing.is_empty());
    assert!(world.counted("enroll.session_over") >= 2);
}

#[test]
fn nobody_is_let_in_who_was_erased_or_is_another_providers() {
    let world = World::new("en");
    let mut browser = Browser::new(&world);
    let contact = world.state().contact.take();
    is_no_session(&browser.get("/enroll"), 410);
    let mut contact = contact.unwrap();
    contact.provider = journey::Provider::Leap;
    let leap = contact.journeys(&key())[0].clone();
    world.state().contact = Some(contact);
    let expires = "2026-07-01T17:00:00Z".parse().unwrap();
    let token = site().links.sign(LinkKind::Enroll, &leap, expires);
    browser.cookies.insert(SESSION_COOKIE.to_owned(), token);
    is_no_session(&browser.get("/enroll"), 403);
}

#[test]
fn a_form_that_another_site_sent_is_not_taken() {
    let world = World::new("en");
    let mut browser = Browser::new(&world);
    let form = "application/x-www-form-urlencoded";
    for foreign in ["cross-site", "same-site", "anything"] {
        for path in ["/enroll/billing", "/enroll/accept", "/enroll/payment-method"] {
            let shown = browser.send(Method::POST, path, form, "to=same", foreign);
            assert_eq!(shown.status, 403, "{path} {foreign}");
            shown.says("This did not come from our page");
        }
        // A link in a mail is another site's, too, and changes nothing.
        assert_eq!(
            browser.send(Method::GET, "/enroll/billing", form, "", foreign).status,
            200
        );
    }
    assert!(world.state().billing.is_empty());
    for own in ["same-origin", "none"] {
        assert_eq!(
            browser
                .send(Method::POST, "/enroll/billing", form, "to=same", own)
                .status,
            303
        );
    }
}

#[test]
fn an_address_answers_to_its_methods_alone() {
    let world = World::new("en");
    let mut browser = Browser::new(&world);
    for (method, path, allow) in [
        (Method::POST, "/enroll", "GET, HEAD"),
        (Method::POST, "/enroll/plans", "GET, HEAD"),
        (Method::POST, "/enroll/payment", "GET, HEAD"),
        (Method::POST, "/enroll/status", "GET, HEAD"),
        (Method::PUT, "/enroll/billing", "GET, HEAD, POST"),
        (Method::DELETE, "/enroll/accept", "GET, HEAD, POST"),
        (Method::GET, "/enroll/payment-session", "POST"),
        (Method::GET, "/enroll/payment-method", "POST"),
    ] {
        let shown = browser.send(method, path, "text/plain", "", "none");
        assert_eq!((shown.status, shown.header("allow")), (405, allow), "{path}");
    }
    for path in [
        "/enroll/",
        "/enroll/x",
        "/enroll/address/",
        "/enroll/payment.css",
        "/enrollx",
    ] {
        let shown = browser.get(path);
        assert_eq!(shown.status, 404, "{path}");
        shown.says("There is no such page").says("Esta página no existe");
    }
    let long = format!("query={}", "x".repeat(enroll::http::MAX_BODY_BYTES));
    let form = "application/x-www-form-urlencoded";
    assert_eq!(
        browser
            .send(Method::POST, "/enroll/address", form, &long, "none")
            .status,
        413
    );
}

#[test]
fn head_says_how_long_the_page_would_be() {
    let world = World::new("en");
    let mut browser = Browser::new(&world);
    let page = browser.get("/enroll/address");
    let head = browser.send(Method::HEAD, "/enroll/address", "text/plain", "", "none");
    assert_eq!(head.status, 200);
    assert!(head.html.is_empty());
    assert_eq!(head.header("content-length"), page.html.len().to_string());
}

#[test]
fn the_policy_allows_the_pages_own_style_alone_and_the_payment_page_stripe() {
    let world = World::new("en");
    let mut browser = Browser::new(&world);
    for (path, scripts) in [
        ("/enroll/address", ""),
        ("/enroll/billing", ""),
        ("/enroll/status", ""),
        ("/enroll/nowhere", ""),
        (
            "/enroll/payment",
            "; script-src 'self' https://js.stripe.com https://*.js.stripe.com; frame-src https://js.stripe.com \
             https://*.js.stripe.com https://hooks.stripe.com; connect-src 'self' https://api.stripe.com",
        ),
    ] {
        let page = browser.get(path);
        let style = page
            .html
            .split("<style>")
            .nth(1)
            .unwrap()
            .split("</style>")
            .next()
            .unwrap();
        let hash = BASE64.encode(&Sha256::digest(style));
        let expected = format!(
            "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; frame-ancestors 'none'; form-action \
             'self'{scripts}"
        );
        assert_eq!(page.header("content-security-policy"), expected, "{path}");
        assert_eq!(page.html.contains("<script"), !scripts.is_empty(), "{path}");
        for guard in [
            "cross-origin-resource-policy",
            "permissions-policy",
            "referrer-policy",
            "strict-transport-security",
            "x-frame-options",
            "x-robots-tag",
        ] {
            assert!(!page.header(guard).is_empty(), "{guard}");
        }
    }
}

/// Servers run requests side by side, on any thread.
#[test]
fn an_answer_can_be_awaited_on_any_thread() {
    fn on_any_thread<F: Future + Send>(future: F) -> F {
        future
    }
    let world = World::new("en");
    let (site, campaign) = (site(), journey::Campaign::standard());
    let request = http::Request::new(Vec::new());
    let answered = on_any_thread(enroll::http::handle(&site, &world, &campaign, request));
    assert_eq!(crate::world::poll_once(answered).status(), 404);
}

/// A cookie is for https alone where we are there; on one machine it must work without.
#[test]
fn a_cookie_is_secure_where_we_are() {
    let world = World::new("en");
    let mut site = site();
    site.public_url = "http://127.0.0.1:8080".to_owned();
    let request = http::Request::builder()
        .uri("/enroll/address")
        .header("cookie", format!("{SESSION_COOKIE}={}", token(&world)));
    let request = request.body(Vec::new()).unwrap();
    let campaign = journey::Campaign::standard();
    let answer = crate::world::poll_once(enroll::http::handle(&site, &world, &campaign, request));
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    assert!(!cookie.contains("Secure"), "{cookie}");
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn trap_28_no_log_has_an_address_a_number_a_token_a_secret_or_a_price() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let world = World::new("en");
    let mut browser = Browser::new(&world);
    tracing::subscriber::with_default(subscriber, || {
        browser.finish();
        for call in [
            Call::View,
            Call::Search,
            Call::SearchEsiId,
            Call::Plans,
            Call::Accept,
            Call::Billing,
            Call::BeginPayment,
            Call::EnsurePayment,
            Call::Usage,
            Call::Contacts,
            Call::Journeys,
            Call::Keep,
        ] {
            let world = World::new("en");
            let mut browser = Browser::new(&world);
            let offer = browser.offer();
            world.state().down.insert(call);
            browser.get("/enroll");
            browser.post("/enroll/address", &[("query", "123 Main St")]);
            browser.post("/enroll/esi-id", &[("esi_id", ESI_ID)]);
            browser.accept(&offer, "2026-07-03");
            browser.post("/enroll/billing", &[("to", "same")]);
            browser.post_json("/enroll/payment-session", "{}");
            browser.post_json("/enroll/payment-method", r#"{"payment_method_id":"pm_1"}"#);
        }
    });
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        log.contains("plan accepted") && log.contains("step not taken") && log.contains("step not kept"),
        "{log}"
    );
    let token = &browser.cookies[SESSION_COOKIE];
    for hidden in [
        ESI_ID,
        OTHER_ESI_ID,
        SECRET,
        "Main St",
        "75201",
        "14.2",
        "ada@example.com",
        "pm_1",
        "00000000-0000-4000",
        token.as_str(),
    ] {
        assert!(!log.contains(hidden), "{hidden}: {log}");
    }
}
