//! What goes wrong in an enrolment, and what the customer sees of it.

use std::time::Duration;

use browser::{Chromium, Customer, Enrolling, Looks};
use jiff::SignedDuration;
use sandbox::light::Quirks;
use sandbox::{ApiDown, Trouble};

use crate::enrolling::{GOOD, Hands, SUBMIT, TELEPHONE, WORDS};
use crate::keyboard::{SPACE, TAB, reach, write};

/// Of the one house in the stand-in's book that no search confuses with another.
const ESI_ID: &str = "10443720000000004";

/// What is said of each, in a language.
struct Said {
    locale: &'static str,
    unavailable: &'static str,
    changed: &'static str,
    refused: &'static str,
    support: &'static str,
    session: &'static str,
    left: &'static str,
}

const SAID: [Said; 2] = [
    Said {
        locale: "en",
        unavailable: "Please try again in a moment",
        changed: "This plan changed, please look again. Nothing was accepted.",
        refused: "That did not go through",
        support: "Please talk to our support",
        session: "Please open the newest message from us",
        left: "Not everything is done yet.",
    },
    Said {
        locale: "es",
        unavailable: "Inténtelo de nuevo en un momento",
        changed: "Este plan cambió",
        refused: "No se pudo completar",
        support: "Hable con nuestro servicio de ayuda",
        session: "Abra nuestro mensaje más reciente",
        left: "Todavía falta algo.",
    },
];

/// One customer meets all of it, and what was done before stays. What can be seen is shown to `see`, by a name.
pub(crate) async fn mishaps(
    stage: &Enrolling,
    hands: &Hands<'_>,
    customer: &Customer,
    see: &mut impl AsyncFnMut(&str),
) {
    let Hands { chromium, words } = hands;
    let said = SAID.iter().find(|said| said.locale == words.locale).unwrap();
    let accepted = stage.calls("/plans/accept");
    hands.come(&customer.resume).await;
    chromium.reads(words.find).await;
    chromium.open(&format!("{}/enroll/status", stage.base)).await;
    chromium.reads(said.left).await;
    see("status-left").await;
    hands.leave_for(words.find).await;

    // The provider is away when the customer presses the button, and there again when it is pressed once more.
    stage.light.set_trouble(Trouble {
        down: Some(ApiDown::Unavailable),
        ..Trouble::default()
    });
    hands.search("456 Oak Ave, Dallas 75201").await;
    chromium.reads(said.unavailable).await;
    see("unavailable").await;
    stage.light.set_trouble(Trouble::default());
    hands.press(SUBMIT).await;
    chromium.reads(words.confirm).await;
    hands.press(SUBMIT).await;
    chromium.reads(words.plans).await;

    // Overnight it has another price.
    hands.choose(1).await;
    stage.later_at_light(SignedDuration::from_hours(24));
    hands.accept().await;
    chromium.reads(said.changed).await;
    see("plans-changed").await;
    stage.later_at_light(SignedDuration::from_hours(-24));

    stage.light.set_quirks(Quirks {
        refuses_plans: true,
        ..Quirks::default()
    });
    chromium.open(&format!("{}/enroll", stage.base)).await;
    chromium.reads(words.plans).await;
    hands.choose(1).await;
    hands.accept().await;
    chromium.reads(said.refused).await;
    see("refused").await;
    stage.light.set_quirks(Quirks::default());

    // Nobody can accept for a home with a hold on its meter, and nothing but support helps from then on.
    stage.light.set_switch_hold(ESI_ID, true);
    chromium.open(&format!("{}/enroll", stage.base)).await;
    chromium.reads(words.plans).await;
    hands.choose(1).await;
    hands.accept().await;
    chromium.reads(said.support).await;
    see("support").await;
    stage.light.set_switch_hold(ESI_ID, false);
    chromium.open(&format!("{}/enroll/plans", stage.base)).await;
    chromium.reads(said.support).await;
    assert_eq!(stage.calls("/plans/accept"), accepted);
    let journey = stage.journey(customer).await;
    assert_eq!(journey["phase"], "stopped", "{journey}");

    chromium.driver.delete_all_cookies().await.unwrap();
    chromium.open(&format!("{}/enroll", stage.base)).await;
    chromium.reads(said.session).await;
    see("session-over").await;
}

/// A card of the provider's tests, what is typed with it, and what is said of it in each language.
const CARDS: [([&str; 4], [&str; 2]); 6] = [
    (
        ["4000000000000002", "1234", "123", "75201"],
        ["Your card was declined.", "Se rechazó tu tarjeta."],
    ),
    (
        ["4000000000000069", "1234", "123", "75201"],
        ["Your card has expired.", "Tu tarjeta venció."],
    ),
    (
        ["4000000000000127", "1234", "123", "75201"],
        [
            "Your card's security code is incorrect.",
            "El código de seguridad de tu tarjeta es incorrecto.",
        ],
    ),
    (
        ["4000000000009995", "1234", "123", "75201"],
        [
            "Your card has insufficient funds.",
            "Tu tarjeta no tiene fondos suficientes.",
        ],
    ),
    (
        [GOOD, "12", "123", "75201"],
        [
            "expiration date is incomplete",
            "vencimiento de tu tarjeta está incompleta",
        ],
    ),
    (
        [GOOD, "1234", "123", "752"],
        ["Your ZIP code is incomplete.", "Tu código postal está incompleto."],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_is_refused_is_said_in_the_language_of_the_page_and_the_next_one_is_taken() {
    let (stage, chromium) = (Enrolling::start().await, Chromium::start(TELEPHONE).await);
    for (language, words) in WORDS.iter().enumerate() {
        let hands = Hands {
            chromium: &chromium,
            words,
        };
        let customer = stage.customer("cards", words.locale).await;
        assert!(stage.light.accept_plan(&customer.account, ESI_ID).is_some());
        assert!(stage.light.add_billing(&customer.account));
        hands.come(&customer.resume).await;
        for (card, said) in CARDS {
            hands.pay(card).await;
            chromium.reads(said[language]).await;
            hands.is_focused("#payment-error").await;
            chromium.shows("#payment-save[aria-disabled=false]").await;
            let missing = stage.light.truth()[&customer.account].payment_added_at;
            assert!(missing.is_none(), "{card:?}");
        }
        hands.pay([GOOD, "1234", "123", "75201"]).await;
        chromium.reads(words.your_part).await;
        assert!(stage.light.truth()[&customer.account].payment_added_at.is_some());
    }
    chromium.close().await;
}

/// Back, reload, and a button pressed twice take no step a second time.
#[tokio::test(flavor = "multi_thread")]
async fn back_reload_and_a_second_press_do_nothing_twice() {
    let (stage, chromium) = (Enrolling::start().await, Chromium::start(TELEPHONE).await);
    let words = &WORDS[0];
    let hands = Hands {
        chromium: &chromium,
        words,
    };
    let customer = stage.customer("twice", words.locale).await;
    hands.come(&customer.resume).await;
    chromium.reads(words.find).await;
    // Spaces and dashes are as on a bill.
    hands.leave_for(words.by_esi_id).await;
    hands.find("1044-372 0000 0000 04").await;
    chromium.reads(words.confirm).await;
    hands.press(SUBMIT).await;
    chromium.reads(words.plans).await;
    chromium.driver.refresh().await.unwrap();
    chromium.reads(words.plans).await;
    hands.choose(1).await;
    hands.press("form[method=get] button").await;
    chromium.reads(words.plans).await;
    hands.choose(2).await;
    chromium.driver.back().await.unwrap();
    chromium.reads(words.plans).await;
    hands.choose(1).await;

    // Twice as fast as any answer comes.
    reach(&chromium, "#terms").await;
    chromium.press(SPACE).await;
    let twice = "const button = document.querySelector('button[name=accept]'); button.click(); button.click();";
    chromium.driver.execute(twice, vec![]).await.unwrap();
    chromium.reads(words.bills).await;
    assert_eq!(stage.calls("/plans/accept"), 1);
    chromium.driver.refresh().await.unwrap();
    chromium.reads(words.bills).await;
    // The page before was the plan's: whatever the browser makes of it, nothing is accepted again.
    chromium.driver.back().await.unwrap();
    chromium.open(&format!("{}/enroll/plans", stage.base)).await;
    chromium.reads(words.bills).await;

    hands.press(SUBMIT).await;
    hands.card_form().await;
    chromium.driver.refresh().await.unwrap();
    hands.card_form().await;
    chromium.driver.back().await.unwrap();
    chromium.reads(words.bills).await;
    hands.press(SUBMIT).await;
    reach_card(&hands).await;
    let twice = "const button = document.getElementById('payment-save'); button.click(); button.click();";
    chromium.driver.execute(twice, vec![]).await.unwrap();
    chromium.reads(words.your_part).await;
    assert_eq!(stage.calls("/plans/accept"), 1);
    assert_eq!(stage.calls("/ensure-payment-method-added"), 1);
    for _ in 0..2 {
        chromium.driver.refresh().await.unwrap();
        chromium.reads(words.your_part).await;
    }
    // Whoever goes back to the form for the card is led to where they stand.
    chromium.open(&format!("{}/enroll/payment", stage.base)).await;
    chromium.reads(words.your_part).await;
    chromium.close().await;
}

/// Types a card that is good, and does not save it.
async fn reach_card(hands: &Hands<'_>) {
    hands.card_form().await;
    reach(hands.chromium, "iframe").await;
    for (index, text) in [GOOD, "1234", "123", "75201"].into_iter().enumerate() {
        if index > 0 {
            hands.chromium.press(TAB).await;
        }
        write(hands.chromium, text).await;
    }
}

/// At a speed at which half an hour passes in three seconds: an offer is over, then the session.
#[tokio::test(flavor = "multi_thread")]
async fn an_offer_and_a_session_run_out_and_nothing_is_lost() {
    let (stage, chromium) = (Enrolling::at_speed(600).await, Chromium::start(TELEPHONE).await);
    for (words, said) in WORDS.iter().zip(&SAID) {
        let hands = Hands {
            chromium: &chromium,
            words,
        };
        let customer = stage.customer("late", words.locale).await;
        hands.come(&customer.resume).await;
        hands.say_where().await;
        hands.choose(1).await;
        reach(&chromium, "#terms").await;
        chromium.press(SPACE).await;
        tokio::time::sleep(Duration::from_millis(3_500)).await;
        hands.press("button[name=accept]").await;
        chromium.reads(said.changed).await;
        tokio::time::sleep(Duration::from_millis(6_500)).await;
        chromium.open(&format!("{}/enroll", stage.base)).await;
        chromium.reads(said.session).await;
        assert_eq!(stage.calls("/plans/accept"), 0);
        // The home that was confirmed is still with the browser.
        hands.come(&customer.resume).await;
        chromium.reads(words.plans).await;
    }
    chromium.close().await;
}

/// All but the card: its form is Stripe's, and the page says what to do.
#[tokio::test(flavor = "multi_thread")]
async fn without_scripts_everything_but_the_card_can_be_done() {
    let looks = Looks {
        scripts: false,
        ..TELEPHONE
    };
    let (stage, chromium) = (Enrolling::start().await, Chromium::start(looks).await);
    for (words, said) in WORDS
        .iter()
        .zip(["This page needs JavaScript", "Esta página necesita JavaScript"])
    {
        let hands = Hands {
            chromium: &chromium,
            words,
        };
        let customer = stage.customer("plain", words.locale).await;
        hands.come(&customer.resume).await;
        hands.say_where().await;
        hands.choose(1).await;
        hands.accept().await;
        hands.same_address().await;
        chromium.reads(said).await;
        assert!(stage.light.truth()[&customer.account].billing_confirmed_at.is_some());
    }
    chromium.close().await;
}
