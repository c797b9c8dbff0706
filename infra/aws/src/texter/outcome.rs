//! What an error of SNS means for a text.

use aws_sdk_sns::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sns::operation::publish::PublishError;
use journey::{JourneyId, SendOutcome};
use tracing::field::display;

use crate::clients::Failure;

/// Says what became of a text, and logs what an operator must do.
///
/// Only a number or words that SNS refuses are refused for good. A quota, a permission or a number of
/// ours is the deployer's affair: the text was surely not sent, and is tried again inside its window. What
/// may have gone out is ambiguous, whatever the error, and nobody can tell later: it is never sent again.
pub(super) fn read(journey: Option<&JourneyId>, failure: &Failure, about_the_origination: bool) -> SendOutcome {
    let journey = journey.map(display);
    let Failure::Refused { code, status } = failure else {
        return match failure {
            Failure::NotSent => {
                tracing::warn!(journey, %failure, "SNS was not reached; the text was not sent");
                SendOutcome::Throttled
            }
            Failure::Unclear { .. } | Failure::Refused { .. } => {
                tracing::error!(journey, %failure, "the text may or may not have been sent; nobody can tell");
                SendOutcome::Ambiguous
            }
        };
    };
    if code.starts_with("OptedOut") {
        return SendOutcome::OptedOut;
    }
    if let Some(remedy) = remedy(code, about_the_origination) {
        tracing::error!(journey, code, status, remedy, "SNS did not send; the text waits");
        return SendOutcome::Throttled;
    }
    // The query protocol and the SDK's model spell it differently.
    if ["InvalidParameter", "ParameterValueInvalid", "ValidationException"]
        .iter()
        .any(|known| code.starts_with(known))
    {
        tracing::warn!(journey, code, status, "SNS refuses this text");
        return SendOutcome::Refused {
            why: format!("SNS refused the text: {code}"),
        };
    }
    tracing::error!(journey, code, status, "SNS refused the request; the text waits");
    SendOutcome::Throttled
}

/// What an operator can do about an error that is nobody's but the deployment's.
fn remedy(code: &str, about_the_origination: bool) -> Option<&'static str> {
    match code {
        _ if about_the_origination => {
            Some("the origination number is not one of this account in this Region, or is not registered yet")
        }
        "Throttled" | "ThrottledException" | "Throttling" | "ThrottlingException" | "TooManyRequestsException" => {
            Some("nothing now; if it stays, ask for a higher SMS sending rate or lower the touchpoint's concurrency")
        }
        "AuthorizationError" | "AuthorizationErrorException" | "AccessDenied" | "AccessDeniedException" => {
            Some("allow the function sns:Publish to phone numbers")
        }
        _ => None,
    }
}

/// Is the number that we send from the one that is wrong? SNS says so under the same code as of the
/// recipient's; only its words, which may name numbers and so are never kept, tell them apart.
pub(super) fn is_about_the_origination<R>(error: &SdkError<PublishError, R>) -> bool {
    error
        .as_service_error()
        .and_then(ProvideErrorMetadata::message)
        .is_some_and(|message| message.to_lowercase().contains("origination"))
}
