//! The embedded store: one SQLite file, safe with several processes at once.
//!
//! WAL with `synchronous = full`: a commit has reached the disk when `write` returns. `secure_delete` overwrites
//! what is deleted. A write begins as `immediate`, so two processes never deadlock by upgrading a read.

mod accounts;
mod audit;
mod columns;
mod keys;
mod migrate;
mod observed;
mod open;
mod query;
mod secrets;
mod sessions;
mod work;

use std::path::Path;
use std::sync::Mutex;

use rusqlite::{Connection, TransactionBehavior};

use crate::{StoreError, UnitOfWork};
use query::Work;

/// How long a process waits for another one's transaction.
pub(crate) const BUSY_SECONDS: u64 = 30;

/// The embedded store.
pub struct SqliteStore {
    connection: Mutex<Connection>,
}

impl SqliteStore {
    /// Opens the database at `path`, makes it (mode 0600) when there is none, and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Open`], [`StoreError::TooNew`], [`StoreError::Busy`].
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let mut connection = open::open(path)?;
        migrate::migrate(&mut connection)?;
        Ok(Self {
            connection: Mutex::new(connection),
        })
    }

    /// Runs a unit of work and commits it, flushed to the disk; nothing of it stays when it fails.
    ///
    /// # Errors
    /// The closure's own error, or [`StoreError`] as the closure's error type.
    pub fn write<T, E: From<StoreError>>(&self, unit: impl FnMut(&mut dyn UnitOfWork) -> Result<T, E>) -> Result<T, E> {
        self.run(TransactionBehavior::Immediate, unit)
    }

    /// Runs questions on one consistent snapshot, beside any writer.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn read<T, E: From<StoreError>>(&self, unit: impl FnMut(&mut dyn UnitOfWork) -> Result<T, E>) -> Result<T, E> {
        self.run(TransactionBehavior::Deferred, unit)
    }

    /// Whether every page and index of the file is sound.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when not.
    pub fn check(&self) -> Result<(), StoreError> {
        let connection = self.connection.lock().expect("no holder of this lock panics");
        let answer: String = connection.query_row("pragma quick_check", [], |row| row.get(0))?;
        if answer == "ok" {
            Ok(())
        } else {
            Err(StoreError::Corrupt)
        }
    }

    fn run<T, E: From<StoreError>>(
        &self,
        behavior: TransactionBehavior,
        mut unit: impl FnMut(&mut dyn UnitOfWork) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut connection = self
            .connection
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let transaction = connection
            .transaction_with_behavior(behavior)
            .map_err(StoreError::from)?;
        let result = unit(&mut Work::new(&transaction))?;
        transaction.commit().map_err(StoreError::from)?;
        Ok(result)
    }
}
