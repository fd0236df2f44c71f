//! The rows that are there, held against what the log says there is: none that it knows is missing, and none is there that
//! it does not know, or says is gone.
//!
//! Rows are read as plain cells, a page at a time, whatever state they are in: whether each is as it was written is asked
//! where it is used, and by [`soundness`](crate::Vault::soundness). After a pruning the log no longer says all: rows that
//! may be older than the records that are left are counted, and no findings.

mod keys;
mod names;
mod people;

use distri_core::ids::AccountId;
use distri_store::tables::{self, Cell, Table};
use distri_store::{StoreError, UnitOfWork};

use self::names::Names;
use super::known::{Id, Kind, Known, made_at};
use super::{Finding, MAX_FINDINGS};
use crate::{Vault, VaultError};

const PAGE: u32 = 500;

/// The tables whose rows have an identifier that the log names.
const TABLES: [(Kind, &str); 7] = [
    (Kind::Account, "accounts"),
    (Kind::Slot, "key_slots"),
    (Kind::Secret, "secrets"),
    (Kind::Token, "tokens"),
    (Kind::Member, "members"),
    (Kind::Invitation, "invitations"),
    (Kind::Agent, "agent_definitions"),
];

/// Rows held against the log.
pub(super) struct Held<'a> {
    vault: &'a Vault,
    known: Known,
    names: Names<'a>,
    /// How many records there are.
    size: u64,
    /// The accounts whose rows were seen.
    accounts: Vec<AccountId>,
    pub(super) findings: Vec<Finding>,
    /// Rows whose records may have been pruned.
    pub(super) unheld: u64,
}

impl<'a> Held<'a> {
    /// `sees` says of which accounts whoever asks may know more than that something is wrong.
    pub(super) fn new(vault: &'a Vault, known: Known, size: u64, sees: &'a dyn Fn(AccountId) -> bool) -> Self {
        Self {
            vault,
            known,
            names: Names::new(vault, sees),
            size,
            accounts: Vec::new(),
            findings: Vec::new(),
            unheld: 0,
        }
    }

    /// Holds every row.
    pub(super) fn run(&mut self, work: &mut dyn UnitOfWork) -> Result<(), VaultError> {
        for (kind, name) in TABLES {
            self.each_row(work, name, |held, row| {
                held.row(kind, row);
                Ok(())
            })?;
        }
        self.account_keys(work)?;
        self.instance_keys(work)?;
        self.backups(work)?;
        self.missing(work)?;
        self.people(work)?;
        self.findings.sort_by_key(|it| it.seq);
        Ok(())
    }

    fn add(&mut self, seq: u64, what: impl Into<String>) {
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(Finding { seq, what: what.into() });
        }
    }

    /// Gives each row of a table to `each`. One that cannot be read at all is a finding, and the end of the table.
    fn each_row(
        &mut self,
        work: &mut dyn UnitOfWork,
        name: &'static str,
        mut each: impl FnMut(&mut Self, &Row<'_>) -> Result<(), VaultError>,
    ) -> Result<(), VaultError> {
        let Some(table) = tables::all().iter().find(|it| it.name == name) else {
            return Ok(());
        };
        let mut after: Option<Vec<Cell>> = None;
        loop {
            let page = match work.table_rows(table, after.as_deref(), PAGE) {
                Ok(page) => page,
                Err(StoreError::Damaged { table }) => {
                    self.add(self.size, format!("a row of `{table}` is damaged"));
                    return Ok(());
                }
                Err(error) => return Err(error.into()),
            };
            for cells in &page {
                each(self, &Row { table, cells })?;
            }
            let Some(last) = page.into_iter().next_back() else {
                return Ok(());
            };
            after = Some(last);
        }
    }

    fn row(&mut self, kind: Kind, row: &Row<'_>) {
        let Some(id) = row.id("id") else {
            return self.add(self.size, format!("a row of `{}` is damaged", row.table.name));
        };
        if kind == Kind::Account {
            self.accounts.push(AccountId::from_bytes(id));
        }
        let thing = self.known.things.get(&id).copied();
        match thing {
            Some(thing) if thing.kind == kind && self.known.expects(&thing) => {
                self.known
                    .things
                    .insert(id, super::known::Thing { is_seen: true, ..thing });
            }
            Some(thing) => {
                let name = self.names.of_row(kind, row);
                self.add(
                    thing.seq,
                    format!("{name} is there, and record {} says that it is not", thing.seq),
                );
            }
            None if self.known.may_be_pruned(&id) => self.unheld += 1,
            None if kind == Kind::Slot && self.is_first_slot(&id) => self.known.first_slot_of = None,
            None => {
                let name = self.names.of_row(kind, row);
                self.add(
                    self.size,
                    format!("{name} is there, and the audit log knows nothing of it"),
                );
            }
        }
    }

    /// The slot that the installation was made with was made just before its first record.
    fn is_first_slot(&self, id: &Id) -> bool {
        const JUST_BEFORE: i64 = 60_000;
        let made = self.known.first_slot_of.map(|it| it.as_millisecond() - made_at(id));
        made.is_some_and(|it| (0..=JUST_BEFORE).contains(&it))
    }

    /// What the log knows and no row is of. The record names it.
    fn missing(&mut self, work: &mut dyn UnitOfWork) -> Result<(), VaultError> {
        if self.known.expects_first_slot && self.known.first_slot_of.is_some() {
            self.add(
                1,
                "the key slot that the installation was made with is not there, and no record says that it is gone",
            );
        }
        let known = &self.known;
        let missing = known.things.values().filter(|it| known.expects(it) && !it.is_seen);
        let mut missing: Vec<_> = missing.copied().collect();
        missing.sort_by_key(|it| it.seq);
        for thing in missing {
            if self.findings.len() == MAX_FINDINGS {
                break;
            }
            if let Some(name) = self.names.of_missing(work, &thing)? {
                self.add(
                    thing.seq,
                    format!("{name} is not there, and record {} says that it is", thing.seq),
                );
            }
        }
        Ok(())
    }
}

/// A row as plain cells.
struct Row<'r> {
    table: &'static Table,
    cells: &'r [Cell],
}

impl Row<'_> {
    fn cell(&self, column: &str) -> Option<&Cell> {
        let at = self.table.columns.iter().position(|it| it.0 == column)?;
        self.cells.get(at)
    }

    fn id(&self, column: &str) -> Option<Id> {
        match self.cell(column)? {
            Cell::Blob(bytes) => bytes.as_slice().try_into().ok(),
            _ => None,
        }
    }

    fn account(&self, column: &str) -> Option<AccountId> {
        self.id(column).map(AccountId::from_bytes)
    }

    fn text(&self, column: &str) -> &str {
        match self.cell(column) {
            Some(Cell::Text(text)) => text,
            _ => "",
        }
    }

    fn number(&self, column: &str) -> Option<u64> {
        match self.cell(column)? {
            Cell::Integer(number) => u64::try_from(*number).ok(),
            _ => None,
        }
    }
}
