//! Batches of observed requests.

use distri_core::ids::{AccountId, RunId};

use super::columns::Columns;
use super::params::params;
use super::query::Work;
use crate::StoreError;
use crate::rows::ObservedBatchRow;

const TABLE: &str = "observed_batches";

pub(super) fn observed_runs(work: &mut Work<'_>, account: AccountId, limit: u32) -> Result<Vec<RunId>, StoreError> {
    let sql = "select distinct run from observed_batches where account = ?1 order by run desc limit ?2";
    work.all(sql, params![account.as_bytes(), limit], |row| {
        Columns::of(row, TABLE).id(RunId::from_bytes)
    })
}

pub(super) fn observed_batches(
    work: &mut Work<'_>,
    account: AccountId,
    run: RunId,
) -> Result<Vec<ObservedBatchRow>, StoreError> {
    let sql = "select account, run, batch, account_key_version, sealed from observed_batches
               where account = ?1 and run = ?2 order by batch";
    work.all(sql, params![account.as_bytes(), run.as_bytes()], |row| {
        let mut columns = Columns::of(row, TABLE);
        Ok(ObservedBatchRow {
            account: columns.id(AccountId::from_bytes)?,
            run: columns.id(RunId::from_bytes)?,
            batch: columns.number()?,
            account_key_version: columns.number()?,
            sealed: columns.blob()?,
        })
    })
}

pub(super) fn put_observed_batch(work: &mut Work<'_>, row: &ObservedBatchRow) -> Result<(), StoreError> {
    work.change(
        "insert into observed_batches (account, run, batch, account_key_version, sealed) values (?1, ?2, ?3, ?4, ?5)",
        params![
            row.account.as_bytes(),
            row.run.as_bytes(),
            row.batch,
            row.account_key_version,
            row.sealed
        ],
    )
}

pub(super) fn drop_observed_runs(work: &mut Work<'_>, account: AccountId, keep: u32) -> Result<usize, StoreError> {
    let sql = "delete from observed_batches where account = ?1 and run not in (
                 select distinct run from observed_batches where account = ?1 order by run desc limit ?2)";
    work.execute(sql, params![account.as_bytes(), keep])
}
