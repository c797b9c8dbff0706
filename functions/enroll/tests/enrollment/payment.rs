//! The payment method: nothing that a browser says is one until the provider says so.

use journey::Milestone;
use journey::port::Refusal;

use crate::browser::Browser;
use crate::world::{Call, SECRET, World};

#[test]
fn trap_19_a_card_that_was_typed_is_no_payment_method_until_the_provider_has_it() {
    let world = World::new("en");
    let mut browser = Browser::new(&world);
    browser.get("/enroll/payment");
    let session = browser.post_json("/enroll/payment-session", "{}");
    assert_eq!(session.status, 200);
    session.says(SECRET);
    assert!(!world.reached(Milestone::PaymentMethodAdded));
    for call in [Call::EnsurePayment, Call::View] {
        world.state().down.insert(call);
        let failed = browser.post_json("/enroll/payment-method", r#"{"payment_method_id":"pm_1"}"#);
        assert_eq!((failed.status, failed.header("retry-after")), (503, "90"));
        assert!(!world.reached(Milestone::PaymentMethodAdded));
        world.state().down.clear();
    }
    world.state().refused.insert(Call::EnsurePayment, Refusal::Other);
    assert_eq!(
        browser
            .post_json("/enroll/payment-method", r#"{"payment_method_id":"pm_1"}"#)
            .status,
        409
    );
    assert!(!world.reached(Milestone::PaymentMethodAdded));
    world.state().refused.clear();
    let added = browser.post_json("/enroll/payment-method", r#"{"payment_method_id":"pm_1"}"#);
    assert_eq!(added.status, 204);
    assert!(world.reached(Milestone::PaymentMethodAdded));
    assert_eq!(world.state().methods, ["pm_1"]);
}

#[test]
fn what_can_be_no_payment_method_is_not_passed_on() {
    let world = World::new("en");
    let mut browser = Browser::new(&world);
    for bad in ["", "pm 1", "pm\\n1", "ñ", &"x".repeat(256)] {
        let body = format!("{{\"payment_method_id\":\"{bad}\"}}");
        assert_eq!(browser.post_json("/enroll/payment-method", &body).status, 422, "{bad}");
    }
    let form = browser.post("/enroll/payment-method", &[("payment_method_id", "pm_1")]);
    assert_eq!(form.status, 415, "no form of another page can send it");
    assert!(world.state().methods.is_empty());
}

#[test]
fn the_page_says_what_is_charged_and_what_to_do_without_scripts() {
    for (locale, told) in [
        (
            "en",
            [
                "Nothing is charged today",
                "16 days after it is made",
                "This page needs JavaScript",
            ],
        ),
        (
            "es",
            [
                "Hoy no se cobra nada",
                "16 días después de emitirse",
                "Esta página necesita JavaScript",
            ],
        ),
    ] {
        let world = World::new(locale);
        let mut browser = Browser::new(&world);
        let page = browser.get("/enroll/payment");
        told.iter().for_each(|words| {
            page.says(words);
        });
        page.says("<script src=\"https://js.stripe.com/v3/\" defer></script>")
            .says("<script src=\"/enroll/payment.js\" defer></script>")
            .says(&format!("data-locale=\"{locale}\""))
            .says("<noscript>")
            .never_says(SECRET)
            .never_says("pk_test");
        assert!(
            !world.state().calls.contains(&Call::BeginPayment),
            "a look begins nothing"
        );
    }
}

#[test]
fn the_script_is_ours_and_leaves_no_secret_in_an_address() {
    let world = World::new("en");
    let mut browser = Browser::new(&world);
    browser.cookies.clear();
    let script = browser.get("/enroll/payment.js");
    assert_eq!(script.header("content-type"), "text/javascript; charset=utf-8");
    script
        .says("confirmSetup({ elements, redirect: \"if_required\"")
        .says("/enroll/payment-method")
        .never_says("return_url:")
        .never_says("innerHTML")
        .never_says("console.");
}

#[test]
fn who_has_a_payment_method_goes_on() {
    let world = World::new("en");
    let mut browser = Browser::new(&world);
    world.state().account.has_payment_method = Some(true);
    assert_eq!(browser.get("/enroll/payment").to.as_deref(), Some("/enroll"));
}
