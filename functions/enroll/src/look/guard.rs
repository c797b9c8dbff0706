//! The headers that guard every page.

use std::sync::LazyLock;

use data_encoding::BASE64;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest, Sha256};

use super::style::STYLE;
use crate::Stripe;

/// Those that are the same for every answer; the crate `pages` says why.
const HEADERS: [(HeaderName, &str); 9] = [
    (REFERRER_POLICY, "no-referrer"),
    (CACHE_CONTROL, "no-store"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
    (X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
    (HeaderName::from_static("x-permitted-cross-domain-policies"), "none"),
    (HeaderName::from_static("x-robots-tag"), "noindex"),
];

/// The page's own style, by its hash, and forms that lead nowhere else. No script, no request to anybody.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| policy(""));

fn policy(more: &str) -> HeaderValue {
    let style = BASE64.encode(&Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'{more}"
    );
    // What is configured may be no header's value; the other arm allows less, not more.
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

/// Guards an answer.
pub(crate) fn guard(headers: &mut HeaderMap) {
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(CONTENT_SECURITY_POLICY, POLICY.clone());
}

/// Lets the payment page run its own script and Stripe's, and both talk to their own.
pub(crate) fn let_pay(headers: &mut HeaderMap, stripe: &Stripe) {
    let Some(script) = origin(&stripe.js) else {
        return;
    };
    let list = |origins: &[String]| -> String {
        let good = origins.iter().filter_map(|text| origin(text));
        good.map(|origin| format!(" {origin}")).collect()
    };
    let policy = policy(&format!(
        "; script-src 'self' {script}{}; frame-src {script}{}; connect-src 'self'{}",
        list(&stripe.scripts),
        list(&stripe.frames),
        list(&stripe.connects)
    ));
    headers.insert(CONTENT_SECURITY_POLICY, policy);
}

/// The origin of an address, in letters that end no directive.
fn origin(url: &str) -> Option<String> {
    let mut parts = url.split('/');
    let (scheme, empty, host) = (parts.next()?, parts.next()?, parts.next()?);
    let is_plain = |text: &str| {
        text.bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-.:*[]".contains(&b))
    };
    let is_origin = matches!(scheme, "https:" | "http:") && empty.is_empty() && !host.is_empty() && is_plain(host);
    is_origin.then(|| format!("{scheme}//{host}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_ends_no_directive() {
        assert_eq!(
            origin("https://js.stripe.com/v3/").as_deref(),
            Some("https://js.stripe.com")
        );
        assert_eq!(
            origin("http://127.0.0.1:8010/stripe.js").as_deref(),
            Some("http://127.0.0.1:8010")
        );
        for bad in [
            "",
            "js.stripe.com",
            "javascript:alert(1)//x/y",
            "https://a; script-src *",
            "https://",
            "https:///x",
        ] {
            assert_eq!(origin(bad), None, "{bad}");
        }
    }
}
