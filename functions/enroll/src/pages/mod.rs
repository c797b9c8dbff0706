//! The pages, one for each step.

mod accept;
mod address;
mod billing;
mod chart;
mod payment;
mod plans;
mod status;
mod trouble;

use http::{HeaderMap, StatusCode};
use journey::enrollment::{PostalAddress, ServiceAddress, Step};
use maud::{Markup, html};

use crate::Ports;
use crate::acts::Trouble;
use crate::carried::confirmed;
use crate::look::{Head, Place, document};
use crate::route::Page;
use crate::session::Visit;

pub(crate) use trouble::{bad_request, foreign, no_session, nothing_here, unavailable};

/// The script of the payment page.
pub(crate) const PAYMENT_SCRIPT: &str = include_str!("payment.js");

/// A form as it was sent.
#[derive(Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    pub(crate) fn read(body: &[u8]) -> Self {
        Form(form_urlencoded::parse(body).into_owned().collect())
    }

    fn get(&self, name: &str) -> Option<&str> {
        let field = self.0.iter().find(|(given, _)| given == name)?;
        Some(&field.1)
    }
}

/// What a browser asks for.
pub(crate) struct Asked<'r> {
    pub(crate) page: Page,
    pub(crate) path: &'r str,
    pub(crate) is_post: bool,
    pub(crate) form: Form,
    pub(crate) headers: &'r HeaderMap,
}

/// What it gets.
pub(crate) enum Reply {
    Page {
        status: StatusCode,
        html: Markup,
    },
    /// The payment page, which alone may run scripts.
    Payment {
        html: Markup,
    },
    /// On to another page of ours.
    Onward {
        to: &'static str,
        /// A `Set-Cookie` besides the session's.
        cookie: Option<String>,
    },
}

impl Reply {
    fn to(to: &'static str) -> Self {
        Reply::Onward { to, cookie: None }
    }

    fn page(status: StatusCode, html: Markup) -> Self {
        Reply::Page { status, html }
    }
}

impl<P: Ports> Visit<'_, P> {
    /// Answers a browser.
    pub(crate) async fn show(&self, asked: &Asked<'_>) -> Reply {
        if self.support().is_some() && asked.page != Page::Status {
            return Reply::to("/enroll/status");
        }
        let shown = match asked.page {
            Page::Start => self.start(asked).await,
            Page::Address => self.address(asked).await,
            Page::EsiId => self.esi_id(asked).await,
            Page::Confirm => self.confirm(asked).await,
            Page::Plans => self.plans(asked).await,
            Page::Accept => self.acceptance(asked).await,
            Page::Billing => self.billing(asked).await,
            Page::Payment => self.payment().await,
            Page::Status => self.status().await,
            // These are no pages.
            Page::PaymentScript | Page::PaymentSession | Page::PaymentMethod => Ok(Reply::to("/enroll")),
        };
        shown.unwrap_or_else(|trouble| self.in_trouble(asked, &trouble))
    }

    /// `GET /enroll`: on to the step that is missing now.
    async fn start(&self, asked: &Asked<'_>) -> Result<Reply, Trouble> {
        let view = self.view().await?;
        let to = match self.standing(&view).next() {
            Some(Step::Plan) if self.place(asked).is_some() => "/enroll/plans",
            Some(Step::Plan) => "/enroll/address",
            Some(Step::BillingAddress) => "/enroll/billing",
            Some(Step::Payment) => "/enroll/payment",
            Some(Step::Identity) | None => "/enroll/status",
        };
        Ok(Reply::to(to))
    }

    /// The address that was confirmed in this browser.
    fn place(&self, asked: &Asked<'_>) -> Option<ServiceAddress> {
        confirmed(self.site, &self.id, asked.headers)
    }

    /// A page of the enrolment, in the customer's language.
    fn document(&self, title: &str, place: Option<Place>, is_wrong: bool, body: &Markup) -> Markup {
        let head = Head {
            is_wrong,
            ..Head::new(self.locale(), title, place)
        };
        document(self.site, &head, body)
    }
}

const fn status_of(is_wrong: bool) -> StatusCode {
    if is_wrong {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    }
}

/// An address in one line, with the unit, the city and the ZIP code.
fn line(address: &PostalAddress) -> String {
    let unit = address
        .line_2
        .as_deref()
        .map(|unit| format!(" {unit}"))
        .unwrap_or_default();
    let PostalAddress {
        line_1,
        city,
        state,
        postal_code,
        ..
    } = address;
    format!("{line_1}{unit}, {city}, {state} {postal_code}")
}

/// A button that leads to a page, as a form without scripts.
fn lead(to: &str, label: &str) -> Markup {
    html! { form method="get" action=(to) { button.second type="submit" { (label) } } }
}
