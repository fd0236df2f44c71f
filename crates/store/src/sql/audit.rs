//! The records of the audit log: appended; a body may be dropped, and nothing else ever changes.

use distri_core::Timestamp;
use distri_core::audit::Entry;
use distri_core::audit::merkle::Hash;
use distri_core::ids::{AccountId, EntityId, RecordId, SecretId};

use super::columns::{Columns, as_integer};
use super::fitting::{all_fitting, fitting};
use super::params::params;
use super::query::{Dialect, Row, Work};
use crate::StoreError;
use crate::rows::{AuditRow, NumberedAuditRow};

const TABLE: &str = "audit_records";

/// The newest record of a change of the secret whose id, as text, is `$secret`. The words are those of the index, or it
/// would not be used.
macro_rules! newest_change_sql {
    (sqlite, $columns:literal, $secret:literal) => {
        concat!(
            "select ",
            $columns,
            " from audit_records
             where json_extract(case when json_valid(body) then body end, '$.subjects[0].secret') = ",
            $secret,
            " and (action = 'secret.set' or action = 'secret.policy' or action = 'secret.describe'
                   or action = 'secret.delete' or action = 'secret.undelete'
                   or action = 'secret.rollback' or action = 'secret.stage'
                   or action = 'secret.unstage' or action = 'secret.promote'
                   or action = 'secret.purge')
             order by seq desc limit 1"
        )
    };
    // A cast to JSON would fail at a body that was edited. A string in the record has its quotes escaped, so that only
    // the field itself can look like this.
    (postgres, $columns:literal, $secret:literal) => {
        concat!(
            "select ",
            $columns,
            r#" from audit_records
               where substring(body from '"subjects":\[\{"secret":"([0-9a-f-]{36})"') = "#,
            $secret,
            " and action in ('secret.set', 'secret.policy', 'secret.describe', 'secret.delete', 'secret.undelete',
                             'secret.rollback', 'secret.stage', 'secret.unstage', 'secret.promote', 'secret.purge')
             order by seq desc limit 1"
        )
    };
}
pub(super) use newest_change_sql;

pub(super) fn append(work: &mut Work<'_>, row: &AuditRow) -> Result<(), StoreError> {
    let AuditRow { entry, body, mac } = row;
    work.witness(entry.id);
    work.change(
        "insert into audit_records (seq, id, account, at, action, body, leaf, mac)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            as_integer(entry.seq),
            entry.id.as_bytes(),
            entry.account.as_bytes(),
            entry.at.as_millisecond(),
            entry.action,
            body,
            entry.leaf.as_bytes(),
            mac
        ],
    )
}

pub(super) fn audit_rows(work: &mut Work<'_>, after: u64, limit: u32) -> Result<Vec<NumberedAuditRow>, StoreError> {
    let sql = "select seq, id, account, at, action, body, leaf, mac from audit_records
               where seq > ?1 order by seq limit ?2";
    work.all(sql, params![as_integer(after), limit], |row| {
        let mut columns = Columns::of(row, TABLE);
        let seq = columns.count()?;
        numbered(seq, read_rest(seq, &mut columns))
    })
}

pub(super) fn account_audit_rows(
    work: &mut Work<'_>,
    account: AccountId,
    after: u64,
    limit: u32,
) -> Result<Vec<AuditRow>, StoreError> {
    let sql = "select seq, id, account, at, action, body, leaf, mac from audit_records
               where account = ?1 and seq > ?2 and body is not null order by seq limit ?3";
    let found = work.all(sql, params![account.as_bytes(), as_integer(after), limit], read)?;
    all_fitting(TABLE, found, |it| it.entry.account == account)
}

pub(super) fn newest_audit_rows(
    work: &mut Work<'_>,
    account: AccountId,
    limit: u32,
) -> Result<Vec<AuditRow>, StoreError> {
    let sql = "select seq, id, account, at, action, body, leaf, mac from audit_records
               where account = ?1 and body is not null order by seq desc limit ?2";
    let newest = work.all(sql, params![account.as_bytes(), limit], read)?;
    let mut newest = all_fitting(TABLE, newest, |it| it.entry.account == account)?;
    newest.reverse();
    Ok(newest)
}

pub(super) fn audit_rows_before(
    work: &mut Work<'_>,
    account: AccountId,
    before: u64,
    limit: u32,
) -> Result<Vec<AuditRow>, StoreError> {
    let sql = "select seq, id, account, at, action, body, leaf, mac from audit_records
               where account = ?1 and seq < ?2 and body is not null order by seq desc limit ?3";
    let before = i64::try_from(before).unwrap_or(i64::MAX);
    let found = work.all(sql, params![account.as_bytes(), before, limit], read)?;
    all_fitting(TABLE, found, |it| it.entry.account == account)
}

pub(super) fn audit_row(work: &mut Work<'_>, id: RecordId) -> Result<Option<AuditRow>, StoreError> {
    let sql = "select seq, id, account, at, action, body, leaf, mac from audit_records where id = ?1";
    let found = work.first(sql, params![id.as_bytes()], read)?;
    fitting(TABLE, found, |it| it.entry.id == id)
}

pub(super) fn newest_change(work: &mut Work<'_>, secret: SecretId) -> Result<Option<AuditRow>, StoreError> {
    let sql = match work.dialect() {
        Dialect::Sqlite => newest_change_sql!(sqlite, "seq, id, account, at, action, body, leaf, mac", "?1"),
        Dialect::Postgres => newest_change_sql!(postgres, "seq, id, account, at, action, body, leaf, mac", "?1"),
    };
    work.first(sql, params![secret.to_string()], read)
}

pub(super) fn newest_about(work: &mut Work<'_>, id: EntityId) -> Result<Option<AuditRow>, StoreError> {
    // The words are those of the index, or it would not be used.
    let sql = match work.dialect() {
        Dialect::Sqlite => {
            "select seq, id, account, at, action, body, leaf, mac from audit_records
             where json_extract(case when json_valid(body) then body end, '$.about.id') = ?1
               and (action = 'token.create' or action = 'token.revoke' or action = 'member.add'
                    or action = 'member.role' or action = 'member.remove'
                    or action = 'person.password' or action = 'agent.push'
                    or action = 'agent.remove' or action = 'account.create'
                    or action = 'account.delete')
             order by seq desc limit 1"
        }
        // As for secrets.
        Dialect::Postgres => {
            r#"select seq, id, account, at, action, body, leaf, mac from audit_records
               where substring(body from '"about":\{"id":"([0-9a-f-]{36})"') = ?1
                 and action in ('token.create', 'token.revoke', 'member.add', 'member.role', 'member.remove', 'person.password', 'agent.push', 'agent.remove',
                            'account.create', 'account.delete')
               order by seq desc limit 1"#
        }
    };
    work.first(sql, params![id.to_string()], read)
}

pub(super) fn audit_leaf(work: &mut Work<'_>, seq: u64) -> Result<Option<Hash>, StoreError> {
    let sql = "select leaf from audit_records where seq = ?1";
    work.first(sql, params![as_integer(seq)], |row| Columns::of(row, TABLE).hash())
}

pub(super) fn audit_leaves(work: &mut Work<'_>, after: u64, limit: u32) -> Result<Vec<Hash>, StoreError> {
    let sql = "select leaf from audit_records where seq > ?1 order by seq limit ?2";
    work.all(sql, params![as_integer(after), limit], |row| {
        Columns::of(row, TABLE).hash()
    })
}

pub(super) fn audit_through(work: &mut Work<'_>, before: Timestamp) -> Result<u64, StoreError> {
    let sql = "select coalesce((select min(seq) - 1 from audit_records where at >= ?1),
                               (select max(seq) from audit_records), 0)";
    let through = work.first(sql, params![before.as_millisecond()], |row| {
        Columns::of(row, TABLE).count()
    })?;
    Ok(through.unwrap_or(0))
}

pub(super) fn prune_audit(work: &mut Work<'_>, through: u64) -> Result<u64, StoreError> {
    let sql = "update audit_records set body = null where seq <= ?1 and body is not null";
    Ok(work.execute(sql, params![as_integer(through)])? as u64)
}

pub(super) fn take_unsigned_records(work: &mut Work<'_>) -> Result<Vec<String>, StoreError> {
    let sql = "select body from unsigned_audit_records order by seq";
    let bodies = work.all(sql, params![], |row| Columns::of(row, "unsigned_audit_records").text())?;
    if !bodies.is_empty() {
        work.execute("delete from unsigned_audit_records", params![])?;
    }
    Ok(bodies)
}

fn read(row: &Row<'_>) -> Result<AuditRow, StoreError> {
    let mut columns = Columns::of(row, TABLE);
    let seq = columns.count()?;
    read_rest(seq, &mut columns)
}

/// The record that a row of a join ends with, if it does.
pub(super) fn read_joined(columns: &mut Columns<'_>) -> Result<Option<NumberedAuditRow>, StoreError> {
    columns.table(TABLE);
    match columns.optional_count()? {
        Some(seq) => numbered(seq, read_rest(seq, columns)).map(Some),
        None => Ok(None),
    }
}

/// A record that cannot be read still has its number.
fn numbered(seq: u64, read: Result<AuditRow, StoreError>) -> Result<NumberedAuditRow, StoreError> {
    match read {
        Ok(row) => Ok(NumberedAuditRow { seq, row: Some(row) }),
        Err(StoreError::Damaged { .. }) => Ok(NumberedAuditRow { seq, row: None }),
        Err(error) => Err(error),
    }
}

fn read_rest(seq: u64, columns: &mut Columns<'_>) -> Result<AuditRow, StoreError> {
    let id = columns.id(RecordId::from_bytes)?;
    let (account, at) = (columns.id(AccountId::from_bytes)?, columns.time()?);
    let (action, body) = (columns.text()?, columns.optional_text()?);
    let leaf = columns.hash()?;
    Ok(AuditRow {
        entry: Entry {
            seq,
            id,
            account,
            at,
            action,
            leaf,
        },
        body,
        mac: columns.blob()?,
    })
}
