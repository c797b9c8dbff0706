//! Fields, and what is said where one is wrong.

use journey::contact::Locale;
use maud::{Markup, html};

use crate::words::common::words;

/// What is wrong with a field.
pub(crate) struct Wrong {
    /// The field's `id`.
    pub(crate) field: &'static str,
    /// What would be right.
    pub(crate) text: String,
}

/// A line of text to type in.
pub(crate) struct Input<'a> {
    /// Its name, and its `id`.
    pub(crate) name: &'static str,
    pub(crate) label: &'a str,
    pub(crate) hint: Option<&'a str>,
    pub(crate) value: &'a str,
    pub(crate) autocomplete: &'a str,
    pub(crate) is_number: bool,
    pub(crate) longest: usize,
}

/// A list of what is wrong, each leading to its field; nothing when nothing is.
pub(crate) fn summary(locale: Locale, wrong: &[Wrong]) -> Markup {
    html! {
        @if !wrong.is_empty() {
            div.wrong role="alert" tabindex="-1" autofocus aria-labelledby="wrong" {
                h2 #wrong { (words(locale).wrong) }
                ul { @for wrong in wrong { li { a href={ "#" (wrong.field) } { (wrong.text) } } } }
            }
        }
    }
}

pub(crate) fn input(input: &Input<'_>, wrong: &[Wrong]) -> Markup {
    let (name, error) = (input.name, error(input.name, wrong));
    html! {
        div.field {
            label for=(name) { (input.label) }
            @if let Some(hint) = input.hint { p.soft id={ (name) "-hint" } { (hint) } }
            @if let Some(error) = error { p.error id={ (name) "-error" } { (error) } }
            input id=(name) type="text" name=(name) value=(input.value) maxlength=(input.longest)
                autocomplete=(input.autocomplete) inputmode=[input.is_number.then_some("numeric")]
                aria-describedby=[described(name, input.hint.is_some(), error.is_some())]
                aria-invalid=[error.map(|_| "true")];
        }
    }
}

/// What is wrong with a field, if anything is.
pub(crate) fn error<'w>(name: &str, wrong: &'w [Wrong]) -> Option<&'w str> {
    let wrong = wrong.iter().find(|wrong| wrong.field == name)?;
    Some(&wrong.text)
}

/// The `aria-describedby` of a field.
pub(crate) fn described(name: &str, hint: bool, error: bool) -> Option<String> {
    let parts = [hint.then_some("-hint"), error.then_some("-error")];
    let names: Vec<String> = parts
        .into_iter()
        .flatten()
        .map(|part| format!("{name}{part}"))
        .collect();
    (!names.is_empty()).then(|| names.join(" "))
}
