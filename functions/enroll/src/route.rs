//! What an address names.

use http::Method;

/// A page, or what belongs to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    Start,
    Address,
    EsiId,
    Confirm,
    Plans,
    Accept,
    Billing,
    Payment,
    PaymentScript,
    PaymentSession,
    PaymentMethod,
    Status,
}

impl Page {
    pub(crate) fn of(path: &str) -> Option<Self> {
        Some(match path {
            "/enroll" => Page::Start,
            "/enroll/address" => Page::Address,
            "/enroll/esi-id" => Page::EsiId,
            "/enroll/confirm" => Page::Confirm,
            "/enroll/plans" => Page::Plans,
            "/enroll/accept" => Page::Accept,
            "/enroll/billing" => Page::Billing,
            "/enroll/payment" => Page::Payment,
            "/enroll/payment.js" => Page::PaymentScript,
            "/enroll/payment-session" => Page::PaymentSession,
            "/enroll/payment-method" => Page::PaymentMethod,
            "/enroll/status" => Page::Status,
            _ => return None,
        })
    }

    /// The methods that it answers to, as `Allow` lists them.
    pub(crate) const fn allow(self) -> &'static str {
        match self {
            Page::Start | Page::Plans | Page::Payment | Page::PaymentScript | Page::Status => "GET, HEAD",
            Page::Address | Page::EsiId | Page::Confirm | Page::Accept | Page::Billing => "GET, HEAD, POST",
            Page::PaymentSession | Page::PaymentMethod => "POST",
        }
    }
}

/// Is a method in an `Allow`?
pub(crate) fn allows(allow: &str, method: &Method) -> bool {
    allow.split(", ").any(|allowed| allowed == method.as_str())
}
