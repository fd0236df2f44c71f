//! Keys and the list of backups, which have no identifiers in the log: versions, fingerprints, sizes.

use std::collections::{BTreeMap, BTreeSet};

use distri_core::ids::AccountId;
use distri_store::UnitOfWork;

use super::Held;
use crate::VaultError;

impl Held<'_> {
    /// Versions of an account's key are numbered from 1, and none is ever removed.
    pub(super) fn account_keys(&mut self, work: &mut dyn UnitOfWork) -> Result<(), VaultError> {
        let mut stored: BTreeMap<AccountId, BTreeSet<u64>> = BTreeMap::new();
        self.each_row(work, "account_keys", |_, row| {
            if let (Some(account), Some(version)) = (row.account("account"), row.number("version")) {
                stored.entry(account).or_default().insert(version);
            }
            Ok(())
        })?;
        for account in self.accounts.clone() {
            let versions = stored.remove(&account).unwrap_or_default();
            let known = u64::from(self.known.account_keys.get(&account).copied().unwrap_or(1));
            let highest = versions.last().copied().unwrap_or(0).max(known);
            // The record of a later one may have been pruned, and of an earlier one as well: they all are there.
            if let Some(gap) = (1..=highest).find(|it| !versions.contains(it)) {
                self.add(
                    self.size,
                    format!("version {gap} of the key of account {account} is not there"),
                );
            } else if highest > known {
                match self.known.horizon {
                    Some(_) => self.unheld += highest - known,
                    None => self.add(
                        self.size,
                        format!("version {highest} of the key of account {account} is there, and the audit log knows nothing of it"),
                    ),
                }
            }
        }
        if let Some(account) = stored.keys().next() {
            self.add(
                self.size,
                format!("there is a key of account {account}, which is not there"),
            );
        }
        Ok(())
    }

    /// The history that people see. It ends with the key in use.
    pub(super) fn instance_keys(&mut self, work: &mut dyn UnitOfWork) -> Result<(), VaultError> {
        let mut stored = Vec::new();
        self.each_row(work, "instance_keys", |_, row| {
            stored.push((row.number("version").unwrap_or(0), row.text("fingerprint").to_owned()));
            Ok(())
        })?;
        let known = std::mem::take(&mut self.known.instance_keys);
        let before = match (stored.len().checked_sub(known.len()), self.known.horizon) {
            (Some(before), Some(_)) => before,
            _ => 0,
        };
        self.unheld += before as u64;
        for (index, (seq, fingerprint)) in known.iter().enumerate() {
            let version = (before + index + 1) as u64;
            match stored.get(before + index) {
                Some((number, it)) if *number == version && it == fingerprint => {}
                found => {
                    let found = match found {
                        Some((number, it)) => format!("instance key {number} is {it} in the history of keys"),
                        None => format!("instance key {version} is not in the history of keys"),
                    };
                    let what = format!("{found}, and record {seq} says that instance key {version} is {fingerprint}");
                    self.add(*seq, what);
                    return Ok(());
                }
            }
        }
        let in_use = self.vault.instance_ring(work)?.fingerprint().to_string();
        let unknown = stored.get(before + known.len());
        if let Some((version, _)) = unknown.or_else(|| stored.last().filter(|it| it.1 != in_use)) {
            let what = format!("the history of keys has instance key {version}, which the audit log does not know");
            self.add(self.size, what);
        }
        Ok(())
    }

    /// The list of what may have a copy of something that is purged.
    pub(super) fn backups(&mut self, work: &mut dyn UnitOfWork) -> Result<(), VaultError> {
        let mut stored: Vec<(u64, String)> = Vec::new();
        self.each_row(work, "backups", |_, row| {
            stored.push((row.number("records").unwrap_or(0), row.text("path").to_owned()));
            Ok(())
        })?;
        for (seq, size) in std::mem::take(&mut self.known.backups) {
            match stored.iter().position(|it| it.0 == size) {
                Some(at) => drop(stored.swap_remove(at)),
                None => self.add(seq, format!("the backup of record {seq} is not in the list of backups")),
            }
        }
        match (stored.first(), self.known.horizon) {
            (None, _) => {}
            (Some(_), Some(_)) => self.unheld += stored.len() as u64,
            (Some((_, path)), None) => {
                let what = format!("the list of backups has `{path}`, of which the audit log knows nothing");
                self.add(self.size, what);
            }
        }
        Ok(())
    }
}
