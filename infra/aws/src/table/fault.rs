//! What DynamoDB may answer, and what of it the callers are told.
//!
//! Rule: the SDK's own errors end here. They carry whole answers, and an answer may hold a contact; of
//! them only the operation, the code and the message are kept.

use core::error::Error;
use core::fmt::Write as _;

use aws_sdk_dynamodb::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use journey::port::{CommitError, StoreError};

/// A write that did not happen.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    /// A condition does not hold: what the write was decided on has changed.
    #[error("the item was changed in the meantime")]
    Condition,
    /// Another transaction was at work on one of the items.
    #[error("another transaction was at work on the item")]
    Contended,
    /// The table failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Refused> for CommitError {
    /// Both kinds of a lost race are mended in the same way: load, decide, try again.
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Condition | Refused::Contended => CommitError::VersionConflict,
            Refused::Store(error) => CommitError::Store(error),
        }
    }
}

/// A request that DynamoDB did not serve.
#[derive(Debug, thiserror::Error)]
#[error("{operation}: {what}")]
struct Unserved {
    operation: &'static str,
    what: String,
}

/// An attribute that this program would not have written so.
#[derive(Debug, thiserror::Error)]
#[error("the attribute {0} is missing, or not of the form that this program writes")]
struct ForeignAttribute(&'static str);

/// The lost race of a bounded number of attempts.
#[derive(Debug, thiserror::Error)]
#[error("{0}: other writers were faster too often")]
struct Crowded(&'static str);

/// Any failure of a request that has no condition.
pub(super) fn unavailable<E>(operation: &'static str, error: SdkError<E>) -> StoreError
where
    E: Error + ProvideErrorMetadata + 'static,
{
    let what = match error.as_service_error() {
        Some(refusal) => format!(
            "{}: {}",
            refusal.code().unwrap_or("unnamed error"),
            refusal.message().unwrap_or("no message")
        ),
        None => chain(&error),
    };
    StoreError::Unavailable(Box::new(Unserved { operation, what }))
}

/// A failure of one conditional write.
pub(super) fn refused<E>(operation: &'static str, error: SdkError<E>) -> Refused
where
    E: Error + ProvideErrorMetadata + 'static,
{
    match error.as_service_error().and_then(ProvideErrorMetadata::code) {
        Some("ConditionalCheckFailedException") => Refused::Condition,
        Some("TransactionConflictException") => Refused::Contended,
        Some(_) | None => Refused::Store(unavailable(operation, error)),
    }
}

/// A failure of a transaction: the reason of every item is read.
///
/// A condition that does not hold outweighs the others, since to try the same again would not help.
pub(super) fn cancelled(error: SdkError<TransactWriteItemsError>) -> Refused {
    const OPERATION: &str = "TransactWriteItems";
    let Some(TransactWriteItemsError::TransactionCanceledException(exception)) = error.as_service_error() else {
        // The same transaction, sent again by the SDK while its first sending was still under way.
        return match error.as_service_error().and_then(ProvideErrorMetadata::code) {
            Some("TransactionInProgressException") => Refused::Contended,
            Some(_) | None => refused(OPERATION, error),
        };
    };
    let codes: Vec<&str> = exception
        .cancellation_reasons()
        .iter()
        .filter_map(|reason| reason.code())
        .filter(|&code| code != "None")
        .collect();
    if codes.contains(&"ConditionalCheckFailed") {
        Refused::Condition
    } else if codes.contains(&"TransactionConflict") {
        Refused::Contended
    } else {
        let what = format!("cancelled: {}", codes.join(", "));
        Refused::Store(StoreError::Unavailable(Box::new(Unserved {
            operation: OPERATION,
            what,
        })))
    }
}

/// A request that lacks a required part. It cannot happen, since all of them are set where it is made.
pub(super) fn incomplete(error: BuildError) -> StoreError {
    StoreError::Unavailable(Box::new(error))
}

/// Too many lost races in a row.
pub(super) fn crowded(operation: &'static str) -> StoreError {
    StoreError::Unavailable(Box::new(Crowded(operation)))
}

/// Parts of a batch that DynamoDB left undone, each time it was asked.
pub(super) fn undone(operation: &'static str, parts: usize) -> StoreError {
    let what = format!("{parts} items were left unprocessed, again and again");
    StoreError::Unavailable(Box::new(Unserved { operation, what }))
}

/// An attribute that cannot be read.
pub(super) fn foreign(attribute: &'static str) -> StoreError {
    StoreError::Corrupt(Box::new(ForeignAttribute(attribute)))
}

/// A record that cannot be read, or written.
pub(super) fn corrupt(error: impl Error + Send + Sync + 'static) -> StoreError {
    StoreError::Corrupt(Box::new(error))
}

/// An error with its causes, which are the connection's and tell nothing of what was asked.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut told = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a string does not fail.
        let _ = write!(told, ": {error}");
        cause = error.source();
    }
    told
}
