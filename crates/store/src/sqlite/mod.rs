//! The embedded store: one SQLite file, safe with several processes at once.
//!
//! WAL with `synchronous = full`: a commit has reached the disk when `write` returns. `secure_delete` overwrites
//! what is deleted. A write begins as `immediate`, so two processes never deadlock by upgrading a read. Threads that
//! write at the same time share a flush ([`group`]); their questions go to other connections ([`readers`]).

mod flusher;
mod group;
mod open;
#[cfg(test)]
mod plans;
mod readers;
mod rebuild;
mod transaction;

pub(crate) mod migrate;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, TransactionBehavior};

use crate::sql::query::Work;
use crate::{Ended, Flush, NotCommitted, Pending, StoreError, UnitOfWork};
use flusher::Flusher;
pub(crate) use group::Group;
use group::{Sharing, Writer};
use readers::Readers;
use transaction::Transaction;

/// How long a process waits for another one's transaction.
pub(crate) const BUSY_SECONDS: u64 = 30;

/// Less room than this may be too little for the next commit: its pages, and the shared memory of its log.
pub const NEEDED_ROOM: u64 = 256 << 10;

/// The embedded store.
pub struct SqliteStore {
    path: PathBuf,
    writer: Mutex<Writer>,
    /// Threads that want the connection: whoever has it leaves the transaction open to them.
    waiting: AtomicUsize,
    /// None where no second connection sees the database.
    readers: Option<Readers>,
    flusher: Flusher,
}

impl SqliteStore {
    /// Opens the database at `path`, makes it (mode 0600) when there is none, and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Open`], [`StoreError::TooNew`], [`StoreError::Busy`].
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let mut connection = open::open(path)?;
        migrate::migrate(&mut connection)?;
        Ok(Self::of(connection, path))
    }

    fn of(connection: Connection, path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            writer: Mutex::new(Writer::new(connection)),
            waiting: AtomicUsize::new(0),
            readers: (!path.as_os_str().is_empty()).then(|| Readers::new(path)),
            flusher: Flusher::new(path),
        }
    }

    /// Runs a unit of work and commits it, flushed to the disk; nothing of it stays when it fails.
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
        mut unit: impl FnMut(&mut dyn UnitOfWork) -> Result<T, E>,
    ) -> Result<(T, Ended), E> {
        let mut sharing = Sharing::Freely;
        loop {
            self.flusher.check()?;
            let mut turn = self.turn();
            let (value, group) = turn.writer.run(flush, sharing, |work| unit(work))?;
            // Whoever was to end it may be this very thread.
            turn.writer.close_with_turn(&group);
            drop(turn);
            match self.ended(flush, &group) {
                Ok(ended) => return Ok((value, ended)),
                Err(NotCommitted::Again) => sharing = Sharing::Alone,
                Err(NotCommitted::Failed(error)) => return Err(error.into()),
            }
        }
    }

    /// Runs a unit of work and leaves its transaction open to others, until the answer is waited for.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn begin<T, E: From<StoreError>>(
        &self,
        flush: Flush,
        unit: impl FnOnce(&mut dyn UnitOfWork) -> Result<T, E>,
    ) -> Result<(T, Pending<'_>), E> {
        self.flusher.check()?;
        let mut turn = self.turn();
        let (value, group) = turn.writer.run(flush, Sharing::Freely, |work| unit(work))?;
        turn.writer.leave_open();
        Ok((value, Pending::sqlite(self, flush, group)))
    }

    /// Waits until a group has ended, and ends it where nobody else will.
    pub(crate) fn wait(&self, flush: Flush, group: &Group) -> Result<Ended, NotCommitted> {
        self.end(group);
        self.ended(flush, group)
    }

    /// Ends a group that was left open, or has somebody behind who will.
    pub(crate) fn end(&self, group: &Group) {
        if !group.has_ended() {
            self.turn().writer.close_with_turn(group);
        }
    }

    /// Ends the transaction that this thread has begun, for all who wait for it.
    pub fn end_begun(&self) {
        self.turn().writer.end();
    }

    /// The same for a unit whose end nobody waits for.
    pub(crate) fn give_up(&self, flush: Flush, group: &Group) {
        self.end(group);
        if flush == Flush::Interval {
            // Whoever writes next hears of a failure.
            let _ = self.flusher.soon();
        }
    }

    fn ended(&self, flush: Flush, group: &Group) -> Result<Ended, NotCommitted> {
        let ended = group.wait()?;
        if flush == Flush::Interval {
            self.flusher.soon().map_err(NotCommitted::Failed)?;
        }
        Ok(ended)
    }

    /// Runs questions on one consistent snapshot, beside any writer.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn read<T, E: From<StoreError>>(&self, unit: impl FnMut(&mut dyn UnitOfWork) -> Result<T, E>) -> Result<T, E> {
        let Some(readers) = &self.readers else {
            return ask(self.turn().writer.idle(), unit);
        };
        if let Some(mut turn) = self.turn_at_once() {
            return ask(turn.writer.idle(), unit);
        }
        readers.ask(|connection| ask(connection, unit))
    }

    /// Whether every page and index of the file is sound.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when not.
    pub fn check(&self) -> Result<(), StoreError> {
        let mut turn = self.turn();
        let answer: String = turn
            .writer
            .idle()
            .query_row("pragma quick_check", [], |row| row.get(0))?;
        if answer == "ok" {
            Ok(())
        } else {
            Err(StoreError::Corrupt)
        }
    }

    /// Brings everything committed so far to the disk.
    ///
    /// # Errors
    /// [`StoreError::Unwritable`].
    pub fn flush(&self) -> Result<(), StoreError> {
        self.flusher.now()
    }

    /// Whether there is room for more than the log has already. A commit that works says nothing about a larger one.
    ///
    /// # Errors
    /// [`StoreError::Unwritable`].
    pub fn check_room(&self) -> Result<(), StoreError> {
        match self.room() {
            Some(room) if room < NEEDED_ROOM => Err(StoreError::Unwritable {
                reason: "the disk is full",
            }),
            // A file system that cannot be asked does not stop anything.
            Some(_) | None => Ok(()),
        }
    }

    /// How many bytes may still be written where the database is.
    pub fn room(&self) -> Option<u64> {
        let found = rustix::fs::statvfs(self.path.parent()?).ok()?;
        found.f_bavail.checked_mul(found.f_frsize)
    }

    /// Folds the write-ahead log into the database and empties it, so that it keeps nothing of what was overwritten.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when another process reads an older state.
    pub fn fold(&self) -> Result<(), StoreError> {
        let mut turn = self.turn();
        let is_busy: bool = turn
            .writer
            .idle()
            .query_row("pragma wal_checkpoint(truncate)", [], |row| row.get(0))?;
        if is_busy {
            return Err(StoreError::Busy { seconds: BUSY_SECONDS });
        }
        Ok(())
    }

    /// The writer's connection, when nobody uses it or waits for it and no transaction is open on it.
    fn turn_at_once(&self) -> Option<Turn<'_>> {
        if self.waiting.load(Ordering::SeqCst) > 0 {
            return None;
        }
        let turn = Turn {
            writer: self.writer.try_lock().ok()?,
            waiting: &self.waiting,
        };
        turn.writer.is_idle().then_some(turn)
    }

    /// Waits for the connection.
    fn turn(&self) -> Turn<'_> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        Turn {
            writer,
            waiting: &self.waiting,
        }
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        let writer = self.writer.get_mut().unwrap_or_else(PoisonError::into_inner);
        open::fold_long_log(writer.idle());
    }
}

fn ask<T, E: From<StoreError>>(
    connection: &mut Connection,
    mut unit: impl FnMut(&mut dyn UnitOfWork) -> Result<T, E>,
) -> Result<T, E> {
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Deferred)
        .map_err(StoreError::from)?;
    let result = unit(&mut Work::new(&mut Transaction::alone(&transaction)))?;
    transaction.commit().map_err(StoreError::from)?;
    Ok(result)
}

/// The connection, for as long as it is held. Whoever gives it back ends the transaction, or has somebody behind it
/// who will: that holds after a panic as well.
struct Turn<'s> {
    writer: MutexGuard<'s, Writer>,
    waiting: &'s AtomicUsize,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let has_heir = self.writer.is_awaited() || self.waiting.load(Ordering::SeqCst) > 0;
        if !has_heir || !self.writer.has_room() {
            self.writer.end();
        }
    }
}
