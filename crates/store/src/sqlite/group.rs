//! Group commit: units of work that come while another one runs share its transaction and its flush.
//!
//! Each unit runs on its caller's thread, inside the open transaction. Whoever finishes while others wait for the
//! connection leaves the transaction open to them and waits for its end; the last one commits for all. Alone, a unit pays
//! for nothing of this: begin, the unit, commit. A unit that fails before its first change, as they nearly all do, is gone;
//! one that fails after it ends the transaction without anything of it, and the others run again, each [alone]. A savepoint
//! for each unit would cost a tenth of every write. A commit that fails fails every unit in it.
//!
//! [alone]: Sharing::Alone

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, ffi};

use super::transaction::{self, Left, Transaction};
use crate::boundary::{Boundary, pass};
use crate::rows::AuditHeadRow;
use crate::sql::query::Work;
use crate::{Ended, Flush, NotCommitted, StoreError};

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
    sharing: Sharing,
    units: u32,
    /// Whoever has the [`Pending`](crate::Pending) of a unit ends it.
    is_awaited: bool,
    /// The log's head after the units so far: it is written once for all of them, before the commit.
    head: Option<AuditHeadRow>,
}

/// How a unit shares a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sharing {
    /// It joins the one under way, and others join it.
    Freely,
    /// It has one of its own, so that it is nobody else's if it comes to nothing.
    Alone,
}

/// The units that end together.
pub(crate) struct Group {
    outcome: Mutex<Option<Outcome>>,
    ended: Condvar,
}

#[derive(Clone)]
enum Outcome {
    Committed(Ended),
    /// Another unit failed after it had changed something.
    Undone,
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
        sharing: Sharing,
        unit: impl FnOnce(&mut Work<'_>) -> Result<T, E>,
    ) -> Result<(T, Arc<Group>), E> {
        if self.flush != flush || sharing == Sharing::Alone || self.is_broken() {
            self.end();
        }
        if self.flush != flush {
            self.set_flush(flush)?;
        }
        let (group, is_first) = self.begin(sharing)?;
        let head = self.open.as_ref().and_then(|it| it.head.clone());
        let mut transaction = Transaction::joined(&self.connection, head);
        let result = unit(&mut Work::new(&mut transaction));
        let Left { has_changes, head } = transaction.leave();
        if self.connection.is_autocommit() {
            // A full disk makes SQLite roll back everything at once; the other units hear of it too.
            let lost = ffi::Error::new(ffi::SQLITE_FULL);
            self.close(Outcome::Failed(lost, None));
            let lost = rusqlite::Error::SqliteFailure(lost, None);
            return Err(result.err().unwrap_or_else(|| StoreError::from(lost).into()));
        }
        if result.is_ok()
            && let Some(open) = &mut self.open
        {
            open.units += 1;
            open.head = head;
        } else if is_first || has_changes {
            self.roll_back();
        }
        Ok((result?, group))
    }

    /// Leaves the transaction under way to whoever waits for its end.
    pub(super) fn leave_open(&mut self) {
        if let Some(open) = &mut self.open {
            open.is_awaited = true;
        }
    }

    /// Ends with this turn what was left open, or leaves it to whoever is next.
    pub(super) fn close_with_turn(&mut self, group: &Group) {
        if let Some(open) = self.open.as_mut().filter(|it| std::ptr::eq(&*it.group, group)) {
            open.is_awaited = false;
        }
    }

    /// Whether somebody will end the transaction under way.
    pub(super) fn is_awaited(&self) -> bool {
        self.open.as_ref().is_some_and(|it| it.is_awaited)
    }

    /// Whether the transaction under way takes more units. One whose first unit panicked does not.
    pub(super) fn has_room(&self) -> bool {
        let open = self.open.as_ref();
        open.is_none_or(|it| it.sharing == Sharing::Freely && (1..MAX_UNITS).contains(&it.units))
    }

    /// Whether the transaction under way was rolled back when a unit panicked.
    fn is_broken(&self) -> bool {
        self.open.is_some() && self.connection.is_autocommit()
    }

    /// Commits the transaction under way, if there is one, and tells its units.
    pub(super) fn end(&mut self) {
        let Some(open) = &self.open else { return };
        if open.units == 0 || self.is_broken() {
            return self.roll_back();
        }
        let head = open.head.as_ref();
        let written = head.map_or(Ok(()), |it| transaction::write_head(&self.connection, it));
        pass(Boundary::Commit);
        let outcome = match written.and_then(|()| self.connection.execute_batch("commit")) {
            Ok(()) => {
                pass(Boundary::Committed);
                Outcome::Committed(Ended {
                    log_size: head.map(|it| it.state.frontier.size()),
                })
            }
            Err(error) => {
                let _ = self.connection.execute_batch("rollback");
                failed(error)
            }
        };
        self.close(outcome);
    }

    fn begin(&mut self, sharing: Sharing) -> Result<(Arc<Group>, bool), StoreError> {
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
            sharing,
            units: 0,
            is_awaited: false,
            head: None,
        });
        Ok((group, true))
    }

    /// Ends the transaction under way without anything of it. Its units are not to blame, and run again.
    fn roll_back(&mut self) {
        if !self.connection.is_autocommit() {
            let _ = self.connection.execute_batch("rollback");
        }
        self.close(Outcome::Undone);
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
    pub(super) fn wait(&self) -> Result<Ended, NotCommitted> {
        let mut outcome = self.lock();
        loop {
            match &*outcome {
                Some(Outcome::Committed(ended)) => return Ok(*ended),
                Some(Outcome::Undone) => return Err(NotCommitted::Again),
                Some(Outcome::Failed(code, text)) => return Err(NotCommitted::Failed(lost(*code, text.clone()))),
                None => {
                    outcome = self.ended.wait(outcome).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    /// Whether the transaction has ended.
    pub(super) fn has_ended(&self) -> bool {
        self.lock().is_some()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Outcome>> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn lost(code: ffi::Error, text: Option<String>) -> StoreError {
    rusqlite::Error::SqliteFailure(code, text).into()
}

fn failed(error: rusqlite::Error) -> Outcome {
    match error {
        rusqlite::Error::SqliteFailure(code, text) => Outcome::Failed(code, text),
        other => Outcome::Failed(ffi::Error::new(ffi::SQLITE_ERROR), Some(other.to_string())),
    }
}
