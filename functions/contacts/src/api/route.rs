//! Which resource a path names.

use http::{Method, Uri};
use journey::{Provider, Reference};
use percent_encoding::percent_decode_str;

use super::problem::Problem;
use http::StatusCode;

/// A resource, with the segments of its path as they came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route<'a> {
    Document,
    Contacts(&'a str),
    Contact(&'a str, &'a str),
    Journey(&'a str, &'a str),
    Links(&'a str, &'a str),
    Fallback(&'a str, &'a str),
    Bill(&'a str, &'a str),
    HandOver(&'a str, &'a str),
    Enrollments,
    Enrollment(&'a str),
    EnrollmentSession(&'a str),
    EnrollmentSupport(&'a str),
}

impl<'a> Route<'a> {
    pub(super) fn of(uri: &'a Uri) -> Option<Self> {
        let segments: Vec<&str> = uri.path().strip_prefix('/')?.split('/').collect();
        // A segment that is empty names nothing.
        if segments.contains(&"") {
            return None;
        }
        match *segments.as_slice() {
            ["openapi.yaml"] => Some(Route::Document),
            ["contacts", provider] => Some(Route::Contacts(provider)),
            ["contacts", provider, reference] => Some(Route::Contact(provider, reference)),
            ["journeys", provider, reference] => Some(Route::Journey(provider, reference)),
            ["links", provider, reference] => Some(Route::Links(provider, reference)),
            ["fallbacks", provider, reference] => Some(Route::Fallback(provider, reference)),
            ["fallbacks", provider, reference, "bill"] => Some(Route::Bill(provider, reference)),
            ["fallbacks", provider, reference, "hand-over"] => Some(Route::HandOver(provider, reference)),
            ["enrollments"] => Some(Route::Enrollments),
            ["enrollments", reference] => Some(Route::Enrollment(reference)),
            ["enrollments", reference, "session"] => Some(Route::EnrollmentSession(reference)),
            ["enrollments", reference, "support"] => Some(Route::EnrollmentSupport(reference)),
            _ => None,
        }
    }

    /// The methods that it answers to, as `Allow` lists them.
    pub(super) const fn allow(self) -> &'static str {
        match self {
            Route::Document | Route::Contacts(_) | Route::Journey(..) | Route::Fallback(..) | Route::Bill(..) => {
                "GET, HEAD"
            }
            Route::Contact(..) => "GET, HEAD, PUT, DELETE",
            Route::Links(..)
            | Route::HandOver(..)
            | Route::Enrollments
            | Route::EnrollmentSession(_)
            | Route::EnrollmentSupport(_) => "POST",
            Route::Enrollment(_) => "DELETE",
        }
    }

    pub(super) fn allows(self, method: &Method) -> bool {
        self.allow().split(", ").any(|allowed| allowed == method.as_str())
    }
}

/// A provider's name in a path.
pub(super) fn provider(segment: &str) -> Result<Provider, Problem> {
    let name = decoded(segment)?;
    name.parse()
        .map_err(|error: journey::UnknownName| Problem::new(StatusCode::NOT_FOUND, error.to_string()))
}

/// A provider and a reference in a path. The segments are decoded once, here.
pub(super) fn named(provider: &str, reference: &str) -> Result<(Provider, Reference), Problem> {
    let provider = self::provider(provider)?;
    let reference =
        Reference::new(decoded(reference)?).map_err(|error| Problem::bad_request(format!("reference: {error}")))?;
    Ok((provider, reference))
}

fn decoded(segment: &str) -> Result<String, Problem> {
    match percent_decode_str(segment).decode_utf8() {
        Ok(text) => Ok(text.into_owned()),
        Err(_) => Err(Problem::bad_request(
            "The path is not UTF-8 behind its percent-encoding.",
        )),
    }
}
