//! The installation and its key slots.

use distri_core::envelope::Wrapped;
use distri_core::ids::{InstanceId, SlotId};

use super::columns::Columns;
use super::params::params;
use super::query::Work;
use crate::StoreError;
use crate::rows::{InstanceRow, SlotRow};

pub(super) fn instance(work: &mut Work<'_>) -> Result<Option<InstanceRow>, StoreError> {
    work.first("select id, created_at from instance", params![], |row| {
        let mut columns = Columns::of(row, "instance");
        Ok(InstanceRow {
            id: columns.id(InstanceId::from_bytes)?,
            created_at: columns.time()?,
        })
    })
}

pub(super) fn create_instance(work: &mut Work<'_>, row: &InstanceRow) -> Result<(), StoreError> {
    work.change(
        "insert into instance (only_row, id, created_at) values (1, ?1, ?2)",
        params![row.id.as_bytes(), row.created_at.as_millisecond()],
    )
}

pub(super) fn slots(work: &mut Work<'_>) -> Result<Vec<SlotRow>, StoreError> {
    let sql = "select id, provider, parameters, root_fingerprint, instance_fingerprint, wrapped, created_at
               from key_slots order by created_at, id";
    work.all(sql, params![], |row| {
        let mut columns = Columns::of(row, "key_slots");
        Ok(SlotRow {
            id: columns.id(SlotId::from_bytes)?,
            provider: columns.text()?,
            parameters: columns.text()?,
            root_fingerprint: columns.text()?,
            instance_fingerprint: columns.text()?,
            wrapped: Wrapped::from_stored(columns.blob()?),
            created_at: columns.time()?,
        })
    })
}

pub(super) fn put_slot(work: &mut Work<'_>, row: &SlotRow) -> Result<(), StoreError> {
    work.change(
        "insert into key_slots (id, provider, parameters, root_fingerprint, instance_fingerprint, wrapped, created_at)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            row.id.as_bytes(),
            row.provider,
            row.parameters,
            row.root_fingerprint,
            row.instance_fingerprint,
            row.wrapped.as_bytes(),
            row.created_at.as_millisecond()
        ],
    )
}

pub(super) fn delete_slot(work: &mut Work<'_>, slot: SlotId) -> Result<(), StoreError> {
    work.change("delete from key_slots where id = ?1", params![slot.as_bytes()])
}
