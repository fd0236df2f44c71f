//! Invitations, and what the setup link is derived from.

use distri_core::Timestamp;
use distri_core::envelope::CredentialHash;
use distri_core::ids::{AccountId, MemberId};

use super::columns::Columns;
use super::fitting::{all_fitting, fitting};
use super::params::params;
use super::query::{Row, Work};
use crate::StoreError;
use crate::rows::{InvitationRow, SetupRow};

pub(super) fn invitation_by_hash(
    work: &mut Work<'_>,
    hash: &CredentialHash,
) -> Result<Option<InvitationRow>, StoreError> {
    let sql = "select id, account, hash, email, role, created_at, created_by, expires_at, mac from invitations
               where hash = ?1";
    let found = work.first(sql, params![hash.as_bytes()], read)?;
    fitting("invitations", found, |it| it.hash == *hash)
}

pub(super) fn invitations(work: &mut Work<'_>, account: AccountId) -> Result<Vec<InvitationRow>, StoreError> {
    let sql = "select id, account, hash, email, role, created_at, created_by, expires_at, mac from invitations
               where account = ?1 order by created_at, id";
    let found = work.all(sql, params![account.as_bytes()], read)?;
    all_fitting("invitations", found, |it| it.account == account)
}

pub(super) fn put_invitation(work: &mut Work<'_>, row: &InvitationRow) -> Result<(), StoreError> {
    work.change(
        "insert into invitations (id, account, hash, email, role, created_at, created_by, expires_at, mac)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            row.id.as_bytes(),
            row.account.as_bytes(),
            row.hash.as_bytes(),
            row.email.as_str(),
            row.role.as_str(),
            row.created_at.as_millisecond(),
            row.created_by,
            row.expires_at.as_millisecond(),
            row.mac
        ],
    )
}

pub(super) fn delete_invitation(work: &mut Work<'_>, id: MemberId) -> Result<(), StoreError> {
    work.change("delete from invitations where id = ?1", params![id.as_bytes()])
}

pub(super) fn setup(work: &mut Work<'_>) -> Result<Option<SetupRow>, StoreError> {
    work.first("select nonce, created_at from setup", params![], |row| {
        let mut columns = Columns::of(row, "setup");
        Ok(SetupRow {
            nonce: columns.bytes32()?,
            created_at: columns.time()?,
        })
    })
}

pub(super) fn put_setup(work: &mut Work<'_>, row: &SetupRow) -> Result<(), StoreError> {
    work.change(
        "insert into setup (only_row, nonce, created_at) values (1, ?1, ?2)
         on conflict (only_row) do update set nonce = excluded.nonce, created_at = excluded.created_at",
        params![row.nonce, row.created_at.as_millisecond()],
    )
}

pub(super) fn delete_setup(work: &mut Work<'_>) -> Result<(), StoreError> {
    work.change("delete from setup", params![])
}

pub(super) fn drop_expired_invitations(work: &mut Work<'_>, now: Timestamp) -> Result<(), StoreError> {
    work.change(
        "delete from invitations where expires_at <= ?1",
        params![now.as_millisecond()],
    )
}

fn read(row: &Row<'_>) -> Result<InvitationRow, StoreError> {
    let mut columns = Columns::of(row, "invitations");
    Ok(InvitationRow {
        id: columns.id(MemberId::from_bytes)?,
        account: columns.id(AccountId::from_bytes)?,
        hash: columns.bytes32().map(CredentialHash::from_bytes)?,
        email: columns.parsed()?,
        role: columns.parsed()?,
        created_at: columns.time()?,
        created_by: columns.text()?,
        expires_at: columns.time()?,
        mac: columns.blob()?,
    })
}
