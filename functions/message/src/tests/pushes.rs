//! The built-in pushes: two short lines that say nothing private.

use expect_test::expect;
use journey::Diagnosis;
use journey::contact::Locale;

use super::{brand, builtin, compile, everything_known, variables};
use crate::{PushMessage, RenderError, TrialError, UtilityWords};

#[test]
fn every_push_fits_a_locked_phone_and_names_nobody() {
    let templates = builtin();
    for sample in templates.gallery(3) {
        for utility in [everything_known(), UtilityWords::default()] {
            let variables = variables(sample.locale, sample.diagnosis, sample.touch, utility);
            let push = templates.render_push(&variables).unwrap();
            for line in [&push.title, &push.body] {
                assert!(!line.is_empty() && !line.contains(['\n', '{', '}']), "{line}");
                // Anybody may read it where the phone lies.
                assert!(!line.contains("Ana") && !line.contains("https://"), "{line}");
            }
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
        }
    }
    templates.try_out_pushes(&brand(), 3).unwrap();
}

#[test]
fn the_words_fit_where_the_customer_stopped() {
    let shown = |locale, diagnosis| {
        let push = builtin()
            .render_push(&variables(locale, diagnosis, 1, everything_known()))
            .unwrap();
        format!("{} | {}", push.title, push.body)
    };
    expect!["One step is left | Your utility account is not connected yet. Tap to connect it."]
        .assert_eq(&shown(Locale::En, Diagnosis::NotStarted));
    expect!["No se pudo entrar en la cuenta | No se pudo entrar en Edison & Sons. Toque para intentarlo de nuevo."]
        .assert_eq(&shown(Locale::Es, Diagnosis::CredentialsInvalid));
}

#[test]
fn what_is_too_long_goes_without_what_may_be_missing_or_is_refused() {
    let named = compile(&[("en/push.txt", "{{ utility_name }} Tap to go on.")]).unwrap();
    let mut long = variables(Locale::En, Diagnosis::NotStarted, 1, everything_known());
    long.utility.name = Some("x".repeat(140));
    assert_eq!(named.render_push(&long).unwrap().body, "Tap to go on.");
    let wordy = compile(&[("en/push_title.txt", &"word ".repeat(11))]).unwrap();
    assert_eq!(wordy.render_push(&long).unwrap_err(), RenderError::PushTooLong);
    let error = wordy.try_out_pushes(&brand(), 3).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("a title may have 50 characters, and the words 150"),
        "{error}"
    );
    let silent = compile(&[("es/push.txt", "{% if first_name %}x{% endif %}")]).unwrap();
    let error = silent.try_out_pushes(&brand(), 3).unwrap_err();
    assert!(matches!(error, TrialError::LeavesOut { part: "push", .. }), "{error}");
}
