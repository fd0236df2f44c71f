//! Replacing everything in a database in one transaction.
//!
//! Tables are dropped and made again rather than emptied: the log's triggers permit no deletion. The row of the sequencer
//! stays where it is, and whoever waits for it goes on with the new tables, or with the old ones.

use super::group::Stopped;
use super::transaction::{Marks, Transaction};
use super::{PostgresStore, migrate};
use crate::boundary::{Boundary, pass};
use crate::sql::query::Work;
use crate::{StoreError, UnitOfWork};

impl PostgresStore {
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
        let mut turn = self.turn();
        let link = turn.writer.idle().map_err(|it| it.at(&self.url))?;
        let mut transaction = Transaction {
            link,
            url: &self.url,
            marks: Marks::default(),
        };
        let done = rebuild(&mut transaction, schema, load, finish);
        if done.is_err() {
            let _ = transaction.link.settle();
            let _ = transaction.link.batch("rollback");
        }
        // What was prepared for the old tables is prepared anew.
        turn.writer.forget();
        self.readers.forget();
        done
    }

    /// Runs questions on one consistent snapshot, on a connection of its own: a long answer keeps no writer waiting.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_beside<T, E: From<StoreError>>(
        &self,
        unit: impl FnOnce(&mut dyn UnitOfWork) -> Result<T, E>,
    ) -> Result<T, E> {
        self.read_once(unit).map_err(|stopped| match stopped {
            Stopped::Itself(error) => error,
            Stopped::Database(cause) => cause.at(&self.url).into(),
        })
    }
}

fn rebuild<T, E: From<StoreError>>(
    transaction: &mut Transaction<'_>,
    schema: u32,
    load: impl FnOnce(&mut dyn UnitOfWork) -> Result<(), E>,
    finish: impl FnOnce(&mut dyn UnitOfWork) -> Result<T, E>,
) -> Result<T, E> {
    let url = transaction.url;
    migrate::start_again(transaction.link, url, schema)?;
    load(&mut Work::new(transaction))?;
    transaction.link.settle().map_err(|it| it.at(url))?;
    migrate::finish(transaction.link).map_err(|it| it.at(url))?;
    let answer = finish(&mut Work::new(transaction))?;
    pass(Boundary::Rebuild);
    transaction.link.batch("commit").map_err(|it| it.at(url))?;
    pass(Boundary::Rebuilt);
    Ok(answer)
}
