//! Asks SQLite the questions of a unit of work.

use rusqlite::types::{FromSql, ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, Row, ToSql, params_from_iter};

use crate::StoreError;
use crate::sql::params::Param;
use crate::sql::query::{self, CellError, Cells, Dialect, Next};

/// A transaction under way on this connection.
pub(super) struct Transaction<'c>(pub(super) &'c Connection);

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
        let mut statement = self.0.prepare_cached(sql)?;
        let mut rows = statement.query(params_from_iter(params))?;
        while let Some(row) = rows.next()? {
            if each(&RowOf(row))? == Next::Enough {
                break;
            }
        }
        Ok(())
    }

    fn execute(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<usize, StoreError> {
        Ok(self.0.prepare_cached(sql)?.execute(params_from_iter(params))?)
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
