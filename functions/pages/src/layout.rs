//! The pages' form: one column, system fonts, light and dark, readable at 320 px.

use journey::campaign::Channel;
use journey::contact::{Known, Locale};
use journey::enrollment::SupportMatter;
use journey::{Flow, Journey, Phase, Provider};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use utilities::Utility;

use crate::Pages;
use crate::fallback;
use crate::preferences::Preferences;
use crate::sharing;
use crate::words::{Words, left, left_of_form, minutes, words};

/// The pages' style, whole: the policy names it by its hash.
pub(crate) const STYLE: &str = "
:root { color-scheme: light dark; --ink: #1b2733; --soft: #52606d; --paper: #f6f8f7; --card: #ffffff; --line: #d9e0dd; --go: #0b6b4f; --on-go: #ffffff; --bad: #a3261d; }
@media (prefers-color-scheme: dark) { :root { --ink: #eef2f0; --soft: #b3c0ba; --paper: #121715; --card: #1b2320; --line: #33403a; --go: #4cc79a; --on-go: #08130f; --bad: #ffaea5; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1.0625rem/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; }
main { max-width: 34rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
.brand { color: var(--soft); font-weight: 600; margin: .5rem 0 1rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1.25rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .75rem; }
h2 { font-size: 1.1875rem; line-height: 1.3; margin: 1.75rem 0 .25rem; }
p, ul, ol, dl { margin: .5rem 0; } ul, ol { padding-left: 1.25rem; } li { margin: .25rem 0; }
.links a { display: inline-block; padding: .25rem 0; }
dt { font-weight: 600; margin-top: .5rem; } dd { margin: 0; }
a { color: var(--go); }
button { font: inherit; font-weight: 600; width: 100%; padding: .875rem 1rem; margin-top: 1rem; border: 0; border-radius: .5rem; background: var(--go); color: var(--on-go); cursor: pointer; }
button.second { background: transparent; color: var(--ink); border: 1px solid var(--soft); }
fieldset { border: 1px solid var(--line); border-radius: .5rem; margin: 1rem 0 0; padding: .5rem 1rem; }
legend { font-weight: 600; padding: 0 .25rem; }
.choice { display: flex; align-items: center; gap: .75rem; min-height: 2.75rem; cursor: pointer; }
.choice input { width: 1.5rem; height: 1.5rem; margin: 0; accent-color: var(--go); }
.choice input:not(:checked) { appearance: none; border: 2px solid var(--soft); border-radius: .1875rem; }
button:focus-visible, input:focus-visible, select:focus-visible, a:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; }
.soft { color: var(--soft); font-size: .9375rem; }
.field { margin-top: 1rem; } .field label { font-weight: 600; } .field p { margin: .25rem 0; }
.field input, .field select { font: inherit; width: 100%; min-height: 2.75rem; padding: .5rem .75rem; color: var(--ink); background: var(--card); border: 1px solid var(--soft); border-radius: .5rem; }
.error { color: var(--bad); font-weight: 600; }
";

pub(crate) fn document(pages: &Pages, locale: Locale, title: &str, body: &Markup) -> Markup {
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

/// Is there nothing to go on with: the customer is done, or only support can help?
pub(crate) fn is_over(journey: &Journey) -> bool {
    matches!(journey.phase, Phase::Completed { .. }) || is_for_support(journey)
}

/// Did it end in a way that only support can mend?
fn is_for_support(journey: &Journey) -> bool {
    SupportMatter::of(&journey.phase).is_some()
}

pub(crate) fn resume(pages: &Pages, journey: Option<&Journey>, known: &Known, token: &str, incident: bool) -> Markup {
    let locale = known.contact.locale;
    let words = words(locale);
    if journey.is_some_and(fallback::was_given) {
        return fallback::given_before(pages, locale);
    }
    if let Some(Phase::Completed { .. }) = journey.map(|journey| &journey.phase) {
        let has_status =
            known.contact.provider == Provider::Light && matches!(pages.enrollment, crate::Enrollment::OwnPages { .. });
        let body = html! {
            p { (if known.contact.provider == Provider::Light { words.done_enrollment } else { words.done }) }
            @if has_status { form method="post" { button type="submit" { (words.see_status) } } }
        };
        return document(pages, locale, words.done_title, &body);
    }
    if journey.is_some_and(is_for_support) {
        return document(pages, locale, words.support_title, &html! { p { (words.support) } });
    }
    let code = journey
        .and_then(|journey| journey.utility.as_ref())
        .or(known.contact.utility.as_ref());
    let utility = code.and_then(|code| pages.directory.find(code));
    let provider = known.contact.provider;
    let flow = match known.contact.flow {
        Flow::Unknown => journey.map_or(Flow::Unknown, |journey| journey.flow),
        said @ (Flow::Connect | Flow::DirectToUtility) => said,
    };
    let form_only = pages.directory.is_form_only(&known.contact);
    let diagnosis = journey.and_then(|journey| journey.diagnosis);
    let left = if form_only { left_of_form } else { left };
    let asks_for_a_code = utility.is_some_and(Utility::asks_for_a_code);
    let body = html! {
        @if incident { p.incident { strong { (words.incident) } } }
        p { (left(locale, diagnosis)) " " (minutes(locale, pages.brand.minutes_needed)) }
        form method="post" { input type="hidden" name="continue" value="1"; button type="submit" { (words.go_on) } }
        (fallback::link(known, token))
        h2 { (words.at_hand_title) }
        ul {
            @if provider == Provider::Light {
                li { (words.at_hand_enrollment) }
            } @else if form_only {
                li { (words.at_hand_form) }
            } @else {
                li { (words.at_hand) }
                li { (if asks_for_a_code { words.code } else { words.code_perhaps }) }
            }
        }
        @if let Some(utility) = utility && !form_only { (help(words, utility)) }
        h2 { (words.steps_title) }
        ol { @for step in sharing::steps(provider, flow, form_only, locale) { li { (step) } } }
        h2 { (if provider == Provider::Light { words.shared_title_enrollment } else { words.shared_title }) }
        dl { @for row in sharing::answers(provider, form_only, locale, &pages.brand.name) { dt { (row.question) } dd { (row.answer) } } }
    };
    document(pages, locale, words.resume_title, &body)
}

/// Where to sign in at a utility, and what helps with that; nothing when nothing is known.
fn help(words: &Words, utility: &Utility) -> Markup {
    let links = utility.links();
    let links: Vec<(&str, String)> = [
        (words.sign_in, links.login),
        (words.forgot_username, links.forgot_username),
        (words.forgot_password, links.forgot_password),
    ]
    .into_iter()
    .filter_map(|(label, url)| Some((label, url?)))
    .collect();
    let phone = utility.phone_for_customer();
    let name = utility
        .short_name_for_customer()
        .filter(|_| phone.is_some() || !links.is_empty());
    html! {
        @if let Some(name) = name {
            h2 { (words.links_title) ": " (name) }
            ul.links {
                @for (label, url) in &links { li { a href=(url) rel="noopener noreferrer" { (label) } } }
                @if let Some(phone) = phone { li { (words.call) ": " a href={ "tel:" (phone) } { (phone) } } }
            }
        }
    }
}

pub(crate) fn no_link(pages: &Pages, locale: Locale) -> Markup {
    let words = words(locale);
    document(pages, locale, words.no_link_title, &html! { p { (words.no_link) } })
}

pub(crate) fn preferences(pages: &Pages, preferences: &Preferences, changed: bool) -> Markup {
    let words = words(preferences.locale);
    let received = preferences.received();
    let names: Vec<&str> = received.iter().map(|channel| words.channel(*channel)).collect();
    let offered: Vec<Channel> = preferences.offered().collect();
    let body = html! {
        @if changed { p role="status" { strong { (words.changed) } } }
        @if names.is_empty() { p { (words.receives_nothing) } }
        @else { p { (words.receives) " " (names.join(words.and)) "." } }
        @if preferences.is_stopped { p { (words.stopped) } }
        @for (channel, standing) in &preferences.channels {
            @if let Some(why) = words.closed(*standing) { p { (words.channel(*channel)) ": " (why) } }
        }
        form method="post" {
            @if !offered.is_empty() {
                fieldset {
                    legend { (words.remind_by) }
                    @for channel in &offered {
                        label.choice {
                            input type="checkbox" name="channel" value=(channel.as_str()) checked[received.contains(channel)];
                            span { (words.channel(*channel)) }
                        }
                    }
                }
                button type="submit" name="save" value="1" { (words.save) }
            }
            button.second type="submit" name="stop" value="all" { (words.stop) }
        }
    };
    document(pages, preferences.locale, words.preferences_title, &body)
}

/// Whose language is not known gets both.
pub(crate) fn bad_link(pages: &Pages) -> Markup {
    let body = html! {
        p { "It may have expired, or a part of it was cut off. Please open the newest message from us, or start again with the link you were given." }
        h2 lang="es" { "Este enlace ya no funciona" }
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
        h2 lang="es" { "Inténtelo de nuevo" }
        p lang="es" { "Algo falló de nuestro lado. No se cambió nada; inténtelo de nuevo en un momento." }
    };
    document(pages, Locale::En, "Please try again", &body)
}
