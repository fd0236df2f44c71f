//! Agent definitions of an account.

use distri_core::AgentName;
use distri_core::ids::{AccountId, EntityId};

use super::columns::Columns;
use super::fitting::{all_fitting, fitting};
use super::params::params;
use super::query::{Row, Work};
use crate::StoreError;
use crate::rows::AgentDefinitionRow;

pub(super) fn agent_definition(
    work: &mut Work<'_>,
    account: AccountId,
    name: &AgentName,
) -> Result<Option<AgentDefinitionRow>, StoreError> {
    let sql = "select id, account, name, markdown, created_at, updated_at, updated_by, revision, mac
               from agent_definitions where account = ?1 and name = ?2";
    let found = work.first(sql, params![account.as_bytes(), name.as_str()], read)?;
    fitting("agent_definitions", found, |it| {
        it.account == account && it.name == *name
    })
}

pub(super) fn agent_definitions(
    work: &mut Work<'_>,
    account: AccountId,
) -> Result<Vec<AgentDefinitionRow>, StoreError> {
    let sql = "select id, account, name, markdown, created_at, updated_at, updated_by, revision, mac
               from agent_definitions where account = ?1 order by name";
    let found = work.all(sql, params![account.as_bytes()], read)?;
    all_fitting("agent_definitions", found, |it| it.account == account)
}

pub(super) fn put_agent_definition(work: &mut Work<'_>, row: &AgentDefinitionRow) -> Result<(), StoreError> {
    work.change(
        "insert into agent_definitions (id, account, name, markdown, created_at, updated_at, updated_by, revision, mac)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         on conflict (id) do update set markdown = excluded.markdown, updated_at = excluded.updated_at,
           updated_by = excluded.updated_by, revision = excluded.revision, mac = excluded.mac",
        params![
            row.id.as_bytes(),
            row.account.as_bytes(),
            row.name.as_str(),
            row.markdown,
            row.created_at.as_millisecond(),
            row.updated_at.as_millisecond(),
            row.updated_by,
            row.revision,
            row.mac
        ],
    )
}

pub(super) fn delete_agent_definition(work: &mut Work<'_>, id: EntityId) -> Result<(), StoreError> {
    work.change("delete from agent_definitions where id = ?1", params![id.as_bytes()])
}

fn read(row: &Row<'_>) -> Result<AgentDefinitionRow, StoreError> {
    let mut columns = Columns::of(row, "agent_definitions");
    Ok(AgentDefinitionRow {
        id: columns.id(EntityId::from_bytes)?,
        account: columns.id(AccountId::from_bytes)?,
        name: columns.parsed()?,
        markdown: columns.text()?,
        created_at: columns.time()?,
        updated_at: columns.time()?,
        updated_by: columns.text()?,
        revision: columns.number()?,
        mac: columns.blob()?,
    })
}
