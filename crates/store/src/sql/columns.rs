//! Columns ↔ types: one place for each translation, and a damaged column names its table.

use super::query::{CellError, Row};
use crate::StoreError;
use distri_core::Timestamp;
use distri_core::audit::merkle::Hash;

/// Reads columns of one table's row.
pub(super) struct Columns<'r> {
    row: &'r Row<'r>,
    table: &'static str,
    next: usize,
}

impl<'r> Columns<'r> {
    /// Reads from the first column on.
    pub(super) fn of(row: &'r Row<'r>, table: &'static str) -> Self {
        Self { row, table, next: 0 }
    }

    /// The row is of a join: what follows belongs to `table`.
    pub(super) fn table(&mut self, table: &'static str) {
        self.table = table;
    }

    /// Passes over what a join has not found.
    pub(super) fn skip(&mut self, columns: usize) {
        self.next += columns;
    }

    pub(super) fn damaged(&self) -> StoreError {
        StoreError::Damaged { table: self.table }
    }

    fn cell<T>(
        &mut self,
        read: impl FnOnce(&Row<'r>, usize) -> Result<Option<T>, CellError>,
    ) -> Result<Option<T>, StoreError> {
        let column = self.next;
        self.next += 1;
        read(self.row, column).map_err(|error| match error {
            CellError::Damaged => self.damaged(),
            CellError::Failed(error) => error,
        })
    }

    /// What may not be null.
    fn some<T>(&self, cell: Option<T>) -> Result<T, StoreError> {
        cell.ok_or_else(|| self.damaged())
    }

    fn integer(&mut self) -> Result<i64, StoreError> {
        let cell = self.optional_integer()?;
        self.some(cell)
    }

    pub(super) fn optional_integer(&mut self) -> Result<Option<i64>, StoreError> {
        self.cell(|row, column| row.integer(column))
    }

    pub(super) fn blob(&mut self) -> Result<Vec<u8>, StoreError> {
        let cell = self.optional_blob()?;
        self.some(cell)
    }

    pub(super) fn optional_blob(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        self.cell(|row, column| row.blob(column))
    }

    pub(super) fn id<T>(&mut self, from_bytes: fn([u8; 16]) -> T) -> Result<T, StoreError> {
        let bytes = self.blob()?;
        bytes.try_into().map(from_bytes).map_err(|_| self.damaged())
    }

    pub(super) fn optional_id<T>(&mut self, from_bytes: fn([u8; 16]) -> T) -> Result<Option<T>, StoreError> {
        let bytes = self.cell(|row, column| row.blob(column))?;
        bytes
            .map(|it| it.try_into().map(from_bytes).map_err(|_| self.damaged()))
            .transpose()
    }

    pub(super) fn text(&mut self) -> Result<String, StoreError> {
        let cell = self.optional_text()?;
        self.some(cell)
    }

    pub(super) fn optional_text(&mut self) -> Result<Option<String>, StoreError> {
        self.cell(|row, column| row.text(column))
    }

    pub(super) fn parsed<T: std::str::FromStr>(&mut self) -> Result<T, StoreError> {
        let text = self.text()?;
        text.parse().map_err(|_| self.damaged())
    }

    pub(super) fn json<T: serde::de::DeserializeOwned>(&mut self) -> Result<T, StoreError> {
        let text = self.text()?;
        serde_json::from_str(&text).map_err(|_| self.damaged())
    }

    pub(super) fn optional_json<T: serde::de::DeserializeOwned>(&mut self) -> Result<Option<T>, StoreError> {
        let text = self.optional_text()?;
        text.map(|it| serde_json::from_str(&it).map_err(|_| self.damaged()))
            .transpose()
    }

    pub(super) fn number(&mut self) -> Result<u32, StoreError> {
        let number = self.integer()?;
        u32::try_from(number).map_err(|_| self.damaged())
    }

    pub(super) fn optional_number(&mut self) -> Result<Option<u32>, StoreError> {
        let number = self.optional_integer()?;
        number
            .map(|it| u32::try_from(it).map_err(|_| self.damaged()))
            .transpose()
    }

    pub(super) fn count(&mut self) -> Result<u64, StoreError> {
        let number = self.integer()?;
        u64::try_from(number).map_err(|_| self.damaged())
    }

    pub(super) fn optional_count(&mut self) -> Result<Option<u64>, StoreError> {
        let number = self.optional_integer()?;
        number
            .map(|it| u64::try_from(it).map_err(|_| self.damaged()))
            .transpose()
    }

    pub(super) fn hash(&mut self) -> Result<Hash, StoreError> {
        self.bytes32().map(Hash::from_bytes)
    }

    pub(super) fn bytes32(&mut self) -> Result<[u8; 32], StoreError> {
        let bytes = self.blob()?;
        bytes.try_into().map_err(|_| self.damaged())
    }

    pub(super) fn time(&mut self) -> Result<Timestamp, StoreError> {
        let millis = self.integer()?;
        Timestamp::from_millisecond(millis).map_err(|_| self.damaged())
    }

    pub(super) fn optional_time(&mut self) -> Result<Option<Timestamp>, StoreError> {
        let millis = self.optional_integer()?;
        millis
            .map(|it| Timestamp::from_millisecond(it).map_err(|_| self.damaged()))
            .transpose()
    }
}

/// A count as a database keeps it.
pub(super) fn as_integer(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
