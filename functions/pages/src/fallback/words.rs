//! The page's words, in English and Spanish.

use journey::contact::Locale;

use super::BadBill;
use super::account::Field;

pub(super) struct Words {
    pub(super) locale: Locale,
    pub(super) link: &'static str,
    pub(super) title: &'static str,
    pub(super) intro: &'static str,
    pub(super) limited: &'static str,
    pub(super) bill_title: &'static str,
    pub(super) bill: &'static str,
    pub(super) bill_hint: &'static str,
    pub(super) send_bill: &'static str,
    pub(super) account_title: &'static str,
    pub(super) send_account: &'static str,
    pub(super) thanks_title: &'static str,
    pub(super) thanks: &'static str,
}

const EN: Words = Words {
    locale: Locale::En,
    link: "No online account? Send a bill or type in your account instead",
    title: "No online account? No problem",
    intro: "Send us one bill, or type in your account. Either is enough.",
    limited: "Access to your data is limited this way: we see only what you give us here, and no new bills as they come.",
    bill_title: "Send a bill",
    bill: "Your latest bill",
    bill_hint: "A PDF or a photo (JPEG, PNG or HEIC), at most 10 MB.",
    send_bill: "Send the bill",
    account_title: "Or type in your account",
    send_account: "Send the account",
    thanks_title: "Thank you",
    thanks: "We have what you sent. There is nothing more to do.",
};

const ES: Words = Words {
    locale: Locale::Es,
    link: "¿No tiene cuenta en línea? Envíe una factura o escriba los datos de su cuenta",
    title: "¿No tiene cuenta en línea? No hay problema",
    intro: "Envíenos una factura o escriba los datos de su cuenta. Con una de las dos basta.",
    limited: "Así el acceso a sus datos es limitado: solo vemos lo que usted nos da aquí, y no las facturas nuevas.",
    bill_title: "Enviar una factura",
    bill: "Su última factura",
    bill_hint: "Un PDF o una foto (JPEG, PNG o HEIC), de 10 MB como máximo.",
    send_bill: "Enviar la factura",
    account_title: "O escriba los datos de su cuenta",
    send_account: "Enviar los datos",
    thanks_title: "Gracias",
    thanks: "Tenemos lo que nos envió. No queda nada más por hacer.",
};

pub(super) const fn words(locale: Locale) -> &'static Words {
    match locale {
        Locale::En => &EN,
        Locale::Es => &ES,
    }
}

impl Words {
    pub(super) fn goes_to(&self, brand: &str) -> String {
        match self.locale {
            Locale::En => format!("What you give goes to {brand} and nobody else."),
            Locale::Es => format!("Lo que nos dé es para {brand} y para nadie más."),
        }
    }

    pub(super) const fn bad_bill(&self, bad: BadBill) -> &'static str {
        match (bad, self.locale) {
            (BadBill::Missing, Locale::En) => "No file arrived. Please choose your bill and send it again.",
            (BadBill::Missing, Locale::Es) => "No llegó ningún archivo. Elija su factura y envíela otra vez.",
            (BadBill::TooLong, Locale::En) => {
                "The file is larger than 10 MB. Please send a smaller one, such as a photo of the first page."
            }
            (BadBill::TooLong, Locale::Es) => {
                "El archivo tiene más de 10 MB. Envíe uno más pequeño, por ejemplo una foto de la primera página."
            }
            (BadBill::NoBill, Locale::En) => {
                "This file is not a PDF, JPEG, PNG or HEIC. Please send your bill as one of these."
            }
            (BadBill::NoBill, Locale::Es) => {
                "Este archivo no es PDF, JPEG, PNG ni HEIC. Envíe su factura en uno de estos formatos."
            }
        }
    }

    pub(super) const fn label(&self, field: Field) -> &'static str {
        match (field, self.locale) {
            (Field::Number, Locale::En) => "Account number, as on your bill",
            (Field::Number, Locale::Es) => "Número de cuenta, como en su factura",
            (Field::Line, Locale::En) => "Service address: street and number",
            (Field::Line, Locale::Es) => "Dirección del servicio: calle y número",
            (Field::City, Locale::En) => "City",
            (Field::City, Locale::Es) => "Ciudad",
            (Field::State, Locale::En) => "State",
            (Field::State, Locale::Es) => "Estado",
            (Field::Zip, Locale::En) => "ZIP code",
            (Field::Zip, Locale::Es) => "Código postal",
        }
    }

    pub(super) const fn wrong(&self, field: Field) -> &'static str {
        match (field, self.locale) {
            (Field::Number, Locale::En) => "Please give the number with its digits, at most 40 characters.",
            (Field::Number, Locale::Es) => "Escriba el número con sus dígitos, de 40 caracteres como máximo.",
            (Field::Line, Locale::En) => "Please give the street and the number, at most 100 characters.",
            (Field::Line, Locale::Es) => "Escriba la calle y el número, en 100 caracteres como máximo.",
            (Field::City, Locale::En) => "Please give the city, at most 60 characters.",
            (Field::City, Locale::Es) => "Escriba la ciudad, en 60 caracteres como máximo.",
            (Field::State, Locale::En) => "Please choose the state.",
            (Field::State, Locale::Es) => "Elija el estado.",
            (Field::Zip, Locale::En) => "Please give five digits, such as 94103, or nine, such as 94103-1234.",
            (Field::Zip, Locale::Es) => "Escriba cinco dígitos, como 94103, o nueve, como 94103-1234.",
        }
    }
}
