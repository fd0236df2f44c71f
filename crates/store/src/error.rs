//! What can go wrong in a store, in terms of rows and files.

use std::path::PathBuf;

/// A failure of the database. It never holds a value: statements carry values as bound parameters only.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be opened or made.
    #[error("cannot open the database `{}`", .path.display())]
    Open {
        /// Where it is.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The server of the database does not answer.
    #[error("the database at `{place}` cannot be reached")]
    Unreachable {
        /// Its hosts and name.
        place: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The server, or this side, refuses the connection: a user, a password, a certificate, a right.
    #[error("the database at `{place}` cannot be used")]
    Refused {
        /// Its hosts and name.
        place: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Every connection was in use.
    #[error("all {connections} connections to the database were in use for {seconds} s")]
    Exhausted {
        /// How many there are.
        connections: u32,
        /// How long was waited.
        seconds: u64,
    },
    /// The connection broke at a commit, and what became of it could not be found out.
    #[error(
        "the connection to the database at `{place}` broke during a commit, so it is not known whether the change was made; look before you repeat it"
    )]
    Unknown {
        /// Its hosts and name.
        place: String,
    },
    /// The database was made by a later version.
    #[error("the database has schema {found}, and this version of distri knows up to {known}; use the newer distri")]
    TooNew {
        /// The schema found.
        found: u32,
        /// The newest this version knows.
        known: u32,
    },
    /// Another process held the database for too long.
    #[error("the database was busy for {seconds} s; another process holds it")]
    Busy {
        /// How long was waited.
        seconds: u64,
    },
    /// No space or a read-only file system: nothing was changed.
    #[error("the database cannot be written: {reason}; nothing was changed")]
    Unwritable {
        /// `the disk is full` or `it is read-only`.
        reason: &'static str,
    },
    /// A row that cannot be what the schema promises.
    #[error("a row of `{table}` is damaged")]
    Damaged {
        /// The table.
        table: &'static str,
    },
    /// The file is not a database, or its pages are torn.
    #[error("the database file is damaged")]
    Corrupt,
    /// A rule of the schema: something with this name is there already.
    #[error("a row with the same name is there already")]
    Conflict,
    /// Anything else, with the database's own words as the cause.
    #[error("the database failed")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy {
                seconds: crate::sqlite::BUSY_SECONDS,
            },
            Some(ErrorCode::DiskFull) => Self::Unwritable {
                reason: "the disk is full",
            },
            Some(ErrorCode::ReadOnly) => Self::Unwritable {
                reason: "it is read-only",
            },
            Some(ErrorCode::SystemIoFailure) => Self::Unwritable {
                reason: "the disk reports an error or is full",
            },
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Corrupt,
            Some(ErrorCode::ConstraintViolation) => Self::Conflict,
            _ => Self::Database(Box::new(error)),
        }
    }
}
