//! The built-in text messages: what they say, how long they are, and what is left out of long ones.

use expect_test::{Expect, expect};
use journey::Diagnosis;
use journey::contact::Locale;

use super::{brand, builtin, compile, everything_known, variables};
use crate::{Brand, Coding, Length, RenderError, TrialError, UtilityWords, Variables};

/// As long as a link can be behind API Gateway's own host.
fn long_link() -> String {
    format!(
        "https://abcdefghij.execute-api.us-east-1.amazonaws.com/r/{}",
        "a".repeat(62)
    )
}

fn text(variables: &Variables) -> String {
    builtin().render_text(variables).unwrap().body
}

fn shown(locale: Locale, diagnosis: Diagnosis, expected: Expect) {
    expected.assert_eq(&text(&variables(locale, diagnosis, 1, everything_known())));
}

#[test]
fn every_text_says_who_writes_where_to_go_and_how_to_stop() {
    for sample in builtin().gallery(3) {
        for utility in [everything_known(), UtilityWords::default()] {
            let mut variables = variables(sample.locale, sample.diagnosis, sample.touch, utility);
            variables.resume_url = long_link();
            let body = text(&variables);
            for needed in ["Sunhome Energy Inc.: ", &long_link(), "STOP"] {
                assert!(body.contains(needed), "{needed}: {body}");
            }
            assert!(!body.contains(['\n', '{', '}']) && !body.contains("  "), "{body}");
            let length = Length::of(&body);
            assert_eq!(length.coding, Coding::Gsm7, "{body}");
            assert!(length.fits(), "{length}: {body}");
            for promise in ["where you left off", "pick up", "donde lo dejo"] {
                assert!(!body.contains(promise), "{promise}");
            }
        }
    }
}

#[test]
fn the_words_fit_where_the_customer_stopped() {
    use Diagnosis as D;
    shown(
        Locale::En,
        D::NotStarted,
        expect![
            "Sunhome Energy Inc.: Hello Ana, your utility account is not connected yet. Connect it here: https://go.sunhome.example/r/abc Reply STOP to opt out"
        ],
    );
    shown(
        Locale::En,
        D::CredentialsInvalid,
        expect![
            "Sunhome Energy Inc.: Hello Ana, signing in to Edison & Sons did not work. Try the sign-in again: https://go.sunhome.example/r/abc Reply STOP to opt out"
        ],
    );
    shown(
        Locale::En,
        D::UtilityDown,
        expect![
            "Sunhome Energy Inc.: Hello Ana, connecting your utility account should work again. Try it here: https://go.sunhome.example/r/abc Reply STOP to opt out"
        ],
    );
    shown(
        Locale::Es,
        D::RequiredUtilitiesMissing,
        expect![
            "Sunhome Energy Inc.: Hola Ana, falta conectar otra cuenta de electricidad. Puede hacerlo en: https://go.sunhome.example/r/abc Responda STOP para no recibir mensajes"
        ],
    );
}

#[test]
fn what_makes_a_text_too_long_is_left_out() {
    let mut named = variables(Locale::Es, Diagnosis::CredentialsInvalid, 1, everything_known());
    named.resume_url = long_link();
    named.first_name = Some("María".to_owned());
    // One accent, and a segment holds less than half.
    let body = text(&named);
    assert!(!body.contains("María") && !body.contains("Edison"), "{body}");
    assert!(Length::of(&body).fits());
    named.first_name = Some("Jürgen".to_owned());
    assert!(text(&named).contains("Hola Jürgen"), "in the alphabet of texts");
    named.first_name = Some("x".repeat(60));
    named.utility.name = Some("y".repeat(90));
    assert!(!text(&named).contains("xxx"));
}

#[test]
fn a_text_that_is_too_long_without_them_is_refused() {
    let mut long = variables(Locale::En, Diagnosis::NotStarted, 1, UtilityWords::default());
    long.resume_url = format!("https://example.com/{}", "x".repeat(240));
    let error = builtin().render_text(&long).unwrap_err();
    assert!(
        matches!(error, RenderError::TooLong(length) if length.segments == 3),
        "{error}"
    );
    long.resume_url = "javascript:alert(1)".to_owned();
    assert_eq!(
        builtin().render_text(&long).unwrap_err(),
        RenderError::NotALink("resume_url")
    );
}

#[test]
fn a_trial_counts_with_a_long_link_and_without_a_name() {
    builtin().try_out_texts(&brand(), 3).unwrap();
    let accented = Brand {
        sender_name: "Energía Soleada".to_owned(),
        ..brand()
    };
    let error = builtin().try_out_texts(&accented, 3).unwrap_err();
    assert!(matches!(error, TrialError::TooLong { .. }), "{error}");
    let told = error.to_string();
    for part in [
        "UCS-2 (because of `í`)",
        "in 4 segments",
        "at most 2 segments",
        "en/sms.txt",
    ] {
        assert!(told.contains(part), "{told}");
    }
}

#[test]
fn a_trial_refuses_an_answer_to_help_that_is_too_long_at_its_shortest() {
    let wordy = Brand {
        support_email: None,
        postal_address: "100 Example Street, ".repeat(12),
        ..brand()
    };
    let error = builtin().try_out_texts(&wordy, 3).unwrap_err();
    assert!(matches!(error, TrialError::HelpTooLong { .. }), "{error}");
    let told = error.to_string();
    assert!(
        told.contains("the answer to HELP") && told.contains("3 segments") && told.contains("`support_email`"),
        "{told}"
    );
    let reachable = Brand {
        support_email: Some("help@example.com".to_owned()),
        ..wordy
    };
    builtin().try_out_texts(&reachable, 3).unwrap();
}

/// A name of the most characters, one with an accent, a long link: what the gallery shows beside the usual text.
#[test]
fn the_longest_values_fit_in_every_text() {
    let templates = builtin();
    for sample in templates.gallery(3) {
        let usual = variables(sample.locale, sample.diagnosis, sample.touch, everything_known());
        let bodies = usual
            .in_texts()
            .map(|(_, variables)| templates.render_text(&variables).unwrap().body);
        assert!(bodies.iter().all(|body| Length::of(body).fits()), "{bodies:?}");
        assert!(bodies[0].contains("Ana") && !bodies[1].contains("Mar\u{ed}a") && !bodies[3].contains("Edison"));
        assert!(
            bodies[1..].iter().all(|body| body.contains(&"x".repeat(90))),
            "{bodies:?}"
        );
    }
}

#[test]
fn stop_must_stand_outside_every_block() {
    let faults = |words: &str| compile(&[("en/sms.txt", words)]).map(drop).unwrap_err();
    let rest = "{{ sender_name }} {{ resume_url }}";
    for hidden in [
        "Reply stop",
        "{% if touch == 1 %}Reply STOP{% endif %}",
        "{% comment %}Reply STOP{% endcomment %}",
        "{{ brand | default: \"STOP\" }}",
    ] {
        let told = faults(&format!("{rest} {hidden}\n"));
        assert!(
            told.starts_with("templates/en/sms.txt:1:") && told.contains("does not say how to stop"),
            "{told}"
        );
    }
    let own = format!("{rest} Text STOP to end\n");
    let templates = compile(&[("en/sms.txt", &own)]).unwrap();
    let variables = variables(Locale::En, Diagnosis::MfaFailed, 2, everything_known());
    assert_eq!(
        templates.render_text(&variables).unwrap().body,
        "Sunhome Energy Inc. https://go.sunhome.example/r/abc Text STOP to end"
    );
}
