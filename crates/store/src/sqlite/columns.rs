//! Columns ↔ types: one place for each translation, and a damaged column names its table.

use distri_core::Timestamp;
use distri_core::audit::merkle::Hash;
use rusqlite::Row;

use crate::StoreError;

/// Reads columns of one table's row.
pub(super) struct Columns<'r, 'c> {
    row: &'r Row<'c>,
    table: &'static str,
    next: usize,
}

impl<'r, 'c> Columns<'r, 'c> {
    /// Reads from the first column on.
    pub(super) fn of(row: &'r Row<'c>, table: &'static str) -> Self {
        Self { row, table, next: 0 }
    }

    /// The row is of a join: what follows belongs to `table`.
    pub(super) fn table(&mut self, table: &'static str) {
        self.table = table;
    }

    pub(super) fn damaged(&self) -> StoreError {
        StoreError::Damaged { table: self.table }
    }

    fn get<T: rusqlite::types::FromSql>(&mut self) -> Result<T, StoreError> {
        let index = self.next;
        self.next += 1;
        self.row.get(index).map_err(|error| match error {
            rusqlite::Error::SqliteFailure(..) => error.into(),
            _ => self.damaged(),
        })
    }

    pub(super) fn blob(&mut self) -> Result<Vec<u8>, StoreError> {
        self.get()
    }

    pub(super) fn id<T>(&mut self, from_bytes: fn([u8; 16]) -> T) -> Result<T, StoreError> {
        let bytes: Vec<u8> = self.get()?;
        bytes.try_into().map(from_bytes).map_err(|_| self.damaged())
    }

    pub(super) fn text(&mut self) -> Result<String, StoreError> {
        self.get()
    }

    pub(super) fn optional_text(&mut self) -> Result<Option<String>, StoreError> {
        self.get()
    }

    pub(super) fn parsed<T: std::str::FromStr>(&mut self) -> Result<T, StoreError> {
        let text: String = self.get()?;
        text.parse().map_err(|_| self.damaged())
    }

    pub(super) fn json<T: serde::de::DeserializeOwned>(&mut self) -> Result<T, StoreError> {
        let text: String = self.get()?;
        serde_json::from_str(&text).map_err(|_| self.damaged())
    }

    pub(super) fn number(&mut self) -> Result<u32, StoreError> {
        let number: i64 = self.get()?;
        u32::try_from(number).map_err(|_| self.damaged())
    }

    pub(super) fn optional_number(&mut self) -> Result<Option<u32>, StoreError> {
        let number: Option<i64> = self.get()?;
        number
            .map(|it| u32::try_from(it).map_err(|_| self.damaged()))
            .transpose()
    }

    pub(super) fn count(&mut self) -> Result<u64, StoreError> {
        let number: i64 = self.get()?;
        u64::try_from(number).map_err(|_| self.damaged())
    }

    pub(super) fn optional_count(&mut self) -> Result<Option<u64>, StoreError> {
        let number: Option<i64> = self.get()?;
        number
            .map(|it| u64::try_from(it).map_err(|_| self.damaged()))
            .transpose()
    }

    pub(super) fn hash(&mut self) -> Result<Hash, StoreError> {
        let bytes: Vec<u8> = self.get()?;
        bytes.try_into().map(Hash::from_bytes).map_err(|_| self.damaged())
    }

    pub(super) fn time(&mut self) -> Result<Timestamp, StoreError> {
        let millis: i64 = self.get()?;
        Timestamp::from_millisecond(millis).map_err(|_| self.damaged())
    }

    pub(super) fn optional_time(&mut self) -> Result<Option<Timestamp>, StoreError> {
        let millis: Option<i64> = self.get()?;
        millis
            .map(|it| Timestamp::from_millisecond(it).map_err(|_| self.damaged()))
            .transpose()
    }
}

/// A count as SQLite keeps it.
pub(super) fn as_integer(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
