//! A campaign that has passed every check.

use std::path::Path;

use journey::Campaign;
use journey::campaign::Channel;
use message::{Brand, TemplateError, TemplateSource, Templates};
use toml::de::DeTable;
use utilities::Directory;

use crate::cross::{self, Places};
use crate::document::Section;
use crate::files::CampaignFiles;
use crate::package::Package;
use crate::problem::{CampaignErrors, Problem, Report};
use crate::running::{Head, Locales, Running, Sender, try_out_short};
use crate::sections::{
    advanced, caps, enrollment, experiment, hours, incident, law, link_hosts, locales, messages, meter, policies,
    sender, series, sharing, touches, utility_names, zones,
};
use crate::value::line;
use crate::version::version;

/// A campaign that has passed every check: rules, words, and whose words they are.
#[derive(Debug)]
pub struct LoadedCampaign {
    /// How reports call it.
    pub name: String,
    /// The rules.
    pub rules: Campaign,
    /// The words.
    pub templates: Templates,
    /// The utilities, with the campaign's display names.
    pub utilities: Directory,
    /// What messages say of the one who writes.
    pub brand: Brand,
    /// The one who writes.
    pub sender: Sender,
    /// The languages.
    pub locales: Locales,
    /// What is allowed, but seldom meant.
    pub warnings: Vec<Problem>,
}

impl LoadedCampaign {
    /// Reads and checks a campaign file and its templates.
    ///
    /// # Errors
    /// Everything that is wrong with them, by file and line.
    pub fn load(path: &Path) -> Result<Self, CampaignErrors> {
        Self::check(&CampaignFiles::read(path)?)
    }

    /// Checks a campaign that was read, or received, already.
    ///
    /// # Errors
    /// Everything that is wrong with it, by file and line.
    pub fn check(files: &CampaignFiles) -> Result<Self, CampaignErrors> {
        let (table, faults) = DeTable::parse_recoverable(&files.text);
        let mut report = Report::new(&files.file, &files.text);
        for fault in &faults {
            report.error(
                &fault.span().unwrap_or_default(),
                "",
                format!("not TOML: {}", fault.message()),
            );
        }
        if !faults.is_empty() {
            // What follows a broken line would only be reported as missing.
            return Err(CampaignErrors {
                problems: report.errors,
            });
        }
        let mut top = Section::top(table.get_ref());
        let mut rules = Campaign::standard();
        let name = top
            .take("name")
            .map_or(Some("campaign".to_owned()), |entry| line(&entry, &mut report));
        series(&mut top, &mut rules, &mut report);
        let zones = zones(&mut top, &mut rules, &mut report);
        law(&mut top, &mut rules, &mut report);
        let touches = touches(&mut top, &rules, &mut report);
        rules.touches.clone_from(&touches.rules);
        let shares = experiment(&mut top, &mut rules, &mut report);
        let hours = hours(&mut top, &mut rules, &mut report);
        let caps = caps(&mut top, &mut rules, &mut report);
        policies(&mut top, &mut rules, &mut report);
        meter(&mut top, &mut rules, &mut report);
        sharing(&mut top, &mut rules, &mut report);
        enrollment(&mut top, &mut rules, &mut report);
        incident(&mut top, &mut rules, &mut report);
        advanced(&mut top, &mut rules, &mut report);
        let locales = locales(&mut top, &mut report);
        let words = messages(&mut top, &mut report);
        let sender = sender(&mut top, &mut report);
        rules.link_hosts = link_hosts(&mut top, &mut report);
        let utilities = utility_names(&mut top, Directory::builtin(), &mut report);
        top.finish(&mut report);
        cross::check(
            &rules,
            &Places {
                touches: &touches,
                shares: &shares,
                zones,
                hours,
                caps,
            },
            &mut report,
        );

        let source = TemplateSource::builtin().with_own(&files.folder, files.templates.clone());
        let support_email = sender.as_ref().and_then(|sender| sender.support_email.as_deref());
        let templates = Templates::compile(&source, &locales.offered, &rules.link_hosts, support_email)
            .map_err(|faults| report.errors.extend(faults.into_iter().map(of_template)))
            .ok();
        let (Some(name), Some(sender), Some(templates), true) = (name, sender, templates, report.errors.is_empty())
        else {
            report.errors.sort();
            return Err(CampaignErrors {
                problems: report.errors,
            });
        };
        let brand = Brand {
            brand: words.brand.unwrap_or_else(|| sender.name.clone()),
            sender_name: sender.name.clone(),
            postal_address: sender.postal_address.clone(),
            support_email: sender.support_email.clone(),
            minutes_needed: words.minutes_needed,
            link_hosts: rules.link_hosts.clone(),
        };
        let touches = u16::try_from(rules.touches.len()).unwrap_or(u16::MAX);
        // The built-in words are known to work for every touch: only who writes is new to them.
        let all = if files.templates.is_empty() { 1 } else { touches };
        let tried = templates
            .try_out(&brand, all)
            .and_then(|()| try_out_short(&templates, &rules, &brand, touches));
        tried.map_err(|fault| CampaignErrors {
            problems: vec![of_file(&files.file, fault.to_string())],
        })?;
        if !files.templates.is_empty() {
            let differences = templates.differences(&brand, touches);
            let told = differences
                .iter()
                .map(|difference| of_file(&files.folder, difference.to_string()));
            report.warnings.extend(told);
        }
        if rules.sends_by(Channel::Sms) && brand.support_email.is_none() {
            let what =
                "sender.support_email is missing, so who answers HELP to a text is told the postal address alone";
            report.warnings.push(of_file(&files.file, what.to_owned()));
        }
        report.warnings.sort();
        let mut loaded = LoadedCampaign {
            name,
            rules,
            templates,
            utilities,
            brand,
            sender,
            locales,
            warnings: report.warnings,
        };
        loaded.rules.version = version(&files.text, &loaded);
        Ok(loaded)
    }

    /// The campaign as a deployment takes it: compiled, with nothing left to check.
    #[must_use]
    pub fn package(&self) -> Package {
        Package::new(self)
    }

    /// The campaign as it runs, without what only its authors want to know.
    #[must_use]
    pub fn into_running(self) -> Running {
        Running {
            head: Head {
                name: self.name,
                rules: self.rules,
                utilities: self.utilities,
                brand: self.brand,
                sender: self.sender,
                locales: self.locales,
            },
            templates: self.templates,
        }
    }
}

/// A fault that is no line's: it may be a template's, or that of a value in it.
fn of_file(file: &str, what: String) -> Problem {
    Problem {
        file: file.to_owned(),
        line: None,
        column: None,
        key: String::new(),
        what,
    }
}

fn of_template(fault: TemplateError) -> Problem {
    Problem {
        file: fault.file,
        line: Some(fault.line),
        column: Some(fault.column),
        key: String::new(),
        what: fault.problem.to_string(),
    }
}
