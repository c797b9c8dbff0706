//! The way from a reminder's link to an enrolment in a plan (Light), over HTTP.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the helpers of these tests are tests, too"
)]

use contacts::ContactInput;
use http::{Method, Request, Response};
use journey::enrollment::SupportMatter;
use journey::link::{LinkKey, LinkKind, SESSION_COOKIE};
use journey::port::{Clock, Precondition};
use journey::{IdKey, JourneyId, LinkHosts, Provider, Purpose, Reference};
use pages::{Enrollment, Pages};
use tests::{AccountScript, Ports, Stage, World, poll_once};

fn key() -> IdKey {
    IdKey::new(*b"an invented key of 32 bytes long").unwrap()
}

fn reference() -> Reference {
    Reference::new("00000000-0000-4000-8000-000000000001").unwrap()
}

struct Customer {
    stage: Stage,
    world: World,
    pages: Pages,
}

impl Customer {
    fn of(enrollment: Enrollment, locale: &str) -> Self {
        let stage = Stage::with(&toml::Table::new());
        let world = World::new(&stage.rules, "2026-07-01T16:00:00Z".parse().unwrap(), 10);
        world.show_account(&reference(), &AccountScript::default());
        let pages = Pages {
            enrollment,
            ..stage.pages.clone()
        };
        let customer = Customer { stage, world, pages };
        let input = ContactInput {
            email: Some("ana@example.com".to_owned()),
            locale: Some(locale.to_owned()),
            ..ContactInput::default()
        };
        let contact = input
            .check(
                Provider::Light,
                reference(),
                jiff::Timestamp::MAX,
                &LinkHosts::default(),
            )
            .unwrap();
        let (ports, key) = (customer.ports(), key());
        let put = contacts::put(&ports, &key, &customer.stage.rules, &contact, &Precondition::None);
        poll_once(put).unwrap().unwrap();
        customer
    }

    fn on_our_pages() -> Self {
        let public_url = "https://reminders.example.com".to_owned();
        Self::of(Enrollment::OwnPages { public_url }, "en")
    }

    fn ports(&self) -> Ports<'_> {
        Ports {
            world: &self.world,
            stage: &self.stage,
        }
    }

    fn id() -> JourneyId {
        JourneyId::new(&key(), Provider::Light, Purpose::Enroll, &reference())
    }

    fn ask(&self, method: Method) -> Response<Vec<u8>> {
        let expires = self.ports().now() + jiff::SignedDuration::from_hours(24);
        let token = self.pages.links.sign(LinkKind::Resume, &Self::id(), expires);
        let request = Request::builder()
            .method(method)
            .uri(format!("/r/{token}"))
            .body(Vec::new())
            .unwrap();
        let ports = self.ports();
        poll_once(pages::http::handle(&self.pages, &ports, &self.stage.rules, request)).unwrap()
    }
}

fn header<'a>(answer: &'a Response<Vec<u8>>, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

fn text(answer: &Response<Vec<u8>>) -> String {
    String::from_utf8(answer.body().clone()).unwrap()
}

#[test]
fn the_button_leads_into_the_enrolment_with_a_session_and_nothing_of_it_in_the_address() {
    let customer = Customer::on_our_pages();
    let answer = customer.ask(Method::POST);
    assert_eq!(
        (answer.status().as_u16(), header(&answer, "location")),
        (303, "/enroll")
    );
    let cookie = header(&answer, "set-cookie");
    for part in ["Path=/enroll", "HttpOnly", "SameSite=Lax", "Secure", "Max-Age=3600"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let token = cookie.strip_prefix(&format!("{SESSION_COOKIE}=")).unwrap();
    let token = token.split(';').next().unwrap();
    let links = LinkKey::new(key().derive("link"));
    let now = customer.ports().now();
    assert_eq!(links.verify(LinkKind::Enroll, token, now), Ok(Customer::id()));
    let later = now + jiff::SignedDuration::from_mins(61);
    assert!(links.verify(LinkKind::Enroll, token, later).is_err(), "for an hour");
    assert!(
        links.verify(LinkKind::Resume, token, now).is_err(),
        "and for nothing else"
    );
}

#[test]
fn trap_27_looking_at_the_page_mints_nothing_and_burns_nothing() {
    let customer = Customer::of(Enrollment::HostedFlow, "en");
    for method in [Method::GET, Method::HEAD, Method::GET] {
        let answer = customer.ask(method);
        assert_eq!(answer.status(), 200);
        assert_eq!(header(&answer, "set-cookie"), "");
        assert!(!text(&answer).contains("flow.light.dev"));
    }
    assert_eq!(customer.world.links_made(), 0);
}

#[test]
fn trap_26_each_click_makes_a_login_of_its_own() {
    let customer = Customer::of(Enrollment::HostedFlow, "en");
    let first = customer.ask(Method::POST);
    customer.world.pass("1s");
    let second = customer.ask(Method::POST);
    for answer in [&first, &second] {
        assert_eq!(answer.status(), 303);
        assert!(header(answer, "location").starts_with("https://flow.light.dev/login?token="));
    }
    assert_ne!(header(&first, "location"), header(&second, "location"));
    assert_eq!(customer.world.links_made(), 2);
}

#[test]
fn who_is_with_support_is_led_nowhere() {
    let customer = Customer::on_our_pages();
    let ports = customer.ports();
    let (key, reference) = (key(), reference());
    let matter = SupportMatter::SwitchHold;
    let told = contacts::support_needed(&ports, &key, &customer.stage.rules, &reference, matter);
    assert!(poll_once(told).unwrap().unwrap());
    for method in [Method::GET, Method::POST] {
        let answer = customer.ask(method);
        assert_eq!(answer.status(), 200);
        assert!(text(&answer).contains("Please talk to us"));
        assert!(!text(&answer).contains("<form"));
    }
}

#[test]
fn who_has_finished_sees_how_the_service_comes_along() {
    let customer = Customer::on_our_pages();
    customer.world.show_account(
        &reference(),
        &AccountScript {
            plan: true,
            billing: true,
            payment: true,
            finalized: true,
            ..AccountScript::default()
        },
    );
    // The record is read on the click, so nobody who is done is asked for anything.
    for _ in 0..2 {
        let answer = customer.ask(Method::POST);
        assert_eq!(
            (answer.status().as_u16(), header(&answer, "location")),
            (303, "/enroll")
        );
    }
    assert!(text(&customer.ask(Method::GET)).contains("See how your enrollment stands"));
}

#[test]
fn trap_34_the_page_keeps_to_the_customer_s_language() {
    let customer = Customer::of(
        Enrollment::OwnPages {
            public_url: "https://reminders.example.com".to_owned(),
        },
        "es",
    );
    let page = text(&customer.ask(Method::GET));
    assert!(page.contains("<html lang=\"es\">") && page.contains("Light"), "{page}");
    for english in ["electricity", "enrollment", "Your plan"] {
        assert!(!page.contains(english), "{english}");
    }
}
