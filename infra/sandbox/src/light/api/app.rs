//! The App's own calls: accounts, their tokens, and links into the hosted flow.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::clock::whole_second;
use crate::light::account::moment;
use crate::light::api::read;
use crate::light::engine::Shared;
use crate::light::refusal::Refusal;
use crate::light::world::NewAccount;

#[derive(Debug, Deserialize)]
pub(crate) struct Person {
    first_name: String,
    last_name: String,
    email: String,
    preliminary_address: Option<Value>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Login {
    scope: String,
}

/// What the hosted flow is opened for.
const SCOPES: [&str; 4] = ["enrollment", "update-payment-method", "documents", "billing"];

/// Makes an account. What is answered beside its uuid is not documented; here it is the account.
pub(crate) async fn create(
    State(shared): State<Arc<Shared>>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let person: Person = read::body(&body)?;
    if person.first_name.trim().is_empty() || person.last_name.trim().is_empty() || !person.email.contains('@') {
        return Err(Refusal::bad(
            "An account has a first name, a last name and an e-mail address.",
        ));
    }
    let person = NewAccount {
        preliminary_address: person.preliminary_address.as_ref().map(line),
        first_name: person.first_name,
        last_name: person.last_name,
        email: person.email,
    };
    let now = whole_second(shared.clock.now());
    let mut world = shared.world();
    let uuid = world.create(person, now);
    let account = world.account_json(&uuid)?;
    Ok((StatusCode::CREATED, Json(account)))
}

/// Lists all accounts. Neither the envelope nor the pages of the real list are documented; here it is a
/// bare array.
pub(crate) async fn list(State(shared): State<Arc<Shared>>) -> Json<Vec<Value>> {
    let world = shared.world();
    let accounts = world.accounts.keys();
    Json(accounts.filter_map(|uuid| world.account_json(uuid).ok()).collect())
}

/// Mints an account's token.
pub(crate) async fn token(State(shared): State<Arc<Shared>>, Path(uuid): Path<String>) -> Result<Json<Value>, Refusal> {
    let now = shared.clock.now();
    let mut world = shared.world();
    world.account_json(&uuid)?;
    let (token, expires_at) = world.mint_token(&uuid, now);
    Ok(Json(json!({"token": token, "expires_at": moment(expires_at)})))
}

/// Mints a link into the hosted flow, which works once.
pub(crate) async fn flow_login(
    State(shared): State<Arc<Shared>>,
    Path(uuid): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Refusal> {
    let login: Login = read::body(&body)?;
    if !SCOPES.contains(&login.scope.as_str()) {
        return Err(Refusal::bad("There is no such scope."));
    }
    let now = shared.clock.now();
    let mut world = shared.world();
    world.account_json(&uuid)?;
    let (token, expires_at) = world.mint_link(&uuid, &login.scope, now);
    Ok(Json(json!({
        "login_link": format!("{}/login?token={token}", world.base_url),
        "scope": login.scope,
        "expires_at": moment(expires_at),
    })))
}

/// An address of any shape in one line: what it looks like is not documented.
fn line(address: &Value) -> String {
    match address {
        Value::String(text) => text.clone(),
        Value::Object(fields) => {
            let texts = ["address_1", "address_2", "city", "state", "postal_code"];
            let texts = texts.iter().filter_map(|field| fields.get(*field)?.as_str());
            texts.collect::<Vec<_>>().join(" ")
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => String::new(),
    }
}
