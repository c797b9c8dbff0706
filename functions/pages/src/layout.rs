//! The pages' form: one column, system fonts, light and dark, readable at 320 px.

use journey::contact::{Known, Locale};
use journey::{Journey, Phase};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::Pages;
use crate::words::{left, words};

const STYLE: &str = "
:root { color-scheme: light dark; --ink: #1b2733; --soft: #52606d; --paper: #f6f8f7; --card: #ffffff; --line: #d9e0dd; --go: #0b6b4f; --on-go: #ffffff; }
@media (prefers-color-scheme: dark) { :root { --ink: #eef2f0; --soft: #b3c0ba; --paper: #121715; --card: #1b2320; --line: #33403a; --go: #4cc79a; --on-go: #08130f; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1.0625rem/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; }
main { max-width: 34rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
.brand { color: var(--soft); font-weight: 600; margin: .5rem 0 1rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1.25rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .75rem; }
h2 { font-size: 1.0625rem; margin: 1.5rem 0 .25rem; }
p, ul { margin: .5rem 0; } ul { padding-left: 1.25rem; }
a { color: var(--go); }
button { font: inherit; font-weight: 600; width: 100%; padding: .875rem 1rem; margin-top: 1rem; border: 0; border-radius: .5rem; background: var(--go); color: var(--on-go); cursor: pointer; }
button:focus-visible, a:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; }
.soft { color: var(--soft); font-size: .9375rem; }
";

fn document(pages: &Pages, locale: Locale, title: &str, body: &Markup) -> Markup {
    let words = words(locale);
    html! {
        (DOCTYPE)
        html lang=(locale.as_str()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                meta name="referrer" content="no-referrer";
                title { (title) " · " (pages.brand.name) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    p.brand { (pages.brand.name) }
                    div.card { h1 { (title) } (body) }
                    @if let Some(address) = &pages.brand.support_email {
                        p.soft { (words.help) " " a href={ "mailto:" (address) } { (address) } "." }
                    }
                }
            }
        }
    }
}

pub(crate) fn resume(pages: &Pages, journey: Option<&Journey>, known: &Known) -> Markup {
    let locale = known.contact.locale;
    let words = words(locale);
    if let Some(Phase::Completed { .. }) = journey.map(|journey| &journey.phase) {
        return document(pages, locale, words.done_title, &html! { p { (words.done) } });
    }
    let code = journey
        .and_then(|journey| journey.utility.as_ref())
        .or(known.contact.utility.as_ref());
    let utility = code.and_then(|code| pages.directory.find(code));
    let links = utility.map(utilities::Utility::links).unwrap_or_default();
    let body = html! {
        p { (left(locale, journey.and_then(|journey| journey.diagnosis))) " " (words.minutes) }
        form method="post" { input type="hidden" name="continue" value="1"; button type="submit" { (words.go_on) } }
        h2 { (words.at_hand_title) }
        ul {
            li { (words.at_hand) }
            @if utility.is_some_and(utilities::Utility::asks_for_a_code) { li { (words.mfa) } }
        }
        @if let Some(utility) = utility {
            @if let Some(name) = utility.name_for_customer() { p { strong { (name) } } }
            ul {
                @for (label, url) in [
                    (words.sign_in, &links.login),
                    (words.forgot_username, &links.forgot_username),
                    (words.forgot_password, &links.forgot_password),
                ] {
                    @if let Some(url) = url { li { a href=(url) rel="noopener noreferrer" { (label) } } }
                }
                @if let Some(phone) = utility.phone_for_customer() { li { (words.call) ": " a href={ "tel:" (phone) } { (phone) } } }
            }
        }
        h2 { (words.shared_title) }
        ul { @for line in words.shared { li { (line) } } }
    };
    document(pages, locale, words.resume_title, &body)
}

pub(crate) fn no_link(pages: &Pages, locale: Locale) -> Markup {
    let words = words(locale);
    document(pages, locale, words.no_link_title, &html! { p { (words.no_link) } })
}

pub(crate) fn preferences(pages: &Pages, locale: Locale, out: bool, changed: bool) -> Markup {
    let words = words(locale);
    let (value, label) = if out { ("on", words.start) } else { ("off", words.stop) };
    let body = html! {
        @if changed { p role="status" { strong { (words.changed) } } }
        p { (if out { words.receives_nothing } else { words.receives }) }
        form method="post" {
            input type="hidden" name="reminders" value=(value);
            button type="submit" { (label) }
        }
    };
    document(pages, locale, words.preferences_title, &body)
}

/// Whose language is not known gets both.
pub(crate) fn bad_link(pages: &Pages) -> Markup {
    let body = html! {
        p { "It may have expired, or a part of it was cut off. Please open the newest message from us, or start again with the link you were given." }
        p lang="es" { "Puede haber caducado o estar incompleto. Abra nuestro mensaje más reciente, o empiece de nuevo con el enlace que recibió." }
    };
    document(pages, Locale::En, "This link does not work any more", &body)
}

pub(crate) fn test_link(pages: &Pages) -> Markup {
    let body = html! {
        p { "The message was a test. A customer's link leads to a page of their own; this one changes nothing." }
        p lang="es" { "El mensaje era una prueba. El enlace de un cliente lleva a su propia página; este no cambia nada." }
    };
    document(pages, Locale::En, "This is a test link", &body)
}

pub(crate) fn failed(pages: &Pages) -> Markup {
    let body = html! {
        p { "Something went wrong on our side. Nothing was changed; please try again in a moment." }
        p lang="es" { "Algo falló de nuestro lado. No se cambió nada; inténtelo de nuevo en un momento." }
    };
    document(pages, Locale::En, "Please try again", &body)
}
