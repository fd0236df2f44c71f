//! A unit of work that has run and waits for its commit, while others join its transaction.

use std::sync::Arc;

use crate::postgres::{self, PostgresStore};
use crate::sqlite::{self, SqliteStore};
use crate::{Flush, StoreError};

/// A unit of work that has run. Nothing of it is committed before [`wait`](Self::wait) says so; the transaction ends when
/// this is dropped, at the latest.
#[must_use = "nothing is committed yet"]
pub struct Pending<'s>(Open<'s>);

enum Open<'s> {
    Sqlite(&'s SqliteStore, Flush, Arc<sqlite::Group>),
    Postgres(&'s PostgresStore, Arc<postgres::Group>),
    /// It was committed at once.
    Committed(Ended),
}

/// What a commit brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// How many records the log has with those of the transaction, if it had any: the last of its units that appended one
    /// left it so.
    pub log_size: Option<u64>,
}

/// Why a unit of work was not committed.
#[derive(Debug)]
pub enum NotCommitted {
    /// Nothing of it happened, and it is to be run again, by itself.
    Again,
    /// The database failed.
    Failed(StoreError),
}

impl<'s> Pending<'s> {
    pub(crate) fn sqlite(store: &'s SqliteStore, flush: Flush, group: Arc<sqlite::Group>) -> Self {
        Self(Open::Sqlite(store, flush, group))
    }

    pub(crate) fn postgres(store: &'s PostgresStore, group: Arc<postgres::Group>) -> Self {
        Self(Open::Postgres(store, group))
    }

    pub(crate) fn committed(ended: Ended) -> Self {
        Self(Open::Committed(ended))
    }

    /// Waits until it is committed, and ends the transaction if nobody else does.
    ///
    /// # Errors
    /// [`NotCommitted`].
    pub fn wait(self) -> Result<Ended, NotCommitted> {
        match &self.0 {
            Open::Sqlite(store, flush, group) => store.wait(*flush, group),
            Open::Postgres(store, group) => store.wait(group),
            Open::Committed(ended) => Ok(*ended),
        }
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        match &self.0 {
            Open::Sqlite(store, flush, group) => store.give_up(*flush, group),
            Open::Postgres(store, group) => store.end(group),
            Open::Committed(_) => {}
        }
    }
}
