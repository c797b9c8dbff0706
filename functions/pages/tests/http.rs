//! What goes over the wire, whoever carries it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the helpers of these tests are tests, too"
)]

use contacts::{ConsentInput, ConsentsInput, ContactInput};
use data_encoding::BASE64;
use http::{Method, Request, Response, StatusCode};
use journey::campaign::Channel;
use journey::contact::{OptOut, SuppressedFor};
use journey::link::LinkKind;
use journey::port::Timestamp;
use journey::port::{FindContact, KeepContact, Precondition, SuppressAddress};
use journey::{AddressId, ContactId, IdKey, JourneyId, LinkHosts, PhoneNumber, Provider, Purpose, Reference};
use sha2::{Digest, Sha256};
use tests::{Fault, Mode, Ports, Stage, World, poll_once};

const NOTHING: &str = "You receive no reminders from us.";
const NUMBER: &str = "+12025550123";
const LINK: &str = "https://connect.leap.energy/?refId=site-1";

struct Customer {
    stage: Stage,
    world: World,
}

impl Customer {
    /// Somebody whom the partner has told us of, and of whom nothing was heard yet.
    fn new() -> Self {
        Self::with(Some(LINK), "en")
    }

    /// Somebody who can be reached by mail and by text.
    fn with_number(locale: &str) -> Self {
        let customer = Self::with(Some(LINK), locale);
        let consent = ConsentInput {
            at: Some("2026-06-30T16:00:00Z".to_owned()),
            source: Some("sign-up page".to_owned()),
            version: Some("2026-03".to_owned()),
            wording: None,
        };
        let input = ContactInput {
            email: Some("ana@example.com".to_owned()),
            phone: Some(NUMBER.to_owned()),
            consent: Some(ConsentsInput {
                sms: Some(consent),
                ..ConsentsInput::default()
            }),
            locale: Some(locale.to_owned()),
            ..ContactInput::default()
        };
        let contact = input
            .check(Provider::Leap, reference(), jiff::Timestamp::MAX, &LinkHosts::default())
            .unwrap();
        poll_once(customer.ports().put_contact(&contact, &Precondition::None))
            .unwrap()
            .unwrap();
        customer
    }

    fn opt_out(&self) -> OptOut {
        let id = ContactId::new(&key(), Provider::Leap, &reference());
        let known = poll_once(self.ports().find_contact(&id)).unwrap().unwrap();
        known.unwrap().contact.opted_out
    }

    fn suppress(&self, inbox: &AddressId, why: SuppressedFor) {
        poll_once(self.ports().suppress_address(inbox, why, now()))
            .unwrap()
            .unwrap();
    }

    fn with(link: Option<&str>, locale: &str) -> Self {
        Self::told(ContactInput {
            link: link.map(str::to_owned),
            locale: Some(locale.to_owned()),
            ..ContactInput::default()
        })
    }

    /// With an address besides what is given.
    fn told(input: ContactInput) -> Self {
        let stage = Stage::with(&toml::Table::new());
        let world = World::new(&stage.rules, now(), 10);
        let customer = Customer { stage, world };
        let input = ContactInput {
            email: Some("ana@example.com".to_owned()),
            ..input
        };
        let contact = input
            .check(
                Provider::Leap,
                reference(),
                jiff::Timestamp::MAX,
                &journey::LinkHosts::default(),
            )
            .unwrap();
        let (ports, key) = (customer.ports(), key());
        let put = contacts::put(&ports, &key, &customer.stage.rules, &contact, &Precondition::None);
        poll_once(put).unwrap().unwrap();
        customer
    }

    fn ports(&self) -> Ports<'_> {
        Ports {
            world: &self.world,
            stage: &self.stage,
        }
    }

    fn path(&self, kind: LinkKind) -> String {
        let journey = JourneyId::new(&key(), Provider::Leap, Purpose::Enroll, &reference());
        self.stage.pages.links.mint("", kind, &journey, now()).url
    }

    fn open(&self, method: Method, path: &str, body: &str) -> Response<Vec<u8>> {
        let request = Request::builder().method(method).uri(path);
        let request = request.body(body.as_bytes().to_vec()).unwrap();
        let (pages, rules) = (&self.stage.pages, &self.stage.rules);
        let ports = self.ports();
        let reply = poll_once(pages::http::handle(pages, &ports, rules, request)).unwrap();
        for guard in [
            "content-security-policy",
            "cross-origin-resource-policy",
            "permissions-policy",
            "referrer-policy",
            "strict-transport-security",
            "x-content-type-options",
            "x-frame-options",
            "x-robots-tag",
        ] {
            assert!(reply.headers().contains_key(guard), "{guard}");
        }
        assert_eq!(reply.headers()["cache-control"], "no-store");
        reply
    }

    fn opted_out(&self) -> bool {
        let id = ContactId::new(&key(), Provider::Leap, &reference());
        let ports = self.ports();
        let known = poll_once(ports.find_contact(&id)).unwrap().unwrap();
        known.unwrap().contact.opted_out.is_everything()
    }
}

fn now() -> Timestamp {
    "2026-07-01T16:00:00Z".parse().unwrap()
}

fn reference() -> Reference {
    Reference::new("site-1").unwrap()
}

fn key() -> IdKey {
    IdKey::new(*b"an invented key of 32 bytes long").unwrap()
}

fn text(reply: &Response<Vec<u8>>) -> &str {
    core::str::from_utf8(reply.body()).unwrap()
}

/// The partner's own message may bring somebody here before the provider has told of them.
#[test]
fn a_link_leads_on_although_no_journey_has_begun() {
    let customer = Customer::new();
    let path = customer.path(LinkKind::Resume);
    let page = customer.open(Method::GET, &path, "");
    assert_eq!(page.status(), StatusCode::OK);
    assert!(text(&page).contains("<form"), "{}", text(&page));
    let acted = customer.open(Method::POST, &path, "continue=1");
    assert_eq!(acted.status(), StatusCode::SEE_OTHER);
    assert_eq!(acted.headers()["location"], LINK);
    assert_eq!(customer.world.journeys(), 0);
}

#[test]
fn who_has_no_link_is_told_what_to_do() {
    for (locale, open, told) in [
        (
            "en",
            "Your utility account is not connected yet.",
            "Open the link with which you started.",
        ),
        (
            "es",
            "Su cuenta de electricidad aún no está conectada.",
            "Abra el enlace con el que empezó.",
        ),
    ] {
        let customer = Customer::with(None, locale);
        let path = customer.path(LinkKind::Resume);
        let page = customer.open(Method::GET, &path, "");
        assert!(text(&page).contains(open), "{}", text(&page));
        let page = customer.open(Method::POST, &path, "continue=1");
        assert_eq!(page.status(), StatusCode::OK);
        assert!(text(&page).contains(told), "{}", text(&page));
    }
}

/// What Leap has shared and why, how long it takes, and what the utility's sign-in asks for.
#[test]
fn the_resume_page_says_what_to_expect() {
    for (locale, told) in [
        (
            "en",
            [
                "Allow about 5 minutes.",
                "your utility asks for a security code",
                "Help with signing in: PG&amp;E",
                "Leap&apos;s page opens.",
                "the readings of your meter in short intervals",
                "Your utility gives this to Leap.",
                "Leap works out by how much your use changed",
                "never sees it",
                "You can withdraw your agreement later.",
            ],
        ),
        (
            "es",
            [
                "Calcule unos 5 minutos.",
                "su compañía pide un código de seguridad",
                "Ayuda para iniciar sesión: PG&amp;E",
                "Se abre la página de Leap",
                "las lecturas de su medidor en intervalos cortos",
                "Su compañía de electricidad entrega todo esto a Leap.",
                "Leap calcula cuánto cambió su consumo",
                "nunca la ve",
                "Puede retirar su permiso más adelante.",
            ],
        ),
    ] {
        let customer = Customer::told(ContactInput {
            link: Some(LINK.to_owned()),
            locale: Some(locale.to_owned()),
            flow: Some("connect".to_owned()),
            utility: Some("PGE".to_owned()),
            ..ContactInput::default()
        });
        let page = customer.open(Method::GET, &customer.path(LinkKind::Resume), "");
        let page = text(&page).replace('\'', "&apos;");
        for words in told {
            assert!(page.contains(words), "{words}: {page}");
        }
        for link in [
            "https://myaccount.pge.com/myaccount/s/login/?language=en_US",
            "https://www.pge.com/en/account/manage-my-account/troubleshooting-pge-com-login.html",
            "tel:1-877-660-6789",
        ] {
            assert!(page.contains(&format!("href=\"{link}\"")), "{link}: {page}");
        }
    }
}

#[test]
fn who_goes_straight_to_the_utility_is_told_so() {
    for (locale, told) in [
        ("en", "own page opens"),
        ("es", "Se abre la página de su propia compañía"),
    ] {
        let customer = Customer::told(ContactInput {
            link: Some(LINK.to_owned()),
            locale: Some(locale.to_owned()),
            flow: Some("direct_to_utility".to_owned()),
            ..ContactInput::default()
        });
        let page = customer.open(Method::GET, &customer.path(LinkKind::Resume), "");
        assert!(text(&page).contains(told), "{}", text(&page));
        // Nobody has said which utility: no name, no link, and a code only perhaps.
        assert!(!text(&page).contains("tel:") && !text(&page).contains("class=\"links\""));
    }
}

/// Leap's Connect is a form in ERCOT. The region that the partner gives says so, or else the utility's.
#[test]
fn who_fills_in_a_form_is_told_of_no_sign_in() {
    let signs_in = [
        "sign",
        "password",
        "user name",
        "code",
        "sesión",
        "contraseña",
        "usuario",
        "código",
        "tel:",
    ];
    for (locale, told) in [
        (
            "en",
            [
                "A form is still to be completed.",
                "You complete a form, with your address in Texas.",
                "Leap gets this.",
            ],
        ),
        (
            "es",
            [
                "Falta completar un formulario.",
                "Usted completa un formulario con su dirección en Texas.",
                "Leap recibe todo esto.",
            ],
        ),
    ] {
        for (region, utility, flow, by_form) in [
            (Some("ERCOT"), None, "connect", true),
            (Some("ERCOT"), Some("CENTERPOINT"), "connect", true),
            (None, Some("CENTERPOINT"), "connect", true),
            (None, Some("ONCOR"), "direct_to_utility", false),
            (Some("PJM"), Some("CENTERPOINT"), "connect", false),
            // Texas, and not ERCOT.
            (None, Some("ENTERGY_GULF"), "connect", false),
            (None, None, "connect", false),
        ] {
            let customer = Customer::told(ContactInput {
                link: Some(LINK.to_owned()),
                locale: Some(locale.to_owned()),
                flow: Some(flow.to_owned()),
                region: region.map(str::to_owned),
                utility: utility.map(str::to_owned),
                ..ContactInput::default()
            });
            let page = customer.open(Method::GET, &customer.path(LinkKind::Resume), "");
            let page = text(&page).rsplit_once("</style>").unwrap().1.to_lowercase();
            for words in told {
                assert_eq!(
                    page.contains(&words.to_lowercase()),
                    by_form,
                    "{words} {region:?} {utility:?}: {page}"
                );
            }
            let found: Vec<_> = signs_in.iter().filter(|word| page.contains(**word)).collect();
            assert_eq!(found.is_empty(), by_form, "{found:?} {region:?} {utility:?}: {page}");
        }
    }
}

/// The page's own style is all that the policy allows, and no form of ours leads to another site, the one apart
/// that leads on to the provider.
#[test]
fn the_policy_allows_the_pages_own_style_alone() {
    let customer = Customer::new();
    let (resume, preferences) = (customer.path(LinkKind::Resume), customer.path(LinkKind::Unsubscribe));
    for (path, forms) in [
        (resume.as_str(), None),
        (preferences.as_str(), Some("form-action 'self'")),
        ("/x", Some("form-action 'self'")),
    ] {
        let page = customer.open(Method::GET, path, "");
        let style = text(&page)
            .split("<style>")
            .nth(1)
            .unwrap()
            .split("</style>")
            .next()
            .unwrap();
        let hash = BASE64.encode(&Sha256::digest(style));
        let policy = page.headers()["content-security-policy"].to_str().unwrap();
        let allowed: Vec<&str> = policy.split("; ").collect();
        let style = format!("style-src 'sha256-{hash}'");
        let mut expected = vec![
            "default-src 'none'",
            &style,
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ];
        expected.extend(forms);
        assert_eq!(allowed, expected, "{path}");
        assert_eq!(text(&page).matches("<style>").count(), 1);
        assert!(!text(&page).contains("style="));
    }
}

#[test]
fn a_store_that_fails_is_said_in_both_languages() {
    let customer = Customer::new();
    for (kind, step) in [(LinkKind::Resume, 50), (LinkKind::Unsubscribe, 100)] {
        let path = customer.path(kind);
        let mode = Mode::Fails;
        customer.world.set_fault(Some(Fault { step, mode }));
        // Calls are counted over the whole story: some visit meets the fault.
        let mut visits = (0..50).map(|_| customer.open(Method::GET, &path, ""));
        let failed = visits.find(|page| page.status() == StatusCode::SERVICE_UNAVAILABLE);
        let failed = failed.unwrap();
        for words in ["Nothing was changed; please try again", "No se cambió nada"] {
            assert!(text(&failed).contains(words), "{}", text(&failed));
        }
    }
}

#[test]
fn only_a_post_opts_out() {
    let customer = Customer::new();
    let path = customer.path(LinkKind::Unsubscribe);
    for method in [Method::GET, Method::HEAD] {
        assert_eq!(customer.open(method, &path, "").status(), StatusCode::OK);
        assert!(!customer.opted_out());
    }
    let done = customer.open(Method::POST, &path, "List-Unsubscribe=One-Click");
    assert_eq!(done.status(), StatusCode::OK);
    assert!(customer.opted_out());
    customer.open(Method::POST, &path, "save=1&channel=email");
    assert!(!customer.opted_out());
}

/// Who is misunderstood is written to less, not more.
#[test]
fn only_the_forms_own_word_opts_in() {
    let customer = Customer::new();
    let path = customer.path(LinkKind::Unsubscribe);
    for form in [
        "stop=all",
        "save=1",
        "channel=email",
        "save=1&channel=fax",
        "save=1&channel=email&stop=all",
        "save=1&channel=email&List-Unsubscribe=One-Click",
        "reminders=on",
        "%",
        "",
    ] {
        customer.open(Method::POST, &path, "save=1&channel=email");
        assert!(!customer.opted_out());
        let page = customer.open(Method::POST, &path, form);
        assert!(customer.opted_out(), "{form}");
        assert!(text(&page).contains(NOTHING), "{form}");
    }
    assert_eq!(customer.world.counted("page.opted_out"), 9);
    assert_eq!(customer.world.counted("page.opted_in"), 9);
}

#[test]
fn the_page_says_whether_reminders_come() {
    let customer = Customer::new();
    let path = customer.path(LinkKind::Unsubscribe);
    let says_nothing_comes = || text(&customer.open(Method::GET, &path, "")).contains(NOTHING);
    assert!(!says_nothing_comes());
    customer.open(Method::POST, &path, "");
    assert!(says_nothing_comes());
    customer.open(Method::POST, &path, "save=1&channel=email");
    assert!(!says_nothing_comes());
    let inbox = AddressId::new(&key(), "ana@example.com");
    poll_once(customer.ports().suppress_address(&inbox, SuppressedFor::Bounce, now()))
        .unwrap()
        .unwrap();
    assert!(says_nothing_comes());
}

/// The list may have become shorter since the contact was taken.
#[test]
fn nobody_is_sent_to_a_host_that_is_not_allowed() {
    let mut customer = Customer::new();
    let id = ContactId::new(&key(), Provider::Leap, &reference());
    let mut contact = poll_once(customer.ports().find_contact(&id))
        .unwrap()
        .unwrap()
        .unwrap()
        .contact;
    contact.link = Some("https://connect.leap.energy.evil.example/?refId=site-1".to_owned());
    let (ports, key) = (customer.ports(), key());
    let put = contacts::put(&ports, &key, &customer.stage.rules, &contact, &Precondition::None);
    poll_once(put).unwrap().unwrap();
    let path = customer.path(LinkKind::Resume);
    let stayed = customer.open(Method::POST, &path, "continue=1");
    assert_eq!(stayed.status(), StatusCode::OK);
    assert!(!stayed.headers().contains_key("location") && !text(&stayed).contains("evil.example"));
    customer.stage.rules.link_hosts = LinkHosts::new(vec![".evil.example".to_owned()]).unwrap();
    let acted = customer.open(Method::POST, &path, "continue=1");
    assert_eq!(acted.status(), StatusCode::SEE_OTHER);
}

/// Nobody is left to be written to: to stop succeeds, and there is nothing to switch on.
#[test]
fn who_was_erased_can_stop_and_cannot_begin() {
    let customer = Customer::new();
    let path = customer.path(LinkKind::Unsubscribe);
    let id = ContactId::new(&key(), Provider::Leap, &reference());
    let ports = customer.ports();
    assert!(
        poll_once(ports.erase_contact(&id, &Precondition::None))
            .unwrap()
            .unwrap()
    );
    let stopped = customer.open(Method::POST, &path, "List-Unsubscribe=One-Click");
    assert_eq!(stopped.status(), StatusCode::OK);
    assert!(text(&stopped).contains(NOTHING));
    let begun = customer.open(Method::POST, &path, "save=1&channel=email");
    assert_eq!(begun.status(), StatusCode::GONE);
    assert_eq!(customer.world.counted("page.opted_in"), 0);
}

#[test]
fn head_says_what_get_would_without_saying_it() {
    let customer = Customer::new();
    let path = customer.path(LinkKind::Resume);
    let (get, head) = (
        customer.open(Method::GET, &path, ""),
        customer.open(Method::HEAD, &path, ""),
    );
    assert!(head.body().is_empty());
    assert_eq!(head.headers()["content-length"], get.body().len().to_string());
    assert_eq!(head.headers()["content-type"], get.headers()["content-type"]);
}

#[test]
fn what_is_no_page_of_ours_is_guarded_as_well() {
    let customer = Customer::new();
    let unsubscribe = customer.path(LinkKind::Unsubscribe);
    let other_kind = unsubscribe.replacen("/u/", "/r/", 1);
    for path in ["/r/guessed", other_kind.as_str(), "/r/a/b", "/r/", "/x/y"] {
        assert_eq!(
            customer.open(Method::GET, path, "").status(),
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    // Where no token can be, no method is right.
    for path in ["/r/a/b", "/r/", "/u/", "/x/y"] {
        let reply = customer.open(Method::PUT, path, "");
        assert_eq!(reply.status(), StatusCode::NOT_FOUND, "{path}");
    }
    let put = customer.open(Method::PUT, &unsubscribe, "");
    assert_eq!(put.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(put.headers()["allow"], "GET, HEAD, POST");
    let long = "x".repeat(4_097);
    let reply = customer.open(Method::POST, &unsubscribe, &long);
    assert_eq!(reply.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert!(!customer.opted_out());
    customer.open(Method::POST, &unsubscribe, &long[1..]);
    assert!(customer.opted_out());
    assert_eq!(pages::http::too_slow().status(), StatusCode::REQUEST_TIMEOUT);
}

#[test]
fn whatever_is_answered_to_head_has_no_body() {
    let customer = Customer::new();
    let too_long = "a".repeat(pages::http::MAX_BODY_BYTES + 1);
    for (path, body) in [
        ("/r/a/b", ""),
        ("/x", ""),
        ("/r/forged", ""),
        ("/r/forged", too_long.as_str()),
    ] {
        let of_get = customer.open(Method::GET, path, body);
        let of_head = customer.open(Method::HEAD, path, body);
        assert_eq!(of_head.status(), of_get.status());
        assert!(of_head.body().is_empty() && !of_get.body().is_empty(), "{path}");
    }
}

/// Is the box of a channel there, and is it ticked?
fn is_ticked(page: &str, channel: &str) -> Option<bool> {
    let mut boxes = page.split("<input type=\"checkbox\"").skip(1);
    let of_channel = boxes.find(|input| input.contains(&format!("value=\"{channel}\"")))?;
    Some(of_channel.split('>').next().unwrap().contains(" checked"))
}

#[test]
fn each_channel_is_chosen_by_itself() {
    for (locale, both, by_mail) in [
        ("en", "of it by e-mail and text message.", "of it by e-mail."),
        (
            "es",
            "por correo electrónico y por mensaje de texto.",
            "por correo electrónico.",
        ),
    ] {
        let customer = Customer::with_number(locale);
        let path = customer.path(LinkKind::Unsubscribe);
        let page = text(&customer.open(Method::GET, &path, "")).to_owned();
        assert!(page.contains(both), "{page}");
        assert_eq!(
            (is_ticked(&page, "email"), is_ticked(&page, "sms")),
            (Some(true), Some(true))
        );
        assert!(
            !page.contains("ana@") && !page.contains("0123"),
            "no address and no number: {page}"
        );
        let page = text(&customer.open(Method::POST, &path, "channel=email&save=1")).to_owned();
        assert!(page.contains(by_mail) && page.contains("role=\"status\""), "{page}");
        assert_eq!(
            (is_ticked(&page, "email"), is_ticked(&page, "sms")),
            (Some(true), Some(false))
        );
        assert_eq!(customer.opt_out(), OptOut::of([Channel::Sms]));
        customer.open(Method::POST, &path, "channel=sms&save=1");
        assert_eq!(customer.opt_out(), OptOut::of([Channel::Email]));
        customer.open(Method::POST, &path, "channel=email&channel=sms&save=1");
        assert_eq!(customer.opt_out(), OptOut::NOTHING);
        // No box is ticked, and then the other button: everything, also channels to come.
        for form in ["save=1", "channel=email&channel=sms&stop=all"] {
            let page = text(&customer.open(Method::POST, &path, form)).to_owned();
            assert_eq!(customer.opt_out(), OptOut::Everything, "{form}");
            assert_eq!(
                (is_ticked(&page, "email"), is_ticked(&page, "sms")),
                (Some(false), Some(false))
            );
        }
        // Who has left everything comes back to what is ticked alone.
        customer.open(Method::POST, &path, "channel=email&save=1");
        assert_eq!(
            customer.opt_out(),
            OptOut::of([Channel::Sms, Channel::Push, Channel::Event])
        );
    }
}

#[test]
fn what_is_closed_by_others_is_said_and_not_offered() {
    let inbox = AddressId::new(&key(), "ana@example.com");
    let number = AddressId::of_number(&key(), &PhoneNumber::new(NUMBER).unwrap());
    for (which, why, words) in [
        (
            "email",
            SuppressedFor::Bounce,
            "e-mail: a message to your address came back",
        ),
        (
            "email",
            SuppressedFor::Complaint,
            "e-mail: a message from us was reported as spam",
        ),
        (
            "sms",
            SuppressedFor::SenderList,
            "text message: your number does not take texts",
        ),
    ] {
        let customer = Customer::with_number("en");
        let path = customer.path(LinkKind::Unsubscribe);
        customer.suppress(if which == "email" { &inbox } else { &number }, why);
        let page = text(&customer.open(Method::GET, &path, "")).to_owned();
        assert!(page.contains(words), "{page}");
        assert_eq!(is_ticked(&page, which), None);
        // Whoever ticks it all the same gets only what is offered.
        let page = text(&customer.open(Method::POST, &path, "channel=email&channel=sms&save=1")).to_owned();
        assert!(page.contains(words), "{page}");
        assert_eq!(customer.opt_out(), OptOut::NOTHING);
    }
}

#[test]
fn a_stop_is_taken_back_by_a_start_and_not_on_the_page() {
    let customer = Customer::with_number("en");
    let path = customer.path(LinkKind::Unsubscribe);
    let number = AddressId::of_number(&key(), &PhoneNumber::new(NUMBER).unwrap());
    customer.suppress(&number, SuppressedFor::Stop);
    let page = text(&customer.open(Method::GET, &path, "")).to_owned();
    assert!(
        page.contains(NOTHING) && page.contains("text START to the same number"),
        "{page}"
    );
    assert_eq!((is_ticked(&page, "email"), is_ticked(&page, "sms")), (None, None));
    customer.open(Method::POST, &path, "channel=email&save=1");
    assert_eq!(customer.opt_out(), OptOut::Everything);
}

#[test]
fn without_a_consent_texts_cannot_be_switched_on() {
    let customer = Customer::new();
    let input = ContactInput {
        email: Some("ana@example.com".to_owned()),
        phone: Some(NUMBER.to_owned()),
        ..ContactInput::default()
    };
    let contact = input
        .check(Provider::Leap, reference(), now(), &LinkHosts::default())
        .unwrap();
    poll_once(customer.ports().put_contact(&contact, &Precondition::None))
        .unwrap()
        .unwrap();
    let page = text(&customer.open(Method::GET, &customer.path(LinkKind::Unsubscribe), "")).to_owned();
    assert!(page.contains("you have not agreed to texts"), "{page}");
    assert_eq!((is_ticked(&page, "email"), is_ticked(&page, "sms")), (Some(true), None));
}
