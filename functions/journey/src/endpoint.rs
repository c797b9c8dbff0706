//! A device that push notifications may go to.

use core::fmt;

use serde::{Deserialize, Serialize};

/// The endpoint of one app on one device, as SNS names it when the partner's app registers:
/// `arn:aws:sns:us-east-1:123456789012:endpoint/APNS/app/0e6b…`.
///
/// The form alone is checked: <https://docs.aws.amazon.com/sns/latest/dg/mobile-platform-endpoint.html>.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PushEndpoint(String);

/// A text that names no endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", PushEndpoint::FORM)]
pub struct InvalidEndpoint;

/// SNS's own limit on an ARN is not documented; none that it makes comes near this.
const MAX_BYTES: usize = 512;

impl PushEndpoint {
    /// What would be right, for those who wrote something else.
    pub const FORM: &'static str = "must be the ARN of an SNS platform endpoint, for example \
                                    arn:aws:sns:us-east-1:123456789012:endpoint/APNS/my-app/0e6b4f0c";

    /// Reads an endpoint's ARN.
    ///
    /// # Errors
    /// [`InvalidEndpoint`], without repeating the text.
    pub fn new(text: &str) -> Result<Self, InvalidEndpoint> {
        if text.len() > MAX_BYTES {
            return Err(InvalidEndpoint);
        }
        let parts: Vec<&str> = text.split(':').collect();
        let ["arn", partition, "sns", region, account, endpoint] = parts.as_slice() else {
            return Err(InvalidEndpoint);
        };
        let ["endpoint", platform, app, device] = endpoint.split('/').collect::<Vec<_>>()[..] else {
            return Err(InvalidEndpoint);
        };
        let word = |text: &str| {
            !text.is_empty()
                && text
                    .bytes()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-')
        };
        let name =
            |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_alphanumeric() || b"_-.".contains(&c));
        let fits = word(partition)
            && partition.starts_with("aws")
            && word(region)
            && account.len() == 12
            && account.bytes().all(|c| c.is_ascii_digit())
            && [platform, app, device].into_iter().all(name);
        if fits {
            Ok(PushEndpoint(text.to_owned()))
        } else {
            Err(InvalidEndpoint)
        }
    }

    /// The service that brings it to the device, as SNS names it: `APNS`, `APNS_SANDBOX`, `GCM`, ...
    #[must_use]
    pub fn platform(&self) -> &str {
        self.0.split('/').nth(1).unwrap_or_default()
    }

    /// The name of the app, as its platform application has it.
    #[must_use]
    pub fn app(&self) -> &str {
        self.0.split('/').nth(2).unwrap_or_default()
    }

    /// The ARN as a sender takes it. Never for a log line.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PushEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PushEndpoint(hidden)")
    }
}

impl TryFrom<String> for PushEndpoint {
    type Error = InvalidEndpoint;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        PushEndpoint::new(&text)
    }
}

impl From<PushEndpoint> for String {
    fn from(endpoint: PushEndpoint) -> Self {
        endpoint.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str =
        "arn:aws:sns:us-east-1:123456789012:endpoint/APNS_SANDBOX/my-app/0e6b4f0c-1111-2222-3333-444455556666";

    #[test]
    fn an_endpoint_has_the_form_of_its_arn() {
        for good in [
            ARN,
            "arn:aws-us-gov:sns:us-gov-west-1:123456789012:endpoint/GCM/My_App.2/abc",
        ] {
            assert_eq!(PushEndpoint::new(good).unwrap().expose(), good);
        }
        let endpoint = PushEndpoint::new(ARN).unwrap();
        assert_eq!((endpoint.platform(), endpoint.app()), ("APNS_SANDBOX", "my-app"));
        for bad in [
            "",
            "0e6b4f0c-1111-2222-3333-444455556666",
            "arn:aws:sns:us-east-1:123456789012:my-topic",
            "arn:aws:sns:us-east-1:123456789012:app/APNS/my-app",
            "arn:aws:sns:us-east-1:12345678901:endpoint/APNS/my-app/abc",
            "arn:aws:sqs:us-east-1:123456789012:endpoint/APNS/my-app/abc",
            "arn:aws:sns::123456789012:endpoint/APNS/my-app/abc",
            "arn:aws:sns:us-east-1:123456789012:endpoint/APNS/my-app/",
            "arn:aws:sns:us-east-1:123456789012:endpoint/APNS/my-app/abc/def",
            "arn:aws:sns:us-east-1:123456789012:endpoint/APNS/my app/abc",
            "arn:aws:sns:us-east-1:123456789012:endpoint/APNS/my-app/abc ",
        ] {
            assert_eq!(PushEndpoint::new(bad), Err(InvalidEndpoint), "{bad}");
        }
        assert!(PushEndpoint::new(&format!("{ARN}{}", "a".repeat(MAX_BYTES))).is_err());
    }

    #[test]
    fn an_endpoint_is_stored_as_it_is_written_and_does_not_show_itself() {
        let endpoint = PushEndpoint::new(ARN).unwrap();
        assert_eq!(serde_json::to_value(&endpoint).unwrap(), ARN);
        assert!(serde_json::from_str::<PushEndpoint>("\"arn\"").is_err());
        assert_eq!(format!("{endpoint:?}"), "PushEndpoint(hidden)");
    }
}
