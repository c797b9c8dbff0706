//! Every built-in message, in every language and touch, with much known and with little.

use std::collections::BTreeSet;

use expect_test::expect_file;
use jiff::civil::date;
use journey::contact::Locale;
use journey::enrollment::Step;
use journey::{Diagnosis, UtilityCode};
use utilities::{Directory, Mfa};

use super::{brand, builtin, compile, everything_known, is_of_enrollment, may_be_left, variables};
use crate::{Message, UtilityWords, Variables};

/// What may be known: all, all but separate recovery pages, a login page alone, a name alone, nothing.
fn knowledge() -> Vec<UtilityWords> {
    let all = everything_known();
    let same = UtilityWords {
        forgot_password_url: all.forgot_username_url.clone(),
        ..all.clone()
    };
    let password_only = UtilityWords {
        forgot_username_url: None,
        mfa: Mfa::Optional,
        ..all.clone()
    };
    let login_only = UtilityWords {
        forgot_username_url: None,
        forgot_password_url: None,
        phone: None,
        ..all.clone()
    };
    let name_only = UtilityWords {
        name: all.name.clone(),
        ..UtilityWords::default()
    };
    vec![all, same, password_only, login_only, name_only, UtilityWords::default()]
}

pub(super) fn every_message(mut look: impl FnMut(&Variables, &Message)) {
    let templates = builtin();
    let samples: Vec<_> = templates.gallery(3).collect();
    assert_eq!(samples.len(), 2 * 26 * 3);
    for sample in samples {
        let sign_in = knowledge().into_iter().map(|utility| (utility, false));
        let forms = [everything_known(), UtilityWords::default()].map(|utility| (utility, true));
        for (n, (utility, form_only)) in sign_in.chain(forms).enumerate() {
            let mut variables = variables(sample.locale, sample.diagnosis, sample.touch, utility);
            variables.form_only = form_only;
            let left = may_be_left(sample.diagnosis);
            variables.left = left[n % left.len()].to_vec();
            let has_chosen = variables.left.first().is_some_and(|step| *step != Step::Plan);
            variables.starts_soon = (has_chosen && n % 3 == 1).then_some(date(2026, 3, 6));
            if n % 2 == 1 {
                variables.first_name = None;
                variables.brand.support_email = None;
            }
            let message = templates.render(&variables).unwrap();
            look(&variables, &message);
        }
    }
}

fn links_of_html(html: &str) -> BTreeSet<String> {
    html.split("href=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().replace("&amp;", "&"))
        .filter(|link| !link.starts_with("mailto:"))
        .collect()
}

fn links_of_text(text: &str) -> BTreeSet<String> {
    text.split_whitespace()
        .filter(|word| word.starts_with("http"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_message_is_whole() {
    every_message(|variables, message| {
        let at = format!("{variables:?}\n{}", message.text);
        for part in [&message.subject, &message.html, &message.text] {
            for left in ["{{", "}}", "{%", "%}", "href=\"\"", "Liquid"] {
                assert!(!part.contains(left), "{left} in {at}");
            }
        }
        assert!(
            (10..=60).contains(&message.subject.chars().count()),
            "{} {at}",
            message.subject
        );
        for part in [&message.html, &message.text] {
            for needed in ["Sunhome Energy Inc.", "100 Invented Street", "/r/abc", "/u/abc"] {
                assert!(part.contains(needed), "{needed} in {at}");
            }
        }
        assert_eq!(message.html.matches("/r/abc").count(), 1, "one clear button: {at}");
        assert!(message.html.len() < 60_000, "{}", message.html.len());
    });
}

#[test]
fn both_parts_have_the_same_links() {
    every_message(|variables, message| {
        assert_eq!(
            links_of_html(&message.html),
            links_of_text(&message.text),
            "{variables:?}\n{}",
            message.text
        );
    });
}

#[test]
fn lines_of_the_text_part_are_short() {
    every_message(|_, message| {
        for line in message.text.lines() {
            assert!(line.chars().count() <= 78, "{line}");
        }
        assert!(!message.text.contains("\n\n\n"));
    });
}

#[test]
fn no_part_names_an_address_outside_the_message() {
    every_message(|_, message| {
        for outside in ["<img", "<link", "@import", "<script", "fonts.googleapis"] {
            assert!(!message.html.contains(outside), "{outside}");
        }
    });
}

#[test]
fn spanish_is_spanish_and_english_english() {
    every_message(|variables, message| {
        let english = [
            "What is left",
            "Hello",
            "Unsubscribe",
            "your utility",
            "minutes",
            "reminder",
        ];
        let spanish = [
            "Lo que falta",
            "Hola",
            "recordatorio",
            "minutos",
            "su cuenta",
            "compañía",
        ];
        let (own, other) = match variables.locale {
            Locale::En => (english, spanish),
            Locale::Es => (spanish, english),
        };
        for part in [&message.html, &message.text] {
            assert!(
                own.iter().filter(|word| part.contains(**word)).count() >= 3,
                "{}",
                message.text
            );
            for word in other {
                assert!(!part.contains(word), "{word} in {}", message.text);
            }
        }
        assert!(
            message
                .html
                .contains(&format!("lang=\"{}\"", variables.locale.as_str()))
        );
    });
}

#[test]
fn trap_9_no_message_promises_to_continue_and_later_ones_say_that_steps_may_come_again() {
    every_message(|variables, message| {
        let text = message.text.replace('\n', " ");
        for promise in ["where you left off", "pick up", "donde lo dejó", "continue where"] {
            assert!(!text.contains(promise), "{promise}");
        }
        let starts_over = text.contains("opens a new visit") || text.contains("abre una visita nueva");
        // Who never followed the link has done no step; what is done of an enrolment stays with the account.
        let began = variables.diagnosis != Diagnosis::Invited && !is_of_enrollment(variables.diagnosis);
        assert_eq!(starts_over, variables.touch > 1 && began, "{text}");
    });
}

#[test]
fn only_the_last_of_several_touches_says_that_it_is_the_last() {
    every_message(|variables, message| {
        let last = ["our last reminder", "nuestro último recordatorio"]
            .iter()
            .any(|words| {
                let text = message.text.replace('\n', " ");
                text.contains(words)
            });
        assert_eq!(last, variables.touch == variables.touches);
    });
    let mut single = variables(Locale::En, Diagnosis::NotStarted, 1, UtilityWords::default());
    single.touches = 1;
    assert!(!builtin().render(&single).unwrap().text.contains("last reminder"));
}

#[test]
fn every_message_has_a_preheader_of_its_own() {
    let mut seen = BTreeSet::new();
    every_message(|variables, message| {
        let preheader = message.preheader().unwrap();
        assert!((15..=110).contains(&preheader.chars().count()), "{preheader}");
        assert!(
            !message.text.contains(&preheader) && !preheader.contains("&amp;"),
            "{preheader}"
        );
        seen.insert((variables.locale, preheader));
    });
    assert!(seen.len() >= 2 * 26, "{}", seen.len());
}

/// The subject is what a screen reader calls the mail.
#[test]
fn every_message_is_called_by_its_subject() {
    let label = |message: &Message| {
        let (_, rest) = message.html.split_once("aria-label=\"").unwrap();
        let (label, _) = rest.split_once("\" aria-roledescription=\"email\"").unwrap();
        label.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    every_message(|_, message| assert_eq!(label(message), message.subject));
    let title = r#"<mj-title>The "account"
        at {{ utility_name | default: "your utility" }}</mj-title>"#;
    let own = include_str!("../../templates/en/cancelled.mjml");
    let (before, after) = own.split_once("<mj-title>").unwrap();
    let own = format!("{before}{title}{}", after.split_once("</mj-title>").unwrap().1);
    let message = compile(&[("en/cancelled.mjml", &own)])
        .unwrap()
        .render(&variables(Locale::En, Diagnosis::Cancelled, 1, UtilityWords::default()))
        .unwrap();
    assert_eq!(label(&message), "The &quot;account&quot; at your utility");
    assert_eq!(message.subject, "The \"account\" at your utility");
}

#[test]
fn no_message_presses() {
    every_message(|_, message| {
        let said = format!("{} {}", message.subject, message.text).to_lowercase();
        for pressure in [
            "urgent",
            "hurry",
            "expire",
            "deadline",
            "act now",
            "final notice",
            "urgente",
            "caduca",
            "vence",
            "!",
        ] {
            assert!(!said.contains(pressure), "{pressure} in {said}");
        }
    });
}

#[test]
fn an_outage_was_not_the_customers_fault() {
    let templates = builtin();
    for diagnosis in [Diagnosis::UtilityDown, Diagnosis::ProviderDown] {
        let message = templates
            .render(&variables(Locale::En, diagnosis, 1, UtilityWords::default()))
            .unwrap();
        assert_eq!(message.subject, "It wasn't you: you can try again now");
        assert!(message.text.contains("It should work again now."));
    }
}

#[test]
fn a_phone_is_kept_at_hand_only_where_a_code_is_asked_for() {
    let templates = builtin();
    let with = |mfa| {
        let utility = UtilityWords {
            mfa,
            ..everything_known()
        };
        templates
            .render(&variables(Locale::En, Diagnosis::UtilityNotConnected, 1, utility))
            .unwrap()
    };
    for (mfa, expected) in [
        (Mfa::Mandatory, true),
        (Mfa::Optional, false),
        (Mfa::None, false),
        (Mfa::Unknown, false),
    ] {
        let message = with(mfa);
        assert_eq!(message.text.contains("Keep your phone at hand."), expected);
        assert_eq!(message.html.contains("Keep your phone at hand."), expected);
    }
}

/// Where no utility is asked for, a customer stops before the form, at an agreement, or in the form.
#[test]
fn who_fills_in_a_form_is_told_of_no_sign_in() {
    let mut looked = 0;
    every_message(|variables, message| {
        let by_form = match variables.diagnosis {
            Diagnosis::NotStarted
            | Diagnosis::AgreementsUnanswered
            | Diagnosis::AgreementDeclined
            | Diagnosis::UtilityNotConnected => variables.form_only,
            // The record names a utility at which something was tried.
            Diagnosis::CredentialsInvalid
            | Diagnosis::MfaFailed
            | Diagnosis::Cancelled
            | Diagnosis::LoginFailed
            | Diagnosis::RequiredUtilitiesMissing
            | Diagnosis::WrongUtility
            | Diagnosis::Ineligible
            | Diagnosis::UtilityDown
            | Diagnosis::ProviderDown
            | Diagnosis::NothingLeft
            | Diagnosis::Invited
            | Diagnosis::RepeatedReturns
            | Diagnosis::PasswordChanged
            | Diagnosis::MfaExpired
            | Diagnosis::AccessLost
            | Diagnosis::RenewalDue
            | Diagnosis::ConsentEnding
            | Diagnosis::ConsentEnded
            | Diagnosis::AddressNeeded
            | Diagnosis::PlanNotChosen
            | Diagnosis::PlanExpired
            | Diagnosis::BillingAddressMissing
            | Diagnosis::PaymentMissing
            | Diagnosis::IdentityMissing
            | Diagnosis::Unrecognized => false,
        };
        if !by_form {
            return;
        }
        looked += 1;
        let sms = builtin().render_text(variables).unwrap().body;
        let preheader = message.preheader().unwrap();
        let said = format!(
            "{} {preheader} {} {} {sms}",
            message.subject, message.html, message.text
        );
        for word in [
            "sign",
            "password",
            "user name",
            "phone",
            "sesión",
            "contraseña",
            "usuario",
            "teléfono",
        ] {
            let found = said.to_lowercase().find(&format!(" {word}"));
            assert_eq!(found, None, "{word} {variables:?}\n{}", message.text);
        }
        assert!(!said.contains("https://utility.example"));
    });
    assert_eq!(looked, 2 * 4 * 3 * 2);
}

#[test]
fn every_utility_of_the_directory_fits_into_every_message() {
    let templates = builtin();
    let directory = Directory::builtin();
    for utility in directory.all() {
        let words = UtilityWords::of(&directory, Some(&utility.code), None);
        let named = utility.short_name_for_customer();
        assert_eq!(words.name.as_deref(), named);
        let message = templates
            .render(&variables(Locale::En, Diagnosis::CredentialsInvalid, 1, words))
            .unwrap();
        let name = named.unwrap_or("Your utility");
        assert!(
            message
                .text
                .replace('\n', " ")
                .contains(&format!("{name} did not accept")),
            "{}",
            message.text
        );
        if named.is_none() {
            assert!(!message.html.contains(&utility.name));
        }
    }
}

#[test]
fn the_display_name_decides_when_it_is_known() {
    let directory = Directory::builtin();
    let code = UtilityCode::parse("PGE");
    let name = |display: Option<&str>| UtilityWords::of(&directory, code.as_ref(), display).name;
    assert_eq!(name(Some("SDG&E: San Diego Gas & Electric")).as_deref(), Some("SDG&E"));
    assert_eq!(name(Some("something new")).as_deref(), Some("PG&E"));
    assert_eq!(name(None).as_deref(), Some("PG&E"));
    assert_eq!(
        UtilityWords::of(&directory, None, Some("something new")),
        UtilityWords::default()
    );
}

#[test]
fn compiling_twice_gives_the_same_bytes() {
    let variables = variables(Locale::En, Diagnosis::MfaFailed, 2, everything_known());
    assert_eq!(
        builtin().render(&variables).unwrap().html,
        builtin().render(&variables).unwrap().html
    );
}

#[test]
fn a_campaigns_file_takes_the_place_of_a_built_in_one() {
    let footer = "--\nOurs.\n{{ unsubscribe_url }}\n{{ postal_address }}\n";
    let templates = compile(&[
        ("en/footer.txt", footer),
        ("en/extra.txt", "More."),
        (
            "en/cancelled.txt",
            "{{ resume_url }}\n{% include 'extra.txt' %}\n{% include 'footer.txt' %}",
        ),
    ])
    .unwrap();
    let text = |locale, diagnosis| {
        templates
            .render(&variables(locale, diagnosis, 1, UtilityWords::default()))
            .unwrap()
            .text
    };
    assert!(text(Locale::En, Diagnosis::NotStarted).contains("Ours."));
    assert!(!text(Locale::Es, Diagnosis::NotStarted).contains("Ours."));
    assert!(text(Locale::En, Diagnosis::Cancelled).contains("More.\n--\nOurs."));
    let shared = compile(&[(
        "header.mjml",
        "<mj-section><mj-column><mj-text>Hi from {{ brand }}</mj-text></mj-column></mj-section>",
    )])
    .unwrap();
    for locale in Locale::ALL {
        let message = shared
            .render(&variables(locale, Diagnosis::NotStarted, 1, UtilityWords::default()))
            .unwrap();
        assert!(message.html.contains("Hi from Sunhome"));
    }
    assert!(
        shared
            .files()
            .any(|(path, text)| path == "header.mjml" && text.contains("Hi from"))
    );
}

#[test]
fn two_messages_in_full() {
    let directory = Directory::builtin();
    let templates = builtin();
    let sample = |locale, diagnosis, touch| crate::Sample {
        locale,
        diagnosis,
        touch,
        touches: 3,
    };
    let code = UtilityCode::parse("PGE");
    let first = sample(Locale::En, Diagnosis::CredentialsInvalid, 1).variables(&brand(), &directory, code.as_ref());
    let first = templates.render(&first).unwrap();
    expect_file!["../../golden/en-credentials_invalid-1.html"].assert_eq(&first.html);
    expect_file!["../../golden/en-credentials_invalid-1.txt"]
        .assert_eq(&format!("Subject: {}\n\n{}", first.subject, first.text));
    let code = UtilityCode::parse("CECONY");
    let second = sample(Locale::Es, Diagnosis::UtilityNotConnected, 3).variables(&brand(), &directory, code.as_ref());
    let second = templates.render(&second).unwrap();
    expect_file!["../../golden/es-utility_not_connected-3.txt"]
        .assert_eq(&format!("Subject: {}\n\n{}", second.subject, second.text));
}
