//! `[locales]`, `[messages]`, `[sender]`, `[links]` and `[utilities]`: who writes, in which words

use std::collections::BTreeMap;

use journey::contact::Locale;
use journey::{LinkHosts, UtilityCode};
use utilities::Directory;

use crate::document::{Entry, Section};
use crate::problem::{Report, did_you_mean};
use crate::running::{Locales, Sender};
use crate::value::{address, line, locale, set_u16};

/// What `[messages]` says.
#[derive(Debug)]
pub(crate) struct Messages {
    pub(crate) brand: Option<String>,
    pub(crate) minutes_needed: u16,
}

/// Reads the languages.
pub(crate) fn locales(top: &mut Section<'_>, report: &mut Report<'_>) -> Locales {
    let mut section = top.section("locales", report);
    let mut locales = Locales {
        default: Locale::default(),
        offered: Locale::ALL.to_vec(),
    };
    let default = section.take("default");
    let offered = section.take("offered");
    if let Some(value) = default.as_ref().and_then(|entry| locale(entry, report)) {
        locales.default = value;
    }
    if let Some(items) = offered.as_ref().and_then(|entry| entry.list(report)) {
        locales.offered = items.iter().filter_map(|item| locale(item, report)).collect();
        locales.offered.sort();
        locales.offered.dedup();
        // A list with a fault in it has been reported; only a sound one can lack the default.
        if !locales.offered.contains(&locales.default) && locales.offered.len() == items.len() {
            let span = default.or(offered).map_or(section.span.clone(), |entry| entry.span);
            let what = format!("\"{}\" is not among those offered", locales.default.as_str());
            report.error(&span, "locales.default", what);
        }
    }
    section.finish(report);
    locales
}

/// Reads what messages say besides the templates.
pub(crate) fn messages(top: &mut Section<'_>, report: &mut Report<'_>) -> Messages {
    let mut section = top.section("messages", report);
    let brand = section.take("brand").and_then(|entry| line(&entry, report));
    let mut minutes_needed = 5;
    set_u16(&mut minutes_needed, &mut section, "minutes_needed", 1..121, report);
    // The folder was read with the file; here only its kind is looked at.
    if let Some(entry) = section.take("templates") {
        let _ = line(&entry, report);
    }
    section.finish(report);
    Messages { brand, minutes_needed }
}

/// Reads who writes.
pub(crate) fn sender(top: &mut Section<'_>, report: &mut Report<'_>) -> Option<Sender> {
    let mut section = top.section("sender", report);
    if section.is_missing() {
        let what = "is missing; the law asks for a true sender and a postal address in every message. Write [sender] with name, \
                    from and postal_address";
        report.error(&section.span, "sender", what);
        return None;
    }
    let name = required(&mut section, "name", "\"Example Energy\"", line, report);
    let from = required(&mut section, "from", "\"reminders@example.com\"", address, report);
    let postal_address = required(
        &mut section,
        "postal_address",
        "\"100 Example Street, Springfield, CA 90000\"",
        postal,
        report,
    );
    let reply_to = section.take("reply_to").and_then(|entry| address(&entry, report));
    let support_email = section.take("support_email").and_then(|entry| address(&entry, report));
    let sending_domain = section.take("sending_domain");
    if let Some(from) = &from {
        alignment(from, sending_domain.as_ref(), &section, report);
    }
    section.finish(report);
    Some(Sender {
        name: name?,
        from: from?,
        reply_to,
        postal_address: postal_address?,
        support_email,
    })
}

/// Reads where links may lead, besides the provider's hosts and our own pages.
pub(crate) fn link_hosts(top: &mut Section<'_>, report: &mut Report<'_>) -> LinkHosts {
    let mut section = top.section("links", report);
    let entries = section.take("hosts").and_then(|entry| entry.list(report));
    section.finish(report);
    let mut listed = Vec::new();
    for entry in entries.unwrap_or_default() {
        let Some(host) = entry.text(report) else { continue };
        match LinkHosts::new(vec![host.to_owned()]) {
            Ok(_) => listed.push(host.to_owned()),
            Err(error) => entry.error(report, format!("\"{host}\" is {error}")),
        }
    }
    LinkHosts::new(listed).unwrap_or_default()
}

/// Mailbox providers let nobody else sign for their domains: mail in their name fails DMARC.
const MAILBOX_PROVIDERS: [&str; 10] = [
    "aol.com",
    "gmail.com",
    "gmx.com",
    "googlemail.com",
    "hotmail.com",
    "icloud.com",
    "live.com",
    "outlook.com",
    "proton.me",
    "yahoo.com",
];

/// Is the sender's address of the domain that its mail is signed for (DKIM), or of one below it? Then the two are
/// aligned for DMARC. SES signs for its verified identity, and sends for no other domain.
fn alignment(from: &str, sending_domain: Option<&Entry<'_>>, section: &Section<'_>, report: &mut Report<'_>) {
    let domain = from
        .rsplit_once('@')
        .map_or("", |(_, domain)| domain)
        .to_ascii_lowercase();
    if MAILBOX_PROVIDERS.contains(&domain.as_str()) {
        let what = format!(
            "{domain} signs only its own users' mail, so receivers would refuse this; write an address of a domain of yours"
        );
        report.error(&section.span, &section.path_of("from"), what);
    }
    let Some(entry) = sending_domain else { return };
    let Some(signed) = entry.text(report) else { return };
    let signed = signed.to_ascii_lowercase();
    if LinkHosts::new(vec![signed.clone()]).is_err() || signed.starts_with('.') {
        entry.error(
            report,
            format!("\"{signed}\" is not a domain; write for example \"example.com\""),
        );
    } else if domain != signed && !domain.ends_with(&format!(".{signed}")) {
        let what =
            format!("mail from {domain} would not be signed for it: `from` must be of {signed} or a domain below it");
        entry.error(report, what);
    }
}

fn required<T>(
    section: &mut Section<'_>,
    key: &'static str,
    example: &str,
    read: fn(&Entry<'_>, &mut Report<'_>) -> Option<T>,
    report: &mut Report<'_>,
) -> Option<T> {
    match section.take(key) {
        Some(entry) => read(&entry, report),
        None => {
            report.error(
                &section.span,
                &section.path_of(key),
                format!("is missing; write for example {example}"),
            );
            None
        }
    }
}

/// A postal address, which may be written on several lines.
fn postal(entry: &Entry<'_>, report: &mut Report<'_>) -> Option<String> {
    let text = entry.text(report)?;
    let lines: Vec<&str> = text
        .lines()
        .map(|line| line.trim().trim_end_matches(','))
        .filter(|line| !line.is_empty())
        .collect();
    let address = lines.join(", ");
    // The shortest real address has a place and a number or a box.
    let fits = (10..=300).contains(&address.chars().count()) && address.chars().any(|c| c.is_ascii_digit());
    if !fits {
        entry.error(
            report,
            "must be a whole postal address: street or box, place, state and code",
        );
    }
    fits.then_some(address)
}

/// Reads the provider's display names into the directory.
pub(crate) fn utility_names(top: &mut Section<'_>, directory: Directory, report: &mut Report<'_>) -> Directory {
    let mut section = top.section("utilities", report);
    let names = section.section("display_names", report).texts(report);
    section.finish(report);
    let mut known = BTreeMap::new();
    for (name, entry, text) in names {
        let code = UtilityCode::parse(&text).filter(|code| directory.find(code).is_some());
        match code {
            Some(code) => {
                known.insert(name.to_owned(), code);
            }
            None => {
                let hint = did_you_mean(&text, directory.all().map(|utility| utility.code.as_str()));
                entry.error(
                    report,
                    format!("\"{text}\" is not the code of a utility{hint}; write for example \"PGE\""),
                );
            }
        }
    }
    directory.with_display_names(known)
}
