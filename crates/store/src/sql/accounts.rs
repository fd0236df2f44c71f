//! Accounts and their keys.

use distri_core::AccountName;
use distri_core::envelope::Wrapped;
use distri_core::ids::AccountId;

use super::columns::{Columns, as_integer};
use super::fitting::fitting;
use super::params::params;
use super::query::{Row, Work};
use crate::StoreError;
use crate::rows::{AccountKeyRow, AccountRow};

pub(super) fn account(work: &mut Work<'_>, name: &AccountName) -> Result<Option<AccountRow>, StoreError> {
    let sql = "select id, name, created_at from accounts where name = ?1";
    let found = work.first(sql, params![name.as_str()], read_account)?;
    fitting("accounts", found, |it| it.name == *name)
}

pub(super) fn account_by_id(work: &mut Work<'_>, id: AccountId) -> Result<Option<AccountRow>, StoreError> {
    let sql = "select id, name, created_at from accounts where id = ?1";
    let found = work.first(sql, params![id.as_bytes()], read_account)?;
    fitting("accounts", found, |it| it.id == id)
}

pub(super) fn accounts(work: &mut Work<'_>) -> Result<Vec<AccountRow>, StoreError> {
    let sql = "select id, name, created_at from accounts order by created_at, id";
    work.all(sql, params![], read_account)
}

pub(super) fn create_account(work: &mut Work<'_>, row: &AccountRow) -> Result<(), StoreError> {
    work.change(
        "insert into accounts (id, name, created_at) values (?1, ?2, ?3)",
        params![row.id.as_bytes(), row.name.as_str(), row.created_at.as_millisecond()],
    )
}

/// What is an account's own, those first that refer to others; a test holds the list against the schema.
const OWN: [&str; 11] = [
    "delete from data_keys where secret in (select id from secrets where account = ?1)",
    "delete from secrets where account = ?1",
    "delete from session_data where account = ?1",
    "delete from observed_batches where account = ?1",
    "delete from token_uses where token in (select id from tokens where account = ?1)",
    "delete from tokens where account = ?1",
    "delete from web_sessions where account = ?1",
    "delete from invitations where account = ?1",
    "delete from members where account = ?1",
    "delete from agent_definitions where account = ?1",
    "delete from account_keys where account = ?1",
];

/// Who is a member of nothing any more, with the sessions in which they looked at another account before.
const OF_NOBODY: [&str; 2] = [
    "delete from web_sessions where person not in (select person from members)",
    "delete from people where id not in (select person from members)",
];

pub(super) fn delete_account(work: &mut Work<'_>, account: AccountId) -> Result<usize, StoreError> {
    let versions = work.execute(
        "delete from secret_versions where secret in (select id from secrets where account = ?1)",
        params![account.as_bytes()],
    )?;
    for sql in OWN {
        work.execute(sql, params![account.as_bytes()])?;
    }
    for sql in OF_NOBODY {
        work.execute(sql, params![])?;
    }
    work.change("delete from accounts where id = ?1", params![account.as_bytes()])?;
    Ok(versions)
}

pub(super) fn newest_account_key(work: &mut Work<'_>, account: AccountId) -> Result<Option<AccountKeyRow>, StoreError> {
    let sql = "select account, version, wrapped, uses, created_at from account_keys
               where account = ?1 order by version desc limit 1";
    let found = work.first(sql, params![account.as_bytes()], read_account_key)?;
    fitting("account_keys", found, |it| it.account == account)
}

pub(super) fn account_key(
    work: &mut Work<'_>,
    account: AccountId,
    version: u32,
) -> Result<Option<AccountKeyRow>, StoreError> {
    let sql =
        "select account, version, wrapped, uses, created_at from account_keys where account = ?1 and version = ?2";
    let found = work.first(sql, params![account.as_bytes(), version], read_account_key)?;
    fitting("account_keys", found, |it| {
        it.account == account && it.version == version
    })
}

pub(super) fn put_account_key(work: &mut Work<'_>, row: &AccountKeyRow) -> Result<(), StoreError> {
    work.change(
        "insert into account_keys (account, version, wrapped, uses, created_at) values (?1, ?2, ?3, ?4, ?5)
         on conflict (account, version) do update set uses = excluded.uses",
        params![
            row.account.as_bytes(),
            row.version,
            row.wrapped.as_bytes(),
            as_integer(row.uses),
            row.created_at.as_millisecond()
        ],
    )
}

fn read_account(row: &Row<'_>) -> Result<AccountRow, StoreError> {
    let mut columns = Columns::of(row, "accounts");
    Ok(AccountRow {
        id: columns.id(AccountId::from_bytes)?,
        name: columns.parsed()?,
        created_at: columns.time()?,
    })
}

pub(super) fn read_account_key(row: &Row<'_>) -> Result<AccountKeyRow, StoreError> {
    let mut columns = Columns::of(row, "account_keys");
    Ok(AccountKeyRow {
        account: columns.id(AccountId::from_bytes)?,
        version: columns.number()?,
        wrapped: Wrapped::from_stored(columns.blob()?),
        uses: columns.count()?,
        created_at: columns.time()?,
    })
}
