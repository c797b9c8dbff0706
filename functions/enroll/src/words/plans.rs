//! Choosing and accepting a plan.

use jiff::civil::Date;
use journey::contact::Locale;
use journey::enrollment::{Charge, ChargeKind};

use super::common::day;

pub(crate) struct Words {
    locale: Locale,
    pub(crate) title: &'static str,
    pub(crate) intro: &'static str,
    pub(crate) none_title: &'static str,
    pub(crate) none: &'static str,
    pub(crate) changed: &'static str,
    pub(crate) unnamed: &'static str,
    pub(crate) energy: &'static str,
    pub(crate) charges: &'static str,
    pub(crate) see_label: &'static str,
    pub(crate) term: &'static str,
    pub(crate) start: &'static str,
    pub(crate) documents: &'static str,
    pub(crate) efl: &'static str,
    pub(crate) tos: &'static str,
    pub(crate) yrac: &'static str,
    pub(crate) choose: &'static str,
    pub(crate) other_home: &'static str,
    pub(crate) accept_title: &'static str,
    pub(crate) read_first: &'static str,
    pub(crate) start_date: &'static str,
    pub(crate) terms: &'static str,
    pub(crate) terms_missing: &'static str,
    pub(crate) accept: &'static str,
    pub(crate) other_plan: &'static str,
}

const EN: Words = Words {
    locale: Locale::En,
    title: "Choose your plan",
    intro: "These plans are on offer for your home right now. Prices change from day to day.",
    none_title: "No plan is on offer for your home right now",
    none: "This can change from day to day. Try again later, check the address, or talk to our support.",
    changed: "This plan changed, please look again. Nothing was accepted.",
    unnamed: "Electricity plan",
    energy: "Energy rate",
    charges: "Delivery and monthly charges",
    see_label: "See the Electricity Facts Label",
    term: "Term",
    start: "Start of service",
    documents: "Documents",
    efl: "Electricity Facts Label (EFL)",
    tos: "Terms of Service (TOS)",
    yrac: "Your Rights as a Customer (YRAC)",
    choose: "Choose this plan",
    other_home: "This is not my home",
    accept_title: "Review and accept your plan",
    read_first: "Please read the three documents before you accept.",
    start_date: "Service should start on",
    terms: "I have read the Electricity Facts Label, the Terms of Service and Your Rights as a Customer, and I accept them.",
    terms_missing: "To accept the plan, please tick the box that you have read the documents and accept them.",
    accept: "Accept this plan",
    other_plan: "See the other plans",
};

const ES: Words = Words {
    locale: Locale::Es,
    title: "Elija su plan",
    intro: "Estos planes se ofrecen para su casa en este momento. Los precios cambian de un día a otro.",
    none_title: "En este momento no hay ningún plan para su casa",
    none: "Puede cambiar de un día a otro. Inténtelo más tarde, revise la dirección o hable con nuestro servicio de ayuda.",
    changed: "Este plan cambió; mírelo otra vez, por favor. No se aceptó nada.",
    unnamed: "Plan de electricidad",
    energy: "Precio de la energía",
    charges: "Distribución y cargos mensuales",
    see_label: "Vea la etiqueta de datos de electricidad (EFL)",
    term: "Plazo",
    start: "Inicio del servicio",
    documents: "Documentos",
    efl: "Etiqueta de datos de electricidad (EFL)",
    tos: "Términos del servicio (TOS)",
    yrac: "Sus derechos como cliente (YRAC)",
    choose: "Elegir este plan",
    other_home: "Esta no es mi casa",
    accept_title: "Revise y acepte su plan",
    read_first: "Lea los tres documentos antes de aceptar.",
    start_date: "El servicio debe comenzar el",
    terms: "He leído la etiqueta de datos de electricidad, los términos del servicio y mis derechos como cliente, y los acepto.",
    terms_missing: "Para aceptar el plan, marque la casilla de que leyó los documentos y los acepta.",
    accept: "Aceptar este plan",
    other_plan: "Ver los otros planes",
};

pub(crate) const fn words(locale: Locale) -> &'static Words {
    match locale {
        Locale::En => &EN,
        Locale::Es => &ES,
    }
}

impl Words {
    /// The rate, in the decimal text that the provider writes.
    pub(crate) fn rate(&self, cents: &str) -> String {
        match self.locale {
            Locale::En => format!("{cents}¢ per kWh"),
            Locale::Es => format!("{cents} ¢ por kWh"),
        }
    }

    pub(crate) fn charge(&self, charge: &Charge) -> String {
        let amount = &charge.amount;
        match (charge.kind, self.locale) {
            (ChargeKind::DeliveryPerKwh, Locale::En) => format!("Delivery by the utility: {amount}¢ per kWh"),
            (ChargeKind::DeliveryPerKwh, Locale::Es) => format!("Distribución de la compañía: {amount} ¢ por kWh"),
            (ChargeKind::DeliveryPerMonth, Locale::En) => format!("Delivery by the utility: ${amount} a month"),
            (ChargeKind::DeliveryPerMonth, Locale::Es) => format!("Distribución de la compañía: ${amount} al mes"),
            (ChargeKind::PlanPerMonth, Locale::En) => format!("Charge of the plan: ${amount} a month"),
            (ChargeKind::PlanPerMonth, Locale::Es) => format!("Cargo del plan: ${amount} al mes"),
        }
    }

    pub(crate) fn months(&self, months: u32) -> String {
        match (self.locale, months) {
            (Locale::En, 1) => "1 month".to_owned(),
            (Locale::En, _) => format!("{months} months"),
            (Locale::Es, 1) => "1 mes".to_owned(),
            (Locale::Es, _) => format!("{months} meses"),
        }
    }

    pub(crate) fn between(&self, first: Date, last: Date) -> String {
        let (first, last) = (day(self.locale, first), day(self.locale, last));
        match self.locale {
            Locale::En => format!("From {first} to {last}, as you choose"),
            Locale::Es => format!("Del {first} al {last}, como usted elija"),
        }
    }

    pub(crate) fn bad_start(&self, first: Date, last: Date) -> String {
        let (first, last) = (day(self.locale, first), day(self.locale, last));
        match self.locale {
            Locale::En => format!("Please choose a day from {first} to {last}."),
            Locale::Es => format!("Elija un día del {first} al {last}."),
        }
    }

    /// Which plan a button chooses, for those who hear only the button.
    pub(crate) fn choose_named(&self, name: &str) -> String {
        format!("{}: {name}", self.choose)
    }
}
