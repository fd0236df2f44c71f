//! Session data.

use distri_core::Timestamp;
use distri_core::ids::AccountId;

use super::columns::Columns;
use super::params::params;
use super::query::{Row, Work};
use crate::StoreError;
use crate::rows::SessionDataRow;

pub(super) fn session_data(
    work: &mut Work<'_>,
    account: AccountId,
    session: &str,
    name: &str,
    now: Timestamp,
) -> Result<Option<SessionDataRow>, StoreError> {
    let sql = "select account, session, name, account_key_version, sealed, expires_at, updated_at from session_data
               where account = ?1 and session = ?2 and name = ?3 and (expires_at is null or expires_at > ?4)";
    work.first(
        sql,
        params![account.as_bytes(), session, name, now.as_millisecond()],
        read,
    )
}

pub(super) fn all_session_data(
    work: &mut Work<'_>,
    account: AccountId,
    session: &str,
    now: Timestamp,
) -> Result<Vec<SessionDataRow>, StoreError> {
    let sql = "select account, session, name, account_key_version, sealed, expires_at, updated_at from session_data
               where account = ?1 and session = ?2 and (expires_at is null or expires_at > ?3) order by name";
    work.all(sql, params![account.as_bytes(), session, now.as_millisecond()], read)
}

pub(super) fn delete_session(work: &mut Work<'_>, account: AccountId, session: &str) -> Result<(), StoreError> {
    work.execute(
        "delete from session_data where account = ?1 and session = ?2",
        params![account.as_bytes(), session],
    )?;
    Ok(())
}

pub(super) fn drop_expired_session_data(work: &mut Work<'_>, now: Timestamp) -> Result<(), StoreError> {
    work.execute(
        "delete from session_data where expires_at is not null and expires_at <= ?1",
        params![now.as_millisecond()],
    )?;
    Ok(())
}

pub(super) fn put_session_data(work: &mut Work<'_>, row: &SessionDataRow) -> Result<(), StoreError> {
    work.change(
        "insert into session_data (account, session, name, account_key_version, sealed, expires_at, updated_at)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         on conflict (account, session, name) do update set
           account_key_version = excluded.account_key_version, sealed = excluded.sealed, expires_at = excluded.expires_at, updated_at = excluded.updated_at",
        params![
            row.account.as_bytes(),
            row.session,
            row.name,
            row.account_key_version,
            row.sealed,
            row.expires_at.map(|it| it.as_millisecond()),
            row.updated_at.as_millisecond()
        ],
    )
}

pub(super) fn delete_session_data(
    work: &mut Work<'_>,
    account: AccountId,
    session: &str,
    name: &str,
) -> Result<bool, StoreError> {
    let deleted = work.execute(
        "delete from session_data where account = ?1 and session = ?2 and name = ?3",
        params![account.as_bytes(), session, name],
    )?;
    Ok(deleted > 0)
}

fn read(row: &Row<'_>) -> Result<SessionDataRow, StoreError> {
    let mut columns = Columns::of(row, "session_data");
    Ok(SessionDataRow {
        account: columns.id(AccountId::from_bytes)?,
        session: columns.text()?,
        name: columns.text()?,
        account_key_version: columns.number()?,
        sealed: columns.blob()?,
        expires_at: columns.optional_time()?,
        updated_at: columns.time()?,
    })
}
