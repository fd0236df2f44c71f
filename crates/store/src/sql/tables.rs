//! Tables as rows of plain cells.

use super::columns::Columns;
use super::params::{Param, ToParam};
use super::query::{Row, Work};
use crate::StoreError;
use crate::tables::{Cell, Kind, Table};

pub(super) fn table_rows(
    work: &mut Work<'_>,
    table: &'static Table,
    after: Option<&[Cell]>,
    limit: u32,
) -> Result<Vec<Vec<Cell>>, StoreError> {
    let read = |row: &Row<'_>| cells(row, table);
    match after {
        None => work.all(table.first, &[limit.to_param()], read),
        Some(last) => {
            let key = last.iter().take(table.key).map(ToParam::to_param);
            let params: Vec<Param<'_>> = key.chain([limit.to_param()]).collect();
            work.all(table.next, &params, read)
        }
    }
}

pub(super) fn put_table_row(work: &mut Work<'_>, table: &'static Table, row: &[Cell]) -> Result<(), StoreError> {
    let params: Vec<Param<'_>> = row.iter().map(ToParam::to_param).collect();
    work.change(table.insert, &params)
}

fn cells(row: &Row<'_>, table: &'static Table) -> Result<Vec<Cell>, StoreError> {
    let mut columns = Columns::of(row, table.name);
    let kinds = table.columns.iter().map(|it| it.1);
    kinds
        .map(|kind| {
            let cell = match kind {
                Kind::Integer => columns.optional_integer()?.map(Cell::Integer),
                Kind::Text => columns.optional_text()?.map(Cell::Text),
                Kind::Blob => columns.optional_blob()?.map(Cell::Blob),
            };
            Ok(cell.unwrap_or(Cell::Null))
        })
        .collect()
}

impl ToParam for Cell {
    fn to_param(&self) -> Param<'_> {
        match self {
            Self::Null => Param::Null,
            Self::Integer(it) => it.to_param(),
            Self::Text(it) => it.to_param(),
            Self::Blob(it) => it.to_param(),
        }
    }
}
