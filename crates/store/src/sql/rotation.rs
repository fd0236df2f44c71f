//! What a rotation of keys reads and writes.

use distri_core::envelope::{EvidenceKey, SealedValue, Wrapped};
use distri_core::ids::{AccountId, DataKeyId, SecretId};

use super::accounts::read_account_key;
use super::columns::Columns;
use super::fitting::all_fitting;
use super::params::params;
use super::query::Work;
use super::secrets::read_data_key;
use crate::StoreError;
use crate::rows::{AccountKeyRow, DataKeyRow, InstanceKeyRow, Stale};

pub(super) fn evidence_key(work: &mut Work<'_>) -> Result<Option<Wrapped<EvidenceKey>>, StoreError> {
    work.first("select wrapped from evidence_key", params![], |row| {
        Ok(Wrapped::from_stored(Columns::of(row, "evidence_key").blob()?))
    })
}

pub(super) fn put_evidence_key(work: &mut Work<'_>, wrapped: &Wrapped<EvidenceKey>) -> Result<(), StoreError> {
    work.change(
        "insert into evidence_key (only_row, wrapped) values (1, ?1)
         on conflict (only_row) do update set wrapped = excluded.wrapped",
        params![wrapped.as_bytes()],
    )
}

pub(super) fn instance_keys(work: &mut Work<'_>) -> Result<Vec<InstanceKeyRow>, StoreError> {
    let sql = "select version, fingerprint, created_at from instance_keys order by version";
    work.all(sql, params![], |row| {
        let mut columns = Columns::of(row, "instance_keys");
        Ok(InstanceKeyRow {
            version: columns.number()?,
            fingerprint: columns.text()?,
            created_at: columns.time()?,
        })
    })
}

pub(super) fn put_instance_key(work: &mut Work<'_>, row: &InstanceKeyRow) -> Result<(), StoreError> {
    work.change(
        "insert into instance_keys (version, fingerprint, created_at) values (?1, ?2, ?3)",
        params![row.version, row.fingerprint, row.created_at.as_millisecond()],
    )
}

pub(super) fn every_account_key(work: &mut Work<'_>) -> Result<Vec<AccountKeyRow>, StoreError> {
    let sql = "select account, version, wrapped, uses, created_at from account_keys order by account, version";
    work.all(sql, params![], read_account_key)
}

pub(super) fn account_keys(work: &mut Work<'_>, account: AccountId) -> Result<Vec<AccountKeyRow>, StoreError> {
    let sql =
        "select account, version, wrapped, uses, created_at from account_keys where account = ?1 order by version";
    let found = work.all(sql, params![account.as_bytes()], read_account_key)?;
    all_fitting("account_keys", found, |it| it.account == account)
}

pub(super) fn rewrap_account_key(work: &mut Work<'_>, row: &AccountKeyRow) -> Result<(), StoreError> {
    work.change(
        "update account_keys set wrapped = ?3 where account = ?1 and version = ?2",
        params![row.account.as_bytes(), row.version, row.wrapped.as_bytes()],
    )
}

pub(super) fn stale_data_keys(
    work: &mut Work<'_>,
    account: AccountId,
    stale: Stale,
    after: Option<DataKeyId>,
    limit: u32,
) -> Result<Vec<DataKeyRow>, StoreError> {
    let after = after.unwrap_or(DataKeyId::from_bytes([0; 16]));
    let (below, before) = stale.bounds();
    let sql = "select d.id, d.secret, d.account_key_version, d.wrapped, d.created_at
               from data_keys d join secrets s on s.id = d.secret
               where s.account = ?1 and (d.account_key_version < ?2 or d.created_at < ?3) and d.id > ?4
               order by d.id limit ?5";
    work.all(
        sql,
        params![account.as_bytes(), below, before, after.as_bytes(), limit],
        read_data_key,
    )
}

pub(super) fn count_stale_data_keys(work: &mut Work<'_>, account: AccountId, stale: Stale) -> Result<u64, StoreError> {
    let (below, before) = stale.bounds();
    let sql = "select count(*) from data_keys d join secrets s on s.id = d.secret
               where s.account = ?1 and (d.account_key_version < ?2 or d.created_at < ?3)";
    let count = work.first(sql, params![account.as_bytes(), below, before], |row| {
        Columns::of(row, "data_keys").count()
    })?;
    Ok(count.unwrap_or(0))
}

pub(super) fn replace_data_key(work: &mut Work<'_>, row: &DataKeyRow) -> Result<(), StoreError> {
    work.change(
        "update data_keys set account_key_version = ?2, wrapped = ?3, created_at = ?4 where id = ?1",
        params![
            row.id.as_bytes(),
            row.account_key_version,
            row.wrapped.as_bytes(),
            row.created_at.as_millisecond()
        ],
    )
}

pub(super) fn reseal_version(
    work: &mut Work<'_>,
    secret: SecretId,
    version: u32,
    sealed: &SealedValue,
) -> Result<(), StoreError> {
    work.change(
        "update secret_versions set sealed = ?3 where secret = ?1 and version = ?2",
        params![secret.as_bytes(), version, sealed.as_bytes()],
    )
}
