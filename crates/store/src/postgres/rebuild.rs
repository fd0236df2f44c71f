//! Replacing everything in a database in one transaction.
//!
//! Tables are dropped and made again rather than emptied: the log's triggers permit no deletion. The row of the sequencer
//! stays where it is, and whoever waits for it goes on with the new tables, or with the old ones.

use super::cause::Kind;
use super::group::Stopped;
use super::transaction::{Marks, Transaction};
use super::{PostgresStore, migrate};
use crate::boundary::{Boundary, pass};
use crate::sql::query::Work;
use crate::{StoreError, UnitOfWork};

impl PostgresStore {
    /// Replaces everything: makes the tables of `schema`, lets `load` fill them, brings them up to date, and commits with
    /// what `finish` adds. When the connection breaks at the commit, what became of it is found out by a record of that.
    ///
    /// # Errors
    /// What the closures fail with, or [`StoreError`]: then nothing was changed, unless it is [`StoreError::Unknown`].
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
        let witness = transaction.marks.witness;
        let committed = match &done {
            Ok(_) => match transaction.link.batch("commit") {
                Ok(_) => Ok(()),
                Err(cause) if cause.kind == Kind::Gone => match witness.and_then(|it| turn.writer.came_to_be(it)) {
                    Some(true) => Ok(()),
                    Some(false) => Err(cause.at(&self.url)),
                    None => Err(self.unknown()),
                },
                Err(cause) => Err(cause.at(&self.url)),
            },
            Err(_) => {
                let _ = transaction.link.settle();
                let _ = transaction.link.batch("rollback");
                Ok(())
            }
        };
        // What was prepared for the old tables is prepared anew.
        turn.writer.forget();
        self.readers.forget();
        committed?;
        let answer = done?;
        pass(Boundary::Rebuilt);
        Ok(answer)
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
    Ok(answer)
}
