//! Checking and compiling templates, once per campaign.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use journey::LinkHosts;
use journey::contact::Locale;
use liquid::Parser;

use crate::check::{self, Format};
use crate::error::{Problem, TemplateError, nearest};
use crate::expand::{self, Expanded};
use crate::links;
use crate::liquid_parser;
use crate::mjml;
use crate::source::{SourceFile, TemplateSource};
use crate::templates::{MessageName, MessageText, Templates};

impl Templates {
    /// Checks every file and compiles every message of the given languages.
    ///
    /// Every file is read for unknown variables, tags and filters in all its branches, whether a
    /// message uses it or not. A link that a message writes out itself leads to one of `hosts`, or is a
    /// `mailto:` to `support_email`.
    ///
    /// # Errors
    /// All faults found, by file and line. Faults of single files come first and alone: what they
    /// break in the messages that include them would only hide them.
    pub fn compile(
        source: &TemplateSource,
        locales: &[Locale],
        hosts: &LinkHosts,
        support_email: Option<&str>,
    ) -> Result<Templates, Vec<TemplateError>> {
        let parser = parser()?;
        let mut faults = BTreeSet::new();
        for (path, file) in source.iter() {
            let format = if path.ends_with(".mjml") {
                Format::Mjml
            } else {
                Format::Text
            };
            faults.extend(check::faults(&parser, &file.shown_as, &file.text, format));
        }
        if !faults.is_empty() {
            return Err(faults.into_iter().collect());
        }
        let room = Room {
            source,
            parser: &parser,
            hosts,
            support_email,
        };
        let mut texts = BTreeMap::new();
        let mut all_used = Used::new();
        for name in MessageName::all(locales) {
            match room.message(name) {
                Ok((text, used)) => {
                    texts.insert(name, text);
                    all_used.extend(used);
                }
                Err(found) => faults.extend(found),
            }
        }
        if faults.is_empty() {
            faults.extend(unused(&all_used, source, locales));
        }
        if faults.is_empty() {
            let mut templates = Templates::open(texts);
            templates.used = Arc::new(all_used);
            Ok(templates)
        } else {
            Err(faults.into_iter().collect())
        }
    }

    /// The files that the messages are made of, by path: they and the campaign file name a version.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.used.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }
}

/// A campaign's file that no message uses is a file with a misspelt name.
fn unused(used: &Used, source: &TemplateSource, locales: &[Locale]) -> Vec<TemplateError> {
    let not_offered: Vec<String> = Locale::ALL
        .into_iter()
        .filter(|locale| !locales.contains(locale))
        .map(|locale| format!("{}/", locale.as_str()))
        .collect();
    let offered = |path: &str| !not_offered.iter().any(|folder| path.starts_with(folder.as_str()));
    source
        .iter()
        .filter(|(path, file)| file.own && offered(path) && !used.contains_key(*path))
        .map(|(path, file)| TemplateError {
            file: file.shown_as.clone(),
            line: 1,
            column: 1,
            problem: Problem::NotUsed {
                nearest: nearest(path, used.keys().map(String::as_str)).map(str::to_owned),
            },
        })
        .collect()
}

fn parser() -> Result<Parser, Vec<TemplateError>> {
    liquid_parser::parser().map_err(|error| {
        let problem = Problem::NotLiquid(error.to_string());
        vec![TemplateError {
            file: "built-in".to_owned(),
            line: 1,
            column: 1,
            problem,
        }]
    })
}

/// What compiling messages needs.
struct Room<'a> {
    source: &'a TemplateSource,
    parser: &'a Parser,
    hosts: &'a LinkHosts,
    support_email: Option<&'a str>,
}

type Used = BTreeMap<String, String>;

impl<'a> Room<'a> {
    fn message(&self, name: MessageName) -> Result<(MessageText, Used), Vec<TemplateError>> {
        let mut used = Used::new();
        let html = self.html(name, &mut used);
        let text = self.text(name, &mut used);
        let sms = self.sms(name.locale, &mut used);
        let push_title = self.push(name.locale, "push_title", &mut used);
        let push = self.push(name.locale, "push", &mut used);
        match (html, text, sms, push_title, push) {
            (Ok((subject, html)), Ok(text), Ok(sms), Ok(push_title), Ok(push)) => {
                let text = MessageText {
                    subject,
                    html,
                    text,
                    sms,
                    push_title,
                    push,
                };
                Ok((text, used))
            }
            (html, text, sms, push_title, push) => {
                let plain = [text, sms, push_title, push].into_iter().filter_map(Result::err);
                Err(html.err().into_iter().chain(plain).flatten().collect())
            }
        }
    }

    /// A file of one format, and the same with its includes. The built-in set has them all.
    fn read(
        &self,
        locale: Locale,
        name: &str,
        format: Format,
        used: &mut Used,
    ) -> Result<(&'a SourceFile, Expanded<'a>), Vec<TemplateError>> {
        let path = format!("{name}{}", format.ending());
        let Some(file) = self.source.get(&path) else {
            let problem = Problem::NoSuchFile {
                path: path.clone(),
                nearest: None,
            };
            return Err(vec![TemplateError {
                file: path,
                line: 1,
                column: 1,
                problem,
            }]);
        };
        let expanded = Expanded::of(self.source, locale, file, format).map_err(|fault| vec![fault])?;
        used.insert(path, file.text.clone());
        used.extend(expanded.used.clone());
        Ok((file, expanded))
    }

    fn html(&self, name: MessageName, used: &mut Used) -> Result<(String, String), Vec<TemplateError>> {
        let (file, expanded) = self.read(name.locale, &name.to_string(), Format::Mjml, used)?;
        let made = mjml::compile(&expanded.text).map_err(|fault| {
            let byte = fault.at.unwrap_or(expanded.text.trim_end().len());
            expanded.fault(byte, fault.problem).into_iter().collect::<Vec<_>>()
        })?;
        let mut faults = Vec::new();
        if made.title.trim().is_empty() {
            faults.push(expand::at(file, 0, Problem::NoSubject));
        }
        let shown = check::always_shown(&made.html);
        let linked = |variable| shown.contains(&(variable, Some("href")));
        let link = "every message needs it as the href of a button or link, outside every {% if %}";
        let said = "every message needs it in view, outside every {% if %}; footer.mjml has it";
        let needs = [
            ("resume_url", linked("resume_url"), link),
            ("unsubscribe_url", linked("unsubscribe_url"), link),
            ("postal_address", shown.contains(&("postal_address", None)), said),
        ];
        faults.extend(left_out(file, needs));
        faults.extend(self.foreign(file, &expanded, links::targets(&made.html)));
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok((self.liquid(file, made.title)?, self.liquid(file, made.html)?))
    }

    fn text(&self, name: MessageName, used: &mut Used) -> Result<String, Vec<TemplateError>> {
        let (file, expanded) = self.read(name.locale, &name.to_string(), Format::Text, used)?;
        let shown = check::always_shown(&expanded.text);
        let has = |variable| shown.iter().any(|(shown, _)| *shown == variable);
        let said = "every text part needs it, outside every {% if %}";
        let needs = ["resume_url", "unsubscribe_url", "postal_address"].map(|variable| (variable, has(variable), said));
        let mut faults = left_out(file, needs);
        faults.extend(self.foreign(file, &expanded, links::in_text(&expanded.text)));
        if faults.is_empty() {
            self.liquid(file, expanded.text)
        } else {
            Err(faults)
        }
    }

    /// The text message, one file for all diagnoses of a language. How long it is depends on who writes, so
    /// that is for [`Templates::try_out_texts`].
    fn sms(&self, locale: Locale, used: &mut Used) -> Result<String, Vec<TemplateError>> {
        let name = format!("{}/sms", locale.as_str());
        let (file, expanded) = self.read(locale, &name, Format::Text, used)?;
        let shown = check::always_shown(&expanded.text);
        let said = "every text message needs it, outside every {% if %}";
        let needs = ["sender_name", "resume_url"]
            .map(|variable| (variable, shown.iter().any(|(shown, _)| *shown == variable), said));
        let mut faults = left_out(file, needs);
        if !check::always_said(&expanded.text).contains("STOP") {
            faults.push(expand::at(file, file.text.trim_end().len(), Problem::NoOptOut));
        }
        faults.extend(self.foreign(file, &expanded, links::in_text(&expanded.text)));
        if faults.is_empty() {
            self.liquid(file, expanded.text)
        } else {
            Err(faults)
        }
    }

    /// A part of the push, one file for all diagnoses of a language. Its words have no link: a tap leads to one.
    fn push(&self, locale: Locale, part: &str, used: &mut Used) -> Result<String, Vec<TemplateError>> {
        let name = format!("{}/{part}", locale.as_str());
        let (file, expanded) = self.read(locale, &name, Format::Text, used)?;
        match self.foreign(file, &expanded, links::in_text(&expanded.text)) {
            None => self.liquid(file, expanded.text),
            Some(fault) => Err(vec![fault]),
        }
    }

    /// A link to elsewhere, at the place where it is written if it can be found again.
    fn foreign(&self, file: &SourceFile, expanded: &Expanded<'_>, links: Vec<String>) -> Option<TemplateError> {
        let link = links::foreign(links, self.hosts, self.support_email)?;
        let written = [&link, &link.replace('&', "&amp;")]
            .into_iter()
            .find_map(|link| expanded.text.find(link));
        let problem = Problem::ForeignLink(link);
        let at = written.and_then(|byte| expanded.fault(byte, problem.clone()));
        Some(at.unwrap_or_else(|| expand::at(file, 0, problem)))
    }

    /// The text, which is Liquid: what will be parsed at a send was parsed once before.
    fn liquid(&self, file: &SourceFile, text: String) -> Result<String, Vec<TemplateError>> {
        match self.parser.parse(&text) {
            Ok(_) => Ok(text),
            Err(error) => {
                let what = error.to_string().trim().to_owned();
                Err(vec![expand::at(file, 0, Problem::NotLiquid(what))])
            }
        }
    }
}

/// Something left out has no place; the end of the file is where it would be added.
fn left_out<const N: usize>(file: &SourceFile, needs: [(&'static str, bool, &'static str); N]) -> Vec<TemplateError> {
    needs
        .into_iter()
        .filter(|(_, there, _)| !there)
        .map(|(name, _, how)| expand::at(file, file.text.trim_end().len(), Problem::LeavesOut { name, how }))
        .collect()
}
