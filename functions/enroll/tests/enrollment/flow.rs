//! From the first page to the last, in both languages.

use jiff::civil::date;
use journey::Milestone;
use journey::enrollment::{BillingAddress, MonthlyUsage};

use crate::browser::{Browser, Shown};
use crate::world::{ESI_ID, OTHER_ESI_ID, World};

/// Each page in its order, with what makes it known.
const EN: [&str; 9] = [
    "Find your home",
    "Which one is your home?",
    "Is this your home?",
    "Choose your plan",
    "Review and accept your plan",
    "Where should your bills go?",
    "Add a payment method",
    "You have done your part",
    "Your enrollment is complete",
];

const ES: [&str; 9] = [
    "Encuentre su casa",
    "¿Cuál es su casa?",
    "¿Es esta su casa?",
    "Elija su plan",
    "Revise y acepte su plan",
    "¿A dónde enviamos sus facturas?",
    "Agregue una forma de pago",
    "Usted ya hizo su parte",
    "Su inscripción está completa",
];

#[test]
fn trap_34_a_customer_comes_from_the_first_page_to_the_last_in_one_language() {
    for (locale, titles) in [("en", EN), ("es", ES)] {
        let world = World::new(locale);
        let mut browser = Browser::new(&world);
        let mut seen = Vec::new();
        let mut see = |shown: Shown, title: &str| -> Shown {
            assert_eq!(shown.status, 200, "{title}: {}", shown.body());
            shown.says(title).says(&format!("<html lang=\"{locale}\">"));
            assert_eq!(shown.html.matches("<h1>").count(), 1);
            assert_eq!(shown.html.matches("<style>").count(), 1);
            assert!(!shown.html.contains("style="), "an inline style");
            seen.push(shown.html.clone());
            shown
        };

        let start = browser.get("/enroll");
        let find = browser.follow(start);
        see(find, titles[0]).says(if locale == "en" { "Step 1 of 4" } else { "Paso 1 de 4" });
        let many = browser.post("/enroll/address", &[("query", "123 Main St")]);
        let many = see(many, titles[1]);
        many.says("123 Main St Apt 1, Dallas, TX 75201").says("Apt 2");
        let one = many.hidden_all("place")[0].clone();
        let confirm = browser.post("/enroll/confirm", &[("query", "123 Main St"), ("place", &one)]);
        let confirm = see(confirm, titles[2]);
        confirm
            .says("123 Main St Apt 1, Dallas, TX 75201")
            .says(ESI_ID)
            .says("Oncor");
        assert!(
            !browser.cookies.contains_key("rekindle_place"),
            "only the word of it confirms"
        );
        let place = confirm.hidden("place");
        let confirmed = browser.post("/enroll/confirm", &[("place", &place), ("confirm", "yes")]);
        let plans = browser.follow(confirmed);
        let plans = see(plans, titles[3]);
        plans.says("14.2").says("13.9").says("Example 12").says("Example 24");
        for document in ["efl.pd", "tos.pdf", "yrac.pdf"] {
            plans.says(&format!(
                "<a href=\"https://example.com/{document}\" target=\"_blank\" rel=\"noopener noreferrer\">"
            ));
        }
        assert!(world.reached(Milestone::PlanRequested));
        let dates = world.journey().enrollment.unwrap().dates;
        assert_eq!((dates.latest, dates.starts), (Some(date(2026, 7, 31)), None));

        let offer = plans.hidden("offer");
        let review = browser.post("/enroll/accept", &[("offer", &offer)]);
        let review = see(review, titles[4]);
        review
            .says("min=\"2026-07-03\" max=\"2026-07-31\" value=\"2026-07-03\"")
            .never_says(" checked")
            .says("14.2");
        assert!(world.state().accepted.is_empty() && world.state().kept.is_empty());
        let accepted = browser.accept(&review.hidden("offer"), "2026-07-10");
        let billing = browser.follow(accepted);
        see(billing, titles[5]);
        assert_eq!(world.state().accepted[0].starts, date(2026, 7, 10));
        let dates = world.journey().enrollment.unwrap().dates;
        let expected = (Some(date(2026, 7, 31)), Some(date(2026, 7, 10)));
        assert_eq!((dates.latest, dates.starts), expected);

        let billed = browser.post("/enroll/billing", &[("to", "same")]);
        assert!(world.reached(Milestone::BillingAddressConfirmed));
        assert!(world.state().billing == [BillingAddress::SameAsService]);
        let payment = browser.follow(billed);
        see(payment, titles[6]);
        let session = browser.post_json("/enroll/payment-session", "{}");
        session.says("client_secret").says("pk_test_invented");
        let added = browser.post_json("/enroll/payment-method", r#"{"payment_method_id":"pm_1"}"#);
        assert_eq!(added.status, 204);
        assert!(world.reached(Milestone::PaymentMethodAdded));

        let start = browser.get("/enroll");
        let status = browser.follow(start);
        see(status, titles[7]);
        world.finalize();
        let status = browser.get("/enroll/status");
        see(status, titles[8]).says("2").says("72");

        // No page of one language has a word of the other's titles.
        let others = if locale == "en" { ES } else { EN };
        for page in &seen {
            assert!(others.iter().all(|title| !page.contains(title)));
        }
    }
}

#[test]
fn trap_15_after_the_end_no_day_is_promised_and_another_look_is_offered_while_something_is_awaited() {
    let world = World::new("en");
    let mut browser = Browser::new(&world);
    let open = browser.get("/enroll/status");
    open.says("still to come")
        .says("Continue")
        .never_says("href=\"/enroll/status\"");
    browser.finish();
    let done = browser.get("/enroll/status");
    done.says("href=\"/enroll/status\"").says("Look again");
    world.finalize();
    let status = browser.get("/enroll/status");
    status
        .says("it usually takes 2 to 72 business hours")
        .says("href=\"/enroll/status\"");
    for day in ["2026", "July", "07-03", "3 days"] {
        assert!(!status.body().contains(day), "{day}: {}", status.body());
    }
}

#[test]
fn an_active_service_is_celebrated_with_the_months_before() {
    let world = World::new("es");
    let mut browser = Browser::new(&world);
    browser.finish();
    world.finalize();
    world.tell(journey::Event::EnrollmentFinalized);
    {
        let mut state = world.state();
        state.account.locations[0].is_active = Some(true);
        for (year, month, amount) in [(2026, 5, "812.50"), (2025, 12, "1001"), (2026, 4, "0.10")] {
            state.usage.push(MonthlyUsage {
                month: date(year, month, 1),
                amount: amount.to_owned(),
                unit: "kWh".to_owned(),
            });
        }
    }
    // The months may come hours after the service: they are waited for.
    let awaited = browser.get("/enroll/status");
    awaited
        .says("Felicidades")
        .says("href=\"/enroll/status\"")
        .never_says("<svg");
    world.state().account.locations[0].has_usage_history = Some(true);
    let status = browser.get("/enroll/status");
    status
        .never_says("http-equiv=\"refresh\"")
        .says("Felicidades")
        .says("812.50 kWh")
        .says("abril de 2026")
        .says("<svg")
        .says("<details>");
    assert_eq!(status.html.matches("<rect ").count(), 3);
    let table = &status.html[status.html.find("<table>").unwrap()..];
    let at = |text: &str| table.find(text).unwrap();
    assert!(at("diciembre de 2025") < at("abril de 2026") && at("abril de 2026") < at("mayo de 2026"));
    // Without the numbers the page is whole, too.
    world.state().down.insert(crate::world::Call::Usage);
    let status = browser.get("/enroll/status");
    assert_eq!(status.status, 200);
    status.says("Felicidades").never_says("<svg");
}

#[test]
fn a_customer_may_come_by_the_esi_id_alone() {
    let world = World::new("en");
    let mut browser = Browser::new(&world);
    let form = browser.get("/enroll/esi-id");
    form.says("It is on any electricity bill");
    let typed = "1008901-000000000000003 ".to_owned();
    let found = browser.post("/enroll/esi-id", &[("esi_id", &typed)]);
    found
        .says("Is this your home?")
        .says("Apt 2")
        .says(OTHER_ESI_ID)
        .says("CenterPoint Energy");
    let place = found.hidden("place");
    browser.post("/enroll/confirm", &[("place", &place), ("confirm", "yes")]);
    let plans = browser.get("/enroll/plans");
    let offer = plans.hidden("offer");
    browser.accept(&offer, "2026-07-03");
    assert_eq!(world.state().accepted[0].esi_id.expose(), OTHER_ESI_ID);
}

#[test]
fn another_billing_address_is_taken_part_by_part() {
    let world = World::new("en");
    let mut browser = Browser::new(&world);
    let wrong = browser.post(
        "/enroll/billing",
        &[
            ("to", "other"),
            ("address_1", "1 Oak Ave"),
            ("city", " "),
            ("state", "Texas"),
            ("postal_code", "7520"),
        ],
    );
    assert_eq!(wrong.status, 422);
    wrong
        .says("<title>Error: ")
        .says("value=\"1 Oak Ave\"")
        .says("id=\"postal_code-error\"")
        .says("href=\"#city\"")
        .says("aria-describedby=\"state-error\" aria-invalid=\"true\"")
        .says("five digits, such as 75201")
        .never_says("address_1-error");
    assert!(world.state().billing.is_empty());
    let right = browser.post(
        "/enroll/billing",
        &[
            ("to", "other"),
            ("address_1", "1 Oak Ave"),
            ("city", "Austin"),
            ("state", "tx"),
            ("postal_code", "787011234"),
        ],
    );
    assert_eq!(right.to.as_deref(), Some("/enroll"));
    let state = world.state();
    let [BillingAddress::Other(address)] = state.billing.as_slice() else {
        panic!("another address")
    };
    assert_eq!(
        (address.state.as_str(), address.postal_code.as_str(), &address.line_2),
        ("TX", "78701-1234", &None)
    );
}
