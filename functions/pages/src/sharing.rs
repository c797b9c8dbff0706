//! What a provider has a utility share, and why: exact words, for a customer who has not agreed yet.
//!
//! Sources for Leap: its guide "Onboard Overview" (interval data of the meter, for performance in events and
//! settlements), "Leap Connect" (agreements, then the utility's own sign-in), "List meter-level intervals" and
//! "Meter Details" (what a partner can look up), its "Usage Data Authorization Terms" (usage and certain personal
//! information, for grid services through an authorised partner), and PG&E's page on Electric Rule 24 (categories,
//! accounts and duration are shown before one accepts). What no source says is not promised here: how far the
//! readings go back, and how long the agreement lasts, differ and are read where one agrees.
//!
//! In ERCOT Leap asks for a form with an address in Texas, and nobody signs in with a utility (docs/leap.md, section
//! 4.4): no password is spoken of there, nor who gives the readings to Leap, which no source says.

use journey::contact::Locale;
use journey::{Flow, Provider};

/// A question of the customer's, and its answer.
pub(crate) struct Answer {
    pub(crate) question: &'static str,
    pub(crate) answer: String,
}

/// What happens after the button, step by step.
pub(crate) const fn steps(provider: Provider, flow: Flow, form_only: bool, locale: Locale) -> &'static [&'static str] {
    match (provider, flow, form_only, locale) {
        (Provider::Leap, Flow::DirectToUtility | Flow::Connect | Flow::Unknown, true, Locale::En) => &[
            "Leap's page opens. Leap runs the enrolment for us.",
            "It asks for what is still open. A step that you have done already may come up again.",
            "You complete a form, with your address in Texas.",
        ],
        (Provider::Leap, Flow::DirectToUtility | Flow::Connect | Flow::Unknown, true, Locale::Es) => &[
            "Se abre la página de Leap, que se encarga de la inscripción.",
            "Le pide lo que aún falta. Es posible que se repita algún paso que ya hizo.",
            "Usted completa un formulario con su dirección en Texas.",
        ],
        (Provider::Leap, Flow::DirectToUtility, false, Locale::En) => &[
            "Your utility's own page opens. You sign in there.",
            "It shows which data would be shared, for which accounts and for how long.",
            "You accept or cancel.",
        ],
        (Provider::Leap, Flow::DirectToUtility, false, Locale::Es) => &[
            "Se abre la página de su propia compañía de electricidad. Allí inicia sesión.",
            "Le muestra qué datos se compartirían, de qué cuentas y por cuánto tiempo.",
            "Usted acepta o cancela.",
        ],
        (Provider::Leap, Flow::Connect | Flow::Unknown, false, Locale::En) => &[
            "Leap's page opens. Leap runs the connection to your utility for us.",
            "It asks for what is still open. A step that you have done already may come up again.",
            "For the connection itself you sign in with your utility, read what would be shared, and accept or cancel.",
        ],
        (Provider::Leap, Flow::Connect | Flow::Unknown, false, Locale::Es) => &[
            "Se abre la página de Leap, que se encarga de la conexión con su compañía de electricidad.",
            "Le pide lo que aún falta. Es posible que se repita algún paso que ya hizo.",
            "Para la conexión, inicia sesión con su compañía, lee qué se compartiría y acepta o cancela.",
        ],
    }
}

/// What is shared, with whom, and why. Who signs in with no utility has no password to keep.
pub(crate) fn answers(provider: Provider, form_only: bool, locale: Locale, brand: &str) -> Vec<Answer> {
    let rows: [(&'static str, String); 5] = match (provider, locale) {
        (Provider::Leap, Locale::En) => [
            (
                "What is shared?",
                "How much electricity you use and when: the readings of your meter in short intervals, such as every \
                 15 minutes. With them, details of the account that the meter belongs to, such as your name and the \
                 service address."
                    .to_owned(),
            ),
            (
                "With whom?",
                format!(
                    "{} {brand} can look up your meter and its readings at Leap.",
                    if form_only {
                        "Leap gets this."
                    } else {
                        "Your utility gives this to Leap."
                    }
                ),
            ),
            (
                "Why?",
                format!(
                    "The program that you chose with {brand} asks for less electricity, or more, when the grid needs \
                     it. From the readings Leap works out by how much your use changed, and what the program pays for \
                     that."
                ),
            ),
            (
                "What is not shared?",
                format!("Your password. You enter it with your utility, and {brand} never sees it."),
            ),
            (
                "For how long?",
                "That is in what you are asked to agree to, with the data and the accounts that it covers: please \
                 read it before you accept. You can withdraw your agreement later."
                    .to_owned(),
            ),
        ],
        (Provider::Leap, Locale::Es) => [
            (
                "¿Qué se comparte?",
                "Cuánta electricidad usa y cuándo: las lecturas de su medidor en intervalos cortos, por ejemplo cada \
                 15 minutos. Además, datos de la cuenta a la que pertenece el medidor, como su nombre y la dirección \
                 del servicio."
                    .to_owned(),
            ),
            (
                "¿Con quién?",
                format!(
                    "{} {brand} puede consultar en Leap su medidor y sus lecturas.",
                    if form_only {
                        "Leap recibe todo esto."
                    } else {
                        "Su compañía de electricidad entrega todo esto a Leap."
                    }
                ),
            ),
            (
                "¿Por qué?",
                format!(
                    "El programa que usted eligió con {brand} pide usar menos electricidad, o más, cuando la red lo \
                     necesita. Con las lecturas, Leap calcula cuánto cambió su consumo y cuánto paga el programa por \
                     ello."
                ),
            ),
            (
                "¿Qué no se comparte?",
                format!("Su contraseña. La escribe con su compañía de electricidad y {brand} nunca la ve."),
            ),
            (
                "¿Por cuánto tiempo?",
                "Lo dice el texto que se le pide aceptar, junto con los datos y las cuentas que abarca: léalo antes \
                 de aceptar. Puede retirar su permiso más adelante."
                    .to_owned(),
            ),
        ],
    };
    let speaks_of_a_password = |question| matches!(question, "What is not shared?" | "¿Qué no se comparte?");
    rows.into_iter()
        .filter(|(question, _)| !(form_only && speaks_of_a_password(*question)))
        .map(|(question, answer)| Answer { question, answer })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A provider that is added has its own words in every language, and they name who gets the data.
    #[test]
    fn every_provider_is_explained_in_every_language() {
        for provider in Provider::ALL {
            for locale in Locale::ALL {
                for (form_only, told) in [(false, 5), (true, 4)] {
                    let answers = answers(provider, form_only, locale, "Sunhome");
                    assert_eq!(answers.len(), told);
                    let all: String = answers.iter().map(|row| row.answer.as_str()).collect();
                    assert!(all.contains("Sunhome"), "{provider} {locale:?}");
                    let name = match provider {
                        Provider::Leap => "Leap",
                    };
                    assert!(all.contains(name), "{provider} {locale:?}");
                    for flow in [Flow::Unknown, Flow::Connect, Flow::DirectToUtility] {
                        assert_eq!(steps(provider, flow, form_only, locale).len(), 3);
                    }
                }
            }
        }
    }
}
