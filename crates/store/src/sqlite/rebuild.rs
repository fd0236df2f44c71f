//! Replacing everything in a database in one transaction, and databases that nobody keeps.
//!
//! Tables are dropped and made again rather than emptied: the log's triggers permit no deletion. Whatever happens in
//! between, the file has the old state or the new one, for this process and for every other.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior};

use super::transaction::Transaction;
use super::{SqliteStore, migrate, open};
use crate::boundary::{Boundary, pass};
use crate::sql::query::Work;
use crate::{Flush, StoreError, UnitOfWork};

impl SqliteStore {
    /// The number of the newest schema.
    #[must_use]
    pub fn schema() -> u32 {
        migrate::newest()
    }

    /// Gives a database that cannot be read another name, with the files beside it, and says which.
    ///
    /// # Errors
    /// [`StoreError::Open`].
    pub fn set_aside(path: &Path) -> Result<PathBuf, StoreError> {
        let named = |suffix: &str, number: u32| {
            let mut name = path.as_os_str().to_owned();
            name.push(format!(".damaged-{number}{suffix}"));
            PathBuf::from(name)
        };
        let number = (1..).find(|it| !named("", *it).exists()).unwrap_or(0);
        // The database first: SQLite ignores the log of one that is not there.
        for suffix in ["", "-wal", "-shm"] {
            let mut from = path.as_os_str().to_owned();
            from.push(suffix);
            match std::fs::rename(&from, named(suffix, number)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(StoreError::Open {
                        path: path.to_owned(),
                        source: error.into(),
                    });
                }
                _ => pass(Boundary::SetAside),
            }
        }
        Ok(named("", number))
    }

    /// A database that is gone when this is dropped: on the disk as far as memory should not have it, and never by name.
    ///
    /// # Errors
    /// [`StoreError::Open`], [`StoreError::TooNew`].
    pub fn scratch(schema: u32) -> Result<Self, StoreError> {
        let mut connection = open::scratch()?;
        migrate::up_to(&mut connection, schema)?;
        Ok(Self::of(connection, Path::new("")))
    }

    /// Replaces everything: makes the tables of `schema`, lets `load` fill them, brings them up to date, and commits with
    /// what `finish` adds.
    ///
    /// # Errors
    /// What the closures fail with, or [`StoreError`]: then nothing was changed.
    pub fn rebuild<T, E: From<StoreError>>(
        &self,
        schema: u32,
        load: impl FnOnce(&mut dyn UnitOfWork) -> Result<(), E>,
        finish: impl FnOnce(&mut dyn UnitOfWork) -> Result<T, E>,
    ) -> Result<T, E> {
        self.flusher.check()?;
        let mut turn = self.turn();
        turn.writer.end();
        turn.writer.set_flush(Flush::Each)?;
        let connection = turn.writer.idle();
        // What is dropped and made again must not fail on what refers to it in between.
        connection
            .execute_batch("pragma foreign_keys = off")
            .map_err(StoreError::from)?;
        let done = rebuild(connection, schema, load, finish);
        connection
            .execute_batch("pragma foreign_keys = on")
            .map_err(StoreError::from)?;
        done
    }

    /// Writes every page again and folds the log, so that no file has anything of what was removed.
    ///
    /// `secure_delete` overwrites what is removed from where it is then; what a page held before its rows were moved to
    /// another one may still stand in its free room.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when another process reads an older state, [`StoreError::Unwritable`] without room.
    pub fn shred(&self) -> Result<(), StoreError> {
        self.flusher.check()?;
        {
            let mut turn = self.turn();
            let connection = turn.writer.idle();
            pass(Boundary::Shred);
            // The copy is made in memory or in a file without a name, and holds nothing of what was removed.
            connection.execute_batch("vacuum")?;
        }
        pass(Boundary::Vacuumed);
        self.fold()
    }

    /// Runs questions on one consistent snapshot, on a connection of its own: a long answer keeps no writer waiting.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_beside<T, E: From<StoreError>>(
        &self,
        unit: impl FnOnce(&mut dyn UnitOfWork) -> Result<T, E>,
    ) -> Result<T, E> {
        let (mut beside, mut turn);
        let connection = match &self.readers {
            Some(_) => {
                beside = open::connect(&self.path)?;
                &mut beside
            }
            // A database without a name has the one connection.
            None => {
                turn = self.turn();
                turn.writer.idle()
            }
        };
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Deferred)
            .map_err(StoreError::from)?;
        let answer = unit(&mut Work::new(&mut Transaction::alone(&transaction)))?;
        transaction.commit().map_err(StoreError::from)?;
        Ok(answer)
    }

    /// Whether a row refers to one that is not there.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] names the table.
    pub fn check_references(&self) -> Result<(), StoreError> {
        references(self.turn().writer.idle())
    }
}

fn rebuild<T, E: From<StoreError>>(
    connection: &mut Connection,
    schema: u32,
    load: impl FnOnce(&mut dyn UnitOfWork) -> Result<(), E>,
    finish: impl FnOnce(&mut dyn UnitOfWork) -> Result<T, E>,
) -> Result<T, E> {
    // Dropped without a commit, it rolls back.
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(StoreError::from)?;
    migrate::start_again(&transaction, schema)?;
    load(&mut Work::new(&mut Transaction::alone(&transaction)))?;
    references(&transaction)?;
    migrate::finish(&transaction)?;
    let answer = finish(&mut Work::new(&mut Transaction::alone(&transaction)))?;
    pass(Boundary::Rebuild);
    transaction.commit().map_err(StoreError::from)?;
    pass(Boundary::Rebuilt);
    Ok(answer)
}

fn references(connection: &Connection) -> Result<(), StoreError> {
    let mut statement = connection.prepare("pragma foreign_key_check")?;
    let mut rows = statement.query([])?;
    let Some(row) = rows.next()? else { return Ok(()) };
    let table: String = row.get(0)?;
    let known = crate::tables::all().iter().find(|it| it.name == table);
    Err(StoreError::Damaged {
        table: known.map_or("a table", |it| it.name),
    })
}
