//! Parameters and cells as the protocol has them.

use std::error::Error;

use bytes::BytesMut;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::sql::params::Param;
use crate::sql::query::{CellError, Cells};

/// A parameter on its way to the server.
pub(super) enum Value {
    Null,
    Bool(bool),
    Integer(i64),
    Text(String),
    Blob(Vec<u8>),
}

impl Value {
    pub(super) fn all(params: &[Param<'_>]) -> Vec<Self> {
        let values = params.iter().map(|it| match *it {
            Param::Null => Self::Null,
            Param::Bool(it) => Self::Bool(it),
            Param::Integer(it) => Self::Integer(it),
            Param::Text(it) => Self::Text(it.to_owned()),
            Param::Blob(it) => Self::Blob(it.to_owned()),
        });
        values.collect()
    }
}

/// The protocol's library shows parameters in its own log, at a level that nobody turns on.
impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("_")
    }
}

impl ToSql for Value {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Bool(it) => it.to_sql(kind, out),
            Self::Integer(it) => match *kind {
                Type::INT4 => i32::try_from(*it)?.to_sql(kind, out),
                _ => it.to_sql(kind, out),
            },
            Self::Text(it) => it.to_sql(kind, out),
            Self::Blob(it) => it.to_sql(kind, out),
        }
    }

    fn accepts(kind: &Type) -> bool {
        matches!(*kind, Type::BOOL | Type::INT4 | Type::INT8 | Type::TEXT | Type::BYTEA)
    }

    to_sql_checked!();
}

/// A row of this database.
pub(super) struct RowOf(pub(super) Row);

impl Cells for RowOf {
    fn integer(&self, column: usize) -> Result<Option<i64>, CellError> {
        match self.0.columns().get(column).map(|it| it.type_()) {
            Some(&Type::INT4) => self.get::<i32>(column).map(|it| it.map(i64::from)),
            _ => self.get(column),
        }
    }

    fn text(&self, column: usize) -> Result<Option<String>, CellError> {
        self.get(column)
    }

    fn blob(&self, column: usize) -> Result<Option<Vec<u8>>, CellError> {
        self.get(column)
    }
}

impl RowOf {
    fn get<'r, T: FromSql<'r>>(&'r self, column: usize) -> Result<Option<T>, CellError> {
        self.0.try_get(column).map_err(|_| CellError::Damaged)
    }
}
