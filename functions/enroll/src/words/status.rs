//! How the enrolment stands.

use journey::contact::Locale;
use journey::enrollment::Step;

use crate::standing::State;

pub(crate) struct Words {
    locale: Locale,
    pub(crate) left_title: &'static str,
    pub(crate) left: &'static str,
    pub(crate) nothing_left: &'static str,
    pub(crate) final_title: &'static str,
    pub(crate) setting_up: &'static str,
    pub(crate) active_title: &'static str,
    pub(crate) active: &'static str,
    pub(crate) steps: &'static str,
    pub(crate) service: &'static str,
    pub(crate) look_again: &'static str,
    pub(crate) usage_title: &'static str,
    pub(crate) usage_table: &'static str,
    pub(crate) month: &'static str,
    pub(crate) amount: &'static str,
}

const EN: Words = Words {
    locale: Locale::En,
    left_title: "Your enrollment",
    left: "Not everything is done yet.",
    nothing_left: "You have done your part. There is nothing more for you to do now.",
    final_title: "Your enrollment is complete",
    setting_up: "We are setting up your service with the utility; it usually takes 2 to 72 business hours. There is nothing more for you to do.",
    active_title: "Congratulations, your service is active",
    active: "Your electricity now comes under your new plan.",
    steps: "Your steps",
    service: "Service with the utility",
    look_again: "Look again",
    usage_title: "Your electricity in the months before",
    usage_table: "The same as a table",
    month: "Month",
    amount: "Electricity",
};

const ES: Words = Words {
    locale: Locale::Es,
    left_title: "Su inscripción",
    left: "Todavía falta algo.",
    nothing_left: "Usted ya hizo su parte. Por ahora no tiene que hacer nada más.",
    final_title: "Su inscripción está completa",
    setting_up: "Estamos preparando su servicio con la compañía eléctrica; normalmente tarda de 2 a 72 horas hábiles. No tiene que hacer nada más.",
    active_title: "Felicidades, su servicio está activo",
    active: "Su electricidad ya llega con su nuevo plan.",
    steps: "Sus pasos",
    service: "Servicio con la compañía eléctrica",
    look_again: "Mirar de nuevo",
    usage_title: "Su electricidad en los meses anteriores",
    usage_table: "Lo mismo en una tabla",
    month: "Mes",
    amount: "Electricidad",
};

pub(crate) const fn words(locale: Locale) -> &'static Words {
    match locale {
        Locale::En => &EN,
        Locale::Es => &ES,
    }
}

impl Words {
    pub(crate) const fn step(&self, step: Step) -> &'static str {
        match (step, self.locale) {
            (Step::Plan, Locale::En) => "Home and plan",
            (Step::Plan, Locale::Es) => "Casa y plan",
            (Step::BillingAddress, Locale::En) => "Billing address",
            (Step::BillingAddress, Locale::Es) => "Dirección de facturación",
            (Step::Payment, Locale::En) => "Payment method",
            (Step::Payment, Locale::Es) => "Forma de pago",
            (Step::Identity, Locale::En) => "Identity check",
            (Step::Identity, Locale::Es) => "Verificación de identidad",
        }
    }

    /// How a step stands; nothing where nobody knows.
    pub(crate) const fn state(&self, state: State) -> Option<&'static str> {
        match (state, self.locale) {
            (State::Done, Locale::En) => Some("done"),
            (State::Done, Locale::Es) => Some("listo"),
            (State::Missing, Locale::En) => Some("still to come"),
            (State::Missing, Locale::Es) => Some("pendiente"),
            (State::Unknown, Locale::En | Locale::Es) => None,
        }
    }

    /// The whole chart in a sentence, for those who do not see it.
    pub(crate) fn chart(&self, months: usize) -> String {
        match self.locale {
            Locale::En => format!("Bars of {months} months; the table below has the numbers."),
            Locale::Es => format!("Barras de {months} meses; la tabla de abajo tiene los números."),
        }
    }
}
