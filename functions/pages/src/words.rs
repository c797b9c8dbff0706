//! The pages' words, in English and Spanish.

use journey::Diagnosis;
use journey::contact::Locale;

pub(crate) struct Words {
    pub(crate) resume_title: &'static str,
    pub(crate) minutes: &'static str,
    pub(crate) shared_title: &'static str,
    pub(crate) shared: [&'static str; 3],
    pub(crate) at_hand_title: &'static str,
    pub(crate) at_hand: &'static str,
    pub(crate) mfa: &'static str,
    pub(crate) sign_in: &'static str,
    pub(crate) forgot_username: &'static str,
    pub(crate) forgot_password: &'static str,
    pub(crate) call: &'static str,
    pub(crate) go_on: &'static str,
    pub(crate) done_title: &'static str,
    pub(crate) done: &'static str,
    pub(crate) no_link_title: &'static str,
    pub(crate) no_link: &'static str,
    pub(crate) preferences_title: &'static str,
    pub(crate) receives: &'static str,
    pub(crate) receives_nothing: &'static str,
    pub(crate) stop: &'static str,
    pub(crate) start: &'static str,
    pub(crate) changed: &'static str,
    pub(crate) help: &'static str,
}

const EN: Words = Words {
    resume_title: "Finish connecting your utility account",
    minutes: "It usually takes a few minutes.",
    shared_title: "What is shared, and why",
    shared: [
        "You sign in on your utility's own page. Your password is not shown to us and not stored by us.",
        "With your agreement your utility shares energy-use and account data for the program you chose.",
        "You can withdraw your agreement later.",
    ],
    at_hand_title: "Have at hand",
    at_hand: "The user name and password of your online account with your utility.",
    mfa: "Your phone: your utility may send a code. Keep the page open until you have entered it.",
    sign_in: "Sign-in page of your utility",
    forgot_username: "Forgot your user name?",
    forgot_password: "Forgot your password?",
    call: "Customer service",
    go_on: "Continue",
    done_title: "You are all set",
    done: "Your account is connected. There is nothing left to do.",
    no_link_title: "Please use the link you were given",
    no_link: "Open the link with which you started. If you no longer have it, write to us and we will send a new one.",
    preferences_title: "Your reminders",
    receives: "You receive reminders by e-mail about an enrolment that is not finished yet.",
    receives_nothing: "You receive no reminders from us.",
    stop: "Stop reminders",
    start: "Receive reminders again",
    changed: "Your choice is saved.",
    help: "Questions? Write to",
};

const ES: Words = Words {
    resume_title: "Termine de conectar su cuenta de servicios",
    minutes: "Por lo general toma unos minutos.",
    shared_title: "Qué se comparte y por qué",
    shared: [
        "Usted inicia sesión en la página de su propia compañía de servicios. No vemos ni guardamos su contraseña.",
        "Con su permiso, su compañía comparte datos de consumo y de la cuenta para el programa que usted eligió.",
        "Puede retirar su permiso más adelante.",
    ],
    at_hand_title: "Tenga a mano",
    at_hand: "El nombre de usuario y la contraseña de su cuenta en línea con su compañía de servicios.",
    mfa: "Su teléfono: su compañía puede enviarle un código. Deje la página abierta hasta haberlo escrito.",
    sign_in: "Página de inicio de sesión de su compañía",
    forgot_username: "¿Olvidó su nombre de usuario?",
    forgot_password: "¿Olvidó su contraseña?",
    call: "Atención al cliente",
    go_on: "Continuar",
    done_title: "Todo listo",
    done: "Su cuenta está conectada. No queda nada por hacer.",
    no_link_title: "Use el enlace que recibió",
    no_link: "Abra el enlace con el que empezó. Si ya no lo tiene, escríbanos y le enviaremos uno nuevo.",
    preferences_title: "Sus recordatorios",
    receives: "Usted recibe recordatorios por correo electrónico sobre una inscripción que aún no ha terminado.",
    receives_nothing: "Usted no recibe recordatorios nuestros.",
    stop: "No recibir más recordatorios",
    start: "Volver a recibir recordatorios",
    changed: "Su elección quedó guardada.",
    help: "¿Preguntas? Escriba a",
};

pub(crate) const fn words(locale: Locale) -> &'static Words {
    match locale {
        Locale::En => &EN,
        Locale::Es => &ES,
    }
}

/// What is left to do, in a sentence.
pub(crate) const fn left(locale: Locale, diagnosis: Option<Diagnosis>) -> &'static str {
    let Some(diagnosis) = diagnosis else {
        return general(locale);
    };
    match (diagnosis, locale) {
        (Diagnosis::AgreementsUnanswered | Diagnosis::AgreementDeclined, Locale::En) => {
            "One or more agreements still need your answer."
        }
        (Diagnosis::AgreementsUnanswered | Diagnosis::AgreementDeclined, Locale::Es) => {
            "Una o más condiciones esperan todavía su respuesta."
        }
        (Diagnosis::CredentialsInvalid | Diagnosis::LoginFailed, Locale::En) => {
            "The sign-in at your utility did not work. You can try again."
        }
        (Diagnosis::CredentialsInvalid | Diagnosis::LoginFailed, Locale::Es) => {
            "El inicio de sesión en su compañía no funcionó. Puede intentarlo de nuevo."
        }
        (Diagnosis::MfaFailed, Locale::En) => "The code from your utility was not accepted. You can ask for a new one.",
        (Diagnosis::MfaFailed, Locale::Es) => "El código de su compañía no fue aceptado. Puede pedir uno nuevo.",
        (Diagnosis::RequiredUtilitiesMissing, Locale::En) => "One or more of your utilities are still to be connected.",
        (Diagnosis::RequiredUtilitiesMissing, Locale::Es) => "Falta conectar una o más de sus compañías de servicios.",
        (Diagnosis::UtilityDown | Diagnosis::ProviderDown, Locale::En) => {
            "There was a technical fault, not of your making. Please try again."
        }
        (Diagnosis::UtilityDown | Diagnosis::ProviderDown, Locale::Es) => {
            "Hubo una falla técnica ajena a usted. Por favor, inténtelo de nuevo."
        }
        (
            Diagnosis::NotStarted
            | Diagnosis::UtilityNotConnected
            | Diagnosis::Cancelled
            | Diagnosis::WrongUtility
            | Diagnosis::Ineligible
            | Diagnosis::NothingLeft
            | Diagnosis::Unrecognized,
            Locale::En | Locale::Es,
        ) => general(locale),
    }
}

const fn general(locale: Locale) -> &'static str {
    match locale {
        Locale::En => "Your utility account is not connected yet.",
        Locale::Es => "Su cuenta de servicios aún no está conectada.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_says_what_is_left_in_both_languages() {
        for (diagnosis, en, es) in [
            (
                Diagnosis::AgreementsUnanswered,
                "agreements still need",
                "condiciones esperan",
            ),
            (
                Diagnosis::AgreementDeclined,
                "agreements still need",
                "condiciones esperan",
            ),
            (
                Diagnosis::CredentialsInvalid,
                "sign-in at your utility",
                "inicio de sesión",
            ),
            (Diagnosis::LoginFailed, "sign-in at your utility", "inicio de sesión"),
            (Diagnosis::MfaFailed, "ask for a new one", "pedir uno nuevo"),
            (
                Diagnosis::RequiredUtilitiesMissing,
                "still to be connected",
                "Falta conectar",
            ),
            (Diagnosis::UtilityDown, "not of your making", "ajena a usted"),
            (Diagnosis::ProviderDown, "not of your making", "ajena a usted"),
        ] {
            assert!(left(Locale::En, Some(diagnosis)).contains(en), "{diagnosis:?}");
            assert!(left(Locale::Es, Some(diagnosis)).contains(es), "{diagnosis:?}");
        }
        let unknown = [
            None,
            Some(Diagnosis::UtilityNotConnected),
            Some(Diagnosis::Unrecognized),
        ];
        for diagnosis in unknown {
            assert!(left(Locale::En, diagnosis).contains("is not connected yet"));
            assert!(left(Locale::Es, diagnosis).contains("aún no está conectada"));
        }
    }
}
