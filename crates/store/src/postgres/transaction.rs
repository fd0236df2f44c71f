//! Asks PostgreSQL the questions of a unit of work, and remembers what becomes of the transaction.

use distri_core::ids::RecordId;

use super::cause::Cause;
use super::group::Sharing;
use super::link::Link;
use super::value::RowOf;
use crate::rows::AuditHeadRow;
use crate::sql::params::Param;
use crate::sql::query::{self, Dialect, Kept, Next};
use crate::{DatabaseUrl, StoreError};

/// A transaction under way on this connection.
pub(super) struct Transaction<'l> {
    pub(super) link: &'l mut Link,
    pub(super) url: &'l DatabaseUrl,
    pub(super) marks: Marks,
}

/// What a unit of work did to its transaction.
#[derive(Default)]
pub(super) struct Marks {
    /// The first failure: the transaction cannot be committed any more, whatever the unit makes of it.
    pub(super) failure: Option<Cause>,
    /// Whether it changed anything.
    pub(super) has_changes: bool,
    /// A record that commits with the rest.
    pub(super) witness: Option<RecordId>,
    /// The log's head is written at the end of the transaction, for all of its units.
    keeps_head: bool,
    /// The log's head, as this transaction moved it on.
    pub(super) head: Option<AuditHeadRow>,
    /// Whether there is a savepoint to return to when it stops.
    pub(super) has_savepoint: bool,
}

impl Marks {
    /// Of a unit that is about to run among others.
    pub(super) fn joining(is_first: bool, sharing: Sharing, head: Option<AuditHeadRow>) -> Self {
        Self {
            keeps_head: true,
            head,
            has_savepoint: !is_first && sharing == Sharing::Carefully,
            ..Self::default()
        }
    }
}

impl Transaction<'_> {
    fn noted<T>(&mut self, result: Result<T, Cause>) -> Result<T, StoreError> {
        result.map_err(|cause| {
            self.marks.failure.get_or_insert_with(|| cause.clone());
            cause.at(self.url)
        })
    }
}

impl query::Transaction for Transaction<'_> {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn ask(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        each: &mut dyn FnMut(&query::Row<'_>) -> Result<Next, StoreError>,
    ) -> Result<(), StoreError> {
        let rows = self.link.ask(sql, params);
        for row in self.noted(rows)? {
            if each(&RowOf(row))? == Next::Enough {
                break;
            }
        }
        Ok(())
    }

    fn execute(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<usize, StoreError> {
        self.marks.has_changes = true;
        let count = self.link.execute(sql, params);
        Ok(usize::try_from(self.noted(count)?).unwrap_or(usize::MAX))
    }

    fn change(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<(), StoreError> {
        self.marks.has_changes = true;
        let sent = self.link.send(sql, params);
        self.noted(sent)
    }

    fn witness(&mut self, record: RecordId) {
        self.marks.witness = Some(record);
    }

    fn head(&self) -> Option<AuditHeadRow> {
        self.marks.head.clone()
    }

    fn keep_head(&mut self, head: &AuditHeadRow) -> Kept {
        if !self.marks.keeps_head {
            return Kept::No;
        }
        self.marks.head = Some(head.clone());
        self.marks.has_changes = true;
        Kept::UntilTheEnd
    }
}
