//! The built-in messages, and what the check refuses.

mod faults;
mod injection;
mod links;
mod open;
mod parity;
mod pushes;
mod sharing;
mod texts;
mod words;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use journey::contact::Locale;
use journey::{Diagnosis, LinkHosts};
use utilities::Mfa;

use crate::{Brand, TemplateSource, Templates, UtilityWords, Variables};

fn builtin() -> &'static Templates {
    static BUILTIN: LazyLock<Templates> = LazyLock::new(|| compile(&[]).unwrap());
    &BUILTIN
}

fn compile(own: &[(&str, &str)]) -> Result<Templates, String> {
    let files: BTreeMap<String, String> = own
        .iter()
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
        .collect();
    let source = TemplateSource::builtin().with_own("templates", files);
    let hosts = LinkHosts::new(vec!["pages.sunhome.example".to_owned()]).unwrap();
    Templates::compile(&source, &Locale::ALL, &hosts, Some("help@sunhome.example"))
        .map_err(|faults| faults.iter().map(|fault| format!("{fault}\n")).collect())
}

fn brand() -> Brand {
    Brand {
        brand: "Sunhome".to_owned(),
        sender_name: "Sunhome Energy Inc.".to_owned(),
        postal_address: "100 Invented Street, Springfield, CA 90000".to_owned(),
        support_email: Some("help@sunhome.example".to_owned()),
        minutes_needed: 5,
        link_hosts: LinkHosts::default(),
    }
}

fn everything_known() -> UtilityWords {
    UtilityWords {
        name: Some("Edison & Sons".to_owned()),
        login_url: Some("https://utility.example/login?a=b&c=d".to_owned()),
        forgot_username_url: Some("https://utility.example/forgot-user".to_owned()),
        forgot_password_url: Some("https://utility.example/forgot-password".to_owned()),
        phone: Some("1-800-555-0100".to_owned()),
        mfa: Mfa::Mandatory,
    }
}

fn variables(locale: Locale, diagnosis: Diagnosis, touch: u16, utility: UtilityWords) -> Variables {
    Variables {
        locale,
        diagnosis,
        touch,
        touches: 3,
        first_name: Some("Ana".to_owned()),
        brand: brand(),
        utility,
        form_only: false,
        resume_url: "https://go.sunhome.example/r/abc".to_owned(),
        unsubscribe_url: "https://go.sunhome.example/u/abc".to_owned(),
    }
}
