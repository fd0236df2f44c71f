//! Asks SQLite the questions of a unit of work, and remembers whether it changed anything.

use rusqlite::types::{FromSql, ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, Row, ToSql, ffi, params_from_iter};

use crate::StoreError;
use crate::rows::AuditHeadRow;
use crate::sql::params::Param;
use crate::sql::query::{self, CellError, Cells, Dialect, Kept, Next};
use crate::sql::with_head;

/// A unit of work in a transaction under way on this connection.
pub(super) struct Transaction<'c> {
    connection: &'c Connection,
    is_running: bool,
    has_changes: bool,
    /// The log's head is written at the end of the transaction, for all of its units.
    keeps_head: bool,
    head: Option<AuditHeadRow>,
}

/// What a unit leaves to its transaction.
pub(super) struct Left {
    /// Whether it changed anything.
    pub(super) has_changes: bool,
    /// The log's head after it.
    pub(super) head: Option<AuditHeadRow>,
}

impl<'c> Transaction<'c> {
    /// For one that nobody shares.
    pub(super) fn alone(connection: &'c Connection) -> Self {
        Self {
            connection,
            is_running: false,
            has_changes: false,
            keeps_head: false,
            head: None,
        }
    }

    /// For a unit of a group, whose units so far have left this head.
    pub(super) fn joined(connection: &'c Connection, head: Option<AuditHeadRow>) -> Self {
        Self {
            connection,
            is_running: true,
            has_changes: false,
            keeps_head: true,
            head,
        }
    }

    /// Ends the unit.
    pub(super) fn leave(mut self) -> Left {
        self.is_running = false;
        Left {
            has_changes: self.has_changes,
            head: self.head.take(),
        }
    }

    fn check_open(&self) -> rusqlite::Result<()> {
        // Some errors of a question end the whole transaction, and a unit may have gone on after one. What it changed now
        // would be committed at once, without the log's head.
        if self.keeps_head && self.connection.is_autocommit() {
            return Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_FULL), None));
        }
        Ok(())
    }
}

impl Drop for Transaction<'_> {
    /// After a panic: half a unit must not be committed with the others.
    fn drop(&mut self) {
        if self.is_running && self.has_changes {
            let _ = self.connection.execute_batch("rollback");
        }
    }
}

/// Writes the log's head.
pub(super) fn write_head(connection: &Connection, head: &AuditHeadRow) -> rusqlite::Result<()> {
    with_head(head, |sql, params| {
        connection
            .prepare_cached(sql)?
            .execute(params_from_iter(params))
            .map(drop)
    })
}

impl query::Transaction for Transaction<'_> {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn ask(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        each: &mut dyn FnMut(&query::Row<'_>) -> Result<Next, StoreError>,
    ) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params_from_iter(params))?;
        while let Some(row) = rows.next()? {
            if each(&RowOf(row))? == Next::Enough {
                break;
            }
        }
        Ok(())
    }

    fn execute(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<usize, StoreError> {
        self.check_open()?;
        let changed = self.connection.prepare_cached(sql)?.execute(params_from_iter(params))?;
        // What a statement that fails has done, SQLite takes back.
        self.has_changes = true;
        Ok(changed)
    }

    fn head(&self) -> Option<AuditHeadRow> {
        self.head.clone()
    }

    fn keep_head(&mut self, head: &AuditHeadRow) -> Kept {
        if !self.keeps_head {
            return Kept::No;
        }
        self.head = Some(head.clone());
        Kept::UntilTheEnd
    }
}

impl ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match *self {
            Param::Null => ToSqlOutput::Owned(Value::Null),
            Param::Bool(it) => ToSqlOutput::Owned(Value::Integer(i64::from(it))),
            Param::Integer(it) => ToSqlOutput::Owned(Value::Integer(it)),
            Param::Text(it) => ToSqlOutput::Borrowed(ValueRef::Text(it.as_bytes())),
            Param::Blob(it) => ToSqlOutput::Borrowed(ValueRef::Blob(it)),
        })
    }
}

/// A row of this connection.
struct RowOf<'r, 'c>(&'r Row<'c>);

impl Cells for RowOf<'_, '_> {
    fn integer(&self, column: usize) -> Result<Option<i64>, CellError> {
        self.get(column)
    }

    fn text(&self, column: usize) -> Result<Option<String>, CellError> {
        self.get(column)
    }

    fn blob(&self, column: usize) -> Result<Option<Vec<u8>>, CellError> {
        self.get(column)
    }
}

impl RowOf<'_, '_> {
    fn get<T: FromSql>(&self, column: usize) -> Result<Option<T>, CellError> {
        self.0.get(column).map_err(|error| match error {
            rusqlite::Error::SqliteFailure(..) => CellError::Failed(error.into()),
            _ => CellError::Damaged,
        })
    }
}
