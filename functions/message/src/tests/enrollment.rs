//! The words for an enrolment in an electricity plan (docs/light.md, section 10): exactly what is left, and no more.

use expect_test::expect;
use jiff::civil::date;
use journey::Diagnosis;
use journey::contact::Locale;
use journey::enrollment::Step;

use super::{ENROLLMENT, builtin, compile, everything_known, may_be_left, variables};
use crate::{Length, PushMessage, UtilityWords, Variables};

/// Every message of an enrolment, with each set of steps that may be left, with a day that is near and without.
fn every_enrollment(mut look: impl FnMut(&Variables, &str)) {
    let languages = |touch| Locale::ALL.map(|locale| (touch, locale));
    for (diagnosis, may_be_left) in ENROLLMENT {
        for left in may_be_left {
            for (touch, locale) in (1..=3).flat_map(languages) {
                for starts_soon in [None, Some(date(2026, 3, 6))] {
                    let mut variables = with(locale, diagnosis, left);
                    variables.touch = touch;
                    variables.starts_soon = starts_soon.filter(|_| left[0] != Step::Plan);
                    look(&variables, &everything_said(&variables));
                }
            }
        }
    }
}

/// All that a customer may read of a message, by whichever channel, on one line.
fn everything_said(variables: &Variables) -> String {
    let message = builtin().render(variables).unwrap();
    let sms = builtin().render_text(variables).unwrap().body;
    let push = builtin().render_push(variables).unwrap();
    let preheader = message.preheader().unwrap();
    let all = format!(
        "{} {preheader} {} {sms} {} {}",
        message.subject, message.text, push.title, push.body
    );
    all.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn text(variables: &Variables) -> String {
    let text = builtin().render(variables).unwrap().text;
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn with(locale: Locale, diagnosis: Diagnosis, left: &[Step]) -> Variables {
    Variables {
        left: left.to_vec(),
        ..variables(locale, diagnosis, 1, UtilityWords::default())
    }
}

/// The steps, as each language and channel says them.
const STEPS: [(Step, [&str; 2]); 4] = [
    (Step::Plan, ["- choose a plan", "- elegir un plan"]),
    (
        Step::BillingAddress,
        ["- say where your bills go", "- indicar a dónde van sus facturas"],
    ),
    (Step::Payment, ["- add a payment method", "- agregar una forma de pago"]),
    (
        Step::Identity,
        ["- finish the identity check", "- terminar de verificar su identidad"],
    ),
];

#[test]
fn trap_3_each_says_exactly_what_is_left_and_nothing_else() {
    every_enrollment(|variables, _| {
        let text = text(variables);
        for (step, words) in STEPS {
            let word = words[usize::from(variables.locale == Locale::Es)];
            let expected = variables.left.contains(&step) && variables.diagnosis != Diagnosis::AddressNeeded;
            assert_eq!(text.contains(word), expected, "{word}: {text}");
        }
    });
    let short = |diagnosis, left: &[Step]| {
        let variables = with(Locale::En, diagnosis, left);
        let sms = builtin().render_text(&variables).unwrap().body;
        let (_, sms) = sms.split_once("Ana, ").unwrap();
        let sms = sms.split_once(" https://").unwrap().0.to_owned();
        format!("{sms}\n{}\n", builtin().render_push(&variables).unwrap().body)
    };
    let mut all = String::new();
    for diagnosis in [
        Diagnosis::BillingAddressMissing,
        Diagnosis::PaymentMissing,
        Diagnosis::IdentityMissing,
    ] {
        for left in may_be_left(diagnosis) {
            all += &short(diagnosis, left);
        }
    }
    expect![[r#"
        your electricity plan needs a billing address. Your enrollment page:
        What is left: your billing address. Tap to open your enrollment page.
        your electricity plan needs a billing address and a payment method. Your enrollment page:
        What is left: your billing address and a payment method. Tap to open your enrollment page.
        your electricity plan needs a billing address and an identity check. Your enrollment page:
        What is left: your billing address and an identity check. Tap to open your enrollment page.
        your electricity plan needs a billing address, a payment method and an identity check. Your enrollment page:
        What is left: your billing address, a payment method and an identity check. Tap to open your enrollment page.
        your electricity plan needs a payment method. No charge today. Your enrollment page:
        What is left: a payment method. Tap to open your enrollment page.
        your electricity plan needs a payment method and an identity check. No charge today. Your enrollment page:
        What is left: a payment method and an identity check. Tap to open your enrollment page.
        an identity check is left for your electricity plan. Your enrollment page:
        What is left: an identity check. Tap to open your enrollment page.
    "#]]
    .assert_eq(&all);
}

#[test]
fn trap_3_who_has_no_address_is_shown_both_ways_to_find_it() {
    for touch in 1..=3 {
        for (locale, needed) in [
            (Locale::En, ["find your address", "ESI ID", "17 or 22 digits"]),
            (Locale::Es, ["buscar su dirección", "ESI ID", "17 o 22 dígitos"]),
        ] {
            let mut variables = with(locale, Diagnosis::AddressNeeded, &[Step::Plan]);
            variables.touch = touch;
            let text = text(&variables);
            for word in needed {
                assert!(text.contains(word), "{word}: {text}");
            }
        }
    }
}

/// The composer fills in what is left; a message that nobody told still names its own step.
#[test]
fn a_message_names_its_own_step_even_if_nothing_is_said_of_what_is_left() {
    for (diagnosis, word) in [
        (Diagnosis::PlanNotChosen, "- choose a plan"),
        (Diagnosis::PlanExpired, "- choose a plan"),
        (Diagnosis::BillingAddressMissing, "- say where your bills go"),
        (Diagnosis::PaymentMissing, "- add a payment method"),
        (Diagnosis::IdentityMissing, "- finish the identity check"),
    ] {
        let text = text(&with(Locale::En, diagnosis, &[]));
        assert!(text.contains(word) && text.matches(" - ").count() == 1, "{text}");
    }
}

#[test]
fn trap_6_nobody_is_told_that_they_have_not_started() {
    every_enrollment(|_, said| {
        let said = said.to_lowercase();
        for claim in ["not started", "have not begun", "no ha empezado", "sin empezar"] {
            assert!(!said.contains(claim), "{claim}: {said}");
        }
    });
}

#[test]
fn trap_15_no_words_promise_a_day_or_count_hours() {
    every_enrollment(|_, said| {
        let said = said.to_lowercase();
        for promise in [
            "will begin",
            "will start",
            "hours",
            "days left",
            "empezará",
            "comenzará",
            "horas",
            "quedan",
            "guarantee",
            "garantiza",
        ] {
            assert!(!said.contains(promise), "{promise}: {said}");
        }
    });
}

#[test]
fn trap_19_a_payment_method_that_was_typed_in_is_not_taken_for_one_that_arrived() {
    for (locale, words) in [
        (Locale::En, "If you typed one in before, it did not reach your account"),
        (Locale::Es, "Si ya escribió una, no llegó a guardarse"),
    ] {
        let said = text(&with(locale, Diagnosis::PaymentMissing, &[Step::Payment]));
        assert!(said.contains(words), "{said}");
        for thanks in ["Thank", "received", "Gracias", "recibimos"] {
            assert!(!said.contains(thanks), "{thanks}: {said}");
        }
    }
    // It is said of a payment method alone.
    every_enrollment(|variables, said| {
        let charge = ["charge", "cobra"].iter().any(|word| said.contains(word));
        assert!(!charge || variables.left.contains(&Step::Payment), "{said}");
    });
}

#[test]
fn trap_31_no_rate_price_or_saving_is_in_any_message_and_no_variable_holds_one() {
    every_enrollment(|_, said| {
        let said = said.to_lowercase();
        for word in [
            "$",
            "¢",
            "%",
            "kwh",
            "cent",
            "rate",
            "price",
            "cheap",
            "save money",
            "saving",
            "tarifa",
            "precio",
            "ahorr",
            "barat",
            "centavo",
        ] {
            assert!(!said.contains(word), "{word}: {said}");
        }
    });
    for name in [
        "rate",
        "price",
        "energy_rate_cents_per_kwh",
        "plan.energy_rate_cents_per_kwh",
        "left.rate",
        "plan_name",
        "esi_id",
        "login_link",
    ] {
        for path in [
            "en/plan_not_chosen.txt",
            "en/sms.txt",
            "es/push.txt",
            "es/plan_not_chosen.mjml",
        ] {
            let told = compile(&[(path, &format!("{{{{ {name} }}}}"))]).map(drop).unwrap_err();
            assert!(told.contains(&format!("there is no variable `{name}`")), "{told}");
        }
    }
}

#[test]
fn trap_32_the_day_is_told_only_where_it_is_near_and_no_words_press() {
    every_enrollment(|variables, said| {
        let day = ["Friday, March 6", "viernes 6 de marzo"][usize::from(variables.locale == Locale::Es)];
        assert_eq!(said.contains(day), variables.starts_soon.is_some(), "{said}");
        let near = [" is near", "está cerca"].iter().any(|words| said.contains(words));
        assert_eq!(near, variables.starts_soon.is_some(), "{said}");
        for press in [
            "hurry",
            "last chance",
            "too late",
            "only today",
            "apresúrese",
            "última oportunidad",
            "solo hoy",
        ] {
            assert!(!said.to_lowercase().contains(press), "{press}: {said}");
        }
    });
}

#[test]
fn trap_33_no_words_accept_a_plan_for_the_customer() {
    every_enrollment(|_, said| {
        let said = said.to_lowercase();
        for act in [
            "you agree",
            "accept the terms",
            "by clicking",
            "by replying",
            "acepta los términos",
            "al hacer clic",
            "al responder",
        ] {
            assert!(!said.contains(act), "{act}: {said}");
        }
    });
    for diagnosis in [Diagnosis::PlanNotChosen, Diagnosis::PlanExpired] {
        let said = text(&with(Locale::En, diagnosis, &[Step::Plan]));
        assert!(
            said.contains("a plan is accepted only when you accept it there"),
            "{said}"
        );
    }
}

/// Whether the identity blocks an enrolment is not documented.
#[test]
fn trap_5_nobody_is_told_that_the_identity_alone_holds_the_plan_up() {
    for locale in Locale::ALL {
        let mut variables = with(locale, Diagnosis::IdentityMissing, &[Step::Identity]);
        variables.starts_soon = Some(date(2026, 3, 6));
        let said = everything_said(&variables);
        for claim in ["cannot be set up", "not complete", "no se puede", "Falta completar"] {
            assert!(!said.contains(claim), "{claim}: {said}");
        }
    }
}

/// A text never asks for a payment by itself: it leads to a page. And it is short.
#[test]
fn trap_36_every_text_and_push_fits_whatever_is_left() {
    every_enrollment(|variables, _| {
        let mut variables = variables.clone();
        variables.resume_url = format!("{:x<120}", "https://go.sunhome.example/r/");
        let body = builtin().render_text(&variables).unwrap().body;
        let length = Length::of(&body);
        assert!(
            length.fits() && length.coding == crate::Coding::Gsm7,
            "{length}: {body}"
        );
        assert!(body.contains("STOP") && body.contains("Ana"), "{body}");
        let push = builtin().render_push(&variables).unwrap();
        assert!(
            push.title.chars().count() <= PushMessage::MAX_TITLE_CHARS,
            "{}",
            push.title
        );
        assert!(
            push.body.chars().count() <= PushMessage::MAX_BODY_CHARS,
            "{}",
            push.body
        );
    });
}

#[test]
fn every_mail_says_where_its_link_leads() {
    every_enrollment(|variables, _| {
        let text = text(variables);
        let words = match variables.locale {
            Locale::En => "The link opens your enrollment page with Sunhome.",
            Locale::Es => "El enlace abre su página de contratación con Sunhome.",
        };
        assert_eq!(text.matches(words).count(), 1, "{text}");
    });
}

#[test]
fn subjects_differ_by_touch_and_reason() {
    let mut seen = std::collections::BTreeSet::new();
    for locale in Locale::ALL {
        for (diagnosis, _) in ENROLLMENT {
            for touch in 1..=3 {
                let subject = builtin()
                    .render(&variables(locale, diagnosis, touch, UtilityWords::default()))
                    .unwrap()
                    .subject;
                assert!(seen.insert(subject.clone()), "{subject}");
            }
        }
    }
}

/// Whoever shares data with a utility, or connects one, has no step of an enrolment left.
#[test]
fn other_messages_know_nothing_of_an_enrollment() {
    let own = "{{ resume_url }}{{ unsubscribe_url }}{{ postal_address }}\n\
               {% if left.plan or left.billing_address or left.payment or left.identity or starts_on %}left{% endif %}";
    let templates = compile(&[("en/cancelled.txt", own)]).unwrap();
    let said = templates
        .render(&variables(Locale::En, Diagnosis::Cancelled, 1, everything_known()))
        .unwrap()
        .text;
    assert!(!said.contains("left"), "{said}");
}
