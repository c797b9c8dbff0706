//! What is shown where a step was not taken.

use http::StatusCode;
use journey::enrollment::SupportMatter;
use maud::{Markup, html};

use super::{Asked, Reply};
use crate::acts::Trouble;
use crate::look::bilingual;
use crate::session::Visit;
use crate::words::common::words;
use crate::{Ports, Site};

/// Ticks and the word of acceptance: a repetition is no fresh act (docs/light.md, trap 33).
const NEVER_REPEATED: [&str; 2] = ["terms", "accept"];

impl<P: Ports> Visit<'_, P> {
    pub(super) fn in_trouble(&self, asked: &Asked<'_>, trouble: &Trouble) -> Reply {
        let words = words(self.locale());
        let (status, title, text) = match trouble {
            Trouble::Support(matter) => return Reply::page(StatusCode::OK, self.support_page(*matter)),
            Trouble::Finished => return Reply::to("/enroll/status"),
            Trouble::Refused => (StatusCode::UNPROCESSABLE_ENTITY, words.refused_title, words.refused),
            Trouble::Unavailable { .. } => (
                StatusCode::SERVICE_UNAVAILABLE,
                words.unavailable_title,
                words.unavailable,
            ),
        };
        let fields = asked
            .form
            .0
            .iter()
            .filter(|(name, _)| !NEVER_REPEATED.contains(&name.as_str()));
        let body = html! {
            p role="alert" { (text) }
            form method=(if asked.is_post { "post" } else { "get" }) action=(asked.path) {
                @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
                button type="submit" { (words.try_again) }
            }
        };
        Reply::page(status, self.document(title, None, false, &body))
    }

    /// What only support can mend.
    pub(super) fn support_page(&self, matter: SupportMatter) -> Markup {
        let words = words(self.locale());
        let body = html! {
            p { (words.matter(matter)) }
            p { (words.support) }
        };
        self.document(words.support_title, None, false, &body)
    }
}

/// Whose session is over, or was none: their language is not known.
pub(crate) fn no_session(site: &Site) -> Markup {
    bilingual(
        site,
        (
            "Please open the newest message from us",
            "For your safety this page closes after an hour without a step, and it needs cookies. What you have done is saved: open the link in our newest message, and you go on where you stopped. If you no longer have it, please write to our support.",
        ),
        (
            "Abra nuestro mensaje más reciente",
            "Por su seguridad esta página se cierra después de una hora sin ningún paso, y necesita cookies. Lo que hizo está guardado: abra el enlace de nuestro mensaje más reciente y seguirá donde se quedó. Si ya no lo tiene, escriba a nuestro servicio de ayuda.",
        ),
    )
}

pub(crate) fn unavailable(site: &Site) -> Markup {
    bilingual(
        site,
        (
            "Please try again",
            "Something went wrong on our side. Nothing you have done is lost; please load this page again in a moment.",
        ),
        (
            "Inténtelo de nuevo",
            "Algo falló de nuestro lado. No se perdió nada de lo que hizo; cargue esta página de nuevo en un momento.",
        ),
    )
}

pub(crate) fn nothing_here(site: &Site) -> Markup {
    bilingual(
        site,
        ("There is no such page", "Please open the link in our newest message."),
        (
            "Esta página no existe",
            "Abra el enlace de nuestro mensaje más reciente.",
        ),
    )
}

/// A form that another site's page sent.
pub(crate) fn foreign(site: &Site) -> Markup {
    bilingual(
        site,
        (
            "This did not come from our page",
            "Nothing was changed. Please open the link in our newest message.",
        ),
        (
            "Esto no vino de nuestra página",
            "No se cambió nada. Abra el enlace de nuestro mensaje más reciente.",
        ),
    )
}

/// A form that is none of ours.
pub(crate) fn bad_request(site: &Site) -> Markup {
    bilingual(
        site,
        (
            "The form is too long",
            "Nothing was changed. Please go back and shorten it.",
        ),
        (
            "El formulario es demasiado largo",
            "No se cambió nada. Vuelva atrás y acórtelo.",
        ),
    )
}
