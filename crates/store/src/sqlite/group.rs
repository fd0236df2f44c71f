//! Group commit: units of work that come while another one runs share its transaction and its flush.
//!
//! Each unit runs on its caller's thread, inside a savepoint of the open transaction. Whoever finishes while others
//! wait for the connection leaves the transaction open to them and waits for its end; the last one commits for all.
//! Alone, a unit pays for nothing of this: begin, the unit, commit. A unit that fails rolls back to its savepoint; a
//! commit that fails fails every unit in it.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use rusqlite::{Connection, ffi};

use super::transaction::Transaction;
use crate::boundary::{Boundary, pass};
use crate::sql::query::Work;
use crate::{Flush, StoreError};

/// The most units that wait for one flush: what bounds how long the first of them waits.
const MAX_UNITS: u32 = 128;

/// The connection and the transaction under way on it.
pub(super) struct Writer {
    connection: Connection,
    /// What `synchronous` is set to.
    flush: Flush,
    open: Option<Open>,
}

struct Open {
    group: Arc<Group>,
    units: u32,
}

/// The units that end together.
pub(super) struct Group {
    outcome: Mutex<Option<Outcome>>,
    ended: Condvar,
}

#[derive(Clone)]
enum Outcome {
    Committed,
    Failed(ffi::Error, Option<String>),
}

impl Writer {
    /// Takes over a connection that is set to [`Flush::Each`].
    pub(super) fn new(connection: Connection) -> Self {
        Self {
            connection,
            flush: Flush::Each,
            open: None,
        }
    }

    /// The connection, outside of any transaction.
    pub(super) fn idle(&mut self) -> &mut Connection {
        self.end();
        &mut self.connection
    }

    /// Whether no transaction is under way.
    pub(super) fn is_idle(&self) -> bool {
        self.open.is_none()
    }

    /// Runs a unit in the transaction under way, or in a new one. The group says how it ended.
    pub(super) fn run<T, E: From<StoreError>>(
        &mut self,
        flush: Flush,
        unit: impl FnOnce(&mut Work<'_>) -> Result<T, E>,
    ) -> Result<(T, Arc<Group>), E> {
        if self.flush != flush {
            self.end();
            self.set_flush(flush)?;
        }
        let (group, is_first) = self.begin()?;
        let result = if is_first {
            unit(&mut Work::new(&mut Transaction(&self.connection)))
        } else {
            self.run_in_savepoint(unit)
        };
        if self.connection.is_autocommit() {
            // A full disk makes SQLite roll back everything at once; the other units hear of it too.
            let lost = ffi::Error::new(ffi::SQLITE_FULL);
            self.close(Outcome::Failed(lost, None));
            let lost = rusqlite::Error::SqliteFailure(lost, None);
            return Err(result.err().unwrap_or_else(|| StoreError::from(lost).into()));
        }
        match result {
            Ok(value) => {
                if let Some(open) = &mut self.open {
                    open.units += 1;
                }
                Ok((value, group))
            }
            Err(error) => {
                if is_first {
                    self.roll_back();
                }
                Err(error)
            }
        }
    }

    /// Whether the transaction under way takes more units. One whose first unit panicked does not.
    pub(super) fn has_room(&self) -> bool {
        self.open.as_ref().is_none_or(|it| (1..MAX_UNITS).contains(&it.units))
    }

    /// Commits the transaction under way, if there is one, and tells its units.
    pub(super) fn end(&mut self) {
        let Some(open) = &self.open else { return };
        if open.units == 0 {
            self.roll_back();
            return;
        }
        pass(Boundary::Commit);
        let outcome = match self.connection.execute_batch("commit") {
            Ok(()) => {
                pass(Boundary::Committed);
                Outcome::Committed
            }
            Err(error) => {
                let _ = self.connection.execute_batch("rollback");
                failed(error)
            }
        };
        self.close(outcome);
    }

    fn begin(&mut self) -> Result<(Arc<Group>, bool), StoreError> {
        if let Some(open) = &self.open {
            return Ok((open.group.clone(), false));
        }
        self.connection.execute_batch("begin immediate")?;
        let group = Arc::new(Group {
            outcome: Mutex::new(None),
            ended: Condvar::new(),
        });
        self.open = Some(Open {
            group: group.clone(),
            units: 0,
        });
        Ok((group, true))
    }

    fn run_in_savepoint<T, E: From<StoreError>>(
        &mut self,
        unit: impl FnOnce(&mut Work<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        // Dropped without a commit, by an error or a panic, it rolls back.
        let savepoint = self.connection.savepoint().map_err(StoreError::from)?;
        let value = unit(&mut Work::new(&mut Transaction(&savepoint)))?;
        savepoint.commit().map_err(StoreError::from)?;
        Ok(value)
    }

    fn roll_back(&mut self) {
        let _ = self.connection.execute_batch("rollback");
        self.open = None;
    }

    fn close(&mut self, outcome: Outcome) {
        if let Some(open) = self.open.take() {
            *open.group.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
            open.group.ended.notify_all();
        }
    }

    pub(super) fn set_flush(&mut self, flush: Flush) -> Result<(), StoreError> {
        let level = match flush {
            Flush::Each => "full",
            Flush::Interval => "normal",
        };
        self.connection.pragma_update(None, "synchronous", level)?;
        self.flush = flush;
        Ok(())
    }
}

impl Group {
    /// Waits until the transaction has ended.
    pub(super) fn wait(&self) -> Result<(), StoreError> {
        let mut outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match &*outcome {
                Some(Outcome::Committed) => return Ok(()),
                Some(Outcome::Failed(code, text)) => {
                    return Err(rusqlite::Error::SqliteFailure(*code, text.clone()).into());
                }
                None => {
                    outcome = self.ended.wait(outcome).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }
}

fn failed(error: rusqlite::Error) -> Outcome {
    match error {
        rusqlite::Error::SqliteFailure(code, text) => Outcome::Failed(code, text),
        other => Outcome::Failed(ffi::Error::new(ffi::SQLITE_ERROR), Some(other.to_string())),
    }
}
