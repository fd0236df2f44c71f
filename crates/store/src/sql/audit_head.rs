//! The audit log's head state and its checkpoints.

use distri_core::audit::merkle::Frontier;
use distri_core::audit::{CheckpointMark, HeadState};

use super::columns::{Columns, as_integer};
use super::fitting::fitting;
use super::params::{Param, params};
use super::query::{Kept, Row, Work};
use crate::StoreError;
use crate::rows::{AuditHeadRow, CheckpointRow};

pub(super) fn audit_head(work: &mut Work<'_>) -> Result<Option<AuditHeadRow>, StoreError> {
    if let Some(head) = work.head() {
        return Ok(Some(head));
    }
    let sql = "select size, peaks, checkpoint_number, checkpoint_size, checkpoint_at, mac from audit_head";
    work.first(sql, params![], |row| {
        let mut columns = Columns::of(row, "audit_head");
        let (size, peaks) = (columns.count()?, columns.blob()?);
        let mark = (
            columns.optional_count()?,
            columns.optional_count()?,
            columns.optional_time()?,
        );
        let checkpoint = match mark {
            (None, None, None) => None,
            (Some(number), Some(size), Some(at)) => Some(CheckpointMark { number, size, at }),
            _ => return Err(columns.damaged()),
        };
        Ok(AuditHeadRow {
            state: HeadState {
                frontier: Frontier::from_stored(size, &peaks).ok_or_else(|| columns.damaged())?,
                checkpoint,
            },
            mac: columns.blob()?,
        })
    })
}

pub(super) fn put_audit_head(work: &mut Work<'_>, row: &AuditHeadRow) -> Result<(), StoreError> {
    match work.keep_head(row) {
        Kept::UntilTheEnd => Ok(()),
        Kept::No => with_head(row, |sql, params| work.change(sql, params)),
    }
}

/// The statement that writes the head, with its parameters.
pub(crate) fn with_head<T>(row: &AuditHeadRow, run: impl FnOnce(&'static str, &[Param<'_>]) -> T) -> T {
    let AuditHeadRow { state, mac } = row;
    let mark = state.checkpoint.as_ref();
    run(
        "insert into audit_head (only_row, size, peaks, checkpoint_number, checkpoint_size, checkpoint_at, mac)
         values (1, ?1, ?2, ?3, ?4, ?5, ?6)
         on conflict (only_row) do update set
           size = excluded.size, peaks = excluded.peaks, checkpoint_number = excluded.checkpoint_number,
           checkpoint_size = excluded.checkpoint_size, checkpoint_at = excluded.checkpoint_at, mac = excluded.mac",
        params![
            as_integer(state.frontier.size()),
            state.frontier.peaks_to_store(),
            mark.map(|it| as_integer(it.number)),
            mark.map(|it| as_integer(it.size)),
            mark.map(|it| it.at.as_millisecond()),
            mac
        ],
    )
}

pub(super) fn checkpoints(work: &mut Work<'_>, after: u64, limit: u32) -> Result<Vec<CheckpointRow>, StoreError> {
    let sql = "select number, size, note, at from audit_checkpoints where number > ?1 order by number limit ?2";
    work.all(sql, params![as_integer(after), limit], read)
}

pub(super) fn checkpoint_over(work: &mut Work<'_>, size: u64) -> Result<Option<CheckpointRow>, StoreError> {
    let sql = "select number, size, note, at from audit_checkpoints where size = ?1";
    let found = work.first(sql, params![as_integer(size)], read)?;
    fitting("audit_checkpoints", found, |it| it.size == size)
}

pub(super) fn put_checkpoint(work: &mut Work<'_>, row: &CheckpointRow) -> Result<(), StoreError> {
    work.change(
        "insert into audit_checkpoints (number, size, note, at) values (?1, ?2, ?3, ?4)",
        params![
            as_integer(row.number),
            as_integer(row.size),
            row.note,
            row.at.as_millisecond()
        ],
    )
}

fn read(row: &Row<'_>) -> Result<CheckpointRow, StoreError> {
    let mut columns = Columns::of(row, "audit_checkpoints");
    Ok(CheckpointRow {
        number: columns.count()?,
        size: columns.count()?,
        note: columns.text()?,
        at: columns.time()?,
    })
}
