//! Where the bills go.

use journey::contact::Locale;

use crate::acts::Part;

pub(crate) struct Words {
    locale: Locale,
    pub(crate) title: &'static str,
    pub(crate) question: &'static str,
    pub(crate) same: &'static str,
    pub(crate) other: &'static str,
    pub(crate) other_legend: &'static str,
    pub(crate) save: &'static str,
}

const EN: Words = Words {
    locale: Locale::En,
    title: "Where should your bills go?",
    question: "Billing address",
    same: "The same as my home",
    other: "Another address",
    other_legend: "The other address",
    save: "Save and continue",
};

const ES: Words = Words {
    locale: Locale::Es,
    title: "¿A dónde enviamos sus facturas?",
    question: "Dirección de facturación",
    same: "La misma que la de mi casa",
    other: "Otra dirección",
    other_legend: "La otra dirección",
    save: "Guardar y continuar",
};

pub(crate) const fn words(locale: Locale) -> &'static Words {
    match locale {
        Locale::En => &EN,
        Locale::Es => &ES,
    }
}

impl Words {
    pub(crate) const fn label(&self, part: Part) -> &'static str {
        match (part, self.locale) {
            (Part::Line1, Locale::En) => "Street and number, or P.O. box",
            (Part::Line1, Locale::Es) => "Calle y número, o apartado postal",
            (Part::Line2, Locale::En) => "Unit (optional)",
            (Part::Line2, Locale::Es) => "Apartamento (opcional)",
            (Part::City, Locale::En) => "City",
            (Part::City, Locale::Es) => "Ciudad",
            (Part::State, Locale::En) => "State (two letters)",
            (Part::State, Locale::Es) => "Estado (dos letras)",
            (Part::Zip, Locale::En) => "ZIP code",
            (Part::Zip, Locale::Es) => "Código postal",
        }
    }

    /// What would be right.
    pub(crate) const fn wrong(&self, part: Part) -> &'static str {
        match (part, self.locale) {
            (Part::Line1, Locale::En) => "Please give the street and the number, at most 100 characters.",
            (Part::Line1, Locale::Es) => "Escriba la calle y el número, en 100 caracteres como máximo.",
            (Part::Line2, Locale::En) => "Please give the unit with a letter or a digit, at most 60 characters.",
            (Part::Line2, Locale::Es) => {
                "Escriba el apartamento con alguna letra o número, en 60 caracteres como máximo."
            }
            (Part::City, Locale::En) => "Please give the city, at most 60 characters.",
            (Part::City, Locale::Es) => "Escriba la ciudad, en 60 caracteres como máximo.",
            (Part::State, Locale::En) => "Please give the state by its two letters, such as TX.",
            (Part::State, Locale::Es) => "Escriba el estado con sus dos letras, por ejemplo TX.",
            (Part::Zip, Locale::En) => "Please give five digits, such as 75201, or nine, such as 75201-1234.",
            (Part::Zip, Locale::Es) => "Escriba cinco dígitos, como 75201, o nueve, como 75201-1234.",
        }
    }
}
