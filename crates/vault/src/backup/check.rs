//! What can be said of a backup with the age identity alone: that it is whole, fits the schema, and that its audit log is
//! the one its checkpoints sign. It is loaded into a database that nobody keeps, and looked at there.
//!
//! Whether it was made by the installation that it names, only the root key can tell: anybody can encrypt to a recipient.
//! Restoring asks.

use std::path::Path;

use distri_core::age::Identity;
use distri_core::audit::merkle::Frontier;
use distri_core::audit::note::VerifierKey;
use distri_core::audit::{Checkpoint, Entry, Record};
use distri_core::authz::{Actor, Authority, Read};
use distri_core::ids::AccountId;
use distri_store::tables::{self, Cell};
use distri_store::{SqliteStore, StoreError, UnitOfWork};
use serde::Serialize;

use super::BackupError;
use super::format::Manifest;
use super::stream::{Ending, Stream};
use crate::VaultError;

const PAGE: u32 = 2_000;

/// What a sound backup has.
#[derive(Clone, Debug, Serialize)]
pub struct BackupReport {
    /// What it says of itself.
    #[serde(flatten)]
    pub manifest: Manifest,
    /// SHA-256 of what is inside.
    pub sha256: String,
    /// How many rows.
    pub rows: u64,
    /// How many accounts.
    pub accounts: u64,
    /// How many secrets, deleted ones included.
    pub secrets: u64,
    /// How many versions of them.
    pub versions: u64,
    /// How many checkpoints.
    pub checkpoints: u64,
}

/// A backup as a database of its own.
pub(super) struct Loaded {
    pub(super) manifest: Manifest,
    pub(super) ending: Ending,
    pub(super) scratch: SqliteStore,
}

/// Checks a backup without a home and without the root key.
///
/// # Errors
/// [`BackupError`] says what is wrong with it, and where.
pub fn check_backup(file: &Path, identities: &[Identity]) -> Result<BackupReport, BackupError> {
    Loaded::from(file, identities)?.report()
}

impl Loaded {
    /// Loads the backup into a database that is gone when this is dropped.
    pub(super) fn from(file: &Path, identities: &[Identity]) -> Result<Self, BackupError> {
        let stream = Stream::open(file, identities)?;
        let manifest = stream.manifest.clone();
        let scratch = SqliteStore::scratch(manifest.schema)?;
        let mut ending = None;
        let load = |work: &mut dyn UnitOfWork| {
            ending = Some(stream.load(work)?);
            Ok::<_, BackupError>(())
        };
        let loaded = scratch.rebuild(manifest.schema, load, |_| Ok(()));
        loaded.map_err(|error| match error {
            BackupError::Vault(VaultError::Store(StoreError::Damaged { table })) => {
                BackupError::Contradiction(format!("a row of `{table}` refers to one that is not there"))
            }
            other => other,
        })?;
        let ending = ending.ok_or_else(|| BackupError::Contradiction("it has no end".to_owned()))?;
        Ok(Self {
            manifest,
            ending,
            scratch,
        })
    }

    /// Holds what is inside against the manifest and against itself.
    pub(super) fn report(&self) -> Result<BackupReport, BackupError> {
        self.scratch.read(|work| {
            self.check_keys(work)?;
            let checkpoints = self.check_log(work)?;
            let (accounts, secrets, versions) = count(work)?;
            Ok(BackupReport {
                manifest: self.manifest.clone(),
                sha256: self.ending.digest.to_string(),
                rows: self.ending.end.rows.iter().sum(),
                accounts,
                secrets,
                versions,
                checkpoints,
            })
        })
    }

    fn check_keys(&self, work: &mut dyn UnitOfWork) -> Result<(), BackupError> {
        let Some(instance) = work.instance()? else {
            return Err(contradiction("it has no installation"));
        };
        let slots = work.slots()?;
        let named = &self.manifest.root_keys;
        let is_named = slots.len() == named.len()
            && slots.iter().zip(named).all(|(slot, it)| {
                slot.provider == it.provider
                    && slot.root_fingerprint == it.root_key
                    && slot.instance_fingerprint == self.manifest.instance_key
            });
        match instance.id == self.manifest.instance && is_named {
            true => Ok(()),
            false => Err(contradiction("the manifest names other keys or another installation")),
        }
    }

    /// Every leaf from its record, the head from the leaves, each checkpoint at its size. How many checkpoints.
    fn check_log(&self, work: &mut dyn UnitOfWork) -> Result<u64, BackupError> {
        let key: VerifierKey = self
            .manifest
            .audit_key
            .parse()
            .map_err(|_| contradiction("the manifest has no public key of an audit log"))?;
        let checkpoints = work.checkpoints(0, u32::MAX)?;
        let count = checkpoints.len() as u64;
        if checkpoints.last().map(|it| &it.note) != self.manifest.checkpoint.as_ref() {
            return Err(contradiction("its newest checkpoint is not the one in the manifest"));
        }
        let mut checkpoints = checkpoints.into_iter().peekable();
        let mut frontier = Frontier::new();
        loop {
            let page = work.audit_rows(frontier.size(), PAGE)?;
            if page.is_empty() {
                break;
            }
            for numbered in page {
                let seq = frontier.size() + 1;
                let wrong = |what: &str| BackupError::Contradiction(format!("audit record {seq} {what}"));
                let row = numbered.row.filter(|it| it.entry.seq == seq);
                let row = row.ok_or_else(|| wrong("is damaged or missing"))?;
                if let Some(body) = &row.body {
                    let record: Option<Record> = serde_json::from_str(body).ok();
                    if record.map(|it| Entry::of(seq, &it)).as_ref() != Some(&row.entry) {
                        return Err(wrong("is not the one its leaf is of"));
                    }
                }
                frontier.push(row.entry.leaf);
                while let Some(row) = checkpoints.next_if(|it| it.size == seq) {
                    let opened = Checkpoint::open(&row.note, &key).ok();
                    if opened.is_none_or(|it| it.size != seq || it.head != frontier.head()) {
                        return Err(wrong("is the last of a checkpoint that does not fit"));
                    }
                }
            }
        }
        let head = work.audit_head()?.map(|it| it.state.frontier);
        let is_head = head.as_ref() == Some(&frontier)
            && frontier.size() == self.manifest.audit_size
            && frontier.head().to_string() == self.manifest.audit_head;
        match is_head && checkpoints.next().is_none() {
            true => Ok(count),
            false => Err(contradiction("its audit log does not end where it says")),
        }
    }
}

/// The accounts of a database, by their rows.
pub(super) fn accounts(work: &mut dyn UnitOfWork) -> Result<Vec<AccountId>, BackupError> {
    let table = tables::all().iter().find(|it| it.name == "accounts");
    let table = table.ok_or_else(|| contradiction("there is no table of accounts"))?;
    let mut accounts = Vec::new();
    let mut after: Option<Vec<Cell>> = None;
    loop {
        let page = work.table_rows(table, after.as_deref(), PAGE)?;
        let Some(last) = page.last() else { return Ok(accounts) };
        after = Some(last.clone());
        for row in &page {
            match row.first() {
                Some(Cell::Blob(bytes)) if bytes.len() == 16 => {
                    let mut id = [0; 16];
                    id.copy_from_slice(bytes);
                    accounts.push(AccountId::from_bytes(id));
                }
                _ => return Err(contradiction("a row of `accounts` is damaged")),
            }
        }
    }
}

/// Reads every secret and version once: accounts, secrets, versions.
fn count(work: &mut dyn UnitOfWork) -> Result<(u64, u64, u64), BackupError> {
    // Whoever has the identity sees all of it; no value can be opened here.
    let reader = Authority::of(Actor::local("backup"));
    let accounts = accounts(work)?;
    let (mut secrets, mut versions) = (0, 0);
    for account in &accounts {
        let allowed = reader.authorize::<Read>(*account).map_err(VaultError::from)?;
        for view in work.secrets(*account, None, true)?.within(&allowed) {
            secrets += 1;
            let stored = work.versions(view.secret.id)?;
            versions += stored.len() as u64;
            for version in stored {
                if work.data_key(version.data_key)?.is_none() {
                    return Err(contradiction("a version has no data key"));
                }
            }
        }
    }
    Ok((accounts.len() as u64, secrets, versions))
}

pub(super) fn contradiction(what: &str) -> BackupError {
    BackupError::Contradiction(what.to_owned())
}
