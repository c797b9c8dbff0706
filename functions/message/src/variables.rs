//! What a template may say: the variables.

use core::fmt;

use jiff::civil::Date;
use journey::contact::Locale;
use journey::enrollment::Step;
use journey::{Diagnosis, LinkHosts, UtilityCode};
use liquid::Object;
use liquid::model::Value;
use utilities::{Directory, Mfa};

use crate::clean;
use crate::day;
use crate::render::RenderError;

/// Everything that one message is filled in with.
///
/// | in a template | what it is |
/// |---|---|
/// | `first_name` | the name to greet with, if known |
/// | `brand` | the product or programme the account is connected with |
/// | `sender_name` | the company that writes |
/// | `postal_address` | its postal address, on one line |
/// | `support_email` | where to ask, if there is such an address |
/// | `minutes_needed` | about how long the rest takes |
/// | `utility_name` | the utility, if known |
/// | `utility_login_url` | its sign-in page, if known |
/// | `utility_forgot_username_url`, `utility_forgot_password_url` | its recovery pages, if known |
/// | `utility_phone` | its customer service, if known |
/// | `utility_mfa` | `mandatory`, `optional`, `none` or `unknown`: does signing in need a code? |
/// | `form_only` | is connecting a form alone, without a sign-in with the utility? |
/// | `left.plan`, `left.billing_address`, `left.payment`, `left.identity` | is this step of an enrolment left to do? |
/// | `starts_on` | the day that was chosen for a plan's start, in words, if it is near |
/// | `resume_url` | the one link of the button |
/// | `unsubscribe_url` | the link that ends the reminders |
/// | `touch`, `touches` | which reminder this is, from 1, and how many there are |
/// | `locale`, `diagnosis` | the language and the reason, as in the file's path |
///
/// An optional variable that is not known is nil: `{% if first_name %}` and `| default:` work.
#[derive(Clone)]
pub struct Variables {
    /// The language.
    pub locale: Locale,
    /// Where the customer stopped.
    pub diagnosis: Diagnosis,
    /// Which reminder this is, from 1.
    pub touch: u16,
    /// How many reminders there are.
    pub touches: u16,
    /// The name to greet with.
    pub first_name: Option<String>,
    /// Who writes.
    pub brand: Brand,
    /// The utility.
    pub utility: UtilityWords,
    /// Is connecting a form alone, without a sign-in with the utility?
    pub form_only: bool,
    /// What is left to do of an enrolment; nothing where there is none.
    pub left: Vec<Step>,
    /// The day on which the customer chose to begin, where it is near.
    pub starts_soon: Option<Date>,
    /// The one link of the button.
    pub resume_url: String,
    /// The link that ends the reminders.
    pub unsubscribe_url: String,
}

/// Who writes, as the campaign says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brand {
    /// The product or programme that the account is connected with.
    pub brand: String,
    /// The company that writes.
    pub sender_name: String,
    /// Its postal address.
    pub postal_address: String,
    /// Where customers may ask.
    pub support_email: Option<String>,
    /// About how many minutes the rest takes.
    pub minutes_needed: u16,
    /// Where links may lead, besides our own pages and the utility's.
    pub link_hosts: LinkHosts,
}

/// What a message may say about a utility.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UtilityWords {
    /// Its name as a customer says it.
    pub name: Option<String>,
    /// Its sign-in page.
    pub login_url: Option<String>,
    /// Its help with a forgotten user name.
    pub forgot_username_url: Option<String>,
    /// Its help with a forgotten password.
    pub forgot_password_url: Option<String>,
    /// Its customer service.
    pub phone: Option<String>,
    /// Does signing in need a code? Mandatory also where it is on unless switched off.
    pub mfa: Mfa,
}

impl UtilityWords {
    /// What to say about the utility of a message.
    ///
    /// The display name comes from the record that the diagnosis was made of, so it decides when the
    /// directory knows it; else the webhook code does. Neither known: nothing is said.
    #[must_use]
    pub fn of(directory: &Directory, code: Option<&UtilityCode>, display_name: Option<&str>) -> Self {
        let named = display_name.and_then(|name| directory.find_by_display_name(name));
        let Some(utility) = named.or_else(|| code.and_then(|code| directory.find(code))) else {
            return UtilityWords::default();
        };
        let Some(name) = utility.short_name_for_customer() else {
            return UtilityWords::default();
        };
        let links = utility.links();
        UtilityWords {
            name: Some(name.to_owned()),
            login_url: links.login,
            forgot_username_url: links.forgot_username,
            forgot_password_url: links.forgot_password,
            phone: utility.phone_for_customer().map(str::to_owned),
            mfa: if utility.asks_for_a_code() {
                Mfa::Mandatory
            } else {
                utility.mfa
            },
        }
    }
}

impl fmt::Debug for Variables {
    /// Names and links are the customer's own and belong in no log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (locale, diagnosis) = (self.locale.as_str(), self.diagnosis.as_str());
        write!(
            f,
            "Variables({locale}, {diagnosis}, touch {} of {})",
            self.touch, self.touches
        )
    }
}

impl Variables {
    /// The names that templates may use.
    pub const NAMES: [&'static str; 24] = [
        "first_name",
        "brand",
        "sender_name",
        "postal_address",
        "support_email",
        "minutes_needed",
        "utility_name",
        "utility_login_url",
        "utility_forgot_username_url",
        "utility_forgot_password_url",
        "utility_phone",
        "utility_mfa",
        "form_only",
        "left.plan",
        "left.billing_address",
        "left.payment",
        "left.identity",
        "starts_on",
        "resume_url",
        "unsubscribe_url",
        "touch",
        "touches",
        "locale",
        "diagnosis",
    ];

    /// The same without what may be missing.
    pub(crate) fn without_optional(&self) -> Variables {
        Variables {
            first_name: None,
            utility: UtilityWords::default(),
            starts_soon: None,
            brand: Brand {
                support_email: None,
                ..self.brand.clone()
            },
            ..self.clone()
        }
    }

    /// The values for one part of a message, each passed through `escape`.
    pub(crate) fn values(&self, escape: fn(&str) -> String) -> Result<Object, RenderError> {
        let text = |value: Option<String>| value.map_or(Value::Nil, |value| Value::scalar(escape(&value)));
        let line = |value: &str| text(clean::one_line(value));
        let given = |value: &Option<String>| text(value.as_deref().and_then(clean::one_line));
        let known_link = |value: &Option<String>| text(value.as_deref().and_then(clean::link));
        let left = Step::ALL.map(|step| (step.as_str().into(), Value::scalar(self.left.contains(&step))));
        let starts_on = self.starts_soon.map(|day| day::in_words(day, self.locale));
        let link = |name: &'static str, value: &str| match clean::link(value) {
            Some(link) => Ok(text(Some(link))),
            None => Err(RenderError::NotALink(name)),
        };
        let values = [
            (
                "first_name",
                text(self.first_name.as_deref().and_then(clean::first_name)),
            ),
            ("brand", line(&self.brand.brand)),
            ("sender_name", line(&self.brand.sender_name)),
            ("postal_address", line(&self.brand.postal_address)),
            ("support_email", given(&self.brand.support_email)),
            ("minutes_needed", Value::scalar(i64::from(self.brand.minutes_needed))),
            ("utility_name", given(&self.utility.name)),
            ("utility_login_url", known_link(&self.utility.login_url)),
            (
                "utility_forgot_username_url",
                known_link(&self.utility.forgot_username_url),
            ),
            (
                "utility_forgot_password_url",
                known_link(&self.utility.forgot_password_url),
            ),
            ("utility_phone", given(&self.utility.phone)),
            ("utility_mfa", Value::scalar(self.utility.mfa.as_str())),
            ("form_only", Value::scalar(self.form_only)),
            ("left", Value::Object(left.into_iter().collect())),
            ("starts_on", text(starts_on)),
            ("resume_url", link("resume_url", &self.resume_url)?),
            ("unsubscribe_url", link("unsubscribe_url", &self.unsubscribe_url)?),
            ("touch", Value::scalar(i64::from(self.touch))),
            ("touches", Value::scalar(i64::from(self.touches))),
            ("locale", Value::scalar(self.locale.as_str())),
            ("diagnosis", Value::scalar(self.diagnosis.as_str())),
        ];
        Ok(values.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }
}
