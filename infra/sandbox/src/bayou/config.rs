//! How a stand-in of Bayou is to be; what the provider does not document is a choice here.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use jiff::SignedDuration;

/// How a [`BayouSandbox`](super::BayouSandbox) is to be.
#[derive(Clone, Debug)]
pub struct BayouConfig {
    /// What the story follows from, together with the clock's readings.
    pub seed: u64,
    /// The key that API calls carry as their user name, with an empty password.
    pub api_key: String,
    /// Where the server listens; port 0 lets the machine choose one.
    pub listen: SocketAddr,
    /// The company's number, which is part of every link.
    pub company: u32,
    /// How long a link lives: 10 days, as documented.
    pub link_lives: SignedDuration,
    /// When a new link is made.
    pub new_link: NewLink,
    /// How often the loss of access is told.
    pub loss_told: LossTold,
    /// Whether the customer's object carries `has_filled_credentials_on`, as the webhook does.
    pub shows_filled_on: bool,
    /// Whether the customer's object carries `utility_data_velocity`, as the webhook does.
    pub shows_velocity: bool,
    /// How many monthly bills are found at the first login.
    pub history_months: u8,
    /// How many of the newest intervals are listed; paging is not documented.
    pub intervals_listed: u32,
    /// The addresses that log in with any password and are asked for the code `1234`, at whatever
    /// utility: one for each [`MfaMethod`]. The real ones are not known.
    pub mfa_emails: Vec<(String, MfaMethod)>,
    /// What the fields of an uploaded bill are called; the real ones are not known.
    pub bill_fields: BillFields,
    /// How long a receiver has to answer, in real time; the real limit is not documented.
    pub answer_within: Duration,
}

/// What the fields of an uploaded bill are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillFields {
    /// The file; in JSON, its base64.
    pub file: String,
    /// In JSON, the file's media type.
    pub file_type: String,
    /// Bayou's number of the customer.
    pub customer_id: String,
    /// The partner's name of the customer, instead of it.
    pub customer_external_id: String,
}

impl Default for BillFields {
    fn default() -> Self {
        Self {
            file: "file".to_owned(),
            file_type: "file_type".to_owned(),
            customer_id: "customer_id".to_owned(),
            customer_external_id: "customer_external_id".to_owned(),
        }
    }
}

/// When a new onboarding link is made, beside when access is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewLink {
    /// By the first call that reads the customer after the old link has expired.
    AfterExpiry,
    /// By each `GET /customers/{id}`, which kills the old link.
    AtEachGet,
}

/// How often `customer_must_reauthenticate` is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LossTold {
    /// Once for each loss.
    Once,
    /// Every day until the connection is repaired.
    Daily,
}

/// The second factor a test address is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MfaMethod {
    /// A code by text message.
    Sms,
    /// A code by e-mail.
    Email,
    /// A code of an authenticator app.
    Totp,
    /// The answer to a question.
    SecurityQuestion,
}

impl MfaMethod {
    /// What the form asks for.
    pub(crate) fn asks(self) -> &'static str {
        match self {
            Self::Sms => "Enter the code we sent you by text message.",
            Self::Email => "Enter the code we sent you by e-mail.",
            Self::Totp => "Enter the code of your authenticator app.",
            Self::SecurityQuestion => "What is the name of your first pet?",
        }
    }
}

impl BayouConfig {
    /// The documented defaults, on a port of the machine's choice on 127.0.0.1.
    pub fn new(seed: u64, api_key: impl Into<String>) -> Self {
        let test_address = |name: &str, method| (format!("mfa.{name}@example.com"), method);
        Self {
            seed,
            api_key: api_key.into(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            company: 12_345,
            link_lives: SignedDuration::from_hours(240),
            new_link: NewLink::AfterExpiry,
            loss_told: LossTold::Once,
            shows_filled_on: false,
            shows_velocity: false,
            history_months: 12,
            intervals_listed: 96,
            mfa_emails: vec![
                test_address("sms", MfaMethod::Sms),
                test_address("email", MfaMethod::Email),
                test_address("totp", MfaMethod::Totp),
                test_address("question", MfaMethod::SecurityQuestion),
            ],
            bill_fields: BillFields::default(),
            answer_within: Duration::from_secs(10),
        }
    }
}
