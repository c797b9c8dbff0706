//! The partner's API, over the stand-ins of the ports and over the real ones of one machine: every story
//! is told to both.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the helpers of these tests are tests, too"
)]

use contacts::api::{self, ApiConfig, Tokens};
use embedded::{DataDir, ProgramClock, Store};
use http::{Method, Request, Response, StatusCode};
use journey::contact::Locale;
use journey::enrollment::{AcceptanceRecord, PlanDocuments};
use journey::link::{LinkKey, LinkKind};
use journey::port::{
    Clock, EnrollError, HandOverError, KeepAcceptance, KeepFallback, PassOnFallback, ProviderError, Refusal,
};
use journey::protocol::{IfAbsent, Person, take};
use journey::{
    Account, BillKind, Campaign, ContactId, Event, Flow, HandOver, IdKey, JourneyId, Provider, Purpose, Reference,
    Unavailable,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::{BillTaker, LightApp, Ports, Stage, World, poll_once};
use tokio::runtime::Runtime;

const TOKEN: &str = "the-token-of-today";

fn config() -> ApiConfig {
    let id_key = IdKey::new(*b"an invented key of 32 bytes long").unwrap();
    ApiConfig {
        tokens: Tokens::new([TOKEN]),
        links: LinkKey::new(id_key.derive("link")),
        id_key,
        public_url: "https://remind.example.com".to_owned(),
        has_light: true,
    }
}

/// One machine's store, and providers: of one that takes bills, and of one that opens accounts.
struct Machine {
    store: Store,
    bill_taker: BillTaker,
    light_app: LightApp,
}

journey::delegate_ports!(Machine {
    store: Clock, KeepContact, FindContact, ListContacts, KeepFallback, PassOnFallback, EraseFallback, LoadJourney,
        CommitJourney, ArmTimer, KeepAcceptance, ReadAcceptances;
    bill_taker: HandOverBill;
    light_app: OpenAccount, ResetEnrollment;
});

/// Where the API runs.
enum Under {
    StandIns(Box<World>, Box<Stage>),
    OneMachine {
        runtime: Runtime,
        machine: Machine,
        _folder: TempDir,
    },
}

struct Api {
    under: Under,
    config: ApiConfig,
}

impl Api {
    /// One of each.
    fn both() -> [Api; 2] {
        let stage = Stage::with(&toml::Table::new());
        let at = "2026-07-01T16:00:00Z".parse().unwrap();
        let world = World::new(&stage.rules, at, 10);
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(folder.path()).unwrap();
        let clock = ProgramClock::open(&data, std::num::NonZeroU32::MIN).unwrap();
        let store = Store::open(&data, config().id_key, clock).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        [
            Under::StandIns(Box::new(world), Box::new(stage)),
            Under::OneMachine {
                runtime,
                machine: Machine {
                    store,
                    bill_taker: BillTaker::default(),
                    light_app: LightApp::default(),
                },
                _folder: folder,
            },
        ]
        .map(|under| Api {
            under,
            config: config(),
        })
    }

    fn now(&self) -> jiff::Timestamp {
        match &self.under {
            Under::StandIns(world, stage) => Ports { world, stage }.now(),
            Under::OneMachine { machine, .. } => machine.now(),
        }
    }

    fn send(&self, request: Request<Vec<u8>>) -> Response<Vec<u8>> {
        let reply = match &self.under {
            Under::StandIns(world, stage) => {
                let ports = Ports { world, stage };
                poll_once(api::handle(&ports, &self.config, &stage.rules, request)).unwrap()
            }
            Under::OneMachine { runtime, machine, .. } => {
                runtime.block_on(api::handle(machine, &self.config, &Campaign::standard(), request))
            }
        };
        assert_eq!(reply.headers()["x-content-type-options"], "nosniff");
        assert_eq!(reply.headers()["cache-control"], "no-store");
        if reply.status().is_client_error() {
            if let Ok(problem) = serde_json::from_slice::<Value>(reply.body()) {
                assert_eq!(reply.headers()["content-type"], "application/problem+json");
                assert_eq!(problem["status"], reply.status().as_u16());
            } else {
                assert!(reply.body().is_empty());
            }
        }
        reply
    }

    fn call(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Response<Vec<u8>> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {TOKEN}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(body.as_bytes().to_vec()).unwrap())
    }

    /// The customer of [`SITE`] opens a session.
    fn hear(&self) {
        let (key, reference) = (&self.config.id_key, Reference::new("site-1").unwrap());
        let id = JourneyId::new(key, Provider::Leap, Purpose::Enroll, &reference);
        let begin = IfAbsent::Begin {
            provider: Provider::Leap,
            purpose: Purpose::Enroll,
            flow: Flow::Connect,
        };
        let (person, opened) = (Person::default(), Event::SessionOpened.into());
        let taken = match &self.under {
            Under::StandIns(world, stage) => {
                let ports = Ports { world, stage };
                poll_once(take(&ports, &stage.rules, &id, begin, person, &opened)).unwrap()
            }
            Under::OneMachine { runtime, machine, .. } => {
                runtime.block_on(take(machine, &Campaign::standard(), &id, begin, person, &opened))
            }
        };
        assert!(taken.unwrap().unwrap().written);
    }

    /// The provider, as it answers bills.
    fn bill_taker(&self) -> BillTaker {
        match &self.under {
            Under::StandIns(world, _) => world.bill_taker(),
            Under::OneMachine { machine, .. } => machine.bill_taker.clone(),
        }
    }

    /// Light, as it opens accounts.
    fn light_app(&self) -> LightApp {
        match &self.under {
            Under::StandIns(world, _) => world.light_app(),
            Under::OneMachine { machine, .. } => machine.light_app.clone(),
        }
    }

    /// A customer has accepted a plan on our page.
    fn accept(&self, reference: &str, record: &AcceptanceRecord) {
        let journey = self.enrollment(reference);
        match &self.under {
            Under::StandIns(world, stage) => {
                poll_once(Ports { world, stage }.keep_acceptance(&journey, record)).unwrap()
            }
            Under::OneMachine { runtime, machine, .. } => runtime.block_on(machine.keep_acceptance(&journey, record)),
        }
        .unwrap();
    }

    fn enrollment(&self, reference: &str) -> JourneyId {
        let reference = Reference::new(reference).unwrap();
        JourneyId::new(&self.config.id_key, Provider::Light, Purpose::Enroll, &reference)
    }

    fn post(&self, path: &str, body: &Value) -> Response<Vec<u8>> {
        self.call(Method::POST, path, &[], &body.to_string())
    }

    /// The customer of [`HOME`] gives a bill by hand.
    fn give_bill(&self, bill: &[u8], at: jiff::Timestamp) {
        let id = self.home();
        match &self.under {
            Under::StandIns(world, stage) => {
                poll_once(Ports { world, stage }.keep_bill(&id, BillKind::Pdf, bill, at)).unwrap()
            }
            Under::OneMachine { runtime, machine, .. } => {
                runtime.block_on(machine.keep_bill(&id, BillKind::Pdf, bill, at))
            }
        }
        .unwrap();
    }

    fn give_account(&self) {
        let account = Account {
            number: "1234567890".to_owned(),
            line: "100 Example Street".to_owned(),
            city: "Springfield".to_owned(),
            state: law::State::parse("CA").unwrap(),
            zip: "90000".to_owned(),
        };
        let (id, at) = (self.home(), self.now());
        match &self.under {
            Under::StandIns(world, stage) => poll_once(Ports { world, stage }.keep_account(&id, &account, at)).unwrap(),
            Under::OneMachine { runtime, machine, .. } => runtime.block_on(machine.keep_account(&id, &account, at)),
        }
        .unwrap();
    }

    /// Somebody has begun to hand the bill over, and is not heard of since.
    fn begin_hand_over(&self, at: jiff::Timestamp) {
        async fn begin(ports: &impl PassOnFallback, id: &ContactId, at: jiff::Timestamp) -> bool {
            let bill = ports.find_fallback(id).await.unwrap().bill.unwrap();
            let begun = HandOver::Begun { at };
            ports.keep_hand_over(id, &bill, Some(&begun)).await.unwrap()
        }
        let id = self.home();
        assert!(match &self.under {
            Under::StandIns(world, stage) => poll_once(begin(&Ports { world, stage }, &id, at)).unwrap(),
            Under::OneMachine { runtime, machine, .. } => runtime.block_on(begin(machine, &id, at)),
        });
    }

    fn home(&self) -> ContactId {
        let reference = Reference::new("home-1").unwrap();
        ContactId::new(&self.config.id_key, Provider::Bayou, &reference)
    }

    fn get(&self, path: &str) -> Response<Vec<u8>> {
        self.call(Method::GET, path, &[], "")
    }

    fn put(&self, path: &str, headers: &[(&str, &str)], contact: &Value) -> Response<Vec<u8>> {
        self.call(Method::PUT, path, headers, &contact.to_string())
    }

    fn delete(&self, path: &str, headers: &[(&str, &str)]) -> Response<Vec<u8>> {
        self.call(Method::DELETE, path, headers, "")
    }
}

fn body(reply: &Response<Vec<u8>>) -> Value {
    serde_json::from_slice(reply.body()).unwrap()
}

fn etag(reply: &Response<Vec<u8>>) -> String {
    reply.headers()["etag"].to_str().unwrap().to_owned()
}

fn ana() -> Value {
    json!({"email": "ana@example.com", "first_name": "Ana"})
}

const SITE: &str = "/contacts/leap/site-1";

#[test]
fn a_contact_is_tagged_by_what_it_says() {
    for api in Api::both() {
        let first = api.put(SITE, &[], &ana());
        assert_eq!(first.status(), StatusCode::OK);
        assert_eq!(body(&first)["email"], "ana@example.com");
        let again = api.put(SITE, &[], &ana());
        assert_eq!((again.status(), etag(&again)), (StatusCode::OK, etag(&first)));
        assert_eq!(etag(&api.get(SITE)), etag(&first));
        let other = api.put(SITE, &[], &json!({"email": "bo@example.com"}));
        assert_ne!(etag(&other), etag(&first));
        assert_eq!(
            etag(&api.put(SITE, &[], &ana())),
            etag(&first),
            "the same content, the same tag"
        );
    }
}

#[test]
fn what_a_reader_has_is_not_sent_again() {
    for api in Api::both() {
        let tag = etag(&api.put(SITE, &[], &ana()));
        for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
            let reply = api.call(Method::GET, SITE, &[("if-none-match", &known)], "");
            assert_eq!(reply.status(), StatusCode::NOT_MODIFIED, "{known}");
            assert!(reply.body().is_empty());
            assert_eq!(etag(&reply), tag);
        }
        let reply = api.call(Method::GET, SITE, &[("if-none-match", "\"x\"")], "");
        assert_eq!(reply.status(), StatusCode::OK);
        let reply = api.call(Method::GET, SITE, &[("if-none-match", "x")], "");
        assert_eq!(reply.status(), StatusCode::BAD_REQUEST);
    }
}

#[test]
fn a_change_may_ask_that_nobody_else_was_faster() {
    for api in Api::both() {
        let bo = json!({"email": "bo@example.com"});
        let failed = |reply: Response<Vec<u8>>| assert_eq!(reply.status(), StatusCode::PRECONDITION_FAILED);
        failed(api.put(SITE, &[("if-match", "*")], &ana()));
        failed(api.delete(SITE, &[("if-match", "*")]));
        assert_eq!(api.get(SITE).status(), StatusCode::NOT_FOUND);

        let created = api.put(SITE, &[("if-none-match", "*")], &ana());
        assert_eq!(created.status(), StatusCode::OK);
        failed(api.put(SITE, &[("if-none-match", "*")], &bo));
        failed(api.put(SITE, &[("if-match", "\"x\"")], &bo));
        failed(api.put(SITE, &[("if-match", &format!("W/{}", etag(&created)))], &bo));
        failed(api.put(SITE, &[("if-match", &etag(&created)), ("if-none-match", "*")], &bo));
        assert_eq!(body(&api.get(SITE)), body(&created), "what failed has changed nothing");

        let changed = api.put(SITE, &[("if-match", &format!("\"x\", {}", etag(&created)))], &bo);
        assert_eq!(changed.status(), StatusCode::OK);
        failed(api.put(SITE, &[("if-match", &etag(&created))], &ana()));
        failed(api.delete(SITE, &[("if-match", &etag(&created))]));
        failed(api.delete(SITE, &[("if-none-match", "*")]));
        let reply = api.put(SITE, &[("if-none-match", "\"x\"")], &bo);
        assert_eq!(reply.status(), StatusCode::BAD_REQUEST);
        assert_eq!(body(&api.get(SITE))["email"], "bo@example.com");

        let erased = api.delete(SITE, &[("if-match", &etag(&changed))]);
        assert_eq!(erased.status(), StatusCode::NO_CONTENT);
        assert_eq!(api.get(SITE).status(), StatusCode::NOT_FOUND);
        assert_eq!(api.delete(SITE, &[]).status(), StatusCode::NO_CONTENT);
    }
}

#[test]
fn an_opt_out_that_stays_is_in_the_answer_and_in_its_tag() {
    for api in Api::both() {
        api.put(SITE, &[], &json!({"email": "ana@example.com", "opted_out": true}));
        let reply = api.put(SITE, &[], &json!({"email": "ana@example.com", "opted_out": false}));
        assert_eq!(body(&reply)["opted_out"], true);
        assert_eq!(etag(&reply), etag(&api.get(SITE)));
    }
}

#[test]
fn contacts_are_read_page_by_page_and_each_once() {
    for api in Api::both() {
        let mut expected: Vec<String> = (0..7).map(|n| format!("site {n}+é")).collect();
        for (n, reference) in expected.iter().enumerate() {
            let path = format!("/contacts/leap/{}", encoded(reference));
            let contact = json!({"email": format!("ana{n}@example.com")});
            assert_eq!(api.put(&path, &[], &contact).status(), StatusCode::OK);
        }
        let (mut seen, mut pages) = (Vec::new(), 0);
        let mut path = "/contacts/leap?limit=3".to_owned();
        loop {
            let reply = api.get(&path);
            assert_eq!(reply.status(), StatusCode::OK);
            let page = body(&reply);
            pages += 1;
            for contact in page["contacts"].as_array().unwrap() {
                assert!(contact["email"].as_str().unwrap().ends_with("@example.com"));
                seen.push(contact["reference"].as_str().unwrap().to_owned());
            }
            let link = reply.headers().get("link").map(|link| link.to_str().unwrap());
            let Some(cursor) = page["next"].as_str() else {
                assert_eq!(link, None);
                break;
            };
            path = format!("/contacts/leap?limit=3&cursor={cursor}");
            assert_eq!(link, Some(format!("<{path}>; rel=\"next\"").as_str()));
        }
        seen.sort();
        expected.sort();
        assert_eq!((seen, pages), (expected, 3));
        assert_eq!(
            body(&api.get("/contacts/leap"))["contacts"].as_array().unwrap().len(),
            7
        );
    }
}

#[test]
fn a_page_is_asked_for_in_one_way_only() {
    for api in Api::both() {
        for query in [
            "limit=0",
            "limit=101",
            "limit=",
            "limit=%2B5",
            "limit=ten",
            "limit=1&limit=2",
            "cursor=",
            "cursor=not-one-of-ours",
            "page=2",
        ] {
            let reply = api.get(&format!("/contacts/leap?{query}"));
            assert_eq!(reply.status(), StatusCode::BAD_REQUEST, "{query}");
        }
        assert_eq!(api.get("/contacts/leap?limit=100").status(), StatusCode::OK);
        assert_eq!(api.get("/contacts/acme").status(), StatusCode::NOT_FOUND);
    }
}

#[test]
fn links_are_minted_for_those_we_know_and_hold() {
    for api in Api::both() {
        let post = || api.call(Method::POST, "/links/leap/site-1", &[], "");
        assert_eq!(post().status(), StatusCode::NOT_FOUND);
        api.put(SITE, &[], &ana());
        let reply = post();
        assert_eq!(reply.status(), StatusCode::OK);
        let (links, config) = (body(&reply), config());
        let reference = Reference::new("site-1").unwrap();
        let journey = JourneyId::new(&config.id_key, Provider::Leap, Purpose::Enroll, &reference);
        for (field, start, kind) in [
            ("resume_url", "https://remind.example.com/r/", LinkKind::Resume),
            (
                "preferences_url",
                "https://remind.example.com/u/",
                LinkKind::Unsubscribe,
            ),
        ] {
            let url = links[field].as_str().unwrap();
            assert!(!url.contains("ana") && !url.contains("site-1"), "{url}");
            let token = url.strip_prefix(start).unwrap();
            assert_eq!(config.links.verify(kind, token, api.now()), Ok(journey.clone()));
        }
        let expires: jiff::Timestamp = links["expires_at"].as_str().unwrap().parse().unwrap();
        let days = expires.duration_since(api.now()).as_hours() as f64 / 24.0;
        assert!((29.9..=30.1).contains(&days), "{days}");
    }
}

#[test]
fn each_address_says_what_it_answers_to() {
    for api in Api::both() {
        for (method, path, allow) in [
            (Method::POST, SITE, "GET, HEAD, PUT, DELETE"),
            (Method::DELETE, "/contacts/leap", "GET, HEAD"),
            (Method::PUT, "/journeys/leap/site-1", "GET, HEAD"),
            (Method::GET, "/links/leap/site-1", "POST"),
            (Method::GET, "/fallbacks/bayou/home-1/hand-over", "POST"),
            (Method::GET, "/enrollments", "POST"),
            (Method::GET, "/enrollments/home-1", "DELETE"),
            (Method::PUT, "/enrollments/home-1/session", "POST"),
            (Method::DELETE, "/enrollments/home-1/support", "POST"),
            (Method::OPTIONS, SITE, "GET, HEAD, PUT, DELETE"),
        ] {
            let reply = api.call(method, path, &[], "");
            assert_eq!(reply.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
            assert_eq!(reply.headers()["allow"], allow);
        }
        for path in [
            "/",
            "/contacts",
            "/contacts/",
            "/contacts/leap/",
            "/contacts/leap/a/b",
            "/openapi.yaml/",
            "/journeys/leap",
            "/links",
        ] {
            let request = Request::get(path).body(Vec::new()).unwrap();
            assert_eq!(api.send(request).status(), StatusCode::NOT_FOUND, "{path}");
        }
    }
}

#[test]
fn head_says_what_get_would_without_saying_it() {
    for api in Api::both() {
        api.put(SITE, &[], &ana());
        let (get, head) = (api.get(SITE), api.call(Method::HEAD, SITE, &[], ""));
        assert_eq!((head.status(), etag(&head)), (get.status(), etag(&get)));
        assert!(head.body().is_empty());
        assert_eq!(head.headers()["content-length"], get.body().len().to_string());
    }
}

#[test]
fn nobody_gets_in_without_the_token_and_nothing_is_done() {
    for api in Api::both() {
        for (method, path) in [
            (Method::PUT, SITE),
            (Method::GET, SITE),
            (Method::PATCH, SITE),
            (Method::GET, "/contacts/leap"),
            (Method::GET, "/journeys/leap/site-1"),
            (Method::POST, "/links/leap/site-1"),
        ] {
            let request = Request::builder().method(method).uri(path);
            let reply = api.send(request.body(ana().to_string().into_bytes()).unwrap());
            assert_eq!(reply.status(), StatusCode::UNAUTHORIZED, "{path}");
            assert!(reply.headers().contains_key("www-authenticate"));
        }
        assert_eq!(api.get(SITE).status(), StatusCode::NOT_FOUND);
    }
}

#[test]
fn a_body_that_is_too_long_is_refused() {
    for api in Api::both() {
        let padded = |length: usize| {
            let contact = ana().to_string();
            let spaces = " ".repeat(length - contact.len());
            contact + &spaces
        };
        let reply = api.call(Method::PUT, SITE, &[], &padded(16_385));
        assert_eq!(reply.status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(api.get(SITE).status(), StatusCode::NOT_FOUND);
        let reply = api.call(Method::PUT, SITE, &[], &padded(16_384));
        assert_eq!(reply.status(), StatusCode::OK);
    }
}

#[test]
fn a_journey_is_explained_without_the_person() {
    for api in Api::both() {
        let path = "/journeys/leap/site-1";
        assert_eq!(api.get(path).status(), StatusCode::NOT_FOUND);
        api.hear();
        let told = body(&api.get(path));
        assert_eq!(
            (&told["phase"], &told["email"]),
            (&json!("live"), &json!("unknown_contact"))
        );
        api.put(SITE, &[], &ana());
        let reply = api.get(path);
        assert_eq!(reply.status(), StatusCode::OK);
        let told = body(&reply);
        assert_eq!(
            (&told["contact_known"], &told["email"]),
            (&json!(true), &json!("allowed"))
        );
        assert!(told["timeline"].as_array().unwrap().len() >= 2);
        let text = told.to_string();
        assert!(!text.contains("ana") && !text.contains("site-1"), "{text}");
    }
}

#[test]
fn a_body_that_does_not_arrive_is_a_problem_too() {
    let unavailable = api::Problem::new(StatusCode::SERVICE_UNAVAILABLE, "Try again.").reply();
    assert_eq!(unavailable.headers()["retry-after"], "5");
    let reply = api::too_slow();
    assert!(!reply.headers().contains_key("retry-after"));
    assert_eq!(reply.status(), StatusCode::REQUEST_TIMEOUT);
    assert_eq!(reply.headers()["content-type"], "application/problem+json");
}

/// A partner who keys an object by addresses must not find them in the log of an error.
#[test]
fn the_name_of_an_unknown_field_is_repeated_only_if_it_looks_like_one() {
    for api in Api::both() {
        let detail = |contact: Value| {
            body(&api.put(SITE, &[], &contact))["detail"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        let mail = detail(json!({"mail": "ana@example.com"}));
        assert!(
            mail.starts_with("Not a contact: unknown field `mail`, expected one of `email`"),
            "{mail}"
        );
        for odd in ["ana@example.com", "+12025550123", "Ana Ruiz", "`, expected", ""] {
            let said = detail(json!({odd: true}));
            assert!(
                said.starts_with("Not a contact: a field whose name is none of ours, expected one of `email`"),
                "{said}"
            );
        }
        let nested = detail(json!({"consent": {"sms": {"ana@example.com": 1}}}));
        assert!(nested.contains("expected one of `at`"), "{nested}");
        assert!(!nested.contains("ana"), "{nested}");
    }
}

#[test]
fn the_document_is_there_for_everybody_and_names_every_address() {
    for api in Api::both() {
        let request = Request::get("/openapi.yaml").body(Vec::new()).unwrap();
        let reply = api.send(request);
        assert_eq!(reply.status(), StatusCode::OK);
        assert_eq!(reply.headers()["content-type"], "application/yaml");
        let document = String::from_utf8(reply.into_body()).unwrap();
        assert!(document.starts_with("openapi: 3.1.0\n"));
        for path in [
            "/contacts/{provider}",
            "/contacts/{provider}/{reference}",
            "/links/{provider}/{reference}",
            "/journeys/{provider}/{reference}",
            "/fallbacks/{provider}/{reference}",
            "/fallbacks/{provider}/{reference}/bill",
            "/fallbacks/{provider}/{reference}/hand-over",
            "/campaign",
            "/campaign/active",
            "/openapi.yaml",
        ] {
            assert!(document.contains(&format!("\n  {path}:\n")), "{path}");
        }
    }
}

const HOME: &str = "/contacts/bayou/home-1";
const GIVEN: &str = "/fallbacks/bayou/home-1";
const HAND_OVER: &str = "/fallbacks/bayou/home-1/hand-over";

fn detail(reply: &Response<Vec<u8>>) -> String {
    body(reply)["detail"].as_str().unwrap().to_owned()
}

#[test]
fn a_bill_is_handed_over_once_and_a_new_one_once_more() {
    for api in Api::both() {
        let hand_over = || api.call(Method::POST, HAND_OVER, &[], "");
        assert_eq!(hand_over().status(), StatusCode::NOT_FOUND);
        api.call(Method::PUT, HOME, &[], &ana().to_string());
        assert!(detail(&hand_over()).contains("given nothing"));
        api.give_account();
        let only_an_account = hand_over();
        assert_eq!(only_an_account.status(), StatusCode::NOT_FOUND);
        assert!(detail(&only_an_account).contains("no bill, only an account"));

        let taker = api.bill_taker();
        taker.answers(Ok(Some("904211".to_owned())));
        api.give_bill(b"first", api.now());
        assert_eq!(body(&api.get(GIVEN))["bill"]["handed_over"], Value::Null);
        let handed = hand_over();
        assert_eq!(handed.status(), StatusCode::OK);
        let told = body(&handed);
        assert_eq!(told["bill_id"], "904211");
        assert!(told["handed_at"].is_string());
        taker.answers(Ok(Some("another".to_owned())));
        assert_eq!(body(&hand_over()), told);
        assert_eq!(body(&api.get(GIVEN))["bill"]["handed_over"], told);
        assert_eq!(taker.asked(), [b"first"]);

        taker.answers(Ok(None));
        let later = api.now().checked_add(jiff::SignedDuration::from_secs(1)).unwrap();
        api.give_bill(b"again", later);
        let again = body(&hand_over());
        assert_eq!(again["bill_id"], Value::Null);
        assert!(again["handed_at"].is_string());
        assert_eq!(taker.asked(), [b"first", b"again"]);
    }
}

#[test]
fn who_is_at_it_is_left_to_it_for_a_minute() {
    for api in Api::both() {
        api.call(Method::PUT, HOME, &[], &ana().to_string());
        api.give_bill(b"a bill", api.now());
        let taker = api.bill_taker();
        taker.answers(Ok(None));
        for (seconds, status, asked) in [(50, 503, 0), (61, 200, 1)] {
            let begun_at = api.now().checked_sub(jiff::SignedDuration::from_secs(seconds));
            api.begin_hand_over(begun_at.unwrap());
            assert_eq!(api.call(Method::POST, HAND_OVER, &[], "").status(), status);
            assert_eq!(taker.asked().len(), asked);
        }
    }
}

#[test]
fn what_the_provider_does_not_take_is_said_and_may_be_tried_again_if_it_surely_has_it_not() {
    for api in Api::both() {
        api.call(Method::PUT, HOME, &[], &ana().to_string());
        api.give_bill(b"a bill", api.now());
        let hand_over = || api.call(Method::POST, HAND_OVER, &[], "");
        let unconfigured = hand_over();
        assert_eq!(unconfigured.status(), StatusCode::CONFLICT);
        let says = detail(&unconfigured);
        assert!(says.contains("[bayou.bills]") && says.contains("BayouBills"), "{says}");

        let taker = api.bill_taker();
        let soon = api.now().checked_add(jiff::SignedDuration::from_secs(30)).unwrap();
        let no_answer = |why, retry_at| HandOverError::NoAnswer(ProviderError { why, retry_at });
        let refused = HandOverError::Refused {
            status: 404,
            code: Some("customer_id_invalid".to_owned()),
        };
        for (error, status, says) in [
            (refused, 502, "status 404, customer_id_invalid"),
            (no_answer(Unavailable::Unauthorized, None), 502, "API key"),
            (no_answer(Unavailable::RateLimited, Some(soon)), 503, "no more calls"),
            (no_answer(Unavailable::Failing, None), 503, "may have taken the bill"),
        ] {
            taker.answers(Err(error));
            let reply = hand_over();
            assert_eq!(reply.status(), status, "{says}");
            let problem = body(&reply)["detail"].as_str().unwrap().to_owned();
            assert!(problem.contains(says), "{problem}");
            assert_eq!(reply.headers().contains_key("retry-after"), status == 503);
        }
        // Of the last one nobody knows whether it has arrived: it is left alone for a while.
        let asked = taker.asked().len();
        taker.answers(Ok(None));
        let left_alone = hand_over();
        assert_eq!(left_alone.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(left_alone.headers()["retry-after"], "60");
        assert_eq!(taker.asked().len(), asked);
    }
}

const ENROLLMENTS: &str = "/enrollments";

/// Who wants to enrol, and where.
fn carla() -> Value {
    json!({
        "email": "carla@example.com", "first_name": "Carla", "last_name": "Example", "locale": "es",
        "preliminary_address": {
            "address_1": "100 Example Street", "city": "Houston", "state": "TX", "postal_code": "77002",
        },
    })
}

/// Opens one, and answers the account's reference.
fn open(api: &Api) -> String {
    let reply = api.post(ENROLLMENTS, &carla());
    assert_eq!(
        reply.status(),
        StatusCode::CREATED,
        "{}",
        String::from_utf8_lossy(reply.body())
    );
    body(&reply)["reference"].as_str().unwrap().to_owned()
}

fn fields(reply: &Response<Vec<u8>>) -> Vec<String> {
    let problem = body(reply);
    let errors = problem["errors"].as_array().unwrap().iter();
    errors
        .map(|error| error["field"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn an_enrollment_is_opened_at_light_and_its_customer_is_looked_after() {
    for api in Api::both() {
        let reply = api.post(ENROLLMENTS, &carla());
        assert_eq!(reply.status(), StatusCode::CREATED);
        let opened = body(&reply);
        let reference = opened["reference"].as_str().unwrap();
        let contact = format!("/contacts/light/{}", encoded(reference));
        assert_eq!(reply.headers()["location"], contact.as_str());

        let person = &api.light_app().opened()[0];
        let name = [&person.first_name, &person.last_name, &person.email].map(String::as_str);
        assert_eq!(name, ["Carla", "Example", "carla@example.com"]);
        let place = person.preliminary_address.as_ref().unwrap();
        assert_eq!((place.city.as_str(), place.line_2.as_deref()), ("Houston", None));

        let kept = body(&api.get(&contact));
        assert_eq!(
            (&kept["email"], &kept["locale"]),
            (&json!("carla@example.com"), &json!("es"))
        );
        assert_eq!(kept["email"], opened["contact"]["email"]);
        let whole = kept.to_string();
        assert!(
            !whole.contains("Example Street"),
            "an address is told to Light, and not kept: {whole}"
        );
        let journey = body(&api.get(&format!("/journeys/light/{}", encoded(reference))));
        assert_eq!(
            (&journey["phase"], &journey["provider"]),
            (&json!("live"), &json!("light"))
        );
        assert_eq!(journey["contact_known"], true);

        let token = opened["session"]["token"].as_str().unwrap();
        let journey = api.enrollment(reference);
        assert_eq!(
            api.config.links.verify(LinkKind::Enroll, token, api.now()),
            Ok(journey.clone())
        );
        let resume = opened["resume_url"].as_str().unwrap();
        let resume = resume.strip_prefix("https://remind.example.com/r/").unwrap();
        assert_eq!(
            api.config.links.verify(LinkKind::Resume, resume, api.now()),
            Ok(journey)
        );
    }
}

#[test]
fn whom_light_could_not_take_is_not_asked_of_light() {
    let with = |field: &str, value: Value| {
        let mut person = carla();
        person[field] = value;
        person
    };
    let place = |field: &str, value: Value| {
        let mut person = carla();
        person["preliminary_address"][field] = value;
        person
    };
    let cases = [
        (json!({}), vec!["first_name", "last_name", "email"]),
        (with("first_name", Value::Null), vec!["first_name"]),
        (with("last_name", json!(" ")), vec!["last_name"]),
        (with("last_name", json!("x".repeat(101))), vec!["last_name"]),
        (with("last_name", json!("Example\n")), vec!["last_name"]),
        (with("email", json!("carla")), vec!["email"]),
        (with("zone", json!("Texas")), vec!["zone"]),
        (with("phone", json!("555-0100")), vec!["phone"]),
        (place("city", json!("")), vec!["preliminary_address"]),
        (place("state", json!("")), vec!["preliminary_address"]),
        (place("address_2", json!("x".repeat(101))), vec!["preliminary_address"]),
    ];
    for api in Api::both() {
        for (person, wrong) in &cases {
            let reply = api.post(ENROLLMENTS, person);
            assert_eq!(reply.status(), StatusCode::UNPROCESSABLE_ENTITY, "{person}");
            assert_eq!(&fields(&reply), wrong, "{person}");
        }
        for malformed in [
            "",
            "[]",
            "{\"email\": 1}",
            "{\"surname\": \"Example\"}",
            "{\"preliminary_address\": \"Houston\"}",
            "{\"preliminary_address\": [\"100 Example Street\", null, \"Houston\", \"TX\", \"77002\"]}",
            "{\"consent\": [null, null]}",
            "{\"consent\": {\"email\": [\"2026-06-30T16:00:00Z\", \"a page\", \"1\"]}}",
            "{\"preliminary_address\": {\"address_1\": \"100 Example Street\"}}",
        ] {
            let reply = api.call(Method::POST, ENROLLMENTS, &[], malformed);
            assert_eq!(reply.status(), StatusCode::BAD_REQUEST, "{malformed}");
        }
        assert_eq!(api.light_app().opened().len(), 0, "an account cannot be taken back");
        assert_eq!(body(&api.get("/contacts/light"))["contacts"], json!([]));
    }
}

#[test]
fn what_light_answers_is_said_and_nobody_is_kept_for_nothing() {
    for api in Api::both() {
        let reference = open(&api);
        let unavailable = |why| EnrollError::from(ProviderError { why, retry_at: None });
        for (trouble, status, says) in [
            (EnrollError::Refused(Refusal::Other), 502, "refuses it"),
            (unavailable(Unavailable::Unauthorized), 502, "App token"),
            (unavailable(Unavailable::RateLimited), 503, "no more calls"),
            (unavailable(Unavailable::BudgetSpent), 503, "no more calls"),
            (unavailable(Unavailable::Unreachable), 503, "may have done it"),
            (unavailable(Unavailable::Failing), 503, "may have done it"),
            (EnrollError::UnknownAccount, 404, "does not know this account"),
        ] {
            api.light_app().fails(Some(trouble));
            for reply in [
                api.post(ENROLLMENTS, &carla()),
                api.delete(&format!("/enrollments/{reference}"), &[]),
            ] {
                assert_eq!(reply.status(), status, "{says}");
                assert!(detail(&reply).contains(says), "{}", detail(&reply));
                assert_eq!(reply.headers().contains_key("retry-after"), status == 503);
            }
        }
        let kept = body(&api.get("/contacts/light"));
        assert_eq!(kept["contacts"].as_array().unwrap().len(), 1, "{kept}");
        api.light_app().fails(None);
        assert_ne!(open(&api), reference);
    }
}

#[test]
fn a_partner_s_own_front_end_is_let_in_for_an_hour() {
    for api in Api::both() {
        let reply = api.post("/enrollments/nobody/session", &Value::Null);
        assert_eq!(reply.status(), StatusCode::NOT_FOUND);
        let reference = open(&api);
        let reply = api.post(&format!("/enrollments/{reference}/session"), &Value::Null);
        assert_eq!(reply.status(), StatusCode::CREATED);
        let session = body(&reply);
        let expires: jiff::Timestamp = session["expires_at"].as_str().unwrap().parse().unwrap();
        let seconds = expires.duration_since(api.now()).as_secs();
        assert!((3_590..=3_600).contains(&seconds), "{seconds}");
        let verify = |at| {
            let token = session["token"].as_str().unwrap();
            api.config.links.verify(LinkKind::Enroll, token, at)
        };
        assert_eq!(verify(api.now()), Ok(api.enrollment(&reference)));
        let late = expires.checked_add(jiff::SignedDuration::from_secs(1)).unwrap();
        assert!(verify(late).is_err());
    }
}

#[test]
fn what_only_support_can_mend_ends_the_reminders() {
    for api in Api::both() {
        let support = |reference: &str, matter: Value| {
            api.post(
                &format!("/enrollments/{reference}/support"),
                &json!({ "matter": matter }),
            )
        };
        let unknown = support("00000000-0000-4000-8000-00000000000f", json!("rescinded"));
        assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
        let reference = open(&api);
        for wrong in [json!("lost"), json!(null), json!(1)] {
            assert_eq!(support(&reference, wrong).status(), StatusCode::BAD_REQUEST);
        }
        let journey = || body(&api.get(&format!("/journeys/light/{reference}")));
        assert_eq!(journey()["phase"], "live");
        for _ in 0..2 {
            let reply = support(&reference, json!("switch_hold"));
            assert_eq!(reply.status(), StatusCode::NO_CONTENT);
        }
        let told = journey();
        assert_eq!(
            (&told["phase"], &told["next"]),
            (&json!("stopped"), &Value::Null),
            "{told}"
        );
        assert_eq!(
            told["timeline"].to_string().matches("support_needed").count(),
            1,
            "{told}"
        );
    }
}

#[test]
fn an_enrollment_is_taken_back_in_the_sandbox_alone() {
    for api in Api::both() {
        let reference = open(&api);
        let path = format!("/enrollments/{reference}");
        let rescinded = json!({ "matter": "rescinded" });
        assert!(api.post(&format!("{path}/support"), &rescinded).status().is_success());
        assert_eq!(api.delete(&path, &[]).status(), StatusCode::NO_CONTENT);
        let account = Reference::new(&*reference).unwrap();
        assert_eq!(api.light_app().taken_back(), [account]);
        let journey = body(&api.get(&format!("/journeys/light/{reference}")));
        assert_eq!(
            (&journey["phase"], &journey["episode"]),
            (&json!("live"), &json!(2)),
            "{journey}"
        );
        assert_eq!(api.delete("/enrollments/nobody", &[]).status(), StatusCode::NOT_FOUND);

        api.light_app().goes_live();
        let refused = api.delete(&path, &[]);
        assert_eq!(refused.status(), StatusCode::CONFLICT);
        assert!(detail(&refused).contains("live"), "{}", detail(&refused));
        assert_eq!(api.light_app().taken_back().len(), 1);
    }
}

#[test]
fn what_a_customer_accepted_is_told_with_the_journey() {
    let record = AcceptanceRecord {
        at: "2026-07-01T17:00:00Z".parse().unwrap(),
        plan: "0d2f6c8e-0000-4000-8000-000000000001".to_owned(),
        starts: "2026-07-05".parse().unwrap(),
        documents: PlanDocuments {
            efl: "https://documents.example.com/efl.pdf".to_owned(),
            tos: "https://documents.example.com/tos.pdf".to_owned(),
            yrac: "https://documents.example.com/yrac.pdf".to_owned(),
        },
        locale: Locale::Es,
    };
    for api in Api::both() {
        let reference = open(&api);
        let journey = || body(&api.get(&format!("/journeys/light/{reference}")));
        assert_eq!(journey().get("acceptances"), None);
        api.accept(&reference, &record);
        assert_eq!(journey()["acceptances"], json!([record]));
    }
}

#[test]
fn without_light_nobody_enrols() {
    for mut api in Api::both() {
        let reference = open(&api);
        api.config.has_light = false;
        for reply in [
            api.post(ENROLLMENTS, &carla()),
            api.post(&format!("/enrollments/{reference}/session"), &Value::Null),
            api.post(
                &format!("/enrollments/{reference}/support"),
                &json!({ "matter": "rescinded" }),
            ),
            api.delete(&format!("/enrollments/{reference}"), &[]),
        ] {
            assert_eq!(reply.status(), StatusCode::NOT_FOUND);
            assert!(detail(&reply).contains("has no Light"), "{}", detail(&reply));
        }
        assert_eq!(api.light_app().opened().len(), 1);
    }
}

#[test]
fn who_has_no_token_enrols_nobody() {
    for api in Api::both() {
        let reference = open(&api);
        for (method, path) in [
            (Method::POST, ENROLLMENTS.to_owned()),
            (Method::DELETE, format!("/enrollments/{reference}")),
            (Method::POST, format!("/enrollments/{reference}/session")),
            (Method::POST, format!("/enrollments/{reference}/support")),
        ] {
            for token in [
                None,
                Some("Bearer another-token"),
                Some("Basic dGhlLXRva2VuLW9mLXRvZGF5"),
            ] {
                let mut request = Request::builder().method(method.clone()).uri(&path);
                if let Some(token) = token {
                    request = request.header("authorization", token);
                }
                let reply = api.send(request.body(carla().to_string().into_bytes()).unwrap());
                assert_eq!(reply.status(), StatusCode::UNAUTHORIZED, "{method} {path}");
                assert!(!String::from_utf8_lossy(reply.body()).contains("token\":"));
            }
        }
        assert_eq!(api.light_app().opened().len(), 1);
        assert_eq!(api.light_app().taken_back(), []);
    }
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
