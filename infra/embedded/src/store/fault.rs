//! What can go wrong inside, and what of it the callers are told.

use std::error::Error;
use std::sync::Arc;

use journey::port::{CommitError, StoreError};
use journey::stored::Unreadable;
use rusqlite::ErrorCode;

/// A read or a write that did not succeed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// SQLite refused; of a write, nothing was kept.
    #[error("the database refused")]
    Database(#[from] rusqlite::Error),
    /// The write itself was fine, but its transaction failed: it may come back after a crash.
    #[error("the transaction could not be committed")]
    NotCommitted(#[source] Arc<rusqlite::Error>),
    /// The writer did not come to the request: the program is ending, or the disk is full.
    #[error("the database's writer has stopped before this request")]
    Stopped,
    /// A record has not the shape that we write.
    #[error("a record has not the shape that this program writes")]
    Record(#[source] Box<dyn Error + Send + Sync>),
}

impl Fault {
    fn is_corruption(&self) -> bool {
        match self {
            Fault::Record(_) => true,
            Fault::Database(error) => {
                matches!(
                    error.sqlite_error_code(),
                    Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::TypeMismatch)
                ) || matches!(
                    error,
                    rusqlite::Error::FromSqlConversionFailure(..)
                        | rusqlite::Error::IntegralValueOutOfRange(..)
                        | rusqlite::Error::InvalidColumnType(..)
                )
            }
            Fault::NotCommitted(_) | Fault::Stopped => false,
        }
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        if fault.is_corruption() {
            StoreError::Corrupt(Box::new(fault))
        } else {
            StoreError::Unavailable(Box::new(fault))
        }
    }
}

impl From<Fault> for CommitError {
    fn from(fault: Fault) -> Self {
        CommitError::Store(fault.into())
    }
}

impl From<Unreadable> for Fault {
    fn from(error: Unreadable) -> Self {
        Fault::Record(Box::new(error))
    }
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        Fault::Record(Box::new(error))
    }
}

impl From<jiff::Error> for Fault {
    /// Without the standard library, which would bring a clock, jiff's error is only a text.
    fn from(error: jiff::Error) -> Self {
        Fault::Record(error.to_string().into())
    }
}

/// A text in a column that is not one of ours.
#[derive(Debug, thiserror::Error)]
#[error("the column {0} holds a text that this program does not write")]
pub(crate) struct ForeignText(pub(crate) &'static str);

impl From<ForeignText> for Fault {
    fn from(error: ForeignText) -> Self {
        Fault::Record(Box::new(error))
    }
}
