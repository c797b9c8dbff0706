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
}

impl<'a> Route<'a> {
    pub(super) fn of(uri: &'a Uri) -> Option<Self> {
        let mut segments = uri.path().strip_prefix('/')?.split('/');
        let first = segments.next()?;
        // A segment that is empty names nothing.
        let mut next = || segments.next().filter(|segment| !segment.is_empty());
        let (second, third) = (next(), next());
        if segments.next().is_some() {
            return None;
        }
        match (first, second, third) {
            ("openapi.yaml", None, None) if !uri.path().ends_with('/') => Some(Route::Document),
            ("contacts", Some(provider), None) if !uri.path().ends_with('/') => Some(Route::Contacts(provider)),
            ("contacts", Some(provider), Some(reference)) => Some(Route::Contact(provider, reference)),
            ("journeys", Some(provider), Some(reference)) => Some(Route::Journey(provider, reference)),
            ("links", Some(provider), Some(reference)) => Some(Route::Links(provider, reference)),
            _ => None,
        }
    }

    /// The methods that it answers to, as `Allow` lists them.
    pub(super) const fn allow(self) -> &'static str {
        match self {
            Route::Document | Route::Contacts(_) | Route::Journey(..) => "GET, HEAD",
            Route::Contact(..) => "GET, HEAD, PUT, DELETE",
            Route::Links(..) => "POST",
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
