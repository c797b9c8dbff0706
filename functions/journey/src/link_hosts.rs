//! Where a link may lead: the provider's hosts, and those that the partner lists.
//!
//! A link is read as strictly as can be: whatever a browser might read in another way (a name before the host, a port,
//! a backslash, a letter outside ASCII, an escape) is no link. A host is compared whole, letter by letter, so one that
//! only looks like another is another. An international name is written in its ASCII form, `xn--...`.

use serde::{Deserialize, Serialize};

use crate::id::Provider;

/// The hosts that links may lead to.
///
/// An entry is a host, such as `help.example.com`, which means itself alone; or one with a dot in front,
/// `.example.com`, which means every host below it, but not `example.com` itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct LinkHosts(Vec<String>);

/// A text that is no entry of [`LinkHosts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a host; write for example \"help.example.com\", or \".example.com\" for every host below it: in lower case, \
     without https:// and path, an international name as \"xn--...\""
)]
pub struct InvalidHost;

impl LinkHosts {
    /// Takes the partner's own entries.
    ///
    /// # Errors
    /// The first that is no host with at least two labels.
    pub fn new(listed: Vec<String>) -> Result<Self, InvalidHost> {
        let host = |entry: &String| is_host(entry.strip_prefix('.').unwrap_or(entry));
        if listed.iter().all(host) {
            Ok(LinkHosts(listed))
        } else {
            Err(InvalidHost)
        }
    }

    /// The partner's own entries.
    #[must_use]
    pub fn listed(&self) -> &[String] {
        &self.0
    }

    /// Has the partner listed none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// May a link lead there? Only on https and only to a host of a provider or of the list; or at this machine itself,
    /// where the stand-in of a provider is.
    #[must_use]
    pub fn allows(&self, link: &str) -> bool {
        match host(link) {
            Some(host) => {
                let host = host.to_ascii_lowercase();
                let providers = Provider::ALL
                    .into_iter()
                    .flat_map(|provider| provider.link_hosts().iter().copied());
                providers
                    .chain(self.0.iter().map(String::as_str))
                    .any(|entry| covers(entry, &host))
            }
            None => is_at_this_machine(link),
        }
    }
}

impl TryFrom<Vec<String>> for LinkHosts {
    type Error = InvalidHost;

    fn try_from(listed: Vec<String>) -> Result<Self, InvalidHost> {
        LinkHosts::new(listed)
    }
}

impl From<LinkHosts> for Vec<String> {
    fn from(hosts: LinkHosts) -> Self {
        hosts.0
    }
}

/// The host of a link on https; none when anything about it could be read in two ways.
#[must_use]
pub fn host(link: &str) -> Option<&str> {
    let rest = link.strip_prefix("https://")?;
    let host = authority(rest);
    (printable(link) && is_host(&host.to_ascii_lowercase())).then_some(host)
}

/// Is it a link to this machine itself, on http or https and on any port?
#[must_use]
pub fn is_at_this_machine(link: &str) -> bool {
    let rest = link.strip_prefix("http://").or_else(|| link.strip_prefix("https://"));
    let Some(authority) = rest.map(authority) else {
        return false;
    };
    let after = ["127.0.0.1", "localhost", "[::1]"]
        .iter()
        .find_map(|host| authority.strip_prefix(host));
    let port = |text: &str| text.len() <= 5 && text.bytes().all(|b| b.is_ascii_digit());
    printable(link) && after.is_some_and(|after| after.is_empty() || after.strip_prefix(':').is_some_and(port))
}

/// What stands before the path. Only characters of a host pass the checks behind it, so that it ends in no other way.
fn authority(rest: &str) -> &str {
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

fn covers(entry: &str, host: &str) -> bool {
    match entry.strip_prefix('.') {
        Some(_) => host.len() > entry.len() && host.ends_with(entry),
        None => host == entry,
    }
}

fn printable(link: &str) -> bool {
    link.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
}

/// Two labels or more of lower-case letters, digits and hyphens, of which the last is no number: an address is no host.
fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    text.len() <= 253
        && text.contains('.')
        && text.split('.').all(label)
        && text
            .rsplit('.')
            .next()
            .is_some_and(|last| last.bytes().any(|b| b.is_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts() -> LinkHosts {
        LinkHosts::new(vec!["help.example.com".to_owned(), ".shop.example.org".to_owned()]).unwrap()
    }

    #[test]
    fn links_lead_to_the_provider_and_to_listed_hosts() {
        for good in [
            "https://connect.leap.energy?refId=site-1",
            "https://onboarding.leap.energy/name/title/?refId=1",
            "https://www.addleap.com/name/pge/getting-started",
            "https://help.example.com",
            "https://HELP.example.com/a?b#c",
            "https://a.shop.example.org/x",
            "https://a.b.shop.example.org/x",
            "http://127.0.0.1:9/connect?refId=x",
            "http://localhost/",
            "https://[::1]:8443/x",
        ] {
            assert!(hosts().allows(good), "{good}");
        }
    }

    #[test]
    fn what_only_looks_like_a_host_is_another() {
        for bad in [
            "https://shop.example.org/",
            "https://example.com/",
            "https://www.help.example.com/",
            "https://help.example.com.evil.example/",
            "https://evilshop.example.org/",
            "https://help.example.com@evil.example/",
            "https://evil.example/@help.example.com",
            "https://evil.example#help.example.com",
            "https://evil.example?.shop.example.org",
            "https://evil.example\\.shop.example.org/",
            "https://help.example.com:8443/",
            "https://help.example.com:443/",
            "https://user:pw@help.example.com/",
            "https://help.example.com./",
            "https://help%2eexample.com/",
            "https://hеlp.example.com/",
            "https://help。example.com/",
            "https://help.example.com/\u{e9}",
            "https://help.exa\tmple.com/",
            "https:/help.example.com/",
            "https:help.example.com",
            "//help.example.com/",
            "http://help.example.com/",
            "HTTPS://help.example.com/",
            " https://help.example.com/",
            "javascript:https://help.example.com/",
            "data:text/html,https://help.example.com",
            "https://xn--hlp-qdd.example.com/",
            "https://192.0.2.1/",
            "https://[2001:db8::1]/",
            "http://127.0.0.1.evil.example/",
            "http://127.0.0.1:9@evil.example/",
            "http://localhost.evil.example/",
            "http://127.0.0.2/",
            "https://leap.energy.evil.example/",
            "https://evil-leap.energy/",
            "https://",
            "",
        ] {
            assert!(!hosts().allows(bad), "{bad}");
        }
    }

    #[test]
    fn an_entry_is_a_host() {
        for bad in [
            "",
            ".",
            "com",
            ".com",
            "..example.com",
            "*.example.com",
            "https://example.com",
            "example.com/",
            "Example.com",
            "exämple.com",
            "a@example.com",
            "example.com:443",
            "192.0.2.1",
            "-a.example.com",
            "a b.example.com",
        ] {
            assert_eq!(LinkHosts::new(vec![bad.to_owned()]), Err(InvalidHost), "{bad}");
        }
        assert!(LinkHosts::new(vec!["xn--exmple-cua.com".to_owned()]).is_ok());
        assert_eq!(
            serde_json::from_str::<LinkHosts>("[\"a.example\"]").unwrap().listed(),
            ["a.example"]
        );
        assert!(serde_json::from_str::<LinkHosts>("[\"*\"]").is_err());
    }
}
