//! Enrolling in a plan, from a reminder's link to the electricity of the months before, by keyboard alone.

use browser::thirtyfour::By;
use browser::{Chromium, Customer, Enrolling, Looks};

use crate::keyboard::{DOWN, ENTER, SPACE, TAB, reach, type_in, write};
use crate::mishaps::mishaps;

pub(crate) const TELEPHONE: Looks = Looks {
    width: 320,
    height: 640,
    dark: false,
    scripts: true,
};

/// The button of the page that a reminder leads to.
pub(crate) const CONTINUE: &str = "form button[type=submit]";

/// A button of a form of ours, and the way to another page.
pub(crate) const SUBMIT: &str = "form[method=post] button";
const LEAD: &str = "form[method=get] button";

/// Stripe's test cards, with what becomes of each.
pub(crate) const GOOD: &str = "4242424242424242";
pub(crate) const DECLINED: &str = "4000000000000002";

/// An address of the stand-in's book: a house in Dallas with two units, and one of the same name in Houston.
pub(crate) const HOME: &str = "123 Main St";
pub(crate) const ESI_ID: &str = "55512345671234567";

/// The pages' words that tell where somebody is.
pub(crate) struct Words {
    pub(crate) locale: &'static str,
    pub(crate) find: &'static str,
    pub(crate) none: &'static str,
    pub(crate) many: &'static str,
    pub(crate) by_esi_id: &'static str,
    pub(crate) length: &'static str,
    pub(crate) digits: &'static str,
    pub(crate) unknown: &'static str,
    pub(crate) confirm: &'static str,
    pub(crate) plans: &'static str,
    pub(crate) accept: &'static str,
    pub(crate) bills: &'static str,
    pub(crate) payment: &'static str,
    pub(crate) declined: &'static str,
    pub(crate) your_part: &'static str,
    pub(crate) complete: &'static str,
    pub(crate) active: &'static str,
    pub(crate) usage: &'static str,
}

pub(crate) const WORDS: [Words; 2] = [
    Words {
        locale: "en",
        find: "Find your home",
        none: "We found no home at that address.",
        many: "Which one is your home?",
        by_esi_id: "Find your home by its ESI ID",
        length: "this one has 15",
        digits: "An ESI ID has only digits",
        unknown: "We found no home with this ESI ID.",
        confirm: "Is this your home?",
        plans: "Choose your plan",
        accept: "Review and accept your plan",
        bills: "Where should your bills go?",
        payment: "Add a payment method",
        declined: "Your card was declined.",
        your_part: "You have done your part.",
        complete: "Your enrollment is complete",
        active: "Congratulations, your service is active",
        usage: "Your electricity in the months before",
    },
    Words {
        locale: "es",
        find: "Encuentre su casa",
        none: "No encontramos ninguna casa en esa dirección.",
        many: "¿Cuál es su casa?",
        by_esi_id: "Encuentre su casa por su ESI ID",
        length: "este tiene 15",
        digits: "Un ESI ID tiene solo dígitos",
        unknown: "No encontramos ninguna casa con este ESI ID.",
        confirm: "¿Es esta su casa?",
        plans: "Elija su plan",
        accept: "Revise y acepte su plan",
        bills: "¿A dónde enviamos sus facturas?",
        payment: "Agregue una forma de pago",
        declined: "Se rechazó tu tarjeta.",
        your_part: "Usted ya hizo su parte.",
        complete: "Su inscripción está completa",
        active: "Felicidades, su servicio está activo",
        usage: "Su electricidad en los meses anteriores",
    },
];

/// Somebody before a browser, who knows where things are by what the page says.
pub(crate) struct Hands<'a> {
    pub(crate) chromium: &'a Chromium,
    pub(crate) words: &'a Words,
}

impl Hands<'_> {
    /// Opens a reminder's link and presses its button.
    pub(crate) async fn come(&self, link: &str) {
        self.chromium.open(link).await;
        self.press(CONTINUE).await;
    }

    /// Presses a button that is reached by Tab.
    pub(crate) async fn press(&self, button: &str) {
        reach(self.chromium, button).await;
        self.chromium.press(ENTER).await;
    }

    /// Searches for an address.
    pub(crate) async fn search(&self, query: &str) {
        type_in(self.chromium, "#query", query).await;
        self.chromium.press(ENTER).await;
    }

    /// Finds the home by its ESI ID.
    pub(crate) async fn find(&self, esi_id: &str) {
        type_in(self.chromium, "#esi_id", esi_id).await;
        self.chromium.press(ENTER).await;
    }

    /// From the search for the address to the plans.
    pub(crate) async fn say_where(&self) {
        self.chromium.reads(self.words.find).await;
        self.search(HOME).await;
        self.chromium.reads(self.words.many).await;
        reach(self.chromium, "#place-1").await;
        self.chromium.press(SPACE).await;
        self.press(SUBMIT).await;
        self.chromium.reads(self.words.confirm).await;
        self.press(SUBMIT).await;
        self.chromium.reads(self.words.plans).await;
    }

    /// Looks at one of the plans, from 1.
    pub(crate) async fn choose(&self, plan: usize) {
        self.press(&format!("section.plan:nth-of-type({plan}) button")).await;
        self.chromium.reads(self.words.accept).await;
    }

    /// Ticks and accepts.
    pub(crate) async fn accept(&self) {
        reach(self.chromium, "#terms").await;
        self.chromium.press(SPACE).await;
        self.press("button[name=accept]").await;
    }

    /// The bills go to the home.
    pub(crate) async fn same_address(&self) {
        self.chromium.reads(self.words.bills).await;
        self.press(SUBMIT).await;
    }

    /// Waits until the card's form can be used.
    pub(crate) async fn card_form(&self) {
        self.chromium.reads(self.words.payment).await;
        self.chromium.shows("#payment-save[aria-disabled=false]").await;
    }

    /// Types a card into the frame and saves it.
    pub(crate) async fn pay(&self, [number, expiry, code, zip]: [&str; 4]) {
        self.card_form().await;
        reach(self.chromium, "iframe").await;
        for (index, text) in [number, expiry, code, zip].into_iter().enumerate() {
            if index > 0 {
                self.chromium.press(TAB).await;
            }
            write(self.chromium, text).await;
        }
        self.press("#payment-save").await;
    }

    pub(crate) async fn is_focused(&self, element: &str) {
        self.chromium.shows(&format!("{element}:focus")).await;
    }

    pub(crate) async fn leave_for(&self, title: &str) {
        self.press(LEAD).await;
        self.chromium.reads(title).await;
    }
}

/// The whole enrolment, with each mistake that can be made good on the way; what can be seen is shown to `see`, by a
/// name.
pub(crate) async fn enroll(stage: &Enrolling, hands: &Hands<'_>, customer: &Customer, see: &mut impl AsyncFnMut(&str)) {
    let Hands { chromium, words } = hands;
    chromium.open(&customer.resume).await;
    see("resume-light").await;
    hands.press(CONTINUE).await;

    chromium.reads(words.find).await;
    see("address").await;
    hands.press(SUBMIT).await;
    chromium.shows("#query-error").await;
    hands.is_focused(".wrong").await;
    see("address-wrong").await;
    hands.search("9 Nowhere Boulevard, Marfa").await;
    chromium.reads(words.none).await;
    see("address-none").await;
    for (typed, said, name) in [
        ("555123456712345", words.length, "esi-id-length"),
        ("ABC12345671234567", words.digits, "esi-id-digits"),
        ("10443720009999999", words.unknown, "esi-id-unknown"),
    ] {
        hands.find(typed).await;
        chromium.reads(said).await;
        see(name).await;
    }
    hands.leave_for(words.find).await;
    hands.search(HOME).await;
    chromium.reads(words.many).await;
    see("choice").await;
    hands.press(SUBMIT).await;
    chromium.shows("#place-error").await;
    hands.is_focused(".wrong").await;
    see("choice-wrong").await;
    reach(chromium, "#place-1").await;
    chromium.press(SPACE).await;
    chromium.press(DOWN).await;
    hands.press(SUBMIT).await;
    chromium.reads(words.confirm).await;
    chromium.reads("Apt 2").await;
    chromium.reads("10443720000000002").await;
    see("confirm").await;

    hands.press(SUBMIT).await;
    chromium.reads(words.plans).await;
    see("plans").await;
    hands.choose(2).await;
    see("accept").await;
    type_in(chromium, "#start_date", "01012020").await;
    hands.press("button[name=accept]").await;
    chromium.shows("#terms-error").await;
    chromium.shows("#start_date-error").await;
    hands.is_focused(".wrong").await;
    see("accept-wrong").await;
    assert_eq!(stage.calls("/plans/accept"), accepted_by_others(words));
    let first = chromium.driver.find(By::Css("#start_date")).await.unwrap();
    let first = first.attr("min").await.unwrap().unwrap();
    let [year, month, day]: [&str; 3] = first.split('-').collect::<Vec<_>>().try_into().unwrap();
    type_in(chromium, "#start_date", &format!("{month}{day}{year}")).await;
    hands.accept().await;

    chromium.reads(words.bills).await;
    see("billing").await;
    if words.locale == "en" {
        reach(chromium, "#same").await;
        chromium.press(DOWN).await;
        for (field, text) in [
            ("#address_1", "PO Box 100"),
            ("#city", "Austin"),
            ("#state", "TX"),
            ("#postal_code", "787"),
        ] {
            type_in(chromium, field, text).await;
        }
        hands.press(SUBMIT).await;
        chromium.shows("#postal_code-error").await;
        hands.is_focused(".wrong").await;
        see("billing-wrong").await;
        type_in(chromium, "#postal_code", "78701").await;
    }
    hands.press(SUBMIT).await;

    hands.card_form().await;
    see("payment").await;
    hands.pay([DECLINED, "1234", "123", "75201"]).await;
    chromium.reads(words.declined).await;
    hands.is_focused("#payment-error").await;
    see("payment-declined").await;
    hands.pay([GOOD, "1234", "123", "75201"]).await;
    chromium.reads(words.your_part).await;
    see("status-done").await;

    assert!(stage.light.finalize(&customer.account));
    // It looks again by itself, and at once by its link.
    hands.press("a[href='/enroll/status']").await;
    chromium.reads(words.complete).await;
    see("status-final").await;
    assert!(stage.light.activate_service(&customer.account));
    assert!(stage.light.supply_usage_history(&customer.account));
    hands.press("a[href='/enroll/status']").await;
    chromium.reads(words.active).await;
    chromium.reads(words.usage).await;
    reach(chromium, "summary").await;
    chromium.press(ENTER).await;
    chromium.shows("details[open]").await;
    see("status-active").await;
}

/// Every page of an enrolment, and those of what goes wrong.
pub(crate) async fn every_sight(
    stage: &Enrolling,
    chromium: &Chromium,
    words: &Words,
    see: &mut impl AsyncFnMut(&str),
) {
    let hands = Hands { chromium, words };
    let customer = stage.customer("ana", words.locale).await;
    enroll(stage, &hands, &customer, see).await;
    let customer = stage.customer("mishaps", words.locale).await;
    mishaps(stage, &hands, &customer, see).await;
}

/// Each language has its customer, on the same stage, in the order of the words.
fn accepted_by_others(words: &Words) -> u64 {
    u64::from(words.locale == "es")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_enrolment_by_keyboard_alone_in_both_languages() {
    let stage = Enrolling::start().await;
    let chromium = Chromium::start(TELEPHONE).await;
    for words in &WORDS {
        let customer = stage.customer("ana", words.locale).await;
        let hands = Hands {
            chromium: &chromium,
            words,
        };
        let mut seen = Vec::new();
        enroll(&stage, &hands, &customer, &mut async |name: &str| {
            assert_eq!(chromium.overhang().await, 0, "{name} is too wide");
            let text = chromium.driver.find(By::Css("html")).await.unwrap();
            assert_eq!(
                text.attr("lang").await.unwrap().as_deref(),
                Some(words.locale),
                "{name}"
            );
            seen.push(name.to_owned());
        })
        .await;
        assert_eq!(seen.len(), if words.locale == "en" { 20 } else { 19 }, "{seen:?}");
        let journey = stage.journey(&customer).await;
        assert_eq!(journey["phase"], "completed", "{journey}");
        assert!(!journey.to_string().contains(ESI_ID));
    }
    for call in ["/plans/accept", "/ensure-payment-method-added"] {
        assert_eq!(stage.calls(call), 2, "{call}");
    }
    chromium.close().await;
}
