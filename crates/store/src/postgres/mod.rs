//! A PostgreSQL database that any number of servers share.
//!
//! | module | owns |
//! |---|---|
//! | [`url`] | where the database is and how it is connected to |
//! | [`connect`], [`socket`], [`tls`] | making connections |
//! | [`link`] | one connection: statements, pipelined, on the caller's thread |
//! | [`group`] | writing: the lock of the writer, group commit, a commit whose answer was lost |
//! | [`pool`] | reading |
//! | [`patience`], [`cause`] | what is tried again, and what a failure means |
//! | [`migrate`], [`rebuild`] | the schema; replacing everything |
//! | [`durability`] | whether the server keeps what it acknowledges |
//! | [`transaction`], [`value`] | the questions of a unit of work, on a connection |
//!
//! Nothing is remembered between units of work, so that no server gives an answer that another one has made stale.

mod cause;
mod connect;
mod durability;
mod group;
mod link;
mod patience;
mod pool;
mod rebuild;
mod socket;
mod tls;
mod transaction;
mod url;
mod value;

pub(crate) mod migrate;

pub use url::{DatabaseUrl, UrlError};

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::sql::query::Work;
use crate::{Ended, Flush, NotCommitted, Pending, StoreError, UnitOfWork};
use cause::Kind;
use connect::Connector;
pub(crate) use group::Group;
use group::{Outcome, Sharing, Stopped, Writer};
use patience::Patience;
use pool::{NoLink, Pool};
use transaction::{Marks, Transaction};

/// How long a transaction may stand still before the server ends it: a process that was stopped in the middle of one
/// holds up every other writer.
const IDLE_SECONDS: u64 = 10;
/// How long a unit of work waits for a server that is away.
const OUTAGE_SECONDS: u64 = 20;

/// The shared store.
pub struct PostgresStore {
    url: DatabaseUrl,
    writer: Mutex<Writer>,
    /// Threads that want to write: whoever writes leaves the transaction open to them.
    waiting: AtomicUsize,
    readers: Pool,
}

impl PostgresStore {
    /// Connects, and brings the schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`], [`StoreError::Refused`], [`StoreError::TooNew`].
    pub fn open(url: &DatabaseUrl) -> Result<Self, StoreError> {
        let connector = Arc::new(Connector::new(url).map_err(|it| it.at(url))?);
        let mut link = connector.connect().map_err(|it| it.at(url))?;
        migrate::migrate(&mut link, url)?;
        Ok(Self {
            readers: Pool::new(connector.clone()),
            writer: Mutex::new(Writer::new(connector, link)),
            waiting: AtomicUsize::new(0),
            url: url.clone(),
        })
    }

    /// Runs a unit of work and commits it; nothing of it stays when it fails. A commit has reached the server's disk when
    /// it returns, whatever was asked for: units of many threads share a flush, and a server has no bound for a later one.
    ///
    /// # Errors
    /// The closure's own error, or [`StoreError`] as the closure's error type.
    pub fn write_with<T, E: From<StoreError>>(
        &self,
        _flush: Flush,
        unit: impl FnMut(&mut dyn UnitOfWork) -> Result<T, E>,
    ) -> Result<T, E> {
        Ok(self.commit(unit)?.0)
    }

    /// The same; also says what else its commit brought.
    ///
    /// # Errors
    /// As [`write_with`](Self::write_with).
    pub fn commit<T, E: From<StoreError>>(
        &self,
        mut unit: impl FnMut(&mut dyn UnitOfWork) -> Result<T, E>,
    ) -> Result<(T, Ended), E> {
        let mut patience = Patience::new();
        let mut sharing = Sharing::Freely;
        loop {
            let mut turn = self.turn();
            let ran = turn.writer.run(sharing, |work| unit(work));
            if let Ok((_, group)) = &ran {
                // Whoever was to end it may be this very thread.
                turn.writer.close_with_turn(group);
            }
            drop(turn);
            let cause = match ran {
                Ok((value, group)) => match group.wait() {
                    Outcome::Committed(ended) => return Ok((value, ended)),
                    Outcome::Failed(cause) => cause,
                    Outcome::Unknown => return Err(self.unknown().into()),
                },
                Err(Stopped::Itself(error)) => return Err(error),
                Err(Stopped::Database(cause)) => cause,
            };
            if cause.kind == Kind::Undone {
                sharing = Sharing::Carefully;
            }
            if !patience.again(&cause) {
                return Err(cause.at(&self.url).into());
            }
        }
    }

    /// Runs a unit of work and leaves its transaction open to others, until the answer is waited for.
    ///
    /// # Errors
    /// As [`write_with`](Self::write_with).
    pub fn begin<T, E: From<StoreError>>(
        &self,
        mut unit: impl FnMut(&mut dyn UnitOfWork) -> Result<T, E>,
    ) -> Result<(T, Pending<'_>), E> {
        let mut turn = self.turn();
        match turn.writer.run(Sharing::Freely, |work| unit(work)) {
            Ok((value, group)) => {
                turn.writer.leave_open();
                Ok((value, Pending::postgres(self, group)))
            }
            Err(Stopped::Itself(error)) => Err(error),
            Err(Stopped::Database(_)) => {
                drop(turn);
                let (value, ended) = self.commit(unit)?;
                Ok((value, Pending::committed(ended)))
            }
        }
    }

    /// Waits until a group has ended, and ends it where nobody else will.
    pub(crate) fn wait(&self, group: &Group) -> Result<Ended, NotCommitted> {
        self.end(group);
        match group.wait() {
            Outcome::Committed(ended) => Ok(ended),
            Outcome::Failed(cause) if cause.passes() => Err(NotCommitted::Again),
            Outcome::Failed(cause) => Err(NotCommitted::Failed(cause.at(&self.url))),
            Outcome::Unknown => Err(NotCommitted::Failed(self.unknown())),
        }
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

    fn unknown(&self) -> StoreError {
        StoreError::Unknown {
            place: self.url.place(),
        }
    }

    /// Runs questions on one consistent snapshot, beside any writer.
    ///
    /// # Errors
    /// As [`write_with`](Self::write_with); [`StoreError::Exhausted`].
    pub fn read<T, E: From<StoreError>>(
        &self,
        mut unit: impl FnMut(&mut dyn UnitOfWork) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut patience = Patience::new();
        loop {
            let cause = match self.read_once(&mut unit) {
                Ok(value) => return Ok(value),
                Err(Stopped::Itself(error)) => return Err(error),
                Err(Stopped::Database(cause)) => cause,
            };
            self.readers.forget();
            if !patience.again(&cause) {
                return Err(cause.at(&self.url).into());
            }
        }
    }

    fn read_once<T, E: From<StoreError>>(
        &self,
        unit: impl FnOnce(&mut dyn UnitOfWork) -> Result<T, E>,
    ) -> Result<T, Stopped<E>> {
        let mut lent = self.readers.lend().map_err(|none| match none {
            NoLink::Exhausted(error) => Stopped::Itself(error.into()),
            NoLink::Failed(cause) => Stopped::Database(cause),
        })?;
        let link = lent.link();
        link.send_batch("begin isolation level repeatable read read only");
        let mut transaction = Transaction {
            link,
            url: &self.url,
            marks: Marks::default(),
        };
        let result = unit(&mut Work::new(&mut transaction));
        if let Some(cause) = transaction.marks.failure {
            return Err(Stopped::Database(cause));
        }
        // It has nothing to commit: whoever uses the connection next takes in the answer.
        link.send_batch("commit");
        link.push();
        lent.give_back();
        result.map_err(Stopped::Itself)
    }

    /// Whether the server answers and the schema is this version's. The pages are its own affair.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`], [`StoreError::Refused`].
    pub fn check(&self) -> Result<(), StoreError> {
        self.read(|work| work.audit_leaf(1).map(drop))
    }

    /// Waits for the writer.
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

/// The writer, for as long as it is held. Whoever gives it back ends the transaction, or has somebody behind it who
/// will: that holds after a panic as well.
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
