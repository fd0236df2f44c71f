//! The pass over the records: numbers, MACs, bodies, and the tree that grows from their leaves.

use std::collections::BTreeMap;

use distri_core::alarm::AlarmRule;
use distri_core::audit::merkle::{Frontier, Hash};
use distri_core::audit::{AlarmFacts, LogChange, Record};
use distri_store::UnitOfWork;
use distri_store::rows::NumberedAuditRow;

use super::super::log::Log;
use super::known::Known;
use super::{Findings, missing};
use crate::VaultError;

const PAGE: u32 = 2_000;

/// A pass over all records.
pub(super) struct Walk<'l> {
    log: Log<'l>,
    /// The tree over the records so far.
    pub(super) frontier: Frontier,
    /// Its head at each of the sizes asked for, once the pass has got there.
    pub(super) heads: BTreeMap<u64, Option<Hash>>,
    /// The last record without a body.
    pub(super) bodiless: u64,
    /// The rollbacks that the log itself says were accepted: from how many delivered to how many found.
    pub(super) rollbacks: Vec<(u64, u64)>,
    /// What the records say there is.
    pub(super) known: Known,
    /// Accepted without anything outside that had said how many records there were.
    pub(super) unknown_accepted: u64,
    /// The alarm that the tip was missing, until that is accepted.
    unwitnessed: Option<u64>,
    /// Whether records are missing in the middle, so that no head after that means anything.
    pub(super) is_broken: bool,
    pruned_through: u64,
    first_with_body: Option<u64>,
}

impl<'l> Walk<'l> {
    pub(super) fn new(log: Log<'l>, sizes: impl Iterator<Item = u64>) -> Self {
        Self {
            log,
            frontier: Frontier::new(),
            heads: sizes.map(|it| (it, None)).collect(),
            bodiless: 0,
            rollbacks: Vec::new(),
            known: Known::default(),
            unknown_accepted: 0,
            unwitnessed: None,
            is_broken: false,
            pruned_through: 0,
            first_with_body: None,
        }
    }

    pub(super) fn run(&mut self, work: &mut dyn UnitOfWork, findings: &mut Findings) -> Result<(), VaultError> {
        let mut after = 0;
        loop {
            let page = work.audit_rows(after, PAGE)?;
            let Some(last) = page.last().map(|it| it.seq) else {
                break;
            };
            for row in page {
                if !self.row(&row, findings) {
                    self.is_broken = true;
                    return Ok(());
                }
            }
            after = last;
        }
        if self.bodiless > self.pruned_through {
            let first = self.pruned_through + 1;
            findings.add(
                first,
                format!("record {first}: its body is gone, and no pruning was recorded"),
            );
        }
        Ok(())
    }

    /// Whether a rollback was accepted that took record `seq` away. Where another copy of the database was accepted,
    /// it is not known where the two parted.
    pub(super) fn is_accepted(&self, seq: u64) -> bool {
        self.rollbacks
            .iter()
            .any(|(delivered, found)| seq <= *delivered && (seq > *found || found >= delivered))
    }

    /// The first alarm that the tip was missing which nobody has accepted.
    pub(super) fn unwitnessed(&self) -> Option<u64> {
        self.unwitnessed
    }

    /// False when the records after it cannot be put in their places.
    fn row(&mut self, numbered: &NumberedAuditRow, findings: &mut Findings) -> bool {
        let (seq, expected) = (numbered.seq, self.frontier.size() + 1);
        if seq != expected {
            findings.add(expected, missing(expected, seq.saturating_sub(1)));
            return false;
        }
        let Some(row) = &numbered.row else {
            findings.add(seq, format!("record {seq}: a column of it is damaged"));
            return false;
        };
        match self.log.record_of(row) {
            Err(reason) => findings.add(seq, format!("record {seq}: {reason}")),
            Ok(None) => {
                self.known.pruned(row.entry.at);
                self.without_body(seq, findings);
            }
            Ok(Some(record)) => self.with_body(seq, &record),
        }
        self.frontier.push(row.entry.leaf);
        if let Some(head) = self.heads.get_mut(&seq) {
            *head = Some(self.frontier.head());
        }
        true
    }

    fn without_body(&mut self, seq: u64, findings: &mut Findings) {
        // Pruning takes bodies from the beginning on; one that is gone after one that is there was not pruned.
        if self.first_with_body.is_some() {
            findings.add(
                seq,
                format!("record {seq}: its body is gone, and no pruning was recorded"),
            );
        } else {
            self.bodiless = seq;
        }
    }

    fn with_body(&mut self, seq: u64, record: &Record) {
        self.first_with_body.get_or_insert(seq);
        self.known.note(seq, record);
        match record.log {
            Some(LogChange::Pruned { through }) if through < seq => {
                self.pruned_through = self.pruned_through.max(through);
            }
            Some(LogChange::RolledBack { found, delivered }) if found == seq - 1 => {
                self.unwitnessed = None;
                // Nothing contradicted it then, so nothing is excused by it.
                match found == delivered && record.given_up.is_none() {
                    true => self.unknown_accepted += 1,
                    false => self.rollbacks.push((delivered, found)),
                }
            }
            _ => {}
        }
        // Not one that a run's token asked to have recorded.
        let is_lost = |it: &AlarmFacts| it.rule == AlarmRule::EvidenceLost;
        if record.run.is_none() && record.alarm.as_ref().is_some_and(is_lost) {
            self.unwitnessed.get_or_insert(seq);
        }
    }
}
