//! Signed-in browsers, and the count of failed log-ins.

use distri_core::Timestamp;
use distri_core::envelope::CredentialHash;
use distri_core::ids::{AccountId, PersonId};

use super::columns::Columns;
use super::fitting::{all_fitting, fitting};
use super::params::params;
use super::query::{Row, Work};
use crate::StoreError;
use crate::rows::WebSessionRow;

pub(super) fn web_session(work: &mut Work<'_>, hash: &CredentialHash) -> Result<Option<WebSessionRow>, StoreError> {
    let sql = "select hash, person, account, created_at, seen_at, password_at, expires_at, mac from web_sessions
               where hash = ?1";
    let found = work.first(sql, params![hash.as_bytes()], read)?;
    fitting("web_sessions", found, |it| it.hash == *hash)
}

pub(super) fn web_sessions(work: &mut Work<'_>, person: PersonId) -> Result<Vec<WebSessionRow>, StoreError> {
    let sql = "select hash, person, account, created_at, seen_at, password_at, expires_at, mac from web_sessions
               where person = ?1 order by created_at, hash";
    let found = work.all(sql, params![person.as_bytes()], read)?;
    all_fitting("web_sessions", found, |it| it.person == person)
}

pub(super) fn put_web_session(work: &mut Work<'_>, row: &WebSessionRow) -> Result<(), StoreError> {
    work.change(
        "insert into web_sessions (hash, person, account, created_at, seen_at, password_at, expires_at, mac)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            row.hash.as_bytes(),
            row.person.as_bytes(),
            row.account.as_bytes(),
            row.created_at.as_millisecond(),
            row.seen_at.as_millisecond(),
            row.password_at.as_millisecond(),
            row.expires_at.as_millisecond(),
            row.mac
        ],
    )
}

/// Changes a session that is still there: one that was revoked meanwhile does not come back.
pub(super) fn update_web_session(work: &mut Work<'_>, row: &WebSessionRow) -> Result<bool, StoreError> {
    let changed = work.execute(
        "update web_sessions set account = ?2, seen_at = ?3, mac = ?4 where hash = ?1",
        params![
            row.hash.as_bytes(),
            row.account.as_bytes(),
            row.seen_at.as_millisecond(),
            row.mac
        ],
    )?;
    Ok(changed > 0)
}

pub(super) fn delete_web_session(work: &mut Work<'_>, hash: &CredentialHash) -> Result<bool, StoreError> {
    let deleted = work.execute("delete from web_sessions where hash = ?1", params![hash.as_bytes()])?;
    Ok(deleted > 0)
}

pub(super) fn delete_web_sessions(
    work: &mut Work<'_>,
    person: PersonId,
    except: Option<&CredentialHash>,
) -> Result<usize, StoreError> {
    // No hash is empty.
    let except = except.map_or(&[][..], |it| &it.as_bytes()[..]);
    work.execute(
        "delete from web_sessions where person = ?1 and hash <> ?2",
        params![person.as_bytes(), except],
    )
}

pub(super) fn drop_expired_web_sessions(work: &mut Work<'_>, now: Timestamp) -> Result<(), StoreError> {
    work.change(
        "delete from web_sessions where expires_at <= ?1",
        params![now.as_millisecond()],
    )
}

pub(super) fn count_attempt(
    work: &mut Work<'_>,
    subject: &[u8; 32],
    now: Timestamp,
    window_began: Timestamp,
) -> Result<u32, StoreError> {
    let (now, began) = (now.as_millisecond(), window_began.as_millisecond());
    work.change("delete from log_in_attempts where began_at <= ?1", params![began])?;
    work.change(
        "insert into log_in_attempts (subject, began_at, attempts) values (?1, ?2, 1)
         on conflict (subject) do update set attempts = log_in_attempts.attempts + 1",
        params![subject, now],
    )?;
    let sql = "select attempts from log_in_attempts where subject = ?1";
    let attempts = work.first(sql, params![subject], |row| {
        Columns::of(row, "log_in_attempts").number()
    })?;
    attempts.ok_or(StoreError::Damaged {
        table: "log_in_attempts",
    })
}

pub(super) fn forget_attempts(work: &mut Work<'_>, subject: &[u8; 32], all: bool) -> Result<(), StoreError> {
    work.change(
        "update log_in_attempts set attempts = case when ?2 or attempts < 1 then 0 else attempts - 1 end
         where subject = ?1",
        params![subject, all],
    )
}

fn read(row: &Row<'_>) -> Result<WebSessionRow, StoreError> {
    let mut columns = Columns::of(row, "web_sessions");
    Ok(WebSessionRow {
        hash: columns.bytes32().map(CredentialHash::from_bytes)?,
        person: columns.id(PersonId::from_bytes)?,
        account: columns.id(AccountId::from_bytes)?,
        created_at: columns.time()?,
        seen_at: columns.time()?,
        password_at: columns.time()?,
        expires_at: columns.time()?,
        mac: columns.blob()?,
    })
}
