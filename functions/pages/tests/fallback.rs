//! What a customer without an online account can give instead, over HTTP: both ways of taking a bill.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the helpers of these tests are tests, too"
)]

use std::sync::LazyLock;

use contacts::ContactInput;
use http::{Method, Request, Response, StatusCode};
use journey::link::LinkKind;
use journey::port::{Clock, LoadJourney, PassOnFallback, Precondition};
use journey::{
    BillFile, BillKind, ContactId, Evidence, IdKey, JourneyId, LONGEST_BILL, LinkHosts, Phase, Provider, Purpose,
    Reference,
};
use tests::{Ports, Stage, World, poll_once};

const PDF: &[u8] = b"%PDF-1.7\nan invented bill";
const HEIC: &[u8] = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\nan invented bill";
const JPEG: &[u8] = b"\xff\xd8\xff\xe0an invented bill";
const GOOD: &str = "number=12-3456+7890&line=100+Example+Street&city=Springfield&state=CA&zip=90000";
const THANKS: &str = "We have what you sent. There is nothing more to do.";

/// Compiling its words takes a while.
static STAGE: LazyLock<Stage> = LazyLock::new(|| Stage::with(&toml::Table::new()));

struct Customer {
    stage: &'static Stage,
    world: World,
    provider: Provider,
}

fn key() -> IdKey {
    IdKey::new(*b"an invented key of 32 bytes long").unwrap()
}

fn reference() -> Reference {
    Reference::new("site-1").unwrap()
}

impl Customer {
    fn new() -> Self {
        Self::of(Provider::Bayou, "en")
    }

    fn of(provider: Provider, locale: &str) -> Self {
        let stage: &Stage = &STAGE;
        let world = World::new(&stage.rules, "2026-07-01T16:00:00Z".parse().unwrap(), 10);
        let customer = Customer { stage, world, provider };
        let input = ContactInput {
            email: Some("ana@example.com".to_owned()),
            locale: Some(locale.to_owned()),
            ..ContactInput::default()
        };
        let hosts = LinkHosts::default();
        let contact = input
            .check(provider, reference(), jiff::Timestamp::MAX, &hosts)
            .unwrap();
        let (ports, key) = (customer.ports(), key());
        let put = contacts::put(&ports, &key, &customer.stage.rules, &contact, &Precondition::None);
        poll_once(put).unwrap().unwrap();
        customer
    }

    fn ports(&self) -> Ports<'_> {
        Ports {
            world: &self.world,
            stage: self.stage,
        }
    }

    fn id(&self) -> JourneyId {
        JourneyId::new(&key(), self.provider, Purpose::Enroll, &reference())
    }

    fn contact(&self) -> ContactId {
        ContactId::new(&key(), self.provider, &reference())
    }

    fn path(&self) -> String {
        let links = &self.stage.pages.links;
        let resume = links.mint("", LinkKind::Resume, &self.id(), self.ports().now()).url;
        resume.replacen("/r/", "/f/", 1)
    }

    fn send(&self, method: Method, path: &str, content_type: &str, body: Vec<u8>) -> Response<Vec<u8>> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", content_type);
        let request = request.body(body).unwrap();
        let ports = self.ports();
        let handled = pages::http::handle(&self.stage.pages, &ports, &self.stage.rules, request);
        let reply = poll_once(handled).unwrap();
        assert!(reply.headers().contains_key("content-security-policy"));
        assert_eq!(reply.headers()["cache-control"], "no-store");
        reply
    }

    fn open(&self, path: &str) -> Response<Vec<u8>> {
        self.send(Method::GET, path, "text/plain", Vec::new())
    }

    fn post_account(&self, form: &str) -> Response<Vec<u8>> {
        let form = form.as_bytes().to_vec();
        self.send(Method::POST, &self.path(), "application/x-www-form-urlencoded", form)
    }

    fn post_bill(&self, name: &str, media_type: &str, bill: &[u8]) -> Response<Vec<u8>> {
        let (content_type, body) = multipart(name, media_type, bill);
        self.send(Method::POST, &self.path(), &content_type, body)
    }

    fn kept(&self) -> Option<BillFile> {
        poll_once(self.ports().read_bill(&self.contact())).unwrap().unwrap()
    }

    fn evidence(&self) -> Option<Evidence> {
        let loaded = poll_once(self.ports().load_journey(&self.id())).unwrap().unwrap();
        match loaded?.journey.phase {
            Phase::Completed { evidence, .. } => Some(evidence),
            Phase::Live | Phase::HandedBack { .. } | Phase::Stopped { .. } => None,
        }
    }
}

fn multipart(name: &str, media_type: &str, bill: &[u8]) -> (String, Vec<u8>) {
    let head = format!(
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: \
         {media_type}\r\n\r\n"
    );
    let body = [head.as_bytes(), bill, b"\r\n--b--\r\n"].concat();
    ("multipart/form-data; boundary=b".to_owned(), body)
}

fn text(reply: &Response<Vec<u8>>) -> &str {
    core::str::from_utf8(reply.body()).unwrap()
}

#[test]
fn the_resume_page_leads_there_for_bayou_alone() {
    let customer = Customer::new();
    let path = customer.path();
    let resume = customer.open(&path.replacen("/f/", "/r/", 1));
    let link = format!("href=\"../f/{}\"", path.strip_prefix("/f/").unwrap());
    assert!(text(&resume).contains(&link), "{}", text(&resume));

    let other = Customer::of(Provider::Leap, "en");
    let resume = other.open(&other.path().replacen("/f/", "/r/", 1));
    assert!(!text(&resume).contains("../f/"));
    assert_eq!(other.open(&other.path()).status(), StatusCode::NOT_FOUND);
    assert_eq!(other.post_account(GOOD).status(), StatusCode::NOT_FOUND);
    assert_eq!(
        other.post_bill("a.pdf", "application/pdf", PDF).status(),
        StatusCode::NOT_FOUND
    );
}

#[test]
fn the_page_says_that_access_is_limited_in_both_languages() {
    for (locale, limited) in [
        ("en", "Access to your data is limited this way"),
        ("es", "Así el acceso a sus datos es limitado"),
    ] {
        let customer = Customer::of(Provider::Bayou, locale);
        let page = customer.open(&customer.path());
        assert_eq!(page.status(), StatusCode::OK);
        assert!(text(&page).contains(limited));
        assert_eq!(customer.evidence(), None, "a look changes nothing");
        let policy = page.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.ends_with("; form-action 'self'"), "{policy}");
    }
}

#[test]
fn each_kind_of_bill_completes_the_journey_and_is_kept_as_it_came() {
    for (bill, kind) in [
        (PDF, BillKind::Pdf),
        (JPEG, BillKind::Jpeg),
        (PNG, BillKind::Png),
        (HEIC, BillKind::Heic),
    ] {
        let customer = Customer::new();
        // Neither its name nor what the browser says of it is asked.
        let reply = customer.post_bill("../../etc/passwd", "text/html", bill);
        assert_eq!(reply.status(), StatusCode::OK);
        assert!(text(&reply).contains(THANKS));
        assert_eq!(customer.kept(), Some(BillFile::Bytes(kind, bill.to_vec())));
        assert_eq!(customer.evidence(), Some(Evidence::Fallback));
        // Who comes back, to either page, is thanked again.
        let path = customer.path();
        for path in [path.clone(), path.replacen("/f/", "/r/", 1)] {
            assert!(text(&customer.open(&path)).contains(THANKS), "{path}");
        }
    }
}

#[test]
fn whatever_else_a_file_is_it_is_refused_and_said_why() {
    let mut late = vec![b' '; 100];
    late.extend_from_slice(b"<html>%PDF-1.7</html>");
    for (bad, status, why) in [
        (&b""[..], 422, "No file arrived"),
        (b"<html><script>alert(1)</script></html>", 415, "not a PDF"),
        (b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", 415, "not a PDF"),
        (b"PK\x03\x04", 415, "not a PDF"),
        (b"MZ\x90\0", 415, "not a PDF"),
        (b"%PD", 415, "not a PDF"),
        (&late, 415, "not a PDF"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp42", 415, "not a PDF"),
    ] {
        let customer = Customer::new();
        let reply = customer.post_bill("bill.pdf", "application/pdf", bad);
        assert_eq!(reply.status(), status, "{}", String::from_utf8_lossy(bad));
        let page = text(&reply);
        assert!(page.contains(why) && page.contains("id=\"file-error\""), "{page}");
        assert!(
            page.contains("aria-describedby=\"file-hint file-error\" aria-invalid=\"true\""),
            "{page}"
        );
        assert_eq!((customer.kept(), customer.evidence()), (None, None));
    }
}

#[test]
fn a_bill_of_ten_megabytes_is_taken_and_a_longer_one_is_not() {
    let mut bill = PDF.to_vec();
    bill.resize(LONGEST_BILL, b' ');
    let customer = Customer::new();
    bill.push(b' ');
    let reply = customer.post_bill("a.pdf", "application/pdf", &bill);
    assert_eq!(reply.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert!(text(&reply).contains("larger than 10 MB"));
    assert_eq!(customer.evidence(), None);
    bill.pop();
    assert_eq!(
        customer.post_bill("a.pdf", "application/pdf", &bill).status(),
        StatusCode::OK
    );

    let customer = Customer::new();
    bill.resize(LONGEST_BILL + 64 * 1024, b' ');
    let reply = customer.post_bill("a.pdf", "application/pdf", &bill);
    assert_eq!(reply.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert!(text(&reply).contains("larger than 10 MB"));
}

#[test]
fn a_form_that_is_none_is_answered_like_one_without_a_file() {
    let customer = Customer::new();
    let fields = b"--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n1\r\n".repeat(5_000);
    for body in [&b""[..], b"--b--\r\n", b"--b\r\nbroken", b"nothing at all", &fields] {
        let reply = customer.send(
            Method::POST,
            &customer.path(),
            "multipart/form-data; boundary=b",
            body.to_vec(),
        );
        assert_eq!(reply.status(), StatusCode::UNPROCESSABLE_ENTITY);
    }
}

#[test]
fn an_account_completes_the_journey() {
    let customer = Customer::new();
    let reply = customer.post_account(GOOD);
    assert_eq!(reply.status(), StatusCode::OK);
    assert!(text(&reply).contains(THANKS));
    assert_eq!(customer.evidence(), Some(Evidence::Fallback));
    let kept = poll_once(customer.ports().find_fallback(&customer.contact()))
        .unwrap()
        .unwrap();
    let kept = kept.account.unwrap();
    assert_eq!(
        (kept.account.number.as_str(), kept.account.zip.as_str()),
        ("12-3456 7890", "90000")
    );
}

#[test]
fn what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost() {
    let customer = Customer::new();
    let reply = customer.post_account("number=12%3Cb%3E&line=100+Example+Street&city=Springfield&state=CA&zip=900");
    assert_eq!(reply.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = text(&reply);
    for there in [
        "id=\"number-error\"",
        "id=\"zip-error\"",
        "value=\"12&lt;b&gt;\"",
        "value=\"100 Example Street\"",
        "value=\"Springfield\"",
        "value=\"CA\" selected",
        "value=\"900\"",
    ] {
        assert!(page.contains(there), "{there}: {page}");
    }
    assert!(
        !page.contains("id=\"city-error\"") && !page.contains("id=\"file-error\""),
        "{page}"
    );
    assert_eq!(customer.evidence(), None);
}

#[test]
fn a_link_of_another_kind_or_none_gets_nothing_kept() {
    let customer = Customer::new();
    let links = &customer.stage.pages.links;
    let now = customer.ports().now();
    let wrong = links
        .mint("", LinkKind::Unsubscribe, &customer.id(), now)
        .url
        .replacen("/u/", "/f/", 1);
    let (content_type, body) = multipart("a.pdf", "application/pdf", PDF);
    for path in [wrong.as_str(), "/f/nonsense"] {
        let reply = customer.send(Method::POST, path, &content_type, body.clone());
        assert_eq!(reply.status(), StatusCode::NOT_FOUND);
        let uri = path.parse().unwrap();
        let most = pages::http::max_body_bytes(&customer.stage.pages, &customer.ports(), &uri);
        assert_eq!(most, pages::http::MAX_BODY_BYTES, "no bill is even read");
    }
    assert_eq!(customer.kept(), None);
}

#[test]
fn who_is_erased_while_giving_leaves_nothing_behind() {
    let (content_type, body) = multipart("a.pdf", "application/pdf", PDF);
    // Which call it is does not matter: at each of them somebody may erase.
    for step in 1..20 {
        let customer = Customer::new();
        customer.world.set_fault(Some(tests::Fault {
            step: customer.world.steps() + step,
            mode: tests::Mode::Interrupted(tests::Interruption::EverybodyIsErased),
        }));
        customer.send(Method::POST, &customer.path(), &content_type, body.clone());
        customer.world.set_fault(None);
        let known = poll_once(journey::port::FindContact::find_contact(
            &customer.ports(),
            &customer.contact(),
        ));
        if known.unwrap().unwrap().is_none() {
            assert_eq!(customer.kept(), None, "step {step}");
        }
    }
}

/// As on AWS: the browser posts past us.
mod past_us {
    use super::*;

    fn customer() -> Customer {
        let customer = Customer::new();
        customer.world.take_uploads();
        customer
    }

    fn name(customer: &Customer) -> String {
        format!("incoming/{}/1", customer.contact())
    }

    fn back(customer: &Customer, name: &str) -> String {
        format!(
            "{}?bucket=bills&key={}&etag=%22x%22",
            customer.path(),
            name.replace('/', "%2F")
        )
    }

    #[test]
    fn the_form_leads_to_the_store_with_the_store_s_fields() {
        let customer = customer();
        let page = customer.open(&customer.path());
        let html = text(&page);
        assert!(html.contains("action=\"https://bills.example.com/\""), "{html}");
        let field = format!("<input type=\"hidden\" name=\"key\" value=\"{}\">", name(&customer));
        // The file is the last field: what comes after it the store does not read.
        assert!(html.find(&field).unwrap() < html.find("type=\"file\" name=\"file\"").unwrap());
        let policy = page.headers()["content-security-policy"].to_str().unwrap();
        assert!(
            policy.ends_with("; form-action 'self' https://bills.example.com"),
            "{policy}"
        );
        let resume = customer.open(&customer.path().replacen("/f/", "/r/", 1));
        let policy = resume.headers()["content-security-policy"].to_str().unwrap();
        assert!(!policy.contains("bills.example.com"), "on that page alone: {policy}");
    }

    #[test]
    fn a_bill_that_came_is_kept_and_the_upload_goes() {
        let customer = customer();
        customer.world.upload(&name(&customer), PDF);
        let back = back(&customer, &name(&customer));
        customer.send(Method::HEAD, &back, "text/plain", Vec::new());
        assert_eq!(customer.evidence(), None, "HEAD changes nothing");
        let reply = customer.open(&back);
        assert_eq!(reply.status(), StatusCode::OK);
        assert!(text(&reply).contains(THANKS));
        assert_eq!(customer.evidence(), Some(Evidence::Fallback));
        assert_eq!(customer.kept(), Some(BillFile::Bytes(BillKind::Pdf, PDF.to_vec())));
        assert_eq!(customer.world.uploads(), 0);
        assert!(
            text(&customer.open(&back)).contains(THANKS),
            "also when the page is loaded again"
        );
    }

    #[test]
    fn what_is_no_bill_is_deleted_and_never_kept() {
        let customer = customer();
        customer.world.upload(&name(&customer), b"<html></html>");
        let reply = customer.open(&back(&customer, &name(&customer)));
        assert_eq!(reply.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert!(text(&reply).contains("not a PDF"));
        assert_eq!(
            (customer.world.uploads(), customer.kept(), customer.evidence()),
            (0, None, None)
        );
    }

    #[test]
    fn somebody_else_s_upload_is_none() {
        let customer = customer();
        let others = "incoming/aaaaaaaaaaaaaaaaaaaaaaaaaa/1";
        customer.world.upload(others, PDF);
        let reply = customer.open(&back(&customer, others));
        assert_eq!(reply.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!((customer.world.uploads(), customer.evidence()), (1, None));
    }
}
