//! The form that customers open: the utility if it is not known, the login, the second factor.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;

use crate::bayou::config::MfaMethod;
use crate::bayou::engine::Shared;
use crate::bayou::utilities::Utility;
use crate::bayou::world::World;
use crate::clock::whole_second;

/// The login every utility accepts.
const EMAIL: &str = "iamvalid@bayou.energy";
const PASSWORD: &str = "validpassword";
/// The code every second factor accepts.
const CODE: &str = "1234";

#[derive(Debug, Deserialize)]
pub(crate) struct Link {
    key: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Filled {
    utility: Option<String>,
    email: Option<String>,
    password: Option<String>,
    code: Option<String>,
}

/// What the form says.
pub(crate) enum Page {
    Login {
        utility: Option<&'static Utility>,
        refused: bool,
    },
    Code {
        asks: &'static str,
        refused: bool,
    },
    Down(&'static Utility),
    Connected,
    Expired,
    Unknown,
}

/// Opens the form, from the login on.
pub(crate) async fn open(State(shared): State<Arc<Shared>>, Query(link): Query<Link>) -> Page {
    let now = whole_second(shared.clock.now());
    let mut world = shared.world();
    match world.owner(&link, now) {
        Err(page) => page,
        Ok(record_id) => {
            let record = world.records.get_mut(&record_id);
            let utility = record.and_then(|record| {
                record.challenge = None;
                record.utility
            });
            Page::Login {
                utility,
                refused: false,
            }
        }
    }
}

/// Whoever asks for the head alone (a link checker, say) has not opened the form.
pub(crate) async fn unopened() -> StatusCode {
    StatusCode::OK
}

/// Takes a step of the form.
pub(crate) async fn submit(
    State(shared): State<Arc<Shared>>,
    Query(link): Query<Link>,
    Form(filled): Form<Filled>,
) -> Page {
    let now = whole_second(shared.clock.now());
    let mut world = shared.world();
    let record_id = match world.owner(&link, now) {
        Ok(record_id) => record_id,
        Err(page) => return page,
    };
    let page = world.step(record_id, &filled);
    if let Page::Connected = page {
        world.log_in(record_id, None, now);
    }
    let is_refused = matches!(
        page,
        Page::Login { refused: true, .. } | Page::Code { refused: true, .. }
    );
    if let (true, Some(truth)) = (is_refused, world.truth_of(record_id)) {
        truth.refused_logins += 1;
    }
    page
}

impl World {
    /// Whose form a link opens now; nobody's if it is old, and that is counted.
    fn owner(&mut self, link: &Link, now: Timestamp) -> Result<u64, Page> {
        let found = link.key.as_ref().and_then(|key| self.links.get(key)).copied();
        let Some((record_id, made_at)) = found else {
            return Err(Page::Unknown);
        };
        if self.is_alive(made_at, now) {
            return Ok(record_id);
        }
        self.stats.expired_link_clicks += 1;
        if let Some(truth) = self.truth_of(record_id) {
            truth.expired_links += 1;
        }
        Err(Page::Expired)
    }

    /// What the form says to what was filled in; `Connected` has still to be acted on.
    fn step(&mut self, record_id: u64, filled: &Filled) -> Page {
        let Some(record) = self.records.get_mut(&record_id) else {
            return Page::Unknown;
        };
        let chosen = filled.utility.as_deref().and_then(Utility::of_code);
        record.utility = record.utility.or(chosen);
        let Some(utility) = record.utility else {
            return Page::Login {
                utility: None,
                refused: true,
            };
        };
        if self.down.contains(utility.code) {
            return Page::Down(utility);
        }
        if let Some(method) = record.challenge
            && let Some(code) = &filled.code
        {
            return if code.trim() == CODE {
                Page::Connected
            } else {
                let asks = method.asks();
                Page::Code { asks, refused: true }
            };
        }
        let email = filled.email.as_deref().unwrap_or_default().trim();
        let method = self.config.mfa_emails.iter().find(|(address, _)| address == email);
        let is_valid = email == EMAIL && filled.password.as_deref() == Some(PASSWORD);
        let method = match method {
            Some((_, method)) => Some(*method),
            None if is_valid && utility.demands_mfa => Some(MfaMethod::Sms),
            None => None,
        };
        match method {
            Some(method) => {
                record.challenge = Some(method);
                let asks = method.asks();
                Page::Code { asks, refused: false }
            }
            None if is_valid => Page::Connected,
            None => Page::Login {
                utility: Some(utility),
                refused: true,
            },
        }
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let form = |inputs: String| format!("<form method=\"post\">{inputs}<button>Continue</button></form>");
        let (status, title, content) = match self {
            Self::Login { utility, refused } => {
                let refusal = if refused {
                    "<p role=\"alert\">Your login is wrong. Please try again.</p>"
                } else {
                    ""
                };
                let title = utility.map_or("Connect your utility", |utility| utility.display_name);
                let inputs = format!("{}{LOGIN}", if utility.is_none() { choice() } else { String::new() });
                (StatusCode::OK, title, format!("{refusal}{}", form(inputs)))
            }
            Self::Code { asks, refused } => {
                let refusal = if refused {
                    "<p role=\"alert\">Your code is invalid. Please try again.</p>"
                } else {
                    ""
                };
                let content = format!("{refusal}<p>{asks}</p>{}", form(CODE_INPUT.to_owned()));
                (StatusCode::OK, "Confirm it is you", content)
            }
            Self::Down(utility) => (
                StatusCode::SERVICE_UNAVAILABLE,
                utility.display_name,
                "<p>This utility's site is down. Please come back later.</p>".to_owned(),
            ),
            Self::Connected => (
                StatusCode::OK,
                "You are connected",
                "<p>You can close this page.</p>".to_owned(),
            ),
            Self::Expired => (
                StatusCode::GONE,
                "This link has expired",
                "<p>Please ask for a new one.</p>".to_owned(),
            ),
            Self::Unknown => (
                StatusCode::NOT_FOUND,
                "This link is unknown",
                "<p>Please ask for a new one.</p>".to_owned(),
            ),
        };
        let page = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>Sandbox: {title}</title></head>\n\
             <body>\n<h1>{title}</h1>\n{content}\n</body>\n</html>\n"
        );
        (status, Html(page)).into_response()
    }
}

const LOGIN: &str = "<p><label>E-mail <input name=\"email\" type=\"email\" autocomplete=\"off\" required></label></p>\
    <p><label>Password <input name=\"password\" type=\"password\" autocomplete=\"off\" required></label></p>";

const CODE_INPUT: &str = "<p><label>Code <input name=\"code\" autocomplete=\"one-time-code\" required></label></p>";

/// The choice of the utility, for whom it is not known.
fn choice() -> String {
    let options: String = Utility::ALL
        .iter()
        .map(|utility| {
            let Utility { code, display_name, .. } = utility;
            format!("<option value=\"{code}\">{display_name}</option>")
        })
        .collect();
    format!("<p><label>Utility <select name=\"utility\" required>{options}</select></label></p>")
}
