//! What an error of SNS means for a push.

use journey::{JourneyId, SendOutcome};

use crate::clients::Failure;

/// Says what became of a push, and logs what an operator must do.
///
/// An endpoint that is disabled or gone is refused for good: the app was removed, or gave up its token. It is not
/// remembered, since the app enables the same endpoint when it starts again. A quota or a permission is the deployer's
/// affair: the push was surely not sent, and is tried again inside its window. What may have gone out is ambiguous.
pub(super) fn read(journey: &JourneyId, failure: &Failure) -> SendOutcome {
    let Failure::Refused { code, status } = failure else {
        return match failure {
            Failure::NotSent => {
                tracing::warn!(%journey, %failure, "SNS was not reached; the push was not sent");
                SendOutcome::Throttled
            }
            Failure::Unclear { .. } | Failure::Refused { .. } => {
                tracing::error!(%journey, %failure, "the push may or may not have been sent; nobody can tell");
                SendOutcome::Ambiguous
            }
        };
    };
    let is = |known: &[&str]| known.iter().any(|known| code.starts_with(known));
    if is(&["EndpointDisabled", "NotFound"]) {
        tracing::info!(%journey, code, status, "the app is no longer on the device");
        return SendOutcome::Refused {
            why: format!("the app is no longer on the device: {code}"),
        };
    }
    // The query protocol and the SDK's model spell it differently.
    if is(&["InvalidParameter", "ParameterValueInvalid", "ValidationException"]) {
        tracing::warn!(%journey, code, status, "SNS refuses this push");
        return SendOutcome::Refused {
            why: format!("SNS refused the push: {code}"),
        };
    }
    let remedy = if is(&["PlatformApplicationDisabled"]) {
        "renew the credentials of the platform application, and enable it"
    } else if is(&["AuthorizationError", "AccessDenied"]) {
        "allow the function sns:Publish to the app's endpoints: PushApplicationName must be the app's name"
    } else {
        "nothing now, unless it stays"
    };
    tracing::error!(%journey, code, status, remedy, "SNS did not send; the push waits inside its window");
    SendOutcome::Throttled
}
