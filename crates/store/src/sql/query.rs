//! A transaction under way, and the ways to ask it something. The statements are the same for every database.
//!
//! Parameters are written `?1`, `?2`. What has no words that all databases understand asks for the [`Dialect`].

use distri_core::ids::RecordId;

use super::params::Param;
use crate::StoreError;
use crate::rows::AuditHeadRow;

/// What a database does for a transaction under way on it.
pub(crate) trait Transaction {
    /// Which words the database understands.
    fn dialect(&self) -> Dialect;

    /// Gives each row that a question answers to `each`, until it has seen enough.
    fn ask(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        each: &mut dyn FnMut(&Row<'_>) -> Result<Next, StoreError>,
    ) -> Result<(), StoreError>;

    /// Changes rows; how many.
    fn execute(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<usize, StoreError>;

    /// Changes rows. A failure may come with a later statement of the unit of work, or with its end.
    fn change(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<(), StoreError> {
        self.execute(sql, params).map(drop)
    }

    /// Says that this audit record commits with the unit: by it a commit whose answer was lost can be found.
    fn witness(&mut self, _record: RecordId) {}

    /// The log's head, if a unit of this transaction has moved it on: units that share it need not ask again.
    fn head(&self) -> Option<AuditHeadRow>;

    /// Keeps the head for [`head`](Self::head).
    fn keep_head(&mut self, head: &AuditHeadRow) -> Kept;
}

/// What becomes of a head that was moved on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// The transaction writes it once, before its commit.
    UntilTheEnd,
    /// It is to be written now.
    No,
}

/// Which words a database understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

/// Whether a reader wants more rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    More,
    Enough,
}

/// A row that a question answered.
pub(crate) type Row<'r> = dyn Cells + 'r;

/// The cells of a row, by their place in the question.
pub(crate) trait Cells {
    fn integer(&self, column: usize) -> Result<Option<i64>, CellError>;
    fn text(&self, column: usize) -> Result<Option<String>, CellError>;
    fn blob(&self, column: usize) -> Result<Option<Vec<u8>>, CellError>;
}

/// Why a cell cannot be read.
#[derive(Debug)]
pub(crate) enum CellError {
    /// It holds something else.
    Damaged,
    /// The database failed.
    Failed(StoreError),
}

/// A transaction under way.
pub(crate) struct Work<'t> {
    transaction: &'t mut dyn Transaction,
}

impl<'t> Work<'t> {
    pub(crate) fn new(transaction: &'t mut dyn Transaction) -> Self {
        Self { transaction }
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.transaction.dialect()
    }

    /// Says that this audit record commits with the unit.
    pub(super) fn witness(&mut self, record: RecordId) {
        self.transaction.witness(record);
    }

    /// The log's head, if this transaction has moved it on.
    pub(super) fn head(&self) -> Option<AuditHeadRow> {
        self.transaction.head()
    }

    /// Says that the head has moved on.
    pub(super) fn keep_head(&mut self, head: &AuditHeadRow) -> Kept {
        self.transaction.keep_head(head)
    }

    /// Every row that a question answers, read by `read`.
    pub(super) fn all<T>(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut all = Vec::new();
        self.transaction.ask(sql, params, &mut |row| {
            all.push(read(row)?);
            Ok(Next::More)
        })?;
        Ok(all)
    }

    /// The first row that a question answers.
    pub(super) fn first<T>(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let mut first = None;
        self.transaction.ask(sql, params, &mut |row| {
            first = Some(read(row)?);
            Ok(Next::Enough)
        })?;
        Ok(first)
    }

    /// Changes rows; how many.
    pub(super) fn execute(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<usize, StoreError> {
        self.transaction.execute(sql, params)
    }

    /// Changes rows, whose number nobody asks: on a server, without waiting for its answer.
    pub(super) fn change(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<(), StoreError> {
        self.transaction.change(sql, params)
    }
}
