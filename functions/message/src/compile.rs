//! Checking and compiling templates, once per campaign.

use core::fmt;
use std::collections::{BTreeMap, BTreeSet};

use journey::Diagnosis;
use journey::contact::Locale;
use liquid::{Parser, ParserBuilder, Template};

use crate::check::{self, Format};
use crate::error::{Problem, TemplateError, nearest};
use crate::expand::{self, Expanded};
use crate::mjml;
use crate::source::{SourceFile, TemplateSource};

/// Every message of a campaign, ready to be filled in.
pub struct Templates {
    pub(crate) messages: BTreeMap<(Locale, Diagnosis), Compiled>,
    used: BTreeMap<String, String>,
}

/// One message, with its Liquid parsed.
pub(crate) struct Compiled {
    pub(crate) subject: Template,
    pub(crate) html: Template,
    pub(crate) text: Template,
}

impl fmt::Debug for Templates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.messages.keys()).finish()
    }
}

impl Templates {
    /// Checks every file and compiles every message of the given languages.
    ///
    /// Every file is read for unknown variables, tags and filters in all its branches, whether a
    /// message uses it or not.
    ///
    /// # Errors
    /// All faults found, by file and line. Faults of single files come first and alone: what they
    /// break in the messages that include them would only hide them.
    pub fn compile(source: &TemplateSource, locales: &[Locale]) -> Result<Templates, Vec<TemplateError>> {
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
        let mut templates = Templates {
            messages: BTreeMap::new(),
            used: BTreeMap::new(),
        };
        for &locale in locales {
            let room = Room {
                source,
                locale,
                parser: &parser,
            };
            for diagnosis in Diagnosis::ALL.into_iter().filter(|diagnosis| diagnosis.may_be_sent()) {
                match room.message(diagnosis) {
                    Ok((message, used)) => {
                        templates.messages.insert((locale, diagnosis), message);
                        templates.used.extend(used);
                    }
                    Err(found) => faults.extend(found),
                }
            }
        }
        if faults.is_empty() {
            faults.extend(templates.unused(source, locales));
        }
        if faults.is_empty() {
            Ok(templates)
        } else {
            Err(faults.into_iter().collect())
        }
    }

    /// The files that the messages are made of, by path: they and the campaign file name a version.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.used.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// A campaign's file that no message uses is a file with a misspelt name.
    fn unused(&self, source: &TemplateSource, locales: &[Locale]) -> Vec<TemplateError> {
        let not_offered: Vec<String> = Locale::ALL
            .into_iter()
            .filter(|locale| !locales.contains(locale))
            .map(|locale| format!("{}/", locale.as_str()))
            .collect();
        let offered = |path: &str| !not_offered.iter().any(|folder| path.starts_with(folder.as_str()));
        source
            .iter()
            .filter(|(path, file)| file.own && offered(path) && !self.used.contains_key(*path))
            .map(|(path, file)| TemplateError {
                file: file.shown_as.clone(),
                line: 1,
                column: 1,
                problem: Problem::NotUsed {
                    nearest: nearest(path, self.used.keys().map(String::as_str)).map(str::to_owned),
                },
            })
            .collect()
    }
}

fn parser() -> Result<Parser, Vec<TemplateError>> {
    ParserBuilder::with_stdlib().build().map_err(|error| {
        let problem = Problem::NotLiquid(error.to_string());
        vec![TemplateError {
            file: "built-in".to_owned(),
            line: 1,
            column: 1,
            problem,
        }]
    })
}

/// What compiling one language's messages needs.
struct Room<'a> {
    source: &'a TemplateSource,
    locale: Locale,
    parser: &'a Parser,
}

type Used = BTreeMap<String, String>;

impl<'a> Room<'a> {
    fn message(&self, diagnosis: Diagnosis) -> Result<(Compiled, Used), Vec<TemplateError>> {
        let mut used = Used::new();
        let html = self.html(diagnosis, &mut used);
        let text = self.text(diagnosis, &mut used);
        match (html, text) {
            (Ok((subject, html)), Ok(text)) => Ok((Compiled { subject, html, text }, used)),
            (html, text) => Err(html.err().into_iter().chain(text.err()).flatten().collect()),
        }
    }

    /// The message's own file of one format, and the same with its includes. The built-in set has them all.
    fn read(
        &self,
        diagnosis: Diagnosis,
        format: Format,
        used: &mut Used,
    ) -> Result<(&'a SourceFile, Expanded<'a>), Vec<TemplateError>> {
        let path = format!("{}/{}{}", self.locale.as_str(), diagnosis.as_str(), format.ending());
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
        let expanded = Expanded::of(self.source, self.locale, file, format).map_err(|fault| vec![fault])?;
        used.insert(path, file.text.clone());
        used.extend(expanded.used.clone());
        Ok((file, expanded))
    }

    fn html(&self, diagnosis: Diagnosis, used: &mut Used) -> Result<(Template, Template), Vec<TemplateError>> {
        let (file, expanded) = self.read(diagnosis, Format::Mjml, used)?;
        let made = mjml::compile(&expanded.text).map_err(|fault| {
            let byte = fault.at.unwrap_or(expanded.text.trim_end().len());
            expanded.fault(byte, fault.problem).into_iter().collect::<Vec<_>>()
        })?;
        let mut faults = Vec::new();
        if made.title.trim().is_empty() {
            faults.push(expand::at(file, 0, Problem::NoSubject));
        }
        let shown = check::always_shown(&made.html);
        let linked = |name| shown.contains(&(name, Some("href")));
        let link = "every message needs it as the href of a button or link, outside every {% if %}";
        let said = "every message needs it in view, outside every {% if %}; footer.mjml has it";
        let needs = [
            ("resume_url", linked("resume_url"), link),
            ("unsubscribe_url", linked("unsubscribe_url"), link),
            ("postal_address", shown.contains(&("postal_address", None)), said),
        ];
        faults.extend(left_out(file, needs));
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok((self.liquid(file, &made.title)?, self.liquid(file, &made.html)?))
    }

    fn text(&self, diagnosis: Diagnosis, used: &mut Used) -> Result<Template, Vec<TemplateError>> {
        let (file, expanded) = self.read(diagnosis, Format::Text, used)?;
        let shown = check::always_shown(&expanded.text);
        let has = |name| shown.iter().any(|(shown, _)| *shown == name);
        let said = "every text part needs it, outside every {% if %}";
        let needs = ["resume_url", "unsubscribe_url", "postal_address"].map(|name| (name, has(name), said));
        let faults = left_out(file, needs);
        if faults.is_empty() {
            self.liquid(file, &expanded.text)
        } else {
            Err(faults)
        }
    }

    fn liquid(&self, file: &SourceFile, text: &str) -> Result<Template, Vec<TemplateError>> {
        self.parser.parse(text).map_err(|error| {
            vec![expand::at(
                file,
                0,
                Problem::NotLiquid(error.to_string().trim().to_owned()),
            )]
        })
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
