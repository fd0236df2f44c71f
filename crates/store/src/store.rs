//! One of the databases: whoever uses it does not know which.

use crate::{Ended, Flush, Location, Pending, PostgresStore, SqliteStore, StoreError, UnitOfWork};

/// An open database.
pub enum Store {
    /// In a file of this machine.
    Sqlite(Box<SqliteStore>),
    /// On a server.
    Postgres(Box<PostgresStore>),
}

impl Store {
    /// Opens the database, makes what is missing of it, and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Open`], [`StoreError::Unreachable`], [`StoreError::Refused`], [`StoreError::TooNew`],
    /// [`StoreError::Busy`].
    pub fn open(location: &Location) -> Result<Self, StoreError> {
        Ok(match location {
            Location::File(path) => Self::Sqlite(Box::new(SqliteStore::open(path)?)),
            Location::Server(url) => Self::Postgres(Box::new(PostgresStore::open(url)?)),
        })
    }

    /// Runs a unit of work and commits it, flushed to the disk; nothing of it stays when it fails. It may be run again,
    /// so that it has no effect but on the database and by what it returns.
    ///
    /// # Errors
    /// The closure's own error, or [`StoreError`] as the closure's error type.
    pub fn write<T, E: From<StoreError>>(&self, unit: impl FnMut(&mut dyn UnitOfWork) -> Result<T, E>) -> Result<T, E> {
        self.write_with(Flush::Each, unit)
    }

    /// Runs a unit of work and commits it, flushed as asked for.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn write_with<T, E: From<StoreError>>(
        &self,
        flush: Flush,
        unit: impl FnMut(&mut dyn UnitOfWork) -> Result<T, E>,
    ) -> Result<T, E> {
        Ok(self.commit(flush, unit)?.0)
    }

    /// The same; also says what else its commit brought.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn commit<T, E: From<StoreError>>(
        &self,
        flush: Flush,
        unit: impl FnMut(&mut dyn UnitOfWork) -> Result<T, E>,
    ) -> Result<(T, Ended), E> {
        match self {
            Self::Sqlite(store) => store.commit(flush, unit),
            Self::Postgres(store) => store.commit(unit),
        }
    }

    /// Runs a unit of work and leaves its transaction open, so that others of the same thread join it before the commit.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn begin<T, E: From<StoreError>>(
        &self,
        flush: Flush,
        unit: impl FnMut(&mut dyn UnitOfWork) -> Result<T, E>,
    ) -> Result<(T, Pending<'_>), E> {
        match self {
            Self::Sqlite(store) => store.begin(flush, unit),
            Self::Postgres(store) => store.begin(unit),
        }
    }

    /// Commits what was begun, so that the next transaction can begin before anybody waits for this one.
    pub fn end_begun(&self) {
        match self {
            Self::Sqlite(store) => store.end_begun(),
            Self::Postgres(store) => store.end_begun(),
        }
    }

    /// Runs questions on one consistent snapshot, beside any writer.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn read<T, E: From<StoreError>>(&self, unit: impl FnMut(&mut dyn UnitOfWork) -> Result<T, E>) -> Result<T, E> {
        match self {
            Self::Sqlite(store) => store.read(unit),
            Self::Postgres(store) => store.read(unit),
        }
    }

    /// Runs questions on one consistent snapshot, on a connection of its own: a long answer keeps no writer waiting.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn read_beside<T, E: From<StoreError>>(
        &self,
        unit: impl FnOnce(&mut dyn UnitOfWork) -> Result<T, E>,
    ) -> Result<T, E> {
        match self {
            Self::Sqlite(store) => store.read_beside(unit),
            Self::Postgres(store) => store.read_beside(unit),
        }
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
        match self {
            Self::Sqlite(store) => store.rebuild(schema, load, finish),
            Self::Postgres(store) => store.rebuild(schema, load, finish),
        }
    }

    /// Whether the database is sound, as far as this side of it can see.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], or what keeps it from being asked.
    pub fn check(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(store) => store.check(),
            Self::Postgres(store) => store.check(),
        }
    }

    /// The settings of a database's server with which a power cut takes what it acknowledged.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`], [`StoreError::Refused`], [`StoreError::Exhausted`].
    pub fn unsafe_settings(&self) -> Result<Option<String>, StoreError> {
        match self {
            Self::Sqlite(_) => Ok(None),
            Self::Postgres(store) => store.unsafe_settings(),
        }
    }

    /// Brings everything committed so far to the disk.
    ///
    /// # Errors
    /// [`StoreError::Unwritable`].
    pub fn flush(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(store) => store.flush(),
            // A commit there is on the disk when it returns.
            Self::Postgres(_) => Ok(()),
        }
    }

    /// Whether the disk of this machine has room for more. Of a server's only its operator knows.
    ///
    /// # Errors
    /// [`StoreError::Unwritable`].
    pub fn check_room(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(store) => store.check_room(),
            Self::Postgres(_) => Ok(()),
        }
    }

    /// How many bytes may still be written on this machine where the database is; none of a server's.
    #[must_use]
    pub fn room(&self) -> Option<u64> {
        match self {
            Self::Sqlite(store) => store.room(),
            Self::Postgres(_) => None,
        }
    }

    /// Leaves nothing of what was removed in files of this machine. What a server keeps is its operator's affair.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when another process reads an older state, [`StoreError::Unwritable`] without room.
    pub fn shred(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(store) => store.shred(),
            Self::Postgres(_) => Ok(()),
        }
    }

    /// Keeps nothing of what was overwritten in files of this machine. What a server keeps is its operator's affair.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when another process reads an older state.
    pub fn fold(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(store) => store.fold(),
            Self::Postgres(_) => Ok(()),
        }
    }
}
