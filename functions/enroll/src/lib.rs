//! The enrolment in an electricity plan: what customers see of it, and the same as JSON for a partner's own front end.
//!
//! A reminder's link leads to `/r/{token}` (the crate `pages`), whose button begins a session and leads here. Every
//! step is taken at the provider at once; nothing of an address, a price or a card is kept by us. What a customer
//! has confirmed and not yet accepted is carried by their own browser, sealed. A GET takes no step.

mod acts;
mod api;
mod carried;
pub mod http;
mod look;
mod pages;
mod route;
mod seal;
mod session;
mod standing;
mod words;

use journey::link::LinkKey;
use journey::port::{
    ArmTimer, Clock, CommitJourney, Count, Enroll, FindContact, KeepAcceptance, LoadJourney, ReadAcceptances,
};

pub use api::OPENAPI;
pub use seal::SealKey;

/// The ports of an enrolment.
pub trait Ports:
    Clock + FindContact + LoadJourney + CommitJourney + ArmTimer + Enroll + KeepAcceptance + ReadAcceptances + Count
{
}

impl<P> Ports for P where
    P: Clock + FindContact + LoadJourney + CommitJourney + ArmTimer + Enroll + KeepAcceptance + ReadAcceptances + Count
{
}

/// What the pages say about the partner.
#[derive(Clone, Debug)]
pub struct Brand {
    /// The partner's name.
    pub name: String,
    /// Where a person can ask for help.
    pub support_email: Option<String>,
}

/// Where Stripe's part of the payment page comes from.
#[derive(Clone, Debug)]
pub struct Stripe {
    /// The address of its script.
    pub js: String,
    /// The origins that the script loads more from, besides its own.
    pub scripts: Vec<String>,
    /// The origins that its frames come from, besides the script's.
    pub frames: Vec<String>,
    /// The origins that it talks to.
    pub connects: Vec<String>,
}

impl Stripe {
    /// Takes the address of its script, and the origin of that. A stand-in of Stripe's does everything itself.
    #[must_use]
    pub fn at(js: String, origin: String) -> Self {
        let stripe = Stripe::default();
        if origin == "https://js.stripe.com" {
            return Stripe { js, ..stripe };
        }
        Stripe {
            js,
            scripts: Vec::new(),
            frames: vec![origin.clone()],
            connects: vec![origin],
        }
    }
}

impl Default for Stripe {
    /// Stripe itself, by the policy that it documents for Elements.
    fn default() -> Self {
        let origins = |of: &[&str]| of.iter().map(|origin| (*origin).to_owned()).collect();
        Stripe {
            js: "https://js.stripe.com/v3/".to_owned(),
            scripts: origins(&["https://*.js.stripe.com"]),
            frames: origins(&["https://*.js.stripe.com", "https://hooks.stripe.com"]),
            connects: origins(&["https://api.stripe.com"]),
        }
    }
}

/// What the pages and the API need besides their ports.
#[derive(Clone, Debug)]
pub struct Site {
    /// Checks and renews the tokens of sessions.
    pub links: LinkKey,
    /// Seals what a browser carries for us.
    pub seals: SealKey,
    /// The partner.
    pub brand: Brand,
    /// Where our own pages are, without a slash at the end.
    pub public_url: String,
    /// Where the payment page gets Stripe's part from.
    pub stripe: Stripe,
    /// The origins, such as `https://app.example.com`, whose pages may call the API from a browser.
    pub origins: Vec<String>,
}
