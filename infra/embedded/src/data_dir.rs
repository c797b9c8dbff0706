//! The data folder: one process at a time.

use std::fs::{DirBuilder, File, TryLockError};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A folder that this process alone may use, for as long as a clone of this value lives.
///
/// The operating system gives the lock back when the process ends, however it ends.
#[derive(Clone, Debug)]
pub struct DataDir(Arc<Locked>);

#[derive(Debug)]
struct Locked {
    path: PathBuf,
    /// Held, never read: the lock goes with it. A visitor has none.
    _lock: Option<File>,
}

/// A data folder, or something in it, that cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error("the data folder {} is in use by another process: stop that one first, or choose another folder", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// The file system said no.
    #[error("the data folder {} cannot be used: it must be a folder that this user may write to", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the file system said.
        #[source]
        source: std::io::Error,
    },
    /// A newer program has written the database.
    #[error(
        "the database {} was written by a newer program (schema {found}; this program knows up to {known}): start the newer program, or choose another folder",
        path.display()
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest schema that this program knows.
        known: i64,
    },
    /// The database does not open.
    #[error("the database {} cannot be opened", path.display())]
    Database {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// The clock's file has not the right form.
    #[error("the clock's file {} cannot be read: restore it, or delete it to start again at the machine's time", path.display())]
    Clock {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// The operating system gave us no thread.
    #[error("a thread for the database could not be started")]
    Thread(#[source] std::io::Error),
}

impl DataDir {
    /// Makes the folder if it is missing, and locks it.
    ///
    /// # Errors
    /// [`OpenError::InUse`] when another process has locked it, [`OpenError::Folder`] when it cannot be
    /// made or written to.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, OpenError> {
        let path = path.into();
        let lock_file = || {
            make(&path)?;
            File::options()
                .create(true)
                .truncate(false)
                .write(true)
                .open(path.join("lock"))
        };
        let lock = match lock_file() {
            Ok(lock) => lock,
            Err(source) => return Err(OpenError::Folder { path, source }),
        };
        match lock.try_lock() {
            Ok(()) => Ok(DataDir(Arc::new(Locked {
                path,
                _lock: Some(lock),
            }))),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path }),
            Err(TryLockError::Error(source)) => Err(OpenError::Folder { path, source }),
        }
    }

    /// Opens the folder beside whoever has it, or before anybody has; makes it if it is missing.
    ///
    /// A visitor may read and write the database, which decides who writes when; the clock and the
    /// outbox's files belong to the one who has the folder, and a visitor never stands in its way.
    ///
    /// # Errors
    /// [`OpenError::Folder`] when it cannot be made.
    pub fn visit(path: impl Into<PathBuf>) -> Result<Self, OpenError> {
        let path = path.into();
        match make(&path) {
            Ok(()) => Ok(DataDir(Arc::new(Locked { path, _lock: None }))),
            Err(source) => Err(OpenError::Folder { path, source }),
        }
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.path
    }
}

/// Makes a folder for this user alone: names, addresses and messages are in it. One that is there stays as it is.
fn make(path: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_opener_is_refused_until_the_first_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let first = DataDir::open(folder.path()).unwrap();
        let refused = DataDir::open(folder.path()).unwrap_err();
        assert!(matches!(refused, OpenError::InUse { .. }));
        assert!(refused.to_string().contains("stop that one first"), "{refused}");
        drop(first);
        DataDir::open(folder.path()).unwrap();
    }

    #[test]
    fn a_file_in_the_place_of_the_folder_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(matches!(DataDir::open(file.path()), Err(OpenError::Folder { .. })));
    }
}
