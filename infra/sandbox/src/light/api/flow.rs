//! The hosted flow, which sits in for `flow.light.dev`: what is missing, on one page, and done by its form.

use std::fmt::Write;
use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::Timestamp;
use serde::Deserialize;

use crate::clock::whole_second;
use crate::light::account::{Billing, Missing};
use crate::light::engine::Shared;
use crate::light::refusal::Refusal;
use crate::light::stripe::Typed;
use crate::light::tokens::Link;
use crate::light::world::World;

#[derive(Debug, Deserialize)]
pub(crate) struct Login {
    #[serde(default)]
    token: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Filled {
    address: String,
    card: String,
    agree: String,
}

/// Opens a link, which works once.
pub(crate) async fn login(State(shared): State<Arc<Shared>>, Query(login): Query<Login>) -> Response {
    let now = shared.clock.now();
    match shared.world().open_link(&login.token, now) {
        Some(session) => Redirect::to(&format!("/flow/{session}")).into_response(),
        None => expired(),
    }
}

/// Whoever asks for the head alone (a link checker, say) has not opened the link.
pub(crate) async fn unopened() -> StatusCode {
    StatusCode::OK
}

/// Shows what is missing.
pub(crate) async fn open(State(shared): State<Arc<Shared>>, Path(session): Path<String>) -> Response {
    let now = shared.clock.now();
    let world = shared.world();
    match world.session(&session, now) {
        Some(link) => world.flow(&link, None),
        None => expired(),
    }
}

/// Does what is missing, as far as the form says it.
pub(crate) async fn submit(
    State(shared): State<Arc<Shared>>,
    Path(session): Path<String>,
    Form(filled): Form<Filled>,
) -> Response {
    let now = whole_second(shared.clock.now());
    let mut world = shared.world();
    let Some(link) = world.session(&session, now) else {
        return expired();
    };
    match world.finish(&link, &filled, now) {
        Ok(()) => Redirect::to(&format!("/flow/{session}")).into_response(),
        Err(refusal) => world.flow(&link, Some(&refusal)),
    }
}

impl World {
    fn finish(&mut self, link: &Link, filled: &Filled, now: Timestamp) -> Result<(), Refusal> {
        for step in self.flow_steps(link) {
            match step {
                Missing::Plan => {
                    if filled.agree.is_empty() {
                        return Err(Refusal::invalid("Please agree to the plan's terms."));
                    }
                    let found = self
                        .book
                        .search(&filled.address)
                        .first()
                        .map(|home| home.esi_id.clone());
                    let esi_id = found.ok_or_else(|| Refusal::invalid("We did not find this address."))?;
                    self.request_plans(&link.account, &esi_id, now)?;
                    self.choose_and_accept(&link.account, &esi_id, now)?;
                }
                Missing::BillingAddress => self.confirm_billing(&link.account, Billing::SameAsService, now)?,
                Missing::PaymentMethod => self.pay_with(&link.account, &Typed::test_card(&filled.card), now)?,
            }
        }
        Ok(())
    }

    /// What the flow asks for, within what it was opened for.
    fn flow_steps(&self, link: &Link) -> Vec<Missing> {
        match link.scope.as_str() {
            "enrollment" => self
                .accounts
                .get(&link.account)
                .map(|account| account.missing())
                .unwrap_or_default(),
            "update-payment-method" => vec![Missing::PaymentMethod],
            _ => Vec::new(),
        }
    }

    fn flow(&self, link: &Link, refusal: Option<&Refusal>) -> Response {
        let Some(account) = self.accounts.get(&link.account) else {
            return expired();
        };
        let steps = self.flow_steps(link);
        let mut content = String::new();
        if let Some(refusal) = refusal {
            // Writing to a string cannot fail, here and below.
            let _ = writeln!(content, "<p role=\"alert\">{}</p>", escaped(refusal.error()));
        }
        for step in &steps {
            let requested = account.requested_for.as_ref().and_then(|esi_id| self.book.of(esi_id));
            let prefill = requested
                .map(|address| address.line())
                .or(account.preliminary_address.clone());
            let input = match step {
                Missing::Plan => format!(
                    "<p><label>Service address <input name=\"address\" required value=\"{}\"></label></p>\n\
                     <p><label><input type=\"checkbox\" name=\"agree\" value=\"yes\" required> \
                     I take the plan of the day and accept its terms</label></p>",
                    escaped(&prefill.unwrap_or_default())
                ),
                Missing::BillingAddress => "<p>Bills go to the service address.</p>".to_owned(),
                Missing::PaymentMethod => {
                    "<p><label>Card <input name=\"card\" inputmode=\"numeric\" required value=\"4242424242424242\">\
                     </label></p>"
                        .to_owned()
                }
            };
            let _ = writeln!(content, "{input}");
        }
        if steps.is_empty() {
            for location in &account.locations {
                let efl = location.offer.link(&self.base_url, "efl");
                let (home, plan) = (escaped(&location.address.line()), location.offer.name);
                let _ = writeln!(
                    content,
                    "<p>{home}: <a href=\"{efl}\">{plan}</a>, from {}</p>",
                    location.starts
                );
            }
            content.push_str("<p>There is nothing left to do.</p>\n");
        } else {
            content = format!("<form method=\"post\">\n{content}<button>Finish</button>\n</form>");
        }
        let status = refusal.map_or(StatusCode::OK, Refusal::status);
        page(status, &format!("Hello {}", escaped(&account.first_name)), &content)
    }
}

fn expired() -> Response {
    page(
        StatusCode::GONE,
        "This link has expired",
        "<p>Please ask for a new one.</p>",
    )
}

/// A page that can stand in a frame, and tells who frames it when it is closed.
fn page(status: StatusCode, title: &str, content: &str) -> Response {
    let page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>Sandbox: {title}</title>\n\
         <style>:root{{color-scheme:light dark}}body{{font:1rem/1.5 system-ui,sans-serif;max-width:32rem;\
         margin:2rem auto;padding:0 1rem}}input{{font:inherit}}</style></head>\n\
         <body>\n<h1>{title}</h1>\n{content}\n\
         <p><button type=\"button\" onclick=\"parent.postMessage({{type:'light-flow-close'}},'*')\">Close</button></p>\n\
         </body>\n</html>\n"
    );
    (status, Html(page)).into_response()
}

/// Text as it may stand in a page.
pub(crate) fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;")
}
