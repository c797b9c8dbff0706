//! The payment method.

use journey::contact::Locale;

pub(crate) struct Words {
    pub(crate) title: &'static str,
    pub(crate) not_now: &'static str,
    pub(crate) by_stripe: &'static str,
    pub(crate) no_script: &'static str,
    pub(crate) loading: &'static str,
    pub(crate) card: &'static str,
    pub(crate) save: &'static str,
    pub(crate) saving: &'static str,
    pub(crate) not_loaded: &'static str,
    pub(crate) not_saved: &'static str,
    pub(crate) reload: &'static str,
}

const EN: Words = Words {
    title: "Add a payment method",
    not_now: "Nothing is charged today. From then on your bills are paid with it: by default an invoice is charged 16 days after it is made.",
    by_stripe: "What you type goes straight to Stripe, a payment company. We never see the number of your card.",
    no_script: "This page needs JavaScript, since the form for your card is Stripe's own. Please switch it on for this page and load it again, or open our link on another device. Everything you have done so far is saved.",
    loading: "The form is being loaded.",
    card: "Your card",
    save: "Save and continue",
    saving: "Saving, please wait",
    not_loaded: "The form for your card could not be loaded. Nothing is lost; please load the page again.",
    not_saved: "Your card was not saved yet. Nothing was charged; please press the button again.",
    reload: "Load the page again",
};

const ES: Words = Words {
    title: "Agregue una forma de pago",
    not_now: "Hoy no se cobra nada. Después sus facturas se pagan con ella: normalmente una factura se cobra 16 días después de emitirse.",
    by_stripe: "Lo que escriba va directamente a Stripe, una empresa de pagos. Nunca vemos el número de su tarjeta.",
    no_script: "Esta página necesita JavaScript, porque el formulario de la tarjeta es de Stripe. Actívelo para esta página y cárguela de nuevo, o abra nuestro enlace en otro dispositivo. Todo lo que hizo hasta ahora está guardado.",
    loading: "El formulario se está cargando.",
    card: "Su tarjeta",
    save: "Guardar y continuar",
    saving: "Guardando, espere por favor",
    not_loaded: "No se pudo cargar el formulario de la tarjeta. No se perdió nada; cargue la página de nuevo.",
    not_saved: "Su tarjeta aún no se guardó. No se cobró nada; pulse el botón otra vez.",
    reload: "Cargar la página de nuevo",
};

pub(crate) const fn words(locale: Locale) -> &'static Words {
    match locale {
        Locale::En => &EN,
        Locale::Es => &ES,
    }
}
