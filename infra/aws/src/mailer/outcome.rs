//! What an error of SES means for a send.

use aws_sdk_sesv2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use journey::{JourneyId, SendOutcome};

use crate::clients::Failure;

/// Says what became of a send, and logs what an operator must do.
///
/// Only a message or an address that SES refuses is refused for good. A quota, a pause, an identity or
/// a permission is the deployer's affair: the message was surely not sent, and is tried again inside its
/// window. What may have gone out is ambiguous, whatever the error.
pub(super) fn read(journey: &JourneyId, failure: &Failure, unverified: bool) -> SendOutcome {
    let Failure::Refused { code, status } = failure else {
        return match failure {
            Failure::NotSent => {
                tracing::warn!(%journey, %failure, "SES was not reached; the message was not sent");
                SendOutcome::Throttled
            }
            Failure::Unclear { .. } | Failure::Refused { .. } => {
                tracing::error!(%journey, %failure, "the message may or may not have been sent; its event will tell");
                SendOutcome::Ambiguous
            }
        };
    };
    if let Some(remedy) = remedy(code, unverified) {
        tracing::error!(%journey, code, status, remedy, "SES did not send; the message waits inside its window");
        return SendOutcome::Throttled;
    }
    match code.as_str() {
        "MessageRejected" | "BadRequestException" => {
            tracing::warn!(%journey, code, status, "SES refuses this message");
            SendOutcome::Refused {
                why: format!("SES refused the message: {code}"),
            }
        }
        _ => {
            tracing::error!(%journey, code, status, "SES refused the request; the message waits inside its window");
            SendOutcome::Throttled
        }
    }
}

/// What an operator can do about an error that is nobody's but the deployment's.
fn remedy(code: &str, unverified: bool) -> Option<&'static str> {
    match code {
        "MessageRejected" if unverified => {
            Some("verify the sender's domain in this Region, and ask for production access if SES is in the sandbox")
        }
        "TooManyRequestsException" | "ThrottlingException" | "Throttling" => {
            Some("nothing now; if it stays, ask for a higher SES sending rate or lower the touchpoint's concurrency")
        }
        "LimitExceededException" => Some("ask for a higher SES sending quota: the daily one is used up"),
        "SendingPausedException" => {
            Some("sending is paused for the account or the configuration set: see the SES reputation page, then resume")
        }
        "AccountSuspendedException" => {
            Some("SES has suspended sending for this account: answer the case in AWS Support")
        }
        "MailFromDomainNotVerifiedException" => Some("finish the DNS records of the custom MAIL FROM domain"),
        "NotFoundException" => Some("the configuration set or the sender's identity does not exist in this Region"),
        "AccessDeniedException" | "AccessDenied" => {
            Some("allow the function ses:SendEmail on the sender's identity and the configuration set")
        }
        _ => None,
    }
}

/// Does SES say that an identity is not verified? It says so under the same code as of a message with
/// a virus; only its words, which name addresses and so are never kept, tell them apart.
pub(super) fn says_unverified<R>(error: &SdkError<SendEmailError, R>) -> bool {
    error
        .as_service_error()
        .and_then(ProvideErrorMetadata::message)
        .is_some_and(|message| message.contains("not verified"))
}
