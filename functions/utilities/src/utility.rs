//! One utility.

use jiff::tz::TimeZone;
use journey::{Territory, UtilityCode};
use law::State;
use serde::Deserialize;

use crate::links::{Links, safe_link};

/// Codes that are no utility, or whose identity is not confirmed: never named to a customer.
const NEVER_NAMED: [&str; 9] = [
    "OTHER",
    "DEMO",
    "DEMO2",
    "LEAP_TEST_CAISO",
    "LEAP_TEST_NYISO",
    "PJM_DEMO",
    "UPLIGHT",
    "CAPELIGHT",
    "NPU",
];

/// SDG&E switched two-step verification on for everybody; who has not turned it off needs a code.
const MFA_ON_BY_DEFAULT: [&str; 1] = ["SDGE"];

/// Where Leap's Connect is a form, and nobody signs in with a utility (docs/leap.md, section 4.4).
pub(crate) const FORM_REGION: &str = "ERCOT";

/// A row of the directory.
#[derive(Clone, Debug)]
pub struct Utility {
    /// Leap's webhook code.
    pub code: UtilityCode,
    /// What the Connect API calls it, as far as published.
    pub display_names: Vec<String>,
    /// What a customer calls it, often with a longer form in parentheses.
    pub name: String,
    /// Bayou's codes for it.
    pub bayou_codes: Vec<String>,
    /// The states it serves, as USPS codes.
    pub states: Vec<String>,
    /// The grid regions it belongs to, such as `CAISO`.
    pub regions: Vec<String>,
    /// The main time zone of its territory.
    pub zone: Option<TimeZone>,
    /// The sign-in page, as listed; messages use [`Utility::links`].
    pub login_url: Option<String>,
    /// The recovery form or help page for a forgotten user name, as listed.
    pub forgot_username_url: Option<String>,
    /// The recovery form or help page for a forgotten password, as listed.
    pub forgot_password_url: Option<String>,
    /// The sign-up form or instructions, as listed.
    pub register_url: Option<String>,
    /// Does signing in need a second step?
    pub mfa: Mfa,
    /// How the code arrives, and what else is worth telling staff.
    pub mfa_note: Option<String>,
    /// Customer service, as 1-NNN-NNN-NNNN.
    pub support_phone: Option<String>,
    /// How far the row can be relied on.
    pub confidence: Confidence,
}

/// Does signing in at a utility need a second step?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mfa {
    /// Always.
    Mandatory,
    /// For those who chose it.
    Optional,
    /// Never.
    None,
    /// Nobody has told.
    #[default]
    Unknown,
}

impl Mfa {
    /// The name used in files and templates.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Mfa::Mandatory => "mandatory",
            Mfa::Optional => "optional",
            Mfa::None => "none",
            Mfa::Unknown => "unknown",
        }
    }
}

/// How far a row can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// One old source, no useful link, or an identity in doubt.
    Low,
    /// Several public clients of the portal, or one recent one.
    Medium,
    /// The utility's own page.
    High,
}

impl Utility {
    /// The name to show a customer; none for placeholders and for utilities of unconfirmed identity.
    #[must_use]
    pub fn name_for_customer(&self) -> Option<&str> {
        (!NEVER_NAMED.contains(&self.code.as_str())).then_some(self.name.as_str())
    }

    /// The name without what stands in parentheses, as a customer would say it in a sentence.
    #[must_use]
    pub fn short_name_for_customer(&self) -> Option<&str> {
        let name = self.name_for_customer()?;
        Some(name.split_once(" (").map_or(name, |(short, _)| short))
    }

    /// Should the customer keep a phone at hand before signing in?
    #[must_use]
    pub fn asks_for_a_code(&self) -> bool {
        self.mfa == Mfa::Mandatory || MFA_ON_BY_DEFAULT.contains(&self.code.as_str())
    }

    /// Do its customers connect by a form alone, without a sign-in? So it is in Texas (docs/leap.md).
    #[must_use]
    pub fn is_form_only(&self) -> bool {
        self.regions == [FORM_REGION]
    }

    /// The links that may go into a message: only those of a utility that may be named, only at high
    /// or medium confidence, only on https.
    #[must_use]
    pub fn links(&self) -> Links {
        if self.name_for_customer().is_none() || self.confidence < Confidence::Medium {
            return Links::default();
        }
        let safe = |link: &Option<String>| link.as_deref().and_then(safe_link);
        Links {
            login: safe(&self.login_url),
            forgot_username: safe(&self.forgot_username_url),
            forgot_password: safe(&self.forgot_password_url),
            register: safe(&self.register_url),
        }
    }

    /// Where its customers are.
    #[must_use]
    pub fn territory(&self) -> Territory {
        Territory {
            zone: self.zone.clone(),
            states: self.states.iter().filter_map(|code| State::parse(code).ok()).collect(),
        }
    }

    /// The phone number that may go into a message. A number is listed on bills and moves seldom, so
    /// it is shown whatever the confidence in the links.
    #[must_use]
    pub fn phone_for_customer(&self) -> Option<&str> {
        self.name_for_customer().and(self.support_phone.as_deref())
    }
}
