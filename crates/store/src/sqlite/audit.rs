//! The audit log: appended, never changed.

use distri_core::audit::Record;
use distri_core::ids::AccountId;
use rusqlite::{Row, params};

use super::columns::{Columns, as_integer};
use super::query::Work;
use crate::StoreError;

pub(super) fn append(work: &mut Work<'_>, record: &Record) -> Result<u64, StoreError> {
    let body = serde_json::to_string(record).map_err(|_| StoreError::Damaged { table: "audit_records" })?;
    work.execute(
        "insert into audit_records (id, account, at, action, body, leaf) values (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            record.id.as_bytes(),
            record.account.as_bytes(),
            record.at.as_millisecond(),
            record.action.as_str(),
            body,
            record.leaf_hash()
        ],
    )?;
    u64::try_from(work.last_insert_rowid()).map_err(|_| StoreError::Damaged { table: "audit_records" })
}

pub(super) fn records(
    work: &mut Work<'_>,
    account: AccountId,
    after: u64,
    limit: u32,
) -> Result<Vec<(u64, Record)>, StoreError> {
    let sql = "select seq, body from audit_records where account = ?1 and seq > ?2 order by seq limit ?3";
    work.all(sql, params![account.as_bytes(), as_integer(after), limit], read)
}

pub(super) fn newest_records(
    work: &mut Work<'_>,
    account: AccountId,
    limit: u32,
) -> Result<Vec<(u64, Record)>, StoreError> {
    let sql = "select seq, body from audit_records where account = ?1 order by seq desc limit ?2";
    let mut newest = work.all(sql, params![account.as_bytes(), limit], read)?;
    newest.reverse();
    Ok(newest)
}

fn read(row: &Row<'_>) -> Result<(u64, Record), StoreError> {
    let mut columns = Columns::of(row, "audit_records");
    Ok((columns.count()?, columns.json()?))
}
