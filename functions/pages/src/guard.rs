//! The headers that guard every answer.

use std::sync::LazyLock;

use data_encoding::BASE64;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest, Sha256};

use crate::layout::STYLE;

/// Those that are the same for every answer.
const HEADERS: [(HeaderName, &str); 9] = [
    (REFERRER_POLICY, "no-referrer"),
    (CACHE_CONTROL, "no-store"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // For this host alone: what else the partner has below the domain is not ours to decide. Browsers take no
    // notice of it over plain HTTP (RFC 6797, section 8.1), so that trying things out on one machine works.
    (STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
    // Repeats `frame-ancestors` for browsers from before it.
    (X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
    (HeaderName::from_static("x-permitted-cross-domain-policies"), "none"),
    (HeaderName::from_static("x-robots-tag"), "noindex"),
];

/// The policy: the page's own style, by its hash, and nothing else. No script, no request to anybody.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| policy("; form-action 'self'"));

/// The same for the resume page, whose form leads on to the provider, and from there to a utility. Chromium holds
/// every redirection after a form against the policy, and whom a provider sends people on to cannot be listed.
static ONWARDS: LazyLock<HeaderValue> = LazyLock::new(|| policy(""));

fn policy(forms: &str) -> HeaderValue {
    let style = BASE64.encode(&Sha256::digest(STYLE));
    let policy =
        format!("default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; frame-ancestors 'none'{forms}");
    // It is made of these words and of base64 alone; the other arm would allow less, not more.
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

/// Guards an answer.
pub(crate) fn guard(headers: &mut HeaderMap) {
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(CONTENT_SECURITY_POLICY, POLICY.clone());
}

/// Lets the forms of a guarded answer lead to one other place, by its origin, and back here from it.
pub(crate) fn let_forms_lead_to(headers: &mut HeaderMap, url: &str) {
    let mut parts = url.split('/');
    let (Some(scheme), Some(_), Some(host)) = (parts.next(), parts.next(), parts.next()) else {
        return;
    };
    headers.insert(
        CONTENT_SECURITY_POLICY,
        policy(&format!("; form-action 'self' {scheme}//{host}")),
    );
}

/// Lets the forms of a guarded answer lead to other sites.
pub(crate) fn let_forms_lead_on(headers: &mut HeaderMap) {
    headers.insert(CONTENT_SECURITY_POLICY, ONWARDS.clone());
}
