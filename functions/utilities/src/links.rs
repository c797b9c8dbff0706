//! The links of a utility that may go into a message.

use url::{Host, Url};

/// A utility's links, checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// The sign-in page.
    pub login: Option<String>,
    /// Help with a forgotten user name.
    pub forgot_username: Option<String>,
    /// Help with a forgotten password.
    pub forgot_password: Option<String>,
    /// Signing up for online access.
    pub register: Option<String>,
}

/// Takes a link on https, at a named host with a dot, without credentials or a port.
pub(crate) fn safe_link(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let named = match url.host()? {
        Host::Domain(name) => name.contains('.'),
        Host::Ipv4(_) | Host::Ipv6(_) => false,
    };
    let plain = url.username().is_empty() && url.password().is_none() && url.port().is_none();
    let printable = text.chars().all(|c| c.is_ascii_graphic());
    (url.scheme() == "https" && named && plain && printable).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_https_at_a_named_host() {
        assert!(safe_link("https://www.example.com/login?language=en_US").is_some());
        for bad in [
            "http://www.example.com/",
            "https://localhost/",
            "https://10.0.0.1/",
            "https://user@example.com/",
            "https://example.com:8443/",
            "javascript:alert(1)",
            "https://example.com/a b",
            "/login",
            "",
        ] {
            assert_eq!(safe_link(bad), None, "{bad}");
        }
    }
}
