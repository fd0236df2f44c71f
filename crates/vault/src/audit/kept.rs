//! From where on the log of an account has its records: what retention left, for answers that rest on all of it.

use distri_core::Timestamp;
use distri_core::audit::{ActionKind, Record};
use serde::{Deserialize, Serialize};

use crate::{Caller, VaultError};

/// The first record that is left of a log whose beginning was pruned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Its number.
    pub seq: u64,
    /// When it was written.
    pub at: Timestamp,
}

/// The first record of an account that is there.
#[derive(Default)]
pub(super) struct Beginning {
    first: Option<Kept>,
    is_first_of_all: bool,
}

impl Beginning {
    /// Takes the next record.
    pub(super) fn take(&mut self, seq: u64, record: &Record) {
        if self.first.is_none() {
            self.first = Some(Kept { seq, at: record.at });
            // The log of an account begins with the record that it was made, or the installation.
            self.is_first_of_all = matches!(record.action, ActionKind::InstanceCreate | ActionKind::AccountCreate);
        }
    }

    /// Whether records before it were pruned.
    pub(super) fn is_pruned(&self) -> bool {
        !self.is_first_of_all
    }

    /// The first record that is left, where others were before it.
    pub(super) fn kept(&self) -> Option<Kept> {
        self.first.filter(|_| self.is_pruned())
    }
}

impl Caller<'_> {
    /// Where the account's log begins now.
    pub(super) fn beginning(&self) -> Result<Beginning, VaultError> {
        let mut beginning = Beginning::default();
        for (seq, record) in self.audit_after(0, 1)? {
            beginning.take(seq, &record);
        }
        Ok(beginning)
    }
}
