//! Backups that were made.

use distri_core::ids::BackupId;

use super::columns::{Columns, as_integer};
use super::params::params;
use super::query::Work;
use crate::StoreError;
use crate::rows::BackupRow;

pub(super) fn backups(work: &mut Work<'_>) -> Result<Vec<BackupRow>, StoreError> {
    let sql = "select id, at, path, recipients, records from backups order by at, id";
    work.all(sql, params![], |row| {
        let mut columns = Columns::of(row, "backups");
        Ok(BackupRow {
            id: columns.id(BackupId::from_bytes)?,
            at: columns.time()?,
            path: columns.text()?,
            recipients: columns.number()?,
            records: columns.count()?,
        })
    })
}

pub(super) fn put_backup(work: &mut Work<'_>, row: &BackupRow) -> Result<(), StoreError> {
    work.change(
        "insert into backups (id, at, path, recipients, records) values (?1, ?2, ?3, ?4, ?5)",
        params![
            row.id.as_bytes(),
            row.at.as_millisecond(),
            row.path,
            row.recipients,
            as_integer(row.records)
        ],
    )
}
