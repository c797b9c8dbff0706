//! What a provider has a utility share, and why: exact words, for a customer who has not agreed yet.
//!
//! Sources for Leap: its guide "Onboard Overview" (interval data of the meter, for performance in events and
//! settlements), "Leap Connect" (agreements, then the utility's own sign-in), "List meter-level intervals" and
//! "Meter Details" (what a partner can look up), its "Usage Data Authorization Terms" (usage and certain personal
//! information, for grid services through an authorised partner), and PG&E's page on Electric Rule 24 (categories,
//! accounts and duration are shown before one accepts). What no source says is not promised here: how far the
//! readings go back, and how long the agreement lasts, differ and are read where one agrees.
//!
//! Sources for Bayou: docs/bayou.md, sections 1, 3, 5 and 7 (accounts, meters, addresses, tariffs, bills and interval
//! readings; the hosted form; passwords encrypted and readable by no human and by no partner; customers of utilities
//! with a second step sign in again after some months). Why the data are wanted is the partner's own to say in its
//! messages; here stands what holds for all.
//!
//! Sources for Light: docs/light.md, sections 3 (the guide's steps; nothing is charged when a payment method is added), 5 and 9
//! (the contract's documents).
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
        (Provider::Bayou, _, _, Locale::En) => &[
            "Bayou's form opens. Bayou fetches data from utilities for us.",
            "You choose your utility if it is not chosen yet, and sign in with your online account there. If your utility sends you a code, you enter it in the same form.",
            "As soon as the sign-in is accepted you are done. The data follow by themselves.",
        ],
        (Provider::Bayou, _, _, Locale::Es) => &[
            "Se abre el formulario de Bayou, que obtiene para nosotros los datos de las compañías.",
            "Elige su compañía, si aún no está elegida, e inicia sesión con su cuenta en línea. Si su compañía le envía un código, lo escribe en el mismo formulario.",
            "En cuanto se acepta el inicio de sesión, ha terminado. Los datos llegan solos.",
        ],
        (Provider::Light, _, _, Locale::En) => &[
            "The enrollment opens where you stopped. What you have finished is kept.",
            "You choose from the plans that are on offer today, with their documents, and accept one.",
            "You say where your bills go, and add a payment method. Then you are done.",
        ],
        (Provider::Light, _, _, Locale::Es) => &[
            "La inscripción se abre donde la dejó. Lo que ya terminó se conserva.",
            "Elige entre los planes que se ofrecen hoy, con sus documentos, y acepta uno.",
            "Indica adónde van sus facturas y agrega un método de pago. Con eso ha terminado.",
        ],
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
        (Provider::Bayou, Locale::En) => [
            (
                "What is shared?",
                "Your bills, and the readings of your meters where your utility has them: how much you use and when, \
                 and what it costs. With them, details of the account, such as its number, the service address and \
                 the tariff."
                    .to_owned(),
            ),
            (
                "With whom?",
                format!("Bayou fetches this from your utility's website with your sign-in, and gives it to {brand}."),
            ),
            (
                "Why?",
                format!("{brand} needs it for what you signed up for. Without the data that cannot begin, or go on."),
            ),
            (
                "What is not shared?",
                format!(
                    "Your password. Bayou keeps it encrypted to fetch new bills, and no person can read it, neither \
                     there nor at {brand}. We never ask for a password or a code in a reply to a message."
                ),
            ),
            (
                "For how long?",
                "New bills and readings follow as your utility issues them, until you withdraw your agreement. Some \
                 utilities want you to sign in again after some months."
                    .to_owned(),
            ),
        ],
        (Provider::Bayou, Locale::Es) => [
            (
                "¿Qué se comparte?",
                "Sus facturas y, si su compañía las tiene, las lecturas de sus medidores: cuánto usa, cuándo y cuánto \
                 cuesta. Además, datos de la cuenta, como su número, la dirección del servicio y la tarifa."
                    .to_owned(),
            ),
            (
                "¿Con quién?",
                format!("Bayou obtiene todo esto del sitio web de su compañía con su sesión y lo entrega a {brand}."),
            ),
            (
                "¿Por qué?",
                format!("{brand} lo necesita para lo que usted contrató. Sin los datos no puede empezar ni continuar."),
            ),
            (
                "¿Qué no se comparte?",
                format!(
                    "Su contraseña. Bayou la guarda cifrada para obtener nuevas facturas y nadie puede leerla, ni allí \
                     ni en {brand}. Nunca pedimos una contraseña ni un código en respuesta a un mensaje."
                ),
            ),
            (
                "¿Por cuánto tiempo?",
                "Las nuevas facturas y lecturas llegan según su compañía las emite, hasta que usted retire su permiso. \
                 Algunas compañías piden iniciar sesión otra vez después de unos meses."
                    .to_owned(),
            ),
        ],
        (Provider::Light, Locale::En) => [
            (
                "What is asked for?",
                "The address where you want electricity, the plan that you choose, where your bills go, and a payment \
                 method."
                    .to_owned(),
            ),
            (
                "Who gets it?",
                format!(
                    "{brand}, and Light, which enrolls you with the retail electricity provider that your plan's \
                     documents name."
                ),
            ),
            (
                "What is not shared?",
                format!("The number of your card. It goes straight to Stripe, which keeps it for your bills; {brand} never sees it."),
            ),
            (
                "Am I charged today?",
                "No. The payment method is kept for your bills. A bill is paid from it some days after it is made."
                    .to_owned(),
            ),
            (
                "What do I agree to by going on?",
                "To nothing. You accept a plan only by ticking the box under its documents: the Electricity Facts \
                 Label, the Terms of Service, and Your Rights as a Customer."
                    .to_owned(),
            ),
        ],
        (Provider::Light, Locale::Es) => [
            (
                "¿Qué se le pide?",
                "La dirección donde quiere la electricidad, el plan que elija, adónde van sus facturas y un método de \
                 pago."
                    .to_owned(),
            ),
            (
                "¿Quién lo recibe?",
                format!(
                    "{brand} y Light, que lo inscribe con el proveedor de electricidad que nombran los documentos de \
                     su plan."
                ),
            ),
            (
                "¿Qué no se comparte?",
                format!("El número de su tarjeta. Va directamente a Stripe, que lo guarda para sus facturas; {brand} nunca lo ve."),
            ),
            (
                "¿Se me cobra hoy?",
                "No. El método de pago se guarda para sus facturas. Cada factura se paga con él unos días después de \
                 emitirse."
                    .to_owned(),
            ),
            (
                "¿A qué me comprometo si sigo?",
                "A nada. Solo acepta un plan al marcar la casilla bajo sus documentos: la Etiqueta de Datos de \
                 Electricidad, los Términos del Servicio y Sus Derechos como Cliente."
                    .to_owned(),
            ),
        ],
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
                        Provider::Bayou => "Bayou",
                        Provider::Light => "Light",
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
