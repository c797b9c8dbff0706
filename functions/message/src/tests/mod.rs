//! The built-in messages, and what the check refuses.

mod enrollment;
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
use journey::enrollment::Step;
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

/// Those of an enrolment, with what may be left to do.
const ENROLLMENT: [(Diagnosis, &[&[Step]]); 6] = {
    use Step::{BillingAddress as Billing, Identity, Payment, Plan};
    const CHOICE: &[&[Step]] = &[
        &[Plan],
        &[Plan, Billing],
        &[Plan, Payment],
        &[Plan, Billing, Payment, Identity],
    ];
    [
        (Diagnosis::AddressNeeded, &[&[Plan, Billing, Payment]]),
        (Diagnosis::PlanNotChosen, CHOICE),
        (Diagnosis::PlanExpired, CHOICE),
        (
            Diagnosis::BillingAddressMissing,
            &[
                &[Billing],
                &[Billing, Payment],
                &[Billing, Identity],
                &[Billing, Payment, Identity],
            ],
        ),
        (Diagnosis::PaymentMissing, &[&[Payment], &[Payment, Identity]]),
        (Diagnosis::IdentityMissing, &[&[Identity]]),
    ]
};

fn is_of_enrollment(diagnosis: Diagnosis) -> bool {
    ENROLLMENT.iter().any(|(one, _)| *one == diagnosis)
}

/// What may be left to do where a customer stopped.
fn may_be_left(diagnosis: Diagnosis) -> &'static [&'static [Step]] {
    let found = ENROLLMENT.iter().find(|(one, _)| *one == diagnosis);
    found.map_or(&[&[]], |(_, left)| left)
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
        left: Vec::new(),
        starts_soon: None,
        resume_url: "https://go.sunhome.example/r/abc".to_owned(),
        unsubscribe_url: "https://go.sunhome.example/u/abc".to_owned(),
    }
}
