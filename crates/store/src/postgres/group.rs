//! Group commit on the one connection that writes, behind a lock that all servers of the database share.
//!
//! A transaction begins by locking the row of `sequencer`. Whoever has it is the only writer anywhere: every statement
//! after it sees all that was committed, so that units of work are serial, as on SQLite, and the audit log is one
//! sequence whatever number of servers append to it. Threads of this process share a transaction as they do on SQLite:
//! whoever finishes while others wait leaves it open to them, and the last one commits for all.
//!
//! The changes of a unit are sent without waiting; what the server says of them is taken in with the commit. When it
//! refuses one, nobody knows yet whose it was: the transaction is rolled back, and its units run again, [`Carefully`]
//! this time, each in a savepoint, its changes taken in before the next unit joins. A unit that stops after it has changed
//! something, as hardly any does, ends the transaction in the same way.
//!
//! [`Carefully`]: Sharing::Carefully
//!
//! When the connection breaks at a commit, what became of it is found out: a new connection takes the lock, which it gets
//! only when the old transaction has ended, and looks for an audit record of that transaction.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use distri_core::ids::RecordId;

use super::cause::{Cause, Kind};
use super::connect::Connector;
use super::link::Link;
use super::patience::Patience;
use super::pool::FRESH;
use super::transaction::{Marks, Transaction};
use crate::Ended;
use crate::boundary::{Boundary, pass};
use crate::rows::AuditHeadRow;
use crate::sql::params::params;
use crate::sql::query::Work;
use crate::sql::with_head;

/// The most units that wait for one commit: what bounds how long the first of them waits.
const MAX_UNITS: u32 = 128;

const SAVEPOINT: &str = "savepoint unit";
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
    /// Whoever has the [`Pending`](crate::Pending) of a unit ends it.
    is_awaited: bool,
    /// The log's head after the units so far: it is written once for all of them, before the commit.
    head: Option<AuditHeadRow>,
}

impl Open {
    /// What its commit brings.
    fn ended(&self) -> Ended {
        Ended {
            log_size: self.head.as_ref().map(|it| it.state.frontier.size()),
        }
    }
}

/// How a unit shares a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sharing {
    /// Its changes are taken in with the commit.
    Freely,
    /// Its changes are taken in at once, so that whoever is refused is known.
    Carefully,
}

/// The units that end together.
pub(crate) struct Group {
    outcome: Mutex<Option<Outcome>>,
    ended: Condvar,
}

/// How a transaction ended.
#[derive(Clone)]
pub(super) enum Outcome {
    Committed(Ended),
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
        sharing: Sharing,
        unit: impl FnOnce(&mut Work<'_>) -> Result<T, E>,
    ) -> Result<(T, Arc<Group>), Stopped<E>> {
        let is_first = self.begin(sharing).map_err(Stopped::Database)?;
        let (Some(link), Some(open)) = (&mut self.link, &mut self.open) else {
            return Err(Stopped::Database(Cause::new(Kind::Gone, "there is no transaction")));
        };
        open.is_running = true;
        let mut transaction = Transaction {
            link,
            url: self.connector.url(),
            marks: Marks::joining(is_first, sharing, open.head.clone()),
        };
        let result = unit(&mut Work::new(&mut transaction));
        let mut marks = transaction.marks;
        if result.is_ok() && marks.failure.is_none() {
            if marks.has_savepoint {
                link.send_batch("release savepoint unit");
            }
            if sharing == Sharing::Carefully {
                marks.failure = link.settle().err();
            }
        }
        open.is_running = false;
        match (result, marks.failure.take()) {
            (Ok(value), None) => {
                open.units += 1;
                open.has_changes |= marks.has_changes;
                open.witness = marks.witness.or(open.witness);
                open.head = marks.head;
                Ok((value, open.group.clone()))
            }
            (Err(error), None) => {
                self.undo(is_first, &marks);
                Err(Stopped::Itself(error))
            }
            (_, Some(cause)) if is_first => {
                self.roll_back(&cause);
                Err(Stopped::Database(cause))
            }
            (_, Some(cause)) if sharing == Sharing::Carefully => {
                self.undo(false, &marks);
                Err(Stopped::Database(cause))
            }
            (_, Some(cause)) => {
                let cause = cause.of_somebody();
                self.roll_back(&cause);
                Err(Stopped::Database(cause))
            }
        }
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

    /// Whether the transaction under way takes more units. One whose unit panicked does not.
    pub(super) fn has_room(&self) -> bool {
        let open = self.open.as_ref();
        open.is_none_or(|it| !it.is_running && (1..MAX_UNITS).contains(&it.units))
    }

    /// Commits the transaction under way, if there is one, and tells its units.
    pub(super) fn end(&mut self) {
        let (Some(open), Some(link)) = (&self.open, &mut self.link) else {
            return;
        };
        if open.is_running || open.units == 0 {
            // A panic. The units before it are not to blame, and run again.
            return self.roll_back(&Cause::new(Kind::Undone, "another unit of work has panicked"));
        }
        let is_alone = open.units == 1;
        let ended = open.ended();
        if let Some(head) = &open.head
            && let Err(cause) = with_head(head, |sql, params| link.send(sql, params))
        {
            // It may be an earlier unit's: what was sent before is taken in when a statement is prepared.
            return self.roll_back(&if is_alone { cause } else { cause.of_somebody() });
        }
        pass(Boundary::Commit);
        link.send_batch("commit");
        let outcome = match link.settle() {
            Ok(()) => {
                pass(Boundary::Committed);
                Outcome::Committed(ended)
            }
            Err(cause) if link.is_sound() && cause.kind != Kind::Gone => {
                // After a failed statement the commit was a rollback; a failed commit is one as well.
                let _ = link.batch("rollback");
                Outcome::Failed(if is_alone { cause } else { cause.of_somebody() })
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
    fn begin(&mut self, sharing: Sharing) -> Result<bool, Cause> {
        if let (Some(open), Some(link)) = (&self.open, &mut self.link) {
            if sharing == Sharing::Freely {
                return Ok(false);
            }
            match link.settle() {
                Ok(()) => {
                    link.send_batch(SAVEPOINT);
                    return Ok(false);
                }
                Err(cause) if open.units == 1 => self.roll_back(&cause),
                Err(cause) => self.roll_back(&cause.of_somebody()),
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
            is_awaited: false,
            head: None,
        });
        Ok(true)
    }

    /// Undoes a unit that stopped; the others of its transaction stay.
    fn undo(&mut self, is_first: bool, marks: &Marks) {
        let Some(link) = &mut self.link else { return };
        if is_first || (marks.has_changes && !marks.has_savepoint) {
            return self.roll_back(&Cause::new(Kind::Undone, "a unit of work has stopped after a change"));
        }
        if !marks.has_savepoint {
            // It changed nothing.
            return;
        }
        // A savepoint is returned to only when all before it is known to be sound: else the transaction would be sound
        // again without what was refused.
        let undone = link.settle().and_then(|()| link.batch("rollback to savepoint unit"));
        if let Err(cause) = undone {
            self.roll_back(&cause.of_somebody());
        }
    }

    /// Ends the transaction without anything of it, and tells its units why.
    fn roll_back(&mut self, cause: &Cause) {
        if let Some(link) = &mut self.link {
            let _ = link.settle();
            let _ = link.batch("rollback");
        }
        self.close(Outcome::Failed(cause.clone()));
    }

    /// What became of the transaction at whose commit the connection broke.
    fn find_out(&mut self, cause: Cause) -> Outcome {
        let Some(open) = &self.open else {
            return Outcome::Unknown;
        };
        let ended = open.ended();
        let witness = match open.witness {
            Some(witness) => witness,
            // Doing nothing twice harms nobody.
            None if !open.has_changes => return Outcome::Failed(cause),
            None => return Outcome::Unknown,
        };
        match self.came_to_be(witness) {
            Some(true) => Outcome::Committed(ended),
            Some(false) => Outcome::Failed(cause),
            None => Outcome::Unknown,
        }
    }

    /// Whether there is a record of a transaction at whose commit the connection broke; none when nobody can say.
    pub(super) fn came_to_be(&mut self, record: RecordId) -> Option<bool> {
        let mut patience = Patience::new();
        loop {
            match self.is_there(record) {
                Ok(is_there) => return Some(is_there),
                Err(cause) => {
                    if !patience.again(&cause) {
                        return None;
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
        let mut outcome = self.lock();
        loop {
            match &*outcome {
                Some(outcome) => return outcome.clone(),
                None => outcome = self.ended.wait(outcome).unwrap_or_else(PoisonError::into_inner),
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
