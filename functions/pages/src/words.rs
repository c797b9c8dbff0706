//! The pages' words, in English and Spanish.

use journey::Diagnosis;
use journey::campaign::Channel;
use journey::contact::Locale;

use crate::preferences::Standing;

pub(crate) struct Words {
    pub(crate) resume_title: &'static str,
    pub(crate) steps_title: &'static str,
    pub(crate) shared_title: &'static str,
    pub(crate) at_hand_title: &'static str,
    pub(crate) at_hand: &'static str,
    pub(crate) at_hand_form: &'static str,
    pub(crate) at_hand_enrollment: &'static str,
    pub(crate) shared_title_enrollment: &'static str,
    pub(crate) support_title: &'static str,
    pub(crate) support: &'static str,
    pub(crate) see_status: &'static str,
    pub(crate) code: &'static str,
    pub(crate) code_perhaps: &'static str,
    pub(crate) links_title: &'static str,
    pub(crate) sign_in: &'static str,
    pub(crate) forgot_username: &'static str,
    pub(crate) forgot_password: &'static str,
    pub(crate) call: &'static str,
    pub(crate) go_on: &'static str,
    pub(crate) incident: &'static str,
    pub(crate) done_title: &'static str,
    pub(crate) done: &'static str,
    pub(crate) done_enrollment: &'static str,
    pub(crate) no_link_title: &'static str,
    pub(crate) no_link: &'static str,
    pub(crate) preferences_title: &'static str,
    pub(crate) receives: &'static str,
    pub(crate) and: &'static str,
    pub(crate) receives_nothing: &'static str,
    pub(crate) stopped: &'static str,
    pub(crate) email: &'static str,
    pub(crate) sms: &'static str,
    pub(crate) push: &'static str,
    pub(crate) event: &'static str,
    pub(crate) bounced: &'static str,
    pub(crate) complained: &'static str,
    pub(crate) refused: &'static str,
    pub(crate) no_consent: &'static str,
    pub(crate) remind_by: &'static str,
    pub(crate) save: &'static str,
    pub(crate) stop: &'static str,
    pub(crate) changed: &'static str,
    pub(crate) help: &'static str,
}

const EN: Words = Words {
    resume_title: "Finish connecting your utility account",
    steps_title: "What happens next",
    shared_title: "What is shared, and why",
    at_hand_title: "Have at hand",
    at_hand: "The user name and password of your online account with your utility.",
    at_hand_form: "The address of your home or business in Texas.",
    at_hand_enrollment: "The address where you want electricity, and a card. A recent electricity bill helps: it shows your ESI ID.",
    shared_title_enrollment: "Good to know",
    support_title: "Please talk to us",
    support: "Your enrollment cannot go on by itself. Please contact us, and we will help you.",
    see_status: "See how your enrollment stands",
    code: "Your phone: your utility asks for a security code when you sign in. Leave the page open while you fetch it.",
    code_perhaps: "Your phone, in case your utility asks for a security code. Leave the page open while you fetch it.",
    links_title: "Help with signing in",
    sign_in: "Sign-in page",
    forgot_username: "Forgot your user name?",
    forgot_password: "Forgot your password?",
    call: "Customer service",
    go_on: "Continue",
    incident: "Many customers cannot sign in at this utility at the moment. It is not your fault. You can try now, or come back later by the same link.",
    done_title: "You are all set",
    done: "Your account is connected. There is nothing left to do.",
    done_enrollment: "Your enrollment is complete. There is nothing left to do.",
    no_link_title: "Please use the link you were given",
    no_link: "Open the link with which you started. If you no longer have it, ask us for a new one.",
    preferences_title: "Your reminders",
    receives: "You have an enrolment that is not finished yet. We remind you of it by",
    and: " and ",
    receives_nothing: "You receive no reminders from us.",
    stopped: "You answered STOP to a text from us, so we send you nothing. To get reminders again, text START to the same number.",
    email: "e-mail",
    sms: "text message",
    push: "app notification",
    event: "other messages from us",
    bounced: "a message to your address came back, so we send no more.",
    complained: "a message from us was reported as spam, so we send no more.",
    refused: "your number does not take texts from us.",
    no_consent: "you have not agreed to texts, so we send none.",
    remind_by: "Remind me by",
    save: "Save my choice",
    stop: "Stop all reminders",
    changed: "Your choice is saved.",
    help: "Questions? Write to",
};

const ES: Words = Words {
    resume_title: "Termine de conectar su cuenta de electricidad",
    steps_title: "Qué pasa después",
    shared_title: "Qué se comparte y por qué",
    at_hand_title: "Tenga a mano",
    at_hand: "El usuario y la contraseña de su cuenta en línea con su compañía de electricidad.",
    at_hand_form: "La dirección de su casa o negocio en Texas.",
    at_hand_enrollment: "La dirección donde quiere la electricidad y una tarjeta. Ayuda una factura de luz reciente: muestra su ESI ID.",
    shared_title_enrollment: "Bueno saberlo",
    support_title: "Hable con nosotros, por favor",
    support: "Su inscripción no puede seguir por sí sola. Póngase en contacto con nosotros y le ayudaremos.",
    see_status: "Ver cómo va su inscripción",
    code: "Su teléfono: su compañía pide un código de seguridad al iniciar sesión. Deje la página abierta mientras lo busca.",
    code_perhaps: "Su teléfono, por si su compañía pide un código de seguridad. Deje la página abierta mientras lo busca.",
    links_title: "Ayuda para iniciar sesión",
    sign_in: "Página de inicio de sesión",
    forgot_username: "¿Olvidó su usuario?",
    forgot_password: "¿Olvidó su contraseña?",
    call: "Atención al cliente",
    go_on: "Continuar",
    incident: "En este momento muchos clientes no pueden iniciar sesión en esta compañía. No es culpa suya. Puede intentarlo ahora o volver más tarde con el mismo enlace.",
    done_title: "Todo listo",
    done: "Su cuenta está conectada. No queda nada por hacer.",
    done_enrollment: "Su inscripción está completa. No queda nada por hacer.",
    no_link_title: "Use el enlace que recibió",
    no_link: "Abra el enlace con el que empezó. Si ya no lo tiene, pídanos uno nuevo.",
    preferences_title: "Sus recordatorios",
    receives: "Usted tiene una inscripción que aún no ha terminado. Se la recordamos por",
    and: " y por ",
    receives_nothing: "Usted no recibe recordatorios nuestros.",
    stopped: "Usted respondió STOP a un mensaje de texto nuestro, así que no le enviamos nada. Para volver a recibir recordatorios, envíe START al mismo número.",
    email: "correo electrónico",
    sms: "mensaje de texto",
    push: "notificación de la aplicación",
    event: "otros mensajes nuestros",
    bounced: "un mensaje a su dirección fue devuelto, así que no enviamos más.",
    complained: "un mensaje nuestro fue marcado como no deseado, así que no enviamos más.",
    refused: "su número no acepta mensajes nuestros.",
    no_consent: "usted no ha aceptado recibir mensajes de texto, así que no enviamos ninguno.",
    remind_by: "Recordarme por",
    save: "Guardar mi elección",
    stop: "No recibir ningún recordatorio",
    changed: "Su elección quedó guardada.",
    help: "¿Preguntas? Escriba a",
};

impl Words {
    /// The name of a channel.
    pub(crate) const fn channel(&self, channel: Channel) -> &'static str {
        match channel {
            Channel::Email => self.email,
            Channel::Sms => self.sms,
            Channel::Push => self.push,
            Channel::Event => self.event,
        }
    }

    /// Why a channel cannot be chosen, if it cannot.
    pub(crate) const fn closed(&self, standing: Standing) -> Option<&'static str> {
        match standing {
            Standing::On | Standing::Off => None,
            Standing::Bounced => Some(self.bounced),
            Standing::Complained => Some(self.complained),
            Standing::Refused => Some(self.refused),
            Standing::NoConsent => Some(self.no_consent),
        }
    }
}

pub(crate) const fn words(locale: Locale) -> &'static Words {
    match locale {
        Locale::En => &EN,
        Locale::Es => &ES,
    }
}

/// How long it takes, as the partner says.
pub(crate) fn minutes(locale: Locale, minutes: u16) -> String {
    match (locale, minutes) {
        (Locale::En, 1) => "Allow about a minute.".to_owned(),
        (Locale::En, _) => format!("Allow about {minutes} minutes."),
        (Locale::Es, 1) => "Calcule más o menos un minuto.".to_owned(),
        (Locale::Es, _) => format!("Calcule unos {minutes} minutos."),
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
            "El inicio de sesión en su compañía de electricidad no funcionó. Puede intentarlo de nuevo."
        }
        (Diagnosis::MfaFailed, Locale::En) => "The code from your utility was not accepted. You can ask for a new one.",
        (Diagnosis::MfaFailed, Locale::Es) => "El código de su compañía no fue aceptado. Puede pedir uno nuevo.",
        (Diagnosis::RequiredUtilitiesMissing, Locale::En) => "One or more of your utilities are still to be connected.",
        (Diagnosis::RequiredUtilitiesMissing, Locale::Es) => {
            "Falta conectar una o más de sus compañías de electricidad."
        }
        (Diagnosis::UtilityDown | Diagnosis::ProviderDown, Locale::En) => {
            "There was a technical fault, not of your making. Please try again."
        }
        (Diagnosis::UtilityDown | Diagnosis::ProviderDown, Locale::Es) => {
            "Hubo una falla técnica ajena a usted. Por favor, inténtelo de nuevo."
        }
        (Diagnosis::WrongUtility, Locale::En) => {
            "An account is connected, but of another utility than the one that is needed."
        }
        (Diagnosis::WrongUtility, Locale::Es) => {
            "Hay una cuenta conectada, pero de otra compañía que la que hace falta."
        }
        (Diagnosis::Ineligible, Locale::En) => {
            "The account that you signed in with cannot take part. If you have another one, you can connect that."
        }
        (Diagnosis::Ineligible, Locale::Es) => {
            "La cuenta con la que inició sesión no puede participar. Si tiene otra, puede conectar esa."
        }
        (Diagnosis::RepeatedReturns, Locale::En) => {
            "Your utility account is not connected yet. If you cannot find your user name or password, the help below \
             leads to your utility's own pages."
        }
        (Diagnosis::RepeatedReturns, Locale::Es) => {
            "Su cuenta aún no está conectada. Si no encuentra su usuario o contraseña, la ayuda de abajo lleva a las \
             páginas de su compañía."
        }
        (Diagnosis::PasswordChanged, Locale::En) => {
            "Your connection stopped: your utility no longer accepts the password. Sign in once more with the new one."
        }
        (Diagnosis::PasswordChanged, Locale::Es) => {
            "Su conexión se interrumpió: su compañía ya no acepta la contraseña. Inicie sesión otra vez con la nueva."
        }
        (Diagnosis::MfaExpired, Locale::En) => {
            "Your connection stopped: your utility wants to be sure that it is you. Sign in once more, with the code \
             that it sends you."
        }
        (Diagnosis::MfaExpired, Locale::Es) => {
            "Su conexión se interrumpió: su compañía quiere confirmar que es usted. Inicie sesión otra vez, con el \
             código que le envíe."
        }
        (Diagnosis::AccessLost, Locale::En) => {
            "Your connection stopped. Sign in once more with your utility, and it works again."
        }
        (Diagnosis::AccessLost, Locale::Es) => {
            "Su conexión se interrumpió. Inicie sesión otra vez con su compañía y volverá a funcionar."
        }
        (Diagnosis::AddressNeeded, Locale::En) => {
            "Your enrollment has just begun: first, find the address where you want electricity."
        }
        (Diagnosis::AddressNeeded, Locale::Es) => {
            "Su inscripción acaba de empezar: primero, busque la dirección donde quiere la electricidad."
        }
        (Diagnosis::PlanNotChosen, Locale::En) => "Your plan is still to be chosen.",
        (Diagnosis::PlanNotChosen, Locale::Es) => "Falta elegir su plan.",
        (Diagnosis::PlanExpired, Locale::En) => {
            "The plan that you accepted can no longer begin as chosen. Please choose one that is on offer today."
        }
        (Diagnosis::PlanExpired, Locale::Es) => {
            "El plan que aceptó ya no puede empezar como se eligió. Por favor, elija uno que se ofrezca hoy."
        }
        (Diagnosis::BillingAddressMissing, Locale::En) => {
            "Your plan is accepted. We still need to know where your bills go."
        }
        (Diagnosis::BillingAddressMissing, Locale::Es) => "Su plan está aceptado. Falta saber adónde van sus facturas.",
        (Diagnosis::PaymentMissing, Locale::En) => "Your plan is accepted. Only the payment method is missing.",
        (Diagnosis::PaymentMissing, Locale::Es) => "Su plan está aceptado. Solo falta el método de pago.",
        (Diagnosis::IdentityMissing, Locale::En) => "Your identity is still to be verified.",
        (Diagnosis::IdentityMissing, Locale::Es) => "Falta verificar su identidad.",
        (Diagnosis::RenewalDue, Locale::En) => {
            "Your connection still works. Your utility will soon ask you to sign in again; do it now, and nothing stops."
        }
        (Diagnosis::RenewalDue, Locale::Es) => {
            "Su conexión aún funciona. Su compañía pronto le pedirá iniciar sesión otra vez; hágalo ahora y nada se \
             interrumpe."
        }
        (Diagnosis::ConsentEnding, Locale::En) => {
            "Your agreement to share your data ends soon. Renew it here if you want to go on."
        }
        (Diagnosis::ConsentEnding, Locale::Es) => {
            "Su permiso para compartir sus datos termina pronto. Renuévelo aquí si quiere continuar."
        }
        (Diagnosis::ConsentEnded, Locale::En) => {
            "Your agreement to share your data has ended. Renew it here if you want to go on."
        }
        (Diagnosis::ConsentEnded, Locale::Es) => {
            "Su permiso para compartir sus datos terminó. Renuévelo aquí si quiere continuar."
        }
        (
            Diagnosis::Invited
            | Diagnosis::NotStarted
            | Diagnosis::UtilityNotConnected
            | Diagnosis::Cancelled
            | Diagnosis::NothingLeft
            | Diagnosis::Unrecognized,
            Locale::En | Locale::Es,
        ) => general(locale),
    }
}

/// What is left to do where a form is all that is asked for: whatever is known of a sign-in is no part of it.
pub(crate) const fn left_of_form(locale: Locale, diagnosis: Option<Diagnosis>) -> &'static str {
    match diagnosis {
        Some(
            Diagnosis::AgreementsUnanswered
            | Diagnosis::AgreementDeclined
            | Diagnosis::UtilityDown
            | Diagnosis::ProviderDown,
        ) => left(locale, diagnosis),
        None
        | Some(
            Diagnosis::NotStarted
            | Diagnosis::UtilityNotConnected
            | Diagnosis::CredentialsInvalid
            | Diagnosis::MfaFailed
            | Diagnosis::Cancelled
            | Diagnosis::LoginFailed
            | Diagnosis::RequiredUtilitiesMissing
            | Diagnosis::WrongUtility
            | Diagnosis::Ineligible
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
            | Diagnosis::Unrecognized,
        ) => match locale {
            Locale::En => "A form is still to be completed.",
            Locale::Es => "Falta completar un formulario.",
        },
    }
}

const fn general(locale: Locale) -> &'static str {
    match locale {
        Locale::En => "Your utility account is not connected yet.",
        Locale::Es => "Su cuenta de electricidad aún no está conectada.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_what_the_partner_says() {
        assert_eq!(minutes(Locale::En, 7), "Allow about 7 minutes.");
        assert_eq!(minutes(Locale::Es, 7), "Calcule unos 7 minutos.");
        assert_eq!(minutes(Locale::En, 1), "Allow about a minute.");
        assert_eq!(minutes(Locale::Es, 1), "Calcule más o menos un minuto.");
    }

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
            (Diagnosis::WrongUtility, "another utility", "otra compañía"),
            (Diagnosis::Ineligible, "cannot take part", "no puede participar"),
            (Diagnosis::UtilityDown, "not of your making", "ajena a usted"),
            (Diagnosis::ProviderDown, "not of your making", "ajena a usted"),
        ] {
            assert!(left(Locale::En, Some(diagnosis)).contains(en), "{diagnosis:?}");
            assert!(left(Locale::Es, Some(diagnosis)).contains(es), "{diagnosis:?}");
        }
        for diagnosis in Diagnosis::ALL {
            for (locale, sign_in) in [(Locale::En, "sign"), (Locale::Es, "sesión")] {
                let left = left_of_form(locale, Some(diagnosis));
                assert!(
                    !left.contains(sign_in) && !left.contains("cod"),
                    "{diagnosis:?}: {left}"
                );
            }
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
