//! The pages' form: one column, system fonts, light and dark, readable at 320 px.

use journey::contact::Locale;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::style::STYLE;
use crate::Site;
use crate::words::common::words;

/// Which of the enrolment's steps a page belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Address,
    Plan,
    Billing,
    Payment,
}

impl Place {
    pub(crate) const ALL: [Place; 4] = [Place::Address, Place::Plan, Place::Billing, Place::Payment];
}

/// What a page has besides its body.
pub(crate) struct Head<'a> {
    pub(crate) locale: Locale,
    pub(crate) title: &'a str,
    /// The step, where it is one.
    pub(crate) place: Option<Place>,
    /// Does it say that something typed in is wrong?
    pub(crate) is_wrong: bool,
    /// More for the document's own head.
    pub(crate) more: Markup,
}

impl<'a> Head<'a> {
    pub(crate) fn new(locale: Locale, title: &'a str, place: Option<Place>) -> Self {
        Head {
            locale,
            title,
            place,
            is_wrong: false,
            more: html! {},
        }
    }
}

pub(crate) fn document(site: &Site, head: &Head<'_>, body: &Markup) -> Markup {
    let words = words(head.locale);
    html! {
        (DOCTYPE)
        html lang=(head.locale.as_str()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                meta name="referrer" content="no-referrer";
                (head.more)
                title { @if head.is_wrong { (words.error) ": " } (head.title) " · " (site.brand.name) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    p.brand { (site.brand.name) }
                    @if let Some(place) = head.place { (progress(head.locale, place)) }
                    div.card { h1 { (head.title) } (body) }
                    @if let Some(address) = &site.brand.support_email {
                        p.soft { (words.help) " " a href={ "mailto:" (address) } { (address) } "." }
                    }
                }
            }
        }
    }
}

fn progress(locale: Locale, place: Place) -> Markup {
    let words = words(locale);
    let number = Place::ALL.iter().position(|one| *one == place).unwrap_or_default() + 1;
    html! {
        nav aria-label=(words.progress) {
            p.soft { (words.step_of(number, Place::ALL.len())) }
            ol.steps {
                @for one in Place::ALL { li aria-current=[(one == place).then_some("step")] { (words.place(one)) } }
            }
        }
    }
}

/// A page for whose language is not known: it has both. Each is a title and a paragraph.
pub(crate) fn bilingual(site: &Site, en: (&str, &str), es: (&str, &str)) -> Markup {
    let body = html! {
        p { (en.1) }
        h2 lang="es" { (es.0) }
        p lang="es" { (es.1) }
    };
    document(site, &Head::new(Locale::En, en.0, None), &body)
}
