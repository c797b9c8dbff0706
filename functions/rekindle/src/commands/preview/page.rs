//! The page itself: no script, nothing from elsewhere, readable from a folder.

use campaign::LoadedCampaign;
use jiff::SignedDuration;
use journey::Diagnosis;
use journey::campaign::{Channel, TouchRule};
use journey::contact::Locale;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use message::{Coding, Length, Message};

use super::{Counted, Form, Shown, diagnoses, names};

const STYLE: &str = include_str!("page.css");

pub(super) fn page(campaign: &LoadedCampaign, shown: &[Shown]) -> Markup {
    let locales: Vec<Locale> = Locale::ALL
        .into_iter()
        .filter(|locale| shown.iter().any(|one| one.sample.locale == *locale))
        .collect();
    let diagnoses = diagnoses(shown);
    let warned = shown.iter().filter(|one| !one.warnings.is_empty()).count();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Messages of " (campaign.name) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#messages" { "Skip to the messages" }
                header {
                    p.kicker { "Campaign \u{201c}" (campaign.name) "\u{201d}" }
                    h1 { "Every message of " (campaign.brand.brand) }
                    p.lead {
                        (shown.len()) " messages for " (diagnoses.len()) " reasons to stop, from "
                        strong { (campaign.sender.name) } " \u{2039}" (campaign.sender.from) "\u{203a}. People and links are invented."
                    }
                    (schedule(campaign))
                    @if warned > 0 || !campaign.warnings.is_empty() {
                        div.warning role="note" {
                            p { strong { (warned) " of them have a warning beside them." } }
                            @if !campaign.warnings.is_empty() {
                                ul { @for warning in &campaign.warnings { li { (warning.to_string()) } } }
                            }
                        }
                    }
                }
                @if locales.len() > 1 {
                    fieldset.languages {
                        legend { "Language" }
                        @for (n, locale) in locales.iter().enumerate() {
                            input type="radio" name="language" id={ "show-" (locale.as_str()) } checked[n == 0];
                            label for={ "show-" (locale.as_str()) } lang=(locale.as_str()) { (names::locale(*locale)) }
                        }
                        input type="radio" name="language" id="show-all";
                        label for="show-all" { "All" }
                    }
                }
                div.columns {
                    nav aria-label="Reasons" {
                        ol { @for diagnosis in &diagnoses {
                            li { a href={ "#" (diagnosis.as_str()) } { (names::diagnosis(*diagnosis).0) } }
                        } }
                    }
                    main id="messages" tabindex="-1" {
                        @for diagnosis in &diagnoses { (section(campaign, shown, &locales, *diagnosis)) }
                    }
                }
            }
        }
    }
}

/// When the reminders go, and how.
fn schedule(campaign: &LoadedCampaign) -> Markup {
    html! {
        ol.schedule {
            @for (n, rule) in campaign.rules.touches.iter().enumerate() {
                li {
                    span.number { "Reminder " (n + 1) }
                    strong { (due(campaign, n, rule)) }
                    span.channels { (by(rule)) }
                }
            }
        }
    }
}

/// When a touch is due, counted from the moment the customer stopped.
fn due(campaign: &LoadedCampaign, n: usize, rule: &TouchRule) -> String {
    let arms = campaign.rules.experiment.arms.iter().filter(|arm| arm.weight > 0);
    let delays: Vec<SignedDuration> = arms.map(|arm| arm.first_after).collect();
    match (n, delays.iter().min(), delays.iter().max()) {
        (0, Some(least), Some(most)) if least != most => {
            format!("{} to {} after they stopped", written(*least), written(*most))
        }
        (0, Some(only), _) => format!("{} after they stopped", written(*only)),
        _ => format!("{} after they stopped", written(rule.after)),
    }
}

fn written(duration: SignedDuration) -> String {
    let minutes = duration.as_mins();
    let (number, unit) = match minutes {
        _ if minutes % 1_440 == 0 => (minutes / 1_440, "day"),
        _ if minutes % 60 == 0 => (minutes / 60, "hour"),
        _ => (minutes, "minute"),
    };
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

fn by(rule: &TouchRule) -> String {
    let names: Vec<&str> = rule.channels.iter().map(|channel| names::channel(*channel)).collect();
    names.join(", else ")
}

fn section(campaign: &LoadedCampaign, shown: &[Shown], locales: &[Locale], diagnosis: Diagnosis) -> Markup {
    let (title, who) = names::diagnosis(diagnosis);
    html! {
        section id=(diagnosis.as_str()) aria-labelledby={ (diagnosis.as_str()) "-title" } {
            h2 id={ (diagnosis.as_str()) "-title" } { (title) " " code { (diagnosis.as_str()) } }
            p.who { (who) }
            @for locale in locales {
                div.locale data-locale=(locale.as_str()) {
                    h3 { (names::locale(*locale)) }
                    div.cards {
                        @for one in shown.iter().filter(|one| (one.sample.diagnosis, one.sample.locale) == (diagnosis, *locale)) {
                            (card(campaign, one))
                        }
                    }
                }
            }
        }
    }
}

fn card(campaign: &LoadedCampaign, one: &Shown) -> Markup {
    let touch = usize::from(one.sample.touch);
    let rule = campaign.rules.touches.get(touch.saturating_sub(1));
    let lang = one.sample.locale.as_str();
    html! {
        article.card {
            @match &one.form {
                Form::Mail(message) => {
                    p.when {
                        span.chip { (names::channel(Channel::Email)) }
                        " Reminder " (touch) " of " (one.sample.touches)
                        @if let Some(rule) = rule { ", " (due(campaign, touch - 1, rule)) }
                    }
                    (mail(one, message, lang))
                }
                Form::Text(texts) => {
                    p.when {
                        span.chip.text { (names::channel(Channel::Sms)) }
                        @if campaign.rules.sends_by(Channel::Sms) { " Once in a series" } @else { " No reminder of this campaign goes as a text" }
                    }
                    (text(texts, lang))
                }
                Form::Push(push) => {
                    p.when {
                        span.chip.push { (names::channel(Channel::Push)) }
                        @if !campaign.rules.sends_by(Channel::Push) { " No reminder of this campaign goes to an app" }
                    }
                    div.bubble lang=(lang) {
                        strong { (push.title) }
                        br;
                        (push.body)
                    }
                }
            }
            @for warning in &one.warnings { p.warning role="note" { (warning) } }
        }
    }
}

fn mail(one: &Shown, message: &Message, lang: &str) -> Markup {
    html! {
        h4 lang=(lang) { (message.subject) }
        @if let Some(preheader) = message.preheader() { p.preheader lang=(lang) { (preheader) } }
        a.thumbnail href={ (one.name) ".html" } aria-label={ "Open the mail: " (message.subject) } {
            // Nothing in a message can act here, and none is fetched before it comes into view.
            iframe src={ (one.name) ".html" } title={ (message.subject) " (" (one.name) ")" } loading="lazy" sandbox="" tabindex="-1" {}
        }
        details {
            summary { "Text part" }
            pre lang=(lang) { (message.text) }
        }
        p.files {
            a href={ (one.name) ".html" } { "HTML" } " \u{b7} "
            a href={ (one.name) ".txt" } { "text" } " \u{b7} "
            ((message.html.len() + 512) / 1024) " KB"
        }
    }
}

fn text(texts: &[Counted], lang: &str) -> Markup {
    html! {
        @for (n, text) in texts.iter().enumerate() {
            @if n == 0 {
                p.bubble lang=(lang) { (text.body) }
                (count(&text.length))
            }
        }
        @if texts.len() > 1 {
            details {
                summary { "With the longest values" }
                @for text in texts.iter().skip(1) {
                    p.whose { (text.whose) }
                    p.bubble lang=(lang) { (text.body) }
                    (count(&text.length))
                }
            }
        }
    }
}

fn count(length: &Length) -> Markup {
    let (coding, whole, part, unit) = match length.coding {
        Coding::Gsm7 => ("GSM-7".to_owned(), 160, 153, "septets"),
        Coding::Ucs2(c) => (format!("UCS-2, because of \u{201c}{c}\u{201d}"), 70, 67, "units"),
    };
    let room = if length.segments == 1 {
        whole
    } else {
        part * length.segments
    };
    html! {
        p.count {
            strong { (length.segments) @if length.segments == 1 { " segment" } @else { " segments" } }
            " \u{b7} " (length.units) " of " (room) " " (unit) " \u{b7} " (coding)
        }
    }
}
