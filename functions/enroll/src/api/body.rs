//! A request's body: one JSON object, of which every field is named, and what is wrong is said of each.

use http::{HeaderMap, header};
use serde_json::{Map, Value};

use super::problem::{FieldError, Problem};

/// The fields that are still to be read, and what was wrong with those that were.
pub(super) struct Body {
    fields: Map<String, Value>,
    /// The pointer of the object itself.
    at: String,
    pub(super) errors: Vec<FieldError>,
}

impl Body {
    pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> Result<Self, Problem> {
        if !is_json(headers) {
            return Err(Problem::not_json());
        }
        let value: Value = serde_json::from_slice(body).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            Problem::malformed(format!("The body is not JSON at line {line} column {column}."))
        })?;
        match value {
            Value::Object(fields) => Ok(Body {
                fields,
                at: String::new(),
                errors: Vec::new(),
            }),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                Err(Problem::malformed("The body is not a JSON object."))
            }
        }
    }

    /// A text that must be there.
    pub(super) fn text(&mut self, name: &'static str) -> Option<String> {
        match self.fields.remove(name) {
            Some(Value::String(text)) => return Some(text),
            Some(_) => self.wrong(name, "must be a text"),
            None => self.wrong(name, "is missing"),
        }
        None
    }

    /// A text that may be left out, or null.
    pub(super) fn optional_text(&mut self, name: &'static str) -> Option<String> {
        match self.fields.remove(name) {
            Some(Value::String(text)) => return Some(text),
            Some(Value::Null) | None => {}
            Some(_) => self.wrong(name, "must be a text or null"),
        }
        None
    }

    pub(super) fn boolean(&mut self, name: &'static str) -> Option<bool> {
        match self.fields.remove(name) {
            Some(Value::Bool(value)) => return Some(value),
            Some(_) => self.wrong(name, "must be true or false"),
            None => self.wrong(name, "is missing"),
        }
        None
    }

    /// An object within, to be read and finished like this one.
    pub(super) fn object(&mut self, name: &'static str) -> Option<Body> {
        match self.fields.remove(name) {
            Some(Value::Object(fields)) => {
                return Some(Body {
                    fields,
                    at: format!("{}/{name}", self.at),
                    errors: Vec::new(),
                });
            }
            Some(_) => self.wrong(name, "must be an object"),
            None => self.wrong(name, "is missing"),
        }
        None
    }

    pub(super) fn wrong(&mut self, name: &str, detail: impl Into<String>) {
        let pointer = format!("{}/{name}", self.at);
        self.errors.push(FieldError::at(pointer, detail));
    }

    /// What is wrong: with the fields that were read, and those that nobody asked for. Their names may be anything,
    /// so they are not repeated.
    pub(super) fn errors(mut self) -> Vec<FieldError> {
        if !self.fields.is_empty() {
            let at = self.at.clone();
            self.errors
                .push(FieldError::at(at, "has a field that is not known here"));
        }
        self.errors
    }

    /// The end: everything is right, or the problem.
    pub(super) fn finish(self) -> Result<(), Problem> {
        let errors = self.errors();
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Problem::invalid(errors))
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let given = headers.get(header::CONTENT_TYPE).and_then(|given| given.to_str().ok());
    let media_type = given.and_then(|given| given.split(';').next());
    media_type.is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case("application/json"))
}
