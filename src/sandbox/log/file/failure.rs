//! Why the file of a log cannot be used, as a sentence for the user.

use std::path::Path;

use redb::{CommitError, DatabaseError, StorageError, TableError, TransactionError};

use super::LogError;

/// Why the file cannot be used.
pub(super) enum Failure {
    Known(LogError),
    Foreign,
    Busy,
    Upgrade,
    Damaged(String),
    Io(String),
}

impl Failure {
    pub(super) fn into_error(self, path: &Path) -> LogError {
        let path = path.display();
        let damaged = |detail: String| {
            LogError::Damaged(format!(
                "`{path}` is damaged: {detail}; put back a copy of it, or start with another file"
            ))
        };
        match self {
            Self::Known(error) => error,
            Self::Foreign => LogError::Damaged(format!(
                "`{path}` is not a log of Sandtill; name another file, or one that does not exist"
            )),
            Self::Busy => LogError::Unavailable(format!(
                "`{path}` is open in another process; every server needs a file of its own"
            )),
            Self::Upgrade => LogError::Damaged(format!(
                "`{path}` has an older format of redb; use the version of Sandtill that wrote it"
            )),
            Self::Damaged(detail) => damaged(detail),
            Self::Io(detail) => LogError::Unavailable(format!("`{path}`: {detail}")),
        }
    }
}

impl From<StorageError> for Failure {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Corrupted(detail) => Self::Damaged(detail),
            StorageError::Io(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                Self::Damaged("its end is missing".to_owned())
            }
            other => Self::Io(other.to_string()),
        }
    }
}

impl From<DatabaseError> for Failure {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => Self::Busy,
            DatabaseError::UpgradeRequired(_) => Self::Upgrade,
            DatabaseError::Storage(StorageError::Io(error))
                if error.kind() == std::io::ErrorKind::InvalidData =>
            {
                Self::Foreign
            }
            DatabaseError::Storage(error) => error.into(),
            other => Self::Io(other.to_string()),
        }
    }
}

impl From<TransactionError> for Failure {
    fn from(error: TransactionError) -> Self {
        match error {
            TransactionError::Storage(error) => error.into(),
            other => Self::Io(other.to_string()),
        }
    }
}

impl From<CommitError> for Failure {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Storage(error) => error.into(),
            other => Self::Io(other.to_string()),
        }
    }
}

impl From<TableError> for Failure {
    fn from(error: TableError) -> Self {
        match error {
            TableError::Storage(error) => error.into(),
            // A table of this name with other types.
            _ => Self::Foreign,
        }
    }
}
