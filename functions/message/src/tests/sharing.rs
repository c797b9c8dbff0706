//! The messages about data that a provider fetches: who was invited, who comes back, whose connection was lost.

use expect_test::expect;
use journey::Diagnosis;
use journey::contact::Locale;
use utilities::Mfa;

use super::words::every_message;
use super::{builtin, everything_known, is_of_enrollment, variables};
use crate::UtilityWords;

const LOST: [Diagnosis; 3] = [Diagnosis::PasswordChanged, Diagnosis::MfaExpired, Diagnosis::AccessLost];

/// Those who are, or were, connected.
const CONNECTED: [Diagnosis; 6] = [
    Diagnosis::PasswordChanged,
    Diagnosis::MfaExpired,
    Diagnosis::AccessLost,
    Diagnosis::RenewalDue,
    Diagnosis::ConsentEnding,
    Diagnosis::ConsentEnded,
];

/// The text part, on one line.
fn said(locale: Locale, diagnosis: Diagnosis, touch: u16, utility: UtilityWords) -> String {
    let message = builtin().render(&variables(locale, diagnosis, touch, utility)).unwrap();
    message.text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn each_says_why_it_comes_and_names_the_utility_in_every_touch() {
    use Diagnosis as D;
    let reasons = [
        (
            D::Invited,
            "What is shared: your bills",
            "Lo que se comparte: sus facturas",
        ),
        (
            D::RepeatedReturns,
            "If the sign-in stands in the way",
            "Si el obstáculo es el inicio de sesión",
        ),
        (
            D::PasswordChanged,
            "password seems to have changed",
            "parece que cambió la contraseña",
        ),
        (
            D::MfaExpired,
            "Edison & Sons wants to be sure that it is you",
            "Edison & Sons quiere confirmar que es usted",
        ),
        (D::AccessLost, "We were not told why.", "No nos dijeron por qué."),
        (D::RenewalDue, "still works", "aún funciona"),
        (
            D::ConsentEnding,
            "Your agreement to share the bills and meter readings of your Edison & Sons account with Sunhome ends soon.",
            "de su cuenta de Edison & Sons termina pronto.",
        ),
        (
            D::ConsentEnded,
            "Your agreement to share the bills and meter readings of your Edison & Sons account with Sunhome has ended.",
            "de su cuenta de Edison & Sons terminó.",
        ),
    ];
    for (diagnosis, english, spanish) in reasons {
        for touch in 1..=3 {
            for (locale, reason) in [(Locale::En, english), (Locale::Es, spanish)] {
                let said = said(locale, diagnosis, touch, everything_known());
                let (said, reason) = (said.to_lowercase(), reason.to_lowercase());
                for needed in [reason.as_str(), "edison & sons", "sunhome", "minut"] {
                    assert!(said.contains(needed), "{needed}: {said}");
                }
            }
        }
    }
}

#[test]
fn an_invitation_says_what_is_shared_and_why() {
    for touch in 1..=3 {
        let said = said(Locale::En, Diagnosis::Invited, touch, everything_known());
        for needed in [
            "your bills",
            "readings of your meters",
            "which Sunhome needs for",
            "Keep your phone at hand.",
        ] {
            assert!(said.contains(needed), "{needed}: {said}");
        }
        assert!(said.contains("about 5 minutes"), "{said}");
    }
}

#[test]
fn the_footers_reason_is_true_of_who_reads_it() {
    every_message(|variables, message| {
        let text = message.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let reasons = match variables.locale {
            Locale::En => [
                "because Sunhome invited you to connect your utility account.",
                "because your utility account was connected with Sunhome.",
                "because you started to connect your utility account with Sunhome.",
                "because you started to sign up for an electricity plan with Sunhome.",
            ],
            Locale::Es => [
                "porque Sunhome le invitó a conectar su cuenta de servicios públicos.",
                "porque su cuenta de servicios públicos se conectó con Sunhome.",
                "porque empezó a conectar su cuenta de electricidad con Sunhome.",
                "porque empezó a contratar un plan de electricidad con Sunhome.",
            ],
        };
        let expected = if variables.diagnosis == Diagnosis::Invited {
            0
        } else if CONNECTED.contains(&variables.diagnosis) {
            1
        } else if is_of_enrollment(variables.diagnosis) {
            3
        } else {
            2
        };
        for (n, reason) in reasons.into_iter().enumerate() {
            assert_eq!(text.contains(reason), n == expected, "{variables:?} {text}");
        }
        // Nor is the last reminder about an account to connect where it is connected, or a plan is to be chosen.
        let connect = ["rather not connect an account", "prefiere no conectar una cuenta"];
        let offered = connect.iter().any(|words| text.contains(words));
        let last = variables.touch == variables.touches;
        assert_eq!(offered, last && matches!(expected, 0 | 2), "{variables:?} {text}");
    });
}

#[test]
fn it_is_said_once_that_no_secret_is_asked_for_by_reply() {
    every_message(|variables, message| {
        let text = message.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let enrolls = is_of_enrollment(variables.diagnosis);
        let never = match (variables.locale, enrolls) {
            (Locale::En, false) => "We never ask for your password or a code by reply.",
            (Locale::Es, false) => "Nunca le pedimos que responda con su contraseña o un código.",
            (Locale::En, true) => "We never ask for a card or account number by reply.",
            (Locale::Es, true) => "Nunca le pedimos que responda con un número de tarjeta o de cuenta.",
        };
        let expected = usize::from(enrolls || !variables.form_only);
        assert_eq!(text.matches(never).count(), expected, "{text}");
        let rest = text.replace(never, "").to_lowercase();
        for asks in ["reply", "responda", "send us your", "envíenos"] {
            assert!(!rest.contains(asks), "{asks}: {text}");
        }
    });
}

#[test]
fn who_comes_back_in_vain_is_shown_the_utilitys_own_help_before_the_button_and_the_other_way_after_it() {
    for (locale, lock, other) in [
        (
            Locale::En,
            "may lock your account at Edison & Sons",
            "you can send a bill or type in your account instead",
        ),
        (
            Locale::Es,
            "pueden bloquear su cuenta en Edison & Sons",
            "puede enviar una factura o escribir los datos de su cuenta",
        ),
    ] {
        for touch in 1..=3 {
            let said = said(locale, Diagnosis::RepeatedReturns, touch, everything_known());
            let order = [
                "/forgot-user",
                "/forgot-password",
                "/login",
                "1-800-555-0100",
                lock,
                "/r/abc",
                other,
            ];
            let places: Vec<_> = order.iter().map(|words| said.find(words)).collect();
            assert!(
                places.iter().all(Option::is_some) && places.is_sorted(),
                "{places:?} {said}"
            );
            // Nobody told that the password was wrong.
            for claim in ["not accept", "wrong password", "no aceptó", "incorrect"] {
                assert!(!said.contains(claim), "{claim}: {said}");
            }
        }
        let unknown = said(locale, Diagnosis::RepeatedReturns, 1, UtilityWords::default());
        assert!(
            unknown.contains(other) && !unknown.contains("utility.example"),
            "{unknown}"
        );
    }
}

#[test]
fn the_second_step_needs_a_phone_and_a_minute_whatever_is_known_of_the_utility() {
    for mfa in [Mfa::Mandatory, Mfa::Optional, Mfa::None, Mfa::Unknown] {
        for touch in 1..=3 {
            let utility = UtilityWords {
                mfa,
                ..everything_known()
            };
            let said = said(Locale::En, Diagnosis::MfaExpired, touch, utility);
            for needed in [
                "Have your phone ready, and leave the page open",
                "It takes about a minute.",
                "the choice is yours",
            ] {
                assert_eq!(said.matches(needed).count(), 1, "{needed}: {said}");
            }
            assert!(
                !said.contains("5 minutes") && !said.contains("Keep your phone at hand"),
                "{said}"
            );
        }
    }
}

/// "Your PG&E connection stopped" would be read as a power cut.
#[test]
fn a_lost_connection_is_never_mistaken_for_the_power() {
    let templates = builtin();
    for diagnosis in LOST {
        for touch in 1..=3 {
            for (locale, stops, safe) in [
                (
                    Locale::En,
                    "no new bills or meter readings reach Sunhome",
                    "Your service itself is not affected.",
                ),
                (
                    Locale::Es,
                    "Sunhome no recibe nuevas facturas ni lecturas",
                    "Su servicio en sí no se ve afectado.",
                ),
            ] {
                let variables = variables(locale, diagnosis, touch, everything_known());
                let text = said(locale, diagnosis, touch, everything_known());
                assert!(text.contains(stops) && text.contains(safe), "{text}");
                let push = templates.render_push(&variables).unwrap();
                let subject = templates.render(&variables).unwrap().subject;
                let sms = templates.render_text(&variables).unwrap().body;
                for words in [subject, sms, push.title, push.body, text] {
                    let words = words.to_lowercase();
                    for (bare, whole) in [("connection", "data connection"), ("conexión", "conexión de datos")] {
                        assert_eq!(words.matches(bare).count(), words.matches(whole).count(), "{words}");
                    }
                    for cut in ["disconnect", "desconect", "cut off", "shut off", "cort"] {
                        assert!(!words.contains(cut), "{words}");
                    }
                }
            }
        }
    }
}

#[test]
fn an_agreement_that_ends_may_end() {
    for diagnosis in [Diagnosis::ConsentEnding, Diagnosis::ConsentEnded] {
        for touch in 1..=3 {
            let english = said(Locale::En, diagnosis, touch, everything_known());
            let spanish = said(Locale::Es, diagnosis, touch, everything_known());
            assert_eq!(
                english.matches("there is nothing you need to do").count(),
                1,
                "{english}"
            );
            assert_eq!(spanish.matches("no tiene que hacer nada").count(), 1, "{spanish}");
        }
    }
}

#[test]
fn the_short_words() {
    let templates = builtin();
    let mut all = String::new();
    for locale in Locale::ALL {
        for diagnosis in [Diagnosis::Invited, Diagnosis::RepeatedReturns]
            .into_iter()
            .chain(CONNECTED)
        {
            let variables = variables(locale, diagnosis, 1, everything_known());
            let body = templates.render_text(&variables).unwrap().body;
            let (_, words) = body.split_once("Ana, ").unwrap();
            let (words, _) = words.split_once(" https://").unwrap();
            let push = templates.render_push(&variables).unwrap();
            all += &format!("{}\n  {words}\n  {} | {}\n", diagnosis.as_str(), push.title, push.body);
        }
    }
    expect![[r#"
        invited
          you are invited to share your Edison & Sons bills and meter readings. Connect here:
          Connect your utility account | You are invited to share your Edison & Sons bills and meter readings. Tap to see more.
        repeated_returns
          your Edison & Sons account is not connected yet. Help, and a way without an online account:
          Help with connecting your account | Your Edison & Sons account is not connected yet. Tap for help, or for a way without an online account.
        password_changed
          your Edison & Sons data connection stopped. Sign in once with your new password:
          The data connection stopped | Your Edison & Sons password seems to have changed. Tap to sign in once with the new one.
        mfa_expired
          Edison & Sons wants to be sure it is you. Sign in once more, phone at hand:
          Sign in once more | Edison & Sons wants to be sure it is you. Tap to sign in once more; it takes about a minute.
        access_lost
          the data connection to Edison & Sons stopped. Sign in once more:
          The data connection stopped | The data connection to Edison & Sons has stopped. Tap to sign in once more.
        renewal_due
          Edison & Sons will soon ask you to sign in again. Sign in now to keep sharing data:
          The data connection still works | Edison & Sons will soon ask you to sign in again. Tap to sign in now and keep sharing data.
        consent_ending
          your agreement to share utility data ends soon. Renew it if you want to go on:
          Your agreement ends soon | Your agreement to share utility data ends soon. Tap to renew it if you want to go on.
        consent_ended
          your agreement to share utility data has ended. Renew it if you want to go on:
          Your agreement has ended | Your agreement to share utility data has ended. Tap to renew it if you want to go on.
        invited
          puede conectar su cuenta de Edison & Sons y compartir facturas y lecturas:
          Conecte su cuenta | Puede compartir las facturas y lecturas de su cuenta de Edison & Sons. Toque para saber más.
        repeated_returns
          su cuenta de Edison & Sons sigue sin conectar. Ayuda, u otra manera sin cuenta en internet:
          Ayuda para conectar su cuenta | Su cuenta de Edison & Sons aún no está conectada. Toque para ver la ayuda u otra manera, sin cuenta en línea.
        password_changed
          su cuenta de Edison & Sons ya no comparte datos. Entre una vez con su contraseña nueva:
          La conexión de datos se interrumpió | Parece que cambió la contraseña de su cuenta de Edison & Sons. Toque para iniciar sesión con la nueva.
        mfa_expired
          su cuenta de Edison & Sons le pide confirmar que es usted. Entre con el teléfono a mano:
          Inicie sesión una vez más | Edison & Sons quiere confirmar que es usted. Toque para iniciar sesión; toma alrededor de un minuto.
        access_lost
          su cuenta de Edison & Sons ya no comparte datos. Entre una vez para conectarla de nuevo:
          La conexión de datos se interrumpió | La conexión de datos con Edison & Sons se interrumpió. Toque para iniciar sesión una vez más.
        renewal_due
          su cuenta de Edison & Sons pronto le va a pedir entrar de nuevo. Puede hacerlo ya:
          La conexión de datos aún funciona | Edison & Sons pronto le pedirá iniciar sesión otra vez. Toque para hacerlo ahora y seguir compartiendo datos.
        consent_ending
          su permiso para compartir datos termina pronto. Renuévelo si quiere continuar:
          Su permiso termina pronto | Su permiso para compartir datos termina pronto. Toque para renovarlo si quiere continuar.
        consent_ended
          su permiso para compartir datos ha terminado. Renuévelo si quiere continuar:
          Su permiso terminó | Su permiso para compartir datos terminó. Toque para renovarlo si quiere continuar.
    "#]].assert_eq(&all);
}
