//! Finding and confirming the home.

use journey::contact::Locale;
use journey::enrollment::InvalidEsiId;

pub(crate) struct Words {
    locale: Locale,
    pub(crate) title: &'static str,
    pub(crate) intro: &'static str,
    pub(crate) query: &'static str,
    pub(crate) query_hint: &'static str,
    pub(crate) query_missing: &'static str,
    pub(crate) search: &'static str,
    pub(crate) have_esi_id: &'static str,
    pub(crate) none: &'static str,
    pub(crate) many_title: &'static str,
    pub(crate) many: &'static str,
    pub(crate) more: &'static str,
    pub(crate) choose: &'static str,
    pub(crate) again: &'static str,
    pub(crate) esi_title: &'static str,
    pub(crate) esi_id: &'static str,
    pub(crate) esi_hint: &'static str,
    pub(crate) esi_where: &'static str,
    pub(crate) esi_unknown: &'static str,
    pub(crate) esi_search: &'static str,
    pub(crate) by_address: &'static str,
    pub(crate) confirm_title: &'static str,
    pub(crate) confirm: &'static str,
    pub(crate) address: &'static str,
    pub(crate) yes: &'static str,
    pub(crate) no: &'static str,
}

const EN: Words = Words {
    locale: Locale::En,
    title: "Find your home",
    intro: "Type the address where you want the electricity. It need not be exact.",
    query: "Address of your home",
    query_hint: "Street and number, unit if there is one, and city or ZIP code. For example: 123 Main St Apt 1, Dallas",
    query_missing: "Please type the address, at most 200 characters.",
    search: "Search",
    have_esi_id: "I have my ESI ID",
    none: "We found no home at that address. Addresses are often written in another way at the utility: try it shorter, without the unit, or use the number from your electricity bill.",
    many_title: "Which one is your home?",
    many: "Several homes are like what you typed.",
    more: "There are more. If yours is not among these, search again with more of the address.",
    choose: "Please choose your home.",
    again: "Search again",
    esi_title: "Find your home by its ESI ID",
    esi_id: "ESI ID",
    esi_hint: "17 or 22 digits. Spaces and dashes are fine.",
    esi_where: "It is on any electricity bill for this home, whoever the provider is: look for \"ESI ID\" or \"ESID\", often near the service address or the meter readings.",
    esi_unknown: "We found no home with this ESI ID. Please compare it with your bill, or search by the address.",
    esi_search: "Find my home",
    by_address: "Search by the address instead",
    confirm_title: "Is this your home?",
    confirm: "Please look closely: the electricity will be for this address.",
    address: "Address",
    yes: "Yes, this is my home",
    no: "No, search again",
};

const ES: Words = Words {
    locale: Locale::Es,
    title: "Encuentre su casa",
    intro: "Escriba la dirección donde quiere la electricidad. No tiene que ser exacta.",
    query: "Dirección de su casa",
    query_hint: "Calle y número, apartamento si lo hay, y ciudad o código postal. Por ejemplo: 123 Main St Apt 1, Dallas",
    query_missing: "Escriba la dirección, en 200 caracteres como máximo.",
    search: "Buscar",
    have_esi_id: "Tengo mi ESI ID",
    none: "No encontramos ninguna casa en esa dirección. La compañía eléctrica suele escribir las direcciones de otra manera: pruebe con menos datos, sin el apartamento, o use el número de su factura de electricidad.",
    many_title: "¿Cuál es su casa?",
    many: "Hay varias que se parecen a lo que escribió.",
    more: "Hay más. Si la suya no está aquí, busque otra vez con más datos de la dirección.",
    choose: "Elija su casa.",
    again: "Buscar otra vez",
    esi_title: "Encuentre su casa por su ESI ID",
    esi_id: "ESI ID",
    esi_hint: "17 o 22 dígitos. Puede escribir espacios y guiones.",
    esi_where: "Está en cualquier factura de electricidad de esta casa, sea cual sea el proveedor: busque «ESI ID» o «ESID», a menudo cerca de la dirección del servicio o de las lecturas del medidor.",
    esi_unknown: "No encontramos ninguna casa con este ESI ID. Compárelo con su factura o busque por la dirección.",
    esi_search: "Encontrar mi casa",
    by_address: "Buscar por la dirección",
    confirm_title: "¿Es esta su casa?",
    confirm: "Mire bien, por favor: la electricidad será para esta dirección.",
    address: "Dirección",
    yes: "Sí, es mi casa",
    no: "No, buscar otra vez",
};

pub(crate) const fn words(locale: Locale) -> &'static Words {
    match locale {
        Locale::En => &EN,
        Locale::Es => &ES,
    }
}

impl Words {
    /// What would be right.
    pub(crate) fn bad_esi_id(&self, why: InvalidEsiId) -> String {
        match (why, self.locale) {
            (InvalidEsiId::Length(0), Locale::En) => "Please type the ESI ID: 17 or 22 digits.".to_owned(),
            (InvalidEsiId::Length(0), Locale::Es) => "Escriba el ESI ID: 17 o 22 dígitos.".to_owned(),
            (InvalidEsiId::Length(length), Locale::En) => {
                format!("An ESI ID has 17 or 22 digits; this one has {length}. Spaces and dashes are fine.")
            }
            (InvalidEsiId::Length(length), Locale::Es) => {
                format!("Un ESI ID tiene 17 o 22 dígitos; este tiene {length}. Puede escribir espacios y guiones.")
            }
            (InvalidEsiId::NotDigits, Locale::En) => {
                "An ESI ID has only digits, 17 or 22 of them. Spaces and dashes are fine.".to_owned()
            }
            (InvalidEsiId::NotDigits, Locale::Es) => {
                "Un ESI ID tiene solo dígitos, 17 o 22. Puede escribir espacios y guiones.".to_owned()
            }
        }
    }
}
