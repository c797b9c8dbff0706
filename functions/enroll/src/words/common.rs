//! What several pages say.

use jiff::civil::Date;
use journey::contact::Locale;
use journey::enrollment::SupportMatter;

use crate::look::Place;

pub(crate) struct Words {
    locale: Locale,
    pub(crate) error: &'static str,
    pub(crate) help: &'static str,
    pub(crate) progress: &'static str,
    pub(crate) wrong: &'static str,
    pub(crate) go_on: &'static str,
    pub(crate) try_again: &'static str,
    pub(crate) unavailable_title: &'static str,
    pub(crate) unavailable: &'static str,
    pub(crate) refused_title: &'static str,
    pub(crate) refused: &'static str,
    pub(crate) support_title: &'static str,
    pub(crate) support: &'static str,
    pub(crate) utility_number: &'static str,
    pub(crate) delivery_company: &'static str,
    pub(crate) new_tab: &'static str,
}

const EN: Words = Words {
    locale: Locale::En,
    error: "Error",
    help: "Questions? Write to",
    progress: "Progress",
    wrong: "Please look at this again",
    go_on: "Continue",
    try_again: "Try again",
    unavailable_title: "Please try again in a moment",
    unavailable: "We cannot reach the electricity provider right now. Nothing you have done is lost.",
    refused_title: "That did not go through",
    refused: "The electricity provider did not accept this step, and nothing was changed. You can try again; if it happens once more, please talk to our support.",
    support_title: "Please talk to our support",
    support: "This enrollment cannot go on here. Our support can tell you what to do; nothing more is asked of you on this page.",
    utility_number: "Utility account number (ESI ID)",
    delivery_company: "Delivery company, as far as the number shows",
    new_tab: "each in a new tab",
};

const ES: Words = Words {
    locale: Locale::Es,
    error: "Error",
    help: "¿Preguntas? Escriba a",
    progress: "Progreso",
    wrong: "Revise esto, por favor",
    go_on: "Continuar",
    try_again: "Intentar de nuevo",
    unavailable_title: "Inténtelo de nuevo en un momento",
    unavailable: "En este momento no podemos comunicarnos con el proveedor de electricidad. No se perdió nada de lo que hizo.",
    refused_title: "No se pudo completar",
    refused: "El proveedor de electricidad no aceptó este paso y no se cambió nada. Puede intentarlo de nuevo; si vuelve a pasar, hable con nuestro servicio de ayuda.",
    support_title: "Hable con nuestro servicio de ayuda",
    support: "Esta inscripción no puede continuar aquí. Nuestro servicio de ayuda puede decirle qué hacer; en esta página no se le pide nada más.",
    utility_number: "Número de cuenta de la compañía eléctrica (ESI ID)",
    delivery_company: "Compañía de distribución, según indica el número",
    new_tab: "cada uno en una pestaña nueva",
};

pub(crate) const fn words(locale: Locale) -> &'static Words {
    match locale {
        Locale::En => &EN,
        Locale::Es => &ES,
    }
}

impl Words {
    pub(crate) fn step_of(&self, number: usize, of: usize) -> String {
        match self.locale {
            Locale::En => format!("Step {number} of {of}"),
            Locale::Es => format!("Paso {number} de {of}"),
        }
    }

    pub(crate) const fn place(&self, place: Place) -> &'static str {
        match (place, self.locale) {
            (Place::Address, Locale::En) => "Your home",
            (Place::Address, Locale::Es) => "Su casa",
            (Place::Plan, Locale::En) => "Your plan",
            (Place::Plan, Locale::Es) => "Su plan",
            (Place::Billing, Locale::En) => "Billing address",
            (Place::Billing, Locale::Es) => "Dirección de facturación",
            (Place::Payment, Locale::En) => "Payment",
            (Place::Payment, Locale::Es) => "Pago",
        }
    }

    /// Why support is needed, as far as it helps to know.
    pub(crate) const fn matter(&self, matter: SupportMatter) -> &'static str {
        match (matter, self.locale) {
            (SupportMatter::SwitchHold, Locale::En) => {
                "There is a hold on the meter at this address, so it cannot change its provider for now."
            }
            (SupportMatter::SwitchHold, Locale::Es) => {
                "El medidor de esta dirección tiene una retención, así que por ahora no puede cambiar de proveedor."
            }
            (SupportMatter::IneligibleAddress, Locale::En) => {
                "The electricity at this address cannot be chosen freely."
            }
            (SupportMatter::IneligibleAddress, Locale::Es) => {
                "En esta dirección no se puede elegir libremente el proveedor de electricidad."
            }
            (SupportMatter::Rescinded, Locale::En) => "This enrollment was taken back.",
            (SupportMatter::Rescinded, Locale::Es) => "Esta inscripción se canceló a petición suya.",
            (SupportMatter::ServiceCanceled, Locale::En) => "The service at this address was cancelled.",
            (SupportMatter::ServiceCanceled, Locale::Es) => "El servicio en esta dirección se canceló.",
            (SupportMatter::InvoiceUnpaid, Locale::En) => "An invoice could not be paid.",
            (SupportMatter::InvoiceUnpaid, Locale::Es) => "No se pudo pagar una factura.",
        }
    }
}

/// A day, as people write it.
pub(crate) fn day(locale: Locale, day: Date) -> String {
    let month = month_name(locale, day.month());
    match locale {
        Locale::En => format!("{month} {}, {}", day.day(), day.year()),
        Locale::Es => format!("{} de {month} de {}", day.day(), day.year()),
    }
}

/// A month with its year.
pub(crate) fn month(locale: Locale, first: Date) -> String {
    let month = month_name(locale, first.month());
    match locale {
        Locale::En => format!("{month} {}", first.year()),
        Locale::Es => format!("{month} de {}", first.year()),
    }
}

fn month_name(locale: Locale, month: i8) -> &'static str {
    const EN: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    const ES: [&str; 12] = [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ];
    let names = match locale {
        Locale::En => EN,
        Locale::Es => ES,
    };
    let index = usize::try_from(month).unwrap_or_default().saturating_sub(1);
    names.get(index).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_day_is_written_as_people_write_it() {
        assert_eq!(day(Locale::En, date(2026, 7, 1)), "July 1, 2026");
        assert_eq!(day(Locale::Es, date(2026, 7, 1)), "1 de julio de 2026");
        assert_eq!(month(Locale::En, date(2026, 12, 1)), "December 2026");
        assert_eq!(month(Locale::Es, date(2026, 12, 1)), "diciembre de 2026");
    }
}
