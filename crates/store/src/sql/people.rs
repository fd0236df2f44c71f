//! People and their memberships.

use distri_core::EmailAddress;
use distri_core::ids::{AccountId, MemberId, PersonId};

use super::columns::Columns;
use super::fitting::{all_fitting, fitting};
use super::params::params;
use super::query::{Row, Work};
use crate::StoreError;
use crate::rows::{MemberRow, PersonRow};

pub(super) fn person(work: &mut Work<'_>, id: PersonId) -> Result<Option<PersonRow>, StoreError> {
    let sql = "select id, email, name, password, created_at, revision, mac from people where id = ?1";
    let found = work.first(sql, params![id.as_bytes()], read_person)?;
    fitting("people", found, |it| it.id == id)
}

pub(super) fn person_by_email(work: &mut Work<'_>, email: &EmailAddress) -> Result<Option<PersonRow>, StoreError> {
    let sql = "select id, email, name, password, created_at, revision, mac from people where email = ?1";
    let found = work.first(sql, params![email.as_str()], read_person)?;
    fitting("people", found, |it| it.email == *email)
}

pub(super) fn put_person(work: &mut Work<'_>, row: &PersonRow) -> Result<(), StoreError> {
    work.change(
        "insert into people (id, email, name, password, created_at, revision, mac) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         on conflict (id) do update set
           name = excluded.name, password = excluded.password, revision = excluded.revision, mac = excluded.mac",
        params![
            row.id.as_bytes(),
            row.email.as_str(),
            row.name.as_str(),
            row.password,
            row.created_at.as_millisecond(),
            row.revision,
            row.mac
        ],
    )
}

pub(super) fn delete_person(work: &mut Work<'_>, id: PersonId) -> Result<(), StoreError> {
    work.change("delete from people where id = ?1", params![id.as_bytes()])
}

pub(super) fn member(
    work: &mut Work<'_>,
    account: AccountId,
    person: PersonId,
) -> Result<Option<MemberRow>, StoreError> {
    let sql = "select id, account, person, role, created_at, created_by, revision, mac from members
               where account = ?1 and person = ?2";
    let found = work.first(sql, params![account.as_bytes(), person.as_bytes()], read_member)?;
    fitting("members", found, |it| it.account == account && it.person == person)
}

pub(super) fn members(work: &mut Work<'_>, account: AccountId) -> Result<Vec<MemberRow>, StoreError> {
    let sql = "select id, account, person, role, created_at, created_by, revision, mac from members
               where account = ?1 order by created_at, id";
    let found = work.all(sql, params![account.as_bytes()], read_member)?;
    all_fitting("members", found, |it| it.account == account)
}

pub(super) fn memberships(work: &mut Work<'_>, person: PersonId) -> Result<Vec<MemberRow>, StoreError> {
    let sql = "select id, account, person, role, created_at, created_by, revision, mac from members
               where person = ?1 order by created_at, id";
    let found = work.all(sql, params![person.as_bytes()], read_member)?;
    all_fitting("members", found, |it| it.person == person)
}

pub(super) fn has_owner(work: &mut Work<'_>) -> Result<bool, StoreError> {
    let found = work.first(
        "select id from members where role = 'owner' limit 1",
        params![],
        |row| Columns::of(row, "members").blob(),
    )?;
    Ok(found.is_some())
}

pub(super) fn put_member(work: &mut Work<'_>, row: &MemberRow) -> Result<(), StoreError> {
    work.change(
        "insert into members (id, account, person, role, created_at, created_by, revision, mac)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         on conflict (id) do update set role = excluded.role, revision = excluded.revision, mac = excluded.mac",
        params![
            row.id.as_bytes(),
            row.account.as_bytes(),
            row.person.as_bytes(),
            row.role.as_str(),
            row.created_at.as_millisecond(),
            row.created_by,
            row.revision,
            row.mac
        ],
    )
}

pub(super) fn delete_member(work: &mut Work<'_>, id: MemberId) -> Result<(), StoreError> {
    work.change("delete from members where id = ?1", params![id.as_bytes()])
}

fn read_person(row: &Row<'_>) -> Result<PersonRow, StoreError> {
    let mut columns = Columns::of(row, "people");
    Ok(PersonRow {
        id: columns.id(PersonId::from_bytes)?,
        email: columns.parsed()?,
        name: columns.parsed()?,
        password: columns.text()?,
        created_at: columns.time()?,
        revision: columns.number()?,
        mac: columns.blob()?,
    })
}

fn read_member(row: &Row<'_>) -> Result<MemberRow, StoreError> {
    let mut columns = Columns::of(row, "members");
    Ok(MemberRow {
        id: columns.id(MemberId::from_bytes)?,
        account: columns.id(AccountId::from_bytes)?,
        person: columns.id(PersonId::from_bytes)?,
        role: columns.parsed()?,
        created_at: columns.time()?,
        created_by: columns.text()?,
        revision: columns.number()?,
        mac: columns.blob()?,
    })
}
