//! Group commit on the one connection that writes, behind a lock that all servers of the database share.
//!
//! A transaction begins by locking the row of `sequencer`. Whoever has it is the only writer anywhere: every statement
//! after it sees all that was committed, so that units of work are serial, as on SQLite, and the audit log is one
//! sequence whatever number of servers append to it. Threads of this process share a transaction as they do on SQLite:
//! whoever finishes while others wait leaves it open to them, and the last one commits for all.
//!
//! The changes of a unit are sent without waiting; what the server says of them is taken in with the commit, or before
//! the next unit joins.
//!
//! When the connection breaks at a commit, what became of it is found out: a new connection takes the lock, which it gets
//! only when the old transaction has ended, and looks for an audit record of that transaction.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use distri_core::ids::RecordId;

use super::cause::{Cause, Kind};
use super::connect::Connector;
use super::link::Link;
use super::patience::Patience;
use super::pool::FRESH;
use super::transaction::{Marks, Transaction};
use crate::sql::params::params;
use crate::sql::query::Work;

/// The most units that wait for one commit. PostgreSQL keeps track of 64 subtransactions before it gets slower.
const MAX_UNITS: u32 = 60;

const BEGIN: &str = "begin isolation level read committed; select only_row from sequencer for update";

/// The connection and the transaction under way on it.
pub(super) struct Writer {
    connector: Arc<Connector>,
    link: Option<Link>,
    open: Option<Open>,
}

struct Open {
    group: Arc<Group>,
    units: u32,
    /// A unit runs, or has panicked.
    is_running: bool,
    has_changes: bool,
    witness: Option<RecordId>,
}

/// The units that end together.
pub(super) struct Group {
    outcome: Mutex<Option<Outcome>>,
    ended: Condvar,
}

/// How a transaction ended.
#[derive(Clone)]
pub(super) enum Outcome {
    Committed,
    /// Nothing of it was committed.
    Failed(Cause),
    /// The connection broke at the commit, and nothing says what became of it.
    Unknown,
}

/// Why a unit did not get as far as the commit.
pub(super) enum Stopped<E> {
    /// By its own decision.
    Itself(E),
    /// The database failed.
    Database(Cause),
}

impl Writer {
    pub(super) fn new(connector: Arc<Connector>, link: Link) -> Self {
        Self {
            connector,
            link: Some(link),
            open: None,
        }
    }

    /// Runs a unit in the transaction under way, or in a new one. The group says how it ended.
    pub(super) fn run<T, E>(
        &mut self,
        unit: impl FnOnce(&mut Work<'_>) -> Result<T, E>,
    ) -> Result<(T, Arc<Group>), Stopped<E>> {
        let is_first = self.begin().map_err(Stopped::Database)?;
        let (Some(link), Some(open)) = (&mut self.link, &mut self.open) else {
            return Err(Stopped::Database(Cause::new(Kind::Gone, "there is no transaction")));
        };
        open.is_running = true;
        let mut transaction = Transaction {
            link,
            url: self.connector.url(),
            marks: Marks::default(),
        };
        let result = unit(&mut Work::new(&mut transaction));
        let mut marks = transaction.marks;
        if !is_first && result.is_ok() && marks.failure.is_none() {
            link.send_batch("release savepoint unit");
            marks.failure = link.settle().err();
        }
        open.is_running = false;
        match (result, marks.failure) {
            (Ok(value), None) => {
                open.units += 1;
                open.has_changes |= marks.has_changes;
                open.witness = marks.witness.or(open.witness);
                Ok((value, open.group.clone()))
            }
            (result, failure) => {
                self.undo(is_first, failure.as_ref());
                Err(match (result, failure) {
                    (_, Some(cause)) => Stopped::Database(cause),
                    (Err(error), None) => Stopped::Itself(error),
                    (Ok(_), None) => Stopped::Database(Cause::new(Kind::Other, "the unit has ended twice")),
                })
            }
        }
    }

    /// Whether the transaction under way takes more units. One whose unit panicked does not.
    pub(super) fn has_room(&self) -> bool {
        let open = self.open.as_ref();
        open.is_none_or(|it| !it.is_running && (1..MAX_UNITS).contains(&it.units))
    }

    /// Commits the transaction under way, if there is one, and tells its units.
    pub(super) fn end(&mut self) {
        let Some(open) = &self.open else { return };
        if open.is_running {
            // A panic. What it left half done is undone; the units before it are not to blame.
            let is_first = open.units == 0;
            self.undo(is_first, None);
        }
        let (Some(open), Some(link)) = (&self.open, &mut self.link) else {
            return;
        };
        if open.units == 0 {
            return self.undo(true, None);
        }
        link.send_batch("commit");
        let outcome = match link.settle() {
            Ok(()) => Outcome::Committed,
            Err(cause) if link.is_sound() && cause.kind != Kind::Gone => {
                // After a failed statement the commit was a rollback; a failed commit is one as well.
                let _ = link.batch("rollback");
                Outcome::Failed(cause)
            }
            Err(cause) => self.find_out(cause),
        };
        self.close(outcome);
    }

    /// The connection, outside of any transaction.
    pub(super) fn idle(&mut self) -> Result<&mut Link, Cause> {
        self.end();
        self.connected()
    }

    /// Closes the connection; the next unit makes a new one.
    pub(super) fn forget(&mut self) {
        self.end();
        self.link = None;
    }

    fn connected(&mut self) -> Result<&mut Link, Cause> {
        self.link = self.link.take().filter(|it| it.is_sound() && it.idle() < FRESH);
        match &mut self.link {
            Some(link) => Ok(link),
            none => Ok(none.insert(self.connector.connect()?)),
        }
    }

    /// Whether a new transaction was begun.
    fn begin(&mut self) -> Result<bool, Cause> {
        if self.open.is_some()
            && let Some(link) = &mut self.link
        {
            match link.settle() {
                Ok(()) => {
                    link.send_batch("savepoint unit");
                    return Ok(false);
                }
                // The changes of the first unit were refused: that is its own affair.
                Err(cause) => {
                    let _ = link.batch("rollback");
                    self.close(Outcome::Failed(cause));
                }
            }
        }
        self.connected()?.send_batch(BEGIN);
        self.open = Some(Open {
            group: Arc::new(Group {
                outcome: Mutex::new(None),
                ended: Condvar::new(),
            }),
            units: 0,
            is_running: false,
            has_changes: false,
            witness: None,
        });
        Ok(true)
    }

    /// Undoes a unit. When it was the first one, or took the connection with it, the transaction has ended.
    fn undo(&mut self, is_first: bool, failure: Option<&Cause>) {
        let Some(link) = &mut self.link else { return };
        let _ = link.settle();
        let undone = match is_first {
            true => link.batch("rollback"),
            false => link.batch("rollback to savepoint unit"),
        };
        if let Some(open) = &mut self.open {
            open.is_running = false;
        }
        match undone {
            Ok(_) if is_first => self.open = None,
            Ok(_) => {}
            Err(cause) => {
                // Before its commit was sent, nothing of a transaction stays.
                let cause = failure.cloned().filter(Cause::passes).unwrap_or(cause);
                self.close(Outcome::Failed(cause));
            }
        }
    }

    /// What became of the transaction at whose commit the connection broke.
    fn find_out(&mut self, cause: Cause) -> Outcome {
        let Some(open) = &self.open else {
            return Outcome::Unknown;
        };
        let witness = match open.witness {
            Some(witness) => witness,
            // Doing nothing twice harms nobody.
            None if !open.has_changes => return Outcome::Failed(cause),
            None => return Outcome::Unknown,
        };
        let mut patience = Patience::new();
        loop {
            match self.is_there(witness) {
                Ok(true) => return Outcome::Committed,
                Ok(false) => return Outcome::Failed(cause),
                Err(cause) => {
                    if !patience.again(&cause) {
                        return Outcome::Unknown;
                    }
                }
            }
        }
    }

    fn is_there(&mut self, record: RecordId) -> Result<bool, Cause> {
        let link = self.link.insert(self.connector.connect()?);
        link.send_batch(BEGIN);
        let found = link.ask(
            "select seq from audit_records where id = ?1",
            params![record.as_bytes()],
        )?;
        link.batch("rollback")?;
        Ok(!found.is_empty())
    }

    fn close(&mut self, outcome: Outcome) {
        if let Some(open) = self.open.take() {
            *open.group.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
            open.group.ended.notify_all();
        }
    }
}

impl Group {
    /// Waits until the transaction has ended.
    pub(super) fn wait(&self) -> Outcome {
        let mut outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match &*outcome {
                Some(outcome) => return outcome.clone(),
                None => outcome = self.ended.wait(outcome).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}
