//! What can go wrong with a call, by what the caller does about it.

use jiff::Timestamp;
use journey::Unavailable;
use journey::port::ProviderError;

/// A call without a usable answer. The texts name no reference, no secret and no URL.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// No answer: the connection failed, or one answer took too long.
    #[error("no answer")]
    Unreachable(#[source] reqwest::Error),
    /// The pages and repetitions of one question took too long together.
    #[error("no complete answer before the deadline")]
    OutOfTime,
    /// Status 429.
    #[error("asked to slow down until {retry_at}")]
    RateLimited { retry_at: Timestamp },
    /// Our own budget of calls.
    #[error("the budget of calls is spent until {retry_at}")]
    BudgetSpent { retry_at: Timestamp },
    /// Status 401 or 403, usually a key of the other environment, and the provider's code of the error.
    #[error("the key is refused with status {status}")]
    Unauthorized { status: u16, code: Option<String> },
    /// Status 404, and the provider's code of the error.
    #[error("not found")]
    NotFound { code: Option<String> },
    /// Any other status that is not a success and not a 5xx, and the provider's code of the error.
    #[error("the request is refused with status {status}")]
    Refused { status: u16, code: Option<String> },
    /// A 5xx status.
    #[error("the provider failed with status {status}")]
    Failing { status: u16, retry_at: Option<Timestamp> },
    /// An answer that cannot be understood. Only a fixed text: a parser's message quotes what it read.
    #[error("the answer cannot be read: {0}")]
    Unreadable(&'static str),
}

impl CallError {
    /// Takes a transport error without its URL, whose query names the reference.
    pub(crate) fn transport(error: reqwest::Error) -> Self {
        CallError::Unreachable(error.without_url())
    }

    /// May the same request succeed in a moment? Not after a 429, nor when a 503 names a time: the
    /// caller's timer waits better than a connection does.
    pub(crate) fn passes(&self) -> bool {
        match self {
            CallError::Unreachable(_) => true,
            CallError::Failing { retry_at, .. } => retry_at.is_none(),
            CallError::OutOfTime
            | CallError::RateLimited { .. }
            | CallError::BudgetSpent { .. }
            | CallError::Unauthorized { .. }
            | CallError::NotFound { .. }
            | CallError::Refused { .. }
            | CallError::Unreadable(_) => false,
        }
    }
}

impl From<CallError> for ProviderError {
    fn from(error: CallError) -> Self {
        let (why, retry_at) = match error {
            CallError::Unreachable(_) | CallError::OutOfTime => (Unavailable::Unreachable, None),
            CallError::RateLimited { retry_at } => (Unavailable::RateLimited, Some(retry_at)),
            CallError::BudgetSpent { retry_at } => (Unavailable::BudgetSpent, Some(retry_at)),
            CallError::Unauthorized { .. } => (Unavailable::Unauthorized, None),
            CallError::Failing { retry_at, .. } => (Unavailable::Failing, retry_at),
            // A search that is "not found" is a wrong address or an outage, not an empty answer.
            CallError::NotFound { .. } | CallError::Refused { .. } | CallError::Unreadable(_) => {
                (Unavailable::Failing, None)
            }
        };
        ProviderError { why, retry_at }
    }
}
