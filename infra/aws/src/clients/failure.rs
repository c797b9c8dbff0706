//! What a failed call means, whichever service it went to.

use core::error::Error;
use core::fmt;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::http::Response;
use hyper_util::client::legacy::Error as TransportError;

/// What a failed call means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The request never left: it could not be made, or no connection came up. It surely had no effect.
    NotSent,
    /// The service answered that it will not do it.
    Refused {
        /// The answer's HTTP status.
        status: u16,
        /// The service's own word for the reason. Never its message, which may quote an address.
        code: String,
    },
    /// It may have been done: the answer did not come, or says that something broke.
    Unclear {
        /// What is known of it.
        what: &'static str,
    },
}

impl Failure {
    /// Reads the SDK's error.
    pub(crate) fn of<E: ProvideErrorMetadata>(error: &SdkError<E, Response>) -> Self {
        match error {
            SdkError::ConstructionFailure(_) => Failure::NotSent,
            SdkError::DispatchFailure(failure) => match failure.as_connector_error() {
                Some(cause) if no_connection(cause) => Failure::NotSent,
                Some(_) | None if failure.is_timeout() => Failure::Unclear { what: "timeout" },
                Some(_) | None => Failure::Unclear {
                    what: "broken connection",
                },
            },
            SdkError::TimeoutError(_) => Failure::Unclear { what: "timeout" },
            SdkError::ServiceError(answer) => {
                let status = answer.raw().status().as_u16();
                // 408 is the service's own timeout: it does not say how far it came.
                if (400..500).contains(&status) && status != 408 {
                    Failure::Refused {
                        status,
                        code: answer.err().code().unwrap_or("no code").to_owned(),
                    }
                } else if (200..300).contains(&status) {
                    // It was done, and then the answer could not be read.
                    Failure::Unclear {
                        what: "unreadable answer",
                    }
                } else {
                    Failure::Unclear {
                        what: "failing service",
                    }
                }
            }
            // `SdkError` may grow; what is not known is not clear.
            SdkError::ResponseError(_) | _ => Failure::Unclear {
                what: "unreadable answer",
            },
        }
    }

    /// Was it refused with this code?
    pub(crate) fn is(&self, name: &str) -> bool {
        matches!(self, Failure::Refused { code, .. } if code == name)
    }

    /// May the same call work a little later, with nobody doing anything?
    pub(crate) fn passes(&self) -> bool {
        match self {
            Failure::NotSent | Failure::Unclear { .. } => true,
            Failure::Refused { status, code } => *status == 429 || code.contains("Throttl") || code.contains("TooMany"),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::NotSent => f.write_str("no connection could be made"),
            Failure::Refused { status, code } => write!(f, "refused with {code} ({status})"),
            Failure::Unclear { what } => write!(f, "no clear answer: {what}"),
        }
    }
}

impl Error for Failure {}

/// Did it fail while the connection was made? The SDK knows but does not tell, so the transport's own
/// error is looked for: name resolution, TCP, its timeout and TLS all come before the first byte of a
/// request.
fn no_connection(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error
            .downcast_ref::<TransportError>()
            .is_some_and(TransportError::is_connect)
        {
            return true;
        }
        next = error.source();
    }
    false
}
